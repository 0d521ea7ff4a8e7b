// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Seal an event, in an owned arena: take the right to write its payload away
 * from its producer. This has two phases, as a claim has (claim.c), and then
 * tells readers:
 *
 *   1. begin_seal() marks the event under the arena's lock. From then on no
 *      fault of the producer maps its pages writable, and no mmap() either.
 *   2. revoke_pages() takes its pages out of the producer's writable mappings.
 *   3. end_seal() sets RRING_OWNER_SEALED.
 *
 * If the producer is killed before step 3, its death does steps 2 and 3: it
 * takes all pages away, and stores 0 as the owner.
 */
#include "compat.h"

#include <rusted_ring/internal/handle.h>

#include "arena.h"
#include "client.h"
#include "groups.h"
#include "pool.h"
#include "revoke.h"
#include "seal.h"
#include "xxl.h"

static struct kring_pool *pool_of(const struct kring_client *client, u64 handle)
{
	return &client->arena->pool[rring_handle_class(handle)];
}

/*
 * Check that @handle names an event that @client has allocated. Return 0,
 * -ESTALE or -EPERM, as SEAL does. The caller holds the arena's lock.
 */
static int check_event(const struct kring_client *client, u64 handle)
{
	const struct kring_pool *pool = pool_of(client, handle);
	u32 slot = rring_handle_index(handle);

	/* no handle is that of a free slot: its class is RRING_CLASS_FREE */
	if (slot >= pool->capacity ||
	    rring_word_load(&client->arena->generation[pool->base + slot]) !=
		handle)
		return -ESTALE;
	return pool->lease[slot].serial == client->serial ? 0 : -EPERM;
}

/*
 * Do step 1 for the event of @handle. If it is of XXL, store its pages in *@xxl,
 * with a reference. Return 0, -EINVAL if other events may share its page, or an
 * error of kring_client_lock() or check_event(). Takes the arena's lock.
 */
static int begin_seal(struct kring_client *client, u64 handle,
		      struct kring_pages **xxl)
{
	const struct kring_pool *pool = pool_of(client, handle);
	u32 slot = rring_handle_index(handle);
	int err = kring_client_lock(client);

	if (err)
		return err;
	err = check_event(client, handle);
	if (!err && pool->groups && pool->groups->slots > 1) {
		err = -EINVAL;
	} else if (!err && pool->groups) {
		pool->groups->group[slot].sealed = true;
	} else if (!err) {
		*xxl = kring_xxl_pages(pool, slot);
		kring_pages_get(*xxl);
		(*xxl)->sealed = true;
	}
	kring_client_unlock(client);
	return err;
}

static void revoke_pages(struct kring_client *client, u64 handle,
			 const struct kring_pages *xxl)
{
	const struct kring_pool *pool = pool_of(client, handle);

	if (xxl)
		kring_revoke_xxl(client, xxl);
	else
		kring_revoke_own(client,
				 kring_groups_first_page(pool) +
				 (u64)rring_handle_index(handle) *
				 pool->groups->pages, pool->groups->pages);
}

/*
 * Tell readers that the event of @handle is sealed. If its slot was freed
 * meanwhile, the slot may be in use again for another event, which is not
 * sealed. Return 0 or an error of kring_client_lock() or check_event(). Takes
 * the arena's lock.
 */
static int end_seal(struct kring_client *client, u64 handle)
{
	rring_word_t *word;
	int err = kring_client_lock(client);

	if (err)
		return err;
	err = check_event(client, handle);
	if (!err) {
		/* a group of the class has one slot */
		word = kring_groups_words(pool_of(client, handle)) +
		       rring_handle_index(handle);
		rring_word_store_release(word, rring_word_load(word) |
					       RRING_OWNER_SEALED);
	}
	kring_client_unlock(client);
	return err;
}

/*
 * Run SEAL for @client. Return 0, -EOPNOTSUPP if the arena is not owned, or an
 * error of begin_seal() or end_seal(). The caller has checked the class: L, XL
 * or XXL. Takes the arena's lock. May sleep.
 */
int kring_seal(struct kring_client *client, u64 handle)
{
	struct kring_pages *xxl = NULL;
	int err;

	if (!kring_arena_is_owned(client->arena))
		return -EOPNOTSUPP;
	err = begin_seal(client, handle, &xxl);
	if (err)
		return err;
	revoke_pages(client, handle, xxl);
	if (xxl)
		kring_pages_put(xxl);
	return end_seal(client, handle);
}
