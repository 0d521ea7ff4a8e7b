// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * XXL: events above 16 KiB. A slot of their pool is a place, with a generation
 * and a word in each ledger like any other, to which a refill gives a region of
 * its own, and from which the sweep takes it. Regions are allocated and freed
 * without the arena's lock: a large one takes its time.
 */
#include "compat.h"

#include <rusted_ring/layout.h>

#include "arena.h"
#include "pool.h"
#include "xxl.h"

struct rring_xxl *rring_xxl_new(u64 bytes)
{
	struct rring_xxl *xxl;
	int err;

	xxl = kzalloc(sizeof(*xxl), GFP_KERNEL_ACCOUNT);
	if (!xxl)
		return ERR_PTR(-ENOMEM);
	xxl->pages = rring_pages_new(rring_page_align(bytes));
	err = PTR_ERR_OR_ZERO(xxl->pages);
	if (!err)
		return xxl;
	kfree(xxl);
	return ERR_PTR(err);
}

/* All of @list. Who has their pages mapped keeps them until he unmaps them. */
void rring_xxl_free(struct rring_xxl *list)
{
	while (list) {
		struct rring_xxl *xxl = list;

		list = xxl->next;
		rring_pages_put(xxl->pages);
		kfree(xxl);
	}
}

int rring_xxl_init(struct rring_pool *pool, rring_word_t *bytes)
{
	pool->xxl_bytes = bytes;
	pool->xxl = kvcalloc(pool->capacity, sizeof(*pool->xxl),
			     GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return pool->xxl ? 0 : -ENOMEM;
}

void rring_xxl_destroy(struct rring_pool *pool)
{
	u32 i;

	if (!pool->xxl)
		return;
	for (i = 0; i < pool->capacity; i++)
		rring_xxl_free(pool->xxl[i]);
	kvfree(pool->xxl);
}

/* @slot, which is free and about to be lent, gets @xxl. Under the lock. */
void rring_xxl_install(struct rring_pool *pool, u32 slot, struct rring_xxl *xxl)
{
	pool->xxl[slot] = xxl;
	/* O: pairs with P in the library's table of mappings */
	rring_word_store_release(&pool->xxl_bytes[slot],
				 rring_pages_size(xxl->pages));
}

/* Nobody has @slot any more: what it had is to be freed. Under the lock. */
void rring_xxl_retire(struct rring_pool *pool, u32 slot)
{
	struct rring_xxl *xxl = pool->xxl[slot];

	rring_word_store_release(&pool->xxl_bytes[slot], 0);
	pool->xxl[slot] = NULL;
	xxl->next = pool->xxl_retired;
	pool->xxl_retired = xxl;
}

/* What is to be freed, for who takes it to discard. Under the lock. */
struct rring_xxl *rring_xxl_retired(struct rring_pool *pool)
{
	struct rring_xxl *list = pool->xxl_retired;

	pool->xxl_retired = NULL;
	return list;
}

/* Without the lock. Somebody may be waiting for the memory. */
void rring_xxl_discard(struct rring_pool *pool, struct rring_xxl *list)
{
	if (!list)
		return;
	rring_xxl_free(list);
	rring_arena_wake_pools(pool->arena, BIT(pool->index));
}

/* NULL: @slot has none now. Under the lock. */
const struct rring_region *rring_xxl_region(const struct rring_pool *pool,
					    u32 slot)
{
	if (slot >= pool->capacity || !pool->xxl[slot])
		return NULL;
	return &pool->xxl[slot]->pages->region;
}

/* All that have pages now. Under the lock. */
u64 rring_xxl_in_use(const struct rring_pool *pool)
{
	u64 bytes = 0;
	u32 slot;

	for (slot = 0; slot < pool->high_water; slot++)
		if (pool->xxl[slot])
			bytes += rring_pages_size(pool->xxl[slot]->pages);
	return bytes;
}
