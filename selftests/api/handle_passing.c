// SPDX-License-Identifier: MPL-2.0
/* Handles that are passed through a socket or pipe, and the weak upgrade. */
#include <fcntl.h>
#include <sys/socket.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"
#include "thread.h"

#define LEN	64
#define LAST	0ull	/* no valid handle; marks the end */

FIXTURE(handle_passing)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
	int there[2];		/* [1] writes, [0] reads */
	int back[2];
};

FIXTURE_VARIANT(handle_passing)
{
	int is_socket;
};

FIXTURE_VARIANT_ADD(handle_passing, unix_socket)
{
	.is_socket = 1,
};

FIXTURE_VARIANT_ADD(handle_passing, pipe)
{
	.is_socket = 0,
};

static int channel_open(int is_socket, int fd[2])
{
	return is_socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, fd) : pipe(fd);
}

FIXTURE_SETUP(handle_passing)
{
	self->arena = arena_small();
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
	ASSERT_EQ(0, channel_open(variant->is_socket, self->there));
	ASSERT_EQ(0, channel_open(variant->is_socket, self->back));
}

FIXTURE_TEARDOWN(handle_passing)
{
	int i;

	for (i = 0; i < 2; i++) {
		close(self->there[i]);
		close(self->back[i]);
	}
	rring_close(self->consumer);
	rring_close(self->producer);
	close(self->arena);
}

static void send_handle(int fd, uint64_t handle)
{
	MUST(write(fd, &handle, sizeof(handle)) == sizeof(handle));
}

static uint64_t receive_handle(int fd)
{
	uint64_t handle;

	MUST(read(fd, &handle, sizeof(handle)) == sizeof(handle));
	return handle;
}

/* Allocate a shared event whose handle determines its content. */
static struct rring_event make(struct rring_client *client)
{
	struct rring_event event;

	MUST(!rring_alloc_until(client, LEN, 7, SOON(), &event));
	stream_fill(event.data, LEN, event.handle);
	rring_share(client, &event);
	return event;
}

static int is_of(const struct rring_event *event, uint64_t handle)
{
	uint64_t expected[LEN / 8];

	stream_fill(expected, LEN, handle);
	return event->handle == handle && event->len == LEN &&
	       event->event_type == 7 && !memcmp(expected, event->data, LEN);
}

static int nothing_is_held(struct rring_client *client)
{
	rring_trim(client);
	return all_free(client);
}

TEST_F(handle_passing, a_handle_becomes_a_hold_on_the_other_side)
{
	struct rring_event event = make(self->producer), got;

	send_handle(self->there[1], event.handle);
	ASSERT_EQ(0, rring_upgrade(self->consumer,
				   receive_handle(self->there[0]), &got));
	/* the receiver has its own hold now */
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_FALSE(nothing_is_held(self->producer));
	EXPECT_TRUE(is_of(&got, event.handle));
	EXPECT_EQ(0, rring_drop(self->consumer, &got));
	EXPECT_TRUE(nothing_is_held(self->producer));
}

TEST_F(handle_passing, a_handle_that_comes_too_late_is_stale)
{
	struct rring_event event = make(self->producer), next, got;

	send_handle(self->there[1], event.handle);
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	/* reallocate all slots, so that the dropped one is reused */
	while (!rring_alloc_class(self->producer, RRING_XS, 8, 0, &next))
		rring_share(self->producer, &next);
	EXPECT_EQ(-ESTALE, rring_upgrade(self->consumer,
					 receive_handle(self->there[0]),
					 &got));
	/* the refused upgrade has left no hold behind */
	rring_close(self->producer);
	self->producer = client_of(self->arena, RRING_PRODUCER);
	EXPECT_TRUE(nothing_is_held(self->producer));
}

TEST_F(handle_passing, a_forged_generation_is_refused)
{
	struct rring_event event = make(self->producer), got;
	int bit;

	for (bit = 32; bit < 64; bit++) {
		send_handle(self->there[1], event.handle ^ 1ull << bit);
		EXPECT_GT(0, rring_upgrade(self->consumer,
					   receive_handle(self->there[0]),
					   &got));
	}
	EXPECT_EQ(0, rring_upgrade(self->consumer, event.handle, &got));
	EXPECT_EQ(0, rring_drop(self->consumer, &got));
	EXPECT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_TRUE(nothing_is_held(self->producer));
}

/* A forged index names no slot or another one, and then is its handle. */
TEST_F(handle_passing, a_forged_slot_is_another_one_or_none)
{
	struct rring_event event = make(self->producer), got;
	int bit, err;

	for (bit = 0; bit < 32; bit++) {
		send_handle(self->there[1], event.handle ^ 1ull << bit);
		err = rring_upgrade(self->consumer,
				    receive_handle(self->there[0]), &got);
		if (err) {
			EXPECT_TRUE(err == -ESTALE || err == -EBADMSG);
			continue;
		}
		EXPECT_NE(event.data, got.data);
		EXPECT_EQ(0, rring_drop(self->consumer, &got));
	}
	EXPECT_TRUE(is_of(&event, event.handle));
	EXPECT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_TRUE(nothing_is_held(self->producer));
}

TEST_F(handle_passing, a_handle_goes_back_and_forth)
{
	struct rring_event event = make(self->producer), got;
	uint64_t handle = event.handle;
	int i;

	for (i = 0; i < 10; i++) {
		send_handle(self->there[1], event.handle);
		ASSERT_EQ(0, rring_upgrade(self->consumer,
					   receive_handle(self->there[0]),
					   &got));
		ASSERT_EQ(0, rring_drop(self->producer, &event));
		send_handle(self->back[1], got.handle);
		ASSERT_EQ(0, rring_upgrade(self->producer,
					   receive_handle(self->back[0]),
					   &event));
		ASSERT_EQ(0, rring_drop(self->consumer, &got));
		ASSERT_TRUE(is_of(&event, handle));
	}
	EXPECT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_TRUE(nothing_is_held(self->producer));
}

/* ---- by threads ---- */

struct receiver {
	int arena;
	int from;
	int to;			/* -1: the receiver sends no answer */
	uint64_t whole, stale;
};

static void *receive_all(void *arg)
{
	struct receiver *receiver = arg;
	struct rring_client *client = client_of(receiver->arena,
						RRING_CONSUMER);
	struct rring_event event;
	uint64_t handle;
	int err;

	while ((handle = receive_handle(receiver->from)) != LAST) {
		err = rring_upgrade(client, handle, &event);
		if (receiver->to >= 0)
			send_handle(receiver->to, handle);
		MUST(!err || err == -ESTALE);
		if (err) {
			receiver->stale++;
			continue;
		}
		MUST(is_of(&event, handle));
		MUST(!rring_drop(client, &event));
		receiver->whole++;
	}
	rring_close(client);
	return NULL;
}

TEST_F_TIMEOUT(handle_passing, who_waits_for_an_answer_loses_nothing, 100)
{
	struct receiver receiver = {
		.arena = self->arena,
		.from = self->there[0],
		.to = self->back[1],
	};
	pthread_t thread = thread_start(receive_all, &receiver);
	uint32_t i, n = rounds(20000);

	for (i = 0; i < n; i++) {
		struct rring_event event = make(self->producer);

		send_handle(self->there[1], event.handle);
		ASSERT_EQ(event.handle, receive_handle(self->back[0]));
		ASSERT_EQ(0, rring_drop(self->producer, &event));
	}
	send_handle(self->there[1], LAST);
	thread_end(thread);
	EXPECT_EQ(n, receiver.whole);
	EXPECT_EQ(0, receiver.stale);
	EXPECT_TRUE(nothing_is_held(self->producer));
}

/* An upgraded event is the one that was sent; the others are stale. */
TEST_F_TIMEOUT(handle_passing, who_does_not_wait_gets_the_event_or_nothing, 100)
{
	struct receiver receiver = {
		.arena = self->arena,
		.from = self->there[0],
		.to = -1,
	};
	pthread_t thread = thread_start(receive_all, &receiver);
	uint32_t i, n = rounds(50000);

	for (i = 0; i < n; i++) {
		struct rring_event event = make(self->producer);

		send_handle(self->there[1], event.handle);
		ASSERT_EQ(0, rring_drop(self->producer, &event));
	}
	send_handle(self->there[1], LAST);
	thread_end(thread);
	EXPECT_EQ(n, receiver.whole + receiver.stale);
	EXPECT_TRUE(nothing_is_held(self->producer));
}

TEST_HARNESS_MAIN
