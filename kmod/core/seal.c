// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Seal an event, in an owned arena: take the right to write its payload away
 * from its producer. This has two phases, as in claim.c.
 */
#include "compat.h"

#include <rusted_ring/internal/handle.h>

#include "arena.h"
#include "client.h"
#include "groups.h"
#include "pool.h"
#include "revoke.h"

/*
 * Find the group of the slot of @handle, an event of L or XL that @client has
 * allocated. Return the group, or ERR_PTR(-ESTALE) or ERR_PTR(-EPERM), as SEAL
 * does. The caller holds the arena's lock.
 */
static struct kring_group *find_group(const struct kring_client *client,
				      u64 handle)
{
	u32 class = rring_handle_class(handle);
	const struct kring_pool *pool = &client->arena->pool[class];
	u32 slot = rring_handle_index(handle);

	/* the handle of a free slot is the one of its next event */
	if (slot >= pool->capacity || !test_bit(slot, pool->out) ||
	    rring_word_load(&client->arena->generation[pool->base + slot]) !=
		handle)
		return ERR_PTR(-ESTALE);
	if (pool->groups->group[slot].owner != &client->owner[class])
		return ERR_PTR(-EPERM);
	return &pool->groups->group[slot];
}

/*
 * Begin to seal the group of @handle: from now on no fault of @client maps its
 * pages. Set *@index to the index of the group. Return 0 or an error of
 * kring_client_lock() or find_group(). Takes the arena's lock.
 */
static int begin_seal(struct kring_client *client, u64 handle, u32 *index)
{
	struct kring_group *group;
	int err = kring_client_lock(client);

	if (err)
		return err;
	group = find_group(client, handle);
	err = PTR_ERR_OR_ZERO(group);
	if (!err) {
		group->sealed = true;
		*index = rring_handle_index(handle);
	}
	kring_client_unlock(client);
	return err;
}

/*
 * Tell readers that the group of @handle is sealed. If its slot was freed
 * meanwhile, the group may be in use again for another event, and is not
 * sealed. Takes the arena's lock.
 */
static int end_seal(struct kring_client *client, u64 handle)
{
	u32 class = rring_handle_class(handle);
	struct kring_groups *groups = client->arena->pool[class].groups;
	struct kring_group *group;
	rring_word_t *word;
	int err = kring_client_lock(client);

	if (err)
		return err;
	group = find_group(client, handle);
	err = PTR_ERR_OR_ZERO(group);
	if (!err) {
		word = &groups->word[kring_group_index(groups, group)];
		rring_word_store_release(word, rring_word_load(word) |
					       RRING_OWNER_SEALED);
	}
	kring_client_unlock(client);
	return err;
}

/*
 * Run SEAL for @client, in two phases like kring_groups_claim(): first no fault
 * can map the pages any more, then they leave the mappings of OWN, and only then
 * readers are told. Return 0, -EOPNOTSUPP if the arena is not owned, or an error
 * of begin_seal() or end_seal(). The caller has checked the class: L or XL, whose
 * groups have one slot. Takes the arena's lock. May sleep.
 */
int kring_groups_seal(struct kring_client *client, u64 handle)
{
	const struct kring_pool *pool =
		&client->arena->pool[rring_handle_class(handle)];
	u32 group, pages;
	int err;

	if (!kring_arena_is_owned(client->arena))
		return -EOPNOTSUPP;
	if (!pool->groups)
		return -ESTALE;		/* the pool has no slots */
	err = begin_seal(client, handle, &group);
	if (err)
		return err;
	pages = pool->groups->pages;
	kring_revoke_own(client, pool->info->payload_offset / RRING_PAGE +
				 (u64)group * pages, pages);
	return end_seal(client, handle);
}
