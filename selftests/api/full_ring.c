// SPDX-License-Identifier: MPL-2.0
/* A full ring, by policy: it blocks, fails or overwrites, and says so. */
#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	8
#define MAX		64

FIXTURE(full)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
	struct rring_ring_config config;
};

FIXTURE_VARIANT(full)
{
	enum rring_kind kind;
	uint32_t stride;
};

FIXTURE_VARIANT_ADD(full, inline_ring)
{
	.kind = RRING_INLINE,
	.stride = MAX,
};

FIXTURE_VARIANT_ADD(full, ring_of_handles)
{
	.kind = RRING_HANDLES,
};

FIXTURE_SETUP(full)
{
	self->arena = arena_small();
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
	self->config = (struct rring_ring_config) {
		.kind = variant->kind,
		.capacity = CAPACITY,
		.stride = variant->stride,
	};
}

FIXTURE_TEARDOWN(full)
{
	rring_close(self->consumer);
	rring_close(self->producer);
	close(self->arena);
}

static struct rring_writer *open_full(struct rring_client *client,
				      struct rring_ring_config *config,
				      enum rring_policy policy)
{
	config->policy = policy;
	return writer_of(client, config);
}

static void put(struct rring_writer *writer, int n)
{
	while (n--)
		MUST(!stream_put(writer, MAX));
}

/* ---- fail ---- */

TEST_F(full, fail_says_so_and_changes_nothing)
{
	struct rring_writer *writer = open_full(self->producer, &self->config,
						RRING_FAIL);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	int i;

	put(writer, CAPACITY);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
		EXPECT_EQ(CAPACITY, rring_writer_position(writer));
		EXPECT_EQ(-ETIMEDOUT, rring_wait_writable(writer, 1, 0));
	}
	/* one out, one in, for more than two laps */
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, stream_take(reader, MAX));
		ASSERT_EQ(0, stream_put(writer, MAX));
		ASSERT_EQ(-EAGAIN, stream_put(writer, MAX));
		ASSERT_EQ(-EAGAIN, stream_put(writer, MAX));
	}
	EXPECT_EQ(CAPACITY, stream_drain(reader, MAX));
	EXPECT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(0, stream_take(reader, MAX));
	EXPECT_EQ(0, rring_reader_lost(reader));
}

TEST_F(full, fail_leaves_the_hold_with_the_caller)
{
	struct rring_ring_config config = self->config;
	struct rring_event event;
	struct rring_writer *writer;
	struct rring_reader *reader;

	config.kind = RRING_HANDLES;
	config.stride = 0;
	writer = open_full(self->producer, &config, RRING_FAIL);
	reader = reader_at(self->consumer, rring_writer_ring_id(writer));
	put(writer, CAPACITY);
	ASSERT_EQ(0, rring_alloc(self->producer, 8, 0, &event));
	EXPECT_EQ(-EAGAIN, rring_publish(writer, &event));
	EXPECT_EQ(1, rring_ledger_holds(rring_word_load(event.word)));
	EXPECT_EQ(0, rring_ledger_in_flight(rring_word_load(event.word)));
	ASSERT_EQ(0, stream_take(reader, MAX));
	EXPECT_EQ(0, rring_publish(writer, &event));
	EXPECT_EQ(-EINVAL, rring_drop(self->producer, &event));
}

/* ---- block ---- */

struct blocked {
	int arena;
	uint32_t ring;
	uint32_t joined;
	uint64_t count;
};

/* Read only when the writer sleeps, so that each of its writes is blocked. */
static void *read_when_full(void *arg)
{
	struct blocked *blocked = arg;
	struct rring_client *client = client_of(blocked->arena, RRING_CONSUMER);
	struct rring_reader *reader = reader_at(client, blocked->ring);
	uint64_t i;

	step_take(&blocked->joined);
	for (i = 0; i < blocked->count; i++) {
		until_waiting(reader->info, RRING_WRITER_WAITS);
		MUST(!stream_take(reader, MAX));
	}
	MUST(!stream_take_soon(reader, MAX));
	MUST(!rring_reader_lost(reader));
	rring_close(client);
	return NULL;
}

TEST_F_TIMEOUT(full, block_sleeps_until_there_is_room, 100)
{
	struct rring_writer *writer;
	struct rring_reader *gate;	/* until the thread has joined */
	struct blocked blocked;
	pthread_t thread;
	uint64_t i;

	self->config.capacity = 1;
	writer = open_full(self->producer, &self->config, RRING_BLOCK);
	gate = reader_at(self->consumer, rring_writer_ring_id(writer));
	put(writer, 1);
	blocked = (struct blocked) {
		.arena = self->arena,
		.ring = rring_writer_ring_id(writer),
		.count = rounds(5000),
	};
	thread = thread_start(read_when_full, &blocked);
	step_wait(&blocked.joined);
	ASSERT_EQ(0, stream_take(gate, MAX));
	rring_reader_close(gate, 0);
	for (i = 0; i < blocked.count; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	thread_end(thread);
	EXPECT_EQ(blocked.count + 1, rring_writer_position(writer));
}

TEST_F(full, block_lets_somebody_else_wait_by_deadline)
{
	struct rring_writer *writer = open_full(self->producer, &self->config,
						RRING_BLOCK);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));

	put(writer, CAPACITY);
	EXPECT_EQ(-ETIMEDOUT, rring_wait_writable(writer, 1, 1));
	ASSERT_EQ(0, stream_take(reader, MAX));
	EXPECT_EQ(0, rring_wait_writable(writer, 1, 1));
}

/* ---- overwrite ---- */

static struct rring_reader *observe(struct rring_client *client,
				    uint32_t ring)
{
	struct rring_reader_config config = {
		.ring = ring,
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

/*
 * Read all that can be read: how many; losses are the reader's count. The
 * position is the number, so that stream_take() sees a skip that is not told.
 */
static uint64_t drain_lapped(struct rring_reader *reader)
{
	uint64_t n = 0;
	int err;

	while ((err = stream_take(reader, MAX)) != -EAGAIN) {
		MUST(!err || err == -ESTALE);
		n += !err;
	}
	return n;
}

/* The next event that is still whole after its use: its number. */
static uint64_t read_validated(struct rring_reader *reader)
{
	struct rring_event event;
	int err;

	do {
		uint64_t lost = rring_reader_lost(reader);

		MUST(!rring_wait_readable(reader, 0));
		err = rring_try_read(reader, &event);
		if (!err)
			err = rring_release(reader, 1);
		MUST(!err || err == -ESTALE);
		/* never said for nothing: it must come to an end */
		MUST(!err || rring_reader_lost(reader) > lost);
	} while (err);
	return event.event_type;
}

TEST_F(full, an_observer_that_was_idle_meanwhile_goes_on)
{
	struct rring_writer *writer = open_full(self->producer, &self->config,
						RRING_OVERWRITE);
	struct rring_reader *reader =
		observe(self->consumer, rring_writer_ring_id(writer));
	uint64_t number;
	int round;

	for (round = 0; round < 5; round++) {
		put(writer, 3 * CAPACITY);
		number = read_validated(reader);
		EXPECT_EQ(rring_reader_position(reader) - 1, number);
		EXPECT_LT(rring_writer_position(writer) - CAPACITY,
			  rring_reader_position(reader));
	}
}

TEST_F(full, a_reader_that_stalls_too_long_is_lapped_and_told)
{
	struct rring_writer *writer;
	struct rring_reader *reader;

	self->config.stall_ns = 1;
	writer = open_full(self->producer, &self->config, RRING_FAIL);
	reader = reader_at(self->consumer, rring_writer_ring_id(writer));
	put(writer, CAPACITY);
	/* it is full until the kernel has seen the stall for a nanosecond */
	while (stream_put(writer, MAX) == -EAGAIN)
		;
	EXPECT_EQ(CAPACITY + 1,
		  drain_lapped(reader) + rring_reader_lost(reader));
	EXPECT_LT(0, rring_reader_lost(reader));
	EXPECT_EQ(rring_writer_position(writer), rring_reader_position(reader));
}

/* ---- by threads, with losses ---- */

#define WORDS	(MAX / 8)

struct flood {
	int arena;
	uint32_t ring;
	uint64_t got, lost;
	uint32_t ready;
	uint64_t torn;
};

/* What is read may be torn, by design; atomic words are no data race. */
static void write_words(struct rring_writer *writer, uint64_t number)
{
	uint64_t *words = rring_reserved(writer, 0, MAX, (uint32_t)number);
	int i;

	for (i = 0; i < WORDS; i++)
		__atomic_store_n(&words[i], number + i, __ATOMIC_RELAXED);
}

static int words_are(const struct rring_event *event, uint64_t number)
{
	const uint64_t *words = event->data;
	int same = 1;
	int i;

	for (i = 0; i < WORDS; i++)
		same &= __atomic_load_n(&words[i], __ATOMIC_RELAXED) ==
			number + i;
	return same;
}

static void *observe_flood(void *arg)
{
	struct flood *flood = arg;
	struct rring_client *client = client_of(flood->arena, RRING_OBSERVER);
	struct rring_reader *reader = observe(client, flood->ring);
	struct rring_event event;
	long n;

	step_take(&flood->ready);
	while ((n = rring_peek(reader, 1)) != -EPIPE) {
		uint64_t number = rring_reader_position(reader);
		int err, same;

		if (n == -EAGAIN) {
			MUST(!rring_wait_readable(reader, SOON()));
			continue;
		}
		if (n == -ESTALE)
			continue;
		err = rring_entry(reader, 0, &event);
		same = !err && words_are(&event, number);
		err = rring_release(reader, 1);
		MUST(!err || err == -ESTALE);
		flood->got += !err;
		flood->torn += !err && !same;
	}
	flood->lost = rring_reader_lost(reader);
	rring_close(client);
	return NULL;
}

TEST_F_TIMEOUT(full, what_an_observer_is_given_is_whole_and_all_is_counted, 100)
{
	uint32_t i, n = rounds(200000);
	struct flood flood = { .arena = self->arena };
	struct rring_writer *writer;
	pthread_t thread;

	self->config.kind = RRING_INLINE;
	self->config.stride = MAX;
	writer = open_full(self->producer, &self->config, RRING_OVERWRITE);
	flood.ring = rring_writer_ring_id(writer);
	thread = thread_start(observe_flood, &flood);
	step_wait(&flood.ready);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, rring_reserve(writer, 1));
		write_words(writer, i);
		rring_commit(writer, 1);
	}
	rring_writer_close(writer);
	thread_end(thread);
	EXPECT_EQ(n, flood.got + flood.lost);
	EXPECT_EQ(0, flood.torn);
	EXPECT_LT(0, flood.got);
}

TEST_HARNESS_MAIN
