// SPDX-License-Identifier: MPL-2.0
/* Back-pressure and lag: exact at every level, for every kind of ring. */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	20

FIXTURE(backpressure)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(backpressure)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(backpressure)
{
	rring_close(self->client);
	close(self->arena);
}

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_policy policy, uint32_t capacity,
				    uint32_t retain)
{
	struct rring_ring_config config = {
		.policy = policy,
		.capacity = capacity,
		.stride = 64,
		.retain = retain,
	};

	return writer_of(client, &config);
}

/* Expect the pressure of @used out of @most entries. */
static void expect_level(struct __test_metadata *_metadata,
			 struct rring_writer *writer, uint32_t used,
			 uint32_t most)
{
	EXPECT_EQ((double)used / most, rring_writer_pressure(writer));
	EXPECT_EQ(used * 10 >= most * 8, rring_writer_under_pressure(writer));
	EXPECT_EQ(used * 10 >= most * 9, rring_writer_should_throttle(writer));
}

static void skip(struct rring_reader *reader, uint32_t n)
{
	MUST(rring_peek(reader, n) == n);
	MUST(!rring_release(reader, n));
}

TEST_F(backpressure, is_exact_at_every_level_up_and_down)
{
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL,
					      CAPACITY, 0);
	struct rring_reader *reader =
		reader_at(self->client, rring_writer_ring_id(writer));
	uint32_t lap, i;

	for (lap = 0; lap < 3; lap++) {
		for (i = 0; i < CAPACITY; i++) {
			expect_level(_metadata, writer, i, CAPACITY);
			EXPECT_EQ(i, rring_reader_lag(reader));
			ASSERT_EQ(0, put_value(writer, i));
		}
		EXPECT_EQ(1.0, rring_writer_pressure(writer));
		EXPECT_EQ(-EAGAIN, put_value(writer, 0));
		for (i = CAPACITY; i > 0; i--) {
			expect_level(_metadata, writer, i, CAPACITY);
			EXPECT_EQ(i, rring_reader_lag(reader));
			skip(reader, 1);
		}
		EXPECT_EQ(0.0, rring_writer_pressure(writer));
		/*
		 * one entry more, so that the next lap begins at another place
		 */
		ASSERT_EQ(0, put_value(writer, 0));
		skip(reader, 1);
	}
}

TEST_F(backpressure, at_any_capacity_is_one_exactly_when_full)
{
	static const uint32_t capacities[] = { 1, 2, 3, 5, 7, 10, 64, 100 };
	unsigned int c;
	uint32_t i;

	for (c = 0; c < 8; c++) {
		uint32_t capacity = capacities[c];
		struct rring_writer *writer = ring_of(self->client, RRING_FAIL,
						      capacity, 0);
		struct rring_reader *reader =
			reader_at(self->client, rring_writer_ring_id(writer));

		for (i = 0; i < capacity; i++) {
			expect_level(_metadata, writer, i, capacity);
			ASSERT_EQ(0, put_value(writer, i));
		}
		expect_level(_metadata, writer, capacity, capacity);
		EXPECT_EQ(-EAGAIN, put_value(writer, 0));
		rring_writer_close(writer);
		rring_reader_close(reader, 0);
	}
}

TEST_F(backpressure, comes_from_the_slowest_reader)
{
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL,
					      CAPACITY, 0);
	struct rring_reader *fast =
		reader_at(self->client, rring_writer_ring_id(writer));
	struct rring_reader *slow =
		reader_at(self->client, rring_writer_ring_id(writer));
	uint32_t i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, put_value(writer, i));
	skip(fast, 10);
	expect_level(_metadata, writer, 10, CAPACITY);
	skip(slow, 3);
	expect_level(_metadata, writer, 7, CAPACITY);
	EXPECT_EQ(7, rring_reader_lag(slow));
	EXPECT_EQ(0, rring_reader_lag(fast));
	rring_reader_close(slow, 0);
	expect_level(_metadata, writer, 0, CAPACITY);
}

TEST_F(backpressure, without_readers_there_is_none)
{
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL,
					      CAPACITY, 0);
	uint32_t i;

	for (i = 0; i < 2 * CAPACITY; i++) {
		expect_level(_metadata, writer, 0, CAPACITY);
		ASSERT_EQ(0, put_value(writer, i));
	}
}

TEST_F(backpressure, an_observer_makes_none_but_lags)
{
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL,
					      CAPACITY, 0);
	struct rring_reader_config config = {
		.ring = rring_writer_ring_id(writer),
		.flags = RRING_JOIN_OBSERVER,
	};
	struct rring_reader *observer = reader_of(self->client, &config);
	uint32_t i;

	for (i = 0; i < 2 * CAPACITY; i++) {
		EXPECT_EQ(i, rring_reader_lag(observer));
		expect_level(_metadata, writer, 0, CAPACITY);
		ASSERT_EQ(0, put_value(writer, i));
	}
}

TEST_F(backpressure, what_is_retained_takes_no_room)
{
	enum { RETAIN = 8, MOST = CAPACITY - RETAIN };
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL,
					      CAPACITY, RETAIN);
	struct rring_reader *reader =
		reader_at(self->client, rring_writer_ring_id(writer));
	uint32_t i;

	/* the first RETAIN events only use retained entries */
	for (i = 0; i < RETAIN; i++) {
		expect_level(_metadata, writer, 0, MOST);
		ASSERT_EQ(0, put_value(writer, i));
	}
	for (i = 0; i < MOST; i++) {
		expect_level(_metadata, writer, i, MOST);
		ASSERT_EQ(0, put_value(writer, i));
	}
	expect_level(_metadata, writer, MOST, MOST);
	EXPECT_EQ(-EAGAIN, put_value(writer, i));
	for (i = MOST; i > 0; i--) {
		expect_level(_metadata, writer, i, MOST);
		skip(reader, 1);
	}
	expect_level(_metadata, writer, 0, MOST);
	skip(reader, RETAIN);
	expect_level(_metadata, writer, 0, MOST);
}

TEST_F(backpressure, a_ring_that_overwrites_has_none)
{
	struct rring_writer *writer = ring_of(self->client, RRING_OVERWRITE,
					      CAPACITY, 0);
	uint32_t i;

	for (i = 0; i < 2 * CAPACITY; i++) {
		expect_level(_metadata, writer, 0, CAPACITY);
		ASSERT_EQ(0, put_value(writer, i));
	}
}

TEST_F(backpressure, a_name_that_is_away_counts)
{
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL,
					      CAPACITY, 0);
	struct rring_reader_config config = {
		.ring = rring_writer_ring_id(writer),
		.name = "away",
	};
	struct rring_reader *reader = reader_of(self->client, &config);
	uint32_t i;

	rring_reader_close(reader, 0);
	for (i = 0; i < CAPACITY; i++) {
		expect_level(_metadata, writer, i, CAPACITY);
		ASSERT_EQ(0, put_value(writer, i));
	}
	reader = reader_of(self->client, &config);
	EXPECT_EQ(CAPACITY, rring_reader_lag(reader));
	expect_level(_metadata, writer, CAPACITY, CAPACITY);
	rring_reader_close(reader, 1);
	expect_level(_metadata, writer, 0, CAPACITY);
}

TEST_F(backpressure, lag_is_known_after_the_end_and_with_a_new_writer)
{
	struct rring_ring_config config = {
		.name = "ring",
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = 64,
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	struct rring_reader *reader =
		reader_at(self->client, rring_writer_ring_id(writer));

	ASSERT_EQ(0, put_value(writer, 1));
	rring_writer_close(writer);
	EXPECT_EQ(1, rring_reader_lag(reader));
	writer = writer_of(self->client, &config);
	expect_level(_metadata, writer, 1, CAPACITY);
	ASSERT_EQ(0, put_value(writer, 2));
	EXPECT_EQ(2, rring_reader_lag(reader));
	skip(reader, 2);
	EXPECT_EQ(0, rring_reader_lag(reader));
}

/* ---- while readers come and go ---- */

struct visits {
	int arena;
	uint32_t ring;
	uint32_t done;
};

static void *come_and_go(void *arg)
{
	struct visits *visits = arg;
	struct rring_client *client = client_of(visits->arena, RRING_CONSUMER);
	struct rring_reader_config config = { .ring = visits->ring };
	int i;

	/* the readers join at the newest event and never gate the writer */
	for (i = 0; i < 200; i++)
		rring_reader_close(reader_of(client, &config), 0);
	step_take(&visits->done);
	rring_close(client);
	return NULL;
}

TEST_F_TIMEOUT(backpressure, readers_that_join_make_none, 100)
{
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL,
					      CAPACITY, 6);
	struct rring_reader *reader =
		reader_at(self->client, rring_writer_ring_id(writer));
	struct visits visits = { .arena = self->arena,
				 .ring = rring_writer_ring_id(writer) };
	pthread_t thread;
	uint32_t i;

	/* a joining reader is briefly at the oldest retained event */
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, put_value(writer, i));
	skip(reader, 10);
	thread = thread_start(come_and_go, &visits);
	while (!__atomic_load_n(&visits.done, __ATOMIC_ACQUIRE))
		ASSERT_EQ(0.0, rring_writer_pressure(writer));
	thread_end(thread);
}

TEST_HARNESS_MAIN
