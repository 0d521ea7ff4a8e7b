// SPDX-License-Identifier: MPL-2.0
/* Memory is charged to the memory cgroup of the caller. */
#include <errno.h>

#include "arena.h"
#include "kselftest_harness.h"
#include "memory_group.h"

#define MIB	(1l << 20)

/* 32 MiB of payload. */
static const uint32_t large[RRING_POOLS] = { [RRING_XL] = 2048 };

FIXTURE(memcg) {
	struct baton go;
	struct baton done;
	pid_t child;
};

FIXTURE_SETUP(memcg)
{
	memory_group_make();
	baton_init(&self->go);
	baton_init(&self->done);
}

/* Remove the group, which has no processes any more. */
FIXTURE_TEARDOWN(memcg)
{
	EXPECT_EQ(0, memory_group_remove());
}

static int create_large(void)
{
	struct rring_arena_config config = {
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	memcpy(config.capacity, large, sizeof(large));
	return rring_arena_create(&config);
}

static int create_inside(void *arg)
{
	int fd;

	(void)arg;
	memory_group_join();
	fd = create_large();
	return fd < 0 ? -fd : 0;
}

TEST_F(memcg, arena_above_the_limit_is_refused)
{
	int status, fd;

	memory_group_limit("16M");
	status = reap(spawn(create_inside, NULL));
	/* only the caller may fail or be killed */
	EXPECT_TRUE(status == ENOMEM || status == 128 + SIGKILL) {
		TH_LOG("status %d", status);
	}
	fd = create_large();
	EXPECT_LE(0, fd);
	close(fd);
}

#define ARENAS_MAX	64

/* Create arenas in this process until one is refused, then fill them all. */
static int fill_inside(void *arg)
{
	struct rring_arena_config config = {
		.capacity = { [RRING_XL] = 128 },	/* 2 MiB */
		.uid = ~0u,
		.gid = ~0u,
		.backend = RRING_BACKEND_PROCESS,
	};
	struct rring_client *client[ARENAS_MAX];
	struct rring_event event;
	int i, n, err = 0;

	(void)arg;
	memory_group_join();
	for (n = 0; n < ARENAS_MAX; n++) {
		err = rring_open_config(&client[n], &config, 0);
		if (err)
			break;
	}
	for (i = 0; i < n; i++)
		while (!rring_alloc_xl(client[i], 16384, 0, &event))
			memset(event.data, 1, event.len);
	return n && err == -ENOSPC ? 0 : 2;
}

TEST_F(memcg, arenas_of_a_process_fit_into_the_limit)
{
	memory_group_limit("32M");
	EXPECT_EQ(0, reap(spawn(fill_inside, NULL)));
}

static int hold_inside(void *arg)
{
	FIXTURE_DATA(memcg) *self = arg;
	int fd;

	memory_group_join();
	baton_pass(&self->done);
	baton_wait(&self->go);
	fd = create_large();
	baton_pass(&self->done);
	baton_wait(&self->go);
	close(fd);
	baton_pass(&self->done);
	baton_wait(&self->go);
	return fd < 0 ? -fd : 0;
}

/* Each CPU may cache some charges, so the checks allow for 8 MiB. */
TEST_F(memcg, arena_is_charged_while_it_lives)
{
	long before, with, after;

	self->child = spawn(hold_inside, self);
	baton_wait(&self->done);
	before = memory_group_in_use();
	baton_pass(&self->go);
	baton_wait(&self->done);
	with = memory_group_in_use();
	baton_pass(&self->go);
	baton_wait(&self->done);
	after = memory_group_in_use();
	baton_pass(&self->go);
	ASSERT_EQ(0, reap(self->child));
	EXPECT_LE(0, before);
	EXPECT_LE(before + 32 * MIB, with);
	EXPECT_GE(before + 48 * MIB, with);
	EXPECT_GE(before + 8 * MIB, after);
}

static int attach_inside(void *arg)
{
	FIXTURE_DATA(memcg) *self = arg;
	static const uint32_t slots[RRING_POOLS] = { 1u << 20 };
	int fd = arena_with(slots, 0);
	struct rring_client *client;

	memory_group_join();
	baton_pass(&self->done);
	baton_wait(&self->go);
	client = client_of(fd, RRING_CONSUMER);
	baton_pass(&self->done);
	baton_wait(&self->go);
	rring_close(client);
	baton_pass(&self->done);
	baton_wait(&self->go);
	return 0;
}

/*
 * The ledger of a million slots is 8 MiB. Their payload is charged to the
 * creator of the arena.
 */
TEST_F(memcg, ledger_is_charged_to_its_client)
{
	long before, with, after;

	self->child = spawn(attach_inside, self);
	baton_wait(&self->done);
	before = memory_group_in_use();
	baton_pass(&self->go);
	baton_wait(&self->done);
	with = memory_group_in_use();
	baton_pass(&self->go);
	baton_wait(&self->done);
	after = memory_group_in_use();
	baton_pass(&self->go);
	ASSERT_EQ(0, reap(self->child));
	EXPECT_LE(before + 8 * MIB, with);
	EXPECT_GE(before + 24 * MIB, with);
	EXPECT_GE(before + 4 * MIB, after);
}

static int open_ring_inside(void *arg)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = 2048,
		.stride = 16384,
	};
	struct rring_client *client = client_of(arena_small(), RRING_PRODUCER);
	struct rring_writer *writer;
	int err;

	(void)arg;
	memory_group_join();
	err = rring_writer_open(client, &config, &writer);
	config.capacity = 16;
	if (err == -ENOMEM && rring_writer_open(client, &config, &writer))
		return 2;	/* the client must survive */
	return -err;
}

TEST_F(memcg, ring_above_the_limit_is_refused)
{
	int status;

	memory_group_limit("16M");
	status = reap(spawn(open_ring_inside, NULL));
	EXPECT_TRUE(status == ENOMEM || status == 128 + SIGKILL) {
		TH_LOG("status %d", status);
	}
}

TEST_HARNESS_MAIN
