// SPDX-License-Identifier: MPL-2.0
/*
 * Names of arenas, rings, readers and pipes: how long they are, and what is in
 * them. A name that is refused changes nothing.
 */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

static const char longest[] =
	"a-name/of-63.characters/whose-components/form-a-hierarchy/12345";
static const char too_long[] =
	"a-name/of-64.characters/whose-components/form-a-hierarchy/123456";

static const char *const good[] = {
	longest, "a", "market/ticks", "market.ticks", "a/b/c/d/e/f/g/h",
	".a", "a.", "...", "a/.b/..c/d..", "-", "~", "!\"#$%&'()*+,-.:;<=>?@",
	"[\\]^_`{|}",
};

static const char *const bad[] = {
	/* hierarchies with a member that has no name, or two */
	"/", "/a", "a/", "a//b", "//", ".", "..", "./a", "../a", "a/.", "a/..",
	"a/./b", "a/../b", "a/../../b",
	/* bytes */
	" ", "a b", "a\tb", "a\n", "\x1b[31m", "\x01", "\x7f", "a\x7f/b",
	/* UTF-8, valid or not */
	"\xc3\xa9t\xc3\xa9", "a\342\200\256b", "\302\23331m", "\x80",
	"\xff",
};

FIXTURE(names)
{
	int arena;
	struct rring_client *client;
	struct rring_ring_config ring;
};

FIXTURE_SETUP(names)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->ring = (struct rring_ring_config) {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
	};
}

FIXTURE_TEARDOWN(names)
{
	rring_close(self->client);
	close(self->arena);
}

static int open_ring(struct rring_client *client,
		     struct rring_ring_config *config, const char *name,
		     struct rring_writer **writer)
{
	config->name = name;
	return rring_writer_open(client, config, writer);
}

static int join(struct rring_client *client, const char *ring,
		const char *name, struct rring_reader **reader)
{
	struct rring_reader_config config = {
		.ring_name = ring,
		.name = name,
	};

	return rring_reader_open(client, &config, reader);
}

static int create(const char *name)
{
	struct rring_arena_config config = {
		.name = name,
		.capacity = { 4 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	return rring_arena_create(&config);
}

static int attach(const char *name)
{
	struct rring_client *client;
	int err = rring_open(&client, name, RRING_OBSERVER, 0);

	if (!err)
		rring_close(client);
	return err;
}

TEST_F(names, of_rings_and_readers_have_up_to_63_characters)
{
	struct rring_writer *writer;
	struct rring_reader *reader;
	size_t i;

	ASSERT_EQ(63, strlen(longest));
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ASSERT_EQ(0, open_ring(self->client, &self->ring, good[i],
				       &writer));
		EXPECT_STREQ(good[i], writer->info->name);
		ASSERT_EQ(0, join(self->client, good[i], good[i], &reader));
		EXPECT_EQ(rring_writer_ring_id(writer),
			  rring_reader_ring_id(reader));
		rring_reader_close(reader, 0);
		ASSERT_EQ(0, join(self->client, good[i], good[i], &reader));
		EXPECT_EQ(1, rring_reader_resumed(reader));
		rring_reader_close(reader, 1);
		rring_writer_close(writer);
	}
}

TEST_F(names, of_arenas_have_up_to_63_characters)
{
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		fd = create(good[i]);
		ASSERT_LE(0, fd);
		EXPECT_EQ(-EEXIST, create(good[i]));
		EXPECT_EQ(0, attach(good[i]));
		EXPECT_EQ(0, rring_arena_remove(good[i]));
		EXPECT_EQ(-ENOENT, attach(good[i]));
		close(fd);
	}
}

TEST_F(names, that_differ_at_the_end_are_two)
{
	struct rring_writer *first, *second;
	struct rring_reader *reader;
	char other[sizeof(longest)];

	memcpy(other, longest, sizeof(longest));
	other[sizeof(other) - 2] = 'x';
	ASSERT_EQ(0, open_ring(self->client, &self->ring, longest, &first));
	ASSERT_EQ(0, open_ring(self->client, &self->ring, other, &second));
	EXPECT_NE(rring_writer_ring_id(first), rring_writer_ring_id(second));
	ASSERT_EQ(0, join(self->client, other, NULL, &reader));
	EXPECT_EQ(rring_writer_ring_id(second), rring_reader_ring_id(reader));
	EXPECT_EQ(-ENOENT, join(self->client, "a-name", NULL, &reader));
}

/* Return the number of rings in the arena of @client. */
static uint32_t count_rings(const struct rring_client *client)
{
	const struct rring_ring_info *info = (const void *)
		((const char *)client->arena + client->arena->ring_info_offset);
	uint32_t i, n = 0;

	for (i = 0; i < client->arena->max_rings; i++)
		n += rring_flag_load(&info[i].state) != RRING_RING_NONE;
	return n;
}

/* All calls with @name return @err, and no ring, reader or arena is there. */
#define REFUSED(err, name)						\
	do {								\
		struct rring_writer *none;				\
		struct rring_reader *nobody;				\
									\
		EXPECT_EQ(err, open_ring(self->client, &self->ring, name, \
					 &none));			\
		EXPECT_EQ(err, join(self->client, name, NULL, &nobody)); \
		EXPECT_EQ(err, join(self->client, "ring", name, &nobody)); \
		EXPECT_EQ(err, create(name));				\
		EXPECT_EQ(err, attach(name));				\
		EXPECT_EQ(err, rring_arena_remove(name));		\
		EXPECT_EQ(1, count_rings(self->client));		\
		EXPECT_EQ(0, writer->info->readers_end.value);		\
	} while (0)

TEST_F(names, of_64_characters_are_refused)
{
	struct rring_writer *writer;

	ASSERT_EQ(64, strlen(too_long));
	ASSERT_EQ(0, open_ring(self->client, &self->ring, "ring", &writer));
	REFUSED(-ENAMETOOLONG, too_long);
	EXPECT_NE(NULL, strstr(rring_error_detail(-ENAMETOOLONG),
			       "64 characters"));
}

TEST_F(names, with_an_unclear_hierarchy_or_a_byte_that_is_no_text_are_refused)
{
	struct rring_writer *writer;
	size_t i;

	ASSERT_EQ(0, open_ring(self->client, &self->ring, "ring", &writer));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		REFUSED(-EINVAL, bad[i]);
}

TEST_F(names, that_are_refused_are_told_why)
{
	EXPECT_EQ(-EINVAL, create("a\xff"));
	EXPECT_NE(NULL, strstr(rring_error_detail(-EINVAL),
			       "character 2 of the name (0xff)"));
	EXPECT_EQ(-EINVAL, create("ab//c"));
	EXPECT_NE(NULL, strstr(rring_error_detail(-EINVAL),
			       "part of the name at character 4"));
}

/* The rings of a pipe have two characters more. */
TEST_F(names, of_pipes_have_up_to_61_characters)
{
	char name[sizeof(longest)];
	struct rring_pipe_config config = {
		.name = name,
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};
	struct rring_pipe *pipe;
	size_t i;

	memcpy(name, longest, sizeof(longest));
	name[62] = 0;
	EXPECT_EQ(-ENAMETOOLONG, rring_pipe_create(self->client, &config,
						   &pipe));
	name[61] = 0;
	ASSERT_EQ(0, rring_pipe_create(self->client, &config, &pipe));
	rring_pipe_close(pipe);
	/* "a/" and "." would make valid names of rings */
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		config.name = bad[i];
		EXPECT_EQ(-EINVAL, rring_pipe_create(self->client, &config,
						     &pipe));
		EXPECT_EQ(-EINVAL, rring_pipe_connect(self->client, &config,
						      &pipe));
	}
	EXPECT_EQ(0, count_rings(self->client));
}

TEST_HARNESS_MAIN
