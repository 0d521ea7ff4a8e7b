// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Regions of ring incarnations and of XXL events, with a reference count. */
#include "compat.h"

#include "pages.h"

/*
 * Allocate a region of @size bytes, a multiple of the page size. Return it with
 * one reference, or an ERR_PTR(): the error of kring_region_alloc(), such as
 * -ENOSPC (max_bytes would be exceeded) or -ENOMEM. May sleep.
 */
struct rring_pages *kring_pages_new(u64 size)
{
	struct rring_pages *pages;
	int err;

	pages = kzalloc(sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return ERR_PTR(-ENOMEM);
	kref_init(&pages->ref);
	err = kring_region_alloc(&pages->region, size);
	if (!err)
		return pages;
	kfree(pages);
	return ERR_PTR(err);
}

void kring_pages_get(struct rring_pages *pages)
{
	kref_get(&pages->ref);
}

static void pages_free(struct kref *ref)
{
	struct rring_pages *pages = container_of(ref, struct rring_pages, ref);

	kring_region_free(&pages->region);
	kfree(pages);
}

/* Put a reference. True: it was the last, the region is freed. May sleep. */
bool kring_pages_put(struct rring_pages *pages)
{
	return kref_put(&pages->ref, pages_free);
}
