// SPDX-License-Identifier: MPL-2.0
/*
 * A hostile writer stores heads and entries that mislead its readers. No call of
 * a reader goes on without end, no poll reports what is not there, and a reader
 * gets all events of other rings. next_writer.c has what becomes of the events
 * of the ring's next writer.
 */
#include "misled_fixture.h"
#include "thread.h"

#include "kselftest_harness.h"

/* A deadline that comes soon: nothing is expected before. */
static uint64_t shortly(void)
{
	return rring_deadline(NS_PER_S / 20);
}

/* ---- a head that goes back ---- */

/* The kernel has seen the higher head. */
TEST_F(misled, by_a_lower_head_a_reader_can_sleep)
{
	store_head(self->writer, 5);
	EXPECT_EQ(POLLIN, polled(self->peer));
	store_head(self->writer, 0);
	EXPECT_EQ(0, polled(self->peer));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader, shortly()));
}

TEST_F(misled, by_a_lower_head_a_set_can_sleep)
{
	const struct rring_set_config config = { .order = RRING_FAIR };
	struct rring_set *set;

	ASSERT_EQ(0, rring_set_open(self->peer, &config, &set));
	ASSERT_EQ(0, rring_set_add(set, self->reader, 0));
	store_head(self->writer, 5);
	EXPECT_EQ(POLLIN, polled(self->peer));
	store_head(self->writer, 0);
	EXPECT_EQ(-ETIMEDOUT, rring_set_wait(set, shortly()));
	rring_set_close(set);
}

TEST_F(misled, by_a_lower_head_a_pipe_still_ends_at_its_deadline)
{
	const struct rring_pipe_config config = {
		.name = "pipe",
		.kind = RRING_INLINE,
		.capacity = WINDOW,
		.stride = LEN_MAX,
	};
	struct rring_pipe *pipe, *other;
	struct rring_event event;

	ASSERT_EQ(0, rring_pipe_create(self->client, &config, &pipe));
	ASSERT_EQ(0, rring_pipe_connect(self->peer, &config, &other));
	store_head(rring_pipe_writer(pipe), 5);
	EXPECT_EQ(POLLIN, polled(self->peer));
	store_head(rring_pipe_writer(pipe), 0);
	EXPECT_EQ(-ETIMEDOUT, rring_pipe_receive(other, &event, shortly()));
	rring_pipe_close(other);
	rring_pipe_close(pipe);
}

/* The kernel has stopped the stream at 5. The page says 0 for ever. */
TEST_F(misled, by_a_low_head_at_the_end_a_reader_gets_to_the_end)
{
	struct rring_event event;
	int n;

	store_head(self->writer, 5);
	EXPECT_EQ(POLLIN, polled(self->peer));
	store_head(self->writer, 0);
	rring_writer_close(self->writer);
	for (n = 0; n < 5; n++)
		EXPECT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(-EPIPE, rring_try_read(self->reader, &event));
	EXPECT_EQ(0, polled(self->peer));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader, shortly()));
}

/* ---- a head far ahead, in a ring with a stall limit ---- */

TEST_F(misled, by_a_head_far_ahead_a_reader_gets_less_than_a_lap)
{
	struct rring_writer *writer = open_ring(self->client, "other", 1);
	struct rring_reader *reader = reader_at(self->peer, writer->id);
	int n, err = 0;

	put_many(writer, 1);
	ASSERT_EQ(0, stream_take(reader, LEN_MAX));
	store_head(writer, 1ull << 61);
	EXPECT_EQ(-ESTALE, stream_take(reader, LEN_MAX));
	for (n = 0; n < WINDOW && err != -EAGAIN; n++)
		err = stream_take(reader, LEN_MAX);
	EXPECT_EQ(-EAGAIN, err);
	EXPECT_EQ(1ull << 61, reader->pos);
}

/* ---- entries that are discarded without end ---- */

struct endless {
	struct rring_writer *writer;
	const struct rring_reader *reader;
	uint32_t stop;
};

static void *discard(void *arg)
{
	struct endless *endless = arg;

	while (!__atomic_load_n(&endless->stop, __ATOMIC_RELAXED))
		store_head(endless->writer,
			   rring_seq_load(endless->reader->cursor) + WINDOW);
	return NULL;
}

static void discard_all(struct rring_writer *writer)
{
	int i;

	for (i = 0; i < WINDOW; i++)
		RRING_STORE(&writer->headers[i].len, RRING_LEN_NONE);
}

TEST_F(misled, by_discarded_entries_a_read_returns)
{
	struct endless endless = {
		.writer = self->writer,
		.reader = self->reader,
	};
	struct rring_event event;
	pthread_t thread;

	discard_all(self->writer);
	thread = thread_start(discard, &endless);
	EXPECT_EQ(-EAGAIN, rring_try_read(self->reader, &event));
	__atomic_store_n(&endless.stop, 1, __ATOMIC_RELAXED);
	thread_end(thread);
}

TEST_F(misled, by_discarded_entries_a_set_reads_its_other_members)
{
	const struct rring_set_config config = { .order = RRING_FAIR };
	struct rring_writer *honest = open_ring(self->peer, "honest", 0);
	struct endless endless = {
		.writer = self->writer,
		.reader = self->reader,
	};
	struct rring_reader *reader = reader_at(self->peer, honest->id);
	struct rring_reader *from;
	struct rring_event event;
	struct rring_set *set;
	pthread_t thread;

	ASSERT_EQ(0, rring_set_open(self->peer, &config, &set));
	ASSERT_EQ(0, rring_set_add(set, self->reader, 0));
	ASSERT_EQ(0, rring_set_add(set, reader, 0));
	put_many(honest, 1);
	discard_all(self->writer);
	thread = thread_start(discard, &endless);
	EXPECT_EQ(0, rring_set_try_read(set, &event, &from));
	EXPECT_EQ(reader, from);
	__atomic_store_n(&endless.stop, 1, __ATOMIC_RELAXED);
	thread_end(thread);
	rring_set_close(set);
}

/* ---- errors of one ring in a set ---- */

TEST_F(misled, by_errors_a_set_by_timestamp_reads_its_other_members)
{
	const struct rring_set_config config = { .order = RRING_BY_TIMESTAMP };
	struct rring_writer *honest = open_ring(self->peer, "honest", 0);
	struct rring_reader *reader = reader_at(self->peer, honest->id);
	int errors = 0, events = 0, i, err;
	struct rring_reader *from;
	struct rring_event event;
	struct rring_set *set;

	ASSERT_EQ(0, rring_set_open(self->peer, &config, &set));
	ASSERT_EQ(0, rring_set_add(set, self->reader, 0));
	ASSERT_EQ(0, rring_set_add(set, reader, 0));
	put_many(honest, 4);
	for (i = 1; i <= 8; i++) {
		store_head(self->writer, i * 3 * WINDOW);
		err = rring_set_try_read(set, &event, &from);
		if (err == -ESTALE && from == self->reader)
			errors++;
		if (!err && from == reader)
			events++;
	}
	EXPECT_EQ(4, errors);
	EXPECT_EQ(4, events);
	rring_set_close(set);
}

TEST_HARNESS_MAIN
