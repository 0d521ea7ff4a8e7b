// SPDX-License-Identifier: MPL-2.0
/* A ring that gives way: to its slowest reader, or to its writer. */
#include "kselftest_harness.h"

#include "arena.h"
#include "ring_kinds.h"
#include "stream.h"

#define MAX	256

FIXTURE(overwrite)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(overwrite)
{
	static const uint32_t capacity[RRING_POOLS] = { 256, 256 };

	self->arena = arena_with(capacity, 0);
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(overwrite)
{
	rring_close(self->client);
	close(self->arena);
}

FIXTURE_RING_KINDS(overwrite);

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_kind kind,
				    enum rring_policy policy, uint32_t capacity)
{
	struct rring_ring_config config = {
		.kind = kind,
		.policy = policy,
		.capacity = capacity,
		.stride = kind == RRING_INLINE ? MAX : 0,
	};

	return writer_of(client, &config);
}

static struct rring_reader *observer_of(struct rring_client *client,
					uint32_t ring)
{
	struct rring_reader_config config = {
		.ring = ring,
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

TEST_F(overwrite, the_slowest_of_several_readers_decides)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_FAIL, 4);
	struct rring_reader *fast =
		reader_at(self->client, rring_writer_ring_id(writer));
	struct rring_reader *slow =
		reader_at(self->client, rring_writer_ring_id(writer));
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(4, stream_drain(fast, MAX));
	EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
	EXPECT_EQ(0, stream_take(slow, MAX));
	EXPECT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
	rring_reader_close(slow, 0);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
	EXPECT_EQ(4, stream_drain(fast, MAX));
}

TEST_F(overwrite, nobody_holds_back_a_ring_without_gating_readers)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_BLOCK, 3);
	struct rring_reader *reader =
		observer_of(self->client, rring_writer_ring_id(writer));
	int i;

	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-ESTALE, stream_take(reader, MAX));
	EXPECT_EQ(100 - (long)rring_reader_lost(reader),
		  stream_drain(reader, MAX));
}

/*
 * The observer peeks beside rring_try_read(), which has returned an event that
 * the writer overwrites. Each event is read or counted as lost.
 */
TEST_F(overwrite, a_peek_that_lost_the_last_event_does_not_stop_reads)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 8);
	struct rring_reader *reader =
		observer_of(self->client, rring_writer_ring_id(writer));
	struct rring_event event;
	uint64_t got = 1;
	int i;

	ASSERT_EQ(0, stream_put(writer, MAX));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	ASSERT_EQ(-ESTALE, rring_peek(reader, 8));
	while (!rring_try_read(reader, &event))
		got++;
	EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
	/* the first event was read, and counts as lost, too */
	EXPECT_EQ(17u + 1, got + rring_reader_lost(reader));
	EXPECT_EQ(17u, rring_reader_position(reader));
}

TEST_F(overwrite, an_overwriting_ring_has_no_gating_readers)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 4);
	struct rring_reader_config config = { .ring = rring_writer_ring_id(
						      writer) };
	struct rring_reader *reader;

	EXPECT_EQ(-EINVAL, rring_reader_open(self->client, &config, &reader));
}

TEST_F(overwrite, a_lap_is_delivered_whole)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 8);
	struct rring_reader *reader =
		observer_of(self->client, rring_writer_ring_id(writer));
	int i, lap;

	for (lap = 0; lap < 5; lap++) {
		for (i = 0; i < 8; i++)
			ASSERT_EQ(0, stream_put(writer, MAX));
		ASSERT_EQ(8, stream_drain(reader, MAX));
	}
	EXPECT_EQ(0, rring_reader_lost(reader));
}

/* How much to write before the reader looks again: 1 to 40, and far more. */
static int written_in(int round)
{
	static const int many[] = { 100, 1000 };

	return round < 50 ? 1 + round % 40 : many[round - 50];
}

TEST_F(overwrite, who_is_overtaken_learns_exactly_what_was_lost)
{
	struct rring_client *consumer = client_of(self->arena, RRING_CONSUMER);
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 8);
	struct rring_reader *reader =
		observer_of(consumer, rring_writer_ring_id(writer));
	uint64_t delivered = 0;
	int i, round;

	for (round = 0; round < 52; round++) {
		int n = written_in(round);
		uint64_t lost = rring_reader_lost(reader);
		long got;

		for (i = 0; i < n; i++)
			ASSERT_EQ(0, stream_put(writer, MAX));
		if (n > 8) {
			ASSERT_EQ(-ESTALE, stream_take(reader, MAX));
			ASSERT_LT(lost, rring_reader_lost(reader));
		}
		got = stream_drain(reader, MAX);
		ASSERT_LT(0, got);
		delivered += (uint64_t)got;
		ASSERT_EQ(rring_writer_position(writer),
			  delivered + rring_reader_lost(reader));
		ASSERT_EQ(rring_writer_position(writer),
			  rring_reader_position(reader));
		/* what fits is not lost */
		if (n <= 8)
			ASSERT_EQ(lost, rring_reader_lost(reader));
	}
	rring_close(consumer);
}

/* The writer comes round between the look at @n entries and their release. */
static void overwrite_in_use(struct __test_metadata *_metadata,
			     struct rring_writer *writer,
			     struct rring_reader *reader, uint32_t n)
{
	struct rring_event event;
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	ASSERT_EQ(n, rring_peek(reader, n));
	ASSERT_EQ(0, rring_entry(reader, 0, &event));
	ASSERT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-ESTALE, rring_release(reader, n));
	EXPECT_EQ(n, rring_reader_lost(reader));
	EXPECT_EQ(5 - n, stream_drain(reader, MAX));
	EXPECT_EQ(n, rring_reader_lost(reader));
	EXPECT_EQ(rring_writer_position(writer), rring_reader_position(reader));
}

TEST_F(overwrite, what_was_overwritten_while_in_use_is_stale)
{
	struct rring_client *consumer = client_of(self->arena, RRING_CONSUMER);
	struct rring_writer *writer;
	uint32_t n;

	for (n = 1; n <= 2; n++) {
		writer = ring_of(self->client, variant->kind, RRING_OVERWRITE,
				 4);
		overwrite_in_use(
			_metadata, writer,
			observer_of(self->client, rring_writer_ring_id(writer)),
			n);
		writer = ring_of(self->client, variant->kind, RRING_OVERWRITE,
				 4);
		overwrite_in_use(
			_metadata, writer,
			observer_of(consumer, rring_writer_ring_id(writer)), n);
	}
	rring_close(consumer);
}

/* Also when what it lost is more than it had looked at. */
TEST_F(overwrite, overtaken_observer_goes_on_by_try_read)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 4);
	struct rring_reader *reader =
		observer_of(self->client, rring_writer_ring_id(writer));
	struct rring_event event;
	uint64_t read = 1;
	int i, err;

	ASSERT_EQ(0, stream_put(writer, MAX));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	for (i = 0; i < 13; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-ESTALE, rring_try_read(reader, &event));
	EXPECT_EQ(0, rring_wait_readable(reader, SOON()));
	for (i = 0; i < 10 && reader->pos < rring_writer_position(writer);
	     i++) {
		err = rring_try_read(reader, &event);
		if (err == -ESTALE)
			continue;
		if (err)
			break;
		ASSERT_TRUE(stream_intact(&event, rring_reader_position(reader),
					  MAX));
		read++;
	}
	EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
	/* the first was overwritten while it was looked at */
	EXPECT_EQ(rring_writer_position(writer),
		  read - 1 + rring_reader_lost(reader));
}

/* Half a lap behind the head, then a quarter, until it has caught up. */
TEST_F(overwrite, an_overtaken_observer_resumes_nearer_to_the_head_each_time)
{
	static const uint64_t distance[] = { 8, 4, 2, 1, 1, 1 };
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 16);
	struct rring_reader *reader =
		observer_of(self->client, rring_writer_ring_id(writer));
	int i, n, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 6; i++) {
			for (n = 0; n < 40; n++)
				ASSERT_EQ(0, stream_put(writer, MAX));
			ASSERT_EQ(-ESTALE, stream_take(reader, MAX));
			ASSERT_EQ(distance[i], rring_reader_lag(reader));
			/* it reads on, but does not catch up */
			if (distance[i] > 1) {
				ASSERT_EQ(0, stream_take(reader, MAX));
			}
		}
		ASSERT_EQ(1, stream_drain(reader, MAX));
	}
	EXPECT_EQ(rring_writer_position(writer), rring_reader_position(reader));
}

/* However slow it is, it reads more than it is told of losses. */
TEST_F(overwrite, a_slow_observer_is_not_overtaken_again_at_once)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 128);
	struct rring_reader *reader =
		observer_of(self->client, rring_writer_ring_id(writer));
	int i, n, got = 0, stale = 0;

	for (i = 0; i < 2000; i++) {
		int err;

		for (n = 0; n < 10; n++)
			ASSERT_EQ(0, stream_put(writer, MAX));
		err = stream_take(reader, MAX);
		got += !err;
		stale += err == -ESTALE;
	}
	EXPECT_EQ(2000, got + stale);
	EXPECT_LT(5 * stale, got);
}

TEST_F(overwrite, an_observer_does_not_read_what_is_claimed)
{
	struct rring_writer *writer = ring_of(self->client, RRING_INLINE,
					      RRING_OVERWRITE, 8);
	struct rring_reader *reader =
		observer_of(self->client, rring_writer_ring_id(writer));
	int i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	/* the writer may be writing the next two entries */
	ASSERT_EQ(0, rring_reserve(writer, 2));
	EXPECT_EQ(-ESTALE, rring_peek(reader, 1));
	EXPECT_EQ(4, rring_reader_lost(reader));
	EXPECT_EQ(4, stream_drain(reader, MAX));
	EXPECT_EQ(4, rring_reader_lost(reader));
}

TEST_F(overwrite, an_overwritten_event_cannot_be_kept)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 2);
	struct rring_reader *reader =
		observer_of(self->client, rring_writer_ring_id(writer));
	struct rring_event event;
	int i;

	ASSERT_EQ(0, stream_put(writer, MAX));
	ASSERT_EQ(1, rring_peek(reader, 1));
	ASSERT_EQ(0, rring_entry(reader, 0, &event));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	/* the sweep takes its slot, so that it has a new generation */
	rring_trim(self->client);
	free_slots(self->client, RRING_XS);
	EXPECT_EQ(variant->kind == RRING_INLINE ? -EINVAL : -ESTALE,
		  rring_keep(reader, &event));
	EXPECT_EQ(-ESTALE, rring_release(reader, 1));
}

TEST_F(overwrite, overwriting_gives_slots_back)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 16);
	int i;

	for (i = 0; i < 2000; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	rring_writer_close(writer);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

TEST_HARNESS_MAIN
