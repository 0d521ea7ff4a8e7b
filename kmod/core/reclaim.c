// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The sweep: find slots that no location (a magazine, a ledger word with holds,
 * or a ring's window) names, and free them. The letters in parentheses are
 * barriers: see "The lettered barriers" in Documentation/design.rst.
 *
 * A sweep takes a batch of up to 64 slots that are not in the free set, and
 * does these steps under the arena's lock:
 *
 *   0. Skip slots that are in a magazine (F), and slots that an adopted entry
 *      of a ring names (D). A deep kring_sweep() also skips slots that a window
 *      named when mark_windows() last ran: this saves time, and step 2 decides.
 *   1. First collect: read the words of the slots in all ledgers. Skip slots
 *      that a ledger holds. A shallow sweep also skips slots that a ledger has
 *      in flight.
 *   2. Only in a deep sweep: read the windows of all rings, and skip slots that
 *      a window names (B, D).
 *   3. Only in a deep sweep, second collect: read the words again. Skip slots
 *      that a ledger holds now, and slots of which a word has other moves than
 *      in step 1: that word has changed in between.
 *   4. Hide the generations of the slots left, and pass a full barrier (J). A
 *      weak upgrade that loads a hidden generation waits until step 6.
 *   5. Third look: read the words once more, and skip slots as in step 3. If a
 *      weak upgrade has loaded the generation of a slot before step 4, a word of
 *      the slot shows the hold of the upgrade, or has other moves than in step 1.
 *   6. Give the slots that step 5 found in use their old generation again. Give
 *      the other slots their next generation, and free them.
 *
 * A look takes the summaries of a client for its words, if they count none: one
 * word for the whole ledger or, with more than RRING_FEW_LEDGERS ledgers, one for 64
 * slots. If such a summary has moved when step 3 or 5 looks again, perhaps because
 * of another slot, steps 1 to 6 are done once more for the slots in question, one
 * level deeper: the summaries of 64 slots, and at last the words of all clients.
 *
 * Documentation/design.rst has the proof that no client uses these slots.
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

/* kring_sweep_in_flight() releases the lock after so many slots */
#define CHUNK	4096u

/*
 * Stop counting adopted entries that no reader needs any more. .adopted of
 * @arena counts, for each slot, the adopted entries that name the slot. A sweep
 * skips the slot unless this count is 0. So without this function, no sweep
 * would free the slot. The caller holds the arena's lock.
 */
static void settle_adopted(struct kring_arena *arena)
{
	u32 i;

	kring_work_add(KRING_WORK_RINGS, arena->info->max_rings);
	for (i = 1; i <= arena->info->max_rings; i++)
		if (arena->rings[i])
			kring_ring_settle(arena->rings[i]);
}

/*
 * Set in the bitmap .named of @pool the bit of each slot that the window of a
 * ring names, and clear all other bits. Leave out adopted entries, because
 * .adopted of the arena counts them. The caller holds the arena's lock.
 */
static void mark_windows(struct kring_pool *pool)
{
	struct kring_arena *arena = pool->arena;
	u32 i;

	kring_work_add(KRING_WORK_BITMAP, pool->capacity);
	kring_work_add(KRING_WORK_RINGS, arena->info->max_rings);
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
 * Fill the arena's batch with slots of @pool from @from to @end - 1. Leave out
 * the slots that step 0 of the list at the top of this file skips. The batch
 * can end before @end: when it is full, or after a look at 8 * RRING_BATCH
 * slots. Set *@next to the slot at which the next batch begins. Return how many
 * slots are in the batch. The caller holds the arena's lock.
 */
static u32 gather(struct kring_pool *pool, u32 from, u32 end,
		  enum kring_depth depth, u32 *next)
{
	struct rring_batch *batch = &pool->arena->batch;
	const u32 *adopted = pool->arena->adopted + pool->base;
	u32 limit = min(end, from + RRING_BATCH * 8);
	struct kring_lent lent = {};
	u32 n = 0;
	u32 slot;

	batch->live = 0;
	*next = limit;
	for (slot = find_next_bit(pool->out, limit, from); slot < limit;
	     slot = find_next_bit(pool->out, limit, slot + 1)) {
		if (adopted[slot] ||
		    kring_pool_in_magazine(pool, &pool->lease[slot], &lent))
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
	kring_work_add(KRING_WORK_SLOTS, *next - from);
	return n;
}

/*
 * Make a batch of the @n slots that the caller has stored in .slot of the
 * arena's batch, as indices in @pool. Replace each by the slot's index in the
 * ledgers, and set its bit in .live. Leave out indices that are not valid, slots
 * in the free set, slots that step 0 of the list at the top of this file skips,
 * and each slot that occurred earlier in the batch. The caller holds the arena's
 * lock.
 */
static void filter_batch(struct kring_pool *pool, u32 n)
{
	struct rring_batch *batch = &pool->arena->batch;
	const u32 *adopted = pool->arena->adopted + pool->base;
	struct kring_lease *leases = pool->lease;
	const unsigned long *out = pool->out;
	const u32 capacity = pool->capacity;
	const u32 base = pool->base;
	const u32 stamp = ++pool->stamp;
	struct kring_lent lent = {};
	u32 taken = 0;
	u32 i;

	kring_work_add(KRING_WORK_SLOTS, n);
	for (i = 0; i < n; i++) {
		u32 slot = batch->slot[i];
		struct kring_lease *lease = &leases[slot];

		if (slot >= capacity || !test_bit(slot, out) ||
		    adopted[slot] || lease->stamp == stamp ||
		    kring_pool_in_magazine(pool, lease, &lent))
			continue;
		lease->stamp = stamp;
		batch->slot[taken++] = base + slot;
	}
	batch->live = taken ? ~0ull >> (RRING_BATCH - taken) : 0;
}

/*
 * Make a batch of recent drops, the slots in the lists in which clients enter
 * what they no longer use: see filter_batch(). Return how many entries of the
 * lists were read. The caller holds the arena's lock.
 */
static u32 gather_recent(struct kring_pool *pool)
{
	u32 n = kring_recent_take(pool, pool->arena->batch.slot, RRING_BATCH);

	filter_batch(pool, n);
	return n;
}

/*
 * Set .parked of each ledger for a sweep of @pool. If the client of the ledger
 * has not noticed that the kernel has recalled its slots of @pool, set .parked
 * to the low 32 bits of a parked slot's word: such a word then counts as
 * unused. Otherwise set .parked to 0. Return how many clients have not noticed
 * a recall. This number can only fall while the arena's lock is held. So if two
 * calls under one lock return the same number, no client has noticed a recall
 * between the two calls. The caller holds the arena's lock.
 */
static u32 look_at_recalls(struct kring_pool *pool)
{
	struct kring_arena *arena = pool->arena;
	u32 ignored = 0;
	u32 i;

	if (!arena->ignored && !(arena->recalled & BIT(pool->index)))
		return 0;
	kring_work_add(KRING_WORK_CLIENTS, arena->nr_ledgers);
	for (i = 0; i < arena->nr_ledgers; i++) {
		arena->ledgers[i].parked =
			kring_client_parked(arena->ledger_of[i], pool->index);
		ignored += !!arena->ledgers[i].parked;
	}
	arena->ignored = ignored;
	if (!ignored)
		arena->recalled &= ~BIT(pool->index);
	return ignored;
}

static __always_inline u64 hide(rring_word_t *generation)
{
	u64 handle = rring_word_load(generation);

	rring_word_store(generation, 0);
	return handle;
}

/*
 * Store 0 as the generation of the slots in .live of @batch. Store the handles
 * that were there in @handles.
 */
static void hide_generations(struct kring_arena *arena,
			     const struct rring_batch *batch, u64 *handles)
{
	rring_word_t *generations = arena->generation;
	const u32 front = rring_slots_in_front(batch->live);
	u64 left = rring_slots_behind(batch->live);
	u32 i;

	for (i = 0; i < front; i++)
		handles[i] = hide(&generations[batch->slot[i]]);
	for (; left; left &= left - 1) {
		i = __builtin_ctzll(left);
		handles[i] = hide(&generations[batch->slot[i]]);
	}
	/*
	 * J: pairs with I in the weak upgrade. Without this pair, the upgrade
	 * could still see the old generation, while the third look (step 5)
	 * misses the upgrade's hold.
	 */
	rring_fence_full();
}

/*
 * Store the handle that follows upon *@handle in *@generation, of a slot that the
 * sweep frees, and in *@handle. @free: bits that a free slot has besides there.
 */
static __always_inline void show_next(rring_word_t *generation, u64 *handle,
				      u64 free)
{
	*handle = rring_handle_next(*handle) | free;
	rring_word_store_release(generation, *handle);
}

/*
 * Give a generation again to the slots whose generation hide_generations() has
 * replaced by 0. @slots has a bit for each such slot of @batch, and @handles has
 * the handle with its old generation. If the slot's bit in .live of @batch is
 * still set, the sweep frees the slot: the slot gets its next generation, and
 * @handles the handle of its next event. Otherwise the slot may be in use: it gets
 * its old generation again.
 */
static void show_generations(struct kring_arena *arena,
			     const struct rring_batch *batch, u64 slots,
			     u64 *handles)
{
	rring_word_t *generations = arena->generation;
	const u64 free = kring_arena_is_owned(arena) ?
			 rring_handle_of_free(0) : 0;
	const u64 freed = slots & batch->live;
	const u32 front = rring_slots_in_front(freed);
	u64 left;
	u32 i;

	for (i = 0; i < front; i++)
		show_next(&generations[batch->slot[i]], &handles[i], free);
	for (left = rring_slots_behind(freed); left; left &= left - 1) {
		i = __builtin_ctzll(left);
		show_next(&generations[batch->slot[i]], &handles[i], free);
	}
	for (left = slots & ~batch->live; left; left &= left - 1) {
		i = __builtin_ctzll(left);
		rring_word_store_release(&generations[batch->slot[i]],
					 handles[i]);
	}
}

/* Count the work of a look at the ledgers for @slots. */
static void count_look(const struct kring_arena *arena, u64 slots)
{
	const struct rring_batch *batch = &arena->batch;
	u64 loads = hweight64(slots);

	if (batch->level != RRING_BY_WORDS)
		loads += min_t(u64, batch->nr_groups, loads) + 1;
	kring_work_add(KRING_WORK_WORDS, loads * arena->nr_ledgers);
}

/* Do one collect of all ledgers for the arena's batch. */
static __always_inline void look(struct kring_arena *arena, u64 busy,
				 enum rring_look which)
{
	u64 slots = arena->batch.live;

	rring_batch_look(&arena->batch, arena->ledgers, arena->nr_ledgers, busy,
			 which);
	count_look(arena, slots);
}

/*
 * Return how many slots of the arena's batch may be hidden at a time: so many that
 * a look at them reads no more than KRING_UNPREEMPTED_WORDS words of ledgers.
 */
static u32 hidden_at_a_time(const struct kring_arena *arena)
{
	u32 readable = 0;	/* ledgers for whose words no summary stands */
	u32 i;

	for (i = 0; i < arena->nr_ledgers; i++)
		readable += arena->batch.level == RRING_BY_WORDS ||
			    !arena->ledgers[i].unused;
	return KRING_UNPREEMPTED_WORDS / max(readable, 1u);
}

/* Return the first @n of @slots, or all. */
static u64 first_of(u64 slots, u32 n)
{
	u64 rest = slots;

	if (n >= RRING_BATCH)
		return slots;
	for (; n && rest; n--)
		rest &= rest - 1;
	return slots & ~rest;
}

/*
 * Do steps 4 to 6 of the list at the top of this file for @slots of the arena's
 * batch, which have passed the steps before. The collects look for @busy, and
 * began at @began, when @ignored clients had not noticed a recall. Set .live of
 * the batch to those of @slots that are free, and their @handles to those of the
 * next events. Return 0, or an error as collect_and_free() does: then no slot is
 * free. The caller holds the arena's lock. Not inline, so that a tracer can show
 * how long preemption is off.
 */
static noinline int hide_and_decide(struct kring_pool *pool, u64 slots,
				    u64 busy, u64 began, u32 ignored,
				    u64 *handles)
{
	struct kring_arena *arena = pool->arena;
	struct rring_batch *batch = &arena->batch;
	u64 moved = batch->moved;
	int err = 0;

	batch->live = slots;
	preempt_disable();	/* upgrades wait for this */
	hide_generations(arena, batch, handles);
	look(arena, busy, RRING_LOOK_AGAIN);
	if (ktime_get_coarse_ns() - began > RRING_COLLECT_NS)
		err = -ETIME;
	else if (look_at_recalls(pool) != ignored)
		err = -EAGAIN;
	if (err) {
		batch->live = 0;
		batch->moved = moved;
	}
	show_generations(arena, batch, slots, handles);
	preempt_enable();
	return err;
}

/*
 * Do steps 4 to 6 for *@left, the slots in .live of the arena's batch, for a few at
 * a time; see hide_and_decide() for the rest. Set .live to those that are free, and
 * *@left to those for which an error of hide_and_decide() leaves it open.
 */
static int decide(struct kring_pool *pool, u64 busy, u64 began, u32 ignored,
		  u64 *handles, u64 *left)
{
	struct rring_batch *batch = &pool->arena->batch;
	u32 few = hidden_at_a_time(pool->arena);
	u64 free = 0;
	int err = 0;

	while (*left && !err) {
		u64 slots = first_of(*left, few);

		err = hide_and_decide(pool, slots, busy, began, ignored,
				      handles);
		if (!err)
			*left &= ~slots;
		free |= batch->live;
	}
	batch->live = free;
	return err;
}

/*
 * Do steps 1 to 6 of the list at the top of this file for the arena's batch, at
 * its level; steps 4 to 6 for a few slots at a time. Add to *@freed how many slots
 * were freed; some of them may be lent for @refill. Set .moved of the batch to the
 * slots that need another round. If the looks at the ledgers prove nothing from
 * some slot on, set *@left to these slots and those of .moved, and return one of
 * these errors. The caller holds the arena's lock.
 *
 *	-EAGAIN: a client has noticed a recall meanwhile, and may now use a slot
 *		whose word counted as parked, and so as unused
 *	-ETIME: the looks took so long that the moves of a word may have wrapped
 *		to their first value
 */
static int collect_and_free(struct kring_pool *pool, enum kring_depth depth,
			    struct kring_refill *refill, u32 *freed, u64 *left)
{
	struct kring_arena *arena = pool->arena;
	struct rring_batch *batch = &arena->batch;
	u64 busy = RRING_HOLDS_MASK;
	u64 began = ktime_get_coarse_ns();
	u32 ignored = look_at_recalls(pool);
	u64 handles[RRING_BATCH];
	int err = 0;

	batch->moved = 0;
	if (depth == KRING_SWEEP_LEDGERS)
		busy |= RRING_IN_FLIGHT_MASK;
	look(arena, busy, RRING_LOOK_FIRST);
	if (batch->live && depth == KRING_SWEEP_WINDOWS) {
		mark_windows(pool);
		skip_named(pool, batch);
		look(arena, busy, RRING_LOOK_AGAIN);
	}
	*left = batch->live;
	if (*left) {
		err = decide(pool, busy, began, ignored, handles, left);
		*freed += kring_pool_free_batch(pool, handles, refill);
	}
	*left |= batch->moved;
	return err;
}

/*
 * Do one round of free_batch(), for the slots in .live of the arena's batch.
 * Return how many slots were freed. If collect_and_free() fails, call it again for
 * the slots that are left. Each -EAGAIN means that a client has noticed a recall,
 * and no new recall comes while the lock is held: so each client causes at most one
 * repetition. After a second -ETIME, free no more slots. The caller holds the
 * arena's lock.
 */
static u32 free_round(struct kring_pool *pool, enum kring_depth depth,
		      struct kring_refill *refill)
{
	struct rring_batch *batch = &pool->arena->batch;
	u64 left = batch->live;
	bool was_late = false;
	u32 freed = 0;
	bool again;
	int err;

	do {
		batch->live = left;
		err = collect_and_free(pool, depth, refill, &freed, &left);
		again = err == -EAGAIN || (err == -ETIME && !was_late);
		was_late |= err == -ETIME;
	} while (again);
	if (err)
		batch->moved = 0;
	return freed;
}

/*
 * Return which summaries the first round of a batch of @pool may rely on. Those
 * of clients do not count slots of XXL.
 */
static enum rring_level first_level(const struct kring_pool *pool)
{
	return pool->index == RRING_XXL ? RRING_BY_WORDS : RRING_BY_USED;
}

/*
 * Return at which level the round that follows upon one at @level decides. A
 * round of a deep sweep reads the windows of all rings, so the second one is the
 * last. It is the last, too, if the ledgers are few. The caller holds the arena's
 * lock.
 */
static enum rring_level next_level(const struct kring_arena *arena,
				   enum rring_level level,
				   enum kring_depth depth)
{
	return depth == KRING_SWEEP_WINDOWS ||
	       arena->nr_ledgers <= RRING_FEW_LEDGERS ? RRING_BY_WORDS :
							level + 1;
}

/*
 * Free the slots of the arena's batch that no location names, by steps 1 to 6
 * of the list at the top of this file. If @refill is not NULL, lend them for it,
 * as far as it wants them. Return how many slots were freed. A
 * client that goes to sleep after this sweep relies on the sweep to free each
 * slot that can be freed. So if a summary has moved, another round decides about
 * its slots. A round at RRING_BY_WORDS relies on no summary: so a client whose
 * summary moves without end causes two more rounds. The caller holds the arena's
 * lock.
 */
static u32 free_batch(struct kring_pool *pool, enum kring_depth depth,
		      struct kring_refill *refill)
{
	struct rring_batch *batch = &pool->arena->batch;
	u32 freed;

	batch->level = first_level(pool);
	freed = free_round(pool, depth, refill);
	while (batch->moved) {
		batch->live = batch->moved;
		batch->level = next_level(pool->arena, batch->level, depth);
		freed += free_round(pool, depth, refill);
	}
	return freed;
}

/*
 * Sweep @pool, beginning at the slot where the last call stopped, until @want
 * slots are freed or all slots below .high_water have been swept. If @refill is
 * not NULL, lend the slots that are freed, as far as it wants them. Return how
 * many slots were freed. If @looked is not NULL, set *@looked to the number of
 * slots whose ledger words were read. Stop early if the process is being
 * killed. Take the arena's lock for each batch. May sleep.
 *
 * If two tasks call this function at the same time, each of them sweeps all
 * slots. They do not divide the slots. Otherwise one sweep could miss a slot
 * that it can free, because the slot is in the part of the other sweep: the
 * other sweep may be shallow, or may stop early because it wants fewer slots.
 */
static u32 sweep_pool(struct kring_pool *pool, u32 want, enum kring_depth depth,
		      u32 *looked, struct kring_refill *refill)
{
	struct kring_arena *arena = pool->arena;
	u32 seen = 0;
	u32 freed = 0;
	u32 taken = 0;
	u32 from, end;

	if (mutex_lock_killable(&arena->lock)) {
		if (looked)
			*looked = 0;
		return 0;
	}
	if (depth == KRING_SWEEP_WINDOWS)
		mark_windows(pool);
	from = pool->hint;
	end = pool->high_water;
	mutex_unlock(&arena->lock);
	while (freed < want && seen < end) {
		struct kring_xxl *retired;
		u32 next;

		if (mutex_lock_killable(&arena->lock))
			break;
		settle_adopted(arena);
		taken += gather(pool, from, end, depth, &next);
		freed += free_batch(pool, depth, refill);
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

/* Do sweep_pool() for no refill. */
u32 kring_sweep(struct kring_pool *pool, u32 want, enum kring_depth depth,
		u32 *looked)
{
	return sweep_pool(pool, want, depth, looked, NULL);
}

/* Do a shallow sweep_pool(). */
u32 kring_sweep_shallow(struct kring_pool *pool, u32 want, u32 *looked,
			struct kring_refill *refill)
{
	return sweep_pool(pool, want, KRING_SWEEP_LEDGERS, looked, refill);
}

/*
 * Do a shallow sweep of the recent drops of @pool, the slots in the lists in
 * which clients enter what they no longer use. Stop when @want slots are freed
 * or all lists are read. If @refill is not NULL, lend the slots that are freed, as
 * far as it wants them. Return how many slots were freed. A hostile client
 * can add entries for ever. So also stop when as many entries were read as the
 * pool has slots, or if the process is being killed. Take the arena's lock for
 * each batch. May sleep.
 */
u32 kring_sweep_recent(struct kring_pool *pool, u32 want,
		       struct kring_refill *refill)
{
	u32 freed = 0;
	u32 taken = 0;
	u32 n;

	do {
		if (mutex_lock_killable(&pool->arena->lock))
			break;
		n = gather_recent(pool);
		taken += n;
		if (n)
			freed += free_batch(pool, KRING_SWEEP_LEDGERS, refill);
		mutex_unlock(&pool->arena->lock);
		cond_resched();
	} while (n == RRING_BATCH && freed < want && taken < pool->capacity &&
		 !fatal_signal_pending(current));
	if (taken)
		trace_reclaim(pool, false, want, taken, freed);
	return freed;
}

/*
 * Free slots that only the oldest entries of rings name, because @client needs
 * slots. kring_rings_give_way() takes entries that no gating reader needs out
 * of their ring's window, so observers and later readers lose these entries.
 * Sweep the slots that the entries name. Repeat this until @want slots are
 * freed or no such entry is left. Return how many slots were freed. If @own is
 * true, take only entries of rings that @client writes. A hostile writer can
 * add, for ever, entries that name slots in use. So also stop when the entries
 * have named .max_rings times the capacity of @pool. Stop early if the calling
 * process is being killed. Take the arena's lock for each batch. May sleep.
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

		if (mutex_lock_killable(&arena->lock))
			break;
		n = kring_rings_give_way(pool, client, own, arena->batch.slot,
					 min_t(u32, want, RRING_BATCH));
		named += n;
		filter_batch(pool, n);
		freed += free_batch(pool, KRING_SWEEP_WINDOWS, NULL);
		retired = kring_xxl_retired(pool);
		mutex_unlock(&arena->lock);
		kring_xxl_discard(pool, retired);
		cond_resched();
	} while (n && freed < want && named < most &&
		 !fatal_signal_pending(current));
	/*
	 * wake clients that sleep until slots of their quota are freed: entries
	 * that name slots of other pools gave way, too
	 */
	if (named)
		kring_arena_wake_pools(arena, ~0u);
	return freed;
}

/*
 * Sweep one batch of the slots @from to @end - 1. The first sweep is shallow.
 * If it does not free all slots of the batch, do a deep sweep of the slots that
 * are left. Set *@next to the slot at which the next batch begins. Return how
 * many slots were freed. The caller holds the arena's lock.
 */
static u32 sweep_batch(struct kring_pool *pool, u32 from, u32 end, u32 *next)
{
	u32 taken = gather(pool, from, end, KRING_SWEEP_LEDGERS, next);
	u32 freed = free_batch(pool, KRING_SWEEP_LEDGERS, NULL);
	u32 same;

	if (freed == taken)
		return freed;
	gather(pool, from, *next, KRING_SWEEP_LEDGERS, &same);
	return freed + free_batch(pool, KRING_SWEEP_WINDOWS, NULL);
}

/*
 * Sweep the next batch of the slots *@from to @end - 1: see sweep_batch(). Set
 * *@from to the slot at which the batch after it begins. Return how many slots
 * were freed. Set *@retired to the regions that the caller frees by
 * kring_xxl_discard() when it has released the arena's lock, which it holds.
 */
static u32 sweep_next_batch(struct kring_pool *pool, u32 *from, u32 end,
			    struct kring_xxl **retired)
{
	u32 freed;

	settle_adopted(pool->arena);
	freed = sweep_batch(pool, *from, end, from);
	*retired = kring_xxl_retired(pool);
	return freed;
}

/*
 * Sweep the slots @from to @end - 1 of @pool: shallow, then deep. Return how
 * many slots were freed. Do not stop when the process is being killed, because
 * kring_client_die() calls this function for such a process. Take the arena's
 * lock for each batch. May sleep.
 */
u32 kring_sweep_range(struct kring_pool *pool, u32 from, u32 end)
{
	struct kring_arena *arena = pool->arena;
	struct kring_xxl *retired;
	u32 freed = 0;

	while (from < end) {
		/* not killable: a death frees the dead client's XXL regions */
		mutex_lock(&arena->lock);
		freed += sweep_next_batch(pool, &from, end, &retired);
		mutex_unlock(&arena->lock);
		kring_xxl_discard(pool, retired);
		cond_resched();
	}
	return freed;
}

/*
 * Sweep like kring_sweep_range(), but stop before the next batch of slots if
 * the process is being killed, also while this function waits for the arena's
 * lock. One batch can take long, because a sweep may have to read the windows
 * of all rings for the batch.
 */
u32 kring_sweep_range_killable(struct kring_pool *pool, u32 from, u32 end)
{
	struct kring_arena *arena = pool->arena;
	struct kring_xxl *retired;
	u32 freed = 0;

	while (from < end && !fatal_signal_pending(current)) {
		if (mutex_lock_killable(&arena->lock))
			break;
		freed += sweep_next_batch(pool, &from, end, &retired);
		mutex_unlock(&arena->lock);
		kring_xxl_discard(pool, retired);
		cond_resched();
	}
	return freed;
}

/*
 * Return .high_water of @pool, or 0 if the process is being killed. Takes the
 * arena's lock.
 */
static u32 high_water(struct kring_pool *pool)
{
	u32 slots;

	if (mutex_lock_killable(&pool->arena->lock))
		return 0;
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

	kring_work_add(KRING_WORK_WORDS,
		       (u64)(end - from) * pool->arena->nr_ledgers);
	for (; from < end; from++)
		n += is_held(pool->arena, pool->base + from);
	return n;
}

/*
 * Return how many slots of @pool at least one client holds. The number is not
 * exact, because clients change their ledgers meanwhile. If the process is
 * being killed, stop counting, and return too low a number. Take the arena's
 * lock for each batch. May sleep.
 */
u32 kring_sweep_held(struct kring_pool *pool)
{
	struct kring_arena *arena = pool->arena;
	u32 end = high_water(pool);
	u32 held = 0;
	u32 from;

	for (from = 0; from < end; from += RRING_BATCH) {
		if (mutex_lock_killable(&arena->lock))
			break;
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

	kring_work_add(KRING_WORK_SLOTS, end - from);
	for (slot = find_next_bit(pool->out, end, from); slot < end;
	     slot = find_next_bit(pool->out, end, slot + 1))
		if (adopted[slot] || test_bit(slot, pool->named))
			n++;
	return n;
}

/*
 * Return how many slots of @pool a ring's window or an adopted entry names. The
 * number is not exact, because rings move meanwhile. Set .named of @pool to the
 * slots that windows name: see mark_windows(). If the process is being killed,
 * stop counting, and return too low a number. Take the arena's lock several
 * times. May sleep.
 */
u32 kring_sweep_in_flight(struct kring_pool *pool)
{
	struct kring_arena *arena = pool->arena;
	u32 end = high_water(pool);
	u32 n = 0;
	u32 from;

	for (from = 0; from < end; from += CHUNK) {
		if (mutex_lock_killable(&arena->lock))
			break;
		if (!from) {
			settle_adopted(arena);
			mark_windows(pool);
		}
		n += count_in_flight(pool, from, min(end, from + CHUNK));
		mutex_unlock(&arena->lock);
		cond_resched();
		if (fatal_signal_pending(current))
			break;
	}
	return n;
}
