// SPDX-License-Identifier: MPL-2.0
/* Threads that share a client or have one each, and an exhausted pool. */
#include <pthread.h>
#include <sched.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "held_events.h"
#include "repetition.h"
#include "stream.h"
#include "thread.h"

#define THREADS	4
#define ROUNDS	20000
#define MAX	256

FIXTURE(threads)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(threads)
{
	static const uint32_t capacity[RRING_POOLS] = { 64, 48 };

	self->arena = arena_with(capacity, 0);
	ASSERT_EQ(0, rring_open_arena(&self->client, self->arena,
				      RRING_PRODUCER, 0));
}

FIXTURE_TEARDOWN(threads)
{
	rring_close(self->client);
	close(self->arena);
}

struct worker {
	pthread_t thread;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct rring_event shared;
	uint64_t delivered;
	uint32_t rounds;
};

static struct rring_writer *ring_of(struct rring_client *client)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 4,
	};

	return writer_of(client, &config);
}

static void run(struct worker *workers, void *(*work)(void *))
{
	int i;

	for (i = 0; i < THREADS; i++) {
		workers[i].rounds = rounds(ROUNDS);
		workers[i].thread = thread_start(work, &workers[i]);
	}
	for (i = 0; i < THREADS; i++)
		thread_end(workers[i].thread);
}

static void *publish_and_read(void *arg)
{
	struct worker *worker = arg;
	struct rring_event kept, event;
	uint32_t i;

	for (i = 0; i < worker->rounds; i++) {
		MUST(!stream_put(worker->writer, MAX));
		MUST(!rring_try_read(worker->reader, &event));
		MUST(stream_intact(&event, worker->delivered, MAX));
		kept = event;
		MUST(!rring_keep(worker->reader, &kept));
		MUST(rring_try_read(worker->reader, &event) == -EAGAIN);
		/* the entry is released; only the hold keeps the slot */
		MUST(!rring_hold(worker->client, &kept));
		MUST(!rring_drop(worker->client, &kept));
		MUST(stream_intact(&kept, worker->delivered, MAX));
		MUST(!rring_drop(worker->client, &kept));
		worker->delivered++;
	}
	return NULL;
}

TEST_F_TIMEOUT(threads, four_rings_at_once_come_out_exact, 100)
{
	struct worker workers[THREADS] = {};
	int i;

	for (i = 0; i < THREADS; i++) {
		workers[i].client = self->client;
		workers[i].writer = ring_of(self->client);
		workers[i].reader = reader_at(
			self->client, rring_writer_ring_id(workers[i].writer));
	}
	run(workers, publish_and_read);
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(workers[i].rounds, workers[i].delivered);
		EXPECT_EQ(workers[i].rounds,
			  rring_writer_position(workers[i].writer));
		rring_writer_close(workers[i].writer);
		rring_reader_close(workers[i].reader, 0);
	}
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

static void *hold_and_drop(void *arg)
{
	struct worker *worker = arg;
	uint32_t i;

	for (i = 0; i < worker->rounds; i++) {
		MUST(!rring_hold(worker->client, &worker->shared));
		MUST(!rring_hold(worker->client, &worker->shared));
		MUST(!rring_drop(worker->client, &worker->shared));
		if (i % 2)
			MUST(!rring_drop(worker->client, &worker->shared));
	}
	return NULL;
}

/* Every thread keeps half of its holds. */
TEST_F_TIMEOUT(threads, holds_of_one_event_are_counted_exactly, 100)
{
	uint32_t i, left = 1 + THREADS * ((rounds(ROUNDS) + 1) / 2);
	struct worker workers[THREADS] = {};
	struct rring_event event;

	ASSERT_EQ(0, rring_alloc(self->client, 8, 0, &event));
	for (i = 0; i < THREADS; i++) {
		workers[i].client = self->client;
		workers[i].shared = event;
	}
	run(workers, hold_and_drop);
	EXPECT_EQ(left, rring_ledger_holds(rring_word_load(event.word)));
	for (i = 0; i < left; i++)
		ASSERT_EQ(0, rring_drop(self->client, &event));
	EXPECT_EQ(-EINVAL, rring_drop(self->client, &event));
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

static void *drop_what_is_not_held(void *arg)
{
	struct worker *worker = arg;
	uint32_t i;

	for (i = 0; i < worker->rounds; i++)
		if (rring_drop(worker->client, &worker->shared) != -EINVAL)
			worker->delivered++;
	return NULL;
}

TEST_F_TIMEOUT(threads, drops_that_fail_at_once_change_nothing, 100)
{
	struct worker workers[THREADS] = {};
	struct rring_event event;
	uint32_t i;

	ASSERT_EQ(0, rring_alloc(self->client, 8, 0, &event));
	ASSERT_EQ(0, rring_drop(self->client, &event));
	for (i = 0; i < THREADS; i++) {
		workers[i].client = self->client;
		workers[i].shared = event;
	}
	run(workers, drop_what_is_not_held);
	for (i = 0; i < THREADS; i++)
		EXPECT_EQ(0, workers[i].delivered);
	EXPECT_EQ(0, rring_ledger_holds(rring_word_load(event.word)));
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

static void *alloc_and_mark(void *arg)
{
	struct worker *worker = arg;
	uint64_t mark = (uintptr_t)worker;
	struct rring_event event[8];
	uint32_t i, j;

	for (i = 0; i < worker->rounds / 8; i++) {
		for (j = 0; j < 8; j++) {
			MUST(!rring_alloc_until(worker->client, 64, 0, SOON(),
						&event[j]));
			*(volatile uint64_t *)event[j].data = mark + j;
		}
		for (j = 0; j < 8; j++) {
			MUST(*(volatile uint64_t *)event[j].data == mark + j);
			MUST(!rring_drop(worker->client, &event[j]));
		}
	}
	return NULL;
}

/* Few slots that are often reused: two owners of one slot would be noticed. */
TEST_F_TIMEOUT(threads, no_slot_is_given_to_two, 100)
{
	struct worker workers[THREADS] = {};
	int i;

	for (i = 0; i < THREADS; i++)
		workers[i].client = self->client;
	run(workers, alloc_and_mark);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

/* One thread publishes and another reads; each object has one thread. */
static void *only_publish(void *arg)
{
	struct worker *worker = arg;
	uint32_t i;
	int err;

	for (i = 0; i < worker->rounds; i++) {
		while ((err = stream_put(worker->writer, MAX)) == -EAGAIN)
			sched_yield();
		MUST(!err);
	}
	return NULL;
}

static void *only_read(void *arg)
{
	struct worker *worker = arg;

	while (worker->delivered < worker->rounds) {
		MUST(!stream_take_soon(worker->reader, MAX));
		worker->delivered++;
	}
	return NULL;
}

static void *publish_or_read(void *arg)
{
	struct worker *worker = arg;

	return worker->reader ? only_read(arg) : only_publish(arg);
}

TEST_F_TIMEOUT(threads, writers_and_readers_may_have_threads_of_their_own, 100)
{
	struct worker workers[THREADS] = {};
	int i;

	for (i = 0; i < THREADS; i += 2) {
		workers[i].client = self->client;
		workers[i].writer = ring_of(self->client);
		workers[i + 1].client = self->client;
		workers[i + 1].reader = reader_at(
			self->client, rring_writer_ring_id(workers[i].writer));
	}
	run(workers, publish_or_read);
	for (i = 0; i < THREADS; i += 2) {
		EXPECT_EQ(workers[i].rounds, workers[i + 1].delivered);
		rring_writer_close(workers[i].writer);
	}
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

/* ---- a client for each thread: one producer, slow and fast consumers ---- */

#define CONSUMERS	3

struct consumer {
	int arena;
	uint32_t ring;
	uint32_t joined;
	uint32_t holders;	/* events that it holds at a time */
	uint64_t count;
};

static int take_and_hoard(struct held_events *held_events, struct rring_reader *reader,
			  uint32_t places)
{
	if (!places)
		return stream_take(reader, MAX);
	return held_events_take(held_events,
				rring_reader_position(reader) % places, reader);
}

/* Held events must not change while their pool is exhausted. */
static void *consume(void *arg)
{
	struct consumer *consumer = arg;
	struct rring_client *client = client_of(consumer->arena,
						RRING_CONSUMER);
	struct rring_reader *reader = reader_at(client, consumer->ring);
	struct held_events held_events = { .client = client, .max = MAX };
	int err;

	step_take(&consumer->joined);
	while ((err = take_and_hoard(&held_events, reader, consumer->holders)) !=
	       -EPIPE) {
		if (!err)
			consumer->count++;
		else if (err == -EAGAIN)
			MUST(!rring_wait_readable(reader, SOON()));
		else
			MUST(!err);
	}
	MUST(held_events_drop_all(&held_events));
	rring_close(client);
	return NULL;
}

TEST_F_TIMEOUT(threads, a_dry_pool_costs_nobody_an_event, 100)
{
	/* slots for the held events and the ring, and two spare ones */
	static const uint32_t capacity[RRING_POOLS] = { 18, 18 };
	int arena = arena_with(capacity, 0);
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_BLOCK,
		.capacity = 4,
	};
	struct rring_writer *writer = writer_of(client, &config);
	struct consumer consumer[CONSUMERS] = {};
	pthread_t thread[CONSUMERS];
	uint32_t i, n = rounds(20000);

	for (i = 0; i < CONSUMERS; i++) {
		consumer[i] = (struct consumer) {
			.arena = arena,
			.ring = rring_writer_ring_id(writer),
			.holders = i * HELD_EVENTS / 2,
		};
		thread[i] = thread_start(consume, &consumer[i]);
		step_wait(&consumer[i].joined);
	}
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	rring_writer_close(writer);
	for (i = 0; i < CONSUMERS; i++) {
		thread_end(thread[i]);
		EXPECT_EQ(n, consumer[i].count);
	}
	rring_trim(client);
	EXPECT_TRUE(all_free(client));
	rring_close(client);
	close(arena);
}

TEST_HARNESS_MAIN
