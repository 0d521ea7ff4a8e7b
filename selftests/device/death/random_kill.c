// SPDX-License-Identifier: MPL-2.0
/*
 * SIGKILL at random instants of a client that does all operations. The survivor
 * loses no event and sees none twice. The successor resumes at the exact entry
 * in both rings. All slots are freed. With $TORTURE, there are 10,000 deaths.
 */
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "rng.h"
#include "held_events.h"
#include "repetition.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define DEATHS		(is_torture() ? 8000 : rounds(250))
#define EARLY_DEATHS	(is_torture() ? 2000 : rounds(100))
#define WINDOW		16
#define OUT_MAX		1024	/* bytes of the victim's events: three classes */
#define IN_MAX		64	/* of the events that it reads: one class */

static const struct rring_ring_config out_config = {
	.name = "out",
	.kind = RRING_HANDLES,
	.policy = RRING_FAIL,
	.capacity = WINDOW,
};

static const struct rring_ring_config in_config = {
	.name = "in",
	.kind = RRING_HANDLES,
	.policy = RRING_FAIL,
	.capacity = WINDOW,
};

/* ---- the victim ---- */

struct victim {
	int arena_fd;
	struct baton ready;
	struct rng rng;
	volatile uint64_t *done;	/* shared: reader's position */
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct held_events held_events;
};

static void write_one(struct victim *self)
{
	int err = stream_put(self->writer, OUT_MAX);

	MUST(!err || err == -EAGAIN);
}

static void read_one(struct victim *self)
{
	int err = held_events_take(&self->held_events,
				   rng_below(&self->rng, HELD_EVENTS),
				   self->reader);

	MUST(!err || err == -EAGAIN);
	*self->done = self->reader->pos;
}

static void alloc_and_drop(struct victim *self)
{
	struct rring_event event;
	int err = rring_alloc(self->client, 8 + rng_below(&self->rng, 900), 1,
			      &event);

	if (err == -ENOSPC)
		return;
	MUST(!err);
	if (rng_below(&self->rng, 2))
		rring_share(self->client, &event);
	MUST(!rring_hold(self->client, &event));
	MUST(!rring_drop(self->client, &event));
	MUST(!rring_drop(self->client, &event));
}

static void upgrade_one(struct victim *self)
{
	uint32_t slot = rng_below(&self->rng, 32);
	uint64_t now = rring_handle_generation(rring_word_load(
		&self->client->pool[RRING_S].generation[slot]));
	struct rring_event event;
	int err = rring_upgrade(
		self->client,
		rring_handle(now - rng_below(&self->rng, 50), RRING_S, slot),
		&event);

	if (!err)
		MUST(!rring_drop(self->client, &event));
}

static void act(struct victim *self)
{
	switch (rng_below(&self->rng, 16)) {
	case 0:
		rring_trim(self->client);
		break;
	case 1:
		MUST(held_events_drop_all(&self->held_events));
		break;
	case 2:
	case 3:
		alloc_and_drop(self);
		break;
	case 4:
		upgrade_one(self);
		break;
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
		read_one(self);
		break;
	default:
		write_one(self);
	}
}

static int live(void *arg)
{
	struct rring_reader_config config = { .ring_name = "in", .name = "v" };
	struct victim *self = arg;

	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->writer = writer_of(self->client, &out_config);
	self->reader = reader_of(self->client, &config);
	self->held_events = (struct held_events){
		.client = self->client,
		.max = IN_MAX,
	};
	/* the victim may have died between a release and the update of @done */
	MUST(self->reader->pos - *self->done <= 1);
	*self->done = self->reader->pos;
	baton_pass(&self->ready);
	for (;;)
		act(self);
	return 1;
}

/* ---- the survivor ---- */

FIXTURE(survivor)
{
	struct victim victim;
	struct rring_client *watcher;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct held_events held_events;
	struct rng rng;
};

/* The reader keeps the victim's ring alive while the victim is dead. */
static struct rring_reader *open_out(struct rring_client *client)
{
	struct rring_ring_config config = out_config;
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_reader *reader = reader_at(client, writer->id);

	rring_writer_close(writer);
	return reader;
}

/* Create or forget the name of the victim's reader. */
static void leave_name(struct rring_client *client, int forget)
{
	struct rring_reader_config config = { .ring_name = "in", .name = "v" };

	rring_reader_close(reader_of(client, &config), forget);
}

FIXTURE_SETUP(survivor)
{
	self->rng = rng_new("random_death");
	self->victim.arena_fd = arena_small();
	baton_init(&self->victim.ready);
	self->victim.done = shared_new(sizeof(*self->victim.done));
	self->watcher = client_of(self->victim.arena_fd, RRING_OBSERVER);
	self->client = client_of(self->victim.arena_fd, RRING_PRODUCER);
	self->writer = writer_of(self->client, &in_config);
	self->reader = open_out(self->client);
	self->held_events = (struct held_events){
		.client = self->client,
		.max = OUT_MAX,
	};
	leave_name(self->client, 0);
}

FIXTURE_TEARDOWN(survivor)
{
	rring_close(self->client);
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
}

/* Events that the survivor reads and holds have the right content. */
static int work(FIXTURE_DATA(survivor) *self, uint32_t rounds)
{
	int err;

	while (rounds--) {
		err = held_events_take(&self->held_events,
				       rng_below(&self->rng, HELD_EVENTS),
				       self->reader);
		if (err && err != -EAGAIN)
			return err;
		err = stream_put(self->writer, IN_MAX);
		if (err && err != -EAGAIN)
			return err;
	}
	return 0;
}

static int read_to_the_end(FIXTURE_DATA(survivor) *self)
{
	int err;

	do
		err = held_events_take(&self->held_events, 0, self->reader);
	while (!err);
	return err;
}

TEST_F_TIMEOUT(survivor, loses_and_repeats_nothing, 3600)
{
	uint64_t unread, out;
	uint32_t i, deaths = DEATHS;
	pid_t pid;

	for (i = 0; i < deaths; i++) {
		self->victim.rng = rng_for(self->rng, i);
		pid = spawn(live, &self->victim);
		baton_wait(&self->victim.ready);
		ASSERT_EQ(0, work(self, rng_below(&self->rng, 1000)))
		{
			slay(pid);
		}
		kill(pid, SIGKILL);
		ASSERT_EQ(128 + SIGKILL, reap(pid));
		ASSERT_EQ(-EPIPE, read_to_the_end(self));
		ASSERT_TRUE(held_events_drop_all(&self->held_events));
		rring_trim(self->client);
		/* the name of the victim's reader keeps some XS slots in use */
		ASSERT_EQ(32u, free_slots(self->watcher, RRING_S));
		ASSERT_EQ(16u, free_slots(self->watcher, RRING_M));
		unread = self->writer->head - *self->victim.done;
		out = 64 - free_slots(self->watcher, RRING_XS);
		ASSERT_TRUE(out == unread || out + 1 == unread);
	}
	leave_name(self->client, 1);
	printf("# read %llu, written %llu, deaths %llu, they held %llu\n",
	       (unsigned long long)self->reader->pos,
	       (unsigned long long)self->writer->head,
	       (unsigned long long)self->client->arena->deaths,
	       (unsigned long long)self->client->arena->dead_holds);
}

/* Kills come between open(2) and the victim's first operations. */
TEST_F_TIMEOUT(survivor, is_not_hindered_by_who_dies_while_it_opens, 3600)
{
	uint32_t i, deaths = EARLY_DEATHS;
	uint32_t calls;
	pid_t pid;
	int err;

	for (i = 0; i < deaths; i++) {
		self->victim.rng = rng_for(self->rng, i);
		pid = spawn(live, &self->victim);
		for (calls = rng_below(&self->rng, 3000); calls; calls--)
			getppid();
		kill(pid, SIGKILL);
		ASSERT_EQ(128 + SIGKILL, reap(pid));
		ASSERT_EQ(-EPIPE, read_to_the_end(self));
		ASSERT_TRUE(held_events_drop_all(&self->held_events));
		err = stream_put(self->writer, IN_MAX);
		ASSERT_TRUE(!err || err == -EAGAIN);
	}
	rring_trim(self->client);
	ASSERT_EQ(32u, free_slots(self->watcher, RRING_S));
	ASSERT_EQ(16u, free_slots(self->watcher, RRING_M));
	leave_name(self->client, 1);
	printf("# %u deaths on the way in\n", deaths);
}

TEST_HARNESS_MAIN
