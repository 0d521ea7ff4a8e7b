// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Regions consist of ordinary refcounted pages. The pages are charged to the
 * memory cgroup of the task that allocates them, and to the account of an
 * arena. When the module frees a region, it only drops its own references. A
 * page that a process has pinned stays allocated for that process, and the
 * module never uses this page again.
 */
#include <linux/highmem.h>
#include <linux/vmalloc.h>

#include <linux/rusted_ring.h>

#include "../core/region.h"

static_assert(PAGE_SIZE % RRING_PAGE == 0, "a page is no multiple of 4 KiB");

/*
 * What the kernel needs for a region beside its pages and the table of them:
 * the structures of vmap(), and those of this module (struct kring_xxl, struct
 * kring_pages).
 */
#define REGION_OVERHEAD	512u

/*
 * Return how many bytes a region of @size bytes takes: its pages, the table of
 * its pages, their entries in the kernel's page tables, and REGION_OVERHEAD.
 */
u64 kring_region_footprint(u64 size)
{
	u64 nr = PAGE_ALIGN(size) >> PAGE_SHIFT;

	return PAGE_ALIGN(size) + kring_alloc_size(nr * sizeof(struct page *)) +
	       nr * sizeof(pte_t) + REGION_OVERHEAD;
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
 * Allocate zeroed pages for @region, @bytes or more, map them in the kernel,
 * and charge kring_region_footprint() of @bytes to @account. No other region
 * has a part of the last page. The caller has zeroed *@region. Return 0, -ENOSPC
 * if all accounts together would exceed max_bytes, or -ENOMEM if there is no
 * memory or the process is being killed. After an error *@region is zero. May
 * sleep.
 */
int kring_region_alloc(struct kring_region *region,
		       struct kring_account *account, u64 bytes)
{
	unsigned long nr = PAGE_ALIGN(bytes) >> PAGE_SHIFT;
	int err;

	err = kring_account_charge(account, kring_region_footprint(bytes));
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
	region->account = account;
	return 0;

fail_pages:
	put_pages(region->pages, nr);
fail_array:
	kvfree(region->pages);
fail_charge:
	kring_account_uncharge(account, kring_region_footprint(bytes));
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
	kring_account_uncharge(region->account,
			       kring_region_footprint(kring_region_size(region)));
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

/*
 * Return true if page @index of @region has more references than the one of the
 * region and those of its mappings. No mapping is added meanwhile. A mapping
 * that goes gives up its count before its reference. So load the references
 * first: then a count that is too low makes the result true.
 */
bool kring_region_page_is_pinned(const struct kring_region *region,
				 unsigned long index)
{
	struct page *page = region->pages[index];
	int references = page_ref_count(page);

	smp_rmb();	/* see above; the barrier is for the loads here alone */
	return references > 2 + atomic_read(&page->_mapcount);
}
