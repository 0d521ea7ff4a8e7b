/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_PAGES_H
#define RRING_PAGES_H

#include "compat.h"

#include "region.h"

/*
 * A region that is let go of by whoever is the last to use it: the ring or the
 * event whose pages they are, or a kernel reader. Processes that have them
 * mapped do not count.
 */
struct rring_pages {
	struct kref ref;
	struct rring_region region;
};

struct rring_pages *rring_pages_new(u64 size);
void rring_pages_get(struct rring_pages *pages);
bool rring_pages_put(struct rring_pages *pages);

static inline u64 rring_pages_size(const struct rring_pages *pages)
{
	return rring_region_size(&pages->region);
}

#endif /* RRING_PAGES_H */
