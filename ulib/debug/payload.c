// SPDX-License-Identifier: MPL-2.0
/* Patterns in payloads: see payload.h. */
#include <string.h>

#include <rusted_ring/internal/inline.h>

#include "payload.h"

#define BEHIND	0x5a	/* each byte between the payload and the slot's end */
#define DROPPED	0x6b	/* each byte of a slot that was dropped */

/* AddressSanitizer has these. A program without it has no such functions. */
extern void __asan_poison_memory_region(const void *addr, size_t size)
	__attribute__((weak));
extern void __asan_unpoison_memory_region(const void *addr, size_t size)
	__attribute__((weak));

static void forbid(const void *addr, size_t size)
{
	if (size && __asan_poison_memory_region)
		__asan_poison_memory_region(addr, size);
}

static void allow(const void *addr, size_t size)
{
	if (size && __asan_unpoison_memory_region)
		__asan_unpoison_memory_region(addr, size);
}

/* Return the bytes of the slot of @record, or 0 if it has no patterns. */
static size_t slot_size(const struct rring_client *client,
			const struct ulib_record *record)
{
	uint32_t pool = rring_handle_class(record->handle);

	return pool < RRING_XXL ? client->arena->pool[pool].slot_size : 0;
}

static int has_only(const char *data, size_t size, char byte)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (data[i] != byte)
			return 0;
	return 1;
}

void ulib_payload_begin(const struct rring_client *client,
			const struct ulib_record *record)
{
	size_t size = slot_size(client, record);

	if (record->len >= size)
		return;
	allow(record->data, size);
	memset(record->data + record->len, BEHIND, size - record->len);
	forbid(record->data + record->len, size - record->len);
}

int ulib_payload_is_in_bounds(const struct rring_client *client,
			      const struct ulib_record *record)
{
	size_t size = slot_size(client, record);
	int right;

	if (record->len >= size)
		return 1;
	allow(record->data, size);
	right = has_only(record->data + record->len, size - record->len,
			 BEHIND);
	forbid(record->data + record->len, size - record->len);
	return right;
}

void ulib_payload_open(const struct rring_client *client,
		       const struct ulib_record *record)
{
	allow(record->data, slot_size(client, record));
}

void ulib_payload_end(const struct rring_client *client,
		      const struct ulib_record *record)
{
	size_t size = slot_size(client, record);

	allow(record->data, size);
	memset(record->data, DROPPED, size);
	forbid(record->data, size);
}

int ulib_payload_is_untouched(const struct rring_client *client,
			      const struct ulib_record *record)
{
	size_t size = slot_size(client, record);

	allow(record->data, size);
	return has_only(record->data, size, DROPPED);
}

/*
 * Another client may get the slot meanwhile, and write it: then the caller finds
 * another generation, and does not use the sum. ThreadSanitizer must not report
 * this race.
 */
uint64_t __attribute__((no_sanitize("thread")))
ulib_payload_sum(const struct rring_client *client,
		 const struct ulib_record *record)
{
	uint32_t pool = rring_handle_class(record->handle);
	const char *data = client->pool[pool].payload;
	uint64_t sum = 1;
	uint32_t i;

	if (pool >= RRING_XXL)
		return 0;
	data += (size_t)rring_handle_index(record->handle) <<
		rring_slot_shift(pool);
	for (i = 0; i < record->len; i++)
		sum = (sum ^ (unsigned char)RRING_LOAD(&data[i])) *
		      0x100000001b3ull;
	return sum;
}
