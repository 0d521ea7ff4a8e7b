// SPDX-License-Identifier: MPL-2.0
/*
 * One thread allocates and publishes an event, and receives it as each of K
 * readers: both together, and the writer's part alone, which is not to know how
 * many readers there are.
 */
#include <stdlib.h>

#include <rusted_ring.h>

#include "ours.h"
#include "payload.h"
#include "placement.h"
#include "rounds.h"
#include "turn.h"

#define BYTES	64
#define BURST	64	/* events between two looks at the clock */
#define ENTRIES	1024
#define SLOTS	8192
#define READERS	16

struct fanout {
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader[READERS];
	uint32_t readers;
	uint64_t written, read;
};

static void open_fanout(struct fanout *fanout, uint32_t readers)
{
	const struct rring_arena_config arena = {
		.capacity = { SLOTS },
		.max_clients = 1,
		.max_rings = 1,
		.backend = RRING_BACKEND_PROCESS,
	};
	const struct rring_ring_config ring = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = ENTRIES,
	};
	const struct rring_reader_config reader = {
		.ring = 1,	/* the first of the arena */
		.start = RRING_START_OLDEST,
	};

	*fanout = (struct fanout) {};
	ours_must(rring_open_config(&fanout->client, &arena,
				    RRING_SINGLE_THREADED),
		  "rring_open_config");
	ours_must(rring_writer_open(fanout->client, &ring, &fanout->writer),
		  "rring_writer_open");
	for (; fanout->readers < readers; fanout->readers++) {
		struct rring_reader **next = &fanout->reader[fanout->readers];

		ours_must(rring_reader_open(fanout->client, &reader, next),
			  "rring_reader_open");
	}
}

static inline void write_one(struct fanout *fanout)
{
	struct rring_event event;

	ours_must(rring_alloc(fanout->client, BYTES, 1, &event),
		  "rring_alloc");
	payload_fill(event.data, BYTES, fanout->written++);
	ours_must(rring_publish(fanout->writer, &event), "rring_publish");
}

static inline void read_one(struct fanout *fanout)
{
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < fanout->readers; i++) {
		struct rring_reader *reader = fanout->reader[i];

		if (rring_peek(reader, 1) != 1)
			abort();
		ours_must(rring_entry(reader, 0, &event), "rring_entry");
		payload_check(event.data, BYTES, fanout->read);
		ours_must(rring_release(reader, 1), "rring_release");
	}
	fanout->read++;
}

static void write_and_read(void *context, uint64_t n)
{
	struct fanout *fanout = context;

	for (; n; n--) {
		write_one(fanout);
		read_one(fanout);
	}
}

static double run(const struct contender *contender, const struct sample *work)
{
	struct fanout fanout;
	double ns;

	(void)contender;
	open_fanout(&fanout, (uint32_t)work->more[0].number);
	ns = turn_ns(write_and_read, &fanout, BURST);
	rring_close(fanout.client);
	return ns;
}

/* In bursts, between which what was written is read. */
static double run_writer(const struct contender *contender,
			 const struct sample *work)
{
	double end, begin;
	struct fanout fanout;
	double *bursts;
	int max = 1 << 20, n = 0, i;
	double ns;

	(void)contender;
	placement_pin(0);
	bursts = calloc((size_t)max, sizeof(*bursts));
	open_fanout(&fanout, (uint32_t)work->more[0].number);
	end = now_ns() + rounds_seconds() * 1e9;
	for (begin = now_ns(); begin < end && n < max; begin = now_ns()) {
		for (i = 0; i < BURST; i++)
			write_one(&fanout);
		bursts[n++] = (now_ns() - begin) / BURST;
		for (i = 0; i < BURST; i++)
			read_one(&fanout);
	}
	ns = median(bursts, n);
	free(bursts);
	rring_close(fanout.client);
	return ns;
}

int main(void)
{
	static const struct contender both = { "rusted_ring", run, NULL };
	static const struct contender writer = {
		"rusted_ring", run_writer, NULL,
	};
	struct sample work = {
		.size = BYTES, .batch = 1, .placement = "one", .unit = "ns",
		.more = { { .name = "readers" } },
	};

	for (work.more[0].number = 1; work.more[0].number <= READERS;
	     work.more[0].number *= 4) {
		work.figure = "fanout";
		rounds_run(&work, &both, 1);
		work.figure = "fanout_writer";
		rounds_run(&work, &writer, 1);
	}
	return 0;
}
