/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_XXL_H
#define KRING_XXL_H

#include "compat.h"
#include <linux/rusted_ring.h>

#include "pages.h"

struct kring_arena;
struct kring_client;
struct kring_pool;

/* The region of one event above 16 KiB, or an idle region (idle.h). */
struct kring_xxl {
	struct kring_pages *pages;
	u64 number;			/* of the region in its arena; 0: no
					 * slot has had it
					 */
	bool take_back;			/* when it is freed, its pages leave all
					 * mappings
					 */
	struct kring_xxl *next;		/* in a list of regions to free */

	/* only of an idle region; the lock in idle.c protects these fields */
	struct kring_client *client;	/* has it; without a reference */
	struct kring_arena *arena;	/* of .client; with a reference when
					 * the region is taken to be freed
					 */
	struct list_head of_client;	/* in .idle of .client */
	struct list_head of_all;
	struct list_head of_shrinker;	/* in the module, linux/shrinker.c */
};

struct kring_xxl *kring_xxl_get(struct kring_pool *pool,
				struct kring_client *client, u64 bytes);
void kring_xxl_put(struct kring_pool *pool, struct kring_xxl *xxl);
u64 kring_xxl_footprint(u64 bytes);

void kring_xxl_destroy(struct kring_pool *pool);
void kring_xxl_install(struct kring_pool *pool, u32 slot,
		       struct kring_xxl *xxl,
		       const struct kring_client *client);
void kring_xxl_retire(struct kring_pool *pool, u32 slot,
		      struct kring_client *client);
struct kring_xxl *kring_xxl_retired(struct kring_pool *pool);
void kring_xxl_discard(struct kring_pool *pool, struct kring_xxl *list);
struct kring_pages *kring_xxl_pages(const struct kring_pool *pool, u32 slot);

#endif /* KRING_XXL_H */
