/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/*
 * The core of the sweep: find the slots of a batch that no client holds, by a
 * double collect over all ledgers. If two collects read the same words, then
 * all words had these values at one instant between the collects. See Afek,
 * Attiya, Dolev, Gafni, Merritt and Shavit, "Atomic Snapshots of Shared
 * Memory", JACM 40(4), 1993.
 *
 * A client adds 1 to the moves of a ledger word with every change of holds or
 * in_flight, except one that it undoes at once. The values of moves repeat
 * after 2^32 changes. No client can make so many within RRING_COLLECT_NS. If
 * more time passes between the first and the last collect of a batch, the
 * caller discards the batch.
 */
#ifndef _RUSTED_RING_RECLAIM_H
#define _RUSTED_RING_RECLAIM_H

#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/ledger.h>

#define RRING_BATCH		64
#define RRING_COLLECT_NS	1000000000ull

/* A ledger that a sweep reads. */
struct rring_ledger {
	const rring_word_t *word;	/* by slot */
	__u32 parked;		/* a word with these low 32 bits is that of a
				 * parked slot which the kernel has recalled:
				 * it counts as unused. 0: there is none
				 */
};

struct rring_batch {
	__u64 live;		/* bit i: slot[i] may be free: no step of the
				 * sweep has found it in use so far
				 */
	__u32 slot[RRING_BATCH]; /* indices in the ledgers */
	__u32 *moves;		/* RRING_BATCH for each ledger */
};

/* What a collect does with the moves of the words. */
enum rring_look {
	RRING_LOOK_FIRST,	/* store them */
	RRING_LOOK_AGAIN,	/* compare with the stored ones */
};

/*
 * Do one collect of one ledger. Returns @batch->live without the slots that the
 * ledger uses: a bit of @busy is set in the slot's word, unless its low 32 bits
 * are @parked (see struct rring_ledger); or, if @look is RRING_LOOK_AGAIN, the
 * word's moves differ from @moves.
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
		 * miss the entry or the ledger word that names the slot from
		 * then on.
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
 * Do one collect of all ledgers. Remove from @batch->live each slot whose word
 * in any ledger has a bit of @busy set or, if @look is RRING_LOOK_AGAIN, has
 * other moves than in the first collect. A recalled parked slot counts as
 * unused.
 */
static inline void rring_batch_look(struct rring_batch *batch,
				    const struct rring_ledger *ledgers,
				    __u32 nr_ledgers, __u64 busy,
				    enum rring_look look)
{
	__u32 *moves = batch->moves;
	__u32 i;

	/*
	 * Where .parked is 0, as it usually is, pass a constant: then the
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
