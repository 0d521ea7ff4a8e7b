// SPDX-License-Identifier: MPL-2.0
#include <err.h>
#include <stdlib.h>

#include "spsc.h"

struct spsc *spsc_open(uint32_t size, uint32_t capacity)
{
	struct spsc *queue = aligned_alloc(_Alignof(struct spsc),
					   sizeof(*queue));

	if (!queue)
		err(1, "memory");
	*queue = (struct spsc){ .size = size, .mask = capacity - 1 };
	queue->payload = aligned_alloc(PAYLOAD_LINE, (size_t)size * capacity);
	if (!queue->payload)
		err(1, "memory");
	return queue;
}

void spsc_close(struct spsc *queue)
{
	free(queue->payload);
	free(queue);
}

/* ---- cached indices ---- */

static void *open_cached(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct spsc *queue = spsc_open(size, capacity);

	queue->batch = batch;
	return queue;
}

static void write_one_by_one(struct spsc *queue, uint64_t first, uint64_t end)
{
	void *payload;

	for (; first < end; first++) {
		while (payload = spsc_reserve(queue), !payload)
			queue_relax();
		payload_fill(payload, queue->size, first);
		spsc_commit(queue);
	}
}

/* Less than a batch, or than is left, if there is no more room. */
static void write_batches(struct spsc *queue, uint64_t first, uint64_t end)
{
	uint64_t room, i;

	while (first < end) {
		while (room = spsc_room(queue), !room)
			queue_relax();
		room = room < end - first ? room : end - first;
		room = queue_share(queue->batch, room);
		for (i = 0; i < room; i++)
			payload_fill(spsc_place(queue, i), queue->size,
				     first++);
		spsc_commit_all(queue, room);
	}
}

static void write_cached(void *context, uint64_t first, uint64_t n)
{
	struct spsc *queue = context;

	if (queue->batch == 1)
		write_one_by_one(queue, first, first + n);
	else
		write_batches(queue, first, first + n);
}

static void read_one_by_one(struct spsc *queue, uint64_t first, uint64_t end)
{
	const void *payload;

	for (; first < end; first++) {
		while (payload = spsc_peek(queue), !payload)
			queue_relax();
		payload_check(payload, queue->size, first);
		spsc_release(queue);
	}
}

static void read_batches(struct spsc *queue, uint64_t first, uint64_t end)
{
	uint64_t there, i;

	while (first < end) {
		while (there = spsc_count(queue), !there)
			queue_relax();
		there = there < end - first ? there : end - first;
		there = queue_share(queue->batch, there);
		for (i = 0; i < there; i++)
			payload_check(spsc_entry(queue, i), queue->size,
				      first++);
		spsc_release_all(queue, there);
	}
}

static void read_cached(void *context, uint64_t first, uint64_t n)
{
	struct spsc *queue = context;

	if (queue->batch == 1)
		read_one_by_one(queue, first, first + n);
	else
		read_batches(queue, first, first + n);
}

static void close_cached(void *context)
{
	spsc_close(context);
}

const struct queue_kind queue_cached_indices = {
	.name = "cached indices",
	.batches = 1,
	.open = open_cached,
	.write = write_cached,
	.read = read_cached,
	.close = close_cached,
};

/* ---- a flag beside the payload ---- */

struct flags {
	uint32_t size, stride, mask;
	unsigned char *entries;		/* each begins with a line for its flag */
};

static void *open_flags(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct flags *queue = calloc(1, sizeof(*queue));
	uint32_t i;

	(void)batch;
	if (!queue)
		err(1, "memory");
	queue->size = size;
	queue->stride = size + PAYLOAD_LINE;
	queue->mask = capacity - 1;
	queue->entries = aligned_alloc(PAYLOAD_LINE,
				       (size_t)queue->stride * capacity);
	if (!queue->entries)
		err(1, "memory");
	for (i = 0; i < capacity; i++)
		*(uint32_t *)(queue->entries + (size_t)i * queue->stride) = 0;
	return queue;
}

static unsigned char *entry_at(const struct flags *queue, uint64_t position)
{
	return queue->entries +
	       (size_t)(position & queue->mask) * queue->stride;
}

static void await_flag(const unsigned char *entry, uint32_t value)
{
	while (__atomic_load_n((const uint32_t *)entry, __ATOMIC_ACQUIRE) !=
	       value)
		queue_relax();
}

static void write_flags(void *context, uint64_t first, uint64_t n)
{
	struct flags *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		unsigned char *entry = entry_at(queue, first);

		await_flag(entry, 0);
		payload_fill(entry + PAYLOAD_LINE, queue->size, first);
		__atomic_store_n((uint32_t *)entry, 1, __ATOMIC_RELEASE);
	}
}

static void read_flags(void *context, uint64_t first, uint64_t n)
{
	struct flags *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		unsigned char *entry = entry_at(queue, first);

		await_flag(entry, 1);
		payload_check(entry + PAYLOAD_LINE, queue->size, first);
		__atomic_store_n((uint32_t *)entry, 0, __ATOMIC_RELEASE);
	}
}

static void close_flags(void *context)
{
	struct flags *queue = context;

	free(queue->entries);
	free(queue);
}

const struct queue_kind queue_flags = {
	.name = "flag beside payload",
	.open = open_flags,
	.write = write_flags,
	.read = read_flags,
	.close = close_flags,
};
