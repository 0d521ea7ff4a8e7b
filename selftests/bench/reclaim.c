// SPDX-License-Identifier: MPL-2.0
/*
 * What finding free slots costs: a look at a slot that is held, which a sweep
 * takes for each client up to the one that holds it, and an allocation of a
 * shared event in a pool of which half is held. For 10^2 to 10^6 slots and 1 to
 * 64 clients, as far as their ledgers are not more than 2^24 words together.
 */
#include <stdlib.h>

#include "crowd.h"
#include "placement.h"
#include "rounds.h"
#include "turn.h"

#define WORDS	(1ull << 24)

/* Both depths, as there is nothing to be found. */
static void look_in_vain(void *context, uint64_t n)
{
	struct crowd *crowd = context;
	struct rring_event event;

	for (; n; n--)
		if (rring_alloc(crowd->client[0], CROWD_BYTES, 1, &event) !=
		    -ENOSPC)
			abort();
}

static void open_for(struct crowd *crowd, const struct sample *work)
{
	crowd_open(crowd, RRING_BACKEND_PROCESS,
		   (uint32_t)work->more[0].number,
		   (uint32_t)work->more[1].number);
	placement_pin(0);
}

/* Nanoseconds for each slot, twice looked at. */
static double run_look(const struct contender *contender,
		       const struct sample *work)
{
	struct crowd crowd;
	double ns;

	(void)contender;
	open_for(&crowd, work);
	crowd_hold(&crowd, crowd.slots);
	ns = turn_ns(look_in_vain, &crowd, 1) / crowd.slots / 2;
	crowd_close(&crowd);
	return ns;
}

static double run_allocate(const struct contender *contender,
			   const struct sample *work)
{
	struct crowd crowd;
	double ns;

	(void)contender;
	open_for(&crowd, work);
	crowd_hold(&crowd, crowd.slots / 2);
	ns = turn_ns(crowd_allocate, &crowd, 64);
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

	for (clients = 1; clients <= CROWD_CLIENTS; clients *= 4)
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
