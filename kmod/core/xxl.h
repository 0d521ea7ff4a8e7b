/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_XXL_H
#define RRING_XXL_H

#include "compat.h"
#include <linux/rusted_ring.h>

#include "pages.h"

struct rring_pool;

/* The pages of one event above 16 KiB. */
struct rring_xxl {
	struct rring_pages *pages;
	struct rring_xxl *next;		/* in a list of those to free */
};

struct rring_xxl *rring_xxl_new(u64 bytes);
void rring_xxl_free(struct rring_xxl *list);

int rring_xxl_init(struct rring_pool *pool, rring_word_t *bytes);
void rring_xxl_destroy(struct rring_pool *pool);
void rring_xxl_install(struct rring_pool *pool, u32 slot,
		       struct rring_xxl *xxl);
void rring_xxl_retire(struct rring_pool *pool, u32 slot);
struct rring_xxl *rring_xxl_retired(struct rring_pool *pool);
void rring_xxl_discard(struct rring_pool *pool, struct rring_xxl *list);
u64 rring_xxl_in_use(const struct rring_pool *pool);
const struct rring_region *rring_xxl_region(const struct rring_pool *pool,
					    u32 slot);

#endif /* RRING_XXL_H */
