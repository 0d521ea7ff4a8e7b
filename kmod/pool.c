// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Pools: the free set that sweeps fill, and lending from it into magazines.
 *
 * A slot is either in free[], or it is out, with a lease that says whom it was
 * lent to and at which position of that client's magazine. As long as the
 * client's tail has not passed that position the slot is in the magazine.
 */
#include "compat.h"

#include <rusted_ring/handle.h>

#include "arena.h"
#include "client.h"
#include "pool.h"
#include "reclaim.h"
#include "trace.h"

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
	return 0;
}

void rring_pool_destroy(struct rring_pool *pool)
{
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

static void lend_slot(struct rring_pool *pool, struct rring_client *client,
		      u64 position)
{
	u32 slot = pool->free[pool->nr_free - 1];
	struct rring_magazine *magazine =
		rring_client_magazine(client, pool->index);
	u32 generation =
		rring_flag_load(&pool->arena->generation[pool->base + slot]);

	WRITE_ONCE(pool->nr_free, pool->nr_free - 1);
	pool->lease[slot] = (struct rring_lease) {
		.serial = client->serial,
		.client = client->id,
		.position = position,
	};
	__set_bit(slot, pool->out);
	WRITE_ONCE(magazine->handle[position % RRING_MAGAZINE_SLOTS],
		   rring_handle(generation, pool->index, slot));
}

/* Fill @client's magazine from the free set. Under the arena's lock. */
u32 rring_pool_lend(struct rring_pool *pool, struct rring_client *client,
		    u32 want)
{
	struct rring_magazine *magazine =
		rring_client_magazine(client, pool->index);
	u64 head = rring_seq_load(&magazine->head);
	u32 n, i;

	n = min(want, quota_left(pool, client));
	n = min(n, RRING_MAGAZINE_SLOTS - rring_client_lent(client, pool->index));
	n = min(n, pool->nr_free);
	for (i = 0; i < n; i++)
		lend_slot(pool, client, head + i);
	client->charged[pool->index] += n;
	/* O: pairs with P in the library's pop */
	rring_seq_store_release(&magazine->head, head + n);
	pool->info->lent += n;
	return n;
}

/* Is @slot, which is out, still in a magazine? Under the arena's lock. */
bool rring_pool_in_magazine(struct rring_pool *pool, u32 slot)
{
	const struct rring_lease *lease = &pool->lease[slot];
	struct rring_client *client = pool->arena->clients[lease->client];
	u32 tail, head;

	if (!client || client->serial != lease->serial)
		return false;
	tail = rring_client_tail(client, pool->index);
	head = rring_seq_load(&rring_client_magazine(client,
						     pool->index)->head);
	return lease->position - tail < head - tail;
}

/* Nobody has @slot any more. Under the arena's lock. */
void rring_pool_free_slot(struct rring_pool *pool, u32 slot)
{
	const struct rring_lease *lease = &pool->lease[slot];
	struct rring_client *client = pool->arena->clients[lease->client];

	if (client && client->serial == lease->serial)
		client->charged[pool->index]--;
	__clear_bit(slot, pool->out);
	pool->free[pool->nr_free] = slot;
	WRITE_ONCE(pool->nr_free, pool->nr_free + 1);
	pool->info->reclaimed++;
}

struct refill {
	struct rring_client *client;
	struct rring_pool *pool;
	u32 want;
	u32 lent;
	bool over_quota;
};

/* Lend what is free. -EAGAIN: nothing is, or the quota is used up. */
static int refill_lend(struct refill *refill)
{
	struct rring_pool *pool = refill->pool;
	struct rring_client *client = refill->client;
	int err = rring_client_lock(client);

	if (err)
		return err;
	/* who may have the whole pool finds it dry, not its quota used up */
	refill->over_quota = rring_pool_quota(pool, client) < pool->capacity &&
			     !quota_left(pool, client);
	if (pool->nr_free >= pool->info->batch)
		pool->dry = false;
	refill->lent = rring_pool_lend(pool, client, refill->want);
	trace_refill(pool, client, refill->want, refill->lent);
	if (refill->lent) {
		pool->info->refills++;
		client->refills++;
	} else if (rring_client_lent(client, pool->index) < RRING_MAGAZINE_SLOTS) {
		err = -EAGAIN;
	}
	rring_client_unlock(client);
	return err;
}

/*
 * Over its quota, a client needs slots of its own to be freed, and the sweep
 * frees those of all: it has to go round.
 */
static int refill_sweep(struct refill *refill, enum rring_depth depth)
{
	u32 want = refill->over_quota ? refill->pool->capacity : refill->want;

	if (fatal_signal_pending(current))
		return -EINTR;
	rring_sweep(refill->pool, want, depth);
	return refill_lend(refill);	/* another's sweep may have found some */
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

/*
 * With less than a batch free, the sweep comes first: else what one sweep left
 * over would make a REFILL of its own each time.
 */
static int refill_try(void *context, u64 *wake_at)
{
	struct refill *refill = context;
	int err = -EAGAIN;

	if (READ_ONCE(refill->pool->nr_free) >= refill->want)
		err = refill_lend(refill);
	if (err == -EAGAIN)
		err = refill_sweep(refill, RRING_SWEEP_LEDGERS);
	if (err == -EAGAIN)
		err = refill_sweep(refill, RRING_SWEEP_WINDOWS);
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

int rring_pool_refill(struct rring_client *client, u32 index, u64 deadline,
		      u32 *count)
{
	struct rring_pool *pool = &client->arena->pool[index];
	struct refill refill = {
		.client = client,
		.pool = pool,
		.want = min_t(u32, *count, RRING_MAGAZINE_SLOTS),
	};
	int err;

	if (!pool->capacity)
		return -ENOSPC;
	err = rring_gate_wait(&pool->gate, &refill_ops, &refill, deadline);
	*count = refill.lent;
	if (err != -ETIMEDOUT)
		return err;
	mutex_lock(&client->arena->lock);
	pool->info->failures++;
	mutex_unlock(&client->arena->lock);
	if (refill.over_quota)
		return -EDQUOT;
	return deadline ? -ETIMEDOUT : -ENOSPC;
}

int rring_pool_count(struct rring_client *client, struct rring_pool_stat *stat)
{
	struct rring_pool *pool = &client->arena->pool[stat->pool];
	u32 i;
	int err;

	if (stat->flags & RRING_STAT_SWEEP) {
		rring_sweep(pool, pool->capacity, RRING_SWEEP_LEDGERS);
		rring_sweep(pool, pool->capacity, RRING_SWEEP_WINDOWS);
	}
	stat->held = rring_sweep_held(pool);
	err = rring_client_lock(client);
	if (err)
		return err;
	stat->capacity = pool->capacity;
	stat->free = pool->nr_free;
	stat->charged = client->charged[pool->index];
	stat->lent = 0;
	for (i = 1; i <= client->arena->info->max_clients; i++)
		if (client->arena->clients[i])
			stat->lent += rring_client_lent(client->arena->clients[i],
						    pool->index);
	rring_client_unlock(client);
	return 0;
}
