// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Pools: the free set that sweeps fill, and lending from it into magazines.
 *
 * A slot is either in free[], or it is out, with a lease that says whom it was
 * lent to and at which position of that client's magazine. As long as the
 * client's tail has not passed that position the slot is in the magazine.
 *
 * free[] is a stack, filled at first so that slot 0 is on top. So slots that
 * never were out stay below all others, and those that were are the ones below
 * .high_water, which is where a sweep has to look.
 */
#include "compat.h"

#include <rusted_ring/handle.h>

#include "arena.h"
#include "client.h"
#include "pool.h"
#include "reclaim.h"
#include "trace.h"
#include "xxl.h"

/* No slot is there for the pages, but one will be. */
#define NEEDS_PAGES	(-ENODATA)

#define MEMORY_RETRY_NS	100000000ull	/* who waits for it asks so often */

int rring_pool_init(struct rring_pool *pool, struct rring_arena *arena,
		    u32 index)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN;
	u32 i;

	pool->arena = arena;
	pool->index = index;
	pool->info = &arena->info->pool[index];
	pool->capacity = pool->info->capacity;
	pool->base = pool->info->slot_base;
	rring_gate_init(&pool->gate, arena);
	if (!pool->capacity)
		return 0;
	pool->free = kvcalloc(pool->capacity, sizeof(*pool->free), gfp);
	pool->lease = kvcalloc(pool->capacity, sizeof(*pool->lease), gfp);
	pool->out = kvcalloc(BITS_TO_LONGS(pool->capacity), sizeof(long), gfp);
	pool->named = kvcalloc(BITS_TO_LONGS(pool->capacity), sizeof(long),
			       gfp);
	if (!pool->free || !pool->lease || !pool->out || !pool->named)
		return -ENOMEM;
	for (i = 0; i < pool->capacity; i++)
		pool->free[i] = pool->capacity - 1 - i;
	pool->nr_free = pool->capacity;
	return index == RRING_XXL ?
	       rring_xxl_init(pool, arena->region.addr +
				    arena->info->xxl_offset) : 0;
}

void rring_pool_destroy(struct rring_pool *pool)
{
	rring_xxl_destroy(pool);
	kvfree(pool->named);
	kvfree(pool->out);
	kvfree(pool->lease);
	kvfree(pool->free);
}

/*
 * How many slots @client may have lent, or (NULL) one that has no quota of its
 * own. Under the arena's lock.
 */
u32 rring_pool_quota(const struct rring_pool *pool,
		     const struct rring_client *client)
{
	u32 percent = pool->arena->quota;

	if (client && client->quota)
		percent = client->quota;
	return max_t(u64, 1, (u64)pool->capacity * percent / 100);
}

static u32 quota_left(struct rring_pool *pool, struct rring_client *client)
{
	u32 charged = client->charged[pool->index];
	u32 quota = rring_pool_quota(pool, client);

	return charged < quota ? quota - charged : 0;
}

static u32 nr_out(const struct rring_pool *pool)
{
	return pool->capacity - pool->nr_free;
}

/* Let an eighth more get out before a sweep has to find them: @least anyway. */
static void grow(struct rring_pool *pool, u32 least)
{
	u32 more = max(pool->info->batch, pool->soft / 8);

	pool->soft = min(pool->capacity, max(least, pool->soft + more));
}

/*
 * Sweeps for refills have been round once. If they found less than one free
 * slot in four, it is cheaper to let more get out: garbage up to a quarter of
 * what is out, and an eighth more, is up to a half of what is in use.
 */
static void judge(struct rring_pool *pool)
{
	if (pool->looked < nr_out(pool))
		return;
	if ((u64)pool->found * 4 < pool->looked)
		grow(pool, 0);
	pool->looked = 0;
	pool->found = 0;
}

/* The handle of a slot that was free and is lent now. */
static u64 take_slot(struct rring_pool *pool, struct rring_lease lease)
{
	u32 slot = pool->free[--pool->nr_free];
	u32 generation =
		rring_flag_load(&pool->arena->generation[pool->base + slot]);

	pool->lease[slot] = lease;
	__set_bit(slot, pool->out);
	return rring_handle(generation, pool->index, slot);
}

static void lend_slot(struct rring_pool *pool, struct rring_client *client,
		      u64 position)
{
	struct rring_magazine *magazine =
		rring_client_magazine(client, pool->index);
	struct rring_lease lease = {
		.serial = client->serial,
		.client = client->id,
		.position = position,
	};

	WRITE_ONCE(magazine->handle[position % RRING_MAGAZINE_SLOTS],
		   take_slot(pool, lease));
}

/* @n more slots are out. */
static void note_lent(struct rring_pool *pool, u32 n)
{
	if (nr_out(pool) > pool->soft)
		grow(pool, nr_out(pool));
	pool->high_water = max(pool->high_water, nr_out(pool));
	pool->unswept += n;
	pool->info->lent += n;
	pool->info->refills++;
}

/* How many slots can be lent to @client now, up to @want. */
static u32 lendable(struct rring_pool *pool, struct rring_client *client,
		    u32 want)
{
	u32 n = min(want, quota_left(pool, client));

	n = min(n, RRING_MAGAZINE_SLOTS - rring_client_lent(client, pool->index));
	return min(n, pool->nr_free);
}

/* Fill @client's magazine with @n slots of the free set, at least 1. */
static void lend(struct rring_pool *pool, struct rring_client *client, u32 n)
{
	struct rring_magazine *magazine =
		rring_client_magazine(client, pool->index);
	u64 head = rring_seq_load(&magazine->head);
	u32 i;

	for (i = 0; i < n; i++)
		lend_slot(pool, client, head + i);
	note_lent(pool, n);
	client->charged[pool->index] += n;
	/* O: pairs with P in the library's pop */
	rring_seq_store_release(&magazine->head, head + n);
	client->refills++;
}

/* The magazine of the client that @lease is, or was, of. */
void rring_pool_look_at_magazine(const struct rring_pool *pool,
				 const struct rring_lease *lease,
				 struct rring_lent *lent)
{
	struct rring_client *client = pool->arena->clients[lease->client];

	*lent = (struct rring_lent) { .serial = lease->serial };
	if (!client || client->serial != lease->serial)
		return;
	lent->n = rring_client_lent(client, pool->index);
	lent->tail = client->tail[pool->index];
}

/* Nobody has @slot any more. Under the arena's lock. */
void rring_pool_free_slot(struct rring_pool *pool, u32 slot)
{
	const struct rring_lease *lease = &pool->lease[slot];
	struct rring_client *client = pool->arena->clients[lease->client];

	if (client && client->serial == lease->serial)
		client->charged[pool->index]--;
	if (pool->index == RRING_XXL)
		rring_xxl_retire(pool, slot);
	__clear_bit(slot, pool->out);
	pool->free[pool->nr_free++] = slot;
	pool->info->reclaimed++;
}

struct refill {
	struct rring_client *client;
	struct rring_pool *pool;
	u32 want;
	u32 lent;
	u32 found;			/* by sweeps of its own */
	bool over_quota;
	u64 bytes;			/* of each slot; 0: not XXL */
	struct rring_xxl *xxl;		/* for the one slot */
};

/*
 * With less than a batch free, the sweep comes first: else what one sweep left
 * over would make a REFILL of its own each time. So it does before more slots
 * get out than ever, or what is in use would be spread over the whole pool, and
 * no count would tell it from what was not reclaimed yet.
 */
static bool is_short(const struct rring_pool *pool, u32 want)
{
	return pool->nr_free < want || nr_out(pool) + want > pool->soft;
}

/*
 * Up to @want free slots for the kernel, which has no magazine and no quota:
 * its @ledger holds them from here on. 0: nothing is free or, not @swept yet,
 * it is time for a sweep. Under the arena's lock.
 */
u32 rring_pool_take(struct rring_pool *pool, rring_word_t *ledger,
		    u64 *handles, u32 want, bool swept)
{
	struct rring_lease kernel = { .client = 0 };
	u32 n = min(want, pool->nr_free);
	u32 i;

	if (!n || (!swept && is_short(pool, want)))
		return 0;
	for (i = 0; i < n; i++) {
		handles[i] = take_slot(pool, kernel);
		rring_word_fetch_add(&ledger[pool->base +
					     rring_handle_index(handles[i])],
				     RRING_MOVE + RRING_HOLD);
	}
	note_lent(pool, n);
	return n;
}

static int lend_locked(struct refill *refill)
{
	struct rring_pool *pool = refill->pool;
	struct rring_client *client = refill->client;
	u32 n = lendable(pool, client, refill->want);

	if (!n && rring_client_lent(client, pool->index) == RRING_MAGAZINE_SLOTS)
		return 0;
	if (!n)
		return -EAGAIN;
	if (refill->bytes && !refill->xxl)
		return NEEDS_PAGES;
	if (refill->xxl)
		rring_xxl_install(pool, pool->free[pool->nr_free - 1],
				  refill->xxl);
	refill->xxl = NULL;
	lend(pool, client, n);
	refill->lent = n;
	return 0;
}

/*
 * Lend what is free. -EAGAIN: nothing is, or the quota is used up, or it is
 * time for a sweep.
 */
static int refill_lend(struct refill *refill, bool swept)
{
	struct rring_pool *pool = refill->pool;
	struct rring_client *client = refill->client;
	int err = rring_client_lock(client);

	if (err)
		return err;
	/* who may have the whole pool finds it dry, not its quota used up */
	refill->over_quota = rring_pool_quota(pool, client) < pool->capacity &&
			     !quota_left(pool, client);
	if (!swept && is_short(pool, refill->want)) {
		err = -EAGAIN;
	} else {
		if (pool->nr_free >= pool->info->batch)
			pool->dry = false;
		err = lend_locked(refill);
		trace_refill(pool, client, refill->want, refill->lent);
	}
	rring_client_unlock(client);
	return err;
}

/*
 * What clients let go of lately will do. If that is less than a batch because
 * nearly all of the pool is in use, a sweep would look at all that for little:
 * only once for each quarter of the pool that was lent meanwhile, so that it is
 * four slots for each of these.
 */
static bool will_do(struct rring_pool *pool, u32 want)
{
	bool enough;

	mutex_lock(&pool->arena->lock);
	enough = !is_short(pool, want) ||
		 (pool->nr_free && pool->nr_free < want &&
		  pool->unswept < pool->capacity / 4);
	if (!enough)
		pool->unswept = 0;
	mutex_unlock(&pool->arena->lock);
	return enough;
}

/* A shallow one, for a refill. Returns how many slots it freed. */
u32 rring_pool_sweep(struct rring_pool *pool, u32 want)
{
	u32 freed = rring_sweep_recent(pool, want);
	u32 looked, found;

	if (will_do(pool, want))
		return freed;
	found = rring_sweep(pool, want, RRING_SWEEP_LEDGERS, &looked);
	mutex_lock(&pool->arena->lock);
	pool->looked += looked;
	pool->found += found;
	judge(pool);
	mutex_unlock(&pool->arena->lock);
	return freed + found;
}

/*
 * Over its quota, a client needs slots of its own to be freed, and the sweep
 * frees those of all: it has to go round.
 */
static int refill_sweep(struct refill *refill, enum rring_depth depth)
{
	struct rring_pool *pool = refill->pool;
	bool all = refill->over_quota;

	if (fatal_signal_pending(current))
		return -EINTR;
	if (all || depth == RRING_SWEEP_WINDOWS)
		refill->found += rring_sweep(pool, all ? pool->capacity :
							 refill->want,
					     depth, NULL);
	else
		refill->found += rring_pool_sweep(pool, refill->want);
	/* another's sweep may have found some */
	return refill_lend(refill, true);
}

static int sweep_and_lend(struct refill *refill)
{
	int err;

	refill->found = 0;
	err = refill_sweep(refill, RRING_SWEEP_LEDGERS);
	if (err == -EAGAIN)
		err = refill_sweep(refill, RRING_SWEEP_WINDOWS);
	return err;
}

/*
 * What a sweep finds may be lent to somebody else before it comes to lending.
 * Then the pool is not dry, and the next sweep finds more.
 */
static int try_slots(struct refill *refill)
{
	int err = refill_lend(refill, false);

	while (err == -EAGAIN) {
		err = sweep_and_lend(refill);
		if (!refill->found || refill->over_quota)
			break;
	}
	return err;
}

static int new_pages(struct refill *refill)
{
	struct rring_xxl *xxl = rring_xxl_new(refill->bytes);

	if (IS_ERR(xxl))
		return PTR_ERR(xxl);
	refill->xxl = xxl;
	return 0;
}

static bool is_all_free(struct rring_pool *pool)
{
	bool all;

	mutex_lock(&pool->arena->lock);
	all = !nr_out(pool);
	mutex_unlock(&pool->arena->lock);
	return all;
}

/*
 * What nobody has any more may be what is missing. As long as somebody has
 * events of this pool, it can be waited for; but also other arenas give memory
 * back, and do not say so here.
 */
static int get_pages(struct refill *refill, u64 *wake_at)
{
	struct rring_pool *pool = refill->pool;
	int err = new_pages(refill);

	if (!err)
		return 0;
	rring_sweep_range(pool, 0, pool->capacity);
	err = new_pages(refill);
	if (err != -ENOSPC || is_all_free(pool))
		return err;
	*wake_at = min(*wake_at, ktime_get_ns() + MEMORY_RETRY_NS);
	return -EAGAIN;
}

/* Nobody has dropped anything: the first to find that tells who listens. */
static void find_dry(struct refill *refill)
{
	struct rring_pool *pool = refill->pool;

	mutex_lock(&pool->arena->lock);
	if (!pool->dry) {
		pool->dry = true;
		pool->dry_spells++;
		rring_notify_dry(pool, refill->client);
	}
	mutex_unlock(&pool->arena->lock);
}

/* Pages only when there is a slot that could have them. */
static int try_all(struct refill *refill, u64 *wake_at)
{
	int err = try_slots(refill);

	if (err != NEEDS_PAGES)
		return err;
	err = get_pages(refill, wake_at);
	if (!err)
		err = refill_lend(refill, true);
	/* somebody else took the slot meanwhile */
	if (err == -EAGAIN && refill->xxl)
		err = try_slots(refill);
	rring_xxl_free(refill->xxl);
	refill->xxl = NULL;
	return err;
}

static int refill_try(void *context, u64 *wake_at)
{
	struct refill *refill = context;
	int err = try_all(refill, wake_at);

	if (err == -EAGAIN && !refill->over_quota)
		find_dry(refill);
	return err;
}

static void refill_raise(void *context)
{
	struct refill *refill = context;

	rring_flag_raise(&refill->client->arena->info->pool_waiters,
			 BIT(refill->pool->index));
}

static const struct rring_wait_ops refill_ops = {
	.ready = refill_try,
	.raise = refill_raise,
};

static void count_failure(struct rring_pool *pool)
{
	mutex_lock(&pool->arena->lock);
	pool->info->failures++;
	mutex_unlock(&pool->arena->lock);
}

int rring_pool_refill(struct rring_client *client, struct rring_refill *args)
{
	struct rring_pool *pool = &client->arena->pool[args->pool];
	struct refill refill = {
		.client = client,
		.pool = pool,
		.want = min_t(u32, args->count, RRING_MAGAZINE_SLOTS),
		.bytes = args->bytes,
	};
	int err = -ENOSPC;

	if (pool->capacity && rring_region_fits(args->bytes))
		err = rring_gate_wait(&pool->gate, &refill_ops, &refill,
				      args->deadline);
	args->count = refill.lent;
	if (err == -ETIMEDOUT || err == -ENOSPC || err == -ENOMEM)
		count_failure(pool);
	if (err != -ETIMEDOUT)
		return err;
	if (refill.over_quota)
		return -EDQUOT;
	return args->deadline ? -ETIMEDOUT : -ENOSPC;
}

int rring_pool_count(struct rring_client *client, struct rring_pool_stat *stat)
{
	struct rring_pool *pool = &client->arena->pool[stat->pool];
	u32 i;
	int err;

	if (stat->flags & RRING_STAT_SWEEP) {
		rring_sweep(pool, pool->capacity, RRING_SWEEP_LEDGERS, NULL);
		rring_sweep(pool, pool->capacity, RRING_SWEEP_WINDOWS, NULL);
	}
	stat->held = rring_sweep_held(pool);
	stat->in_flight = rring_sweep_in_flight(pool);
	err = rring_client_lock(client);
	if (err)
		return err;
	stat->capacity = pool->capacity;
	stat->free = pool->nr_free;
	stat->charged = client->charged[pool->index];
	stat->high_water = pool->high_water;
	stat->failures = pool->info->failures;
	stat->lent = 0;
	for (i = 1; i <= client->arena->info->max_clients; i++)
		if (client->arena->clients[i])
			stat->lent += rring_client_lent(client->arena->clients[i],
						    pool->index);
	rring_client_unlock(client);
	return 0;
}
