// SPDX-License-Identifier: MPL-2.0
/* liburcu's wait-free queue of nodes, which mimalloc allocates and frees. */
#define URCU_INLINE_SMALL_FUNCTIONS
#define _LGPL_SOURCE
#include <err.h>
#include <stdlib.h>
#include <mimalloc.h>
#include <urcu/wfcqueue.h>

#include "payload.h"
#include "queue.h"

struct node {
	_Alignas(PAYLOAD_LINE) struct cds_wfcq_node link;
	_Alignas(PAYLOAD_LINE) unsigned char payload[];
};

struct queue {
	struct cds_wfcq_head head;
	_Alignas(PAYLOAD_LINE) struct cds_wfcq_tail tail;
	_Alignas(PAYLOAD_LINE) uint64_t done;	/* by the reader */
	_Alignas(PAYLOAD_LINE) uint64_t seen;	/* of that, by the writer */
	uint32_t size, capacity;
};

static void *open_queue(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = aligned_alloc(PAYLOAD_LINE, sizeof(*queue));

	(void)batch;
	cds_wfcq_init(&queue->head, &queue->tail);
	queue->done = 0;
	queue->seen = 0;
	queue->size = size;
	queue->capacity = capacity;
	return queue;
}

/* It has no end of its own: no more than @capacity are on their way. */
static void await_room(struct queue *queue, uint64_t number)
{
	while (number - queue->seen >= queue->capacity) {
		queue->seen = __atomic_load_n(&queue->done, __ATOMIC_RELAXED);
		if (number - queue->seen >= queue->capacity)
			queue_relax();
	}
}

static void write_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		struct node *node;

		await_room(queue, first);
		node = mi_malloc_aligned(sizeof(*node) + queue->size,
					 PAYLOAD_LINE);
		if (!node)
			err(1, "wfcqueue");
		cds_wfcq_node_init(&node->link);
		payload_fill(node->payload, queue->size, first);
		cds_wfcq_enqueue(&queue->head, &queue->tail, &node->link);
	}
}

static void read_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	while (first < end) {
		struct cds_wfcq_node *link =
			__cds_wfcq_dequeue_nonblocking(&queue->head,
						       &queue->tail);
		struct node *node = caa_container_of(link, struct node, link);

		if (!link || link == CDS_WFCQ_WOULDBLOCK) {
			queue_relax();
			continue;
		}
		payload_check(node->payload, queue->size, first++);
		mi_free(node);
		__atomic_store_n(&queue->done, first, __ATOMIC_RELEASE);
	}
}

static void close_queue(void *context)
{
	struct queue *queue = context;

	cds_wfcq_destroy(&queue->head, &queue->tail);
	free(queue);
}

const struct queue_kind queue_wfcq = {
	.name = "wfcqueue",
	.open = open_queue,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};
