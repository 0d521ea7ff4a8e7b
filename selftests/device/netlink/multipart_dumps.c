// SPDX-License-Identifier: MPL-2.0
/* A dump in many pieces has each object once, or reports a change. */
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "netlink.h"
#include "stream.h"

#include "kselftest_harness.h"

/* ---- many arenas ---- */

#define ARENAS	400

/* A dump takes many pieces, as each arena is about 200 bytes. */
FIXTURE(many_arenas)
{
	struct nl nl;
	uint32_t arenas, pools;		/* totals */
	int fd[ARENAS];
	struct nl_answer answer;
};

/* Create an arena with two pools. */
static int create(const char *name, uint32_t max)
{
	struct rring_arena_config config = {
		.name = name,
		.capacity = { 64, 0, 16 },
		.max_clients = max,
		.max_rings = max,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	return rring_arena_create(&config);
}

static uint32_t count(struct nl *nl, uint8_t command)
{
	struct nl_answer answer = nl_dump(nl, command, NULL);
	uint32_t n = answer.n;

	nl_free(&answer);
	return n;
}

FIXTURE_SETUP(many_arenas)
{
	int i;

	memset(&self->answer, 0, sizeof(self->answer));
	self->nl = nl_open();
	self->arenas = count(&self->nl, RRING_CMD_ARENA_GET) + ARENAS;
	self->pools = count(&self->nl, RRING_CMD_POOL_GET) + 2 * ARENAS;
	for (i = 0; i < ARENAS; i++) {
		self->fd[i] = create(NULL, 1);
		ASSERT_LE(0, self->fd[i]);
	}
}

FIXTURE_TEARDOWN(many_arenas)
{
	int i;

	nl_free(&self->answer);
	for (i = 0; i < ARENAS; i++)
		close(self->fd[i]);
	nl_close(&self->nl);
}

/* Return 1 if each id occurs once, in ascending order. */
static int ids_ascend(const struct nl_answer *answer)
{
	uint32_t i;

	for (i = 1; i < answer->n; i++)
		if (nl_u32(&answer->object[i - 1], RRING_A_ARENA_ID) >=
		    nl_u32(&answer->object[i], RRING_A_ARENA_ID))
			return 0;
	return 1;
}

TEST_F(many_arenas, are_all_dumped_once)
{
	self->answer = nl_dump(&self->nl, RRING_CMD_ARENA_GET, NULL);
	EXPECT_EQ(0, self->answer.err);
	EXPECT_FALSE(self->answer.interrupted);
	EXPECT_LT(2u, self->answer.pieces);
	EXPECT_EQ(self->arenas, self->answer.n);
	EXPECT_TRUE(ids_ascend(&self->answer));
	nl_free(&self->answer);
	self->answer = nl_dump(&self->nl, RRING_CMD_POOL_GET, NULL);
	EXPECT_FALSE(self->answer.interrupted);
	EXPECT_EQ(self->pools, self->answer.n);
}

/* During the dump, an arena in the middle is removed and one is created. */
TEST_F(many_arenas, say_that_something_changed_meanwhile)
{
	int fd;

	nl_begin(&self->nl, RRING_CMD_ARENA_GET, NULL);
	ASSERT_EQ(1, nl_piece(&self->nl, &self->answer));
	close(self->fd[ARENAS / 2]);
	fd = create(NULL, 1);
	while (nl_piece(&self->nl, &self->answer))
		;
	EXPECT_EQ(0, self->answer.err);
	EXPECT_TRUE(self->answer.interrupted);
	EXPECT_TRUE(ids_ascend(&self->answer));
	EXPECT_LE((unsigned int)ARENAS, self->answer.n);
	close(fd);
	/* without a change during the dump, it is complete */
	self->fd[ARENAS / 2] = create(NULL, 1);
	nl_free(&self->answer);
	self->answer = nl_dump(&self->nl, RRING_CMD_ARENA_GET, NULL);
	EXPECT_FALSE(self->answer.interrupted);
	EXPECT_EQ(self->arenas, self->answer.n);
}

/* A client attaches to the last arena when the dump has just begun. */
TEST_F(many_arenas, say_so_for_what_is_in_them)
{
	struct rring_client *client;

	nl_begin(&self->nl, RRING_CMD_POOL_GET, NULL);
	ASSERT_EQ(1, nl_piece(&self->nl, &self->answer));
	client = client_of(self->fd[ARENAS - 1], RRING_OBSERVER);
	while (nl_piece(&self->nl, &self->answer))
		;
	EXPECT_TRUE(self->answer.interrupted);
	EXPECT_EQ(self->pools, self->answer.n);
	rring_close(client);
}

/* Allocations and events are no change that a dump reports. */
TEST_F(many_arenas, do_not_say_so_for_traffic)
{
	struct rring_client *client = client_of(self->fd[7], RRING_PRODUCER);
	struct rring_event event;

	nl_begin(&self->nl, RRING_CMD_POOL_GET, NULL);
	ASSERT_EQ(1, nl_piece(&self->nl, &self->answer));
	ASSERT_EQ(0, rring_alloc(client, 8, 1, &event));
	ASSERT_EQ(0, rring_drop(client, &event));
	while (nl_piece(&self->nl, &self->answer))
		;
	EXPECT_FALSE(self->answer.interrupted);
	EXPECT_EQ(self->pools, self->answer.n);
	rring_close(client);
}

/* ---- many in one arena ---- */

#define RINGS		20
#define READERS		30	/* of each ring */

FIXTURE(many_clients)
{
	struct nl nl;
	int arena_fd;
	struct rring_client *client[RINGS];
	uint32_t ring[RINGS];
	uint32_t id;
	struct nl_answer answer;
};

static uint32_t open_ring(struct rring_client *client)
{
	struct rring_ring_config ring = {
		.kind = RRING_INLINE,
		.capacity = 2,
		.stride = 64,
	};

	return writer_of(client, &ring)->id;
}

FIXTURE_SETUP(many_clients)
{
	int i, j;

	memset(&self->answer, 0, sizeof(self->answer));
	self->nl = nl_open();
	self->arena_fd = create("crowded", RINGS);
	ASSERT_LE(0, self->arena_fd);
	self->id = nl_arena(&self->nl, "crowded");
	for (i = 0; i < RINGS; i++) {
		self->client[i] = client_of(self->arena_fd, RRING_PRODUCER);
		self->ring[i] = open_ring(self->client[i]);
		for (j = 0; j < READERS; j++)
			reader_at(self->client[i], self->ring[i]);
	}
}

FIXTURE_TEARDOWN(many_clients)
{
	int i;

	nl_free(&self->answer);
	for (i = 0; i < RINGS; i++)
		if (self->client[i])
			rring_close(self->client[i]);
	close(self->arena_fd);
	nl_close(&self->nl);
}

TEST_F(many_clients, is_dumped_to_the_last_reader)
{
	uint32_t of_ring[RINGS + 1] = { 0 };
	uint32_t i;

	self->answer = nl_of_arena(&self->nl, RRING_CMD_READER_GET, self->id);
	EXPECT_EQ(0, self->answer.err);
	EXPECT_FALSE(self->answer.interrupted);
	EXPECT_LT(2u, self->answer.pieces);
	ASSERT_EQ((uint32_t)RINGS * READERS, self->answer.n);
	for (i = 0; i < self->answer.n; i++) {
		uint32_t ring = nl_u32(&self->answer.object[i],
				       RRING_A_READER_RING);

		ASSERT_LE(1u, ring);
		ASSERT_GE((uint32_t)RINGS, ring);
		ASSERT_EQ(of_ring[ring]++,
			  nl_u32(&self->answer.object[i], RRING_A_READER_ID));
	}
}

/* The ring at which the dump has stopped is closed, with its readers. */
TEST_F(many_clients, may_lose_where_the_dump_is)
{
	const struct nl_object *last;
	uint32_t i;

	nl_begin(&self->nl, RRING_CMD_READER_GET, NULL);
	ASSERT_EQ(1, nl_piece(&self->nl, &self->answer));
	last = &self->answer.object[self->answer.n - 1];
	for (i = 0; i < RINGS; i++)
		if (self->ring[i] >= nl_u32(last, RRING_A_READER_RING)) {
			rring_close(self->client[i]);
			self->client[i] = NULL;
		}
	while (nl_piece(&self->nl, &self->answer))
		;
	EXPECT_EQ(0, self->answer.err);
	EXPECT_TRUE(self->answer.interrupted);
	EXPECT_GT((uint32_t)RINGS * READERS, self->answer.n);
}

/*
 * The whole arena ends during the dump: the answer ends and reports that it is
 * incomplete.
 */
TEST_F(many_clients, may_go_altogether)
{
	struct nl_value only[] = { NL_U32(RRING_A_READER_ARENA, self->id),
				   { 0 } };
	uint32_t i;

	nl_begin(&self->nl, RRING_CMD_READER_GET, only);
	ASSERT_EQ(1, nl_piece(&self->nl, &self->answer));
	for (i = 0; i < RINGS; i++) {
		rring_close(self->client[i]);
		self->client[i] = NULL;
	}
	close(self->arena_fd);
	self->arena_fd = -1;
	while (nl_piece(&self->nl, &self->answer))
		;
	EXPECT_EQ(0, self->answer.err);
	EXPECT_TRUE(self->answer.interrupted);
}

/* A dump that is closed half read leaves nothing behind. */
TEST_F(many_clients, may_be_left_half_read)
{
	struct nl nl = nl_open();

	nl_begin(&nl, RRING_CMD_READER_GET, NULL);
	ASSERT_EQ(1, nl_piece(&nl, &self->answer));
	nl_close(&nl);
	nl_free(&self->answer);
	self->answer = nl_of_arena(&self->nl, RRING_CMD_CLIENT_GET, self->id);
	EXPECT_EQ((uint32_t)RINGS, self->answer.n);
}

TEST_HARNESS_MAIN
