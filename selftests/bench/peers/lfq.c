// SPDX-License-Identifier: MPL-2.0
/*
 * liburcu's lock-free queue of nodes, which mimalloc allocates, and frees after
 * a grace period; with the flavour of RCU that wants nothing from its threads.
 */
#define _LGPL_SOURCE
#include <err.h>
#include <stdlib.h>
#include <mimalloc.h>
#include <urcu/urcu-bp.h>
#include <urcu/rculfqueue.h>

#include "endless.h"
#include "payload.h"
#include "queue.h"

struct node {
	_Alignas(PAYLOAD_LINE) struct cds_lfq_node_rcu link;
	struct rcu_head rcu;
	_Alignas(PAYLOAD_LINE) unsigned char payload[];
};

struct queue {
	struct cds_lfq_queue_rcu nodes;
	struct endless endless;
	uint32_t size;
};

static void *open_queue(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = aligned_alloc(PAYLOAD_LINE, sizeof(*queue));

	(void)batch;
	cds_lfq_init_rcu(&queue->nodes, urcu_bp_call_rcu);
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
			err(1, "lfqueue");
		cds_lfq_node_init_rcu(&node->link);
		payload_fill(node->payload, queue->size, first);
		urcu_bp_read_lock();
		cds_lfq_enqueue_rcu(&queue->nodes, &node->link);
		urcu_bp_read_unlock();
	}
}

static void free_node(struct rcu_head *head)
{
	mi_free(caa_container_of(head, struct node, rcu));
}

static void read_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	while (first < end) {
		struct cds_lfq_node_rcu *link;
		struct node *node;

		urcu_bp_read_lock();
		link = cds_lfq_dequeue_rcu(&queue->nodes);
		urcu_bp_read_unlock();
		if (!link) {
			queue_relax();
			continue;
		}
		node = caa_container_of(link, struct node, link);
		payload_check(node->payload, queue->size, first++);
		urcu_bp_call_rcu(&node->rcu, free_node);
		endless_pass(&queue->endless, first);
	}
}

static void close_queue(void *context)
{
	struct queue *queue = context;

	urcu_bp_barrier();
	cds_lfq_destroy_rcu(&queue->nodes);
	free(queue);
}

const struct queue_kind queue_lfq = {
	.name = "lfqueue",
	.open = open_queue,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};
