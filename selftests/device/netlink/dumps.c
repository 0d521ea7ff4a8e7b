// SPDX-License-Identifier: MPL-2.0
/* Netlink dumps show the true state. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "netlink.h"
#include "page.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define NAME	"dumped"

FIXTURE(dumps)
{
	struct nl nl;
	int arena_fd;
	uint32_t id;
	struct rring_client *client;
	struct nl_answer answer;
};

FIXTURE_SETUP(dumps)
{
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { 64, 0, 16 },
		.max_clients = 9,
		.max_rings = 9,
		.quota = 50,
		.hold_limit = { 10, 20 },
		.on_hold_limit = RRING_HOLD_EVICT,
		.mode = 0751,
		.uid = ~0u,
		.gid = 7,
	};

	self->nl = nl_open();
	self->arena_fd = rring_arena_create(&config);
	ASSERT_LE(0, self->arena_fd);
	self->id = nl_arena(&self->nl, NAME);
	ASSERT_NE(0u, self->id);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	memset(&self->answer, 0, sizeof(self->answer));
}

FIXTURE_TEARDOWN(dumps)
{
	nl_free(&self->answer);
	rring_close(self->client);
	close(self->arena_fd);
	nl_close(&self->nl);
}

static const struct nl_object *only(struct nl *nl, struct nl_answer *answer,
				    uint8_t command, uint32_t id)
{
	nl_free(answer);
	*answer = nl_of_arena(nl, command, id);
	if (answer->err || answer->interrupted || answer->n != 1 ||
	    answer->object[0].command != command)
		return NULL;
	return &answer->object[0];
}

TEST_F(dumps, arena_is_what_it_was_created_as)
{
	const struct nl_object *arena = only(&self->nl, &self->answer,
					     RRING_CMD_ARENA_GET, self->id);

	ASSERT_NE(NULL, arena);
	EXPECT_EQ(self->id, nl_u32(arena, RRING_A_ARENA_ID));
	EXPECT_STREQ(NAME, nl_str(arena, RRING_A_ARENA_NAME));
	EXPECT_EQ(NULL, arena->attr[RRING_A_ARENA_PERSISTENT]);
	EXPECT_EQ(0u, nl_u32(arena, RRING_A_ARENA_UID));
	EXPECT_EQ(7u, nl_u32(arena, RRING_A_ARENA_GID));
	EXPECT_EQ(0751u, nl_u32(arena, RRING_A_ARENA_MODE));
	EXPECT_EQ(15u, nl_u32(arena, RRING_A_ARENA_MAY));
	EXPECT_EQ(50u, nl_u32(arena, RRING_A_ARENA_QUOTA));
	EXPECT_EQ(10u, nl_u32(arena, RRING_A_ARENA_HOLD_LIMIT_OBSERVER));
	EXPECT_EQ(20u, nl_u32(arena, RRING_A_ARENA_HOLD_LIMIT_CONSUMER));
	EXPECT_EQ(0u, nl_u32(arena, RRING_A_ARENA_HOLD_LIMIT_PRODUCER));
	EXPECT_EQ((uint32_t)RRING_HOLD_EVICT,
		  nl_u32(arena, RRING_A_ARENA_ON_HOLD_LIMIT));
	EXPECT_EQ(9u, nl_u32(arena, RRING_A_ARENA_MAX_CLIENTS));
	EXPECT_EQ(1u, nl_u32(arena, RRING_A_ARENA_CLIENTS));
	EXPECT_EQ(9u, nl_u32(arena, RRING_A_ARENA_MAX_RINGS));
	EXPECT_EQ(0u, nl_u32(arena, RRING_A_ARENA_RINGS));
	EXPECT_EQ(80u, nl_u32(arena, RRING_A_ARENA_SLOTS));
	EXPECT_EQ(0ull, nl_u64(arena, RRING_A_ARENA_DEATHS));
	EXPECT_EQ(0ull, nl_u64(arena, RRING_A_ARENA_EVICTIONS));
}

/*
 * The pages of the arena, of its clients and rings, and the kernel's tables: 4
 * bytes for each of the ring's entries, and less than two pages beside.
 */
TEST_F(dumps, arena_counts_its_memory)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.capacity = 1000,
	};
	struct rring_reader_config reader = { .flags = RRING_JOIN_OBSERVER };
	const struct nl_object *arena;
	struct rring_writer *writer;
	uint64_t before, ring;

	arena = only(&self->nl, &self->answer, RRING_CMD_ARENA_GET, self->id);
	before = nl_u64(arena, RRING_A_ARENA_BYTES);
	EXPECT_LT(self->client->arena->size +
		  self->client->arena->payload_size, before);
	writer = writer_of(self->client, &config);
	ring = whole_pages(writer->info->size);
	arena = only(&self->nl, &self->answer, RRING_CMD_ARENA_GET, self->id);
	ring += 4 * config.capacity;
	EXPECT_LT(before + ring, nl_u64(arena, RRING_A_ARENA_BYTES));
	EXPECT_GT(before + ring + 2 * PAGE, nl_u64(arena, RRING_A_ARENA_BYTES));
	EXPECT_EQ(1u, nl_u32(arena, RRING_A_ARENA_RINGS));
	before = nl_u64(arena, RRING_A_ARENA_BYTES);
	reader.ring = rring_writer_ring_id(writer);
	reader_of(self->client, &reader);
	arena = only(&self->nl, &self->answer, RRING_CMD_ARENA_GET, self->id);
	EXPECT_LT(before, nl_u64(arena, RRING_A_ARENA_BYTES));
}

TEST_F(dumps, arena_without_a_name_has_none)
{
	const struct nl_object *arena;

	ASSERT_EQ(0, rring_arena_remove(NAME));
	arena = only(&self->nl, &self->answer, RRING_CMD_ARENA_GET, self->id);
	ASSERT_NE(NULL, arena);
	EXPECT_EQ(NULL, arena->attr[RRING_A_ARENA_NAME]);
	/* without a name, clients cannot attach by name */
	EXPECT_EQ((uint32_t)RRING_MAY_ADMINISTER,
		  nl_u32(arena, RRING_A_ARENA_MAY));
	EXPECT_EQ(0u, nl_arena(&self->nl, NAME));
}

TEST_F(dumps, default_arena_is_among_all)
{
	uint32_t id = nl_arena(&self->nl, "default");

	ASSERT_NE(0u, id);
	self->answer = nl_dump(&self->nl, RRING_CMD_ARENA_GET, NULL);
	ASSERT_EQ(0, self->answer.err);
	EXPECT_NE(NULL, nl_find(&self->answer, RRING_A_ARENA_ID, id));
	EXPECT_NE(NULL, nl_find(&self->answer, RRING_A_ARENA_ID, self->id));
}

TEST_F(dumps, one_that_is_not_there_is_an_error)
{
	static const uint8_t commands[] = {
		RRING_CMD_ARENA_GET, RRING_CMD_POOL_GET, RRING_CMD_CLIENT_GET,
		RRING_CMD_RING_GET, RRING_CMD_READER_GET,
	};
	size_t i;

	for (i = 0; i < sizeof(commands); i++) {
		self->answer = nl_of_arena(&self->nl, commands[i],
					   self->id + 1000);
		EXPECT_EQ(-ENOENT, self->answer.err);
		EXPECT_EQ(0u, self->answer.n);
		nl_free(&self->answer);
	}
}

/* Pools without slots are not shown. */
TEST_F(dumps, pools_have_their_counts)
{
	const struct nl_object *pool;
	struct rring_event event;

	ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &event));
	self->answer = nl_of_arena(&self->nl, RRING_CMD_POOL_GET, self->id);
	ASSERT_EQ(2u, self->answer.n);
	pool = nl_find(&self->answer, RRING_A_POOL_CLASS, RRING_XS);
	EXPECT_EQ(self->id, nl_u32(pool, RRING_A_POOL_ARENA));
	EXPECT_EQ(64u, nl_u32(pool, RRING_A_POOL_SLOT_SIZE));
	EXPECT_EQ(64u, nl_u32(pool, RRING_A_POOL_CAPACITY));
	EXPECT_EQ(32u, nl_u32(pool, RRING_A_POOL_QUOTA));
	/* a refill lends an eighth of the pool */
	EXPECT_EQ(56u, nl_u32(pool, RRING_A_POOL_FREE));
	EXPECT_EQ(8u, nl_u32(pool, RRING_A_POOL_HIGH_WATER));
	EXPECT_EQ(7u, nl_u32(pool, RRING_A_POOL_IN_MAGAZINES));
	EXPECT_EQ(1u, nl_u32(pool, RRING_A_POOL_HELD));
	EXPECT_EQ(0u, nl_u32(pool, RRING_A_POOL_IN_FLIGHT));
	EXPECT_EQ(0u, nl_u32(pool, RRING_A_POOL_RECLAIMABLE));
	EXPECT_EQ(1ull, nl_u64(pool, RRING_A_POOL_REFILLS));
	EXPECT_EQ(8ull, nl_u64(pool, RRING_A_POOL_LENT));
	EXPECT_EQ(0ull, nl_u64(pool, RRING_A_POOL_RECLAIMED));
	EXPECT_EQ(0ull, nl_u64(pool, RRING_A_POOL_FAILURES));
	EXPECT_EQ(NULL, pool->attr[RRING_A_POOL_WAITED_FOR]);
	pool = nl_find(&self->answer, RRING_A_POOL_CLASS, RRING_M);
	EXPECT_EQ(1024u, nl_u32(pool, RRING_A_POOL_SLOT_SIZE));
	EXPECT_EQ(16u, nl_u32(pool, RRING_A_POOL_FREE));
}

/* No sweep has freed them yet; the pool had run dry, too. */
TEST_F(dumps, slots_of_a_client_that_has_gone_are_free)
{
	struct rring_client *gone = client_of(self->arena_fd, RRING_PRODUCER);
	const struct nl_object *pool;
	struct rring_event event;
	int i;

	for (i = 0; i < 32; i++) {
		ASSERT_EQ(0, rring_alloc(gone, 8, 1, &event));
		ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &event));
	}
	EXPECT_NE(0, rring_alloc(gone, 8, 1, &event));
	self->answer = nl_of_arena(&self->nl, RRING_CMD_POOL_GET, self->id);
	pool = nl_find(&self->answer, RRING_A_POOL_CLASS, RRING_XS);
	EXPECT_EQ(0u, nl_u32(pool, RRING_A_POOL_FREE));
	EXPECT_EQ(64u, nl_u32(pool, RRING_A_POOL_HELD));
	nl_free(&self->answer);
	rring_close(gone);
	self->answer = nl_of_arena(&self->nl, RRING_CMD_POOL_GET, self->id);
	pool = nl_find(&self->answer, RRING_A_POOL_CLASS, RRING_XS);
	EXPECT_EQ(32u, nl_u32(pool, RRING_A_POOL_FREE));
	EXPECT_EQ(32u, nl_u32(pool, RRING_A_POOL_RECLAIMABLE));
	EXPECT_EQ(32u, nl_u32(pool, RRING_A_POOL_HELD));
	EXPECT_EQ(0u, nl_u32(pool, RRING_A_POOL_IN_FLIGHT));
	/* a dump frees none */
	EXPECT_EQ(0ull, nl_u64(pool, RRING_A_POOL_RECLAIMED));
}

TEST_F(dumps, slots_that_a_ring_names_are_in_flight_until_it_goes)
{
	struct rring_ring_config ring = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 8,
		.retain = 3,
	};
	struct rring_client *gone = client_of(self->arena_fd, RRING_PRODUCER);
	struct rring_writer *writer = writer_of(gone, &ring);
	const struct nl_object *pool;
	int i;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, stream_put(writer, 64));
	self->answer = nl_of_arena(&self->nl, RRING_CMD_POOL_GET, self->id);
	pool = nl_find(&self->answer, RRING_A_POOL_CLASS, RRING_XS);
	EXPECT_EQ(3u, nl_u32(pool, RRING_A_POOL_IN_FLIGHT));
	EXPECT_EQ(64u - 3 - nl_u32(pool, RRING_A_POOL_IN_MAGAZINES),
		  nl_u32(pool, RRING_A_POOL_FREE));
	nl_free(&self->answer);
	rring_close(gone);
	self->answer = nl_of_arena(&self->nl, RRING_CMD_POOL_GET, self->id);
	pool = nl_find(&self->answer, RRING_A_POOL_CLASS, RRING_XS);
	EXPECT_EQ(0u, nl_u32(pool, RRING_A_POOL_IN_FLIGHT));
	EXPECT_EQ(64u, nl_u32(pool, RRING_A_POOL_FREE));
}

TEST_F(dumps, client_is_who_attached_and_what_it_has)
{
	struct rring_ring_config ring = {
		.kind = RRING_HANDLES,
		.capacity = 8,
	};
	const struct nl_object *client;
	struct rring_writer *writer = writer_of(self->client, &ring);
	struct rring_event event[3];
	int i;

	reader_at(self->client, writer->id);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, rring_alloc(self->client, i < 2 ? 8 : 600, 1,
					 &event[i]));
		rring_share(self->client, &event[i]);
	}
	client = only(&self->nl, &self->answer, RRING_CMD_CLIENT_GET, self->id);
	ASSERT_NE(NULL, client);
	EXPECT_EQ(self->client->id, nl_u32(client, RRING_A_CLIENT_ID));
	EXPECT_EQ(rring_flag_load(
			&self->client->arena->client_serial[self->client->id]),
		  nl_u32(client, RRING_A_CLIENT_SERIAL));
	EXPECT_EQ((uint32_t)getpid(), nl_u32(client, RRING_A_CLIENT_PID));
	EXPECT_EQ(0u, nl_u32(client, RRING_A_CLIENT_UID));
	EXPECT_STREQ("dumps", nl_str(client, RRING_A_CLIENT_COMM));
	EXPECT_EQ((uint32_t)RRING_PRODUCER,
		  nl_u32(client, RRING_A_CLIENT_ROLE));
	EXPECT_EQ((uint32_t)RRING_CLIENT_LIVE,
		  nl_u32(client, RRING_A_CLIENT_STATE));
	EXPECT_EQ(NULL, client->attr[RRING_A_CLIENT_QUOTA]);
	EXPECT_EQ(1u, nl_u32(client, RRING_A_CLIENT_RINGS));
	EXPECT_EQ(1u, nl_u32(client, RRING_A_CLIENT_READERS));
	EXPECT_EQ(3u, nl_u32(client, RRING_A_CLIENT_HELD));
	EXPECT_EQ(2ull, nl_u64(client, RRING_A_CLIENT_REFILLS));
	ASSERT_EQ(2u, client->pools);
	EXPECT_EQ(0u, nl_pool_u32(client, 0, RRING_A_CLIENT_POOL_CLASS));
	EXPECT_EQ(2u, nl_pool_u32(client, 0, RRING_A_CLIENT_POOL_HELD));
	EXPECT_EQ(6u, nl_pool_u32(client, 0, RRING_A_CLIENT_POOL_IN_MAGAZINE));
	EXPECT_EQ(8u, nl_pool_u32(client, 0, RRING_A_CLIENT_POOL_CHARGED));
	EXPECT_EQ(32u, nl_pool_u32(client, 0, RRING_A_CLIENT_POOL_QUOTA));
	EXPECT_EQ(2u, nl_pool_u32(client, 1, RRING_A_CLIENT_POOL_CLASS));
	EXPECT_EQ(1u, nl_pool_u32(client, 1, RRING_A_CLIENT_POOL_HELD));
	EXPECT_EQ(1u, nl_pool_u32(client, 1, RRING_A_CLIENT_POOL_IN_MAGAZINE));
	EXPECT_EQ(2u, nl_pool_u32(client, 1, RRING_A_CLIENT_POOL_CHARGED));
	EXPECT_EQ(8u, nl_pool_u32(client, 1, RRING_A_CLIENT_POOL_QUOTA));
}

struct inner {
	uint32_t arena;
	int arena_fd;
	uint32_t outer_id;
};

/* Look from inside a pid namespace: clients outside have no pid there. */
static int look_from_inside(void *arg)
{
	const struct inner *inner = arg;
	struct rring_client *client = client_of(inner->arena_fd,
						RRING_OBSERVER);
	const struct nl_object *object;
	struct nl nl = nl_open();
	struct nl_answer answer = nl_of_arena(&nl, RRING_CMD_CLIENT_GET,
					      inner->arena);

	MUST(getpid() == 1);
	MUST(answer.n == 2);
	object = nl_find(&answer, RRING_A_CLIENT_ID, client->id);
	MUST(nl_u32(object, RRING_A_CLIENT_PID) == 1);
	MUST(nl_u32(object, RRING_A_CLIENT_ROLE) == RRING_OBSERVER);
	object = nl_find(&answer, RRING_A_CLIENT_ID, inner->outer_id);
	MUST(object && !object->attr[RRING_A_CLIENT_PID]);
	return 0;
}

static int make_inside(void *arg)
{
	MUST(!unshare(CLONE_NEWPID));
	return reap(spawn(look_from_inside, arg));
}

TEST_F(dumps, pid_is_the_readers_namespaces)
{
	struct inner inner = {
		.arena = self->id,
		.arena_fd = self->arena_fd,
		.outer_id = self->client->id,
	};

	EXPECT_EQ(0, reap(spawn(make_inside, &inner)));
}

TEST_F(dumps, ring_is_as_it_was_opened_and_filled)
{
	struct rring_ring_config config = {
		.name = "a-ring",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 10,
		.stride = 128,
		.retain = 2,
		.stall_ns = 5 * NS_PER_S,
		.type = { "struct tick", 24 },
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	const struct nl_object *ring;
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, stream_put(writer, 64));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(-EAGAIN, stream_put(writer, 64));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, stream_take(reader, 64));
	ring = only(&self->nl, &self->answer, RRING_CMD_RING_GET, self->id);
	ASSERT_NE(NULL, ring);
	EXPECT_EQ(writer->id, nl_u32(ring, RRING_A_RING_ID));
	EXPECT_STREQ("a-ring", nl_str(ring, RRING_A_RING_NAME));
	EXPECT_STREQ("struct tick", nl_str(ring, RRING_A_RING_TYPE));
	EXPECT_EQ(24u, nl_u32(ring, RRING_A_RING_TYPE_SIZE));
	EXPECT_EQ(rring_writer_epoch(writer), nl_u64(ring, RRING_A_RING_EPOCH));
	EXPECT_EQ((uint32_t)RRING_INLINE, nl_u32(ring, RRING_A_RING_KIND));
	EXPECT_EQ((uint32_t)RRING_FAIL, nl_u32(ring, RRING_A_RING_POLICY));
	EXPECT_EQ(10u, nl_u32(ring, RRING_A_RING_CAPACITY));
	EXPECT_EQ(128u, nl_u32(ring, RRING_A_RING_STRIDE));
	EXPECT_EQ(2u, nl_u32(ring, RRING_A_RING_RETAIN));
	EXPECT_EQ(5 * NS_PER_S, nl_u64(ring, RRING_A_RING_STALL_NS));
	EXPECT_EQ((uint32_t)RRING_RING_OPEN, nl_u32(ring, RRING_A_RING_STATE));
	EXPECT_EQ(0u, nl_u32(ring, RRING_A_RING_INCARNATION));
	EXPECT_EQ(self->client->id, nl_u32(ring, RRING_A_RING_WRITER));
	EXPECT_EQ(10ull, nl_u64(ring, RRING_A_RING_HEAD));
	EXPECT_EQ(4ull, nl_u64(ring, RRING_A_RING_LOW));
	EXPECT_EQ(6u, nl_u32(ring, RRING_A_RING_FILL));
	EXPECT_EQ(1u, nl_u32(ring, RRING_A_RING_READERS));
	EXPECT_EQ(3ull, nl_u64(ring, RRING_A_RING_DROPS));
	EXPECT_EQ(0ull, nl_u64(ring, RRING_A_RING_LAPS));
}

TEST_F(dumps, readers_are_where_they_stand)
{
	struct rring_ring_config ring = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 10,
		.stride = 64,
	};
	struct rring_writer *writer = writer_of(self->client, &ring);
	struct rring_reader_config named = {
		.name = "away",
		.ring = writer->id,
		.start = RRING_START_OLDEST,
	};
	struct rring_reader *here = reader_at(self->client, writer->id);
	struct rring_reader *away = reader_of(self->client, &named);
	uint32_t here_id = here->id, away_id = away->id;
	const struct nl_object *reader;
	int i;

	for (i = 0; i < 9; i++)
		ASSERT_EQ(0, stream_put(writer, 64));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, stream_take(here, 64));
	ASSERT_EQ(0, stream_take(away, 64));
	rring_reader_close(away, 0);
	self->answer = nl_of_arena(&self->nl, RRING_CMD_READER_GET, self->id);
	ASSERT_EQ(2u, self->answer.n);
	reader = nl_find(&self->answer, RRING_A_READER_ID, here_id);
	EXPECT_EQ(writer->id, nl_u32(reader, RRING_A_READER_RING));
	EXPECT_EQ(NULL, reader->attr[RRING_A_READER_NAME]);
	EXPECT_EQ(self->client->id, nl_u32(reader, RRING_A_READER_CLIENT));
	EXPECT_EQ((uint32_t)RRING_READER_LIVE,
		  nl_u32(reader, RRING_A_READER_STATE));
	EXPECT_EQ(5ull, nl_u64(reader, RRING_A_READER_POSITION));
	EXPECT_EQ(4ull, nl_u64(reader, RRING_A_READER_LAG));
	reader = nl_find(&self->answer, RRING_A_READER_ID, away_id);
	EXPECT_STREQ("away", nl_str(reader, RRING_A_READER_NAME));
	EXPECT_EQ(0u, nl_u32(reader, RRING_A_READER_CLIENT));
	EXPECT_EQ((uint32_t)RRING_READER_FROZEN,
		  nl_u32(reader, RRING_A_READER_STATE));
	EXPECT_EQ(1ull, nl_u64(reader, RRING_A_READER_POSITION));
	EXPECT_EQ(8ull, nl_u64(reader, RRING_A_READER_LAG));
}

TEST_HARNESS_MAIN
