// SPDX-License-Identifier: MPL-2.0
/* Ours: a ring of handles, to events that are allocated one by one. */
#include <stdlib.h>

#include "ours.h"
#include "payload.h"
#include "queue.h"

#define BATCH_MAX	64

struct queue {
	struct ours ours;
	enum rring_class pool;
	uint32_t size, batch;
};

static void *open_ring(uint32_t size, uint32_t batch, uint32_t capacity,
		       enum rring_strategy strategy)
{
	struct queue *queue = calloc(1, sizeof(*queue));
	struct rring_ring_config ring = {
		.kind = RRING_HANDLES,
		.policy = RRING_BLOCK,
		.capacity = capacity / 2,
		.strategy = strategy,
	};
	uint32_t slots[RRING_POOLS] = { 0 };

	queue->pool = rring_class_for(size);
	queue->size = size;
	queue->batch = batch;
	slots[queue->pool] = capacity;
	ours_open(&queue->ours, &ring, slots);
	return queue;
}

static void *open_spin(uint32_t size, uint32_t batch, uint32_t capacity)
{
	return open_ring(size, batch, capacity, RRING_WAIT_SPIN);
}

static void *open_yield(uint32_t size, uint32_t batch, uint32_t capacity)
{
	return open_ring(size, batch, capacity, RRING_WAIT_YIELD);
}

static void *open_block(uint32_t size, uint32_t batch, uint32_t capacity)
{
	return open_ring(size, batch, capacity, RRING_WAIT_BLOCK);
}

static void allocate(struct queue *queue, struct rring_event *event)
{
	if (rring_alloc_class(queue->ours.from, queue->pool, queue->size, 0,
			      event))
		ours_must(rring_alloc_until(queue->ours.from, queue->size, 0,
					    RRING_FOREVER, event),
			  "rring_alloc_until");
}

static void write_one_by_one(struct queue *queue, uint64_t first, uint64_t n)
{
	struct rring_event event;
	uint64_t end = first + n;

	for (; first < end; first++) {
		allocate(queue, &event);
		payload_fill(event.data, queue->size, first);
		ours_must(rring_publish(queue->ours.writer, &event),
			  "rring_publish");
	}
}

/* Some of @n events that were allocated: how many. */
static uint32_t allocate_some(struct queue *queue, struct rring_event *events,
			      uint32_t n)
{
	long got = rring_alloc_batch(queue->ours.from, queue->pool,
				     queue->size, 0, events, n);

	if (got > 0)
		return (uint32_t)got;
	allocate(queue, events);
	return 1;
}

static void publish(struct queue *queue, const struct rring_event *events,
		    uint32_t n)
{
	long done;

	while (n) {
		done = rring_publish_batch(queue->ours.writer, events, n);
		ours_must(done < 0 ? (int)done : 0, "rring_publish_batch");
		events += done;
		n -= (uint32_t)done;
	}
}

static void write_batches(struct queue *queue, uint64_t first, uint64_t n)
{
	struct rring_event events[BATCH_MAX];
	uint64_t end = first + n;
	uint32_t got, i;

	while (first < end) {
		got = allocate_some(queue, events,
				    queue_share(queue->batch, end - first));
		for (i = 0; i < got; i++)
			payload_fill(events[i].data, queue->size, first++);
		publish(queue, events, got);
	}
}

static void write_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;

	if (queue->batch == 1)
		write_one_by_one(queue, first, n);
	else
		write_batches(queue, first, n);
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
	free(queue);
}

const struct queue_kind queue_handle_spin = {
	.name = "rusted_ring handles",
	.batches = 1,
	.open = open_spin,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};

const struct queue_kind queue_handle = {
	.name = "rusted_ring handles",
	.batches = 1,
	.open = open_yield,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};

const struct queue_kind queue_handle_block = {
	.name = "rusted_ring handles",
	.batches = 1,
	.open = open_block,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};
