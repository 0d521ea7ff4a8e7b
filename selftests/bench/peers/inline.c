// SPDX-License-Identifier: MPL-2.0
/* Ours: a ring of payloads, filled in place or copied. */
#include <err.h>
#include <stdlib.h>

#include "ours.h"
#include "payload.h"
#include "queue.h"

struct queue {
	struct ours ours;
	char *events;		/* to be copied: a batch */
	uint32_t size, batch;
};

static void *open_ring(uint32_t size, uint32_t batch, uint32_t capacity,
		       enum rring_strategy strategy)
{
	static const uint32_t no_slots[RRING_POOLS] = { 1 };
	struct queue *queue = calloc(1, sizeof(*queue));
	struct rring_ring_config ring = {
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = capacity,
		.stride = size,
		.strategy = strategy,
	};

	ours_open(&queue->ours, &ring, no_slots);
	queue->size = size;
	queue->batch = batch;
	queue->events = aligned_alloc(PAYLOAD_LINE, (size_t)size * batch);
	if (!queue->events)
		err(1, "memory");
	return queue;
}

static void *open_spin(uint32_t size, uint32_t batch, uint32_t capacity)
{
	return open_ring(size, batch, capacity, RRING_WAIT_SPIN);
}

/* For streams: the reader does not follow the writer closely. */
static void *open_yield(uint32_t size, uint32_t batch, uint32_t capacity)
{
	return open_ring(size, batch, capacity, RRING_WAIT_YIELD);
}

static void *open_block(uint32_t size, uint32_t batch, uint32_t capacity)
{
	return open_ring(size, batch, capacity, RRING_WAIT_BLOCK);
}

static void write_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	struct rring_writer *writer = queue->ours.writer;
	uint32_t size = queue->size, batch = queue->batch, i;
	uint64_t end = first + n;

	while (first < end) {
		ours_must(rring_reserve(writer, batch), "rring_reserve");
		for (i = 0; i < batch; i++)
			payload_fill(rring_reserved(writer, i, size, 0), size,
				     first++);
		rring_commit(writer, batch);
	}
}

static void copy_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	struct rring_writer *writer = queue->ours.writer;
	uint32_t size = queue->size, batch = queue->batch, i;
	uint64_t end = first + n;

	while (first < end) {
		for (i = 0; i < batch; i++)
			payload_fill(queue->events + i * size, size, first++);
		ours_must(rring_add_batch(writer, queue->events, size, 0,
					  batch), "rring_add_batch");
	}
}

static void read_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;

	ours_read(&queue->ours, queue->batch, first, n);
}

static void close_queue(void *context)
{
	struct queue *queue = context;

	ours_close(&queue->ours);
	free(queue->events);
	free(queue);
}

const struct queue_kind queue_inline = {
	.name = "rusted_ring inline",
	.batches = 1,
	.open = open_yield,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};

const struct queue_kind queue_inline_spin = {
	.name = "rusted_ring inline",
	.batches = 1,
	.open = open_spin,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};

const struct queue_kind queue_copy = {
	.name = "rusted_ring copied",
	.batches = 1,
	.open = open_yield,
	.write = copy_events,
	.read = read_events,
	.close = close_queue,
};

const struct queue_kind queue_inline_block = {
	.name = "rusted_ring inline",
	.batches = 1,
	.open = open_block,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};
