// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The sweep: find slots that no location names, and free them. The letters are
 * barriers: see "The lettered barriers" in Documentation/design.rst.
 *
 * For a batch of up to 64 slots that are not in the free set, under the arena's
 * lock:
 *
 *   0. skip slots in a magazine (F), slots that an adopted entry of a ring
 *      names (D) and, in a deep kring_sweep(), slots that mark_windows() has
 *      found in a window before;
 *   1. first collect: skip slots that a ledger holds or, in a shallow sweep,
 *      has in flight;
 *   2. in a deep sweep, skip slots that a ring's window names (B, D);
 *   3. second collect: skip slots that a ledger holds now, or whose word in a
 *      ledger has other moves than in step 1;
 *   4. hide the generation, full barrier (J): a weak upgrade that looks at it
 *      from now on waits until step 6;
 *   5. third look: if a weak upgrade came before that, a ledger word shows its
 *      hold or has other moves: the slot gets its old generation again;
 *   6. give the other slots their next generation, and free them.
 *
 * Documentation/design.rst has the proof that these slots are free.
 */
#include "compat.h"

#include <rusted_ring/internal/handle.h>

#include "arena.h"
#include "client.h"
#include "pool.h"
#include "recent.h"
#include "reclaim.h"
#include "ring.h"
#include "trace.h"
#include "xxl.h"

#define CHUNK	4096u	/* slots counted under one lock */

/*
 * Stop counting, in .adopted of the arena, the adopted entries that no reader
 * needs any more. Otherwise their slots would never be found free. The caller
 * holds the arena's lock.
 */
static void settle_adopted(struct kring_arena *arena)
{
	u32 i;

	for (i = 1; i <= arena->info->max_rings; i++)
		if (arena->rings[i])
			kring_ring_settle(arena->rings[i]);
}

/*
 * Set .named of @pool: a bit for each slot that a ring's window names, except
 * by adopted entries. The caller holds the arena's lock.
 */
static void mark_windows(struct kring_pool *pool)
{
	struct kring_arena *arena = pool->arena;
	u32 i;

	bitmap_zero(pool->named, pool->capacity);
	for (i = 1; i <= arena->info->max_rings; i++)
		if (arena->rings[i])
			kring_ring_mark_window(arena->rings[i], pool->index,
					       pool->named);
}

static void skip_named(struct kring_pool *pool, struct rring_batch *batch)
{
	u32 i;

	for (i = 0; i < RRING_BATCH; i++)
		if (batch->live & BIT_ULL(i) &&
		    test_bit(batch->slot[i] - pool->base, pool->named))
			batch->live &= ~BIT_ULL(i);
}

/*
 * Is @slot, which is not in the free set, in a magazine or named by an adopted
 * entry? @lent: see kring_pool_in_magazine().
 */
static bool is_lent_or_adopted(struct kring_pool *pool, u32 slot,
			       struct kring_lent *lent)
{
	return pool->arena->adopted[pool->base + slot] ||
	       kring_pool_in_magazine(pool, slot, lent);
}

/*
 * Make a batch of slots of @pool from @from to @end - 1, without those that
 * step 0 of the list at the top skips. The batch may end early: *@next becomes
 * the slot at which the next batch begins. Returns how many slots are in the
 * batch. The caller holds the arena's lock.
 */
static u32 gather(struct kring_pool *pool, u32 from, u32 end,
		  enum kring_depth depth, u32 *next)
{
	struct rring_batch *batch = &pool->arena->batch;
	u32 limit = min(end, from + RRING_BATCH * 8);
	struct kring_lent lent = {};
	u32 n = 0;
	u32 slot;

	batch->live = 0;
	*next = limit;
	for (slot = find_next_bit(pool->out, limit, from); slot < limit;
	     slot = find_next_bit(pool->out, limit, slot + 1)) {
		if (is_lent_or_adopted(pool, slot, &lent))
			continue;
		if (depth == KRING_SWEEP_WINDOWS && test_bit(slot, pool->named))
			continue;
		batch->slot[n] = pool->base + slot;
		batch->live |= BIT_ULL(n);
		if (++n == RRING_BATCH) {
			*next = slot + 1;
			break;
		}
	}
	return n;
}

/*
 * Make a batch of the @n slots that the caller has stored in .slot of the
 * arena's batch, by their index in @pool. Turn them into indices in ledgers.
 * Set the bit in .live only for slots that are to be swept: not for those that
 * step 0 of the list at the top skips, not for free or invalid ones, and only
 * once for a slot that occurs twice. The caller holds the arena's lock.
 */
static void filter_batch(struct kring_pool *pool, u32 n)
{
	struct rring_batch *batch = &pool->arena->batch;
	struct kring_lent lent = {};
	u32 i;

	batch->live = 0;
	pool->stamp++;
	for (i = 0; i < n; i++) {
		u32 slot = batch->slot[i];

		batch->slot[i] += pool->base;
		if (slot >= pool->capacity || !test_bit(slot, pool->out) ||
		    pool->lease[slot].stamp == pool->stamp ||
		    is_lent_or_adopted(pool, slot, &lent))
			continue;
		pool->lease[slot].stamp = pool->stamp;
		batch->live |= BIT_ULL(i);
	}
}

/*
 * Make a batch of recent drops, see filter_batch(). Returns how many entries of
 * the lists were read. The caller holds the arena's lock.
 */
static u32 gather_recent(struct kring_pool *pool)
{
	u32 n = kring_recent_take(pool, pool->arena->batch.slot, RRING_BATCH);

	filter_batch(pool, n);
	return n;
}

/*
 * Set .parked of each ledger, which says which of its words count as unused,
 * because the client has not noticed a recall of @pool. Returns the number of
 * such clients. It only falls while the lock is held. So if two calls return
 * the same number, no client has noticed in between. The caller holds the
 * arena's lock.
 */
static u32 look_at_recalls(struct kring_pool *pool)
{
	struct kring_arena *arena = pool->arena;
	u32 ignored = 0;
	u32 i;

	for (i = 0; i < arena->nr_ledgers; i++) {
		arena->ledgers[i].parked =
			kring_client_parked(arena->ledger_of[i], pool->index);
		ignored += !!arena->ledgers[i].parked;
	}
	return ignored;
}

static void hide_generations(struct kring_arena *arena,
			     const struct rring_batch *batch, u64 *hidden)
{
	u64 left;

	for (left = batch->live; left; left &= left - 1) {
		u32 i = __builtin_ctzll(left);
		rring_word_t *generation = &arena->generation[batch->slot[i]];

		hidden[i] = rring_word_load(generation);
		rring_word_store(generation, 0);
	}
	/*
	 * J: pairs with I in the weak upgrade. Without it, the upgrade could
	 * still see the old generation, while the third look (step 5) misses
	 * the upgrade's hold.
	 */
	rring_fence_full();
}

/*
 * End what hide_generations() began. @slots has a bit for each slot of @batch
 * whose generation is hidden; @hidden has the old generations. A slot whose bit
 * is still in .live of @batch is free, and gets its next generation. The others
 * get their old one again.
 */
static void show_generations(struct kring_arena *arena,
			     const struct rring_batch *batch, u64 slots,
			     const u64 *hidden)
{
	for (; slots; slots &= slots - 1) {
		u32 i = __builtin_ctzll(slots);
		u64 handle = hidden[i];

		if (batch->live & BIT_ULL(i))
			handle = rring_handle_next(handle);
		rring_word_store_release(&arena->generation[batch->slot[i]],
					 handle);
	}
}

/*
 * Do steps 1 to 6 of the list at the top of this file for the arena's batch.
 * Return how many slots were freed. A negative value: none, because the looks at
 * the ledgers prove nothing. -EAGAIN: a client has noticed a recall meanwhile,
 * so that it may use a slot whose word looked parked. -ETIME: the looks took so
 * long that the moves of a word may have wrapped to their first value. The
 * caller holds the arena's lock.
 */
static int collect_and_free(struct kring_pool *pool, enum kring_depth depth)
{
	struct kring_arena *arena = pool->arena;
	struct rring_batch *batch = &arena->batch;
	u64 busy = RRING_HOLDS_MASK;
	u64 began = ktime_get_coarse_ns();
	u32 ignored = look_at_recalls(pool);
	u64 hidden[RRING_BATCH];
	int err = 0;
	u64 slots;

	if (depth == KRING_SWEEP_LEDGERS)
		busy |= RRING_IN_FLIGHT_MASK;
	rring_batch_look(batch, arena->ledgers, arena->nr_ledgers, busy,
			 RRING_LOOK_FIRST);
	if (batch->live && depth == KRING_SWEEP_WINDOWS) {
		mark_windows(pool);
		skip_named(pool, batch);
	}
	rring_batch_look(batch, arena->ledgers, arena->nr_ledgers, busy,
			 RRING_LOOK_AGAIN);
	slots = batch->live;
	if (!slots)
		return 0;
	preempt_disable();	/* upgrades wait for this */
	hide_generations(arena, batch, hidden);
	rring_batch_look(batch, arena->ledgers, arena->nr_ledgers, busy,
			 RRING_LOOK_AGAIN);
	if (ktime_get_coarse_ns() - began > RRING_COLLECT_NS)
		err = -ETIME;
	else if (look_at_recalls(pool) != ignored)
		err = -EAGAIN;
	if (err)
		batch->live = 0;
	show_generations(arena, batch, slots, hidden);
	preempt_enable();
	for (slots = batch->live; slots; slots &= slots - 1)
		kring_pool_free_slot(pool, batch->slot[__builtin_ctzll(slots)] -
					   pool->base);
	return err ? err : (int)hweight64(batch->live);
}

/*
 * Free those slots of the arena's batch that no location names: do steps 1 to 6
 * of the list at the top. If collect_and_free() fails, do them again: a client
 * that goes to sleep after this sweep relies on it to free what can be freed.
 * After -EAGAIN there is one unnoticed recall less, and while the lock is held
 * there are no new ones; so that ends. After -ETIME try only once more. Return
 * how many slots were freed. The caller holds the arena's lock.
 */
static u32 free_batch(struct kring_pool *pool, enum kring_depth depth)
{
	struct rring_batch *batch = &pool->arena->batch;
	u64 slots = batch->live;
	bool was_late = false;
	bool again;
	int freed;

	do {
		batch->live = slots;
		freed = collect_and_free(pool, depth);
		again = freed == -EAGAIN || (freed == -ETIME && !was_late);
		was_late |= freed == -ETIME;
	} while (again);
	return max(freed, 0);
}

/*
 * Sweep @pool, beginning at the slot where the last sweep stopped, until @want
 * slots are freed, but no more than once round. Returns how many were freed.
 * *@looked, if @looked is not NULL, becomes the number of slots whose ledger
 * words were read. Stops early if the process is being killed. Takes the
 * arena's lock for each batch. May sleep.
 *
 * Two sweeps at the same time both look at all slots. If each looked only at a
 * part, a free slot could be missed: a sweep may be shallow, or stop early
 * because it wants fewer slots.
 */
u32 kring_sweep(struct kring_pool *pool, u32 want, enum kring_depth depth,
		u32 *looked)
{
	struct kring_arena *arena = pool->arena;
	u32 seen = 0;
	u32 freed = 0;
	u32 taken = 0;
	u32 from, end;

	mutex_lock(&arena->lock);
	if (depth == KRING_SWEEP_WINDOWS)
		mark_windows(pool);
	from = pool->hint;
	end = pool->high_water;
	mutex_unlock(&arena->lock);
	while (freed < want && seen < end) {
		struct kring_xxl *retired;
		u32 next;

		mutex_lock(&arena->lock);
		settle_adopted(arena);
		taken += gather(pool, from, end, depth, &next);
		freed += free_batch(pool, depth);
		seen += next - from;
		from = next < end ? next : 0;
		pool->hint = from;
		retired = kring_xxl_retired(pool);
		mutex_unlock(&arena->lock);
		kring_xxl_discard(pool, retired);
		cond_resched();
		if (fatal_signal_pending(current))
			break;
	}
	trace_reclaim(pool, depth == KRING_SWEEP_WINDOWS, want, taken, freed);
	if (looked)
		*looked = taken;
	return freed;
}

/*
 * Sweep the recent drops of @pool, shallow, until @want slots are freed or all
 * lists are read. Returns how many were freed. A hostile client can add entries
 * without end. So the sweep also ends after the batch with which it has read as
 * many entries as the pool has slots. Takes the arena's lock for each batch.
 * May sleep.
 */
u32 kring_sweep_recent(struct kring_pool *pool, u32 want)
{
	u32 freed = 0;
	u32 taken = 0;
	u32 n;

	do {
		mutex_lock(&pool->arena->lock);
		n = gather_recent(pool);
		taken += n;
		if (n)
			freed += free_batch(pool, KRING_SWEEP_LEDGERS);
		mutex_unlock(&pool->arena->lock);
		cond_resched();
	} while (n == RRING_BATCH && freed < want && taken < pool->capacity);
	if (taken)
		trace_reclaim(pool, false, want, taken, freed);
	return freed;
}

/*
 * Let the oldest entries of rings give way (kring_rings_give_way()) and sweep
 * the slots that they name, until @want slots are freed or no entry may give
 * way. Return how many were freed. @client needs the slots; @own: only its own
 * rings give way. A hostile writer can add entries without end that name slots
 * in use. So the sweep also ends when as many slots were named as if each ring
 * named each slot of the pool. Takes the arena's lock for each batch. May sleep.
 */
u32 kring_sweep_oldest(struct kring_pool *pool, struct kring_client *client,
		       u32 want, bool own)
{
	struct kring_arena *arena = pool->arena;
	u64 most = (u64)pool->capacity * arena->info->max_rings;
	u64 named = 0;
	u32 freed = 0;
	u32 n;

	do {
		struct kring_xxl *retired;

		mutex_lock(&arena->lock);
		n = kring_rings_give_way(pool, client, own, arena->batch.slot,
					 min_t(u32, want, RRING_BATCH));
		named += n;
		filter_batch(pool, n);
		freed += free_batch(pool, KRING_SWEEP_WINDOWS);
		retired = kring_xxl_retired(pool);
		mutex_unlock(&arena->lock);
		kring_xxl_discard(pool, retired);
		cond_resched();
	} while (n && freed < want && named < most &&
		 !fatal_signal_pending(current));
	/* wake clients that sleep until slots of their own quota are freed */
	if (freed)
		kring_arena_wake_pools(arena, BIT(pool->index));
	return freed;
}

/*
 * Sweep one batch of slots between @from and @end - 1: shallow, then deep if
 * some were not freed. Returns how many were freed. *@next becomes the slot at
 * which the next batch begins. The caller holds the arena's lock.
 */
static u32 sweep_batch(struct kring_pool *pool, u32 from, u32 end, u32 *next)
{
	u32 taken = gather(pool, from, end, KRING_SWEEP_LEDGERS, next);
	u32 freed = free_batch(pool, KRING_SWEEP_LEDGERS);
	u32 same;

	if (freed == taken)
		return freed;
	gather(pool, from, *next, KRING_SWEEP_LEDGERS, &same);
	return freed + free_batch(pool, KRING_SWEEP_WINDOWS);
}

/*
 * Sweep slots @from to @end - 1 of @pool, shallow and deep. Returns how many
 * were freed. Does not stop when the process is being killed, because
 * kring_client_die() calls it for such a process. Takes the arena's lock for
 * each batch. May sleep.
 */
u32 kring_sweep_range(struct kring_pool *pool, u32 from, u32 end)
{
	struct kring_arena *arena = pool->arena;
	u32 freed = 0;

	while (from < end) {
		struct kring_xxl *retired;

		mutex_lock(&arena->lock);
		settle_adopted(arena);
		freed += sweep_batch(pool, from, end, &from);
		retired = kring_xxl_retired(pool);
		mutex_unlock(&arena->lock);
		kring_xxl_discard(pool, retired);
		cond_resched();
	}
	return freed;
}

static u32 high_water(struct kring_pool *pool)
{
	u32 slots;

	mutex_lock(&pool->arena->lock);
	slots = pool->high_water;
	mutex_unlock(&pool->arena->lock);
	return slots;
}

static bool is_held(const struct kring_arena *arena, u32 slot)
{
	const struct rring_ledger *ledger = arena->ledgers;
	u32 i;

	for (i = 0; i < arena->nr_ledgers; i++, ledger++)
		if (kring_word_holds(rring_word_load(&ledger->word[slot]),
				     ledger->parked))
			return true;
	return false;
}

static u32 count_held(struct kring_pool *pool, u32 from, u32 end)
{
	u32 n = 0;

	for (; from < end; from++)
		n += is_held(pool->arena, pool->base + from);
	return n;
}

/*
 * Return how many slots of @pool are held in at least one ledger. The number is
 * not exact, because clients change their ledgers meanwhile. It is too low if
 * the process is being killed: the count stops then. Takes the arena's lock for
 * each batch. May sleep.
 */
u32 kring_sweep_held(struct kring_pool *pool)
{
	struct kring_arena *arena = pool->arena;
	u32 end = high_water(pool);
	u32 held = 0;
	u32 from;

	for (from = 0; from < end; from += RRING_BATCH) {
		mutex_lock(&arena->lock);
		look_at_recalls(pool);
		held += count_held(pool, from, min(from + RRING_BATCH, end));
		mutex_unlock(&arena->lock);
		cond_resched();
		if (fatal_signal_pending(current))
			break;
	}
	return held;
}

static u32 count_in_flight(struct kring_pool *pool, u32 from, u32 end)
{
	const u32 *adopted = &pool->arena->adopted[pool->base];
	u32 n = 0;
	u32 slot;

	for (slot = find_next_bit(pool->out, end, from); slot < end;
	     slot = find_next_bit(pool->out, end, slot + 1))
		if (adopted[slot] || test_bit(slot, pool->named))
			n++;
	return n;
}

/*
 * Return how many slots of @pool are named by a ring's window or an adopted
 * entry. The number is not exact, because rings move meanwhile. Takes the
 * arena's lock several times. May sleep.
 */
u32 kring_sweep_in_flight(struct kring_pool *pool)
{
	struct kring_arena *arena = pool->arena;
	u32 end = high_water(pool);
	u32 n = 0;
	u32 from;

	for (from = 0; from < end; from += CHUNK) {
		mutex_lock(&arena->lock);
		if (!from) {
			settle_adopted(arena);
			mark_windows(pool);
		}
		n += count_in_flight(pool, from, min(end, from + CHUNK));
		mutex_unlock(&arena->lock);
		cond_resched();
	}
	return n;
}
