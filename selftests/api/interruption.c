// SPDX-License-Identifier: MPL-2.0
/*
 * A signal ends each wait of a client with RRING_INTERRUPTIBLE, although the handler
 * has SA_RESTART. Another client goes on sleeping after such a handler.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "sleeper.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	4

FIXTURE(interruption)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;	/* its ring is full */
	struct rring_reader *reader;	/* of a ring without events */
	struct rring_writer *source;	/* of that ring */
	struct rring_set *set;		/* of .reader */
	struct rring_pipe *pipe;	/* nothing was sent to it */
	pid_t tid;
	int ended;
	int result;
};

FIXTURE_VARIANT(interruption)
{
	enum rring_strategy strategy;
};

FIXTURE_VARIANT_ADD(interruption, block)
{
	.strategy = RRING_WAIT_BLOCK,
};

FIXTURE_VARIANT_ADD(interruption, spin)
{
	.strategy = RRING_WAIT_SPIN,
};

FIXTURE_VARIANT_ADD(interruption, yield)
{
	.strategy = RRING_WAIT_YIELD,
};

static void do_nothing(int signal)
{
	(void)signal;
}

static void open_rings(FIXTURE_DATA(interruption) *self,
		       enum rring_strategy strategy)
{
	const struct rring_ring_config ring = {
		.policy = RRING_BLOCK, .capacity = CAPACITY,
		.stride = 64, .strategy = strategy,
	};
	const struct rring_pipe_config pipe = {
		.name = "pipe", .kind = RRING_INLINE, .capacity = CAPACITY,
		.stride = 64, .strategy = strategy,
	};
	struct rring_set_config set = { .strategy = strategy };
	struct rring_reader_config from = { .strategy = strategy };
	uint64_t i;

	self->writer = writer_of(self->client, &ring);
	reader_at(self->client, rring_writer_ring_id(self->writer));
	for (i = 0; i < CAPACITY; i++)
		MUST(!put_value(self->writer, i));
	self->source = writer_of(self->client, &ring);
	from.ring = rring_writer_ring_id(self->source);
	self->reader = reader_of(self->client, &from);
	MUST(!rring_set_open(self->client, &set, &self->set));
	MUST(!rring_set_add(self->set, self->reader, 0));
	MUST(!rring_pipe_create(self->client, &pipe, &self->pipe));
}

FIXTURE_SETUP(interruption)
{
	static const uint32_t capacity[RRING_POOLS] = { [RRING_XS] = 1 };
	struct sigaction action = {
		.sa_handler = do_nothing,
		.sa_flags = SA_RESTART,
	};
	struct rring_event event;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	self->arena = arena_with(capacity, 0);
	self->client = client_with(self->arena, RRING_PRODUCER,
				   RRING_INTERRUPTIBLE);
	open_rings(self, variant->strategy);
	ASSERT_EQ(0, rring_alloc(self->client, 64, 0, &event));
}

FIXTURE_TEARDOWN(interruption)
{
	rring_set_close(self->set);
	rring_pipe_close(self->pipe);
	rring_close(self->client);
	close(self->arena);
}

/* ---- calls that wait for what does not come ---- */

typedef int (*wait_t)(FIXTURE_DATA(interruption) *self);

static int wait_readable(FIXTURE_DATA(interruption) *self)
{
	return rring_wait_readable(self->reader, RRING_FOREVER);
}

static int wait_writable(FIXTURE_DATA(interruption) *self)
{
	return rring_wait_writable(self->writer, 1, RRING_FOREVER);
}

static int publish(FIXTURE_DATA(interruption) *self)
{
	return rring_add(self->writer, "", 0, 0);
}

static int publish_until(FIXTURE_DATA(interruption) *self)
{
	return rring_add_until(self->writer, "", 0, 0, RRING_FOREVER);
}

static int wait_set(FIXTURE_DATA(interruption) *self)
{
	return rring_set_wait(self->set, RRING_FOREVER);
}

static int alloc_until(FIXTURE_DATA(interruption) *self)
{
	struct rring_event event;

	return rring_alloc_until(self->client, 64, 0, RRING_FOREVER, &event);
}

static int receive(FIXTURE_DATA(interruption) *self)
{
	struct rring_event event;

	return rring_pipe_receive(self->pipe, &event, RRING_FOREVER);
}

struct sleeper {
	FIXTURE_DATA(interruption) *self;
	wait_t wait;
};

static void sleep_in_call(FIXTURE_DATA(interruption) *self, wait_t wait)
{
	__atomic_store_n(&self->tid, (pid_t)syscall(SYS_gettid),
			 __ATOMIC_RELEASE);
	self->result = wait(self);
	__atomic_store_n(&self->ended, 1, __ATOMIC_RELEASE);
}

static void *be_sleeper(void *arg)
{
	const struct sleeper *sleeper = arg;

	sleep_in_call(sleeper->self, sleeper->wait);
	return NULL;
}

static pthread_t begin(FIXTURE_DATA(interruption) *self,
		       struct sleeper *sleeper)
{
	pthread_t thread;

	self->tid = 0;
	self->ended = 0;
	thread = thread_start(be_sleeper, sleeper);
	while (!__atomic_load_n(&self->tid, __ATOMIC_ACQUIRE))
		sched_yield();
	return thread;
}

/* A signal before the thread sleeps ends no sleep, so another one follows. */
static int interrupt(FIXTURE_DATA(interruption) *self, wait_t wait)
{
	struct sleeper sleeper = { .self = self, .wait = wait };
	pthread_t thread = begin(self, &sleeper);

	while (!__atomic_load_n(&self->ended, __ATOMIC_ACQUIRE)) {
		until_asleep(self->tid);
		pthread_kill(thread, SIGUSR1);
	}
	thread_end(thread);
	return self->result;
}

TEST_F(interruption, ends_each_call_that_waits)
{
	static const wait_t calls[] = {
		wait_readable, wait_writable, publish, publish_until,
		wait_set, alloc_until, receive,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		EXPECT_EQ(-EINTR, interrupt(self, calls[i])) {
			TH_LOG("call %zu", i);
		}
	/* nothing was published, and nothing lost */
	EXPECT_EQ(CAPACITY, rring_writer_position(self->writer));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_writable(self->writer, 1, 0));
	ASSERT_EQ(0, put_value(self->source, 7));
	EXPECT_EQ(0, wait_readable(self));
}

TEST_F(interruption, is_only_for_a_client_that_asks_for_it)
{
	struct rring_client *client = client_with(self->arena, RRING_CONSUMER,
						  0);
	struct sleeper sleeper = { .self = self, .wait = wait_readable };
	struct rring_reader *own = self->reader;
	pthread_t thread;
	int i;

	if (variant->strategy != RRING_WAIT_BLOCK)
		return;
	self->reader = reader_at(client, rring_writer_ring_id(self->source));
	thread = begin(self, &sleeper);
	for (i = 0; i < 10; i++) {
		until_asleep(self->tid);
		MUST(!pthread_kill(thread, SIGUSR1));
	}
	EXPECT_EQ(0, __atomic_load_n(&self->ended, __ATOMIC_ACQUIRE));
	ASSERT_EQ(0, put_value(self->source, 7));
	thread_end(thread);
	EXPECT_EQ(0, self->result);
	self->reader = own;
	rring_close(client);
}

TEST_HARNESS_MAIN
