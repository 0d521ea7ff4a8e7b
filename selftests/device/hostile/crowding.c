// SPDX-License-Identifier: MPL-2.0
/*
 * Users who do not own an arena take as many places as they can get: of clients
 * in the arena, and of readers in a ring. Each user gets a share, and the owner
 * still finds places.
 */
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "kselftest_harness.h"
#include "module.h"
#include "stream.h"
#include "user.h"

#define CLIENTS		64	/* places in the arena */
#define OTHER		4321	/* users beside NOBODY and STRANGER */
#define ANOTHER		4322
#define OWNER		1000

FIXTURE(crowding)
{
	int arena;
	struct rring_client *client[CLIENTS + 1];
	int clients;
	struct rring_reader *reader[RRING_READERS + 1];
	int readers;
};

FIXTURE_SETUP(crowding)
{
	static const struct rring_arena_config config = {
		.capacity = { 64 },
		.max_clients = CLIENTS,
		.uid = OWNER,
		.gid = ~0u,
	};

	self->arena = rring_arena_create(&config);
	ASSERT_LE(0, self->arena);
}

FIXTURE_TEARDOWN(crowding)
{
	module_set("user_places", "50");
	module_set("user_arenas", "256");
	while (self->clients)
		rring_close(self->client[--self->clients]);
	close(self->arena);
}

/*
 * Open clients of @role as user @uid until that fails. Return how many; *@err is
 * the error.
 */
static int crowd(FIXTURE_DATA(crowding) *self, uid_t uid, enum rring_role role,
		 int *err)
{
	int before = self->clients;

	MUST(!seteuid(uid));
	while (!(*err = rring_open_arena(&self->client[self->clients],
					 self->arena, role,
					 RRING_SINGLE_THREADED)))
		self->clients++;
	MUST(!seteuid(0));
	return self->clients - before;
}

static int detail_begins(int err, const char *text)
{
	return !strncmp(rring_error_detail(err), text, strlen(text));
}

TEST_F(crowding, each_user_gets_a_share_of_the_clients)
{
	int err;

	/* observers leave 16 of 64 places free; half of the others is 24 */
	EXPECT_EQ(24, crowd(self, STRANGER, RRING_OBSERVER, &err));
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_TRUE(detail_begins(err, "clients: this user has its share"));
	/* half of what the other user leaves, for each user */
	EXPECT_EQ(12, crowd(self, NOBODY, RRING_OBSERVER, &err));
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_EQ(6, crowd(self, OTHER, RRING_OBSERVER, &err));
	EXPECT_EQ(-EDQUOT, err);
	/* consumers leave 8 places free: 56 - 42 are left, 7 are half of them */
	EXPECT_EQ(7, crowd(self, ANOTHER, RRING_CONSUMER, &err));
	EXPECT_EQ(-EDQUOT, err);
	/* the owner may take any free place */
	EXPECT_EQ(15, crowd(self, OWNER, RRING_OBSERVER, &err));
	EXPECT_EQ(-ENOSPC, err);
	EXPECT_EQ(CLIENTS, self->clients);
}

/* One place in 8 stays free for the owner. */
TEST_F(crowding, the_last_places_are_the_owners)
{
	int err;

	module_set("user_places", "99");
	EXPECT_EQ(56, crowd(self, STRANGER, RRING_CONSUMER, &err));
	EXPECT_EQ(-ENOSPC, err);
	EXPECT_EQ(0, crowd(self, NOBODY, RRING_CONSUMER, &err));
	EXPECT_EQ(-ENOSPC, err);
	EXPECT_TRUE(detail_begins(err, "clients: no place"));
	EXPECT_EQ(8, crowd(self, OWNER, RRING_CONSUMER, &err));
	EXPECT_EQ(-ENOSPC, err);
}

TEST_F(crowding, an_administrator_has_no_share)
{
	int err;

	EXPECT_EQ(CLIENTS, crowd(self, 0, RRING_OBSERVER, &err));
	EXPECT_EQ(-ENOSPC, err);
}

TEST_F(crowding, a_place_that_comes_free_is_the_users_again)
{
	int err;

	EXPECT_EQ(24, crowd(self, STRANGER, RRING_OBSERVER, &err));
	rring_close(self->client[--self->clients]);
	EXPECT_EQ(1, crowd(self, STRANGER, RRING_OBSERVER, &err));
	EXPECT_EQ(-EDQUOT, err);
	rring_close(self->client[--self->clients]);
	EXPECT_EQ(5, crowd(self, STRANGER, RRING_PRODUCER, &err));
	EXPECT_EQ(-EDQUOT, err);
}

/* At least one place; 100 percent, or more, is no limit at all. */
TEST_F(crowding, the_share_can_be_changed)
{
	int err;

	module_set("user_places", "0");
	EXPECT_EQ(1, crowd(self, STRANGER, RRING_CONSUMER, &err));
	EXPECT_EQ(-EDQUOT, err);
	module_set("user_places", "10");
	EXPECT_EQ(5, crowd(self, STRANGER, RRING_CONSUMER, &err));
	EXPECT_EQ(-EDQUOT, err);
	module_set("user_places", "100");
	EXPECT_EQ(CLIENTS - 6, crowd(self, STRANGER, RRING_CONSUMER, &err));
	EXPECT_EQ(-ENOSPC, err);
}

/* The creator of so small an arena has counted the clients. */
TEST_F(crowding, an_arena_of_less_than_eight_places_has_no_limits)
{
	static const struct rring_arena_config config = {
		.capacity = { 64 },
		.max_clients = 7,
		.uid = OWNER,
		.gid = ~0u,
	};
	int err;

	close(self->arena);
	self->arena = rring_arena_create(&config);
	ASSERT_LE(0, self->arena);
	EXPECT_EQ(7, crowd(self, STRANGER, RRING_OBSERVER, &err));
	EXPECT_EQ(-ENOSPC, err);
}

/* ---- readers of a ring ---- */

/*
 * Open readers of @ring with @flags as user @uid, and clients for them, until a
 * reader fails. Return how many readers; *@err is the error.
 */
static int crowd_ring(FIXTURE_DATA(crowding) *self, uid_t uid, uint32_t ring,
		      uint32_t flags, int *err)
{
	const struct rring_reader_config config = {
		.ring = ring,
		.flags = flags,
	};
	struct rring_client *client = NULL;
	int n = 0;

	MUST(!seteuid(uid));
	do {
		if (n % RRING_CURSORS == 0) {
			client = client_of(self->arena, RRING_CONSUMER);
			self->client[self->clients++] = client;
		}
		*err = rring_reader_open(client, &config,
					 &self->reader[self->readers]);
		if (!*err) {
			self->readers++;
			n++;
		}
	} while (!*err);
	MUST(!seteuid(0));
	return n;
}

/* Open the ring "ring" as root. Return its number. */
static uint32_t open_ring(FIXTURE_DATA(crowding) *self)
{
	static const struct rring_ring_config config = {
		.name = "ring",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
	};
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);

	self->client[self->clients++] = client;
	return rring_writer_ring_id(writer_of(client, &config));
}

TEST_F(crowding, each_user_gets_a_share_of_the_readers)
{
	uint32_t ring = open_ring(self);
	int err;

	/* observers leave 60 of 240 places free */
	EXPECT_EQ(90, crowd_ring(self, STRANGER, ring, RRING_JOIN_OBSERVER,
				 &err));
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_TRUE(detail_begins(err, "readers: this user has its share"));
	EXPECT_EQ(45, crowd_ring(self, NOBODY, ring, RRING_JOIN_OBSERVER,
				 &err));
	EXPECT_EQ(-EDQUOT, err);
	/* gating readers leave 30 free: 210 - 135 are left */
	EXPECT_EQ(38, crowd_ring(self, OTHER, ring, 0, &err));
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_EQ(0, crowd_ring(self, NOBODY, ring, RRING_JOIN_OBSERVER,
				&err));
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_EQ(67, crowd_ring(self, OWNER, ring, 0, &err));
	EXPECT_EQ(-ENOSPC, err);
	EXPECT_TRUE(detail_begins(err, "readers: none"));
	EXPECT_EQ(RRING_READERS, self->readers);
}

/* A named reader that is away keeps its place, and its user's share. */
TEST_F(crowding, a_named_reader_that_is_away_counts)
{
	struct rring_reader_config named = {
		.ring_name = "ring",
		.name = "away",
	};
	uint32_t ring = open_ring(self);
	int err;

	MUST(!seteuid(STRANGER));
	self->client[self->clients++] = client_of(self->arena, RRING_CONSUMER);
	rring_reader_close(reader_of(self->client[1], &named), 0);
	MUST(!seteuid(0));
	EXPECT_EQ(104, crowd_ring(self, STRANGER, ring, 0, &err));
	EXPECT_EQ(-EDQUOT, err);
	/* going on under the name takes no further place */
	MUST(!seteuid(STRANGER));
	EXPECT_EQ(0, rring_reader_open(self->client[1], &named,
				       &self->reader[0]));
	MUST(!seteuid(0));
}

/* ---- arenas ---- */

/* Root has created the fixture's arena, which does not count. */
TEST_F(crowding, a_user_creates_so_many_arenas)
{
	static const struct rring_arena_config config = {
		.capacity = { 1 },
		.uid = ~0u,
		.gid = ~0u,
	};
	int fd[4];
	int i;

	module_set("user_arenas", "3");
	MUST(!seteuid(STRANGER));
	for (i = 0; i < 3; i++)
		fd[i] = rring_arena_create(&config);
	EXPECT_LE(0, fd[2]);
	EXPECT_EQ(-EDQUOT, rring_arena_create(&config));
	EXPECT_TRUE(detail_begins(-EDQUOT, "arenas: those that this user"));
	close(fd[0]);
	fd[0] = rring_arena_create(&config);
	EXPECT_LE(0, fd[0]);
	MUST(!seteuid(0));
	MUST(!seteuid(NOBODY));
	fd[3] = rring_arena_create(&config);
	EXPECT_LE(0, fd[3]);
	MUST(!seteuid(0));
	/* an administrator has no limit */
	module_set("user_arenas", "0");
	close(fd[3]);
	fd[3] = rring_arena_create(&config);
	EXPECT_LE(0, fd[3]);
	for (i = 0; i < 4; i++)
		close(fd[i]);
}

TEST_HARNESS_MAIN
