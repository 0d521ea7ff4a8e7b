// SPDX-License-Identifier: MPL-2.0
/* Reader sets: one consumer reads the rings of many writers. */
#include <sched.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define RINGS		4
#define CAPACITY	8
#define ROUNDS		3000

FIXTURE(reader_set)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer[RINGS];
	struct rring_reader *reader[RINGS];
	struct rring_set *set;
};

static struct rring_writer *ring_of(struct rring_client *client,
				    const char *name, uint64_t stall_ns)
{
	struct rring_ring_config config = {
		.name = name,
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stride = 64,
		.stall_ns = stall_ns,
	};

	return writer_of(client, &config);
}

static void open_set(struct rring_client *client, struct rring_set **set,
		     enum rring_order order, enum rring_strategy strategy)
{
	struct rring_set_config config = {
		.order = order,
		.strategy = strategy,
	};

	MUST(!rring_set_open(client, &config, set));
}

FIXTURE_SETUP(reader_set)
{
	int i;

	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	open_set(self->client, &self->set, RRING_FAIR, RRING_WAIT_BLOCK);
	for (i = 0; i < RINGS; i++) {
		self->writer[i] = ring_of(self->client, NULL, 0);
		self->reader[i] = reader_at(
			self->client, rring_writer_ring_id(self->writer[i]));
		ASSERT_EQ(0, rring_set_add(self->set, self->reader[i], i));
	}
}

FIXTURE_TEARDOWN(reader_set)
{
	rring_set_close(self->set);
	rring_close(self->client);
	close(self->arena);
}

/* Put the readers into a new set with this order and these priorities. */
static void reorder(struct rring_client *client, struct rring_set **set,
		    struct rring_reader **readers, enum rring_order order,
		    const uint32_t *priority)
{
	int i;

	rring_set_close(*set);
	open_set(client, set, order, RRING_WAIT_BLOCK);
	for (i = 0; i < RINGS; i++)
		MUST(!rring_set_add(*set, readers[i], priority[i]));
}

static const uint32_t no_priority[RINGS];

/* Event @n of ring @i has the value 10 * i + n. */
static void fill(struct __test_metadata *_metadata,
		 FIXTURE_DATA(reader_set) *self)
{
	uint64_t n, i;

	for (n = 0; n < CAPACITY; n++)
		for (i = 0; i < RINGS; i++)
			ASSERT_EQ(0, put_value(self->writer[i], 10 * i + n));
}

/* ---- fair ---- */

TEST_F(reader_set, is_fair_each_in_turn)
{
	struct rring_reader *from;
	struct rring_event event;
	uint64_t n, i;

	fill(_metadata, self);
	for (n = 0; n < CAPACITY; n++)
		for (i = 0; i < RINGS; i++) {
			ASSERT_EQ(0, rring_set_try_read(self->set, &event,
							&from));
			EXPECT_EQ(self->reader[i], from);
			EXPECT_EQ(10 * i + n, value_of(&event));
		}
	EXPECT_EQ(-EAGAIN, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ((void *)NULL, from);
}

TEST_F(reader_set, whoever_always_has_events_starves_nobody)
{
	struct rring_reader *from;
	struct rring_event event;
	int i;

	ASSERT_EQ(0, put_value(self->writer[0], 1));
	ASSERT_EQ(0, put_value(self->writer[3], 2));
	/* ring 0 always has an event before each read */
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, put_value(self->writer[0], 1));
		ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	}
	EXPECT_EQ(self->reader[3], from);
	EXPECT_EQ(2, value_of(&event));
}

TEST_F(reader_set, turns_survive_readers_that_come_and_go)
{
	struct rring_reader *from;
	struct rring_event event;
	int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, put_value(self->writer[0], 1));
		ASSERT_EQ(0, put_value(self->writer[1], 2));
	}
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(self->reader[0], from);
	ASSERT_EQ(0, rring_set_remove(self->set, self->reader[3]));
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(self->reader[1], from);
	ASSERT_EQ(0, rring_set_add(self->set, self->reader[3], 0));
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(self->reader[0], from);
}

TEST_F(reader_set, the_event_stays_until_the_next_call)
{
	struct rring_reader *from;
	struct rring_event event;

	ASSERT_EQ(0, put_value(self->writer[1], 1));
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(1, rring_reader_lag(self->reader[1]));
	EXPECT_EQ(-EAGAIN, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(0, rring_reader_lag(self->reader[1]));
	ASSERT_EQ(0, put_value(self->writer[1], 1));
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(-ETIMEDOUT, rring_set_wait(self->set, 0));
	EXPECT_EQ(0, rring_reader_lag(self->reader[1]));
}

/* ---- by priority ---- */

TEST_F(reader_set, the_lowest_number_comes_first_and_equal_ones_in_turn)
{
	static const uint32_t priority[RINGS] = { 7, 3, ~0u, 3 };
	static const int order[] = { 1, 3, 1, 3, 0, 0, 2, 2 };
	struct rring_reader *from;
	struct rring_event event;
	unsigned int i;

	reorder(self->client, &self->set, self->reader, RRING_BY_PRIORITY,
		priority);
	for (i = 0; i < 2 * RINGS; i++)
		ASSERT_EQ(0, put_value(self->writer[i % RINGS], i));
	for (i = 0; i < 2 * RINGS; i++) {
		ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
		EXPECT_EQ(self->reader[order[i]], from);
	}
	EXPECT_EQ(-EAGAIN, rring_set_try_read(self->set, &event, &from));
}

TEST_F(reader_set, what_is_urgent_goes_before_what_is_there_longer)
{
	static const uint32_t priority[RINGS] = { 0, 1, 2, 3 };
	struct rring_reader *from;
	struct rring_event event;

	reorder(self->client, &self->set, self->reader, RRING_BY_PRIORITY,
		priority);
	ASSERT_EQ(0, put_value(self->writer[2], 1));
	ASSERT_EQ(0, put_value(self->writer[2], 2));
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	ASSERT_EQ(0, put_value(self->writer[0], 3));
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(3, value_of(&event));
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(2, value_of(&event));
}

/* ---- by timestamp ---- */

TEST_F(reader_set, the_smallest_timestamp_comes_first)
{
	static const uint64_t stamps[RINGS][3] = {
		{ 10, 40, 41 }, { 20, 30, 90 }, { 5, 50, 60 }, { 7, 8, 9 },
	};
	static const uint64_t sorted[] = {
		5, 7, 8, 9, 10, 20, 30, 40, 41, 50, 60, 90,
	};
	struct rring_reader *from;
	struct rring_event event;
	unsigned int i, j;

	reorder(self->client, &self->set, self->reader, RRING_BY_TIMESTAMP,
		no_priority);
	for (i = 0; i < RINGS; i++)
		for (j = 0; j < 3; j++)
			ASSERT_EQ(0, put_value(self->writer[i], stamps[i][j]));
	for (i = 0; i < 3 * RINGS; i++) {
		ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
		EXPECT_EQ(sorted[i], value_of(&event));
	}
}

TEST_F(reader_set, equal_timestamps_come_in_turn)
{
	struct rring_reader *from;
	struct rring_event event;
	int i;

	reorder(self->client, &self->set, self->reader, RRING_BY_TIMESTAMP,
		no_priority);
	for (i = 0; i < 2 * RINGS; i++)
		ASSERT_EQ(0, put_value(self->writer[i % RINGS], 1));
	for (i = 0; i < 2 * RINGS; i++) {
		ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
		EXPECT_EQ(self->reader[i % RINGS], from);
	}
}

static uint64_t backwards(const struct rring_event *event)
{
	return ~value_of(event);
}

TEST_F(reader_set, a_timestamp_is_what_the_caller_says_it_is)
{
	struct rring_set_config config = {
		.order = RRING_BY_TIMESTAMP,
		.timestamp = backwards,
	};
	struct rring_reader *from;
	struct rring_event event;
	struct rring_set *set;
	uint64_t i;

	ASSERT_EQ(0, rring_set_open(self->client, &config, &set));
	for (i = 0; i < RINGS; i++) {
		ASSERT_EQ(0, rring_set_add(set, self->reader[i], 0));
		ASSERT_EQ(0, put_value(self->writer[i], i));
	}
	for (i = RINGS; i-- > 0;) {
		ASSERT_EQ(0, rring_set_try_read(set, &event, &from));
		EXPECT_EQ(i, value_of(&event));
	}
	rring_set_close(set);
}

TEST_F(reader_set, an_event_too_short_for_a_timestamp_comes_first)
{
	struct rring_reader *from;
	struct rring_event event;

	reorder(self->client, &self->set, self->reader, RRING_BY_TIMESTAMP,
		no_priority);
	ASSERT_EQ(0, put_value(self->writer[0], 1));
	ASSERT_EQ(0, rring_add(self->writer[1], "x", 1, 9));
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(9, event.event_type);
}

/* ---- streams that end, readers that are lapped ---- */

TEST_F(reader_set, who_has_ended_is_passed_over_until_all_have)
{
	struct rring_reader *from;
	struct rring_event event;
	int i;

	ASSERT_EQ(0, put_value(self->writer[0], 1));
	rring_writer_close(self->writer[0]);
	rring_writer_close(self->writer[1]);
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(1, value_of(&event));
	EXPECT_EQ(-EAGAIN, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(-ETIMEDOUT, rring_set_wait(self->set, 1));
	EXPECT_EQ(-ETIMEDOUT, rring_set_wait(self->set,
					     rring_deadline(NS_PER_S / 100)));
	for (i = 2; i < RINGS; i++)
		rring_writer_close(self->writer[i]);
	EXPECT_EQ(0, rring_set_wait(self->set, RRING_FOREVER));
	EXPECT_EQ(-EPIPE, rring_set_try_read(self->set, &event, &from));
}

TEST_F(reader_set, a_stream_that_goes_on_counts_again)
{
	struct rring_reader_config config = { .ring_name = "again" };
	struct rring_writer *writer = ring_of(self->client, "again", 0);
	struct rring_reader *reader, *from;
	struct rring_event event;
	struct rring_set *set;

	reader = reader_of(self->client, &config);
	open_set(self->client, &set, RRING_FAIR, RRING_WAIT_BLOCK);
	ASSERT_EQ(0, rring_set_add(set, reader, 0));
	ASSERT_EQ(0, rring_set_add(set, self->reader[0], 0));
	rring_writer_close(writer);
	EXPECT_EQ(-EAGAIN, rring_set_try_read(set, &event, &from));
	writer = ring_of(self->client, "again", 0);
	EXPECT_EQ(-ETIMEDOUT, rring_set_wait(set, 0));
	ASSERT_EQ(0, put_value(writer, 3));
	EXPECT_EQ(0, rring_set_wait(set, RRING_FOREVER));
	ASSERT_EQ(0, rring_set_try_read(set, &event, &from));
	EXPECT_EQ(reader, from);
	rring_set_close(set);
}

TEST_F(reader_set, that_all_have_ended_is_told_once_and_then_waited_out)
{
	struct rring_reader_config config = { .ring_name = "again" };
	struct rring_writer *writer = ring_of(self->client, "again", 0);
	struct rring_reader *reader, *from;
	struct rring_event event;
	struct rring_set *set;
	int i;

	reader = reader_of(self->client, &config);
	open_set(self->client, &set, RRING_FAIR, RRING_WAIT_BLOCK);
	ASSERT_EQ(0, rring_set_add(set, reader, 0));
	ASSERT_EQ(0, rring_set_add(set, self->reader[0], 0));
	rring_writer_close(self->writer[0]);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EAGAIN, rring_set_try_read(set, &event, &from));
		EXPECT_EQ(-ETIMEDOUT, rring_set_wait(set, 0));
		rring_writer_close(writer);
		EXPECT_EQ(0, rring_set_wait(set, RRING_FOREVER));
		EXPECT_EQ(-EPIPE, rring_set_try_read(set, &event, &from));
		EXPECT_EQ(-EPIPE, rring_set_try_read(set, &event, &from));
		EXPECT_EQ(-ETIMEDOUT, rring_set_wait(set, 0));
		EXPECT_EQ(-ETIMEDOUT,
			  rring_set_wait(set, rring_deadline(NS_PER_S / 100)));
		writer = ring_of(self->client, "again", 0);
		EXPECT_EQ(-ETIMEDOUT, rring_set_wait(set, 0));
		ASSERT_EQ(0, put_value(writer, 3));
		EXPECT_EQ(0, rring_set_wait(set, RRING_FOREVER));
		ASSERT_EQ(0, rring_set_try_read(set, &event, &from));
		EXPECT_EQ(reader, from);
	}
	rring_set_close(set);
}

/* The set was never told: its other stream was open until it left the set. */
TEST_F(reader_set, a_set_that_has_only_ended_streams_left_says_so)
{
	struct rring_reader *from;
	struct rring_event event;
	int i;

	for (i = 1; i < RINGS; i++)
		rring_writer_close(self->writer[i]);
	EXPECT_EQ(-EAGAIN, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(-ETIMEDOUT, rring_set_wait(self->set, 0));
	ASSERT_EQ(0, rring_set_remove(self->set, self->reader[0]));
	EXPECT_EQ(0, rring_set_wait(self->set, RRING_FOREVER));
	EXPECT_EQ(-EPIPE, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(-ETIMEDOUT, rring_set_wait(self->set, 0));
}

TEST_F(reader_set, an_empty_set_has_ended)
{
	struct rring_reader *from;
	struct rring_event event;
	struct rring_set *set;

	open_set(self->client, &set, RRING_FAIR, RRING_WAIT_BLOCK);
	EXPECT_EQ(0, rring_set_wait(set, RRING_FOREVER));
	EXPECT_EQ(-EPIPE, rring_set_try_read(set, &event, &from));
	rring_set_close(set);
}

TEST_F(reader_set, a_reader_that_was_lapped_is_named)
{
	struct rring_writer *writer = ring_of(self->client, NULL, 1);
	struct rring_reader *reader =
		reader_at(self->client, rring_writer_ring_id(writer));
	struct rring_reader *from;
	struct rring_event event;
	struct rring_set *set;
	uint64_t i;

	open_set(self->client, &set, RRING_BY_TIMESTAMP, RRING_WAIT_BLOCK);
	ASSERT_EQ(0, rring_set_add(set, self->reader[0], 0));
	ASSERT_EQ(0, rring_set_add(set, reader, 0));
	ASSERT_EQ(0, put_value(self->writer[0], 1000));
	for (i = 0; i <= CAPACITY; i++)
		ASSERT_EQ(0, put_value(writer, i));
	EXPECT_EQ(0, rring_set_wait(set, 0));
	EXPECT_EQ(-ESTALE, rring_set_try_read(set, &event, &from));
	EXPECT_EQ(reader, from);
	EXPECT_EQ(1, rring_reader_lost(reader));
	/* no other event is lost */
	for (i = 1; i <= CAPACITY; i++) {
		ASSERT_EQ(0, rring_set_try_read(set, &event, &from));
		EXPECT_EQ(i, value_of(&event));
	}
	ASSERT_EQ(0, put_value(writer, 100));
	ASSERT_EQ(0, rring_set_try_read(set, &event, &from));
	EXPECT_EQ(100, value_of(&event));
	ASSERT_EQ(0, rring_set_try_read(set, &event, &from));
	EXPECT_EQ(1000, value_of(&event));
	rring_set_close(set);
}

TEST_F(reader_set, who_is_lapped_with_an_event_out_is_named_at_its_release)
{
	struct rring_writer *writer = ring_of(self->client, NULL, 1);
	struct rring_reader *reader =
		reader_at(self->client, rring_writer_ring_id(writer));
	struct rring_reader *from;
	struct rring_event event;
	struct rring_set *set;
	uint64_t i;

	open_set(self->client, &set, RRING_FAIR, RRING_WAIT_BLOCK);
	ASSERT_EQ(0, rring_set_add(set, reader, 0));
	ASSERT_EQ(0, put_value(writer, 0));
	ASSERT_EQ(0, rring_set_try_read(set, &event, &from));
	for (i = 1; i <= CAPACITY; i++)
		ASSERT_EQ(0, put_value(writer, i));
	EXPECT_EQ(0, rring_set_wait(set, 0));
	EXPECT_EQ(-ESTALE, rring_set_try_read(set, &event, &from));
	EXPECT_EQ(reader, from);
	EXPECT_EQ(1, rring_reader_lost(reader));
	for (i = 1; i <= CAPACITY; i++) {
		ASSERT_EQ(0, rring_set_try_read(set, &event, &from));
		EXPECT_EQ(i, value_of(&event));
	}
	rring_set_close(set);
}

/* ---- members ---- */

/* The program has the first event when the reader is added again. */
TEST_F(reader_set, gives_no_event_twice_if_a_reader_is_added_again)
{
	struct rring_event event;
	struct rring_reader *from;

	put_value(self->writer[0], 1);
	put_value(self->writer[0], 2);
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(1u, value_of(&event));
	ASSERT_EQ(0, rring_set_remove(self->set, self->reader[0]));
	ASSERT_EQ(0, rring_set_add(self->set, self->reader[0], 0));
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	EXPECT_EQ(2u, value_of(&event));
	EXPECT_EQ(-EAGAIN, rring_set_try_read(self->set, &event, &from));
}

TEST_F(reader_set, takes_readers_of_its_client_once)
{
	struct rring_client *other = client_of(self->arena, RRING_CONSUMER);
	struct rring_reader *foreign =
		reader_at(other, rring_writer_ring_id(self->writer[0]));

	EXPECT_EQ(-EINVAL, rring_set_add(self->set, foreign, 0));
	EXPECT_EQ(-EEXIST, rring_set_add(self->set, self->reader[0], 0));
	EXPECT_EQ(-ENOENT, rring_set_remove(self->set, foreign));
	EXPECT_EQ(0, rring_set_remove(self->set, self->reader[0]));
	EXPECT_EQ(-ENOENT, rring_set_remove(self->set, self->reader[0]));
	EXPECT_EQ(0, rring_set_add(self->set, self->reader[0], 0));
	rring_close(other);
}

TEST_F(reader_set, takes_as_many_as_a_client_has)
{
	struct rring_reader *reader[RRING_CURSORS], *from;
	struct rring_event event;
	struct rring_set *set;
	uint32_t i;

	open_set(self->client, &set, RRING_FAIR, RRING_WAIT_BLOCK);
	for (i = 0; i < RRING_CURSORS; i++) {
		reader[i] =
			i < RINGS ? self->reader[i]
				  : reader_at(self->client,
					      rring_writer_ring_id(
						      self->writer[i % RINGS]));
		ASSERT_EQ(0, rring_set_add(set, reader[i], 0));
	}
	ASSERT_EQ(0, put_value(self->writer[RINGS - 1], 4));
	for (i = 0; i < RRING_CURSORS / RINGS; i++) {
		EXPECT_EQ(0, rring_set_wait(set, RRING_FOREVER));
		ASSERT_EQ(0, rring_set_try_read(set, &event, &from));
		EXPECT_EQ(reader[RINGS * i + RINGS - 1], from);
	}
	EXPECT_EQ(-EAGAIN, rring_set_try_read(set, &event, &from));
	rring_set_close(set);
}

TEST_F(reader_set, who_is_removed_keeps_its_place)
{
	struct rring_reader *from;
	struct rring_event event;

	ASSERT_EQ(0, put_value(self->writer[0], 1));
	ASSERT_EQ(0, put_value(self->writer[0], 2));
	ASSERT_EQ(0, rring_set_try_read(self->set, &event, &from));
	ASSERT_EQ(0, rring_set_remove(self->set, self->reader[0]));
	EXPECT_EQ(-EAGAIN, rring_set_try_read(self->set, &event, &from));
	ASSERT_EQ(0, rring_try_read(self->reader[0], &event));
	EXPECT_EQ(2, value_of(&event));
}

/* ---- one wait for all, against writers in threads ---- */

FIXTURE(many_rings)
{
	int arena;
	struct rring_client *client;
	struct rring_set *set;
};

FIXTURE_VARIANT(many_rings)
{
	enum rring_order order;
	enum rring_strategy strategy;
};

FIXTURE_VARIANT_ADD(many_rings, fair_blocking)
{
	.order = RRING_FAIR,
	.strategy = RRING_WAIT_BLOCK,
};

FIXTURE_VARIANT_ADD(many_rings, by_priority_yielding)
{
	.order = RRING_BY_PRIORITY,
	.strategy = RRING_WAIT_YIELD,
};

FIXTURE_VARIANT_ADD(many_rings, by_timestamp_spinning)
{
	.order = RRING_BY_TIMESTAMP,
	.strategy = RRING_WAIT_SPIN,
};

FIXTURE_SETUP(many_rings)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	open_set(self->client, &self->set, variant->order, variant->strategy);
}

FIXTURE_TEARDOWN(many_rings)
{
	rring_set_close(self->set);
	rring_close(self->client);
	close(self->arena);
}

struct author {
	int arena;
	char ring[16];
	pthread_t thread;
	struct rring_reader *reader;
	uint64_t next;
};

/*
 * After each event, wait until it was read, so that the set has to wait, too.
 */
static void *write_many(void *arg)
{
	struct author *author = arg;
	struct rring_client *client = client_of(author->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, author->ring, 0);
	uint64_t i;

	for (i = 0; i < ROUNDS; i++) {
		MUST(!put_value(writer, i));
		if (i % 3 == 0)
			MUST(!rring_wait_writable(writer, CAPACITY, SOON()));
	}
	rring_close(client);
	return NULL;
}

static struct author *author_of(struct author *authors,
				const struct rring_reader *reader)
{
	while (authors->reader != reader)
		authors++;
	return authors;
}

/* A single lost wake-up would make all threads wait until the deadline. */
TEST_F_TIMEOUT(many_rings, all_events_arrive_in_order_and_no_wake_up_is_lost, 100)
{
	struct author authors[RINGS] = {}, *author;
	struct rring_writer *writer;
	struct rring_reader *from;
	struct rring_event event;
	int i, err;

	for (i = 0; i < RINGS; i++) {
		author = &authors[i];
		author->arena = self->arena;
		snprintf(author->ring, sizeof(author->ring), "ring%d", i);
		writer = ring_of(self->client, author->ring, 0);
		author->reader =
			reader_at(self->client, rring_writer_ring_id(writer));
		rring_writer_leave(writer);
		ASSERT_EQ(0, rring_set_add(self->set, author->reader, i));
	}
	for (i = 0; i < RINGS; i++)
		authors[i].thread = thread_start(write_many, &authors[i]);
	for (;;) {
		err = rring_set_try_read(self->set, &event, &from);
		if (err == -EAGAIN) {
			ASSERT_EQ(0, rring_set_wait(self->set, SOON()));
			continue;
		}
		if (err)
			break;
		author = author_of(authors, from);
		ASSERT_EQ(author->next, value_of(&event));
		author->next++;
	}
	EXPECT_EQ(-EPIPE, err);
	for (i = 0; i < RINGS; i++) {
		EXPECT_EQ(ROUNDS, authors[i].next);
		thread_end(authors[i].thread);
	}
}

TEST_HARNESS_MAIN
