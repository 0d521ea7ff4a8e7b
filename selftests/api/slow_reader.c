// SPDX-License-Identifier: MPL-2.0
/*
 * A writer that sleeps for room tells in .wanted of its ring where it wants to be
 * woken. A slow reader that is below calls nothing when it releases an event.
 */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	64
#define PART		8	/* entries for which a writer sleeps at first */
#define NS_PER_MS	1000000u

FIXTURE(slow_reader)
{
	int arena;
	struct rring_client *client;	/* that writes */
	struct rring_client *consumer;
	struct rring_writer *writer;
	struct rring_reader *reader;
};

static struct rring_writer *ring_of(struct rring_client *client)
{
	struct rring_ring_config config = {
		.name = "ring",
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stride = 64,
	};

	return writer_of(client, &config);
}

FIXTURE_SETUP(slow_reader)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
	self->writer = ring_of(self->client);
	self->reader = reader_at(self->consumer,
				 rring_writer_ring_id(self->writer));
}

FIXTURE_TEARDOWN(slow_reader)
{
	rring_close(self->consumer);
	rring_close(self->client);
	close(self->arena);
}

static uint64_t calls_of_wake(const struct rring_client *client)
{
	return RRING_LOAD(&client->arena->wakes);
}

static int waits_flag(const struct rring_writer *writer)
{
	return rring_flag_load(&writer->info->waiters) & RRING_WRITER_WAITS;
}

/*
 * Let a wait for room in the full ring time out. The flag stays up after
 * that. On a slow machine the timeout may pass before the thread sleeps.
 */
static void wait_in_vain(struct rring_writer *writer)
{
	uint64_t ns = NS_PER_MS;

	do {
		ns *= 2;
		MUST(rring_wait_writable(writer, 1, rring_deadline(ns)) ==
		     -ETIMEDOUT);
	} while (!waits_flag(writer));
}

static void fill(struct rring_writer *writer)
{
	int i;

	for (i = 0; i < CAPACITY; i++)
		MUST(!put_value(writer, 0));
}

static void release_one(struct rring_reader *reader)
{
	MUST(rring_peek(reader, 1) == 1);
	MUST(!rring_release(reader, 1));
}

TEST_F(slow_reader, wakes_its_writer_where_that_wants_it)
{
	uint64_t before;
	int i;

	fill(self->writer);
	wait_in_vain(self->writer);
	before = calls_of_wake(self->client);
	/* what the writer stores while it sleeps */
	rring_seq_store(&self->writer->ring->wanted, PART - 1);
	for (i = 1; i < PART; i++) {
		release_one(self->reader);
		EXPECT_EQ(before, calls_of_wake(self->client));
	}
	release_one(self->reader);
	EXPECT_EQ(before + 1, calls_of_wake(self->client));
}

TEST_F(slow_reader, wakes_a_writer_that_wants_nothing_special)
{
	uint64_t before;

	fill(self->writer);
	wait_in_vain(self->writer);
	EXPECT_EQ(0, rring_seq_load(&self->writer->ring->wanted));
	before = calls_of_wake(self->client);
	release_one(self->reader);
	EXPECT_EQ(before + 1, calls_of_wake(self->client));
}

static void *release_when_asked(void *arg)
{
	FIXTURE_DATA(slow_reader) *self = arg;

	while (!waits_flag(self->writer))
		sched_yield();
	release_one(self->reader);
	return NULL;
}

TEST_F(slow_reader, that_stops_does_not_hold_up_its_writer)
{
	pthread_t thread;

	fill(self->writer);
	thread = thread_start(release_when_asked, self);
	/* a part of the ring is never free, one entry is */
	EXPECT_EQ(0, put_value(self->writer, 1));
	EXPECT_EQ(CAPACITY + 1, rring_writer_position(self->writer));
	EXPECT_EQ(0, rring_seq_load(&self->writer->ring->wanted));
	thread_end(thread);
}

/*
 * The reader still has the pages of the last writer mapped, who died in a sleep
 * for a position that the next one does not wait for.
 */
TEST_F(slow_reader, does_not_believe_a_writer_that_has_gone)
{
	struct rring_client *heir = client_of(self->arena, RRING_PRODUCER);
	struct rring_writer *next;
	uint64_t before;

	fill(self->writer);
	EXPECT_EQ(CAPACITY, rring_peek(self->reader, CAPACITY));
	rring_seq_store(&self->writer->ring->wanted, ~0ull);
	rring_writer_leave(self->writer);
	next = ring_of(heir);
	wait_in_vain(next);
	before = calls_of_wake(heir);
	EXPECT_EQ(0, rring_release(self->reader, 1));
	EXPECT_EQ(before + 1, calls_of_wake(heir));
	rring_close(heir);
}

TEST_HARNESS_MAIN
