// SPDX-License-Identifier: MPL-2.0
/* A full ring: wait, fail, or overwrite with every loss counted. */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

#define MAX	256

FIXTURE(policy)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(policy)
{
	static const uint32_t capacity[RRING_POOLS] = { 256, 256 };

	self->arena = arena_with(capacity, 0);
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(policy)
{
	rring_close(self->client);
	close(self->arena);
}

FIXTURE_VARIANT(policy)
{
	enum rring_kind kind;
};

FIXTURE_VARIANT_ADD(policy, inline) { .kind = RRING_INLINE };
FIXTURE_VARIANT_ADD(policy, handles) { .kind = RRING_HANDLES };

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_kind kind,
				    enum rring_policy policy, uint32_t capacity)
{
	struct rring_ring_config config = {
		.kind = kind,
		.policy = policy,
		.capacity = capacity,
		.stride = kind == RRING_INLINE ? MAX : 0,
	};

	return writer_of(client, &config);
}

static struct rring_reader *observer_of(struct rring_client *client,
					uint32_t ring)
{
	struct rring_reader_config config = {
		.ring = ring,
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

TEST_F(policy, fail_gives_eagain_exactly_at_capacity)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_FAIL, 5);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	int i;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(-EAGAIN, stream_put(writer, MAX));
		ASSERT_EQ(-EAGAIN, stream_put(writer, MAX));
		ASSERT_EQ(0, stream_take(reader, MAX));
		ASSERT_EQ(0, stream_put(writer, MAX));
	}
	EXPECT_EQ(5, stream_drain(reader, MAX));
}

TEST_F(policy, the_slowest_of_several_readers_decides)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_FAIL, 4);
	struct rring_reader *fast = reader_at(self->client, writer->id);
	struct rring_reader *slow = reader_at(self->client, writer->id);
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(4, stream_drain(fast, MAX));
	EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
	EXPECT_EQ(0, stream_take(slow, MAX));
	EXPECT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
	rring_reader_close(slow, 0);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
	EXPECT_EQ(4, stream_drain(fast, MAX));
}

TEST_F(policy, nobody_holds_back_a_ring_without_gating_readers)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_BLOCK, 3);
	struct rring_reader *reader = observer_of(self->client, writer->id);
	int i;

	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-ESTALE, stream_take(reader, MAX));
	EXPECT_EQ(100 - reader->lost, stream_drain(reader, MAX));
}

/* ---- block ---- */

struct blocked {
	int arena;
	enum rring_kind kind;
	struct baton opened;
	struct baton joined;
};

static int write_blocked(void *arg)
{
	struct blocked *blocked = arg;
	struct rring_client *client = client_of(blocked->arena,
						RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, blocked->kind,
					      RRING_BLOCK, 4);
	int i;

	baton_pass(&blocked->opened);
	baton_wait(&blocked->joined);
	for (i = 0; i < 100; i++)
		MUST(!stream_put(writer, MAX));
	rring_close(client);
	return 0;
}

/* Every release lets exactly one more event in. */
TEST_F(policy, a_blocked_writer_goes_on_when_a_reader_releases)
{
	struct blocked blocked = {
		.arena = self->arena,
		.kind = variant->kind,
	};
	struct rring_reader *reader;
	pid_t pid;
	int i;

	baton_init(&blocked.opened);
	baton_init(&blocked.joined);
	pid = spawn(write_blocked, &blocked);
	baton_wait(&blocked.opened);
	reader = reader_at(self->client, 0);
	baton_pass(&blocked.joined);
	for (i = 0; i < 96; i++) {
		until_waiting(reader->info, RRING_WRITER_WAITS);
		ASSERT_EQ(4, rring_peek(reader, 1000));
		ASSERT_EQ(0, stream_take(reader, MAX));
	}
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(4, stream_drain(reader, MAX));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
}

/* ---- overwrite ---- */

TEST_F(policy, an_overwriting_ring_has_no_gating_readers)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 4);
	struct rring_reader_config config = { .ring = writer->id };
	struct rring_reader *reader;

	EXPECT_EQ(-EINVAL, rring_reader_open(self->client, &config, &reader));
}

TEST_F(policy, a_lap_is_delivered_whole)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 8);
	struct rring_reader *reader = observer_of(self->client, writer->id);
	int i, lap;

	for (lap = 0; lap < 5; lap++) {
		for (i = 0; i < 8; i++)
			ASSERT_EQ(0, stream_put(writer, MAX));
		ASSERT_EQ(8, stream_drain(reader, MAX));
	}
	EXPECT_EQ(0, reader->lost);
}

TEST_F(policy, who_is_overtaken_learns_exactly_what_was_lost)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 8);
	struct rring_reader *reader = observer_of(self->client, writer->id);
	uint64_t delivered = 0;
	int i, round;

	for (round = 0; round < 50; round++) {
		int n = 1 + round % 40;
		uint64_t lost = reader->lost;

		for (i = 0; i < n; i++)
			ASSERT_EQ(0, stream_put(writer, MAX));
		if (n > 8) {
			ASSERT_EQ(-ESTALE, stream_take(reader, MAX));
			ASSERT_LT(lost, reader->lost);
		}
		while (!stream_take(reader, MAX))
			delivered++;
		ASSERT_EQ(writer->head, delivered + reader->lost);
	}
}

/* The writer comes round between the look at an entry and its release. */
TEST_F(policy, what_was_overwritten_while_in_use_is_stale)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 4);
	struct rring_reader *reader = observer_of(self->client, writer->id);
	struct rring_event event;
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	ASSERT_EQ(2, rring_peek(reader, 2));
	ASSERT_EQ(0, rring_entry(reader, 0, &event));
	ASSERT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-ESTALE, rring_release(reader, 2));
	EXPECT_EQ(2, reader->lost);
	EXPECT_EQ(3, stream_drain(reader, MAX));
	EXPECT_EQ(writer->head, reader->pos);
}

/* Also when what it lost is more than it had looked at. */
TEST_F(policy, overtaken_observer_goes_on_by_try_read)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 4);
	struct rring_reader *reader = observer_of(self->client, writer->id);
	struct rring_event event;
	uint64_t read = 1;
	int i, err;

	ASSERT_EQ(0, stream_put(writer, MAX));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	for (i = 0; i < 13; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-ESTALE, rring_try_read(reader, &event));
	EXPECT_EQ(0, rring_wait_readable(reader, SOON()));
	for (i = 0; i < 10 && reader->pos < writer->head; i++) {
		err = rring_try_read(reader, &event);
		if (err == -ESTALE)
			continue;
		if (err)
			break;
		ASSERT_TRUE(stream_intact(&event, reader->pos, MAX));
		read++;
	}
	EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
	/* the first was overwritten while it was looked at */
	EXPECT_EQ(writer->head, read - 1 + reader->lost);
}

TEST_F(policy, an_overwritten_event_cannot_be_kept)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 2);
	struct rring_reader *reader = observer_of(self->client, writer->id);
	struct rring_event event;
	int i;

	ASSERT_EQ(0, stream_put(writer, MAX));
	ASSERT_EQ(1, rring_peek(reader, 1));
	ASSERT_EQ(0, rring_entry(reader, 0, &event));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	/* the sweep takes its slot, so that it has a new generation */
	rring_trim(self->client);
	free_slots(self->client, RRING_XS);
	EXPECT_EQ(variant->kind == RRING_INLINE ? -EINVAL : -ESTALE,
		  rring_keep(reader, &event));
	EXPECT_EQ(-ESTALE, rring_release(reader, 1));
}

TEST_F(policy, overwriting_gives_slots_back)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 16);
	int i;

	for (i = 0; i < 2000; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	rring_writer_close(writer);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

/* ---- overwrite, at full speed ---- */

#define RUSH	100000

struct rush {
	int arena;
	uint32_t ring;
	struct baton joined;
};

static int observe(void *arg)
{
	struct rush *rush = arg;
	struct rring_client *client = client_of(rush->arena, RRING_OBSERVER);
	struct rring_reader *reader = observer_of(client, rush->ring);
	uint64_t delivered = 0;
	int err;

	baton_pass(&rush->joined);
	while ((err = stream_take_soon(reader, MAX)) != -EPIPE) {
		MUST(!err || err == -ESTALE);
		delivered += !err;
	}
	MUST(reader->pos == RUSH);
	MUST(delivered + reader->lost == RUSH);
	fprintf(stderr, "# %llu delivered, %llu lost\n",
		(unsigned long long)delivered,
		(unsigned long long)reader->lost);
	return 0;
}

TEST_F_TIMEOUT(policy, observers_of_a_rush_lose_by_count_and_see_none_torn, 90)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind,
					      RRING_OVERWRITE, 16);
	struct rush rush = { .arena = self->arena, .ring = writer->id };
	pid_t pid[2];
	int i;

	baton_init(&rush.joined);
	for (i = 0; i < 2; i++)
		pid[i] = spawn(observe, &rush);
	for (i = 0; i < 2; i++)
		baton_wait(&rush.joined);
	for (i = 0; i < RUSH; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	rring_writer_close(writer);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, reap(pid[i]));
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

TEST_HARNESS_MAIN
