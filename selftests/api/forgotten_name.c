// SPDX-License-Identifier: MPL-2.0
/*
 * Names that a program forgot, or read from an empty setting. What looks for
 * something finds nothing; what creates something creates something new. A
 * ring is found by its number only if the program says the number.
 */
#include <string.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

FIXTURE(forgotten_name)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *first;	/* of the first ring of the arena */
};

static const struct rring_ring_config nameless = {
	.kind = RRING_INLINE,
	.policy = RRING_FAIL,
	.capacity = 4,
	.stride = 64,
};

FIXTURE_SETUP(forgotten_name)
{
	struct rring_ring_config config = nameless;

	config.name = "first";
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->first = writer_of(self->client, &config);
}

FIXTURE_TEARDOWN(forgotten_name)
{
	rring_close(self->client);
	close(self->arena);
}

static int join(struct rring_client *client, const char *ring_name,
		uint32_t ring, struct rring_reader **reader)
{
	struct rring_reader_config config = {
		.ring_name = ring_name,
		.ring = ring,
	};

	return rring_reader_open(client, &config, reader);
}

static const char *const forgotten[] = { NULL, "" };

TEST_F(forgotten_name, of_a_ring_joins_no_ring)
{
	struct rring_reader *reader = NULL;
	uint32_t i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-EINVAL, join(self->client, forgotten[i], 0,
					&reader));
		EXPECT_EQ(NULL, reader);
	}
}

TEST_F(forgotten_name, of_a_ring_joins_no_ring_as_observer)
{
	struct rring_client *observer = client_of(self->arena, RRING_OBSERVER);
	struct rring_reader_config config = { .flags = RRING_JOIN_OBSERVER };
	struct rring_reader *reader = NULL;
	uint32_t i;

	for (i = 0; i < 2; i++) {
		config.ring_name = forgotten[i];
		EXPECT_EQ(-EINVAL, rring_reader_open(observer, &config,
						     &reader));
		EXPECT_EQ(NULL, reader);
	}
	rring_close(observer);
}

/* A ring that was removed does not make its number free for a guess. */
TEST_F(forgotten_name, of_a_ring_joins_no_ring_in_an_arena_without_rings)
{
	struct rring_reader *reader = NULL;

	rring_writer_close(self->first);
	EXPECT_EQ(-EINVAL, join(self->client, NULL, 0, &reader));
	EXPECT_EQ(-ENXIO, join(self->client, NULL, 1, &reader));
	EXPECT_EQ(NULL, reader);
}

TEST_F(forgotten_name, does_not_matter_if_the_number_is_said)
{
	uint32_t number = rring_writer_ring_id(self->first);
	struct rring_reader *reader;
	uint32_t i;

	EXPECT_LE(1u, number);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, join(self->client, forgotten[i], number,
				  &reader));
		EXPECT_EQ(number, rring_reader_ring_id(reader));
		rring_reader_close(reader, 0);
	}
}

TEST_F(forgotten_name, counts_before_the_number)
{
	uint32_t number = rring_writer_ring_id(self->first);
	struct rring_reader *reader;

	EXPECT_EQ(-ENOENT, join(self->client, "none", number, &reader));
	ASSERT_EQ(0, join(self->client, "first", number + 1, &reader));
	EXPECT_EQ(number, rring_reader_ring_id(reader));
}

/* Nobody else's ring is taken over, and nobody finds it by chance. */
TEST_F(forgotten_name, of_a_new_ring_makes_a_ring_of_its_own)
{
	struct rring_ring_config config = nameless;
	struct rring_writer *writer[4];
	struct rring_reader *reader;
	uint32_t i, j;

	for (i = 0; i < 4; i++) {
		config.name = forgotten[i % 2];
		writer[i] = writer_of(self->client, &config);
		for (j = 0; j < i; j++)
			EXPECT_NE(rring_writer_ring_id(writer[j]),
				  rring_writer_ring_id(writer[i]));
		EXPECT_EQ(-EINVAL, join(self->client, "", 0, &reader));
	}
}

TEST_F(forgotten_name, every_ring_of_a_full_arena_has_a_number_from_1)
{
	struct rring_ring_config config = nameless;
	uint32_t most = self->client->arena->max_rings;
	struct rring_writer *writer;
	struct rring_reader *reader;
	uint32_t i;

	EXPECT_EQ(1u, rring_writer_ring_id(self->first));
	for (i = 2; i <= most; i++) {
		writer = writer_of(self->client, &config);
		ASSERT_EQ(i, rring_writer_ring_id(writer));
		EXPECT_EQ(0, rring_add(writer, &i, sizeof(i), i));
	}
	EXPECT_EQ(-ENOSPC, rring_writer_open(self->client, &config, &writer));
	/* the last place is as good as the others */
	ASSERT_EQ(0, join(self->client, NULL, most, &reader));
	EXPECT_EQ(most, rring_reader_ring_id(reader));
	EXPECT_EQ(-ENXIO, join(self->client, NULL, most + 1, &reader));
	EXPECT_EQ(-ENXIO, join(self->client, NULL, ~0u, &reader));
}

/* ---- other things with names ---- */

TEST_F(forgotten_name, of_an_arena_removes_no_arena)
{
	uint32_t i;

	for (i = 0; i < 2; i++)
		EXPECT_EQ(-ENOENT, rring_arena_remove(forgotten[i]));
}

/* Without a name, NULL means `default`; an empty name means a mistake. */
TEST_F(forgotten_name, of_an_arena_attaches_to_no_arena_if_it_is_empty)
{
	struct rring_client *client = NULL;

	EXPECT_EQ(-ENOENT, rring_open(&client, "", RRING_PRODUCER, 0));
	EXPECT_EQ(NULL, client);
}

TEST_F(forgotten_name, of_a_pipe_is_refused)
{
	struct rring_pipe_config config = {
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};
	struct rring_pipe *pipe = NULL;
	uint32_t i;

	for (i = 0; i < 2; i++) {
		config.name = forgotten[i];
		EXPECT_EQ(-EINVAL, rring_pipe_create(self->client, &config,
						     &pipe));
		EXPECT_EQ(-EINVAL, rring_pipe_connect(self->client, &config,
						      &pipe));
		EXPECT_EQ(NULL, pipe);
	}
}

TEST_F(forgotten_name, of_a_ring_is_refused_by_a_factory)
{
	struct rring_factory factory = {
		.client = self->client,
		.defaults = nameless,
	};
	struct rring_reader *reader = NULL;
	uint32_t i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-EINVAL, rring_factory_reader(&factory, forgotten[i],
							"name", &reader));
		EXPECT_EQ(NULL, reader);
	}
}

/* A reader without a name neither resumes a name nor leaves one behind. */
TEST_F(forgotten_name, of_a_reader_makes_a_reader_that_ends_with_its_client)
{
	struct rring_reader_config config = { .ring_name = "first" };
	struct rring_reader *reader;
	uint32_t i;

	for (i = 0; i < 2; i++) {
		config.name = forgotten[i];
		reader = reader_of(self->client, &config);
		EXPECT_FALSE(rring_reader_resumed(reader));
		rring_reader_close(reader, 0);
		reader = reader_of(self->client, &config);
		EXPECT_FALSE(rring_reader_resumed(reader));
		rring_reader_close(reader, 0);
	}
	/* so nothing holds the writer back */
	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, rring_add(self->first, &i, sizeof(i), 0));
}

TEST_HARNESS_MAIN
