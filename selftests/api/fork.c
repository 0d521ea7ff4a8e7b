// SPDX-License-Identifier: MPL-2.0
/*
 * fork(): a child has its parent's clients in its memory, and may close them,
 * as exit handlers and destructors do. That disturbs nobody. All other calls
 * with them fail.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"
#include "thread.h"

#define XXL	20000	/* bytes */

/* All that a process can have, all in use. */
struct belongings {
	struct rring_client *client;
	struct rring_writer *writer;	/* of handles */
	struct rring_writer *stream;	/* of payloads */
	struct rring_reader *reader;	/* of .writer; one event is peeked */
	struct rring_reader *listener;	/* of .stream */
	struct rring_pipe *near, *far;
	struct rring_watch *watch;
	struct rring_set *set;		/* of .listener */
	struct rring_event held;
	struct rring_event large;	/* of XXL, held */
	uint64_t handle;		/* of .held */
};

FIXTURE(fork)
{
	int arena;
	struct belongings its;
	struct rring_client *watcher;
};

FIXTURE_VARIANT(fork)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(fork, single_threaded)
{
	.flags = RRING_SINGLE_THREADED,
};

FIXTURE_VARIANT_ADD(fork, multi_threaded)
{
	.flags = 0,
};

static void open_pipe(struct belongings *its)
{
	struct rring_pipe_config config = {
		.name = "pipe",
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};

	MUST(!rring_pipe_create(its->client, &config, &its->near));
	MUST(!rring_pipe_connect(its->client, &config, &its->far));
}

/* Open a watch, and read all that it has to report. */
static void open_watch(struct belongings *its)
{
	struct rring_change change;

	MUST(!rring_watch_open(its->client, NULL, &its->watch));
	while (!rring_watch_next(its->watch, &change, 0))
		;
}

static void open_all(struct belongings *its, int arena, unsigned int flags)
{
	const struct rring_ring_config handles = {
		.name = "handles",
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 8,
	};
	const struct rring_ring_config payloads = {
		.name = "payloads",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 8,
		.stride = 64,
	};
	struct rring_set_config config = { 0 };
	struct rring_event event;

	its->client = client_with(arena, RRING_PRODUCER, flags);
	its->writer = writer_of(its->client, &handles);
	its->stream = writer_of(its->client, &payloads);
	its->reader = reader_at(its->client, rring_writer_ring_id(its->writer));
	its->listener = reader_at(its->client,
				  rring_writer_ring_id(its->stream));
	open_pipe(its);
	open_watch(its);
	MUST(!rring_set_open(its->client, &config, &its->set));
	MUST(!rring_set_add(its->set, its->listener, 0));
	MUST(!rring_alloc(its->client, 10, 1, &its->held));
	MUST(!rring_hold(its->client, &its->held));
	its->handle = rring_share(its->client, &its->held);
	MUST(!rring_alloc(its->client, XXL, 1, &its->large));
	MUST(!rring_hold(its->client, &its->large));
	MUST(!rring_publish(its->writer, &its->large));
	MUST(!rring_alloc(its->client, 10, 2, &event));
	MUST(!rring_publish(its->writer, &event));
	MUST(!rring_try_read(its->reader, &event));
	MUST(event.len == XXL);
}

FIXTURE_SETUP(fork)
{
	const uint32_t capacity[RRING_POOLS] = { 64, 4, 4, 2, 2, 4 };

	self->arena = arena_with(capacity, 0);
	open_all(&self->its, self->arena, variant->flags);
	self->watcher = client_of(self->arena, RRING_OBSERVER);
}

/* The parent goes on as if there had been no child. */
static void goes_on(struct belongings *its)
{
	struct rring_event event;
	struct rring_reader *from;
	int i;

	MUST(!rring_try_read(its->reader, &event));
	MUST(event.event_type == 2);
	MUST(rring_try_read(its->reader, &event) == -EAGAIN);
	for (i = 0; i < 20; i++) {
		MUST(!rring_alloc(its->client, 10, 3, &event));
		MUST(!rring_publish(its->writer, &event));
		MUST(!rring_try_read(its->reader, &event));
		MUST(event.event_type == 3);
		MUST(!rring_add(its->stream, &i, sizeof(i), 4));
		MUST(!rring_set_try_read(its->set, &event, &from));
		MUST(*(int *)event.data == i);
		MUST(!rring_pipe_send(its->near, &i, sizeof(i), 5, 0));
		MUST(!rring_pipe_receive(its->far, &event, 0));
		MUST(*(int *)event.data == i);
	}
	MUST(!rring_drop(its->client, &its->held));
	MUST(!rring_drop(its->client, &its->held));
	MUST(!rring_drop(its->client, &its->large));
}

FIXTURE_TEARDOWN(fork)
{
	EXPECT_EQ(0ull, self->watcher->arena->deaths);
	goes_on(&self->its);
	rring_set_close(self->its.set);
	rring_close(self->its.client);
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
	close(self->arena);
}

/* ---- close ---- */

static int close_client(void *arg)
{
	struct belongings *its = arg;

	rring_set_close(its->set);
	rring_close(its->client);
	return 0;
}

TEST_F(fork, a_child_may_close_a_client_of_its_parent)
{
	EXPECT_EQ(0, reap(spawn(close_client, &self->its)));
}

static struct belongings *to_be_closed;

static void at_exit(void)
{
	close_client(to_be_closed);
}

static int exit_with_handler(void *arg)
{
	to_be_closed = arg;
	atexit(at_exit);
	exit(0);
}

TEST_F(fork, a_child_may_close_a_client_in_an_exit_handler)
{
	EXPECT_EQ(0, reap(spawn(exit_with_handler, &self->its)));
}

/* In the reverse order of construction, like destructors. */
static int close_each(void *arg)
{
	struct belongings *its = arg;

	MUST(!rring_set_remove(its->set, its->listener));
	rring_set_close(its->set);
	rring_watch_close(its->watch);
	rring_pipe_close(its->far);
	rring_pipe_close(its->near);
	rring_reader_close(its->listener, 1);
	rring_reader_close(its->reader, 0);
	rring_writer_leave(its->stream);
	rring_writer_close(its->writer);
	rring_trim(its->client);
	rring_close(its->client);
	return 0;
}

TEST_F(fork, a_child_may_close_each_writer_reader_and_pipe)
{
	EXPECT_EQ(0, reap(spawn(close_each, &self->its)));
}

static int fork_again(void *arg)
{
	MUST(!reap(spawn(close_each, arg)));
	MUST(!reap(spawn(close_client, arg)));
	return close_each(arg);
}

TEST_F(fork, so_may_a_grandchild)
{
	EXPECT_EQ(0, reap(spawn(fork_again, &self->its)));
}

TEST_F(fork, many_children_may_do_so)
{
	uint32_t i;

	for (i = 0; i < 20; i++)
		EXPECT_EQ(0, reap(spawn(i % 2 ? close_each : close_client,
					&self->its)));
}

/* ---- other calls ---- */

static int handler(void *context, const struct rring_event *event)
{
	(void)context;
	(void)event;
	return 0;
}

static void open_calls(struct belongings *its)
{
	struct rring_ring_config ring = {
		.kind = RRING_HANDLES,
		.capacity = 2,
	};
	struct rring_reader_config from = {
		.ring = rring_writer_ring_id(its->writer),
	};
	struct rring_pipe_config pipe_config = {
		.name = "another",
		.kind = RRING_HANDLES,
		.capacity = 2,
	};
	struct rring_factory factory = {
		.client = its->client,
		.defaults = ring,
	};
	struct rring_pool_stat stat;
	struct rring_writer *writer = NULL;
	struct rring_reader *reader = NULL;
	struct rring_pipe *pipe = NULL;
	struct rring_watch *watch = NULL;

	MUST(rring_watch_open(its->client, "a", &watch) == -EPERM);
	MUST(rring_await_ring(its->client, "a", RRING_FOREVER) == -EPERM);
	MUST(rring_writer_open(its->client, &ring, &writer) == -EPERM);
	MUST(rring_reader_open(its->client, &from, &reader) == -EPERM);
	MUST(rring_pipe_create(its->client, &pipe_config, &pipe) == -EPERM);
	MUST(rring_pipe_connect(its->client, &pipe_config, &pipe) == -EPERM);
	MUST(rring_factory_writer(&factory, "r", &writer) == -EPERM);
	MUST(rring_factory_reader(&factory, "r", NULL, &reader) == -EPERM);
	MUST(rring_pool_stat(its->client, RRING_XS, 0, &stat) == -EPERM);
	MUST(rring_client_fd(its->client) == -EPERM);
	MUST(!writer && !reader && !pipe && !watch);
}

static void event_calls(struct belongings *its)
{
	struct rring_client *client = its->client;
	struct rring_event event, events[2];

	MUST(rring_alloc(client, 10, 1, &event) == -EPERM);
	MUST(rring_alloc(client, 1000, 1, &event) == -EPERM);
	MUST(rring_alloc(client, XXL, 1, &event) == -EPERM);
	MUST(rring_alloc_xl(client, 10, 1, &event) == -EPERM);
	MUST(rring_alloc_until(client, 10, 1, RRING_FOREVER, &event) ==
	     -EPERM);
	MUST(rring_alloc_copy(client, "1", 1, 1, &event) == -EPERM);
	MUST(rring_alloc_batch(client, RRING_S, 10, 1, events, 2) == -EPERM);
	MUST(rring_resize(client, &its->held, 5) == -EPERM);
	MUST(rring_hold(client, &its->held) == -EPERM);
	MUST(rring_drop(client, &its->held) == -EPERM);
	MUST(rring_hold(client, &its->large) == -EPERM);
	MUST(rring_drop(client, &its->large) == -EPERM);
	MUST(!rring_share(client, &its->held));
	MUST(rring_upgrade(client, its->handle, &event) == -EPERM);
	MUST(rring_upgrade(client, its->large.handle, &event) == -EPERM);
	MUST(rring_find(client, its->handle, &event) == -EPERM);
	MUST(rring_find(client, its->large.handle, &event) == -EPERM);
	rring_trim(client);
}

static void writer_calls(struct belongings *its)
{
	struct rring_writer *writer = its->writer;
	uint64_t number = 7;

	MUST(rring_publish(writer, &its->held) == -EPERM);
	MUST(rring_publish(writer, &its->large) == -EPERM);
	MUST(rring_publish_batch(writer, &its->held, 1) == -EPERM);
	MUST(rring_reserve(its->stream, 1) == -EPERM);
	MUST(rring_add(its->stream, &number, 8, 0) == -EPERM);
	MUST(rring_add_batch(its->stream, &number, 4, 0, 2) == -EPERM);
	MUST(rring_wait_writable(writer, 1, RRING_FOREVER) == -EPERM);
	MUST(rring_wait_writable(its->stream, 1, 0) == -EPERM);
	MUST(rring_writer_pressure(writer) == 0.0);
	MUST(!rring_writer_under_pressure(writer));
	MUST(!rring_writer_should_throttle(its->stream));
	MUST(!rring_writer_readers(writer));
	MUST(rring_pipe_send(its->near, &number, 8, 0, RRING_FOREVER) ==
	     -EPERM);
	MUST(rring_pipe_wait_writable(its->far, 1, 0) == -EPERM);
}

static void reader_calls(struct belongings *its)
{
	struct rring_reader *reader = its->reader, *from;
	struct rring_change change;
	struct rring_event event;

	MUST(rring_watch_next(its->watch, &change, RRING_FOREVER) == -EPERM);
	MUST(!rring_watch_missed(its->watch));
	MUST(rring_keep(reader, &its->held) == -EPERM);
	MUST(rring_peek(reader, 1) == -EPERM);
	MUST(rring_try_read(reader, &event) == -EPERM);
	MUST(rring_try_read(its->listener, &event) == -EPERM);
	MUST(rring_read_batch(reader, handler, NULL, 5) == -EPERM);
	MUST(rring_wait_readable(reader, RRING_FOREVER) == -EPERM);
	MUST(!rring_reader_lag(reader));
	MUST(rring_set_try_read(its->set, &event, &from) == -EPERM);
	MUST(rring_set_wait(its->set, RRING_FOREVER) == -EPERM);
	MUST(rring_pipe_receive(its->far, &event, RRING_FOREVER) == -EPERM);
}

static int call_all(void *arg)
{
	open_calls(arg);
	event_calls(arg);
	writer_calls(arg);
	reader_calls(arg);
	return close_each(arg);
}

TEST_F(fork, other_calls_of_a_child_fail)
{
	EXPECT_EQ(0, reap(spawn(call_all, &self->its)));
}

/* What never changes in a client stays known. */
static int ask(void *arg)
{
	struct belongings *its = arg;

	MUST(rring_client_role(its->client) == RRING_PRODUCER);
	MUST(rring_client_id(its->client) == 1);
	MUST(rring_client_backend(its->client) == rring_backend());
	MUST(rring_writer_client(its->writer) == its->client);
	MUST(rring_writer_ring_id(its->writer) == 1);
	MUST(rring_writer_capacity(its->writer) == 8);
	MUST(rring_writer_position(its->writer) == 2);
	MUST(rring_writer_stride(its->stream) == 64);
	MUST(rring_reader_client(its->reader) == its->client);
	MUST(rring_reader_ring_id(its->reader) == 1);
	MUST(rring_reader_capacity(its->reader) == 8);
	MUST(rring_reader_position(its->reader) == 0);
	return 0;
}

TEST_F(fork, what_a_client_is_stays_known)
{
	EXPECT_EQ(0, reap(spawn(ask, &self->its)));
}

static int commit_reserved(void *arg)
{
	struct belongings *its = arg;

	rring_commit(its->stream, 2);
	return 0;
}

TEST_F(fork, a_child_does_not_publish_what_its_parent_reserved)
{
	uint64_t before = rring_writer_position(self->its.stream);
	uint32_t i;

	ASSERT_EQ(0, rring_reserve(self->its.stream, 2));
	for (i = 0; i < 2; i++)
		memset(rring_reserved(self->its.stream, i, 8, 1), 0, 8);
	EXPECT_EQ(0, reap(spawn(commit_reserved, &self->its)));
	EXPECT_EQ(0ull, rring_reader_lag(self->its.listener));
	EXPECT_EQ(before, rring_writer_position(self->its.stream));
}

/* ---- its own clients ---- */

static int open_own(void *arg)
{
	const uint32_t capacity[RRING_POOLS] = { 64, 4, 4, 2, 2, 4 };
	int arena = arena_with(capacity, 0);
	struct belongings own;

	open_all(&own, arena, RRING_SINGLE_THREADED);
	call_all(arg);
	goes_on(&own);
	rring_set_close(own.set);
	rring_close(own.client);
	close(arena);
	return 0;
}

TEST_F(fork, a_child_has_clients_of_its_own)
{
	EXPECT_EQ(0, reap(spawn(open_own, &self->its)));
}

/* ---- what the parent polls ---- */

TEST_F(fork, a_parent_polls_on)
{
	struct pollfd poll_fd = { .events = POLLIN };
	uint64_t number = 1;
	struct rring_event event;

	poll_fd.fd = rring_client_fd(self->its.client);
	ASSERT_LE(0, poll_fd.fd);
	ASSERT_EQ(0, rring_try_read(self->its.reader, &event));
	ASSERT_EQ(-EAGAIN, rring_try_read(self->its.reader, &event));
	ASSERT_EQ(-EAGAIN, rring_try_read(self->its.listener, &event));
	EXPECT_EQ(0, reap(spawn(close_each, &self->its)));
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	ASSERT_EQ(0, rring_add(self->its.stream, &number, 8, 0));
	EXPECT_EQ(1, poll(&poll_fd, 1, -1));
	EXPECT_EQ(0, rring_try_read(self->its.listener, &event));
	EXPECT_EQ(-EAGAIN, rring_try_read(self->its.listener, &event));
	/* as the teardown expects it */
	ASSERT_EQ(0, rring_alloc(self->its.client, 10, 2, &event));
	ASSERT_EQ(0, rring_publish(self->its.writer, &event));
}

/* ---- threads ---- */

struct busy {
	int arena;
	int end;
};

/* Clients, rings and readers come and go. */
static void *come_and_go(void *arg)
{
	const struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 4,
	};
	struct busy *busy = arg;

	while (!__atomic_load_n(&busy->end, __ATOMIC_RELAXED)) {
		struct rring_client *client = client_of(busy->arena,
							RRING_PRODUCER);
		struct rring_writer *writer = writer_of(client, &config);
		struct rring_event event;

		reader_at(client, rring_writer_ring_id(writer));
		MUST(!rring_alloc(client, 10, 0, &event));
		MUST(!rring_publish(writer, &event));
		rring_writer_close(writer);
		rring_close(client);
	}
	return NULL;
}

/*
 * What the parent's other thread was allocating during fork() is lost in the
 * child, which is no leak of the library: end without a search for leaks.
 */
static int call_all_and_end(void *arg)
{
	return (int)syscall(SYS_exit_group, call_all(arg));
}

TEST_F(fork, another_thread_may_open_and_close_meanwhile)
{
	struct busy busy = { .arena = arena_small() };
	pthread_t thread = thread_start(come_and_go, &busy);
	uint32_t i;

	for (i = 0; i < rounds(200); i++)
		EXPECT_EQ(0, reap(spawn(call_all_and_end, &self->its)));
	__atomic_store_n(&busy.end, 1, __ATOMIC_RELAXED);
	thread_end(thread);
	close(busy.arena);
}

TEST_HARNESS_MAIN
