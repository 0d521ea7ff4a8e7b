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
 * in_flight. The values of moves repeat after 2^32 changes. No client can make
 * so many changes within RRING_COLLECT_NS. If more time passes between the first
 * and the last collect of a batch, the caller does not use the result.
 *
 * A client that keeps summaries saves the sweep most loads. A summary that counts
 * no word stands for all its words: the collects read and compare it instead. But
 * it also moves when the client uses another of these slots. So if a summary that
 * stood has moved, the caller begins another round of collects for its slots, in
 * which fewer summaries stand for words: see enum rring_level.
 */
#ifndef _RUSTED_RING_RECLAIM_H
#define _RUSTED_RING_RECLAIM_H

#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/ledger.h>

#define RRING_BATCH		64
#define RRING_COLLECT_NS	1000000000ull

/*
 * With so many ledgers or fewer, a look at summaries of 64 words costs more than
 * it saves. The one for the whole ledger always pays.
 */
#define RRING_FEW_LEDGERS	2u

/* The highest level of words that a round of collects lets stand for others. */
enum rring_level {
	RRING_BY_USED,		/* one word for the whole ledger */
	RRING_BY_SUMMARIES,	/* a word for RRING_SUMMARY_WORDS ledger words */
	RRING_BY_WORDS,		/* only the ledger words themselves */
};

/* A ledger that a sweep reads. */
struct rring_ledger {
	const rring_word_t *word;	/* one for each slot of the arena */
	const rring_word_t *used;	/* the summary of all words */
	const rring_word_t *summary;	/* for RRING_SUMMARY_WORDS words each */
	__u32 parked;		/* RRING_PARKED: the kernel has recalled the
				 * client's parked slots (dropped, but kept for
				 * its next allocations), and the client has not
				 * noticed the recall. So a word whose low 32
				 * bits are RRING_PARKED counts as unused.
				 * 0: each word with a hold counts as used
				 */
	/* what the first collect of this round has found */
	__u64 unused;		/* value of .used, which stands for the whole
				 * ledger; 0: it does not
				 */
	__u64 by_summary;	/* bit i: a summary stands for slot[i] */
};

/* Slots of a batch, one after the other there, that have the same summary. */
struct rring_group {
	__u64 slots;		/* bit i: slot[i] of the batch */
	__u32 summary;		/* index of the summary in a ledger */
	__u32 first;		/* lowest i of .slots */
};

struct rring_batch {
	__u64 live;		/* bit i is set while slot[i] may be free: no
				 * step of the sweep has found slot[i] in use
				 */
	__u64 moved;		/* bit i is set if a summary that stood for
				 * slot[i] has moved: this round cannot tell
				 * whether slot[i] is free
				 */
	enum rring_level level;	/* of this round */
	__u32 slot[RRING_BATCH]; /* indices of the slots' words in a ledger */
	__u32 nr_groups;	/* elements of .group; 0: not set yet */
	struct rring_group group[RRING_BATCH]; /* the slots, by summaries */
	__u64 *seen;		/* what the first collect has read: of words the
				 * moves, by i of slot[i], and the summaries, by
				 * .first of the group. RRING_BATCH values for
				 * each ledger
				 */
};

/* What a collect does with the moves of the words that it reads. */
enum rring_look {
	RRING_LOOK_FIRST,	/* it stores the moves */
	RRING_LOOK_AGAIN,	/* it compares the moves with the stored ones */
};

/*
 * Most batches have all their slots in front, bits 0 to n - 1 of .live: a loop
 * that counts takes fewer instructions for these than one that looks for the next
 * bit. Return this n for @slots.
 */
static __always_inline __u32 rring_slots_in_front(__u64 slots)
{
	return ~slots ? (__u32)__builtin_ctzll(~slots) : RRING_BATCH;
}

/* Return those of @slots that rring_slots_in_front() does not count. */
static __always_inline __u64 rring_slots_behind(__u64 slots)
{
	return slots & (slots + 1);
}

/* The bits of a ledger word that are its moves, where they are. */
#define RRING_MOVES_MASK	(~0ull << 32)

/*
 * Return 1 if the slot of @ledger_word, a word of one ledger, may be in use, else 0.
 * *@seen is the element of @seen for the slot; rring_look_at_words() has the rest.
 */
static __always_inline int
rring_look_at_word(const rring_word_t *ledger_word, __u32 parked, __u64 *seen,
		   __u64 busy, enum rring_look look)
{
	/*
	 * H: pairs with G, the store that lowers holds or in_flight. Without
	 * this pair the sweep could see the lower count, but miss the entry or
	 * the other ledger word that names the slot from then on, and free a
	 * slot in use.
	 */
	__u64 word = rring_word_load_acquire(ledger_word);

	if (parked && (__u32)word == parked)
		word &= RRING_MOVES_MASK;
	word &= RRING_MOVES_MASK | busy;
	if (look != RRING_LOOK_FIRST)
		return word != *seen;
	if (word & busy)
		return 1;
	*seen = word;
	return 0;
}

/*
 * Do one collect of one ledger: read its words for the slots in @slots. Return
 * those of @slots that may be in use. A slot may be in use if its word has a bit
 * of @busy. But a word whose low 32 bits are @parked counts as unused, if
 * @parked is not 0 (see struct rring_ledger).
 *
 * With RRING_LOOK_FIRST, store the moves of the unused words in @seen. With
 * RRING_LOOK_AGAIN, a slot may also be in use if the moves of its word differ
 * from those in @seen, because the word has changed in between. Both are found by
 * one comparison: the values in @seen have no bit of @busy.
 */
static __always_inline __u64
rring_look_at_words(const struct rring_batch *batch, const rring_word_t *ledger,
		    __u32 parked, __u64 *seen, __u64 slots, __u64 busy,
		    enum rring_look look)
{
	const __u32 front = rring_slots_in_front(slots);
	__u64 used = 0;
	__u32 i;

	for (i = 0; i < front; i++)
		if (rring_look_at_word(&ledger[batch->slot[i]], parked,
				       &seen[i], busy, look))
			used |= 1ull << i;
	for (slots = rring_slots_behind(slots); slots; slots &= slots - 1) {
		i = __builtin_ctzll(slots);
		if (rring_look_at_word(&ledger[batch->slot[i]], parked,
				       &seen[i], busy, look))
			used |= 1ull << i;
	}
	return used;
}

/* Set .group of @batch for its slots in .live: this takes a round once. */
static inline void rring_batch_group(struct rring_batch *batch)
{
	struct rring_group *group = batch->group;
	__u32 last = ~0u;	/* the summary of no slot */
	__u64 left;
	__u32 n = 0;

	for (left = batch->live; left; left &= left - 1) {
		__u32 i = __builtin_ctzll(left);
		__u32 summary = batch->slot[i] / RRING_SUMMARY_WORDS;

		if (summary != last) {
			group = &batch->group[n++];
			*group = (struct rring_group) {
				.summary = summary, .first = i,
			};
		}
		last = summary;
		group->slots |= 1ull << i;
	}
	batch->nr_groups = n;
}

/*
 * Do one collect of the summaries of @ledger for @slots. Return those of @slots
 * for which a summary stands, because it counts no word. With RRING_LOOK_FIRST,
 * store it in @seen. With RRING_LOOK_AGAIN, it stands only if it is the one in
 * @seen.
 */
static __always_inline __u64
rring_look_at_summaries(const struct rring_batch *batch,
			const struct rring_ledger *ledger, __u64 *seen,
			__u64 slots, enum rring_look look)
{
	const struct rring_group *group = batch->group;
	const struct rring_group *end = group + batch->nr_groups;
	__u64 stands = 0;
	__u64 summary;

	for (; group < end; group++) {
		if (!(group->slots & slots))
			continue;
		/* H: pairs with G, the store that lowers a summary */
		summary = rring_word_load_acquire(
			&ledger->summary[group->summary]);
		if (rring_summary_count(summary))
			continue;
		if (look == RRING_LOOK_FIRST)
			seen[group->first] = summary;
		if (seen[group->first] == summary)
			stands |= group->slots & slots;
	}
	return stands;
}

/*
 * First collect: find which summaries of @ledger stand for its words, as far as
 * the level of the round permits, and note it in @ledger. If @few is true, only
 * .used can stand. Return the slots whose words have to be read.
 */
static inline __u64 rring_find_summaries(struct rring_batch *batch,
					 struct rring_ledger *ledger,
					 __u64 *seen, int few)
{
	/* H: pairs with G, the store that lowers .used */
	__u64 used = rring_word_load_acquire(ledger->used);

	ledger->unused = 0;
	ledger->by_summary = 0;
	if (!(used & RRING_SUMMARY_KEPT))
		return batch->live;
	if (batch->level == RRING_BY_USED && !rring_summary_count(used)) {
		ledger->unused = used;
		return 0;
	}
	if (few)
		return batch->live;
	if (!batch->nr_groups)
		rring_batch_group(batch);
	ledger->by_summary = rring_look_at_summaries(batch, ledger, seen,
						     batch->live,
						     RRING_LOOK_FIRST);
	return batch->live & ~ledger->by_summary;
}

/*
 * Later collect: compare the summaries of @ledger that stand for its words. If
 * one has moved, take its slots out of .live of @batch, and enter them in
 * .moved. Return the slots whose words have to be read.
 */
static inline __u64 rring_compare_summaries(struct rring_batch *batch,
					    const struct rring_ledger *ledger,
					    __u64 *seen)
{
	__u64 slots = batch->live & ledger->by_summary;
	__u64 moved = 0;

	if (!ledger->unused && slots)
		moved = slots & ~rring_look_at_summaries(batch, ledger, seen,
							 slots,
							 RRING_LOOK_AGAIN);
	/* H: pairs with G, the store that lowers .used */
	else if (ledger->unused &&
		 rring_word_load_acquire(ledger->used) != ledger->unused)
		moved = batch->live;
	batch->moved |= moved;
	batch->live &= ~moved;
	return ledger->unused ? 0 : batch->live & ~ledger->by_summary;
}

/*
 * Do one collect of all @nr_ledgers ledgers. Remove a slot from @batch->live if
 * its word in one of the ledgers has a bit of @busy or, if @look is
 * RRING_LOOK_AGAIN, other moves than in the first collect. The word of a parked
 * slot that the kernel has recalled counts as unused, see struct rring_ledger.
 * If the level of the round permits it, a summary stands for words: then remove
 * the slots from @batch->live, and add them to @batch->moved, if the summary has
 * changed since the first collect. The caller holds the arena's lock.
 */
static __always_inline void
rring_batch_look(struct rring_batch *batch, struct rring_ledger *ledgers,
		 __u32 nr_ledgers, __u64 busy, enum rring_look look)
{
	int few = nr_ledgers <= RRING_FEW_LEDGERS;
	__u64 *seen = batch->seen;
	__u32 i;

	if (look == RRING_LOOK_FIRST)
		batch->nr_groups = 0;
	for (i = 0; i < nr_ledgers && batch->live; i++, seen += RRING_BATCH) {
		struct rring_ledger *ledger = &ledgers[i];
		__u64 slots = batch->live;

		if (batch->level != RRING_BY_WORDS)
			slots = look == RRING_LOOK_FIRST ?
				rring_find_summaries(batch, ledger, seen, few) :
				rring_compare_summaries(batch, ledger, seen);
		/*
		 * .parked is usually 0. Pass the constant 0 in that case, so
		 * that the compiler leaves out a comparison for each word.
		 */
		batch->live &= ~(ledger->parked ?
			rring_look_at_words(batch, ledger->word, ledger->parked,
					    seen, slots, busy, look) :
			rring_look_at_words(batch, ledger->word, 0, seen,
					    slots, busy, look));
	}
}

#endif /* _RUSTED_RING_RECLAIM_H */
