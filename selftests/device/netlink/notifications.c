// SPDX-License-Identifier: MPL-2.0
/* Listeners get one notification per event. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "device.h"
#include "netlink.h"
#include "stream.h"

#include "kselftest_harness.h"

#define NAME	"talkative"

FIXTURE(notices)
{
	struct nl nl;		/* sends requests */
	struct nl ear;		/* listens */
	int arena_fd;
	uint32_t arena;
	struct nl_answer heard;
	struct baton ready, go;
};

static int create(const char *name, uint32_t quota)
{
	struct rring_arena_config config = {
		.name = name,
		.capacity = { 64, 32, 1 },
		.quota = quota,
		.mode = 0750,
		.uid = 17,
		.gid = 18,
	};

	return rring_arena_create(&config);
}

FIXTURE_SETUP(notices)
{
	memset(&self->heard, 0, sizeof(self->heard));
	self->nl = nl_open();
	self->ear = nl_open();
	ASSERT_EQ(0, nl_listen(&self->ear));
	self->arena_fd = create(NAME, 0);
	ASSERT_LE(0, self->arena_fd);
	self->arena = nl_arena(&self->nl, NAME);
	baton_init(&self->ready);
	baton_init(&self->go);
}

FIXTURE_TEARDOWN(notices)
{
	nl_free(&self->heard);
	close(self->arena_fd);
	nl_close(&self->ear);
	nl_close(&self->nl);
}

#define HEAR(command) ({						\
	nl_free(&self->heard);						\
	self->heard = nl_hear(&self->ear, command, self->arena);	\
	self->heard.object;						\
})

TEST_F(notices, of_an_arena_that_comes_and_goes)
{
	const struct nl_object *arena = HEAR(RRING_CMD_ARENA_CREATED);

	EXPECT_STREQ(NAME, nl_str(arena, RRING_A_ARENA_NAME));
	EXPECT_EQ(17u, nl_u32(arena, RRING_A_ARENA_UID));
	EXPECT_EQ(18u, nl_u32(arena, RRING_A_ARENA_GID));
	EXPECT_EQ(0750u, nl_u32(arena, RRING_A_ARENA_MODE));
	EXPECT_EQ(97u, nl_u32(arena, RRING_A_ARENA_SLOTS));
	EXPECT_EQ(NULL, arena->attr[RRING_A_ARENA_MISSED]);
	close(self->arena_fd);
	self->arena_fd = -1;
	/* no other notification comes between */
	arena = HEAR(0);
	EXPECT_EQ(RRING_CMD_ARENA_GONE, arena->command);
	EXPECT_STREQ(NAME, nl_str(arena, RRING_A_ARENA_NAME));
	EXPECT_EQ(0u, nl_arena(&self->nl, NAME));
}

struct child {
	int arena_fd;
	struct baton *ready, *go;
};

/* Hold two events and one of another class, and open a ring and two readers. */
static int have_and_wait(void *arg)
{
	struct rring_ring_config ring = {
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};
	struct child *child = arg;
	struct rring_client *client = client_of(child->arena_fd,
						RRING_PRODUCER);
	struct rring_writer *writer = writer_of(client, &ring);
	struct rring_event event;

	reader_at(client, writer->id);
	reader_at(client, writer->id);
	MUST(!rring_alloc(client, 8, 1, &event));
	MUST(!rring_alloc(client, 8, 1, &event));
	MUST(!rring_alloc(client, 200, 1, &event));
	baton_pass(child->ready);
	baton_wait(child->go);
	return 0;
}

#define CHILD {				\
	.arena_fd = self->arena_fd,	\
	.ready = &self->ready,		\
	.go = &self->go,		\
}

static int is_the_usage(const struct nl_object *client)
{
	return nl_u32(client, RRING_A_CLIENT_ID) == 1 &&
	       nl_u32(client, RRING_A_CLIENT_UID) == 0 &&
	       nl_u32(client, RRING_A_CLIENT_ROLE) == RRING_PRODUCER &&
	       nl_u32(client, RRING_A_CLIENT_STATE) == RRING_CLIENT_DEAD &&
	       nl_u32(client, RRING_A_CLIENT_HELD) == 3 &&
	       nl_u32(client, RRING_A_CLIENT_RINGS) == 1 &&
	       nl_u32(client, RRING_A_CLIENT_READERS) == 2 &&
	       nl_u64(client, RRING_A_CLIENT_REFILLS) == 2 &&
	       client->pools == 3 &&
	       nl_pool_u32(client, 0, RRING_A_CLIENT_POOL_HELD) == 2 &&
	       nl_pool_u32(client, 0, RRING_A_CLIENT_POOL_CHARGED) == 8 &&
	       nl_pool_u32(client, 0, RRING_A_CLIENT_POOL_IN_MAGAZINE) == 6 &&
	       nl_pool_u32(client, 1, RRING_A_CLIENT_POOL_HELD) == 1 &&
	       nl_pool_u32(client, 2, RRING_A_CLIENT_POOL_HELD) == 0 &&
	       !client->attr[RRING_A_CLIENT_PID];
}

TEST_F(notices, of_a_death_and_what_was_reclaimed)
{
	struct child child = CHILD;
	pid_t pid = spawn(have_and_wait, &child);
	const struct nl_object *client;

	baton_wait(&self->ready);
	slay(pid);
	client = HEAR(RRING_CMD_CLIENT_DIED);
	EXPECT_TRUE(is_the_usage(client));
	EXPECT_STREQ("notifications", nl_str(client, RRING_A_CLIENT_COMM));
}

/* An eviction is not followed by a notification of death. */
TEST_F(notices, of_an_eviction)
{
	struct child child = CHILD;
	pid_t pid = spawn(have_and_wait, &child);
	struct nl_value values[] = {
		NL_U32(RRING_A_CLIENT_ARENA, self->arena),
		NL_U32(RRING_A_CLIENT_ID, 1),
		{ 0 }
	};
	const struct nl_object *client;
	uint32_t serial;

	baton_wait(&self->ready);
	ASSERT_EQ(0, nl_change(&self->nl, RRING_CMD_CLIENT_EVICT, values));
	client = HEAR(RRING_CMD_CLIENT_EVICTED);
	EXPECT_TRUE(is_the_usage(client));
	serial = nl_u32(client, RRING_A_CLIENT_SERIAL);
	slay(pid);
	rring_close(client_of(self->arena_fd, RRING_OBSERVER));
	client = HEAR(0);
	EXPECT_EQ(RRING_CMD_CLIENT_DIED, client->command);
	EXPECT_LT(serial, nl_u32(client, RRING_A_CLIENT_SERIAL));
	EXPECT_EQ((uint32_t)RRING_OBSERVER,
		  nl_u32(client, RRING_A_CLIENT_ROLE));
	EXPECT_EQ(0u, nl_u32(client, RRING_A_CLIENT_HELD));
}

static int take_all(struct rring_client *client, struct rring_event *event)
{
	int n = 0;

	while (!rring_alloc(client, 8, 1, &event[n]))
		n++;
	return n;
}

static uint64_t dry_spells(struct nl *nl, uint32_t arena)
{
	struct nl_answer answer = nl_of_arena(nl, RRING_CMD_POOL_GET, arena);
	uint64_t spells = nl_u64(answer.object, RRING_A_POOL_DRY_SPELLS);

	nl_free(&answer);
	return spells;
}

TEST_F(notices, of_a_dry_pool_once_per_spell)
{
	struct rring_client *client = client_of(self->arena_fd,
						RRING_PRODUCER);
	struct rring_event event[64], one;
	const struct nl_object *pool;
	int i;

	ASSERT_EQ(64, take_all(client, event));
	pool = HEAR(RRING_CMD_POOL_DRY);
	EXPECT_EQ((uint32_t)RRING_XS, nl_u32(pool, RRING_A_POOL_CLASS));
	EXPECT_EQ(64u, nl_u32(pool, RRING_A_POOL_CAPACITY));
	EXPECT_EQ(0u, nl_u32(pool, RRING_A_POOL_FREE));
	EXPECT_EQ(client->id, nl_u32(pool, RRING_A_POOL_CLIENT));
	EXPECT_EQ(NULL, pool->attr[RRING_A_POOL_MISSED]);
	/* the pool stays dry even if single slots are freed at times */
	for (i = 0; i < 20; i++) {
		rring_share(client, &event[0]);
		ASSERT_EQ(0, rring_drop(client, &event[0]));
		ASSERT_EQ(0, rring_alloc(client, 8, 1, &event[0]));
		ASSERT_EQ(-ENOSPC, rring_alloc(client, 8, 1, &one));
	}
	EXPECT_EQ(1ull, dry_spells(&self->nl, self->arena));
	/* another pool runs dry, then this one again */
	ASSERT_EQ(0, rring_alloc(client, 1000, 1, &one));
	ASSERT_EQ(-ENOSPC, rring_alloc(client, 1000, 1, &one));
	pool = HEAR(0);
	EXPECT_EQ(RRING_CMD_POOL_DRY, pool->command);
	EXPECT_EQ((uint32_t)RRING_M, nl_u32(pool, RRING_A_POOL_CLASS));
	for (i = 0; i < 32; i++) {
		rring_share(client, &event[i]);
		ASSERT_EQ(0, rring_drop(client, &event[i]));
	}
	ASSERT_EQ(32, take_all(client, event));
	pool = HEAR(0);
	EXPECT_EQ(RRING_CMD_POOL_DRY, pool->command);
	EXPECT_EQ((uint32_t)RRING_XS, nl_u32(pool, RRING_A_POOL_CLASS));
	EXPECT_EQ(2ull, dry_spells(&self->nl, self->arena));
	rring_close(client);
}

/* An allocation that fails for the quota does not mean a dry pool. */
TEST_F(notices, of_no_dry_pool_for_a_quota)
{
	int fd = create(NAME "-2", 50);
	struct rring_client *client = client_of(fd, RRING_PRODUCER);
	struct rring_event event[64];
	uint32_t arena = nl_arena(&self->nl, NAME "-2");
	struct nl_answer heard;

	ASSERT_EQ(32, take_all(client, event));
	rring_close(client);
	heard = nl_hear(&self->ear, 0, arena);
	EXPECT_EQ(RRING_CMD_ARENA_CREATED, heard.object->command);
	nl_free(&heard);
	heard = nl_hear(&self->ear, 0, arena);
	EXPECT_EQ(RRING_CMD_CLIENT_DIED, heard.object->command);
	EXPECT_EQ(32u, nl_u32(heard.object, RRING_A_CLIENT_HELD));
	nl_free(&heard);
	close(fd);
}

/* Wait for room as the writer until the reader, with stall_ns 1, is lapped. */
static int lap(const struct rring_writer *writer,
	       const struct rring_reader *reader)
{
	struct rring_wait wait = {
		.size = sizeof(wait),
		.what = RRING_WAIT_WRITABLE,
		.ring = writer->id,
	};
	const rring_word_t *ref = &writer->info->readers[reader->id].ref;
	int err;

	wait.position = writer->head - writer->capacity;
	while (rring_ref_state(rring_word_load(ref)) != RRING_READER_LAPPED) {
		err = device_call(writer->client->fd, RRING_IOC_WAIT, &wait);
		if (err && err != -ETIMEDOUT)
			return err;
	}
	return 0;
}

static void fill(struct rring_writer *writer)
{
	uint32_t i;

	for (i = 0; i < writer->capacity; i++)
		MUST(!stream_put(writer, 64));
}

struct stalled {
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
};

static struct stalled stall(int arena_fd)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
		.stall_ns = 1,
	};
	struct stalled stalled = {
		.client = client_of(arena_fd, RRING_PRODUCER),
	};

	stalled.writer = writer_of(stalled.client, &config);
	stalled.reader = reader_at(stalled.client, stalled.writer->id);
	fill(stalled.writer);
	return stalled;
}

TEST_F(notices, of_a_reader_that_was_lapped)
{
	struct stalled stalled = stall(self->arena_fd);
	const struct nl_object *reader;

	ASSERT_EQ(0, lap(stalled.writer, stalled.reader));
	reader = HEAR(RRING_CMD_READER_LAPPED);
	EXPECT_EQ(stalled.writer->id, nl_u32(reader, RRING_A_READER_RING));
	EXPECT_EQ(stalled.reader->id, nl_u32(reader, RRING_A_READER_ID));
	EXPECT_EQ(stalled.client->id, nl_u32(reader, RRING_A_READER_CLIENT));
	EXPECT_EQ((uint32_t)RRING_READER_LAPPED,
		  nl_u32(reader, RRING_A_READER_STATE));
	EXPECT_EQ(0ull, nl_u64(reader, RRING_A_READER_POSITION));
	EXPECT_EQ(4ull, nl_u64(reader, RRING_A_READER_LAG));
	EXPECT_EQ(1ull, nl_u64(reader, RRING_A_READER_LAPS));
	EXPECT_EQ(0u, nl_u32(reader, RRING_A_READER_UID));
	rring_close(stalled.client);
}

TEST_F(notices, of_rings_and_readers_that_come_and_go)
{
	struct rring_client *client = client_of(self->arena_fd, RRING_PRODUCER);
	struct rring_ring_config config = {
		.name = "a",
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};
	struct rring_reader_config join = { .ring_name = "a", .name = "r" };
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_reader *reader = reader_of(client, &join);
	const struct nl_object *object;
	uint32_t serial;

	rring_writer_close(writer);
	rring_reader_close(reader, 1);
	HEAR(RRING_CMD_ARENA_CREATED);
	object = HEAR(0);
	EXPECT_EQ(RRING_CMD_RING_OPENED, object->command);
	EXPECT_STREQ("a", nl_str(object, RRING_A_RING_NAME));
	EXPECT_EQ(1u, nl_u32(object, RRING_A_RING_ID));
	EXPECT_EQ(RRING_RING_OPEN, nl_u32(object, RRING_A_RING_STATE));
	EXPECT_EQ(rring_client_id(client), nl_u32(object, RRING_A_RING_WRITER));
	serial = nl_u32(object, RRING_A_RING_SERIAL);
	object = HEAR(0);
	EXPECT_EQ(RRING_CMD_READER_JOINED, object->command);
	EXPECT_STREQ("r", nl_str(object, RRING_A_READER_NAME));
	EXPECT_EQ(rring_client_id(client),
		  nl_u32(object, RRING_A_READER_CLIENT));
	object = HEAR(0);
	EXPECT_EQ(RRING_CMD_RING_ENDED, object->command);
	EXPECT_EQ(RRING_RING_ENDED, nl_u32(object, RRING_A_RING_STATE));
	EXPECT_EQ(1u, nl_u32(object, RRING_A_RING_READERS));
	EXPECT_EQ(RRING_CMD_READER_LEFT, HEAR(0)->command);
	object = HEAR(0);
	EXPECT_EQ(RRING_CMD_RING_GONE, object->command);
	EXPECT_EQ(serial, nl_u32(object, RRING_A_RING_SERIAL));
	EXPECT_EQ(RRING_RING_NONE, nl_u32(object, RRING_A_RING_STATE));
	rring_close(client);
}

#define LAPS		3000
#define PER_SECOND	500	/* per arena; see kmod/netlink/notify.c */

static uint64_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

/* The rate is limited; notifications that are not sent are counted exactly. */
TEST_F(notices, are_bounded_and_their_losses_counted)
{
	struct stalled stalled = stall(self->arena_fd);
	struct rring_reader_rejoin rejoin = {
		.size = sizeof(rejoin),
		.ring = stalled.writer->id,
		.reader = stalled.reader->id,
	};
	const struct nl_object *object;
	uint32_t heard = 0, missed = 0, i;
	uint64_t began = seconds_now();

	for (i = 0; i < LAPS; i++) {
		ASSERT_EQ(0, lap(stalled.writer, stalled.reader));
		/* the reader rejoins at the head */
		ASSERT_EQ(0, device_call(stalled.client->fd,
					 RRING_IOC_READER_REJOIN, &rejoin));
		fill(stalled.writer);
	}
	rring_close(stalled.client);
	close(self->arena_fd);
	self->arena_fd = -1;
	do {
		object = HEAR(0);
		heard++;
		if (object->attr[RRING_A_ARENA_MISSED] &&
		    (object->command == RRING_CMD_ARENA_CREATED ||
		     object->command == RRING_CMD_ARENA_GONE))
			missed += nl_u32(object, RRING_A_ARENA_MISSED);
		if (object->command == RRING_CMD_READER_LAPPED &&
		    object->attr[RRING_A_READER_MISSED])
			missed += nl_u32(object, RRING_A_READER_MISSED);
		if (object->command == RRING_CMD_CLIENT_DIED &&
		    object->attr[RRING_A_CLIENT_MISSED])
			missed += nl_u32(object, RRING_A_CLIENT_MISSED);
	} while (object->command != RRING_CMD_ARENA_GONE);
	/* plus two of the arena, one of the client, five of its ring and reader */
	EXPECT_EQ((uint32_t)LAPS + 8, heard + missed);
	EXPECT_GE((seconds_now() - began + 2) * PER_SECOND, heard);
}

TEST_HARNESS_MAIN
