// SPDX-License-Identifier: MPL-2.0
/*
 * A hostile writer makes its readers believe in a head that the kernel never
 * sees, and goes. The readers get all events of the ring's next writers, which
 * wait for them.
 */
#include <sched.h>

#include "misled_fixture.h"
#include "thread.h"

#include "kselftest_harness.h"

static struct rring_reader *observer_of(struct rring_client *client,
					const struct rring_writer *writer)
{
	const struct rring_reader_config config = {
		.ring = writer->id,
		.flags = RRING_JOIN_OBSERVER,
	};

	return reader_of(client, &config);
}

/* The reader gets @n events, and then no more. */
static void takes_all(struct __test_metadata *_metadata,
		      struct rring_reader *reader, int n)
{
	int i;

	for (i = 0; i < n; i++)
		EXPECT_EQ(0, stream_take(reader, LEN_MAX));
	EXPECT_EQ(-EAGAIN, stream_take(reader, LEN_MAX));
	EXPECT_EQ(0u, reader->lost);
}

/* ---- the reader is beyond the end ---- */

/*
 * The reader is above the position where the next writer begins. What the next
 * writer publishes is not lost.
 */
static void mislead(struct rring_writer *writer, struct rring_reader *reader,
		    uint64_t head)
{
	struct rring_event event;
	int i;

	put_many(writer, 1);
	MUST(!stream_take(reader, LEN_MAX));
	store_head(writer, head);
	for (i = 0; i <= WINDOW; i++)
		rring_try_read(reader, &event);
	MUST(!rring_release(reader, (uint32_t)reader->peeked));
	MUST(reader->pos > 4);
	store_head(writer, 1);
	rring_writer_close(writer);
}

static void gets_all_of_the_next_writer(struct __test_metadata *_metadata,
					struct rring_client *client,
					struct rring_reader *reader)
{
	struct rring_writer *writer = open_ring(client, "ring", 0);
	int i;

	put_many(writer, 3);
	EXPECT_EQ(-ESTALE, stream_take(reader, LEN_MAX));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, stream_take(reader, LEN_MAX));
	EXPECT_EQ(-EAGAIN, stream_take(reader, LEN_MAX));
	/* the writer waits for this reader */
	put_many(writer, WINDOW);
	EXPECT_EQ(-EAGAIN, stream_put(writer, LEN_MAX));
}

TEST_F(misled, by_a_higher_head_a_reader_gets_the_next_writers_events)
{
	mislead(self->writer, self->reader, 6);
	gets_all_of_the_next_writer(_metadata, self->client, self->reader);
}

TEST_F(misled, by_a_head_out_of_range_a_reader_gets_the_next_writers_events)
{
	mislead(self->writer, self->reader, (1ull << 63) + 5);
	gets_all_of_the_next_writer(_metadata, self->client, self->reader);
}

TEST_F(misled, by_a_higher_head_a_wait_finds_the_next_writers_events)
{
	struct rring_writer *writer;

	mislead(self->writer, self->reader, 6);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 1);
	EXPECT_EQ(0, rring_wait_readable(self->reader, SOON()));
	EXPECT_EQ(-ESTALE, stream_take(self->reader, LEN_MAX));
	EXPECT_EQ(0, stream_take(self->reader, LEN_MAX));
}

TEST_F(misled, by_a_higher_head_an_observer_gets_the_next_writers_events)
{
	struct rring_reader *observer = observer_of(self->peer, self->writer);
	struct rring_writer *writer;

	mislead(self->writer, observer, 6);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 2);
	EXPECT_EQ(-ESTALE, stream_take(observer, LEN_MAX));
	EXPECT_EQ(0, stream_take(observer, LEN_MAX));
	EXPECT_EQ(0, stream_take(observer, LEN_MAX));
	EXPECT_EQ(-EAGAIN, stream_take(observer, LEN_MAX));
}

/* The reader knows the end of the misleading writer's stream. */
static void mislead_to_the_end(struct rring_writer *writer,
			       struct rring_reader *reader)
{
	mislead(writer, reader, 6);
	MUST(stream_take(reader, LEN_MAX) == -EPIPE);
}

static void *sleep_until_readable(void *reader)
{
	return (void *)(long)rring_wait_readable(reader, SOON());
}

TEST_F(misled, by_a_higher_head_a_sleeper_is_woken_by_the_next_writer)
{
	struct rring_writer *writer;
	pthread_t thread;
	void *err;

	mislead_to_the_end(self->writer, self->reader);
	thread = thread_start(sleep_until_readable, self->reader);
	until_waiting(self->reader->info, RRING_READERS_WAIT);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 1);
	ASSERT_EQ(0, pthread_join(thread, &err));
	EXPECT_EQ(NULL, err);
	EXPECT_EQ(-ESTALE, stream_take(self->reader, LEN_MAX));
	EXPECT_EQ(0, stream_take(self->reader, LEN_MAX));
}

TEST_F(misled, by_a_higher_head_a_poll_reports_the_next_writers_events)
{
	struct rring_writer *writer;

	mislead_to_the_end(self->writer, self->reader);
	EXPECT_EQ(0, polled(self->peer));
	writer = open_ring(self->client, "ring", 0);
	EXPECT_EQ(0, polled(self->peer));
	put_many(writer, 1);
	EXPECT_EQ(POLLIN, polled(self->peer));
	EXPECT_EQ(-ESTALE, stream_take(self->reader, LEN_MAX));
	EXPECT_EQ(0, stream_take(self->reader, LEN_MAX));
	EXPECT_EQ(-EAGAIN, stream_take(self->reader, LEN_MAX));
	EXPECT_EQ(0, polled(self->peer));
}

/* Before the reader has looked at the ring again. */
TEST_F(misled, by_a_higher_head_a_reader_holds_the_next_writer_back)
{
	struct rring_writer *writer;
	int i;

	mislead_to_the_end(self->writer, self->reader);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, WINDOW);
	EXPECT_EQ(-EAGAIN, stream_put(writer, LEN_MAX));
	EXPECT_EQ(-ESTALE, stream_take(self->reader, LEN_MAX));
	for (i = 0; i < WINDOW; i++)
		EXPECT_EQ(0, stream_take(self->reader, LEN_MAX));
	EXPECT_EQ(-EAGAIN, stream_take(self->reader, LEN_MAX));
	EXPECT_EQ(0u, self->reader->lost);
}

/* The second writer comes and goes before the reader looks. */
static void gets_all_of_two_writers(struct __test_metadata *_metadata,
				    struct rring_client *client,
				    struct rring_reader *reader)
{
	struct rring_writer *writer;
	int i;

	for (i = 0; i < 2; i++) {
		writer = open_ring(client, "ring", 0);
		put_many(writer, 3);
		rring_writer_close(writer);
	}
	EXPECT_EQ(-ESTALE, stream_take(reader, LEN_MAX));
	for (i = 0; i < 6; i++)
		EXPECT_EQ(0, stream_take(reader, LEN_MAX));
	EXPECT_EQ(-EPIPE, stream_take(reader, LEN_MAX));
}

TEST_F(misled, by_a_higher_head_a_reader_gets_the_events_of_two_writers)
{
	mislead_to_the_end(self->writer, self->reader);
	gets_all_of_two_writers(_metadata, self->client, self->reader);
}

TEST_F(misled, by_a_higher_head_an_observer_gets_the_events_of_two_writers)
{
	struct rring_reader *observer = observer_of(self->peer, self->writer);

	mislead_to_the_end(self->writer, observer);
	gets_all_of_two_writers(_metadata, self->client, observer);
}

TEST_F(misled, by_a_higher_head_a_named_reader_is_resumed_at_the_next_writer)
{
	const struct rring_reader_config config = {
		.ring = self->writer->id,
		.name = "resumed",
	};
	struct rring_reader *reader = reader_of(self->peer, &config);
	struct rring_writer *writer;
	int i;

	mislead_to_the_end(self->writer, reader);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 3);
	rring_reader_close(reader, 0);
	reader = reader_of(self->peer, &config);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, stream_take(reader, LEN_MAX));
	EXPECT_EQ(-EAGAIN, stream_take(reader, LEN_MAX));
}

/* A reader with a stall limit looks at its .ref in another way. */
TEST_F(misled, by_a_higher_head_a_reader_with_a_limit_gets_all)
{
	struct rring_writer *writer = open_ring(self->client, "limited",
						3600 * NS_PER_S);
	struct rring_reader *reader = reader_at(self->peer, writer->id);
	int i;

	mislead_to_the_end(writer, reader);
	writer = open_ring(self->client, "limited", 3600 * NS_PER_S);
	put_many(writer, WINDOW);
	EXPECT_EQ(-EAGAIN, stream_put(writer, LEN_MAX));
	EXPECT_EQ(-ESTALE, stream_take(reader, LEN_MAX));
	for (i = 0; i < WINDOW; i++)
		EXPECT_EQ(0, stream_take(reader, LEN_MAX));
	EXPECT_EQ(-EAGAIN, stream_take(reader, LEN_MAX));
}

TEST_F(misled, by_a_higher_head_a_sleeping_observer_is_woken_and_waited_for)
{
	struct rring_reader *observer = observer_of(self->peer, self->writer);
	struct rring_writer *writer;
	pthread_t thread;
	void *err;

	mislead_to_the_end(self->writer, observer);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 7);
	/* the observer stands where this writer has begun */
	EXPECT_EQ(1u, rring_writer_observed(writer, 1));
	thread = thread_start(sleep_until_readable, observer);
	ASSERT_EQ(0, pthread_join(thread, &err));
	EXPECT_EQ(NULL, err);
	EXPECT_EQ(-ESTALE, stream_take(observer, LEN_MAX));
	takes_all(_metadata, observer, 7);
	EXPECT_EQ(8u, rring_writer_observed(writer, 1));
}

TEST_F(misled, by_a_higher_head_a_lag_does_not_hide_that)
{
	struct rring_writer *writer;

	mislead(self->writer, self->reader, 6);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 3);
	rring_reader_lag(self->reader);
	EXPECT_EQ(-ESTALE, stream_take(self->reader, LEN_MAX));
	takes_all(_metadata, self->reader, 3);
}

/* ---- the reader has only found a higher head, and goes beyond later ---- */

/* The reader has taken event 0, and found five more. Event 0 alone is true. */
static void find_more(struct rring_writer *writer, struct rring_reader *reader)
{
	struct rring_event event;

	put_many(writer, 1);
	store_head(writer, 6);
	MUST(rring_peek(reader, WINDOW) == 6);
	MUST(!rring_try_read(reader, &event));
	MUST(!rring_release(reader, (uint32_t)reader->peeked));
	store_head(writer, 1);
	rring_writer_close(writer);
}

/* The reader goes on until it learns that it was misled. */
static int read_until_stale(struct rring_reader *reader)
{
	struct rring_event event;
	int err = 0, i;

	for (i = 0; i <= WINDOW && err != -ESTALE; i++)
		err = rring_try_read(reader, &event);
	return err;
}

TEST_F(misled, by_found_events_a_reader_gets_the_events_of_two_writers)
{
	struct rring_writer *writer;

	find_more(self->writer, self->reader);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 3);
	rring_writer_close(writer);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 3);
	EXPECT_EQ(-ESTALE, read_until_stale(self->reader));
	takes_all(_metadata, self->reader, 6);
}

TEST_F(misled, by_found_events_an_observer_gets_the_events_of_two_writers)
{
	struct rring_reader *observer = observer_of(self->peer, self->writer);
	struct rring_writer *writer;

	find_more(self->writer, observer);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 3);
	rring_writer_close(writer);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 3);
	EXPECT_EQ(-ESTALE, read_until_stale(observer));
	takes_all(_metadata, observer, 6);
}

/* The reader has released the events that it has found, but does not look. */
TEST_F(misled, by_found_events_a_reader_holds_the_next_writer_back)
{
	struct rring_writer *writer;

	find_more(self->writer, self->reader);
	writer = open_ring(self->client, "ring", 0);
	EXPECT_EQ(0, rring_release(self->reader, 5));
	put_many(writer, WINDOW);
	EXPECT_EQ(-EAGAIN, stream_put(writer, LEN_MAX));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_writable(writer, 1, 0));
	EXPECT_EQ(-ESTALE, stream_take(self->reader, LEN_MAX));
	takes_all(_metadata, self->reader, WINDOW);
	put_many(writer, WINDOW);
}

/* Events that the program may still use are gone, though none is released. */
TEST_F(misled, by_peeked_events_a_reader_learns_of_it)
{
	struct rring_writer *writer;

	put_many(self->writer, 1);
	store_head(self->writer, 6);
	ASSERT_EQ(6, rring_peek(self->reader, WINDOW));
	store_head(self->writer, 1);
	rring_writer_close(self->writer);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 6);
	EXPECT_EQ(-ESTALE, rring_peek(self->reader, WINDOW));
	takes_all(_metadata, self->reader, 7);
}

/*
 * The kernel laps the reader, which has found more events than there are. The
 * writer waits for the reader's first event, with a limit of 1 ns.
 */
static void lap_a_misled_reader(struct rring_client *client,
				struct rring_writer *writer,
				struct rring_reader *reader)
{
	struct rring_wait wait = {
		.size = sizeof(wait),
		.what = RRING_WAIT_WRITABLE,
		.ring = writer->id,
		.position = 3,
	};
	const rring_word_t *ref = &writer->info->readers[reader->id].ref;
	int err;

	put_many(writer, 1);
	MUST(!stream_take(reader, LEN_MAX));
	store_head(writer, 1 + WINDOW);
	MUST(rring_peek(reader, WINDOW) == WINDOW);
	store_head(writer, 1);
	put_many(writer, 3);
	while (rring_ref_state(rring_word_load(ref)) != RRING_READER_LAPPED) {
		err = device_call(client->fd, RRING_IOC_WAIT, &wait);
		MUST(!err || err == -ETIMEDOUT);
	}
	rring_writer_close(writer);
}

TEST_F(misled, and_lapped_a_reader_gets_the_next_writers_events)
{
	struct rring_writer *writer = open_ring(self->client, "limited", 1);
	struct rring_reader *reader = reader_at(self->peer, writer->id);

	lap_a_misled_reader(self->client, writer, reader);
	writer = open_ring(self->client, "limited", 1);
	put_many(writer, 3);
	EXPECT_EQ(POLLIN, polled(self->peer));
	EXPECT_EQ(-ESTALE, read_until_stale(reader));
	takes_all(_metadata, reader, 6);
}

/* ---- an honest writer goes ---- */

/* The reader has found WINDOW events, but not looked since the writer went. */
static struct rring_writer *take_over_full(FIXTURE_DATA(misled) *self)
{
	put_many(self->writer, WINDOW);
	MUST(rring_peek(self->reader, WINDOW) == WINDOW);
	rring_writer_close(self->writer);
	return open_ring(self->client, "ring", 0);
}

TEST_F(misled, by_nobody_a_reader_makes_room_before_it_looks_again)
{
	struct rring_writer *writer = take_over_full(self);
	int i;

	EXPECT_EQ(-EAGAIN, stream_put(writer, LEN_MAX));
	for (i = 1; i <= WINDOW; i++) {
		EXPECT_EQ(0, rring_release(self->reader, 1));
		EXPECT_EQ(0, stream_put(writer, LEN_MAX));
		EXPECT_EQ(-EAGAIN, stream_put(writer, LEN_MAX));
	}
	takes_all(_metadata, self->reader, WINDOW);
}

/*
 * A writer that looks only at the pressure sees the room as soon as the reader
 * is about to sleep.
 */
TEST_F(misled, by_nobody_a_reader_shows_its_room_before_it_sleeps)
{
	struct rring_writer *writer = take_over_full(self);

	EXPECT_EQ(0, rring_release(self->reader, WINDOW));
	EXPECT_EQ(POLLIN, polled(self->peer));
	EXPECT_EQ(-EAGAIN, stream_take(self->reader, LEN_MAX));
	EXPECT_EQ(0, polled(self->peer));
	EXPECT_EQ(0, rring_writer_pressure(writer));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader,
						  rring_deadline(1000)));
}

/* What the program has peeked at stays valid, and is not given twice. */
TEST_F(misled, by_nobody_a_reader_keeps_what_it_has_found)
{
	struct rring_writer *writer;

	put_many(self->writer, 3);
	ASSERT_EQ(0, stream_take(self->reader, LEN_MAX));
	ASSERT_EQ(2, rring_peek(self->reader, 2));
	rring_writer_close(self->writer);
	writer = open_ring(self->client, "ring", 0);
	put_many(writer, 2);
	EXPECT_EQ(4, rring_peek(self->reader, WINDOW));
	takes_all(_metadata, self->reader, 4);
}

/* ---- READER_REJOIN without the library ---- */

static int rejoin(struct rring_client *client, const struct rring_reader *reader,
		  struct rring_reader_rejoin *args)
{
	args->size = sizeof(*args);
	args->ring = reader->ring_id;
	args->reader = reader->id;
	return device_call(client->fd, RRING_IOC_READER_REJOIN, args);
}

TEST_F(misled, by_a_higher_head_a_client_must_go_back_to_rejoin)
{
	struct rring_reader_rejoin args = { .incarnation = 0 };
	rring_seq_t *cursor = self->reader->cursor;

	mislead(self->writer, self->reader, 6);
	open_ring(self->client, "ring", 0);
	EXPECT_EQ(-ESTALE, rejoin(self->peer, self->reader, &args));
	args.incarnation = 2;
	EXPECT_EQ(-ESTALE, rejoin(self->peer, self->reader, &args));
	args.incarnation = 1;
	/* the cursor is too high */
	ASSERT_EQ(0, rejoin(self->peer, self->reader, &args));
	EXPECT_EQ(1u, args.position);
	EXPECT_EQ(RRING_READER_CAPPED, rring_ref_state(args.ref));
	/* what the client has found is too high */
	rring_seq_store_release(cursor, 1);
	args.position = 2;
	ASSERT_EQ(0, rejoin(self->peer, self->reader, &args));
	EXPECT_EQ(1u, args.position);
	EXPECT_EQ(RRING_READER_CAPPED, rring_ref_state(args.ref));
	ASSERT_EQ(0, rejoin(self->peer, self->reader, &args));
	EXPECT_EQ(1u, args.position);
	EXPECT_EQ(0u, args.lost);
	EXPECT_EQ(RRING_READER_LIVE, rring_ref_state(args.ref));
}

TEST_F(misled, by_found_events_an_observer_must_go_back_to_rejoin)
{
	struct rring_reader *observer = observer_of(self->peer, self->writer);
	struct rring_reader_rejoin args = { .incarnation = 1, .position = 6 };

	find_more(self->writer, observer);
	open_ring(self->client, "ring", 0);
	ASSERT_EQ(0, rejoin(self->peer, observer, &args));
	EXPECT_EQ(1u, args.position);
	EXPECT_EQ(RRING_READER_CAPPED_OBSERVER, rring_ref_state(args.ref));
	ASSERT_EQ(0, rejoin(self->peer, observer, &args));
	EXPECT_EQ(1u, args.position);
	EXPECT_EQ(RRING_READER_OBSERVER, rring_ref_state(args.ref));
}

/* ---- a reader joins while writers take the ring over ---- */

struct relay {
	struct rring_client *client;
	uint32_t stop;
	uint32_t pause;		/* wanted; the relay sets .paused then */
	uint32_t paused;
};

static void *take_over_again_and_again(void *arg)
{
	struct relay *relay = arg;

	while (!__atomic_load_n(&relay->stop, __ATOMIC_RELAXED)) {
		rring_writer_close(open_ring(relay->client, "ring", 0));
		while (__atomic_load_n(&relay->pause, __ATOMIC_ACQUIRE)) {
			__atomic_store_n(&relay->paused, 1, __ATOMIC_RELEASE);
			sched_yield();
		}
	}
	return NULL;
}

static void pause_relay(struct relay *relay, uint32_t pause)
{
	__atomic_store_n(&relay->paused, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&relay->pause, pause, __ATOMIC_RELEASE);
	while (pause && !__atomic_load_n(&relay->paused, __ATOMIC_ACQUIRE))
		sched_yield();
}

TEST_F(misled, by_nobody_a_reader_that_joins_at_a_takeover_is_seen)
{
	struct relay relay = { .client = self->client };
	struct rring_reader *reader;
	uint32_t ring = self->writer->id;
	pthread_t thread;
	uint64_t ref;
	int i;

	rring_writer_close(self->writer);
	thread = thread_start(take_over_again_and_again, &relay);
	for (i = 0; i < 300; i++) {
		reader = reader_at(self->peer, ring);
		pause_relay(&relay, 1);
		/* it looks at the pages of the last writer, which sees it */
		rring_reader_lag(reader);
		ref = rring_word_load(&reader->info->readers[reader->id].ref);
		EXPECT_EQ(RRING_READER_LIVE, rring_ref_state(ref));
		pause_relay(&relay, 0);
		rring_reader_close(reader, 0);
	}
	__atomic_store_n(&relay.stop, 1, __ATOMIC_RELAXED);
	thread_end(thread);
}

TEST_HARNESS_MAIN
