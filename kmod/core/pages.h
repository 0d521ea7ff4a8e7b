/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_PAGES_H
#define KRING_PAGES_H

#include "compat.h"

#include "region.h"

/*
 * The region of a ring's incarnation, or of an XXL event. The ring or the slot
 * holds a reference. So does each kernel reader that uses the region, and each
 * task that is in mmap() of the region. The last put frees the region. A
 * mapping holds no reference to the region, only to its pages: a page that a
 * process has mapped stays allocated until the process unmaps this page.
 */
struct kring_pages {
	struct kref ref;
	struct kring_region region;
};

struct kring_pages *kring_pages_new(u64 size);
void kring_pages_get(struct kring_pages *pages);
bool kring_pages_put(struct kring_pages *pages);

static inline u64 kring_pages_size(const struct kring_pages *pages)
{
	return kring_region_size(&pages->region);
}

#endif /* KRING_PAGES_H */
