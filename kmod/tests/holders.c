// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The look for clients above their hold limit, with a client at work during the
 * look. holders.c is included here, and holders.o is left out of the module. The
 * only change: look_hook() is called before each load of a ledger word, and the
 * clock can be ahead.
 */
#include <kunit/test.h>

#include "../core/compat.h"
#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/ledger.h>
#include <rusted_ring/internal/reclaim.h>

#include "../core/reclaim.h"
#include "fixture.h"

static void look_hook(void);
static u64 look_clock(void);

#define rring_word_load(word)	(look_hook(), rring_word_load(word))
#define ktime_get_coarse_ns()	look_clock()

#include "../core/holders.c"

#undef ktime_get_coarse_ns
#undef rring_word_load

#define LIMIT	8u	/* slots: the fixture's limits are half of 16 */

/* State of the running test: .a may hold LIMIT slots of class S, .b looks. */
static struct holders_ctx {
	struct kring_arena *arena;
	struct kring_pool *pool;
	struct kring_client *a, *b;
	u64 handle[FIXTURE_S];		/* all slots of the pool */
	void (*action)(struct holders_ctx *ctx);	/* or NULL */
	u32 loads;			/* of ledger words, in this check */
	u64 clock_ahead;		/* ns */
} ctx;

static void look_hook(void)
{
	if (ctx.action)
		ctx.action(&ctx);
	ctx.loads++;
}

static u64 look_clock(void)
{
	return ktime_get_coarse_ns() + ctx.clock_ahead;
}

static void set_limits(u32 percent)
{
	u32 role;

	mutex_lock(&ctx.arena->lock);
	for (role = 0; role < RRING_ROLES; role++)
		kring_holders_set(ctx.arena, role, percent);
	mutex_unlock(&ctx.arena->lock);
}

static void hold(struct kring_client *client, u32 from, u32 to)
{
	for (; from < to; from++)
		fixture_hold(client, ctx.handle[from]);
}

static void drop(struct kring_client *client, u32 from, u32 to)
{
	for (; from < to; from++)
		fixture_drop(client, ctx.handle[from]);
}

/* Begin: .b has allocated all slots of class S, and .a holds the first @n. */
static void setup(struct kunit *test, u32 role, u32 n)
{
	u32 i;

	memset(&ctx, 0, sizeof(ctx));
	ctx.arena = fixture_arena(test);
	ctx.pool = fixture_pool(test, RRING_S);
	ctx.a = fixture_client(test, role);
	ctx.b = fixture_client(test, RRING_PRODUCER);
	set_limits(50);
	KUNIT_ASSERT_EQ(test, fixture_refill(ctx.b, RRING_S, FIXTURE_S),
			FIXTURE_S);
	for (i = 0; i < FIXTURE_S; i++)
		ctx.handle[i] = fixture_pop(ctx.b, RRING_S);
	hold(ctx.a, 0, n);
}

/* Check with @action, or without if it is NULL. Return true if .a is named. */
static bool is_named(void (*action)(struct holders_ctx *ctx))
{
	ctx.loads = 0;
	ctx.clock_ahead = 0;
	ctx.action = action;
	kring_holders_check(ctx.pool, ctx.b, false);
	ctx.action = NULL;
	return ctx.a->over_limit & BIT(RRING_S);
}

/* ---- what counts ---- */

static void a_client_above_its_limit_is_named(struct kunit *test)
{
	setup(test, RRING_CONSUMER, LIMIT);
	KUNIT_EXPECT_FALSE(test, is_named(NULL));
	/* step 1 is enough */
	KUNIT_EXPECT_EQ(test, ctx.loads, (u32)FIXTURE_S);
	hold(ctx.a, LIMIT, LIMIT + 1);
	KUNIT_EXPECT_TRUE(test, is_named(NULL));
	KUNIT_EXPECT_EQ(test, ctx.loads, 3 * (u32)FIXTURE_S);
	drop(ctx.a, 0, 1);
	KUNIT_EXPECT_FALSE(test, is_named(NULL));
}

/* The client that waits holds all slots, and is not named. */
static void the_client_that_waits_is_not_named(struct kunit *test)
{
	setup(test, RRING_CONSUMER, 0);
	is_named(NULL);
	KUNIT_EXPECT_EQ(test, ctx.b->over_limit, 0u);
	kring_holders_check(ctx.pool, ctx.a, false);
	KUNIT_EXPECT_EQ(test, ctx.b->over_limit, (u32)BIT(RRING_S));
}

static void a_role_without_a_limit_is_not_looked_at(struct kunit *test)
{
	setup(test, RRING_OBSERVER, FIXTURE_S);
	mutex_lock(&ctx.arena->lock);
	kring_holders_set(ctx.arena, RRING_OBSERVER, 0);
	mutex_unlock(&ctx.arena->lock);
	KUNIT_EXPECT_FALSE(test, is_named(NULL));
	KUNIT_EXPECT_EQ(test, ctx.loads, 0u);
	set_limits(100);
	KUNIT_EXPECT_FALSE(test, is_named(NULL));
	set_limits(99);
	KUNIT_EXPECT_TRUE(test, is_named(NULL));
}

/* Return true if .a is named after @client has found its quota used up. */
static bool is_named_for_quota_of(struct kring_client *client)
{
	kring_holders_check(ctx.pool, client, true);
	return ctx.a->over_limit & BIT(RRING_S);
}

/* For a client that lacks quota, only slots that were lent to it count. */
static void slots_lent_to_others_do_not_count_for_quota(struct kunit *test)
{
	struct kring_client *other;

	setup(test, RRING_CONSUMER, LIMIT + 1);
	other = fixture_client(test, RRING_PRODUCER);
	KUNIT_EXPECT_FALSE(test, is_named_for_quota_of(other));
	KUNIT_EXPECT_TRUE(test, is_named_for_quota_of(ctx.b));
	/* it is still above its limit */
	KUNIT_EXPECT_TRUE(test, is_named_for_quota_of(other));
}

/* A new limit lets the client be named again, also below it. */
static void a_new_limit_begins_anew(struct kunit *test)
{
	setup(test, RRING_CONSUMER, LIMIT + 1);
	KUNIT_EXPECT_TRUE(test, is_named(NULL));
	set_limits(60);
	KUNIT_EXPECT_EQ(test, ctx.a->over_limit, 0u);
	KUNIT_EXPECT_FALSE(test, is_named(NULL));
	set_limits(1);	/* a slot at least */
	drop(ctx.a, 1, LIMIT + 1);
	KUNIT_EXPECT_FALSE(test, is_named(NULL));
	hold(ctx.a, 1, 2);
	KUNIT_EXPECT_TRUE(test, is_named(NULL));
}

/* A word of a slot in the free set keeps no slot from anybody. */
static void claims_of_free_slots_do_not_count(struct kunit *test)
{
	setup(test, RRING_CONSUMER, FIXTURE_S);
	drop(ctx.a, 0, LIMIT);
	drop(ctx.b, 0, LIMIT);
	KUNIT_ASSERT_EQ(test, kring_sweep_range(ctx.pool, 0, FIXTURE_S),
			LIMIT);
	hold(ctx.a, 0, LIMIT);
	KUNIT_EXPECT_FALSE(test, is_named(NULL));
}

static void slots_in_a_magazine_do_not_count(struct kunit *test)
{
	setup(test, RRING_PRODUCER, 0);
	drop(ctx.b, 0, FIXTURE_S);
	KUNIT_ASSERT_EQ(test, fixture_refill(ctx.a, RRING_S, FIXTURE_S),
			FIXTURE_S);
	KUNIT_EXPECT_FALSE(test, is_named(NULL));
}

/* ---- parked slots ---- */

/* Store the word of a parked slot for the slots @from to @to - 1. */
static void park(u32 from, u32 to)
{
	for (; from < to; from++) {
		rring_word_t *word = fixture_word(ctx.a, ctx.handle[from]);

		rring_word_store_release(word, RRING_PARKED);
	}
}

/* Begin: .a has all slots, and .b none. */
static void setup_producer(struct kunit *test)
{
	u32 i;

	setup(test, RRING_PRODUCER, 0);
	drop(ctx.b, 0, FIXTURE_S);
	KUNIT_ASSERT_EQ(test, fixture_refill(ctx.a, RRING_S, FIXTURE_S),
			FIXTURE_S);
	for (i = 0; i < FIXTURE_S; i++)
		ctx.handle[i] = fixture_pop(ctx.a, RRING_S);
}

static void parked_slots_do_not_count(struct kunit *test)
{
	u32 max;

	setup_producer(test);
	max = rring_parked_max(ctx.pool->info);
	drop(ctx.a, LIMIT + max, FIXTURE_S);
	park(LIMIT, LIMIT + max);
	KUNIT_EXPECT_FALSE(test, is_named(NULL));
	/* the library does not park so many */
	park(LIMIT - 1, LIMIT + max + 1);
	KUNIT_EXPECT_TRUE(test, is_named(NULL));
}

/* The kernel may free them, so they keep no slot from anybody. */
static void recalled_slots_do_not_count(struct kunit *test)
{
	setup_producer(test);
	park(0, FIXTURE_S);
	KUNIT_EXPECT_TRUE(test, is_named(NULL));
	kring_pool_recall(ctx.pool, ctx.b);
	KUNIT_EXPECT_FALSE(test, is_named(NULL));
	fixture_notice_recall(ctx.a, RRING_S);
	KUNIT_EXPECT_TRUE(test, is_named(NULL));
}

/* The kernel has lent the client none of them: it cannot have parked one. */
static void a_hostile_consumer_hides_no_slot(struct kunit *test)
{
	setup(test, RRING_CONSUMER, 0);
	park(0, LIMIT);
	KUNIT_EXPECT_FALSE(test, is_named(NULL));
	park(LIMIT, LIMIT + 1);
	KUNIT_EXPECT_TRUE(test, is_named(NULL));
}

/* ---- a client that changes its ledger during the look ---- */

/*
 * Move the hold on the first slot to the last one as soon as the first is read.
 * The client has LIMIT holds at any time, and the look sees one more.
 */
static void move_along(struct holders_ctx *ctx)
{
	u32 at = ctx->loads % FIXTURE_S;

	if (at == 1 && ctx->loads < FIXTURE_S) {
		drop(ctx->a, 0, 1);
		hold(ctx->a, FIXTURE_S - 1, FIXTURE_S);
	}
}

static void a_hold_that_moves_counts_once(struct kunit *test)
{
	setup(test, RRING_CONSUMER, LIMIT);
	KUNIT_EXPECT_FALSE(test, is_named(move_along));
	KUNIT_EXPECT_EQ(test, ctx.loads, 3 * (u32)FIXTURE_S);
}

/* Each look sees LIMIT + 1 holds, and there never are so many. */
static void move_to_and_fro(struct holders_ctx *ctx)
{
	u32 at = ctx->loads % FIXTURE_S;

	if (at == 1) {
		drop(ctx->a, 0, 1);
		hold(ctx->a, FIXTURE_S - 1, FIXTURE_S);
	} else if (at == 0 && ctx->loads) {
		drop(ctx->a, FIXTURE_S - 1, FIXTURE_S);
		hold(ctx->a, 0, 1);
	}
}

static void a_hold_that_moves_to_and_fro_does_not_count(struct kunit *test)
{
	setup(test, RRING_CONSUMER, LIMIT);
	KUNIT_EXPECT_FALSE(test, is_named(move_to_and_fro));
	KUNIT_EXPECT_EQ(test, ctx.loads, 3 * (u32)FIXTURE_S);
}

static void delay_each_look(struct holders_ctx *ctx)
{
	if (ctx->loads && ctx->loads % FIXTURE_S == 0)
		ctx->clock_ahead += RRING_COLLECT_NS + 1;
}

static void delay_one_look(struct holders_ctx *ctx)
{
	if (ctx->loads == 2 * FIXTURE_S)
		ctx->clock_ahead += RRING_COLLECT_NS + 1;
}

/* A slow look is discarded: moves could have come round. It is done again. */
static void a_slow_look_names_nobody(struct kunit *test)
{
	setup(test, RRING_CONSUMER, FIXTURE_S);
	KUNIT_EXPECT_FALSE(test, is_named(delay_each_look));
	KUNIT_EXPECT_EQ(test, ctx.loads, 5 * (u32)FIXTURE_S);
	KUNIT_EXPECT_TRUE(test, is_named(delay_one_look));
	KUNIT_EXPECT_EQ(test, ctx.loads, 5 * (u32)FIXTURE_S);
}

static void evict_client(struct holders_ctx *ctx)
{
	if (ctx->loads == 2 * FIXTURE_S - 1)
		ctx->a->evicted = true;
}

static void a_client_that_goes_is_not_named(struct kunit *test)
{
	setup(test, RRING_CONSUMER, FIXTURE_S);
	KUNIT_EXPECT_FALSE(test, is_named(evict_client));
	KUNIT_EXPECT_EQ(test, ctx.loads, 2 * (u32)FIXTURE_S);
}

static struct kunit_case holders_cases[] = {
	KUNIT_CASE(a_client_above_its_limit_is_named),
	KUNIT_CASE(the_client_that_waits_is_not_named),
	KUNIT_CASE(a_role_without_a_limit_is_not_looked_at),
	KUNIT_CASE(slots_lent_to_others_do_not_count_for_quota),
	KUNIT_CASE(a_new_limit_begins_anew),
	KUNIT_CASE(claims_of_free_slots_do_not_count),
	KUNIT_CASE(slots_in_a_magazine_do_not_count),
	KUNIT_CASE(parked_slots_do_not_count),
	KUNIT_CASE(recalled_slots_do_not_count),
	KUNIT_CASE(a_hostile_consumer_hides_no_slot),
	KUNIT_CASE(a_hold_that_moves_counts_once),
	KUNIT_CASE(a_hold_that_moves_to_and_fro_does_not_count),
	KUNIT_CASE(a_slow_look_names_nobody),
	KUNIT_CASE(a_client_that_goes_is_not_named),
	{}
};

static struct kunit_suite holders_suite = {
	.name = "holders",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = holders_cases,
};

kunit_test_suite(holders_suite);
