/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_RECLAIM_H
#define KRING_RECLAIM_H

#include "compat.h"

struct kring_client;
struct kring_pool;

/* How a sweep finds the slots that rings name. */
enum kring_depth {
	/* shallow: by in_flight in the ledgers, which writers lower late */
	KRING_SWEEP_LEDGERS,
	/* deep: by a walk over the windows of all rings, not by in_flight */
	KRING_SWEEP_WINDOWS,
};

u32 kring_sweep(struct kring_pool *pool, u32 want, enum kring_depth depth,
		u32 *looked);
u32 kring_sweep_recent(struct kring_pool *pool, u32 want);
u32 kring_sweep_oldest(struct kring_pool *pool, struct kring_client *client,
		       u32 want, bool own);
u32 kring_sweep_range(struct kring_pool *pool, u32 from, u32 end);
u32 kring_sweep_held(struct kring_pool *pool);
u32 kring_sweep_in_flight(struct kring_pool *pool);

#endif /* KRING_RECLAIM_H */
