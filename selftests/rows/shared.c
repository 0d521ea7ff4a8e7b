// SPDX-License-Identifier: MPL-2.0
/* Several threads of one client, or each with its own, and a pool run dry. */
#include <pthread.h>
#include <sched.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "hoard.h"
#include "rounds.h"
#include "stream.h"
#include "thread.h"

#define THREADS	4
#define ROUNDS	20000
#define MAX	256
#define HOLDS	20000	/* per thread, half of which stay: a word has 65,535 */

FIXTURE(shared)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(shared)
{
	static const uint32_t capacity[RRING_POOLS] = { 64, 48 };

	self->arena = arena_with(capacity, 0);
	ASSERT_EQ(0, rring_open_arena(&self->client, self->arena,
				      RRING_PRODUCER, 0));
}

FIXTURE_TEARDOWN(shared)
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

static void run(struct __test_metadata *_metadata, struct worker *workers,
		void *(*work)(void *))
{
	int i;

	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work,
					    &workers[i]));
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_join(workers[i].thread, NULL));
}

static void *publish_and_read(void *arg)
{
	struct worker *worker = arg;
	struct rring_event kept, event;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		MUST(!stream_put(worker->writer, MAX));
		MUST(!rring_try_read(worker->reader, &event));
		MUST(stream_intact(&event, worker->delivered, MAX));
		kept = event;
		MUST(!rring_keep(worker->reader, &kept));
		MUST(rring_try_read(worker->reader, &event) == -EAGAIN);
		/* the ring has let go, and only the hold keeps it */
		MUST(!rring_hold(worker->client, &kept));
		MUST(!rring_drop(worker->client, &kept));
		MUST(stream_intact(&kept, worker->delivered, MAX));
		MUST(!rring_drop(worker->client, &kept));
		worker->delivered++;
	}
	return NULL;
}

TEST_F_TIMEOUT(shared, four_rings_at_once_come_out_exact, 100)
{
	struct worker workers[THREADS] = {};
	int i;

	for (i = 0; i < THREADS; i++) {
		workers[i].client = self->client;
		workers[i].writer = ring_of(self->client);
		workers[i].reader = reader_at(self->client,
					      workers[i].writer->id);
	}
	run(_metadata, workers, publish_and_read);
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(ROUNDS, workers[i].delivered);
		EXPECT_EQ(ROUNDS, workers[i].writer->head);
		rring_writer_close(workers[i].writer);
		rring_reader_close(workers[i].reader, 0);
	}
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

static void *hold_and_drop(void *arg)
{
	struct worker *worker = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		MUST(!rring_hold(worker->client, &worker->shared));
		MUST(!rring_hold(worker->client, &worker->shared));
		MUST(!rring_drop(worker->client, &worker->shared));
		if (i % 2)
			MUST(!rring_drop(worker->client, &worker->shared));
	}
	return NULL;
}

/* Every thread leaves half of its holds. */
TEST_F_TIMEOUT(shared, holds_of_one_event_are_counted_exactly, 100)
{
	struct worker workers[THREADS] = {};
	struct rring_event event;
	int i;

	ASSERT_EQ(0, rring_alloc(self->client, 8, 0, &event));
	for (i = 0; i < THREADS; i++) {
		workers[i].client = self->client;
		workers[i].shared = event;
	}
	run(_metadata, workers, hold_and_drop);
	EXPECT_EQ(1 + THREADS * ROUNDS / 2,
		  rring_ledger_holds(rring_word_load(event.word)));
	for (i = 0; i < 1 + THREADS * ROUNDS / 2; i++)
		ASSERT_EQ(0, rring_drop(self->client, &event));
	EXPECT_EQ(-EINVAL, rring_drop(self->client, &event));
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

static void *alloc_and_mark(void *arg)
{
	struct worker *worker = arg;
	uint64_t mark = (uintptr_t)worker;
	struct rring_event event[8];
	int i, j;

	for (i = 0; i < ROUNDS / 8; i++) {
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

/* Few slots, often allocated: two threads would write into one. */
TEST_F_TIMEOUT(shared, no_slot_is_given_to_two, 100)
{
	struct worker workers[THREADS] = {};
	int i;

	for (i = 0; i < THREADS; i++)
		workers[i].client = self->client;
	run(_metadata, workers, alloc_and_mark);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

/* One publishes, another reads: each writer and reader has one thread. */
static void *only_publish(void *arg)
{
	struct worker *worker = arg;
	int i, err;

	for (i = 0; i < ROUNDS; i++) {
		while ((err = stream_put(worker->writer, MAX)) == -EAGAIN)
			sched_yield();
		MUST(!err);
	}
	return NULL;
}

static void *only_read(void *arg)
{
	struct worker *worker = arg;

	while (worker->delivered < ROUNDS) {
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

TEST_F_TIMEOUT(shared, writers_and_readers_may_have_threads_of_their_own, 100)
{
	struct worker workers[THREADS] = {};
	int i;

	for (i = 0; i < THREADS; i += 2) {
		workers[i].client = self->client;
		workers[i].writer = ring_of(self->client);
		workers[i + 1].client = self->client;
		workers[i + 1].reader = reader_at(self->client,
						  workers[i].writer->id);
	}
	run(_metadata, workers, publish_or_read);
	for (i = 0; i < THREADS; i += 2) {
		EXPECT_EQ(ROUNDS, workers[i + 1].delivered);
		rring_writer_close(workers[i].writer);
	}
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

TEST_HARNESS_MAIN
