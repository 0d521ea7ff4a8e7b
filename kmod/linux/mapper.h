/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_MAPPER_H
#define KRING_MAPPER_H

#include "../core/compat.h"

struct kring_client;
struct kring_pages;

/*
 * One client that has mapped one region, with all its mappings of this region.
 * The lock of remnants.c protects the fields.
 */
struct kring_mapper {
	struct rb_node node;		/* in .mappers of the region */
	struct list_head of_client;	/* in .mappers of the client */
	struct list_head of_pages;	/* in .mapped of the region */
	struct kring_client *client;	/* without a reference: each mapping
					 * holds the client's file
					 */
	struct kring_pages *pages;	/* with a reference. NULL: it was taken
					 * away, and the mapper is in none of
					 * the lists above
					 */
	u32 maps;			/* mappings; one more while mremap()
					 * copies one and fails
					 */
	bool has_left;			/* the client has died */
};

struct kring_mapper *kring_mapper_enter(struct kring_mapper *new,
					struct kring_pages *pages);
struct kring_pages *kring_mapper_remove(struct kring_mapper *mapper);
bool kring_mapper_leave_one(struct kring_client *client);
bool kring_mapper_none_else(const struct kring_pages *pages);

#endif /* KRING_MAPPER_H */
