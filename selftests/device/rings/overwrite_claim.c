// SPDX-License-Identifier: MPL-2.0
/*
 * A writer may overwrite entries that it has reserved, whether it commits them
 * or not. An observer must not take the overwritten bytes for the old event.
 */
#include <signal.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

#define CAPACITY	8
#define LARGE		1024	/* claims are raised by several entries */

FIXTURE(overwrite_claim)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(overwrite_claim)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(overwrite_claim)
{
	rring_close(self->client);
	close(self->arena);
}

FIXTURE_VARIANT(overwrite_claim)
{
	enum rring_policy policy;
};

FIXTURE_VARIANT_ADD(overwrite_claim, overwrite) { .policy = RRING_OVERWRITE };
FIXTURE_VARIANT_ADD(overwrite_claim, fail) { .policy = RRING_FAIL };

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_policy policy)
{
	struct rring_ring_config config = {
		.name = "claim",
		.kind = RRING_INLINE,
		.policy = policy,
		.capacity = CAPACITY,
		.stride = 64,
	};

	return writer_of(client, &config);
}

static struct rring_reader *observer_of(struct rring_client *client)
{
	struct rring_reader_config config = {
		.ring_name = "claim",
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_AT,
	};

	return reader_of(client, &config);
}

static void put_lap(struct rring_writer *writer)
{
	int i;

	for (i = 0; i < CAPACITY; i++)
		MUST(!stream_put(writer, 64));
}

/* Reserve @n entries and overwrite their payload. */
static void scribble(struct rring_writer *writer, uint32_t n)
{
	uint32_t i;

	MUST(!rring_reserve(writer, n));
	for (i = 0; i < n; i++)
		memset(rring_reserved(writer, i, 16, 1), 0xdb, 64);
}

/* Events that the reader gets are intact; all others are counted as lost. */
static void expect_no_remains(struct __test_metadata *_metadata,
			      struct rring_reader *reader, uint64_t head)
{
	uint64_t expected = head - reader->pos + reader->lost;
	uint64_t delivered = 0;
	int err;

	while ((err = stream_take(reader, 64)) != -EAGAIN) {
		EXPECT_NE(-EBADMSG, err) {
			TH_LOG("remains at %llu, head %llu",
			       (unsigned long long)reader->pos - 1,
			       (unsigned long long)head);
		}
		ASSERT_NE(-EPIPE, err);
		delivered += !err;
	}
	EXPECT_EQ(head, reader->pos);
	EXPECT_EQ(expected, delivered + reader->lost);
}

TEST_F(overwrite_claim, reserved_entries_are_stale_at_once)
{
	struct rring_writer *writer = ring_of(self->client, variant->policy);
	struct rring_reader *reader = observer_of(self->client);

	put_lap(writer);
	scribble(writer, 3);
	expect_no_remains(_metadata, reader, CAPACITY);
	EXPECT_EQ(CAPACITY / 2, reader->lost);
}

/* Five entries are reserved and not committed; then one is committed. */
TEST_F(overwrite_claim, entries_stay_stale_that_were_reserved_but_not_committed)
{
	struct rring_writer *writer = ring_of(self->client, variant->policy);
	struct rring_reader *reader = observer_of(self->client);

	put_lap(writer);
	scribble(writer, 5);
	rring_commit(writer, 0);
	ASSERT_EQ(0, stream_put(writer, 64));
	expect_no_remains(_metadata, reader, CAPACITY + 1);
}

struct victim {
	int arena;
	enum rring_policy policy;
	struct baton opened;
	struct baton joined;
};

static int die_having_reserved(void *arg)
{
	struct victim *victim = arg;
	struct rring_client *client = client_of(victim->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, victim->policy);

	baton_pass(&victim->opened);
	baton_wait(&victim->joined);
	put_lap(writer);
	scribble(writer, 5);
	kill(getpid(), SIGKILL);
	return 1;
}

TEST_F(overwrite_claim, what_a_dead_writer_reserved_is_stale_under_its_successor)
{
	struct victim victim = {
		.arena = self->arena,
		.policy = variant->policy,
	};
	struct rring_writer *writer;
	struct rring_reader *reader;
	pid_t pid;

	baton_init(&victim.opened);
	baton_init(&victim.joined);
	pid = spawn(die_having_reserved, &victim);
	baton_wait(&victim.opened);
	reader = observer_of(self->client);
	baton_pass(&victim.joined);
	EXPECT_EQ(128 + SIGKILL, reap(pid));
	writer = ring_of(self->client, variant->policy);
	EXPECT_EQ(CAPACITY, writer->head);
	ASSERT_EQ(0, stream_put(writer, 64));
	expect_no_remains(_metadata, reader, CAPACITY + 1);
	put_lap(writer);
	expect_no_remains(_metadata, reader, 2 * CAPACITY + 1);
}

/* With RRING_FAIL, all entries but one are retained. */
TEST_F(overwrite_claim, who_begins_with_the_oldest_gets_all_that_follows)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = variant->policy,
		.capacity = LARGE,
		.stride = 64,
		.retain = variant->policy == RRING_FAIL ? LARGE - 1 : 0,
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	int i;

	for (i = 0; i < LARGE + LARGE / 8; i++) {
		struct rring_reader_config start = {
			.ring = writer->id,
			.flags = RRING_JOIN_OBSERVER,
			.start = RRING_START_OLDEST,
		};
		struct rring_reader *reader;

		MUST(!stream_put(writer, 64));
		if (i < LARGE)
			continue;
		reader = reader_of(self->client, &start);
		ASSERT_GE(writer->head - reader->pos, LARGE - LARGE / 64);
		ASSERT_EQ(writer->head - reader->pos,
			  (uint64_t)stream_drain(reader, 64));
		ASSERT_EQ(0, reader->lost);
		rring_reader_close(reader, 0);
	}
}

TEST_HARNESS_MAIN
