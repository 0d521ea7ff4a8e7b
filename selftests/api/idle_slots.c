// SPDX-License-Identifier: MPL-2.0
/*
 * Slots that idle clients do not use: another client can allocate them. So a
 * pool is full only when each slot is held, or named by a ring.
 */
#include <sched.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "rng.h"
#include "stream.h"
#include "thread.h"

#define SLOTS	500
#define MANY	4096	/* events that a test can have at a time */

/* Allocate until the pool is full. Returns how many, in @events. */
static uint32_t fill_pool(struct rring_client *client, enum rring_class pool,
			  struct rring_event *events)
{
	uint32_t n = 0;

	while (n < MANY && !rring_alloc_class(client, pool, 8, 0, &events[n]))
		n++;
	return n;
}

static void drop_all(struct rring_client *client, struct rring_event *events,
		     uint32_t n)
{
	while (n--)
		MUST(!rring_drop(client, &events[n]));
}

/* ---- clients that hold one event each, and do nothing more ---- */

FIXTURE(idle_slots)
{
	int arena;
	struct rring_client *busy;
	struct rring_event event[MANY];
	pthread_t thread;
	int result;		/* of the allocation of the thread */
};

FIXTURE_VARIANT(idle_slots)
{
	unsigned int flags;	/* of the idle clients */
};

FIXTURE_VARIANT_ADD(idle_slots, single_threaded)
{
	.flags = RRING_SINGLE_THREADED,
};

FIXTURE_VARIANT_ADD(idle_slots, multi_threaded)
{
	.flags = 0,
};

FIXTURE_SETUP(idle_slots)
{
	const uint32_t capacity[RRING_POOLS] = { SLOTS, 8, 1 };

	self->arena = arena_with(capacity, 0);
	self->busy = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(idle_slots)
{
	rring_close(self->busy);
	close(self->arena);
}

static void *wait_for_slot(void *arg)
{
	FIXTURE_DATA(idle_slots) *self = arg;
	struct rring_event event;

	self->result = rring_alloc_until(self->busy, 8, 0, SOON(), &event);
	return NULL;
}

#define IDLE	9

TEST_F(idle_slots, another_client_can_hold_all_that_is_not_held)
{
	struct rring_client *idle[IDLE];
	struct rring_event held[IDLE];
	uint32_t i, n;

	for (i = 0; i < IDLE; i++) {
		idle[i] = client_with(self->arena, RRING_PRODUCER,
				      variant->flags);
		ASSERT_EQ(0, rring_alloc(idle[i], 8, i, &held[i]));
	}
	n = fill_pool(self->busy, RRING_XS, self->event);
	EXPECT_EQ(SLOTS - IDLE, n);
	for (i = 0; i < IDLE; i++) {
		EXPECT_EQ(0, rring_drop(idle[i], &held[i]));
		EXPECT_EQ(0, rring_alloc(self->busy, 8, 0, &self->event[n]));
		n++;
	}
	drop_all(self->busy, self->event, n);
	for (i = 0; i < IDLE; i++)
		rring_close(idle[i]);
}

TEST_F(idle_slots, what_an_idle_client_has_dropped_is_free_for_others)
{
	struct rring_client *idle = client_with(self->arena, RRING_PRODUCER,
						variant->flags);
	uint32_t n = fill_pool(idle, RRING_XS, self->event);

	EXPECT_EQ(SLOTS, n);
	drop_all(idle, self->event, n);
	n = fill_pool(self->busy, RRING_XS, self->event);
	EXPECT_EQ(SLOTS, n);
	drop_all(self->busy, self->event, n);
	rring_close(idle);
}

TEST_F(idle_slots, a_client_that_was_idle_takes_its_share_again)
{
	struct rring_client *idle = client_with(self->arena, RRING_PRODUCER,
						variant->flags);
	struct rring_event event;
	uint32_t i, n;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, rring_alloc(idle, 8, 0, &event));
		ASSERT_EQ(0, rring_drop(idle, &event));
		n = fill_pool(self->busy, RRING_XS, self->event);
		ASSERT_EQ(SLOTS, n);
		ASSERT_EQ(-ENOSPC, rring_alloc(idle, 8, 0, &event));
		drop_all(self->busy, self->event, n);
	}
	ASSERT_EQ(SLOTS, fill_pool(idle, RRING_XS, self->event));
	drop_all(idle, self->event, SLOTS);
	rring_close(idle);
}

TEST_F(idle_slots, two_clients_alternate_on_the_only_slot)
{
	struct rring_client *other = client_with(self->arena, RRING_PRODUCER,
						 variant->flags);
	struct rring_event event;
	int i;

	for (i = 0; i < 100; i++) {
		struct rring_client *client = i % 2 ? other : self->busy;

		ASSERT_EQ(0, rring_alloc_m(client, 1000, 0, &event));
		ASSERT_EQ(0, rring_drop(client, &event));
	}
	rring_close(other);
}

TEST_F(idle_slots, a_waiting_client_gets_what_another_parks)
{
	struct rring_client *idle = client_with(self->arena, RRING_PRODUCER,
						variant->flags);
	uint32_t n = fill_pool(idle, RRING_XS, self->event);

	self->thread = thread_start(wait_for_slot, self);
	until_slot_wanted(idle, RRING_XS);
	EXPECT_EQ(0, rring_drop(idle, &self->event[n - 1]));
	thread_end(self->thread);
	EXPECT_EQ(0, self->result);
	drop_all(idle, self->event, n - 1);
	rring_close(idle);
}

TEST_F(idle_slots, a_client_over_its_quota_recalls_nothing)
{
	const uint32_t capacity[RRING_POOLS] = { 64 };
	int arena = arena_with(capacity, 25);
	struct rring_client *idle = client_with(arena, RRING_PRODUCER,
						variant->flags);
	struct rring_client *busy = client_of(arena, RRING_PRODUCER);
	struct rring_event event;

	ASSERT_EQ(0, rring_alloc(idle, 8, 0, &event));
	EXPECT_EQ(16, fill_pool(busy, RRING_XS, self->event));
	EXPECT_EQ(-EDQUOT, rring_alloc(busy, 8, 0, &event));
	EXPECT_EQ(0, RRING_LOAD(&busy->arena->recalls));
	rring_close(idle);
	rring_close(busy);
	close(arena);
}

TEST_F(idle_slots, a_client_alone_is_never_recalled)
{
	uint32_t i;

	for (i = 0; i < 3; i++)
		drop_all(self->busy, self->event,
			 fill_pool(self->busy, RRING_XS, self->event));
	EXPECT_EQ(0, RRING_LOAD(&self->busy->arena->recalls));
}

/* ---- what a client parks ---- */

/*
 * Allocate @n events and drop them, again and again. Return how many refills the
 * pool has had meanwhile.
 */
static uint64_t refills_of(struct rring_client *client,
			   struct rring_event *events, uint32_t n)
{
	const struct rring_pool_info *pool = &client->arena->pool[RRING_XS];
	uint64_t before = pool->refills;
	uint32_t i, round;

	for (round = 0; round < 100; round++) {
		for (i = 0; i < n; i++)
			MUST(!rring_alloc_xs(client, 8, 0, &events[i]));
		drop_all(client, events, n);
	}
	return pool->refills - before;
}

TEST(a_client_keeps_a_sixteenth_of_a_large_pool_for_its_next_allocations)
{
	const uint32_t capacity[RRING_POOLS] = { 8192 };
	struct rring_event events[512 + 1];
	struct rring_client *client;
	int arena;

	arena = arena_with(capacity, 0);
	client = client_of(arena, RRING_PRODUCER);
	refills_of(client, events, 512);
	EXPECT_EQ(0, refills_of(client, events, 512));
	EXPECT_LT(0, refills_of(client, events, 512 + 1));
	rring_close(client);
	close(arena);
}

/*
 * The idle client has parked a slot. The kernel recalls it, and another client
 * uses it for an event. The idle client can hold that event.
 */
TEST_F(idle_slots, an_event_in_a_recalled_slot_can_be_held)
{
	struct rring_client *idle = client_with(self->arena, RRING_PRODUCER,
						variant->flags);
	struct rring_event event, got;

	ASSERT_EQ(0, rring_alloc_m(idle, 8, 1, &event));
	ASSERT_EQ(0, rring_drop(idle, &event));
	ASSERT_EQ(0, rring_alloc_m(self->busy, 8, 2, &event));
	stream_fill(event.data, 8, 7);
	ASSERT_EQ(0, rring_upgrade(idle, rring_share(self->busy, &event),
				   &got));
	EXPECT_EQ(2, got.event_type);
	EXPECT_EQ(0, rring_drop(self->busy, &event));
	EXPECT_EQ(-ENOSPC, rring_alloc_m(self->busy, 8, 0, &event));
	EXPECT_EQ(7 * 0x9e3779b97f4a7c15, *(uint64_t *)got.data);
	EXPECT_EQ(0, rring_drop(idle, &got));
	EXPECT_EQ(0, rring_alloc_m(self->busy, 8, 0, &event));
	rring_close(idle);
}

TEST_F(idle_slots, a_read_event_in_a_recalled_slot_can_be_kept)
{
	const struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 4,
	};
	struct rring_writer *writer = writer_of(self->busy, &config);
	struct rring_client *idle = client_with(self->arena, RRING_PRODUCER,
						variant->flags);
	struct rring_reader *reader =
		reader_at(idle, rring_writer_ring_id(writer));
	struct rring_event event;

	ASSERT_EQ(0, rring_alloc_m(idle, 8, 1, &event));
	ASSERT_EQ(0, rring_drop(idle, &event));
	ASSERT_EQ(0, rring_alloc_m(self->busy, 8, 2, &event));
	ASSERT_EQ(0, rring_publish(writer, &event));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	EXPECT_EQ(0, rring_keep(reader, &event));
	EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
	EXPECT_EQ(-ENOSPC, rring_alloc_m(idle, 8, 0, &event));
	rring_close(idle);
}

/* ---- at random ---- */

#define CLIENTS_MAX	64
#define POOL		48

struct owned {
	struct rring_event event;
	uint32_t client;
	uint64_t number;
};

struct crowd {
	struct rng rng;
	uint32_t clients;
	struct rring_client *client[CLIENTS_MAX];
	struct owned owned[POOL];
	uint32_t n;			/* of .owned; each has a slot */
	uint64_t next;
};

/* The only reason why an allocation fails: each slot has an event. */
static int allocates_if_any_is_free(struct crowd *crowd, uint32_t i)
{
	struct owned *owned = &crowd->owned[crowd->n];
	struct rring_event event;
	int err = rring_alloc(crowd->client[i], 64, 0, &event);

	if (crowd->n == POOL)
		return err == -ENOSPC;
	if (err)
		return 0;
	*owned = (struct owned) { event, i, crowd->next++ };
	stream_fill(event.data, 64, owned->number);
	crowd->n++;
	return 1;
}

/* Another client takes over: it holds the event, and the first one drops it. */
static int hands_over(struct crowd *crowd, uint32_t i)
{
	struct owned *owned = &crowd->owned[rng_below(&crowd->rng, crowd->n)];
	struct rring_client *from = crowd->client[owned->client];
	uint64_t handle = rring_share(from, &owned->event);
	struct rring_event got;

	if (rring_upgrade(crowd->client[i], handle, &got) ||
	    rring_drop(from, &owned->event))
		return 0;
	owned->event = got;
	owned->event.len = 64;
	owned->client = i;
	return 1;
}

static int drops_intact(struct crowd *crowd)
{
	uint32_t i = rng_below(&crowd->rng, crowd->n);
	struct owned owned = crowd->owned[i];
	uint64_t want[8];

	stream_fill(want, sizeof(want), owned.number);
	crowd->owned[i] = crowd->owned[--crowd->n];
	return !memcmp(want, owned.event.data, sizeof(want)) &&
	       !rring_drop(crowd->client[owned.client], &owned.event);
}

static int step(struct crowd *crowd)
{
	uint32_t i = rng_below(&crowd->rng, crowd->clients);
	uint32_t what = rng_below(&crowd->rng, 16);

	if (!what) {
		rring_trim(crowd->client[i]);
		return 1;
	}
	if (what < 4 && crowd->n)
		return hands_over(crowd, i);
	if (what < 9 && crowd->n)
		return drops_intact(crowd);
	return allocates_if_any_is_free(crowd, i);
}

static void run_crowd(struct __test_metadata *_metadata, struct crowd *crowd,
		      uint32_t clients)
{
	const uint32_t capacity[RRING_POOLS] = { POOL };
	int arena = arena_with(capacity, 0);
	uint32_t i;

	crowd->clients = clients;
	crowd->n = 0;
	for (i = 0; i < clients; i++)
		crowd->client[i] = client_with(arena, RRING_PRODUCER,
					       rng_below(&crowd->rng, 2) ?
					       RRING_SINGLE_THREADED : 0);
	for (i = rounds(20000); i; i--)
		ASSERT_TRUE(step(crowd));
	while (crowd->n)
		ASSERT_TRUE(drops_intact(crowd));
	for (i = 0; i < clients; i++)
		rring_close(crowd->client[i]);
	close(arena);
}

TEST(an_allocation_fails_only_if_each_slot_has_an_event)
{
	struct crowd crowd = { .rng = rng_new("idle_slots") };
	uint32_t clients;

	for (clients = 2; clients <= CLIENTS_MAX; clients *= 2)
		run_crowd(_metadata, &crowd, clients);
}

/* ---- at the same time ---- */

#define THREADS	4

struct worker {
	struct rring_client *client;
	uint64_t first;		/* number of its first event */
	int share;		/* 1: its slots are not private */
	int intact;
};

static int alloc_one(struct rring_client *client, int batch, size_t len,
		     struct rring_event *event)
{
	if (batch && rring_alloc_batch(client, RRING_XS, len, 0, event, 1) == 1)
		return 0;
	return rring_alloc_until(client, len, 0, SOON(), event);
}

static int use_slot(struct worker *worker, uint64_t number)
{
	uint64_t want[8];
	struct rring_event event;
	int intact;

	if (alloc_one(worker->client, number % 2, sizeof(want), &event))
		return 0;
	stream_fill(event.data, sizeof(want), number);
	if (worker->share)
		rring_share(worker->client, &event);
	if (number % 8 == 0)
		sched_yield();
	stream_fill(want, sizeof(want), number);
	intact = !memcmp(want, event.data, sizeof(want));
	return !rring_drop(worker->client, &event) && intact;
}

static void *use_slots(void *arg)
{
	struct worker *worker = arg;
	uint32_t i;

	for (i = 0; i < rounds(40000) && worker->intact; i++)
		worker->intact = use_slot(worker, worker->first + i);
	return NULL;
}

/*
 * Return the client of worker @i. Workers 0 and 1 of each four are two threads
 * of one client; workers 2 and 3 have a single-threaded client each.
 */
static struct rring_client *client_of_worker(int arena,
					     const struct worker *worker,
					     uint32_t i)
{
	switch (i % 4) {
	case 0:
		return client_with(arena, RRING_PRODUCER, 0);
	case 1:
		return worker[i - 1].client;
	default:
		return client_with(arena, RRING_PRODUCER,
				   RRING_SINGLE_THREADED);
	}
}

static void run_workers(struct __test_metadata *_metadata, uint32_t slots)
{
	const uint32_t capacity[RRING_POOLS] = { slots };
	int arena = arena_with(capacity, 0);
	struct rring_client *last = client_of(arena, RRING_OBSERVER);
	struct worker worker[THREADS];
	pthread_t thread[THREADS];
	uint32_t i;

	for (i = 0; i < THREADS; i++) {
		worker[i] = (struct worker) {
			.client = client_of_worker(arena, worker, i),
			.first = (uint64_t)i << 32,
			.share = i % 2,
			.intact = 1,
		};
		thread[i] = thread_start(use_slots, &worker[i]);
	}
	for (i = 0; i < THREADS; i++) {
		thread_end(thread[i]);
		EXPECT_TRUE(worker[i].intact);
	}
	for (i = 0; i < THREADS; i++)
		if (i % 4 != 1)
			rring_close(worker[i].client);
	EXPECT_TRUE(all_free(last));
	rring_close(last);
	close(arena);
}

TEST(clients_that_recall_each_other_share_no_slot)
{
	run_workers(_metadata, 1);
	run_workers(_metadata, THREADS - 1);
	run_workers(_metadata, 16);
}

TEST_HARNESS_MAIN
