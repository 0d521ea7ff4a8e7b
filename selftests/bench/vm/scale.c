// SPDX-License-Identifier: MPL-2.0
/*
 * What it costs to be many, on the device, by a clock that counts instructions:
 * with 1 to 64 clients, each with a ring that the next of them reads, and 10^3
 * to 10^6 slots, half of them held.
 */
#include <stdlib.h>

#include "crowd.h"
#include "ours.h"
#include "payload.h"
#include "placement.h"
#include "rounds.h"

#define CAPACITY	64
#define BATCH		64	/* slots of a refill */
#define TURNS		64
#define SLOTS_EACH	200	/* of a client at least */

struct rings {
	struct crowd crowd;
	struct rring_writer *writer[CROWD_CLIENTS];
	struct rring_reader *reader[CROWD_CLIENTS];
};

static void open_ring(struct rings *rings, uint32_t i)
{
	static const struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.strategy = RRING_WAIT_SPIN,
	};
	struct rring_reader_config reader = {
		.start = RRING_START_OLDEST,
		.strategy = RRING_WAIT_SPIN,
	};
	struct rring_client *next =
		rings->crowd.client[(i + 1) % rings->crowd.clients];

	ours_must(rring_writer_open(rings->crowd.client[i], &config,
				    &rings->writer[i]), "rring_writer_open");
	reader.ring = rings->writer[i]->id;
	ours_must(rring_reader_open(next, &reader, &rings->reader[i]),
		  "rring_reader_open");
}

/* All slots have been out once: none is new, and many lie about. */
static void use_all(struct crowd *crowd)
{
	struct rring_client *client = crowd->client[0];
	struct rring_event *events = calloc(crowd->slots, sizeof(*events));
	uint32_t n;

	if (!events)
		abort();
	for (n = 0; n < crowd->slots; n++)
		ours_must(rring_alloc(client, CROWD_BYTES, 1, &events[n]),
			  "rring_alloc");
	while (n--) {
		rring_share(client, &events[n]);
		rring_drop(client, &events[n]);
	}
	free(events);
}

static void open_rings(struct rings *rings, const struct sample *work)
{
	uint32_t i;

	crowd_open(&rings->crowd, RRING_BACKEND_DEVICE,
		   (uint32_t)work->more[1].number,
		   (uint32_t)work->more[2].number);
	use_all(&rings->crowd);
	crowd_hold(&rings->crowd, rings->crowd.slots / 2);
	for (i = 0; i < rings->crowd.clients; i++)
		open_ring(rings, i);
}

static void pass_on(struct rings *rings, uint32_t i)
{
	struct rring_event event;

	ours_must(rring_alloc(rings->crowd.client[i], CROWD_BYTES, 1, &event),
		  "rring_alloc");
	payload_fill(event.data, CROWD_BYTES, i);
	ours_must(rring_publish(rings->writer[i], &event), "rring_publish");
	if (rring_peek(rings->reader[i], 1) != 1)
		abort();
	ours_must(rring_entry(rings->reader[i], 0, &event), "rring_entry");
	payload_check(event.data, CROWD_BYTES, i);
	ours_must(rring_release(rings->reader[i], 1), "rring_release");
}

/* Through each ring as many events as come of a refill or two. */
static void pass_round(struct rings *rings)
{
	uint32_t i, n;

	for (i = 0; i < rings->crowd.clients; i++)
		for (n = 0; n < 2 * BATCH; n++)
			pass_on(rings, i);
}

static double run_events(const struct contender *contender,
			 const struct sample *work)
{
	struct rings rings;
	double start, ns;

	(void)contender;
	open_rings(&rings, work);
	pass_round(&rings);
	start = now_ns();
	pass_round(&rings);
	ns = now_ns() - start;
	ns /= 2 * BATCH * rings.crowd.clients;
	crowd_close(&rings.crowd);
	return ns;
}

static double run_refills(const struct contender *contender,
			  const struct sample *work)
{
	struct rings rings;
	double start, ns;

	(void)contender;
	open_rings(&rings, work);
	crowd_allocate(&rings.crowd, TURNS * BATCH);
	start = now_ns();
	crowd_allocate(&rings.crowd, TURNS * BATCH);
	ns = now_ns() - start;
	crowd_close(&rings.crowd);
	return ns / (TURNS * BATCH);
}

static double leave(struct crowd *crowd, uint32_t i)
{
	double start = now_ns(), ns;

	rring_close(crowd->client[i]);
	ns = now_ns() - start;
	crowd->client[i] = crowd->client[--crowd->clients];
	return ns;
}

/* The one that holds the half of them, and whose ring the first one reads. */
static double run_leave(const struct contender *contender,
			const struct sample *work)
{
	struct rings rings;
	double ns;

	(void)contender;
	open_rings(&rings, work);
	ns = leave(&rings.crowd, rings.crowd.clients - 1);
	crowd_close(&rings.crowd);
	return ns;
}

/* The one that has had all of them, and holds none. */
static double run_leave_with_none(const struct contender *contender,
				  const struct sample *work)
{
	struct rings rings;
	double ns;

	(void)contender;
	open_rings(&rings, work);
	ns = leave(&rings.crowd, 0);
	crowd_close(&rings.crowd);
	return ns;
}

static void measure(const char *of, uint64_t clients, uint64_t slots,
		    double (*run)(const struct contender *contender,
				  const struct sample *work))
{
	const struct contender ours = { "rusted_ring", run, NULL };
	const struct sample work = {
		.figure = "scale", .unit = "instructions",
		.more = {
			{ "operation", of, 0 },
			{ "clients", NULL, clients },
			{ "slots", NULL, slots },
		},
	};

	rounds_run(&work, &ours, 1);
}

int main(void)
{
	uint64_t clients, slots;

	for (clients = 1; clients <= CROWD_CLIENTS; clients *= 4)
		for (slots = 1000; slots <= 1000000; slots *= 10) {
			if (slots < clients * SLOTS_EACH)
				continue;
			measure("alloc, publish, receive", clients, slots,
				run_events);
			measure("alloc, share, drop", clients, slots,
				run_refills);
			measure("leave", clients, slots, run_leave);
			if (clients > 1)
				measure("leave, holds none", clients, slots,
					run_leave_with_none);
		}
	return 0;
}
