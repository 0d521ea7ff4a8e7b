// SPDX-License-Identifier: MPL-2.0
/*
 * A consumer that stores results and positions in one transaction dies again and
 * again, at each point between two calls. The next one goes on under its name: no
 * event is lost, and none is stored twice. Here a client that is closed dies, so
 * that the test runs in a process, too; device/tools/archive kills processes.
 */
#include <errno.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "rng.h"
#include "stream.h"
#include "thread.h"

#define RINGS		3
#define CAPACITY	16
#define LIVES		400
#define BATCH		20

static const char *const names[RINGS] = { "a", "b", "c" };

/* What a transaction changes. */
struct database {
	uint64_t next[RINGS];	/* the events below it are stored */
	uint64_t sum[RINGS];	/* of their values */
};

FIXTURE(durable)
{
	int arena;
	struct rng rng;
	struct rring_client *producer;
	struct rring_writer *writer[RINGS];
	struct database database;
};

FIXTURE_SETUP(durable)
{
	const struct rring_ring_config geometry = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = 64,
	};
	int i;

	self->rng = rng_new("durable");
	self->arena = arena_small();
	self->producer = client_of(self->arena, RRING_PRODUCER);
	for (i = 0; i < RINGS; i++) {
		struct rring_ring_config config = geometry;

		config.name = names[i];
		self->writer[i] = writer_of(self->producer, &config);
	}
}

FIXTURE_TEARDOWN(durable)
{
	rring_close(self->producer);
	close(self->arena);
}

/* The value of each event is its position. */
static void write_some(FIXTURE_DATA(durable) *self)
{
	int n = (int)rng_below(&self->rng, 3 * CAPACITY);
	int err;

	while (n--) {
		struct rring_writer *writer =
			self->writer[rng_below(&self->rng, RINGS)];

		err = put_value(writer, rring_writer_position(writer));
		MUST(!err || err == -EAGAIN);
	}
}

/* ---- one life of the consumer ---- */

struct consumer {
	struct rring_client *client;
	struct rring_set *set;
	struct rring_reader *reader[RINGS];
};

static struct rring_reader *join(struct rring_client *client, const char *ring,
				 uint64_t stored)
{
	struct rring_reader_config config = {
		.ring_name = ring,
		.name = "durable",
		.start = RRING_START_OLDEST,
		.flags = stored ? RRING_JOIN_RESUME : 0,
	};
	struct rring_reader *reader = reader_of(client, &config);
	uint64_t at = rring_reader_position(reader);

	/* what was stored was not always released, but nothing else was */
	MUST(at <= stored);
	if (at < stored) {
		MUST(rring_peek(reader, CAPACITY) >= (long)(stored - at));
		MUST(!rring_release(reader, (uint32_t)(stored - at)));
	}
	return reader;
}

static struct consumer begin(FIXTURE_DATA(durable) *self)
{
	struct rring_set_config config = {
		.order = (enum rring_order)rng_below(&self->rng, 3),
	};
	struct consumer life = {
		.client = client_of(self->arena, RRING_CONSUMER),
	};
	int i;

	MUST(!rring_set_open(life.client, &config, &life.set));
	for (i = 0; i < RINGS; i++) {
		life.reader[i] = join(life.client, names[i],
				      self->database.next[i]);
		MUST(!rring_set_add(life.set, life.reader[i], 0));
	}
	return life;
}

static void end(struct consumer *life)
{
	rring_set_close(life->set);
	rring_close(life->client);
}

static int ring_of(const struct consumer *life,
		   const struct rring_reader *reader)
{
	int i = 0;

	while (life->reader[i] != reader)
		i++;
	return i;
}

/* Store @n peeked events, in a copy that replaces the database at once. */
static void store(FIXTURE_DATA(durable) *self, struct consumer *life, uint32_t n)
{
	struct database changed = self->database;
	struct rring_reader *from;
	struct rring_event event;
	uint64_t position;
	uint32_t i;

	for (i = 0; i < n; i++) {
		int ring;

		MUST(!rring_set_entry(life->set, i, &event, &from, &position));
		ring = ring_of(life, from);
		MUST(position == changed.next[ring]);
		changed.next[ring]++;
		changed.sum[ring] += value_of(&event);
	}
	self->database = changed;
}

/*
 * One batch. Return 1 if the consumer dies in it: before it stores, before it
 * releases, or when it has released a part.
 */
static int read_batch(FIXTURE_DATA(durable) *self, struct consumer *life)
{
	uint32_t death = rng_below(&self->rng, 12);
	long n = rring_set_peek(life->set, 1 + rng_below(&self->rng, BATCH));

	MUST(n > 0 || n == -EAGAIN);
	if (n < 0)
		return 1;
	if (!death)
		return 1;
	store(self, life, (uint32_t)n);
	if (death < 3)
		n = rng_below(&self->rng, (uint32_t)n + 1);
	MUST(!rring_set_release(life->set, (uint32_t)n));
	return death < 3;
}

static int all_is_stored(const FIXTURE_DATA(durable) *self)
{
	int i;

	for (i = 0; i < RINGS; i++)
		if (self->database.next[i] !=
		    rring_writer_position(self->writer[i]))
			return 0;
	return 1;
}

static void live(FIXTURE_DATA(durable) *self, int writing)
{
	struct consumer life = begin(self);

	do {
		if (writing)
			write_some(self);
	} while (!read_batch(self, &life));
	end(&life);
}

TEST_F(durable, a_consumer_that_dies_again_and_again_gets_each_event_once)
{
	uint64_t head;
	int i;

	for (i = 0; i < LIVES; i++)
		live(self, 1);
	while (!all_is_stored(self))
		live(self, 0);
	for (i = 0; i < RINGS; i++) {
		head = rring_writer_position(self->writer[i]);
		EXPECT_LT(LIVES, head);
		EXPECT_EQ(head, self->database.next[i]);
		EXPECT_EQ(head * (head - 1) / 2, self->database.sum[i]);
	}
}

TEST_HARNESS_MAIN
