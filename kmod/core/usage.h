/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_USAGE_H
#define KRING_USAGE_H

#include "compat.h"

struct kring_pool;

/* Numbers of slots of a pool, by use; slots in the free set do not count. */
struct kring_usage {
	/* slots that a client holds; parked slots do not count */
	u32 held;
	/* slots that a ring names, even if .held counts them, too */
	u32 in_flight;
	/* slots without use: a sweep frees them, parked ones after a recall */
	u32 reclaimable;
};

int kring_usage_count(struct kring_pool *pool, struct kring_usage *usage);

#endif /* KRING_USAGE_H */
