// SPDX-License-Identifier: MPL-2.0
/* Records of events: see record.h. */
#include <stdlib.h>

#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/object.h>

#include "record.h"

static int is_same_slot(uint64_t a, uint64_t b)
{
	return rring_handle_class(a) == rring_handle_class(b) &&
	       rring_handle_index(a) == rring_handle_index(b);
}

static uint32_t bucket_of(uint64_t handle)
{
	return (rring_handle_class(handle) * 131 + rring_handle_index(handle)) %
	       ULIB_RECORD_BUCKETS;
}

struct ulib_record *ulib_record_find(const struct ulib_records *records,
				     uint64_t handle)
{
	struct ulib_record *record = records->bucket[bucket_of(handle)];

	while (record && !is_same_slot(record->handle, handle))
		record = record->next;
	return record;
}

/* Add a record for the slot of @handle to the table. */
static struct ulib_record *add(struct ulib_records *records, uint64_t handle)
{
	struct ulib_record **bucket = &records->bucket[bucket_of(handle)];
	struct ulib_record *record = calloc(1, sizeof(*record));

	if (!record)
		return NULL;
	record->next = *bucket;
	*bucket = record;
	return record;
}

struct ulib_record *ulib_record_begin(struct ulib_records *records,
				      const struct rring_event *event)
{
	struct ulib_record *record = ulib_record_find(records, event->handle);

	if (!record)
		record = add(records, event->handle);
	if (!record)
		return NULL;
	*record = (struct ulib_record) {
		.next = record->next,
		.handle = event->handle,
		.holds = 1,
		.len = event->len,
		.event_type = event->event_type,
		.data = event->data,
		.old_handle = record->handle,
		.old_given_away = record->given_away,
		.old_gone = record->given_away ? record->given :
						 record->dropped,
	};
	return record;
}

struct rring_event ulib_record_event(const struct ulib_record *record,
				     const struct rring_client *client)
{
	uint32_t pool = rring_handle_class(record->handle);

	return (struct rring_event) {
		.handle = record->handle,
		.data = record->data,
		.len = record->len,
		.event_type = record->event_type,
		.word = &client->pool[pool]
			 .ledger[rring_handle_index(record->handle)],
		.client = client,
	};
}

void ulib_records_free(struct ulib_records *records)
{
	struct ulib_record *record, *next;
	uint32_t i;

	for (i = 0; i < ULIB_RECORD_BUCKETS; i++) {
		for (record = records->bucket[i]; record; record = next) {
			next = record->next;
			free(record);
		}
	}
}
