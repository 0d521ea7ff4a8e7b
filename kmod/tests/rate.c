// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* A client interrupts the CPUs of its peers at a limited rate. */
#include <linux/wait.h>

#include "../core/pool.h"
#include "../core/rate.h"
#include "../core/reader.h"
#include "../core/refill.h"
#include "../core/wait.h"
#include "../core/wake.h"
#include "../linux/rate.h"
#include "fixture.h"

#define CALLS	400u	/* more than KRING_RATE_BURST */
#define SLOW	1u	/* barriers in a second */
#define SECOND	1000000000ull

static unsigned int default_rate;

static int rate_init(struct kunit *test)
{
	default_rate = kring_barrier_rate;
	return fixture_init(test);
}

static void rate_exit(struct kunit *test)
{
	kring_barrier_rate = default_rate;
	fixture_exit(test);
}

/* A client, a ring that it reads, and the time before it attached. */
struct subject {
	struct kring_client *writer;
	struct kring_client *client;
	struct kring_ring *ring;
	struct kring_reader *reader;
	u64 began;
	u64 before;		/* its barriers until then */
};

static void set_up(struct kunit *test, struct subject *subject)
{
	subject->began = ktime_get_ns();
	subject->writer = fixture_client(test, RRING_PRODUCER);
	subject->client = fixture_client(test, RRING_PRODUCER);
	subject->ring = fixture_ring(test, subject->writer,
				     &(struct rring_ring_open) {
		.kind = RRING_INLINE,
		.capacity = 8,
		.stride = RRING_STRIDE_MIN,
	});
	subject->reader = fixture_join(test, subject->client, subject->ring,
				       NULL);
	subject->before = atomic64_read(&subject->client->rate->barriers);
}

/* Most barriers of clients that one after the other attached since @began. */
static u64 earned_since(u64 began)
{
	return (ktime_get_ns() - began) * kring_barrier_rate / SECOND;
}

/* Most barriers of @subject since set_up(). */
static u64 bound(const struct subject *subject)
{
	return earned_since(subject->began);
}

static u64 barriers(const struct subject *subject)
{
	return atomic64_read(&subject->client->rate->barriers) -
	       subject->before;
}

static void use_up(const struct subject *subject)
{
	u64 due = RRING_FOREVER;

	kring_barrier_rate = SLOW;
	while (kring_rate_barrier(subject->client, &due))
		;
}

static int sleep_briefly(const struct subject *subject)
{
	struct rring_wait args = {
		.what = RRING_WAIT_READABLE,
		.ring = subject->ring->id,
		.reader = subject->reader->id,
		.deadline = ktime_get_ns() + SECOND / 10000,
	};

	return kring_reader_wait_readable(subject->client, &args);
}

static void sleeps_cause_few_barriers(struct kunit *test)
{
	struct subject subject;
	u32 i;

	set_up(test, &subject);
	kring_barrier_rate = SLOW;
	for (i = 0; i < CALLS; i++)
		KUNIT_EXPECT_EQ(test, sleep_briefly(&subject), -ETIMEDOUT);
	KUNIT_EXPECT_LE(test, barriers(&subject), bound(&subject));
	KUNIT_EXPECT_GT(test, atomic64_read(&subject.client->rate->refused),
			0ll);
}

static void polls_cause_few_barriers(struct kunit *test)
{
	struct subject subject;
	u32 i;

	set_up(test, &subject);
	kring_barrier_rate = SLOW;
	for (i = 0; i < CALLS; i++)
		kring_client_poll(subject.client);
	KUNIT_EXPECT_LE(test, barriers(&subject), bound(&subject));
}

/* A gating join waits for its barrier; the count is that of the calls. */
static void joins_wait_for_their_barrier(struct kunit *test)
{
	struct subject subject;
	struct rring_reader_rejoin args = { .size = sizeof(args) };
	u32 i;

	set_up(test, &subject);
	kring_barrier_rate = 1000;
	args.ring = subject.ring->id;
	args.reader = subject.reader->id;
	for (i = 0; i < CALLS; i++)
		KUNIT_EXPECT_EQ(test, kring_reader_rejoin(subject.client,
							  &args), 0);
	KUNIT_EXPECT_EQ(test, barriers(&subject), (u64)CALLS);
	KUNIT_EXPECT_LE(test, barriers(&subject), bound(&subject));
}

/* A program that looks for rings by trying their names does not wait for each. */
static void failed_join_needs_no_barrier(struct kunit *test)
{
	struct rring_reader_join args = { .ring_name = "none" };
	struct subject subject;
	s64 refused;

	set_up(test, &subject);
	refused = atomic64_read(&subject.client->rate->refused);
	KUNIT_EXPECT_EQ(test, kring_reader_join(subject.client, &args),
			-ENOENT);
	args.ring_name[0] = 0;
	args.ring = subject.ring->id + 1;
	KUNIT_EXPECT_EQ(test, kring_reader_join(subject.client, &args),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, barriers(&subject), 0ull);
	KUNIT_EXPECT_EQ(test, atomic64_read(&subject.client->rate->refused),
			refused);
}

/* Clients that come and go have no more barriers than one that stays. */
static void new_client_has_no_barrier_to_spare(struct kunit *test)
{
	u64 began = ktime_get_ns();
	u64 passed = 0;
	u32 i;

	kring_barrier_rate = SLOW;
	for (i = 0; i < CALLS; i++) {
		struct kring_client *client = fixture_client(test,
							     RRING_OBSERVER);
		u64 due = RRING_FOREVER;

		passed += kring_rate_barrier(client, &due);
		fixture_kill(test, client);
	}
	KUNIT_EXPECT_LE(test, passed, earned_since(began));
}

/* The others of the arena do not pay for a client that exceeds its rate. */
static void each_client_has_its_rate(struct kunit *test)
{
	struct subject subject;
	u64 due = RRING_FOREVER;

	set_up(test, &subject);
	use_up(&subject);
	/* it has slept for long */
	atomic64_set(&subject.writer->rate->barrier_bucket, 0);
	KUNIT_EXPECT_TRUE(test, kring_rate_barrier(subject.writer, &due));
	KUNIT_EXPECT_EQ(test, due, RRING_FOREVER);
}

/* A condition that becomes true without a signal. */
struct silent_wait {
	const struct subject *subject;
	u32 looks;
};

/* Also use up the client's rate, so that the sleep comes without a barrier. */
static int look_silently(void *context, u64 *wake_at)
{
	struct silent_wait *wait = context;

	use_up(wait->subject);
	return ++wait->looks > 2 ? 0 : -EAGAIN;
}

static void raise_nothing(void *context)
{
}

/*
 * A client beyond its rate sleeps without a barrier, so a peer may not have seen
 * its flag. It looks again when the barrier is due, though nobody wakes it.
 */
static void sleeper_looks_again_when_its_barrier_is_due(struct kunit *test)
{
	const struct kring_wait_ops ops = {
		.ready = look_silently,
		.raise = raise_nothing,
	};
	struct subject subject;
	struct silent_wait wait = { .subject = &subject };

	set_up(test, &subject);
	KUNIT_EXPECT_EQ(test, kring_evcount_wait(&subject.client->evcount,
						 subject.client, &ops, &wait,
						 RRING_FOREVER), 0);
	KUNIT_EXPECT_EQ(test, wait.looks, 3u);
}

/* Counts the wake-ups of those who poll. */
struct poller {
	struct wait_queue_entry entry;
	atomic_t woken;
};

static int count_wake(wait_queue_entry_t *entry, unsigned int mode, int flags,
		      void *key)
{
	atomic_inc(&container_of(entry, struct poller, entry)->woken);
	return 0;
}

/* Wait until the worker has passed the barrier that poll() has left to it. */
static void await_late_barrier(struct kring_client *client)
{
	bool late;

	kring_barrier_rate = 1000;
	do {
		flush_delayed_work(&client->rate->late);
		mutex_lock(&client->arena->lock);
		late = client->rate->late_poll;
		mutex_unlock(&client->arena->lock);
	} while (late);
}

/* Count in @poller how often those who poll the client of @subject are woken. */
static void begin_polling(struct subject *subject, struct poller *poller)
{
	atomic_set(&poller->woken, 0);
	init_waitqueue_func_entry(&poller->entry, count_wake);
	add_wait_queue(&subject->client->poll_queue, &poller->entry);
}

static void end_polling(struct subject *subject, struct poller *poller)
{
	remove_wait_queue(&subject->client->poll_queue, &poller->entry);
}

/* poll() leaves its barrier to the worker. */
static __poll_t poll_beyond_rate(struct subject *subject)
{
	use_up(subject);
	return kring_client_poll(subject->client);
}

/* poll() beyond the rate: a worker tells of a missed event, but not of none. */
static void poller_is_told_of_a_missed_event(struct kunit *test)
{
	struct poller poller;
	struct subject subject;

	set_up(test, &subject);
	begin_polling(&subject, &poller);
	KUNIT_EXPECT_FALSE(test, poll_beyond_rate(&subject) & EPOLLIN);
	fixture_commit(subject.ring, 1);
	await_late_barrier(subject.client);
	KUNIT_EXPECT_EQ(test, atomic_read(&poller.woken), 1);
	KUNIT_EXPECT_TRUE(test, poll_beyond_rate(&subject) & EPOLLIN);
	await_late_barrier(subject.client);
	KUNIT_EXPECT_EQ(test, atomic_read(&poller.woken), 1);
	end_polling(&subject, &poller);
}

/* A writer that has seen the flag has told of its event. */
static void poller_is_told_once_of_an_event(struct kunit *test)
{
	struct rring_wake wake = { .flags = RRING_WAKE_READERS };
	struct poller poller;
	struct subject subject;

	set_up(test, &subject);
	wake.ring = subject.ring->id;
	begin_polling(&subject, &poller);
	poll_beyond_rate(&subject);
	fixture_commit(subject.ring, 1);
	KUNIT_EXPECT_EQ(test, kring_wake(subject.writer, &wake), 0);
	await_late_barrier(subject.client);
	KUNIT_EXPECT_EQ(test, atomic_read(&poller.woken), 1);
	poll_beyond_rate(&subject);
	fixture_commit(subject.ring, 1);
	/* as a kernel writer wakes it */
	kring_client_wake(subject.client, EPOLLIN);
	await_late_barrier(subject.client);
	KUNIT_EXPECT_EQ(test, atomic_read(&poller.woken), 2);
	end_polling(&subject, &poller);
}

/* A poll() after the wake-up can miss the next event. */
static void poller_is_told_of_an_event_after_a_wake(struct kunit *test)
{
	struct poller poller;
	struct subject subject;

	set_up(test, &subject);
	begin_polling(&subject, &poller);
	poll_beyond_rate(&subject);
	fixture_commit(subject.ring, 1);
	kring_client_wake(subject.client, EPOLLIN);
	poll_beyond_rate(&subject);
	fixture_commit(subject.ring, 1);
	await_late_barrier(subject.client);
	KUNIT_EXPECT_EQ(test, atomic_read(&poller.woken), 2);
	end_polling(&subject, &poller);
}

/* An event of one ring counts, though the client leaves another meanwhile. */
static void poller_that_leaves_a_ring_misses_no_event(struct kunit *test)
{
	struct rring_reader_leave leave = {};
	struct kring_reader *reader;
	struct kring_ring *other;
	struct poller poller;
	struct subject subject;

	set_up(test, &subject);
	other = fixture_handle_ring(test, subject.writer, 8);
	reader = fixture_join(test, subject.client, other, NULL);
	leave.ring = other->id;
	leave.reader = reader->id;
	fixture_commit(other, 1);
	begin_polling(&subject, &poller);
	poll_beyond_rate(&subject);
	fixture_commit(subject.ring, 1);
	KUNIT_EXPECT_EQ(test, kring_reader_leave(subject.client, &leave), 0);
	await_late_barrier(subject.client);
	KUNIT_EXPECT_EQ(test, atomic_read(&poller.woken), 1);
	end_polling(&subject, &poller);
}

/* Return how often the sleepers of pool S were woken by @calls of WAKE. */
static u32 wake_pool(struct kunit *test, struct kring_client *client, u32 calls)
{
	struct kring_pool *pool = fixture_pool(test, RRING_S);
	struct rring_wake args = { .flags = RRING_WAKE_POOLS,
				   .pools = BIT(RRING_S) };
	u32 before = atomic_read(&pool->evcount.events);

	for (; calls; calls--) {
		/* as if somebody slept there all the time */
		kring_flag_raise(&pool->arena->info->pool_waiters,
				 BIT(RRING_S));
		KUNIT_EXPECT_EQ(test, kring_wake(client, &args), 0);
	}
	return atomic_read(&pool->evcount.events) - before;
}

static void vain_wakes_of_a_pool_are_few(struct kunit *test)
{
	struct kring_pool *pool = fixture_pool(test, RRING_S);
	rring_flag_t *waiters = &pool->arena->info->pool_waiters;
	struct subject subject;
	u32 before, i;

	set_up(test, &subject);
	kring_barrier_rate = SLOW;
	KUNIT_EXPECT_LE(test, wake_pool(test, subject.client, CALLS),
			2 * (u32)bound(&subject));
	/* the worker wakes them later */
	flush_delayed_work(&subject.client->rate->late);
	KUNIT_EXPECT_FALSE(test, rring_flag_load(waiters) & BIT(RRING_S));
	/* if a slot was freed in between, nothing is late */
	before = atomic_read(&pool->evcount.events);
	for (i = 0; i < CALLS; i++) {
		pool->info->reclaimed++;
		KUNIT_EXPECT_EQ(test, wake_pool(test, subject.client, 1), 1u);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&pool->evcount.events) - before,
			(int)CALLS);
}

/*
 * Another client has all slots in its magazine, and @subject has used up its
 * rate. Refill one slot with @deadline. Return how many slots were lent.
 */
static u32 refill_beyond_rate(struct kunit *test, struct subject *subject,
			      u64 deadline)
{
	struct kring_client *idle = fixture_client(test, RRING_PRODUCER);
	struct rring_refill args = {
		.pool = RRING_S,
		.count = 1,
		.deadline = deadline,
	};

	set_up(test, subject);
	while (fixture_refill(idle, RRING_S, FIXTURE_S) > 0 &&
	       fixture_pool(test, RRING_S)->nr_free)
		;
	use_up(subject);
	kring_barrier_rate = 100;
	KUNIT_EXPECT_EQ(test, kring_pool_refill(subject->client, &args), 0);
	KUNIT_EXPECT_GT(test, fixture_arena(test)->info->recalls, 0ull);
	return args.count;
}

/* It must not sleep for a slot, but it does not fail without a recall. */
static void refill_waits_for_its_recall(struct kunit *test)
{
	struct subject subject;

	KUNIT_EXPECT_EQ(test, refill_beyond_rate(test, &subject, 0), 1u);
}

/* Nobody wakes it, and it recalls when the barrier is due. */
static void sleeping_refill_recalls_later(struct kunit *test)
{
	struct subject subject;

	KUNIT_EXPECT_EQ(test, refill_beyond_rate(test, &subject,
						 RRING_FOREVER), 1u);
	KUNIT_EXPECT_FALSE(test, fixture_pool(test, RRING_S)->dry);
}

static struct kunit_case rate_cases[] = {
	KUNIT_CASE(sleeps_cause_few_barriers),
	KUNIT_CASE(polls_cause_few_barriers),
	KUNIT_CASE(joins_wait_for_their_barrier),
	KUNIT_CASE(failed_join_needs_no_barrier),
	KUNIT_CASE(new_client_has_no_barrier_to_spare),
	KUNIT_CASE(each_client_has_its_rate),
	KUNIT_CASE(sleeper_looks_again_when_its_barrier_is_due),
	KUNIT_CASE(poller_is_told_of_a_missed_event),
	KUNIT_CASE(poller_is_told_once_of_an_event),
	KUNIT_CASE(poller_is_told_of_an_event_after_a_wake),
	KUNIT_CASE(poller_that_leaves_a_ring_misses_no_event),
	KUNIT_CASE(vain_wakes_of_a_pool_are_few),
	KUNIT_CASE(refill_waits_for_its_recall),
	KUNIT_CASE(sleeping_refill_recalls_later),
	{}
};

static struct kunit_suite rate_suite = {
	.name = "rate",
	.suite_init = fixture_suite_init,
	.init = rate_init,
	.exit = rate_exit,
	.test_cases = rate_cases,
};

kunit_test_suite(rate_suite);
