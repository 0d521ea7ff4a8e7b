// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The stock of a kernel writer, with another client at work while the stock
 * runs dry. writer_stock.c is included here, and writer_stock.o is left out of
 * the module. The only change: stock_hook() is called before the barrier that
 * precedes the last look.
 */
#include <kunit/test.h>

#include "../core/barrier.h"
#include "../kclient/writer.h"
#include "fixture.h"

static void stock_hook(void);

#define kring_barrier_unlocked(arena) \
	({ stock_hook(); kring_barrier_unlocked(arena); })

#include "../kclient/writer_stock.c"

#undef kring_barrier_unlocked

/* State of the running test. */
static struct stock_ctx {
	struct rring_kwriter *kw;
	struct kring_client *holder;	/* has all slots but one */
	u64 last;			/* one of its slots */
	u64 handle;			/* stock_hook() drops this one */
	u32 hook_calls;			/* calls of stock_hook() */
	struct kring_reader *reader;
} ctx;

static void stock_hook(void)
{
	ctx.hook_calls++;
	if (ctx.handle)
		fixture_drop(ctx.holder, ctx.handle);
	ctx.handle = 0;
}

/* Begin: the writer has the last slot in stock; its reader releases nothing. */
static void setup_ring(struct kunit *test, u32 capacity)
{
	struct rring_kwriter_config with = {
		.arena = FIXTURE_NAME,
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = capacity,
		.stock[RRING_XS] = 4,
		.stock[RRING_S] = 1,
	};

	memset(&ctx, 0, sizeof(ctx));
	ctx.holder = fixture_client(test, RRING_PRODUCER);
	ctx.kw = rring_kwriter_open(&with);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ctx.kw));
	ctx.reader = fixture_join(test, fixture_client(test, RRING_CONSUMER),
				  ctx.kw->ring, NULL);
	KUNIT_ASSERT_EQ(test, fixture_alloc_all(test, ctx.holder, RRING_S,
						&ctx.last), FIXTURE_S - 1u);
}

static void setup(struct kunit *test)
{
	setup_ring(test, 4);
}

static void stock_exit(struct kunit *test)
{
	rring_kwriter_close(ctx.kw, 0);
	ctx.kw = NULL;
	fixture_exit(test);
}

/* An event that needs a slot of class S. */
static const char event[200];

/* Let the writer's irq_work and its worker run. */
static void let_worker_run(void)
{
	irq_work_sync(&ctx.kw->irq);
	flush_delayed_work(&ctx.kw->refill);
}

/* Use the last slot up, and let the worker look for more. */
static void exhaust_stock(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, rring_kwriter_write(ctx.kw, event, sizeof(event),
						  1), 0);
	let_worker_run();
	KUNIT_EXPECT_GE(test, ctx.hook_calls, 1u);
}

static u32 waiters(struct kunit *test)
{
	return rring_flag_load(&fixture_arena(test)->info->pool_waiters);
}

static void empty_stock_raises_flag_and_is_refilled(struct kunit *test)
{
	setup(test);
	exhaust_stock(test);
	KUNIT_EXPECT_EQ(test, ctx.kw->stock[RRING_S].n, 0u);
	KUNIT_EXPECT_EQ(test, waiters(test), (u32)BIT(RRING_S));
	fixture_drop(ctx.holder, ctx.last);
	kring_arena_wake_pools(fixture_arena(test), BIT(RRING_S));
	flush_delayed_work(&ctx.kw->refill);
	KUNIT_EXPECT_EQ(test, ctx.kw->stock[RRING_S].n, 1u);
	KUNIT_EXPECT_EQ(test, waiters(test), 0u);
}

/*
 * The client that dropped the slot saw no flag, so it does not lower the flag:
 * the refill has to.
 */
static void slot_found_after_the_flag_lowers_it(struct kunit *test)
{
	setup(test);
	ctx.handle = ctx.last;
	exhaust_stock(test);
	KUNIT_EXPECT_EQ(test, ctx.kw->stock[RRING_S].n, 1u);
	KUNIT_EXPECT_EQ(test, waiters(test), 0u);
}

/* The write that empties the stock queues no work, as a refill is under way. */
static void stock_of_one_emptied_during_refill_is_refilled(struct kunit *test)
{
	setup(test);
	ctx.kw->refill_active = true;
	KUNIT_ASSERT_EQ(test, rring_kwriter_write(ctx.kw, event, sizeof(event),
						  1), 0);
	irq_work_sync(&ctx.kw->irq);
	KUNIT_EXPECT_EQ(test, ctx.kw->stock[RRING_S].n, 0u);
	fixture_drop(ctx.holder, ctx.last);
	end_refill(ctx.kw);
	flush_delayed_work(&ctx.kw->refill);
	KUNIT_EXPECT_EQ(test, ctx.kw->stock[RRING_S].n, 1u);
}

/* While the writer waits for a slot of class S, it refills its stock of XS. */
static void dry_pool_does_not_stop_other_refills(struct kunit *test)
{
	struct rring_kevent small[5];
	u32 i;

	setup_ring(test, 16);
	exhaust_stock(test);
	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test, rring_kwriter_reserve(ctx.kw, 8, 1,
							    &small[i]), 0);
	let_worker_run();
	KUNIT_EXPECT_EQ(test, ctx.kw->stock[RRING_XS].n, 4u);
	KUNIT_EXPECT_EQ(test, ctx.kw->stock[RRING_S].n, 0u);
	KUNIT_EXPECT_EQ(test, rring_kwriter_reserve(ctx.kw, 8, 1, &small[4]),
			0);
	for (i = 0; i < 5; i++)
		rring_kwriter_commit(ctx.kw, &small[i]);
}

/*
 * A reservation that fails has settled the entry of the last free slot. No
 * commit follows, so the reservation itself looks whether a client waits.
 */
static void drop_that_settles_wakes(struct kunit *test)
{
	setup_ring(test, 1);
	exhaust_stock(test);
	KUNIT_EXPECT_EQ(test, waiters(test), (u32)BIT(RRING_S));
	fixture_release(ctx.reader, 1);
	KUNIT_EXPECT_EQ(test, rring_kwriter_write(ctx.kw, event, sizeof(event),
						  1), -ENOSPC);
	let_worker_run();
	KUNIT_EXPECT_EQ(test, waiters(test), 0u);
	KUNIT_EXPECT_EQ(test, ctx.kw->stock[RRING_S].n, 1u);
}

static struct kunit_case stock_cases[] = {
	KUNIT_CASE(empty_stock_raises_flag_and_is_refilled),
	KUNIT_CASE(slot_found_after_the_flag_lowers_it),
	KUNIT_CASE(stock_of_one_emptied_during_refill_is_refilled),
	KUNIT_CASE(dry_pool_does_not_stop_other_refills),
	KUNIT_CASE(drop_that_settles_wakes),
	{}
};

static struct kunit_suite stock_suite = {
	.name = "stock",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = stock_exit,
	.test_cases = stock_cases,
};

kunit_test_suite(stock_suite);
