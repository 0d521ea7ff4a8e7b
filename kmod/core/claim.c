// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Take groups away from a client: because another client needs slots, or because
 * the client dies. A claim has two phases. First, under the arena's lock, the
 * group is marked, so that no fault of the client maps a page of it any more.
 * Then, without the lock, kring_revoke_own() takes the pages out of the client's
 * mappings of OWN. Only after that others rely on it. Documentation/design.rst
 * has the proof.
 *
 * The second phase does not hold the lock, because it waits for locks of the
 * client's mappings, which the client can keep busy.
 */
#include "compat.h"

#include "arena.h"
#include "client.h"
#include "groups.h"
#include "pool.h"
#include "revoke.h"
#include "work.h"

/* kring_groups_leave() releases the lock after so many groups */
#define LEAVE_BATCH	16u

/* kring_groups_claim() takes at most so many groups at a time */
#define CLAIM_BATCH	64u

/*
 * If the claimed groups are in more runs of neighbours than this, revoke all
 * pages from the first to the last of them by one call.
 */
#define CLAIM_RUNS	8u

/* ---- claim groups of other clients ---- */

/* Groups that kring_groups_claim() takes from one client. */
struct claim {
	struct kring_client *victim;	/* with a reference */
	u32 n;
	u32 group[CLAIM_BATCH];		/* their indices */
};

/* Return the client other than @client from which the most can be claimed. */
static struct kring_client *richest(const struct kring_pool *pool,
				    const struct kring_client *client)
{
	struct kring_arena *arena = pool->arena;
	struct kring_client *best = NULL;
	u32 most = 0;
	u32 i;

	kring_work_add(KRING_WORK_CLIENTS, arena->last_client);
	for (i = 1; i <= arena->last_client; i++) {
		struct kring_client *other = arena->clients[i];

		if (!other || other == client ||
		    kring_groups_claimable(&other->owner[pool->index]) <= most)
			continue;
		best = other;
		most = kring_groups_claimable(&other->owner[pool->index]);
	}
	return best;
}

/* Return how many groups @client may get in use until its quota is used up. */
static u32 quota_groups(const struct kring_pool *pool,
			struct kring_client *client)
{
	u32 slots = kring_groups_quota_left(pool, &client->owner[pool->index],
					    kring_pool_quota(pool, client));

	return DIV_ROUND_UP(slots, pool->groups->slots);
}

/*
 * Phase 1: take wholly free groups from the richest client, as many as
 * @client needs to be lent @want slots and may have. Return false if there is
 * none to take, or if the process is being killed.
 */
static bool detach_groups(struct kring_pool *pool, struct kring_client *client,
			  u32 want, struct claim *claim)
{
	struct kring_owner *owner = kring_groups_owner(pool, client);
	struct kring_groups *groups = pool->groups;
	struct kring_group *group;
	struct kring_owner *from;
	u32 need = DIV_ROUND_UP(want, groups->slots);

	if (mutex_lock_killable(&pool->arena->lock))
		return false;
	if (owner->client)
		need = min(need, quota_groups(pool, client));
	need = min(need, kring_groups_permitted(groups, owner));
	need -= min(need, owner->nr_whole + groups->nr_nobody);
	claim->victim = richest(pool, client);
	if (!need || !claim->victim) {
		mutex_unlock(&pool->arena->lock);
		return false;
	}
	kref_get(&claim->victim->ref);
	from = &claim->victim->owner[pool->index];
	need = min(min(need, kring_groups_claimable(from)), CLAIM_BATCH);
	for (claim->n = 0; claim->n < need; claim->n++) {
		group = kring_groups_take_whole(groups, from);
		claim->group[claim->n] = kring_group_index(groups, group);
	}
	kring_groups_begin_claim(groups, owner, need);
	mutex_unlock(&pool->arena->lock);
	return true;
}

static void revoke_groups(const struct kring_pool *pool,
			  const struct claim *claim, u32 first, u32 n)
{
	u64 page = kring_groups_first_page(pool);
	u32 pages = pool->groups->pages;

	kring_revoke_own(claim->victim, page + (u64)first * pages,
			 (u64)n * pages);
}

/* Return at which element of .group the run of neighbours ends. */
static u32 end_of_run(const struct claim *claim, u32 from)
{
	u32 i;

	for (i = from + 1; i < claim->n; i++)
		if (claim->group[i] != claim->group[i - 1] + 1)
			break;
	return i;
}

static u32 count_runs(const struct claim *claim)
{
	u32 runs = 0;
	u32 i;

	for (i = 0; i < claim->n; i = end_of_run(claim, i))
		runs++;
	return runs;
}

/*
 * Phase 2: take the pages of the claimed groups out of the victim's mappings.
 * Pages between two of these groups may go, too: the victim's next access maps
 * them again.
 */
static void revoke_claim(const struct kring_pool *pool,
			 const struct claim *claim)
{
	u32 lowest = claim->group[0];
	u32 highest = claim->group[0];
	u32 i, end;

	if (count_runs(claim) <= CLAIM_RUNS) {
		for (i = 0; i < claim->n; i = end) {
			end = end_of_run(claim, i);
			revoke_groups(pool, claim, claim->group[i], end - i);
		}
		return;
	}
	for (i = 1; i < claim->n; i++) {
		lowest = min(lowest, claim->group[i]);
		highest = max(highest, claim->group[i]);
	}
	revoke_groups(pool, claim, lowest, highest - lowest + 1);
}

/*
 * Give the claimed groups to @client, from whom nobody claims them until
 * kring_groups_settle(). If @client has gone, nobody owns them. The caller holds
 * the arena's lock.
 */
static void hand_over(struct kring_pool *pool, struct kring_client *client,
		      const struct claim *claim)
{
	struct kring_owner *owner = kring_groups_owner(pool, client);
	struct kring_groups *groups = pool->groups;
	bool has_gone = owner->client && kring_client_is_gone(owner->client);
	u32 i;

	kring_groups_end_claim(groups, owner, claim->n);
	for (i = 0; i < claim->n; i++) {
		struct kring_group *group = &groups->group[claim->group[i]];

		if (has_gone)
			kring_group_to_nobody(groups, group);
		else
			kring_group_to_owner(groups, group, owner);
	}
}

/*
 * Take wholly free groups of @pool from another client, so that @client (NULL:
 * the kernel) can be lent up to @want slots. Return how many. The caller then
 * lends @client the slots, and calls kring_groups_settle(). If @client has fewer
 * groups in use than its minimum, at least one slot can be lent to it then.
 * Return 0 if there are no groups, if @client may not have more groups in use,
 * or if the process is being killed. Takes the arena's lock. May sleep.
 */
u32 kring_groups_claim(struct kring_pool *pool, struct kring_client *client,
		       u32 want)
{
	struct claim claim;

	if (!pool->groups || !detach_groups(pool, client, want, &claim))
		return 0;
	revoke_claim(pool, &claim);
	/* not killable: the groups would be lost */
	mutex_lock(&pool->arena->lock);
	hand_over(pool, client, &claim);
	mutex_unlock(&pool->arena->lock);
	kring_client_put(claim.victim);
	return claim.n;
}

/*
 * Let others have the @n groups that kring_groups_claim() has claimed for
 * @client, as far as they are still wholly free. Wake the clients that wait for
 * slots: while the groups were claimed, nobody found them. Takes the arena's
 * lock.
 */
void kring_groups_settle(struct kring_pool *pool, struct kring_client *client,
			 u32 n)
{
	struct kring_arena *arena = pool->arena;
	struct kring_owner *owner;

	if (!n)
		return;
	mutex_lock(&arena->lock);	/* not killable: the groups would stay */
	owner = kring_groups_owner(pool, client);
	owner->nr_kept -= n;
	if (!owner->client && !owner->nr_kept)
		while (owner->nr_whole)
			kring_groups_disown(pool->groups, owner);
	if (rring_flag_load(&arena->info->pool_waiters) & BIT(pool->index))
		kring_arena_wake_pools(arena, BIT(pool->index));
	mutex_unlock(&arena->lock);
}

/* ---- a client dies ---- */

/*
 * Copy the headers of @n slots of @pool, from @slot on, from HEADERS of @client
 * to PAYLOAD.
 */
static void copy_headers(const struct kring_pool *pool,
			 const struct kring_client *client, u32 slot, u32 n)
{
	struct rring_event_header *to = pool->arena->payload.addr +
					pool->info->header_offset;
	const struct rring_event_header *from = client->headers->region.addr;

	kring_work_add(KRING_WORK_SLOTS, n);
	memcpy(&to[slot], &from[pool->base + slot], n * sizeof(*to));
}

/* Make @group of @client one of the orphans, with the headers of its slots. */
static void adopt(struct kring_pool *pool, struct kring_client *client,
		  struct kring_group *group)
{
	struct kring_groups *groups = pool->groups;

	copy_headers(pool, client,
		     kring_group_index(groups, group) * groups->slots,
		     groups->slots);
	kring_group_to_orphans(groups, group);
}

/*
 * Take up to LEAVE_BATCH groups of @pool from @client. Return true if it has
 * others. The caller holds the arena's lock.
 */
static bool leave_some(struct kring_pool *pool, struct kring_client *client)
{
	struct kring_owner *owner = &client->owner[pool->index];
	struct kring_groups *groups = pool->groups;
	struct kring_group *group;
	u32 n;

	for (n = 0; n < LEAVE_BATCH; n++) {
		group = kring_groups_used(owner);
		if (group)
			adopt(pool, client, group);
		else if (owner->nr_whole)
			kring_groups_disown(groups, owner);
		else
			return false;
	}
	return true;
}

static void leave_pool(struct kring_pool *pool, struct kring_client *client)
{
	struct kring_arena *arena = pool->arena;
	bool more;

	do {
		/* not killable: a client that dies has to leave */
		mutex_lock(&arena->lock);
		kring_groups_end_minimum(pool->groups,
					 &client->owner[pool->index]);
		more = leave_some(pool, client);
		mutex_unlock(&arena->lock);
		cond_resched();
	} while (more);
}

/* Make the kernel the owner of all slots of XXL that were lent to @client. */
static void leave_xxl(struct kring_pool *pool, struct kring_client *client)
{
	u32 slot;

	/* not killable: a client that dies has to leave */
	mutex_lock(&pool->arena->lock);
	kring_work_add(KRING_WORK_SLOTS, pool->high_water);
	for (slot = 0; slot < pool->high_water; slot++) {
		if (!test_bit(slot, pool->out) ||
		    pool->lease[slot].serial != client->serial)
			continue;
		copy_headers(pool, client, slot, 1);
		kring_groups_lend_xxl(pool, slot, NULL);
	}
	mutex_unlock(&pool->arena->lock);
}

/*
 * Take all groups from @client, which is about to die, and can map and be lent
 * nothing any more. Wholly free groups go to nobody, the others to the orphans
 * of their pool. Copy the headers of its events to PAYLOAD. Do nothing if the
 * arena is not owned. Takes the arena's lock for each batch of groups. May
 * sleep. The caller may hold the mmap_lock of @client.
 */
void kring_groups_leave(struct kring_client *client)
{
	struct kring_arena *arena = client->arena;
	u32 i;

	if (!(arena->info->features & RRING_FEATURE_OWNED) ||
	    client->role != RRING_PRODUCER)
		return;
	kring_revoke_own(client, 0, arena->payload.nr_pages);
	kring_revoke_all_xxl(client);
	for (i = 0; i < RRING_XXL; i++)
		if (arena->pool[i].groups)
			leave_pool(&arena->pool[i], client);
	leave_xxl(&arena->pool[RRING_XXL], client);
}
