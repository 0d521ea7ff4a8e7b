// SPDX-License-Identifier: MPL-2.0
/*
 * No wake-up is lost. Processes pass one event round in a circle, and each
 * sleeps in the kernel until the event comes. After a lost wake-up, all sleep
 * until the harness ends them.
 */
#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"

#define MAX		64
#define MEMBERS_MAX	4

struct circle {
	int arena;
	uint32_t members;
	uint32_t rounds;
	uint32_t me;
	struct baton open[MEMBERS_MAX];
	struct baton joined[MEMBERS_MAX];
};

FIXTURE(wakeup)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(wakeup)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(wakeup)
{
	rring_close(self->client);
	close(self->arena);
}

static struct rring_writer *writer_by_number(struct rring_client *client,
					     uint32_t number)
{
	char name[] = { (char)('a' + number), 0 };
	struct rring_ring_config config = {
		.name = name,
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = 1,
		.stride = MAX,
	};

	return writer_of(client, &config);
}

static struct rring_reader *reader_by_number(struct rring_client *client,
					     uint32_t number)
{
	char name[] = { (char)('a' + number), 0 };
	struct rring_reader_config config = { .ring_name = name };

	return reader_of(client, &config);
}

/* Wait in the kernel each time, even if the event is there already. */
static void take(struct rring_reader *reader)
{
	MUST(!rring_wait_readable(reader, RRING_FOREVER));
	MUST(!stream_take(reader, MAX));
}

static int be_member(void *arg)
{
	struct circle *circle = arg;
	uint32_t me = circle->me;
	uint32_t next = (me + 1) % circle->members;
	uint32_t last = (me + circle->members - 1) % circle->members;
	struct rring_client *client = client_of(circle->arena, RRING_PRODUCER);
	struct rring_writer *writer = writer_by_number(client, me);
	struct rring_reader *reader;
	uint32_t i;

	baton_pass(&circle->open[next]);
	baton_wait(&circle->open[me]);
	reader = reader_by_number(client, last);
	baton_pass(&circle->joined[last]);
	baton_wait(&circle->joined[me]);
	for (i = 0; i < circle->rounds; i++) {
		if (me)
			take(reader);
		MUST(!stream_put(writer, MAX));
		if (!me)
			take(reader);
	}
	MUST(reader->pos == circle->rounds);
	return 0;
}

static void go_round(struct __test_metadata *_metadata, int arena,
		     uint32_t members, uint32_t rounds)
{
	struct circle circle = {
		.arena = arena,
		.members = members,
		.rounds = rounds,
	};
	pid_t pid[MEMBERS_MAX];
	uint32_t i;

	for (i = 0; i < members; i++) {
		baton_init(&circle.open[i]);
		baton_init(&circle.joined[i]);
	}
	for (i = 0; i < members; i++) {
		circle.me = i;
		pid[i] = spawn(be_member, &circle);
	}
	for (i = 0; i < members; i++)
		EXPECT_EQ(0, reap(pid[i]));
}

TEST_F_TIMEOUT(wakeup, round_trips_of_two_end, 100)
{
	go_round(_metadata, self->arena, 2, rounds(20000));
}

TEST_F_TIMEOUT(wakeup, rounds_of_four_end, 100)
{
	go_round(_metadata, self->arena, 4, rounds(5000));
}

/* ---- a ring of one entry: its writer and its reader sleep in turn ---- */

struct stream {
	int arena;
	uint32_t ring;
	uint32_t events;
	struct baton joined;
};

static int read_stream(void *arg)
{
	struct stream *stream = arg;
	struct rring_client *client = client_of(stream->arena, RRING_CONSUMER);
	struct rring_reader *reader = reader_at(client, stream->ring);
	uint32_t i;

	baton_pass(&stream->joined);
	for (i = 0; i < stream->events; i++)
		take(reader);
	return 0;
}

static void squeeze(struct __test_metadata *_metadata,
		    struct rring_client *client, int arena, uint32_t readers,
		    uint32_t events)
{
	struct rring_writer *writer = writer_by_number(client, 0);
	struct stream stream = {
		.arena = arena,
		.ring = writer->id,
		.events = events,
	};
	pid_t pid[3];
	uint32_t i;

	baton_init(&stream.joined);
	for (i = 0; i < readers; i++)
		pid[i] = spawn(read_stream, &stream);
	for (i = 0; i < readers; i++)
		baton_wait(&stream.joined);
	for (i = 0; i < events; i++) {
		ASSERT_EQ(0, rring_wait_writable(writer, 1, RRING_FOREVER));
		ASSERT_EQ(0, stream_put(writer, MAX));
	}
	for (i = 0; i < readers; i++)
		EXPECT_EQ(0, reap(pid[i]));
}

TEST_F_TIMEOUT(wakeup, writer_and_reader_sleep_in_turn, 100)
{
	squeeze(_metadata, self->client, self->arena, 1, rounds(20000));
}

TEST_F_TIMEOUT(wakeup, writer_and_three_readers_sleep_in_turn, 100)
{
	squeeze(_metadata, self->client, self->arena, 3, rounds(5000));
}

/* ---- sleepers of a pool ---- */

static int alloc_and_drop(void *arg)
{
	struct stream *stream = arg;
	struct rring_client *client = client_of(stream->arena, RRING_PRODUCER);
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < stream->events; i++) {
		MUST(!rring_alloc_until(client, 16384, 0, RRING_FOREVER,
					&event));
		rring_share(client, &event);
		MUST(!rring_drop(client, &event));
	}
	rring_close(client);
	return 0;
}

/*
 * Six processes share four slots: a drop wakes a process that waits for a slot.
 */
TEST_F_TIMEOUT(wakeup, who_waits_for_a_slot_gets_one, 100)
{
	struct stream stream = { .arena = self->arena, .events = rounds(2000) };
	pid_t pid[6];
	int i;

	for (i = 0; i < 6; i++)
		pid[i] = spawn(alloc_and_drop, &stream);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(0, reap(pid[i]));
	EXPECT_TRUE(all_free(self->client));
}

TEST_HARNESS_MAIN
