// SPDX-License-Identifier: MPL-2.0
/*
 * A held slot is never reused: its content stays while other clients exhaust
 * the pools and overwrite all slots that they get.
 */
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "rng.h"
#include "held_events.h"
#include "repetition.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define LEN_MAX		1024
#define WINDOW		8
#define EVENTS		rounds(2500)
#define HOLDERS		2	/* arrays of held events */
#define SPOILT		64	/* slots per round */

struct shared {
	volatile int done;
	volatile uint64_t handle;	/* the event that is handed over */
	volatile uint64_t number;
	volatile uint64_t taken;
};

struct part {
	int arena_fd;
	const char *in, *out;
	struct shared *shared;
	struct baton ready;
	struct baton go;
	struct rng rng;
};

static struct rring_writer *open_out(struct rring_client *client,
				     const char *name)
{
	struct rring_ring_config config = {
		.name = name,
		.kind = RRING_HANDLES,
		.policy = RRING_BLOCK,
		.capacity = WINDOW,
	};

	return writer_of(client, &config);
}

static struct rring_reader *open_in(struct rring_client *client,
				    const char *name)
{
	struct rring_reader_config config = { .ring_name = name };

	return reader_of(client, &config);
}

static void begin(struct part *part)
{
	baton_pass(&part->ready);
	baton_wait(&part->go);
}

static int produce(void *arg)
{
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena_fd,
						RRING_PRODUCER);
	struct rring_writer *writer = open_out(client, part->out);
	uint32_t i;

	begin(part);
	for (i = 0; i < EVENTS; i++)
		MUST(!stream_put(writer, LEN_MAX));
	rring_close(client);
	return 0;
}

/* Allocate the free slots of a class, overwrite and drop them. */
static void spoil_class(struct rring_client *client, enum rring_class pool)
{
	struct rring_event event[SPOILT];
	int n = 0;

	while (n < SPOILT &&
	       !rring_alloc_class(client, pool, 64, 1, &event[n])) {
		memset(event[n].data, 0xee, 64u << 2 * pool);
		n++;
	}
	while (n--) {
		rring_share(client, &event[n]);
		MUST(!rring_drop(client, &event[n]));
	}
	rring_trim(client);
}

static int spoil(void *arg)
{
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena_fd,
						RRING_PRODUCER);
	uint32_t pool;

	begin(part);
	while (!part->shared->done)
		for (pool = RRING_XS; pool <= RRING_M; pool++)
			spoil_class(client, (enum rring_class)pool);
	return 0;
}

static void check_all(struct held_events *held_events)
{
	uint32_t i;

	for (i = 0; i < HELD_EVENTS * HOLDERS; i++)
		MUST(held_events_intact(&held_events[i / HELD_EVENTS],
					i % HELD_EVENTS));
}

/*
 * Hold most events, but drop some when there is nothing to read, as the
 * producer may wait for slots.
 */
static int hold(void *arg)
{
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena_fd,
						RRING_CONSUMER);
	struct rring_reader *reader = open_in(client, part->in);
	struct held_events held_events[HOLDERS];
	int i, err;

	for (i = 0; i < HOLDERS; i++)
		held_events[i] = (struct held_events){
			.client = client,
			.max = LEN_MAX,
		};
	begin(part);
	for (;;) {
		err = held_events_take(
			&held_events[rng_below(&part->rng, HOLDERS)],
			rng_below(&part->rng, HELD_EVENTS), reader);
		check_all(held_events);
		if (err == -EPIPE)
			break;
		if (err == -EAGAIN)
			MUST(held_events_drop(
				&held_events[rng_below(&part->rng, HOLDERS)],
				rng_below(&part->rng, HELD_EVENTS)));
		else
			MUST(!err);
	}
	MUST(reader->pos == EVENTS);
	for (i = 0; i < HOLDERS; i++)
		MUST(held_events_drop_all(&held_events[i]));
	rring_close(client);
	return 0;
}

FIXTURE(held)
{
	int arena_fd;
	struct rring_client *watcher;
	struct shared *shared;
	struct part part[6];
	pid_t pid[6];
	int parts;
	struct rng rng;
};

FIXTURE_SETUP(held)
{
	self->rng = rng_new("held");
	self->arena_fd = arena_small();
	self->watcher = client_of(self->arena_fd, RRING_OBSERVER);
	self->shared = shared_new(sizeof(*self->shared));
}

FIXTURE_TEARDOWN(held)
{
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
}

static void cast(FIXTURE_DATA(held) *self, int (*play)(void *arg),
		 const char *in, const char *out)
{
	struct part *part = &self->part[self->parts];

	part->arena_fd = self->arena_fd;
	part->shared = self->shared;
	part->in = in;
	part->out = out;
	part->rng = rng_for(self->rng, self->parts);
	baton_init(&part->ready);
	baton_init(&part->go);
	self->pid[self->parts++] = spawn(play, part);
	baton_wait(&part->ready);
}

/* Start all processes. The last one runs until the others have ended. */
static int run(FIXTURE_DATA(held) *self)
{
	int right = 1;
	int i;

	for (i = self->parts - 1; i >= 0; i--)
		baton_pass(&self->part[i].go);
	for (i = 0; i < self->parts; i++) {
		if (i == self->parts - 1)
			self->shared->done = 1;
		right &= !reap(self->pid[i]);
	}
	return right;
}

TEST_F_TIMEOUT(held, events_stay_while_the_pools_run_dry, 120)
{
	cast(self, produce, NULL, "a");
	cast(self, produce, NULL, "b");
	cast(self, hold, "a", NULL);
	cast(self, hold, "b", NULL);
	cast(self, spoil, NULL, NULL);
	ASSERT_TRUE(run(self));
	printf("# %llu slots reclaimed\n", (unsigned long long)
	       self->watcher->arena->pool[RRING_M].reclaimed);
}

/* ---- forwarding ---- */

/* Keep a few events after their release, and forward the oldest one. */
static int pass_on(void *arg)
{
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena_fd,
						RRING_PRODUCER);
	struct rring_writer *writer = open_out(client, part->out);
	struct rring_reader *reader = open_in(client, part->in);
	struct rring_event event[4];
	uint64_t n;

	begin(part);
	for (n = 0; n < EVENTS + 3; n++) {
		if (n >= 3)
			MUST(!rring_publish(writer, &event[(n - 3) % 4]));
		if (n >= EVENTS)
			continue;
		MUST(!rring_wait_readable(reader, SOON()));
		MUST(rring_peek(reader, 1) == 1);
		MUST(!rring_entry(reader, 0, &event[n % 4]));
		MUST(stream_intact(&event[n % 4], n, LEN_MAX));
		MUST(!rring_keep(reader, &event[n % 4]));
		MUST(!rring_release(reader, 1));
	}
	rring_close(client);
	return 0;
}

/* Read the forwarded events, and hand them over by handle. */
static int hand_over(void *arg)
{
	struct part *part = arg;
	struct shared *shared = part->shared;
	struct rring_client *client = client_of(part->arena_fd,
						RRING_CONSUMER);
	struct rring_reader *reader = open_in(client, part->in);
	struct rring_event event;
	uint64_t n;

	begin(part);
	for (n = 0; n < EVENTS; n++) {
		MUST(!rring_wait_readable(reader, SOON()));
		MUST(rring_peek(reader, 1) == 1);
		MUST(!rring_entry(reader, 0, &event));
		MUST(stream_intact(&event, n, LEN_MAX));
		MUST(!rring_keep(reader, &event));
		MUST(!rring_release(reader, 1));
		shared->number = n;
		__atomic_store_n(&shared->handle, event.handle,
				 __ATOMIC_RELEASE);
		while (__atomic_load_n(&shared->taken, __ATOMIC_ACQUIRE) <= n)
			sched_yield();
		MUST(!rring_drop(client, &event));
	}
	rring_close(client);
	return 0;
}

static int take_over(void *arg)
{
	struct part *part = arg;
	struct shared *shared = part->shared;
	struct rring_client *client = client_of(part->arena_fd,
						RRING_CONSUMER);
	struct rring_event event;
	uint64_t handle, n;

	begin(part);
	for (n = 0; n < EVENTS; n++) {
		while (!(handle = __atomic_exchange_n(&shared->handle, 0,
						      __ATOMIC_ACQUIRE)))
			sched_yield();
		MUST(shared->number == n);
		MUST(!rring_upgrade(client, handle, &event));
		__atomic_store_n(&shared->taken, n + 1, __ATOMIC_RELEASE);
		sched_yield();
		MUST(stream_intact(&event, n, LEN_MAX));
		MUST(!rring_drop(client, &event));
	}
	rring_close(client);
	return 0;
}

/* Each client takes its hold before the previous one drops the event. */
TEST_F_TIMEOUT(held, events_stay_on_their_way_from_hand_to_hand, 120)
{
	cast(self, produce, NULL, "a");
	cast(self, pass_on, "a", "b");
	cast(self, pass_on, "b", "c");
	cast(self, hand_over, "c", NULL);
	cast(self, take_over, NULL, NULL);
	cast(self, spoil, NULL, NULL);
	ASSERT_TRUE(run(self));
}

TEST_HARNESS_MAIN
