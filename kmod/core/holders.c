// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Holders: the hold limit of an arena, and the clients that exceed it.
 *
 * A client can claim in its ledger to hold any slot, and a sweep then does not
 * free this slot. The arena's owner can limit how many slots of a pool a client
 * of each role may hold. The limit takes nothing away: only when a client (or a
 * kernel writer) has swept a pool and found no free slot, the kernel looks for
 * other clients above their limit, names each of them in a notice and, if the
 * owner wants this, evicts it. For a client that lacks quota, the kernel counts
 * only slots that it has lent to this client: others may have free slots.
 * kring_holders_check() does these steps for each client:
 *
 *   1. Count the slots that the client holds. If they are not above the limit,
 *      leave the client alone.
 *   2. Otherwise, read the ledger words again, and store them.
 *   3. Read the ledger words once more. Count only the slots whose word has
 *      holds, and is the same as in step 2.
 *
 * Each change of a word changes its moves. So a slot that counts in step 3 was
 * held from step 2 to step 3, and at an instant between these two the client
 * held all slots that count. Step 1 cannot prove this: a client that drops a
 * slot and then takes another one can show both to a single look. So a client
 * that always keeps its limit is never named.
 *
 * A slot in a magazine has no hold, and so does not count. A parked slot (one
 * that the client has dropped, but keeps for its next allocation) has a hold,
 * but does not count if the kernel has recalled it, or if the kernel has lent it
 * to this client and the client has no more than rring_parked_max() of them,
 * which is how many the library parks. Each other slot that has holds counts, so
 * that a client cannot hide what it claims.
 *
 * The kernel itself, client 0, has no limit.
 */
#include "compat.h"

#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/layout.h>
#include <rusted_ring/internal/ledger.h>
#include <rusted_ring/internal/reclaim.h>

#include "arena.h"
#include "client.h"
#include "holders.h"
#include "pool.h"

#define WORDS_AT_ONCE	4096	/* ledger words read under one lock */
#define TRIES		2	/* of steps 2 and 3, if they take too long */

/* What a look at the ledger of a client does, by the number of its step. */
enum step {
	COUNT = 1,
	STORE,
	COMPARE,
};

/* A look at the slots of a pool that one client holds. */
struct look {
	struct kring_pool *pool;
	u32 id;			/* of the client */
	u32 serial;
	u32 end;		/* look at the slots below this one */
	u32 lent_to;		/* only slots that the kernel has lent to the
				 * client with this serial count; 0: all slots
				 */
	u64 *seen;		/* by slot: its word in step 2, 0 if it does not
				 * hold the slot; NULL before the first step 2
				 */
	u32 held;		/* slots that count, without parked ones */
	u32 parked;		/* slots that the client has parked */
};

/*
 * Return how many slots of @pool @client may hold, at least 1. Without a limit
 * these are all slots. The caller holds the arena's lock.
 */
u32 kring_holders_limit(const struct kring_pool *pool,
			const struct kring_client *client)
{
	u32 percent = pool->arena->hold_limit.percent[client->role];

	if (!percent || !pool->capacity)
		return pool->capacity;
	return max_t(u64, 1, (u64)pool->capacity * percent / 100);
}

/*
 * Set the limit of the clients with @role to @percent of each pool, or to none
 * if @percent is 0. A client of the role that was named before can be named
 * again. The caller holds the arena's lock, and then wakes the clients that wait
 * for slots: their sweeps find the clients that exceed the new limit.
 */
void kring_holders_set(struct kring_arena *arena, u32 role, u32 percent)
{
	u32 i;

	arena->hold_limit.percent[role] = percent;
	for (i = 1; i <= arena->info->max_clients; i++)
		if (arena->clients[i] && arena->clients[i]->role == role)
			arena->clients[i]->over_limit = 0;
}

/* ---- count ---- */

/*
 * Return true if the kernel has lent @slot, whose word is @word, to the client,
 * and the client has parked it. The caller holds the arena's lock.
 */
static bool is_parked(const struct look *look, u32 slot, u64 word)
{
	return look->pool->index != RRING_XXL && (u32)word == RRING_PARKED &&
	       look->pool->lease[slot].serial == look->serial;
}

/*
 * Do @step for @slot. @word is the client's word of @slot, or 0 if the client
 * does not hold it. The caller holds the arena's lock.
 */
static void look_at_slot(struct look *look, enum step step, u32 slot, u64 word)
{
	if (step == STORE)
		look->seen[slot] = word;
	if (!word || (step == COMPARE && word != look->seen[slot]))
		return;
	if (is_parked(look, slot, word))
		look->parked++;
	else
		look->held++;
}

/*
 * Return true if the holds of a client on @slot count. The caller holds the
 * arena's lock.
 */
static bool is_looked_at(const struct look *look, u32 slot)
{
	const struct kring_pool *pool = look->pool;

	return test_bit(slot, pool->out) &&
	       (!look->lent_to || pool->lease[slot].serial == look->lent_to);
}

/*
 * Do @step for the slots @from to @to - 1, of the live client @client. The
 * caller holds the arena's lock.
 */
static void look_at_slots(struct look *look, enum step step,
			  struct kring_client *client, u32 from, u32 to)
{
	const struct kring_pool *pool = look->pool;
	const rring_word_t *ledger = kring_client_ledger(client) + pool->base;
	u32 recalled = kring_client_parked(client, pool->index);
	u64 word;

	for (; from < to; from++) {
		word = rring_word_load(&ledger[from]);
		if (!is_looked_at(look, from) ||
		    !kring_word_holds(word, recalled))
			word = 0;
		look_at_slot(look, step, from, word);
	}
}

/*
 * Return the client of @look, or NULL if it is dead or evicted. The caller holds
 * the arena's lock.
 */
static struct kring_client *client_of(const struct look *look)
{
	struct kring_client *client = look->pool->arena->clients[look->id];

	if (!client || client->serial != look->serial ||
	    kring_client_is_gone(client))
		return NULL;
	return client;
}

/*
 * Do @step for all slots below .end. Return true if the look is complete: the
 * client lives, and the calling task is not being killed. Takes the arena's lock
 * for each WORDS_AT_ONCE slots; so this function loads each word after all words
 * that an earlier call has loaded. May sleep.
 */
static bool look_at_all(struct look *look, enum step step)
{
	struct mutex *lock = &look->pool->arena->lock;
	struct kring_client *client;
	u32 from, to;

	look->held = 0;
	look->parked = 0;
	for (from = 0; from < look->end; from = to) {
		to = min(look->end, from + WORDS_AT_ONCE);
		mutex_lock(lock);
		client = client_of(look);
		if (client)
			look_at_slots(look, step, client, from, to);
		mutex_unlock(lock);
		cond_resched();
		if (!client || fatal_signal_pending(current))
			return false;
	}
	return true;
}

static u32 claimed(const struct look *look)
{
	u32 max = rring_parked_max(look->pool->info);

	return look->held + (look->parked > max ? look->parked - max : 0);
}

/*
 * Do steps 2 and 3. Return true if the count is complete, and took so little
 * time that the moves of a word cannot have wrapped to their first value.
 */
static bool look_twice(struct look *look)
{
	u64 began;
	u32 tries;

	if (!look->seen)
		look->seen = kvcalloc(look->end, sizeof(*look->seen),
				      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!look->seen)
		return false;
	for (tries = 0; tries < TRIES; tries++) {
		began = ktime_get_coarse_ns();
		if (!look_at_all(look, STORE) || !look_at_all(look, COMPARE))
			return false;
		if (ktime_get_coarse_ns() - began <= RRING_COLLECT_NS)
			return true;
	}
	return false;
}

/* ---- judge ---- */

/*
 * Return true if the count is not above the client's limit. If all slots were
 * looked at, the client can then be named again later. Takes the arena's lock.
 */
static bool keeps_limit(const struct look *look)
{
	struct kring_pool *pool = look->pool;
	struct kring_client *client;
	bool keeps;

	mutex_lock(&pool->arena->lock);
	client = client_of(look);
	keeps = !client ||
		claimed(look) <= kring_holders_limit(pool, client);
	if (client && keeps && !look->lent_to)
		client->over_limit &= ~BIT(pool->index);
	mutex_unlock(&pool->arena->lock);
	return keeps;
}

/*
 * Name @client, which held @slots slots of @pool, in a notice, unless it has
 * been named since it kept its limit. If the notice is lost, the next sweep that
 * finds no free slot names the client. Evict it if the arena's owner wants this.
 * The caller holds the arena's lock.
 */
static void name_client(struct kring_pool *pool, struct kring_client *client,
			u32 slots)
{
	u32 bit = BIT(pool->index);

	if (!(client->over_limit & bit) &&
	    kring_announce_over_limit(pool, client, slots))
		client->over_limit |= bit;
	if (pool->arena->hold_limit.evict)
		kring_evict_later(client);
}

/*
 * The count of step 3 is complete: name the client if it is above its limit.
 * Takes the arena's lock.
 */
static void judge(const struct look *look)
{
	struct kring_pool *pool = look->pool;
	struct kring_client *client;

	mutex_lock(&pool->arena->lock);
	client = client_of(look);
	if (client && claimed(look) > kring_holders_limit(pool, client))
		name_client(pool, client, claimed(look));
	mutex_unlock(&pool->arena->lock);
}

/*
 * Prepare @look for client @id. Return false if there is no such client, if it
 * is @waiter, or if it has no limit. Takes the arena's lock.
 */
static bool select_client(struct look *look, u32 id,
			  const struct kring_client *waiter)
{
	struct kring_arena *arena = look->pool->arena;
	struct kring_client *client;
	bool selected;

	mutex_lock(&arena->lock);
	client = arena->clients[id];
	selected = client && client != waiter &&
		   arena->hold_limit.percent[client->role];
	look->id = id;
	look->serial = client ? client->serial : 0;
	mutex_unlock(&arena->lock);
	return selected;
}

/* Return true if a role has a hold limit. The caller holds the arena's lock. */
static bool has_limit(const struct kring_arena *arena)
{
	u32 i;

	for (i = 0; i < RRING_ROLES; i++)
		if (arena->hold_limit.percent[i])
			return true;
	return false;
}

/*
 * @waiter has swept @pool, and has got no slot: no slot is free or, if @own is
 * true, its quota is used up, and it waits for slots that were lent to it. Name
 * the other clients that hold more of these slots than their limit, and evict
 * them if the arena's owner wants this: see the top of this file. If there is no
 * memory for step 2, or the process is being killed, name no more clients. Takes
 * the arena's lock. May sleep.
 */
void kring_holders_check(struct kring_pool *pool,
			 const struct kring_client *waiter, bool own)
{
	struct kring_arena *arena = pool->arena;
	struct look look = {
		.pool = pool,
		.lent_to = own ? waiter->serial : 0,
	};
	u32 i;

	mutex_lock(&arena->lock);
	if (has_limit(arena))
		look.end = pool->high_water;
	mutex_unlock(&arena->lock);
	if (!look.end)
		return;
	for (i = 1; i <= arena->info->max_clients; i++)
		if (select_client(&look, i, waiter) &&
		    look_at_all(&look, COUNT) && !keeps_limit(&look) &&
		    look_twice(&look))
			judge(&look);
	kvfree(look.seen);
}
