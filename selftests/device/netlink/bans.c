// SPDX-License-Identifier: MPL-2.0
/* A banned user cannot attach to an arena any more, and does not see it. */
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "netlink.h"
#include "stream.h"
#include "user.h"

#include "kselftest_harness.h"

#define NAME		"with-bans"
#define OWNER		1000
#define FIRST		100	/* first of many users who are banned */

FIXTURE(bans)
{
	struct nl nl;
	int arena_fd;
	uint32_t arena;
};

FIXTURE_SETUP(bans)
{
	static const struct rring_arena_config config = {
		.name = NAME,
		.capacity = { 8 },
		.mode = 0777,
		.uid = OWNER,
		.gid = ~0u,
	};

	self->nl = nl_open();
	self->arena_fd = rring_arena_create(&config);
	ASSERT_LE(0, self->arena_fd);
	self->arena = nl_arena(&self->nl, NAME);
}

FIXTURE_TEARDOWN(bans)
{
	close(self->arena_fd);
	nl_close(&self->nl);
}

static int change(struct nl *nl, uint8_t command, uint32_t arena, uint32_t uid)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_ARENA_ID, arena),
		NL_U32(RRING_A_ARENA_BANNED, uid),
		{ 0 }
	};

	return nl_change(nl, command, values);
}

static int ban(FIXTURE_DATA(bans) *self, uint32_t uid)
{
	return change(&self->nl, RRING_CMD_ARENA_BAN, self->arena, uid);
}

static int unban(FIXTURE_DATA(bans) *self, uint32_t uid)
{
	return change(&self->nl, RRING_CMD_ARENA_UNBAN, self->arena, uid);
}

/* Return the last banned user that a dump shows, or ~0 if it shows none. */
static uint32_t shown(FIXTURE_DATA(bans) *self)
{
	struct nl_answer answer = nl_of_arena(&self->nl, RRING_CMD_ARENA_GET,
					      self->arena);
	uint32_t uid = nl_u32(answer.object, RRING_A_ARENA_BANNED);

	nl_free(&answer);
	return uid;
}

/* Attach by name and by descriptor. Return a positive errno, or 0. */
static int attach(void *arg)
{
	int fd = *(int *)arg;
	struct rring_client *client;
	int by_name = rring_open(&client, NAME, RRING_OBSERVER, 0);
	int by_fd;

	if (!by_name)
		rring_close(client);
	by_fd = rring_open_arena(&client, fd, RRING_OBSERVER, 0);
	if (!by_fd)
		rring_close(client);
	MUST(by_name == by_fd);
	return -by_name;
}

static int sees(void *arg)
{
	struct nl nl = nl_open();
	uint32_t arena = nl_arena(&nl, NAME);

	(void)arg;
	nl_close(&nl);
	return !!arena;
}

TEST_F(bans, a_banned_user_is_refused_until_the_ban_is_lifted)
{
	EXPECT_EQ(0, run_as(STRANGER, NOBODY, attach, &self->arena_fd));
	EXPECT_EQ(~0u, shown(self));
	ASSERT_EQ(0, ban(self, STRANGER));
	EXPECT_EQ((uint32_t)STRANGER, shown(self));
	EXPECT_EQ(EACCES, run_as(STRANGER, NOBODY, attach, &self->arena_fd));
	EXPECT_EQ(0, run_as(STRANGER, NOBODY, sees, NULL));
	/* nobody else is concerned */
	EXPECT_EQ(0, run_as(NOBODY, NOBODY, attach, &self->arena_fd));
	EXPECT_EQ(1, run_as(NOBODY, NOBODY, sees, NULL));
	ASSERT_EQ(0, unban(self, STRANGER));
	EXPECT_EQ(~0u, shown(self));
	EXPECT_EQ(0, run_as(STRANGER, NOBODY, attach, &self->arena_fd));
	EXPECT_EQ(1, run_as(STRANGER, NOBODY, sees, NULL));
}

/* Capabilities do not help, but allow to lift the ban. */
TEST_F(bans, root_can_be_banned)
{
	ASSERT_EQ(0, ban(self, 0));
	EXPECT_EQ(EACCES, attach(&self->arena_fd));
	ASSERT_EQ(0, unban(self, 0));
	EXPECT_EQ(0, attach(&self->arena_fd));
}

TEST_F(bans, clients_that_have_attached_stay)
{
	struct rring_client *client;
	struct rring_event event;

	client = client_of(self->arena_fd, RRING_PRODUCER);
	ASSERT_EQ(0, ban(self, 0));
	ASSERT_EQ(0, rring_alloc(client, 8, 0, &event));
	rring_drop(client, &event);
	rring_close(client);
}

TEST_F(bans, limits)
{
	uint32_t i;

	EXPECT_EQ(-EINVAL, ban(self, OWNER));
	EXPECT_EQ(-EINVAL, ban(self, ~0u));
	EXPECT_EQ(-ESRCH, unban(self, STRANGER));
	for (i = 0; i < RRING_BANS_MAX; i++)
		ASSERT_EQ(0, ban(self, FIRST + i));
	/* the same user once more */
	EXPECT_EQ(0, ban(self, FIRST));
	EXPECT_EQ(-ENOSPC, ban(self, FIRST + i));
	EXPECT_EQ(FIRST + i - 1, shown(self));
	/* the first one goes, and the others stay banned */
	ASSERT_EQ(0, unban(self, FIRST));
	EXPECT_EQ(-ESRCH, unban(self, FIRST));
	ASSERT_EQ(0, ban(self, FIRST + i));
	EXPECT_EQ(EACCES, run_as(FIRST + i, NOBODY, attach, &self->arena_fd));
	EXPECT_EQ(EACCES, run_as(FIRST + 1, NOBODY, attach, &self->arena_fd));
	EXPECT_EQ(0, run_as(FIRST, NOBODY, attach, &self->arena_fd));
}

/* A listener of a banned user gets no notices of the arena. */
TEST_F(bans, no_notices)
{
	struct rring_client *client;
	struct nl_answer heard;
	struct nl nl;

	ASSERT_EQ(0, seteuid(STRANGER));
	nl = nl_open();
	ASSERT_EQ(0, nl_change(&nl, RRING_CMD_WATCH, NULL));
	ASSERT_EQ(0, seteuid(0));
	ASSERT_EQ(0, ban(self, STRANGER));
	client = client_of(self->arena_fd, RRING_PRODUCER);
	rring_close(client);
	ASSERT_EQ(0, unban(self, STRANGER));
	client = client_of(self->arena_fd, RRING_CONSUMER);
	rring_close(client);
	/* the notice of the arena's creation may come late */
	heard = nl_hear(&nl, RRING_CMD_CLIENT_DIED, self->arena);
	EXPECT_EQ((uint32_t)RRING_CONSUMER,
		  nl_u32(heard.object, RRING_A_CLIENT_ROLE));
	nl_free(&heard);
	nl_close(&nl);
}

TEST_HARNESS_MAIN
