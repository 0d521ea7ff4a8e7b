// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Count what the slots of a pool are used for, without a sweep. A slot that is
 * not in the free set is used if it is in a magazine, if a client holds it, or
 * if a ring names it. Otherwise the slot is reclaimable: nothing uses it, and a
 * later sweep can put it into the free set.
 */
#include "compat.h"

#include <rusted_ring/internal/ledger.h>

#include "arena.h"
#include "pool.h"
#include "reclaim.h"
#include "usage.h"

/*
 * Return true if a client holds @slot (an index in the ledgers), but has not
 * parked @slot. A client keeps a parked slot for its next event, but a refill
 * that finds no free slot takes such slots back. The caller holds the arena's
 * lock.
 */
static bool is_held(const struct kring_arena *arena, u32 slot)
{
	u64 word;
	u32 i;

	for (i = 0; i < arena->nr_ledgers; i++) {
		word = rring_word_load(&arena->ledgers[i].word[slot]);
		if (rring_ledger_holds(word) && (u32)word != RRING_PARKED)
			return true;
	}
	return false;
}

/*
 * Add the uses of the slots @from to @end - 1 of @pool to the counts in @usage.
 * The caller has set .named of @pool (the slots in the windows of rings), and
 * holds the arena's lock.
 */
static void count_slots(struct kring_pool *pool, u32 from, u32 end,
			struct kring_usage *usage)
{
	const u32 *adopted = &pool->arena->adopted[pool->base];
	struct kring_lent lent = {};
	u32 slot;

	if (from >= end)
		return;
	kring_work_add(KRING_WORK_WORDS,
		       (u64)(end - from) * pool->arena->nr_ledgers);
	for (slot = find_next_bit(pool->out, end, from); slot < end;
	     slot = find_next_bit(pool->out, end, slot + 1)) {
		bool named = adopted[slot] || test_bit(slot, pool->named);
		bool held = is_held(pool->arena, pool->base + slot);
		const struct kring_lease *lease = &pool->lease[slot];

		usage->held += held;
		usage->in_flight += named;
		usage->reclaimable += !held && !named &&
				      !kring_pool_in_magazine(pool, lease,
							      &lent);
	}
}

/*
 * Store in @usage how many slots of @pool are in each kind of use. Return 0, or
 * -EINTR if the process is being killed: the count is then not complete. The
 * numbers are not exact, because clients change their ledgers and rings
 * meanwhile. Takes the arena's lock for each batch of slots, so the caller must
 * not hold this lock. May sleep.
 */
int kring_usage_count(struct kring_pool *pool, struct kring_usage *usage)
{
	u32 from = 0;
	u32 end;

	memset(usage, 0, sizeof(*usage));
	/* count_slots() needs .named, which this call sets */
	kring_sweep_in_flight(pool);
	do {
		if (mutex_lock_killable(&pool->arena->lock))
			return -EINTR;
		end = pool->high_water;
		count_slots(pool, from, min(end, from + RRING_BATCH), usage);
		mutex_unlock(&pool->arena->lock);
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		from += RRING_BATCH;
	} while (from < end);
	return 0;
}
