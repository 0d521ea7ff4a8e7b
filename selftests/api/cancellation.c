// SPDX-License-Identifier: MPL-2.0
/*
 * pthread_cancel() of a thread in a call: a wait ends, other calls finish, and
 * the other threads go on.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "sleeper.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	4
#define XXL_BYTES	20000

FIXTURE(cancellation)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
	pid_t tid;
	int cleaned;
	int finished;
};

FIXTURE_VARIANT(cancellation)
{
	enum rring_strategy strategy;
};

FIXTURE_VARIANT_ADD(cancellation, block)
{
	.strategy = RRING_WAIT_BLOCK,
};

FIXTURE_VARIANT_ADD(cancellation, spin)
{
	.strategy = RRING_WAIT_SPIN,
};

FIXTURE_VARIANT_ADD(cancellation, yield)
{
	.strategy = RRING_WAIT_YIELD,
};

FIXTURE_SETUP(cancellation)
{
	static const uint32_t capacity[RRING_POOLS] = {
		[RRING_XS] = 1, [RRING_XXL] = 1,
	};
	struct rring_ring_config ring = {
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stride = 64,
		.strategy = variant->strategy,
	};
	struct rring_reader_config config = { .strategy = variant->strategy };

	self->arena = arena_with(capacity, 0);
	self->client = client_with(self->arena, RRING_PRODUCER, 0);
	self->writer = writer_of(self->client, &ring);
	config.ring = rring_writer_ring_id(self->writer);
	self->reader = reader_of(self->client, &config);
}

FIXTURE_TEARDOWN(cancellation)
{
	rring_close(self->client);
	close(self->arena);
}

static void note_cleanup(void *arg)
{
	*(int *)arg = 1;
}

typedef void *(*run_t)(void *arg);

static void ready(FIXTURE_DATA(cancellation) *self)
{
	__atomic_store_n(&self->tid, (pid_t)syscall(SYS_gettid),
			 __ATOMIC_RELEASE);
}

/*
 * Start @run, cancel it in its wait (when it sleeps, if @sleeps), and wait
 * until it has ended. 1: by the cancellation, after its cleanup handler.
 */
static int cancel(FIXTURE_DATA(cancellation) *self, run_t run, int sleeps)
{
	pthread_t thread;
	void *result;
	pid_t tid;

	self->tid = 0;
	self->cleaned = 0;
	thread = thread_start(run, self);
	while (!(tid = __atomic_load_n(&self->tid, __ATOMIC_ACQUIRE)))
		sched_yield();
	if (sleeps)
		until_asleep(tid);
	MUST(!pthread_cancel(thread));
	MUST(!pthread_join(thread, &result));
	return result == PTHREAD_CANCELED && self->cleaned;
}

/* ---- waits ---- */

static void *wait_readable(void *arg)
{
	FIXTURE_DATA(cancellation) *self = arg;

	pthread_cleanup_push(note_cleanup, &self->cleaned);
	ready(self);
	rring_wait_readable(self->reader, RRING_FOREVER);
	pthread_cleanup_pop(0);
	return NULL;
}

TEST_F(cancellation, ends_the_wait_of_a_reader_that_can_go_on)
{
	struct rring_event event;

	ASSERT_TRUE(cancel(self, wait_readable,
			   variant->strategy == RRING_WAIT_BLOCK));
	ASSERT_EQ(0, put_value(self->writer, 7));
	ASSERT_EQ(0, rring_wait_readable(self->reader, SOON()));
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(7, value_of(&event));
}

static void *write_on(void *arg)
{
	FIXTURE_DATA(cancellation) *self = arg;

	pthread_cleanup_push(note_cleanup, &self->cleaned);
	ready(self);
	put_value(self->writer, 8);
	pthread_cleanup_pop(0);
	return NULL;
}

TEST_F(cancellation, ends_the_wait_of_a_writer_that_can_go_on)
{
	struct rring_event event;
	int i;

	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, put_value(self->writer, (uint64_t)i));
	ASSERT_TRUE(cancel(self, write_on,
			   variant->strategy == RRING_WAIT_BLOCK));
	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(-EAGAIN, rring_try_read(self->reader, &event));
	ASSERT_EQ(0, put_value(self->writer, 9));
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(9, value_of(&event));
}

static void *add_until(void *arg)
{
	FIXTURE_DATA(cancellation) *self = arg;
	uint64_t value = 8;

	pthread_cleanup_push(note_cleanup, &self->cleaned);
	ready(self);
	rring_add_until(self->writer, &value, sizeof(value), 1, RRING_FOREVER);
	pthread_cleanup_pop(0);
	return NULL;
}

TEST_F(cancellation, ends_a_call_with_a_deadline_that_publishes_nothing)
{
	int i;

	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, put_value(self->writer, (uint64_t)i));
	ASSERT_TRUE(cancel(self, add_until,
			   variant->strategy == RRING_WAIT_BLOCK));
	EXPECT_EQ(CAPACITY, rring_writer_position(self->writer));
	ASSERT_EQ(CAPACITY, rring_peek(self->reader, CAPACITY));
	ASSERT_EQ(0, rring_release(self->reader, 1));
	EXPECT_EQ(0, put_value(self->writer, 9));
}

static void *wait_set(void *arg)
{
	FIXTURE_DATA(cancellation) *self = arg;
	struct rring_set_config config = {};
	struct rring_set *set;

	MUST(!rring_set_open(self->client, &config, &set));
	MUST(!rring_set_add(set, self->reader, 0));
	pthread_cleanup_push((void (*)(void *))rring_set_close, set);
	pthread_cleanup_push(note_cleanup, &self->cleaned);
	ready(self);
	rring_set_wait(set, RRING_FOREVER);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(1);
	return NULL;
}

static void *alloc_until(FIXTURE_DATA(cancellation) *self, uint32_t len)
{
	struct rring_event event;

	pthread_cleanup_push(note_cleanup, &self->cleaned);
	ready(self);
	rring_alloc_until(self->client, len, 0, RRING_FOREVER, &event);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *alloc_xs(void *arg)
{
	return alloc_until(arg, 64);
}

static void *alloc_xxl(void *arg)
{
	return alloc_until(arg, XXL_BYTES);
}

TEST_F(cancellation, ends_the_wait_for_a_slot_and_takes_none)
{
	static const uint32_t len[] = { 64, XXL_BYTES };
	static const run_t run[] = { alloc_xs, alloc_xxl };
	struct rring_event event;
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, rring_alloc(self->client, len[i], 0, &event));
		ASSERT_TRUE(cancel(self, run[i], 1));
		ASSERT_EQ(0, rring_drop(self->client, &event));
		ASSERT_EQ(0, rring_alloc(self->client, len[i], 0, &event));
		ASSERT_EQ(0, rring_drop(self->client, &event));
	}
	EXPECT_TRUE(all_free(self->client));
}

TEST_F(cancellation, ends_the_wait_for_a_set)
{
	ASSERT_TRUE(cancel(self, wait_set, 1));
	EXPECT_EQ(0, put_value(self->writer, 1));
}

/* A thread that has disabled cancellation is woken by what it waits for. */
static void *wait_on(void *arg)
{
	FIXTURE_DATA(cancellation) *self = arg;
	int state, err;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	ready(self);
	do
		err = rring_wait_readable(self->reader, SOON());
	while (err == -EINTR);	/* musl sends its signal all the same */
	self->finished = !err;
	return NULL;
}

TEST_F(cancellation, is_put_off_if_the_thread_says_so)
{
	pthread_t thread;

	self->tid = 0;
	thread = thread_start(wait_on, self);
	while (!__atomic_load_n(&self->tid, __ATOMIC_ACQUIRE))
		sched_yield();
	ASSERT_EQ(0, pthread_cancel(thread));
	ASSERT_EQ(0, put_value(self->writer, 1));
	thread_end(thread);
	EXPECT_TRUE(self->finished);
}

/* ---- other calls ---- */

/* Calls many functions with a cancellation pending. */
static void *call_all(void *arg)
{
	FIXTURE_DATA(cancellation) *self = arg;
	struct rring_ring_config ring = {
		.name = "other",
		.capacity = CAPACITY,
		.stride = 64,
	};
	struct rring_reader_config config = { .ring_name = "other" };
	struct rring_pool_stat stat;
	struct rring_client *client;
	struct rring_reader *reader;
	struct rring_writer *writer;
	struct rring_event event;

	pthread_cleanup_push(note_cleanup, &self->cleaned);
	ready(self);
	MUST(!pthread_cancel(pthread_self()));
	rring_backend();
	MUST(!rring_open(&client, NULL, RRING_PRODUCER, 0));
	rring_close(client);
	client = client_of(self->arena, RRING_PRODUCER);
	/* on the device, this asks the kernel for slots, and may be cancelled */
	if (rring_client_backend(client) == RRING_BACKEND_PROCESS) {
		MUST(!rring_alloc_until(client, 64, 0, SOON(), &event));
		MUST(!rring_drop(client, &event));
	}
	MUST(rring_client_fd(client) >= 0);
	writer = writer_of(client, &ring);
	reader = reader_of(client, &config);
	MUST(rring_try_read(reader, &event) == -EAGAIN);
	MUST(!put_value(writer, 1));
	MUST(!rring_try_read(reader, &event));
	MUST(rring_wait_readable(self->reader, 0) == -ETIMEDOUT);
	MUST(!rring_alloc(client, XXL_BYTES, 0, &event));
	MUST(!rring_drop(client, &event));
	MUST(!rring_pool_stat(client, RRING_XS, RRING_STAT_SWEEP, &stat));
	rring_writer_close(writer);
	rring_reader_close(reader, 0);
	rring_close(client);
	self->finished = 1;
	pthread_testcancel();
	pthread_cleanup_pop(0);
	return NULL;
}

TEST_F(cancellation, comes_after_a_call_that_does_not_wait)
{
	struct rring_client *client;

	ASSERT_TRUE(cancel(self, call_all, 0));
	EXPECT_TRUE(self->finished);
	/* no lock is left behind */
	client = client_of(self->arena, RRING_PRODUCER);
	rring_close(client);
}

TEST_HARNESS_MAIN
