// SPDX-License-Identifier: MPL-2.0
/* Readers that pass over what they have not read, to the newest events. */
#include "kselftest_harness.h"

#include "arena.h"
#include "ring_kinds.h"
#include "stream.h"

#define MAX		64
#define CAPACITY	8

FIXTURE(skip)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
};

FIXTURE_VARIANT(skip)
{
	enum rring_kind kind;
	unsigned int flags;
	uint64_t stall_ns;
};

FIXTURE_VARIANT_ADD(skip, gating_payloads)
{
	.kind = RRING_INLINE,
};

FIXTURE_VARIANT_ADD(skip, gating_handles)
{
	.kind = RRING_HANDLES,
};

FIXTURE_VARIANT_ADD(skip, lappable_handles)
{
	.kind = RRING_HANDLES,
	.stall_ns = 600 * NS_PER_S,
};

FIXTURE_VARIANT_ADD(skip, observing_payloads)
{
	.kind = RRING_INLINE,
	.flags = RRING_JOIN_OBSERVER,
};

FIXTURE_SETUP(skip)
{
	struct rring_ring_config config = {
		.name = "ring",
		.kind = variant->kind,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = variant->kind == RRING_INLINE ? MAX : 0,
		.stall_ns = variant->stall_ns,
	};
	struct rring_reader_config from = {
		.ring_name = "ring",
		.flags = variant->flags,
	};

	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->writer = writer_of(self->client, &config);
	self->reader = reader_of(self->client, &from);
}

FIXTURE_TEARDOWN(skip)
{
	rring_close(self->client);
	close(self->arena);
}

static void put(struct rring_writer *writer, int n)
{
	while (n--)
		MUST(!stream_put(writer, MAX));
}

TEST_F(skip, to_the_head_leaves_only_what_comes)
{
	EXPECT_EQ(0, rring_reader_skip(self->reader, 0));
	put(self->writer, 5);
	EXPECT_EQ(5, rring_reader_skip(self->reader, 0));
	EXPECT_EQ(-EAGAIN, stream_take(self->reader, MAX));
	EXPECT_EQ(0, rring_reader_skip(self->reader, 0));
	put(self->writer, 1);
	EXPECT_EQ(0, stream_take(self->reader, MAX));
	EXPECT_EQ(6, rring_reader_position(self->reader));
	EXPECT_EQ(0, rring_reader_lost(self->reader));
}

TEST_F(skip, to_the_newest_event_makes_it_the_next_one)
{
	put(self->writer, 5);
	EXPECT_EQ(4, rring_reader_skip(self->reader, 1));
	EXPECT_EQ(0, rring_reader_skip(self->reader, 1));
	EXPECT_EQ(4, rring_reader_position(self->reader));
	EXPECT_EQ(1, stream_drain(self->reader, MAX));
	EXPECT_EQ(0, rring_reader_skip(self->reader, 1));
}

TEST_F(skip, keeps_what_it_is_told_to_keep)
{
	uint32_t keep;

	for (keep = 0; keep <= CAPACITY + 1; keep++) {
		long expected = keep < CAPACITY ? CAPACITY - (long)keep : 0;

		put(self->writer, CAPACITY);
		EXPECT_EQ(expected, rring_reader_skip(self->reader, keep));
		EXPECT_EQ(CAPACITY - expected,
			  stream_drain(self->reader, MAX));
	}
	EXPECT_EQ(0, rring_reader_lost(self->reader));
}

TEST_F(skip, releases_the_event_of_the_last_read_and_what_is_peeked)
{
	struct rring_event event;

	put(self->writer, 6);
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(3, rring_reader_skip(self->reader, 2));
	EXPECT_EQ(2, rring_peek(self->reader, CAPACITY));
	EXPECT_EQ(1, rring_reader_skip(self->reader, 1));
	EXPECT_EQ(-EINVAL, rring_release(self->reader, 1));
	EXPECT_EQ(1, stream_drain(self->reader, MAX));
}

TEST_F(skip, releases_what_is_below_a_position)
{
	struct rring_event event;

	put(self->writer, 6);
	EXPECT_EQ(0, rring_release_to(self->reader, 2));
	EXPECT_EQ(2, rring_reader_position(self->reader));
	EXPECT_EQ(0, rring_release_to(self->reader, 1));
	EXPECT_EQ(2, rring_reader_position(self->reader));
	/* the event of the last read is released first */
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(0, rring_release_to(self->reader, 3));
	EXPECT_EQ(3, rring_peek(self->reader, CAPACITY));
	EXPECT_EQ(-EAGAIN, rring_release_to(self->reader, 7));
	EXPECT_EQ(6, rring_reader_position(self->reader));
	EXPECT_EQ(-EAGAIN, rring_release_to(self->reader, UINT64_MAX));
	put(self->writer, 1);
	EXPECT_EQ(0, rring_release_to(self->reader, 7));
	EXPECT_EQ(0, rring_reader_lost(self->reader));
}

TEST_F(skip, makes_room_for_the_writer)
{
	put(self->writer, CAPACITY);
	if (!variant->flags) {
		EXPECT_EQ(-EAGAIN, stream_put(self->writer, MAX));
	}
	EXPECT_EQ(CAPACITY, rring_reader_skip(self->reader, 0));
	put(self->writer, CAPACITY);
	EXPECT_EQ(CAPACITY, stream_drain(self->reader, MAX));
}

TEST_F(skip, works_at_the_end_of_a_stream)
{
	put(self->writer, 5);
	rring_writer_close(self->writer);
	EXPECT_EQ(3, rring_reader_skip(self->reader, 2));
	EXPECT_EQ(2, stream_drain(self->reader, MAX));
	EXPECT_EQ(-EPIPE, stream_take(self->reader, MAX));
	EXPECT_EQ(0, rring_reader_skip(self->reader, 2));
}

TEST_F(skip, gives_slots_back)
{
	put(self->writer, 5);
	EXPECT_EQ(5, rring_reader_skip(self->reader, 0));
	rring_writer_close(self->writer);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

/* An observer that is overtaken again and again can choose the newest. */
TEST_F(skip, of_an_observer_that_was_overtaken_is_no_loss)
{
	const struct rring_reader_config observing = {
		.ring_name = "ring",
		.flags = RRING_JOIN_OBSERVER,
	};
	struct rring_reader *observer;

	rring_reader_close(self->reader, 0);
	observer = reader_of(self->client, &observing);
	put(self->writer, 5 * CAPACITY);
	EXPECT_EQ(5 * CAPACITY - 1, rring_reader_skip(observer, 1));
	EXPECT_EQ(1, stream_drain(observer, MAX));
	EXPECT_EQ(0, rring_reader_lost(observer));
}

TEST_HARNESS_MAIN
