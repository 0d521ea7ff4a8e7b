// SPDX-License-Identifier: MPL-2.0
/* A gating reader that was lapped: where it goes on, and what it has lost. */
#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "ring_kinds.h"
#include "stream.h"

#define MAX		64
#define CAPACITY	8
#define NAME		"away"

FIXTURE(lapped)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
};

FIXTURE_RING_KINDS(lapped);

static struct rring_writer *open_ring(struct rring_client *client,
				      enum rring_kind kind)
{
	struct rring_ring_config config = {
		.name = "ring",
		.kind = kind,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = kind == RRING_INLINE ? MAX : 0,
		.stall_ns = 1,
	};

	return writer_of(client, &config);
}

FIXTURE_SETUP(lapped)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->writer = open_ring(self->client, variant->kind);
}

FIXTURE_TEARDOWN(lapped)
{
	rring_close(self->client);
	close(self->arena);
}

static struct rring_reader *named(struct rring_client *client)
{
	struct rring_reader_config config = {
		.ring_name = "ring",
		.name = NAME,
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

/* Write @n events, and lap readers that stand in the way for a nanosecond. */
static void put(struct rring_writer *writer, int n)
{
	int err;

	while (n--) {
		while ((err = stream_put(writer, MAX)) == -EAGAIN)
			;
		MUST(!err);
	}
}

/* Take all that the ring has, and return how many events came. */
static uint64_t drain(struct rring_reader *reader)
{
	uint64_t n = 0;
	int err;

	do {
		err = stream_take(reader, MAX);
		n += !err;
	} while (!err || err == -ESTALE);
	MUST(err == -EAGAIN || err == -EPIPE);
	return n;
}

/*
 * If a lap is left, a reader gets all its events from an inline ring, and from a
 * ring of handles those whose slots have not been reused.
 */
static int is_left(enum rring_kind kind, uint64_t got)
{
	return kind == RRING_INLINE ? got == CAPACITY : got <= CAPACITY;
}

TEST_F(lapped, a_name_resumes_at_the_oldest_event_that_is_left)
{
	int events;

	for (events = CAPACITY + 1; events < 5 * CAPACITY; events++) {
		struct rring_reader *reader = named(self->client);
		uint64_t first = rring_reader_position(reader), got;

		rring_reader_close(reader, 0);
		put(self->writer, events);
		reader = named(self->client);
		EXPECT_EQ(1, rring_reader_resumed(reader));
		EXPECT_EQ(1, rring_reader_can_be_lapped(reader));
		EXPECT_EQ((uint64_t)events - CAPACITY,
			  rring_reader_lost(reader));
		ASSERT_EQ(first + (uint64_t)events - CAPACITY,
			  rring_reader_position(reader));
		got = drain(reader);
		EXPECT_TRUE(is_left(variant->kind, got));
		EXPECT_EQ((uint64_t)events, got + rring_reader_lost(reader));
		rring_reader_close(reader, 1);
	}
}

TEST_F(lapped, of_a_thousand_events_it_gets_a_lap)
{
	struct rring_reader *reader = named(self->client);

	rring_reader_close(reader, 0);
	put(self->writer, 1001);
	reader = named(self->client);
	EXPECT_EQ(1001 - CAPACITY, rring_reader_lost(reader));
	EXPECT_TRUE(is_left(variant->kind, drain(reader)));
}

TEST_F(lapped, a_reader_that_stayed_goes_on_there_as_well)
{
	struct rring_reader *reader =
		reader_at(self->client, rring_writer_ring_id(self->writer));

	put(self->writer, CAPACITY + 1);
	EXPECT_EQ(-ESTALE, stream_take(reader, MAX));
	EXPECT_EQ(1, rring_reader_lost(reader));
	EXPECT_EQ(CAPACITY, stream_drain(reader, MAX));
	EXPECT_EQ(1, rring_reader_lost(reader));
}

TEST_F(lapped, one_that_has_resumed_gates_again)
{
	struct rring_reader *reader = named(self->client);
	int i;

	rring_reader_close(reader, 0);
	put(self->writer, 2 * CAPACITY + 1);
	reader = named(self->client);
	drain(reader);
	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, stream_put(self->writer, MAX));
	/* the first time, the kernel only sees that the reader stands there */
	EXPECT_EQ(-EAGAIN, stream_put(self->writer, MAX));
	EXPECT_EQ(CAPACITY, stream_drain(reader, MAX));
}

/*
 * The writer goes on while the reader resumes: what the reader gets is whole,
 * and all others are counted.
 */
TEST_F(lapped, one_that_has_resumed_gets_only_whole_events)
{
	uint64_t got = 0, lost = 0;
	int round, n;

	for (round = 0; round < 60; round++) {
		struct rring_reader *reader = named(self->client);
		int err;

		for (n = 0; n < round % 5; n++) {
			put(self->writer, 1 + round % 3);
			err = stream_take(reader, MAX);
			ASSERT_TRUE(!err || err == -ESTALE);
			got += !err;
		}
		lost += rring_reader_lost(reader);
		ASSERT_EQ(rring_reader_position(reader), got + lost);
		rring_reader_close(reader, 0);
		put(self->writer, round % (3 * CAPACITY));
	}
}

/* Another reader gates at 4, so the writer keeps the entries from there on. */
TEST_F(lapped, a_late_release_loses_only_what_is_overwritten)
{
	struct rring_reader *slow = named(self->client);
	struct rring_reader *other = reader_at(self->client,
					       rring_writer_ring_id(self->writer));
	int i;

	put(self->writer, CAPACITY);
	ASSERT_EQ(CAPACITY, rring_peek(slow, CAPACITY));
	ASSERT_EQ(CAPACITY, rring_peek(other, CAPACITY));
	ASSERT_EQ(0, rring_release(other, 4));
	/* laps the slow reader; nothing is overwritten yet */
	ASSERT_EQ(0, rring_wait_writable(self->writer, 1, RRING_FOREVER));
	ASSERT_EQ(0, rring_release(slow, 1));
	put(self->writer, 4);
	ASSERT_EQ(-ESTALE, rring_release(slow, CAPACITY - 1));
	EXPECT_EQ(4u, rring_reader_position(slow));
	EXPECT_EQ(3u, rring_reader_lost(slow));
	for (i = 0; i < CAPACITY; i++)
		EXPECT_EQ(0, stream_take(slow, MAX));
	rring_reader_close(other, 0);
	rring_reader_close(slow, 1);
}

TEST_F(lapped, a_name_gets_what_is_left_of_an_ended_ring)
{
	struct rring_reader *reader = named(self->client);
	uint64_t got;

	rring_reader_close(reader, 0);
	put(self->writer, 2 * CAPACITY + 1);
	rring_writer_close(self->writer);
	reader = named(self->client);
	got = drain(reader);
	EXPECT_TRUE(is_left(variant->kind, got));
	EXPECT_EQ(2 * CAPACITY + 1, got + rring_reader_lost(reader));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
}

TEST_F(lapped, a_name_gets_what_is_left_after_a_new_writer_took_over)
{
	struct rring_reader *reader = named(self->client);
	uint64_t got;

	rring_reader_close(reader, 0);
	put(self->writer, 2 * CAPACITY + 1);
	rring_writer_close(self->writer);
	self->writer = open_ring(self->client, variant->kind);
	put(self->writer, 3);
	reader = named(self->client);
	got = drain(reader);
	EXPECT_TRUE(is_left(variant->kind, got));
	EXPECT_EQ(2 * CAPACITY + 4, got + rring_reader_lost(reader));
}

TEST_F(lapped, to_look_at_the_pressure_takes_nothing_from_it)
{
	struct rring_reader *reader = named(self->client);

	rring_reader_close(reader, 0);
	put(self->writer, 2 * CAPACITY + 1);
	EXPECT_EQ(0.0, rring_writer_pressure(self->writer));
	reader = named(self->client);
	EXPECT_TRUE(is_left(variant->kind, drain(reader)));
}

TEST_F(lapped, slots_come_back_after_all)
{
	struct rring_reader *reader = named(self->client);

	rring_reader_close(reader, 0);
	put(self->writer, 5 * CAPACITY + 1);
	reader = named(self->client);
	EXPECT_TRUE(is_left(variant->kind, drain(reader)));
	rring_reader_close(reader, 1);
	rring_writer_close(self->writer);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

TEST_HARNESS_MAIN
