// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Pages of a ring's incarnation, or of an XXL event, with a count of users. */
#include "compat.h"

#include "pages.h"

struct rring_pages *rring_pages_new(u64 size)
{
	struct rring_pages *pages;
	int err;

	pages = kzalloc(sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return ERR_PTR(-ENOMEM);
	kref_init(&pages->ref);
	err = rring_region_alloc(&pages->region, size);
	if (!err)
		return pages;
	kfree(pages);
	return ERR_PTR(err);
}

void rring_pages_get(struct rring_pages *pages)
{
	kref_get(&pages->ref);
}

static void pages_free(struct kref *ref)
{
	struct rring_pages *pages = container_of(ref, struct rring_pages, ref);

	rring_region_free(&pages->region);
	kfree(pages);
}

/* True if that was the last one. May sleep. */
bool rring_pages_put(struct rring_pages *pages)
{
	return kref_put(&pages->ref, pages_free);
}
