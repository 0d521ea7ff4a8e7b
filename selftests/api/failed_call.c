// SPDX-License-Identifier: MPL-2.0
/*
 * A call that changes a ledger word and frees no slot by that wakes the clients
 * that wait for a slot: their sweep may have seen the change, and left the slot
 * alone. Such are calls that fail, and a writer's look for room.
 */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

FIXTURE(failed_call)
{
	int arena;
	struct rring_client *holder;	/* of the only slot */
	struct rring_client *failing;
	struct rring_client *waiting;
	struct rring_event held;	/* by .holder */
	struct rring_event dropped;	/* by .failing, earlier */
	pthread_t thread;
	int result;			/* of the allocation of .waiting */
};

FIXTURE_VARIANT(failed_call)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(failed_call, single_threaded)
{
	.flags = RRING_SINGLE_THREADED,
};

FIXTURE_VARIANT_ADD(failed_call, multi_threaded)
{
	.flags = 0,
};

static void *wait_for_slot(void *arg)
{
	FIXTURE_DATA(failed_call) *self = arg;
	struct rring_event event;

	self->result = rring_alloc_until(self->waiting, 10, 0, SOON(), &event);
	return NULL;
}

static uint64_t wakes(const struct rring_client *client)
{
	return RRING_LOAD(&client->arena->wakes);
}

FIXTURE_SETUP(failed_call)
{
	const uint32_t capacity[RRING_POOLS] = { 1, 1 };

	self->arena = arena_with(capacity, 0);
	self->holder = client_of(self->arena, RRING_PRODUCER);
	self->failing = client_with(self->arena, RRING_PRODUCER,
				    variant->flags);
	self->waiting = client_of(self->arena, RRING_PRODUCER);
	ASSERT_EQ(0, rring_alloc(self->failing, 10, 0, &self->dropped));
	rring_share(self->failing, &self->dropped);
	ASSERT_EQ(0, rring_drop(self->failing, &self->dropped));
	rring_trim(self->failing);
	ASSERT_EQ(0, rring_alloc(self->holder, 10, 0, &self->held));
	self->thread = thread_start(wait_for_slot, self);
	until_slot_wanted(self->holder, RRING_XS);
}

/* The wait ends by a drop, and by nothing else. */
FIXTURE_TEARDOWN(failed_call)
{
	EXPECT_EQ(0, rring_drop(self->holder, &self->held));
	rring_trim(self->holder);
	thread_end(self->thread);
	EXPECT_EQ(0, self->result);
	rring_close(self->waiting);
	rring_close(self->failing);
	rring_close(self->holder);
	close(self->arena);
}

/* A client with one thread looks before it changes the word. */
TEST_F(failed_call, drop_of_what_is_not_held_wakes_waiters)
{
	uint64_t before = wakes(self->holder);

	EXPECT_EQ(-EINVAL, rring_drop(self->failing, &self->dropped));
	if (!variant->flags)
		EXPECT_LT(before, wakes(self->holder));
}

TEST_F(failed_call, upgrade_of_a_stale_handle_wakes_waiters)
{
	uint64_t before = wakes(self->holder);
	struct rring_event event;

	EXPECT_EQ(-ESTALE, rring_upgrade(self->failing, self->dropped.handle,
					 &event));
	EXPECT_LT(before, wakes(self->holder));
}

/* The reader has passed the event. The writer sees that, and writes nothing. */
TEST_F(failed_call, look_for_room_wakes_waiters)
{
	const struct rring_ring_config config = {
		.kind = RRING_HANDLES, .policy = RRING_BLOCK, .capacity = 1,
	};
	struct rring_writer *writer = writer_of(self->failing, &config);
	struct rring_reader *reader =
		reader_at(self->holder, rring_writer_ring_id(writer));
	struct rring_event event;
	uint64_t before;

	ASSERT_EQ(0, rring_alloc_class(self->failing, RRING_S, 10, 0, &event));
	ASSERT_EQ(0, rring_publish(writer, &event));
	ASSERT_EQ(1, rring_peek(reader, 1));
	ASSERT_EQ(0, rring_release(reader, 1));
	until_slot_wanted(self->holder, RRING_XS);
	before = wakes(self->holder);
	EXPECT_EQ(0, rring_wait_writable(writer, 1, 0));
	EXPECT_LT(before, wakes(self->holder));
	rring_reader_close(reader, 0);
	rring_writer_close(writer);
}

TEST_HARNESS_MAIN
