// SPDX-License-Identifier: MPL-2.0
/* Late readers that start at the newest or oldest event or at a position. */
#include <sched.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	16
#define RETAIN		6
#define HEAD		100
#define MAX		64

FIXTURE(late_reader)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
};

FIXTURE_VARIANT(late_reader)
{
	enum rring_kind kind;
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(late_reader, reader_of_payloads)
{
	.kind = RRING_INLINE,
};

FIXTURE_VARIANT_ADD(late_reader, reader_of_handles)
{
	.kind = RRING_HANDLES,
};

FIXTURE_VARIANT_ADD(late_reader, observer_of_payloads)
{
	.kind = RRING_INLINE,
	.flags = RRING_JOIN_OBSERVER,
};

FIXTURE_VARIANT_ADD(late_reader, observer_of_handles)
{
	.kind = RRING_HANDLES,
	.flags = RRING_JOIN_OBSERVER,
};

FIXTURE_SETUP(late_reader)
{
	struct rring_ring_config config = {
		.kind = variant->kind,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = variant->kind == RRING_INLINE ? MAX : 0,
		.retain = RETAIN,
	};
	int i;

	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->writer = writer_of(self->client, &config);
	for (i = 0; i < HEAD; i++)
		ASSERT_EQ(0, stream_put(self->writer, MAX));
}

FIXTURE_TEARDOWN(late_reader)
{
	rring_close(self->client);
	close(self->arena);
}

static struct rring_reader *join(struct rring_client *client, uint32_t ring,
				 unsigned int flags, enum rring_start start,
				 uint64_t position)
{
	struct rring_reader_config config = {
		.ring = ring,
		.flags = flags,
		.start = start,
		.position = position,
	};

	return reader_of(client, &config);
}

/* Return the position at which such a reader starts; it reads to the head. */
static uint64_t start_of(struct rring_writer *writer, unsigned int flags,
			 enum rring_start start, uint64_t position)
{
	struct rring_reader *reader = join(rring_writer_client(writer),
					   rring_writer_ring_id(writer), flags,
					   start, position);
	uint64_t first = rring_reader_position(reader);

	MUST(stream_drain(reader, MAX) ==
	     (long)(rring_writer_position(writer) - first));
	MUST(!rring_reader_lost(reader) && !rring_reader_resumed(reader));
	rring_reader_close(reader, 0);
	return first;
}

TEST_F(late_reader, newest_is_what_comes_next)
{
	struct rring_reader *reader =
		join(self->client, rring_writer_ring_id(self->writer),
		     variant->flags, RRING_START_NEWEST, 0);

	EXPECT_EQ(HEAD, rring_reader_position(reader));
	EXPECT_EQ(-EAGAIN, stream_take(reader, MAX));
	ASSERT_EQ(0, stream_put(self->writer, MAX));
	EXPECT_EQ(0, stream_take(reader, MAX));
	/* the position argument is ignored */
	EXPECT_EQ(HEAD + 1, start_of(self->writer, variant->flags,
				     RRING_START_NEWEST, 96));
}

TEST_F(late_reader, oldest_is_what_the_ring_retains)
{
	EXPECT_EQ(HEAD - RETAIN, start_of(self->writer, variant->flags,
					  RRING_START_OLDEST, 0));
	ASSERT_EQ(0, stream_put(self->writer, MAX));
	EXPECT_EQ(HEAD + 1 - RETAIN, start_of(self->writer, variant->flags,
					      RRING_START_OLDEST, 99));
}

/*
 * A new reader can also start at events that another reader has not read yet.
 */
TEST_F(late_reader, oldest_is_what_the_slowest_still_needs)
{
	struct rring_reader *slow = join(self->client,
					 rring_writer_ring_id(self->writer), 0,
					 RRING_START_NEWEST, 0);
	int i;

	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, stream_put(self->writer, MAX));
	EXPECT_EQ(-EAGAIN, stream_put(self->writer, MAX));
	EXPECT_EQ(HEAD, start_of(self->writer, variant->flags,
				 RRING_START_OLDEST, 0));
	EXPECT_EQ(CAPACITY, stream_drain(slow, MAX));
	EXPECT_EQ(HEAD + CAPACITY - RETAIN,
		  start_of(self->writer, variant->flags, RRING_START_OLDEST,
			   0));
}

TEST_F(late_reader, a_number_within_the_window_is_exact)
{
	uint64_t number;

	for (number = HEAD - RETAIN; number <= HEAD; number++)
		EXPECT_EQ(number, start_of(self->writer, variant->flags,
					   RRING_START_AT, number));
}

TEST_F(late_reader, a_number_before_the_window_is_its_lower_end)
{
	EXPECT_EQ(HEAD - RETAIN, start_of(self->writer, variant->flags,
					  RRING_START_AT, HEAD - RETAIN - 1));
	EXPECT_EQ(HEAD - RETAIN, start_of(self->writer, variant->flags,
					  RRING_START_AT, 0));
}

TEST_F(late_reader, a_number_beyond_the_window_is_its_upper_end)
{
	EXPECT_EQ(HEAD, start_of(self->writer, variant->flags, RRING_START_AT,
				 HEAD + 1));
	EXPECT_EQ(HEAD, start_of(self->writer, variant->flags, RRING_START_AT,
				 ~0ull));
}

TEST_F(late_reader, who_joins_after_the_end_reads_what_is_left)
{
	struct rring_reader_config config = {
		.ring = rring_writer_ring_id(self->writer),
		.flags = variant->flags,
		.start = RRING_START_OLDEST,
	};
	struct rring_reader *first, *late;

	/* a gating reader keeps the ring alive */
	first = join(self->client, rring_writer_ring_id(self->writer), 0,
		     RRING_START_OLDEST, 0);
	rring_writer_close(self->writer);
	late = reader_of(self->client, &config);
	EXPECT_EQ(HEAD - RETAIN, rring_reader_position(late));
	EXPECT_EQ(RETAIN, stream_drain(late, MAX));
	EXPECT_EQ(-EPIPE, stream_take(late, MAX));
	EXPECT_EQ(RETAIN, stream_drain(first, MAX));
}

/* ---- while the writer runs ---- */

struct joining {
	int arena;
	uint32_t ring;
	unsigned int flags;
	enum rring_start start;
	uint32_t rounds;
	uint32_t ready;
};

/* Wherever a reader joins, it reads consecutive numbers. */
static void *join_and_leave(void *arg)
{
	struct joining *joining = arg;
	struct rring_client *client = client_of(joining->arena, RRING_CONSUMER);
	uint32_t i, taken;

	for (i = 0; i < joining->rounds; i++) {
		struct rring_reader *reader = join(client, joining->ring, 0,
						   joining->start, 0);

		step_take(&joining->ready);
		for (taken = 0; taken < 20; taken++)
			MUST(!stream_take_soon(reader, MAX));
		rring_reader_close(reader, 0);
	}
	rring_close(client);
	return NULL;
}

TEST_F_TIMEOUT(late_reader, joiners_miss_nothing_while_the_writer_runs, 100)
{
	struct joining joining[2] = {};
	pthread_t thread[2];
	uint32_t done = 0;
	int i;

	for (i = 0; i < 2; i++) {
		joining[i] = (struct joining) {
			.arena = self->arena,
			.ring = rring_writer_ring_id(self->writer),
			.start = i ? RRING_START_OLDEST : RRING_START_NEWEST,
			.rounds = rounds(1000),
		};
		thread[i] = thread_start(join_and_leave, &joining[i]);
		step_wait(&joining[i].ready);
	}
	while (done < 2) {
		int err = stream_put(self->writer, MAX);

		ASSERT_TRUE(!err || err == -EAGAIN);
		if (err)
			sched_yield();
		if (!pthread_tryjoin_np(thread[done], NULL))
			done++;
	}
}

TEST_HARNESS_MAIN
