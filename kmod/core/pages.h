/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_PAGES_H
#define RRING_PAGES_H

#include "compat.h"

#include "region.h"

/*
 * The region of a ring's incarnation, or of an XXL event. The ring or the
 * event, and kernel readers, hold references; the last put frees the region.
 * Mappings hold none: pages that a process maps stay until it unmaps them.
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
