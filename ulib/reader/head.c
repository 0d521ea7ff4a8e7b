// SPDX-License-Identifier: MPL-2.0
/* Readers: the head of the ring, the ring's pages, and laps. */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include "../client/client.h"
#include "../wait.h"
#include "head.h"

/*
 * Backoff of a reader that keeps up with its writer, see back_off(). The reader
 * may rest if it finds some events, but fewer than BACKOFF_DISTANCE. A rest
 * takes at most BACKOFF_DISTANCE pauses of the CPU. It was in vain if few new
 * events came meanwhile: then the reader looks some times without a rest.
 */
#define BACKOFF_DISTANCE	64
#define BACKOFF_MIN	1024	/* so many times, after the first such rest */
#define BACKOFF_DOUBLINGS	6	/* each further one doubles that */

/* ---- pages ---- */

/* Pages of an earlier incarnation: peeked events may still lie in them. */
struct rring_pages {
	const void *ring;
	struct rring_pages *next;
};

static void unmap_old(struct rring_reader *reader)
{
	while (reader->old) {
		struct rring_pages *pages = reader->old;

		reader->old = pages->next;
		ulib_unmap(reader->client, pages->ring, reader->size);
		free(pages);
	}
}

/*
 * Keep the present mapping on the list .old, because peeked events may lie in
 * it. If nothing is peeked, unmap the older mappings first. 0 or -ENOMEM.
 */
static int keep_pages(struct rring_reader *reader)
{
	struct rring_pages *pages;

	if (reader->head == reader->pos)
		unmap_old(reader);
	if (!reader->ring)
		return 0;
	pages = malloc(sizeof(*pages));
	if (!pages)
		return rring_refuse_slow(-ENOMEM);
	pages->ring = reader->ring;
	pages->next = reader->old;
	reader->old = pages;
	return 0;
}

/*
 * Map the pages of the ring's present incarnation. 0; or a negative errno, and
 * the reader keeps the pages that it has.
 */
static int map_ring(struct rring_reader *reader)
{
	const struct rring_ring_info *info = reader->info;
	/* P: pairs with O; ulib_map() gets the pages of this one, or later */
	uint32_t incarnation = rring_flag_load_acquire(&info->incarnation);
	const char *ring;
	int err = 0;

	ring = ulib_map(reader->client, RRING_REGION_RING,
			reader->ring_id, reader->size, 0, &err);
	if (err)
		return err;
	err = keep_pages(reader);
	if (err) {
		ulib_unmap(reader->client, ring, reader->size);
		return err;
	}
	reader->ring = (const struct rring_ring_head *)ring;
	reader->incarnation = incarnation;
	if (info->kind == RRING_HANDLES) {
		reader->entries = (const struct rring_entry *)
			(ring + info->entry_offset);
	} else {
		reader->headers = (const struct rring_event_header *)
			(ring + info->entry_offset);
		reader->data = ring + info->data_offset;
	}
	return 0;
}

/* ---- laps ---- */

static void set_position(struct rring_reader *reader, uint64_t position)
{
	reader->pos = position;
	reader->lap = position - position % reader->capacity;
	if (reader->head < position)
		reader->head = position;
}

static int is_lapped(const struct rring_reader *reader)
{
	return !reader->observer &&
	       rring_word_load(&reader->info->readers[reader->id].ref) !=
	       reader->ref;
}

/*
 * Rejoin after the kernel has lapped the reader. 0: nothing was lost; -ESTALE:
 * .lost has grown, and the reader stands at the oldest entry kept; else an
 * error of the call.
 */
static int rejoin(struct rring_reader *reader)
{
	struct rring_reader_rejoin args = {
		.size = sizeof(args),
		.ring = reader->ring_id,
		.reader = reader->id,
	};
	int err = ulib_call(reader->client, RRING_IOC_READER_REJOIN,
			      &args);

	if (err)
		return err;
	reader->ref = args.ref;
	if (!args.lost)
		return 0;
	reader->lost += args.lost;
	reader->head = args.position;
	set_position(reader, args.position);
	return -ESTALE;
}

int ulib_head_rejoin(struct rring_reader *reader)
{
	return is_lapped(reader) ? rejoin(reader) : 0;
}

/*
 * Move a reader that the writer has overtaken to three quarters of a lap below
 * @head, where it is not overtaken again at once. Counts the entries in between
 * as lost and returns -ESTALE. A gating reader that cannot be lapped gets here
 * only if a hostile writer moves its head too far.
 */
static int skip_overwritten(struct rring_reader *reader, uint64_t head)
{
	uint32_t keep = reader->capacity - reader->capacity / 4;
	uint64_t position = head - keep;

	reader->lost += position - reader->pos;
	set_position(reader, position);
	rring_seq_store_release(reader->cursor, position);
	return -ESTALE;
}

/* ---- the end of the stream ---- */

static rring_word_t *told_word(const struct rring_reader *reader)
{
	return &reader->client->own->cursors->cursor[reader->cursor_id].told;
}

/*
 * Note for the kernel that the reader is told of the end of the incarnation
 * whose pages are mapped, and take that end out of what poll(2) reports.
 */
static void note_end(struct rring_reader *reader)
{
	uint64_t mark = (uint64_t)reader->incarnation + 1;

	if (rring_word_load(told_word(reader)) != mark)
		rring_word_store_release(told_word(reader), mark);
	ulib_poll_again(reader->client, POLLIN);
}

int ulib_reader_knows_end(const struct rring_reader *reader)
{
	return rring_word_load(told_word(reader)) ==
	       (uint64_t)reader->incarnation + 1;
}

/* ---- looks ---- */

/* Map the pages of the ring's present incarnation, unless they are mapped. */
static int follow_writer(struct rring_reader *reader)
{
	int err = 0;

	while (!err && reader->incarnation !=
	       rring_flag_load_acquire(&reader->info->incarnation))
		err = map_ring(reader);
	return err;
}

/*
 * Read the head of the ring, after mapping the pages of a new incarnation if
 * there is one. *@head is at most .end if the ring has no writer. *@ended is 1
 * if the stream has ended. Returns 0 or the error of the mapping.
 */
static int find_head(struct rring_reader *reader, uint64_t *head, int *ended)
{
	const struct rring_ring_info *info = reader->info;
	uint32_t state;
	int err;

	do {
		err = follow_writer(reader);
		if (err)
			return err;
		/* P: pairs with O in the kernel: .end is final by then */
		state = rring_flag_load_acquire(&info->state);
		/* the end may be that of a later incarnation */
	} while (rring_unlikely(state == RRING_RING_ENDED) &&
		 reader->incarnation != rring_flag_load(&info->incarnation));
	/* B: pairs with A in the writer's publish and commit */
	*head = rring_seq_load_acquire(&reader->ring->head);
	if (state != RRING_RING_OPEN && *head > rring_seq_load(&info->end))
		*head = rring_seq_load(&info->end);
	*ended = state == RRING_RING_ENDED;
	return 0;
}

/*
 * 1: the reader should rest, so that the writer gets ahead. It wanted more
 * events than it knew of, and this look finds only a few. Each such look takes
 * the cache line of the head away from the writer, which costs both of them
 * time. 0: there are no events or enough, the strategy is RRING_WAIT_SPIN, or
 * the reader may still look .backoff_left times without a rest. A look that
 * finds nothing raises .backoff_left, so that the reader gets the next event at
 * once. Each look of a struct rring_set does so, too.
 */
static int is_close_behind(struct rring_reader *reader, uint64_t head)
{
	if (head <= reader->pos || head - reader->pos >= BACKOFF_DISTANCE ||
	    reader->strategy == RRING_WAIT_SPIN)
		return 0;
	if (!reader->backoff_left)
		return 1;
	reader->backoff_left--;
	return 0;
}

/*
 * Rest, then read the head again; returns what find_head() returns. The rest
 * takes one pause of the CPU for each 8 entries of capacity, but at most 64, so
 * that the writer does not run out of room meanwhile. A rest is in vain if the
 * writer is slow, or is this very thread. After a rest in vain the reader looks
 * .backoff_len times without a rest, and .backoff_len doubles.
 */
static int back_off(struct rring_reader *reader, uint64_t *head, int *ended)
{
	uint32_t rests = reader->capacity / 8;
	uint64_t before = *head;
	uint32_t i;
	int err;

	if (rests > BACKOFF_DISTANCE)
		rests = BACKOFF_DISTANCE;
	for (i = 0; i < rests; i++)
		ulib_relax();
	err = find_head(reader, head, ended);
	if (*head - before > rests / 4) {
		reader->backoff_len = BACKOFF_MIN;
		return err;
	}
	reader->backoff_left = reader->backoff_len;
	if (reader->backoff_len < BACKOFF_MIN << BACKOFF_DOUBLINGS)
		reader->backoff_len *= 2;
	return err;
}

/* Set .head for @avail events. Returns how many there are, but at most @n. */
static long set_head(struct rring_reader *reader, uint64_t avail, uint32_t n)
{
	reader->head = reader->pos + avail;
	return (long)(avail < n ? avail : n);
}

/*
 * The look has found @avail events, of which the caller wants @n. If the client
 * is polled in process, the next event has to raise the descriptor again. Then
 * the reader learns of @n events only, so that its next read comes here, too.
 */
static uint64_t avail_polled(struct rring_reader *reader, uint64_t avail,
			     uint32_t n)
{
	if (!(RRING_LOAD(&reader->slow_look) & ULIB_LOOK_POLLED))
		return avail;
	ulib_poll_next(reader->client, reader->ring_id, RRING_READERS_WAIT);
	return avail < n ? avail : n;
}

static long __attribute__((noinline))
look_for_events(struct rring_reader *reader, uint32_t n)
{
	uint64_t head, avail;
	int ended, err;

	if (reader->lappable) {
		err = ulib_head_rejoin(reader);
		if (err)
			return err;
	}
	err = find_head(reader, &head, &ended);
	if (!err && is_close_behind(reader, head))
		err = back_off(reader, &head, &ended);
	if (err)
		return err;
	avail = head > reader->pos ? head - reader->pos : 0;
	if (avail > reader->capacity &&
	    (reader->observer || !reader->lappable))
		return skip_overwritten(reader, head);
	/* lapped just now (the release will tell), or a hostile head */
	if (avail > reader->capacity)
		avail = reader->capacity;
	if (avail)
		return set_head(reader, avail_polled(reader, avail, n), n);
	reader->backoff_left |= 1;
	reader->head = reader->pos;
	if (!n)
		return 0;
	if (ended) {
		note_end(reader);
		return -EPIPE;
	}
	ulib_poll_again(reader->client, POLLIN);
	return -EAGAIN;
}

/*
 * The fast look: returns how many events there are, if the head alone can tell
 * that. 0: there are none, or only look_for_events() can tell.
 */
static uint64_t events_fast(struct rring_reader *reader)
{
	const struct rring_ring_info *info = reader->info;
	uint64_t head;

	if (RRING_LOAD(&reader->slow_look) ||
	    rring_flag_load_acquire(&info->incarnation) !=
	    reader->incarnation ||
	    /* P: as in find_head() */
	    rring_flag_load_acquire(&info->state) != RRING_RING_OPEN)
		return 0;
	/* B: pairs with A in the writer's publish and commit */
	head = rring_seq_load_acquire(&reader->ring->head);
	if (head - reader->pos > reader->capacity ||
	    is_close_behind(reader, head))
		return 0;
	return head - reader->pos;
}

long rring_peek_slow(struct rring_reader *reader, uint32_t n)
{
	uint64_t avail = events_fast(reader);

	return avail ? set_head(reader, avail, n) : look_for_events(reader, n);
}

/*
 * Move the reader to @keep entries below @head, which is above its position,
 * and release the entries in between. Returns their number.
 */
static long skip_to(struct rring_reader *reader, uint64_t head, uint32_t keep)
{
	uint64_t skipped = head - reader->pos - keep;

	set_position(reader, head - keep);
	reader->head = reader->pos;
	/* released as in rring_reader_advance() */
	rring_seq_store_release(reader->cursor, reader->pos);
	if (!reader->observer)
		rring_after_release(reader);
	ulib_xxl_unpin(reader, reader->pos);
	return skipped < LONG_MAX ? (long)skipped : LONG_MAX;
}

long rring_reader_skip(struct rring_reader *reader, uint32_t keep)
{
	int err = rring_release(reader, (uint32_t)reader->peeked);
	uint64_t head;
	int ended;

	if (!err && reader->lappable)
		err = ulib_head_rejoin(reader);
	if (!err)
		err = find_head(reader, &head, &ended);
	if (err)
		return err;
	if (head <= reader->pos || head - reader->pos <= keep)
		return 0;
	return skip_to(reader, head, keep);
}

uint64_t rring_reader_lag(struct rring_reader *reader)
{
	uint64_t head;
	int ended;

	if (find_head(reader, &head, &ended))
		head = reader->head;
	return head > reader->pos ? head - reader->pos : 0;
}

int ulib_reader_check(struct rring_reader *reader)
{
	uint64_t head;
	int ended, err;

	if (reader->head > reader->pos)
		return 0;
	if (reader->lappable && is_lapped(reader))
		return 0;
	err = find_head(reader, &head, &ended);
	if (err)
		return err;
	if (head > reader->pos)
		return 0;
	reader->backoff_left |= 1;
	return ended ? -EPIPE : -EAGAIN;
}

/* ---- open and close ---- */

int ulib_head_open(struct rring_reader *reader)
{
	reader->backoff_len = BACKOFF_MIN;
	set_position(reader, reader->pos);
	return map_ring(reader);
}

void ulib_head_close(struct rring_reader *reader)
{
	unmap_old(reader);
	ulib_unmap(reader->client, reader->ring, reader->size);
}
