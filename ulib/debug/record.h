/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Records: what a checked client has done with the event of a slot. There is one
 * record for each slot of which the client has ever held an event.
 */
#ifndef ULIB_RECORD_H
#define ULIB_RECORD_H

#include <rusted_ring.h>

#include "place.h"

#define ULIB_RECORD_BUCKETS	1024

struct ulib_record {
	struct ulib_record *next;	/* in the bucket */
	uint64_t handle;	/* of the last event that the client held */
	uint32_t holds;		/* of this client on this event */
	uint32_t len;		/* bytes of the payload */
	uint32_t event_type;
	int allocated;		/* 1: by this client; 0: by another one */
	int given_away;		/* 1: the last hold was given to a ring */
	int kept;		/* 1: dropped, but the slot is not, see quarantine.h */
	uint64_t sum;		/* of the payload, when others got to know it */
	char *data;		/* the payload, where this client writes it */
	struct ulib_place taken;	/* allocated, or the first hold */
	struct ulib_place given;	/* published or shared for the first time */
	struct ulib_place dropped;	/* the last hold */
	/* the event before it in the slot, if this client held it, too */
	uint64_t old_handle;
	int old_given_away;
	struct ulib_place old_gone;	/* .given or .dropped of it */
};

struct ulib_records {
	struct ulib_record *bucket[ULIB_RECORD_BUCKETS];
};

/* Return the record of the slot of @handle, or NULL. */
struct ulib_record *ulib_record_find(const struct ulib_records *records,
				     uint64_t handle);

/*
 * Begin the record of @event, on which the client has taken its first hold. Return
 * the record, without places, or NULL if there is no memory.
 */
struct ulib_record *ulib_record_begin(struct ulib_records *records,
				      const struct rring_event *event);

/* Return an event for the record, as the client has got it. */
struct rring_event ulib_record_event(const struct ulib_record *record,
				     const struct rring_client *client);

void ulib_records_free(struct ulib_records *records);

#endif /* ULIB_RECORD_H */
