// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Refills: how the kernel lends the slots of a pool into the magazine of a client,
 * and what it does when none is free: it sweeps, takes back what others have and do
 * not use, lets old entries give way, and waits.
 */
#include "compat.h"

#include "account.h"
#include "announce.h"
#include "arena.h"
#include "barrier.h"
#include "client.h"
#include "groups.h"
#include "holders.h"
#include "idle.h"
#include "pool.h"
#include "rate.h"
#include "reclaim.h"
#include "refill.h"
#include "trace.h"
#include "xxl.h"

/* An XXL slot is free, but the caller must first allocate its pages. */
#define NEEDS_PAGES	(-ENODATA)

#define SWEEPS_MAX	64	/* most rounds in lend_with_sweeps() */

/* time between two tries of a refill to allocate a region above max_bytes */
#define MEMORY_RETRY_NS	100000000ull

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
 * or fewer if the client's quota, its magazine or the @nr_free slots that it can
 * get do not allow that. The caller holds the arena's lock.
 */
static u32 lendable(const struct kring_refill *refill, u32 nr_free)
{
	u32 n = min(wanted(refill), nr_free);

	return min(n, kring_pool_quota_left(refill->pool, refill->client));
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
	kring_pool_account_lent(pool, n);
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
	bool untouched = kring_client_has_untouched_refill(client, pool->index);
	u64 head = rring_seq_load(&kring_client_magazine(client,
							 pool->index)->head);

	kring_pool_lend(pool, client, head, n);
	show_lent(refill, head, n, untouched);
}

/*
 * Put the slot of @lease, whose next event has @handle, into @magazine at position
 * @at. Return false, and do nothing, if it was not lent last to the client that has
 * @serial, which has this magazine.
 */
static __always_inline bool lend_again(struct kring_lease *lease, u32 serial,
				       __u64 *magazine, u64 at, u64 handle)
{
	if (lease->serial != serial)
		return false;
	lease->position = at;
	WRITE_ONCE(magazine[at % RRING_MAGAZINE_SLOTS], handle);
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
	u64 slots_left = *left;
	u64 at = *position;
	const u64 front = min_t(u64, rring_slots_in_front(slots_left),
				end - at);
	u64 i;

	for (i = 0; i < front; i++, at++)
		if (!lend_again(&leases[slots[i] - base], serial, magazine, at,
				handles[i]))
			break;
	if (i)
		slots_left &= ~(~0ull >> (RRING_BATCH - i));
	for (; slots_left && at < end; at++, slots_left &= slots_left - 1) {
		i = __builtin_ctzll(slots_left);
		if (!lend_again(&leases[slots[i] - base], serial, magazine, at,
				handles[i]))
			break;
	}
	*left = slots_left;
	*position = at;
	return slots_left && at < end ?
	       &leases[slots[__builtin_ctzll(slots_left)] - base] : NULL;
}

/*
 * Lend the slots in .live of the arena's batch for @refill, which has caused the
 * sweep that frees them, in the order in which they are in the batch. They do not
 * get into the free set. Stop when @refill wants no more, or the quota or the
 * magazine of its client is exhausted. @handles are the handles of their next
 * events, by index in the batch. Return the slots that are left. The pool has no
 * groups and is not that of XXL. The caller holds the arena's lock.
 */
u64 kring_refill_lend_swept(struct kring_refill *refill, const u64 *handles)
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
	} while (other && kring_pool_charge_instead(pool, other, client, quota));
	if (position > head)
		show_lent(refill, head, position - head, untouched);
	return left;
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
static int lend_locked(struct kring_refill *refill, u32 nr_free)
{
	struct kring_pool *pool = refill->pool;
	struct kring_client *client = refill->client;
	u32 n = lendable(refill, nr_free);
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
 * first (kring_pool_needs_sweep()), lend nothing and return -EAGAIN. Set
 * .over_quota of @refill: true if the client has used up a quota that is less than
 * the pool. Takes the arena's lock, and releases it.
 */
static int refill_lend(struct kring_refill *refill, bool swept)
{
	struct kring_pool *pool = refill->pool;
	struct kring_client *client = refill->client;
	int err = kring_client_lock(client);
	u32 n;

	if (err)
		return err;
	/*
	 * with a quota of the whole pool, a client lacks free slots, not quota
	 */
	refill->over_quota = kring_pool_quota(pool, client) < pool->capacity &&
			     !kring_pool_quota_left(pool, client);
	n = kring_pool_nr_free_for(pool, client);
	if (!swept && kring_pool_needs_sweep(pool, n, refill->want)) {
		err = -EAGAIN;
	} else {
		if (n >= pool->info->batch)
			pool->dry = false;
		err = lend_locked(refill, n);
		trace_refill(pool, client, refill->want, refill->lent);
	}
	kring_client_unlock(client);
	return err;
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
		refill->found += kring_pool_sweep(pool, refill->client,
						  refill->want,
						  lends_swept(refill));
	if (refill->lent && refill->lent == refill->want)
		return 0;
	/* lend even if nothing was freed: another sweep may have freed slots */
	return lend_or_claim(refill);
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
	all = !kring_pool_nr_out(pool);
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
