// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * What the slots of a pool are in use for, without a sweep. A slot that is not
 * in the free set is in a magazine, held by a client, or named by a ring; or it
 * is in use for nothing, and waits until a sweep frees it.
 */
#include "compat.h"

#include <rusted_ring/internal/ledger.h>

#include "arena.h"
#include "pool.h"
#include "reclaim.h"
#include "usage.h"

/*
 * Does a client hold @slot for an event? If a client has parked it, no: a refill
 * that needs the slot takes it back.
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

/* Add slots @from to @end - 1 to @usage. Under the arena's lock. */
static void count_slots(struct kring_pool *pool, u32 from, u32 end,
			struct kring_usage *usage)
{
	const u32 *adopted = &pool->arena->adopted[pool->base];
	struct kring_lent lent = {};
	u32 slot;

	for (slot = find_next_bit(pool->out, end, from); slot < end;
	     slot = find_next_bit(pool->out, end, slot + 1)) {
		bool named = adopted[slot] || test_bit(slot, pool->named);
		bool held = is_held(pool->arena, pool->base + slot);

		usage->held += held;
		usage->in_flight += named;
		usage->reclaimable += !held && !named &&
				      !kring_pool_in_magazine(pool, slot,
							      &lent);
	}
}

/*
 * Count in @usage the slots of @pool. Not exact, because clients change their
 * ledgers and rings meanwhile. Returns 0, or -EINTR after a fatal signal. Takes
 * the arena's lock for each batch. May sleep.
 */
int kring_usage_count(struct kring_pool *pool, struct kring_usage *usage)
{
	u32 from = 0;
	u32 end;

	memset(usage, 0, sizeof(*usage));
	/* sets .named */
	kring_sweep_in_flight(pool);
	do {
		mutex_lock(&pool->arena->lock);
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
