/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_USAGE_H
#define KRING_USAGE_H

#include "compat.h"

struct kring_pool;

/* For what the slots of a pool that are not free are in use. */
struct kring_usage {
	u32 held;		/* a client holds the slot */
	u32 in_flight;		/* a ring names it; a client may hold it, too */
	u32 reclaimable;	/* for nothing: the next sweep frees it */
};

int kring_usage_count(struct kring_pool *pool, struct kring_usage *usage);

#endif /* KRING_USAGE_H */
