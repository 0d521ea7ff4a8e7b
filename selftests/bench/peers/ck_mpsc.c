// SPDX-License-Identifier: MPL-2.0
/*
 * Concurrency Kit's ring for many producers, of payloads of 64 bytes, which it
 * copies in and out.
 */
#include <err.h>
#include <stdlib.h>
#include <ck_ring.h>

#include "payload.h"
#include "queue.h"

struct event {
	_Alignas(PAYLOAD_LINE) unsigned char payload[PAYLOAD_LINE];
};

CK_RING_PROTOTYPE(event, event)

struct queue {
	ck_ring_t ring;
	struct event *buffer;
};

/* A ring has one event less than entries. */
static void *open_queue(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = aligned_alloc(CK_MD_CACHELINE, sizeof(*queue));

	(void)size;
	(void)batch;
	if (!queue)
		err(1, "ck_ring");
	queue->buffer = aligned_alloc(PAYLOAD_LINE,
				      capacity * sizeof(*queue->buffer));
	if (!queue->buffer)
		err(1, "ck_ring");
	ck_ring_init(&queue->ring, capacity);
	return queue;
}

static void write_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;
	struct event event;

	for (; first < end; first++) {
		payload_fill(event.payload, sizeof(event), first);
		while (!ck_ring_enqueue_mpsc_event(&queue->ring, queue->buffer,
						   &event))
			queue_relax();
	}
}

static void read_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;
	struct event event;

	for (; first < end; first++) {
		while (!ck_ring_dequeue_mpsc_event(&queue->ring, queue->buffer,
						   &event))
			queue_relax();
		payload_check(event.payload, sizeof(event), first);
	}
}

static void close_queue(void *context)
{
	struct queue *queue = context;

	free(queue->buffer);
	free(queue);
}

const struct queue_kind queue_ck_mpsc = {
	.name = "ck_ring of many producers",
	.size_max = PAYLOAD_LINE,
	.open = open_queue,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};
