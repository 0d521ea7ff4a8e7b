// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The death of a client. Under the arena's lock, the kernel takes the client
 * out of the arena's tables. From then on the client's ledger, magazines and
 * cursors count as empty: the kernel no longer reads them, except to count the
 * holds for statistics. The kernel does not change their pages.
 */
#include "compat.h"

#include <rusted_ring/internal/ledger.h>

#include "arena.h"
#include "client.h"
#include "death.h"
#include "reader.h"
#include "reclaim.h"
#include "ring.h"
#include "trace.h"

/* Returns how many slots the client held, in all pools together. */
u32 kring_client_usage_holds(const struct kring_client_usage *usage)
{
	u32 held = 0;
	u32 i;

	for (i = 0; i < RRING_POOLS; i++)
		held += usage->held[i];
	return held;
}

/*
 * Fill all fields of @usage except .held: the caller counts the holds, because
 * that takes too long to do under the arena's lock at once. The caller holds
 * this lock.
 */
void kring_client_usage_take(struct kring_client *client,
			     struct kring_client_usage *usage)
{
	struct kring_arena *arena = client->arena;
	u32 i;

	for (i = 0; i < RRING_POOLS; i++) {
		usage->lent[i] = kring_client_lent(client, i);
		usage->charged[i] = client->charged[i];
	}
	usage->rings = 0;
	for (i = 1; i <= arena->info->max_rings; i++)
		if (arena->rings[i] && arena->rings[i]->writer == client)
			usage->rings++;
	usage->readers = 0;
	for (i = 0; i < RRING_CURSORS; i++)
		if (client->readers[i])
			usage->readers++;
}

static void remove_from_tables(struct kring_client *client)
{
	struct kring_arena *arena = client->arena;

	rring_flag_store_release(&arena->info->client_serial[client->id], 0);
	arena->clients[client->id] = NULL;
	kring_arena_remove_ledger(arena, client);
}

static void detach_rings(struct kring_client *client)
{
	struct kring_arena *arena = client->arena;
	u32 i;

	for (i = 1; i <= arena->info->max_rings; i++)
		if (arena->rings[i] && arena->rings[i]->writer == client)
			kring_ring_detach(arena->rings[i], RRING_RING_ENDED);
}

static void detach_readers(struct kring_client *client)
{
	u32 i;

	for (i = 0; i < RRING_CURSORS; i++) {
		if (!client->readers[i])
			continue;
		/* wake threads of an evicted client that sleep on this ring */
		kring_evcount_signal(&client->readers[i]->ring->readable);
		kring_reader_detach(client->readers[i]);
	}
}

static u32 count_holds(const rring_word_t *ledger, u32 capacity, u32 parked)
{
	u32 held = 0;
	u32 i;

	for (i = 0; i < capacity; i++) {
		if (kring_word_holds(rring_word_load(&ledger[i]), parked))
			held++;
		if (i % 4096 == 0)
			cond_resched();
	}
	return held;
}

/*
 * Count the slots that the dead client held, for statistics. Reads the ledger
 * without the arena's lock, because a dead client no longer changes its ledger.
 * Takes the arena's lock to add the counts to the arena's statistics.
 */
static void count_dead_holds(struct kring_client *client,
			     struct kring_client_usage *usage)
{
	const rring_word_t *ledger = kring_client_ledger(client);
	struct kring_arena *arena = client->arena;
	u32 i;

	for (i = 0; i < RRING_POOLS; i++)
		usage->held[i] = count_holds(&ledger[arena->pool[i].base],
					     arena->pool[i].capacity,
					     kring_client_parked(client, i));
	mutex_lock(&arena->lock);
	arena->info->deaths++;
	arena->info->dead_holds += kring_client_usage_holds(usage);
	mutex_unlock(&arena->lock);
}

/*
 * Sweep the XXL pool of @arena now, to free the events that only the dead
 * client held. They may have many pages, so they do not wait for the next
 * sweep. Takes the arena's lock.
 */
static void reclaim_xxl(struct kring_arena *arena)
{
	struct kring_pool *pool = &arena->pool[RRING_XXL];

	kring_sweep_range(pool, 0, pool->capacity);
}

/*
 * Let @client die: take it out of its arena. @client is attached. Do nothing if
 * it is dead already. The rings that it writes end, its named readers freeze,
 * and its other readers are removed. The kernel adopts the windows of its rings
 * before it takes out its ledger, so that a location names their slots at any
 * time.
 *
 * Wake all that may wait for @client: the readers of the rings that it writes,
 * the writers of the rings that it reads, the clients that wait for slots, and
 * the tasks that poll its file. Also wake the threads of @client itself
 * (detach_rings(), detach_readers()): if it was evicted, they may sleep in an
 * ioctl.
 *
 * Takes the arena's lock; the caller may hold the mmap_lock.
 */
void kring_client_die(struct kring_client *client)
{
	struct kring_arena *arena = client->arena;
	struct kring_client_usage usage = {};
	enum rring_client_state state;

	mutex_lock(&arena->lock);
	state = client->state;
	if (state != RRING_CLIENT_DEAD) {
		kring_client_usage_take(client, &usage);
		detach_rings(client);
		detach_readers(client);
		remove_from_tables(client);
		client->state = RRING_CLIENT_DEAD;
		kring_arena_wake_pools(arena, ~0u);
		kring_arena_changed(arena);
	}
	mutex_unlock(&arena->lock);
	if (state == RRING_CLIENT_DEAD)
		return;
	kring_wake_pollers(&client->poll_queue, EPOLLERR);
	if (state == RRING_CLIENT_LIVE) {
		count_dead_holds(client, &usage);
		reclaim_xxl(arena);
	}
	trace_client_exit(client, &usage);
	kring_announce_client(client, &usage);
}
