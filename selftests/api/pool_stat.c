// SPDX-License-Identifier: MPL-2.0
/* The counters of rring_pool_stat() and their accuracy. */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define SLOTS	2000u
#define BATCH	64u		/* largest refill: min(slots / 8, 64) */
#define PLACES	4u
#define RING	32u

FIXTURE(pool_stat)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
	struct rring_event event[SLOTS];
};

FIXTURE_SETUP(pool_stat)
{
	static const uint32_t capacity[RRING_POOLS] = {
		SLOTS, 8, [RRING_XXL] = PLACES,
	};

	self->arena = arena_with(capacity, 0);
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(pool_stat)
{
	rring_close(self->producer);
	rring_close(self->consumer);
	close(self->arena);
}

static struct rring_pool_stat stat_of(struct rring_client *client,
				      enum rring_class pool,
				      unsigned int flags)
{
	struct rring_pool_stat stat;

	MUST(!rring_pool_stat(client, pool, flags, &stat));
	return stat;
}

static void allocate(struct rring_client *client, struct rring_event *event,
		     uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		MUST(!rring_alloc_class(client, RRING_XS, 8, 1, &event[i]));
		rring_share(client, &event[i]);
	}
}

static void drop(struct rring_client *client, struct rring_event *event,
		 uint32_t n)
{
	while (n--)
		MUST(!rring_drop(client, &event[n]));
}

static struct rring_writer *ring_of(struct rring_client *client,
				    uint32_t capacity)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = capacity,
	};

	return writer_of(client, &config);
}

/* Upper bound of the slots that are lent or held while @used are in use. */
static uint32_t most(uint32_t used)
{
	return used + used / 2 + BATCH;
}

TEST_F(pool_stat, of_a_new_pool_all_is_free)
{
	struct rring_pool_stat stat = stat_of(self->consumer, RRING_XS, 0);

	EXPECT_EQ(SLOTS, stat.capacity);
	EXPECT_EQ(SLOTS, stat.free);
	EXPECT_EQ(0, stat.lent);
	EXPECT_EQ(0, stat.held);
	EXPECT_EQ(0, stat.in_flight);
	EXPECT_EQ(0, stat.charged);
	EXPECT_EQ(0, stat.high_water);
	EXPECT_EQ(0, stat.failures);
	stat = stat_of(self->consumer, RRING_XL, RRING_STAT_SWEEP);
	EXPECT_EQ(0, stat.capacity);
	EXPECT_EQ(0, stat.free);
}

TEST_F(pool_stat, other_classes_and_flags_are_refused)
{
	struct rring_pool_stat stat;

	EXPECT_EQ(-EINVAL, rring_pool_stat(self->producer, RRING_POOLS, 0,
					   &stat));
	EXPECT_EQ(-EINVAL, rring_pool_stat(self->producer, RRING_XS, 2,
					   &stat));
}

TEST_F(pool_stat, every_slot_is_free_lent_or_held)
{
	static const uint32_t counts[] = { 1, 63, 64, 65, 500, 1999, 2000 };
	struct rring_event held;
	struct rring_pool_stat stat;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		allocate(self->producer, self->event, counts[i]);
		stat = stat_of(self->producer, RRING_XS, RRING_STAT_SWEEP);
		EXPECT_EQ(counts[i], stat.held);
		EXPECT_EQ(SLOTS, stat.free + stat.lent + stat.held);
		EXPECT_EQ(stat.lent + stat.held, stat.charged);
		/* a slot that two clients hold counts once */
		ASSERT_EQ(0, rring_upgrade(self->consumer,
					   self->event[0].handle, &held));
		stat = stat_of(self->consumer, RRING_XS, 0);
		EXPECT_EQ(counts[i], stat.held);
		EXPECT_EQ(0, stat.charged);
		ASSERT_EQ(0, rring_drop(self->consumer, &held));
		drop(self->producer, self->event, counts[i]);
		rring_trim(self->producer);
		stat = stat_of(self->producer, RRING_XS, RRING_STAT_SWEEP);
		EXPECT_EQ(SLOTS, stat.free);
	}
}

TEST_F(pool_stat, in_flight_is_what_stands_in_rings)
{
	struct rring_writer *writer = ring_of(self->producer, RING);
	struct rring_writer *other = ring_of(self->producer, RING);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	struct rring_reader *late =
		reader_at(self->consumer, rring_writer_ring_id(other));
	struct rring_event event;
	uint32_t i;

	allocate(self->producer, self->event, 10);
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, rring_publish(writer, &self->event[i]));
	EXPECT_EQ(10, stat_of(self->producer, RRING_XS, 0).in_flight);
	EXPECT_EQ(0, stat_of(self->producer, RRING_XS, 0).held);
	EXPECT_EQ(0, stat_of(self->producer, RRING_S, 0).in_flight);
	/* a slot in two rings is in flight once; the last one is also held */
	ASSERT_EQ(10, rring_peek(reader, 10));
	ASSERT_EQ(0, rring_entry(reader, 9, &event));
	ASSERT_EQ(0, rring_upgrade(self->producer, event.handle, &event));
	ASSERT_EQ(0, rring_publish(other, &event));
	EXPECT_EQ(10, stat_of(self->producer, RRING_XS, 0).in_flight);
	ASSERT_EQ(0, rring_release(reader, 9));
	ASSERT_EQ(0, rring_entry(reader, 0, &event));
	ASSERT_EQ(0, rring_keep(reader, &event));
	EXPECT_EQ(1, stat_of(self->producer, RRING_XS, 0).in_flight);
	EXPECT_EQ(1, stat_of(self->producer, RRING_XS, 0).held);
	ASSERT_EQ(0, rring_release(reader, 1));
	EXPECT_EQ(1, stat_of(self->producer, RRING_XS, 0).in_flight);
	ASSERT_EQ(1, rring_peek(late, 1));
	ASSERT_EQ(0, rring_release(late, 1));
	EXPECT_EQ(0, stat_of(self->producer, RRING_XS, 0).in_flight);
	EXPECT_EQ(1, stat_of(self->producer, RRING_XS, 0).held);
}

TEST_F(pool_stat, what_a_writer_left_behind_is_in_flight_still)
{
	struct rring_writer *writer = ring_of(self->producer, RING);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	uint32_t i;

	allocate(self->producer, self->event, 7);
	for (i = 0; i < 7; i++)
		ASSERT_EQ(0, rring_publish(writer, &self->event[i]));
	rring_writer_close(writer);
	EXPECT_EQ(7, stat_of(self->producer, RRING_XS, 0).in_flight);
	ASSERT_EQ(7, rring_peek(reader, 7));
	ASSERT_EQ(0, rring_release(reader, 3));
	EXPECT_EQ(4, stat_of(self->producer, RRING_XS, 0).in_flight);
	rring_reader_close(reader, 0);
	EXPECT_EQ(0, stat_of(self->producer, RRING_XS, 0).in_flight);
}

TEST_F(pool_stat, a_failure_is_a_call_that_got_no_slot)
{
	struct rring_event event;

	allocate(self->producer, self->event, SLOTS);
	EXPECT_EQ(0, stat_of(self->producer, RRING_XS, 0).failures);
	EXPECT_EQ(-ENOSPC, rring_alloc(self->producer, 8, 1, &event));
	EXPECT_EQ(1, stat_of(self->producer, RRING_XS, 0).failures);
	EXPECT_EQ(-ETIMEDOUT, rring_alloc_until(self->producer, 8, 1, 1,
						&event));
	EXPECT_EQ(2, stat_of(self->consumer, RRING_XS, 0).failures);
	EXPECT_EQ(2, self->producer->arena->pool[RRING_XS].failures);
	EXPECT_EQ(-ENOSPC, rring_alloc_class(self->producer, RRING_XL, 8, 1,
					     &event));
	EXPECT_EQ(1, stat_of(self->consumer, RRING_XL, 0).failures);
	EXPECT_EQ(2, stat_of(self->consumer, RRING_XS, 0).failures);
}

TEST_F(pool_stat, the_high_water_mark_follows_what_is_held)
{
	static const uint32_t counts[] = { 1, 100, 400, 1000, 2000 };
	uint32_t held = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		struct rring_pool_stat stat;

		allocate(self->producer, &self->event[held],
			 counts[i] - held);
		held = counts[i];
		stat = stat_of(self->producer, RRING_XS, 0);
		EXPECT_LE(held, stat.high_water);
		EXPECT_GE(most(held), stat.high_water);
		EXPECT_GE(SLOTS, stat.high_water);
		EXPECT_EQ(SLOTS - stat.free, stat.high_water);
	}
	drop(self->producer, self->event, held);
	rring_trim(self->producer);
	EXPECT_EQ(SLOTS, free_slots(self->producer, RRING_XS));
	EXPECT_EQ(SLOTS, stat_of(self->producer, RRING_XS, 0).high_water);
}

/* The mark ignores short-lived slots, whether old or young slots stay. */
TEST_F(pool_stat, the_high_water_mark_is_not_that_of_what_passed)
{
	static const uint32_t counts[] = { 0, 10, 300, 900 };
	uint32_t held = 0, oldest = 0;
	size_t i;
	uint32_t round;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		allocate(self->producer, &self->event[held],
			 counts[i] - held);
		held = counts[i];
		for (round = 0; round < 10 * SLOTS; round++) {
			struct rring_event event;

			allocate(self->producer, &event, 1);
			if (held) {
				/* keep the new slot and drop an older one */
				drop(self->producer, &self->event[oldest], 1);
				self->event[oldest] = event;
				oldest = (oldest + (round % 2 ? 1 : 7)) % held;
			} else {
				drop(self->producer, &event, 1);
			}
		}
		EXPECT_GE(most(held + 1), stat_of(self->producer, RRING_XS,
						  0).high_water) {
			TH_LOG("%u held", held);
		}
	}
}

/* Slots are lent in batches; the high-water mark does not cost a sweep each. */
TEST_F(pool_stat, slots_come_in_batches_however_many_are_held)
{
	const struct rring_pool_info *info =
		&self->producer->arena->pool[RRING_XS];
	uint64_t refills;
	uint32_t round;

	allocate(self->producer, self->event, 1500);
	refills = info->refills;
	for (round = 0; round < 10 * SLOTS; round++) {
		struct rring_event *event = &self->event[round % 1500];

		drop(self->producer, event, 1);
		allocate(self->producer, event, 1);
	}
	EXPECT_GE(10 * SLOTS / BATCH * 5 / 4, info->refills - refills);
}

TEST_F(pool_stat, of_large_events_places_are_counted)
{
	struct rring_writer *writer = ring_of(self->producer, RING);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	struct rring_event event[PLACES];
	struct rring_pool_stat stat;
	uint32_t i;

	for (i = 0; i < PLACES; i++)
		ASSERT_EQ(0, rring_alloc(self->producer, 100000, 1,
					 &event[i]));
	EXPECT_EQ(-ENOSPC, rring_alloc(self->producer, 100000, 1, &event[0]));
	ASSERT_EQ(0, rring_publish(writer, &event[1]));
	ASSERT_EQ(0, rring_drop(self->producer, &event[2]));
	stat = stat_of(self->producer, RRING_XXL, 0);
	EXPECT_EQ(PLACES, stat.capacity);
	EXPECT_EQ(1, stat.free);
	EXPECT_EQ(0, stat.lent);
	EXPECT_EQ(PLACES - 2, stat.held);
	EXPECT_EQ(1, stat.in_flight);
	EXPECT_EQ(PLACES - 1, stat.charged);
	EXPECT_EQ(PLACES, stat.high_water);
	EXPECT_EQ(1, stat.failures);
	rring_reader_close(reader, 0);
	EXPECT_EQ(0, stat_of(self->producer, RRING_XXL, 0).in_flight);
}

/* ---- many at a time ---- */

#define CHURNERS	4

struct churn {
	int arena;
	uint32_t held;
	pthread_barrier_t all_hold;
};

static void *churn(void *arg)
{
	struct churn *churn = arg;
	struct rring_client *client = client_of(churn->arena, RRING_PRODUCER);
	struct rring_event event[100];
	uint32_t i;

	allocate(client, event, churn->held);
	pthread_barrier_wait(&churn->all_hold);
	for (i = 0; i < 5 * SLOTS; i++) {
		struct rring_event *one = &event[i % churn->held];

		drop(client, one, 1);
		allocate(client, one, 1);
	}
	rring_close(client);
	return NULL;
}

TEST_F(pool_stat, the_high_water_mark_covers_all_clients)
{
	struct churn one = { .arena = self->arena, .held = 100 };
	pthread_t thread[CHURNERS];
	uint32_t high_water;
	int i;

	pthread_barrier_init(&one.all_hold, NULL, CHURNERS);
	for (i = 0; i < CHURNERS; i++)
		thread[i] = thread_start(churn, &one);
	for (i = 0; i < CHURNERS; i++)
		thread_end(thread[i]);
	pthread_barrier_destroy(&one.all_hold);
	high_water = stat_of(self->producer, RRING_XS, 0).high_water;
	EXPECT_LE(CHURNERS * 100, high_water);
	EXPECT_EQ(SLOTS, free_slots(self->producer, RRING_XS));
}

TEST_HARNESS_MAIN
