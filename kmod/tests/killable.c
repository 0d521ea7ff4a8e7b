// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* A task that waits for a mutex of the module can be killed. */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "../core/arena.h"
#include "../core/barrier.h"
#include "../core/names.h"
#include "../core/pool.h"
#include "../core/reclaim.h"
#include "../core/usage.h"
#include "../kclient/client.h"
#include "../kclient/reader.h"
#include "../kclient/writer.h"
#include "fixture.h"

#define KILL_TIMEOUT	(30 * HZ)	/* then a wait is not killable */

/* One call that waits for a lock, and what it returns when it is killed. */
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
	return kring_pool_sweep(pool_of(client), client, FIXTURE_S, NULL);
}

static long run_sweep_recent(struct kring_client *client)
{
	return kring_sweep_recent(pool_of(client), 1, NULL);
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

/* Put the reference to @arena, if it is one. Return 0 or the error. */
static long put_found(struct kring_arena *arena)
{
	if (IS_ERR(arena))
		return PTR_ERR(arena);
	kring_arena_put(arena);
	return 0;
}

static long run_create(struct kring_client *client)
{
	static const struct rring_create args = {
		.size = sizeof(args),
		.capacity = { 1 },
		.uid = ~0u,
		.gid = ~0u,
	};

	return put_found(kring_arena_new(&args, &init_net));
}

static long run_enter(struct kring_client *client)
{
	static const struct rring_create args = { .name = FIXTURE_NAME };

	return kring_names_enter(client->arena, &args, &init_net);
}

static long run_remove(struct kring_client *client)
{
	return kring_arena_unname(FIXTURE_NAME, &init_net);
}

static long run_lookup(struct kring_client *client)
{
	return put_found(kring_arena_lookup(FIXTURE_NAME, &init_net));
}

static bool any_arena(const struct kring_arena *arena, void *context)
{
	return true;
}

static long run_next(struct kring_client *client)
{
	return put_found(kring_arena_next(&init_net, 0, any_arena, NULL));
}

static long run_each(struct kring_client *client)
{
	return kring_arena_each(&init_net, any_arena, NULL);
}

static const struct killed_call names_calls[] = {
	{ "CREATE", run_create, -EINTR },
	{ "the entry of an arena", run_enter, -EINTR },
	{ "REMOVE", run_remove, -EINTR },
	{ "ATTACH", run_attach, -EINTR },
	{ "the lookup of a kernel client", run_lookup, -EINTR },
	{ "the search of a netlink request", run_next, -EINTR },
	{ "the look at all arenas", run_each, -EINTR },
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
 * for @lock. Return -ETIME if the call does not return; otherwise return what
 * @call has returned.
 */
static long kill_call(const struct killed_call *call,
		      struct kring_client *client, struct mutex *lock)
{
	struct victim victim = { .call = call, .client = client };
	struct task_struct *task;
	bool lost;

	init_completion(&victim.ready);
	init_completion(&victim.done);
	task = kthread_create(victim_thread, &victim, "kring_victim");
	if (IS_ERR(task))
		return PTR_ERR(task);
	get_task_struct(task);
	mutex_lock(lock);
	wake_up_process(task);
	wait_for_completion(&victim.ready);
	send_sig(SIGKILL, task, 1);
	lost = !wait_for_completion_timeout(&victim.done, KILL_TIMEOUT);
	mutex_unlock(lock);
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
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    kill_call(&calls[i], client, &arena->lock),
				    calls[i].result, "%s", calls[i].name);
	KUNIT_EXPECT_PTR_EQ(test, arena->kernel, NULL);
}

static void killed_task_waits_for_no_names_lock(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	const struct killed_call *call = names_calls;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(names_calls); i++, call++)
		KUNIT_EXPECT_EQ_MSG(test,
				    kill_call(call, client, &kring_names_lock),
				    call->result, "%s", call->name);
}

/* One file cannot be attached by two threads at a time: the second one waits. */
static void killed_task_waits_for_no_other_attach(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct killed_call call = { .name = "ATTACH", .run = run_attach_again };

	KUNIT_EXPECT_EQ(test, kill_call(&call, client, &client->attach_lock),
			(long)-EINTR);
}

static struct kunit_case killable_cases[] = {
	KUNIT_CASE(killed_task_waits_for_no_lock),
	KUNIT_CASE(killed_task_waits_for_no_names_lock),
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
