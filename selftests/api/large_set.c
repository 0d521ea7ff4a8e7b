// SPDX-License-Identifier: MPL-2.0
/*
 * Reader sets of so many readers that a read does not look at all of them. The
 * readers that have events take turns all the same, and none starves.
 */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define RINGS		30
#define CAPACITY	4
/* how many readers that were idle a read looks at, if others have events */
#define LOOKS		8
/* a reader that has an event gets it in so many turns */
#define TURNS		((RINGS + LOOKS - 1) / LOOKS + 1)
#define READS		20000

FIXTURE(large_set)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer[RINGS];
	struct rring_reader *reader[RINGS];
	struct rring_set *set;
};

FIXTURE_SETUP(large_set)
{
	const struct rring_set_config order = { .order = RRING_FAIR };
	const struct rring_ring_config ring = {
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stride = 64,
	};
	int i;

	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	ASSERT_EQ(0, rring_set_open(self->client, &order, &self->set));
	for (i = 0; i < RINGS; i++) {
		self->writer[i] = writer_of(self->client, &ring);
		self->reader[i] = reader_at(
			self->client, rring_writer_ring_id(self->writer[i]));
		ASSERT_EQ(0, rring_set_add(self->set, self->reader[i], 0));
	}
}

FIXTURE_TEARDOWN(large_set)
{
	rring_set_close(self->set);
	rring_close(self->client);
	close(self->arena);
}

static int index_of(const FIXTURE_DATA(large_set) *self,
		    const struct rring_reader *reader)
{
	int i;

	for (i = 0; i < RINGS && self->reader[i] != reader; i++)
		;
	return i;
}

/* Return the index of the ring that the next event comes from, or an errno. */
static int read_next(const FIXTURE_DATA(large_set) *self)
{
	struct rring_reader *from;
	struct rring_event event;
	int err = rring_set_try_read(self->set, &event, &from);

	return err ? err : index_of(self, from);
}

TEST_F(large_set, all_take_turns_while_all_have_events)
{
	int n, i;

	for (n = 0; n < CAPACITY; n++)
		for (i = 0; i < RINGS; i++)
			ASSERT_EQ(0, put_value(self->writer[i], 0));
	for (n = 0; n < CAPACITY; n++)
		for (i = 0; i < RINGS; i++)
			ASSERT_EQ(i, read_next(self));
	EXPECT_EQ(-EAGAIN, read_next(self));
}

TEST_F(large_set, an_event_of_an_idle_reader_is_found_at_once_if_no_other_has_one)
{
	int i;

	for (i = RINGS - 1; i >= 0; i--) {
		ASSERT_EQ(0, put_value(self->writer[i], 0));
		EXPECT_EQ(i, read_next(self));
		EXPECT_EQ(-EAGAIN, read_next(self));
	}
}

TEST_F(large_set, a_reader_that_always_has_events_starves_no_idle_one)
{
	int i, reads, from;

	for (i = 1; i < RINGS; i++) {
		ASSERT_EQ(0, put_value(self->writer[i], 0));
		reads = 0;
		do {
			ASSERT_EQ(0, put_value(self->writer[0], 0));
			from = read_next(self);
			ASSERT_LE(++reads, 2 * TURNS);
		} while (from != i);
		while (read_next(self) == 0)
			;
	}
}

TEST_F(large_set, each_event_has_its_turn_in_time)
{
	int waiting[RINGS] = {}, age[RINGS] = {};
	unsigned int random = 1;
	int n, i, from;

	for (n = 0; n < READS; n++) {
		i = rand_r(&random) % RINGS;
		/* half of the rings are busier than the others by far */
		if (i < RINGS / 2 || !(rand_r(&random) % 64)) {
			if (waiting[i] < CAPACITY - 1 &&
			    !put_value(self->writer[i], 0))
				waiting[i]++;
		}
		from = read_next(self);
		if (from == -EAGAIN)
			continue;
		ASSERT_GE(from, 0);
		waiting[from]--;
		age[from] = 0;
		for (i = 0; i < RINGS; i++) {
			age[i] = waiting[i] ? age[i] + 1 : 0;
			ASSERT_LE(age[i], TURNS * RINGS);
		}
	}
}

TEST_F(large_set, ends_when_the_last_stream_ends)
{
	int i;

	for (i = RINGS - 1; i >= 0; i--) {
		EXPECT_EQ(-EAGAIN, read_next(self));
		rring_writer_close(self->writer[i]);
	}
	EXPECT_EQ(-EPIPE, read_next(self));
	EXPECT_EQ(-EPIPE, read_next(self));
}

TEST_F(large_set, a_reader_that_leaves_takes_no_turn_of_others)
{
	int i;

	ASSERT_EQ(0, put_value(self->writer[RINGS - 1], 0));
	ASSERT_EQ(RINGS - 1, read_next(self));
	ASSERT_EQ(0, rring_set_remove(self->set, self->reader[0]));
	for (i = 1; i < RINGS; i++)
		ASSERT_EQ(0, put_value(self->writer[i], 0));
	for (i = 1; i < RINGS; i++)
		EXPECT_EQ(i, read_next(self));
	EXPECT_EQ(-EAGAIN, read_next(self));
}

TEST_HARNESS_MAIN
