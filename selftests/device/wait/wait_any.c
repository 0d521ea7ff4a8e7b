// SPDX-License-Identifier: MPL-2.0
/* RRING_WAIT_ANY, RRING_WAIT_PEER and RRING_CLOSE_AWAIT, as ioctls. */
#include <sys/epoll.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "device.h"
#include "stream.h"
#include "thread.h"

#define RINGS		3
#define CAPACITY	2

FIXTURE(wait_any)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer[RINGS];
	struct rring_reader *reader[RINGS];
};

static struct rring_writer *ring_of(struct rring_client *client,
				    const char *name, uint64_t stall_ns)
{
	struct rring_ring_config config = {
		.name = name,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = 64,
		.stall_ns = stall_ns,
	};

	return writer_of(client, &config);
}

FIXTURE_SETUP(wait_any)
{
	static const char *const names[RINGS] = { "a", "b", "c" };
	int i;

	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	for (i = 0; i < RINGS; i++) {
		self->writer[i] = ring_of(self->client, names[i], 0);
		self->reader[i] = reader_at(self->client, self->writer[i]->id);
	}
}

FIXTURE_TEARDOWN(wait_any)
{
	rring_close(self->client);
	close(self->arena);
}

static uint64_t bit(const struct rring_reader *reader)
{
	return 1ull << reader->cursor_id;
}

static int call(const struct rring_client *client, struct rring_wait wait)
{
	wait.size = sizeof(wait);
	return device_call(client->fd, RRING_IOC_WAIT, &wait);
}

static int wait_any(const struct rring_client *client, uint64_t mask)
{
	return call(client, (struct rring_wait) {
		.what = RRING_WAIT_ANY,
		.position = mask,
	});
}

/* Wait until the writer, whose ring is full, has room for one entry. */
static int wait_peer(const struct rring_writer *writer, uint32_t cursor)
{
	return call(writer->client, (struct rring_wait) {
		.what = RRING_WAIT_PEER,
		.ring = writer->id,
		.reader = cursor,
		.position = writer->head - CAPACITY,
	});
}

static int close_awaiting(const struct rring_writer *writer)
{
	struct rring_ring_close args = {
		.size = sizeof(args),
		.ring = writer->id,
		.flags = RRING_CLOSE_AWAIT,
	};

	return device_call(writer->client->fd, RRING_IOC_RING_CLOSE, &args);
}

static uint32_t state_of(const struct rring_reader *reader)
{
	return rring_flag_load(&reader->info->state);
}

/* ---- any ---- */

TEST_F(wait_any, any_takes_a_mask_and_nothing_else)
{
	struct rring_wait wait = {
		.what = RRING_WAIT_ANY,
		.position = bit(self->reader[0]),
	};

	EXPECT_EQ(-ETIMEDOUT, call(self->client, wait));
	wait.ring = 1;
	EXPECT_EQ(-EINVAL, call(self->client, wait));
	wait.ring = 0;
	wait.reader = 1;
	EXPECT_EQ(-EINVAL, call(self->client, wait));
	EXPECT_EQ(-EINVAL, wait_any(self->client, 0));
}

TEST_F(wait_any, cursors_from_64_on_have_masks_of_their_own)
{
	struct rring_wait wait = { .what = RRING_WAIT_ANY };
	struct rring_reader *reader;
	uint32_t cursor;

	do {
		reader = reader_at(self->client, self->writer[1]->id);
		cursor = reader->cursor_id;
	} while (cursor < 130);
	wait.more[1] = 1ull << (cursor - 128);
	EXPECT_EQ(-ETIMEDOUT, call(self->client, wait));
	ASSERT_EQ(0, put_value(self->writer[0], 1));
	EXPECT_EQ(-ETIMEDOUT, call(self->client, wait));
	ASSERT_EQ(0, put_value(self->writer[1], 1));
	EXPECT_EQ(0, call(self->client, wait));
	wait.more[1] = 1ull << 63;
	EXPECT_EQ(-ENXIO, call(self->client, wait));
	wait.what = RRING_WAIT_READABLE;
	wait.ring = self->writer[0]->id;
	EXPECT_EQ(-EINVAL, call(self->client, wait));
}

TEST_F(wait_any, any_waits_for_changes_too)
{
	struct rring_wait wait = {
		.what = RRING_WAIT_ANY,
		.position = bit(self->reader[0]),
		.changes = rring_seq_load(&self->client->arena->changes),
	};

	EXPECT_EQ(0, call(self->client, wait));
	wait.changes++;
	EXPECT_EQ(-ETIMEDOUT, call(self->client, wait));
	wait.position = 0;
	EXPECT_EQ(-ETIMEDOUT, call(self->client, wait));
	ring_of(self->client, "d", 0);
	EXPECT_EQ(0, call(self->client, wait));
	wait.what = RRING_WAIT_CHANGES;
	EXPECT_EQ(-EINVAL, call(self->client, wait));
}

TEST_F(wait_any, a_client_that_polls_already_hears_of_changes_that_it_asks_for)
{
	uint64_t changes = rring_seq_load(&self->client->arena->changes);
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->client->fd, &event));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	EXPECT_EQ(0, call(self->client, (struct rring_wait) {
		.what = RRING_WAIT_CHANGES,
		.position = changes - 1,
	}));
	EXPECT_EQ(1, epoll_wait(epoll, &event, 1, 0));
	close(epoll);
}

TEST_F(wait_any, any_is_about_own_cursors_that_are_in_use)
{
	struct rring_client *other = client_of(self->arena, RRING_CONSUMER);

	EXPECT_EQ(-ENXIO, wait_any(self->client, 1ull << 63));
	EXPECT_EQ(-ENXIO, wait_any(self->client, ~0ull));
	EXPECT_EQ(-ENXIO, wait_any(other, bit(self->reader[0])));
	rring_reader_close(self->reader[0], 0);
	EXPECT_EQ(-ENXIO, wait_any(self->client, 1));
	rring_close(other);
}

TEST_F(wait_any, any_is_one_that_has_an_entry)
{
	uint64_t mask = bit(self->reader[0]) | bit(self->reader[2]);

	ASSERT_EQ(0, put_value(self->writer[1], 1));
	EXPECT_EQ(-ETIMEDOUT, wait_any(self->client, mask));
	EXPECT_EQ(0, wait_any(self->client, mask | bit(self->reader[1])));
	ASSERT_EQ(0, put_value(self->writer[2], 1));
	EXPECT_EQ(0, wait_any(self->client, mask));
}

TEST_F(wait_any, any_passes_over_the_ended_until_all_have)
{
	uint64_t mask = bit(self->reader[0]) | bit(self->reader[1]);

	rring_writer_close(self->writer[0]);
	EXPECT_EQ(-ETIMEDOUT, wait_any(self->client, mask));
	EXPECT_EQ(0, wait_any(self->client, bit(self->reader[0])));
	rring_writer_close(self->writer[1]);
	EXPECT_EQ(0, wait_any(self->client, mask));
	/* one ring has a new writer, so not all have ended */
	self->writer[1] = ring_of(self->client, "b", 0);
	EXPECT_EQ(-ETIMEDOUT, wait_any(self->client, mask));
}

TEST_F(wait_any, any_is_one_that_was_lapped)
{
	struct rring_writer *writer = ring_of(self->client, "hasty", 1);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	uint64_t i;

	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, put_value(writer, i));
	ASSERT_EQ(CAPACITY, rring_peek(reader, CAPACITY));
	ASSERT_EQ(0, rring_release(reader, CAPACITY - 1));
	while (put_value(writer, i) == -EAGAIN)
		;
	while (put_value(writer, i + 1) == -EAGAIN)
		;
	EXPECT_EQ(0, wait_any(self->client, bit(reader)));
	EXPECT_EQ(-ESTALE, rring_release(reader, 1));
	EXPECT_EQ(CAPACITY, rring_peek(reader, CAPACITY));
	EXPECT_EQ(0, rring_release(reader, CAPACITY));
	EXPECT_EQ(-ETIMEDOUT, wait_any(self->client, bit(reader)));
}

/* ---- peer ---- */

TEST_F(wait_any, a_peer_is_an_own_cursor_in_use)
{
	struct rring_client *other = client_of(self->arena, RRING_PRODUCER);
	struct rring_wait wait = {
		.what = RRING_WAIT_PEER,
		.ring = self->writer[0]->id,
	};

	/* no reader gates the ring */
	rring_reader_close(self->reader[0], 0);
	ASSERT_EQ(0, put_value(self->writer[0], 1));
	ASSERT_EQ(0, put_value(self->writer[0], 2));
	EXPECT_EQ(0, wait_peer(self->writer[0], self->reader[1]->cursor_id));
	EXPECT_EQ(-ENXIO, wait_peer(self->writer[0], RRING_CURSORS - 1));
	EXPECT_EQ(-ENXIO, wait_peer(self->writer[0], RRING_CURSORS));
	EXPECT_EQ(-ENXIO, wait_peer(self->writer[0], ~0u));
	EXPECT_EQ(-EPERM, call(other, wait));
	wait.ring = ~0u;
	EXPECT_EQ(-ENXIO, call(self->client, wait));
	rring_close(other);
}

TEST_F(wait_any, a_peer_that_has_ended_makes_no_more_room)
{
	uint32_t cursor = self->reader[1]->cursor_id;
	uint64_t i;

	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, put_value(self->writer[0], i));
	EXPECT_EQ(-ETIMEDOUT, wait_peer(self->writer[0], cursor));
	rring_writer_leave(self->writer[1]);
	EXPECT_EQ(-ETIMEDOUT, wait_peer(self->writer[0], cursor));
	self->writer[1] = ring_of(self->client, "b", 0);
	rring_writer_close(self->writer[1]);
	EXPECT_EQ(-EPIPE, wait_peer(self->writer[0], cursor));
	/* the result is the same if there is room */
	rring_reader_close(self->reader[0], 0);
	EXPECT_EQ(-EPIPE, wait_peer(self->writer[0], cursor));
}

/* ---- await ---- */

TEST_F(wait_any, a_ring_that_awaits_its_writer_has_not_ended)
{
	ASSERT_EQ(0, put_value(self->writer[0], 1));
	rring_writer_leave(self->writer[0]);
	EXPECT_EQ(RRING_RING_AWAITED, state_of(self->reader[0]));
	ASSERT_EQ(1, rring_peek(self->reader[0], 1));
	ASSERT_EQ(0, rring_release(self->reader[0], 1));
	EXPECT_EQ(-EAGAIN, rring_peek(self->reader[0], 1));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader[0], 0));
	self->writer[0] = ring_of(self->client, "a", 0);
	EXPECT_EQ(RRING_RING_OPEN, state_of(self->reader[0]));
	EXPECT_EQ(1, self->writer[0]->head);
	rring_writer_close(self->writer[0]);
	EXPECT_EQ(RRING_RING_ENDED, state_of(self->reader[0]));
	EXPECT_EQ(-EPIPE, rring_peek(self->reader[0], 1));
}

TEST_F(wait_any, a_ring_that_awaits_goes_with_its_last_reader)
{
	const struct rring_ring_info *info = self->writer[0]->info;

	rring_writer_leave(self->writer[0]);
	EXPECT_EQ(RRING_RING_AWAITED, rring_flag_load(&info->state));
	rring_reader_close(self->reader[0], 0);
	EXPECT_EQ(RRING_RING_NONE, rring_flag_load(&info->state));
	rring_reader_close(self->reader[1], 0);
	info = self->writer[1]->info;
	rring_writer_leave(self->writer[1]);
	EXPECT_EQ(RRING_RING_NONE, rring_flag_load(&info->state));
}

/* A writer that has left still has the ring mapped and can change its head. */
TEST_F(wait_any, a_writer_that_has_left_is_not_believed)
{
	struct rring_writer *writer = self->writer[0];

	ASSERT_EQ(0, put_value(writer, 1));
	ASSERT_EQ(0, close_awaiting(writer));
	rring_seq_store(&writer->ring->head, 100);
	EXPECT_EQ(1, rring_reader_lag(self->reader[0]));
	EXPECT_EQ(1, rring_peek(self->reader[0], 8));
	ASSERT_EQ(0, rring_release(self->reader[0], 1));
	EXPECT_EQ(-EAGAIN, rring_peek(self->reader[0], 1));
	EXPECT_EQ(-ETIMEDOUT, wait_any(self->client, bit(self->reader[0])));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader[0], 0));
}

TEST_HARNESS_MAIN
