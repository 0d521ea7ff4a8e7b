// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Wait and wake: flags and event counts; no sleeper misses a wake. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "../core/pool.h"
#include "../core/reader.h"
#include "../core/wait.h"
#include "../core/writer.h"
#include "../kclient/writer.h"
#include "fixture.h"

#define PROGRESS_TIMEOUT (30 * HZ)	/* then an actor is lost */
#define ROUNDS		1000
#define SECOND		1000000000ull

/* ---- actors: threads that act as clients ---- */

struct actor {
	int (*run)(struct actor *actor);
	struct task_struct *task;
	struct completion ready;	/* a signal can end its sleep */
	struct completion done;
	struct kring_client *client;
	struct kring_ring *ring;
	struct kring_reader *reader;
	u32 rounds;
	u32 round;			/* how far it has got */
	int err;
};

static int actor_thread(void *data)
{
	struct actor *actor = data;

	allow_signal(SIGUSR1);
	fixture_use_mm();
	complete(&actor->ready);
	actor->err = actor->run(actor);
	fixture_unuse_mm();
	flush_signals(current);
	complete(&actor->done);
	return 0;
}

static void actor_start(struct kunit *test, struct actor *actor)
{
	init_completion(&actor->ready);
	init_completion(&actor->done);
	actor->task = kthread_create(actor_thread, actor, "kring_actor");
	KUNIT_ASSERT_FALSE(test, IS_ERR(actor->task));
	get_task_struct(actor->task);
	wake_up_process(actor->task);
	wait_for_completion(&actor->ready);
}

/* Wait until @actor is done. False: no progress for PROGRESS_TIMEOUT. */
static bool actor_await(struct actor *actor)
{
	u32 round;

	do {
		round = READ_ONCE(actor->round);
		if (wait_for_completion_timeout(&actor->done, PROGRESS_TIMEOUT))
			return true;
	} while (READ_ONCE(actor->round) != round);
	return false;
}

/*
 * Wait for @actor and end its thread. Returns what .run has returned; -ETIME:
 * no progress, and a signal has ended its sleep.
 */
static int actor_finish(struct actor *actor)
{
	bool lost = !actor_await(actor);

	if (lost) {
		send_sig(SIGUSR1, actor->task, 1);
		wait_for_completion(&actor->done);
	}
	kthread_stop(actor->task);
	put_task_struct(actor->task);
	return lost ? -ETIME : actor->err;
}

/*
 * Call WAKE for those flags of @waiters that are raised. L: a barrier for the
 * compiler.
 */
static void wake(struct kring_client *client, struct kring_ring *ring,
		 u32 waiters)
{
	struct rring_wake args = { .ring = ring->id };

	barrier();
	args.flags = rring_flag_load(&ring->info->waiters) & waiters;
	if (args.flags)
		fixture_command(client, RRING_IOC_WAKE, &args, sizeof(args));
}

static int wait_readable(struct actor *actor, u64 position, u64 deadline)
{
	struct rring_wait args = {
		.what = RRING_WAIT_READABLE,
		.ring = actor->ring->id,
		.reader = actor->reader->id,
		.position = position,
		.deadline = deadline,
	};

	return fixture_command(actor->client, RRING_IOC_WAIT, &args,
			       sizeof(args));
}

static int wait_writable(struct actor *actor, u64 position, u64 deadline)
{
	struct rring_wait args = {
		.what = RRING_WAIT_WRITABLE,
		.ring = actor->ring->id,
		.position = position,
		.deadline = deadline,
	};

	return fixture_command(actor->client, RRING_IOC_WAIT, &args,
			       sizeof(args));
}

static int wait_first(struct actor *actor)
{
	return wait_readable(actor, 0, RRING_FOREVER);
}

static int wait_any(struct actor *actor)
{
	struct rring_wait args = {
		.what = RRING_WAIT_ANY,
		.position = 3,
		.deadline = RRING_FOREVER,
	};

	return fixture_command(actor->client, RRING_IOC_WAIT, &args,
			       sizeof(args));
}

/* Wait for room in .ring, or for the end of the ring read with cursor 0. */
static int wait_peer(struct actor *actor)
{
	struct rring_wait args = {
		.what = RRING_WAIT_PEER,
		.ring = actor->ring->id,
		.reader = 0,
		.deadline = RRING_FOREVER,
	};

	return fixture_command(actor->client, RRING_IOC_WAIT, &args,
			       sizeof(args));
}

static int refill_one(struct actor *actor)
{
	struct rring_refill args = {
		.pool = RRING_S,
		.count = 1,
		.deadline = RRING_FOREVER,
	};
	int err = fixture_command(actor->client, RRING_IOC_REFILL, &args,
				  sizeof(args));

	actor->rounds = args.count;
	return err;
}

/*
 * Wait until the sleeper has raised one of @bits, for PROGRESS_TIMEOUT at most.
 * A later WAKE reaches it.
 */
static void await_flag(const rring_flag_t *flag, u32 bits)
{
	unsigned long end = jiffies + PROGRESS_TIMEOUT;

	while (!(rring_flag_load(flag) & bits) && time_before(jiffies, end))
		usleep_range(50, 100);
}

static struct kring_ring *open(struct kunit *test, struct kring_client *writer,
			       u32 capacity)
{
	return fixture_ring(test, writer, &(struct rring_ring_open) {
		.kind = RRING_INLINE,
		.capacity = capacity,
		.stride = RRING_STRIDE_MIN,
	});
}

/* ---- event counts ---- */

struct counted_wait {
	struct kring_evcount evcount;
	u32 ready_calls;	/* calls of .ready */
	u32 ready_at;		/* from this call on .ready returns .err */
	u32 signal_at;		/* this call signals; 0: none */
	u32 raised;		/* .ready_calls at the call of .raise */
	int err;
};

static int count_ready(void *context, u64 *wake_at)
{
	struct counted_wait *wait = context;

	wait->ready_calls++;
	if (wait->ready_calls == wait->signal_at)
		kring_evcount_signal(&wait->evcount);
	return wait->ready_calls >= wait->ready_at ? wait->err : -EAGAIN;
}

static void count_raise(void *context)
{
	struct counted_wait *wait = context;

	wait->raised = wait->ready_calls;
}

static const struct kring_wait_ops counted_wait_ops = {
	.ready = count_ready,
	.raise = count_raise,
};

static int wait_counted(struct kunit *test, struct counted_wait *wait,
			u64 deadline)
{
	struct fixture *fixture = test->priv;
	struct kring_client *client = fixture->client[0];

	if (!client)
		client = fixture_client(test, RRING_CONSUMER);
	kring_evcount_init(&wait->evcount, fixture_arena(test));
	return kring_evcount_wait(&wait->evcount, client, &counted_wait_ops,
				  wait, deadline);
}

static void ready_wait_returns_at_once(struct kunit *test)
{
	struct counted_wait wait = { .ready_at = 1, .err = -EPIPE };

	KUNIT_EXPECT_EQ(test, wait_counted(test, &wait, RRING_FOREVER), -EPIPE);
	KUNIT_EXPECT_EQ(test, wait.ready_calls, 1u);
	KUNIT_EXPECT_EQ(test, wait.raised, 0u);
}

static void zero_deadline_raises_no_flag(struct kunit *test)
{
	struct counted_wait wait = { .ready_at = 2 };

	KUNIT_EXPECT_EQ(test, wait_counted(test, &wait, 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, wait.ready_calls, 1u);
	KUNIT_EXPECT_EQ(test, wait.raised, 0u);
}

/* The second look finds what came before the flag was raised. */
static void second_look_comes_after_the_flag(struct kunit *test)
{
	struct counted_wait wait = { .ready_at = 2 };
	u64 deadline = ktime_get_ns() + 10 * SECOND;

	KUNIT_EXPECT_EQ(test, wait_counted(test, &wait, deadline), 0);
	KUNIT_EXPECT_EQ(test, wait.raised, 1u);
	KUNIT_EXPECT_EQ(test, wait.ready_calls, 2u);
}

/*
 * If the event count is signalled during a look, the task does not sleep after
 * it.
 */
static void signal_before_sleep_prevents_it(struct kunit *test)
{
	struct counted_wait wait = { .ready_at = 3 };

	for (wait.signal_at = 1; wait.signal_at <= 2; wait.signal_at++) {
		u64 deadline = ktime_get_ns() + 30 * SECOND;

		wait.ready_calls = 0;
		KUNIT_EXPECT_EQ(test, wait_counted(test, &wait, deadline), 0);
		KUNIT_EXPECT_EQ(test, wait.ready_calls, 3u);
		KUNIT_EXPECT_LT(test, ktime_get_ns(), deadline);
	}
}

static void deadline_is_kept(struct kunit *test)
{
	struct counted_wait wait = { .ready_at = ~0u };
	u64 deadline = ktime_get_ns() + SECOND / 50;

	KUNIT_EXPECT_EQ(test, wait_counted(test, &wait, deadline), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, ktime_get_ns(), deadline);
	KUNIT_EXPECT_GE(test, wait.ready_calls, 3u);
}

/* ---- sleepers ---- */

static int run_writer(struct actor *actor)
{
	u32 capacity = actor->ring->info->capacity;
	u64 *data = fixture_page(actor->ring) + actor->ring->info->data_offset;
	u32 i;

	for (i = 0; i < actor->rounds; i++) {
		int err = i < capacity ? 0 :
			  wait_writable(actor, i - capacity, RRING_FOREVER);

		if (err)
			return err;
		WRITE_ONCE(data[i % capacity * 8], i);
		WRITE_ONCE(actor->round, i);
		fixture_commit(actor->ring, 1);
		wake(actor->client, actor->ring, RRING_READERS_WAIT);
	}
	return 0;
}

static int run_reader(struct actor *actor)
{
	u32 capacity = actor->ring->info->capacity;
	u64 *data = fixture_page(actor->ring) + actor->ring->info->data_offset;
	u32 i;

	for (i = 0; i < actor->rounds; i++) {
		int err = wait_readable(actor, i, RRING_FOREVER);

		if (err)
			return err;
		if (READ_ONCE(data[i % capacity * 8]) != i)
			return -EBADMSG;
		WRITE_ONCE(actor->round, i);
		fixture_release(actor->reader, i + 1);
		wake(actor->client, actor->ring, RRING_WRITER_WAITS);
	}
	return 0;
}

/* Writer and reader always wait for each other, in rings of 1 and 3 entries. */
static void no_wake_is_lost(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	u32 capacity;

	for (capacity = 1; capacity <= 3; capacity += 2) {
		struct kring_ring *ring = open(test, writer, capacity);
		struct kring_reader *reader = fixture_join(test, client, ring,
							   NULL);
		struct actor w = { .run = run_writer, .client = writer,
				   .ring = ring, .rounds = ROUNDS };
		struct actor r = { .run = run_reader, .client = client,
				   .ring = ring, .reader = reader,
				   .rounds = ROUNDS };

		actor_start(test, &r);
		actor_start(test, &w);
		KUNIT_EXPECT_EQ(test, actor_finish(&w), 0);
		KUNIT_EXPECT_EQ(test, actor_finish(&r), 0);
		KUNIT_EXPECT_GT(test, ring->wakes, 0ull);
	}
}

static void reader_sleeps_until_its_deadline(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, 2);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);
	struct actor self = { .client = client, .ring = ring,
			      .reader = reader };
	u64 deadline = ktime_get_ns() + SECOND / 50;

	KUNIT_EXPECT_EQ(test, wait_readable(&self, 0, 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, wait_readable(&self, 0, deadline), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, ktime_get_ns(), deadline);
	KUNIT_EXPECT_EQ(test, wait_writable(&self, 0, 0), -ETIMEDOUT);
	fixture_commit(ring, 2);
	KUNIT_EXPECT_EQ(test, wait_readable(&self, 0, 0), 0);
	fixture_release(self.reader, 1);
	KUNIT_EXPECT_EQ(test, wait_writable(&self, 0, 0), 0);
}

static void signal_ends_a_wait(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = open(test, writer, 2);
	struct actor sleeper = { .run = wait_first, .client = client,
				 .ring = ring };

	sleeper.reader = fixture_join(test, client, ring, NULL);
	actor_start(test, &sleeper);
	await_flag(&ring->info->waiters, RRING_READERS_WAIT);
	send_sig(SIGUSR1, sleeper.task, 1);
	KUNIT_EXPECT_EQ(test, actor_finish(&sleeper), -ERESTARTSYS);
}

static void end_of_stream_ends_a_wait(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = open(test, writer, 2);
	struct actor sleeper = { .run = wait_first, .client = client,
				 .ring = ring };

	sleeper.reader = fixture_join(test, client, ring, NULL);
	actor_start(test, &sleeper);
	await_flag(&ring->info->waiters, RRING_READERS_WAIT);
	fixture_kill(test, writer);
	KUNIT_EXPECT_EQ(test, actor_finish(&sleeper), 0);
}

/* If the sleeping client itself dies, its wait fails with -EOWNERDEAD. */
static void own_death_ends_a_wait(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = open(test, writer, 2);
	struct actor sleeper = { .run = wait_first, .client = client,
				 .ring = ring };

	sleeper.reader = fixture_join(test, client, ring, NULL);
	kref_get(&client->ref);
	actor_start(test, &sleeper);
	await_flag(&ring->info->waiters, RRING_READERS_WAIT);
	fixture_kill(test, client);
	KUNIT_EXPECT_EQ(test, actor_finish(&sleeper), -EOWNERDEAD);
	kring_client_put(client);
}

/* An event in either of two rings wakes a client that waits for both. */
static void wait_any_is_woken_by_either_ring(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring[2];
	u32 i;

	for (i = 0; i < 2; i++) {
		ring[i] = open(test, writer, 8);
		fixture_join(test, client, ring[i], NULL);
	}
	for (i = 0; i < 2; i++) {
		struct actor sleeper = { .run = wait_any, .client = client };

		actor_start(test, &sleeper);
		await_flag(&ring[0]->info->waiters, RRING_READERS_WAIT);
		await_flag(&ring[1]->info->waiters, RRING_READERS_WAIT);
		fixture_commit(ring[i], 1);
		wake(writer, ring[i], RRING_READERS_WAIT);
		KUNIT_EXPECT_EQ(test, actor_finish(&sleeper), 0);
		fixture_release(client->readers[i], 1);
	}
}

static void end_of_peer_ring_ends_a_wait(struct kunit *test)
{
	struct kring_client *server = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *requests = open(test, client, 1);
	struct kring_ring *answers = open(test, server, 1);
	struct actor sleeper = { .run = wait_peer, .client = server,
				 .ring = answers };
	struct rring_ring_close close = { .ring = requests->id };

	fixture_join(test, server, requests, NULL);
	fixture_join(test, client, answers, NULL);
	fixture_commit(answers, 1);
	actor_start(test, &sleeper);
	await_flag(&requests->info->waiters, RRING_READERS_WAIT);
	KUNIT_EXPECT_EQ(test, kring_ring_close(client, &close), 0);
	KUNIT_EXPECT_EQ(test, actor_finish(&sleeper), -EPIPE);
}

/* A slot that is dropped goes to a client that waits for a slot. */
static void dropped_slot_wakes_a_refill(struct kunit *test)
{
	struct kring_client *holder = fixture_client(test, RRING_PRODUCER);
	struct kring_client *waiter = fixture_client(test, RRING_PRODUCER);
	struct rring_arena_info *info = fixture_arena(test)->info;
	struct rring_wake args = { .flags = RRING_WAKE_POOLS,
				   .pools = BIT(RRING_S) };
	struct actor sleeper = { .run = refill_one, .client = waiter };
	u64 handle = 0;

	KUNIT_ASSERT_EQ(test, fixture_alloc_all(test, holder, RRING_S, &handle),
			(u32)FIXTURE_S);
	actor_start(test, &sleeper);
	await_flag(&info->pool_waiters, BIT(RRING_S));
	fixture_drop(holder, handle);
	KUNIT_EXPECT_EQ(test, fixture_command(holder, RRING_IOC_WAKE, &args,
					      sizeof(args)), 0);
	KUNIT_EXPECT_EQ(test, actor_finish(&sleeper), 0);
	KUNIT_EXPECT_EQ(test, sleeper.rounds, 1u);
}

/*
 * A slot is dropped, and another thread of the waiting client gets it: the sleeper
 * ends all the same. If it has not slept yet, it may get the slot itself.
 */
static void refill_ends_if_another_thread_has_filled_the_magazine(struct kunit
								   *test)
{
	struct kring_client *holder = fixture_client(test, RRING_PRODUCER);
	struct kring_client *waiter = fixture_client(test, RRING_PRODUCER);
	struct rring_arena_info *info = fixture_arena(test)->info;
	struct rring_wake args = { .flags = RRING_WAKE_POOLS,
				   .pools = BIT(RRING_S) };
	struct actor sleeper = { .run = refill_one, .client = waiter };
	u64 handle = 0;
	u32 refilled;

	fixture_alloc_all(test, holder, RRING_S, &handle);
	actor_start(test, &sleeper);
	await_flag(&info->pool_waiters, BIT(RRING_S));
	fixture_drop(holder, handle);
	refilled = fixture_refill(waiter, RRING_S, 1);
	KUNIT_EXPECT_EQ(test, fixture_command(holder, RRING_IOC_WAKE, &args,
					      sizeof(args)), 0);
	KUNIT_EXPECT_EQ(test, actor_finish(&sleeper), 0);
	KUNIT_EXPECT_EQ(test, refilled + sleeper.rounds, 1u);
}

/* A kernel writer wakes a reader, although it writes with interrupts off. */
static void kernel_writer_wakes_a_reader(struct kunit *test)
{
	const struct rring_kwriter_config config = {
		.arena = FIXTURE_NAME,
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 8,
		.stride = RRING_STRIDE_MIN,
	};
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct rring_kwriter *kw = rring_kwriter_open(&config);
	struct actor sleeper = { .run = wait_first, .client = client };
	unsigned long flags;
	int err;

	KUNIT_ASSERT_FALSE(test, IS_ERR(kw));
	sleeper.ring = kw->ring;
	sleeper.reader = fixture_join(test, client, kw->ring, NULL);
	actor_start(test, &sleeper);
	await_flag(&kw->info->waiters, RRING_READERS_WAIT);
	local_irq_save(flags);
	err = rring_kwriter_write(kw, "event", 5, 1);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, actor_finish(&sleeper), 0);
	rring_kwriter_close(kw, 0);
}

static void poll_mask_follows_the_ring(struct kunit *test)
{
	const __poll_t in = EPOLLIN | EPOLLRDNORM;
	const __poll_t out = EPOLLOUT | EPOLLWRNORM;
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, 1);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);

	KUNIT_EXPECT_TRUE(test, kring_client_poll(client) == out);
	KUNIT_EXPECT_EQ(test, rring_flag_load(&ring->info->waiters),
			RRING_READERS_WAIT | RRING_WRITER_WAITS);
	fixture_commit(ring, 1);
	KUNIT_EXPECT_TRUE(test, kring_client_poll(client) == in);
	fixture_release(reader, 1);
	KUNIT_EXPECT_TRUE(test, kring_client_poll(client) == out);
}

static struct kunit_case wake_cases[] = {
	KUNIT_CASE(ready_wait_returns_at_once),
	KUNIT_CASE(zero_deadline_raises_no_flag),
	KUNIT_CASE(second_look_comes_after_the_flag),
	KUNIT_CASE(signal_before_sleep_prevents_it),
	KUNIT_CASE(deadline_is_kept),
	KUNIT_CASE(no_wake_is_lost),
	KUNIT_CASE(reader_sleeps_until_its_deadline),
	KUNIT_CASE(signal_ends_a_wait),
	KUNIT_CASE(end_of_stream_ends_a_wait),
	KUNIT_CASE(own_death_ends_a_wait),
	KUNIT_CASE(wait_any_is_woken_by_either_ring),
	KUNIT_CASE(end_of_peer_ring_ends_a_wait),
	KUNIT_CASE(dropped_slot_wakes_a_refill),
	KUNIT_CASE(refill_ends_if_another_thread_has_filled_the_magazine),
	KUNIT_CASE(kernel_writer_wakes_a_reader),
	KUNIT_CASE(poll_mask_follows_the_ring),
	{}
};

static struct kunit_suite wake_suite = {
	.name = "wake",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = wake_cases,
};

kunit_test_suite(wake_suite);
