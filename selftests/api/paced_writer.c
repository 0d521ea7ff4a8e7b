// SPDX-License-Identifier: MPL-2.0
/* The pace of `rring pub': a writer that waits for its observers. */
#include <sched.h>
#include <string.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "ring_kinds.h"
#include "stream.h"
#include "thread.h"

#include "../../tools/rring/stream/pace.c"

#define MAX		64
#define CAPACITY	16
#define FOREVER_NS	(3600 * NS_PER_S)

/* The tool has a function of its own, which ends it. */
void *must(void *p)
{
	MUST(p);
	return p;
}

FIXTURE(paced_writer)
{
	int arena;
	struct rring_client *client;
	struct rring_client *other;
};

FIXTURE_SETUP(paced_writer)
{
	static const uint32_t capacity[RRING_POOLS] = {
		64, 32, 16, 8, 1, 4,
	};

	self->arena = arena_with(capacity, 0);
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->other = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(paced_writer)
{
	rring_close(self->client);
	rring_close(self->other);
	close(self->arena);
}

FIXTURE_RING_KINDS(paced_writer);

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_kind kind, uint32_t retain)
{
	struct rring_ring_config config = {
		.kind = kind,
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stride = kind == RRING_INLINE ? MAX : 0,
		.retain = retain,
	};

	return writer_of(client, &config);
}

static struct rring_reader *observer_of(struct rring_client *client,
					uint32_t ring)
{
	struct rring_reader_config config = {
		.ring = ring,
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

/* Large enough for class @pool: the next smaller one is too small for it. */
static uint32_t len_for(enum rring_class pool)
{
	static const uint32_t len[] = { 40, 200, 1000, 4000, 16000, 100000 };

	return len[pool];
}

static void alloc_paced(struct pace *pace, enum rring_class pool,
			struct rring_event *event)
{
	int err;

	do {
		err = rring_alloc_until(rring_writer_client(pace->writer),
					len_for(pool), 0,
					pace_keeps(pace) ? 0 : SOON(), event);
		if (err)
			pace_let_go(pace);
	} while (err == -ENOSPC);
	MUST(!err);
}

/* Publish the number of the entry, in an event of @pool. */
static void put_paced(struct pace *pace, enum rring_class pool)
{
	uint64_t number = rring_writer_position(pace->writer);
	struct rring_client *client = rring_writer_client(pace->writer);
	struct rring_event event;

	pace_wait(pace, pool);
	if (pool == RRING_POOLS) {
		MUST(!rring_add(pace->writer, &number, sizeof(number), 0));
		return;
	}
	alloc_paced(pace, pool, &event);
	memcpy(event.data, &number, sizeof(number));
	MUST(!rring_hold(client, &event));
	MUST(!rring_publish(pace->writer, &event));
	pace_keep(pace, &event);
}

static enum rring_class pool_of(enum rring_kind kind, uint32_t i)
{
	static const enum rring_class pools[] = {
		RRING_XS, RRING_S, RRING_XS, RRING_M, RRING_XL, RRING_XL,
		RRING_XS, RRING_XXL, RRING_L,
	};

	return kind == RRING_INLINE ? RRING_POOLS :
	       pools[i % ARRAY_SIZE(pools)];
}

struct watch {
	int arena;
	uint32_t ring;
	uint32_t ready;
	uint64_t seen;
	uint64_t lost;
};

/* Read one event: its number is its position. Returns 0 or an error. */
static int watch_one(struct rring_reader *reader)
{
	uint64_t position = rring_reader_position(reader);
	struct rring_event event;
	uint64_t number = 0;
	long n = rring_peek(reader, 1);
	int err;

	if (n < 0)
		return (int)n;
	err = rring_entry(reader, 0, &event);
	if (!err)
		memcpy(&number, event.data, sizeof(number));
	err = rring_release(reader, 1) ?: err;
	MUST(err || number == position);
	return err;
}

static void *watch(void *arg)
{
	struct watch *watch = arg;
	struct rring_client *client = client_of(watch->arena, RRING_OBSERVER);
	struct rring_reader *reader = observer_of(client, watch->ring);
	int err = 0;

	step_take(&watch->ready);
	while (err != -EPIPE) {
		err = watch_one(reader);
		if (!err && !(++watch->seen % 7))
			sched_yield();
		if (err == -EAGAIN)
			MUST(!rring_wait_readable(reader, SOON()));
	}
	watch->lost = rring_reader_lost(reader);
	rring_close(client);
	return NULL;
}

TEST_F(paced_writer, loses_no_event_for_an_observer_that_moves)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind, 0);
	struct pace *pace = pace_new(writer, FOREVER_NS);
	struct watch one = {
		.arena = self->arena,
		.ring = rring_writer_ring_id(writer),
	};
	uint32_t n = rounds(2000), i;
	pthread_t thread = thread_start(watch, &one);

	step_wait(&one.ready);
	for (i = 0; i < n; i++)
		put_paced(pace, pool_of(variant->kind, i));
	pace_end(pace);
	pace_free(pace);
	rring_writer_close(writer);
	thread_end(thread);
	EXPECT_EQ(0, one.lost);
	EXPECT_EQ(n, one.seen);
}

static uint32_t held(struct rring_client *client, enum rring_class pool)
{
	struct rring_pool_stat stat;

	MUST(!rring_pool_stat(client, pool, 0, &stat));
	return stat.held;
}

TEST_F(paced_writer, goes_on_without_an_observer_that_does_not_move)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind, 0);
	struct rring_reader *reader =
		observer_of(self->other, rring_writer_ring_id(writer));
	struct pace *pace = pace_new(writer, 0);
	uint64_t lost;
	int i, err;

	for (i = 0; i < 100; i++) {
		put_paced(pace, pool_of(variant->kind, 0));
		EXPECT_GE(32, held(self->client, RRING_XS));
	}
	EXPECT_EQ(0, held(self->client, RRING_XS));
	while ((err = watch_one(reader)) != -EAGAIN)
		ASSERT_TRUE(!err || err == -ESTALE);
	lost = rring_reader_lost(reader);
	EXPECT_LT(0, lost);
	/* it has moved: it is waited for again */
	for (i = 0; i < 4; i++)
		put_paced(pace, pool_of(variant->kind, 0));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, watch_one(reader));
	EXPECT_EQ(lost, rring_reader_lost(reader));
	pace_free(pace);
}

/* Two observers; one never moves. */
TEST_F(paced_writer, waits_for_the_other_observer)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind, 0);
	uint32_t ring = rring_writer_ring_id(writer);
	enum rring_class pool = pool_of(variant->kind, 0);
	struct rring_reader *reader;
	struct pace *pace = pace_new(writer, 0);
	int i;

	observer_of(self->other, ring);
	reader = observer_of(self->other, ring);
	for (i = 0; i < 100; i++) {
		put_paced(pace, pool);
		EXPECT_EQ(0, watch_one(reader));
	}
	for (i = 0; i < 100 && !must_wait(pace, pool, look(pace)); i++)
		put_paced(pace, pool);
	EXPECT_TRUE(must_wait(pace, pool, look(pace)));
	while (!watch_one(reader))
		;
	EXPECT_EQ(0, rring_reader_lost(reader));
	pace_free(pace);
}

TEST_F(paced_writer, keeps_nothing_without_observers)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind, 0);
	struct pace *pace = pace_new(writer, FOREVER_NS);
	int i;

	for (i = 0; i < 100; i++)
		put_paced(pace, pool_of(variant->kind, 0));
	EXPECT_FALSE(pace_keeps(pace));
	pace_end(pace);
	pace_free(pace);
}

TEST_F(paced_writer, waits_for_who_joins_at_the_oldest_entry)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind, 8);
	struct pace *pace = pace_new(writer, FOREVER_NS);
	struct rring_reader *reader;
	enum rring_class pool = pool_of(variant->kind, 0);
	int i;

	for (i = 0; i < 40; i++)
		put_paced(pace, pool);
	reader = observer_of(self->other, rring_writer_ring_id(writer));
	EXPECT_EQ(32, rring_reader_position(reader));
	/* an inline ring still has 8 entries for the writer */
	for (i = 0; variant->kind == RRING_INLINE && i < 8; i++)
		put_paced(pace, pool);
	EXPECT_TRUE(must_wait(pace, pool, look(pace)));
	EXPECT_EQ(0, watch_one(reader));
	EXPECT_FALSE(must_wait(pace, pool, look(pace)));
	put_paced(pace, pool);
	EXPECT_TRUE(must_wait(pace, pool, look(pace)));
	while (!watch_one(reader))
		;
	EXPECT_EQ(0, rring_reader_lost(reader));
	pace_free(pace);
}

TEST_HARNESS_MAIN
