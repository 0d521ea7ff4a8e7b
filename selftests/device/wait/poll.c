// SPDX-License-Identifier: MPL-2.0
/* poll(2) and epoll(7), level- and edge-triggered, on a client. */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

#define MAX		64
#define CAPACITY	4

FIXTURE(poll)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
	struct rring_writer *writer;
	struct rring_reader *reader;
	int epoll;
};

static struct rring_writer *ring_of(struct rring_client *client,
				    uint32_t capacity, uint64_t stall_ns)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = capacity,
		.stride = MAX,
		.stall_ns = stall_ns,
	};

	return writer_of(client, &config);
}

FIXTURE_SETUP(poll)
{
	self->arena = arena_small();
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
	self->writer = ring_of(self->producer, CAPACITY, 0);
	self->reader = reader_at(self->consumer, self->writer->id);
	self->epoll = epoll_create1(0);
	ASSERT_LE(0, self->epoll);
}

FIXTURE_TEARDOWN(poll)
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

static void watch(int epoll, const struct rring_client *client,
		  uint32_t events)
{
	struct epoll_event event = { .events = events };

	MUST(!epoll_ctl(epoll, EPOLL_CTL_ADD, rring_client_fd(client),
			&event));
}

/* Return the event mask of epoll, or 0, without waiting. */
static uint32_t news(int epoll)
{
	struct epoll_event event = { .events = 0xdeadbeef };
	int n = epoll_wait(epoll, &event, 1, 0);

	MUST(n == 0 || n == 1);
	return n ? event.events : 0;
}

static int polled_fd(int fd, short events)
{
	struct pollfd pollfd = { .fd = fd, .events = events, .revents = -1 };
	int n = poll(&pollfd, 1, 0);

	MUST(n == !!pollfd.revents);
	return pollfd.revents;
}

static int polled(const struct rring_client *client)
{
	return polled_fd(rring_client_fd(client), POLLIN | POLLOUT);
}

/* ---- level: exact at once, even before a call has returned -EAGAIN ---- */

TEST_F(poll, a_client_is_readable_until_it_has_drained)
{
	EXPECT_EQ(0, polled(self->consumer));
	put(self->writer, 2);
	EXPECT_EQ(POLLIN, polled(self->consumer));
	EXPECT_EQ(POLLIN, polled(self->consumer));
	ASSERT_EQ(0, stream_take(self->reader, MAX));
	EXPECT_EQ(POLLIN, polled(self->consumer));
	ASSERT_EQ(0, stream_take(self->reader, MAX));
	EXPECT_EQ(0, polled(self->consumer));
}

TEST_F(poll, a_client_is_writable_while_its_ring_has_room)
{
	int i;

	for (i = 0; i < CAPACITY; i++) {
		EXPECT_EQ(POLLOUT, polled(self->producer));
		put(self->writer, 1);
	}
	EXPECT_EQ(0, polled(self->producer));
	ASSERT_EQ(0, stream_take(self->reader, MAX));
	EXPECT_EQ(POLLOUT, polled(self->producer));
}

TEST_F(poll, an_observer_is_readable_too)
{
	struct rring_client *client = client_of(self->arena, RRING_OBSERVER);
	struct rring_reader_config config = {
		.ring = self->writer->id,
		.flags = RRING_JOIN_OBSERVER,
	};
	struct rring_reader *reader = reader_of(client, &config);

	EXPECT_EQ(0, polled(client));
	put(self->writer, 1);
	EXPECT_EQ(POLLIN, polled(client));
	ASSERT_EQ(0, stream_take(reader, MAX));
	EXPECT_EQ(0, polled(client));
	rring_close(client);
}

TEST_F(poll, the_end_of_a_stream_is_readable_until_it_was_read)
{
	rring_writer_close(self->writer);
	EXPECT_EQ(POLLIN, polled(self->consumer));
	EXPECT_EQ(POLLIN, polled(self->consumer));
	EXPECT_EQ(-EPIPE, stream_take(self->reader, MAX));
	EXPECT_EQ(0, polled(self->consumer));
	rring_reader_close(self->reader, 0);
	EXPECT_EQ(0, polled(self->consumer));
}

TEST_F(poll, being_lapped_is_readable)
{
	struct rring_writer *writer = ring_of(self->producer, 2, 1);
	struct rring_reader *reader = reader_at(self->consumer, writer->id);
	int err;

	watch(self->epoll, self->consumer, EPOLLIN | EPOLLET);
	put(writer, 2);
	EXPECT_EQ(EPOLLIN, news(self->epoll));
	EXPECT_EQ(0, news(self->epoll));
	while ((err = rring_reserve(writer, 1)) == -EAGAIN)
		;
	ASSERT_EQ(0, err);
	EXPECT_EQ(EPOLLIN, news(self->epoll));
	EXPECT_EQ(-ESTALE, stream_take(reader, MAX));
	EXPECT_EQ(1, stream_drain(reader, MAX));
	EXPECT_EQ(0, polled(self->consumer));
}

/* ---- edges, one at a time ---- */

TEST_F(poll, every_publish_is_an_edge)
{
	int i;

	watch(self->epoll, self->consumer, EPOLLIN | EPOLLET);
	EXPECT_EQ(0, news(self->epoll));
	for (i = 0; i < 100; i++) {
		put(self->writer, 1);
		ASSERT_EQ(EPOLLIN, news(self->epoll));
		ASSERT_EQ(0, news(self->epoll));
		/* every other publish comes while an earlier event is unread */
		if (i % 2) {
			ASSERT_EQ(2, stream_drain(self->reader, MAX));
		}
		ASSERT_EQ(0, news(self->epoll));
	}
}

/* Unread events in one ring do not hide the edges of another ring. */
TEST_F(poll, each_of_several_readers_has_its_own_edges)
{
	struct rring_writer *writer[3];
	struct rring_reader *reader[3];
	int i, round;

	for (i = 0; i < 3; i++) {
		writer[i] = ring_of(self->producer, 200, 0);
		reader[i] = reader_at(self->consumer, writer[i]->id);
	}
	watch(self->epoll, self->consumer, EPOLLIN | EPOLLET);
	for (round = 0; round < 50; round++) {
		for (i = 0; i < 3; i++) {
			put(writer[i], 1);
			ASSERT_EQ(EPOLLIN, news(self->epoll));
			ASSERT_EQ(0, news(self->epoll));
		}
		ASSERT_EQ(1, stream_drain(reader[round % 2], MAX));
		ASSERT_EQ(1, stream_drain(reader[!(round % 2)], MAX));
	}
	EXPECT_EQ(50, stream_drain(reader[2], MAX));
}

/* ---- files without a live client ---- */

static int attached(int arena, struct rring_attach *args)
{
	int fd = open(RRING_DEVICE, O_RDWR);

	*args = (struct rring_attach) {
		.size = sizeof(*args),
		.role = RRING_CONSUMER,
		.arena_fd = arena,
	};
	MUST(fd >= 0);
	MUST(!ioctl(fd, RRING_IOC_ATTACH, args));
	return fd;
}

TEST_F(poll, an_unattached_file_has_an_error)
{
	int fd = open(RRING_DEVICE, O_RDWR);
	struct rring_attach args;

	ASSERT_LE(0, fd);
	EXPECT_EQ(POLLERR, polled_fd(fd, POLLIN | POLLOUT));
	close(fd);
	/* attached, but the ledger is not mapped yet */
	fd = attached(self->arena, &args);
	EXPECT_EQ(POLLERR, polled_fd(fd, POLLIN | POLLOUT));
	close(fd);
}

TEST_F(poll, a_dead_client_has_an_error_and_an_edge_tells_so)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	struct rring_attach args;
	int fd = attached(self->arena, &args);
	void *ledger = mmap(NULL, args.ledger_size, PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd,
			    (off_t)RRING_OFF(RRING_REGION_LEDGER, 0));

	ASSERT_NE(MAP_FAILED, ledger);
	EXPECT_EQ(0, polled_fd(fd, POLLIN | POLLOUT));
	ASSERT_EQ(0, epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event));
	EXPECT_EQ(0, news(self->epoll));
	ASSERT_EQ(0, munmap(ledger, args.ledger_size));
	EXPECT_EQ(EPOLLERR, news(self->epoll));
	EXPECT_EQ(POLLERR, polled_fd(fd, POLLIN | POLLOUT));
	close(fd);
}

TEST_HARNESS_MAIN
