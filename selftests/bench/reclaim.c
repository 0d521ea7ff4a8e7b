// SPDX-License-Identifier: MPL-2.0
/*
 * What finding free slots costs: a look at a slot that is held, which a sweep
 * takes for each client up to the one that holds it, and an allocation of a
 * shared event in a pool of which half is held. For 10^2 to 10^6 slots and 1 to
 * 64 clients, as far as their ledgers are not more than 2^24 words together.
 */
#include <stdlib.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "ours.h"
#include "payload.h"
#include "placement.h"
#include "rounds.h"
#include "turn.h"

#define BYTES		64
#define CLIENTS		64
#define WORDS		(1ull << 24)

struct crowd {
	struct rring_client *client[CLIENTS];
	uint32_t clients, slots;
};

static void crowd_open(struct crowd *crowd, const struct sample *work)
{
	struct rring_arena_config config = {
		.max_clients = CLIENTS,
		.max_rings = 1,
		.backend = RRING_BACKEND_PROCESS,
	};
	uint32_t clients = (uint32_t)work->more[0].number;
	int arena;

	crowd->slots = (uint32_t)work->more[1].number;
	config.capacity[RRING_XS] = crowd->slots;
	arena = rring_arena_create(&config);
	ours_must(arena, "rring_arena_create");
	for (crowd->clients = 0; crowd->clients < clients; crowd->clients++)
		ours_must(rring_open_arena(&crowd->client[crowd->clients],
					   arena, RRING_PRODUCER,
					   RRING_SINGLE_THREADED),
			  "rring_open_arena");
	close(arena);
	placement_pin(0);
}

static void crowd_close(struct crowd *crowd)
{
	while (crowd->clients)
		rring_close(crowd->client[--crowd->clients]);
}

static void hold(struct rring_client *client, uint32_t n)
{
	struct rring_event event;

	while (n--)
		ours_must(rring_alloc(client, BYTES, 1, &event), "rring_alloc");
	rring_trim(client);
}

/* Both depths, as there is nothing to be found. */
static void look_in_vain(void *context, uint64_t n)
{
	struct crowd *crowd = context;
	struct rring_event event;

	for (; n; n--)
		if (rring_alloc(crowd->client[0], BYTES, 1, &event) != -ENOSPC)
			abort();
}

/* Nanoseconds for each slot, twice looked at. */
static double run_look(const struct contender *contender,
		       const struct sample *work)
{
	struct crowd crowd;
	double ns;

	(void)contender;
	crowd_open(&crowd, work);
	hold(crowd.client[crowd.clients - 1], crowd.slots);
	ns = turn_ns(look_in_vain, &crowd, 1) / crowd.slots / 2;
	crowd_close(&crowd);
	return ns;
}

static void allocate(void *context, uint64_t n)
{
	struct crowd *crowd = context;
	struct rring_client *client = crowd->client[0];
	struct rring_event event;

	for (; n; n--) {
		ours_must(rring_alloc(client, BYTES, 1, &event), "rring_alloc");
		payload_fill(event.data, BYTES, n);
		rring_share(client, &event);
		rring_drop(client, &event);
	}
}

static double run_allocate(const struct contender *contender,
			   const struct sample *work)
{
	struct crowd crowd;
	double ns;

	(void)contender;
	crowd_open(&crowd, work);
	hold(crowd.client[crowd.clients - 1], crowd.slots / 2);
	ns = turn_ns(allocate, &crowd, 64);
	crowd_close(&crowd);
	return ns;
}

static void measure(const char *figure,
		    double (*run)(const struct contender *contender,
				  const struct sample *work))
{
	const struct contender ours = { "rusted_ring", run, NULL };
	struct sample work = {
		.figure = figure, .placement = "one", .unit = "ns",
		.more = { { .name = "clients" }, { .name = "slots" } },
	};
	uint64_t clients, slots;

	for (clients = 1; clients <= CLIENTS; clients *= 4)
		for (slots = 100; slots <= 1000000; slots *= 10) {
			if (clients * slots > WORDS)
				continue;
			work.more[0].number = clients;
			work.more[1].number = slots;
			rounds_run(&work, &ours, 1);
		}
}

int main(void)
{
	measure("reclaim_look", run_look);
	measure("reclaim_alloc", run_allocate);
	return 0;
}
