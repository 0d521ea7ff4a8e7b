// SPDX-License-Identifier: MPL-2.0
/* Changes by netlink have an effect at once, also on waiting clients. */
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "device.h"
#include "netlink.h"
#include "sleeper.h"
#include "stream.h"
#include "user.h"

#include "kselftest_harness.h"

#define NAME		"administered"
#define CAPACITY	40

FIXTURE(changes)
{
	struct nl nl;
	int arena_fd;
	uint32_t arena;
	struct rring_client *client;
	struct rring_event event[CAPACITY];
};

FIXTURE_SETUP(changes)
{
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { CAPACITY },
		.quota = 25,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	self->nl = nl_open();
	self->arena_fd = rring_arena_create(&config);
	ASSERT_LE(0, self->arena_fd);
	self->arena = nl_arena(&self->nl, NAME);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(changes)
{
	rring_close(self->client);
	close(self->arena_fd);
	nl_close(&self->nl);
}

static int set_arena(struct nl *nl, uint32_t arena, struct nl_value value)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_ARENA_ID, arena),
		value,
		{ 0 }
	};

	return nl_change(nl, RRING_CMD_ARENA_SET, values);
}

static int set_quota(struct nl *nl, uint32_t arena, uint32_t percent)
{
	struct nl_value value = NL_U32(RRING_A_ARENA_QUOTA, percent);

	return set_arena(nl, arena, value);
}

static int set_client_quota(struct nl *nl, uint32_t arena, uint32_t client,
			    uint32_t percent)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_CLIENT_ARENA, arena),
		NL_U32(RRING_A_CLIENT_ID, client),
		NL_U32(RRING_A_CLIENT_QUOTA, percent),
		{ 0 }
	};

	return nl_change(nl, RRING_CMD_CLIENT_SET, values);
}

/* Allocate until it fails. Return the number; *@err is the error. */
static int take(struct rring_client *client, struct rring_event *event,
		int *err)
{
	int n = 0;

	while (!(*err = rring_alloc(client, 8, 1, &event[n])))
		n++;
	return n;
}

TEST_F(changes, quota_of_all)
{
	struct rring_client *other = client_of(self->arena_fd, RRING_PRODUCER);
	struct rring_event event[CAPACITY];
	int err = 1;

	ASSERT_EQ(10, take(self->client, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
	ASSERT_EQ(0, set_quota(&self->nl, self->arena, 50));
	ASSERT_EQ(10, take(self->client, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
	/* the quota is below the charge: no slot is taken back or lent */
	ASSERT_EQ(0, set_quota(&self->nl, self->arena, 5));
	ASSERT_EQ(0, take(self->client, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
	ASSERT_EQ(2, take(other, event, &err));
	ASSERT_EQ(-EDQUOT, err);
	rring_close(other);
}

static int set_mode(struct nl *nl, uint32_t arena, uint32_t mode)
{
	struct nl_value value = NL_U32(RRING_A_ARENA_MODE, mode);

	return set_arena(nl, arena, value);
}

/* Return 1 if a dump shows these hold limits, and that nobody is evicted. */
static int hold_limits_are(struct nl *nl, uint32_t arena, uint32_t observer,
			   uint32_t consumer, uint32_t producer)
{
	struct nl_answer answer = nl_of_arena(nl, RRING_CMD_ARENA_GET, arena);
	const struct nl_object *object = answer.object;
	int same;

	same = nl_u32(object, RRING_A_ARENA_HOLD_LIMIT_OBSERVER) == observer &&
	       nl_u32(object, RRING_A_ARENA_HOLD_LIMIT_CONSUMER) == consumer &&
	       nl_u32(object, RRING_A_ARENA_HOLD_LIMIT_PRODUCER) == producer &&
	       nl_u32(object, RRING_A_ARENA_ON_HOLD_LIMIT) == RRING_HOLD_NOTICE;
	nl_free(&answer);
	return same;
}

/* Return the hold limit of class XS in the dump of client @id; ~0: none. */
static uint32_t hold_limit_of(struct nl *nl, uint32_t arena, uint32_t id)
{
	struct nl_answer answer = nl_of_arena(nl, RRING_CMD_CLIENT_GET, arena);
	uint32_t slots = nl_pool_u32(nl_find(&answer, RRING_A_CLIENT_ID, id), 0,
				     RRING_A_CLIENT_POOL_HOLD_LIMIT);

	nl_free(&answer);
	return slots;
}

static int set_hold_limit(struct nl *nl, uint32_t arena, int attr,
			  uint32_t percent)
{
	struct nl_value value = NL_U32(attr, percent);

	return set_arena(nl, arena, value);
}

TEST_F(changes, hold_limit_of_each_role)
{
	struct nl *nl = &self->nl;
	uint32_t id = self->client->id;

	EXPECT_TRUE(hold_limits_are(nl, self->arena, 0, 0, 0));
	EXPECT_EQ(~0u, hold_limit_of(nl, self->arena, id));
	ASSERT_EQ(0, set_hold_limit(nl, self->arena,
				    RRING_A_ARENA_HOLD_LIMIT_PRODUCER, 50));
	EXPECT_TRUE(hold_limits_are(nl, self->arena, 0, 0, 50));
	EXPECT_EQ(CAPACITY / 2u, hold_limit_of(nl, self->arena, id));
	ASSERT_EQ(0, set_hold_limit(nl, self->arena,
				    RRING_A_ARENA_HOLD_LIMIT_OBSERVER, 1));
	ASSERT_EQ(0, set_hold_limit(nl, self->arena,
				    RRING_A_ARENA_HOLD_LIMIT_CONSUMER, 100));
	EXPECT_TRUE(hold_limits_are(nl, self->arena, 1, 100, 50));
	/* a client that may hold all slots has no limit */
	ASSERT_EQ(0, set_hold_limit(nl, self->arena,
				    RRING_A_ARENA_HOLD_LIMIT_PRODUCER, 0));
	EXPECT_TRUE(hold_limits_are(nl, self->arena, 1, 100, 0));
	EXPECT_EQ(~0u, hold_limit_of(nl, self->arena, id));
}

/* Attach by name. Return 0 or a positive errno, an exit status. */
static int attach(void *arg)
{
	struct rring_client *client;
	int err = rring_open(&client, NAME, RRING_OBSERVER,
			     RRING_SINGLE_THREADED);

	(void)arg;
	if (!err)
		rring_close(client);
	return -err;
}

TEST_F(changes, mode_decides_for_later_attachments)
{
	struct nl_answer answer;

	ASSERT_EQ(EACCES, run_as(STRANGER, STRANGER, attach, NULL));
	ASSERT_EQ(0, set_mode(&self->nl, self->arena, 0704));
	answer = nl_of_arena(&self->nl, RRING_CMD_ARENA_GET, self->arena);
	EXPECT_EQ(0704u, nl_u32(answer.object, RRING_A_ARENA_MODE));
	EXPECT_EQ(25u, nl_u32(answer.object, RRING_A_ARENA_QUOTA));
	nl_free(&answer);
	EXPECT_EQ(0, run_as(STRANGER, STRANGER, attach, NULL));
	ASSERT_EQ(0, set_mode(&self->nl, self->arena, 0));
	EXPECT_EQ(EACCES, run_as(STRANGER, STRANGER, attach, NULL));
	/* a client that has attached stays */
	EXPECT_EQ(0, rring_alloc(self->client, 8, 1, &self->event[0]));
}

static int set_group(struct nl *nl, uint32_t arena, uint32_t gid)
{
	struct nl_value value = NL_U32(RRING_A_ARENA_GID, gid);

	return set_arena(nl, arena, value);
}

TEST_F(changes, group_decides_for_later_attachments)
{
	struct nl_answer answer;

	ASSERT_EQ(0, set_mode(&self->nl, self->arena, 0740));
	ASSERT_EQ(EACCES, run_as(STRANGER, STRANGER, attach, NULL));
	ASSERT_EQ(0, set_group(&self->nl, self->arena, STRANGER));
	answer = nl_of_arena(&self->nl, RRING_CMD_ARENA_GET, self->arena);
	EXPECT_EQ((uint32_t)STRANGER, nl_u32(answer.object, RRING_A_ARENA_GID));
	EXPECT_EQ(0740u, nl_u32(answer.object, RRING_A_ARENA_MODE));
	nl_free(&answer);
	EXPECT_EQ(0, run_as(STRANGER, STRANGER, attach, NULL));
	EXPECT_EQ(EACCES, run_as(NOBODY, NOBODY, attach, NULL));
	EXPECT_EQ(-EINVAL, set_group(&self->nl, self->arena, ~0u));
	ASSERT_EQ(0, set_group(&self->nl, self->arena, 0));
	EXPECT_EQ(EACCES, run_as(STRANGER, STRANGER, attach, NULL));
}

/* An arena of the caller, and its own socket. */
static int give_own_arena(void *arg)
{
	struct rring_arena_config config = {
		.name = "given-away",
		.capacity = { 1 },
		.uid = ~0u,
		.gid = ~0u,
	};
	uint32_t *gid = arg;
	struct nl nl = nl_open();

	if (rring_arena_create(&config) < 0)
		return 255;
	return -set_group(&nl, nl_arena(&nl, config.name), *gid);
}

TEST_F(changes, owner_gives_an_arena_to_an_own_group_only)
{
	uint32_t own = STRANGER, other = NOBODY;

	EXPECT_EQ(0, run_as(STRANGER, STRANGER, give_own_arena, &own));
	EXPECT_EQ(EPERM, run_as(STRANGER, STRANGER, give_own_arena, &other));
	EXPECT_EQ(EPERM, run_as(STRANGER, STRANGER, give_own_arena,
				&(uint32_t){ 0 }));
}

TEST_F(changes, quota_of_one)
{
	struct rring_client *other = client_of(self->arena_fd, RRING_PRODUCER);
	struct rring_event event[CAPACITY];
	struct nl_answer answer;
	int err = 1;

	ASSERT_EQ(0, set_client_quota(&self->nl, self->arena, self->client->id,
				      75));
	ASSERT_EQ(30, take(self->client, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
	ASSERT_EQ(10, take(other, event, &err));
	answer = nl_of_arena(&self->nl, RRING_CMD_CLIENT_GET, self->arena);
	ASSERT_EQ(2u, answer.n);
	EXPECT_EQ(75u, nl_u32(&answer.object[0], RRING_A_CLIENT_QUOTA));
	EXPECT_EQ(30u, nl_pool_u32(&answer.object[0], 0,
				   RRING_A_CLIENT_POOL_QUOTA));
	EXPECT_EQ(NULL, answer.object[1].attr[RRING_A_CLIENT_QUOTA]);
	EXPECT_EQ(10u, nl_pool_u32(&answer.object[1], 0,
				   RRING_A_CLIENT_POOL_QUOTA));
	nl_free(&answer);
	/* quota 0 restores the arena's quota */
	ASSERT_EQ(0, set_client_quota(&self->nl, self->arena, self->client->id,
				      0));
	ASSERT_EQ(0, take(self->client, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
	rring_close(other);
}

static int wait_for_more(void *arg)
{
	int *arena_fd = arg;
	struct rring_client *client = client_of(*arena_fd, RRING_PRODUCER);
	struct rring_event event[CAPACITY];
	int err;

	MUST(take(client, event, &err) == 10 && err == -EDQUOT);
	MUST(!rring_alloc_until(client, 8, 1, RRING_FOREVER, &event[0]));
	return 0;
}

TEST_F(changes, quota_wakes_who_waits_for_it)
{
	pid_t pid = spawn(wait_for_more, &self->arena_fd);

	until_starving(self->client, RRING_XS, pid);
	ASSERT_EQ(0, set_quota(&self->nl, self->arena, 50));
	EXPECT_EQ(0, reap(pid));
}

/* ---- rings ---- */

static int set_stall(struct nl *nl, uint32_t arena, uint32_t ring, uint64_t ns)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_RING_ARENA, arena),
		NL_U32(RRING_A_RING_ID, ring),
		NL_U64(RRING_A_RING_STALL_NS, ns),
		{ 0 }
	};

	return nl_change(nl, RRING_CMD_RING_SET, values);
}

static struct rring_ring_config limited = {
	.name = "limited",
	.kind = RRING_INLINE,
	.capacity = 2,
	.stride = 64,
	.stall_ns = 3600 * NS_PER_S,
};

struct writing {
	int arena_fd;
	struct baton opened, joined;
};

/* The ring's limit is an hour; the test changes it to a nanosecond. */
static int write_one_too_many(void *arg)
{
	struct writing *writing = arg;
	struct rring_client *client = client_of(writing->arena_fd,
						RRING_PRODUCER);
	struct rring_writer *writer = writer_of(client, &limited);
	int i;

	baton_pass(&writing->opened);
	baton_wait(&writing->joined);
	for (i = 0; i < 3; i++)
		MUST(!stream_put(writer, 64));
	return 0;
}

TEST_F(changes, limit_of_a_ring_for_who_waits)
{
	struct rring_reader_config config = { .ring_name = "limited" };
	struct writing writing = { .arena_fd = self->arena_fd };
	struct rring_reader *reader;
	struct nl_answer answer;
	pid_t pid;

	baton_init(&writing.opened);
	baton_init(&writing.joined);
	pid = spawn(write_one_too_many, &writing);
	baton_wait(&writing.opened);
	reader = reader_of(self->client, &config);
	baton_pass(&writing.joined);
	until_waiting(reader->info, RRING_WRITER_WAITS);
	ASSERT_EQ(0, set_stall(&self->nl, self->arena, reader->ring_id, 1));
	EXPECT_EQ(0, reap(pid));
	answer = nl_of_arena(&self->nl, RRING_CMD_RING_GET, self->arena);
	EXPECT_EQ(1ull, nl_u64(answer.object, RRING_A_RING_STALL_NS));
	EXPECT_EQ(1ull, nl_u64(answer.object, RRING_A_RING_LAPS));
	nl_free(&answer);
	answer = nl_of_arena(&self->nl, RRING_CMD_READER_GET, self->arena);
	EXPECT_EQ((uint32_t)RRING_READER_LAPPED,
		  nl_u32(answer.object, RRING_A_READER_STATE));
	nl_free(&answer);
	/* a takeover has to state the original limit */
	rring_writer_close(writer_of(self->client, &limited));
}

/* A ring without a limit cannot get one: its readers do not expect laps. */
TEST_F(changes, no_limit_for_a_ring_without_one)
{
	struct rring_ring_config config = limited;
	struct rring_writer *writer;

	config.stall_ns = 0;
	writer = writer_of(self->client, &config);
	EXPECT_EQ(-EOPNOTSUPP, set_stall(&self->nl, self->arena, writer->id,
					 1));
	EXPECT_EQ(0ull, writer->info->stall_ns);
}

/* ---- readers ---- */

static int forget(struct nl *nl, uint32_t arena, uint32_t ring, uint32_t reader,
		  uint32_t serial)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_READER_ARENA, arena),
		NL_U32(RRING_A_READER_RING, ring),
		NL_U32(RRING_A_READER_ID, reader),
		NL_U32(RRING_A_READER_SERIAL, serial),
		{ 0 }
	};

	return nl_change(nl, RRING_CMD_READER_FORGET, values);
}

TEST_F(changes, reader_that_is_away_is_forgotten)
{
	struct rring_ring_config ring = {
		.name = "held-up",
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 4,
	};
	struct rring_reader_config config = {
		.ring_name = "held-up",
		.name = "away",
	};
	struct rring_writer *writer = writer_of(self->client, &ring);
	struct rring_reader *reader = reader_of(self->client, &config);
	uint32_t id = reader->id, serial;
	struct nl_answer answer;
	int i;

	answer = nl_of_arena(&self->nl, RRING_CMD_READER_GET, self->arena);
	serial = nl_u32(answer.object, RRING_A_READER_SERIAL);
	nl_free(&answer);
	EXPECT_EQ(-EBUSY, forget(&self->nl, self->arena, writer->id, id,
				 serial));
	rring_reader_close(reader, 0);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, stream_put(writer, 64));
	ASSERT_EQ(-EAGAIN, stream_put(writer, 64));
	EXPECT_EQ(-ESTALE, forget(&self->nl, self->arena, writer->id, id,
				  serial + 1));
	ASSERT_EQ(-EAGAIN, stream_put(writer, 64));
	EXPECT_EQ(0, forget(&self->nl, self->arena, writer->id, id, serial));
	EXPECT_EQ(0, stream_put(writer, 64));
	EXPECT_EQ(-ENXIO, forget(&self->nl, self->arena, writer->id, id, 0));
	/* without the writer the ring is gone, and its slots are free */
	rring_writer_close(writer);
	answer = nl_of_arena(&self->nl, RRING_CMD_RING_GET, self->arena);
	EXPECT_EQ(0u, answer.n);
	nl_free(&answer);
	EXPECT_TRUE(all_free(self->client));
}

TEST_HARNESS_MAIN
