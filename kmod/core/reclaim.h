/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_RECLAIM_H
#define KRING_RECLAIM_H

#include "compat.h"

struct kring_client;
struct kring_pool;
struct kring_refill;

/*
 * So many ledger words a sweep reads at most while preemption is off: enough for
 * one slot in all ledgers, and for a batch if the ledgers are few.
 */
#define KRING_UNPREEMPTED_WORDS	4096u

/* How a sweep finds the slots that entries of rings name. */
enum kring_depth {
	/*
	 * Shallow: a slot counts as named if a ledger word of the slot has an
	 * in_flight above 0. Writers lower in_flight late, so the sweep misses
	 * some slots that nothing uses.
	 */
	KRING_SWEEP_LEDGERS,
	/*
	 * Deep: the sweep reads the windows of all rings, and ignores
	 * in_flight. This takes longer.
	 */
	KRING_SWEEP_WINDOWS,
};

u32 kring_sweep(struct kring_pool *pool, u32 want, enum kring_depth depth,
		u32 *looked);
u32 kring_sweep_shallow(struct kring_pool *pool, u32 want, u32 *looked,
			struct kring_refill *refill);
u32 kring_sweep_recent(struct kring_pool *pool, u32 want,
		       struct kring_refill *refill);
u32 kring_sweep_oldest(struct kring_pool *pool, struct kring_client *client,
		       u32 want, bool own);
u32 kring_sweep_range(struct kring_pool *pool, u32 from, u32 end);
u32 kring_sweep_range_killable(struct kring_pool *pool, u32 from, u32 end);
u32 kring_sweep_held(struct kring_pool *pool);
u32 kring_sweep_in_flight(struct kring_pool *pool);

#endif /* KRING_RECLAIM_H */
