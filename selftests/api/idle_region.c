// SPDX-License-Identifier: MPL-2.0
/*
 * The region of an event above 16 KiB that is gone stays for the next event of
 * the same client and size: with its pages, mapped, and with its bytes.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "page.h"
#include "stream.h"
#include "xxl_event.h"

#define PLACES	8u
#define KEPT	4u		/* idle regions of one client, at most */
#define FRAME	(6 * MIB)

FIXTURE(idle)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
	struct rring_writer *writer;
	struct rring_reader *reader;
};

FIXTURE_SETUP(idle)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = PLACES,
	};

	self->arena = xxl_arena(PLACES, 0);
	self->producer = client_with(self->arena, RRING_PRODUCER,
				     RRING_SINGLE_THREADED);
	self->consumer = client_with(self->arena, RRING_CONSUMER,
				     RRING_SINGLE_THREADED);
	self->writer = writer_of(self->producer, &config);
	self->reader = reader_at(self->consumer,
				 rring_writer_ring_id(self->writer));
}

FIXTURE_TEARDOWN(idle)
{
	rring_close(self->producer);
	rring_close(self->consumer);
	close(self->arena);
}

static struct rring_event alloc(struct rring_client *client, size_t len)
{
	struct rring_event event;

	MUST(!rring_alloc(client, len, 1, &event));
	return event;
}

/* The first word of each page is 0 if an event has new pages. */
static int is_new(const struct rring_event *event)
{
	const char *data = event->data;
	size_t at;

	for (at = 0; at < event->len; at += PAGE)
		if (*(const volatile uint64_t *)(data + at))
			return 0;
	return 1;
}

static long page_faults(void)
{
	struct rusage usage;

	MUST(!getrusage(RUSAGE_SELF, &usage));
	return usage.ru_minflt;
}

/* Pass frame @number from the producer to the consumer. Return where it was. */
static void *pass(FIXTURE_DATA(idle) *self, uint64_t number)
{
	struct rring_event event = xxl_make(self->producer, FRAME, number);
	void *data = event.data;

	MUST(!rring_publish(self->writer, &event));
	MUST(!rring_try_read(self->reader, &event));
	MUST(xxl_is(&event, number));
	MUST(rring_try_read(self->reader, &event) == -EAGAIN);
	return data;
}

TEST_F(idle, a_frame_that_is_allocated_again_has_no_new_pages)
{
	void *data = pass(self, 1);
	long faults = page_faults();
	uint64_t i;

	for (i = 2; i < 20; i++)
		EXPECT_EQ(data, pass(self, i));
	/* fewer than one frame with new pages takes */
	EXPECT_GT((long)(FRAME / PAGE), page_faults() - faults);
}

TEST_F(idle, several_frames_on_their_way_have_no_new_pages)
{
	struct rring_event event[KEPT];
	uint64_t round, i;
	long faults = 0;

	for (round = 0; round < 10; round++) {
		/* the reader has released the last event of a round later */
		if (round == 2)
			faults = page_faults();
		for (i = 0; i < KEPT; i++) {
			event[i] = xxl_make(self->producer, MIB, round + i);
			ASSERT_EQ(0, rring_publish(self->writer, &event[i]));
		}
		for (i = 0; i < KEPT; i++) {
			ASSERT_EQ(0, rring_try_read(self->reader, &event[i]));
			EXPECT_TRUE(xxl_is(&event[i], round + i));
			ASSERT_EQ(0, rring_keep(self->reader, &event[i]));
		}
		for (i = 0; i < KEPT; i++)
			ASSERT_EQ(0, rring_drop(self->consumer, &event[i]));
	}
	EXPECT_GT((long)(MIB / PAGE), page_faults() - faults);
}

TEST_F(idle, its_bytes_are_those_of_the_event_before)
{
	struct rring_event event = xxl_make(self->producer, MIB, 5);

	ASSERT_EQ(0, rring_drop(self->producer, &event));
	event = alloc(self->producer, MIB);
	EXPECT_TRUE(xxl_is(&event, 5));
}

TEST_F(idle, an_event_of_another_size_has_new_pages)
{
	struct rring_event event = xxl_make(self->producer, MIB, 5);

	ASSERT_EQ(0, rring_drop(self->producer, &event));
	event = alloc(self->producer, MIB + 1);
	EXPECT_TRUE(is_new(&event));
	event = alloc(self->producer, MIB - PAGE);
	EXPECT_TRUE(is_new(&event));
	/* in whole pages it has the same size */
	event = alloc(self->producer, MIB - PAGE + 1);
	EXPECT_FALSE(is_new(&event));
}

TEST_F(idle, another_producer_gets_new_pages)
{
	struct rring_client *other = client_of(self->arena, RRING_PRODUCER);
	struct rring_event event = xxl_make(self->producer, MIB, 5), held;

	/* also if it has had the event mapped */
	ASSERT_EQ(0, rring_upgrade(other, rring_share(self->producer, &event),
				   &held));
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	ASSERT_EQ(0, rring_drop(other, &held));
	event = alloc(other, MIB);
	EXPECT_TRUE(is_new(&event));
	rring_close(other);
}

TEST_F(idle, a_client_that_has_gone_leaves_nothing)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_event event = xxl_make(client, MIB, 5);

	ASSERT_EQ(0, rring_drop(client, &event));
	rring_close(client);
	EXPECT_FALSE(xxl_is_mapped(&event));
	client = client_of(self->arena, RRING_PRODUCER);
	event = alloc(client, MIB);
	EXPECT_TRUE(is_new(&event));
	rring_close(client);
}

TEST_F(idle, there_are_at_most_four_of_a_client)
{
	struct rring_event event[PLACES];
	uint32_t i, old = 0;

	for (i = 0; i < PLACES; i++)
		event[i] = xxl_make(self->producer, MIB, i + 1);
	for (i = 0; i < PLACES; i++)
		ASSERT_EQ(0, rring_drop(self->producer, &event[i]));
	for (i = 0; i < PLACES; i++) {
		event[i] = alloc(self->producer, MIB);
		old += !is_new(&event[i]);
	}
	EXPECT_EQ(KEPT, old);
}

TEST_F(idle, a_region_above_the_limit_is_freed)
{
	struct rring_event event = xxl_make(self->producer,
					    RRING_IDLE_MAX + 1, 5);

	ASSERT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_FALSE(xxl_is_mapped(&event));
	event = alloc(self->producer, RRING_IDLE_MAX + 1);
	EXPECT_TRUE(is_new(&event));
}

/* The reader has another event in the same place, and must not mix them up. */
TEST_F(idle, a_reader_finds_each_event_where_it_is)
{
	static const size_t len[] = { MIB, 2 * MIB, 3 * MIB, MIB, 4 * MIB,
				      5 * MIB, 6 * MIB, 2 * MIB };
	struct rring_client *other = client_of(self->arena, RRING_PRODUCER);
	struct rring_event event, held;
	uint64_t i;

	for (i = 0; i < 100; i++) {
		struct rring_client *client = i % 3 ? self->producer : other;

		event = xxl_make(client, len[i * 5 % 8], i);
		ASSERT_EQ(0, rring_upgrade(self->consumer,
					   rring_share(client, &event),
					   &held));
		EXPECT_TRUE(xxl_is(&held, i));
		ASSERT_EQ(0, rring_drop(client, &event));
		EXPECT_TRUE(xxl_is(&held, i));
		ASSERT_EQ(0, rring_drop(self->consumer, &held));
	}
	rring_close(other);
}

TEST_HARNESS_MAIN
