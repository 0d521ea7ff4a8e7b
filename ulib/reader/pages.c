// SPDX-License-Identifier: MPL-2.0
/* The pages of a ring that a reader has mapped. */
#include <stdlib.h>

#include "../client/client.h"
#include "../debug/debug.h"
#include "pages.h"

/*
 * The mapped pages of an earlier writer of the ring (each writer gets new
 * pages). They stay mapped while events that the program has peeked at, and not
 * released, may lie in them.
 */
struct ulib_pages {
	const void *ring;
	struct ulib_pages *next;
};

static void unmap_old(struct rring_reader *reader)
{
	while (reader->old) {
		struct ulib_pages *pages = reader->old;

		reader->old = pages->next;
		ulib_unmap(reader->client, pages->ring, reader->size);
		free(pages);
	}
}

/*
 * Put the present mapping, if there is one, on the list .old, because peeked
 * events may lie in this mapping. If @reader has no peeked event, first unmap
 * the mappings that are on .old already. Return 0, or -ENOMEM if the present
 * mapping could not be put on the list.
 */
static int keep_pages(struct rring_reader *reader)
{
	struct ulib_pages *pages;

	if (reader->head == reader->pos)
		unmap_old(reader);
	if (!reader->ring)
		return 0;
	pages = malloc(sizeof(*pages));
	if (!pages)
		return rring_refuse_slow(-ENOMEM);
	pages->ring = reader->ring;
	pages->next = reader->old;
	reader->old = pages;
	return 0;
}

int ulib_pages_map(struct rring_reader *reader)
{
	const struct rring_ring_info *info = reader->info;
	/*
	 * P: pairs with O in take_over(). ulib_map() then maps the pages of
	 * this incarnation or of a later one, and the kernel has capped @reader
	 * before this incarnation began.
	 */
	uint32_t incarnation = rring_flag_load_acquire(&info->incarnation);
	const char *ring;
	int err = 0;

	ring = ulib_map(reader->client, RRING_REGION_RING,
			reader->ring_id, reader->size, 0, &err);
	if (err)
		return err;
	err = keep_pages(reader);
	if (err) {
		ulib_unmap(reader->client, ring, reader->size);
		return err;
	}
	reader->ring = (const struct rring_ring_head *)ring;
	if (incarnation != reader->incarnation)
		__atomic_fetch_or(&reader->slow_look, ULIB_LOOK_CAPPED,
				  __ATOMIC_RELAXED);
	reader->incarnation = incarnation;
	if (info->kind == RRING_HANDLES) {
		reader->entries = (const struct rring_entry *)
			(ring + info->entry_offset);
	} else {
		reader->headers = (const struct rring_event_header *)
			(ring + info->entry_offset);
		reader->data = ring + info->data_offset;
	}
	if (ulib_is_checked(reader->client))
		ulib_checked_hide(reader);
	return 0;
}

void ulib_pages_unmap(struct rring_reader *reader)
{
	unmap_old(reader);
	ulib_unmap(reader->client, reader->ring, reader->size);
}
