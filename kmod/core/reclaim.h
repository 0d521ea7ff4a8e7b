/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_RECLAIM_H
#define RRING_RECLAIM_H

#include "compat.h"

struct rring_pool;

/* How far a sweep goes. */
enum rring_depth {
	RRING_SWEEP_LEDGERS,	/* shallow: skip slots that are in flight */
	RRING_SWEEP_WINDOWS,	/* deep: skip slots in a ring's window */
};

u32 rring_sweep(struct rring_pool *pool, u32 want, enum rring_depth depth,
		u32 *looked);
u32 rring_sweep_recent(struct rring_pool *pool, u32 want);
u32 rring_sweep_range(struct rring_pool *pool, u32 from, u32 end);
u32 rring_sweep_held(struct rring_pool *pool);
u32 rring_sweep_in_flight(struct rring_pool *pool);

#endif /* RRING_RECLAIM_H */
