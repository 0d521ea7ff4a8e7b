/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/*
 * The core of the sweep: find the slots of a batch that no client holds, by a
 * double collect. One collect reads the ledger words that all clients have for
 * the slots of the batch. If two collects read the same values, then all words
 * had these values at one instant between the collects. See Afek, Attiya,
 * Dolev, Gafni, Merritt and Shavit, "Atomic Snapshots of Shared Memory", JACM
 * 40(4), 1993.
 *
 * A client adds 1 to the moves of a ledger word with every change of holds or
 * in_flight. There is one exception: a thread that takes a hold, and finds that
 * the word had RRING_HOLDS_MAX holds before, takes the hold and its move back.
 * The word shows holds all this time, so a collect does not rely on its moves.
 * The values of moves repeat after 2^32 changes. No client can make so many
 * changes within RRING_COLLECT_NS. If more time passes between the first and
 * the last collect of a batch, the caller does not use the result.
 */
#ifndef _RUSTED_RING_RECLAIM_H
#define _RUSTED_RING_RECLAIM_H

#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/ledger.h>

#define RRING_BATCH		64
#define RRING_COLLECT_NS	1000000000ull

/* A ledger that a sweep reads. */
struct rring_ledger {
	const rring_word_t *word;	/* one for each slot of the arena */
	__u32 parked;		/* RRING_PARKED: the kernel has recalled the
				 * client's parked slots (dropped, but kept for
				 * its next allocations), and the client has not
				 * noticed the recall. So a word whose low 32
				 * bits are RRING_PARKED counts as unused.
				 * 0: each word with a hold counts as used
				 */
};

struct rring_batch {
	__u64 live;		/* bit i is set while slot[i] may be free: no
				 * step of the sweep has found slot[i] in use
				 */
	__u32 slot[RRING_BATCH]; /* indices of the slots' words in a ledger */
	__u32 *moves;		/* moves that the first collect has read:
				 * RRING_BATCH values for each ledger
				 */
};

/* What a collect does with the moves of the ledger words that it reads. */
enum rring_look {
	RRING_LOOK_FIRST,	/* it stores the moves */
	RRING_LOOK_AGAIN,	/* it compares the moves with the stored ones */
};

/*
 * Do one collect of one ledger: read its words for the slots in @batch->live.
 * Return @batch->live without the slots that may be in use. A slot may be in
 * use if its word has a bit of @busy. But a word whose low 32 bits are @parked
 * counts as unused, if @parked is not 0 (see struct rring_ledger).
 *
 * With RRING_LOOK_FIRST, store the moves of the unused words in @moves. With
 * RRING_LOOK_AGAIN, a slot may also be in use if the moves of its word differ
 * from those in @moves, because the word has changed in between.
 */
static inline __u64 rring_batch_look_at(struct rring_batch *batch,
					const rring_word_t *ledger,
					__u32 parked, __u32 *moves, __u64 busy,
					enum rring_look look)
{
	__u64 live = batch->live;
	__u64 left;

	for (left = live; left; left &= left - 1) {
		__u32 i = __builtin_ctzll(left);
		/*
		 * H: pairs with G, the store that lowers holds or in_flight.
		 * Without this pair the sweep could see the lower count, but
		 * miss the entry or the other ledger word that names the slot
		 * from then on, and free a slot in use.
		 */
		__u64 word = rring_word_load_acquire(&ledger[batch->slot[i]]);

		if (word & busy && !(parked && (__u32)word == parked))
			live &= ~(1ull << i);
		else if (look == RRING_LOOK_FIRST)
			moves[i] = rring_ledger_moves(word);
		else if (moves[i] != rring_ledger_moves(word))
			live &= ~(1ull << i);
	}
	return live;
}

/*
 * Do one collect of all @nr_ledgers ledgers. Remove a slot from @batch->live if
 * its word in one of the ledgers has a bit of @busy or, if @look is
 * RRING_LOOK_AGAIN, other moves than in the first collect. The word of a parked
 * slot that the kernel has recalled counts as unused, see struct rring_ledger.
 * The caller holds the arena's lock.
 */
static inline void rring_batch_look(struct rring_batch *batch,
				    const struct rring_ledger *ledgers,
				    __u32 nr_ledgers, __u64 busy,
				    enum rring_look look)
{
	__u32 *moves = batch->moves;
	__u32 i;

	/*
	 * .parked is usually 0. Pass the constant 0 in that case, so that the
	 * compiler leaves out a comparison for each word.
	 */
	for (i = 0; i < nr_ledgers && batch->live; i++, moves += RRING_BATCH)
		batch->live = ledgers[i].parked ?
			rring_batch_look_at(batch, ledgers[i].word,
					    ledgers[i].parked, moves, busy,
					    look) :
			rring_batch_look_at(batch, ledgers[i].word, 0, moves,
					    busy, look);
}

#endif /* _RUSTED_RING_RECLAIM_H */
