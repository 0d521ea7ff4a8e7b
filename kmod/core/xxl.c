// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * XXL: events above 16 KiB. A slot of the XXL pool has a generation and a word
 * in each ledger, like any other slot, but no bytes in the PAYLOAD region. A
 * refill gives the slot a region of its own, and the sweep that frees the slot
 * takes the region away. Then the region is idle, and waits for the next event
 * of the same client (idle.c), or it is freed. The kernel allocates and frees
 * such regions without the arena's lock, because these two operations can take
 * long.
 */
#include "compat.h"

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "client.h"
#include "groups.h"
#include "idle.h"
#include "pool.h"
#include "shrinker.h"
#include "xxl.h"

static struct kring_xxl *xxl_new(struct kring_account *account, u64 size)
{
	struct kring_xxl *xxl;
	int err;

	xxl = kring_xxl_alloc();
	if (!xxl)
		return ERR_PTR(-ENOMEM);
	xxl->pages = kring_pages_new(account, size);
	err = PTR_ERR_OR_ZERO(xxl->pages);
	if (!err)
		return xxl;
	kring_xxl_dealloc(xxl);
	return ERR_PTR(err);
}

/*
 * Return a region of @bytes, rounded up to whole pages, for an XXL event of
 * @client: an idle region, or a new one of zeroed pages, which is charged to the
 * account of the arena. An idle region that somebody has pinned is freed: the
 * pin may outlive the right to read the next event. Return ERR_PTR(-ENOSPC) if
 * the module's max_bytes would be exceeded, or ERR_PTR(-ENOMEM) if there is no
 * memory or the process is being killed. The caller does not hold the arena's
 * lock. May sleep.
 */
struct kring_xxl *kring_xxl_get(struct kring_pool *pool,
				struct kring_client *client, u64 bytes)
{
	u64 size = PAGE_ALIGN(bytes);
	struct kring_xxl *xxl = kring_idle_take(client, size);

	if (xxl && !kring_remnants_is_pinned(xxl->pages))
		return xxl;
	kring_xxl_put(pool, xxl);
	return xxl_new(&pool->arena->account, size);
}

static void xxl_free(struct kring_xxl *xxl)
{
	kring_pages_put(xxl->pages);
	kring_xxl_dealloc(xxl);
}

/*
 * Free @xxl, which kring_xxl_get() has returned and no slot has, or do nothing if
 * @xxl is NULL. The caller does not hold the arena's lock. May sleep.
 */
void kring_xxl_put(struct kring_pool *pool, struct kring_xxl *xxl)
{
	if (!xxl)
		return;
	xxl->next = NULL;
	if (xxl->take_back)
		kring_xxl_discard(pool, xxl);
	else
		xxl_free(xxl);
}

/*
 * Return how many bytes the region of an XXL event of @bytes takes: see
 * kring_region_footprint().
 */
u64 kring_xxl_footprint(u64 bytes)
{
	return kring_region_footprint(bytes);
}

void kring_xxl_destroy(struct kring_pool *pool)
{
	u32 i;

	if (!pool->xxl)
		return;
	for (i = 0; i < pool->capacity; i++)
		if (pool->xxl[i])
			xxl_free(pool->xxl[i]);
	kvfree(pool->xxl);
}

/*
 * Make @xxl the region of @slot. The caller lends @slot to @client afterwards.
 * The caller holds the arena's lock.
 */
void kring_xxl_install(struct kring_pool *pool, u32 slot, struct kring_xxl *xxl,
		       const struct kring_client *client)
{
	kring_groups_lend_xxl(pool, slot, client);
	if (!xxl->number)
		xxl->number = ++pool->xxl_regions;
	pool->xxl[slot] = xxl;
	WRITE_ONCE(pool->xxl_in_use,
		   pool->xxl_in_use + kring_pages_size(xxl->pages));
	/*
	 * O: pairs with P in the library's table of mappings. Without this
	 * pair, a client could see the word in .xxl_word before the slot has
	 * the region.
	 */
	rring_word_store_release(&pool->xxl_word[slot],
				 rring_xxl_word(xxl->number,
						kring_pages_size(xxl->pages)));
}

/*
 * Make @xxl, whose event is gone, an idle region of @client. Return the region
 * to be freed instead, @xxl itself if no client may get it again, or NULL. The
 * caller holds the arena's lock.
 */
static struct kring_xxl *keep_idle(struct kring_pool *pool,
				   struct kring_client *client,
				   struct kring_xxl *xxl)
{
	if (kring_arena_is_owned(pool->arena))
		return xxl;
	if (client && !kring_client_is_gone(client))
		return kring_idle_keep(client, xxl);
	/* readers keep their mappings for a next event, which never comes */
	xxl->take_back = true;
	return xxl;
}

/*
 * Take the region away from @slot, and make it an idle region of @client, or put
 * it on the pool's list of regions to be freed. @client is the client to which
 * the kernel had lent @slot, or NULL if that client has gone. The caller is
 * freeing @slot: no location (magazine, ledger or window) names @slot. The
 * caller holds the arena's lock.
 */
void kring_xxl_retire(struct kring_pool *pool, u32 slot,
		      struct kring_client *client)
{
	struct kring_xxl *xxl = pool->xxl[slot];

	kring_groups_lend_xxl(pool, slot, NULL);
	rring_word_store_release(&pool->xxl_word[slot], 0);
	pool->xxl[slot] = NULL;
	WRITE_ONCE(pool->xxl_in_use,
		   pool->xxl_in_use - kring_pages_size(xxl->pages));
	xxl = keep_idle(pool, client, xxl);
	if (xxl) {
		xxl->next = pool->xxl_retired;
		pool->xxl_retired = xxl;
	} else {
		/* kring_xxl_discard() will not: there may be a slot for them */
		kring_arena_wake_pools(pool->arena, BIT(pool->index));
	}
}

/*
 * Take all regions off the pool's list of regions to be freed. Return them as a
 * list, or NULL if the pool's list is empty. The caller holds the arena's lock.
 * After it has released this lock, it passes the list to kring_xxl_discard().
 */
struct kring_xxl *kring_xxl_retired(struct kring_pool *pool)
{
	struct kring_xxl *list = pool->xxl_retired;

	pool->xxl_retired = NULL;
	return list;
}

/*
 * Free the regions of @list, whose events are gone, and wake the refills of
 * @pool that wait for memory or for a slot. Keep a region that a process has
 * mapped, as a remnant. But keep at most as many bytes of remnants as the pool
 * has in use for its events, or one remnant. Take the pages of a region with
 * .take_back out of all mappings: a client that has it mapped keeps the mapping
 * for a next event, and there is none. If @list is NULL, do nothing. The caller
 * does not hold the arena's lock. May sleep.
 */
void kring_xxl_discard(struct kring_pool *pool, struct kring_xxl *list)
{
	u64 most = READ_ONCE(pool->xxl_in_use);

	if (!list)
		return;
	while (list) {
		struct kring_xxl *xxl = list;

		list = xxl->next;
		if (xxl->take_back) {
			kring_remnants_take_back(&pool->remnants, xxl->pages);
		} else {
			most = max(most, kring_pages_size(xxl->pages));
			kring_remnants_add(&pool->remnants, xxl->pages);
		}
		kring_xxl_dealloc(xxl);
	}
	kring_remnants_trim(&pool->remnants, most);
	kring_arena_wake_pools(pool->arena, BIT(pool->index));
}

/*
 * Return the pages of the XXL slot @slot. Return NULL if the slot has no pages
 * now, or if @slot is not below the capacity of @pool. The caller holds the
 * arena's lock. If the caller uses the pages after it has released this lock,
 * it first takes a reference to the pages.
 */
struct kring_pages *kring_xxl_pages(const struct kring_pool *pool, u32 slot)
{
	if (slot >= pool->capacity || !pool->xxl[slot])
		return NULL;
	return pool->xxl[slot]->pages;
}
