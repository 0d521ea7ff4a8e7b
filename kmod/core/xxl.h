/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_XXL_H
#define KRING_XXL_H

#include "compat.h"
#include <linux/rusted_ring.h>

#include "pages.h"

struct kring_pool;

/* The region of one event above 16 KiB. */
struct kring_xxl {
	struct kring_pages *pages;
	struct kring_xxl *next;		/* in a list of regions to free */
};

struct kring_xxl *kring_xxl_new(struct kring_account *account, u64 bytes);
u64 kring_xxl_footprint(u64 bytes);
void kring_xxl_free(struct kring_xxl *list);

void kring_xxl_destroy(struct kring_pool *pool);
void kring_xxl_install(struct kring_pool *pool, u32 slot,
		       struct kring_xxl *xxl,
		       const struct kring_client *client);
void kring_xxl_retire(struct kring_pool *pool, u32 slot);
struct kring_xxl *kring_xxl_retired(struct kring_pool *pool);
void kring_xxl_discard(struct kring_pool *pool, struct kring_xxl *list);
struct kring_pages *kring_xxl_pages(const struct kring_pool *pool, u32 slot);

#endif /* KRING_XXL_H */
