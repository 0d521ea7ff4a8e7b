// SPDX-License-Identifier: MPL-2.0
/*
 * SIGKILL at chosen points. At each point, the victim's slots are freed, its
 * published events can be read, and no other client keeps waiting for it.
 */
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "device.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define WINDOW	4	/* entries of each ring */

/* State of the victim, which writes one ring and reads another one. */
struct victim {
	int arena_fd;
	struct baton ready;
	struct baton go;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
};

/* ---- points at which the victim is killed ---- */

static struct rring_event allocated(struct victim *self)
{
	struct rring_event event;

	MUST(!rring_alloc(self->client, 64, 0, &event));
	event.len = stream_len(self->writer->head, 64);
	event.event_type = (uint32_t)self->writer->head;
	stream_fill(event.data, event.len, self->writer->head);
	return event;
}

static struct rring_event peeked(struct victim *self)
{
	struct rring_event event;

	MUST(rring_peek(self->reader, 1) == 1);
	MUST(!rring_entry(self->reader, 0, &event));
	return event;
}

static void lend(struct victim *self)
{
	struct rring_refill refill = {
		.size = sizeof(refill),
		.pool = RRING_XS,
		.count = 9,
	};

	MUST(!device_call(rring_client_fd(self->client), RRING_IOC_REFILL,
			  &refill));
	MUST(refill.count == 9);
}

static void attach(struct victim *self)
{
	(void)self;
}

/* The slot is in the ledger already, and still in the magazine. */
static void pop_half(struct victim *self)
{
	struct rring_event event;

	lend(self);
	rring_event_at(self->client,
		       self->client->pool[RRING_XS].magazine->handle[0], 64, 0,
		       &event);
	MUST(!rring_hold(self->client, &event));
}

static void allocate(struct victim *self)
{
	allocated(self);
}

static void park(struct victim *self)
{
	struct rring_event event = allocated(self);

	MUST(!rring_drop(self->client, &event));
}

static void trim_half(struct victim *self)
{
	lend(self);
	rring_seq_store_release(self->client->pool[RRING_XS].tail, 5);
}

static void add_in_flight(struct rring_event *event, uint64_t more)
{
	rring_word_store_release(event->word, rring_word_load(event->word) +
					      RRING_MOVE + more);
}

/* The steps of rring_publish(), one at a time. */
static struct rring_event count_in_flight(struct victim *self)
{
	struct rring_event event = allocated(self);

	MUST(!rring_room(self->writer, 1));
	add_in_flight(&event, RRING_IN_FLIGHT - RRING_PRIVATE);
	return event;
}

static void claim(struct victim *self)
{
	allocated(self);
	MUST(!rring_room(self->writer, 1));
}

static void publish_without_entry(struct victim *self)
{
	count_in_flight(self);
}

static void publish_without_head(struct victim *self)
{
	struct rring_event event = count_in_flight(self);

	rring_entry_write(self->writer, &event);
}

static void publish_with_hold(struct victim *self)
{
	struct rring_event event = count_in_flight(self);

	rring_entry_write(self->writer, &event);
	rring_writer_advance(self->writer, 1);
}

static void publish(struct victim *self)
{
	struct rring_event event = allocated(self);

	MUST(!rring_publish(self->writer, &event));
}

static void publish_and_hold(struct victim *self)
{
	struct rring_event event = allocated(self);

	MUST(!rring_hold(self->client, &event));
	MUST(!rring_publish(self->writer, &event));
}

static void fill_ring(struct victim *self)
{
	int i;

	for (i = 0; i < WINDOW; i++)
		MUST(!stream_put(self->writer, 64));
}

static void peek(struct victim *self)
{
	peeked(self);
}

static void keep(struct victim *self)
{
	struct rring_event event = peeked(self);

	MUST(!rring_keep(self->reader, &event));
}

static void keep_and_release(struct victim *self)
{
	keep(self);
	MUST(!rring_release(self->reader, 1));
}

static void forward(struct victim *self)
{
	struct rring_event event = peeked(self);

	MUST(!rring_keep(self->reader, &event));
	MUST(!rring_publish(self->writer, &event));
}

static void keep_as_often_as_possible(struct victim *self)
{
	struct rring_event event = peeked(self);

	while (!rring_keep(self->reader, &event))
		;
	MUST(!rring_release(self->reader, 1));
}

/* A weak upgrade of a free slot, before it compares the generation. */
static void upgrade_half(struct victim *self)
{
	struct rring_event event;

	rring_event_at(self->client, rring_handle(1, RRING_XS, 60), 64, 0,
		       &event);
	MUST(!rring_hold(self->client, &event));
}

static void starve(struct victim *self)
{
	struct rring_event event;
	int i;

	for (i = 0; i < 4; i++)
		MUST(!rring_alloc(self->client, 16384, 0, &event));
	baton_pass(&self->ready);
	rring_alloc_until(self->client, 16384, 0, RRING_FOREVER, &event);
	MUST(0);
}

static void wait_for_events(struct victim *self)
{
	MUST(rring_peek(self->reader, WINDOW) == WINDOW);
	MUST(!rring_release(self->reader, WINDOW));
	baton_pass(&self->ready);
	rring_wait_readable(self->reader, RRING_FOREVER);
	MUST(0);
}

static void wait_for_room(struct victim *self)
{
	fill_ring(self);
	baton_pass(&self->ready);
	stream_put(self->writer, 64);
	MUST(0);
}

/* ---- the test's side ---- */

FIXTURE(killed)
{
	struct victim victim;
	struct rring_client *watcher;
	struct rring_client *client;
	struct rring_writer *writer;
	pid_t pid;
};

FIXTURE_VARIANT(killed)
{
	void (*run)(struct victim *self);
	int published;		/* expected entries */
	int blocks;		/* sleeps in the kernel */
};

#define KILLED(point, n, sleeps)					\
	FIXTURE_VARIANT_ADD(killed, point) {				\
		.run = point, .published = n, .blocks = sleeps,		\
	}

KILLED(attach, 0, 0);
KILLED(lend, 0, 0);
KILLED(pop_half, 0, 0);
KILLED(allocate, 0, 0);
KILLED(park, 0, 0);
KILLED(trim_half, 0, 0);
KILLED(claim, 0, 0);
KILLED(publish_without_entry, 0, 0);
KILLED(publish_without_head, 0, 0);
KILLED(publish_with_hold, 1, 0);
KILLED(publish, 1, 0);
KILLED(publish_and_hold, 1, 0);
KILLED(fill_ring, WINDOW, 0);
KILLED(peek, 0, 0);
KILLED(keep, 0, 0);
KILLED(keep_and_release, 0, 0);
KILLED(forward, 1, 0);
KILLED(keep_as_often_as_possible, 0, 0);
KILLED(upgrade_half, 0, 0);
KILLED(starve, 0, 1);
KILLED(wait_for_events, 0, 1);
KILLED(wait_for_room, WINDOW, 1);

struct plan {
	struct victim *victim;
	void (*run)(struct victim *self);
};

static const struct rring_ring_config ring_config = {
	.kind = RRING_HANDLES,
	.policy = RRING_BLOCK,
	.capacity = WINDOW,
};

static int live_until(void *arg)
{
	struct plan *plan = arg;
	struct victim *self = plan->victim;
	struct rring_ring_config config = ring_config;
	struct rring_reader_config from = { .ring_name = "victim" };

	config.name = "of_victim";
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->writer = writer_of(self->client, &config);
	self->reader = reader_of(self->client, &from);
	baton_pass(&self->ready);
	baton_wait(&self->go);
	plan->run(self);
	baton_pass(&self->ready);
	while (pause() < 0)
		;
	return 1;
}

FIXTURE_SETUP(killed)
{
	struct rring_ring_config config = ring_config;
	struct plan plan = {
		.victim = &self->victim,
		.run = variant->run,
	};

	config.name = "victim";
	self->victim.arena_fd = arena_small();
	baton_init(&self->victim.ready);
	baton_init(&self->victim.go);
	self->watcher = client_of(self->victim.arena_fd, RRING_OBSERVER);
	self->client = client_of(self->victim.arena_fd, RRING_PRODUCER);
	self->writer = writer_of(self->client, &config);
	self->pid = spawn(live_until, &plan);
	baton_wait(&self->victim.ready);
}

FIXTURE_TEARDOWN(killed)
{
	rring_close(self->client);
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
}

/*
 * Read the victim's ring to its end. The number of an event is its position,
 * also in the test's own ring, from which one event may be forwarded.
 */
TEST_F(killed, and_its_slots_come_back_and_nobody_waits)
{
	struct rring_reader_config config = { .ring_name = "of_victim" };
	struct rring_reader *reader = reader_of(self->client, &config);
	int i;

	for (i = 0; i < WINDOW; i++) {
		ASSERT_EQ(0, stream_put(self->writer, 64));
	}
	baton_pass(&self->victim.go);
	baton_wait(&self->victim.ready);
	if (variant->blocks)
		until_asleep(self->pid);
	kill(self->pid, SIGKILL);
	ASSERT_EQ(128 + SIGKILL, reap(self->pid));
	for (i = 0; i < 3 * WINDOW; i++) {
		ASSERT_EQ(0, stream_put(self->writer, 64));
	}
	ASSERT_EQ(variant->published, stream_drain(reader, 64));
	ASSERT_EQ(-EPIPE, rring_peek(reader, 1));
	rring_reader_close(reader, 0);
	ASSERT_EQ(1ull, self->client->arena->deaths);
}

TEST_HARNESS_MAIN
