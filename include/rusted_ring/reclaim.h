/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/*
 * Which slots of a batch does nobody hold? The core of the sweep: looks over
 * every ledger, after Afek, Attiya, Dolev, Gafni, Merritt and Shavit, "Atomic
 * Snapshots of Shared Memory", JACM 40(4), 1993: two collects that find the
 * same words have seen the words as they were at one instant in between.
 *
 * Every change of a ledger word adds to its moves, which come round to the
 * same value only after 2^32 changes: the caller throws a batch away that took
 * longer than RRING_COLLECT_NS from its first collect to its last.
 */
#ifndef _RUSTED_RING_RECLAIM_H
#define _RUSTED_RING_RECLAIM_H

#include <rusted_ring/atomic.h>
#include <rusted_ring/ledger.h>

#define RRING_BATCH		64
#define RRING_COLLECT_NS	1000000000ull

struct rring_batch {
	__u64 live;		/* bit i: nobody was found to have slot[i] */
	__u32 slot[RRING_BATCH]; /* indices in the ledgers */
	__u32 *moves;		/* RRING_BATCH for each ledger */
};

/* What a look does with moves. */
enum rring_look {
	RRING_LOOK_FIRST,	/* remember them */
	RRING_LOOK_AGAIN,	/* compare */
};

static inline __u64 rring_batch_look_at(struct rring_batch *batch,
					const rring_word_t *ledger,
					__u32 *moves, __u64 busy,
					enum rring_look look)
{
	__u64 live = batch->live;
	__u64 left;

	for (left = live; left; left &= left - 1) {
		__u32 i = __builtin_ctzll(left);
		/* H: pairs with G, the release of a hold or of in_flight */
		__u64 word = rring_word_load_acquire(&ledger[batch->slot[i]]);

		if (word & busy)
			live &= ~(1ull << i);
		else if (look == RRING_LOOK_FIRST)
			moves[i] = rring_ledger_moves(word);
		else if (moves[i] != rring_ledger_moves(word))
			live &= ~(1ull << i);
	}
	return live;
}

/*
 * One collect: drop from @batch every slot that a ledger has with any bit of
 * @busy or, on a later look, with other moves than before.
 */
static inline void rring_batch_look(struct rring_batch *batch,
				    const rring_word_t *const *ledgers,
				    __u32 nr_ledgers, __u64 busy,
				    enum rring_look look)
{
	__u32 i;

	for (i = 0; i < nr_ledgers && batch->live; i++)
		batch->live = rring_batch_look_at(batch, ledgers[i],
						  &batch->moves[i * RRING_BATCH],
						  busy, look);
}

#endif /* _RUSTED_RING_RECLAIM_H */
