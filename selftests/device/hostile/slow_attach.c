// SPDX-License-Identifier: MPL-2.0
/*
 * A process begins to attach by name while it may, and its memory cgroup makes it
 * wait for the pages of its client, as long as its user likes. What the owner
 * changes meanwhile holds for this process, too.
 */
#include <errno.h>
#include <unistd.h>

#include "arena.h"
#include "memory_group.h"
#include "netlink.h"
#include "page.h"
#include "sleeper.h"
#include "user.h"

#include "kselftest_harness.h"

#define NAME	"slow-attach"
/*
 * Their ledger is 256 pages. The kernel makes a process wait within a call only when
 * it has 64 pages more than LITTLE; with fewer, it waits at the end of the call,
 * when there is nothing left to refuse.
 */
#define SLOTS	(32 * (uint32_t)PAGE)
#define LITTLE	"512K"

FIXTURE(slow_attach)
{
	struct nl nl;
	int arena_fd;
	uint32_t arena;
	struct baton go;
	pid_t pid;
};

static int change(struct nl *nl, uint32_t arena, uint8_t command,
		  struct nl_value value)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_ARENA_ID, arena),
		value,
		{ 0 }
	};

	return nl_change(nl, command, values);
}

static int change_mode(struct nl *nl, uint32_t arena)
{
	struct nl_value mode = NL_U32(RRING_A_ARENA_MODE, 0700);

	return change(nl, arena, RRING_CMD_ARENA_SET, mode);
}

/* The stranger is in this group, which may do nothing. */
static int change_group(struct nl *nl, uint32_t arena)
{
	struct nl_value gid = NL_U32(RRING_A_ARENA_GID, STRANGER);

	return change(nl, arena, RRING_CMD_ARENA_SET, gid);
}

static int ban(struct nl *nl, uint32_t arena)
{
	struct nl_value uid = NL_U32(RRING_A_ARENA_BANNED, STRANGER);

	return change(nl, arena, RRING_CMD_ARENA_BAN, uid);
}

static int remove_name(struct nl *nl, uint32_t arena)
{
	return rring_arena_remove(NAME);
}

/* What the owner does meanwhile, and what the process gets then. */
FIXTURE_VARIANT(slow_attach)
{
	int (*change)(struct nl *nl, uint32_t arena);
	int err;
};

FIXTURE_VARIANT_ADD(slow_attach, when_the_mode_changes) {
	change_mode, EACCES
};

FIXTURE_VARIANT_ADD(slow_attach, when_the_group_changes) {
	change_group, EACCES
};

FIXTURE_VARIANT_ADD(slow_attach, when_its_user_is_banned) { ban, EACCES };

FIXTURE_VARIANT_ADD(slow_attach, when_the_name_is_removed) {
	remove_name, ENOENT
};

/* Return 0 or a positive errno, an exit status. */
static int attach_slowly(void *arg)
{
	struct baton *go = arg;
	struct rring_client *client;

	memory_group_join();
	become(STRANGER, STRANGER);
	baton_wait(go);
	return -rring_open(&client, NAME, RRING_OBSERVER,
			   RRING_SINGLE_THREADED);
}

FIXTURE_SETUP(slow_attach)
{
	const struct rring_arena_config config = {
		.name = NAME,
		.capacity = { SLOTS },
		.mode = 0704,
		.uid = ~0u,
		.gid = ~0u,
	};

	self->nl = nl_open();
	self->arena_fd = rring_arena_create(&config);
	ASSERT_LE(0, self->arena_fd);
	self->arena = nl_arena(&self->nl, NAME);
	memory_group_make();
	memory_group_slow_above(LITTLE);
	baton_init(&self->go);
	self->pid = spawn(attach_slowly, &self->go);
}

FIXTURE_TEARDOWN(slow_attach)
{
	close(self->arena_fd);
	nl_close(&self->nl);
	EXPECT_EQ(0, memory_group_remove());
}

TEST_F(slow_attach, is_refused)
{
	baton_pass(&self->go);
	until_asleep_in(self->pid, RRING_IOC_ATTACH);
	EXPECT_EQ(0, variant->change(&self->nl, self->arena));
	memory_group_slow_above("max");
	EXPECT_EQ(variant->err, reap(self->pid));
}

TEST_HARNESS_MAIN
