// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The death of a client, which is a write of zeros. From the moment at which it
 * is out of the arena's tables, under the arena's lock, its ledger, magazines
 * and cursors are not read any more: they are as empty.
 */
#include "compat.h"

#include <rusted_ring/ledger.h>

#include "arena.h"
#include "client.h"
#include "death.h"
#include "reader.h"
#include "reclaim.h"
#include "ring.h"
#include "trace.h"

u32 rring_estate_holds(const struct rring_estate *estate)
{
	u32 held = 0;
	u32 i;

	for (i = 0; i < RRING_POOLS; i++)
		held += estate->held[i];
	return held;
}

/* All but the holds, of which there can be many. Under the arena's lock. */
void rring_estate_take(struct rring_client *client, struct rring_estate *estate)
{
	struct rring_arena *arena = client->arena;
	u32 i;

	for (i = 0; i < RRING_POOLS; i++) {
		estate->lent[i] = rring_client_lent(client, i);
		estate->charged[i] = client->charged[i];
	}
	estate->rings = 0;
	for (i = 0; i < arena->info->max_rings; i++)
		if (arena->rings[i] && arena->rings[i]->writer == client)
			estate->rings++;
	estate->readers = 0;
	for (i = 0; i < RRING_CURSORS; i++)
		if (client->readers[i])
			estate->readers++;
}

static void leave_place(struct rring_client *client)
{
	struct rring_arena *arena = client->arena;
	const rring_word_t *ledger = rring_client_ledger(client);
	u32 i;

	rring_flag_store_release(&arena->info->client_serial[client->id], 0);
	arena->clients[client->id] = NULL;
	for (i = 0; arena->ledgers[i] != ledger; i++)
		;
	arena->ledgers[i] = arena->ledgers[--arena->nr_ledgers];
}

static void orphan_rings(struct rring_client *client)
{
	struct rring_arena *arena = client->arena;
	u32 i;

	for (i = 0; i < arena->info->max_rings; i++)
		if (arena->rings[i] && arena->rings[i]->writer == client)
			rring_ring_orphan(arena->rings[i], RRING_RING_ENDED);
}

static void orphan_readers(struct rring_client *client)
{
	u32 i;

	for (i = 0; i < RRING_CURSORS; i++) {
		if (!client->readers[i])
			continue;
		/* who was evicted may be waiting as it */
		rring_gate_open(&client->readers[i]->ring->readable);
		rring_reader_orphan(client->readers[i]);
	}
}

static u32 count_holds(const rring_word_t *ledger, u32 capacity)
{
	u32 held = 0;
	u32 i;

	for (i = 0; i < capacity; i++) {
		if (rring_ledger_holds(rring_word_load(&ledger[i])))
			held++;
		if (i % 4096 == 0)
			cond_resched();
	}
	return held;
}

/* Its pages stay as they are, and nobody writes them any more. */
static void count_dead_holds(struct rring_client *client,
			     struct rring_estate *estate)
{
	const rring_word_t *ledger = rring_client_ledger(client);
	struct rring_arena *arena = client->arena;
	u32 i;

	for (i = 0; i < RRING_POOLS; i++)
		estate->held[i] = count_holds(&ledger[arena->pool[i].base],
					      arena->pool[i].capacity);
	mutex_lock(&arena->lock);
	arena->info->deaths++;
	arena->info->dead_holds += rring_estate_holds(estate);
	mutex_unlock(&arena->lock);
}

/* What it was the last to have is freed at once, where that is much memory. */
static void reclaim_xxl(struct rring_arena *arena)
{
	struct rring_pool *pool = &arena->pool[RRING_XXL];

	rring_sweep_range(pool, 0, pool->capacity);
}

/*
 * The windows of its rings are copied before its ledger goes out of sight, so
 * that a slot which they name is always named somewhere.
 */
void rring_client_die(struct rring_client *client)
{
	struct rring_arena *arena = client->arena;
	struct rring_estate estate = {};
	enum rring_client_state state;

	mutex_lock(&arena->lock);
	state = client->state;
	if (state != RRING_CLIENT_DEAD) {
		rring_estate_take(client, &estate);
		orphan_rings(client);
		orphan_readers(client);
		leave_place(client);
		client->state = RRING_CLIENT_DEAD;
		rring_arena_wake_pools(arena, ~0u);
		rring_arena_changed(arena);
	}
	mutex_unlock(&arena->lock);
	if (state == RRING_CLIENT_DEAD)
		return;
	wake_up_poll(&client->poll_queue, EPOLLERR);
	if (state == RRING_CLIENT_LIVE) {
		count_dead_holds(client, &estate);
		reclaim_xxl(arena);
	}
	trace_client_exit(client, &estate);
	rring_notify_client(client, &estate);
}
