// SPDX-License-Identifier: MPL-2.0
/*
 * A pool that is dry because rings name all its slots. Entries that no gating
 * reader needs give way: the oldest first.
 */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

#define SLOTS	64
#define EVENTS	2000
#define MAX	64

FIXTURE(dry_pool)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *other;
};

FIXTURE_SETUP(dry_pool)
{
	const uint32_t capacity[RRING_POOLS] = {
		[RRING_XS] = SLOTS, [RRING_S] = 4, [RRING_XXL] = 4,
	};

	self->arena = arena_with(capacity, 0);
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->other = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(dry_pool)
{
	rring_close(self->other);
	rring_close(self->producer);
	close(self->arena);
}

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_policy policy,
				    uint32_t capacity, uint32_t retain)
{
	const struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = policy,
		.capacity = capacity,
		.retain = retain,
	};

	return writer_of(client, &config);
}

static struct rring_reader *observer_of(struct rring_client *client,
					struct rring_writer *writer)
{
	const struct rring_reader_config config = {
		.ring = rring_writer_ring_id(writer),
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

/* Publish an event of @len bytes without a wait. 0 or an error. */
static int put(struct rring_writer *writer, uint32_t len)
{
	struct rring_event event;
	int err = rring_alloc(rring_writer_client(writer), len, 0, &event);

	if (err)
		return err;
	stream_fill(event.data, 8, rring_writer_position(writer));
	return rring_publish(writer, &event);
}

/* Read all that is there. Returns how many events, which are in order. */
static uint32_t read_all(struct rring_reader *reader)
{
	struct rring_event event;
	uint32_t n = 0;
	int err;

	while ((err = rring_try_read(reader, &event)) != -EAGAIN)
		n += !err;
	return n;
}

static uint32_t fill_pool(struct rring_client *client)
{
	struct rring_event event;
	uint32_t n = 0;

	while (!rring_alloc_class(client, RRING_XS, 8, 0, &event))
		n++;
	return n;
}

FIXTURE_VARIANT(dry_pool)
{
	uint32_t capacity;	/* of the ring */
};

FIXTURE_VARIANT_ADD(dry_pool, as_many_entries_as_slots) { SLOTS };
FIXTURE_VARIANT_ADD(dry_pool, almost_as_many) { SLOTS - 1 };
FIXTURE_VARIANT_ADD(dry_pool, many_more_entries) { 16384 };

TEST_F(dry_pool, an_overwriting_ring_never_stops_its_own_producer)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_OVERWRITE,
					      variant->capacity, 0);
	int i;

	for (i = 0; i < EVENTS; i++)
		ASSERT_EQ(0, put(writer, MAX));
}

TEST_F(dry_pool, a_slot_may_be_named_by_any_number_of_old_entries)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_OVERWRITE,
					      variant->capacity, 0);
	int i;

	for (i = 0; i < 4 * 4096 + 10; i++)
		ASSERT_EQ(0, put(writer, 200));
}

TEST_F(dry_pool, an_overwriting_ring_starves_no_other_client)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_OVERWRITE,
					      variant->capacity, 0);
	int i;

	for (i = 0; i < EVENTS; i++)
		ASSERT_EQ(0, put(writer, MAX));
	EXPECT_EQ(SLOTS, fill_pool(self->other));
}

/* The writer has gone, and a next writer may come. */
TEST_F(dry_pool, a_ring_that_awaits_its_writer_starves_nobody)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_OVERWRITE,
					      variant->capacity, 0);
	struct rring_reader *observer = observer_of(self->other, writer);
	int i;

	for (i = 0; i < EVENTS; i++)
		ASSERT_EQ(0, put(writer, MAX));
	rring_writer_leave(writer);
	EXPECT_EQ(SLOTS, fill_pool(self->other));
	read_all(observer);
	EXPECT_EQ(EVENTS, rring_reader_position(observer));
}

TEST_F(dry_pool, an_observer_counts_what_gave_way_as_lost)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_OVERWRITE,
					      variant->capacity, 0);
	struct rring_reader *observer = observer_of(self->other, writer);
	uint32_t n;
	int i;

	for (i = 0; i < EVENTS; i++)
		ASSERT_EQ(0, put(writer, MAX));
	n = read_all(observer);
	EXPECT_LT(SLOTS / 4, n);
	EXPECT_EQ(EVENTS, n + rring_reader_lost(observer));
}

TEST_F(dry_pool, the_newest_entries_stay)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_OVERWRITE,
					      variant->capacity, 0);
	struct rring_event event;
	struct rring_reader *observer;
	uint64_t position;
	int i;

	for (i = 0; i < EVENTS; i++)
		ASSERT_EQ(0, put(writer, MAX));
	observer = observer_of(self->other, writer);
	position = rring_reader_position(observer);
	EXPECT_LE(EVENTS - SLOTS, position);
	EXPECT_GT(EVENTS - SLOTS / 2, position);
	for (; position < EVENTS; position++) {
		ASSERT_EQ(0, rring_try_read(observer, &event));
		EXPECT_TRUE(*(uint64_t *)event.data ==
			    position * 0x9e3779b97f4a7c15);
	}
	EXPECT_EQ(0, rring_reader_lost(observer));
}

/* A quota counts the slots that a client's rings name. */
static void put_within_quota(enum rring_policy policy, uint32_t capacity,
			     uint32_t retain)
{
	const uint32_t capacities[RRING_POOLS] = { SLOTS };
	int arena = arena_with(capacities, 25);
	struct rring_client *producer = client_of(arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(producer, policy, capacity,
					      retain);
	int i;

	for (i = 0; i < EVENTS; i++)
		MUST(!put(writer, MAX));
	rring_close(producer);
	close(arena);
}

TEST_F(dry_pool, a_quota_does_not_stop_an_overwriting_ring)
{
	put_within_quota(RRING_OVERWRITE, variant->capacity, 0);
}

TEST_F(dry_pool, a_quota_does_not_stop_a_ring_that_retains_more)
{
	put_within_quota(RRING_BLOCK, 1024, 600);
}

/* ---- what a ring retains for late joiners ---- */

TEST_F(dry_pool, retained_entries_cannot_stop_a_producer)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_BLOCK, 1024,
					      600);
	int i;

	for (i = 0; i < EVENTS; i++)
		ASSERT_EQ(0, put(writer, MAX));
}

TEST_F(dry_pool, a_late_joiner_starts_above_what_gave_way)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_BLOCK, 1024,
					      600);
	struct rring_reader *reader;
	int i;

	for (i = 0; i < EVENTS; i++)
		ASSERT_EQ(0, put(writer, MAX));
	reader = reader_at(self->other, rring_writer_ring_id(writer));
	EXPECT_LE(EVENTS - SLOTS, rring_reader_position(reader));
	EXPECT_LT(SLOTS / 2, read_all(reader));
	EXPECT_EQ(EVENTS, rring_reader_position(reader));
	EXPECT_EQ(0, rring_reader_lost(reader));
}

TEST_F(dry_pool, what_a_gating_reader_has_not_read_does_not_give_way)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL, 1024,
					      600);
	struct rring_reader *reader =
		reader_at(self->other, rring_writer_ring_id(writer));
	int n = 0;

	while (!put(writer, MAX))
		n++;
	EXPECT_EQ(SLOTS, n);
	EXPECT_EQ(0, fill_pool(self->other));
	EXPECT_EQ(SLOTS, read_all(reader));
	EXPECT_EQ(0, put(writer, MAX));
}

/* Entries of other classes that lie between give way, too. */
TEST_F(dry_pool, large_events_give_way_as_well)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_OVERWRITE,
					      variant->capacity, 0);
	struct rring_reader *observer = observer_of(self->other, writer);
	uint32_t n;
	int i;

	for (i = 0; i < 40; i++)
		ASSERT_EQ(0, put(writer, i % 2 ? 20000 : MAX));
	n = read_all(observer);
	EXPECT_LT(3, n);
	EXPECT_EQ(40, n + rring_reader_lost(observer));
}

TEST_HARNESS_MAIN
