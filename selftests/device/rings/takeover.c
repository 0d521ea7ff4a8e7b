// SPDX-License-Identifier: MPL-2.0
/* A ring survives the death of its writer, and another writer takes over. */
#include <signal.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "ring_kinds.h"
#include "stream.h"

#define MAX		64
#define CAPACITY	8

FIXTURE(takeover)
{
	int arena;
	struct rring_client *client;	/* reads; may take over */
	struct baton opened;
	struct baton joined;
};

FIXTURE_RING_KINDS(takeover);

FIXTURE_SETUP(takeover)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	baton_init(&self->opened);
	baton_init(&self->joined);
}

FIXTURE_TEARDOWN(takeover)
{
	rring_close(self->client);
	close(self->arena);
}

static struct rring_ring_config geometry(enum rring_kind kind)
{
	return (struct rring_ring_config) {
		.name = "ring",
		.kind = kind,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = kind == RRING_INLINE ? MAX : 0,
	};
}

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_kind kind)
{
	struct rring_ring_config config = geometry(kind);

	return writer_of(client, &config);
}

static struct rring_reader *reader_by_name(struct rring_client *client)
{
	struct rring_reader_config config = {
		.ring_name = "ring",
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

static uint32_t in_use(struct rring_client *client)
{
	rring_trim(client);
	return client->arena->pool[RRING_XS].capacity -
	       free_slots(client, RRING_XS);
}

/* ---- a writer that dies ---- */

struct victim {
	int arena;
	enum rring_kind kind;
	uint32_t puts;
	struct baton *opened;
	struct baton *joined;		/* NULL: do not wait for a reader */
	void (*then)(struct rring_writer *writer);
};

static int be_victim(void *arg)
{
	struct victim *victim = arg;
	struct rring_client *client = client_of(victim->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, victim->kind);
	uint32_t i;

	if (victim->joined) {
		baton_pass(victim->opened);
		baton_wait(victim->joined);
	}
	for (i = 0; i < victim->puts; i++)
		MUST(!stream_put(writer, MAX));
	if (victim->then)
		victim->then(writer);
	kill(getpid(), SIGKILL);
	return 1;
}

/*
 * Start the first writer. It waits until readers have joined, writes and dies.
 */
#define FIRST_WRITER(puts_, then_) ({					\
	struct victim victim_ = {					\
		.arena = self->arena,					\
		.kind = variant->kind,					\
		.puts = (puts_),					\
		.opened = &self->opened,				\
		.joined = &self->joined,				\
		.then = (then_),					\
	};								\
	pid_t pid_ = spawn(be_victim, &victim_);			\
									\
	baton_wait(&self->opened);					\
	pid_;								\
})

static void die_after(struct __test_metadata *_metadata, int arena,
		      enum rring_kind kind, uint32_t puts)
{
	struct victim victim = { .arena = arena, .kind = kind, .puts = puts };

	ASSERT_EQ(128 + SIGKILL, reap(spawn(be_victim, &victim)));
}

static void reserve_two(struct rring_writer *writer)
{
	if (!writer->headers)
		return;
	MUST(!rring_reserve(writer, 2));
	stream_fill(rring_reserved(writer, 0, 8, 0), 8, writer->head);
	stream_fill(rring_reserved(writer, 1, 8, 0), 8, writer->head + 1);
}

TEST_F(takeover, what_was_committed_is_seen_and_what_was_only_reserved_is_not)
{
	pid_t pid = FIRST_WRITER(3, reserve_two);
	struct rring_reader *reader = reader_by_name(self->client);

	baton_pass(&self->joined);
	ASSERT_EQ(128 + SIGKILL, reap(pid));
	EXPECT_EQ(3, rring_peek(reader, 100));
	EXPECT_EQ(0, stream_take(reader, MAX));
	EXPECT_EQ(0, stream_take(reader, MAX));
	EXPECT_EQ(0, stream_take(reader, MAX));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
	EXPECT_EQ(0, in_use(self->client));
}

TEST_F(takeover, closing_ends_a_stream_like_dying)
{
	struct rring_writer *writer = ring_of(self->client, variant->kind);
	struct rring_reader *reader = reader_by_name(self->client);

	ASSERT_EQ(0, stream_put(writer, MAX));
	rring_writer_close(writer);
	EXPECT_EQ(0, stream_take(reader, MAX));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
}

static void die_full(struct rring_writer *writer)
{
	MUST(stream_put(writer, MAX) == -EAGAIN);
}

TEST_F(takeover, a_full_window_survives_its_writer)
{
	pid_t pid = FIRST_WRITER(CAPACITY, die_full);
	struct rring_reader *reader = reader_by_name(self->client);

	baton_pass(&self->joined);
	ASSERT_EQ(128 + SIGKILL, reap(pid));
	EXPECT_EQ(CAPACITY, stream_drain(reader, MAX));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
}

TEST_F(takeover, slots_of_an_adopted_window_live_until_they_are_read)
{
	uint32_t handles = variant->kind == RRING_HANDLES;
	pid_t pid = FIRST_WRITER(5, NULL);
	struct rring_reader *reader = reader_by_name(self->client);
	struct rring_event event;
	uint32_t left;

	baton_pass(&self->joined);
	ASSERT_EQ(128 + SIGKILL, reap(pid));
	for (left = 5; left > 1; left--) {
		ASSERT_EQ(left * handles, in_use(self->client));
		ASSERT_EQ(0, stream_take(reader, MAX));
	}
	ASSERT_EQ(0, rring_try_read(reader, &event));
	ASSERT_EQ(handles ? 0 : -EINVAL, rring_keep(reader, &event));
	ASSERT_EQ(-EPIPE, rring_try_read(reader, &event));
	ASSERT_EQ(handles, in_use(self->client));
	if (handles) {
		ASSERT_TRUE(stream_intact(&event, 4, MAX));
		ASSERT_EQ(0, rring_drop(self->client, &event));
	}
	EXPECT_TRUE(all_free(self->client));
}

/* The slots are freed when the ring has neither a writer nor readers. */
TEST_F(takeover, a_ring_without_writer_and_readers_is_gone)
{
	struct rring_reader_config by_name = { .ring_name = "ring" };
	struct rring_ring_config other = geometry(variant->kind);
	pid_t pid = FIRST_WRITER(5, NULL);
	struct rring_reader *reader = reader_by_name(self->client);
	struct rring_reader *late;
	struct rring_writer *writer;

	other.capacity = 2;
	baton_pass(&self->joined);
	ASSERT_EQ(128 + SIGKILL, reap(pid));
	EXPECT_EQ(-EEXIST, rring_writer_open(self->client, &other, &writer));
	EXPECT_EQ(0, rring_reader_open(self->client, &by_name, &late));
	rring_reader_close(late, 0);
	rring_reader_close(reader, 0);
	EXPECT_EQ(-ENOENT, rring_reader_open(self->client, &by_name, &late));
	EXPECT_TRUE(all_free(self->client));
	ASSERT_EQ(0, rring_writer_open(self->client, &other, &writer));
	EXPECT_EQ(0, writer->head);
	EXPECT_EQ(0, rring_flag_load(&writer->info->incarnation));
}

TEST_F(takeover, a_name_that_is_away_keeps_the_ring)
{
	struct rring_reader_config named = {
		.ring_name = "ring",
		.name = "away",
		.start = RRING_START_OLDEST,
	};
	pid_t pid = FIRST_WRITER(5, NULL);
	struct rring_reader *reader = reader_of(self->client, &named);

	rring_reader_close(reader, 0);
	baton_pass(&self->joined);
	ASSERT_EQ(128 + SIGKILL, reap(pid));
	reader = reader_of(self->client, &named);
	EXPECT_EQ(1, reader->resumed);
	EXPECT_EQ(5, stream_drain(reader, MAX));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
	rring_reader_close(reader, 1);
	named.name = NULL;
	EXPECT_EQ(-ENOENT, rring_reader_open(self->client, &named, &reader));
}

/* ---- takeover ---- */

TEST_F(takeover, a_new_writer_goes_on_where_the_last_one_stopped)
{
	pid_t pid = FIRST_WRITER(3, reserve_two);
	struct rring_reader *reader = reader_by_name(self->client);
	struct rring_writer *writer;
	int i;

	baton_pass(&self->joined);
	ASSERT_EQ(128 + SIGKILL, reap(pid));
	ASSERT_EQ(0, stream_take(reader, MAX));
	writer = ring_of(self->client, variant->kind);
	EXPECT_EQ(3, writer->head);
	EXPECT_EQ(1, rring_flag_load(&writer->info->incarnation));
	/* two events are unread, so six entries are free */
	for (i = 0; i < 6; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
	EXPECT_EQ(CAPACITY, stream_drain(reader, MAX));
	EXPECT_EQ(9, reader->pos);
	EXPECT_EQ(0, reader->lost);
	EXPECT_EQ(-EAGAIN, stream_take(reader, MAX));
	EXPECT_EQ(0, in_use(self->client));
}

/* Peeked events stay readable although the new writer has other pages. */
TEST_F(takeover, peeked_entries_stay_over_a_takeover)
{
	pid_t pid = FIRST_WRITER(4, NULL);
	struct rring_reader *reader = reader_by_name(self->client);
	struct rring_writer *writer;
	struct rring_event event[2];

	baton_pass(&self->joined);
	ASSERT_EQ(128 + SIGKILL, reap(pid));
	ASSERT_EQ(2, rring_peek(reader, 2));
	ASSERT_EQ(0, rring_entry(reader, 0, &event[0]));
	ASSERT_EQ(0, rring_entry(reader, 1, &event[1]));
	writer = ring_of(self->client, variant->kind);
	ASSERT_EQ(0, stream_put(writer, MAX));
	/* this peek goes beyond the known head, so it maps the new ring */
	ASSERT_EQ(5, rring_peek(reader, 5));
	EXPECT_EQ(1, reader->incarnation);
	EXPECT_TRUE(stream_intact(&event[0], 0, MAX));
	EXPECT_TRUE(stream_intact(&event[1], 1, MAX));
	EXPECT_EQ(5, stream_drain(reader, MAX));
}

TEST_F(takeover, writers_die_in_turn_and_nothing_is_lost_or_repeated)
{
	struct rring_reader_config observing = {
		.ring_name = "ring",
		.flags = RRING_JOIN_OBSERVER,
	};
	pid_t pid = FIRST_WRITER(2, NULL);
	struct rring_reader *swift = reader_by_name(self->client);
	struct rring_reader *slow = reader_by_name(self->client);
	struct rring_reader *observer = reader_of(self->client, &observing);
	uint64_t head = 2;
	uint32_t i, n;

	baton_pass(&self->joined);
	ASSERT_EQ(128 + SIGKILL, reap(pid));
	for (i = 1; i <= 20; i++) {
		/* the slow reader always leaves three events unread */
		while (head - slow->pos > 3)
			ASSERT_EQ(0, stream_take(slow, MAX));
		n = i % 6;
		die_after(_metadata, self->arena, variant->kind, n);
		head += n;
		ASSERT_EQ(i, rring_flag_load(&swift->info->incarnation));
		if (i % 3 == 0) {
			ASSERT_EQ(head - swift->pos, stream_drain(swift, MAX));
		}
		while (head - swift->pos > 3)
			ASSERT_EQ(0, stream_take(swift, MAX));
		ASSERT_EQ(head - observer->pos, stream_drain(observer, MAX));
	}
	EXPECT_EQ(head - swift->pos, stream_drain(swift, MAX));
	EXPECT_EQ(head - slow->pos, stream_drain(slow, MAX));
	EXPECT_EQ(head, slow->pos);
	EXPECT_EQ(-EPIPE, stream_take(slow, MAX));
	EXPECT_EQ(0, slow->lost + swift->lost + observer->lost);
	EXPECT_TRUE(all_free(self->client));
}

/* ---- conditions of a takeover ---- */

TEST_F(takeover, a_ring_with_a_writer_is_busy)
{
	struct rring_ring_config config = geometry(variant->kind);
	struct rring_client *other = client_of(self->arena, RRING_PRODUCER);
	struct rring_writer *second = (void *)0xdead;
	struct rring_writer *writer = ring_of(self->client, variant->kind);
	struct rring_reader *reader = reader_by_name(self->client);

	EXPECT_EQ(-EBUSY, rring_writer_open(other, &config, &second));
	EXPECT_EQ(-EBUSY, rring_writer_open(self->client, &config, &second));
	EXPECT_EQ((void *)0xdead, second);
	ASSERT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(1, stream_drain(reader, MAX));
	rring_close(other);
}

TEST_F(takeover, a_ring_of_another_geometry_cannot_be_taken_over)
{
	struct rring_ring_config config[6];
	struct rring_writer *writer = ring_of(self->client, variant->kind);
	struct rring_reader *reader = reader_by_name(self->client);
	size_t i;

	rring_writer_close(writer);
	for (i = 0; i < 6; i++)
		config[i] = geometry(variant->kind);
	config[0] = geometry(!variant->kind);
	config[1].policy = RRING_BLOCK;
	config[2].capacity++;
	config[3].retain++;
	config[4].stall_ns++;
	config[5].stride = variant->kind == RRING_INLINE ? MAX * 2 : 0;
	for (i = 0; i < 6 - (variant->kind == RRING_HANDLES); i++)
		EXPECT_EQ(-EEXIST, rring_writer_open(self->client, &config[i],
						     &writer)) {
			TH_LOG("configuration %zu", i);
		}
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
	writer = ring_of(self->client, variant->kind);
	EXPECT_EQ(-EAGAIN, stream_take(reader, MAX));
}

struct stranger {
	int arena;
	enum rring_kind kind;
};

static int take_over_as_nobody(void *arg)
{
	struct stranger *stranger = arg;
	struct rring_ring_config config = geometry(stranger->kind);
	struct rring_client *client = client_of(stranger->arena,
						RRING_PRODUCER);
	struct rring_writer *writer;

	MUST(!seteuid(65534));
	MUST(rring_writer_open(client, &config, &writer) == -EACCES);
	MUST(!seteuid(0));
	MUST(!rring_writer_open(client, &config, &writer));
	return 0;
}

TEST_F(takeover, another_user_cannot_take_over)
{
	struct stranger stranger = { self->arena, variant->kind };
	struct rring_writer *writer = ring_of(self->client, variant->kind);
	struct rring_reader *reader = reader_by_name(self->client);

	rring_writer_close(writer);
	EXPECT_EQ(0, reap(spawn(take_over_as_nobody, &stranger)));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
	EXPECT_EQ(1, reader->incarnation);
}

TEST_HARNESS_MAIN
