// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The death of a client. Under the arena's lock, the kernel takes the client
 * out of the arena's tables. From then on the client's ledger, magazines and
 * cursors count as empty. The kernel does not change the pages of these three,
 * and no longer reads them, except to count the holds for statistics.
 */
#include "compat.h"

#include <rusted_ring/internal/ledger.h>

#include "arena.h"
#include "changes.h"
#include "client.h"
#include "death.h"
#include "groups.h"
#include "idle.h"
#include "reader.h"
#include "reclaim.h"
#include "remnants.h"
#include "ring.h"
#include "trace.h"

/* Return how many slots the client holds or held: the sum of all .held. */
u32 kring_client_usage_holds(const struct kring_client_usage *usage)
{
	u32 held = 0;
	u32 i;

	for (i = 0; i < RRING_POOLS; i++)
		held += usage->held[i];
	return held;
}

/*
 * Fill all fields of @usage except .held. The caller fills .held: a count of
 * the holds reads the whole ledger, which takes too long for one call under the
 * arena's lock. The caller holds this lock when it calls this function.
 */
void kring_client_usage_take(struct kring_client *client,
			     struct kring_client_usage *usage)
{
	struct kring_arena *arena = client->arena;
	u32 i;

	for (i = 0; i < RRING_POOLS; i++) {
		usage->lent[i] = kring_client_lent(client, i);
		usage->charged[i] = kring_pool_charged(&arena->pool[i],
						       client);
	}
	kring_work_add(KRING_WORK_RINGS, arena->info->max_rings);
	usage->rings = 0;
	for (i = 1; i <= arena->info->max_rings; i++)
		if (arena->rings[i] && arena->rings[i]->writer == client)
			usage->rings++;
	usage->readers = 0;
	for (i = 0; i < client->cursors_end; i++)
		if (client->readers[i])
			usage->readers++;
}

static void remove_from_tables(struct kring_client *client)
{
	struct kring_arena *arena = client->arena;

	rring_flag_store_release(&arena->info->client_serial[client->id], 0);
	arena->clients[client->id] = NULL;
	kring_changes_forget(client);
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

	for (i = 0; i < client->cursors_end; i++) {
		if (!client->readers[i])
			continue;
		/* wake threads of an evicted client that wait for an event */
		kring_evcount_signal(&client->readers[i]->ring->readable);
		kring_reader_detach(client->readers[i], false);
	}
}

static u32 count_holds(const rring_word_t *ledger, u32 slots, u32 parked)
{
	u32 held = 0;
	u32 i;

	for (i = 0; i < slots; i++)
		if (kring_word_holds(rring_word_load(&ledger[i]), parked))
			held++;
	return held;
}

/*
 * Return true if @client has kept summaries that count the words of @pool.
 */
static bool has_summaries(const struct kring_client *client,
			  const struct kring_pool *pool)
{
	const struct rring_tails *tails = client->ledger.addr;

	return pool->index != RRING_XXL &&
	       rring_word_load(&tails->used) & RRING_SUMMARY_KEPT;
}

/*
 * Return how many slots of @pool the dead @client held. If it kept summaries,
 * read only the words that a summary counts.
 */
static u32 count_held(struct kring_client *client,
		      const struct kring_pool *pool)
{
	const rring_word_t *summary = kring_client_summaries(client);
	const rring_word_t *ledger = kring_client_ledger(client);
	u32 parked = kring_client_parked(client, pool->index);
	bool kept = has_summaries(client, pool);
	u32 end = pool->base + pool->capacity;
	u32 held = 0;
	u32 from, to;

	for (from = pool->base; from < end; from = to) {
		u32 i = from / RRING_SUMMARY_WORDS;

		to = min(end, (i + 1) * RRING_SUMMARY_WORDS);
		if (!kept || rring_summary_count(rring_word_load(&summary[i])))
			held += count_holds(&ledger[from], to - from, parked);
		if (i % RRING_SUMMARY_WORDS == 0)
			cond_resched();
	}
	return held;
}

/*
 * Store in .held of @usage how many slots of each pool the dead @client held.
 * Read its ledger without the arena's lock, because a dead client no longer
 * changes its ledger. Then take this lock, and add the death and the slots to
 * the arena's statistics.
 */
static void count_dead_holds(struct kring_client *client,
			     struct kring_client_usage *usage)
{
	struct kring_arena *arena = client->arena;
	u32 i;

	for (i = 0; i < RRING_POOLS; i++)
		usage->held[i] = count_held(client, &arena->pool[i]);
	mutex_lock(&arena->lock);	/* not killable: this is a death */
	arena->info->deaths++;
	arena->info->dead_holds += kring_client_usage_holds(usage);
	mutex_unlock(&arena->lock);
}

/*
 * Sweep the XXL pool of @arena now, to free the events that only the dead
 * client held. These events may have many pages, so the kernel does not leave
 * them allocated until a refill sweeps the pool. Takes the arena's lock.
 */
static void reclaim_xxl(struct kring_arena *arena)
{
	struct kring_pool *pool = &arena->pool[RRING_XXL];

	kring_sweep_range(pool, 0, pool->capacity);
}

/*
 * Begin the death of @client: from now on its calls fail, and it can map
 * nothing more. Fill all fields of @usage except .held. Return false if @client
 * is dead already. Takes the arena's lock.
 */
static bool begin_death(struct kring_client *client,
			struct kring_client_usage *usage)
{
	bool alive;

	mutex_lock(&client->arena->lock);
	alive = client->state != RRING_CLIENT_DEAD;
	if (alive)
		kring_client_usage_take(client, usage);
	client->leaving = true;
	mutex_unlock(&client->arena->lock);
	return alive;
}

/*
 * Let @client die: take it out of its arena. The caller ensures that @client is
 * attached. Do nothing if @client is dead already. The rings that @client
 * writes end, its named readers freeze (they keep their positions), and its
 * other readers are removed. The kernel first adopts the windows of the rings
 * that @client writes: it copies which slots the entries there name. Then it
 * removes the ledger from those that sweeps read. So at any time a location
 * names the slots in use.
 *
 * Wake all tasks that may wait for @client: the readers of the rings that it
 * writes, the writers of the rings that it reads, the clients that wait for
 * slots, and the tasks that poll its file. detach_rings() and detach_readers()
 * also wake the threads of @client: if @client was evicted, its threads may
 * still sleep in an ioctl.
 *
 * Takes the arena's lock, also if the process is being killed, because that is
 * how most clients die. The caller may hold the mmap_lock.
 */
void kring_client_die(struct kring_client *client)
{
	struct kring_arena *arena = client->arena;
	struct kring_client_usage usage = {};
	enum rring_client_state state;

	if (!begin_death(client, &usage))
		return;
	kring_groups_leave(client);
	kring_mappings_leave(client);
	mutex_lock(&arena->lock);
	state = client->state;
	if (state != RRING_CLIENT_DEAD) {
		detach_rings(client);
		detach_readers(client);
		remove_from_tables(client);
		/* the KUnit suite eviction reads it without the lock */
		WRITE_ONCE(client->state, RRING_CLIENT_DEAD);
		kring_arena_wake_pools(arena, ~0u);
		kring_arena_changed(arena);
	}
	mutex_unlock(&arena->lock);
	if (state == RRING_CLIENT_DEAD)
		return;
	kring_wake_pollers(&client->poll_queue, EPOLLERR);
	kring_idle_release(client);
	if (state == RRING_CLIENT_LIVE) {
		count_dead_holds(client, &usage);
		reclaim_xxl(arena);
	}
	trace_client_exit(client, &usage);
	kring_announce_client(client, &usage);
}
