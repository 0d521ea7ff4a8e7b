/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_REGION_H
#define KRING_REGION_H

#include "account.h"
#include "compat.h"

struct page;
struct vm_area_struct;

/*
 * A region: pages that processes can map. The pages are zero when they are
 * allocated. In the module, the kernel has all pages mapped at .addr, without
 * gaps. In the library, the process maps the region only once, at .addr, for
 * all its clients, and counts the users of this mapping.
 */
struct kring_region {
#ifdef __KERNEL__
	struct page **pages;
#endif
	unsigned long nr_pages;		/* of the machine: PAGE_SIZE bytes */
	void *addr;			/* NULL if no page is allocated */
	struct kring_account *account;	/* the region is charged to it */
};

int kring_region_alloc(struct kring_region *region,
		       struct kring_account *account, u64 bytes);
void kring_region_free(struct kring_region *region);
int kring_region_insert(const struct kring_region *region,
			struct vm_area_struct *vma, unsigned long first,
			unsigned long n);
u64 kring_region_footprint(u64 size);
bool kring_region_page_is_pinned(const struct kring_region *region,
				 unsigned long index);

/* Return the size of @region in bytes, or 0 if no page is allocated. */
static inline u64 kring_region_size(const struct kring_region *region)
{
	return (u64)region->nr_pages << PAGE_SHIFT;
}

#endif /* KRING_REGION_H */
