// SPDX-License-Identifier: MPL-2.0
/*
 * DPDK's ring of pointers to objects of its mempool. Each side has a cache of
 * that, as threads of DPDK do.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "payload.h"
#include "queue.h"
#include "rte.h"

#define CACHE		64
#define BATCH_MAX	64

struct queue {
	struct rte_ring *ring;
	struct rte_mempool *pool;
	struct rte_mempool_cache *writers, *readers;
	uint32_t size, batch;
};

void rte_start(void)
{
	static char *argv[] = {
		"bench", "--no-huge", "--no-pci", "--no-shconf", "-m", "256",
		"--no-telemetry", "--log-level=error", "--lcores=0",
	};
	static int started;

	if (started)
		return;
	started = 1;
	if (rte_eal_init((int)RTE_DIM(argv), argv) < 0)
		errx(1, "rte_eal_init: %s", rte_strerror(rte_errno));
}

static void *must(void *made, const char *what)
{
	if (!made)
		errx(1, "%s: %s", what, rte_strerror(rte_errno));
	return made;
}

static void *open_queue(uint32_t size, uint32_t batch, uint32_t capacity)
{
	static unsigned int number;
	struct queue *queue = calloc(1, sizeof(*queue));
	char name[RTE_MEMPOOL_NAMESIZE];

	rte_start();
	snprintf(name, sizeof(name), "%u", number++);
	queue->ring = must(rte_ring_create(name, capacity / 2, SOCKET_ID_ANY,
					   RING_F_SP_ENQ | RING_F_SC_DEQ |
					   RING_F_EXACT_SZ),
			   "rte_ring_create");
	queue->pool = must(rte_mempool_create(name, capacity, size, 0, 0,
					      NULL, NULL, NULL, NULL,
					      SOCKET_ID_ANY, 0),
			   "rte_mempool_create");
	queue->writers = must(rte_mempool_cache_create(CACHE, SOCKET_ID_ANY),
			      "rte_mempool_cache_create");
	queue->readers = must(rte_mempool_cache_create(CACHE, SOCKET_ID_ANY),
			      "rte_mempool_cache_create");
	queue->size = size;
	queue->batch = batch;
	return queue;
}

static void write_batch(struct queue *queue, uint64_t first, uint32_t n)
{
	void *objects[BATCH_MAX];
	uint32_t i;

	while (rte_mempool_generic_get(queue->pool, objects, n,
				       queue->writers))
		queue_relax();
	for (i = 0; i < n; i++)
		payload_fill(objects[i], queue->size, first + i);
	for (i = 0; i < n;) {
		uint32_t done = rte_ring_sp_enqueue_burst(queue->ring,
							  objects + i, n - i,
							  NULL);

		if (!done)
			queue_relax();
		i += done;
	}
}

static void write_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first += queue->batch)
		write_batch(queue, first, queue->batch);
}

static void read_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	void *objects[BATCH_MAX];
	uint64_t end = first + n;
	uint32_t got, i;

	while (first < end) {
		got = rte_ring_sc_dequeue_burst(queue->ring, objects,
						queue_share(queue->batch,
							    end - first),
						NULL);
		if (!got)
			queue_relax();
		for (i = 0; i < got; i++)
			payload_check(objects[i], queue->size, first + i);
		if (got)
			rte_mempool_generic_put(queue->pool, objects, got,
						queue->readers);
		first += got;
	}
}

static void close_queue(void *context)
{
	struct queue *queue = context;

	rte_mempool_cache_free(queue->writers);
	rte_mempool_cache_free(queue->readers);
	rte_mempool_free(queue->pool);
	rte_ring_free(queue->ring);
	free(queue);
}

const struct queue_kind queue_rte = {
	.name = "rte_ring",
	.batches = 1,
	.open = open_queue,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};
