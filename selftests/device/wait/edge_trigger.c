// SPDX-License-Identifier: MPL-2.0
/*
 * No edge is lost between two processes. A reader that drains its ring and then
 * waits by epoll hears of the next publish. A writer that waits after -EAGAIN
 * hears of the next release. If an edge is lost, both wait until the harness
 * ends them. The timeout is long: each round sends interrupts to the other CPU,
 * and on a busy host one can take a time slice of the host's scheduler.
 */
#include <sched.h>
#include <sys/epoll.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"

#define MAX	64

struct rush {
	int arena;
	uint32_t capacity;
	uint32_t events;
	uint32_t trigger;	/* EPOLLET, or 0 for level-triggered */
	struct baton opened;
	struct baton joined;
};

FIXTURE(edge_trigger)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(edge_trigger)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(edge_trigger)
{
	rring_close(self->client);
	close(self->arena);
}

FIXTURE_VARIANT(edge_trigger)
{
	uint32_t trigger;
};

FIXTURE_VARIANT_ADD(edge_trigger, edge) { .trigger = EPOLLET };
FIXTURE_VARIANT_ADD(edge_trigger, level) { .trigger = 0 };

static struct rring_writer *ring_of(struct rring_client *client,
				    uint32_t capacity)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = capacity,
		.stride = MAX,
	};

	return writer_of(client, &config);
}

static int watch(const struct rring_client *client, uint32_t events)
{
	struct epoll_event event = { .events = events };
	int epoll = epoll_create1(0);

	MUST(epoll >= 0);
	MUST(!epoll_ctl(epoll, EPOLL_CTL_ADD, rring_client_fd(client), &event));
	return epoll;
}

static void await(int epoll, uint32_t events)
{
	struct epoll_event event = { .events = 0 };

	MUST(epoll_wait(epoll, &event, 1, -1) == 1);
	MUST(event.events == events);
}

/* Publish as soon as the reader has released, while it prepares to wait. */
static int write_close_behind(void *arg)
{
	struct rush *rush = arg;
	struct rring_client *client = client_of(rush->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, rush->capacity);
	uint32_t i;
	int err;

	baton_pass(&rush->opened);
	baton_wait(&rush->joined);
	for (i = 0; i < rush->events; i++) {
		while ((err = stream_put(writer, MAX)) == -EAGAIN)
			sched_yield();
		MUST(!err);
	}
	rring_close(client);
	return 0;
}

static void drain_by_epoll(struct __test_metadata *_metadata,
			   struct rring_client *client, struct rush *rush)
{
	struct rring_reader *reader;
	int epoll, err = 0;
	pid_t pid;

	baton_init(&rush->opened);
	baton_init(&rush->joined);
	pid = spawn(write_close_behind, rush);
	baton_wait(&rush->opened);
	reader = reader_at(client, 1);
	epoll = watch(client, EPOLLIN | rush->trigger);
	baton_pass(&rush->joined);
	while (err != -EPIPE) {
		await(epoll, EPOLLIN);
		while (!(err = stream_take(reader, MAX)))
			;
		ASSERT_TRUE(err == -EAGAIN || err == -EPIPE);
	}
	EXPECT_EQ(rush->events, reader->pos);
	EXPECT_EQ(0, reap(pid));
	close(epoll);
}

TEST_F_TIMEOUT(edge_trigger, each_publish_is_heard_of, 250)
{
	struct rush rush = {
		.arena = self->arena,
		.capacity = 1,
		.events = rounds(10000),
		.trigger = variant->trigger,
	};

	drain_by_epoll(_metadata, self->client, &rush);
}

TEST_F_TIMEOUT(edge_trigger, a_stream_is_drained_to_its_end, 100)
{
	struct rush rush = {
		.arena = self->arena,
		.capacity = 64,
		.events = rounds(30000),
		.trigger = variant->trigger,
	};

	drain_by_epoll(_metadata, self->client, &rush);
}

static int write_by_epoll(void *arg)
{
	struct rush *rush = arg;
	struct rring_client *client = client_of(rush->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, rush->capacity);
	int epoll = watch(client, EPOLLOUT | rush->trigger);
	int err;

	baton_pass(&rush->opened);
	baton_wait(&rush->joined);
	for (;;) {
		await(epoll, EPOLLOUT);
		while (writer->head < rush->events) {
			err = stream_put(writer, MAX);
			if (err)
				break;
		}
		if (writer->head == rush->events)
			break;
		MUST(err == -EAGAIN);
	}
	rring_close(client);
	return 0;
}

/*
 * The reader never sleeps, so that it releases while the writer prepares to
 * wait.
 */
TEST_F_TIMEOUT(edge_trigger, each_release_is_heard_of, 250)
{
	struct rush rush = {
		.arena = self->arena,
		.capacity = 1,
		.events = rounds(10000),
		.trigger = variant->trigger,
	};
	struct rring_reader *reader;
	pid_t pid;
	int err;

	baton_init(&rush.opened);
	baton_init(&rush.joined);
	pid = spawn(write_by_epoll, &rush);
	baton_wait(&rush.opened);
	reader = reader_at(self->client, 1);
	baton_pass(&rush.joined);
	while ((err = stream_take(reader, MAX)) != -EPIPE) {
		ASSERT_TRUE(!err || err == -EAGAIN);
		if (err)
			sched_yield();
	}
	EXPECT_EQ(rush.events, reader->pos);
	EXPECT_EQ(0, reap(pid));
}

TEST_HARNESS_MAIN
