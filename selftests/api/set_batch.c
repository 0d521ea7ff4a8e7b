// SPDX-License-Identifier: MPL-2.0
/*
 * A program peeks at several events of a set, and releases them when it has done
 * its work. Until then no event is gone, also not for a reader that comes back
 * under the name of an earlier one.
 */
#include <errno.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define RINGS		3
#define CAPACITY	64
#define ALL		(2 * RINGS * CAPACITY)	/* more than there are */

static const char *const names[RINGS] = { "a", "b", "c" };

FIXTURE(set_batch)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *client;
	struct rring_writer *writer[RINGS];
	struct rring_reader *reader[RINGS];
	struct rring_set *set;
	uint64_t next[RINGS];	/* so many events were put into each ring */
};

/* Put @n events into ring @i: 1000 * @i, 1000 * @i + 1, and so on. */
static void put(FIXTURE_DATA(set_batch) *self, uint32_t i, uint32_t n)
{
	while (n--)
		MUST(!put_value(self->writer[i], 1000 * i + self->next[i]++));
}

/* Open a client with a reader of each ring, which has a name, and their set. */
static void open_set(FIXTURE_DATA(set_batch) *self, enum rring_order order)
{
	struct rring_set_config config = { .order = order };
	struct rring_reader_config from = {
		.name = "archive", .start = RRING_START_OLDEST,
	};
	uint32_t i;

	self->client = client_of(self->arena, RRING_CONSUMER);
	MUST(!rring_set_open(self->client, &config, &self->set));
	for (i = 0; i < RINGS; i++) {
		from.ring_name = names[i];
		self->reader[i] = reader_of(self->client, &from);
		MUST(!rring_set_add(self->set, self->reader[i], i));
	}
}

static void close_set(FIXTURE_DATA(set_batch) *self)
{
	rring_set_close(self->set);
	rring_close(self->client);
}

FIXTURE_SETUP(set_batch)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = 64,
	};
	uint32_t i;

	self->arena = arena_small();
	self->producer = client_of(self->arena, RRING_PRODUCER);
	for (i = 0; i < RINGS; i++) {
		config.name = names[i];
		self->writer[i] = writer_of(self->producer, &config);
	}
	open_set(self, RRING_FAIR);
}

FIXTURE_TEARDOWN(set_batch)
{
	close_set(self);
	rring_close(self->producer);
	close(self->arena);
}

static void reopen(FIXTURE_DATA(set_batch) *self, enum rring_order order)
{
	close_set(self);
	open_set(self, order);
}

/* Expect that peeked event @i is the event of ring @ring at @position. */
#define EXPECT_EVENT(i, ring, at) do {					\
	struct rring_reader *from_;					\
	struct rring_event event_;					\
	uint64_t position_;						\
									\
	ASSERT_EQ(0, rring_set_entry(self->set, i, &event_, &from_,	\
				     &position_));			\
	EXPECT_EQ(self->reader[ring], from_);				\
	EXPECT_EQ((uint64_t)(at), position_);				\
	EXPECT_EQ(1000 * (uint64_t)(ring) + (at), value_of(&event_));	\
} while (0)

/* What rring_set_entry() returns for peeked event @i. */
static int entry(FIXTURE_DATA(set_batch) *self, uint32_t i)
{
	struct rring_reader *from;
	struct rring_event event;
	uint64_t position;

	return rring_set_entry(self->set, i, &event, &from, &position);
}

/* ---- peek ---- */

TEST_F(set_batch, has_the_events_of_all_readers)
{
	put(self, 0, 2);
	put(self, 2, 3);
	ASSERT_EQ(5, rring_set_peek(self->set, ALL));
	EXPECT_EVENT(0, 0, 0);
	EXPECT_EVENT(1, 0, 1);
	EXPECT_EVENT(2, 2, 0);
	EXPECT_EVENT(4, 2, 2);
	EXPECT_EVENT(3, 2, 1);
	EXPECT_EVENT(0, 0, 0);
}

TEST_F(set_batch, has_no_more_than_asked_for)
{
	put(self, 0, 2);
	put(self, 1, 2);
	EXPECT_EQ(0, rring_set_peek(self->set, 0));
	ASSERT_EQ(3, rring_set_peek(self->set, 3));
	EXPECT_EQ(-EINVAL, entry(self, 3));
	EXPECT_EQ(-EINVAL, rring_set_release(self->set, 4));
	EXPECT_EQ(0, rring_set_release(self->set, 3));
	EXPECT_EQ(-EINVAL, entry(self, 0));
}

TEST_F(set_batch, is_as_large_as_asked_for_if_the_program_polls)
{
	ASSERT_LE(0, rring_client_fd(self->client));
	put(self, 0, 5);
	put(self, 1, 5);
	EXPECT_EQ(8, rring_set_peek(self->set, 8));
	reopen(self, RRING_BY_TIMESTAMP);
	ASSERT_LE(0, rring_client_fd(self->client));
	EXPECT_EQ(8, rring_set_peek(self->set, 8));
}

TEST_F(set_batch, says_that_there_is_nothing_and_that_all_has_ended)
{
	uint32_t i;

	EXPECT_EQ(-EAGAIN, rring_set_peek(self->set, ALL));
	for (i = 0; i < RINGS; i++)
		rring_writer_close(self->writer[i]);
	EXPECT_EQ(-EPIPE, rring_set_peek(self->set, ALL));
}

TEST_F(set_batch, starves_no_reader)
{
	put(self, 0, CAPACITY);
	put(self, 1, 1);
	ASSERT_EQ(10, rring_set_peek(self->set, 10));
	EXPECT_EVENT(0, 0, 0);
	ASSERT_EQ(0, rring_set_release(self->set, 10));
	ASSERT_EQ(10, rring_set_peek(self->set, 10));
	EXPECT_EVENT(0, 1, 0);
	EXPECT_EVENT(1, 0, 10);
}

TEST_F(set_batch, has_what_is_urgent_first)
{
	reopen(self, RRING_BY_PRIORITY);
	put(self, 2, 2);
	put(self, 1, 1);
	ASSERT_EQ(3, rring_set_peek(self->set, ALL));
	EXPECT_EVENT(0, 1, 0);
	EXPECT_EVENT(1, 2, 0);
	EXPECT_EVENT(2, 2, 1);
}

/* The value of an event is its timestamp, too: here those of two rings alternate. */
TEST_F(set_batch, is_sorted_by_timestamps_over_all_readers)
{
	struct rring_reader *from;
	struct rring_event event;
	uint64_t position, i;

	reopen(self, RRING_BY_TIMESTAMP);
	for (i = 0; i < 2 * CAPACITY; i++)
		ASSERT_EQ(0, put_value(self->writer[i % 2], i));
	ASSERT_EQ(2 * CAPACITY, rring_set_peek(self->set, ALL));
	for (i = 0; i < 2 * CAPACITY; i++) {
		ASSERT_EQ(0, rring_set_entry(self->set, (uint32_t)i, &event,
					     &from, &position));
		EXPECT_EQ(i, value_of(&event));
		EXPECT_EQ(self->reader[i % 2], from);
		EXPECT_EQ(i / 2, position);
	}
	ASSERT_EQ(0, rring_set_release(self->set, CAPACITY + 1));
	EXPECT_EQ(CAPACITY / 2 + 1, rring_reader_position(self->reader[0]));
	EXPECT_EQ(CAPACITY / 2, rring_reader_position(self->reader[1]));
}

/* ---- release ---- */

TEST_F(set_batch, comes_again_if_it_is_not_released)
{
	struct rring_reader *from;
	struct rring_event event;

	put(self, 1, 2);
	ASSERT_EQ(2, rring_set_peek(self->set, ALL));
	ASSERT_EQ(2, rring_set_peek(self->set, ALL));
	EXPECT_EVENT(0, 1, 0);
	/* a read gives it, too, and the set has then peeked at nothing */
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(1000, value_of(&event));
	EXPECT_EQ(-EINVAL, rring_set_release(self->set, 1));
	/* the event of the read is released by the next peek */
	ASSERT_EQ(1, rring_set_peek(self->set, ALL));
	EXPECT_EVENT(0, 1, 1);
}

TEST_F(set_batch, is_released_from_its_first_event_on)
{
	put(self, 0, 2);
	put(self, 1, 2);
	ASSERT_EQ(4, rring_set_peek(self->set, ALL));
	ASSERT_EQ(0, rring_set_release(self->set, 3));
	EXPECT_EQ(2, rring_reader_position(self->reader[0]));
	EXPECT_EQ(1, rring_reader_position(self->reader[1]));
	/* event 0 is now the first that is left */
	EXPECT_EVENT(0, 1, 1);
	ASSERT_EQ(0, rring_set_release(self->set, 1));
	EXPECT_EQ(-EAGAIN, rring_set_peek(self->set, ALL));
}

TEST_F(set_batch, can_be_released_for_each_reader_by_itself)
{
	put(self, 0, 3);
	put(self, 1, 3);
	ASSERT_EQ(6, rring_set_peek(self->set, ALL));
	ASSERT_EQ(0, rring_release(self->reader[1], 2));
	EXPECT_EVENT(0, 0, 0);
	EXPECT_EQ(-ESTALE, entry(self, 4));
	EXPECT_EVENT(5, 1, 2);
	/* this releases nothing twice */
	ASSERT_EQ(0, rring_set_release(self->set, 4));
	EXPECT_EQ(3, rring_reader_position(self->reader[0]));
	EXPECT_EQ(2, rring_reader_position(self->reader[1]));
	ASSERT_EQ(0, rring_set_release(self->set, 2));
	EXPECT_EQ(3, rring_reader_position(self->reader[1]));
}

TEST_F(set_batch, is_forgotten_when_members_come_or_go)
{
	put(self, 0, 1);
	ASSERT_EQ(1, rring_set_peek(self->set, ALL));
	ASSERT_EQ(0, rring_set_remove(self->set, self->reader[1]));
	EXPECT_EQ(-EINVAL, entry(self, 0));
	EXPECT_EQ(0, rring_reader_position(self->reader[0]));
	ASSERT_EQ(1, rring_set_peek(self->set, ALL));
	ASSERT_EQ(0, rring_set_add(self->set, self->reader[1], 0));
	EXPECT_EQ(-EINVAL, rring_set_release(self->set, 1));
}

/* The program dies with three of five events released, or so it is for the rings. */
TEST_F(set_batch, goes_on_behind_the_last_released_event_under_the_same_names)
{
	put(self, 0, 3);
	put(self, 2, 2);
	ASSERT_EQ(5, rring_set_peek(self->set, ALL));
	ASSERT_EQ(0, rring_set_release(self->set, 4));
	reopen(self, RRING_FAIR);
	EXPECT_EQ(1, rring_reader_resumed(self->reader[2]));
	EXPECT_EQ(3, rring_reader_position(self->reader[0]));
	EXPECT_EQ(1, rring_reader_position(self->reader[2]));
	put(self, 0, 1);
	ASSERT_EQ(2, rring_set_peek(self->set, ALL));
	EXPECT_EVENT(0, 0, 3);
	EXPECT_EVENT(1, 2, 1);
}

TEST_F(set_batch, learns_of_a_ring_that_does_not_know_its_name)
{
	struct rring_reader_config config = {
		.ring_name = names[0],
		.name = "other",
		.flags = RRING_JOIN_RESUME,
	};
	struct rring_reader *reader = NULL;

	/* the call that fails makes no name, so the next one fails as well */
	EXPECT_EQ(-ENOENT, rring_reader_open(self->client, &config, &reader));
	EXPECT_EQ(-ENOENT, rring_reader_open(self->client, &config, &reader));
	EXPECT_EQ(NULL, reader);
	config.flags = 0;
	reader = reader_of(self->client, &config);
	rring_reader_close(reader, 0);
	config.flags = RRING_JOIN_RESUME;
	reader = reader_of(self->client, &config);
	EXPECT_EQ(1, rring_reader_resumed(reader));
	rring_reader_close(reader, 1);
	EXPECT_EQ(-ENOENT, rring_reader_open(self->client, &config, &reader));
}

/* ---- a reader that is lapped ---- */

/* Return the writer of a ring of 4 entries, which waits for no reader. */
static struct rring_writer *lapping_writer(struct rring_client *client)
{
	const struct rring_ring_config config = {
		.kind = RRING_INLINE, .policy = RRING_BLOCK,
		.capacity = 4, .stride = 64, .stall_ns = 1,
	};

	return writer_of(client, &config);
}

TEST_F(set_batch, loses_only_the_events_of_the_reader_that_was_lapped)
{
	struct rring_writer *writer = lapping_writer(self->producer);
	struct rring_reader *lapped = reader_at(self->client,
						rring_writer_ring_id(writer));
	uint64_t i;

	ASSERT_EQ(0, rring_set_add(self->set, lapped, 0));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, put_value(writer, i));
	put(self, 0, 1);
	ASSERT_EQ(5, rring_set_peek(self->set, ALL));
	/* the writer does not wait for it */
	ASSERT_EQ(0, put_value(writer, 4));
	EXPECT_EQ(-ESTALE, rring_set_release(self->set, 5));
	EXPECT_EQ(1, rring_reader_lost(lapped));
	EXPECT_EQ(1, rring_reader_position(self->reader[0]));
	/* what the writer has left of them comes again */
	EXPECT_EQ(4, rring_set_peek(self->set, ALL));
}

TEST_F(set_batch, of_one_reader_does_not_hide_the_error_of_another)
{
	struct rring_writer *writer = lapping_writer(self->producer);
	struct rring_reader *lapped = reader_at(self->client,
						rring_writer_ring_id(writer));
	uint64_t i;

	ASSERT_EQ(0, rring_set_add(self->set, lapped, 0));
	put(self, 0, 1);
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, put_value(writer, i));
	ASSERT_EQ(1, rring_set_peek(self->set, ALL));
	EXPECT_EVENT(0, 0, 0);
	ASSERT_EQ(0, rring_set_release(self->set, 1));
	EXPECT_EQ(-ESTALE, rring_set_peek(self->set, ALL));
	EXPECT_EQ(1, rring_reader_lost(lapped));
	EXPECT_EQ(4, rring_set_peek(self->set, ALL));
}

TEST_HARNESS_MAIN
