// SPDX-License-Identifier: MPL-2.0
/*
 * Sixteen processes, fourteen of which are killed, restarted, stopped and
 * continued at random. One line of eight processes is:
 *
 *	producer --p0--> forwarder --f0--> consumer, which holds and drops
 *	           |--> survivor       |-> listener, which has no name
 *	           \..> observer
 *	upgrader, of handles that it guesses or gets from the survivor
 *	turner --t0--> the other line's turner --t1--> turner
 *
 * There are two lines. RRING_SEED repeats the choices. RRING_STORM_SECONDS is
 * the duration; the default is a minute, or ten with TORTURE.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "rng.h"
#include "held_events.h"
#include "xxl_event.h"
#include "repetition.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define STORM		60	/* seconds */
#define LONG_STORM	600
#define LINES		2
#define LEN_MAX		2048
#define WINDOW		16
#define TICK		32	/* events that the survivor reads per tick */
#define NEVER		(~0ull)
#define TURN_LEN	10000	/* bytes; no other events use this class */
#define PAUSE		(10 * 1000000ull)	/* ns; wait without events */

enum actor {
	PRODUCER,
	SURVIVOR,
	FORWARDER,
	CONSUMER,
	LISTENER,
	OBSERVER,
	UPGRADER,
	TURNER,
	ACTORS,
};

/* Shared by all processes of a line. */
struct line {
	volatile int go;
	volatile int stop;
	volatile int p_closed;
	volatile int f_closed;
	volatile uint64_t produced;	/* total */
	volatile uint64_t read;		/* total, by the survivor */
	volatile uint64_t forwarded;	/* forwarder's position */
	volatile uint64_t consumed;	/* consumer's position */
	volatile uint64_t last;		/* consumer's last number */
	volatile uint64_t told;		/* handle for the upgrader */
	volatile int ready[ACTORS];
};

struct part {
	enum actor actor;
	int arena_fd;
	int tick_fd;
	struct line *line;
	const char *p_name, *f_name, *t_name, *t_other;
	struct rng rng;
};

static struct rring_writer *open_ring(const struct part *part, const char *name)
{
	struct rring_ring_config config = {
		.name = name,
		.kind = RRING_HANDLES,
		.policy = RRING_BLOCK,
		.capacity = WINDOW,
	};

	return writer_of(client_of(part->arena_fd, RRING_PRODUCER), &config);
}

static struct rring_reader *open_reader(struct rring_client *client,
					const char *ring, const char *name)
{
	struct rring_reader_config config = {
		.ring_name = ring,
		.name = name,
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

static void begin(struct part *part)
{
	part->line->ready[part->actor] = 1;
	while (!part->line->go)
		sched_yield();
}

/* Numbers and positions continue where the dead producer stopped. */
static void produce(struct part *part)
{
	struct rring_writer *writer = open_ring(part, part->p_name);
	struct rring_client *client = writer->client;

	begin(part);
	while (!part->line->stop)
		MUST(!stream_put(writer, LEN_MAX));
	part->line->produced = writer->head;
	part->line->p_closed = 1;
	rring_writer_close(writer);
	rring_close(client);
}

static void tick(const struct part *part)
{
	/* a tick is dropped if the pipe is full */
	if (write(part->tick_fd, "", 1) < 0)
		MUST(errno == EAGAIN);
}

/*
 * Wait for an event. Return 0, or -EPIPE once the ring has ended for good, and
 * not only lost its writer.
 */
static int await_event(struct rring_reader *reader,
		       struct held_events *held_events,
		       volatile const int *closed)
{
	for (;;) {
		int final = *closed;
		long n = rring_peek(reader, 1);

		if (n == 1)
			return 0;
		if (n == -EPIPE && final)
			return -EPIPE;
		MUST(n == -EAGAIN || n == -EPIPE);
		/* drop all holds, as the producer may wait for these slots */
		MUST(held_events_drop_all(held_events));
		if (n == -EPIPE)
			sched_yield();
		else
			MUST(!rring_wait_readable(reader, SOON()));
	}
}

static void survive(struct part *part)
{
	struct rring_client *client = client_of(part->arena_fd, RRING_CONSUMER);
	struct rring_reader *reader = open_reader(client, part->p_name, NULL);
	struct held_events held_events = { .client = client, .max = LEN_MAX };

	begin(part);
	while (!await_event(reader, &held_events, &part->line->p_closed)) {
		uint32_t place = rng_below(&part->rng, HELD_EVENTS);

		MUST(!held_events_take(&held_events, place, reader));
		part->line->told = held_events.event[place].handle;
		if (reader->pos % TICK == 0)
			tick(part);
	}
	MUST(held_events_drop_all(&held_events));
	part->line->read = reader->pos;
	MUST(!reader->lost);
	rring_close(client);
}

/* The predecessor may have died between a release and its update of @noted. */
static void resume(struct rring_reader *reader, volatile uint64_t *noted)
{
	MUST(reader->pos - *noted <= 1);
	*noted = reader->pos;
}

/*
 * An event that a dead forwarder published but did not release is forwarded
 * again.
 */
static void forward(struct part *part)
{
	struct rring_writer *writer = open_ring(part, part->f_name);
	struct rring_client *client = writer->client;
	struct rring_reader *reader = open_reader(client, part->p_name, "f");
	struct held_events none = { .client = client };
	struct rring_event event;

	resume(reader, &part->line->forwarded);
	begin(part);
	while (!await_event(reader, &none, &part->line->p_closed)) {
		MUST(!rring_entry(reader, 0, &event));
		MUST(stream_intact(&event, reader->pos, LEN_MAX));
		MUST(!rring_keep(reader, &event));
		MUST(!rring_publish(writer, &event));
		MUST(!rring_release(reader, 1));
		part->line->forwarded = reader->pos;
	}
	part->line->f_closed = 1;
	rring_reader_close(reader, 1);
	rring_close(client);
}

static void consume_one(struct part *part, struct rring_reader *reader,
			struct held_events *held_events)
{
	uint32_t place = rng_below(&part->rng, HELD_EVENTS);
	struct rring_event event;
	uint64_t number;

	MUST(!rring_entry(reader, 0, &event));
	number = event.event_type;
	MUST(stream_intact(&event, number, LEN_MAX));
	MUST(number == part->line->last || number == part->line->last + 1);
	MUST(held_events_drop(held_events, place));
	MUST(!held_events_keep(held_events, place, reader, &event, number));
	part->line->last = number;
	MUST(!rring_release(reader, 1));
	part->line->consumed = reader->pos;
}

static void consume(struct part *part)
{
	struct rring_client *client = client_of(part->arena_fd, RRING_CONSUMER);
	struct rring_reader *reader = open_reader(client, part->f_name, "c");
	struct held_events held_events = { .client = client, .max = LEN_MAX };

	resume(reader, &part->line->consumed);
	begin(part);
	while (!await_event(reader, &held_events, &part->line->f_closed))
		consume_one(part, reader, &held_events);
	MUST(held_events_drop_all(&held_events));
	rring_reader_close(reader, 1);
	rring_close(client);
}

/* Read the events of the consumer's ring, from any position on. */
static void listen_in(struct part *part)
{
	struct rring_client *client = client_of(part->arena_fd, RRING_CONSUMER);
	struct rring_reader *reader = open_reader(client, part->f_name, NULL);
	struct held_events none = { .client = client };
	struct rring_event event;
	uint64_t last = NEVER;

	begin(part);
	while (!await_event(reader, &none, &part->line->f_closed)) {
		MUST(!rring_entry(reader, 0, &event));
		MUST(stream_intact(&event, event.event_type, LEN_MAX));
		MUST(last == NEVER || event.event_type == last ||
		     event.event_type == last + 1);
		last = event.event_type;
		MUST(!rring_release(reader, 1));
	}
	rring_close(client);
}

/* Wait a moment: for an event (@n is -EAGAIN), or for a writer (-EPIPE). */
static void pause_for(struct rring_reader *reader, long n)
{
	int err = n == -EAGAIN ?
		rring_wait_readable(reader, rring_deadline(PAUSE)) :
		sched_yield();

	MUST(!err || err == -ETIMEDOUT);
}

/* An event that was not lost during its use has the right content. */
static void observe(struct part *part)
{
	struct rring_client *client = client_of(part->arena_fd, RRING_OBSERVER);
	struct rring_reader_config config = {
		.ring_name = part->p_name,
		.flags = RRING_JOIN_OBSERVER,
	};
	struct rring_reader *reader = reader_of(client, &config);
	struct rring_event event;
	int err, intact;
	uint64_t number;

	begin(part);
	while (!part->line->p_closed) {
		err = (int)rring_peek(reader, 1);
		number = reader->pos;
		if (err == 1) {
			err = rring_entry(reader, 0, &event);
			intact = !err && stream_intact(&event, number, LEN_MAX);
			MUST(!err || err == -ESTALE);
			if (!rring_release(reader, 1))
				MUST(err || intact);
			continue;
		}
		MUST(err == -EAGAIN || err == -EPIPE || err == -ESTALE);
		pause_for(reader, err);
	}
	rring_close(client);
}

static void upgrade_guessed(struct part *part, struct rring_client *client)
{
	uint32_t slot = rng_below(&part->rng, 32);
	uint64_t now = rring_handle_generation(rring_word_load(
		&client->pool[RRING_S].generation[slot]));
	uint64_t handle = rring_handle(now - rng_below(&part->rng, 50),
				       RRING_S, slot);
	struct rring_event event;

	if (!rring_upgrade(client, handle, &event))
		MUST(!rring_drop(client, &event));
}

static void upgrade_told(struct part *part, struct rring_client *client)
{
	struct rring_event event;
	int err = rring_upgrade(client, part->line->told, &event);

	MUST(!err || err == -ESTALE || (err == -EBADMSG && !part->line->told));
	if (err)
		return;
	MUST(stream_intact(&event, event.event_type, LEN_MAX));
	MUST(!rring_drop(client, &event));
}

static void upgrade(struct part *part)
{
	struct rring_client *client = client_of(part->arena_fd, RRING_CONSUMER);

	begin(part);
	while (!part->line->stop) {
		upgrade_told(part, client);
		upgrade_guessed(part, client);
		sched_yield();
	}
	rring_close(client);
}

static struct rring_ring_config turn_config(const char *name)
{
	return (struct rring_ring_config) {
		.name = name,
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = WINDOW,
	};
}

static void turn_event(struct rring_writer *writer,
		       const struct rring_event *event)
{
	int err = rring_publish(writer, event);

	MUST(!err || err == -EAGAIN);
	if (err)
		MUST(!rring_drop(writer->client, event));
}

static void turn_new(struct rring_writer *writer)
{
	struct rring_event event;
	int err = rring_alloc(writer->client, TURN_LEN, 0, &event);

	MUST(!err || err == -ENOSPC);
	if (err)
		return;
	xxl_fill(&event, writer->head);
	event.event_type = (uint32_t)writer->head;
	turn_event(writer, &event);
}

/* Pass events round in a cycle. Their content must not change. */
static void turn(struct part *part)
{
	struct rring_client *client = client_of(part->arena_fd, RRING_PRODUCER);
	struct rring_ring_config config = turn_config(part->t_name);
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_reader *reader = open_reader(client, part->t_other, "t");
	struct rring_event event;
	long n;

	begin(part);
	while (!part->line->stop) {
		n = rring_peek(reader, 1);
		if (n == 1) {
			MUST(!rring_entry(reader, 0, &event));
			MUST(xxl_is(&event, event.event_type));
			MUST(!rring_keep(reader, &event));
			turn_event(writer, &event);
			MUST(!rring_release(reader, 1));
			continue;
		}
		MUST(n == -EAGAIN || n == -EPIPE);
		turn_new(writer);
		pause_for(reader, n);
	}
	rring_reader_close(reader, 1);
	rring_close(client);
}

static int play(void *arg)
{
	static void (*const plays[ACTORS])(struct part *part) = {
		produce, survive, forward, consume, listen_in, observe, upgrade,
		turn,
	};
	struct part *part = arg;

	plays[part->actor](part);
	return 0;
}

/* ---- the storm ---- */

FIXTURE(storm)
{
	int arena_fd;
	int ticks[2];
	struct rring_client *watcher;
	struct part part[LINES][ACTORS];
	pid_t pid[LINES][ACTORS];
	struct rng rng;
	uint32_t kills;
};

static void until_ready(const struct part *part)
{
	while (!part->line->ready[part->actor])
		sched_yield();
}

/* Create the ring and its reader name before either turner starts. */
static void make_turn_ring(FIXTURE_DATA(storm) *self, const char *name)
{
	struct rring_client *client = client_of(self->arena_fd, RRING_PRODUCER);
	struct rring_ring_config config = turn_config(name);
	struct rring_writer *writer = writer_of(client, &config);

	rring_reader_close(open_reader(client, name, "t"), 0);
	rring_writer_close(writer);
	rring_close(client);
}

static void set_up_line(FIXTURE_DATA(storm) *self, int i, struct line *line)
{
	static const char *const names[LINES][4] = {
		{ "p0", "f0", "t0", "t1" }, { "p1", "f1", "t1", "t0" },
	};
	int actor;

	line->last = NEVER;
	for (actor = 0; actor < ACTORS; actor++) {
		struct part *part = &self->part[i][actor];

		part->actor = (enum actor)actor;
		part->arena_fd = self->arena_fd;
		part->tick_fd = self->ticks[1];
		part->line = line;
		part->p_name = names[i][0];
		part->f_name = names[i][1];
		part->t_name = names[i][2];
		part->t_other = names[i][3];
		part->rng = rng_for(self->rng, i * ACTORS + actor);
		self->pid[i][actor] = spawn(play, part);
		until_ready(part);
	}
}

FIXTURE_SETUP(storm)
{
	static const uint32_t capacity[RRING_POOLS] = { 16, 32, 48, 48, 40 };
	int i;

	self->rng = rng_new("storm");
	self->arena_fd = arena_with(capacity, 0);
	self->watcher = client_of(self->arena_fd, RRING_OBSERVER);
	ASSERT_EQ(0, pipe2(self->ticks, O_NONBLOCK));
	make_turn_ring(self, "t0");
	make_turn_ring(self, "t1");
	for (i = 0; i < LINES; i++)
		set_up_line(self, i, shared_new(sizeof(struct line)));
}

FIXTURE_TEARDOWN(storm)
{
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
}

/* Wait for a few ticks. Return 0 if no events are read any more. */
static int await_ticks(FIXTURE_DATA(storm) *self)
{
	struct pollfd ready = { .fd = self->ticks[0], .events = POLLIN };
	uint32_t n = rng_below(&self->rng, 3);
	char c;

	while (n--) {
		if (poll(&ready, 1, SOON_MS) != 1)
			return 0;
		if (read(self->ticks[0], &c, 1) != 1)
			return 0;
	}
	for (n = rng_below(&self->rng, 500); n; n--)
		getppid();
	return 1;
}

static int kill_and_restart(FIXTURE_DATA(storm) *self)
{
	static const enum actor mortal[] = {
		PRODUCER, FORWARDER, CONSUMER, LISTENER, OBSERVER, UPGRADER,
		TURNER,
	};
	int i = (int)rng_below(&self->rng, LINES);
	int actor = mortal[rng_below(&self->rng, ACTORS - 1)];
	struct part *part = &self->part[i][actor];

	kill(self->pid[i][actor], SIGKILL);
	if (reap(self->pid[i][actor]) != 128 + SIGKILL)
		return 0;
	part->rng.state++;
	part->line->ready[actor] = 0;
	self->pid[i][actor] = spawn(play, part);
	self->kills++;
	return 1;
}

/* Kill and restart some processes, possibly while another one is stopped. */
static int gust(FIXTURE_DATA(storm) *self)
{
	pid_t stopped = self->pid[rng_below(&self->rng, LINES)]
				 [rng_below(&self->rng, ACTORS)];
	int stops = !rng_below(&self->rng, 3);
	uint32_t n = 1 + rng_below(&self->rng, 4);
	int right = 1;

	if (stops)
		kill(stopped, SIGSTOP);
	while (right && n--)
		right = kill_and_restart(self);
	/* the stopped process may have been killed meanwhile */
	if (stops)
		kill(stopped, SIGCONT);
	return right;
}

static uint64_t seconds_wanted(void)
{
	const char *wanted = getenv("RRING_STORM_SECONDS");

	return wanted ? strtoull(wanted, NULL, 10) :
	       is_torture() ? LONG_STORM : rounds(STORM);
}

/*
 * Wait until all processes, restarted ones too, are ready; then let them end.
 */
static void let_end(FIXTURE_DATA(storm) *self)
{
	int i, actor;

	for (i = 0; i < LINES; i++)
		for (actor = 0; actor < ACTORS; actor++)
			until_ready(&self->part[i][actor]);
	for (i = 0; i < LINES; i++)
		self->part[i]->line->stop = 1;
}

static void report(FIXTURE_DATA(storm) *self)
{
	uint64_t events = self->part[0]->line->produced +
			  self->part[1]->line->produced;

	printf("# %u kills, %llu events, %llu held by the dead\n", self->kills,
	       (unsigned long long)events,
	       (unsigned long long)self->watcher->arena->dead_holds);
}

TEST_F_TIMEOUT(storm, loses_no_slot_and_survivors_no_event, 1800)
{
	uint64_t end = rring_deadline(seconds_wanted() * NS_PER_S);
	int i, actor;

	for (i = 0; i < LINES; i++)
		self->part[i]->line->go = 1;
	while (rring_deadline(0) < end) {
		ASSERT_TRUE(await_ticks(self));
		ASSERT_TRUE(gust(self));
	}
	let_end(self);
	for (i = 0; i < LINES; i++) {
		struct line *line = self->part[i]->line;

		for (actor = 0; actor < ACTORS; actor++)
			EXPECT_EQ(0, reap(self->pid[i][actor]));
		EXPECT_EQ(line->produced, line->read);
		EXPECT_EQ(line->produced, line->forwarded);
		EXPECT_EQ(line->produced, line->last + 1);
	}
	report(self);
}

TEST_HARNESS_MAIN
