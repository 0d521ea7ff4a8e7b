// SPDX-License-Identifier: MPL-2.0
/*
 * A process that has called rring_guard_evictions() survives the eviction of its
 * clients, at any instruction: calls fail, and nothing raises SIGBUS. Other bus errors
 * are what they were.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "eviction.h"
#include "netlink.h"
#include "stream.h"
#include "thread.h"

#include "kselftest_harness.h"

#define EVICTIONS	100
#define THREADS		2

FIXTURE(guard)
{
	struct scene scene;
};

FIXTURE_SETUP(guard)
{
	scene_init(&self->scene);
}

FIXTURE_TEARDOWN(guard)
{
	EXPECT_TRUE(scene_end(&self->scene));
}

/* ---- after an eviction ---- */

static const struct rring_ring_config values = {
	.name = "values",
	.kind = RRING_INLINE,
	.policy = RRING_FAIL,
	.capacity = 64,
	.stride = 64,
};

static const struct rring_ring_config events = {
	.name = "events",
	.kind = RRING_HANDLES,
	.policy = RRING_FAIL,
	.capacity = 64,
};

/* All that a client can have, with something to read in each. */
struct belongings {
	struct rring_client *client;
	struct rring_writer *writer[2];
	struct rring_reader *reader[2];
	struct rring_set *set;
	struct rring_watch *watch;
	struct rring_event held;
};

static struct belongings acquire(struct rring_client *client)
{
	const struct rring_set_config fair = { .order = RRING_FAIR };
	struct rring_reader_config from = { .ring_name = "values" };
	struct belongings own = { .client = client };
	struct rring_event event;

	own.writer[0] = writer_of(client, &values);
	own.writer[1] = writer_of(client, &events);
	own.reader[0] = reader_of(client, &from);
	from.ring_name = "events";
	own.reader[1] = reader_of(client, &from);
	MUST(!rring_set_open(client, &fair, &own.set));
	MUST(!rring_set_add(own.set, own.reader[0], 0));
	MUST(!rring_watch_open(client, "", &own.watch));
	MUST(!put_value(own.writer[0], 1));
	MUST(!rring_alloc(client, 8, 1, &own.held));
	memset(own.held.data, 1, 8);
	MUST(!rring_alloc(client, 8, 1, &event));
	MUST(!rring_publish(own.writer[1], &event));
	return own;
}

static void all_calls_fail(struct belongings *own)
{
	struct rring_pool_stat stat;
	struct rring_change change;
	struct rring_reader *from;
	struct rring_event event;
	int i;

	MUST(rring_alloc(own->client, 8, 1, &event) == -EOWNERDEAD);
	MUST(rring_alloc(own->client, 100000, 1, &event) == -EOWNERDEAD);
	MUST(rring_hold(own->client, &own->held) == -EOWNERDEAD);
	MUST(rring_drop(own->client, &own->held) == -EOWNERDEAD);
	MUST(rring_add(own->writer[0], "", 1, 0) == -EOWNERDEAD);
	MUST(rring_reserve(own->writer[0], 1) == -EOWNERDEAD);
	MUST(rring_publish(own->writer[1], &own->held) == -EOWNERDEAD);
	for (i = 0; i < 2; i++) {
		MUST(rring_try_read(own->reader[i], &event) == -EOWNERDEAD);
		MUST(rring_peek(own->reader[i], 1) == -EOWNERDEAD);
		MUST(rring_wait_readable(own->reader[i], RRING_FOREVER) ==
		     -EOWNERDEAD);
	}
	MUST(rring_set_try_read(own->set, &event, &from) == -EOWNERDEAD);
	MUST(rring_watch_next(own->watch, &change, RRING_FOREVER) ==
	     -EOWNERDEAD);
	MUST(rring_pool_stat(own->client, RRING_XS, RRING_STAT_SWEEP, &stat) ==
	     -EOWNERDEAD);
	MUST(rring_client_fd(own->client) == -EOWNERDEAD);
}

static int read_zeros(struct evictee *self, struct rring_client *client)
{
	struct belongings own = acquire(client);

	MUST(!rring_guard_evictions());
	MUST(!rring_guard_evictions());
	MUST(!rring_client_evicted(client));
	baton_pass(self->ready);
	baton_wait(self->go);
	MUST(rring_client_evicted(client));
	MUST(!*(volatile char *)own.held.data);
	all_calls_fail(&own);
	rring_set_close(own.set);
	rring_close(client);
	/* the process can go on with another client */
	client = client_of(self->arena_fd, RRING_PRODUCER);
	MUST(!rring_client_evicted(client));
	acquire(client);
	rring_close(client);
	return 0;
}

TEST_F(guard, makes_all_calls_of_an_evicted_client_fail)
{
	struct evictee victim = evictee_of(&self->scene, read_zeros);

	EXPECT_EQ(0, scene_evict_child(&self->scene, evictee_run, &victim));
}

/* ---- at random instants ---- */

/* Do what a client can do, until a call fails. */
static void work(struct rring_client *client, char name)
{
	const char text[] = { name, 0 };
	struct rring_reader_config from = { .ring_name = text };
	struct rring_ring_config ring = events;
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct rring_event event;
	int err;

	ring.name = text;
	err = rring_writer_open(client, &ring, &writer);
	if (!err)
		err = rring_reader_open(client, &from, &reader);
	while (!err) {
		err = rring_alloc(client, 8, 1, &event);
		if (!err)
			memset(event.data, 1, 8);
		if (!err)
			err = rring_publish(writer, &event);
		if (!err)
			err = rring_try_read(reader, &event);
	}
	/* an entry of zeros can look like any other one */
	MUST(rring_client_evicted(client));
}

struct worker {
	struct evictee *evictee;
	char name;
};

static void *come_and_work(void *arg)
{
	const struct worker *worker = arg;
	struct rring_client *client;
	int err;

	while (!__atomic_load_n(&worker->evictee->shared->ring,
				__ATOMIC_RELAXED)) {
		err = rring_open_arena(&client, worker->evictee->arena_fd,
				       RRING_PRODUCER, RRING_SINGLE_THREADED);
		MUST(!err || err == -EOWNERDEAD);
		if (err)
			continue;
		work(client, worker->name);
		rring_close(client);
	}
	return NULL;
}

static int survive(void *arg)
{
	struct evictee *self = arg;
	struct worker worker[THREADS];
	pthread_t thread[THREADS];
	int i;

	MUST(!rring_guard_evictions());
	for (i = 0; i < THREADS; i++) {
		worker[i] = (struct worker) { self, (char)('a' + i) };
		thread[i] = thread_start(come_and_work, &worker[i]);
	}
	for (i = 0; i < THREADS; i++)
		thread_end(thread[i]);
	return 0;
}

/* Evict all clients but that of the scene. Return how many these were. */
static uint32_t evict_all(struct scene *scene)
{
	struct nl_answer answer = nl_of_arena(&scene->nl, RRING_CMD_CLIENT_GET,
					      scene->arena);
	uint32_t i, n = 0;

	for (i = 0; i < answer.n; i++) {
		uint32_t id = nl_u32(&answer.object[i], RRING_A_CLIENT_ID);

		if (id != scene->client->id)
			n += !nl_evict(&scene->nl, scene->arena, id,
				       nl_u32(&answer.object[i],
					      RRING_A_CLIENT_SERIAL));
	}
	nl_free(&answer);
	return n;
}

TEST_F(guard, holds_at_any_moment)
{
	struct scene *scene = &self->scene;
	struct evictee victim = evictee_of(scene, NULL);
	pid_t pid = spawn(survive, &victim);
	uint32_t n;

	for (n = 0; n < EVICTIONS && !has_ended(pid);)
		n += evict_all(scene);
	__atomic_store_n(&scene->shared->ring, 1, __ATOMIC_RELAXED);
	while (!has_ended(pid))
		evict_all(scene);
	EXPECT_EQ(0, reap(pid));
}

/* ---- other bus errors ---- */

/* A page behind the end of a file. */
static char *missing_page(void)
{
	int fd = memfd_create("empty", 0);
	char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	MUST(page != MAP_FAILED);
	return page;
}

static int touch_missing(void *arg)
{
	(void)arg;
	MUST(!rring_guard_evictions());
	return *(volatile char *)missing_page();
}

TEST_F(guard, leaves_other_bus_errors_alone)
{
	int status;
	pid_t pid = spawn(touch_missing, NULL);

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGBUS, WTERMSIG(status));
}

static void leave(int number)
{
	(void)number;
	_exit(0);
}

static int touch_with_a_handler(void *arg)
{
	(void)arg;
	signal(SIGBUS, leave);
	MUST(!rring_guard_evictions());
	return 1 + *(volatile char *)missing_page();
}

TEST_F(guard, passes_other_bus_errors_to_the_handler_before_it)
{
	EXPECT_EQ(0, reap(spawn(touch_with_a_handler, NULL)));
}

TEST_HARNESS_MAIN
