// SPDX-License-Identifier: MPL-2.0
/* liburcu's wait-free queue of nodes, which mimalloc allocates and frees. */
#define URCU_INLINE_SMALL_FUNCTIONS
#define _LGPL_SOURCE
#include <err.h>
#include <stdlib.h>
#include <mimalloc.h>
#include <urcu/wfcqueue.h>

#include "endless.h"
#include "payload.h"
#include "queue.h"

struct node {
	_Alignas(PAYLOAD_LINE) struct cds_wfcq_node link;
	_Alignas(PAYLOAD_LINE) unsigned char payload[];
};

struct queue {
	struct cds_wfcq_head head;
	_Alignas(PAYLOAD_LINE) struct cds_wfcq_tail tail;
	struct endless endless;
	uint32_t size;
};

static void *open_queue(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = aligned_alloc(PAYLOAD_LINE, sizeof(*queue));

	(void)batch;
	cds_wfcq_init(&queue->head, &queue->tail);
	queue->endless = (struct endless) { .capacity = capacity };
	queue->size = size;
	return queue;
}

static void write_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		struct node *node;

		endless_await_room(&queue->endless, first);
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
		endless_pass(&queue->endless, first);
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
