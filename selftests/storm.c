// SPDX-License-Identifier: MPL-2.0
/*
 * Eight processes at work, six of which are killed, stopped, continued and
 * started again at random:
 *
 *	producer --p0--> forwarder --f0--> consumer, which holds and drops
 *	           \---> survivor
 *
 * and the same once more beside it. RRING_SEED repeats the choices, and
 * RRING_STORM_KILLS says how many.
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
#include "dice.h"
#include "hoard.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define KILLS		300
#define LINES		2
#define LEN_MAX		2048
#define WINDOW		16
#define TICK		32	/* events that a survivor reads between two */
#define NEVER		(~0ull)

enum actor {
	PRODUCER,
	SURVIVOR,
	FORWARDER,
	CONSUMER,
	ACTORS,
};

/* Shared by all. */
struct line {
	volatile int go;
	volatile int stop;
	volatile int p_closed;
	volatile int f_closed;
	volatile uint64_t produced;	/* in the end */
	volatile uint64_t read;		/* by the survivor, in the end */
	volatile uint64_t forwarded;	/* where the forwarder stands */
	volatile uint64_t consumed;	/* where the consumer stands */
	volatile uint64_t last;		/* number that the consumer saw last */
};

struct part {
	enum actor actor;
	int arena_fd;
	int tick_fd;
	struct baton ready;
	struct line *line;
	const char *p_name, *f_name;
	struct dice dice;
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
	baton_pass(&part->ready);
	while (!part->line->go)
		sched_yield();
}

/* Numbers and positions go on where the dead one stopped. */
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
	/* nobody waits for a full pipe */
	if (write(part->tick_fd, "", 1) < 0)
		MUST(errno == EAGAIN);
}

/* 0, or -EPIPE once the ring has ended for good and not just lost its writer */
static int await_event(struct rring_reader *reader, struct hoard *hoard,
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
		/* who waits must not hold what is waited for */
		MUST(hoard_drop_all(hoard));
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
	struct hoard hoard = { .client = client, .max = LEN_MAX };

	begin(part);
	while (!await_event(reader, &hoard, &part->line->p_closed)) {
		MUST(!hoard_take(&hoard, dice_below(&part->dice, HOARD),
				 reader));
		if (reader->pos % TICK == 0)
			tick(part);
	}
	MUST(hoard_drop_all(&hoard));
	part->line->read = reader->pos;
	MUST(!reader->lost);
	rring_close(client);
}

/* It may have died between a release and the note of it. */
static void resume(struct rring_reader *reader, volatile uint64_t *noted)
{
	MUST(reader->pos - *noted <= 1);
	*noted = reader->pos;
}

/* Events that it has forwarded but not released are forwarded once more. */
static void forward(struct part *part)
{
	struct rring_writer *writer = open_ring(part, part->f_name);
	struct rring_client *client = writer->client;
	struct rring_reader *reader = open_reader(client, part->p_name, "f");
	struct hoard none = { .client = client };
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
			struct hoard *hoard)
{
	uint32_t place = dice_below(&part->dice, HOARD);
	struct rring_event event;
	uint64_t number;

	MUST(!rring_entry(reader, 0, &event));
	number = event.event_type;
	MUST(stream_intact(&event, number, LEN_MAX));
	MUST(number == part->line->last || number == part->line->last + 1);
	MUST(hoard_drop(hoard, place));
	MUST(!hoard_keep(hoard, place, reader, &event, number));
	part->line->last = number;
	MUST(!rring_release(reader, 1));
	part->line->consumed = reader->pos;
}

static void consume(struct part *part)
{
	struct rring_client *client = client_of(part->arena_fd, RRING_CONSUMER);
	struct rring_reader *reader = open_reader(client, part->f_name, "c");
	struct hoard hoard = { .client = client, .max = LEN_MAX };

	resume(reader, &part->line->consumed);
	begin(part);
	while (!await_event(reader, &hoard, &part->line->f_closed))
		consume_one(part, reader, &hoard);
	MUST(hoard_drop_all(&hoard));
	rring_reader_close(reader, 1);
	rring_close(client);
}

static int play(void *arg)
{
	static void (*const plays[ACTORS])(struct part *part) = {
		produce, survive, forward, consume,
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
	struct dice dice;
};

static void set_up_line(FIXTURE_DATA(storm) *self, int i, struct line *line)
{
	static const char *const names[LINES][2] = {
		{ "p0", "f0" }, { "p1", "f1" },
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
		part->dice = dice_of(self->dice, i * ACTORS + actor);
		baton_init(&part->ready);
		self->pid[i][actor] = spawn(play, part);
		baton_wait(&part->ready);
	}
}

FIXTURE_SETUP(storm)
{
	static const uint32_t capacity[RRING_POOLS] = { 16, 32, 48, 48, 2 };
	int i;

	self->dice = dice_new("storm");
	self->arena_fd = arena_with(capacity, 0);
	self->watcher = client_of(self->arena_fd, RRING_OBSERVER);
	ASSERT_EQ(0, pipe2(self->ticks, O_NONBLOCK));
	for (i = 0; i < LINES; i++)
		set_up_line(self, i, shared_new(sizeof(struct line)));
}

FIXTURE_TEARDOWN(storm)
{
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
}

/* Until a few events have gone through. 0: nothing moves any more. */
static int await_ticks(FIXTURE_DATA(storm) *self)
{
	struct pollfd ready = { .fd = self->ticks[0], .events = POLLIN };
	uint32_t n = dice_below(&self->dice, 3);
	char c;

	while (n--) {
		if (poll(&ready, 1, SOON_MS) != 1)
			return 0;
		if (read(self->ticks[0], &c, 1) != 1)
			return 0;
	}
	for (n = dice_below(&self->dice, 500); n; n--)
		getppid();
	return 1;
}

static int kill_and_restart(FIXTURE_DATA(storm) *self)
{
	static const enum actor mortal[] = { PRODUCER, FORWARDER, CONSUMER };
	int i = (int)dice_below(&self->dice, LINES);
	int actor = mortal[dice_below(&self->dice, 3)];

	kill(self->pid[i][actor], SIGKILL);
	if (reap(self->pid[i][actor]) != 128 + SIGKILL)
		return 0;
	self->part[i][actor].dice.state++;
	self->pid[i][actor] = spawn(play, &self->part[i][actor]);
	return 1;
}

/* Whoever is stopped meanwhile: a killing in its absence. */
static int gust(FIXTURE_DATA(storm) *self)
{
	pid_t stopped = self->pid[dice_below(&self->dice, LINES)]
				 [dice_below(&self->dice, ACTORS)];
	int right;

	if (dice_below(&self->dice, 3))
		return kill_and_restart(self);
	kill(stopped, SIGSTOP);
	right = kill_and_restart(self);
	/* perhaps it was the one that was killed: nobody is there any more */
	kill(stopped, SIGCONT);
	return right;
}

static int kills_wanted(void)
{
	const char *wanted = getenv("RRING_STORM_KILLS");

	return wanted ? atoi(wanted) : KILLS;
}

static void report(FIXTURE_DATA(storm) *self, int kills)
{
	const struct rring_arena_info *arena = self->watcher->arena;
	uint64_t reclaimed = 0;
	int i;

	for (i = 0; i < RRING_POOLS; i++)
		reclaimed += arena->pool[i].reclaimed;
	printf("# %d kills, %llu events, %llu held by the dead, %llu freed\n",
	       kills, (unsigned long long)(self->part[0]->line->produced +
					   self->part[1]->line->produced),
	       (unsigned long long)arena->dead_holds,
	       (unsigned long long)reclaimed);
}

TEST_F_TIMEOUT(storm, loses_no_slot_and_survivors_no_event, 240)
{
	int kills = kills_wanted();
	int i, actor;

	for (i = 0; i < LINES; i++)
		self->part[i]->line->go = 1;
	for (i = 0; i < kills; i++) {
		ASSERT_TRUE(await_ticks(self));
		ASSERT_TRUE(gust(self));
	}
	for (i = 0; i < LINES; i++)
		self->part[i]->line->stop = 1;
	for (i = 0; i < LINES; i++) {
		struct line *line = self->part[i]->line;

		for (actor = 0; actor < ACTORS; actor++)
			EXPECT_EQ(0, reap(self->pid[i][actor]));
		EXPECT_EQ(line->produced, line->read);
		EXPECT_EQ(line->produced, line->forwarded);
		EXPECT_EQ(line->produced, line->last + 1);
	}
	report(self, kills);
}

TEST_HARNESS_MAIN
