// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * XXL: events above 16 KiB. A slot of the XXL pool has a generation and a word
 * in each ledger, like any other slot, but no bytes in the PAYLOAD region. A
 * refill gives the slot a region of its own, and the sweep that frees the slot
 * takes the region away. The kernel allocates and frees such regions without
 * the arena's lock, because these two operations can take long.
 */
#include "compat.h"

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "pool.h"
#include "xxl.h"

/*
 * Allocate a region of @bytes, rounded up to whole pages, for an XXL event.
 * Return the new region. Return ERR_PTR(-ENOSPC) if the module's max_bytes
 * would be exceeded, or ERR_PTR(-ENOMEM) if there is no memory or the process
 * is being killed. The caller does not hold the arena's lock. May sleep.
 */
struct kring_xxl *kring_xxl_new(u64 bytes)
{
	struct kring_xxl *xxl;
	int err;

	xxl = kzalloc(sizeof(*xxl), GFP_KERNEL_ACCOUNT);
	if (!xxl)
		return ERR_PTR(-ENOMEM);
	xxl->pages = kring_pages_new(rring_page_align(bytes));
	err = PTR_ERR_OR_ZERO(xxl->pages);
	if (!err)
		return xxl;
	kfree(xxl);
	return ERR_PTR(err);
}

/*
 * Free all regions of @list. @list may be NULL. A process that has pages of a
 * region mapped keeps these pages until it unmaps them. A kernel reader that
 * reads the event of a region keeps the region until it releases the event.
 */
void kring_xxl_free(struct kring_xxl *list)
{
	while (list) {
		struct kring_xxl *xxl = list;

		list = xxl->next;
		kring_pages_put(xxl->pages);
		kfree(xxl);
	}
}

int kring_xxl_init(struct kring_pool *pool, rring_word_t *bytes)
{
	pool->xxl_bytes = bytes;
	pool->xxl = kvcalloc(pool->capacity, sizeof(*pool->xxl),
			     GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return pool->xxl ? 0 : -ENOMEM;
}

void kring_xxl_destroy(struct kring_pool *pool)
{
	u32 i;

	if (!pool->xxl)
		return;
	for (i = 0; i < pool->capacity; i++)
		kring_xxl_free(pool->xxl[i]);
	kvfree(pool->xxl);
}

/*
 * Make @xxl the region of @slot. The caller lends @slot afterwards. The caller
 * holds the arena's lock.
 */
void kring_xxl_install(struct kring_pool *pool, u32 slot, struct kring_xxl *xxl)
{
	pool->xxl[slot] = xxl;
	/*
	 * O: pairs with P in the library's table of mappings. Without this
	 * pair, a client could see the size in .xxl_bytes before the slot has
	 * the region.
	 */
	rring_word_store_release(&pool->xxl_bytes[slot],
				 kring_pages_size(xxl->pages));
}

/*
 * Take the region away from @slot, and put it on the pool's list of regions to
 * be freed. The caller is freeing @slot: no location (magazine, ledger or
 * window) names @slot. The caller holds the arena's lock.
 */
void kring_xxl_retire(struct kring_pool *pool, u32 slot)
{
	struct kring_xxl *xxl = pool->xxl[slot];

	rring_word_store_release(&pool->xxl_bytes[slot], 0);
	pool->xxl[slot] = NULL;
	xxl->next = pool->xxl_retired;
	pool->xxl_retired = xxl;
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
 * Free the regions of @list, and wake the refills of @pool that wait for memory
 * or for a slot. If @list is NULL, do nothing. The caller does not hold the
 * arena's lock. May sleep.
 */
void kring_xxl_discard(struct kring_pool *pool, struct kring_xxl *list)
{
	if (!list)
		return;
	kring_xxl_free(list);
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

/*
 * Return how many bytes all regions of the slots of @pool have together. The
 * caller holds the arena's lock.
 */
u64 kring_xxl_in_use(const struct kring_pool *pool)
{
	u64 bytes = 0;
	u32 slot;

	for (slot = 0; slot < pool->high_water; slot++)
		if (pool->xxl[slot])
			bytes += kring_pages_size(pool->xxl[slot]->pages);
	return bytes;
}
