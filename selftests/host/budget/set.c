// SPDX-License-Identifier: MPL-2.0
/* What it takes to read an event of a set, whose readers all have some. */
#include <rusted_ring.h>

#include "count.h"

#define RINGS	16
#define EACH	32	/* events that a ring gets at a time */
#define BATCH	32

struct gathering {
	struct rring_client *client;
	struct rring_set *set;
	uint32_t rings;
	struct rring_writer *writer[RINGS];
};

static void open_one(struct gathering *gathering, struct rring_writer **writer)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = EACH,
		.stride = 64,
	};
	struct rring_reader_config join = { .start = RRING_START_OLDEST };
	struct rring_reader *reader;

	check(!rring_writer_open(gathering->client, &config, writer), "ring");
	join.ring = rring_writer_ring_id(*writer);
	check(!rring_reader_open(gathering->client, &join, &reader), "reader");
	check(!rring_set_add(gathering->set, reader, 0), "add");
}

static void open_gathering(struct gathering *gathering)
{
	struct rring_arena_config config = {
		.capacity = { 64 },
		.backend = RRING_BACKEND_PROCESS,
	};
	struct rring_set_config order = { .order = RRING_FAIR };
	uint32_t i;

	check(!rring_open_config(&gathering->client, &config,
				 RRING_SINGLE_THREADED), "no arena");
	check(!rring_set_open(gathering->client, &order, &gathering->set),
	      "no set");
	for (i = 0; i < gathering->rings; i++)
		open_one(gathering, &gathering->writer[i]);
}

static void fill_rings(struct gathering *gathering)
{
	uint64_t words[8] = { 1 };
	uint32_t i, k;

	for (k = 0; k < EACH; k++)
		for (i = 0; i < gathering->rings; i++)
			check(!rring_add(gathering->writer[i], words,
					 sizeof(words), 1), "write");
}

static uint64_t read_each(struct gathering *gathering)
{
	struct rring_reader *from;
	struct rring_event event;
	uint64_t sum = 0;

	while (!rring_set_try_read(gathering->set, &event, &from))
		sum += *(uint64_t *)event.data;
	return sum;
}

static uint64_t read_batches(struct gathering *gathering)
{
	struct rring_reader *from;
	struct rring_event event;
	uint64_t position, sum = 0;
	long i, n;

	while ((n = rring_set_peek(gathering->set, BATCH)) > 0) {
		for (i = 0; i < n; i++) {
			check(!rring_set_entry(gathering->set, (uint32_t)i,
					       &event, &from, &position),
			      "entry");
			sum += *(uint64_t *)event.data;
		}
		check(!rring_set_release(gathering->set, (uint32_t)n),
		      "release");
	}
	return sum;
}

static void count_set(const char *name,
		      uint64_t (*read)(struct gathering *gathering),
		      uint32_t rings)
{
	struct gathering gathering = { .rings = rings };
	uint32_t n = 0;

	open_gathering(&gathering);
	fill_rings(&gathering);
	check(read(&gathering) == EACH * rings, "the sum");
	count_begin();
	for (; n < EVENTS; n += EACH * rings) {
		fill_rings(&gathering);
		count_toggle();
		check(read(&gathering) == EACH * rings, "the sum");
		count_toggle();
	}
	count_end(name, n);
	rring_set_close(gathering.set);
	rring_close(gathering.client);
}

void count_sets(void)
{
	count_set("read,set-of-4", read_each, 4);
	count_set("read,set-of-16", read_each, 16);
	count_set("read,set-of-16,batches", read_batches, 16);
}
