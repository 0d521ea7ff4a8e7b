// SPDX-License-Identifier: MPL-2.0
/*
 * An exhausted pool: an allocation fails, or sleeps until a slot is freed in
 * any way. Held events are never reclaimed.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "device.h"
#include "repetition.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define S_LEN	200	/* bytes; its class has one slot */
#define XL_LEN	16000

/* A process that allocates the slot, and the result that it expects. */
struct sleeper {
	int arena_fd;
	int expected;
	uint64_t deadline;
};

static int sleep_for_slot(void *arg)
{
	const struct sleeper *sleeper = arg;
	struct rring_client *client = client_of(sleeper->arena_fd,
						RRING_PRODUCER);
	struct rring_event event;
	int err = rring_alloc_until(client, S_LEN, 1, sleeper->deadline,
				    &event);

	MUST(err == sleeper->expected);
	return 0;
}

FIXTURE(exhausted)
{
	int arena_fd;
	struct rring_client *client;
	struct rring_event event;	/* has the only slot of class S */
	struct sleeper sleeper;
	pid_t pid;
};

FIXTURE_SETUP(exhausted)
{
	static const uint32_t capacity[RRING_POOLS] = { 4, 1, 0, 2, 1 };

	self->arena_fd = arena_with(capacity, 0);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	ASSERT_EQ(0, rring_alloc(self->client, S_LEN, 1, &self->event));
	stream_fill(self->event.data, S_LEN, 77);
	self->sleeper.arena_fd = self->arena_fd;
	self->sleeper.deadline = SOON();
}

FIXTURE_TEARDOWN(exhausted)
{
	struct rring_client *last = client_of(self->arena_fd, RRING_OBSERVER);

	if (self->client)
		rring_close(self->client);
	EXPECT_TRUE(all_free(last));
	rring_close(last);
}

/* Start a process that allocates the slot. Return when it sleeps. */
static pid_t starve(struct sleeper *sleeper, struct rring_client *client)
{
	pid_t pid = spawn(sleep_for_slot, sleeper);

	until_starving(client, RRING_S, pid);
	return pid;
}

static struct rring_writer *publish_it(struct rring_client *client,
				       struct rring_event *event,
				       uint32_t retain, uint64_t stall_ns,
				       struct rring_reader **reader)
{
	struct rring_ring_config config = {
		.name = "r",
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 2,
		.retain = retain,
		.stall_ns = stall_ns,
	};
	struct rring_writer *writer = writer_of(client, &config);

	if (reader)
		*reader = reader_at(client, writer->id);
	if (rring_publish(writer, event))
		return NULL;
	return writer;
}

TEST_F(exhausted, without_a_deadline_says_enospc)
{
	struct rring_event event;

	ASSERT_EQ(-ENOSPC, rring_alloc(self->client, S_LEN, 1, &event));
	ASSERT_EQ(-ENOSPC, rring_alloc_until(self->client, S_LEN, 1, 0,
					     &event));
}

TEST_F(exhausted, with_a_deadline_waits_for_it_and_says_etimedout)
{
	uint64_t deadline = rring_deadline(NS_PER_S / 20);
	struct rring_event event;

	ASSERT_EQ(-ETIMEDOUT, rring_alloc_until(self->client, S_LEN, 1,
						deadline, &event));
	ASSERT_LE(deadline, rring_deadline(0));
	ASSERT_EQ(-ETIMEDOUT, rring_alloc_until(self->client, S_LEN, 1, 1,
						&event));
}

TEST_F(exhausted, one_class_does_not_affect_another)
{
	struct rring_event event;
	int i;

	ASSERT_EQ(-ENOSPC, rring_alloc(self->client, S_LEN, 1, &event));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, rring_alloc(self->client, 64, 1, &event));
	ASSERT_EQ(-ENOSPC, rring_alloc(self->client, 64, 1, &event));
	ASSERT_EQ(0, rring_alloc(self->client, 4096, 1, &event));
	ASSERT_EQ(0, rring_alloc(self->client, XL_LEN, 1, &event));
}

TEST_F(exhausted, a_class_without_slots_says_enospc_at_once)
{
	struct rring_event event;

	ASSERT_EQ(-ENOSPC, rring_alloc(self->client, 1000, 1, &event));
	ASSERT_EQ(-ENOSPC, rring_alloc_until(self->client, 1000, 1,
					     RRING_FOREVER, &event));
}

TEST_F(exhausted, a_held_event_is_never_taken)
{
	struct rring_client *other = client_of(self->arena_fd, RRING_PRODUCER);
	struct rring_event event;
	int i;

	for (i = 0; i < 1000; i++)
		ASSERT_EQ(-ENOSPC, rring_alloc(other, S_LEN, 1, &event));
	ASSERT_EQ(0, rring_find(self->client, self->event.handle, &event));
	for (i = 0; i < S_LEN / 8; i++)
		ASSERT_EQ(77 * 0x9e3779b97f4a7c15ull + i,
			  ((uint64_t *)event.data)[i]);
	rring_close(other);
}

TEST_F(exhausted, a_drop_wakes_the_sleeper)
{
	self->pid = starve(&self->sleeper, self->client);
	ASSERT_EQ(0, rring_drop(self->client, &self->event));
	ASSERT_EQ(0, reap(self->pid));
}

TEST_F(exhausted, a_cursor_that_moves_past_wakes_the_sleeper)
{
	struct rring_reader *reader;

	ASSERT_NE(NULL, publish_it(self->client, &self->event, 0, 0, &reader));
	self->pid = starve(&self->sleeper, self->client);
	ASSERT_EQ(1, rring_peek(reader, 1));
	ASSERT_EQ(0, rring_release(reader, 1));
	ASSERT_EQ(0, reap(self->pid));
}

TEST_F(exhausted, a_reader_that_leaves_wakes_the_sleeper)
{
	struct rring_reader *reader;

	ASSERT_NE(NULL, publish_it(self->client, &self->event, 0, 0, &reader));
	self->pid = starve(&self->sleeper, self->client);
	rring_reader_close(reader, 0);
	ASSERT_EQ(0, reap(self->pid));
}

TEST_F(exhausted, a_publish_that_nobody_reads_wakes_the_sleeper)
{
	self->pid = starve(&self->sleeper, self->client);
	ASSERT_NE(NULL, publish_it(self->client, &self->event, 0, 0, NULL));
	ASSERT_EQ(0, reap(self->pid));
}

TEST_F(exhausted, an_event_that_a_ring_only_retains_gives_way)
{
	struct rring_client *other = client_of(self->arena_fd, RRING_PRODUCER);
	struct rring_event event;

	ASSERT_NE(NULL, publish_it(self->client, &self->event, 1, 0, NULL));
	EXPECT_EQ(0, rring_alloc(other, S_LEN, 1, &event));
	rring_close(other);
}

/* The writer only waits for room. */
TEST_F(exhausted, a_reader_that_is_lapped_wakes_the_sleeper)
{
	struct rring_reader *reader;
	struct rring_writer *writer;

	writer = publish_it(self->client, &self->event, 0, 1, &reader);
	ASSERT_NE(NULL, writer);
	self->pid = starve(&self->sleeper, self->client);
	ASSERT_EQ(0, rring_wait_writable(writer, 2, SOON()));
	ASSERT_EQ(0, reap(self->pid));
}

TEST_F(exhausted, a_client_that_closes_wakes_the_sleeper)
{
	self->pid = starve(&self->sleeper, self->client);
	rring_close(self->client);
	self->client = NULL;
	ASSERT_EQ(0, reap(self->pid));
}

TEST_F(exhausted, a_parked_slot_is_free_for_others)
{
	struct rring_client *other = client_of(self->arena_fd, RRING_PRODUCER);
	struct rring_event event;

	ASSERT_EQ(0, rring_drop(self->client, &self->event));
	/* a dropped slot that was never shared is parked */
	EXPECT_EQ(1, self->client->pool[RRING_S].parked);
	EXPECT_EQ(0, rring_alloc(other, S_LEN, 1, &event));
	rring_close(other);
}

/* It has called REFILL, and not taken a slot yet. */
TEST_F(exhausted, a_client_that_allocates_just_now_keeps_one_slot)
{
	struct rring_refill refill = {
		.size = sizeof(refill),
		.pool = RRING_XS,
		.count = 4,
	};
	struct rring_client *other = client_of(self->arena_fd, RRING_PRODUCER);
	struct rring_event event;
	int i;

	ASSERT_EQ(0, device_call(rring_client_fd(self->client),
				 RRING_IOC_REFILL, &refill));
	ASSERT_EQ(4u, refill.count);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, rring_alloc(other, 8, 1, &event));
	ASSERT_EQ(-ENOSPC, rring_alloc(other, 8, 1, &event));
	rring_trim(self->client);
	ASSERT_EQ(0, rring_alloc(other, 8, 1, &event));
	rring_close(other);
}

static int hold_a_slot(void *arg)
{
	struct sleeper *sleeper = arg;
	struct rring_client *client = client_of(sleeper->arena_fd,
						RRING_PRODUCER);
	struct rring_event event;

	MUST(!rring_alloc_until(client, S_LEN, 1, sleeper->deadline, &event));
	while (pause() < 0)
		;
	return 1;
}

TEST_F(exhausted, the_death_of_the_holder_wakes_the_sleeper)
{
	pid_t holder = spawn(hold_a_slot, &self->sleeper);

	until_starving(self->client, RRING_S, holder);
	ASSERT_EQ(0, rring_drop(self->client, &self->event));
	self->pid = starve(&self->sleeper, self->client);
	slay(holder);
	ASSERT_EQ(0, reap(self->pid));
}

static void nothing(int signal)
{
	(void)signal;
}

static int be_interrupted(void *arg)
{
	struct sigaction action = { .sa_handler = nothing };

	sigaction(SIGUSR1, &action, NULL);
	return sleep_for_slot(arg);
}

TEST_F(exhausted, a_signal_ends_the_sleep_with_eintr)
{
	pid_t pid;

	self->sleeper.expected = -EINTR;
	pid = spawn(be_interrupted, &self->sleeper);
	until_starving(self->client, RRING_S, pid);
	kill(pid, SIGUSR1);
	ASSERT_EQ(0, reap(pid));
}

/* A thread that sleeps for a slot while another one ends the client. */
static void *sleep_until_owner_dead(void *arg)
{
	struct rring_client *client = arg;
	struct rring_event event;

	return (void *)(intptr_t)rring_alloc_until(client, S_LEN, 1, SOON(),
						   &event);
}

static int end_under_a_sleeper(void *arg)
{
	struct sleeper *sleeper = arg;
	struct rring_client *client = client_of(sleeper->arena_fd,
						RRING_PRODUCER);
	pthread_t thread;
	void *err;

	MUST(!pthread_create(&thread, NULL, sleep_until_owner_dead, client));
	until_slot_wanted(client, RRING_S);
	MUST(!munmap(ledger_of(client), ledger_size(client)));
	MUST(!pthread_join(thread, &err));
	MUST((intptr_t)err == -EOWNERDEAD);
	return 0;
}

TEST_F(exhausted, the_end_of_the_client_ends_its_sleep)
{
	ASSERT_EQ(0, reap(spawn(end_under_a_sleeper, &self->sleeper)));
}

/* ---- one slot for many ---- */

#define PASSERS	8
#define PASSES	125	/* per process */

static int pass_around(void *arg)
{
	struct rring_client *client = client_of(*(int *)arg, RRING_PRODUCER);
	struct rring_event event;
	uint64_t number;
	int i;

	for (i = 0; i < PASSES; i++) {
		number = (uint64_t)getpid() << 32 | i;
		MUST(!rring_alloc_until(client, XL_LEN, (uint32_t)number,
					SOON(), &event));
		event.len = stream_len(number, XL_LEN);
		stream_fill(event.data, event.len, number);
		sched_yield();
		MUST(stream_intact(&event, number, XL_LEN));
		rring_share(client, &event);
		MUST(!rring_drop(client, &event));
	}
	return 0;
}

TEST_F(exhausted, one_slot_goes_round_among_many_clients)
{
	pid_t pid[PASSERS];
	int i;

	for (i = 0; i < PASSERS; i++)
		pid[i] = spawn(pass_around, &self->arena_fd);
	for (i = 0; i < PASSERS; i++)
		EXPECT_EQ(0, reap(pid[i]));
}

/* ---- two sweeps at a time ---- */

#define SWEPT	1024
#define ROUNDS	5000

static int take_and_drop(struct rring_client *client)
{
	struct rring_event event;
	int err = rring_alloc(client, 8, 1, &event);

	if (err)
		return err;
	rring_share(client, &event);
	return rring_drop(client, &event);
}

static void take_all_but(struct rring_client *client, int slots)
{
	struct rring_event event;
	int i;

	for (i = 0; i < SWEPT / 2 - slots; i++)
		MUST(!rring_alloc(client, 8, 1, &event));
}

/*
 * Sweep without end. Enough slots are not in flight, so that the deep half is
 * not needed.
 */
static int sweep_on(void *arg)
{
	struct rring_client *client = client_of(*(int *)arg, RRING_PRODUCER);

	take_all_but(client, 4);
	while (!take_and_drop(client))
		;
	return 1;
}

FIXTURE(sweep)
{
	int arena_fd;
};

FIXTURE_SETUP(sweep)
{
	static const uint32_t capacity[RRING_POOLS] = { SWEPT };

	self->arena_fd = arena_with(capacity, 50);
}

FIXTURE_TEARDOWN(sweep)
{
	close(self->arena_fd);
}

/*
 * The client's slots count as in flight, so that only the deep half of a sweep
 * finds the one that is not held; its quota allows no other slot. The shallow
 * half of another client's sweep must not hide that slot.
 */
TEST_F_TIMEOUT(sweep, by_another_hides_no_free_slot, 100)
{
	struct rring_client *client = client_of(self->arena_fd, RRING_PRODUCER);
	rring_word_t *ledger = client->pool[RRING_XS].ledger;
	pid_t pid = spawn(sweep_on, &self->arena_fd);
	int i;

	take_all_but(client, 1);
	for (i = 0; i < SWEPT; i++)
		rring_word_store_release(&ledger[i], RRING_IN_FLIGHT |
					 rring_word_load(&ledger[i]));
	for (i = 0; i < (int)rounds(ROUNDS) && !take_and_drop(client); i++)
		;
	EXPECT_EQ((int)rounds(ROUNDS), i);
	kill(pid, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, reap(pid));
	rring_close(client);
	client = client_of(self->arena_fd, RRING_OBSERVER);
	EXPECT_TRUE(all_free(client));
}

TEST_HARNESS_MAIN
