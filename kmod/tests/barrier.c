// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Barrier K interrupts the CPUs of an arena's clients alone. barrier.c is
 * included here, and barrier.o is left out of the module: a test can say that
 * there is no memory for a CPU mask, and sees which CPUs get an interrupt.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/smp.h>

#include "fixture.h"

static bool alloc_hook(cpumask_var_t *mask, gfp_t flags);
static void interrupt_hook(const struct cpumask *peers, smp_call_func_t function,
			   void *info, bool wait);

#undef alloc_cpumask_var
#undef on_each_cpu_mask
#define alloc_cpumask_var(mask, flags) alloc_hook(mask, flags)
#define on_each_cpu_mask(peers, function, info, wait) \
	interrupt_hook(peers, function, info, wait)

#include "../linux/barrier.c"

#undef alloc_cpumask_var
#undef on_each_cpu_mask

/* State of the running test; of others, nothing is changed or looked at. */
static struct barrier_ctx {
	struct task_struct *task;	/* NULL: no test of this suite runs */
	bool no_memory;
	u32 interrupts;			/* calls of interrupt_hook() */
	struct cpumask peers;		/* of the last one */
} ctx;

static bool alloc_hook(cpumask_var_t *mask, gfp_t flags)
{
	return !ctx.no_memory && (alloc_cpumask_var)(mask, flags);
}

static void interrupt_hook(const struct cpumask *peers, smp_call_func_t function,
			   void *info, bool wait)
{
	if (ctx.task == current) {
		ctx.interrupts++;
		cpumask_copy(&ctx.peers, peers);
	}
	on_each_cpu_mask(peers, function, info, wait);
}

static int barrier_init(struct kunit *test)
{
	memset(&ctx, 0, sizeof(ctx));
	ctx.task = current;
	return fixture_init(test);
}

static void barrier_exit(struct kunit *test)
{
	ctx.task = NULL;
	ctx.no_memory = false;
	fixture_exit(test);
}

static void expect_own_cpus(struct kunit *test)
{
	struct kring_arena *arena = fixture_arena(test);

	if (!RRING_K_INTERRUPTS)
		kunit_skip(test, "barrier K interrupts nobody here");
	/* nobody may be running */
	KUNIT_EXPECT_EQ(test, kring_barrier_unlocked(arena), 0);
	KUNIT_EXPECT_TRUE(test, cpumask_empty(&ctx.peers));
	/* this task acts as the client */
	fixture_client(test, RRING_OBSERVER);
	migrate_disable();
	KUNIT_EXPECT_EQ(test, kring_barrier_unlocked(arena), 0);
	KUNIT_EXPECT_TRUE(test, cpumask_test_cpu(smp_processor_id(),
						 &ctx.peers));
	migrate_enable();
	KUNIT_EXPECT_EQ(test, ctx.interrupts, 2u);
}

static void only_the_cpus_of_clients_are_interrupted(struct kunit *test)
{
	expect_own_cpus(test);
}

/* A client in a full cgroup does not reach the CPUs of others. */
static void without_memory_they_are_the_same(struct kunit *test)
{
	ctx.no_memory = true;
	expect_own_cpus(test);
}

static struct kunit_case barrier_cases[] = {
	KUNIT_CASE(only_the_cpus_of_clients_are_interrupted),
	KUNIT_CASE(without_memory_they_are_the_same),
	{}
};

static struct kunit_suite barrier_suite = {
	.name = "barrier",
	.suite_init = fixture_suite_init,
	.init = barrier_init,
	.exit = barrier_exit,
	.test_cases = barrier_cases,
};

kunit_test_suite(barrier_suite);
