// SPDX-License-Identifier: MPL-2.0
/* Maximum numbers of readers of a ring and of a client. */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

#define MAX		64
#define CAPACITY	16
#define EACH		60	/* readers that a client of the crowd has */
#define CLIENTS		(RRING_READERS / EACH + 1)

FIXTURE(reader_limit)
{
	int arena;
	struct rring_client *client;
	struct rring_client *crowd[CLIENTS];
	struct rring_reader *reader[RRING_CURSORS];	/* more than RRING_READERS */
	struct rring_writer *writer;
};

static struct rring_writer *ring_of(struct rring_client *client)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = MAX,
	};

	return writer_of(client, &config);
}

FIXTURE_SETUP(reader_limit)
{
	int i;

	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->writer = ring_of(self->client);
	for (i = 0; i < CLIENTS; i++)
		self->crowd[i] = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(reader_limit)
{
	int i;

	for (i = 0; i < CLIENTS; i++)
		rring_close(self->crowd[i]);
	rring_close(self->client);
	close(self->arena);
}

TEST_F(reader_limit, a_ring_takes_240_readers_and_each_gets_all)
{
	struct rring_reader_config config = { .ring = self->writer->id };
	struct rring_reader *one_more = (void *)0xdead;
	int i;

	for (i = 0; i < RRING_READERS; i++)
		self->reader[i] = reader_of(self->crowd[i / EACH], &config);
	EXPECT_EQ(-ENOSPC, rring_reader_open(self->client, &config, &one_more));
	config.flags = RRING_JOIN_OBSERVER;
	EXPECT_EQ(-ENOSPC, rring_reader_open(self->client, &config, &one_more));
	EXPECT_EQ((void *)0xdead, one_more);
	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, stream_put(self->writer, MAX));
	for (i = 0; i < RRING_READERS; i++) {
		ASSERT_EQ(-EAGAIN, stream_put(self->writer, MAX));
		ASSERT_EQ(CAPACITY, stream_drain(self->reader[i], MAX));
	}
	ASSERT_EQ(0, stream_put(self->writer, MAX));
	/* a reader that leaves makes place for another one */
	rring_reader_close(self->reader[100], 0);
	config.flags = 0;
	ASSERT_EQ(0, rring_reader_open(self->client, &config, &one_more));
	EXPECT_EQ(CAPACITY + 1, one_more->pos);
	EXPECT_EQ(-EAGAIN, stream_take(one_more, MAX));
	EXPECT_EQ(1, stream_drain(self->reader[239], MAX));
}

/* All readers of a client are removed when it ends. */
TEST_F(reader_limit, a_client_that_ends_takes_its_readers_along)
{
	struct rring_reader_config config = { .ring = self->writer->id };
	int i;

	for (i = 0; i < RRING_READERS; i++)
		self->reader[i] = reader_of(self->crowd[i / EACH], &config);
	EXPECT_EQ(RRING_READERS,
		  rring_flag_load(&self->writer->info->readers_end));
	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, stream_put(self->writer, MAX));
	for (i = 0; i < CLIENTS; i++) {
		ASSERT_EQ(i < 4 ? -EAGAIN : 0, stream_put(self->writer, MAX));
		rring_close(self->crowd[i]);
		self->crowd[i] = client_of(self->arena, RRING_CONSUMER);
	}
	EXPECT_EQ(0, rring_flag_load(&self->writer->info->readers_end));
}

TEST_F(reader_limit, a_client_takes_256_readers)
{
	struct rring_writer *other = ring_of(self->client);
	struct rring_reader_config config = { .ring = self->writer->id };
	struct rring_reader *one_more = (void *)0xdead;
	int i;

	for (i = 0; i < RRING_CURSORS; i++) {
		config.ring = i % 2 ? other->id : self->writer->id;
		self->reader[i] = reader_of(self->crowd[0], &config);
	}
	EXPECT_EQ(-ENOSPC, rring_reader_open(self->crowd[0], &config,
					     &one_more));
	config.flags = RRING_JOIN_OBSERVER;
	EXPECT_EQ(-ENOSPC, rring_reader_open(self->crowd[0], &config,
					     &one_more));
	EXPECT_EQ((void *)0xdead, one_more);
	ASSERT_EQ(0, stream_put(self->writer, MAX));
	ASSERT_EQ(0, stream_put(other, MAX));
	for (i = 0; i < RRING_CURSORS; i++)
		ASSERT_EQ(1, stream_drain(self->reader[i], MAX));
	rring_reader_close(self->reader[7], 0);
	config.flags = 0;
	ASSERT_EQ(0, rring_reader_open(self->crowd[0], &config, &one_more));
	/* the cursor was used before; its old position has no effect */
	EXPECT_EQ(1, one_more->pos);
	ASSERT_EQ(0, stream_put(other, MAX));
	EXPECT_EQ(1, stream_drain(one_more, MAX));
}

TEST_F(reader_limit, only_places_are_limited_not_how_often_they_are_used)
{
	struct rring_reader_config config = { .ring = self->writer->id };
	struct rring_reader *reader;
	int i;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, stream_put(self->writer, MAX));
		ASSERT_EQ(0, rring_reader_open(self->crowd[i % CLIENTS],
					       &config, &reader));
		ASSERT_EQ(i + 1, reader->pos);
		rring_reader_close(reader, 0);
	}
}

TEST_HARNESS_MAIN
