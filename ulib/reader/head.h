/* SPDX-License-Identifier: MPL-2.0 */
/* How a reader looks at the ring's head, and goes on after a lap or a take-over. */
#ifndef ULIB_HEAD_H
#define ULIB_HEAD_H

#include <rusted_ring.h>

/*
 * Map the pages of the ring that @reader has joined. The caller has set .pos,
 * the position at which @reader starts to read. Return 0, or a negative errno
 * if the pages cannot be mapped.
 */
int ulib_head_open(struct rring_reader *reader);
void ulib_head_close(struct rring_reader *reader);

/*
 * Return 1 if the head in the mapped pages is all that a look at the ring of
 * @reader has to load, else 0. It is not if the reader was lapped or capped, or
 * the program polls its client; if the ring has a new writer, or none.
 */
static inline int ulib_head_is_plain(const struct rring_reader *reader)
{
	/* P: as in find_head() */
	return rring_word_load_acquire(&reader->info->presence) ==
	       RRING_LOAD(&reader->known) + RRING_RING_OPEN;
}

/*
 * Return how many events @reader has, by a load of the head alone, which is fast.
 * Return -1 if only a whole look can find out.
 */
static inline long ulib_head_events(const struct rring_reader *reader)
{
	uint64_t avail;

	if (!ulib_head_is_plain(reader))
		return -1;
	/* B: pairs with A in rring_writer_advance(): entries are complete */
	avail = rring_seq_load_acquire(&reader->ring->head) - reader->pos;
	return avail > reader->capacity ? -1 : (long)avail;
}

/*
 * Release the entry that the last read call of @reader has described, if it is
 * not released yet. Return what rring_release() returns.
 */
static inline int ulib_release_peeked(struct rring_reader *reader)
{
	return rring_release(reader, (uint32_t)reader->peeked);
}

/*
 * If the kernel has lapped @reader (the writer no longer waits for @reader),
 * join the ring again, by READER_REJOIN. Return 0 if @reader was not lapped or
 * has lost no entry. Return -ESTALE if it has lost entries: then .lost has
 * grown, and .pos is the oldest entry left. If READER_REJOIN fails, return its
 * error.
 */
int ulib_head_rejoin(struct rring_reader *reader);

/*
 * Move @reader up, because it has used its next @n entries, but found that not
 * all of them were valid. Move an observer behind these entries; if the writer
 * may have begun to overwrite the entry after them, too, move it further up, so
 * that the writer does not overtake it again at once. Move a gating reader,
 * which stands below .gates_from, to the oldest entry that is left, at most
 * behind the @n entries or to .gates_from. All skipped entries count as lost.
 * Always return -ESTALE.
 */
int ulib_head_lose(struct rring_reader *reader, uint32_t n);

#endif /* ULIB_HEAD_H */
