// SPDX-License-Identifier: MPL-2.0
/*
 * Hold an event and drop it again, where it stays held by somebody else: in a
 * client of one thread, in one of several, and as a reference count that all
 * share does it.
 */
#include <stdlib.h>

#include <rusted_ring.h>

#include "ours.h"
#include "rounds.h"
#include "turn.h"

#define PAIRS	64

struct held {
	struct rring_client *client;
	struct rring_event event;
};

static void hold_and_drop(void *context, uint64_t n)
{
	struct held *held = context;

	for (; n; n--) {
		rring_hold(held->client, &held->event);
		rring_drop(held->client, &held->event);
	}
}

/* .context: flags of the client. */
static double run_ours(const struct contender *contender,
		       const struct sample *work)
{
	const unsigned int *flags = contender->context;
	struct rring_arena_config config = {
		.capacity = { PAIRS },
		.max_clients = 1,
		.max_rings = 1,
		.backend = RRING_BACKEND_PROCESS,
	};
	struct held held;
	double ns;

	(void)work;
	ours_must(rring_open_config(&held.client, &config, *flags),
		  "rring_open_config");
	ours_must(rring_alloc(held.client, 64, 1, &held.event), "rring_alloc");
	ns = turn_ns(hold_and_drop, &held, PAIRS);
	rring_close(held.client);
	return ns;
}

/* The last one would free it: so that has to be looked at. */
static void count_up_and_down(void *context, uint64_t n)
{
	uint32_t *count = context;

	for (; n; n--) {
		__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
		if (__atomic_fetch_sub(count, 1, __ATOMIC_ACQ_REL) == 1)
			abort();
	}
}

static double run_locked(const struct contender *contender,
			 const struct sample *work)
{
	static uint32_t count = 1;

	(void)contender;
	(void)work;
	return turn_ns(count_up_and_down, &count, PAIRS);
}

int main(void)
{
	static const unsigned int single = RRING_SINGLE_THREADED, threads;
	static const struct contender alone[] = {
		{ "rusted_ring", run_ours, &single },
		{ "locked count", run_locked, NULL },
	};
	static const struct contender shared[] = {
		{ "rusted_ring", run_ours, &threads },
		{ "locked count", run_locked, NULL },
	};
	struct sample work = {
		.figure = "hold", .placement = "one", .unit = "ns",
	};

	rounds_run(&work, alone, 2);
	work.figure = "hold_threads";
	rounds_run(&work, shared, 2);
	return 0;
}
