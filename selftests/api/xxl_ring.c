// SPDX-License-Identifier: MPL-2.0
/* Events above 16 KiB in rings: how long their pages exist. */
#include "kselftest_harness.h"

#include "arena.h"
#include "xxl_event.h"
#include "stream.h"
#include "thread.h"

#define PLACES	4u
#define ROUNDS	40

FIXTURE(xxl_ring)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
};

FIXTURE_VARIANT(xxl_ring)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(xxl_ring, one_thread)
{
	.flags = RRING_SINGLE_THREADED,
};

FIXTURE_VARIANT_ADD(xxl_ring, threads)
{
	.flags = 0,
};

FIXTURE_SETUP(xxl_ring)
{
	self->arena = xxl_arena(PLACES, 0);
	self->producer = client_with(self->arena, RRING_PRODUCER,
				     variant->flags);
	self->consumer = client_with(self->arena, RRING_CONSUMER,
				     variant->flags);
}

FIXTURE_TEARDOWN(xxl_ring)
{
	struct rring_client *last = client_of(self->arena, RRING_OBSERVER);

	rring_close(self->producer);
	rring_close(self->consumer);
	EXPECT_EQ(PLACES, xxl_free(last));
	EXPECT_TRUE(all_free(last));
	rring_close(last);
	close(self->arena);
}

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_policy policy,
				    uint32_t capacity)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = policy,
		.capacity = capacity,
	};

	return writer_of(client, &config);
}

TEST_F(xxl_ring, the_last_of_its_readers_frees_the_place)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL, 4);
	struct rring_reader *first =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	struct rring_reader *second =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	struct rring_event event, one, two;

	event = xxl_make(self->producer, 5 * MIB, 3);
	ASSERT_EQ(0, rring_publish(writer, &event));
	EXPECT_EQ(-EINVAL, rring_drop(self->producer, &event));
	ASSERT_EQ(0, rring_try_read(first, &one));
	EXPECT_EQ(5 * MIB, one.len);
	EXPECT_EQ(7, one.event_type);
	EXPECT_TRUE(xxl_is(&one, 3));
	ASSERT_EQ(0, rring_entry(first, 0, &two));
	EXPECT_EQ(one.data, two.data);
	EXPECT_EQ(-EAGAIN, rring_try_read(first, &one));
	EXPECT_EQ(PLACES - 1, xxl_free(self->producer));
	ASSERT_EQ(0, rring_try_read(second, &two));
	EXPECT_TRUE(xxl_is(&two, 3));
	EXPECT_EQ(-EAGAIN, rring_try_read(second, &one));
	EXPECT_EQ(PLACES, xxl_free(self->producer));
}

TEST_F(xxl_ring, what_a_reader_keeps_stays_beyond_its_release)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL, 4);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	struct rring_event event = xxl_make(self->producer, MIB, 4);

	ASSERT_EQ(0, rring_publish(writer, &event));
	ASSERT_EQ(1, rring_peek(reader, 1));
	ASSERT_EQ(0, rring_entry(reader, 0, &event));
	ASSERT_EQ(0, rring_keep(reader, &event));
	ASSERT_EQ(0, rring_release(reader, 1));
	EXPECT_TRUE(xxl_is(&event, 4));
	rring_reader_close(reader, 0);
	EXPECT_TRUE(xxl_is(&event, 4));
	EXPECT_EQ(PLACES - 1, xxl_free(self->producer));
	ASSERT_EQ(0, rring_drop(self->consumer, &event));
	EXPECT_EQ(PLACES, xxl_free(self->producer));
}

TEST_F(xxl_ring, published_without_readers_it_is_gone)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL, 4);
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < 3 * PLACES; i++) {
		event = xxl_make(self->producer, MIB, i);
		ASSERT_EQ(0, rring_publish(writer, &event));
		EXPECT_EQ(PLACES, xxl_free(self->producer));
	}
}

TEST_F(xxl_ring, a_reader_that_closes_leaves_what_it_looked_at)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL, 4);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	struct rring_event event = xxl_make(self->producer, MIB, 4);

	ASSERT_EQ(0, rring_publish(writer, &event));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	rring_reader_close(reader, 0);
	EXPECT_EQ(PLACES, xxl_free(self->producer));
}

/* The reader releases without rring_entry(), so it does not know the handle. */
TEST_F(xxl_ring, what_nobody_looked_at_goes_when_it_is_needed)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL,
					      PLACES);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < 3 * PLACES; i++) {
		event = xxl_make(self->producer, MIB, i);
		ASSERT_EQ(0, rring_publish(writer, &event));
		ASSERT_EQ(1, rring_peek(reader, 1));
		ASSERT_EQ(0, rring_release(reader, 1));
	}
	ASSERT_EQ(PLACES, free_slots(self->producer, RRING_XXL));
}

TEST_F(xxl_ring, a_batch_takes_events_of_any_class)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_FAIL, 4);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	struct rring_event events[3], event;
	uint32_t i;

	events[0] = xxl_make(self->producer, MIB, 0);
	events[1] = xxl_make(self->producer, 64, 1);
	events[2] = xxl_make(self->producer, 2 * MIB, 2);
	ASSERT_EQ(3, rring_publish_batch(writer, events, 3));
	EXPECT_EQ(-EINVAL, rring_publish_batch(writer, events, 1));
	ASSERT_EQ(3, rring_peek(reader, 3));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, rring_entry(reader, i, &event));
		EXPECT_EQ(events[i].handle, event.handle);
		EXPECT_TRUE(xxl_is(&event, i));
	}
	ASSERT_EQ(0, rring_release(reader, 2));
	EXPECT_EQ(PLACES - 1, xxl_free(self->producer));
	EXPECT_TRUE(xxl_is(&event, 2));
	ASSERT_EQ(0, rring_release(reader, 1));
	EXPECT_EQ(PLACES, xxl_free(self->producer));
}

/* What it reads may be of a later event, as in a small slot. */
TEST_F(xxl_ring, an_observer_that_was_overtaken_can_read_on_and_is_told)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_OVERWRITE,
					      2);
	struct rring_reader_config config = {
		.ring = rring_writer_ring_id(writer),
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_OLDEST,
	};
	struct rring_reader *reader = reader_of(self->consumer, &config);
	struct rring_event event, seen;
	uint32_t i;

	event = xxl_make(self->producer, MIB, 0);
	ASSERT_EQ(0, rring_publish(writer, &event));
	ASSERT_EQ(1, rring_peek(reader, 1));
	ASSERT_EQ(0, rring_entry(reader, 0, &seen));
	for (i = 1; i <= 2 * PLACES; i++) {
		event = xxl_make(self->producer, MIB, i);
		ASSERT_EQ(0, rring_publish(writer, &event));
	}
	EXPECT_TRUE(xxl_is_mapped(&seen));
	EXPECT_EQ(-ESTALE, rring_keep(reader, &seen));
	EXPECT_TRUE(xxl_is_mapped(&seen));
	EXPECT_EQ(-ESTALE, rring_release(reader, 1));
	/* the observer continues with the events that are there */
	while (rring_peek(reader, 1) == -ESTALE)
		;
	ASSERT_EQ(1, rring_peek(reader, 1));
	ASSERT_EQ(0, rring_entry(reader, 0, &seen));
	EXPECT_TRUE(xxl_is(&seen, 2 * PLACES) ||
		    xxl_is(&seen, 2 * PLACES - 1));
	ASSERT_EQ(0, rring_release(reader, 1));
}

TEST_F(xxl_ring, a_lapped_reader_keeps_its_pages_until_it_is_told)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 1,
		.stall_ns = 1,
	};
	struct rring_writer *writer = writer_of(self->producer, &config);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	struct rring_event event = xxl_make(self->producer, MIB, 1), seen;
	int err;

	ASSERT_EQ(0, rring_publish(writer, &event));
	ASSERT_EQ(0, rring_try_read(reader, &seen));
	event = xxl_make(self->producer, MIB, 2);
	do {
		err = rring_publish(writer, &event);
	} while (err == -EAGAIN);
	ASSERT_EQ(0, err);
	EXPECT_TRUE(xxl_is_mapped(&seen));
	EXPECT_EQ(-ESTALE, rring_try_read(reader, &event));
}

TEST_F(xxl_ring, what_a_ring_retains_stays_until_the_writer_goes_on)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 2,
		.retain = 1,
	};
	struct rring_writer *writer = writer_of(self->producer, &config);
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < 3 * PLACES; i++) {
		event = xxl_make(self->producer, MIB, i);
		ASSERT_EQ(0, rring_publish(writer, &event));
	}
	EXPECT_EQ(PLACES - 1, free_slots(self->producer, RRING_XXL));
	rring_writer_close(writer);
	EXPECT_EQ(PLACES, free_slots(self->producer, RRING_XXL));
}

/* ---- many at a time ---- */

struct stage {
	int arena;
	uint32_t ring;
	uint32_t joined;
};

static void *consume(void *arg)
{
	struct stage *stage = arg;
	struct rring_client *client = client_of(stage->arena, RRING_CONSUMER);
	struct rring_reader *reader = reader_at(client, stage->ring);
	struct rring_event event, kept[2];
	uint32_t i;

	step_take(&stage->joined);
	for (i = 0; i < ROUNDS; i++) {
		MUST(!rring_wait_readable(reader, SOON()));
		MUST(!rring_try_read(reader, &event));
		MUST(event.event_type == i && xxl_is(&event, i));
		MUST(!rring_keep(reader, &event));
		if (i)
			MUST(xxl_is(&kept[(i - 1) % 2], i - 1) &&
			     !rring_drop(client, &kept[(i - 1) % 2]));
		kept[i % 2] = event;
	}
	rring_close(client);
	return NULL;
}

TEST_F(xxl_ring, clients_stream_more_events_than_there_are_places)
{
	struct rring_writer *writer = ring_of(self->producer, RRING_BLOCK, 2);
	struct stage stage[2];
	pthread_t thread[2];
	uint32_t i;

	for (i = 0; i < 2; i++) {
		stage[i] = (struct stage){
			.arena = self->arena,
			.ring = rring_writer_ring_id(writer),
		};
		thread[i] = thread_start(consume, &stage[i]);
		step_wait(&stage[i].joined);
	}
	for (i = 0; i < ROUNDS; i++) {
		struct rring_event event;

		ASSERT_EQ(0, rring_alloc_until(self->producer,
					       (17 + i % 9 * 40) * KIB, i,
					       SOON(), &event));
		xxl_fill(&event, i);
		ASSERT_EQ(0, rring_publish(writer, &event));
	}
	for (i = 0; i < 2; i++)
		thread_end(thread[i]);
	EXPECT_EQ(PLACES, xxl_free(self->producer));
}

TEST_HARNESS_MAIN
