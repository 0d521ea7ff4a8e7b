// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Groups of slots, in an owned arena: which producer can write which pages.
 *
 * A group has at most one owner. Only slots of a group that a client owns are
 * lent to this client, and only pages of such a group can be mapped writable:
 * in the region OWN of this client. A group without a slot in use can get
 * another owner: claim.c takes it from its owner.
 *
 * A wholly free group stays with its owner, and stays mapped, until another
 * client finds no free slot. So nothing moves while each producer has enough.
 *
 * A single slot in use keeps its whole group from other producers. So each
 * producer has a minimum: so many groups it can always have in use, whatever the
 * others hold. A group beyond its minimum is lent only if the free groups suffice
 * for the minimum of all others.
 */
#include "compat.h"

#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "client.h"
#include "groups.h"
#include "pool.h"

/*
 * Raise each capacity in @args to whole groups, and choose .producers if it is
 * 0. Return 0, or -EINVAL if a pool has fewer than two groups for each producer
 * and two for the kernel, or if a capacity is too large.
 */
int kring_groups_round(struct rring_create *args)
{
	u32 clients = args->max_clients;
	u32 fits = clients;
	u32 i;

	for (i = 0; i < RRING_XXL; i++) {
		u32 slots = rring_group_slots(PAGE_SIZE, i);
		u32 groups = DIV_ROUND_UP(args->capacity[i], slots);

		if (groups * slots > RRING_POOL_CAPACITY_MAX)
			return -EINVAL;
		args->capacity[i] = groups * slots;
		if (groups)
			fits = min(fits, max(groups / 2, 1u) - 1);
	}
	if (!args->producers)
		args->producers = fits;
	return args->producers && args->producers <= fits ? 0 : -EINVAL;
}

/* Return the bitmap of @group: a bit is 1 if the slot is free. */
static u64 *free_of(const struct kring_groups *groups,
		    const struct kring_group *group)
{
	return groups->free +
	       (size_t)kring_group_index(groups, group) * groups->words;
}

static void free_all(struct kring_groups *groups, struct kring_group *group)
{
	u32 last = (groups->slots - 1) % 64;
	u64 *free = free_of(groups, group);
	u32 i;

	for (i = 0; i < groups->words; i++)
		free[i] = i + 1 < groups->words ? U64_MAX :
						  GENMASK_ULL(last, 0);
	group->nr_free = groups->slots;
}

/* Take the first free slot of @group, which has one. Return its number. */
static u32 take_first(struct kring_groups *groups, struct kring_group *group)
{
	u64 *free = free_of(groups, group);
	u32 i = 0;
	u32 bit;

	while (!free[i])
		i++;
	bit = __builtin_ctzll(free[i]);
	free[i] &= free[i] - 1;
	group->nr_free--;
	return i * 64 + bit;
}

static void owner_init(struct kring_owner *owner, struct kring_client *client)
{
	*owner = (struct kring_owner) { .client = client };
	INIT_LIST_HEAD(&owner->whole);
	INIT_LIST_HEAD(&owner->part);
	INIT_LIST_HEAD(&owner->full);
}

/*
 * Return the owner words of @pool in the ARENA region: one for each group, or for
 * each slot of XXL. The arena is owned.
 */
rring_word_t *kring_groups_words(const struct kring_pool *pool)
{
	const struct rring_arena_info *info = pool->arena->info;
	rring_word_t *words = pool->arena->region.addr + info->owner_offset;

	return words + info->group_base[pool->index];
}

/* Return the page of PAYLOAD at which group 0 of @pool begins. */
u64 kring_groups_first_page(const struct kring_pool *pool)
{
	return pool->info->payload_offset / PAGE_SIZE;
}

/*
 * Give @pool, which kring_pool_init() fills, its groups. All are free, and
 * nobody owns them. Return 0 or an error of kring_tables_alloc().
 */
int kring_groups_init(struct kring_pool *pool)
{
	const struct rring_arena_info *info = pool->arena->info;
	struct kring_tables *tables = &pool->arena->tables;
	struct kring_groups *groups;
	int err = 0;
	u32 i;

	groups = kring_tables_alloc(tables, 1, sizeof(*groups), &err);
	if (err)
		return err;
	pool->groups = groups;
	groups->slots = rring_group_slots(rring_group_bytes(info),
					  pool->index);
	groups->words = DIV_ROUND_UP(groups->slots, 64);
	groups->pages = groups->slots * pool->info->slot_size / PAGE_SIZE;
	groups->nr = pool->capacity / groups->slots;
	groups->word = kring_groups_words(pool);
	groups->group = kring_tables_alloc(tables, groups->nr,
					   sizeof(*groups->group), &err);
	groups->free = kring_tables_alloc(tables, groups->nr,
					  groups->words * sizeof(u64), &err);
	if (err)
		return err;
	INIT_LIST_HEAD(&groups->nobody);
	for (i = 0; i < groups->nr; i++) {
		free_all(groups, &groups->group[i]);
		list_add_tail(&groups->group[i].node, &groups->nobody);
	}
	groups->nr_nobody = groups->nr;
	owner_init(&groups->orphans, NULL);
	owner_init(&groups->kernel, NULL);
	groups->kernel.minimum = info->group_minimum[pool->index];
	groups->reserved = groups->kernel.minimum;
	return 0;
}

void kring_groups_destroy(struct kring_pool *pool)
{
	if (pool->groups) {
		kvfree(pool->groups->free);
		kvfree(pool->groups->group);
	}
	kvfree(pool->groups);
}

/* ---- how many groups an owner may use ---- */

/* Return how many groups @owner lacks to have its minimum in use. */
static u32 gap(const struct kring_owner *owner)
{
	return owner->minimum -
	       min(owner->nr_used + owner->nr_claimed, owner->minimum);
}

/* Add @used to the groups of @owner in use, and @claimed to those claimed. */
static void account(struct kring_groups *groups, struct kring_owner *owner,
		    int used, int claimed)
{
	groups->reserved -= gap(owner);
	groups->nr_used += used + claimed;
	owner->nr_used += used;
	owner->nr_claimed += claimed;
	groups->reserved += gap(owner);
}

/* Add @n, which is 1 or -1, to the groups of @owner that are in use. */
static void add_used(struct kring_groups *groups, struct kring_owner *owner,
		     int n)
{
	account(groups, owner, n, 0);
}

/*
 * Return how many free groups @owner may get in use beyond those that it has in
 * use: all that others do not need for their minimum, and have not claimed. The
 * caller holds the arena's lock.
 */
u32 kring_groups_permitted(const struct kring_groups *groups,
			   const struct kring_owner *owner)
{
	return groups->nr - groups->nr_used - groups->reserved + gap(owner);
}

/* Return how many groups @owner can get in use without a claim. */
static u32 groups_at_hand(const struct kring_groups *groups,
			  const struct kring_owner *owner)
{
	return min(owner->nr_whole + groups->nr_nobody,
		   kring_groups_permitted(groups, owner));
}

/*
 * Return how many slots of @pool can be lent to @owner now: free slots of its
 * own groups, and of groups that nobody owns. The caller holds the arena's
 * lock.
 */
u32 kring_groups_lendable(const struct kring_pool *pool,
			  const struct kring_owner *owner)
{
	return owner->part_free +
	       groups_at_hand(pool->groups, owner) * pool->groups->slots;
}

/*
 * Return how many slots of @pool can be lent to @owner without a sweep, if it also
 * claims groups of others. The caller holds the arena's lock.
 */
u32 kring_groups_reachable(const struct kring_pool *pool,
			   const struct kring_owner *owner)
{
	return owner->part_free +
	       kring_groups_permitted(pool->groups, owner) *
	       pool->groups->slots;
}

/*
 * Return how many more slots of @pool may be lent to @owner if @quota slots are
 * its quota. A group in use counts as all its slots, and the minimum is always
 * within the quota. The caller holds the arena's lock.
 */
u32 kring_groups_quota_left(const struct kring_pool *pool,
			    const struct kring_owner *owner, u32 quota)
{
	u32 slots = pool->groups->slots;
	u32 most = max(quota / slots, owner->minimum);

	return owner->part_free +
	       (most - min(owner->nr_used, most)) * slots;
}

/* ---- take and give slots ---- */

/*
 * Store in the owner word @word that @client is the owner, or the kernel or
 * nobody if @client is NULL. Release: who finds 0 there, and reads a header in
 * PAYLOAD after that, sees the header that copy_headers() has copied.
 */
static void store_owner(rring_word_t *word, const struct kring_client *client)
{
	u64 owner = 0;

	if (client)
		owner = (u64)client->serial << RRING_OWNER_SERIAL_SHIFT |
			client->id;
	rring_word_store_release(word, owner);
}

static void set_owner(struct kring_groups *groups, struct kring_group *group,
		      struct kring_owner *owner)
{
	group->owner = owner;
	store_owner(&groups->word[kring_group_index(groups, group)],
		    owner ? owner->client : NULL);
}

/*
 * Store in the owner word of @slot, of the XXL pool @pool, that the slot is lent
 * to @client. NULL: it is free, or its client has died, and no process has its
 * pages mapped writable. Do nothing if the arena is not owned. The caller holds
 * the arena's lock.
 */
void kring_groups_lend_xxl(struct kring_pool *pool, u32 slot,
			   const struct kring_client *client)
{
	if (kring_arena_is_owned(pool->arena))
		store_owner(&kring_groups_words(pool)[slot], client);
}

/* Put a wholly free group of @owner into use. There is one: the caller knows. */
static struct kring_group *begin_group(struct kring_groups *groups,
				       struct kring_owner *owner)
{
	struct kring_group *group;

	if (owner->nr_whole) {
		group = list_first_entry(&owner->whole, struct kring_group,
					 node);
		owner->nr_whole--;
	} else {
		group = list_first_entry(&groups->nobody, struct kring_group,
					 node);
		groups->nr_nobody--;
		set_owner(groups, group, owner);
	}
	list_del(&group->node);
	list_add_tail(&group->node, &owner->part);
	owner->part_free += groups->slots;
	add_used(groups, owner, 1);
	return group;
}

/*
 * Take a free slot of @pool for @owner, and return it. kring_groups_lendable()
 * has returned that there is one. The caller holds the arena's lock.
 */
u32 kring_groups_take(struct kring_pool *pool, struct kring_owner *owner)
{
	struct kring_groups *groups = pool->groups;
	struct kring_group *group;
	u32 slot;

	if (owner->part_free)
		group = list_first_entry(&owner->part, struct kring_group,
					 node);
	else
		group = begin_group(groups, owner);
	slot = kring_group_index(groups, group) * groups->slots +
	       take_first(groups, group);
	owner->part_free--;
	pool->nr_free--;
	pool->high_water = max(pool->high_water, slot + 1);
	if (!group->nr_free) {
		list_del(&group->node);
		list_add_tail(&group->node, &owner->full);
	}
	return slot;
}

/*
 * Make @group one that nobody owns. All its slots are free, it is in no list, and
 * no process has it mapped writable. The caller holds the arena's lock.
 */
void kring_group_to_nobody(struct kring_groups *groups,
			   struct kring_group *group)
{
	set_owner(groups, group, NULL);
	list_add_tail(&group->node, &groups->nobody);
	groups->nr_nobody++;
}

/* No slot of @group is in use any more. It stays with its owner, if that lives. */
static void end_group(struct kring_groups *groups, struct kring_group *group)
{
	struct kring_owner *owner = group->owner;

	list_del(&group->node);
	owner->part_free -= groups->slots;
	add_used(groups, owner, -1);
	if (group->sealed) {
		group->sealed = false;
		set_owner(groups, group, owner);	/* without the bit */
	}
	if (owner->client) {
		list_add_tail(&group->node, &owner->whole);
		owner->nr_whole++;
	} else {
		kring_group_to_nobody(groups, group);
	}
}

/*
 * Give back @slot of @pool, which a sweep has freed. The caller holds the
 * arena's lock.
 */
void kring_groups_give(struct kring_pool *pool, u32 slot)
{
	struct kring_groups *groups = pool->groups;
	struct kring_group *group = &groups->group[slot / groups->slots];
	u32 bit = slot % groups->slots;

	if (!group->nr_free) {
		list_del(&group->node);
		list_add_tail(&group->node, &group->owner->part);
	}
	free_of(groups, group)[bit / 64] |= BIT_ULL(bit % 64);
	group->nr_free++;
	group->owner->part_free++;
	pool->nr_free++;
	if (group->nr_free == groups->slots)
		end_group(groups, group);
}

/* ---- owners lose groups ---- */

/*
 * Take a wholly free group from @owner, which has one. Return the group, which is
 * in no list and has no owner: from now on no fault maps a page of it. The caller
 * holds the arena's lock.
 */
struct kring_group *kring_groups_take_whole(struct kring_groups *groups,
					    struct kring_owner *owner)
{
	struct kring_group *group = list_first_entry(&owner->whole,
						     struct kring_group, node);

	list_del(&group->node);
	owner->nr_whole--;
	set_owner(groups, group, NULL);
	return group;
}

/* Give a wholly free group of @owner, which has one, to nobody. */
void kring_groups_disown(struct kring_groups *groups, struct kring_owner *owner)
{
	kring_group_to_nobody(groups, kring_groups_take_whole(groups, owner));
}

/* Return how many wholly free groups of @owner others may claim. */
u32 kring_groups_claimable(const struct kring_owner *owner)
{
	return owner->nr_whole - min(owner->nr_kept, owner->nr_whole);
}

/*
 * Count @n groups that a claim takes from others as those of @owner, the
 * claimant. So two claims at a time do not take what a third owner needs for its
 * minimum. The caller holds the arena's lock.
 */
void kring_groups_begin_claim(struct kring_groups *groups,
			      struct kring_owner *owner, u32 n)
{
	account(groups, owner, 0, n);
}

/*
 * The claim of @n groups for @owner is over: it has them, and nobody claims them
 * from it until kring_groups_settle(). The caller holds the arena's lock.
 */
void kring_groups_end_claim(struct kring_groups *groups,
			    struct kring_owner *owner, u32 n)
{
	account(groups, owner, 0, -(int)n);
	owner->nr_kept += n;
}

/*
 * Give @group to @owner. All its slots are free, it is in no list, and no process
 * has it mapped writable. The caller holds the arena's lock.
 */
void kring_group_to_owner(struct kring_groups *groups,
			  struct kring_group *group, struct kring_owner *owner)
{
	set_owner(groups, group, owner);
	list_add_tail(&group->node, &owner->whole);
	owner->nr_whole++;
}

/*
 * Return a group of @owner that has a slot in use, or NULL if there is none. The
 * caller holds the arena's lock.
 */
struct kring_group *kring_groups_used(const struct kring_owner *owner)
{
	if (!owner->nr_used)
		return NULL;
	return list_first_entry(list_empty(&owner->part) ? &owner->full :
							   &owner->part,
				struct kring_group, node);
}

/*
 * Make @group, which has a slot in use, one of the orphans: its owner dies. The
 * caller holds the arena's lock.
 */
void kring_group_to_orphans(struct kring_groups *groups,
			    struct kring_group *group)
{
	struct kring_owner *orphans = &groups->orphans;
	u32 n = group->nr_free;

	list_del(&group->node);
	group->owner->part_free -= n;
	add_used(groups, group->owner, -1);
	set_owner(groups, group, orphans);
	list_add_tail(&group->node, n ? &orphans->part : &orphans->full);
	orphans->part_free += n;
	add_used(groups, orphans, 1);
}

/*
 * End the minimum of @owner, whose client dies, before it gives up its groups:
 * no group must be reserved for it that counts as an orphan already. The caller
 * holds the arena's lock.
 */
void kring_groups_end_minimum(struct kring_groups *groups,
			      struct kring_owner *owner)
{
	groups->reserved -= gap(owner);
	owner->minimum = 0;
}

/* ---- producers become owners ---- */

/*
 * Make @client an owner in all pools of its arena, if the arena is owned and
 * the role of @client is producer. Return 0, or -EUSERS if the free groups of a
 * pool do not suffice for one minimum more. The caller holds the arena's lock.
 */
int kring_groups_join(struct kring_client *client, struct kring_arena *arena)
{
	u32 i;

	for (i = 0; i < RRING_XXL; i++) {
		const struct kring_groups *groups = arena->pool[i].groups;

		if (!groups || client->role != RRING_PRODUCER)
			continue;
		if (groups->nr - groups->nr_used - groups->reserved <
		    arena->info->group_minimum[i])
			return -EUSERS;
	}
	for (i = 0; i < RRING_XXL; i++) {
		struct kring_groups *groups = arena->pool[i].groups;

		owner_init(&client->owner[i], client);
		if (!groups || client->role != RRING_PRODUCER)
			continue;
		client->owner[i].minimum = arena->info->group_minimum[i];
		groups->reserved += client->owner[i].minimum;
	}
	return 0;
}

/* ---- which pages a client can write ---- */

/*
 * Find the group in which page @page of PAYLOAD is. Return true if @client owns
 * it and has not sealed it, and set *@first and *@end to its pages: *@first to
 * *@end - 1. The caller holds the arena's lock.
 */
bool kring_groups_writable(const struct kring_client *client, u64 page,
			   u64 *first, u64 *end)
{
	u32 i;

	for (i = 0; i < RRING_XXL; i++) {
		const struct kring_pool *pool = &client->arena->pool[i];
		const struct kring_groups *groups = pool->groups;
		u64 base = kring_groups_first_page(pool);
		u64 group;

		if (!groups || page < base)
			continue;
		group = (page - base) / groups->pages;
		if (group >= groups->nr)
			continue;
		*first = base + group * groups->pages;
		*end = *first + groups->pages;
		return groups->group[group].owner == &client->owner[i] &&
		       !groups->group[group].sealed;
	}
	return false;
}
