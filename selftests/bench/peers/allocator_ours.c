// SPDX-License-Identifier: MPL-2.0
/* A pool of an arena in this process. */
#include <err.h>
#include <stdlib.h>

#include <rusted_ring.h>

#include "allocator.h"
#include "payload.h"

struct pool {
	struct rring_client *client;
};

static void must(int error, const char *what)
{
	if (error < 0)
		errx(1, "%s: %s", what, rring_strerror(error));
}

static void *open_with(uint32_t slots, uint32_t held, unsigned int flags)
{
	struct rring_arena_config config = {
		.capacity = { slots },
		.max_clients = 1,
		.max_rings = 1,
		.backend = RRING_BACKEND_PROCESS,
	};
	struct pool *pool = calloc(1, sizeof(*pool));
	struct rring_event event;

	must(rring_open_config(&pool->client, &config, flags),
	     "rring_open_config");
	while (held--)
		must(rring_alloc(pool->client, ALLOCATOR_BYTES, 1, &event),
		     "rring_alloc");
	rring_trim(pool->client);
	return pool;
}

static void *open_pool(uint32_t slots, uint32_t held)
{
	return open_with(slots, held, RRING_SINGLE_THREADED);
}

static void *open_threads(uint32_t slots, uint32_t held)
{
	return open_with(slots, held, 0);
}

static inline void one(struct rring_client *client, uint64_t number, int share)
{
	struct rring_event event;

	must(rring_alloc(client, ALLOCATOR_BYTES, 1, &event), "rring_alloc");
	payload_fill(event.data, ALLOCATOR_BYTES, number);
	if (share)
		rring_share(client, &event);
	rring_drop(client, &event);
}

static inline void take_some(struct rring_client *client,
			     struct rring_event *events, uint32_t n)
{
	uint32_t i;

	if (n > ALLOCATOR_BATCH)
		for (i = 0; i < n; i++)
			must(rring_alloc(client, ALLOCATOR_BYTES, 1,
					 &events[i]), "rring_alloc");
	else if (rring_alloc_batch(client, RRING_XS, ALLOCATOR_BYTES, 1, events,
				   n) != n)
		errx(1, "rring_alloc_batch");
}

static inline void some(struct rring_client *client, uint64_t number,
			uint32_t n, int share)
{
	struct rring_event events[ALLOCATOR_LIVE];
	uint32_t i;

	take_some(client, events, n);
	for (i = 0; i < n; i++)
		payload_fill(events[i].data, ALLOCATOR_BYTES, number + i);
	for (i = 0; i < n; i++) {
		if (share)
			rring_share(client, &events[i]);
		rring_drop(client, &events[i]);
	}
}

static inline void work(void *context, uint64_t n, uint32_t batch, int share)
{
	struct pool *pool = context;
	uint64_t i;

	if (batch == 1)
		for (i = 0; i < n; i++)
			one(pool->client, i, share);
	else
		for (i = 0; i < n; i += batch)
			some(pool->client, i, batch, share);
}

static void work_alone(void *context, uint64_t n, uint32_t batch)
{
	work(context, n, batch, 0);
}

static void work_shared(void *context, uint64_t n, uint32_t batch)
{
	work(context, n, batch, 1);
}

static void close_pool(void *context)
{
	struct pool *pool = context;

	rring_close(pool->client);
	free(pool);
}

const struct allocator_kind allocator_ours = {
	"rusted_ring", open_pool, work_alone, close_pool,
};

const struct allocator_kind allocator_ours_shared = {
	"rusted_ring shared", open_pool, work_shared, close_pool,
};

const struct allocator_kind allocator_ours_threads = {
	"rusted_ring threads", open_threads, work_alone, close_pool,
};
