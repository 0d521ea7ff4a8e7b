// SPDX-License-Identifier: MPL-2.0
/*
 * Concurrency Kit's ring of pointers, and the same ring once more for the way
 * back of what they point to: no allocator is as cheap.
 */
#include <err.h>
#include <stdlib.h>
#include <ck_ring.h>

#include "payload.h"
#include "queue.h"

struct way {
	ck_ring_t ring;
	ck_ring_buffer_t *buffer;
};

struct queue {
	struct way there, back;
	char *objects;
	uint32_t size;
};

static void open_way(struct way *way, uint32_t capacity)
{
	way->buffer = calloc(capacity, sizeof(*way->buffer));
	if (!way->buffer)
		err(1, "ck_ring");
	ck_ring_init(&way->ring, capacity);
}

static void *open_queue(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = aligned_alloc(CK_MD_CACHELINE, sizeof(*queue));
	uint32_t i;

	(void)batch;
	open_way(&queue->there, 2 * capacity);
	open_way(&queue->back, 2 * capacity);
	queue->objects = aligned_alloc(PAYLOAD_LINE, (size_t)size * capacity);
	if (!queue->objects)
		err(1, "ck_ring");
	queue->size = size;
	for (i = 0; i < capacity; i++)
		ck_ring_enqueue_spsc(&queue->back.ring, queue->back.buffer,
				     queue->objects + (size_t)i * size);
	return queue;
}

static void *take(struct way *way)
{
	void *object;

	while (!ck_ring_dequeue_spsc(&way->ring, way->buffer, &object))
		queue_relax();
	return object;
}

/* There is room for all of them. */
static void put(struct way *way, void *object)
{
	ck_ring_enqueue_spsc(&way->ring, way->buffer, object);
}

static void write_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		void *object = take(&queue->back);

		payload_fill(object, queue->size, first);
		put(&queue->there, object);
	}
}

static void read_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		void *object = take(&queue->there);

		payload_check(object, queue->size, first);
		put(&queue->back, object);
	}
}

static void close_queue(void *context)
{
	struct queue *queue = context;

	free(queue->there.buffer);
	free(queue->back.buffer);
	free(queue->objects);
	free(queue);
}

const struct queue_kind queue_ck = {
	.name = "ck_ring",
	.open = open_queue,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};
