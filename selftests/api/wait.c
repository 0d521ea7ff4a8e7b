// SPDX-License-Identifier: MPL-2.0
/* Waiting for a ring with each strategy: what ends a wait, and when. */
#include <sched.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	4
#define ROUNDS		2000

FIXTURE(wait)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
};

FIXTURE_VARIANT(wait)
{
	enum rring_strategy strategy;
};

FIXTURE_VARIANT_ADD(wait, block)
{
	.strategy = RRING_WAIT_BLOCK,
};

FIXTURE_VARIANT_ADD(wait, spin)
{
	.strategy = RRING_WAIT_SPIN,
};

FIXTURE_VARIANT_ADD(wait, yield)
{
	.strategy = RRING_WAIT_YIELD,
};

/* What the threads of a test share. */
struct scene {
	int arena;
	enum rring_strategy strategy;
	const char *ring;
	uint32_t ready;
	uint64_t stall_ns;
};

static struct rring_writer *ring_of(struct rring_client *client,
				    const struct scene *scene)
{
	struct rring_ring_config config = {
		.name = scene->ring,
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stride = 64,
		.stall_ns = scene->stall_ns,
		.strategy = scene->strategy,
	};

	return writer_of(client, &config);
}

static struct rring_reader *join(struct rring_client *client,
				 const struct scene *scene)
{
	struct rring_reader_config config = {
		.ring_name = scene->ring,
		.start = RRING_START_OLDEST,
		.strategy = scene->strategy,
	};

	return reader_of(client, &config);
}

static struct scene scene_of(int arena, enum rring_strategy strategy)
{
	return (struct scene) {
		.arena = arena,
		.strategy = strategy,
		.ring = "ring",
	};
}

FIXTURE_SETUP(wait)
{
	struct scene scene;

	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	scene = scene_of(self->arena, variant->strategy);
	self->writer = ring_of(self->client, &scene);
	self->reader = join(self->client, &scene);
}

FIXTURE_TEARDOWN(wait)
{
	rring_close(self->client);
	close(self->arena);
}

static void fill(struct rring_writer *writer)
{
	uint64_t i;

	for (i = 0; i < CAPACITY; i++)
		MUST(!put_value(writer, i));
}

/* ---- deadlines ---- */

TEST_F(wait, what_is_there_is_not_waited_for)
{
	EXPECT_EQ(0, rring_wait_writable(self->writer, CAPACITY, 0));
	ASSERT_EQ(0, put_value(self->writer, 1));
	EXPECT_EQ(0, rring_wait_readable(self->reader, 0));
	EXPECT_EQ(0, rring_wait_readable(self->reader, RRING_FOREVER));
	EXPECT_EQ(0, rring_wait_writable(self->writer, CAPACITY - 1,
					 RRING_FOREVER));
	EXPECT_EQ(-EINVAL, rring_wait_writable(self->writer, CAPACITY + 1, 0));
}

TEST_F(wait, a_deadline_that_has_passed_ends_at_once)
{
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader, 0));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader, 1));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader,
						  rring_deadline(0)));
	fill(self->writer);
	EXPECT_EQ(-ETIMEDOUT, rring_wait_writable(self->writer, 1, 0));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_writable(self->writer, 1, 1));
}

TEST_F(wait, a_deadline_that_comes_ends_the_wait_and_not_before)
{
	uint64_t deadline = rring_deadline(NS_PER_S / 100);

	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader, deadline));
	EXPECT_LE(deadline, rring_deadline(0));
	fill(self->writer);
	deadline = rring_deadline(NS_PER_S / 100);
	EXPECT_EQ(-ETIMEDOUT, rring_wait_writable(self->writer, 1, deadline));
	EXPECT_LE(deadline, rring_deadline(0));
}

TEST_F(wait, only_who_sleeps_asks_to_be_woken)
{
	uint32_t expected = variant->strategy == RRING_WAIT_BLOCK ?
			    RRING_READERS_WAIT : 0;
	uint64_t ns = NS_PER_S / 100;
	uint32_t waiters;

	/* under valgrind, the timeout may pass before the reader sleeps */
	do {
		EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader,
							  rring_deadline(ns)));
		waiters = rring_flag_load(&self->reader->info->waiters);
		ns *= 2;
	} while (waiters != expected && ns < 5 * NS_PER_S);
	EXPECT_EQ(expected, waiters);
}

TEST_F(wait, an_unknown_strategy_is_refused)
{
	struct rring_ring_config ring = {
		.policy = RRING_FAIL,
		.capacity = 1,
		.stride = 64,
		.strategy = (enum rring_strategy)(RRING_WAIT_YIELD + 1),
	};
	struct rring_reader_config reader = {
		.ring = rring_writer_ring_id(self->writer),
		.strategy = ring.strategy,
	};
	struct rring_set_config set = { .strategy = ring.strategy };
	struct rring_writer *no_writer;
	struct rring_reader *no_reader;
	struct rring_set *no_set;

	EXPECT_EQ(-EINVAL, rring_writer_open(self->client, &ring, &no_writer));
	EXPECT_EQ(-EINVAL, rring_reader_open(self->client, &reader,
					     &no_reader));
	EXPECT_EQ(-EINVAL, rring_set_open(self->client, &set, &no_set));
}

/* ---- what ends a reader's wait ---- */

static void *write_one(void *arg)
{
	struct scene *scene = arg;
	struct rring_client *client = client_of(scene->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, scene);

	step_wait(&scene->ready);
	MUST(!put_value(writer, 77));
	rring_close(client);
	return NULL;
}

/* Publish when the reader sleeps, and is not woken by the open of the ring. */
static void *write_when_awaited(void *arg)
{
	struct scene *scene = arg;
	struct rring_client *client = client_of(scene->arena, RRING_PRODUCER);
	struct rring_reader_config config = {
		.ring_name = scene->ring,
		.flags = RRING_JOIN_OBSERVER,
	};
	struct rring_reader *observer = reader_of(client, &config);
	struct rring_writer *writer;

	until_waiting(observer->info, RRING_READERS_WAIT);
	writer = ring_of(client, scene);
	MUST(rring_flag_load(&observer->info->waiters) & RRING_READERS_WAIT);
	MUST(!put_value(writer, 77));
	rring_close(client);
	return NULL;
}

TEST_F(wait, a_publication_ends_it_and_so_does_the_end)
{
	struct scene scene = scene_of(self->arena, variant->strategy);
	struct rring_event event;
	struct rring_reader *reader;
	struct rring_writer *writer;
	pthread_t thread;

	/* a ring that exists, without a writer until the thread opens it */
	scene.ring = "awaited";
	writer = ring_of(self->client, &scene);
	reader = join(self->client, &scene);
	rring_writer_leave(writer);
	thread = thread_start(write_one, &scene);
	step_take(&scene.ready);
	EXPECT_EQ(0, rring_wait_readable(reader, SOON()));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	EXPECT_EQ(77, value_of(&event));
	EXPECT_EQ(0, rring_wait_readable(reader, SOON()));
	EXPECT_EQ(0, rring_wait_readable(reader, RRING_FOREVER));
	EXPECT_EQ(-EPIPE, rring_try_read(reader, &event));
	thread_end(thread);
}

/* Once a read has returned -EPIPE, a wait is one for the next writer. */
TEST_F(wait, an_end_that_was_read_does_not_end_it_but_the_next_writer_does)
{
	struct scene scene = scene_of(self->arena, variant->strategy);
	struct rring_event event;
	pthread_t thread;
	int i;

	rring_writer_close(self->writer);
	EXPECT_EQ(0, rring_wait_readable(self->reader, RRING_FOREVER));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EPIPE, rring_try_read(self->reader, &event));
		EXPECT_EQ(-EPIPE, rring_peek(self->reader, 1));
		EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader, 0));
		EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(
			self->reader, rring_deadline(NS_PER_S / 100)));
		scene.ready = 0;
		thread = thread_start(write_one, &scene);
		step_take(&scene.ready);
		EXPECT_EQ(0, rring_wait_readable(self->reader, SOON()));
		ASSERT_EQ(0, rring_try_read(self->reader, &event));
		EXPECT_EQ(77, value_of(&event));
		/* the thread closes its client: another end, told once */
		EXPECT_EQ(0, rring_wait_readable(self->reader, SOON()));
		thread_end(thread);
	}
}

/* Sleepers are woken by the event, not by the writer that opens the ring. */
TEST_F(wait, a_reader_sleeps_from_the_end_until_the_next_writers_event)
{
	struct scene scene = scene_of(self->arena, variant->strategy);
	struct rring_event event;
	pthread_t thread;

	rring_writer_close(self->writer);
	EXPECT_EQ(-EPIPE, rring_try_read(self->reader, &event));
	/* only a strategy that sleeps raises the flag that can be awaited */
	thread = thread_start(variant->strategy == RRING_WAIT_BLOCK ?
			      write_when_awaited : write_one, &scene);
	if (variant->strategy != RRING_WAIT_BLOCK)
		step_take(&scene.ready);
	EXPECT_EQ(0, rring_wait_readable(self->reader, SOON()));
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(77, value_of(&event));
	thread_end(thread);
}

TEST_F(wait, a_new_writer_ends_it_when_it_writes)
{
	struct scene scene = scene_of(self->arena, variant->strategy);
	struct rring_event event;
	pthread_t thread;

	ASSERT_EQ(0, put_value(self->writer, 1));
	rring_writer_leave(self->writer);
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(1, value_of(&event));
	EXPECT_EQ(-EAGAIN, rring_try_read(self->reader, &event));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader, 1));
	thread = thread_start(write_one, &scene);
	step_take(&scene.ready);
	EXPECT_EQ(0, rring_wait_readable(self->reader, SOON()));
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(77, value_of(&event));
	thread_end(thread);
}

TEST_F(wait, a_reader_that_was_lapped_hears_of_it)
{
	struct scene scene = scene_of(self->arena, variant->strategy);
	struct rring_reader *reader;
	struct rring_writer *writer;
	uint64_t i;

	scene.ring = "impatient";
	scene.stall_ns = 1000000;
	writer = ring_of(self->client, &scene);
	reader = join(self->client, &scene);
	/* RRING_BLOCK: the writer waits until the reader is lapped */
	for (i = 0; i <= CAPACITY; i++)
		ASSERT_EQ(0, put_value(writer, i));
	EXPECT_EQ(-ESTALE, rring_wait_readable(reader, RRING_FOREVER));
	EXPECT_EQ(1, rring_reader_lost(reader));
	EXPECT_EQ(0, rring_wait_readable(reader, RRING_FOREVER));
	EXPECT_EQ(CAPACITY, rring_peek(reader, CAPACITY));
	EXPECT_EQ(0, rring_release(reader, CAPACITY));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(reader, 1));
	ASSERT_EQ(0, put_value(writer, i));
	EXPECT_EQ(0, rring_wait_readable(reader, RRING_FOREVER));
	EXPECT_EQ(1, rring_peek(reader, 1));
}

TEST_F(wait, what_was_looked_at_counts_as_read)
{
	struct rring_event event;

	ASSERT_EQ(0, put_value(self->writer, 1));
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader, 0));
	ASSERT_EQ(0, put_value(self->writer, 2));
	EXPECT_EQ(0, rring_wait_readable(self->reader, 0));
	EXPECT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(-EAGAIN, rring_try_read(self->reader, &event));
}

/* ---- what ends a writer's wait ---- */

static void *read_one(void *arg)
{
	struct scene *scene = arg;
	struct rring_client *client = client_of(scene->arena, RRING_CONSUMER);
	struct rring_reader *reader = join(client, scene);

	step_take(&scene->ready);
	MUST(!rring_wait_readable(reader, SOON()));
	MUST(rring_peek(reader, 1) == 1);
	MUST(!rring_release(reader, 1));
	/* this reader leaves, so it does not gate the rest of the ring */
	rring_close(client);
	return NULL;
}

TEST_F(wait, a_release_and_a_leave_make_room)
{
	struct scene scene = scene_of(self->arena, variant->strategy);
	pthread_t thread;

	rring_reader_close(self->reader, 0);
	thread = thread_start(read_one, &scene);
	step_wait(&scene.ready);
	fill(self->writer);
	/* RRING_BLOCK: put_value() waits with the strategy of the ring */
	EXPECT_EQ(0, put_value(self->writer, 5));
	EXPECT_EQ(0, rring_wait_writable(self->writer, CAPACITY, SOON()));
	thread_end(thread);
}

/* ---- both ---- */

static void *echo(void *arg)
{
	struct scene *scene = arg;
	struct rring_client *client = client_of(scene->arena, RRING_PRODUCER);
	struct scene back = scene_of(scene->arena, scene->strategy);
	struct rring_reader *reader = join(client, scene);
	struct rring_writer *writer;
	struct rring_event event;
	uint64_t i;

	back.ring = "back";
	writer = ring_of(client, &back);
	step_take(&scene->ready);
	for (i = 0; i < ROUNDS; i++) {
		MUST(!rring_wait_readable(reader, SOON()));
		MUST(!rring_try_read(reader, &event));
		MUST(value_of(&event) == i);
		MUST(!put_value(writer, i));
	}
	rring_close(client);
	return NULL;
}

/* A single lost wake-up would make both threads wait until the deadline. */
TEST_F_TIMEOUT(wait, no_wake_up_is_lost_in_many_rounds, 100)
{
	struct scene scene = scene_of(self->arena, variant->strategy);
	struct scene back = scene;
	struct rring_reader *reader;
	struct rring_event event;
	pthread_t thread;
	uint64_t i;

	rring_reader_close(self->reader, 0);
	back.ring = "back";
	thread = thread_start(echo, &scene);
	step_wait(&scene.ready);
	reader = join(self->client, &back);
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, put_value(self->writer, i));
		ASSERT_EQ(0, rring_wait_readable(reader, SOON()));
		ASSERT_EQ(0, rring_try_read(reader, &event));
		ASSERT_EQ(i, value_of(&event));
	}
	thread_end(thread);
}

TEST_HARNESS_MAIN
