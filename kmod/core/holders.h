/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_HOLDERS_H
#define KRING_HOLDERS_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct kring_arena;
struct kring_client;
struct kring_pool;

/*
 * How many slots of a pool a client may hold while another client finds no free
 * slot there. The arena's lock protects .percent.
 */
struct kring_hold_limit {
	u32 percent[RRING_ROLES];	/* of the pool, by role; 0: no limit */
	bool evict;			/* evict a client above it; fixed since
					 * creation
					 */
};

u32 kring_holders_limit(const struct kring_pool *pool,
			const struct kring_client *client);
void kring_holders_set(struct kring_arena *arena, u32 role, u32 percent);
void kring_holders_check(struct kring_pool *pool,
			 const struct kring_client *waiter, bool own);

#endif /* KRING_HOLDERS_H */
