// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Regions consist of ordinary refcounted pages. The pages are charged to the
 * memory cgroup of the task that allocates them, and to the module's limit
 * max_bytes. When the module frees a region, it only drops its own references.
 * Pages that a process has mapped or pinned stay allocated for that process,
 * and the module never uses these pages again.
 */
#include <linux/highmem.h>
#include <linux/vmalloc.h>

#include <linux/rusted_ring.h>

#include "../core/region.h"

static_assert(PAGE_SIZE == RRING_PAGE, "the layouts are cut for 4 KiB pages");

static atomic_long_t bytes_in_use;	/* bytes of all regions together */
static unsigned long bytes_max;		/* limit of bytes_in_use */

/*
 * Set the limit for the bytes of all regions together to @max_bytes, rounded
 * down to whole pages. The module calls this function once, before it allocates
 * any region.
 */
void kring_region_set_limit(unsigned long max_bytes)
{
	bytes_max = max_bytes & ~(PAGE_SIZE - 1ul);
}

/*
 * Return true if a region of @size bytes is within the limit for all regions
 * together. If the result is false, such a region can never be allocated.
 */
bool kring_region_within_limit(u64 size)
{
	return size <= bytes_max;
}

static int charge(unsigned long bytes)
{
	if (bytes > bytes_max)
		return -ENOSPC;
	if (atomic_long_add_return(bytes, &bytes_in_use) > bytes_max) {
		atomic_long_sub(bytes, &bytes_in_use);
		return -ENOSPC;
	}
	return 0;
}

static void uncharge(unsigned long bytes)
{
	atomic_long_sub(bytes, &bytes_in_use);
}

static void put_pages(struct page **pages, unsigned long nr)
{
	while (nr) {
		put_page(pages[--nr]);
		if (nr % 1024 == 0)
			cond_resched();
	}
}

/*
 * Allocate @nr zeroed pages, and store them in @pages. Return 0, or -ENOMEM if
 * there is no memory or the process is being killed. After -ENOMEM no page is
 * allocated.
 */
static int get_pages(struct page **pages, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (fatal_signal_pending(current))
			goto fail;
		pages[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO |
				      __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
		if (!pages[i])
			goto fail;
		if (i % 1024 == 0)
			cond_resched();
	}
	return 0;
fail:
	put_pages(pages, i);
	return -ENOMEM;
}

/*
 * Allocate @size bytes of zeroed pages for @region, and map them in the kernel.
 * @size is a multiple of PAGE_SIZE, and the caller has zeroed *@region. Return
 * 0, -ENOSPC if all regions together would exceed max_bytes, or -ENOMEM if
 * there is no memory or the process is being killed. After an error *@region is
 * zero. May sleep.
 */
int kring_region_alloc(struct kring_region *region, u64 size)
{
	unsigned long nr = size >> PAGE_SHIFT;
	int err;

	err = charge(size);
	if (err)
		return err;
	err = -ENOMEM;
	region->pages = kvcalloc(nr, sizeof(*region->pages),
				 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!region->pages)
		goto fail_charge;
	err = get_pages(region->pages, nr);
	if (err)
		goto fail_array;
	region->addr = vmap(region->pages, nr, VM_MAP, PAGE_KERNEL);
	if (!region->addr) {
		err = -ENOMEM;
		goto fail_pages;
	}
	region->nr_pages = nr;
	return 0;

fail_pages:
	put_pages(region->pages, nr);
fail_array:
	kvfree(region->pages);
fail_charge:
	uncharge(size);
	memset(region, 0, sizeof(*region));
	return err;
}

/* Free the pages of @region, if any, and zero the struct. May sleep. */
void kring_region_free(struct kring_region *region)
{
	if (!region->addr)
		return;
	vunmap(region->addr);
	put_pages(region->pages, region->nr_pages);
	kvfree(region->pages);
	uncharge(kring_region_size(region));
	memset(region, 0, sizeof(*region));
}

/*
 * Map @n pages of @region, from page @first on, into @vma, which has the
 * region's size. The caller holds the mmap_lock for writing. Return 0 or a
 * negative errno.
 */
int kring_region_insert(const struct kring_region *region,
			struct vm_area_struct *vma, unsigned long first,
			unsigned long n)
{
	return vm_insert_pages(vma, vma->vm_start + (first << PAGE_SHIFT),
			       region->pages + first, &n);
}
