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
	uint32_t i;

	for (i = 0; i < n; i++) {
		struct rring_event event;
		int error;

		must(rring_alloc(holding->client, HOLDING_BYTES, 1, &event),
		     "rring_alloc");
		payload_fill(event.data, HOLDING_BYTES, first + i);
		error = rring_publish(holding->writer, &event);
		if (error == -EAGAIN) {
			rring_drop(holding->client, &event);
			break;
		}
		must(error, "rring_publish");
	}
	return i;
}

static uint32_t read_some(void *context, uint32_t reader, uint64_t first,
			  uint32_t n)
{
	struct holding *holding = context;
	struct side *side = &holding->side[reader];
	uint64_t number = first;

	for (; number < first + n; number++) {
		struct rring_event *held = &side->held[number % HOLDING];
		struct rring_event event;

		if (rring_peek(side->reader, 1) != 1)
			break;
		must(rring_entry(side->reader, 0, &event), "rring_entry");
		payload_check(event.data, HOLDING_BYTES, number);
		must(rring_keep(side->reader, &event), "rring_keep");
		must(rring_release(side->reader, 1), "rring_release");
		if (number >= HOLDING)
			must(rring_drop(side->client, held), "rring_drop");
		*held = event;
	}
	return (uint32_t)(number - first);
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
