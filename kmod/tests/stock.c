// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The stock of a kernel writer, with another client at work while the stock
 * runs dry. writer_stock.c is included here, and writer_stock.o is left out of
 * the module. The only change: turn() is called before the barrier that
 * precedes the last look.
 */
#include <kunit/test.h>

#include "../core/barrier.h"
#include "../kclient/writer.h"
#include "stage.h"

static void turn(void);

#define kring_barrier_unlocked(arena) \
	do { turn(); kring_barrier_unlocked(arena); } while (0)

#include "../kclient/writer_stock.c"

#undef kring_barrier_unlocked

/* State of the running test. */
static struct scene {
	struct rring_kwriter *kw;
	struct kring_client *hoarder;	/* has all slots but one */
	u64 handle;			/* turn() makes it drop this one */
	u32 turns;			/* calls of turn() */
} scene;

static void turn(void)
{
	scene.turns++;
	if (scene.handle)
		stage_drop(scene.hoarder, scene.handle);
	scene.handle = 0;
}

/* Begin: the writer has the last slot in stock; its reader releases nothing. */
static void set(struct kunit *test)
{
	struct rring_kwriter_config with = {
		.arena = STAGE_NAME,
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stock[RRING_S] = 1,
	};

	memset(&scene, 0, sizeof(scene));
	scene.hoarder = stage_client(test, RRING_PRODUCER);
	scene.kw = rring_kwriter_open(&with);
	KUNIT_ASSERT_FALSE(test, IS_ERR(scene.kw));
	stage_join(test, stage_client(test, RRING_CONSUMER), scene.kw->ring,
		   NULL);
	KUNIT_ASSERT_EQ(test, stage_refill(scene.hoarder, RRING_S, STAGE_S),
			STAGE_S - 1);
}

static void stock_exit(struct kunit *test)
{
	rring_kwriter_close(scene.kw, 0);
	scene.kw = NULL;
	stage_exit(test);
}

/* Use the last slot up, and let the worker look for more. */
static void run_dry(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, rring_kwriter_write(scene.kw, "event", 5, 1), 0);
	irq_work_sync(&scene.kw->irq);
	flush_delayed_work(&scene.kw->refill);
	KUNIT_EXPECT_GE(test, scene.turns, 1u);
}

static u32 waiters(struct kunit *test)
{
	return rring_flag_load(&stage_arena(test)->info->pool_waiters);
}

static void dry_stock_says_so_and_is_woken(struct kunit *test)
{
	u64 handle;

	set(test);
	handle = stage_pop(scene.hoarder, RRING_S);
	run_dry(test);
	KUNIT_EXPECT_EQ(test, scene.kw->stock[RRING_S].n, 0u);
	KUNIT_EXPECT_EQ(test, waiters(test), (u32)BIT(RRING_S));
	stage_drop(scene.hoarder, handle);
	kring_arena_wake_pools(stage_arena(test), BIT(RRING_S));
	flush_delayed_work(&scene.kw->refill);
	KUNIT_EXPECT_EQ(test, scene.kw->stock[RRING_S].n, 1u);
	KUNIT_EXPECT_EQ(test, waiters(test), 0u);
}

/*
 * The client that dropped the slot saw no flag, so it does not lower the flag:
 * the refill has to.
 */
static void slot_that_the_last_look_finds_lowers_the_flag(struct kunit *test)
{
	set(test);
	scene.handle = stage_pop(scene.hoarder, RRING_S);
	run_dry(test);
	KUNIT_EXPECT_EQ(test, scene.kw->stock[RRING_S].n, 1u);
	KUNIT_EXPECT_EQ(test, waiters(test), 0u);
}

static struct kunit_case stock_cases[] = {
	KUNIT_CASE(dry_stock_says_so_and_is_woken),
	KUNIT_CASE(slot_that_the_last_look_finds_lowers_the_flag),
	{}
};

static struct kunit_suite stock_suite = {
	.name = "stock",
	.suite_init = stage_suite_init,
	.init = stage_init,
	.exit = stock_exit,
	.test_cases = stock_cases,
};

kunit_test_suite(stock_suite);
