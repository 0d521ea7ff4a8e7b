// SPDX-License-Identifier: MPL-2.0
/* DPDK's mempool, with a cache of its own, as a thread of DPDK has it. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <rte_errno.h>
#include <rte_mempool.h>

#include "allocator.h"
#include "payload.h"
#include "rte.h"

#define CACHE	64

struct pool {
	struct rte_mempool *mempool;
	struct rte_mempool_cache *cache;
	void **held;
	uint32_t nr_held;
};

static void *must(void *made, const char *what)
{
	if (!made)
		errx(1, "%s: %s", what, rte_strerror(rte_errno));
	return made;
}

/* What lies in a cache cannot be held: it has as many more. */
static void *open_pool(uint32_t slots, uint32_t held)
{
	static unsigned int number;
	struct pool *pool = calloc(1, sizeof(*pool));
	char name[RTE_MEMPOOL_NAMESIZE];

	rte_start();
	snprintf(name, sizeof(name), "pool %u", number++);
	pool->mempool = must(rte_mempool_create(name, slots + CACHE,
						ALLOCATOR_BYTES, 0, 0, NULL,
						NULL, NULL, NULL,
						SOCKET_ID_ANY, 0),
			     "rte_mempool_create");
	pool->held = calloc(held + 1, sizeof(*pool->held));
	while (pool->nr_held < held)
		if (rte_mempool_generic_get(pool->mempool,
					    &pool->held[pool->nr_held++], 1,
					    NULL))
			errx(1, "rte_mempool_generic_get");
	pool->cache = must(rte_mempool_cache_create(CACHE, SOCKET_ID_ANY),
			   "rte_mempool_cache_create");
	return pool;
}

static inline void work(struct pool *pool, uint64_t n, uint32_t batch)
{
	void *objects[ALLOCATOR_LIVE];
	uint64_t i;
	uint32_t j;

	for (i = 0; i < n; i += batch) {
		if (rte_mempool_generic_get(pool->mempool, objects, batch,
					    pool->cache))
			errx(1, "rte_mempool_generic_get");
		for (j = 0; j < batch; j++)
			payload_fill(objects[j], ALLOCATOR_BYTES, i + j);
		rte_mempool_generic_put(pool->mempool, objects, batch,
					pool->cache);
	}
}

static void work_pool(void *context, uint64_t n, uint32_t batch)
{
	if (batch == 1)
		work(context, n, 1);
	else
		work(context, n, batch);
}

static void close_pool(void *context)
{
	struct pool *pool = context;

	rte_mempool_cache_flush(pool->cache, pool->mempool);
	rte_mempool_cache_free(pool->cache);
	rte_mempool_generic_put(pool->mempool, pool->held, pool->nr_held, NULL);
	rte_mempool_free(pool->mempool);
	free(pool->held);
	free(pool);
}

const struct allocator_kind allocator_rte = {
	"rte_mempool", open_pool, work_pool, close_pool,
};
