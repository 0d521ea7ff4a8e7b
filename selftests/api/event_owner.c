// SPDX-License-Identifier: MPL-2.0
/*
 * An event belongs to the client that allocated or read it: calls with another
 * client fail with -EINVAL and change nothing, in either arena.
 */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

#define XXL_LEN	20000

FIXTURE(event_owner)
{
	int arena[2];
	struct rring_client *owner;
	struct rring_client *other;
	struct rring_writer *writer;	/* of .other */
	struct rring_reader *reader;	/* of .other */
	struct rring_event event;	/* of .owner */
};

FIXTURE_VARIANT(event_owner)
{
	unsigned int flags;
	int arenas;	/* 1: both clients are in one arena */
	uint32_t len;
};

FIXTURE_VARIANT_ADD(event_owner, one_arena)
{
	.flags = RRING_SINGLE_THREADED,
	.arenas = 1,
	.len = 10,
};

FIXTURE_VARIANT_ADD(event_owner, two_arenas)
{
	.flags = RRING_SINGLE_THREADED,
	.arenas = 2,
	.len = 10,
};

FIXTURE_VARIANT_ADD(event_owner, one_arena_threads)
{
	.arenas = 1,
	.len = 10,
};

FIXTURE_VARIANT_ADD(event_owner, two_arenas_threads)
{
	.arenas = 2,
	.len = 10,
};

FIXTURE_VARIANT_ADD(event_owner, one_arena_xxl)
{
	.flags = RRING_SINGLE_THREADED,
	.arenas = 1,
	.len = XXL_LEN,
};

FIXTURE_VARIANT_ADD(event_owner, two_arenas_xxl)
{
	.flags = RRING_SINGLE_THREADED,
	.arenas = 2,
	.len = XXL_LEN,
};

static int new_arena(void)
{
	const uint32_t capacity[RRING_POOLS] = { 8, 0, 0, 0, 0, 4 };

	return arena_with(capacity, 0);
}

/*
 * Both clients hold an event of the same slot number, so that a word of the
 * wrong ledger shows a hold.
 */
FIXTURE_SETUP(event_owner)
{
	struct rring_ring_config ring = { .kind = RRING_HANDLES,
		.policy = RRING_FAIL, .capacity = 4 };
	struct rring_reader_config from = {};
	int i;

	for (i = 0; i < variant->arenas; i++)
		self->arena[i] = new_arena();
	self->owner = client_with(self->arena[0], RRING_PRODUCER,
				  variant->flags);
	self->other = client_with(self->arena[variant->arenas - 1],
				  RRING_PRODUCER, variant->flags);
	ASSERT_EQ(0, rring_writer_open(self->other, &ring, &self->writer));
	from.ring = rring_writer_ring_id(self->writer);
	ASSERT_EQ(0, rring_reader_open(self->other, &from, &self->reader));
	ASSERT_EQ(0, rring_alloc(self->owner, variant->len, 7, &self->event));
}

FIXTURE_TEARDOWN(event_owner)
{
	int i;

	rring_close(self->other);
	rring_close(self->owner);
	for (i = 0; i < variant->arenas; i++)
		close(self->arena[i]);
}

/* The owner drops its one hold; then all slots of both clients are free. */
static void expect_all_free(struct __test_metadata *_metadata,
			    FIXTURE_DATA(event_owner) *self)
{
	EXPECT_EQ(0, rring_drop(self->owner, &self->event));
	rring_trim(self->owner);
	rring_trim(self->other);
	EXPECT_TRUE(all_free(self->owner));
	EXPECT_TRUE(all_free(self->other));
}

/* The owner still has exactly one hold, and nothing was published. */
static void expect_untouched(struct __test_metadata *_metadata,
			     FIXTURE_DATA(event_owner) *self)
{
	struct rring_event found;

	EXPECT_EQ(0, rring_find(self->owner, self->event.handle, &found));
	EXPECT_EQ(7, found.event_type);
	EXPECT_EQ(-EAGAIN, rring_peek(self->reader, 1));
	expect_all_free(_metadata, self);
}

TEST_F(event_owner, drop_by_another_client_fails)
{
	EXPECT_EQ(-EINVAL, rring_drop(self->other, &self->event));
	expect_untouched(_metadata, self);
}

TEST_F(event_owner, hold_by_another_client_fails)
{
	EXPECT_EQ(-EINVAL, rring_hold(self->other, &self->event));
	expect_untouched(_metadata, self);
}

TEST_F(event_owner, publish_by_another_client_fails)
{
	EXPECT_EQ(-EINVAL, rring_publish(self->writer, &self->event));
	expect_untouched(_metadata, self);
}

TEST_F(event_owner, publish_batch_by_another_client_fails)
{
	EXPECT_EQ(-EINVAL, rring_publish_batch(self->writer, &self->event, 1));
	expect_untouched(_metadata, self);
}

/* A batch ends before the first event of another client. */
TEST_F(event_owner, publish_batch_ends_before_event_of_another_client)
{
	struct rring_event events[2], read;

	ASSERT_EQ(0, rring_alloc(self->other, variant->len, 8, &events[0]));
	events[1] = self->event;
	EXPECT_EQ(1, rring_publish_batch(self->writer, events, 2));
	EXPECT_EQ(0, rring_try_read(self->reader, &read));
	EXPECT_EQ(8, read.event_type);
	EXPECT_EQ(0, rring_release(self->reader, 1));
	rring_writer_close(self->writer);
	EXPECT_EQ(-EPIPE, rring_peek(self->reader, 1));
	expect_all_free(_metadata, self);
}

TEST_F(event_owner, resize_by_another_client_fails)
{
	struct rring_event copy = self->event;
	struct rring_event found;

	EXPECT_EQ(-EINVAL, rring_resize(self->other, &copy, 5));
	EXPECT_EQ(variant->len, copy.len);
	ASSERT_EQ(0, rring_find(self->owner, self->event.handle, &found));
	EXPECT_EQ(variant->len, found.len);
	expect_untouched(_metadata, self);
}

TEST_F(event_owner, keep_by_a_reader_of_another_client_fails)
{
	EXPECT_EQ(-EINVAL, rring_keep(self->reader, &self->event));
	expect_untouched(_metadata, self);
}

TEST_F(event_owner, share_by_another_client_returns_no_handle)
{
	EXPECT_EQ(0, rring_share(self->other, &self->event));
	expect_untouched(_metadata, self);
}

/* What was read belongs to the client of the reader. */
TEST_F(event_owner, event_that_was_read_belongs_to_the_reading_client)
{
	struct rring_event event, read;

	ASSERT_EQ(0, rring_alloc(self->other, variant->len, 9, &event));
	ASSERT_EQ(0, rring_publish(self->writer, &event));
	ASSERT_EQ(0, rring_try_read(self->reader, &read));
	EXPECT_EQ(-EINVAL, rring_hold(self->owner, &read));
	EXPECT_EQ(0, rring_hold(self->other, &read));
	EXPECT_EQ(-EINVAL, rring_drop(self->owner, &read));
	EXPECT_EQ(0, rring_drop(self->other, &read));
	EXPECT_EQ(0, rring_release(self->reader, 1));
	rring_writer_close(self->writer);
	EXPECT_EQ(-EPIPE, rring_peek(self->reader, 1));
	expect_all_free(_metadata, self);
}

TEST(entry_of_an_inline_ring_is_no_event_to_hold)
{
	int arena = new_arena();
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_ring_config ring = { .kind = RRING_INLINE,
		.policy = RRING_FAIL, .capacity = 4, .stride = 64 };
	struct rring_ring_config handles = { .kind = RRING_HANDLES,
		.policy = RRING_FAIL, .capacity = 4 };
	struct rring_reader_config from = {};
	struct rring_writer *writer, *other;
	struct rring_reader *reader;
	struct rring_event read;

	ASSERT_EQ(0, rring_writer_open(client, &ring, &writer));
	ASSERT_EQ(0, rring_writer_open(client, &handles, &other));
	from.ring = rring_writer_ring_id(writer);
	ASSERT_EQ(0, rring_reader_open(client, &from, &reader));
	ASSERT_EQ(0, rring_add(writer, "event", 6, 0));
	ASSERT_EQ(0, rring_try_read(reader, &read));
	EXPECT_EQ(-EINVAL, rring_hold(client, &read));
	EXPECT_EQ(-EINVAL, rring_drop(client, &read));
	EXPECT_EQ(-EINVAL, rring_keep(reader, &read));
	EXPECT_EQ(-EINVAL, rring_publish(other, &read));
	EXPECT_EQ(-EINVAL, rring_publish_batch(other, &read, 1));
	EXPECT_EQ(-EINVAL, rring_resize(client, &read, 3));
	EXPECT_EQ(0, rring_share(client, &read));
	EXPECT_STREQ("event", read.data);
	rring_close(client);
	close(arena);
}

TEST_HARNESS_MAIN
