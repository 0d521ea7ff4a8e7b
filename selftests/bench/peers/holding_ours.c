// SPDX-License-Identifier: MPL-2.0
/* Each reader, and the writer, is a client of its own, as in a process. */
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "holding.h"
#include "payload.h"

struct side {
	struct rring_client *client;
	struct rring_reader *reader;
	struct rring_event held[HOLDING];
};

struct holding {
	struct rring_client *client;
	struct rring_writer *writer;
	uint32_t readers;
	struct side side[HOLDING_READERS];
};

static void must(int error, const char *what)
{
	if (error < 0)
		errx(1, "%s: %s", what, rring_strerror(error));
}

static struct rring_client *client_of(int arena, enum rring_role role)
{
	struct rring_client *client;

	must(rring_open_arena(&client, arena, role, RRING_SINGLE_THREADED),
	     "rring_open_arena");
	return client;
}

static void *open_holding(uint32_t readers)
{
	const struct rring_arena_config config = {
		.capacity = { HOLDING_SLOTS },
		.max_clients = HOLDING_READERS + 1,
		.max_rings = 1,
		.backend = RRING_BACKEND_PROCESS,
	};
	const struct rring_ring_config ring = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = HOLDING_ENTRIES,
	};
	const struct rring_reader_config reader = {
		.ring = 1,	/* the first of the arena */
		.start = RRING_START_OLDEST,
		.strategy = RRING_WAIT_SPIN,
	};
	struct holding *holding = aligned_alloc(PAYLOAD_LINE, sizeof(*holding));
	int arena = rring_arena_create(&config);

	must(arena, "rring_arena_create");
	holding->client = client_of(arena, RRING_PRODUCER);
	must(rring_writer_open(holding->client, &ring, &holding->writer),
	     "rring_writer_open");
	for (holding->readers = 0; holding->readers < readers;
	     holding->readers++) {
		struct side *side = &holding->side[holding->readers];

		side->client = client_of(arena, RRING_CONSUMER);
		must(rring_reader_open(side->client, &reader, &side->reader),
		     "rring_reader_open");
	}
	close(arena);
	return holding;
}

static uint32_t write_some(void *context, uint64_t first, uint32_t n)
{
	struct holding *holding = context;
	struct rring_event events[HOLDING_BATCH];
	long written;
	uint32_t i;

	if (rring_alloc_batch(holding->client, RRING_XS, HOLDING_BYTES, 1,
			      events, n) != n)
		errx(1, "rring_alloc_batch");
	for (i = 0; i < n; i++)
		payload_fill(events[i].data, HOLDING_BYTES, first + i);
	written = rring_publish_batch(holding->writer, events, n);
	if (written == -EAGAIN)
		written = 0;
	must((int)written, "rring_publish_batch");
	for (i = (uint32_t)written; i < n; i++)
		rring_drop(holding->client, &events[i]);
	return (uint32_t)written;
}

static void hold_instead(struct side *side, struct rring_event *held,
			 uint32_t i, uint64_t number)
{
	struct rring_event event;

	must(rring_entry(side->reader, i, &event), "rring_entry");
	payload_check(event.data, HOLDING_BYTES, number);
	must(rring_keep(side->reader, &event), "rring_keep");
	if (number >= HOLDING)
		must(rring_drop(side->client, held), "rring_drop");
	*held = event;
}

static uint32_t read_some(void *context, uint32_t reader, uint64_t first,
			  uint32_t n)
{
	struct holding *holding = context;
	struct side *side = &holding->side[reader];
	long got = rring_peek(side->reader, n);
	uint32_t i;

	if (got == -EAGAIN)
		return 0;
	must((int)got, "rring_peek");
	for (i = 0; i < (uint32_t)got; i++)
		hold_instead(side, &side->held[(first + i) % HOLDING], i,
			     first + i);
	must(rring_release(side->reader, (uint32_t)got), "rring_release");
	return (uint32_t)got;
}

static void close_holding(void *context)
{
	struct holding *holding = context;

	while (holding->readers)
		rring_close(holding->side[--holding->readers].client);
	rring_close(holding->client);
	free(holding);
}

const struct holding_kind holding_ours = {
	"rusted_ring", open_holding, write_some, read_some, close_holding,
};
