// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Evictions by a worker, of clients whose processes keep their mmap_lock busy,
 * and evictions by a task that joins them.
 * All clients have the mm_struct of the task that loads this module. So the
 * suite gives the busy ones another one, which has a lock and nothing else.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mm_types.h>
#include <linux/sched/signal.h>

#include "../core/announce.h"
#include "../linux/inode.h"
#include "../netlink/evict.h"
#include "fixture.h"

#define ARENAS	2
#define EACH	150	/* busy clients; a queue runs at most 256 works */
#define SOON	(30 * HZ)

static struct {
	struct kring_arena *arena[ARENAS];
	struct kring_client *busy[ARENAS * EACH];
	struct kring_client *idle;	/* its mmap_lock is free */
	struct mm_struct *mm;		/* of .busy */
} ctx;

static void name_arena(char *name, u32 i)
{
	snprintf(name, RRING_NAME_MAX, "eviction-%u", i);
}

static struct kring_arena *new_arena(u32 i)
{
	struct rring_create args = {
		.size = sizeof(args),
		.capacity = { 1 },
		.max_clients = EACH + 1,
		.max_rings = 1,
		.uid = ~0u,
		.gid = ~0u,
	};

	name_arena(args.name, i);
	return kring_arena_new(&args, &init_net);
}

/* Return a live client of arena @i, or NULL. */
static struct kring_client *new_client(u32 i)
{
	struct rring_attach args = {
		.size = sizeof(args),
		.role = RRING_CONSUMER,
		.arena_fd = -1,
	};
	struct inode *inode = kring_inode_new();
	struct kring_client *client;

	if (IS_ERR(inode))
		return NULL;
	client = kring_client_new(true, inode);
	if (!client) {
		iput(inode);
		return NULL;
	}
	name_arena(args.name, i);
	if (kring_client_attach(client, &args)) {
		kring_client_release(client);
		return NULL;
	}
	client->state = RRING_CLIENT_LIVE;
	return client;
}

static void free_client(struct kring_client *client)
{
	if (!client)
		return;
	client->mm = current->mm;
	kring_client_release(client);
}

/* See fixture_exit(). */
static void eviction_exit(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARENAS * EACH; i++)
		free_client(ctx.busy[i]);
	free_client(ctx.idle);
	for (i = 0; i < ARENAS; i++)
		if (!IS_ERR_OR_NULL(ctx.arena[i]))
			kring_arena_put(ctx.arena[i]);
	kfree(ctx.mm);
	if (current->flags & PF_KTHREAD)
		fixture_unuse_mm();
}

static bool has_all(void)
{
	u32 i;

	for (i = 0; i < ARENAS * EACH; i++)
		if (!ctx.busy[i])
			return false;
	return ctx.idle && ctx.mm;
}

/* The CPU mask of a mm_struct is at its end. */
static int eviction_init(struct kunit *test)
{
	u32 i;

	memset(&ctx, 0, sizeof(ctx));
	fixture_use_mm();
	ctx.mm = kzalloc(sizeof(*ctx.mm) + cpumask_size(), GFP_KERNEL);
	for (i = 0; i < ARENAS; i++)
		ctx.arena[i] = new_arena(i);
	for (i = 0; i < ARENAS * EACH; i++)
		ctx.busy[i] = new_client(i / EACH);
	ctx.idle = new_client(ARENAS - 1);
	return has_all() ? 0 : -ENOMEM;
}

static void evict(struct kring_client *client)
{
	mutex_lock(&client->arena->lock);
	kring_evict_later(client);
	mutex_unlock(&client->arena->lock);
}

static bool is_dead(struct kring_client *client)
{
	return READ_ONCE(client->state) == RRING_CLIENT_DEAD;
}

static bool dies_soon(struct kring_client *client)
{
	unsigned long end = jiffies + SOON;

	while (!is_dead(client) && time_before(jiffies, end))
		msleep(20);
	return is_dead(client);
}

static u32 count_dead(void)
{
	u32 n = 0;
	u32 i;

	for (i = 0; i < ARENAS * EACH; i++)
		n += is_dead(ctx.busy[i]);
	return n;
}

/* From now on the mmap_lock of .busy is busy, until end_busy(). */
static void begin_busy(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, kring_evict_start(), 0);
	init_rwsem(&ctx.mm->mmap_lock);
	down_write(&ctx.mm->mmap_lock);
}

/* All evictions by a worker are complete at the end. */
static void end_busy(void)
{
	up_write(&ctx.mm->mmap_lock);
	kring_evict_stop();
}

static void evict_busy(struct kring_client *client)
{
	client->mm = ctx.mm;
	evict(client);
}

/* Return true if a work waits soon for the mmap_lock of a client of @arena. */
static bool waits_soon(struct kring_arena *arena)
{
	unsigned long end = jiffies + SOON;

	while (!atomic_read(&arena->evictions_waiting) &&
	       time_before(jiffies, end))
		msleep(20);
	return atomic_read(&arena->evictions_waiting);
}

static void a_busy_process_delays_no_other_eviction(struct kunit *test)
{
	u32 i;

	begin_busy(test);
	for (i = 0; i < ARENAS * EACH; i++)
		evict_busy(ctx.busy[i]);
	evict(ctx.idle);
	KUNIT_EXPECT_TRUE(test, dies_soon(ctx.idle));
	/* no eviction is complete while an mmap() may be under way */
	KUNIT_EXPECT_EQ(test, count_dead(), 0u);
	end_busy();
	KUNIT_EXPECT_EQ(test, count_dead(), (u32)(ARENAS * EACH));
}

/* The first arena's clients are more than can wait in all. */
static void busy_clients_of_one_arena_do_not_use_up_all_waits(struct kunit *test)
{
	u32 i;

	begin_busy(test);
	for (i = 0; i < EACH; i++)
		evict_busy(ctx.busy[i]);
	KUNIT_EXPECT_TRUE(test, waits_soon(ctx.arena[0]));
	evict_busy(ctx.busy[EACH]);
	KUNIT_EXPECT_TRUE(test, waits_soon(ctx.arena[1]));
	end_busy();
	KUNIT_EXPECT_EQ(test, count_dead(), (u32)EACH + 1);
}

/* ---- a task joins the eviction by a worker ---- */

static int evict_now(struct kring_client *client)
{
	return kring_evict(client->arena, client->id, client->serial);
}

/*
 * The worker waits for an mmap_lock that stays busy. The task finds one that is
 * free, as if the lock had come to the task first.
 */
static void a_task_completes_what_a_worker_has_begun(struct kunit *test)
{
	struct kring_client *client = ctx.busy[0];
	struct kring_arena *arena = client->arena;

	begin_busy(test);
	evict_busy(client);
	KUNIT_EXPECT_TRUE(test, waits_soon(arena));
	client->mm = current->mm;
	KUNIT_EXPECT_EQ(test, evict_now(client), 0);
	KUNIT_EXPECT_TRUE(test, is_dead(client));
	KUNIT_EXPECT_EQ(test, evict_now(client), -ESRCH);
	/* the worker finds nothing to do */
	end_busy();
	KUNIT_EXPECT_EQ(test, arena->evictions, 1ull);
	KUNIT_EXPECT_EQ(test, (u64)arena->info->deaths, 1ull);
}

struct killed {
	struct kring_client *client;
	struct completion done;
	int result;
};

static int evict_killed(void *data)
{
	struct killed *killed = data;

	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
	killed->result = evict_now(killed->client);
	flush_signals(current);
	complete(&killed->done);
	return 0;
}

/* Return what the eviction of @client returns in a task that is being killed. */
static int evict_in_vain(struct kring_client *client)
{
	struct killed killed = { .client = client };
	struct task_struct *task;

	init_completion(&killed.done);
	task = kthread_create(evict_killed, &killed, "kring_evictor");
	if (IS_ERR(task))
		return PTR_ERR(task);
	get_task_struct(task);
	wake_up_process(task);
	wait_for_completion(&killed.done);
	kthread_stop(task);
	put_task_struct(task);
	return killed.result;
}

static bool is_evicted(struct kring_client *client)
{
	return READ_ONCE(client->evicted);
}

static void a_killed_task_takes_back_only_its_own_eviction(struct kunit *test)
{
	struct kring_client *client = ctx.busy[0];

	begin_busy(test);
	client->mm = ctx.mm;
	KUNIT_EXPECT_EQ(test, evict_in_vain(client), -EINTR);
	KUNIT_EXPECT_FALSE(test, is_evicted(client));
	KUNIT_EXPECT_EQ(test, client->arena->evictions, 0ull);
	evict(client);
	KUNIT_EXPECT_EQ(test, evict_in_vain(client), -EINTR);
	KUNIT_EXPECT_TRUE(test, is_evicted(client));
	end_busy();
	KUNIT_EXPECT_TRUE(test, is_dead(client));
}

static int eviction_suite_init(struct kunit_suite *suite)
{
	int err = kring_inode_register();

	return err ? err : fixture_suite_init(suite);
}

static void eviction_suite_exit(struct kunit_suite *suite)
{
	kring_inode_unregister();
}

static struct kunit_case eviction_cases[] = {
	KUNIT_CASE(a_busy_process_delays_no_other_eviction),
	KUNIT_CASE(busy_clients_of_one_arena_do_not_use_up_all_waits),
	KUNIT_CASE(a_task_completes_what_a_worker_has_begun),
	KUNIT_CASE(a_killed_task_takes_back_only_its_own_eviction),
	{}
};

static struct kunit_suite eviction_suite = {
	.name = "eviction",
	.suite_init = eviction_suite_init,
	.suite_exit = eviction_suite_exit,
	.init = eviction_init,
	.exit = eviction_exit,
	.test_cases = eviction_cases,
};

kunit_test_suite(eviction_suite);
