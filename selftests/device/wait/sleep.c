// SPDX-License-Identifier: MPL-2.0
/* Sleeping until there is an event to read or room to write. */
#include <sched.h>
#include <signal.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "sleeper.h"
#include "stream.h"

#define MAX		64
#define CAPACITY	4

FIXTURE(wait)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
};

static struct rring_writer *ring_of(struct rring_client *client,
				    const char *name, uint32_t capacity)
{
	struct rring_ring_config config = {
		.name = name,
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = capacity,
		.stride = MAX,
	};

	return writer_of(client, &config);
}

FIXTURE_SETUP(wait)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->writer = ring_of(self->client, "ring", CAPACITY);
	self->reader = reader_at(self->client, self->writer->id);
}

FIXTURE_TEARDOWN(wait)
{
	rring_close(self->client);
	close(self->arena);
}

static void put(struct rring_writer *writer, int n)
{
	while (n--)
		MUST(!stream_put(writer, MAX));
}

/* ---- sleepers and their wake-ups ---- */

struct sleeper {
	int arena;
	int expected;		/* expected result */
	struct baton ready;
};

static void on_signal(int signal)
{
	(void)signal;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	MUST(!sigaction(SIGUSR1, &action, NULL));
}

static int sleep_reading(void *arg)
{
	struct sleeper *sleeper = arg;
	struct rring_client *client = client_of(sleeper->arena, RRING_CONSUMER);
	struct rring_reader_config config = { .ring_name = "ring" };
	struct rring_reader *reader = reader_of(client, &config);

	catch_signals();
	baton_pass(&sleeper->ready);
	MUST(rring_wait_readable(reader, RRING_FOREVER) == sleeper->expected);
	if (!sleeper->expected)
		MUST(rring_peek(reader, 1) == 1 ||
		     rring_peek(reader, 1) == -EPIPE);
	return 0;
}

static pid_t spawn_reader(struct sleeper *sleeper)
{
	pid_t pid;

	baton_init(&sleeper->ready);
	pid = spawn(sleep_reading, sleeper);
	baton_wait(&sleeper->ready);
	return pid;
}

TEST_F(wait, a_publish_wakes_every_reader_that_sleeps)
{
	struct sleeper sleeper = { .arena = self->arena };
	pid_t pid[8];
	int i;

	for (i = 0; i < 8; i++)
		pid[i] = spawn_reader(&sleeper);
	until_waiting(self->writer->info, RRING_READERS_WAIT);
	put(self->writer, 1);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, reap(pid[i]));
}

/*
 * Send signals to @pid until it has ended. A signal that comes between two sleeps
 * of one wait ends neither.
 */
static void interrupt(pid_t pid)
{
	while (!has_ended(pid)) {
		until_asleep(pid);
		kill(pid, SIGUSR1);
	}
}

TEST_F(wait, a_signal_ends_the_wait_of_a_reader)
{
	struct sleeper sleeper = { .arena = self->arena, .expected = -EINTR };
	pid_t pid = spawn_reader(&sleeper);

	until_waiting(self->writer->info, RRING_READERS_WAIT);
	interrupt(pid);
	EXPECT_EQ(0, reap(pid));
}

TEST_F(wait, the_end_of_a_stream_wakes_its_readers)
{
	struct sleeper sleeper = { .arena = self->arena };
	pid_t pid = spawn_reader(&sleeper);

	until_waiting(self->writer->info, RRING_READERS_WAIT);
	rring_writer_close(self->writer);
	EXPECT_EQ(0, reap(pid));
}

static int write_never(void *arg)
{
	struct sleeper *sleeper = arg;
	struct rring_client *client = client_of(sleeper->arena, RRING_PRODUCER);

	ring_of(client, "mortal", 1);
	baton_pass(&sleeper->ready);
	pause();
	return 1;
}

static int slay_when_awaited(void *arg)
{
	pid_t *victim = arg;

	kill(*victim, SIGKILL);
	return 0;
}

TEST_F(wait, the_death_of_a_writer_wakes_its_readers)
{
	struct rring_reader_config config = { .ring_name = "mortal" };
	struct sleeper sleeper = { .arena = self->arena };
	struct rring_reader *reader;
	pid_t victim, killer;

	baton_init(&sleeper.ready);
	victim = spawn(write_never, &sleeper);
	baton_wait(&sleeper.ready);
	reader = reader_of(self->client, &config);
	killer = spawn(slay_when_awaited, &victim);
	EXPECT_EQ(0, rring_wait_readable(reader, SOON()));
	EXPECT_EQ(-EPIPE, rring_peek(reader, 1));
	EXPECT_EQ(0, reap(killer));
	EXPECT_EQ(128 + SIGKILL, reap(victim));
}

/* Wait until the first reader has joined. */
static void until_gating(const struct rring_ring_info *info)
{
	const rring_word_t *ref = &info->readers[0].ref;

	while (rring_ref_state(rring_word_load_acquire(ref)) !=
	       RRING_READER_LIVE)
		sched_yield();
}

static int sleep_writing(void *arg)
{
	struct sleeper *sleeper = arg;
	struct rring_client *client = client_of(sleeper->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, "full", CAPACITY);

	catch_signals();
	baton_pass(&sleeper->ready);
	until_gating(writer->info);
	put(writer, CAPACITY);
	MUST(stream_put(writer, MAX) == sleeper->expected);
	return 0;
}

static struct rring_reader *join_full(struct rring_client *client)
{
	struct rring_reader_config config = { .ring_name = "full" };
	struct rring_reader *reader = reader_of(client, &config);

	until_waiting(reader->info, RRING_WRITER_WAITS);
	return reader;
}

TEST_F(wait, a_release_wakes_a_writer)
{
	struct sleeper sleeper = { .arena = self->arena };
	struct rring_reader *reader;
	pid_t pid;

	baton_init(&sleeper.ready);
	pid = spawn(sleep_writing, &sleeper);
	baton_wait(&sleeper.ready);
	reader = join_full(self->client);
	EXPECT_EQ(0, stream_take(reader, MAX));
	EXPECT_EQ(0, reap(pid));
}

TEST_F(wait, a_reader_that_leaves_wakes_a_writer)
{
	struct sleeper sleeper = { .arena = self->arena };
	pid_t pid;

	baton_init(&sleeper.ready);
	pid = spawn(sleep_writing, &sleeper);
	baton_wait(&sleeper.ready);
	rring_reader_close(join_full(self->client), 0);
	EXPECT_EQ(0, reap(pid));
}

static int join_and_die(void *arg)
{
	struct sleeper *sleeper = arg;
	struct rring_client *client = client_of(sleeper->arena, RRING_CONSUMER);

	join_full(client);
	kill(getpid(), SIGKILL);
	return 1;
}

TEST_F(wait, the_death_of_a_reader_wakes_a_writer)
{
	struct sleeper sleeper = { .arena = self->arena };
	pid_t pid, victim;

	baton_init(&sleeper.ready);
	pid = spawn(sleep_writing, &sleeper);
	baton_wait(&sleeper.ready);
	victim = spawn(join_and_die, &sleeper);
	EXPECT_EQ(128 + SIGKILL, reap(victim));
	EXPECT_EQ(0, reap(pid));
}

TEST_F(wait, a_signal_ends_the_wait_of_a_writer)
{
	struct sleeper sleeper = { .arena = self->arena, .expected = -EINTR };
	struct rring_reader *reader;
	pid_t pid;

	baton_init(&sleeper.ready);
	pid = spawn(sleep_writing, &sleeper);
	baton_wait(&sleeper.ready);
	reader = join_full(self->client);
	interrupt(pid);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(CAPACITY, stream_drain(reader, MAX));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
}

TEST_HARNESS_MAIN
