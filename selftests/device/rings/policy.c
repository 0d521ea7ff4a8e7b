// SPDX-License-Identifier: MPL-2.0
/* Policies of a full ring: wait, fail, or overwrite and count every loss. */
#include "kselftest_harness.h"

#include "arena.h"
#include "ring_kinds.h"
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

FIXTURE_RING_KINDS(policy);

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

/* Each release makes room for exactly one event. */
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
	reader = reader_at(self->client, 1);
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
