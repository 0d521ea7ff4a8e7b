// SPDX-License-Identifier: MPL-2.0
/*
 * Summaries of the ledger: each counts the words with holds or in_flight, after
 * whatever a client has done. A count that is too low would free slots in use; one
 * that is too high costs every sweep time.
 */
#include "kselftest_harness.h"

#include <rusted_ring/internal/layout.h>
#include <rusted_ring/internal/ledger.h>

#include "arena.h"
#include "repetition.h"
#include "rng.h"
#include "stream.h"
#include "thread.h"

#define ENTRIES	8
#define THREADS	4

/* The first summary is for XS and a part of S, the last one also for XXL. */
static const uint32_t capacities[RRING_POOLS] = { 48, 200, 0, 8, 0, 4 };

static uint32_t slots_with_summary(const struct rring_client *client)
{
	return client->arena->slots - client->arena->pool[RRING_XXL].capacity;
}

static uint32_t words_in_use(const struct rring_client *client, uint32_t from,
			     uint32_t to)
{
	const rring_word_t *word = client->pool[0].ledger;
	uint32_t n = 0;

	for (; from < to; from++)
		n += !rring_ledger_is_empty(rring_word_load(&word[from]));
	return n;
}

static uint64_t summary_at(const struct rring_client *client, uint32_t i)
{
	const struct rring_tails *tails =
		(const struct rring_tails *)client->pool[0].ledger - 1;
	const rring_word_t *first = (const rring_word_t *)
		((const char *)tails + client->arena->summary_offset);

	return rring_word_load(&first[i]);
}

/* Return 1 if each summary counts its words, at a moment when none changes. */
static int counts_are_right(const struct rring_client *client)
{
	uint64_t used = rring_word_load(client->used);
	uint32_t end = slots_with_summary(client);
	uint32_t i, from, to, n, all = 0;

	for (i = 0; i < rring_summaries(client->arena->slots); i++) {
		from = i * RRING_SUMMARY_WORDS;
		to = from + RRING_SUMMARY_WORDS;
		n = words_in_use(client, from, to < end ? to : end);
		if (rring_summary_count(summary_at(client, i)) != n)
			return 0;
		all += n;
	}
	if (!(used & RRING_SUMMARY_KEPT))
		return 0;
	return client->shared ? !all || rring_summary_count(used) :
				rring_summary_count(used) == all;
}

/* ---- one thing after the other ---- */

FIXTURE(summary)
{
	int arena;
	struct rring_client *client, *peer;
	struct rring_writer *writer;
	struct rring_reader *reader;	/* of .peer */
};

FIXTURE_VARIANT(summary)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(summary, single_threaded)
{
	.flags = RRING_SINGLE_THREADED,
};

FIXTURE_VARIANT_ADD(summary, multi_threaded)
{
	.flags = 0,
};

FIXTURE_SETUP(summary)
{
	const struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = ENTRIES,
	};

	self->arena = arena_with(capacities, 0);
	self->client = client_with(self->arena, RRING_PRODUCER, variant->flags);
	self->peer = client_with(self->arena, RRING_PRODUCER, variant->flags);
	self->writer = writer_of(self->client, &config);
	self->reader = reader_at(self->peer,
				 rring_writer_ring_id(self->writer));
}

FIXTURE_TEARDOWN(summary)
{
	rring_close(self->peer);
	rring_close(self->client);
	close(self->arena);
}

#define EXPECT_RIGHT()							\
do {									\
	EXPECT_TRUE(counts_are_right(self->client));			\
	EXPECT_TRUE(counts_are_right(self->peer));			\
} while (0)

TEST_F(summary, of_a_client_without_slots_counts_none)
{
	EXPECT_EQ(RRING_SUMMARY_KEPT, rring_word_load(self->client->used));
	EXPECT_RIGHT();
}

TEST_F(summary, counts_a_word_from_its_first_hold_to_its_last)
{
	struct rring_event event;

	ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &event));
	EXPECT_RIGHT();
	ASSERT_EQ(0, rring_hold(self->client, &event));
	EXPECT_RIGHT();
	rring_share(self->client, &event);
	ASSERT_EQ(0, rring_drop(self->client, &event));
	EXPECT_EQ(1, rring_summary_count(summary_at(self->client, 0)));
	ASSERT_EQ(0, rring_drop(self->client, &event));
	EXPECT_EQ(0, rring_summary_count(summary_at(self->client, 0)));
	ASSERT_EQ(-EINVAL, rring_drop(self->client, &event));
	EXPECT_RIGHT();
}

TEST_F(summary, counts_parked_slots)
{
	struct rring_event event;

	ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &event));
	ASSERT_EQ(0, rring_drop(self->client, &event));
	EXPECT_RIGHT();
	rring_trim(self->client);
	EXPECT_RIGHT();
	EXPECT_EQ(0, rring_summary_count(summary_at(self->client, 0)));
}

TEST_F(summary, counts_a_word_until_its_entry_is_settled)
{
	struct rring_event event;
	int i;

	for (i = 0; i < ENTRIES; i++) {
		ASSERT_EQ(0, rring_alloc(self->client, 100, 1, &event));
		ASSERT_EQ(0, rring_publish(self->writer, &event));
		EXPECT_RIGHT();
		ASSERT_EQ(0, rring_try_read(self->reader, &event));
		ASSERT_EQ(0, rring_keep(self->reader, &event));
		EXPECT_RIGHT();
		ASSERT_EQ(0, rring_drop(self->peer, &event));
		EXPECT_RIGHT();
	}
	rring_reader_close(self->reader, 0);
	rring_writer_close(self->writer);
	EXPECT_RIGHT();
}

TEST_F(summary, counts_batches)
{
	struct rring_event events[ENTRIES];
	long i, n;

	n = rring_alloc_batch(self->client, RRING_S, 8, 1, events, ENTRIES);
	ASSERT_EQ(ENTRIES, n);
	EXPECT_RIGHT();
	ASSERT_EQ(ENTRIES, rring_publish_batch(self->writer, events, ENTRIES));
	EXPECT_RIGHT();
	ASSERT_EQ(ENTRIES, rring_peek(self->reader, ENTRIES));
	ASSERT_EQ(0, rring_release(self->reader, ENTRIES));
	n = rring_alloc_batch(self->client, RRING_S, 8, 1, events, ENTRIES);
	ASSERT_EQ(0, rring_publish(self->writer, &events[0]));
	EXPECT_RIGHT();
	for (i = 1; i < n; i++)
		ASSERT_EQ(0, rring_drop(self->client, &events[i]));
	EXPECT_RIGHT();
}

TEST_F(summary, counts_weak_upgrades_and_those_that_fail)
{
	struct rring_event event, got;
	uint64_t handle;

	ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &event));
	handle = rring_share(self->client, &event);
	ASSERT_EQ(0, rring_upgrade(self->peer, handle, &got));
	EXPECT_RIGHT();
	ASSERT_EQ(0, rring_drop(self->peer, &got));
	ASSERT_EQ(0, rring_drop(self->client, &event));
	rring_trim(self->client);
	ASSERT_EQ(capacities[RRING_XS], free_slots(self->peer, RRING_XS));
	ASSERT_EQ(-ESTALE, rring_upgrade(self->peer, handle, &got));
	EXPECT_RIGHT();
}

TEST_F(summary, does_not_count_slots_above_16_kib)
{
	struct rring_event event;
	uint32_t last = rring_summaries(self->client->arena->slots) - 1;

	ASSERT_EQ(0, rring_alloc(self->client, 70000, 1, &event));
	EXPECT_RIGHT();
	EXPECT_EQ(0, rring_summary_count(summary_at(self->client, last)));
	ASSERT_EQ(0, rring_publish(self->writer, &event));
	EXPECT_RIGHT();
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	ASSERT_EQ(0, rring_keep(self->reader, &event));
	EXPECT_RIGHT();
	ASSERT_EQ(0, rring_drop(self->peer, &event));
	EXPECT_RIGHT();
}

TEST_F(summary, counts_what_a_recall_takes_back)
{
	struct rring_event event[48], got;
	int n = 0;

	ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &event[0]));
	ASSERT_EQ(0, rring_drop(self->client, &event[0]));
	while (!rring_alloc_xs(self->peer, 8, 1, &event[n]))
		n++;
	EXPECT_RIGHT();
	ASSERT_EQ(-ENOSPC, rring_alloc_xs(self->client, 8, 1, &got));
	EXPECT_RIGHT();
	while (n--)
		ASSERT_EQ(0, rring_drop(self->peer, &event[n]));
	ASSERT_EQ(0, rring_alloc_xs(self->client, 8, 1, &got));
	EXPECT_RIGHT();
}

/* ---- threads of one client ---- */

struct worker {
	struct rring_client *client;
	struct rring_event *event;	/* one that all threads hold and drop */
	struct rng rng;
};

static void use_one(struct worker *worker)
{
	struct rring_event event;

	if (rring_alloc(worker->client, 8, 1, &event))
		return;
	if (rng_below(&worker->rng, 2))
		rring_share(worker->client, &event);
	MUST(!rring_drop(worker->client, &event));
}

/* A hold of this event is often the first one of the client, or the last. */
static void hold_event_of_all(struct worker *worker)
{
	MUST(!rring_hold(worker->client, worker->event));
	MUST(!rring_drop(worker->client, worker->event));
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	uint32_t i;

	for (i = rounds(20000); i; i--)
		if (rng_below(&worker->rng, 4))
			hold_event_of_all(worker);
		else
			use_one(worker);
	return NULL;
}

TEST(threads_that_hold_and_drop_one_event_leave_the_counts_right)
{
	int arena = arena_with(capacities, 0);
	struct rring_client *owner = client_of(arena, RRING_PRODUCER);
	struct rring_client *client = client_with(arena, RRING_PRODUCER, 0);
	struct rng rng = rng_new("summary");
	struct worker worker[THREADS];
	pthread_t thread[THREADS];
	struct rring_event event, got;
	uint32_t i;

	ASSERT_EQ(0, rring_alloc(owner, 8, 1, &event));
	ASSERT_EQ(0, rring_upgrade(client, rring_share(owner, &event), &got));
	ASSERT_EQ(0, rring_drop(client, &got));
	for (i = 0; i < THREADS; i++) {
		worker[i] = (struct worker) { client, &got, rng_for(rng, i) };
		thread[i] = thread_start(work, &worker[i]);
	}
	for (i = 0; i < THREADS; i++)
		thread_end(thread[i]);
	EXPECT_TRUE(counts_are_right(client));
	EXPECT_TRUE(counts_are_right(owner));
	EXPECT_EQ(0, rring_summary_count(summary_at(client, 0)));
	rring_close(client);
	rring_close(owner);
	close(arena);
}

TEST_HARNESS_MAIN
