// SPDX-License-Identifier: MPL-2.0
/*
 * rring_error_detail(): says which of several reasons it was that a call failed
 * for. The text is of the call whose result it is asked for, and of no other.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"
#include "user.h"

FIXTURE(error_detail)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(error_detail)
{
	const uint32_t capacity[RRING_POOLS] = { 2, 2, 0, 0, 0, 2 };

	self->arena = arena_with(capacity, 0);
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(error_detail)
{
	rring_close(self->client);
	close(self->arena);
}

/* 1: the detail of @err has @words, and says more than rring_strerror(). */
static int detail_has(int err, const char *words)
{
	const char *detail = rring_error_detail(err);

	if (strstr(detail, words) && strcmp(detail, rring_strerror(err)) &&
	    !strchr(detail, '\n'))
		return 1;
	fprintf(stderr, "# '%s' is not in: %s\n", words, detail);
	return 0;
}

static int has_no_detail(int err)
{
	return !strcmp(rring_error_detail(err), rring_strerror(err));
}

#define FAILS(err, words, call)						\
	do {								\
		EXPECT_EQ(err, call);					\
		EXPECT_TRUE(detail_has(err, words));			\
	} while (0)

/* ---- configurations ---- */

#define ARENA(words, ...)						\
	do {								\
		struct rring_arena_config config_ = {			\
			.capacity = { 8 }, .uid = ~0u, .gid = ~0u,	\
			.mode = 0700, __VA_ARGS__			\
		};							\
									\
		FAILS(-EINVAL, words, rring_arena_create(&config_));	\
	} while (0)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"

TEST_F(error_detail, of_an_arena_names_the_field)
{
	struct rring_arena_config config = { .uid = ~0u, .gid = ~0u };

	FAILS(-EINVAL, "all capacities are 0", rring_arena_create(&config));
	ARENA("class M is 16777217", .capacity = { 0, 0, (1u << 24) + 1 });
	ARENA("class XXL is 4097", .capacity = { 0, 0, 0, 0, 0, 4097 });
	ARENA("max_clients is 256", .max_clients = 256);
	ARENA("max_rings is 1024", .max_rings = 1024);
	ARENA("quota is 101", .quota = 101);
	ARENA("mode is 01000", .mode = 01000);
	ARENA("flags", .flags = 4, .name = "name");
	ARENA("producers", .producers = 2);
	ARENA("producers", .flags = RRING_CREATE_OWNED, .producers = 9,
	      .max_clients = 8);
	ARENA("needs a name", .flags = RRING_CREATE_PERSIST);
	ARENA("backend", .backend = 3);
	ARENA("character 2 of the name", .name = "a b");
	config.name = "a-name-that-has-more-than-63-characters-is-not-accepted-by-anybody";
	FAILS(-ENAMETOOLONG, "66 characters", rring_arena_create(&config));
}

/* A process has neither notices nor evictions. */
TEST_F(error_detail, of_a_hold_limit_names_the_field_or_the_backend)
{
	struct rring_arena_config config = {
		.capacity = { 8 },
		.uid = ~0u,
		.gid = ~0u,
		.hold_limit = { 10 },
		.backend = RRING_BACKEND_PROCESS,
	};

	FAILS(-EOPNOTSUPP, "hold_limit", rring_arena_create(&config));
	config.hold_limit[0] = 0;
	config.on_hold_limit = RRING_HOLD_EVICT;
	FAILS(-EOPNOTSUPP, "on_hold_limit", rring_arena_create(&config));
	if (rring_backend() != RRING_BACKEND_DEVICE)
		return;
	config.on_hold_limit = RRING_HOLD_NOTICE;
	ARENA("hold_limit of role consumer is 101", .hold_limit = { 0, 101 });
	ARENA("on_hold_limit is 2", .on_hold_limit = 2);
}

#pragma GCC diagnostic pop

struct wrong_ring {
	struct rring_ring_config config;
	const char *words;
};

TEST_F(error_detail, of_a_ring_names_the_field)
{
	static const struct wrong_ring wrong[] = {
		{ { .kind = 2, .capacity = 4 }, "kind 2" },
		{ { .kind = RRING_HANDLES, .policy = 3, .capacity = 4 },
		  "policy 3" },
		{ { .kind = RRING_HANDLES }, "capacity is 0" },
		{ { .kind = RRING_HANDLES, .capacity = (1u << 24) + 1 },
		  "capacity is 16777217" },
		{ { .kind = RRING_HANDLES, .capacity = 4, .retain = 4 },
		  "retain is 4" },
		{ { .kind = RRING_HANDLES, .capacity = 4, .stall_ns = 1ull << 63 },
		  "stall_ns" },
		{ { .kind = RRING_HANDLES, .capacity = 4, .retain = 1,
		    .policy = RRING_OVERWRITE }, "RRING_OVERWRITE" },
		{ { .kind = RRING_HANDLES, .capacity = 4, .stall_ns = 1,
		    .policy = RRING_OVERWRITE }, "RRING_OVERWRITE" },
		{ { .kind = RRING_HANDLES, .capacity = 4, .stride = 64 },
		  "stride is 64; it is 0" },
		{ { .kind = RRING_INLINE, .capacity = 4, .stride = 65 },
		  "stride is 65; it is a multiple" },
		{ { .kind = RRING_INLINE, .capacity = 4 }, "stride is 0" },
		{ { .kind = RRING_HANDLES, .capacity = 4, .strategy = 3 },
		  "strategy 3" },
		{ { .kind = RRING_HANDLES, .capacity = 4, .name = "a b" },
		  "character 2 of the name" },
	};
	struct rring_writer *writer = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		FAILS(-EINVAL, wrong[i].words,
		      rring_writer_open(self->client, &wrong[i].config,
					&writer));
	EXPECT_EQ(NULL, writer);
}

static const struct rring_ring_config stream = {
	.name = "stream",
	.kind = RRING_INLINE,
	.policy = RRING_FAIL,
	.capacity = 4,
	.stride = 64,
};

TEST_F(error_detail, of_a_reader_names_the_field)
{
	static const struct {
		struct rring_reader_config config;
		int err;
		const char *words;
	} wrong[] = {
		{ { 0 }, -EINVAL, "neither ring_name nor ring" },
		{ { .ring_name = "" }, -EINVAL, "neither ring_name nor ring" },
		{ { .ring_name = "none" }, -ENOENT, "no ring 'none'" },
		{ { .ring = 17 }, -ENXIO, "number 17" },
		{ { .ring_name = "stream", .flags = 4 }, -EINVAL, "flags" },
		{ { .ring_name = "stream", .flags = RRING_JOIN_RESUME },
		  -EINVAL, "no name" },
		{ { .ring_name = "stream", .flags = RRING_JOIN_RESUME,
		    .name = "nobody" }, -ENOENT, "does not know" },
		{ { .ring_name = "stream", .start = 3 }, -EINVAL, "start 3" },
		{ { .ring_name = "stream", .strategy = 3 }, -EINVAL,
		  "strategy 3" },
		{ { .ring_name = "stream", .flags = RRING_JOIN_OBSERVER,
		    .name = "n" }, -EINVAL, "an observer has no name" },
		{ { .ring_name = "over" }, -EINVAL, "overwrites" },
		{ { .ring_name = "stream", .name = "taken" }, -EBUSY,
		  "'taken' is open" },
		{ { .ring_name = "stream", .name = "a b" }, -EINVAL,
		  "character 2" },
	};
	struct rring_ring_config over = stream;
	struct rring_reader_config taken = { .ring_name = "stream",
					     .name = "taken" };
	struct rring_reader *reader;
	size_t i;

	over.name = "over";
	over.policy = RRING_OVERWRITE;
	writer_of(self->client, &over);
	writer_of(self->client, &stream);
	reader_of(self->client, &taken);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		FAILS(wrong[i].err, wrong[i].words,
		      rring_reader_open(self->client, &wrong[i].config,
					&reader));
}

TEST_F(error_detail, of_a_client_says_what_was_wrong)
{
	struct rring_client *client = NULL;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	FAILS(-ENOENT, "no arena 'nobodys'",
	      rring_open(&client, "nobodys", RRING_PRODUCER, 0));
	FAILS(-ENOENT, "empty", rring_open(&client, "", RRING_PRODUCER, 0));
	FAILS(-EINVAL, "flags", rring_open(&client, NULL, 0, 1u << 6));
	FAILS(-EINVAL, "role 3", rring_open(&client, "nobodys", 3, 0));
	FAILS(-EBADF, "descriptor", rring_open_arena(&client, -1, 0, 0));
	FAILS(-EINVAL, "flags",
	      rring_open_arena(&client, self->arena, 0, RRING_ON_DEVICE));
	if (rring_backend() == RRING_BACKEND_DEVICE)
		FAILS(-EINVAL, "is not of an arena",
		      rring_open_arena(&client, null, 0, 0));
	FAILS(-ENOENT, "no arena", rring_arena_remove("nobodys"));
	FAILS(-ENOENT, "empty", rring_arena_remove(NULL));
	EXPECT_EQ(NULL, client);
	close(null);
}

/* ---- who may not, and what is taken ---- */

TEST_F(error_detail, of_a_role_names_the_role)
{
	struct rring_client *observer = client_of(self->arena, RRING_OBSERVER);
	struct rring_reader_config config = { .ring_name = "stream" };
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct rring_event event;

	writer_of(self->client, &stream);
	FAILS(-EPERM, "RRING_PRODUCER", rring_alloc(observer, 1, 0, &event));
	FAILS(-EPERM, "RRING_PRODUCER", rring_alloc(observer, 50000, 0,
						    &event));
	FAILS(-EPERM, "RRING_PRODUCER", rring_writer_open(observer, &stream,
							  &writer));
	FAILS(-EPERM, "RRING_JOIN_OBSERVER",
	      rring_reader_open(observer, &config, &reader));
	rring_close(observer);
}

TEST_F(error_detail, of_a_ring_that_is_taken_says_by_what)
{
	struct rring_ring_config config = stream;
	struct rring_reader_config from = { .ring_name = "stream" };
	struct rring_writer *writer = writer_of(self->client, &stream);

	FAILS(-EBUSY, "has a writer", rring_writer_open(self->client, &config,
							&writer));
	reader_of(self->client, &from);
	rring_writer_close(writer);
	config.capacity = 8;
	FAILS(-EEXIST, "'stream' exists with another",
	      rring_writer_open(self->client, &config, &writer));
}

static int open_without_permission(void *arg)
{
	struct rring_arena_config config = {
		.name = "mine",
		.capacity = { 8 },
		.mode = 0400,
		.uid = ~0u,
		.gid = ~0u,
		.backend = RRING_BACKEND_PROCESS,
	};
	struct rring_client *client;

	(void)arg;
	MUST(rring_arena_create(&config) >= 0);
	MUST(!rring_open(&client, "mine", RRING_OBSERVER, RRING_IN_PROCESS));
	MUST(rring_open(&client, "mine", RRING_PRODUCER, RRING_IN_PROCESS) ==
	     -EACCES);
	MUST(detail_has(-EACCES, "'mine' does not permit the role producer"));
	config.name = "others";
	config.uid = 0;
	MUST(rring_arena_create(&config) == -EPERM);
	MUST(detail_has(-EPERM, "uid 0"));
	return 0;
}

TEST_F(error_detail, of_an_arena_whose_mode_denies_it_says_so)
{
	EXPECT_EQ(0, run_as(NOBODY, NOBODY, open_without_permission, NULL));
}

/* ---- the wants that -ENOSPC stands for ---- */

TEST_F(error_detail, of_no_room_says_slots_or_an_empty_pool)
{
	struct rring_event event[3];

	FAILS(-ENOSPC, "empty pool:", rring_alloc(self->client, 1000, 0,
						  event));
	FAILS(-ENOSPC, "empty pool:",
	      rring_alloc_until(self->client, 1000, 0, SOON(), event));
	ASSERT_EQ(0, rring_alloc(self->client, 1, 0, &event[0]));
	ASSERT_EQ(0, rring_alloc(self->client, 1, 0, &event[1]));
	FAILS(-ENOSPC, "slots:", rring_alloc(self->client, 1, 0, &event[2]));
	ASSERT_EQ(0, rring_alloc(self->client, 50000, 0, &event[0]));
	ASSERT_EQ(0, rring_alloc(self->client, 50000, 0, &event[1]));
	FAILS(-ENOSPC, "slots:", rring_alloc(self->client, 50000, 0,
					     &event[2]));
}

TEST_F(error_detail, of_no_room_says_quota)
{
	const uint32_t capacity[RRING_POOLS] = { 8 };
	int arena = arena_with(capacity, 25);
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_event event;
	int err;

	while (!(err = rring_alloc(client, 1, 0, &event)))
		;
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_TRUE(detail_has(err, "quota:"));
	rring_close(client);
	close(arena);
}

TEST_F(error_detail, of_no_room_says_clients)
{
	struct rring_arena_config config = {
		.capacity = { 8 }, .max_clients = 1, .uid = ~0u, .gid = ~0u,
	};
	int arena = rring_arena_create(&config);
	struct rring_client *client = client_of(arena, RRING_OBSERVER), *late;

	FAILS(-ENOSPC, "clients:", rring_open_arena(&late, arena,
						    RRING_OBSERVER, 0));
	rring_close(client);
	close(arena);
}

TEST_F(error_detail, of_no_room_says_rings)
{
	struct rring_ring_config config = stream;
	struct rring_writer *writer;
	int err;

	config.name = NULL;
	while (!(err = rring_writer_open(self->client, &config, &writer)))
		;
	EXPECT_EQ(-ENOSPC, err);
	EXPECT_TRUE(detail_has(err, "rings: all 64"));
}

TEST_F(error_detail, of_no_room_says_readers_or_cursors)
{
	struct rring_reader_config config = { .ring_name = "stream" };
	struct rring_client *client = self->client;
	struct rring_client *more[4];
	struct rring_reader *reader;
	int err, i, n = 0;

	writer_of(self->client, &stream);
	for (i = 0; i < 4; i++) {
		while (!(err = rring_reader_open(client, &config, &reader)))
			n++;
		EXPECT_EQ(-ENOSPC, err);
		EXPECT_TRUE(detail_has(err, n == RRING_READERS ?
				       "readers: none of the ring's 240 places" :
				       "cursors: this client has 64"));
		more[i] = client_of(self->arena, RRING_CONSUMER);
		client = more[i];
	}
	EXPECT_EQ(RRING_READERS, n);
	for (i = 0; i < 4; i++)
		rring_close(more[i]);
}

TEST_F(error_detail, of_no_room_says_memory)
{
	struct rring_arena_config config = { .uid = ~0u, .gid = ~0u };
	struct rring_ring_config large = stream;
	struct rring_writer *writer;
	int i;

	for (i = 0; i < RRING_XXL; i++)
		config.capacity[i] = RRING_POOL_CAPACITY_MAX;
	FAILS(-ENOSPC, "memory: the arena", rring_arena_create(&config));
	large.capacity = RRING_RING_CAPACITY_MAX;
	large.stride = RRING_STRIDE_MAX;
	FAILS(-ENOSPC, "memory: the ring",
	      rring_writer_open(self->client, &large, &writer));
}

/* ---- whose the text is ---- */

TEST_F(error_detail, is_of_the_last_failure_and_of_its_number)
{
	struct rring_reader_config config = { .ring_name = "none" };
	struct rring_event event = { 0 };
	struct rring_reader *reader;
	struct rring_writer *writer = writer_of(self->client, &stream);

	EXPECT_TRUE(has_no_detail(0));
	EXPECT_EQ(-ENOENT, rring_reader_open(self->client, &config, &reader));
	EXPECT_TRUE(has_no_detail(-EINVAL));
	EXPECT_TRUE(detail_has(-ENOENT, "none"));
	/* it is there as long as nothing else fails */
	EXPECT_TRUE(detail_has(-ENOENT, "none"));
	config.ring_name = NULL;
	EXPECT_EQ(-EINVAL, rring_reader_open(self->client, &config, &reader));
	EXPECT_TRUE(detail_has(-EINVAL, "neither"));
	EXPECT_TRUE(has_no_detail(-ENOENT));
	/* an inline function fails with the same number */
	EXPECT_EQ(-EINVAL, rring_hold(self->client, &event));
	EXPECT_TRUE(has_no_detail(-EINVAL));
	EXPECT_EQ(-EINVAL, rring_reader_open(self->client, &config, &reader));
	EXPECT_EQ(-EINVAL, rring_publish(writer, &event));
	EXPECT_TRUE(has_no_detail(-EINVAL));
	EXPECT_EQ(-EINVAL, rring_reader_open(self->client, &config, &reader));
	EXPECT_EQ(-EINVAL, rring_drop(self->client, &event));
	EXPECT_TRUE(has_no_detail(-EINVAL));
	EXPECT_EQ(-EINVAL, rring_reader_open(self->client, &config, &reader));
	EXPECT_EQ(-EINVAL, rring_reserve(writer, 5));
	EXPECT_TRUE(has_no_detail(-EINVAL));
}

static void *fail_elsewhere(void *arg)
{
	struct rring_writer *writer;
	int err = rring_writer_open(arg, &(struct rring_ring_config) {
		.kind = RRING_HANDLES,
	}, &writer);

	MUST(err == -EINVAL);
	MUST(detail_has(err, "capacity is 0"));
	return NULL;
}

TEST_F(error_detail, is_of_the_thread)
{
	struct rring_reader_config config = { 0 };
	struct rring_reader *reader;
	struct rring_client *shared = client_with(self->arena, RRING_PRODUCER,
						  0);

	EXPECT_EQ(-EINVAL, rring_reader_open(shared, &config, &reader));
	thread_end(thread_start(fail_elsewhere, shared));
	EXPECT_TRUE(detail_has(-EINVAL, "neither"));
	rring_close(shared);
}

TEST_F(error_detail, of_misuse_says_what_was_misused)
{
	struct rring_writer *writer = writer_of(self->client, &stream);
	struct rring_event event;
	char data[65] = "";

	FAILS(-E2BIG, "65 bytes", rring_add(writer, data, 65, 0));
	FAILS(-E2BIG, "65 bytes", rring_alloc_xs(self->client, 65, 0, &event));
	FAILS(-EINVAL, "never fit", rring_wait_writable(writer, 5, 0));
	FAILS(-EINVAL, "inline", rring_publish_batch(writer, &event, 1));
	ASSERT_EQ(0, rring_alloc(self->client, 1, 0, &event));
	rring_share(self->client, &event);
	ASSERT_EQ(0, rring_drop(self->client, &event));
	FAILS(-EINVAL, "does not hold", rring_drop(self->client, &event));
}

TEST_HARNESS_MAIN
