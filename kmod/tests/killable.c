// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* A task that waits for the arena's lock can be killed. */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "../core/barrier.h"
#include "../core/pool.h"
#include "../core/reclaim.h"
#include "../core/usage.h"
#include "../kclient/client.h"
#include "../kclient/reader.h"
#include "../kclient/writer.h"
#include "fixture.h"

#define KILL_TIMEOUT	(30 * HZ)	/* then a wait is not killable */

/* One call that waits for the lock, and what it returns when it is killed. */
struct killed_call {
	const char *name;
	long (*run)(struct kring_client *client);
	long result;
};

static struct kring_pool *pool_of(struct kring_client *client)
{
	return &client->arena->pool[RRING_S];
}

static long run_attach_again(struct kring_client *client)
{
	struct rring_attach args = {
		.size = sizeof(args),
		.role = RRING_OBSERVER,
		.arena_fd = -1,
		.name = FIXTURE_NAME,
	};

	return kring_client_attach(client, &args);
}

static long run_attach(struct kring_client *client)
{
	struct kring_client *other = kring_client_new(true, NULL);
	int err;

	if (!other)
		return -ENOMEM;
	err = run_attach_again(other);
	kring_client_release(other);
	return err;
}

static long run_lock(struct kring_client *client)
{
	return kring_client_lock(client);
}

static long run_refill(struct kring_client *client)
{
	return fixture_refill(client, RRING_S, 1);
}

static long run_shallow_sweep(struct kring_client *client)
{
	return kring_sweep(pool_of(client), 1, KRING_SWEEP_LEDGERS, NULL);
}

static long run_deep_sweep(struct kring_client *client)
{
	return kring_sweep(pool_of(client), 1, KRING_SWEEP_WINDOWS, NULL);
}

static long run_pool_sweep(struct kring_client *client)
{
	return kring_pool_sweep(pool_of(client), client, FIXTURE_S);
}

static long run_sweep_recent(struct kring_client *client)
{
	return kring_sweep_recent(pool_of(client), 1);
}

static long run_sweep_oldest(struct kring_client *client)
{
	return kring_sweep_oldest(pool_of(client), client, 1, false);
}

static long run_sweep_range(struct kring_client *client)
{
	return kring_sweep_range_killable(pool_of(client), 0, FIXTURE_S);
}

static long run_recall(struct kring_client *client)
{
	kring_pool_recall(pool_of(client), NULL);
	return 0;
}

static long run_count_held(struct kring_client *client)
{
	return kring_sweep_held(pool_of(client));
}

static long run_count_in_flight(struct kring_client *client)
{
	return kring_sweep_in_flight(pool_of(client));
}

static long run_count_usage(struct kring_client *client)
{
	struct kring_usage usage;

	return kring_usage_count(pool_of(client), &usage);
}

static long run_barrier(struct kring_client *client)
{
	return kring_barrier_unlocked(client->arena);
}

static long run_client_0(struct kring_client *client)
{
	return PTR_ERR_OR_ZERO(kclient_get(client->arena, KCLIENT_LEDGER |
							  KCLIENT_CURSORS));
}

static long run_kwriter_open(struct kring_client *client)
{
	struct rring_kwriter_config config = {
		.arena = FIXTURE_NAME,
		.policy = RRING_FAIL,
		.capacity = 2,
		.stride = RRING_STRIDE_MIN,
	};
	struct rring_kwriter *kw = rring_kwriter_open(&config);

	return PTR_ERR_OR_ZERO(kw);
}

static long run_kreader_open(struct kring_client *client)
{
	struct rring_kreader_config config = {
		.arena = FIXTURE_NAME,
		.ring_id = 1,
	};
	struct rring_kreader *kr = rring_kreader_open(&config);

	return PTR_ERR_OR_ZERO(kr);
}

static const struct killed_call calls[] = {
	{ "ATTACH", run_attach, -EINTR },
	{ "the check of a call", run_lock, -EINTR },
	{ "REFILL", run_refill, -EINTR },
	{ "a shallow sweep", run_shallow_sweep, 0 },
	{ "a deep sweep", run_deep_sweep, 0 },
	{ "the sweep of a refill", run_pool_sweep, 0 },
	{ "the sweep of recent drops", run_sweep_recent, 0 },
	{ "the sweep of oldest entries", run_sweep_oldest, 0 },
	{ "RECLAIM", run_sweep_range, 0 },
	{ "a recall", run_recall, 0 },
	{ "the count of held slots", run_count_held, 0 },
	{ "the count of slots in flight", run_count_in_flight, 0 },
	{ "the count of uses", run_count_usage, -EINTR },
	{ "barrier K", run_barrier, -EINTR },
	{ "the first use of client 0", run_client_0, -EINTR },
	{ "the open of a kernel writer", run_kwriter_open, -EINTR },
	{ "the open of a kernel reader", run_kreader_open, -EINTR },
};

struct victim {
	const struct killed_call *call;
	struct kring_client *client;
	struct completion ready;	/* a signal can kill it */
	struct completion done;
	long result;
};

static int victim_thread(void *data)
{
	struct victim *victim = data;

	allow_signal(SIGKILL);
	fixture_use_mm();
	complete(&victim->ready);
	victim->result = victim->call->run(victim->client);
	fixture_unuse_mm();
	flush_signals(current);
	complete(&victim->done);
	return 0;
}

/*
 * Run @call in a thread of its own, which gets SIGKILL before or while it waits
 * for the lock. The caller holds the lock. Release the lock and return -ETIME if
 * the call does not return; otherwise return what @call has returned.
 */
static long kill_call(struct kunit *test, const struct killed_call *call,
		      struct kring_client *client)
{
	struct victim victim = { .call = call, .client = client };
	struct task_struct *task;
	bool lost;

	init_completion(&victim.ready);
	init_completion(&victim.done);
	task = kthread_create(victim_thread, &victim, "kring_victim");
	if (IS_ERR(task)) {
		mutex_unlock(&client->arena->lock);
		return PTR_ERR(task);
	}
	get_task_struct(task);
	wake_up_process(task);
	wait_for_completion(&victim.ready);
	send_sig(SIGKILL, task, 1);
	lost = !wait_for_completion_timeout(&victim.done, KILL_TIMEOUT);
	mutex_unlock(&client->arena->lock);
	if (lost)
		wait_for_completion(&victim.done);
	kthread_stop(task);
	put_task_struct(task);
	return lost ? -ETIME : victim.result;
}

static void killed_task_waits_for_no_lock(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_arena *arena = fixture_arena(test);
	u64 handle;
	u32 i;

	fixture_handle_ring(test, client, 4);
	/* slots are out: no sweep returns before it takes the lock */
	fixture_alloc_all(test, client, RRING_S, &handle);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		mutex_lock(&arena->lock);
		KUNIT_EXPECT_EQ_MSG(test, kill_call(test, &calls[i], client),
				    calls[i].result, "%s", calls[i].name);
	}
	KUNIT_EXPECT_PTR_EQ(test, arena->kernel, NULL);
}

/* One file cannot be attached by two threads at a time: the second one waits. */
static void killed_task_waits_for_no_other_attach(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct killed_call call = { .name = "ATTACH", .run = run_attach_again };

	mutex_lock(&client->attach_lock);
	mutex_lock(&client->arena->lock);
	KUNIT_EXPECT_EQ(test, kill_call(test, &call, client), (long)-EINTR);
	mutex_unlock(&client->attach_lock);
}

static struct kunit_case killable_cases[] = {
	KUNIT_CASE(killed_task_waits_for_no_lock),
	KUNIT_CASE(killed_task_waits_for_no_other_attach),
	{}
};

static struct kunit_suite killable_suite = {
	.name = "killable",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = killable_cases,
};

kunit_test_suite(killable_suite);
