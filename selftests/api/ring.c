// SPDX-License-Identifier: MPL-2.0
/* Rings of every class and capacity: strict order, no overwrites. */
#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"
#include "thread.h"

/* The pool has more slots than the largest ring of handles has entries. */
#define CAPACITY_MAX	4096
#define MAX		64	/* bytes of an event in a ring of handles */

FIXTURE(ring)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
	struct rring_ring_config config;
	uint32_t max;		/* bytes of an event */
};

FIXTURE_VARIANT(ring)
{
	enum rring_kind kind;
	uint32_t stride;
};

FIXTURE_VARIANT_ADD(ring, xs)
{
	.kind = RRING_INLINE,
	.stride = 64,
};

FIXTURE_VARIANT_ADD(ring, s)
{
	.kind = RRING_INLINE,
	.stride = 256,
};

FIXTURE_VARIANT_ADD(ring, m)
{
	.kind = RRING_INLINE,
	.stride = 1024,
};

FIXTURE_VARIANT_ADD(ring, l)
{
	.kind = RRING_INLINE,
	.stride = 4096,
};

FIXTURE_VARIANT_ADD(ring, xl)
{
	.kind = RRING_INLINE,
	.stride = 16384,
};

/* A stride that is half of a class size. */
FIXTURE_VARIANT_ADD(ring, of_512_bytes)
{
	.kind = RRING_INLINE,
	.stride = 512,
};

FIXTURE_VARIANT_ADD(ring, handles)
{
	.kind = RRING_HANDLES,
};

FIXTURE_SETUP(ring)
{
	static const uint32_t capacity[RRING_POOLS] = { CAPACITY_MAX + 256 };

	self->arena = arena_with(capacity, 0);
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
	self->config = (struct rring_ring_config) {
		.kind = variant->kind,
		.policy = RRING_FAIL,
		.stride = variant->stride,
	};
	self->max = variant->stride ? variant->stride : MAX;
}

FIXTURE_TEARDOWN(ring)
{
	rring_close(self->consumer);
	rring_close(self->producer);
	close(self->arena);
}

static const uint32_t capacities[] = { 1, 2, 3, 7, 8, 100, 1000, 4096 };

#define NR_CAPACITIES	(sizeof(capacities) / sizeof(*capacities))

/* Limit rings with large entries to 4 MiB. */
static int is_worth_it(uint32_t stride, uint32_t capacity)
{
	return (uint64_t)stride * capacity <= 4 << 20;
}

/* Write until the ring is full. Return the number of events. */
static uint32_t fill(struct rring_writer *writer, uint32_t max)
{
	uint32_t n = 0;
	int err;

	while (!(err = stream_put(writer, max)))
		n++;
	MUST(err == -EAGAIN);
	return n;
}

/*
 * Pass events through a ring: exactly @capacity entries fit, in order, for
 * three laps.
 */
static void pass_laps(struct rring_writer *writer, struct rring_reader *reader,
		      uint32_t capacity, uint32_t max)
{
	uint32_t lap;

	for (lap = 0; lap < 3; lap++) {
		MUST(fill(writer, max) == capacity);
		MUST(stream_put(writer, max) == -EAGAIN);
		/* release one event, publish one */
		MUST(!stream_take(reader, max));
		MUST(fill(writer, max) == 1);
		MUST(stream_drain(reader, max) == (long)capacity);
		MUST(stream_take(reader, max) == -EAGAIN);
	}
	MUST(rring_writer_position(writer) == 3 * ((uint64_t)capacity + 1));
	MUST(rring_reader_position(reader) == rring_writer_position(writer) &&
	     !rring_reader_lost(reader));
}

TEST_F(ring, takes_exactly_its_capacity_and_is_then_full)
{
	size_t i;

	for (i = 0; i < NR_CAPACITIES; i++) {
		struct rring_writer *writer;
		struct rring_reader *reader;

		if (!is_worth_it(self->config.stride, capacities[i]))
			continue;
		self->config.capacity = capacities[i];
		writer = writer_of(self->producer, &self->config);
		reader =
			reader_at(self->consumer, rring_writer_ring_id(writer));
		pass_laps(writer, reader, capacities[i], self->max);
		rring_reader_close(reader, 0);
		rring_writer_close(writer);
	}
	rring_trim(self->producer);
	EXPECT_TRUE(all_free(self->producer));
}

/* The ring is full after @capacity entries, from whatever entry it starts. */
TEST_F(ring, is_full_wherever_the_lap_begins)
{
	struct rring_writer *writer;
	struct rring_reader *reader;
	uint32_t start;

	self->config.capacity = 7;
	writer = writer_of(self->producer, &self->config);
	reader = reader_at(self->consumer, rring_writer_ring_id(writer));
	for (start = 0; start < 7; start++) {
		ASSERT_EQ(7, fill(writer, self->max));
		ASSERT_EQ(7, stream_drain(reader, self->max));
		/* advance by one entry */
		ASSERT_EQ(0, stream_put(writer, self->max));
		ASSERT_EQ(0, stream_take(reader, self->max));
	}
}

TEST_F(ring, of_policy_block_waits_until_its_deadline)
{
	struct rring_writer *writer;
	struct rring_reader *reader;
	uint64_t deadline;
	int i;

	self->config.policy = RRING_BLOCK;
	self->config.capacity = 3;
	writer = writer_of(self->producer, &self->config);
	reader = reader_at(self->consumer, rring_writer_ring_id(writer));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, rring_wait_writable(writer, 1, 0));
		ASSERT_EQ(0, stream_put(writer, self->max));
	}
	deadline = rring_deadline(NS_PER_S / 50);
	EXPECT_EQ(-ETIMEDOUT, rring_wait_writable(writer, 1, deadline));
	EXPECT_LE(deadline, rring_deadline(0));
	ASSERT_EQ(0, stream_take(reader, self->max));
	EXPECT_EQ(0, rring_wait_writable(writer, 1, RRING_FOREVER));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_writable(writer, 2, 1));
	ASSERT_EQ(0, stream_put(writer, self->max));
	EXPECT_EQ(3, stream_drain(reader, self->max));
}

TEST_F(ring, goes_at_the_pace_of_its_slowest_reader)
{
	struct rring_reader *reader[3];
	struct rring_writer *writer;
	int i, round;

	self->config.capacity = 8;
	writer = writer_of(self->producer, &self->config);
	for (i = 0; i < 3; i++)
		reader[i] =
			reader_at(self->consumer, rring_writer_ring_id(writer));
	for (round = 0; round < 4; round++) {
		ASSERT_EQ(8, fill(writer, self->max));
		/* the readers read eight events, four and one */
		EXPECT_EQ(8, stream_drain(reader[0], self->max));
		EXPECT_EQ(0, fill(writer, self->max));
		for (i = 0; i < 4; i++)
			ASSERT_EQ(0, stream_take(reader[1], self->max));
		EXPECT_EQ(0, fill(writer, self->max));
		ASSERT_EQ(0, stream_take(reader[2], self->max));
		EXPECT_EQ(1, fill(writer, self->max));
		/* the slower readers still read all their unread events */
		EXPECT_EQ(8, stream_drain(reader[2], self->max));
		EXPECT_EQ(5, stream_drain(reader[1], self->max));
		EXPECT_EQ(1, stream_drain(reader[0], self->max));
	}
}

TEST_F(ring, without_readers_is_never_full)
{
	struct rring_writer *writer;
	struct rring_reader *reader;
	int i;

	self->config.capacity = 3;
	writer = writer_of(self->producer, &self->config);
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, stream_put(writer, self->max));
	/*
	 * a new reader gates, and gets the events that are written from now on
	 */
	reader = reader_at(self->consumer, rring_writer_ring_id(writer));
	EXPECT_EQ(20, rring_reader_position(reader));
	EXPECT_EQ(3, fill(writer, self->max));
	EXPECT_EQ(3, stream_drain(reader, self->max));
	ASSERT_EQ(3, fill(writer, self->max));
	rring_reader_close(reader, 0);
	EXPECT_EQ(0, stream_put(writer, self->max));
}

TEST_F(ring, has_one_writer)
{
	struct rring_writer *writer, *other = NULL;
	struct rring_client *second;
	struct rring_reader *reader;

	second = client_of(self->arena, RRING_PRODUCER);
	self->config.name = "one";
	self->config.capacity = 4;
	writer = writer_of(self->producer, &self->config);
	/* a gating reader keeps the ring alive */
	reader = reader_at(self->consumer, rring_writer_ring_id(writer));
	ASSERT_EQ(0, stream_put(writer, self->max));
	EXPECT_EQ(-EBUSY, rring_writer_open(second, &self->config, &other));
	EXPECT_EQ(-EBUSY, rring_writer_open(self->producer, &self->config,
					    &other));
	EXPECT_EQ(NULL, other);
	/*
	 * the first writer still works; after its close another can open the
	 * ring
	 */
	EXPECT_EQ(0, stream_put(writer, self->max));
	rring_writer_close(writer);
	ASSERT_EQ(0, rring_writer_open(second, &self->config, &other));
	EXPECT_EQ(2, rring_writer_position(other));
	EXPECT_EQ(0, stream_put(other, self->max));
	rring_writer_close(other);
	self->config.capacity = 5;
	EXPECT_EQ(-EEXIST, rring_writer_open(second, &self->config, &other));
	EXPECT_EQ(3, stream_drain(reader, self->max));
	rring_close(second);
}

TEST_F(ring, ends_for_its_readers_after_the_last_event)
{
	struct rring_writer *writer;
	struct rring_reader *reader;

	self->config.capacity = 4;
	writer = writer_of(self->producer, &self->config);
	reader = reader_at(self->consumer, rring_writer_ring_id(writer));
	EXPECT_EQ(-EAGAIN, rring_peek(reader, 1));
	ASSERT_EQ(4, fill(writer, self->max));
	rring_writer_close(writer);
	EXPECT_EQ(4, rring_peek(reader, 10));
	while (rring_peek(reader, 1) > 0)
		EXPECT_EQ(0, stream_take(reader, self->max));
	EXPECT_EQ(-EPIPE, rring_peek(reader, 1));
	EXPECT_EQ(-EPIPE, stream_take(reader, self->max));
	/* an end that was told ends no wait */
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(reader, 0));
	rring_reader_close(reader, 0);
	rring_trim(self->producer);
	EXPECT_TRUE(all_free(self->producer));
}

/*
 * A peeked event stays valid until its release, even if other writers take over
 * the ring meanwhile, each with its own pages.
 */
TEST_F(ring, what_was_peeked_at_outlives_its_writers)
{
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct rring_event event;
	uint64_t i;

	self->config.name = "heirs";
	self->config.capacity = 8;
	writer = writer_of(self->producer, &self->config);
	reader = reader_at(self->consumer, rring_writer_ring_id(writer));
	ASSERT_EQ(0, stream_put(writer, self->max));
	ASSERT_EQ(1, rring_peek(reader, 1));
	ASSERT_EQ(0, rring_entry(reader, 0, &event));
	for (i = 1; i < 5; i++) {
		rring_writer_leave(writer);
		writer = writer_of(self->producer, &self->config);
		ASSERT_EQ(0, stream_put(writer, self->max));
		EXPECT_EQ(i + 1, rring_reader_lag(reader));
		EXPECT_LE(1, rring_peek(reader, 8));
		EXPECT_TRUE(stream_intact(&event, 0, self->max));
	}
	EXPECT_EQ(5, stream_drain(reader, self->max));
	EXPECT_EQ(0, rring_reader_lag(reader));
}

/* ---- by threads ---- */

struct stage {
	pthread_t thread;
	int arena;
	uint32_t ring;
	uint32_t max;
	uint64_t count;
	uint32_t slow;		/* yields after each @slow events; 0: never */
	uint32_t *joined;
};

static void *read_all(void *arg)
{
	struct stage *stage = arg;
	struct rring_client *client = client_of(stage->arena, RRING_CONSUMER);
	struct rring_reader *reader = reader_at(client, stage->ring);
	int err;

	__atomic_add_fetch(stage->joined, 1, __ATOMIC_RELEASE);
	while (!(err = stream_take_soon(reader, stage->max))) {
		stage->count++;
		if (stage->slow && !(stage->count % stage->slow))
			sched_yield();
	}
	MUST(err == -EPIPE);
	MUST(!rring_reader_lost(reader));
	rring_close(client);
	return NULL;
}

static void until_joined(const uint32_t *joined, uint32_t n)
{
	while (__atomic_load_n(joined, __ATOMIC_ACQUIRE) < n)
		sched_yield();
}

TEST_F_TIMEOUT(ring, loses_and_repeats_nothing_between_threads, 100)
{
	uint32_t n = rounds(self->max <= 1024 ? 50000 : 5000);
	struct stage stage[3] = {};
	struct rring_writer *writer;
	uint32_t i, joined = 0;

	self->config.policy = RRING_BLOCK;
	self->config.capacity = 7;
	writer = writer_of(self->producer, &self->config);
	for (i = 0; i < 3; i++) {
		stage[i] = (struct stage) {
			.arena = self->arena,
			.ring = rring_writer_ring_id(writer),
			.max = self->max,
			.slow = i * 3,
			.joined = &joined,
		};
		stage[i].thread = thread_start(read_all, &stage[i]);
	}
	until_joined(&joined, 3);
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, stream_put(writer, self->max));
	rring_writer_close(writer);
	for (i = 0; i < 3; i++) {
		thread_end(stage[i].thread);
		EXPECT_EQ(n, stage[i].count);
	}
	rring_trim(self->producer);
	EXPECT_TRUE(all_free(self->producer));
}

TEST_HARNESS_MAIN
