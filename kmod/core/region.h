/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_REGION_H
#define KRING_REGION_H

#include "compat.h"

struct page;
struct vm_area_struct;

/*
 * Pages that processes can map. They are zero at first. The kernel has them
 * mapped at .addr, without gaps. In the library, all clients use the mapping at
 * .addr, and the library counts its users.
 */
struct kring_region {
#ifdef __KERNEL__
	struct page **pages;
#endif
	unsigned long nr_pages;		/* of PAGE_SIZE bytes */
	void *addr;			/* NULL: not allocated */
};

int kring_region_alloc(struct kring_region *region, u64 size);
void kring_region_free(struct kring_region *region);
int kring_region_insert(const struct kring_region *region,
			struct vm_area_struct *vma);
void kring_region_set_limit(unsigned long max_bytes);
bool kring_region_within_limit(u64 size);

/* In bytes; 0: not allocated. */
static inline u64 kring_region_size(const struct kring_region *region)
{
	return (u64)region->nr_pages << PAGE_SHIFT;
}

#endif /* KRING_REGION_H */
