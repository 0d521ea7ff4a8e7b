// SPDX-License-Identifier: MPL-2.0
/*
 * A client's descriptor in poll and epoll: level, edge, ends of streams, no
 * lost wake-up.
 */
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"
#include "thread.h"

#define MAX		64
#define CAPACITY	4

FIXTURE(epoll)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
	struct rring_writer *writer;
	struct rring_reader *reader;
	int epoll;
};

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_policy policy,
				    uint32_t capacity)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = policy,
		.capacity = capacity,
		.stride = MAX,
	};

	return writer_of(client, &config);
}

FIXTURE_SETUP(epoll)
{
	self->arena = arena_small();
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
	self->writer = ring_of(self->producer, RRING_FAIL, CAPACITY);
	self->reader =
		reader_at(self->consumer, rring_writer_ring_id(self->writer));
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_LE(0, self->epoll);
}

FIXTURE_TEARDOWN(epoll)
{
	close(self->epoll);
	rring_close(self->consumer);
	rring_close(self->producer);
	close(self->arena);
}

static void put(struct rring_writer *writer, int n)
{
	while (n--)
		MUST(!stream_put(writer, MAX));
}

static void control(int epoll, int op, const struct rring_client *client,
		    uint32_t events)
{
	struct epoll_event event = { .events = events };

	MUST(!epoll_ctl(epoll, op, rring_client_fd(client), &event));
}

static void watch(int epoll, const struct rring_client *client,
		  uint32_t events)
{
	control(epoll, EPOLL_CTL_ADD, client, events);
}

/* Wait for epoll at most @ms. Return the event mask, or 0. */
static uint32_t news(int epoll, int ms)
{
	struct epoll_event event = { .events = 0xdeadbeef };
	int n = epoll_wait(epoll, &event, 1, ms);

	MUST(n == 0 || n == 1);
	return n ? event.events : 0;
}

static int polled(const struct rring_client *client, short events, int ms)
{
	struct pollfd pollfd = {
		.fd = rring_client_fd(client),
		.events = events,
		.revents = -1,
	};
	int n = poll(&pollfd, 1, ms);

	MUST(n == !!pollfd.revents);
	return pollfd.revents;
}

/* Write until there is no room. Return the number of events. */
static int fill(struct rring_writer *writer)
{
	int err, n = 0;

	while (!(err = stream_put(writer, MAX)))
		n++;
	MUST(err == -EAGAIN);
	return n;
}

/* ---- level ---- */

TEST_F(epoll, the_descriptor_is_the_same_each_time)
{
	int fd = rring_client_fd(self->consumer);

	ASSERT_LE(0, fd);
	EXPECT_EQ(fd, rring_client_fd(self->consumer));
	EXPECT_NE(fd, rring_client_fd(self->producer));
}

TEST_F(epoll, readable_until_drained)
{
	EXPECT_EQ(0, polled(self->consumer, POLLIN, 0));
	put(self->writer, 2);
	EXPECT_EQ(POLLIN, polled(self->consumer, POLLIN, SOON_MS));
	EXPECT_EQ(POLLIN, polled(self->consumer, POLLIN, SOON_MS));
	ASSERT_EQ(0, stream_take(self->reader, MAX));
	EXPECT_EQ(POLLIN, polled(self->consumer, POLLIN, SOON_MS));
	ASSERT_EQ(1, stream_drain(self->reader, MAX));
	EXPECT_EQ(0, polled(self->consumer, POLLIN, 0));
	put(self->writer, 1);
	EXPECT_EQ(POLLIN, polled(self->consumer, POLLIN, SOON_MS));
}

TEST_F(epoll, readable_if_there_was_something_before_anybody_asked)
{
	put(self->writer, 1);
	watch(self->epoll, self->consumer, EPOLLIN);
	EXPECT_EQ(EPOLLIN, news(self->epoll, SOON_MS));
	EXPECT_EQ(EPOLLIN, news(self->epoll, SOON_MS));
	ASSERT_EQ(1, stream_drain(self->reader, MAX));
	EXPECT_EQ(0, news(self->epoll, 0));
}

TEST_F(epoll, writable_while_there_is_room)
{
	EXPECT_EQ(POLLOUT, polled(self->producer, POLLOUT, SOON_MS));
	EXPECT_EQ(CAPACITY, fill(self->writer));
	EXPECT_EQ(0, polled(self->producer, POLLOUT, 0));
	ASSERT_EQ(0, stream_take(self->reader, MAX));
	EXPECT_EQ(POLLOUT, polled(self->producer, POLLOUT, SOON_MS));
	EXPECT_EQ(1, fill(self->writer));
	EXPECT_EQ(0, polled(self->producer, POLLOUT, 0));
}

TEST_F(epoll, an_overwriting_ring_is_always_writable)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, RRING_OVERWRITE, 2);

	put(writer, 5);
	EXPECT_EQ(POLLOUT, polled(client, POLLIN | POLLOUT, 0));
	rring_close(client);
}

/* Return the event mask of epoll(7). poll(2) must return the same. */
static uint32_t heard(int epoll, const struct rring_client *client, int ms)
{
	uint32_t mask = news(epoll, ms);

	MUST(polled(client, POLLIN | POLLOUT, ms) == (int)mask);
	return mask;
}

TEST_F(epoll, readable_for_any_of_several_readers)
{
	struct rring_writer *writer[3];
	struct rring_reader *reader[3];
	int i;

	for (i = 0; i < 3; i++) {
		writer[i] = ring_of(self->producer, RRING_FAIL, CAPACITY);
		reader[i] = reader_at(self->consumer,
				      rring_writer_ring_id(writer[i]));
	}
	watch(self->epoll, self->consumer, EPOLLIN);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, heard(self->epoll, self->consumer, 0));
		put(writer[i], 1);
		put(writer[(i + 1) % 3], 2);
		EXPECT_EQ(EPOLLIN, heard(self->epoll, self->consumer,
					 SOON_MS));
		/* an empty reader does not hide that others have events */
		ASSERT_EQ(0, stream_drain(reader[(i + 2) % 3], MAX));
		EXPECT_EQ(EPOLLIN, heard(self->epoll, self->consumer,
					 SOON_MS));
		ASSERT_EQ(1, stream_drain(reader[i], MAX));
		EXPECT_EQ(EPOLLIN, heard(self->epoll, self->consumer,
					 SOON_MS));
		ASSERT_EQ(2, stream_drain(reader[(i + 1) % 3], MAX));
	}
	EXPECT_EQ(0, heard(self->epoll, self->consumer, 0));
}

TEST_F(epoll, readable_at_the_end_of_a_stream)
{
	watch(self->epoll, self->consumer, EPOLLIN | EPOLLET);
	EXPECT_EQ(0, news(self->epoll, 0));
	rring_writer_close(self->writer);
	EXPECT_EQ(EPOLLIN, news(self->epoll, SOON_MS));
	EXPECT_EQ(POLLIN, polled(self->consumer, POLLIN, SOON_MS));
	EXPECT_EQ(-EPIPE, stream_take(self->reader, MAX));
}

TEST_F(epoll, a_client_that_reads_and_writes_is_told_of_both)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, RRING_FAIL, 2);
	struct rring_reader *gate =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	struct rring_reader *reader =
		reader_at(client, rring_writer_ring_id(self->writer));

	EXPECT_EQ(POLLOUT, polled(client, POLLIN | POLLOUT, SOON_MS));
	put(self->writer, 1);
	EXPECT_EQ(POLLIN | POLLOUT, polled(client, POLLIN | POLLOUT, SOON_MS));
	EXPECT_EQ(2, fill(writer));
	EXPECT_EQ(POLLIN, polled(client, POLLIN | POLLOUT, SOON_MS));
	EXPECT_EQ(1, stream_drain(reader, MAX));
	EXPECT_EQ(0, polled(client, POLLIN | POLLOUT, 0));
	EXPECT_EQ(2, stream_drain(gate, MAX));
	EXPECT_EQ(POLLOUT, polled(client, POLLIN | POLLOUT, SOON_MS));
	rring_close(client);
}

/* ---- edge ---- */

TEST_F(epoll, every_publish_after_a_drain_is_an_edge)
{
	int i;

	watch(self->epoll, self->consumer, EPOLLIN | EPOLLET);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, news(self->epoll, 0));
		put(self->writer, 1 + i % CAPACITY);
		ASSERT_EQ(EPOLLIN, news(self->epoll, SOON_MS));
		ASSERT_EQ(0, news(self->epoll, 0));
		ASSERT_EQ(1 + i % CAPACITY, stream_drain(self->reader, MAX));
	}
}

TEST_F(epoll, every_release_of_a_full_ring_is_an_edge)
{
	int i;

	watch(self->epoll, self->producer, EPOLLOUT | EPOLLET);
	EXPECT_EQ(EPOLLOUT, news(self->epoll, SOON_MS));
	EXPECT_EQ(CAPACITY, fill(self->writer));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, news(self->epoll, 0));
		ASSERT_EQ(0, stream_take(self->reader, MAX));
		ASSERT_EQ(EPOLLOUT, news(self->epoll, SOON_MS));
		ASSERT_EQ(0, news(self->epoll, 0));
		ASSERT_EQ(1, fill(self->writer));
	}
}

TEST_F(epoll, one_shot_speaks_once_until_armed_again)
{
	uint32_t events = EPOLLIN | EPOLLONESHOT;

	watch(self->epoll, self->consumer, events);
	EXPECT_EQ(0, news(self->epoll, 0));
	put(self->writer, 1);
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
	EXPECT_EQ(0, news(self->epoll, 0));
	put(self->writer, 1);
	EXPECT_EQ(0, news(self->epoll, 0));
	control(self->epoll, EPOLL_CTL_MOD, self->consumer, events);
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
	EXPECT_EQ(2, stream_drain(self->reader, MAX));
	control(self->epoll, EPOLL_CTL_MOD, self->consumer, events);
	EXPECT_EQ(0, news(self->epoll, 0));
	put(self->writer, 1);
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
}

TEST_F(epoll, a_publish_after_a_partial_drain_is_an_edge)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL, 256);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	int i;

	watch(self->epoll, self->consumer, EPOLLIN | EPOLLET);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, news(self->epoll, 0));
		put(writer, 2);
		ASSERT_EQ(EPOLLIN, news(self->epoll, SOON_MS));
		ASSERT_EQ(0, news(self->epoll, 0));
		ASSERT_EQ(0, stream_take(reader, MAX));
	}
	EXPECT_EQ(100, stream_drain(reader, MAX));
	put(writer, 1);
	EXPECT_EQ(EPOLLIN, news(self->epoll, SOON_MS));
}

TEST_F(epoll, a_release_after_a_partial_fill_is_an_edge)
{
	watch(self->epoll, self->producer, EPOLLOUT | EPOLLET);
	EXPECT_EQ(EPOLLOUT, news(self->epoll, SOON_MS));
	EXPECT_EQ(CAPACITY, fill(self->writer));
	EXPECT_EQ(-EAGAIN, stream_put(self->writer, MAX));
	ASSERT_EQ(0, stream_take(self->reader, MAX));
	ASSERT_EQ(0, stream_take(self->reader, MAX));
	EXPECT_EQ(EPOLLOUT, news(self->epoll, SOON_MS));
	put(self->writer, 1);
	EXPECT_EQ(0, news(self->epoll, 0));
	ASSERT_EQ(0, stream_take(self->reader, MAX));
	EXPECT_EQ(EPOLLOUT, news(self->epoll, SOON_MS));
}

/* An edge is something new, not what another reader leaves unread. */
TEST_F(epoll, a_look_that_finds_nothing_makes_no_edge)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL, 2);
	struct rring_reader *idle =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	int i;

	watch(self->epoll, self->consumer, EPOLLIN | EPOLLET);
	put(self->writer, 1);
	EXPECT_EQ(EPOLLIN, news(self->epoll, SOON_MS));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EAGAIN, stream_take(idle, MAX));
		EXPECT_EQ(0, news(self->epoll, 0));
		EXPECT_EQ(POLLIN, polled(self->consumer, POLLIN, 0));
	}
	put(writer, 1);
	EXPECT_EQ(EPOLLIN, news(self->epoll, SOON_MS));
}

/* ---- ends of streams ---- */

static struct rring_writer *named_ring(struct rring_client *client)
{
	struct rring_ring_config config = {
		.name = "named",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = MAX,
	};

	return writer_of(client, &config);
}

/* Nothing is reported, by epoll and by poll, however often one asks. */
static int is_silent(int epoll, const struct rring_client *client)
{
	int i;

	for (i = 0; i < 3; i++)
		if (news(epoll, 0) || polled(client, POLLIN, 0))
			return 0;
	return 1;
}

TEST_F(epoll, an_end_that_was_read_is_not_reported_again)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL, 2);
	struct rring_reader *other =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	int i;

	watch(self->epoll, self->consumer, EPOLLIN);
	put(self->writer, 1);
	rring_writer_close(self->writer);
	ASSERT_EQ(0, stream_take(self->reader, MAX));
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
	EXPECT_EQ(-EPIPE, stream_take(self->reader, MAX));
	EXPECT_TRUE(is_silent(self->epoll, self->consumer));
	/* each read goes on saying so */
	EXPECT_EQ(-EPIPE, stream_take(self->reader, MAX));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EAGAIN, stream_take(other, MAX));
		EXPECT_TRUE(is_silent(self->epoll, self->consumer));
		put(writer, 1);
		EXPECT_EQ(EPOLLIN, news(self->epoll, SOON_MS));
		EXPECT_EQ(0, stream_take(other, MAX));
	}
}

TEST_F(epoll, an_end_that_was_read_makes_no_further_edge)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL, 2);
	struct rring_reader *other =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	int i;

	watch(self->epoll, self->consumer, EPOLLIN | EPOLLET);
	rring_writer_close(self->writer);
	EXPECT_EQ(EPOLLIN, news(self->epoll, SOON_MS));
	for (i = 0; i < 3; i++) {
		/* also before the end was read */
		EXPECT_EQ(-EAGAIN, stream_take(other, MAX));
		EXPECT_EQ(0, news(self->epoll, 0));
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EPIPE, stream_take(self->reader, MAX));
		EXPECT_EQ(-EAGAIN, stream_take(other, MAX));
		EXPECT_EQ(0, news(self->epoll, 0));
	}
	put(writer, 1);
	EXPECT_EQ(EPOLLIN, news(self->epoll, SOON_MS));
}

/* Three writers, one after the other: each one's events, and each one's end. */
static void follow_writers(struct __test_metadata *_metadata, int epoll,
			   struct rring_client *producer,
			   struct rring_client *consumer, uint32_t trigger)
{
	struct rring_writer *writer = named_ring(producer);
	struct rring_reader *reader =
		reader_at(consumer, rring_writer_ring_id(writer));
	int i;

	watch(epoll, consumer, EPOLLIN | trigger);
	for (i = 0; i < 3; i++) {
		/* a writer that has published nothing is no news */
		EXPECT_TRUE(is_silent(epoll, consumer));
		put(writer, 2);
		EXPECT_EQ(EPOLLIN, news(epoll, SOON_MS));
		EXPECT_EQ(2, stream_drain(reader, MAX));
		EXPECT_TRUE(is_silent(epoll, consumer));
		rring_writer_close(writer);
		EXPECT_EQ(EPOLLIN, news(epoll, SOON_MS));
		EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
		EXPECT_TRUE(is_silent(epoll, consumer));
		writer = named_ring(producer);
	}
	/* a writer that published nothing has an end, too */
	rring_writer_close(writer);
	EXPECT_EQ(EPOLLIN, news(epoll, SOON_MS));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
	EXPECT_TRUE(is_silent(epoll, consumer));
}

TEST_F(epoll, each_writers_events_and_end_are_reported_at_levels)
{
	follow_writers(_metadata, self->epoll, self->producer, self->consumer,
		       0);
}

TEST_F(epoll, each_writers_events_and_end_are_reported_at_edges)
{
	follow_writers(_metadata, self->epoll, self->producer, self->consumer,
		       EPOLLET);
}

TEST_F(epoll, each_writers_events_and_end_are_reported_to_one_of_several)
{
	follow_writers(_metadata, self->epoll, self->producer, self->consumer,
		       EPOLLEXCLUSIVE);
}

TEST_F(epoll, an_exclusive_waiter_is_told_of_the_end_and_the_next_writer)
{
	int other = epoll_create1(EPOLL_CLOEXEC);
	struct rring_writer *writer = named_ring(self->producer);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));

	ASSERT_LE(0, other);
	watch(self->epoll, self->consumer, EPOLLIN | EPOLLEXCLUSIVE);
	watch(other, self->consumer, EPOLLIN | EPOLLEXCLUSIVE);
	rring_writer_close(writer);
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0) | news(other, 0));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
	EXPECT_EQ(0, news(self->epoll, 0) | news(other, 0));
	put(named_ring(self->producer), 1);
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0) | news(other, 0));
	EXPECT_EQ(1, stream_drain(reader, MAX));
	EXPECT_EQ(0, news(self->epoll, 0) | news(other, 0));
	close(other);
}

TEST_F(epoll, a_reader_that_closes_takes_its_news_with_it)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL, 2);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));

	watch(self->epoll, self->consumer, EPOLLIN);
	rring_writer_close(self->writer);
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
	rring_reader_close(self->reader, 0);
	EXPECT_TRUE(is_silent(self->epoll, self->consumer));
	put(writer, 1);
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
	rring_reader_close(reader, 0);
	EXPECT_TRUE(is_silent(self->epoll, self->consumer));
}

TEST_F(epoll, a_new_reader_of_an_ended_ring_is_told_of_its_end)
{
	struct rring_reader_config config = {
		.ring = rring_writer_ring_id(self->writer),
	};
	struct rring_reader *reader;

	watch(self->epoll, self->consumer, EPOLLIN);
	rring_writer_close(self->writer);
	EXPECT_EQ(-EPIPE, stream_take(self->reader, MAX));
	EXPECT_TRUE(is_silent(self->epoll, self->consumer));
	reader = reader_of(self->consumer, &config);
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
	EXPECT_TRUE(is_silent(self->epoll, self->consumer));
	/* the next reader gets the cursor of this one, and is told, too */
	rring_reader_close(reader, 0);
	reader = reader_of(self->consumer, &config);
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
}

/* ---- a client that is watched before it has a ring ---- */

/*
 * Watch a client for @mode, EPOLLET or 0, that has no reader. Then it gets one,
 * of a ring without entries.
 */
static struct rring_client *watch_before_join(int arena, int epoll,
					      const struct rring_writer *writer,
					      uint32_t mode)
{
	struct rring_client *client = client_of(arena, RRING_CONSUMER);

	watch(epoll, client, EPOLLIN | mode);
	MUST(!news(epoll, 0));
	reader_at(client, rring_writer_ring_id(writer));
	MUST(!news(epoll, 0));
	return client;
}

TEST_F(epoll, the_first_entry_after_a_join_is_reported)
{
	struct rring_client *client;

	client = watch_before_join(self->arena, self->epoll, self->writer, 0);
	put(self->writer, 1);
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
	rring_close(client);
}

TEST_F(epoll, the_first_entry_after_a_join_is_an_edge)
{
	struct rring_client *client;

	client = watch_before_join(self->arena, self->epoll, self->writer,
				   EPOLLET);
	put(self->writer, 1);
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
	EXPECT_EQ(0, news(self->epoll, 0));
	rring_close(client);
}

TEST_F(epoll, a_join_that_finds_an_entry_is_an_edge)
{
	struct rring_client *client = client_of(self->arena, RRING_CONSUMER);

	put(self->writer, 1);
	watch(self->epoll, client, EPOLLIN | EPOLLET);
	ASSERT_EQ(0, news(self->epoll, 0));
	reader_at(client, rring_writer_ring_id(self->writer));
	EXPECT_EQ(EPOLLIN, news(self->epoll, 0));
	EXPECT_EQ(0, news(self->epoll, 0));
	rring_close(client);
}

TEST_F(epoll, the_room_of_a_ring_that_was_opened_is_an_edge)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_writer *writer;
	struct rring_reader *reader;

	watch(self->epoll, client, EPOLLOUT | EPOLLET);
	ASSERT_EQ(0, news(self->epoll, 0));
	writer = ring_of(client, RRING_FAIL, CAPACITY);
	EXPECT_EQ(EPOLLOUT, news(self->epoll, 0));
	EXPECT_EQ(0, news(self->epoll, 0));
	reader = reader_at(self->consumer, rring_writer_ring_id(writer));
	EXPECT_EQ(CAPACITY, fill(writer));
	EXPECT_EQ(0, news(self->epoll, 0));
	EXPECT_EQ(0, stream_take(reader, MAX));
	EXPECT_EQ(EPOLLOUT, news(self->epoll, 0));
	rring_close(client);
}

/* ---- by threads, which race for each wake-up ---- */

struct side {
	int arena;
	uint32_t ring;
	uint32_t events;	/* EPOLLIN, with or without EPOLLET */
	uint32_t joined;
	uint64_t count;
};

static void *read_by_epoll(void *arg)
{
	struct side *side = arg;
	struct rring_client *client = client_of(side->arena, RRING_CONSUMER);
	struct rring_reader *reader = reader_at(client, side->ring);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int err;

	watch(epoll, client, side->events);
	step_take(&side->joined);
	while ((err = stream_take(reader, MAX)) != -EPIPE) {
		MUST(!err || err == -EAGAIN);
		if (err)
			MUST(news(epoll, SOON_MS) == EPOLLIN);
		else
			side->count++;
	}
	close(epoll);
	rring_close(client);
	return NULL;
}

/* The writer and the reader wait for each other at nearly every event. */
static void race(struct __test_metadata *_metadata, int arena,
		 struct rring_client *client, uint32_t trigger,
		 uint32_t capacity)
{
	struct rring_writer *writer = ring_of(client, RRING_FAIL, capacity);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct side side = {
		.arena = arena,
		.ring = rring_writer_ring_id(writer),
		.events = EPOLLIN | trigger,
	};
	uint64_t n = rounds(20000);
	pthread_t thread;
	int err;

	thread = thread_start(read_by_epoll, &side);
	step_wait(&side.joined);
	watch(epoll, client, EPOLLOUT | trigger);
	while (rring_writer_position(writer) < n) {
		err = stream_put(writer, MAX);
		MUST(!err || err == -EAGAIN);
		if (err)
			MUST(news(epoll, SOON_MS) == EPOLLOUT);
	}
	rring_writer_close(writer);
	thread_end(thread);
	EXPECT_EQ(n, side.count);
	close(epoll);
}

/* The fixture's ring is full, so that POLLOUT refers to the other ring only. */
TEST_F_TIMEOUT(epoll, no_wakeup_is_lost_at_levels, 100)
{
	fill(self->writer);
	race(_metadata, self->arena, self->producer, 0, 1);
	race(_metadata, self->arena, self->producer, 0, CAPACITY);
}

TEST_F_TIMEOUT(epoll, no_wakeup_is_lost_at_edges, 100)
{
	fill(self->writer);
	race(_metadata, self->arena, self->producer, EPOLLET, 1);
	race(_metadata, self->arena, self->producer, EPOLLET, CAPACITY);
}

struct successors {
	int arena;
	uint32_t writers;	/* how many, one after the other */
	uint32_t told;		/* ends that the reader was told */
};

/* The next writer comes when the reader was told of the last one's end. */
static void *write_in_succession(void *arg)
{
	struct successors *successors = arg;
	struct rring_client *client = client_of(successors->arena,
						RRING_PRODUCER);
	uint32_t i, told;

	for (i = 0; i < successors->writers; i++) {
		struct rring_writer *writer = named_ring(client);

		put(writer, 1 + (int)i % 2);
		rring_writer_close(writer);
		while ((told = __atomic_load_n(&successors->told,
					       __ATOMIC_ACQUIRE)) <= i)
			sched_yield();
		MUST(told == i + 1);
	}
	rring_close(client);
	return NULL;
}

static void await_successors(struct __test_metadata *_metadata, int arena,
			     struct rring_client *producer,
			     struct rring_client *consumer, int epoll)
{
	struct successors successors = {
		.arena = arena,
		.writers = (uint32_t)rounds(2000),
	};
	struct rring_writer *writer = named_ring(producer);
	struct rring_reader *reader =
		reader_at(consumer, rring_writer_ring_id(writer));
	pthread_t thread;
	int err;

	rring_writer_leave(writer);
	thread = thread_start(write_in_succession, &successors);
	while (successors.told < successors.writers) {
		MUST(news(epoll, SOON_MS) == EPOLLIN);
		while (!(err = stream_take(reader, MAX)))
			;
		MUST(err == -EPIPE || err == -EAGAIN);
		if (err == -EPIPE)
			__atomic_store_n(&successors.told, successors.told + 1,
					 __ATOMIC_RELEASE);
	}
	thread_end(thread);
}

TEST_F_TIMEOUT(epoll, no_writers_end_is_lost_at_levels, 100)
{
	watch(self->epoll, self->consumer, EPOLLIN);
	await_successors(_metadata, self->arena, self->producer,
			 self->consumer, self->epoll);
}

TEST_F_TIMEOUT(epoll, no_writers_end_is_lost_at_edges, 100)
{
	watch(self->epoll, self->consumer, EPOLLIN | EPOLLET);
	await_successors(_metadata, self->arena, self->producer,
			 self->consumer, self->epoll);
}

struct ends {
	int arena;
	uint32_t writers;	/* how many, one after the other */
	uint32_t steps;		/* that both threads have taken in turn */
};

static void take_step(uint32_t *steps)
{
	__atomic_fetch_add(steps, 1, __ATOMIC_RELEASE);
}

static void await_step(const uint32_t *steps, uint32_t n)
{
	while (__atomic_load_n(steps, __ATOMIC_ACQUIRE) != n)
		sched_yield();
}

static void *end_in_succession(void *arg)
{
	struct ends *ends = arg;
	struct rring_client *client = client_of(ends->arena, RRING_PRODUCER);
	uint32_t i;

	for (i = 0; i < ends->writers; i++) {
		struct rring_writer *writer = named_ring(client);

		take_step(&ends->steps);
		await_step(&ends->steps, 4 * i + 2);
		rring_writer_close(writer);
		take_step(&ends->steps);
		await_step(&ends->steps, 4 * i + 4);
	}
	rring_close(client);
	return NULL;
}

/*
 * The reader finds each end by itself, while the writer's rring_writer_close()
 * wakes the reader's client.
 */
TEST_F_TIMEOUT(epoll, an_end_that_was_read_in_a_race_is_not_reported, 100)
{
	struct ends ends = {
		.arena = self->arena,
		.writers = rounds(2000),
	};
	struct rring_writer *writer = named_ring(self->producer);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	pthread_t thread;
	uint32_t i, reports = 0;
	int err;

	watch(self->epoll, self->consumer, EPOLLIN);
	rring_writer_leave(writer);
	thread = thread_start(end_in_succession, &ends);
	for (i = 0; i < ends.writers; i++) {
		await_step(&ends.steps, 4 * i + 1);
		MUST(stream_take(reader, MAX) == -EAGAIN);
		take_step(&ends.steps);
		while ((err = stream_take(reader, MAX)) == -EAGAIN)
			;
		MUST(err == -EPIPE);
		await_step(&ends.steps, 4 * i + 3);
		reports += !is_silent(self->epoll, self->consumer);
		take_step(&ends.steps);
	}
	thread_end(thread);
	EXPECT_EQ(0, reports);
}

TEST_HARNESS_MAIN
