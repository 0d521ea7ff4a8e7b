// SPDX-License-Identifier: MPL-2.0
/* A gating reader is lapped if it stalls for longer than stall_ns. */
#include "kselftest_harness.h"

#include "arena.h"
#include "ring_kinds.h"
#include "stream.h"

#define MAX		64
#define CAPACITY	4

FIXTURE(lapped)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(lapped)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(lapped)
{
	rring_close(self->client);
	close(self->arena);
}

FIXTURE_RING_KINDS(lapped);

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_kind kind,
				    enum rring_policy policy, uint32_t retain,
				    uint64_t stall_ns)
{
	struct rring_ring_config config = {
		.kind = kind,
		.policy = policy,
		.capacity = CAPACITY,
		.stride = kind == RRING_INLINE ? MAX : 0,
		.retain = retain,
		.stall_ns = stall_ns,
	};

	return writer_of(client, &config);
}

static void put(struct rring_writer *writer, int n)
{
	while (n--)
		MUST(!stream_put(writer, MAX));
}

/* Try to put one event until the reader, with stall_ns 1, is lapped. */
static void put_by_lapping(struct rring_writer *writer)
{
	int err;

	while ((err = stream_put(writer, MAX)) == -EAGAIN)
		;
	MUST(!err);
}

TEST_F(lapped, a_stalled_reader_loses_exactly_what_it_is_told)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_FAIL, 0, 1);
	struct rring_reader *stalled = reader_at(self->client, writer->id);
	struct rring_reader *steady = reader_at(self->client, writer->id);
	uint64_t laps = self->client->arena->laps;

	put(writer, CAPACITY);
	ASSERT_EQ(0, stream_take(stalled, MAX));
	ASSERT_EQ(3, stream_drain(steady, MAX) - 1);
	put(writer, 1);
	ASSERT_EQ(0, stream_take(steady, MAX));
	put_by_lapping(writer);
	EXPECT_EQ(laps + 1, self->client->arena->laps);
	/* its position was 1; the oldest entry that is still there is 2 */
	EXPECT_EQ(-ESTALE, stream_take(stalled, MAX));
	EXPECT_EQ(1, stalled->lost);
	EXPECT_EQ(2, stalled->pos);
	EXPECT_EQ(4, stream_drain(stalled, MAX));
	EXPECT_EQ(1, stream_drain(steady, MAX));
	EXPECT_EQ(0, steady->lost);
	EXPECT_EQ(laps + 1, self->client->arena->laps);
}

TEST_F(lapped, a_reader_that_goes_on_is_gating_again)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_FAIL, 0, 1);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	uint64_t delivered = 0;
	int round;

	for (round = 0; round < 50; round++) {
		put(writer, CAPACITY);
		/* the first -EAGAIN shows that the reader gates the writer */
		ASSERT_EQ(-EAGAIN, stream_put(writer, MAX));
		put_by_lapping(writer);
		ASSERT_EQ(-ESTALE, stream_take(reader, MAX));
		delivered += stream_drain(reader, MAX);
		ASSERT_EQ(writer->head, reader->pos);
		ASSERT_EQ(writer->head, delivered + reader->lost);
	}
}

TEST_F(lapped, what_was_peeked_before_the_lap_is_stale_on_release)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_FAIL, 0, 1);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	struct rring_event event;

	put(writer, CAPACITY);
	ASSERT_EQ(2, rring_peek(reader, 2));
	ASSERT_EQ(0, rring_entry(reader, 0, &event));
	put_by_lapping(writer);
	EXPECT_EQ(-ESTALE, rring_release(reader, 2));
	EXPECT_EQ(reader->pos, reader->lost);
	EXPECT_EQ(1, reader->lost);
	EXPECT_EQ(writer->head - reader->pos, stream_drain(reader, MAX));
}

TEST_F(lapped, retained_entries_are_not_lost)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_FAIL, 3, 1);
	struct rring_reader *reader = reader_at(self->client, writer->id);

	put(writer, CAPACITY);
	put_by_lapping(writer);
	EXPECT_EQ(-ESTALE, stream_take(reader, MAX));
	EXPECT_EQ(1, reader->lost);
	EXPECT_EQ(4, stream_drain(reader, MAX));
}

TEST_F(lapped, who_moves_in_time_is_never_lapped)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_FAIL, 0, 600 * NS_PER_S);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	int i;

	put(writer, CAPACITY);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(-EAGAIN, stream_put(writer, MAX));
	EXPECT_EQ(CAPACITY, stream_drain(reader, MAX));
	EXPECT_EQ(0, reader->lost);
	EXPECT_EQ(0, self->client->arena->laps);
}

/* A timer of the kernel ends the writer's wait; the reader does nothing. */
TEST_F(lapped, a_blocked_writer_laps_a_stalled_reader_by_itself)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_BLOCK, 0, NS_PER_S / 1000);
	struct rring_reader *reader = reader_at(self->client, writer->id);

	put(writer, CAPACITY + 1);
	/* only the first entry is overwritten */
	EXPECT_EQ(-ESTALE, stream_take(reader, MAX));
	EXPECT_EQ(1, reader->lost);
	EXPECT_EQ(CAPACITY, stream_drain(reader, MAX));
	put(writer, 1);
	EXPECT_EQ(1, stream_drain(reader, MAX));
}

static struct rring_reader *named(struct rring_client *client, uint32_t ring)
{
	struct rring_reader_config config = {
		.ring = ring,
		.name = "away",
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

TEST_F(lapped, a_name_that_is_away_is_lapped_as_well)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_FAIL, 0, 1);
	struct rring_reader *reader = named(self->client, writer->id);

	put(writer, CAPACITY);
	ASSERT_EQ(0, stream_take(reader, MAX));
	rring_reader_close(reader, 0);
	put(writer, 1);
	ASSERT_EQ(-EAGAIN, stream_put(writer, MAX));
	put_by_lapping(writer);
	put(writer, 2);
	reader = named(self->client, writer->id);
	EXPECT_EQ(1, reader->resumed);
	EXPECT_EQ(8, writer->head);
	EXPECT_EQ(reader->pos, 1 + reader->lost);
	EXPECT_EQ(4, reader->pos);
	EXPECT_EQ(writer->head - reader->pos, stream_drain(reader, MAX));
	/* the reader gates again */
	put(writer, CAPACITY);
	EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
}

/* The reader was lapped, and closes before it notices. */
TEST_F(lapped, a_name_learns_its_losses_from_before_it_went_away)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_FAIL, 0, 1);
	struct rring_reader *reader = named(self->client, writer->id);

	put(writer, CAPACITY);
	ASSERT_EQ(0, stream_take(reader, MAX));
	put(writer, 1);
	put_by_lapping(writer);
	rring_reader_close(reader, 0);
	reader = named(self->client, writer->id);
	EXPECT_EQ(1, reader->resumed);
	EXPECT_EQ(reader->pos, 1 + reader->lost);
	EXPECT_EQ(writer->head - reader->pos, stream_drain(reader, MAX));
}

TEST_F(lapped, slots_of_the_lost_come_back)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_FAIL, 0, 1);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	struct rring_event event;

	put(writer, CAPACITY);
	ASSERT_EQ(1, rring_peek(reader, 1));
	ASSERT_EQ(0, rring_entry(reader, 0, &event));
	if (variant->kind == RRING_HANDLES) {
		ASSERT_EQ(0, rring_keep(reader, &event));
	}
	put_by_lapping(writer);
	if (variant->kind == RRING_HANDLES) {
		/* the reader was lapped, but its kept event is intact */
		EXPECT_TRUE(stream_intact(&event, 0, MAX));
		EXPECT_EQ(0, rring_drop(self->client, &event));
	}
	rring_writer_close(writer);
	rring_reader_close(reader, 0);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

TEST_HARNESS_MAIN
