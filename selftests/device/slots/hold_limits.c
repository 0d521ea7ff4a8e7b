// SPDX-License-Identifier: MPL-2.0
/* Limits of holds and in-flight counts of a client, and missing holds. */
#include <string.h>

#include "arena.h"
#include "stream.h"

#include "kselftest_harness.h"

#define IN_FLIGHT_CAPACITY	5000u	/* > RRING_IN_FLIGHT_MAX */

FIXTURE(held)
{
	struct rring_client *watcher;
	struct rring_client *client;
	struct rring_event event;
	struct rring_writer *writer;
	struct rring_reader *reader;
};

FIXTURE_VARIANT(held)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(held, single_threaded)
{
	.flags = RRING_SINGLE_THREADED,
};

FIXTURE_VARIANT_ADD(held, threads)
{
	.flags = 0,
};

FIXTURE_SETUP(held)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = IN_FLIGHT_CAPACITY,
	};
	int arena_fd = arena_small();

	self->watcher = client_of(arena_fd, RRING_OBSERVER);
	ASSERT_EQ(0, rring_open_arena(&self->client, arena_fd, RRING_PRODUCER,
				      variant->flags));
	ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &self->event));
	self->writer = writer_of(self->client, &config);
	self->reader = reader_at(self->client, self->writer->id);
}

FIXTURE_TEARDOWN(held)
{
	rring_close(self->client);
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
}

static uint32_t free_after_trim(struct rring_client *client)
{
	rring_trim(client);
	return free_slots(client, RRING_XS);
}

TEST_F(held, at_most_65535_times_and_free_after_as_many_drops)
{
	int i;

	for (i = 1; i < 65535; i++) {
		ASSERT_EQ(0, rring_hold(self->client, &self->event));
	}
	ASSERT_EQ(-EOVERFLOW, rring_hold(self->client, &self->event));
	ASSERT_EQ(-EOVERFLOW, rring_hold(self->client, &self->event));
	for (i = 0; i < 65535; i++) {
		ASSERT_EQ(63u, i % 8192 ? 63u : free_after_trim(self->client));
		ASSERT_EQ(0, rring_drop(self->client, &self->event));
	}
	ASSERT_EQ(-EINVAL, rring_drop(self->client, &self->event));
	ASSERT_EQ(64u, free_after_trim(self->client));
}

TEST_F(held, as_often_as_possible_by_upgrades)
{
	uint64_t handle = rring_share(self->client, &self->event);
	struct rring_event event;
	int i;

	for (i = 1; i < 65535; i++) {
		ASSERT_EQ(0, rring_upgrade(self->client, handle, &event));
	}
	ASSERT_EQ(-EOVERFLOW, rring_upgrade(self->client, handle, &event));
}

TEST_F(held, never_dropped_without_a_hold)
{
	ASSERT_EQ(0, rring_drop(self->client, &self->event));
	ASSERT_EQ(-EINVAL, rring_drop(self->client, &self->event));
	ASSERT_EQ(64u, free_after_trim(self->client));
	ASSERT_EQ(-EINVAL, rring_drop(self->client, &self->event));
	ASSERT_EQ(64u, free_after_trim(self->client));
}

TEST_F(held, not_dropped_when_only_peeked_at)
{
	struct rring_event event;

	ASSERT_EQ(0, rring_publish(self->writer, &self->event));
	ASSERT_EQ(-EINVAL, rring_drop(self->client, &self->event));
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	ASSERT_EQ(self->event.handle, event.handle);
	ASSERT_EQ(-EINVAL, rring_drop(self->client, &event));
	/* the ring's window keeps the slot */
	ASSERT_EQ(63u, free_after_trim(self->client));
}

TEST_F(held, not_published_without_a_hold)
{
	struct rring_event event;

	ASSERT_EQ(0, rring_drop(self->client, &self->event));
	rring_trim(self->client);
	ASSERT_EQ(-EINVAL, rring_publish(self->writer, &self->event));
	ASSERT_EQ(-EAGAIN, rring_try_read(self->reader, &event));
	ASSERT_EQ(64u, free_after_trim(self->client));
}

TEST_F(held, published_as_often_as_held)
{
	ASSERT_EQ(0, rring_hold(self->client, &self->event));
	ASSERT_EQ(0, rring_publish(self->writer, &self->event));
	ASSERT_EQ(0, rring_publish(self->writer, &self->event));
	ASSERT_EQ(-EINVAL, rring_publish(self->writer, &self->event));
	ASSERT_EQ(2, rring_peek(self->reader, 9));
	ASSERT_EQ(0, rring_release(self->reader, 1));
	ASSERT_EQ(63u, free_after_trim(self->client));
	ASSERT_EQ(0, rring_release(self->reader, 1));
	ASSERT_EQ(64u, free_after_trim(self->client));
}

/* An event in the ring is not reused, although no client holds it. */
TEST_F(held, at_most_4095_times_in_flight_and_again_when_they_were_read)
{
	uint32_t n;

	for (n = 0; n < RRING_IN_FLIGHT_MAX; n++) {
		ASSERT_EQ(0, rring_hold(self->client, &self->event));
		ASSERT_EQ(0, rring_publish(self->writer, &self->event));
	}
	ASSERT_EQ(-EOVERFLOW, rring_publish(self->writer, &self->event));
	ASSERT_EQ(n, rring_peek(self->reader, IN_FLIGHT_CAPACITY));
	ASSERT_EQ(0, rring_release(self->reader, n));
	ASSERT_EQ(0, rring_publish(self->writer, &self->event));
	ASSERT_EQ(1, rring_peek(self->reader, IN_FLIGHT_CAPACITY));
	ASSERT_EQ(63u, free_after_trim(self->client));
	ASSERT_EQ(0, rring_release(self->reader, 1));
	ASSERT_EQ(64u, free_after_trim(self->client));
}

TEST_HARNESS_MAIN
