// SPDX-License-Identifier: MPL-2.0
/*
 * The epoch of a ring: with a position, it names an entry for ever. Rings that had
 * the same name before have lower epochs.
 */
#include <time.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

FIXTURE(epoch)
{
	int arena;
	struct rring_client *client;
	struct rring_client *other;
};

FIXTURE_SETUP(epoch)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->other = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(epoch)
{
	rring_close(self->other);
	rring_close(self->client);
	close(self->arena);
}

static struct rring_reader *join(struct rring_client *client, const char *name)
{
	struct rring_reader_config config = { .ring_name = name };

	return reader_of(client, &config);
}

TEST_F(epoch, is_the_same_for_the_writer_and_all_readers)
{
	struct rring_writer *writer = small_writer_of(self->client, "ring");
	struct rring_reader *near, *far;

	ASSERT_NE(NULL, writer);
	near = join(self->client, "ring");
	far = join(self->other, "ring");
	ASSERT_NE(NULL, near);
	ASSERT_NE(NULL, far);
	EXPECT_NE(0, rring_writer_epoch(writer));
	EXPECT_EQ(rring_writer_epoch(writer), rring_reader_epoch(near));
	EXPECT_EQ(rring_writer_epoch(writer), rring_reader_epoch(far));
}

TEST_F(epoch, differs_between_rings)
{
	struct rring_writer *one = small_writer_of(self->client, "one");
	struct rring_writer *nameless = small_writer_of(self->client, NULL);

	ASSERT_NE(NULL, one);
	ASSERT_NE(NULL, nameless);
	EXPECT_GT(rring_writer_epoch(nameless), rring_writer_epoch(one));
}

TEST_F(epoch, stays_when_the_next_writer_takes_over)
{
	struct rring_writer *writer = small_writer_of(self->client, "ring");
	struct rring_reader *reader;
	uint64_t epoch;

	ASSERT_NE(NULL, writer);
	reader = join(self->other, "ring");
	ASSERT_NE(NULL, reader);
	epoch = rring_writer_epoch(writer);
	ASSERT_EQ(0, rring_add(writer, "x", 1, 0));
	rring_writer_close(writer);
	EXPECT_EQ(epoch, rring_reader_epoch(reader));
	writer = small_writer_of(self->other, "ring");
	ASSERT_NE(NULL, writer);
	EXPECT_EQ(1, rring_writer_position(writer));
	EXPECT_EQ(epoch, rring_writer_epoch(writer));
	EXPECT_EQ(epoch, rring_reader_epoch(reader));
}

TEST_F(epoch, is_higher_when_the_ring_is_created_again)
{
	struct rring_writer *writer = small_writer_of(self->client, "ring");
	uint64_t epoch;

	ASSERT_NE(NULL, writer);
	epoch = rring_writer_epoch(writer);
	ASSERT_EQ(0, rring_add(writer, "x", 1, 0));
	rring_writer_close(writer);	/* without a reader the ring goes */
	writer = small_writer_of(self->client, "ring");
	ASSERT_NE(NULL, writer);
	EXPECT_EQ(0, rring_writer_position(writer));
	EXPECT_GT(rring_writer_epoch(writer), epoch);
}

/* Return the epoch of the first ring of a new arena, or 0. */
static uint64_t epoch_of_new_arena(void)
{
	int arena = arena_small();
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_writer *writer = small_writer_of(client, "ring");
	uint64_t epoch = writer ? rring_writer_epoch(writer) : 0;

	rring_close(client);
	close(arena);
	return epoch;
}

TEST_F(epoch, is_higher_in_each_later_arena)
{
	uint64_t last = 0, next;
	int i;

	for (i = 0; i < 20; i++) {
		next = epoch_of_new_arena();
		EXPECT_GT(next, last);
		last = next;
	}
}

/* So it is higher after a reboot, too. */
TEST_F(epoch, is_the_time_in_us_or_later)
{
	struct timespec now;
	uint64_t before, epoch;

	clock_gettime(CLOCK_REALTIME, &now);
	before = (uint64_t)now.tv_sec * 1000000;
	epoch = epoch_of_new_arena();
	EXPECT_GE(epoch, before);
}

TEST_HARNESS_MAIN
