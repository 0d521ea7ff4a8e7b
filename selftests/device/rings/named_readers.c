// SPDX-License-Identifier: MPL-2.0
/* Named readers outlive their processes. */
#include <signal.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "ring_kinds.h"
#include "stream.h"

#define MAX		64
#define CAPACITY	16

FIXTURE(named)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
};

FIXTURE_RING_KINDS(named);

FIXTURE_SETUP(named)
{
	struct rring_ring_config config = {
		.name = "ring",
		.kind = variant->kind,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = variant->kind == RRING_INLINE ? MAX : 0,
	};

	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->writer = writer_of(self->client, &config);
}

FIXTURE_TEARDOWN(named)
{
	rring_close(self->client);
	close(self->arena);
}

static const struct rring_reader_config config = {
	.ring_name = "ring",
	.name = "reader",
	.start = RRING_START_OLDEST,
};

static void put(struct rring_writer *writer, int n)
{
	while (n--)
		MUST(!stream_put(writer, MAX));
}

/* ---- a process that reads up to a point and is killed there ---- */

enum point {
	JOINED,
	PEEKED,
	HALF_RELEASED,
	RELEASED,
	LOOKED,		/* between the two steps of rring_try_read() */
	KEPT,
	ASLEEP,
	POINTS,
};

struct victim {
	int arena;
	enum point point;
	uint32_t reads;
	struct baton there;
};

static void come_to(enum point point, struct rring_reader *reader)
{
	struct rring_event event;

	switch (point) {
	case PEEKED:
		MUST(rring_peek(reader, 4) == 4);
		MUST(!rring_entry(reader, 3, &event));
		break;
	case HALF_RELEASED:
		MUST(rring_peek(reader, 4) == 4);
		MUST(!rring_release(reader, 2));
		break;
	case RELEASED:
		MUST(rring_peek(reader, 4) == 4);
		MUST(!rring_release(reader, 4));
		break;
	case LOOKED:
		MUST(!rring_try_read(reader, &event));
		MUST(!rring_try_read(reader, &event));
		break;
	case KEPT:
		MUST(!rring_try_read(reader, &event));
		MUST(rring_keep(reader, &event) ==
		     (event.handle ? 0 : -EINVAL));
		break;
	default:
		break;
	}
}

/* Entries that the cursor has moved at each point. */
static const uint32_t released_at[POINTS] = {
	[HALF_RELEASED] = 2, [RELEASED] = 4, [LOOKED] = 1,
};

static int be_victim(void *arg)
{
	struct victim *victim = arg;
	struct rring_client *client = client_of(victim->arena, RRING_CONSUMER);
	struct rring_reader *reader = reader_of(client, &config);
	uint32_t i;

	for (i = 0; i < victim->reads; i++)
		MUST(!stream_take(reader, MAX));
	come_to(victim->point, reader);
	baton_pass(&victim->there);
	if (victim->point == ASLEEP)
		rring_wait_readable(reader, RRING_FOREVER);
	for (;;)
		pause();
}

static void die_at(int arena, const struct rring_ring_info *info,
		   enum point point, uint32_t reads)
{
	struct victim victim = {
		.arena = arena,
		.point = point,
		.reads = reads,
	};
	pid_t pid;

	baton_init(&victim.there);
	pid = spawn(be_victim, &victim);
	baton_wait(&victim.there);
	if (point == ASLEEP)
		until_waiting(info, RRING_READERS_WAIT);
	slay(pid);
	close(victim.there.fd[0]);
	close(victim.there.fd[1]);
}

TEST_F(named, a_successor_goes_on_at_the_exact_entry)
{
	struct rring_reader *reader = reader_of(self->client, &config);
	uint64_t pos = 0;
	int point;

	ASSERT_EQ(0, reader->resumed);
	rring_reader_close(reader, 0);
	for (point = JOINED; point < POINTS; point++) {
		uint32_t reads = point == ASLEEP ? CAPACITY : 3;

		put(self->writer, CAPACITY);
		die_at(self->arena, self->writer->info, (enum point)point,
		       reads);
		pos += reads + released_at[point];
		reader = reader_of(self->client, &config);
		EXPECT_EQ(1, reader->resumed);
		EXPECT_EQ(0, reader->lost);
		ASSERT_EQ(pos, reader->pos) {
			TH_LOG("killed at point %d", point);
		}
		ASSERT_EQ(self->writer->head - pos, stream_drain(reader, MAX));
		pos = self->writer->head;
		rring_reader_close(reader, 0);
	}
}

/* Many processes in turn resume the name, read a few events and are killed. */
TEST_F(named, a_chain_of_the_killed_reads_every_entry_once)
{
	struct rring_reader *reader = reader_of(self->client, &config);
	uint64_t pos = 0;
	uint32_t i;

	rring_reader_close(reader, 0);
	for (i = 0; i < 40; i++) {
		while (!stream_put(self->writer, MAX))
			;
		ASSERT_EQ(CAPACITY, self->writer->head - pos);
		die_at(self->arena, self->writer->info, JOINED, i % 11);
		pos += i % 11;
	}
	reader = reader_of(self->client, &config);
	EXPECT_EQ(pos, reader->pos);
	EXPECT_EQ(self->writer->head - pos, stream_drain(reader, MAX));
}

TEST_F(named, a_name_that_is_away_holds_the_writer_back)
{
	struct rring_reader *reader = reader_of(self->client, &config);
	struct rring_reader *other = reader_at(self->client, self->writer->id);

	put(self->writer, 5);
	ASSERT_EQ(0, stream_take(reader, MAX));
	rring_reader_close(reader, 0);
	EXPECT_EQ(5, stream_drain(other, MAX));
	put(self->writer, CAPACITY - 4);
	EXPECT_EQ(CAPACITY - 4, stream_drain(other, MAX));
	EXPECT_EQ(-EAGAIN, stream_put(self->writer, MAX));
	reader = reader_of(self->client, &config);
	ASSERT_EQ(0, stream_take(reader, MAX));
	put(self->writer, 1);
	EXPECT_EQ(-EAGAIN, stream_put(self->writer, MAX));
}

TEST_F(named, a_name_is_busy_while_its_process_lives)
{
	struct rring_client *other = client_of(self->arena, RRING_CONSUMER);
	struct rring_reader *reader = reader_of(self->client, &config);
	struct rring_reader *twin = (void *)0xdead;

	EXPECT_EQ(-EBUSY, rring_reader_open(other, &config, &twin));
	EXPECT_EQ(-EBUSY, rring_reader_open(self->client, &config, &twin));
	EXPECT_EQ((void *)0xdead, twin);
	rring_reader_close(reader, 0);
	ASSERT_EQ(0, rring_reader_open(other, &config, &twin));
	EXPECT_EQ(-EBUSY, rring_reader_open(self->client, &config, &reader));
	rring_close(other);
	EXPECT_EQ(0, rring_reader_open(self->client, &config, &reader));
	EXPECT_EQ(1, reader->resumed);
}

static int resume_as_nobody(void *arg)
{
	int *arena = arg;
	struct rring_client *client = client_of(*arena, RRING_CONSUMER);
	struct rring_reader *reader;

	MUST(!seteuid(65534));
	MUST(rring_reader_open(client, &config, &reader) == -EACCES);
	MUST(!seteuid(0));
	MUST(!rring_reader_open(client, &config, &reader));
	MUST(reader->resumed);
	return 0;
}

TEST_F(named, another_user_cannot_go_on_in_its_name)
{
	struct rring_reader *reader = reader_of(self->client, &config);

	rring_reader_close(reader, 0);
	EXPECT_EQ(0, reap(spawn(resume_as_nobody, &self->arena)));
}

TEST_F(named, a_forgotten_name_is_gone)
{
	struct rring_reader *reader = reader_of(self->client, &config);

	put(self->writer, CAPACITY);
	rring_reader_close(reader, 1);
	put(self->writer, CAPACITY);
	reader = reader_of(self->client, &config);
	EXPECT_EQ(0, reader->resumed);
	EXPECT_EQ(self->writer->head, reader->pos);
}

TEST_F(named, an_observer_cannot_have_a_name)
{
	struct rring_reader_config named_observer = config;
	struct rring_reader *reader;

	named_observer.flags = RRING_JOIN_OBSERVER;
	EXPECT_EQ(-EINVAL, rring_reader_open(self->client, &named_observer,
					     &reader));
}

TEST_F(named, one_name_stands_for_a_reader_in_each_ring)
{
	struct rring_ring_config other = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 2,
		.stride = 64,
	};
	struct rring_writer *writer = writer_of(self->client, &other);
	struct rring_reader_config there = {
		.ring = writer->id,
		.name = "reader",
	};
	struct rring_reader *reader;

	reader = reader_of(self->client, &config);
	reader = reader_of(self->client, &there);
	EXPECT_EQ(0, reader->resumed);
}

/* Events from an absent name's position on are kept. */
TEST_F(named, events_wait_for_a_name_that_is_away)
{
	struct rring_reader *reader = reader_of(self->client, &config);
	uint32_t capacity = self->client->arena->pool[RRING_XS].capacity;
	uint32_t kept = variant->kind == RRING_HANDLES ? CAPACITY - 3 : 0;

	rring_reader_close(reader, 0);
	put(self->writer, CAPACITY);
	die_at(self->arena, self->writer->info, KEPT, 3);
	rring_trim(self->client);
	EXPECT_EQ(capacity - kept, free_slots(self->client, RRING_XS));
	reader = reader_of(self->client, &config);
	EXPECT_EQ(CAPACITY - 3, stream_drain(reader, MAX));
	EXPECT_EQ(capacity, free_slots(self->client, RRING_XS));
}

TEST_HARNESS_MAIN
