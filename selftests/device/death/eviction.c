// SPDX-License-Identifier: MPL-2.0
/*
 * Eviction ends one client only. Its slots and rings become available to the
 * other clients, which continue.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "device.h"
#include "netlink.h"
#include "eviction.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

FIXTURE(evict)
{
	struct scene scene;
};

FIXTURE_SETUP(evict)
{
	scene_init(&self->scene);
}

FIXTURE_TEARDOWN(evict)
{
	EXPECT_TRUE(scene_end(&self->scene));
}

/* ---- slots and rings of the evicted client ---- */

/* Allocate all slots that the quota allows, and keep them. */
static int held_events(struct evictee *self, struct rring_client *client)
{
	struct rring_event event;
	int n = 0;

	while (!rring_alloc(client, 8, 1, &event))
		n++;
	MUST(n == SCENE_SHARE);
	baton_pass(self->ready);
	baton_wait(self->go);
	return 0;
}

/* Allocate more slots than are free before the eviction. */
static int produce(void *arg)
{
	struct evictee *self = arg;
	struct rring_client *client = client_of(self->arena_fd,
						RRING_PRODUCER);
	struct rring_event event;
	int i;

	for (i = 0; i < SCENE_CAPACITY - SCENE_SHARE; i++)
		MUST(!rring_alloc(client, 8, 1, &event));
	baton_pass(self->ready);
	MUST(!rring_alloc_until(client, 8, 1, RRING_FOREVER, &event));
	memset(event.data, 7, 8);
	return 0;
}

/* Two other clients with a ring between them, which must see no error. */
struct stream {
	int arena_fd;
	struct baton *ready;
	uint64_t *read;
	int *stop;
};

static int read_all(void *arg)
{
	struct stream *stream = arg;
	struct rring_client *client = client_of(stream->arena_fd,
						RRING_CONSUMER);
	struct rring_reader_config config = { .ring_name = "others" };
	struct rring_reader *reader = reader_of(client, &config);
	int err;

	baton_pass(stream->ready);
	while (!(err = stream_take_soon(reader, 200)))
		++*stream->read;
	MUST(err == -EPIPE);
	return 0;
}

static int write_all(void *arg)
{
	struct rring_ring_config config = {
		.name = "others",
		.kind = RRING_INLINE,
		.capacity = 8,
		.stride = 256,
	};
	struct stream *stream = arg;
	struct rring_client *client = client_of(stream->arena_fd,
						RRING_PRODUCER);
	struct rring_writer *writer = writer_of(client, &config);

	baton_pass(stream->ready);
	while (!__atomic_load_n(stream->stop, __ATOMIC_RELAXED))
		MUST(!stream_put(writer, 200));
	return 0;
}

static const struct nl_object *find_hoarder(const struct nl_answer *answer)
{
	const struct nl_object *found = NULL;
	uint32_t i;

	for (i = 0; i < answer->n; i++)
		if (nl_pool_u32(&answer->object[i], 0,
				RRING_A_CLIENT_POOL_HELD) ==
		    nl_pool_u32(&answer->object[i], 0,
				RRING_A_CLIENT_POOL_QUOTA))
			found = &answer->object[i];
	return found;
}

TEST_F(evict, of_a_hoarder_lets_the_others_go_on)
{
	struct scene *scene = &self->scene;
	struct evictee victim = evictee_of(scene, held_events);
	struct baton ready;
	struct stream stream = {
		.arena_fd = scene->arena_fd,
		.ready = &ready,
		.read = shared_new(sizeof(*stream.read)),
		.stop = shared_new(sizeof(*stream.stop)),
	};
	pid_t holder, producer, writer, reader;
	const struct nl_object *found;
	struct nl_answer answer;
	uint64_t seen;

	baton_init(&ready);
	writer = spawn(write_all, &stream);
	baton_wait(&ready);
	reader = spawn(read_all, &stream);
	baton_wait(&ready);
	holder = spawn(evictee_run, &victim);
	baton_wait(&scene->ready);
	producer = spawn(produce, &victim);
	baton_wait(&scene->ready);
	until_starving(scene->client, RRING_XS, producer);

	answer = nl_of_arena(&scene->nl, RRING_CMD_CLIENT_GET, scene->arena);
	found = find_hoarder(&answer);
	ASSERT_NE(NULL, found);
	EXPECT_EQ((uint32_t)holder, nl_u32(found, RRING_A_CLIENT_PID));
	EXPECT_EQ((uint32_t)SCENE_SHARE, nl_u32(found, RRING_A_CLIENT_HELD));
	ASSERT_EQ(0, nl_evict(&scene->nl, scene->arena,
			      nl_u32(found, RRING_A_CLIENT_ID),
			      nl_u32(found, RRING_A_CLIENT_SERIAL)));
	nl_free(&answer);

	EXPECT_EQ(0, reap(producer));
	seen = __atomic_load_n(stream.read, __ATOMIC_RELAXED);
	while (__atomic_load_n(stream.read, __ATOMIC_RELAXED) < seen + 1000)
		usleep(1000);
	__atomic_store_n(stream.stop, 1, __ATOMIC_RELAXED);
	EXPECT_EQ(0, reap(writer));
	EXPECT_EQ(0, reap(reader));
	/* the evicted client has made no call since the eviction */
	baton_pass(&scene->go);
	EXPECT_EQ(0, reap(holder));
}

static int hold_up_a_writer(struct evictee *self, struct rring_client *client)
{
	struct rring_reader_config named = {
		.name = "named",
		.ring = self->ring,
		.start = RRING_START_OLDEST,
	};
	struct rring_ring_config config = {
		.name = "of-the-victim",
		.kind = RRING_HANDLES,
		.capacity = 4,
		.retain = 3,
	};
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_reader *reader = reader_of(client, &named);

	reader_at(client, self->ring);
	MUST(!stream_put(writer, 60) && !stream_put(writer, 60));
	baton_pass(self->ready);
	baton_wait(self->go);
	MUST(!stream_take(reader, 64));
	baton_pass(self->ready);
	baton_wait(self->go);
	return 0;
}

/* Eviction has the effects of death: published events and names remain. */
TEST_F(evict, ends_its_rings_and_frees_its_readers)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
	};
	struct rring_reader_config of_victim = {
		.ring_name = "of-the-victim",
		.start = RRING_START_OLDEST,
	};
	struct rring_writer *writer = writer_of(self->scene.client, &config);
	struct evictee victim = evictee_of(&self->scene, hold_up_a_writer);
	struct rring_reader_config resumed = {
		.name = "named",
		.ring = writer->id,
	};
	struct rring_reader *reader;
	pid_t pid;

	victim.ring = writer->id;
	pid = spawn(evictee_run, &victim);
	baton_wait(&self->scene.ready);
	reader = reader_of(self->scene.client, &of_victim);
	while (!stream_put(writer, 64))
		;
	baton_pass(&self->scene.go);
	baton_wait(&self->scene.ready);
	ASSERT_EQ(0, scene_evict(&self->scene));
	ASSERT_EQ(0, stream_take(reader, 60));
	ASSERT_EQ(0, stream_take(reader, 60));
	EXPECT_EQ(-EPIPE, stream_take(reader, 60));
	rring_reader_close(reader, 0);
	/*
	 * the nameless reader is gone; the name resumes behind its last release
	 */
	reader = reader_of(self->scene.client, &resumed);
	EXPECT_EQ(1ull, reader->pos);
	EXPECT_EQ(0, stream_put(writer, 64));
	baton_pass(&self->scene.go);
	EXPECT_EQ(0, reap(pid));
}

/* ---- identification ---- */

static int wait_to_go(struct evictee *self, struct rring_client *client)
{
	(void)client;
	baton_pass(self->ready);
	baton_wait(self->go);
	return 0;
}

TEST_F(evict, means_one_client_and_no_other)
{
	struct scene *scene = &self->scene;
	struct evictee victim = evictee_of(scene, wait_to_go);
	struct nl_answer answer;
	uint32_t last;
	pid_t pid = spawn(evictee_run, &victim);

	baton_wait(&scene->ready);
	last = scene->client->arena->max_clients;
	EXPECT_EQ(-ESTALE, nl_evict(&scene->nl, scene->arena,
				    scene->shared->client,
				    scene->shared->serial + 1));
	EXPECT_EQ(-ESRCH, nl_evict(&scene->nl, scene->arena, 0, 0));
	EXPECT_EQ(-ESRCH, nl_evict(&scene->nl, scene->arena, last, 0));
	EXPECT_EQ(-ESRCH, nl_evict(&scene->nl, scene->arena, last + 1, 0));
	EXPECT_EQ(-ESRCH, nl_evict(&scene->nl, scene->arena, ~0u, 0));
	EXPECT_EQ(-ENOENT, nl_evict(&scene->nl, scene->arena + 1,
				    scene->shared->client, 0));
	answer = nl_of_arena(&scene->nl, RRING_CMD_CLIENT_GET, scene->arena);
	EXPECT_EQ(2u, answer.n);
	nl_free(&answer);
	ASSERT_EQ(0, scene_evict(scene));
	EXPECT_EQ(-ESRCH, scene_evict(scene));
	answer = nl_of_arena(&scene->nl, RRING_CMD_CLIENT_GET, scene->arena);
	EXPECT_EQ(1u, answer.n);
	nl_free(&answer);
	answer = nl_of_arena(&scene->nl, RRING_CMD_ARENA_GET, scene->arena);
	EXPECT_EQ(1ull, nl_u64(answer.object, RRING_A_ARENA_EVICTIONS));
	EXPECT_EQ(1ull, nl_u64(answer.object, RRING_A_ARENA_DEATHS));
	nl_free(&answer);
	baton_pass(&scene->go);
	EXPECT_EQ(0, reap(pid));
}

/* Attach without mapping a ledger, so the client never gets live. */
static int attach_alone(void *arg)
{
	struct evictee *self = arg;
	struct rring_attach attach;
	int fd = device_open();

	MUST(!device_attach(fd, self->arena_fd, RRING_PRODUCER, &attach));
	self->shared->client = attach.client;
	self->shared->serial = attach.serial;
	baton_pass(self->ready);
	baton_wait(self->go);
	MUST(device_map(fd, RRING_REGION_LEDGER, 0, attach.ledger_size,
			PROT_READ | PROT_WRITE) == MAP_FAILED);
	MUST(errno == EOWNERDEAD);
	return 0;
}

TEST_F(evict, of_one_that_has_only_attached)
{
	struct evictee victim = evictee_of(&self->scene, NULL);

	EXPECT_EQ(0, scene_evict_child(&self->scene, attach_alone, &victim));
}

/* ---- at random instants ---- */

/*
 * Open, map, write and close repeatedly until evicted: in a call, between two
 * calls, or by a signal.
 */
static int come_and_go(void *arg)
{
	struct evictee *self = arg;

	for (;;) {
		struct rring_client *client;
		struct rring_event event;

		if (rring_open_arena(&client, self->arena_fd, RRING_PRODUCER,
				     RRING_SINGLE_THREADED))
			continue;
		if (!rring_alloc(client, 8, 1, &event)) {
			memset(event.data, 1, 8);
			rring_share(client, &event);
		}
		rring_close(client);
	}
	return 0;
}

#define EVICTIONS	200

TEST_F(evict, at_any_moment)
{
	struct scene *scene = &self->scene;
	struct evictee victim = evictee_of(scene, NULL);
	pid_t pid = spawn(come_and_go, &victim);
	int n = 0, status;

	while (n < EVICTIONS) {
		struct nl_answer answer = nl_of_arena(&scene->nl,
				RRING_CMD_CLIENT_GET, scene->arena);
		uint32_t i;

		for (i = 0; i < answer.n; i++) {
			const struct nl_object *client = &answer.object[i];
			uint32_t id = nl_u32(client, RRING_A_CLIENT_ID);
			int err;

			if (id == scene->client->id)
				continue;
			err = nl_evict(&scene->nl, scene->arena, id,
				       nl_u32(client, RRING_A_CLIENT_SERIAL));
			ASSERT_TRUE(!err || err == -ESRCH || err == -ESTALE);
			n += !err;
		}
		nl_free(&answer);
		if (waitpid(pid, &status, WNOHANG) == pid) {
			ASSERT_TRUE(WIFSIGNALED(status));
			ASSERT_EQ(SIGBUS, WTERMSIG(status));
			pid = spawn(come_and_go, &victim);
		}
	}
	slay(pid);
}

TEST_HARNESS_MAIN
