/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_PAGES_H
#define KRING_PAGES_H

#include "compat.h"

#include "region.h"

struct kring_remnants;

/*
 * The region of a ring's incarnation, of an XXL event, or of a client's
 * cursors. The ring, the slot or the client holds a reference. So does each
 * kernel reader that uses the region, each client that has the region mapped
 * (linux/mapper.h), and each task that is in mmap() of the region. The last put
 * frees the region.
 *
 * The fields below .sealed are used only in the module, by linux/remnants.c and
 * linux/mapper.c. The former has a lock that protects them.
 */
struct kring_pages {
	struct kref ref;
	struct kring_region region;
	bool sealed;			/* of an XXL event: nobody may write it
					 * any more; the arena's lock protects it
					 */
	unsigned long pgoff;		/* offset of all mappings, in pages; 0
					 * before the first mapping
					 */
	struct rb_root mappers;		/* the clients that have it mapped */
	struct list_head mapped;	/* the same; they are taken back in this
					 * order
					 */
	u32 nr_mappers;			/* those that have not died */
	bool is_gone;			/* the event is gone */
	struct kring_remnants *remnants; /* NULL: this is no remnant */
	struct list_head node;		/* in the list of .remnants */
};

struct kring_pages *kring_pages_new(struct kring_account *account, u64 size);
void kring_pages_get(struct kring_pages *pages);
bool kring_pages_put(struct kring_pages *pages);

static inline u64 kring_pages_size(const struct kring_pages *pages)
{
	return kring_region_size(&pages->region);
}

#endif /* KRING_PAGES_H */
