// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Pools: the free set, which sweeps fill, and who has the slots that are out.
 *
 * A slot is either free, or it is out. For a slot that is out, the
 * lease says to which client the kernel lent it, and at which position of that
 * client's magazine. The slot is in the magazine until the client's tail passes
 * that position.
 *
 * Refills lend slots: see refill.c. A refill lends the slots that its own sweep has
 * freed, before the others get into the free set.
 *
 * The free set is the stack free[], at first with slot 0 on top. Slots that
 * never were out lie below all others. So slots go out for the first time in the
 * order of their index. All slots that ever were out have an index below
 * .high_water, and a sweep looks only at these.
 *
 * In an owned arena the free slots are in groups instead, and a client gets only
 * slots of its own groups and of groups that nobody owns: see groups.c.
 */
#include "compat.h"

#include <rusted_ring/internal/handle.h>

#include "arena.h"
#include "barrier.h"
#include "client.h"
#include "groups.h"
#include "ledger.h"
#include "pool.h"
#include "reclaim.h"
#include "refill.h"
#include "trace.h"
#include "xxl.h"

int kring_pool_init(struct kring_pool *pool, struct kring_arena *arena,
		    u32 index)
{
	struct kring_tables *tables = &arena->tables;
	int err = 0;
	u32 i;

	pool->arena = arena;
	pool->index = index;
	pool->info = &arena->info->pool[index];
	pool->capacity = pool->info->capacity;
	pool->base = pool->info->slot_base;
	kring_evcount_init(&pool->evcount, arena);
	INIT_LIST_HEAD(&pool->remnants.list);
	if (!pool->capacity)
		return 0;
	pool->lease = kring_tables_alloc(tables, pool->capacity,
					 sizeof(*pool->lease), &err);
	pool->out = kring_tables_alloc(tables, BITS_TO_LONGS(pool->capacity),
				       sizeof(long), &err);
	pool->named = kring_tables_alloc(tables, BITS_TO_LONGS(pool->capacity),
					 sizeof(long), &err);
	if (index == RRING_XXL)
		pool->xxl = kring_tables_alloc(tables, pool->capacity,
					       sizeof(*pool->xxl), &err);
	if (err)
		return err;
	pool->nr_free = pool->capacity;
	if (index == RRING_XXL)
		pool->xxl_word = arena->region.addr + arena->info->xxl_offset;
	else if (kring_arena_is_owned(arena))
		return kring_groups_init(pool);
	pool->free = kring_tables_alloc(tables, pool->capacity,
					sizeof(*pool->free), &err);
	if (err)
		return err;
	for (i = 0; i < pool->capacity; i++)
		pool->free[i] = pool->capacity - 1 - i;
	return 0;
}

void kring_pool_destroy(struct kring_pool *pool)
{
	kring_xxl_destroy(pool);
	kring_groups_destroy(pool);
	kvfree(pool->named);
	kvfree(pool->out);
	kvfree(pool->lease);
	kvfree(pool->free);
}

/*
 * Return how many slots of @pool the kernel may charge to @client, at least 1.
 * If @client is NULL, return this number for a client that has no quota of its
 * own. The caller holds the arena's lock.
 */
u32 kring_pool_quota(const struct kring_pool *pool,
		     const struct kring_client *client)
{
	u32 percent = pool->arena->quota;

	if (client && client->quota)
		percent = client->quota;
	return max_t(u64, 1, (u64)pool->capacity * percent / 100);
}

u32 kring_pool_quota_left(struct kring_pool *pool, struct kring_client *client)
{
	u32 charged = client->charged[pool->index];
	u32 quota = kring_pool_quota(pool, client);

	if (pool->groups)
		return kring_groups_quota_left(pool,
					       &client->owner[pool->index],
					       quota);
	return charged < quota ? quota - charged : 0;
}

/*
 * Return how many slots of @pool count towards the quota of @client: those that
 * were lent to it and not freed since, or, if the pool has groups, all slots of
 * its groups in use. The caller holds the arena's lock.
 */
u32 kring_pool_charged(const struct kring_pool *pool,
		       const struct kring_client *client)
{
	if (pool->groups)
		return client->owner[pool->index].nr_used *
		       pool->groups->slots;
	return client->charged[pool->index];
}

/*
 * Raise .sweep_limit of @pool by an eighth or by .batch of .info, whichever is
 * more, and at least to @least, but never above the capacity. The caller holds
 * the arena's lock.
 */
static void raise_sweep_limit(struct kring_pool *pool, u32 least)
{
	u32 more = max(pool->info->batch, pool->sweep_limit / 8);

	least = max(least, pool->sweep_limit + more);
	pool->sweep_limit = min(pool->capacity, least);
}

/*
 * Raise .sweep_limit if the sweeps of refills free few slots.
 * kring_pool_sweep() calls this function after each sweep of the pool. Do
 * nothing until these sweeps have looked at as many slots as are out (not in
 * the free set). Then raise .sweep_limit if the sweeps have freed less than a
 * quarter of the slots that they looked at, and count from 0 again. In that
 * case less than a quarter of the slots that are out could be freed.
 * raise_sweep_limit() lets an eighth more slots get out, or a batch. So the
 * slots that are out and not in use are at most half as many as the slots in
 * use, plus a batch. The caller holds the arena's lock.
 */
static void adjust_sweep_limit(struct kring_pool *pool)
{
	if (pool->swept < kring_pool_nr_out(pool))
		return;
	if ((u64)pool->swept_free * 4 < pool->swept)
		raise_sweep_limit(pool, 0);
	pool->swept = 0;
	pool->swept_free = 0;
}

/*
 * Return how many free slots of @pool @client can get, the kernel if @client is
 * NULL. The caller holds the arena's lock.
 */
u32 kring_pool_nr_free_for(const struct kring_pool *pool,
			   struct kring_client *client)
{
	if (pool->groups)
		return kring_groups_lendable(pool,
					     kring_groups_owner(pool, client));
	return pool->nr_free;
}

/*
 * Store @lease as the lease of @slot, which the caller has taken out of the free
 * set. Return the handle of the slot's next event. If the arena is @owned,
 * clients accept this handle from now on. The caller holds the arena's lock.
 */
static inline u64 lease_slot(struct kring_pool *pool, u32 slot,
			     struct kring_lease lease, bool owned)
{
	rring_word_t *generation = &pool->arena->generation[pool->base + slot];
	u64 handle = rring_word_load(generation);

	pool->lease[slot] = lease;
	__set_bit(slot, pool->out);
	if (owned) {
		handle = rring_handle_of_next(handle, pool->index);
		rring_word_store_release(generation, handle);
	}
	return handle;
}

/*
 * Put @n free slots of @pool into the magazine of @client, at positions from @head
 * on, and charge them to @client. @n is not above kring_pool_nr_free_for(). The
 * caller holds the arena's lock.
 */
void kring_pool_lend(struct kring_pool *pool, struct kring_client *client,
		     u64 head, u32 n)
{
	struct rring_magazine *magazine =
		kring_client_magazine(client, pool->index);
	struct kring_owner *owner = kring_groups_owner(pool, client);
	struct kring_lease lease = {
		.serial = client->serial,
		.client = client->id,
		.position = head,
	};
	bool owned = kring_arena_is_owned(pool->arena);
	u32 nr_free = pool->nr_free;
	u32 i;

	for (i = 0; i < n; i++, lease.position++) {
		u32 slot = owner ? kring_groups_take(pool, owner) :
				   pool->free[--nr_free];

		WRITE_ONCE(magazine->handle[lease.position %
					    RRING_MAGAZINE_SLOTS],
			   lease_slot(pool, slot, lease, owned));
	}
	if (!owner)
		pool->nr_free = nr_free;
	client->charged[pool->index] += n;
}

/*
 * Account for @n slots that the caller has just taken out of the free set, or
 * that a sweep has freed and that never got there. If more slots are out now than
 * .sweep_limit, raise .sweep_limit. The caller holds the arena's lock.
 */
void kring_pool_account_lent(struct kring_pool *pool, u32 n)
{
	if (kring_pool_nr_out(pool) > pool->sweep_limit)
		raise_sweep_limit(pool, kring_pool_nr_out(pool));
	/* higher in a pool with groups: see kring_groups_take() */
	pool->high_water = max(pool->high_water, kring_pool_nr_out(pool));
	pool->lent_since_sweep += n;
	pool->info->lent += n;
}

/*
 * Return the client to which @lease says that the kernel has lent a slot. Return
 * NULL if this client has gone, or if the kernel itself took the slot. The caller
 * holds the arena's lock.
 */
static inline struct kring_client *lent_to(const struct kring_arena *arena,
					   const struct kring_lease *lease)
{
	struct kring_client *client = arena->clients[lease->client];

	return client && client->serial == lease->serial ? client : NULL;
}

/*
 * Set @lent to the present state of the magazine to which @lease belongs. If
 * the client of @lease has gone, set @lent to an empty magazine. The caller
 * holds the arena's lock.
 */
void kring_pool_look_at_magazine(const struct kring_pool *pool,
				 const struct kring_lease *lease,
				 struct kring_lent *lent)
{
	struct kring_client *client = lent_to(pool->arena, lease);

	*lent = (struct kring_lent) { .serial = lease->serial };
	if (!client)
		return;
	lent->n = kring_client_lent(client, pool->index);
	lent->tail = client->tail[pool->index];
}

/*
 * Charge the slot of @lease, which a sweep has freed, to @client, instead of the
 * client to which the kernel lent it last. Return false, and do nothing, if @client
 * is charged for @quota slots already. The caller holds the arena's lock.
 */
bool kring_pool_charge_instead(struct kring_pool *pool,
			       struct kring_lease *lease,
			       struct kring_client *client, u32 quota)
{
	struct kring_client *before = lent_to(pool->arena, lease);

	if (client->charged[pool->index] >= quota)
		return false;
	if (before)
		before->charged[pool->index]--;
	client->charged[pool->index]++;
	lease->serial = client->serial;
	lease->client = client->id;
	return true;
}

/*
 * Put the slots in @left, of the arena's batch, back into the free set of @pool.
 * The clients to which the kernel lent them are no longer charged for them. If they
 * are of XXL, their regions are idle then, or are on the pool's list of regions to
 * be freed. The last slot of the batch goes first onto the stack of free slots. So
 * slots are lent in the order in which they are in the batch, and a stream goes
 * through memory upwards. The caller holds the arena's lock.
 */
static void free_slots(struct kring_pool *pool, u64 left)
{
	const struct rring_batch *batch = &pool->arena->batch;
	struct kring_client *client = NULL;
	u32 serial = 0;		/* of @client */
	u32 nr_free = pool->nr_free;

	while (left) {
		u32 i = 63 - __builtin_clzll(left);
		u32 slot = batch->slot[i] - pool->base;

		left &= ~BIT_ULL(i);
		if (pool->lease[slot].serial != serial) {
			serial = pool->lease[slot].serial;
			client = lent_to(pool->arena, &pool->lease[slot]);
		}
		if (client)
			client->charged[pool->index]--;
		if (pool->index == RRING_XXL)
			kring_xxl_retire(pool, slot, client);
		__clear_bit(slot, pool->out);
		if (pool->groups)
			kring_groups_give(pool, slot);
		else
			pool->free[nr_free++] = slot;
	}
	if (!pool->groups)
		pool->nr_free = nr_free;
}

/*
 * Free the slots in .live of the arena's batch, which no location (magazine,
 * ledger or window) names. First lend them for @refill, if it is not NULL: see
 * kring_refill_lend_swept(). Put the others back into the free set. Return how many
 * slots were freed. The caller holds the arena's lock.
 */
u32 kring_pool_free_batch(struct kring_pool *pool, const u64 *handles,
			  struct kring_refill *refill)
{
	u64 swept = pool->arena->batch.live;
	u64 left = swept;
	u32 n = hweight64(swept);

	if (refill && pool->nr_free + n >= pool->info->batch)
		pool->dry = false;
	if (refill && n && !kring_client_is_gone(refill->client))
		left = kring_refill_lend_swept(refill, handles);
	free_slots(pool, left);
	pool->info->reclaimed += n;
	/* a refill that got less looks at the free set, too: refill_lend() */
	if (left != swept && refill->lent == refill->want)
		trace_refill(pool, refill->client, refill->want, refill->lent);
	return n;
}

/*
 * Take up to @want free slots for @kernel, client 0, which has no magazine and no
 * quota. Store their handles in @handles, and add a hold for each slot in the
 * kernel's ledger. Return how many slots were taken. Return 0 if
 * no slot is free, or if @swept is false and the caller must sweep first: see
 * kring_pool_needs_sweep(). The caller holds the arena's lock.
 */
u32 kring_pool_take(struct kring_pool *pool, struct kring_client *kernel,
		    u64 *handles, u32 want, bool swept)
{
	struct kring_owner *owner = kring_groups_owner(pool, NULL);
	struct kring_lease lease = { .client = 0 };
	u32 n = kring_pool_nr_free_for(pool, NULL);
	u32 i;

	if (!n || (!swept && kring_pool_needs_sweep(pool, n, want)))
		return 0;
	n = min(n, want);
	for (i = 0; i < n; i++) {
		u32 slot = owner ? kring_groups_take(pool, owner) :
				   pool->free[--pool->nr_free];

		handles[i] = lease_slot(pool, slot, lease,
					kring_arena_is_owned(pool->arena));
		kring_ledger_hold(kernel, pool->base + slot);
	}
	kring_pool_account_lent(pool, n);
	pool->info->refills++;
	return n;
}

/*
 * Return true if a refill of @client can do without a sweep of the pool. The
 * caller has just swept the recent drops, and @lent of the @want slots were lent
 * at once: here they count as free. The result is true if kring_pool_needs_sweep()
 * returns false; groups that can be claimed from others count here. The result is
 * also true if some slots are free, but fewer than @want, and less than a quarter of
 * the pool was lent since the last sweep of the pool. Then nearly all slots of the
 * pool may be held, and a sweep would look at all of them and free few. Thus a
 * sweep looks at no more than four slots for each slot lent. If the result is
 * false, the caller sweeps the pool, so set .lent_since_sweep to 0. The result is
 * true if the process is being killed. Takes the arena's lock.
 */
static bool can_skip_pool_sweep(struct kring_pool *pool,
				struct kring_client *client, u32 want, u32 lent)
{
	u32 more = want - lent;
	bool enough;
	u32 n;

	if (mutex_lock_killable(&pool->arena->lock))
		return true;
	n = pool->groups ?
	    kring_groups_reachable(pool, kring_groups_owner(pool, client)) :
	    pool->nr_free;
	enough = !kring_pool_needs_sweep(pool, n, more) ||
		 (n + lent && n < more &&
		  pool->lent_since_sweep < pool->capacity / 4);
	if (!enough)
		pool->lent_since_sweep = 0;
	mutex_unlock(&pool->arena->lock);
	return enough;
}

/*
 * Do a shallow sweep, which does not read the windows of rings, for a refill
 * of @want slots for @client, or for the kernel if @client is NULL. First
 * sweep the recent drops. Then sweep the pool, unless can_skip_pool_sweep()
 * returns true. If @refill is not NULL, lend the slots that are freed, as far as
 * @refill wants them. Return how many slots were freed. Takes the arena's lock. May
 * sleep.
 */
u32 kring_pool_sweep(struct kring_pool *pool, struct kring_client *client,
		     u32 want, struct kring_refill *refill)
{
	u32 freed = kring_sweep_recent(pool, want, refill);
	u32 lent = refill ? refill->lent : 0;
	u32 looked, found;

	if ((lent && lent == want) ||
	    can_skip_pool_sweep(pool, client, want, lent))
		return freed;
	found = kring_sweep_shallow(pool, want, &looked, refill);
	if (mutex_lock_killable(&pool->arena->lock))
		return freed + found;
	pool->swept += looked;
	pool->swept_free += found;
	adjust_sweep_limit(pool);
	mutex_unlock(&pool->arena->lock);
	return freed + found;
}

/*
 * Recall the magazines and the parked slots (dropped, but kept for the next
 * allocation) of all clients except @except. Recall those of all clients if
 * @except is NULL. Then a sweep can free these slots. Do nothing for XXL,
 * because a client takes an XXL slot as soon as the kernel has lent the slot.
 * Do nothing if the process is being killed. Takes the arena's lock.
 */
void kring_pool_recall(struct kring_pool *pool,
		       const struct kring_client *except)
{
	struct kring_arena *arena = pool->arena;
	bool any = false;
	u32 i;

	if (pool->index == RRING_XXL)
		return;
	if (mutex_lock_killable(&arena->lock))
		return;
	kring_work_add(KRING_WORK_CLIENTS, 2 * arena->last_client);
	for (i = 1; i <= arena->last_client; i++)
		if (arena->clients[i] && arena->clients[i] != except)
			any |= kring_client_recall(arena->clients[i], pool);
	if (any) {
		/*
		 * Barrier K, for the library's pop and unpark. Without this
		 * barrier, a client could take a slot before the client sees
		 * the floor, and the sweep could miss the client's hold.
		 */
		kring_barrier(arena);
		for (i = 1; i <= arena->last_client; i++)
			if (arena->clients[i])
				kring_client_spare(arena->clients[i], pool);
		arena->info->recalls++;
	}
	mutex_unlock(&arena->lock);
}

/*
 * Free all slots of @pool that are in no ledger and no window, also those that
 * clients have parked, or not yet taken from their magazines. Takes the arena's
 * lock. May sleep.
 */
void kring_pool_sweep_all(struct kring_pool *pool)
{
	kring_sweep(pool, pool->capacity, KRING_SWEEP_LEDGERS, NULL);
	kring_pool_recall(pool, NULL);
	kring_sweep(pool, pool->capacity, KRING_SWEEP_WINDOWS, NULL);
}

/*
 * Run POOL_STAT: fill @stat for pool stat->pool. If stat->flags has
 * RRING_STAT_SWEEP, sweep the pool first. Return 0, or an error of
 * kring_client_lock(). The fields are not of one instant, because this function
 * counts .held and .in_flight before it fills the other fields. Takes the
 * arena's lock several times. May sleep.
 */
int kring_pool_count(struct kring_client *client, struct rring_pool_stat *stat)
{
	struct kring_pool *pool = &client->arena->pool[stat->pool];
	u32 i;
	int err;

	if (stat->flags & RRING_STAT_SWEEP) {
		kring_sweep(pool, pool->capacity, KRING_SWEEP_LEDGERS, NULL);
		kring_sweep(pool, pool->capacity, KRING_SWEEP_WINDOWS, NULL);
	}
	stat->held = kring_sweep_held(pool);
	stat->in_flight = kring_sweep_in_flight(pool);
	err = kring_client_lock(client);
	if (err)
		return err;
	stat->capacity = pool->capacity;
	stat->free = pool->nr_free;
	stat->charged = kring_pool_charged(pool, client);
	stat->high_water = pool->high_water;
	stat->failures = pool->info->failures;
	stat->lent = 0;
	kring_work_add(KRING_WORK_CLIENTS, client->arena->info->max_clients);
	for (i = 1; i <= client->arena->info->max_clients; i++) {
		struct kring_client *other = client->arena->clients[i];

		if (other)
			stat->lent += kring_client_lent(other, pool->index);
	}
	kring_client_unlock(client);
	return 0;
}
