// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Pools: the free set, which sweeps fill, and how the kernel lends slots from
 * the free set into magazines.
 *
 * A slot is either free, or it is out. For a slot that is out, the
 * lease says to which client the kernel lent it, and at which position of that
 * client's magazine. The slot is in the magazine until the client's tail passes
 * that position.
 *
 * A refill lends the slots that its own sweep has freed, before the others get into
 * the free set.
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
#include "holders.h"
#include "idle.h"
#include "ledger.h"
#include "pool.h"
#include "rate.h"
#include "reclaim.h"
#include "trace.h"
#include "xxl.h"

/* An XXL slot is free, but the caller must first allocate its pages. */
#define NEEDS_PAGES	(-ENODATA)

#define SWEEPS_MAX	64	/* most rounds in lend_with_sweeps() */

/* time between two tries of a refill to allocate a region above max_bytes */
#define MEMORY_RETRY_NS	100000000ull

/* A call of kring_pool_refill(). */
struct kring_refill {
	struct kring_client *client;
	struct kring_pool *pool;
	u32 want;			/* slots asked for */
	u32 lent;			/* slots lent by this refill, not more
					 * than .want
					 */
	u32 found;			/* slots that the last sweep_and_lend()
					 * freed
					 */
	bool over_quota;		/* refill_lend() found that the client
					 * lacks quota, not free slots
					 */
	u64 deadline;			/* ktime in ns: then the refill fails */
	u64 recall_at;			/* ktime in ns: a recall that was left
					 * out is due; 0: there was none
					 */
	u64 bytes;			/* size of an XXL event; otherwise 0 */
	struct kring_xxl *xxl;		/* a region that no slot has now, for
					 * the XXL event; otherwise NULL
					 */
};

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

static inline u32 quota_left(struct kring_pool *pool, struct kring_client *client)
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

static u32 nr_out(const struct kring_pool *pool)
{
	return pool->capacity - pool->nr_free;
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
	if (pool->swept < nr_out(pool))
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
static inline u32 nr_free_for(const struct kring_pool *pool,
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
 * Account for @n slots that the caller has just taken out of the free set, or
 * that a sweep has freed and that never got there. If more slots are out now than
 * .sweep_limit, raise .sweep_limit. The caller holds the arena's lock.
 */
static void account_lent(struct kring_pool *pool, u32 n)
{
	if (nr_out(pool) > pool->sweep_limit)
		raise_sweep_limit(pool, nr_out(pool));
	/* higher in a pool with groups: see kring_groups_take() */
	pool->high_water = max(pool->high_water, nr_out(pool));
	pool->lent_since_sweep += n;
	pool->info->lent += n;
}

/*
 * Return how many slots @refill still wants and its client's magazine has room
 * for. The caller holds the arena's lock.
 */
static u32 wanted(const struct kring_refill *refill)
{
	u32 lent = kring_client_lent(refill->client, refill->pool->index);

	return min(refill->want - refill->lent, RRING_MAGAZINE_SLOTS - lent);
}

/*
 * Return how many slots the kernel can lend for @refill now: what it still wants,
 * or fewer if the client's quota, its magazine or the free set does not allow
 * that. The caller holds the arena's lock.
 */
static u32 lendable(const struct kring_refill *refill)
{
	u32 n = min(wanted(refill), quota_left(refill->pool, refill->client));

	return min(n, nr_free_for(refill->pool, refill->client));
}

/*
 * Show the client of @refill the @n slots that the caller has put into its
 * magazine, from position @head on. @untouched: what
 * kring_client_has_untouched_refill() has returned before. The caller holds the
 * arena's lock.
 */
static void show_lent(struct kring_refill *refill, u64 head, u32 n,
		      bool untouched)
{
	struct kring_pool *pool = refill->pool;
	struct kring_client *client = refill->client;

	if (!refill->lent) {
		pool->info->refills++;
		client->refills++;
	}
	refill->lent += n;
	account_lent(pool, n);
	if (!untouched)
		client->refilled[pool->index] = head;
	/*
	 * O: pairs with P in the library's pop. Without this pair, the client
	 * could see the new head, but not the handles below the new head.
	 */
	rring_seq_store_release(&kring_client_magazine(client,
						       pool->index)->head,
				head + n);
}

/*
 * Lend @n free slots for @refill. The caller got @n from lendable(), and @n is not
 * 0. The caller holds the arena's lock.
 */
static void lend(struct kring_refill *refill, u32 n)
{
	struct kring_pool *pool = refill->pool;
	struct kring_client *client = refill->client;
	struct rring_magazine *magazine =
		kring_client_magazine(client, pool->index);
	bool untouched = kring_client_has_untouched_refill(client,
							   pool->index);
	struct kring_owner *owner = kring_groups_owner(pool, client);
	u64 head = rring_seq_load(&magazine->head);
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
	show_lent(refill, head, n, untouched);
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
static bool charge_instead(struct kring_pool *pool, struct kring_lease *lease,
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
 * Put slots of the arena's batch into the magazine of @client, at positions from
 * *@position to @end - 1: those in *@left, in the order of the batch, up to the first
 * one that was not lent to @client last. @handles are the handles of their next
 * events, by index in the batch. Return the lease of that one, or NULL if there is
 * none. Take the others out of *@left, and raise *@position. This function is not
 * inlined, so that its loop has registers for all that it needs.
 */
static noinline struct kring_lease *
lend_own(struct kring_pool *pool, struct kring_client *client, u64 *left,
	 u64 *position, u64 end, const u64 *handles)
{
	__u64 *magazine = kring_client_magazine(client, pool->index)->handle;
	const u32 *slots = pool->arena->batch.slot;
	struct kring_lease *leases = pool->lease;
	const u32 serial = client->serial;
	const u32 base = pool->base;
	struct kring_lease *other = NULL;
	u64 slots_left = *left;
	u64 at = *position;

	for (; slots_left && at < end; at++, slots_left &= slots_left - 1) {
		u32 i = __builtin_ctzll(slots_left);
		struct kring_lease *lease = &leases[slots[i] - base];

		if (lease->serial != serial) {
			other = lease;
			break;
		}
		lease->position = at;
		WRITE_ONCE(magazine[at % RRING_MAGAZINE_SLOTS], handles[i]);
	}
	*left = slots_left;
	*position = at;
	return other;
}

/*
 * Lend the slots in .live of the arena's batch for @refill, which has caused the
 * sweep that frees them, in the order in which they are in the batch. They do not
 * get into the free set. Stop when @refill wants no more, or the quota or the
 * magazine of its client is exhausted. @handles are the handles of their next
 * events, by index in the batch. Return the slots that are left. The pool has no
 * groups and is not that of XXL. The caller holds the arena's lock.
 */
static u64 lend_swept(struct kring_refill *refill, const u64 *handles)
{
	struct kring_pool *pool = refill->pool;
	struct kring_client *client = refill->client;
	bool untouched = kring_client_has_untouched_refill(client, pool->index);
	u32 quota = kring_pool_quota(pool, client);
	u64 head = rring_seq_load(&kring_client_magazine(client,
							 pool->index)->head);
	u64 end = head + wanted(refill);
	u64 position = head;
	u64 left = pool->arena->batch.live;
	struct kring_lease *other;

	if (client->charged[pool->index] > quota)
		return left;
	do {
		other = lend_own(pool, client, &left, &position, end, handles);
	} while (other && charge_instead(pool, other, client, quota));
	if (position > head)
		show_lent(refill, head, position - head, untouched);
	return left;
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
 * lend_swept(). Put the others back into the free set. Return how many slots were
 * freed. The caller holds the arena's lock.
 */
u32 kring_pool_free_batch(struct kring_pool *pool, const u64 *handles,
			  struct kring_refill *refill)
{
	u64 left = pool->arena->batch.live;
	u32 n = hweight64(left);

	if (refill && pool->nr_free + n >= pool->info->batch)
		pool->dry = false;
	if (refill && n && !kring_client_is_gone(refill->client))
		left = lend_swept(refill, handles);
	free_slots(pool, left);
	pool->info->reclaimed += n;
	return n;
}

/*
 * Return true if the caller must sweep before it lends @want slots to a client,
 * or to the kernel, for which @n slots are free. This is so if @n is less than
 * @want. Without a sweep, the client would get the few slots that the last sweep
 * has left over, and soon need another REFILL. This is also so if more than
 * .sweep_limit slots would be out. Without a sweep, the slots in use would
 * spread over the whole pool, and .high_water would not show how many slots are
 * needed. The caller holds the arena's lock.
 */
static inline bool needs_sweep(const struct kring_pool *pool, u32 n, u32 want)
{
	return n < want || nr_out(pool) + want > pool->sweep_limit;
}

/*
 * Take up to @want free slots for @kernel, client 0, which has no magazine and no
 * quota. Store their handles in @handles, and add a hold for each slot in the
 * kernel's ledger. Return how many slots were taken. Return 0 if
 * no slot is free, or if @swept is false and the caller must sweep first: see
 * needs_sweep(). The caller holds the arena's lock.
 */
u32 kring_pool_take(struct kring_pool *pool, struct kring_client *kernel,
		    u64 *handles, u32 want, bool swept)
{
	struct kring_owner *owner = kring_groups_owner(pool, NULL);
	struct kring_lease lease = { .client = 0 };
	u32 n = nr_free_for(pool, NULL);
	u32 i;

	if (!n || (!swept && needs_sweep(pool, n, want)))
		return 0;
	n = min(n, want);
	for (i = 0; i < n; i++) {
		u32 slot = owner ? kring_groups_take(pool, owner) :
				   pool->free[--pool->nr_free];

		handles[i] = lease_slot(pool, slot, lease,
					kring_arena_is_owned(pool->arena));
		kring_ledger_hold(kernel, pool->base + slot);
	}
	account_lent(pool, n);
	pool->info->refills++;
	return n;
}

/*
 * Lend free slots without a sweep. Return 0 if @refill has lent slots, or if the
 * magazine has slots that another thread's refill has lent. But in the XXL
 * pool, return 0 for the second reason only if the magazine is full, because
 * each slot in the magazine is for the thread whose refill asked for a region
 * of that size. Return NEEDS_PAGES if an XXL slot can be lent, but the caller
 * must allocate .xxl of @refill first. Return -EAGAIN if no slot is free, or if
 * the client's quota is used up. The caller holds the arena's lock.
 */
static int lend_locked(struct kring_refill *refill)
{
	struct kring_pool *pool = refill->pool;
	struct kring_client *client = refill->client;
	u32 n = lendable(refill);
	u32 enough = refill->bytes ? RRING_MAGAZINE_SLOTS : 1;

	if (!n)
		return refill->lent ||
		       kring_client_lent(client, pool->index) >= enough ?
		       0 : -EAGAIN;
	if (refill->bytes && !refill->xxl)
		return NEEDS_PAGES;
	if (refill->xxl)
		kring_xxl_install(pool, pool->free[pool->nr_free - 1],
				  refill->xxl, client);
	refill->xxl = NULL;
	lend(refill, n);
	return 0;
}

/*
 * Lend free slots with lend_locked(), and return what lend_locked() returns, or
 * an error of kring_client_lock(). If @swept is false and the caller must sweep
 * first (needs_sweep()), lend nothing and return -EAGAIN. Set .over_quota of
 * @refill: true if the client has used up a quota that is less than the pool.
 * Takes the arena's lock, and releases it.
 */
static int refill_lend(struct kring_refill *refill, bool swept)
{
	struct kring_pool *pool = refill->pool;
	struct kring_client *client = refill->client;
	int err = kring_client_lock(client);

	if (err)
		return err;
	/*
	 * with a quota of the whole pool, a client lacks free slots, not quota
	 */
	refill->over_quota = kring_pool_quota(pool, client) < pool->capacity &&
			     !quota_left(pool, client);
	if (!swept && needs_sweep(pool, nr_free_for(pool, client),
				  refill->want)) {
		err = -EAGAIN;
	} else {
		if (nr_free_for(pool, client) >= pool->info->batch)
			pool->dry = false;
		err = lend_locked(refill);
		trace_refill(pool, client, refill->want, refill->lent);
	}
	kring_client_unlock(client);
	return err;
}

/*
 * Return true if a refill of @client can do without a sweep of the pool. The
 * caller has just swept the recent drops, and @lent of the @want slots were lent
 * at once: here they count as free. The result is true if needs_sweep() returns
 * false; groups that can be claimed from others count here. The result is also
 * true if some slots are free, but fewer than @want, and less than a quarter of
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
	enough = !needs_sweep(pool, n, more) ||
		 (n + lent && n < more &&
		  pool->lent_since_sweep < pool->capacity / 4);
	if (!enough)
		pool->lent_since_sweep = 0;
	mutex_unlock(&pool->arena->lock);
	return enough;
}

/*
 * Do kring_pool_sweep() for @refill, or for none if it is NULL: lend the slots
 * that are freed, as far as @refill wants them. Takes the arena's lock. May sleep.
 */
static u32 sweep_for(struct kring_refill *refill, struct kring_pool *pool,
		     struct kring_client *client, u32 want)
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
 * Do a shallow sweep, which does not read the windows of rings, for a refill
 * of @want slots for @client, or for the kernel if @client is NULL. First
 * sweep the recent drops. Then sweep the pool, unless can_skip_pool_sweep()
 * returns true. Return how many slots were freed. Takes the arena's lock. May
 * sleep.
 */
u32 kring_pool_sweep(struct kring_pool *pool, struct kring_client *client,
		     u32 want)
{
	return sweep_for(NULL, pool, client, want);
}

/*
 * Take wholly free groups from another client, and lend slots of them. Return
 * what refill_lend() returns, or -EAGAIN if there are no such groups. Takes the
 * arena's lock. May sleep.
 */
static noinline int claim_and_lend(struct kring_refill *refill)
{
	u32 n = kring_groups_claim(refill->pool, refill->client, refill->want);
	int err = -EAGAIN;

	if (n)
		err = refill_lend(refill, true);
	kring_groups_settle(refill->pool, refill->client, n);
	return err;
}

/*
 * Lend free slots after a sweep, and claim groups if there are none. Return what
 * refill_lend() or claim_and_lend() returns. Takes the arena's lock. May sleep.
 */
static inline int lend_or_claim(struct kring_refill *refill)
{
	int err = refill_lend(refill, true);

	if (err != -EAGAIN || refill->over_quota || !refill->pool->groups)
		return err;
	return claim_and_lend(refill);
}

/*
 * Return @refill if what a sweep frees can be lent for it at once. Otherwise
 * return NULL: a slot of XXL needs a region of its size, and in an owned arena the
 * slots belong to groups.
 */
static struct kring_refill *lends_swept(struct kring_refill *refill)
{
	return refill->bytes || refill->pool->groups ? NULL : refill;
}

/*
 * Do a sweep of depth @depth (shallow or deep), then lend. If the client is
 * within its quota, a shallow sweep lends what it frees at once, where that is
 * possible. Return what refill_lend() returns, or -EINTR if the process is being
 * killed. Add the number of freed slots to .found.
 *
 * A sweep frees slots of all clients, but a client over its quota needs its own
 * slots to be freed, and in a pool with groups a few slots of another client's
 * groups help nobody. So in these two cases a deep sweep, and for a client over
 * its quota also a shallow one, does not stop when enough slots are freed: it
 * sweeps the whole pool.
 */
static int refill_sweep(struct kring_refill *refill, enum kring_depth depth)
{
	struct kring_pool *pool = refill->pool;
	bool deep = depth == KRING_SWEEP_WINDOWS;
	bool all = refill->over_quota || (deep && pool->groups);

	if (fatal_signal_pending(current))
		return -EINTR;
	if (all || deep)
		refill->found += kring_sweep(pool, all ? pool->capacity :
							 refill->want,
					     depth, NULL);
	else
		refill->found += sweep_for(lends_swept(refill), pool,
					   refill->client, refill->want);
	if (refill->lent && refill->lent == refill->want) {
		trace_refill(pool, refill->client, refill->want, refill->lent);
		return 0;
	}
	/* lend even if nothing was freed: another sweep may have freed slots */
	return lend_or_claim(refill);
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
 * Return true if kring_pool_recall() would recall something, and then pass
 * barrier K. Return false if the process is being killed. Takes the arena's
 * lock.
 */
static bool may_recall(struct kring_pool *pool,
		       const struct kring_client *except)
{
	struct kring_arena *arena = pool->arena;
	bool any = false;
	u32 i;

	if (pool->index == RRING_XXL || mutex_lock_killable(&arena->lock))
		return false;
	kring_work_add(KRING_WORK_CLIENTS, arena->last_client);
	for (i = 1; i <= arena->last_client && !any; i++)
		if (arena->clients[i] && arena->clients[i] != except)
			any = kring_client_may_recall(arena->clients[i],
						      pool->index);
	mutex_unlock(&arena->lock);
	return any;
}

/*
 * Recall the magazines of the other clients. If the client exceeds its rate of
 * barriers, a refill that will sleep leaves the recall out, and tries again when
 * the barrier is due, at .recall_at. A refill that fails now waits until the
 * barrier is due, because it must not fail without a recall. Return 0, or -EINTR
 * if the process is being killed. Takes the arena's lock. May sleep. This
 * function is not inlined, because most refills need no recall.
 */
static noinline int recall(struct kring_refill *refill)
{
	struct kring_client *client = refill->client;
	u64 due = RRING_FOREVER;
	int err = 0;

	if (!may_recall(refill->pool, client))
		return 0;
	if (!kring_rate_barrier(client, &due)) {
		if (refill->deadline > ktime_get_ns()) {
			refill->recall_at = due;
			return 0;
		}
		err = kring_rate_await_barrier(client);
	}
	if (!err)
		kring_pool_recall(refill->pool, client);
	return err;
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
 * Let the oldest entries of rings give way: these entries, which no gating
 * reader needs, leave their ring's window, and kring_sweep_oldest() frees the
 * slots that they name. Then lend. Return what refill_lend() returns. Takes the
 * arena's lock. May sleep.
 */
static int give_way_and_lend(struct kring_refill *refill)
{
	refill->found += kring_sweep_oldest(refill->pool, refill->client,
					    refill->want, refill->over_quota);
	return lend_or_claim(refill);
}

/*
 * Free slots and lend them, in up to three steps. Begin the next step only if
 * the step before could not lend a slot (-EAGAIN):
 *
 * - a shallow sweep;
 * - a deep sweep, after a recall of the slots in other clients' magazines; no
 *   recall if the client is over its quota;
 * - the oldest entries of rings give way: they leave the ring's window.
 *
 * Return what the last refill_lend() returned, or -EINTR if the process is
 * being killed. Set .found to the number of slots that these steps have freed.
 */
static int sweep_and_lend(struct kring_refill *refill)
{
	int err;

	refill->found = 0;
	err = refill_sweep(refill, KRING_SWEEP_LEDGERS);
	if (err != -EAGAIN)
		return err;
	err = refill->over_quota ? 0 : recall(refill);
	if (err)
		return err;
	err = refill_sweep(refill, KRING_SWEEP_WINDOWS);
	/* a recall that is still due may find slots that nobody needs */
	if (err != -EAGAIN || refill->recall_at)
		return err;
	return give_way_and_lend(refill);
}

/*
 * Lend slots, after sweeps if necessary. If the sweeps freed slots, but other
 * clients got these slots first, sweep again, but at most SWEEPS_MAX times.
 * Without this limit, clients that drop and allocate all the time could keep
 * the caller in this loop. Return what refill_lend() returns, or -EINTR if the
 * process is being killed. The result is -EAGAIN if the sweeps freed nothing,
 * if other clients got the freed slots each time, or if the client's quota is
 * used up.
 */
static int lend_with_sweeps(struct kring_refill *refill)
{
	int err = refill_lend(refill, false);
	u32 sweeps = 0;

	while (err == -EAGAIN) {
		err = sweep_and_lend(refill);
		if (!refill->found || refill->over_quota ||
		    ++sweeps == SWEEPS_MAX)
			break;
	}
	return err;
}

/*
 * Store a region for the XXL event in .xxl of @refill: an idle one of the client,
 * or a new one. Return 0 or an error of kring_xxl_get(). May sleep.
 */
static int alloc_region(struct kring_refill *refill)
{
	struct kring_xxl *xxl = kring_xxl_get(refill->pool, refill->client,
					      refill->bytes);

	if (IS_ERR(xxl))
		return PTR_ERR(xxl);
	refill->xxl = xxl;
	return 0;
}

/*
 * Return true if all slots of @pool are free, or if the process is being killed.
 * Takes the arena's lock.
 */
static bool is_all_free(struct kring_pool *pool)
{
	bool all;

	if (mutex_lock_killable(&pool->arena->lock))
		return true;
	all = !nr_out(pool);
	mutex_unlock(&pool->arena->lock);
	return all;
}

/*
 * Allocate the region of an XXL event, and store it in .xxl of @refill. If the
 * allocation fails, sweep the pool, take back the pages of events that are gone
 * from all that have them mapped, free the idle regions of the client if it gets
 * no memory, and allocate once more. While max_bytes of the module does not
 * allow the region (-ENOSPC), free slots with kring_sweep_oldest(), which takes
 * entries that no gating reader needs out of their ring's window, and allocate
 * again. Stop when this frees no slot.
 *
 * Return 0 if the region is allocated. Return -EAGAIN if max_bytes does not
 * allow the region, but some slots of the pool are not free, so that the
 * caller can wait until one of these slots is freed. Then also lower *@wake_at,
 * a ktime in ns, to the time of the next try: nobody wakes the caller if memory
 * is freed elsewhere, for example in another arena. If all slots of the pool
 * are free, return -ENOSPC. Return -ENOMEM if there is no memory or the process
 * is being killed. Takes the arena's lock. May sleep.
 */
static int alloc_region_or_sweep(struct kring_refill *refill, u64 *wake_at)
{
	struct kring_pool *pool = refill->pool;
	int err = alloc_region(refill);

	if (!err)
		return 0;
	kring_sweep_range_killable(pool, 0, pool->capacity);
	kring_remnants_trim(&pool->remnants, 0);
	/* for -ENOSPC, kring_account_charge() has done it */
	if (err == -ENOMEM)
		kring_idle_release(refill->client);
	do {
		err = alloc_region(refill);
	} while (err == -ENOSPC && !fatal_signal_pending(current) &&
		 kring_sweep_oldest(pool, refill->client, 1, false));
	if (err != -ENOSPC || is_all_free(pool))
		return err;
	*wake_at = min(*wake_at, ktime_get_ns() + MEMORY_RETRY_NS);
	return -EAGAIN;
}

/*
 * Mark the pool as dry: a refill has found no slot or, for an XXL event, no
 * memory. If the pool was not dry before, send a notice. Do nothing if the
 * process is being killed. Takes the arena's lock.
 */
static void mark_dry(struct kring_refill *refill)
{
	struct kring_pool *pool = refill->pool;

	if (mutex_lock_killable(&pool->arena->lock))
		return;
	if (!pool->dry) {
		pool->dry = true;
		pool->dry_spells++;
		kring_announce_dry(pool, refill->client);
	}
	mutex_unlock(&pool->arena->lock);
}

/*
 * Try a refill once. Return 0 if slots were lent or the magazine has some,
 * -EAGAIN if nothing can be lent now, or another error. For XXL, allocate a
 * region only when a slot is free for the event. If another client then gets
 * that slot and no other slot can be lent, free the region. Lower *@wake_at as
 * alloc_region_or_sweep() says. Takes the arena's lock. May sleep.
 */
static int refill_once(struct kring_refill *refill, u64 *wake_at)
{
	int err = lend_with_sweeps(refill);

	if (err != NEEDS_PAGES)
		return err;
	err = alloc_region_or_sweep(refill, wake_at);
	if (!err)
		err = refill_lend(refill, true);
	/* another client got that slot meanwhile: sweep for another slot */
	if (err == -EAGAIN && refill->xxl)
		err = lend_with_sweeps(refill);
	kring_xxl_put(refill->pool, refill->xxl);
	refill->xxl = NULL;
	return err;
}

static int refill_try(void *context, u64 *wake_at)
{
	struct kring_refill *refill = context;
	int err;

	err = refill_once(refill, wake_at);
	if (err != -EAGAIN)
		return err;
	/* without the recall it is not known that the pool is dry */
	if (refill->recall_at) {
		*wake_at = min(*wake_at, refill->recall_at);
		refill->recall_at = 0;
		return err;
	}
	if (!refill->over_quota)
		mark_dry(refill);
	kring_holders_check(refill->pool, refill->client, refill->over_quota);
	return err;
}

static void refill_raise(void *context)
{
	struct kring_refill *refill = context;

	kring_flag_raise(&refill->client->arena->info->pool_waiters,
			 BIT(refill->pool->index));
}

static const struct kring_wait_ops refill_ops = {
	.ready = refill_try,
	.raise = refill_raise,
};

/*
 * Count a refill that has failed, for the statistics of @pool. If the process is
 * being killed, the refill does not count. Takes the arena's lock.
 */
static void count_failure(struct kring_pool *pool)
{
	if (mutex_lock_killable(&pool->arena->lock))
		return;
	pool->info->failures++;
	mutex_unlock(&pool->arena->lock);
}

/*
 * Run REFILL for @client: lend up to args->count slots of pool args->pool.
 * Return 0 if slots were lent, or if the magazine has some. Set args->count to
 * the number of slots lent, which is 0 on an error.
 *
 * If nothing could be lent until args->deadline, return -EDQUOT if the client's
 * quota is used up. If the quota is not used up, return -ENOSPC if
 * args->deadline is 0, or -ETIMEDOUT for any other deadline.
 *
 * Return other errors before the deadline: -ENOSPC if the pool has a capacity
 * of 0, if the event is larger than max_bytes of the module, or if max_bytes
 * does not allow the event's region and all slots of the pool are free;
 * -ENOMEM; -EINTR if the process is being killed; or an error of
 * kring_evcount_wait() or kring_client_lock(). Takes the arena's lock. May
 * sleep.
 */
int kring_pool_refill(struct kring_client *client, struct rring_refill *args)
{
	struct kring_pool *pool = &client->arena->pool[args->pool];
	struct kring_refill refill = {
		.client = client,
		.pool = pool,
		.want = min_t(u32, args->count, RRING_MAGAZINE_SLOTS),
		.bytes = args->bytes,
		.deadline = args->deadline,
	};
	int err = -ENOSPC;

	if (pool->capacity &&
	    kring_account_within_limit(kring_xxl_footprint(args->bytes)))
		err = kring_evcount_wait(&pool->evcount, client, &refill_ops,
					 &refill, args->deadline);
	args->count = err ? 0 : refill.lent;
	if (err == -ETIMEDOUT || err == -ENOSPC || err == -ENOMEM)
		count_failure(pool);
	if (err != -ETIMEDOUT)
		return err;
	if (refill.over_quota)
		return -EDQUOT;
	return args->deadline ? -ETIMEDOUT : -ENOSPC;
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
