// SPDX-License-Identifier: MPL-2.0
/*
 * The type of a ring: the program that creates the ring gives it, and a program
 * that opens the ring and gives a type must give the same one.
 */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

struct tick {
	uint64_t time;
	double price;
	char symbol[8];
};

struct longer_tick {
	struct tick tick;
	uint64_t volume;
};

/* It has the size of struct tick, and another name. */
struct quote {
	struct tick tick;
};

FIXTURE(type)
{
	int arena;
	struct rring_client *client;
	struct rring_client *other;
	struct rring_ring_config ring;
};

FIXTURE_SETUP(type)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->other = client_of(self->arena, RRING_PRODUCER);
	self->ring = (struct rring_ring_config) {
		.name = "ring",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
		.type = RRING_TYPE(struct tick),
	};
}

FIXTURE_TEARDOWN(type)
{
	rring_close(self->other);
	rring_close(self->client);
	close(self->arena);
}

static int join(struct rring_client *client, const char *name,
		struct rring_type type, struct rring_reader **reader)
{
	struct rring_reader_config config = {
		.ring_name = "ring",
		.name = name,
		.type = type,
	};

	return rring_reader_open(client, &config, reader);
}

static int may_join(struct rring_client *client, struct rring_type type)
{
	struct rring_reader *reader;
	int err = join(client, NULL, type, &reader);

	if (!err)
		rring_reader_close(reader, 1);
	return err;
}

static int open_as(struct rring_client *client, struct rring_ring_config config,
		   struct rring_type type, struct rring_writer **writer)
{
	config.type = type;
	return rring_writer_open(client, &config, writer);
}

static const struct rring_type none = { NULL, 0 };

TEST_F(type, is_a_name_and_a_size)
{
	struct rring_type type = RRING_TYPE(struct tick);

	EXPECT_STREQ("struct tick", type.name);
	EXPECT_EQ(sizeof(struct tick), type.size);
}

TEST_F(type, of_a_ring_is_known_to_its_readers)
{
	struct rring_writer *writer;
	struct rring_reader *reader;

	ASSERT_EQ(0, rring_writer_open(self->client, &self->ring, &writer));
	ASSERT_EQ(0, join(self->other, NULL, none, &reader));
	EXPECT_STREQ("struct tick", rring_reader_type(reader).name);
	EXPECT_EQ(sizeof(struct tick), rring_reader_type(reader).size);
}

TEST_F(type, of_a_reader_must_be_that_of_the_ring)
{
	struct rring_type renamed = { "struct tock", sizeof(struct tick) };
	struct rring_writer *writer;

	ASSERT_EQ(0, rring_writer_open(self->client, &self->ring, &writer));
	EXPECT_EQ(0, may_join(self->other, none));
	EXPECT_EQ(0, may_join(self->other, self->ring.type));
	EXPECT_EQ(-EPROTOTYPE, may_join(self->other, renamed));
	EXPECT_NE(NULL, strstr(rring_error_detail(-EPROTOTYPE),
			       "'struct tick' of 24 bytes, not 'struct tock' of 24"));
	EXPECT_EQ(-EPROTOTYPE, may_join(self->other, RRING_TYPE(struct quote)));
	EXPECT_EQ(-EPROTOTYPE, may_join(self->other,
					RRING_TYPE(struct longer_tick)));
	EXPECT_EQ(-EPROTOTYPE,
		  may_join(self->other, (struct rring_type) {
			"struct tick", sizeof(struct longer_tick) }));
}

TEST_F(type, that_is_refused_changes_nothing)
{
	struct rring_writer *writer;
	struct rring_reader *reader;

	ASSERT_EQ(0, rring_writer_open(self->client, &self->ring, &writer));
	EXPECT_EQ(-EPROTOTYPE, join(self->other, "name",
				    RRING_TYPE(struct quote), &reader));
	EXPECT_EQ(0, writer->info->readers_end.value);
	ASSERT_EQ(0, join(self->other, "name", none, &reader));
	EXPECT_EQ(0, rring_reader_resumed(reader));
	rring_reader_close(reader, 0);
	/* it does not take the name over either */
	EXPECT_EQ(-EPROTOTYPE, join(self->other, "name",
				    RRING_TYPE(struct quote), &reader));
	ASSERT_EQ(0, join(self->other, "name", self->ring.type, &reader));
	EXPECT_EQ(1, rring_reader_resumed(reader));
}

TEST_F(type, of_the_next_writer_must_be_that_of_the_ring)
{
	struct rring_writer *writer;
	struct rring_reader *reader;
	uint64_t word = 7;

	ASSERT_EQ(0, rring_writer_open(self->client, &self->ring, &writer));
	ASSERT_EQ(0, join(self->client, NULL, none, &reader));
	ASSERT_EQ(0, rring_add(writer, &word, sizeof(word), 1));
	rring_writer_leave(writer);
	EXPECT_EQ(-EPROTOTYPE, open_as(self->other, self->ring,
				       RRING_TYPE(struct quote), &writer));
	EXPECT_NE(NULL, strstr(rring_error_detail(-EPROTOTYPE),
			       "'struct tick'"));
	EXPECT_EQ(1, rring_peek(reader, 4));
	ASSERT_EQ(0, open_as(self->other, self->ring, self->ring.type,
			     &writer));
	EXPECT_EQ(1, rring_writer_position(writer));
	rring_writer_leave(writer);
	/* a writer that gives none does not change it */
	ASSERT_EQ(0, open_as(self->client, self->ring, none, &writer));
	EXPECT_EQ(-EPROTOTYPE, may_join(self->other, RRING_TYPE(struct quote)));
	EXPECT_EQ(0, may_join(self->other, self->ring.type));
}

TEST_F(type, that_a_ring_does_not_have_is_refused)
{
	struct rring_writer *writer;
	struct rring_reader *reader;

	ASSERT_EQ(0, open_as(self->client, self->ring, none, &writer));
	ASSERT_EQ(0, join(self->other, NULL, none, &reader));
	EXPECT_EQ(NULL, rring_reader_type(reader).name);
	EXPECT_EQ(0, rring_reader_type(reader).size);
	EXPECT_EQ(-EPROTOTYPE, may_join(self->other, self->ring.type));
	EXPECT_NE(NULL, strstr(rring_error_detail(-EPROTOTYPE),
			       "no type"));
	rring_writer_leave(writer);
	EXPECT_EQ(-EPROTOTYPE, open_as(self->other, self->ring,
				       self->ring.type, &writer));
}

/* The next ring of the same number is another one. */
TEST_F(type, ends_with_the_ring)
{
	struct rring_writer *writer;
	uint32_t id;

	ASSERT_EQ(0, rring_writer_open(self->client, &self->ring, &writer));
	id = rring_writer_ring_id(writer);
	rring_writer_close(writer);
	ASSERT_EQ(0, open_as(self->client, self->ring,
			     RRING_TYPE(struct quote), &writer));
	EXPECT_EQ(id, rring_writer_ring_id(writer));
	EXPECT_EQ(-EPROTOTYPE, may_join(self->other, self->ring.type));
	EXPECT_EQ(0, may_join(self->other, RRING_TYPE(struct quote)));
}

TEST_F(type, without_a_name_or_a_size_is_none)
{
	static const char longest[] =
		"struct a_name_of_63_characters_is_the_longest_that_a_type_has__";
	struct rring_type wrong[] = {
		{ "struct tick", 0 },
		{ NULL, 24 },
		{ "", 24 },
		{ "struct\ttick", 24 },
		{ "struct tick\x1b[31m", 24 },
		{ "struct t\303\255ck", 24 },
		{ "struct tick", 65 },		/* above the stride */
		{ "struct tick", ~0u },
	};
	struct rring_type type = { longest, 64 };
	struct rring_writer *writer;
	char too_long[65];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(-EINVAL, open_as(self->client, self->ring, wrong[i],
					   &writer));
	EXPECT_EQ(-EINVAL, may_join(self->client, wrong[0]));
	EXPECT_EQ(-EINVAL, may_join(self->client, wrong[1]));
	memset(too_long, 'x', 64);
	too_long[64] = 0;
	type.name = too_long;
	EXPECT_EQ(-ENAMETOOLONG, open_as(self->client, self->ring, type,
					 &writer));
	EXPECT_EQ(-ENOENT, may_join(self->client, none));
	ASSERT_EQ(63, strlen(longest));
	type.name = longest;
	EXPECT_EQ(0, open_as(self->client, self->ring, type, &writer));
	EXPECT_EQ(0, may_join(self->other, type));
}

/* The size is a promise of the writer: nobody compares events with it. */
TEST_F(type, does_not_limit_an_event)
{
	struct longer_tick tick = { .volume = 5 };
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct rring_event event;

	ASSERT_EQ(0, rring_writer_open(self->client, &self->ring, &writer));
	ASSERT_EQ(0, join(self->other, NULL, self->ring.type, &reader));
	ASSERT_EQ(0, rring_add(writer, &tick, sizeof(tick), 1));
	ASSERT_EQ(0, rring_add(writer, &tick, 3, 1));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	EXPECT_NE(NULL, RRING_EVENT(struct tick, &event));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	EXPECT_EQ(NULL, RRING_EVENT(struct tick, &event));
}

TEST_F(type, of_a_ring_of_handles_has_any_size)
{
	struct rring_type large = { "struct frame", 6 << 20 };
	struct rring_writer *writer;

	self->ring.kind = RRING_HANDLES;
	self->ring.stride = 0;
	ASSERT_EQ(0, open_as(self->client, self->ring, large, &writer));
	EXPECT_EQ(0, may_join(self->other, large));
	large.size = RRING_XXL_MAX + 1;
	EXPECT_EQ(-EINVAL, may_join(self->other, large));
}

TEST_F(type, is_that_of_both_ends_of_a_pipe)
{
	struct rring_pipe_config config = {
		.name = "pipe",
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
		.type = RRING_TYPE(struct tick),
	};
	struct rring_pipe *a, *b;

	ASSERT_EQ(0, rring_pipe_create(self->client, &config, &a));
	config.type = RRING_TYPE(struct quote);
	EXPECT_EQ(-EPROTOTYPE, rring_pipe_connect(self->other, &config, &b));
	config.type = RRING_TYPE(struct tick);
	ASSERT_EQ(0, rring_pipe_connect(self->other, &config, &b));
	EXPECT_STREQ("struct tick",
		     rring_reader_type(rring_pipe_reader(a)).name);
	EXPECT_STREQ("struct tick",
		     rring_reader_type(rring_pipe_reader(b)).name);
	rring_pipe_close(b);
	rring_pipe_close(a);
}

TEST_F(type, is_that_of_all_rings_of_a_factory)
{
	struct rring_factory factory = {
		.client = self->client,
		.defaults = self->ring,
	};
	struct rring_reader *reader;
	struct rring_writer *writer;

	ASSERT_EQ(0, rring_factory_reader(&factory, "ring", NULL, &reader));
	EXPECT_STREQ("struct tick", rring_reader_type(reader).name);
	ASSERT_EQ(0, rring_factory_writer(&factory, "ring", &writer));
	factory.defaults.type = RRING_TYPE(struct quote);
	EXPECT_EQ(-EPROTOTYPE, rring_factory_reader(&factory, "ring", NULL,
						    &reader));
}

TEST_HARNESS_MAIN
