// SPDX-License-Identifier: MPL-2.0
/* Batches: many events are published by one head move and released at once. */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	8
#define EVENTS		16	/* fit into the XS pool */
#define ROUNDS		300

FIXTURE(batch)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct rring_event events[EVENTS];
};

FIXTURE_VARIANT(batch)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(batch, one_thread)
{
	.flags = RRING_SINGLE_THREADED,
};

FIXTURE_VARIANT_ADD(batch, threads)
{
	.flags = 0,
};

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_policy policy, uint32_t retain)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = policy,
		.capacity = CAPACITY,
		.retain = retain,
	};

	return writer_of(client, &config);
}

FIXTURE_SETUP(batch)
{
	self->arena = arena_small();
	ASSERT_EQ(0, rring_open_arena(&self->client, self->arena,
				      RRING_PRODUCER, variant->flags));
	self->writer = ring_of(self->client, RRING_FAIL, 0);
	self->reader =
		reader_at(self->client, rring_writer_ring_id(self->writer));
}

FIXTURE_TEARDOWN(batch)
{
	rring_close(self->client);
	close(self->arena);
}

/* Allocate @n events with the values @first, @first + 1, ... */
static void make(struct rring_client *client, struct rring_event *events,
		 uint32_t n, uint64_t first)
{
	uint32_t i;

	MUST(rring_alloc_batch(client, RRING_XS, sizeof(uint64_t), 1, events,
			       n) == n);
	for (i = 0; i < n; i++)
		*(uint64_t *)events[i].data = first + i;
}

struct sum {
	uint64_t next;		/* expected value */
	uint64_t stop_at;	/* the handler returns .ret there */
	int ret;
};

static int count(void *context, const struct rring_event *event)
{
	struct sum *sum = context;

	if (sum->ret && value_of(event) == sum->stop_at)
		return sum->ret;
	MUST(value_of(event) == sum->next);
	sum->next++;
	return 0;
}

static long read_up_to(struct rring_reader *reader, struct sum *sum,
		       uint32_t max)
{
	return rring_read_batch(reader, count, sum, max);
}

/* ---- publish ---- */

TEST_F(batch, goes_in_whole_and_comes_out_in_order)
{
	struct sum sum = {};

	make(self->client, self->events, 5, 0);
	EXPECT_EQ(5, rring_publish_batch(self->writer, self->events, 5));
	EXPECT_EQ(5, rring_writer_position(self->writer));
	EXPECT_EQ(5, read_up_to(self->reader, &sum, EVENTS));
	EXPECT_EQ(5, sum.next);
	EXPECT_EQ(-EAGAIN, read_up_to(self->reader, &sum, EVENTS));
	/* each publication has consumed the caller's hold */
	EXPECT_EQ(-EINVAL, rring_drop(self->client, &self->events[0]));
	rring_reader_close(self->reader, 0);
	rring_writer_close(self->writer);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

TEST_F(batch, goes_in_as_far_as_there_is_room)
{
	struct sum sum = {};

	make(self->client, self->events, EVENTS, 0);
	EXPECT_EQ(CAPACITY, rring_publish_batch(self->writer, self->events,
						EVENTS));
	EXPECT_EQ(-EAGAIN, rring_publish_batch(self->writer,
					       self->events + CAPACITY,
					       EVENTS - CAPACITY));
	/* the caller still holds the events that were not published */
	EXPECT_EQ(0, rring_hold(self->client, &self->events[CAPACITY]));
	EXPECT_EQ(0, rring_drop(self->client, &self->events[CAPACITY]));
	EXPECT_EQ(3, read_up_to(self->reader, &sum, 3));
	EXPECT_EQ(3, rring_publish_batch(self->writer,
					 self->events + CAPACITY,
					 EVENTS - CAPACITY));
	EXPECT_EQ(CAPACITY, read_up_to(self->reader, &sum, EVENTS));
	EXPECT_EQ(CAPACITY + 3, sum.next);
}

TEST_F(batch, never_takes_what_the_ring_retains)
{
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL, 3);
	struct rring_reader *reader =
		reader_at(self->client, rring_writer_ring_id(writer));
	struct sum sum = {};

	make(self->client, self->events, EVENTS, 0);
	EXPECT_EQ(CAPACITY - 3, rring_publish_batch(writer, self->events,
						    EVENTS));
	EXPECT_EQ(CAPACITY - 3, read_up_to(reader, &sum, EVENTS));
	EXPECT_EQ(CAPACITY - 3, rring_publish_batch(writer, self->events +
						    CAPACITY - 3, EVENTS -
						    CAPACITY + 3));
}

TEST_F(batch, overwrites_a_lap_at_most)
{
	struct rring_writer *writer = ring_of(self->client, RRING_OVERWRITE, 0);

	make(self->client, self->events, EVENTS, 0);
	EXPECT_EQ(CAPACITY, rring_publish_batch(writer, self->events, EVENTS));
	EXPECT_EQ(CAPACITY, rring_publish_batch(writer,
						self->events + CAPACITY,
						EVENTS - CAPACITY));
	EXPECT_EQ(EVENTS, rring_writer_position(writer));
	rring_writer_close(writer);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

TEST_F(batch, ends_before_an_event_that_is_not_held)
{
	struct sum sum = {};

	make(self->client, self->events, 4, 0);
	ASSERT_EQ(0, rring_hold(self->client, &self->events[2]));
	ASSERT_EQ(0, rring_drop(self->client, &self->events[2]));
	rring_share(self->client, &self->events[2]);
	ASSERT_EQ(0, rring_drop(self->client, &self->events[2]));
	EXPECT_EQ(2, rring_publish_batch(self->writer, self->events, 4));
	EXPECT_EQ(-EINVAL, rring_publish_batch(self->writer, self->events + 2,
					       2));
	EXPECT_EQ(2, read_up_to(self->reader, &sum, EVENTS));
}

TEST_F(batch, of_one_event_many_times_takes_a_hold_for_each)
{
	struct rring_event same[3];
	struct sum sum = { .stop_at = 0, .ret = 0 };
	int i;

	make(self->client, self->events, 1, 0);
	for (i = 0; i < 3; i++)
		same[i] = self->events[0];
	ASSERT_EQ(0, rring_hold(self->client, &same[0]));
	ASSERT_EQ(0, rring_hold(self->client, &same[0]));
	EXPECT_EQ(3, rring_publish_batch(self->writer, same, 3));
	EXPECT_EQ(-EINVAL, rring_drop(self->client, &same[0]));
	for (i = 0; i < 3; i++) {
		sum.next = 0;
		EXPECT_EQ(1, read_up_to(self->reader, &sum, 1));
	}
	rring_reader_close(self->reader, 0);
	rring_writer_close(self->writer);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

/* Several entries of a ring may name one event that was held only once. */
TEST_F(batch, of_one_event_held_once_stays_whole)
{
	struct rring_event same[2];
	struct sum sum = {};

	make(self->client, self->events, 1, 0);
	same[0] = self->events[0];
	same[1] = same[0];
	EXPECT_EQ(2, rring_publish_batch(self->writer, same, 2));
	EXPECT_EQ(-EINVAL, rring_drop(self->client, &same[0]));
	EXPECT_EQ(1, read_up_to(self->reader, &sum, 1));
	sum.next = 0;
	EXPECT_EQ(1, read_up_to(self->reader, &sum, 1));
	rring_reader_close(self->reader, 0);
	rring_writer_close(self->writer);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

TEST_F(batch, of_nothing_does_nothing)
{
	struct sum sum = {};

	EXPECT_EQ(0, rring_publish_batch(self->writer, self->events, 0));
	EXPECT_EQ(0, rring_alloc_batch(self->client, RRING_XS, 8, 1,
				       self->events, 0));
	EXPECT_EQ(-EAGAIN, read_up_to(self->reader, &sum, 1));
	EXPECT_EQ(0, read_up_to(self->reader, &sum, 0));
}

TEST_F(batch, of_events_is_not_for_inline_rings)
{
	struct rring_ring_config config = {
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = 64,
	};
	struct rring_writer *writer = writer_of(self->client, &config);

	make(self->client, self->events, 1, 0);
	EXPECT_EQ(-EINVAL, rring_publish_batch(writer, self->events, 1));
}

/* Fill @n events of @len bytes with their numbers, from @first on. */
static void fill(char *data, uint32_t len, uint32_t n, uint32_t first)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		memset(data + (size_t)i * len, (int)(first + i), len);
}

static int says(const struct rring_event *event, uint32_t len, uint32_t number)
{
	const unsigned char *data = event->data;
	uint32_t i;

	for (i = 0; i < event->len && data[i] == (number & 0xff); i++)
		;
	return event->len == len && i == len;
}

/* Lengths of whole and partial strides, from each entry of the ring. */
TEST_F(batch, of_copies_goes_in_whole_or_not_at_all)
{
	struct rring_ring_config config = {
		.policy = RRING_FAIL,
		.capacity = CAPACITY - 1,
		.stride = 128,
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	struct rring_reader *reader =
		reader_at(self->client, rring_writer_ring_id(writer));
	char data[CAPACITY * 128];
	struct rring_event event;
	uint32_t round, i, n, len;

	for (round = 0; round < ROUNDS; round++) {
		len = round % 3 ? 128 : round % 128;
		n = round % CAPACITY;
		fill(data, len, n, round);
		ASSERT_EQ(0, rring_add_batch(writer, data, len, round, n));
		EXPECT_EQ(n ? -EAGAIN : -EINVAL,
			  rring_add_batch(writer, data, len, 0, CAPACITY - n));
		ASSERT_EQ(n ? (long)n : -EAGAIN, rring_peek(reader, CAPACITY));
		for (i = 0; i < n; i++) {
			memset(&event, 0xee, sizeof(event));
			ASSERT_EQ(0, rring_entry(reader, i, &event));
			EXPECT_TRUE(says(&event, len, round + i));
			EXPECT_EQ(round, event.event_type);
		}
		ASSERT_EQ(0, rring_release(reader, n));
	}
}

TEST_F(batch, of_copies_that_can_not_be_leaves_the_ring_alone)
{
	struct rring_ring_config config = {
		.policy = RRING_FAIL,
		.capacity = 2,
		.stride = 64,
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	struct rring_reader *reader =
		reader_at(self->client, rring_writer_ring_id(writer));
	char data[3 * 65] = { 0 };

	EXPECT_EQ(-E2BIG, rring_add_batch(writer, data, 65, 1, 1));
	EXPECT_EQ(-EINVAL, rring_add_batch(writer, data, 64, 1, 3));
	EXPECT_EQ(-EINVAL, rring_add_batch(self->writer, data, 8, 1, 1));
	EXPECT_EQ(0, rring_add_batch(writer, NULL, 64, 1, 0));
	EXPECT_EQ(-EAGAIN, rring_peek(reader, 1));
	EXPECT_EQ(0, rring_add_batch(writer, NULL, 0, 1, 2));
	EXPECT_EQ(2, rring_peek(reader, 3));
}

TEST_F(batch, allocates_what_there_is)
{
	struct rring_event events[8];

	/* the XL pool has four slots */
	EXPECT_EQ(4, rring_alloc_batch(self->client, RRING_XL, 16384, 1,
				       events, 8));
	EXPECT_EQ(-ENOSPC, rring_alloc_batch(self->client, RRING_XL, 16384, 1,
					     events + 4, 4));
	EXPECT_EQ(-E2BIG, rring_alloc_batch(self->client, RRING_XS, 65, 1,
					    events + 4, 4));
}

/* ---- read ---- */

TEST_F(batch, stops_where_its_handler_says)
{
	struct sum sum = { .stop_at = 2 };

	make(self->client, self->events, 6, 0);
	ASSERT_EQ(6, rring_publish_batch(self->writer, self->events, 6));
	/* a negative result stops before event 2, which is delivered again */
	sum.ret = -ECANCELED;
	EXPECT_EQ(2, read_up_to(self->reader, &sum, EVENTS));
	EXPECT_EQ(-ECANCELED, read_up_to(self->reader, &sum, EVENTS));
	EXPECT_EQ(4, rring_reader_lag(self->reader));
	/* a positive result stops after event 2 */
	sum.ret = 1;
	EXPECT_EQ(1, read_up_to(self->reader, &sum, EVENTS));
	EXPECT_EQ(3, rring_reader_lag(self->reader));
	sum.ret = 0;
	sum.next = 3;
	EXPECT_EQ(3, read_up_to(self->reader, &sum, EVENTS));
}

/* What the handler below collects, and what it answers. */
struct collection {
	uint32_t events;
	uint32_t ends;		/* it was called with NULL so often */
	uint32_t answer_at;	/* it answers .answer for this event */
	int answer;
	int at_end;		/* its answer for NULL */
};

static int collect(void *context, const struct rring_event *event)
{
	struct collection *collection = context;

	if (!event) {
		collection->ends++;
		return collection->at_end;
	}
	return collection->events++ == collection->answer_at ?
	       collection->answer : RRING_LATER;
}

static long collect_all(struct rring_reader *reader,
			struct collection *collection)
{
	return rring_read_batch(reader, collect, collection, EVENTS);
}

TEST_F(batch, is_done_when_its_handler_says_so_at_the_end)
{
	struct collection collection = { .answer_at = EVENTS };

	make(self->client, self->events, 5, 0);
	ASSERT_EQ(5, rring_publish_batch(self->writer, self->events, 5));
	EXPECT_EQ(5, collect_all(self->reader, &collection));
	EXPECT_EQ(5, collection.events);
	EXPECT_EQ(1, collection.ends);
	EXPECT_EQ(0, rring_reader_lag(self->reader));
	EXPECT_EQ(-EAGAIN, collect_all(self->reader, &collection));
	EXPECT_EQ(1, collection.ends);
}

TEST_F(batch, comes_again_if_its_handler_cannot_finish_it)
{
	struct collection collection = { .answer_at = EVENTS, .at_end = -EIO };

	make(self->client, self->events, 5, 0);
	ASSERT_EQ(5, rring_publish_batch(self->writer, self->events, 5));
	EXPECT_EQ(-EIO, collect_all(self->reader, &collection));
	collection.at_end = RRING_LATER;
	EXPECT_EQ(0, collect_all(self->reader, &collection));
	EXPECT_EQ(5, rring_reader_lag(self->reader));
	EXPECT_EQ(10, collection.events);
}

TEST_F(batch, is_done_up_to_the_event_for_which_its_handler_says_so)
{
	struct collection collection = { .answer_at = 2, .at_end = -EIO };

	make(self->client, self->events, 5, 0);
	ASSERT_EQ(5, rring_publish_batch(self->writer, self->events, 5));
	EXPECT_EQ(3, collect_all(self->reader, &collection));
	EXPECT_EQ(5, collection.events);
	EXPECT_EQ(1, collection.ends);
	/* the other two come again, and the first of them ends the batch */
	collection = (struct collection){ .answer = 1 };
	EXPECT_EQ(1, collect_all(self->reader, &collection));
	EXPECT_EQ(0, collection.ends);
	EXPECT_EQ(1, rring_reader_lag(self->reader));
}

TEST_F(batch, is_finished_before_an_event_that_its_handler_refuses)
{
	struct collection collection = { .answer_at = 3, .answer = -EIO };

	make(self->client, self->events, 5, 0);
	ASSERT_EQ(5, rring_publish_batch(self->writer, self->events, 5));
	EXPECT_EQ(3, collect_all(self->reader, &collection));
	EXPECT_EQ(1, collection.ends);
	/* a refused first event leaves nothing to finish */
	collection.answer_at = 4;
	EXPECT_EQ(-EIO, collect_all(self->reader, &collection));
	EXPECT_EQ(1, collection.ends);
	EXPECT_EQ(2, rring_reader_lag(self->reader));
}

TEST_F(batch, releases_what_was_read_one_by_one_before)
{
	struct rring_event event;
	struct sum sum = { .next = 1 };

	make(self->client, self->events, 3, 0);
	ASSERT_EQ(3, rring_publish_batch(self->writer, self->events, 3));
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(2, read_up_to(self->reader, &sum, EVENTS));
}

TEST_F(batch, tells_of_an_event_that_is_none_once)
{
	struct sum sum = {};

	make(self->client, self->events, 3, 0);
	ASSERT_EQ(3, rring_publish_batch(self->writer, self->events, 3));
	self->writer->entries[1].handle = ~0ull;
	EXPECT_EQ(1, read_up_to(self->reader, &sum, EVENTS));
	EXPECT_EQ(-EBADMSG, read_up_to(self->reader, &sum, EVENTS));
	sum.next = 2;
	EXPECT_EQ(1, read_up_to(self->reader, &sum, EVENTS));
	/* restore the handle, so that the writer settles the entry's slot */
	self->writer->entries[1].handle = self->events[1].handle;
}

TEST_F(batch, ends_with_the_stream)
{
	struct sum sum = {};

	make(self->client, self->events, 3, 0);
	ASSERT_EQ(3, rring_publish_batch(self->writer, self->events, 3));
	rring_writer_close(self->writer);
	EXPECT_EQ(3, read_up_to(self->reader, &sum, EVENTS));
	EXPECT_EQ(-EPIPE, read_up_to(self->reader, &sum, EVENTS));
}

/* ---- between threads ---- */

struct reading {
	int arena;
	uint32_t ring;
	uint32_t joined;
	uint64_t got;
};

static void *read_all(void *arg)
{
	struct reading *reading = arg;
	struct rring_client *client = client_of(reading->arena, RRING_CONSUMER);
	struct rring_reader *reader = reader_at(client, reading->ring);
	struct sum sum = {};
	long n;

	step_take(&reading->joined);
	for (;;) {
		n = read_up_to(reader, &sum, CAPACITY);
		if (n == -EPIPE)
			break;
		if (n == -EAGAIN)
			n = rring_wait_readable(reader, SOON());
		MUST(n >= 0);
	}
	reading->got = sum.next;
	rring_close(client);
	return NULL;
}

TEST_F_TIMEOUT(batch, after_batch_arrives_whole_at_two_readers, 100)
{
	struct rring_writer *writer = ring_of(self->client, RRING_BLOCK, 0);
	struct reading reading[2] = {
		{ .arena = self->arena, .ring = rring_writer_ring_id(writer) },
		{ .arena = self->arena, .ring = rring_writer_ring_id(writer) },
	};
	uint64_t sent = 0, made = 0, i;
	pthread_t thread[2];
	uint32_t first = 0, n = 0;
	long done;

	for (i = 0; i < 2; i++) {
		thread[i] = thread_start(read_all, &reading[i]);
		step_wait(&reading[i].joined);
	}
	for (i = 0; i < ROUNDS; i++) {
		n = 1 + i % EVENTS;
		make(self->client, self->events, n, made);
		made += n;
		for (first = 0; first < n; first += done) {
			done = rring_publish_batch(writer,
						   self->events + first,
						   n - first);
			ASSERT_LT(0, done);
			sent += done;
		}
	}
	rring_writer_close(writer);
	for (i = 0; i < 2; i++) {
		thread_end(thread[i]);
		EXPECT_EQ(made, reading[i].got);
	}
	EXPECT_EQ(made, sent);
}

TEST_HARNESS_MAIN
