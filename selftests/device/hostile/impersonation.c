// SPDX-License-Identifier: MPL-2.0
/*
 * A process tries to release, publish or move cursors for another client, as
 * another user and as the same one. All attempts are refused and change
 * nothing.
 */
#include <sys/mman.h>

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"
#include "user.h"

#define OWNER	1000

/* Ids of the objects that the stranger attacks. */
struct target {
	int arena_fd;
	uint32_t ring;
	uint32_t reader;
	uint32_t client;	/* owner of the ring and the reader */
	uint64_t handle;	/* of an event that @client holds */
};

FIXTURE(impersonation)
{
	struct target target;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct rring_event held;
};

FIXTURE_VARIANT(impersonation)
{
	uid_t uid;
	int same_user;
};

FIXTURE_VARIANT_ADD(impersonation, of_another_user) {
	.uid = STRANGER,
};

FIXTURE_VARIANT_ADD(impersonation, who_is_nobody) {
	.uid = NOBODY,
};

FIXTURE_VARIANT_ADD(impersonation, of_the_same_user) {
	.uid = OWNER,
	.same_user = 1,
};

static const struct rring_ring_config ring_config = {
	.name = "ring",
	.kind = RRING_HANDLES,
	.policy = RRING_FAIL,
	.capacity = 4,
};

static const struct rring_reader_config reader_config = {
	.ring_name = "ring",
	.name = "reader",
};

/* The test runs as OWNER, so that its kernel objects belong to this user. */
FIXTURE_SETUP(impersonation)
{
	struct rring_event event;

	self->target.arena_fd = arena_small();
	ASSERT_EQ(0, seteuid(OWNER));
	self->client = client_of(self->target.arena_fd, RRING_PRODUCER);
	ASSERT_EQ(0, rring_writer_open(self->client, &ring_config,
				       &self->writer));
	ASSERT_EQ(0, rring_reader_open(self->client, &reader_config,
				       &self->reader));
	ASSERT_EQ(0, rring_alloc(self->client, 60, 77, &self->held));
	memset(self->held.data, 0x77, 60);
	self->target.handle = rring_share(self->client, &self->held);
	ASSERT_EQ(0, rring_alloc(self->client, 60, 1, &event));
	ASSERT_EQ(0, rring_publish(self->writer, &event));
	self->target.ring = self->writer->id;
	self->target.reader = self->reader->id;
	self->target.client = self->client->id;
	ASSERT_EQ(0, seteuid(0));
}

/* The reader is at the same position as before, and the writer still works. */
FIXTURE_TEARDOWN(impersonation)
{
	struct rring_event event;
	uint32_t type;

	for (type = 2; type <= 4; type++) {
		ASSERT_EQ(0, rring_alloc(self->client, 60, type, &event));
		EXPECT_EQ(0, rring_publish(self->writer, &event));
	}
	ASSERT_EQ(0, rring_alloc(self->client, 60, 5, &event));
	EXPECT_EQ(-EAGAIN, rring_publish(self->writer, &event));
	for (type = 1; type <= 4; type++) {
		EXPECT_EQ(0, rring_try_read(self->reader, &event));
		EXPECT_EQ(type, event.event_type);
	}
	EXPECT_EQ(-EAGAIN, rring_try_read(self->reader, &event));
	EXPECT_EQ(0, rring_find(self->client, self->target.handle, &event));
	EXPECT_EQ(77, event.event_type);
	EXPECT_EQ(0x77, ((char *)event.data)[59]);
	rring_close(self->client);
}

#define as_stranger(run) \
	run_as(variant->uid, variant->uid, run, &self->target)

static int producer_fd(const struct target *target)
{
	return client_of(target->arena_fd, RRING_PRODUCER)->fd;
}

static int close_ring(void *arg)
{
	const struct target *target = arg;
	struct rring_ring_close args = {
		.size = sizeof(args),
		.ring = target->ring,
	};

	return -device_call(producer_fd(target), RRING_IOC_RING_CLOSE, &args);
}

TEST_F(impersonation, closes_no_ring)
{
	EXPECT_EQ(EPERM, as_stranger(close_ring));
}

static int leave(void *arg)
{
	const struct target *target = arg;
	struct rring_reader_leave args = {
		.size = sizeof(args),
		.ring = target->ring,
		.reader = target->reader,
		.flags = RRING_LEAVE_FORGET,
	};

	return -device_call(producer_fd(target), RRING_IOC_READER_LEAVE,
			    &args);
}

TEST_F(impersonation, makes_no_reader_leave)
{
	EXPECT_EQ(EPERM, as_stranger(leave));
}

static int rejoin(void *arg)
{
	const struct target *target = arg;
	struct rring_reader_rejoin args = {
		.size = sizeof(args),
		.ring = target->ring,
		.reader = target->reader,
	};

	return -device_call(producer_fd(target), RRING_IOC_READER_REJOIN,
			    &args);
}

TEST_F(impersonation, moves_no_reader)
{
	EXPECT_EQ(EPERM, as_stranger(rejoin));
}

static int wait_for(const struct target *target, uint32_t what)
{
	struct rring_wait args = {
		.size = sizeof(args),
		.what = what,
		.ring = target->ring,
		.reader = target->reader,
		.position = 1000,
		.deadline = SOON(),
	};

	return -device_call(producer_fd(target), RRING_IOC_WAIT, &args);
}

static int wait_as_reader(void *arg)
{
	return wait_for(arg, RRING_WAIT_READABLE);
}

static int wait_as_writer(void *arg)
{
	return wait_for(arg, RRING_WAIT_WRITABLE);
}

TEST_F(impersonation, waits_in_nobodys_name)
{
	EXPECT_EQ(EPERM, as_stranger(wait_as_reader));
	EXPECT_EQ(EPERM, as_stranger(wait_as_writer));
}

static int wake_all(void *arg)
{
	const struct target *target = arg;
	struct rring_wake args = {
		.size = sizeof(args),
		.flags = RRING_WAKE_READERS | RRING_WAKE_WRITER |
			 RRING_WAKE_POOLS,
		.ring = target->ring,
		.pools = ~0u,
	};

	return -device_call(producer_fd(target), RRING_IOC_WAKE, &args);
}

TEST_F(impersonation, wakes_whom_it_likes_without_harm)
{
	EXPECT_EQ(0, as_stranger(wake_all));
}

static int open_ring(void *arg)
{
	const struct target *target = arg;
	struct rring_client *client = client_of(target->arena_fd,
						RRING_PRODUCER);
	struct rring_writer *writer;

	return -rring_writer_open(client, &ring_config, &writer);
}

TEST_F(impersonation, takes_no_ring_that_has_a_writer)
{
	EXPECT_EQ(variant->same_user ? EBUSY : EACCES,
		  as_stranger(open_ring));
}

static int join_name(void *arg)
{
	const struct target *target = arg;
	struct rring_client *client = client_of(target->arena_fd,
						RRING_CONSUMER);
	struct rring_reader *reader;

	return -rring_reader_open(client, &reader_config, &reader);
}

TEST_F(impersonation, takes_no_name_of_a_living_reader)
{
	EXPECT_EQ(variant->same_user ? EBUSY : EACCES,
		  as_stranger(join_name));
}

/* ---- objects that their owner left behind ---- */

static int leave_name(void *arg)
{
	const struct target *target = arg;
	struct rring_reader_config config = {
		.ring_name = "ring",
		.name = "frozen",
	};
	struct rring_client *client = client_of(target->arena_fd,
						RRING_CONSUMER);
	struct rring_reader *reader;

	return -rring_reader_open(client, &config, &reader);
}

/* The owner resumes the name and forgets it. */
static int forget_name(void *arg)
{
	const struct target *target = arg;
	struct rring_reader_config config = {
		.ring_name = "ring",
		.name = "frozen",
	};
	struct rring_client *client = client_of(target->arena_fd,
						RRING_CONSUMER);
	struct rring_reader *reader;
	int err = rring_reader_open(client, &config, &reader);

	if (err)
		return -err;
	if (!reader->resumed)
		return 98;
	rring_reader_close(reader, 1);
	return 0;
}

TEST_F(impersonation, takes_no_name_left_behind)
{
	int taken = variant->same_user ? 0 : EACCES;

	ASSERT_EQ(0, run_as(OWNER, OWNER, leave_name, &self->target));
	EXPECT_EQ(taken, as_stranger(leave_name));
	EXPECT_EQ(0, run_as(OWNER, OWNER, forget_name, &self->target));
}

static int make_ring_and_die(void *arg)
{
	const struct target *target = arg;
	struct rring_ring_config config = {
		.name = "orphan",
		.kind = RRING_INLINE,
		.capacity = 2,
		.stride = 64,
	};
	struct rring_reader_config at = {
		.ring_name = "orphan",
		.name = "keeps-it-there",
	};
	struct rring_client *client = client_of(target->arena_fd,
						RRING_PRODUCER);
	struct rring_writer *writer;
	struct rring_reader *reader;
	int err = rring_writer_open(client, &config, &writer);

	if (!err)
		rring_reader_open(client, &at, &reader);
	return -err;
}

TEST_F(impersonation, takes_no_ring_left_behind)
{
	int taken = variant->same_user ? 0 : EACCES;

	ASSERT_EQ(0, run_as(OWNER, OWNER, make_ring_and_die, &self->target));
	EXPECT_EQ(taken, as_stranger(make_ring_and_die));
	EXPECT_EQ(0, run_as(OWNER, OWNER, make_ring_and_die, &self->target));
}

/* ---- memory ---- */

/* The stranger may write any values into its own ledger. */
static int drop_in_own_ledger(void *arg)
{
	const struct target *target = arg;
	struct rring_client *client = client_of(target->arena_fd,
						RRING_PRODUCER);
	struct rring_event event;
	uint32_t i;

	if (rring_find(client, target->handle, &event) != -ESTALE)
		return 1;
	/* the stranger may upgrade, but not drop more than its own hold */
	if (rring_upgrade(client, target->handle, &event) ||
	    rring_drop(client, &event) ||
	    rring_drop(client, &event) != -EINVAL)
		return 2;
	for (i = 0; i < client->arena->slots; i++)
		client->pool[0].ledger[i].value = (uint64_t)-i << 32;
	for (i = 0; i < RRING_POOLS; i++) {
		struct rring_pool_stat stat;

		client->pool[i].tail->value = ~0ull;
		if (rring_pool_stat(client, i, RRING_STAT_SWEEP, &stat))
			return 3;
	}
	return 0;
}

TEST_F(impersonation, drops_no_hold_of_others)
{
	EXPECT_EQ(0, as_stranger(drop_in_own_ledger));
}

/* The stranger can only change its own cursor page, not the reader's. */
static int move_own_cursors(void *arg)
{
	const struct target *target = arg;
	struct rring_client *client = client_of(target->arena_fd,
						RRING_PRODUCER);
	struct rring_cursors *cursors =
		device_map(client->fd, RRING_REGION_CURSORS, client->id,
			   sizeof(*cursors), PROT_READ | PROT_WRITE);
	int i;

	if (cursors == MAP_FAILED)
		return 1;
	for (i = 0; i < RRING_CURSORS; i++)
		cursors->cursor[i].pos.value = 3;
	cursors = device_map(client->fd, RRING_REGION_CURSORS, target->client,
			     sizeof(*cursors), PROT_READ | PROT_WRITE);
	return cursors == MAP_FAILED ? errno : 2;
}

TEST_F(impersonation, moves_no_cursor)
{
	EXPECT_EQ(EACCES, as_stranger(move_own_cursors));
}

/* The stranger can only change the pages of its own ring. */
static int publish_elsewhere(void *arg)
{
	const struct target *target = arg;
	struct rring_ring_config config = ring_config;
	struct rring_client *client = client_of(target->arena_fd,
						RRING_PRODUCER);
	struct rring_writer *writer;
	void *addr;

	config.name = "other";
	if (rring_writer_open(client, &config, &writer))
		return 1;
	writer->ring->head.value = 100;
	addr = device_map(client->fd, RRING_REGION_RING, target->ring,
			  writer->size, PROT_READ | PROT_WRITE);
	return addr == MAP_FAILED ? errno : 2;
}

TEST_F(impersonation, publishes_in_nobodys_name)
{
	EXPECT_EQ(EACCES, as_stranger(publish_elsewhere));
}

TEST_HARNESS_MAIN
