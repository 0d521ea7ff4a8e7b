// SPDX-License-Identifier: MPL-2.0
/* Ours: a ring for each producer, and a reader set. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "many.h"
#include "ours.h"
#include "queue.h"

struct many {
	struct rring_client *from, *to;
	struct rring_writer *writer[MANY_MAX];
	struct rring_set *set;
	struct many_next next;
	uint64_t passed;
};

static void open_clients(struct many *many, uint32_t producers)
{
	const struct rring_arena_config config = {
		.capacity = { 1 },
		.max_clients = 2,
		.max_rings = producers,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.backend = RRING_BACKEND_PROCESS,
	};
	int arena = rring_arena_create(&config);

	ours_must(arena, "rring_arena_create");
	ours_must(rring_open_arena(&many->from, arena, RRING_PRODUCER,
				   RRING_SINGLE_THREADED), "rring_open_arena");
	ours_must(rring_open_arena(&many->to, arena, RRING_CONSUMER,
				   RRING_SINGLE_THREADED), "rring_open_arena");
	close(arena);
}

static void open_member(struct many *many, struct rring_writer **writer)
{
	const struct rring_ring_config ring = {
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = MANY_CAPACITY,
		.stride = MANY_BYTES,
		.strategy = RRING_WAIT_YIELD,
	};
	struct rring_reader_config config = { .start = RRING_START_OLDEST };
	struct rring_reader *reader;

	ours_must(rring_writer_open(many->from, &ring, writer),
		  "rring_writer_open");
	config.ring = rring_writer_ring_id(*writer);
	ours_must(rring_reader_open(many->to, &config, &reader),
		  "rring_reader_open");
	ours_must(rring_set_add(many->set, reader, 0), "rring_set_add");
}

static void *open_rings(uint32_t producers)
{
	const struct rring_set_config config = { .order = RRING_FAIR };
	struct many *many = calloc(1, sizeof(*many));
	uint32_t i;

	many_start(&many->next, producers);
	open_clients(many, producers);
	ours_must(rring_set_open(many->to, &config, &many->set),
		  "rring_set_open");
	for (i = 0; i < producers; i++)
		open_member(many, &many->writer[i]);
	return many;
}

static void close_rings(void *context)
{
	struct many *many = context;

	rring_set_close(many->set);
	rring_close(many->to);
	rring_close(many->from);
	free(many);
}

static void write_one(struct rring_writer *writer, uint64_t number)
{
	ours_must(rring_reserve(writer, 1), "rring_reserve");
	payload_fill(rring_reserved(writer, 0, MANY_BYTES, 0), MANY_BYTES,
		     number);
	rring_commit(writer, 1);
}

/* Return 1 if there was an event. */
static int read_one(struct many *many, struct rring_event *event)
{
	struct rring_reader *from;
	int err = rring_set_try_read(many->set, event, &from);

	if (err == -EAGAIN)
		return 0;
	ours_must(err, "rring_set_try_read");
	return 1;
}

static void look(void *context, uint64_t n)
{
	struct rring_event event;

	while (n--)
		if (read_one(context, &event))
			abort();
}

static void pass(void *context, uint64_t n)
{
	struct many *many = context;
	struct rring_writer *writer = many->writer[many->next.producers / 2];
	struct rring_event event;

	for (; n; n--) {
		write_one(writer, many->passed);
		if (!read_one(many, &event))
			abort();
		payload_check(event.data, MANY_BYTES, many->passed++);
	}
}

static void feed(void *context, uint64_t first, uint64_t n)
{
	struct many *many = context;
	uint64_t end = first + n;

	for (; first < end; first++)
		write_one(many->writer[many_producer(&many->next, first)],
			  first);
}

static void gather(void *context, uint64_t first, uint64_t n)
{
	struct many *many = context;
	struct rring_event event;

	(void)first;
	for (; n; n--) {
		while (!read_one(many, &event))
			queue_relax();
		many_check(&many->next, event.data);
	}
}

/* How many of up to @n events can be read: waits for one. */
static uint32_t peek(struct many *many, uint32_t n)
{
	long got;

	while (got = rring_set_peek(many->set, n), got == -EAGAIN)
		queue_relax();
	if (got < 0)
		ours_must((int)got, "rring_set_peek");
	return (uint32_t)got;
}

static void gather_batches(void *context, uint64_t first, uint64_t n)
{
	struct many *many = context;
	struct rring_reader *from;
	struct rring_event event;
	uint64_t position;
	uint32_t got, i;

	(void)first;
	for (; n; n -= got) {
		got = peek(many, queue_share(MANY_BATCH, n));
		for (i = 0; i < got; i++) {
			ours_must(rring_set_entry(many->set, i, &event, &from,
						  &position),
				  "rring_set_entry");
			many_check(&many->next, event.data);
		}
		ours_must(rring_set_release(many->set, got),
			  "rring_set_release");
	}
}

const struct many_kind many_ours = {
	.open = open_rings,
	.look = look,
	.pass = pass,
	.feed = feed,
	.gather = gather,
	.close = close_rings,
};

const struct many_kind many_ours_batches = {
	.open = open_rings,
	.feed = feed,
	.gather = gather_batches,
	.close = close_rings,
};
