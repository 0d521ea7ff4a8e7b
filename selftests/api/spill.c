// SPDX-License-Identifier: MPL-2.0
/*
 * A client that was opened with RRING_SPILL takes a slot of a larger class if its
 * own class is dry. Without this flag, and for another client, the class decides.
 */
#include <errno.h>
#include <pthread.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define PAST	1	/* a deadline that has passed */

FIXTURE(spill)
{
	int arena;
	struct rring_client *client;
	struct rring_client *strict;	/* without RRING_SPILL */
};

FIXTURE_VARIANT(spill)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(spill, of_one_thread)
{
	.flags = RRING_SPILL | RRING_SINGLE_THREADED,
};

FIXTURE_VARIANT_ADD(spill, of_threads)
{
	.flags = RRING_SPILL,
};

/* Class M has no slots at all. */
FIXTURE_SETUP(spill)
{
	static const uint32_t capacity[RRING_POOLS] = {
		[RRING_XS] = 2, [RRING_S] = 1, [RRING_L] = 1, [RRING_XXL] = 2,
	};

	self->arena = arena_with(capacity, 0);
	self->client = client_with(self->arena, RRING_PRODUCER, variant->flags);
	self->strict = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(spill)
{
	rring_close(self->strict);
	rring_close(self->client);
	close(self->arena);
}

static enum rring_class class_of(const struct rring_event *event)
{
	return event->handle >> RRING_HANDLE_CLASS_SHIFT & 7;
}

TEST_F(spill, takes_the_next_class_that_has_a_slot)
{
	static const enum rring_class expected[] = {
		RRING_XS, RRING_XS, RRING_S, RRING_L,
	};
	struct rring_event event[4], other;
	int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, rring_alloc(self->client, 40, 7, &event[i]));
		EXPECT_EQ(expected[i], class_of(&event[i]));
		EXPECT_EQ(40, event[i].len);
		EXPECT_EQ(7, event[i].event_type);
	}
	/* events above 16 KiB have no slots to lend */
	EXPECT_EQ(-ENOSPC, rring_alloc(self->client, 40, 7, &other));
	EXPECT_EQ(-ENOSPC, rring_alloc_until(self->client, 40, 7, 0, &other));
	EXPECT_EQ(-ETIMEDOUT, rring_alloc_until(self->client, 40, 7, PAST,
						&other));
	EXPECT_EQ(0, rring_alloc(self->client, 20000, 7, &other));
	/* an event that has spilled is one like any other */
	EXPECT_EQ(0, rring_resize(self->client, &event[3], 4096));
	EXPECT_EQ(0, rring_drop(self->client, &event[3]));
	EXPECT_EQ(0, rring_alloc_xs(self->client, 40, 7, &event[3]));
	EXPECT_EQ(RRING_L, class_of(&event[3]));
}

TEST_F(spill, comes_before_a_wait)
{
	struct rring_event event[3];
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, rring_alloc_until(self->client, 64, 0,
					       RRING_FOREVER, &event[i]));
	EXPECT_EQ(RRING_S, class_of(&event[2]));
}

TEST_F(spill, is_not_for_a_class_that_has_a_slot)
{
	struct rring_event event[2];

	ASSERT_EQ(2, rring_alloc_batch(self->client, RRING_XS, 64, 0, event,
				       2));
	EXPECT_EQ(RRING_XS, class_of(&event[1]));
	EXPECT_EQ(0, rring_drop(self->client, &event[0]));
	ASSERT_EQ(0, rring_alloc(self->client, 64, 0, &event[0]));
	EXPECT_EQ(RRING_XS, class_of(&event[0]));
}

TEST_F(spill, is_for_batches_as_well)
{
	struct rring_event event[5];

	ASSERT_EQ(4, rring_alloc_batch(self->client, RRING_XS, 64, 0, event,
				       5));
	EXPECT_EQ(RRING_S, class_of(&event[2]));
	EXPECT_EQ(RRING_L, class_of(&event[3]));
}

TEST_F(spill, is_only_for_who_asks_for_it)
{
	struct rring_event event[3];

	ASSERT_EQ(0, rring_alloc(self->strict, 64, 0, &event[0]));
	ASSERT_EQ(0, rring_alloc(self->strict, 64, 0, &event[1]));
	EXPECT_EQ(-ENOSPC, rring_alloc(self->strict, 64, 0, &event[2]));
	EXPECT_EQ(-ETIMEDOUT, rring_alloc_until(self->strict, 64, 0, PAST,
						&event[2]));
}

TEST_F(spill, does_not_hide_other_errors)
{
	struct rring_client *consumer = client_with(
		self->arena, RRING_CONSUMER, RRING_SPILL);
	struct rring_event event;

	EXPECT_EQ(-EPERM, rring_alloc(consumer, 64, 0, &event));
	EXPECT_EQ(-E2BIG, rring_alloc_xs(self->client, 65, 0, &event));
	rring_close(consumer);
}

/* All classes are dry. The slot that the sleeper gets is one of its class. */
static void *drop_when_wanted(void *arg)
{
	struct rring_event *event = arg;
	struct rring_client *client = (struct rring_client *)event->client;

	until_slot_wanted(client, RRING_XS);
	MUST(!rring_drop(client, event));
	return NULL;
}

TEST_F(spill, waits_for_its_own_class_if_all_are_dry)
{
	struct rring_event first, event;
	pthread_t thread;

	ASSERT_EQ(0, rring_alloc(self->strict, 64, 0, &first));
	rring_share(self->strict, &first);
	while (!rring_alloc(self->client, 64, 0, &event))
		;
	thread = thread_start(drop_when_wanted, &first);
	ASSERT_EQ(0, rring_alloc_until(self->client, 64, 0, SOON(), &event));
	EXPECT_EQ(RRING_XS, class_of(&event));
	thread_end(thread);
}

TEST_HARNESS_MAIN
