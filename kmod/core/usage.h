/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_USAGE_H
#define KRING_USAGE_H

#include "compat.h"

struct kring_pool;

/* How many slots of a pool are in each use. Free slots count in no field. */
struct kring_usage {
	/* slots that a client holds and has not parked for its next event */
	u32 held;
	/* slots that an entry of a ring names; .held can also count them */
	u32 in_flight;
	/*
	 * slots that nothing uses, so that a sweep can free them; parked slots
	 * count here, too, but a sweep can free them only after a recall
	 */
	u32 reclaimable;
};

int kring_usage_count(struct kring_pool *pool, struct kring_usage *usage);

#endif /* KRING_USAGE_H */
