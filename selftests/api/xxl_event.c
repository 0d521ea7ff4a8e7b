// SPDX-License-Identifier: MPL-2.0
/* Events above 16 KiB have pages of their own, which are theirs while held. */
#include <unistd.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "page.h"
#include "xxl_event.h"
#include "stream.h"
#include "thread.h"

#define PLACES	4u
#define THREADS	4
#define ROUNDS	40

FIXTURE(xxl)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
};

FIXTURE_VARIANT(xxl)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(xxl, one_thread)
{
	.flags = RRING_SINGLE_THREADED,
};

FIXTURE_VARIANT_ADD(xxl, threads)
{
	.flags = 0,
};

FIXTURE_SETUP(xxl)
{
	self->arena = xxl_arena(PLACES, 0);
	self->producer = client_with(self->arena, RRING_PRODUCER,
				     variant->flags);
	self->consumer = client_with(self->arena, RRING_CONSUMER,
				     variant->flags);
}

FIXTURE_TEARDOWN(xxl)
{
	struct rring_client *last = client_of(self->arena, RRING_OBSERVER);

	rring_close(self->producer);
	rring_close(self->consumer);
	EXPECT_EQ(PLACES, xxl_free(last));
	EXPECT_TRUE(all_free(last));
	rring_close(last);
	close(self->arena);
}

static int is_zero(const struct rring_event *event)
{
	const uint64_t *data = event->data;
	size_t i;

	for (i = 0; i < event->len / sizeof(*data); i++)
		if (data[i])
			return 0;
	return 1;
}

TEST_F(xxl, the_first_event_of_any_length_has_zeroed_pages)
{
	const size_t len[] = {
		16 * KIB + 1, 6 * PAGE, 6 * PAGE + 1, MIB, 64 * MIB,
	};
	struct rring_event event, held;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(len); i++) {
		ASSERT_EQ(0, rring_alloc(self->producer, len[i], 7, &event));
		EXPECT_EQ(RRING_XXL, rring_handle_class(event.handle));
		EXPECT_EQ(len[i], event.len);
		EXPECT_EQ(7, event.event_type);
		EXPECT_EQ(0, (uintptr_t)event.data % 64);
		EXPECT_TRUE(is_zero(&event));
		xxl_fill(&event, i);
		ASSERT_EQ(0, rring_upgrade(self->consumer, event.handle,
					   &held));
		EXPECT_EQ(len[i], held.len);
		EXPECT_EQ(7, held.event_type);
		EXPECT_TRUE(xxl_is(&held, i));
		EXPECT_EQ(0, rring_drop(self->producer, &event));
		EXPECT_TRUE(xxl_is(&held, i));
		EXPECT_EQ(0, rring_drop(self->consumer, &held));
	}
}

TEST_F(xxl, alloc_by_class_takes_any_length_up_to_a_gibibyte)
{
	struct rring_event event;

	ASSERT_EQ(0, rring_alloc_class(self->producer, RRING_XXL, 0, 1,
				       &event));
	EXPECT_EQ(0, event.len);
	EXPECT_EQ(0, rring_resize(self->producer, &event, PAGE));
	EXPECT_EQ(PAGE, event.len);
	EXPECT_EQ(-E2BIG, rring_resize(self->producer, &event, PAGE + 1));
	EXPECT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_EQ(-E2BIG, rring_alloc(self->producer, RRING_XXL_MAX + 1ul, 1,
				      &event));
	EXPECT_EQ(-E2BIG, rring_alloc_class(self->producer, RRING_XXL,
					    RRING_XXL_MAX + 1, 1, &event));
	EXPECT_EQ(-E2BIG, rring_alloc_xl(self->producer, 16 * KIB + 1, 1,
					 &event));
	EXPECT_EQ(-EPERM, rring_alloc(self->consumer, MIB, 1, &event));
}

TEST_F(xxl, the_last_hold_of_all_frees_the_place)
{
	struct rring_event event = xxl_make(self->producer, MIB, 1), held;

	ASSERT_EQ(0, rring_hold(self->producer, &event));
	ASSERT_EQ(0, rring_upgrade(self->consumer, event.handle, &held));
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_EQ(-EINVAL, rring_drop(self->producer, &event));
	EXPECT_EQ(-EINVAL, rring_hold(self->producer, &event));
	EXPECT_EQ(PLACES - 1, xxl_free(self->producer));
	EXPECT_TRUE(xxl_is(&held, 1));
	EXPECT_TRUE(xxl_is_mapped(&held));
	ASSERT_EQ(0, rring_drop(self->consumer, &held));
	EXPECT_EQ(PLACES, xxl_free(self->producer));
	EXPECT_EQ(-EINVAL, rring_drop(self->consumer, &held));
}

TEST_F(xxl, handle_names_one_use_of_its_place)
{
	struct rring_event first = xxl_make(self->producer, MIB, 1);
	struct rring_event second, held;

	ASSERT_EQ(0, rring_find(self->producer, first.handle, &held));
	EXPECT_EQ(first.data, held.data);
	EXPECT_EQ(-ESTALE, rring_find(self->consumer, first.handle, &held));
	ASSERT_EQ(0, rring_drop(self->producer, &first));
	EXPECT_EQ(-ESTALE, rring_upgrade(self->consumer, first.handle, &held));
	second = xxl_make(self->producer, 2 * MIB, 2);
	ASSERT_EQ(rring_handle_index(first.handle),
		  rring_handle_index(second.handle));
	EXPECT_NE(first.handle, second.handle);
	EXPECT_EQ(-ESTALE, rring_upgrade(self->consumer, first.handle, &held));
	EXPECT_EQ(-ESTALE, rring_upgrade(self->producer, first.handle, &held));
	EXPECT_EQ(-ESTALE, rring_find(self->producer, first.handle, &held));
	/* the stale event does not give access to the new one */
	EXPECT_EQ(-EINVAL, rring_hold(self->producer, &first));
	EXPECT_EQ(-EINVAL, rring_drop(self->producer, &first));
	EXPECT_EQ(-EBADMSG, rring_upgrade(self->consumer,
					  rring_handle(1, RRING_XXL, PLACES),
					  &held));
	ASSERT_EQ(0, rring_upgrade(self->consumer,
				   rring_share(self->producer, &second),
				   &held));
	EXPECT_EQ(2 * MIB, held.len);
	EXPECT_TRUE(xxl_is(&held, 2));
	ASSERT_EQ(0, rring_drop(self->consumer, &held));
	EXPECT_TRUE(xxl_is(&second, 2));
	ASSERT_EQ(0, rring_drop(self->producer, &second));
}

TEST_F(xxl, holds_are_counted_and_refused_like_any_other)
{
	struct rring_event event = xxl_make(self->producer, 17 * KIB, 1);
	uint32_t i;

	for (i = 1; i < RRING_HOLDS_MAX; i++)
		ASSERT_EQ(0, rring_hold(self->producer, &event));
	EXPECT_EQ(-EOVERFLOW, rring_hold(self->producer, &event));
	EXPECT_EQ(-EOVERFLOW, rring_upgrade(self->producer, event.handle,
					    &event));
	for (i = 0; i < RRING_HOLDS_MAX; i++)
		ASSERT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_EQ(-EINVAL, rring_drop(self->producer, &event));
	EXPECT_EQ(PLACES, xxl_free(self->producer));
}

/* ---- exhaustion ---- */

TEST_F(xxl, a_place_that_is_free_again_can_be_had_again)
{
	struct rring_event event[PLACES], more;
	uint32_t i;

	for (i = 0; i < PLACES; i++)
		event[i] = xxl_make(self->producer, MIB * (i + 1), i);
	EXPECT_EQ(-ENOSPC, rring_alloc(self->producer, MIB, 1, &more));
	EXPECT_EQ(-ETIMEDOUT, rring_alloc_until(self->producer, MIB, 1, 1,
						&more));
	for (i = 0; i < PLACES; i++)
		EXPECT_TRUE(xxl_is(&event[i], i));
	ASSERT_EQ(0, rring_drop(self->producer, &event[2]));
	event[2] = xxl_make(self->producer, MIB, 9);
	for (i = 0; i < PLACES; i++)
		ASSERT_EQ(0, rring_drop(self->producer, &event[i]));
}

TEST(a_quota_is_one_of_places)
{
	int arena = xxl_arena(PLACES, 50);
	struct rring_client *first = client_of(arena, RRING_PRODUCER);
	struct rring_client *second = client_of(arena, RRING_PRODUCER);
	struct rring_event event[3];

	event[0] = xxl_make(first, MIB, 0);
	event[1] = xxl_make(first, MIB, 1);
	EXPECT_EQ(-EDQUOT, rring_alloc(first, MIB, 1, &event[2]));
	event[2] = xxl_make(second, MIB, 2);
	ASSERT_EQ(0, rring_drop(first, &event[0]));
	event[0] = xxl_make(first, MIB, 3);
	rring_close(first);
	EXPECT_EQ(PLACES - 1, xxl_free(second));
	rring_close(second);
	close(arena);
}

struct starving {
	struct rring_client *client;
	uint32_t len;
	struct rring_event event;
	int err;
};

static void *starve(void *arg)
{
	struct starving *starving = arg;

	starving->err = rring_alloc_until(starving->client, starving->len, 1,
					  SOON(), &starving->event);
	return NULL;
}

TEST_F(xxl, who_waits_gets_the_place_that_another_client_leaves)
{
	struct starving starving = {
		.client = client_with(self->arena, RRING_PRODUCER, 0),
		.len = 3 * MIB,
	};
	struct rring_event event[PLACES];
	pthread_t thread;
	uint32_t i;

	for (i = 0; i < PLACES; i++)
		event[i] = xxl_make(self->producer, MIB, i);
	thread = thread_start(starve, &starving);
	until_slot_wanted(self->producer, RRING_XXL);
	ASSERT_EQ(0, rring_drop(self->producer, &event[1]));
	thread_end(thread);
	EXPECT_EQ(0, starving.err);
	EXPECT_EQ(3 * MIB, starving.event.len);
	rring_close(starving.client);
}

/* A thread that waits does not block the other threads of its client. */
TEST_F(xxl, threads_of_one_client_drop_while_one_waits)
{
	struct rring_client *client = client_with(self->arena, RRING_PRODUCER,
						  0);
	struct starving starving = { .client = client, .len = MIB };
	struct rring_event event[PLACES];
	struct rring_event other;
	pthread_t thread;
	uint32_t i;

	for (i = 0; i < PLACES; i++)
		event[i] = xxl_make(client, MIB, i);
	thread = thread_start(starve, &starving);
	until_slot_wanted(client, RRING_XXL);
	EXPECT_EQ(-ENOSPC, rring_alloc(client, MIB, 1, &other));
	ASSERT_EQ(0, rring_drop(client, &event[3]));
	thread_end(thread);
	ASSERT_EQ(0, starving.err);
	EXPECT_EQ(0, rring_drop(client, &starving.event));
	rring_close(client);
}

/* ---- threads ---- */

struct worker {
	struct rring_client *client;
	uint32_t id;
};

/* Each thread uses other lengths, so that a mix-up would be noticed. */
static void *allocate_and_drop(void *arg)
{
	struct worker *worker = arg;
	uint32_t i;

	for (i = 0; i < ROUNDS; i++) {
		size_t len = (8 + 2 * (worker->id * 7 + i % 5)) * PAGE;
		struct rring_event event;

		MUST(!rring_alloc_until(worker->client, len, i, SOON(),
					&event));
		MUST(event.len == len);
		xxl_fill(&event, worker->id);
		MUST(!rring_hold(worker->client, &event));
		MUST(!rring_drop(worker->client, &event));
		MUST(xxl_is(&event, worker->id));
		MUST(!rring_resize(worker->client, &event, len));
		MUST(rring_resize(worker->client, &event, len + 1) == -E2BIG);
		MUST(!rring_drop(worker->client, &event));
	}
	return NULL;
}

/* There are more threads than places, so some threads wait. */
TEST_F(xxl, threads_of_one_client_get_what_they_asked_for)
{
	struct rring_client *client = client_with(self->arena, RRING_PRODUCER,
						  0);
	struct worker worker[THREADS + PLACES];
	pthread_t thread[THREADS + PLACES];
	uint32_t i;

	for (i = 0; i < THREADS + PLACES; i++) {
		worker[i] = (struct worker) { .client = client, .id = i };
		thread[i] = thread_start(allocate_and_drop, &worker[i]);
	}
	for (i = 0; i < THREADS + PLACES; i++)
		thread_end(thread[i]);
	EXPECT_EQ(PLACES, xxl_free(self->producer));
	rring_close(client);
}

/* A handle that clients upgrade while its event comes and goes. */
struct offer {
	int arena;
	uint64_t handle;	/* 0: end of the test */
	uint32_t started;
};

static void *snatch(void *arg)
{
	struct offer *offer = arg;
	struct rring_client *client = client_of(offer->arena, RRING_OBSERVER);
	struct rring_event event;
	uint64_t handle;
	int err;

	step_take(&offer->started);
	while ((handle = __atomic_load_n(&offer->handle, __ATOMIC_ACQUIRE))) {
		err = rring_upgrade(client, handle, &event);
		MUST(!err || err == -ESTALE);
		if (err)
			continue;
		MUST(xxl_is(&event, event.event_type));
		MUST(!rring_drop(client, &event));
	}
	rring_close(client);
	return NULL;
}

TEST_F(xxl, weak_upgrades_race_with_the_end_of_their_events)
{
	struct offer offer = { .arena = self->arena };
	struct rring_event event;
	pthread_t thread[2];
	uint32_t i;

	for (i = 0; i < 5 * ROUNDS; i++) {
		ASSERT_EQ(0, rring_alloc_until(self->producer,
					       (17 + i % 5 * 4) * KIB, i,
					       SOON(), &event));
		xxl_fill(&event, i);
		rring_share(self->producer, &event);
		__atomic_store_n(&offer.handle, event.handle,
				 __ATOMIC_RELEASE);
		if (i < 2) {
			offer.started = 0;
			thread[i] = thread_start(snatch, &offer);
			step_wait(&offer.started);
		}
		ASSERT_EQ(0, rring_drop(self->producer, &event));
	}
	__atomic_store_n(&offer.handle, 0, __ATOMIC_RELEASE);
	for (i = 0; i < 2; i++)
		thread_end(thread[i]);
	EXPECT_EQ(PLACES, xxl_free(self->producer));
}

TEST_HARNESS_MAIN
