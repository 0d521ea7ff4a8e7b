// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Allocate and free the region of a ring's incarnation, of an XXL event, or of
 * a client's cursors. The region has a reference count.
 */
#include "compat.h"

#include "pages.h"

/*
 * Allocate a region of @size bytes, which is a multiple of the page size, and
 * charge it to @account. Return the region with one reference. Return
 * ERR_PTR(-ENOSPC) if the module's max_bytes would be exceeded, or
 * ERR_PTR(-ENOMEM) if there is no memory or the process is being killed. May
 * sleep.
 */
struct kring_pages *kring_pages_new(struct kring_account *account, u64 size)
{
	struct kring_pages *pages;
	int err;

	pages = kzalloc(sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return ERR_PTR(-ENOMEM);
	kref_init(&pages->ref);
	INIT_LIST_HEAD(&pages->mapped);
	err = kring_region_alloc(&pages->region, account, size);
	if (!err)
		return pages;
	kfree(pages);
	return ERR_PTR(err);
}

void kring_pages_get(struct kring_pages *pages)
{
	kref_get(&pages->ref);
}

static void pages_free(struct kref *ref)
{
	struct kring_pages *pages = container_of(ref, struct kring_pages, ref);

	kring_region_free(&pages->region);
	kfree(pages);
}

/*
 * Put a reference to @pages. Return true if this was the last reference: the
 * function has then freed @pages and the region. May sleep.
 */
bool kring_pages_put(struct kring_pages *pages)
{
	return kref_put(&pages->ref, pages_free);
}
