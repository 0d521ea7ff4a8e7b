// SPDX-License-Identifier: MPL-2.0
/* Visibility of arenas over netlink, and permission to change them. */
#include <grp.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "netlink.h"
#include "stream.h"
#include "user.h"

#include "kselftest_harness.h"

#define OWNER		1000
#define GROUP		2000
#define NAME		"of-somebody"

FIXTURE(visible)
{
	int arena_fd;
	uint32_t arena;
	struct rring_client *client;
	uint32_t ring;
	uint32_t reader;
};

static int create(const char *name, uint32_t mode)
{
	struct rring_arena_config config = {
		.name = name,
		.capacity = { 4 },
		.quota = 50,
		.mode = mode,
		.uid = OWNER,
		.gid = GROUP,
	};

	return rring_arena_create(&config);
}

static uint32_t id_of(const char *name)
{
	struct nl nl = nl_open();
	uint32_t id = nl_arena(&nl, name);

	nl_close(&nl);
	return id;
}

/* Create an arena with a client, a ring and a reader. */
FIXTURE_SETUP(visible)
{
	struct rring_ring_config ring = {
		.name = "a-ring",
		.kind = RRING_INLINE,
		.capacity = 2,
		.stride = 64,
		.stall_ns = NS_PER_S,
	};
	struct rring_reader_config reader = {
		.ring_name = "a-ring",
		.name = "away",
	};
	struct rring_reader *away;

	self->arena_fd = create(NAME, 0700);
	ASSERT_LE(0, self->arena_fd);
	self->arena = id_of(NAME);
	ASSERT_NE(0u, self->arena);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->ring = writer_of(self->client, &ring)->id;
	away = reader_of(self->client, &reader);
	self->reader = away->id;
	rring_reader_close(away, 0);
}

FIXTURE_TEARDOWN(visible)
{
	rring_close(self->client);
	close(self->arena_fd);
}

/* ---- the view of one process ---- */

struct look {
	uint32_t arena;
	uint32_t client;
	uint32_t ring;
	uint32_t reader;
	int sees;		/* arena and its objects */
	uint32_t may;
	int change;		/* result of each change */
};

static int count(struct nl *nl, uint8_t command, uint32_t arena, int err)
{
	struct nl_answer answer = nl_of_arena(nl, command, arena);
	int n = (int)answer.n;

	MUST(answer.err == err);
	nl_free(&answer);
	return n;
}

/* Return RRING_A_ARENA_MAY from a dump of all arenas. */
static uint32_t may_of(struct nl *nl, uint32_t arena)
{
	struct nl_answer answer = nl_dump(nl, RRING_CMD_ARENA_GET, NULL);
	const struct nl_object *found = nl_find(&answer, RRING_A_ARENA_ID,
						arena);
	uint32_t may = found ? nl_u32(found, RRING_A_ARENA_MAY) : 0;

	MUST(!answer.err);
	nl_free(&answer);
	return may;
}

static int among_all(struct nl *nl, uint8_t command, uint32_t arena)
{
	struct nl_answer answer = nl_dump(nl, command, NULL);
	int found = !!nl_find(&answer, RRING_A_POOL_ARENA, arena);

	MUST(!answer.err);
	nl_free(&answer);
	return found;
}

static void check_dumps(struct nl *nl, const struct look *look)
{
	static const uint8_t commands[] = {
		RRING_CMD_ARENA_GET, RRING_CMD_POOL_GET, RRING_CMD_CLIENT_GET,
		RRING_CMD_RING_GET, RRING_CMD_READER_GET,
	};
	int err = look->sees ? 0 : -ENOENT;
	size_t i;

	for (i = 0; i < sizeof(commands); i++) {
		MUST(count(nl, commands[i], look->arena, err) == look->sees);
		MUST(among_all(nl, commands[i], look->arena) == look->sees);
	}
	MUST(may_of(nl, look->arena) == look->may);
	MUST(nl_arena(nl, NAME) == (look->sees ? look->arena : 0));
}

static void check_changes(struct nl *nl, const struct look *look)
{
	struct nl_value quota[] = {
		NL_U32(RRING_A_ARENA_ID, look->arena),
		NL_U32(RRING_A_ARENA_QUOTA, 60),
		{ 0 }
	};
	struct nl_value hold_limit[] = {
		NL_U32(RRING_A_ARENA_ID, look->arena),
		NL_U32(RRING_A_ARENA_HOLD_LIMIT_OBSERVER, 10),
		{ 0 }
	};
	struct nl_value client_quota[] = {
		NL_U32(RRING_A_CLIENT_ARENA, look->arena),
		NL_U32(RRING_A_CLIENT_ID, look->client),
		NL_U32(RRING_A_CLIENT_QUOTA, 70),
		{ 0 }
	};
	struct nl_value stall[] = {
		NL_U32(RRING_A_RING_ARENA, look->arena),
		NL_U32(RRING_A_RING_ID, look->ring),
		NL_U64(RRING_A_RING_STALL_NS, 5),
		{ 0 }
	};
	struct nl_value forget[] = {
		NL_U32(RRING_A_READER_ARENA, look->arena),
		NL_U32(RRING_A_READER_RING, look->ring),
		NL_U32(RRING_A_READER_ID, look->reader),
		{ 0 }
	};
	struct nl_value ban[] = {
		NL_U32(RRING_A_ARENA_ID, look->arena),
		NL_U32(RRING_A_ARENA_BANNED, 4321),
		{ 0 }
	};
	struct nl_value evict[] = {
		NL_U32(RRING_A_CLIENT_ARENA, look->arena),
		NL_U32(RRING_A_CLIENT_ID, look->client),
		{ 0 }
	};

	MUST(nl_change(nl, RRING_CMD_ARENA_SET, quota) == look->change);
	MUST(nl_change(nl, RRING_CMD_ARENA_SET, hold_limit) == look->change);
	MUST(nl_change(nl, RRING_CMD_CLIENT_SET, client_quota) ==
	     look->change);
	MUST(nl_change(nl, RRING_CMD_RING_SET, stall) == look->change);
	MUST(nl_change(nl, RRING_CMD_ARENA_BAN, ban) == look->change);
	MUST(nl_change(nl, RRING_CMD_ARENA_UNBAN, ban) == look->change);
	MUST(nl_change(nl, RRING_CMD_READER_FORGET, forget) == look->change);
	MUST(nl_change(nl, RRING_CMD_CLIENT_EVICT, evict) == look->change);
}

static int look_around(void *arg)
{
	const struct look *look = arg;
	struct nl nl = nl_open();

	check_dumps(&nl, look);
	check_changes(&nl, look);
	return 0;
}

#define LOOK(...) {			\
	.arena = self->arena,		\
	.client = self->client->id,	\
	.ring = self->ring,		\
	.reader = self->reader,		\
	__VA_ARGS__			\
}

#define ALL	(RRING_MAY_OBSERVE | RRING_MAY_CONSUME | RRING_MAY_PRODUCE | \
		 RRING_MAY_ADMINISTER)

/* Return 1 if nothing of the arena has changed. */
static int is_whole(const struct rring_client *client, uint32_t arena)
{
	struct nl nl = nl_open();
	struct nl_answer answer = nl_of_arena(&nl, RRING_CMD_ARENA_GET, arena);
	int whole = nl_u32(answer.object, RRING_A_ARENA_QUOTA) == 50 &&
		    !nl_u32(answer.object, RRING_A_ARENA_HOLD_LIMIT_OBSERVER) &&
		    nl_u32(answer.object, RRING_A_ARENA_CLIENTS) == 1;

	nl_free(&answer);
	answer = nl_of_arena(&nl, RRING_CMD_CLIENT_GET, arena);
	whole &= nl_u32(answer.object, RRING_A_CLIENT_ID) == client->id &&
		 !answer.object->attr[RRING_A_CLIENT_QUOTA];
	nl_free(&answer);
	answer = nl_of_arena(&nl, RRING_CMD_RING_GET, arena);
	whole &= nl_u64(answer.object, RRING_A_RING_STALL_NS) == NS_PER_S &&
		 nl_u32(answer.object, RRING_A_RING_READERS) == 1;
	nl_free(&answer);
	nl_close(&nl);
	return whole;
}

TEST_F(visible, by_the_owner_who_may_all)
{
	struct look look = LOOK(.sees = 1, .may = ALL, .change = 0);

	EXPECT_EQ(0, run_as(OWNER, NOBODY, look_around, &look));
	EXPECT_FALSE(is_whole(self->client, self->arena));
}

TEST_F(visible, by_root_who_may_all)
{
	struct look look = LOOK(.sees = 1, .may = ALL, .change = 0);

	EXPECT_EQ(0, reap(spawn(look_around, &look)));
}

TEST_F(visible, by_no_stranger)
{
	struct look look = LOOK(.sees = 0, .change = -ENOENT);

	EXPECT_EQ(0, run_as(STRANGER, NOBODY, look_around, &look));
	EXPECT_TRUE(is_whole(self->client, self->arena));
}

/*
 * In another user namespace, the owner keeps its rights; root there has none.
 */
static int in_new_user_ns(void *arg)
{
	MUST(!unshare(CLONE_NEWUSER));
	return look_around(arg);
}

static int in_new_user_and_net_ns(void *arg)
{
	MUST(!unshare(CLONE_NEWUSER | CLONE_NEWNET));
	return look_around(arg);
}

TEST_F(visible, not_with_the_capabilities_of_another_user_namespace)
{
	struct look look = LOOK(.sees = 0, .change = -ENOENT);

	EXPECT_EQ(0, run_as(STRANGER, NOBODY, in_new_user_ns, &look));
	EXPECT_EQ(0, run_as(STRANGER, NOBODY, in_new_user_and_net_ns, &look));
	EXPECT_TRUE(is_whole(self->client, self->arena));
}

static int in_new_net_ns(void *arg)
{
	MUST(!unshare(CLONE_NEWNET));
	return look_around(arg);
}

TEST_F(visible, not_from_another_network_namespace)
{
	struct look look = LOOK(.sees = 0, .change = -ENOENT);

	EXPECT_EQ(0, reap(spawn(in_new_net_ns, &look)));
	EXPECT_TRUE(is_whole(self->client, self->arena));
}

/*
 * A socket shows what its opener may see. A change needs rights of the opener
 * and of the sender.
 */
struct passed {
	struct look look;
	struct nl nl;
};

static int use_passed(void *arg)
{
	struct passed *passed = arg;

	check_dumps(&passed->nl, &passed->look);
	check_changes(&passed->nl, &passed->look);
	return 0;
}

TEST_F(visible, through_a_passed_socket_but_not_changed)
{
	struct passed passed = {
		.look = LOOK(.sees = 1, .may = ALL, .change = -EPERM),
		.nl = nl_open(),
	};

	EXPECT_EQ(0, run_as(STRANGER, NOBODY, use_passed, &passed));
	nl_close(&passed.nl);
	EXPECT_TRUE(is_whole(self->client, self->arena));
}

/* A privileged program uses a socket that a stranger opened. */
TEST_F(visible, not_through_a_strangers_socket)
{
	struct look look = LOOK(.sees = 0, .change = -ENOENT);
	struct nl nl;

	ASSERT_EQ(0, seteuid(STRANGER));
	nl = nl_open();
	ASSERT_EQ(0, seteuid(0));
	check_dumps(&nl, &look);
	check_changes(&nl, &look);
	nl_close(&nl);
	EXPECT_TRUE(is_whole(self->client, self->arena));
}

/* ---- the mode ---- */

FIXTURE(mode)
{
	int arena_fd;
};

FIXTURE_VARIANT(mode)
{
	uint32_t mode;
	uint32_t owner, group, other;
};

FIXTURE_SETUP(mode)
{
	self->arena_fd = create(NAME, variant->mode);
	ASSERT_LE(0, self->arena_fd);
}

FIXTURE_TEARDOWN(mode)
{
	close(self->arena_fd);
}

#define R	RRING_MAY_OBSERVE
#define X	RRING_MAY_CONSUME
#define W	RRING_MAY_PRODUCE
#define A	RRING_MAY_ADMINISTER

FIXTURE_VARIANT_ADD(mode, none) { 0, A, 0, 0 };
FIXTURE_VARIANT_ADD(mode, all) { 0777, R | W | X | A, R | W | X, R | W | X };
FIXTURE_VARIANT_ADD(mode, steps) { 0421, R | A, W, X };
FIXTURE_VARIANT_ADD(mode, public_for_others_only) { 0004, A, 0, R };
FIXTURE_VARIANT_ADD(mode, group_only) { 0070, A, R | W | X, 0 };

struct expect {
	uint32_t may;
	const gid_t *groups;
	int n;
};

static int has(void *arg)
{
	const struct expect *expect = arg;
	struct nl nl = nl_open();
	struct nl_answer answer = nl_dump(&nl, RRING_CMD_ARENA_GET, NULL);
	uint32_t i, may = 0;

	for (i = 0; i < answer.n; i++)
		if (!strcmp(nl_str(&answer.object[i], RRING_A_ARENA_NAME),
			    NAME))
			may = nl_u32(&answer.object[i], RRING_A_ARENA_MAY);
	nl_free(&answer);
	nl_close(&nl);
	MUST(may == expect->may);
	return 0;
}

/* The group is one of several supplementary groups. */
static int has_by_groups(void *arg)
{
	const struct expect *expect = arg;

	MUST(!setgroups((size_t)expect->n, expect->groups));
	MUST(!setresgid(NOBODY, NOBODY, NOBODY));
	MUST(!setresuid(STRANGER, STRANGER, STRANGER));
	return has(arg);
}

TEST_F(mode, says_who_sees_it)
{
	static const gid_t with[] = { 3, 7, GROUP, 3000, 4000, 70000 };
	static const gid_t without[] = { 3, 7, GROUP - 1, GROUP + 1, 70000 };
	struct expect owner = { .may = variant->owner };
	struct expect group = { .may = variant->group, .groups = with, .n = 6 };
	struct expect other = {
		.may = variant->other,
		.groups = without,
		.n = 5,
	};

	EXPECT_EQ(0, run_as(OWNER, GROUP, has, &owner));
	EXPECT_EQ(0, run_as(STRANGER, GROUP, has, &group));
	EXPECT_EQ(0, run_as(STRANGER, NOBODY, has, &other));
	EXPECT_EQ(0, reap(spawn(has_by_groups, &group)));
	EXPECT_EQ(0, reap(spawn(has_by_groups, &other)));
}

TEST_HARNESS_MAIN
