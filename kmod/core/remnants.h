/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_REMNANTS_H
#define KRING_REMNANTS_H

#include "compat.h"

#include "pages.h"

struct kring_client;

/*
 * The remnants of one pool: regions of events that are gone, which processes
 * still have mapped. A reader that was overtaken reads on in them. They stay
 * charged to the account of the arena, and to the memory cgroup of the producer
 * that allocated them. linux/remnants.c has a lock that protects the fields.
 */
struct kring_remnants {
	struct list_head list;		/* of struct kring_pages, oldest first */
	u64 bytes;			/* of all pages of these regions */
};

#ifdef __KERNEL__

void kring_remnants_add(struct kring_remnants *remnants,
			struct kring_pages *pages);
void kring_remnants_take_back(struct kring_remnants *remnants,
			      struct kring_pages *pages);
bool kring_remnants_is_pinned(struct kring_pages *pages);
void kring_remnants_trim(struct kring_remnants *remnants, u64 most);
void kring_mappings_forget(struct kring_client *client);
void kring_mappings_leave(struct kring_client *client);

#else

/* In the library a region is freed when its last user unmaps it. */
static inline void kring_remnants_add(struct kring_remnants *remnants,
				      struct kring_pages *pages)
{
	(void)remnants;
	kring_pages_put(pages);
}

static inline void kring_remnants_take_back(struct kring_remnants *remnants,
					    struct kring_pages *pages)
{
	kring_remnants_add(remnants, pages);
}

static inline bool kring_remnants_is_pinned(const struct kring_pages *pages)
{
	(void)pages;
	return false;
}

static inline void kring_remnants_trim(struct kring_remnants *remnants,
				       u64 most)
{
	(void)remnants;
	(void)most;
}

static inline void kring_mappings_leave(struct kring_client *client)
{
	(void)client;
}

#endif

#endif /* KRING_REMNANTS_H */
