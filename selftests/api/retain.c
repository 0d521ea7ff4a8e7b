// SPDX-License-Identifier: MPL-2.0
/* What a ring retains: a joiner finds it, no writer overwrites it. */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

#define MAX		64
#define CAPACITY	16
#define RETAIN		8
#define HEAD		100

FIXTURE(retain)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(retain)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(retain)
{
	rring_close(self->client);
	close(self->arena);
}

FIXTURE_VARIANT(retain)
{
	enum rring_kind kind;
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(retain, inline) { .kind = RRING_INLINE };
FIXTURE_VARIANT_ADD(retain, handles) { .kind = RRING_HANDLES };

FIXTURE_VARIANT_ADD(retain, inline_observed)
{
	.kind = RRING_INLINE,
	.flags = RRING_JOIN_OBSERVER,
};

FIXTURE_VARIANT_ADD(retain, handles_observed)
{
	.kind = RRING_HANDLES,
	.flags = RRING_JOIN_OBSERVER,
};

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_kind kind, uint32_t retain)
{
	struct rring_ring_config config = {
		.kind = kind,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = kind == RRING_INLINE ? MAX : 0,
		.retain = retain,
	};

	return writer_of(client, &config);
}

static void put(struct rring_writer *writer, int n)
{
	while (n--)
		MUST(!stream_put(writer, MAX));
}

/* A reader that starts so stands at @position, and reads on from there. */
static void expect_start(struct __test_metadata *_metadata,
			 struct rring_writer *writer, unsigned int flags,
			 enum rring_start start, uint64_t at, uint64_t position)
{
	struct rring_reader_config config = {
		.ring = rring_writer_ring_id(writer),
		.flags = flags,
		.start = start,
		.position = at,
	};
	struct rring_reader *reader =
		reader_of(rring_writer_client(writer), &config);

	EXPECT_EQ(position, rring_reader_position(reader));
	EXPECT_EQ((long)(rring_writer_position(writer) - position),
		  stream_drain(reader, MAX));
	EXPECT_EQ(0, rring_reader_lost(reader));
	EXPECT_EQ(0, rring_reader_resumed(reader));
	rring_reader_close(reader, 0);
}

TEST_F(retain, a_young_ring_is_retained_whole)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RETAIN);

	expect_start(_metadata, writer, variant->flags, RRING_START_AT, 5, 0);
	expect_start(_metadata, writer, variant->flags, RRING_START_OLDEST, 0,
		     0);
	put(writer, 3);
	expect_start(_metadata, writer, variant->flags, RRING_START_OLDEST, 0,
		     0);
	put(writer, RETAIN - 3);
	expect_start(_metadata, writer, variant->flags, RRING_START_OLDEST, 0,
		     0);
	put(writer, 1);
	expect_start(_metadata, writer, variant->flags, RRING_START_OLDEST, 0,
		     1);
}

TEST_F(retain, without_it_the_oldest_is_what_a_reader_still_needs)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind, 0);
	struct rring_reader *slow =
		reader_at(self->client, rring_writer_ring_id(writer));
	int i;

	put(writer, CAPACITY);
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, stream_take(slow, MAX));
	expect_start(_metadata, writer, variant->flags, RRING_START_OLDEST, 0,
		     5);
	EXPECT_EQ(CAPACITY - 5, stream_drain(slow, MAX));
	expect_start(_metadata, writer, variant->flags, RRING_START_OLDEST, 0,
		     CAPACITY);
}

TEST_F(retain, a_reader_still_has_a_whole_lap)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RETAIN);
	struct rring_reader *reader;

	put(writer, HEAD);
	reader = reader_at(self->client, rring_writer_ring_id(writer));
	put(writer, CAPACITY - RETAIN);
	EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
	EXPECT_EQ(0, stream_take(reader, MAX));
	put(writer, 1);
	EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
	EXPECT_EQ(CAPACITY, stream_drain(reader, MAX));
	put(writer, CAPACITY - RETAIN);
	expect_start(_metadata, writer, variant->flags, RRING_START_OLDEST, 0,
		     rring_writer_position(writer) - CAPACITY + RETAIN <
				     rring_reader_position(reader)
			     ? rring_writer_position(writer) - RETAIN
			     : rring_reader_position(reader));
}

/* A joiner that stays where it starts: what it was promised stays, too. */
TEST_F(retain, what_a_joiner_was_given_is_not_overwritten)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RETAIN);
	struct rring_reader *reader;
	int n = 0;

	put(writer, HEAD);
	reader = reader_at(self->client, rring_writer_ring_id(writer));
	while (!stream_put(writer, MAX))
		n++;
	EXPECT_EQ(CAPACITY - RETAIN, n);
	EXPECT_EQ(CAPACITY, stream_drain(reader, MAX));
}

TEST_F(retain, retained_slots_are_in_use_and_come_back)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RETAIN);
	uint32_t capacity = self->client->arena->pool[RRING_XS].capacity;

	put(writer, HEAD);
	rring_trim(self->client);
	EXPECT_EQ(variant->kind == RRING_HANDLES ? capacity - RETAIN : capacity,
		  free_slots(self->client, RRING_XS));
	rring_writer_close(writer);
	EXPECT_TRUE(all_free(self->client));
}

TEST_HARNESS_MAIN
