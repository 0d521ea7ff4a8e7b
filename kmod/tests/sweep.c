// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The sweep, with clients at work between its steps. reclaim.c is included
 * here, and reclaim.o is left out of the module. Macros call sweep_hook()
 * before each load of a ledger word, before and after each window is read, and
 * before and after generations are hidden. So each race happens in every run of
 * its test.
 */
#include <kunit/test.h>

#include "../core/compat.h"
#include <rusted_ring/internal/atomic.h>

#include "sweep.h"

static const rring_word_t *loading;	/* the word that is about to be loaded */

static void sweep_hook(enum point point);
static u64 sweep_clock(void);

#define rring_word_load_acquire(word) \
	(loading = (word), sweep_hook(LOAD), rring_word_load_acquire(loading))

#include <rusted_ring/internal/reclaim.h>

#include "../core/ring.h"
#include "../core/reader.h"
#include "fixture.h"
#include "../core/trace.h"

#define kring_ring_mark_window(ring, pool, named) \
	(sweep_hook(MARK), kring_ring_mark_window(ring, pool, named), \
	 sweep_hook(MARKED))
#define rring_word_store(generation, hidden) \
	(sweep_hook(CONFIRMED), rring_word_store(generation, hidden))
#define rring_fence_full() \
	do { rring_fence_full(); sweep_hook(HIDDEN); } while (0)
#define ktime_get_coarse_ns() sweep_clock()

#include "../core/reclaim.c"

#undef ktime_get_coarse_ns
#undef rring_fence_full
#undef rring_word_store
#undef rring_word_load_acquire

/* ---- the hook ---- */

/* State of the running test: a sweep of one slot, and actions meanwhile. */
static struct sweep_ctx {
	struct kring_arena *arena;
	struct kring_client *a, *b;	/* ledger 0, ledger 1 */
	struct kring_ring *ring;	/* of @a, read by @b */
	struct kring_ring *other;	/* of @b, read by @a */
	struct kring_reader *reader, *other_reader;
	u64 handle;
	bool sweeping;			/* in sweep() */
	void (*action)(struct sweep_ctx *ctx, enum point point); /* or NULL */
	u32 loads;			/* of ledger words, in this sweep */
	u32 at;				/* the load, or point, to act at */
	u32 acted;			/* set by .action */
	u64 clock_ahead;		/* ns that the sweep's clock is ahead */
} ctx;

static sweep_action_t action_of_suite;	/* of another suite, or NULL */

static bool loads_a_summary(void)
{
	u32 i;

	for (i = 1; i <= ctx.arena->last_client; i++) {
		struct kring_client *client = ctx.arena->clients[i];

		if (client && loading == &kring_client_tails(client)->used)
			return true;
	}
	return false;
}

static void sweep_hook(enum point point)
{
	if (action_of_suite)
		action_of_suite(point, loading);
	/* the clients of this suite keep no summaries */
	if (!ctx.sweeping || (point == LOAD && loads_a_summary()))
		return;
	if (ctx.action)
		ctx.action(&ctx, point);
	if (point == LOAD)
		ctx.loads++;
}

static u64 sweep_clock(void)
{
	return ktime_get_coarse_ns() + ctx.clock_ahead;
}

/*
 * Sweep the pool's first batch, steps 0 to 6, with @action. A deep one reads
 * the windows in step 2 only. Returns how many slots were freed.
 */
static u32 sweep(void (*action)(struct sweep_ctx *ctx, enum point point),
		 enum kring_depth depth)
{
	struct kring_pool *pool = &ctx.arena->pool[RRING_XS];
	u32 freed, next;

	ctx.loads = 0;
	ctx.acted = 0;
	ctx.clock_ahead = 0;
	ctx.action = action;
	ctx.sweeping = true;
	mutex_lock(&ctx.arena->lock);
	settle_adopted(ctx.arena);
	gather(pool, 0, pool->high_water, KRING_SWEEP_LEDGERS, &next);
	freed = free_batch(pool, depth, NULL);
	mutex_unlock(&ctx.arena->lock);
	ctx.sweeping = false;
	ctx.action = NULL;
	return freed;
}

u32 sweep_with(struct kring_arena *arena, sweep_action_t action,
	       enum kring_depth depth)
{
	u32 freed;

	memset(&ctx, 0, sizeof(ctx));
	ctx.arena = arena;
	action_of_suite = action;
	freed = sweep(NULL, depth);
	action_of_suite = NULL;
	return freed;
}

void sweep_delay(void)
{
	ctx.clock_ahead += RRING_COLLECT_NS + 1;
}

static bool is_current(struct sweep_ctx *ctx)
{
	return fixture_generation(ctx->arena, ctx->handle) ==
	       rring_handle_generation(ctx->handle);
}

/* Expect that the slot is not freed, and that its handle is current. */
static void expect_kept(struct kunit *test, u32 freed)
{
	KUNIT_EXPECT_EQ(test, freed, 0u);
	KUNIT_EXPECT_TRUE(test, fixture_slot_is_out(ctx.arena, ctx.handle));
	KUNIT_EXPECT_TRUE(test, is_current(&ctx));
}

static void expect_freed(struct kunit *test, u32 freed)
{
	u64 generation = rring_handle_generation(ctx.handle);

	KUNIT_EXPECT_EQ(test, freed, 1u);
	KUNIT_EXPECT_FALSE(test, fixture_slot_is_out(ctx.arena, ctx.handle));
	KUNIT_EXPECT_EQ(test, fixture_generation(ctx.arena, ctx.handle),
			rring_generation_next(generation));
}

/* Begin: two clients, the first of which holds a slot. */
static void setup_slot(struct kunit *test)
{
	memset(&ctx, 0, sizeof(ctx));
	ctx.arena = fixture_arena(test);
	ctx.a = fixture_client(test, RRING_PRODUCER);
	ctx.b = fixture_client(test, RRING_PRODUCER);
	ctx.handle = fixture_alloc(test, ctx.a, RRING_XS);
}

/* Begin: two clients, and two rings, of which that of .a names the slot. */
static void setup_rings(struct kunit *test)
{
	setup_slot(test);
	ctx.other = fixture_handle_ring(test, ctx.b, 8);
	ctx.other_reader = fixture_join(test, ctx.a, ctx.other, NULL);
	ctx.ring = fixture_handle_ring(test, ctx.a, 8);
	ctx.reader = fixture_join(test, ctx.b, ctx.ring, NULL);
	fixture_publish(ctx.a, ctx.ring, ctx.handle);
}

static void pass_hold(struct kring_client *from, struct kring_client *to,
		      u64 handle)
{
	fixture_hold(to, handle);
	fixture_drop(from, handle);
}

/* ---- nothing moves ---- */

static void dropped_slot_is_freed(struct kunit *test)
{
	setup_slot(test);
	fixture_drop(ctx.a, ctx.handle);
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

static void held_slot_is_kept(struct kunit *test)
{
	setup_slot(test);
	expect_kept(test, sweep(NULL, KRING_SWEEP_LEDGERS));
	pass_hold(ctx.a, ctx.b, ctx.handle);
	expect_kept(test, sweep(NULL, KRING_SWEEP_WINDOWS));
	fixture_drop(ctx.b, ctx.handle);
	expect_freed(test, sweep(NULL, KRING_SWEEP_WINDOWS));
}

static void lent_slot_is_kept(struct kunit *test)
{
	setup_slot(test);
	fixture_drop(ctx.a, ctx.handle);
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
	KUNIT_ASSERT_EQ(test, fixture_refill(ctx.b, RRING_XS, 1), 1);
	KUNIT_EXPECT_EQ(test, sweep(NULL, KRING_SWEEP_WINDOWS), 0u);
	KUNIT_EXPECT_EQ(test, ctx.loads, 0u);
}

/* A slot of generation @now is freed. Expect generation @next. */
static void expect_next(struct kunit *test, u64 now, u64 next)
{
	u32 class, slot;

	setup_slot(test);
	class = rring_handle_class(ctx.handle);
	slot = rring_handle_index(ctx.handle);
	rring_word_store(&ctx.arena->generation[ctx.arena->pool[class].base +
						slot],
			 rring_handle(now, class, slot));
	fixture_drop(ctx.a, ctx.handle);
	KUNIT_EXPECT_EQ(test, sweep(NULL, KRING_SWEEP_LEDGERS), 1u);
	KUNIT_EXPECT_EQ(test, fixture_generation(ctx.arena, ctx.handle), next);
}

static void generation_goes_beyond_32_bits(struct kunit *test)
{
	expect_next(test, 0xffffffffull, 0x100000001ull);
}

static void generation_wraps_to_one(struct kunit *test)
{
	expect_next(test, RRING_GENERATION_MAX, 1ull);
}

/* ---- a hold moves ---- */

static void pass_hold_at(struct sweep_ctx *ctx, enum point point)
{
	if (point == LOAD && ctx->loads == ctx->at && !ctx->acted++)
		pass_hold(ctx->b, ctx->a, ctx->handle);
}

/*
 * The hold moves from a ledger that the collect has not read yet to one that
 * the collect has read.
 */
static void hold_passed_between_loads_keeps_slot(struct kunit *test)
{
	u32 acted = 0;

	setup_slot(test);
	pass_hold(ctx.a, ctx.b, ctx.handle);
	for (ctx.at = 0; ctx.at < 6; ctx.at++) {
		expect_kept(test, sweep(pass_hold_at, KRING_SWEEP_LEDGERS));
		acted += ctx.acted;
		if (ctx.acted)
			pass_hold(ctx.a, ctx.b, ctx.handle);
	}
	/* at loads 0 and 1; unless the hold moves, load 1 is the last */
	KUNIT_EXPECT_EQ(test, acted, 2u);
}

/* Move the hold away from the ledger that is loaded next. */
static void move_hold_away(struct sweep_ctx *ctx, enum point point)
{
	bool first = ctx->loads % 2 == 0;
	struct kring_client *from = first ? ctx->a : ctx->b;
	struct kring_client *to = first ? ctx->b : ctx->a;

	if (point != LOAD)
		return;
	if (rring_ledger_holds(rring_word_load(fixture_word(from,
							    ctx->handle))))
		pass_hold(from, to, ctx->handle);
}

/* No collect sees the hold. A later one sees that moves have changed. */
static void hold_unseen_by_collects_changes_moves(struct kunit *test)
{
	setup_slot(test);
	expect_kept(test, sweep(move_hold_away, KRING_SWEEP_LEDGERS));
	KUNIT_EXPECT_GE(test, ctx.loads, 3u);
}

static void delay_clock(struct sweep_ctx *ctx, enum point point)
{
	if (point == CONFIRMED)
		sweep_delay();
}

/* A batch that took too long is discarded: moves could have come round. */
static void slow_collect_frees_nothing(struct kunit *test)
{
	setup_slot(test);
	fixture_drop(ctx.a, ctx.handle);
	expect_kept(test, sweep(delay_clock, KRING_SWEEP_LEDGERS));
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

static void delay_clock_once(struct sweep_ctx *ctx, enum point point)
{
	if (!ctx->clock_ahead)
		delay_clock(ctx, point);
}

/* If the collects took too long, they are made once more. */
static void slow_collect_is_retried_once(struct kunit *test)
{
	setup_slot(test);
	fixture_drop(ctx.a, ctx.handle);
	expect_freed(test, sweep(delay_clock_once, KRING_SWEEP_LEDGERS));
}

/* ---- a weak upgrade ---- */

static void upgrade(struct sweep_ctx *ctx, enum point point)
{
	if (point != ctx->at)
		return;
	fixture_hold(ctx->b, ctx->handle);
	smp_mb();	/* I */
	ctx->acted = is_current(ctx) ? 1 : 2;
}

/* An upgrade that succeeds before the generation is hidden keeps the slot. */
static void upgrade_before_hiding_keeps_slot(struct kunit *test)
{
	setup_slot(test);
	fixture_drop(ctx.a, ctx.handle);
	ctx.at = CONFIRMED;
	expect_kept(test, sweep(upgrade, KRING_SWEEP_LEDGERS));
	KUNIT_EXPECT_EQ(test, ctx.acted, 1u);
	fixture_drop(ctx.b, ctx.handle);
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

/*
 * An upgrade finds that the generation is hidden. The third look sees its hold,
 * so the sweep shows the old generation again.
 */
static void upgrade_fails_while_generation_hidden(struct kunit *test)
{
	setup_slot(test);
	fixture_drop(ctx.a, ctx.handle);
	ctx.at = HIDDEN;
	expect_kept(test, sweep(upgrade, KRING_SWEEP_LEDGERS));
	KUNIT_EXPECT_EQ(test, ctx.acted, 2u);
}

static void upgrade_and_drop(struct sweep_ctx *ctx, enum point point)
{
	upgrade(ctx, point);
	if (point == ctx->at)
		fixture_drop(ctx->b, ctx->handle);
}

/*
 * An upgrade succeeds, and its hold is dropped before the third look. The event
 * may have been passed on meanwhile, so changed moves keep the slot.
 */
static void upgrade_and_drop_keeps_slot(struct kunit *test)
{
	setup_slot(test);
	fixture_drop(ctx.a, ctx.handle);
	ctx.at = CONFIRMED;
	expect_kept(test, sweep(upgrade_and_drop, KRING_SWEEP_LEDGERS));
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

/* ---- windows ---- */

static void slot_in_window_is_kept(struct kunit *test)
{
	setup_rings(test);
	expect_kept(test, sweep(NULL, KRING_SWEEP_LEDGERS));
	expect_kept(test, sweep(NULL, KRING_SWEEP_WINDOWS));
	fixture_release(ctx.reader, 1);
	/* the writer has not settled the entry: the slot is in flight */
	expect_kept(test, sweep(NULL, KRING_SWEEP_LEDGERS));
	KUNIT_EXPECT_EQ(test, ctx.loads, 1u);
	expect_freed(test, sweep(NULL, KRING_SWEEP_WINDOWS));
}

static void publish_first(struct sweep_ctx *ctx, enum point point)
{
	if (point == LOAD && !ctx->acted++)
		fixture_publish(ctx->a, ctx->ring, ctx->handle);
}

/*
 * The slot moves from a ledger into a window, before the first collect reads
 * that ledger. So the windows have to be read afterwards.
 */
static void windows_are_read_after_the_first_collect(struct kunit *test)
{
	setup_slot(test);
	ctx.ring = fixture_handle_ring(test, ctx.a, 8);
	ctx.reader = fixture_join(test, ctx.b, ctx.ring, NULL);
	expect_kept(test, sweep(publish_first, KRING_SWEEP_WINDOWS));
	KUNIT_EXPECT_GE(test, ctx.loads, 2u);
}

static void hold_and_release(struct sweep_ctx *ctx, enum point point)
{
	if (point != MARK || ctx->acted++)
		return;
	fixture_hold(ctx->b, ctx->handle);
	fixture_release(ctx->reader, 1);
}

/*
 * The slot moves from a window into a ledger, before the window is read. So the
 * second collect has to come afterwards.
 */
static void second_collect_is_after_the_windows(struct kunit *test)
{
	setup_rings(test);
	expect_kept(test, sweep(hold_and_release, KRING_SWEEP_WINDOWS));
	KUNIT_EXPECT_GE(test, ctx.acted, 1u);
	fixture_drop(ctx.b, ctx.handle);
	expect_freed(test, sweep(NULL, KRING_SWEEP_WINDOWS));
}

static void publish_in_other_ring(struct sweep_ctx *ctx, enum point point)
{
	if (point != MARKED || ctx->acted++)
		return;
	fixture_hold(ctx->b, ctx->handle);
	fixture_publish(ctx->b, ctx->other, ctx->handle);
	fixture_release(ctx->reader, 1);
}

/* The slot moves from the ring that is read last to one that has been read. */
static void forwarding_changes_moves(struct kunit *test)
{
	setup_rings(test);
	KUNIT_ASSERT_LT(test, ctx.other->id, ctx.ring->id);
	expect_kept(test, sweep(publish_in_other_ring, KRING_SWEEP_WINDOWS));
	KUNIT_EXPECT_EQ(test, ctx.acted, 2u);
	expect_kept(test, sweep(NULL, KRING_SWEEP_WINDOWS));
	fixture_release(ctx.other_reader, 1);
	expect_freed(test, sweep(NULL, KRING_SWEEP_WINDOWS));
}

/* ---- the dead ---- */

static void hold_of_dead_client_is_ignored(struct kunit *test)
{
	setup_slot(test);
	fixture_kill(test, ctx.a);
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

/* An adopted window keeps its slots until the readers have passed them. */
static void adopted_window_keeps_slot(struct kunit *test)
{
	setup_rings(test);
	fixture_kill(test, ctx.a);
	expect_kept(test, sweep(NULL, KRING_SWEEP_WINDOWS));
	fixture_release(ctx.reader, 1);
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

/* ---- a recall ---- */

/* Begin: .a has parked its slot, and has not noticed a recall. */
static void setup_recalled(struct kunit *test)
{
	rring_word_t *word;

	setup_slot(test);
	word = fixture_word(ctx.a, ctx.handle);
	rring_word_store_release(word, rring_word_load(word) | RRING_PRIVATE |
				       RRING_ASIDE);
	kring_pool_recall(fixture_pool(test, RRING_XS), ctx.b);
}

static void recalled_slot_is_freed(struct kunit *test)
{
	setup_recalled(test);
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

static void notice_recall_at(struct sweep_ctx *ctx, enum point point)
{
	if (point == (enum point)ctx->at && !ctx->acted++)
		fixture_notice_recall(ctx->a, RRING_XS);
}

/*
 * The client notices the recall, and the word shows a parked slot. So it may be
 * one that the client has parked since, and uses next.
 */
static void notice_during_the_sweep_keeps_slot(struct kunit *test)
{
	static const enum point points[] = { LOAD, CONFIRMED, HIDDEN };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		setup_recalled(test);
		ctx.at = points[i];
		expect_kept(test, sweep(notice_recall_at, KRING_SWEEP_LEDGERS));
		KUNIT_EXPECT_GE(test, ctx.acted, 1u);
		fixture_kill(test, ctx.a);
		fixture_kill(test, ctx.b);
		/* the next round's sweep finds its own slot alone */
		expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
	}
}

/* Each of two clients notices its recall in another try of the sweep. */
static void notice_in_each_try(struct sweep_ctx *ctx, enum point point)
{
	if (point != HIDDEN)
		return;
	ctx->acted++;
	if (ctx->acted == 1)
		fixture_notice_recall(ctx->a, RRING_XS);
	else if (ctx->acted == 2)
		fixture_notice_recall(ctx->b, RRING_XS);
}

static void notices_in_turn_do_not_keep_a_free_slot(struct kunit *test)
{
	struct kring_client *third;

	setup_slot(test);
	fixture_drop(ctx.a, ctx.handle);
	fixture_alloc(test, ctx.b, RRING_XS);
	third = fixture_client(test, RRING_PRODUCER);
	kring_pool_recall(fixture_pool(test, RRING_XS), third);
	expect_freed(test, sweep(notice_in_each_try, KRING_SWEEP_LEDGERS));
	KUNIT_EXPECT_EQ(test, ctx.acted, 3u);
}

/* ---- all of a pool ---- */

#define SLOTS	(RRING_BATCH + 6u)

/* Begin: SLOTS slots have been lent to .a, allocated and dropped. */
static void lend_and_drop_slots(struct kunit *test)
{
	u32 i;

	memset(&ctx, 0, sizeof(ctx));
	ctx.arena = fixture_arena(test);
	ctx.a = fixture_client(test, RRING_PRODUCER);
	KUNIT_ASSERT_EQ(test, fixture_refill(ctx.a, RRING_XS, SLOTS),
			(int)SLOTS);
	for (i = 0; i < SLOTS; i++)
		fixture_drop(ctx.a, fixture_pop(ctx.a, RRING_XS));
}

static void sweep_resumes_at_hint(struct kunit *test)
{
	struct kring_pool *pool;
	u32 looked;

	lend_and_drop_slots(test);
	pool = fixture_pool(test, RRING_XS);
	KUNIT_EXPECT_EQ(test, kring_sweep(pool, 1, KRING_SWEEP_LEDGERS,
					  &looked), (u32)RRING_BATCH);
	KUNIT_EXPECT_EQ(test, looked, (u32)RRING_BATCH);
	KUNIT_EXPECT_EQ(test, kring_sweep(pool, SLOTS, KRING_SWEEP_WINDOWS,
					  &looked), SLOTS - RRING_BATCH);
	KUNIT_EXPECT_EQ(test, kring_sweep(pool, SLOTS, KRING_SWEEP_WINDOWS,
					  &looked), 0u);
	KUNIT_EXPECT_EQ(test, looked, 0u);
	KUNIT_EXPECT_EQ(test, pool->nr_free, pool->capacity);
}

static void sweep_range_is_exact(struct kunit *test)
{
	struct kring_pool *pool;

	lend_and_drop_slots(test);
	pool = fixture_pool(test, RRING_XS);
	KUNIT_EXPECT_EQ(test, kring_sweep_range(pool, 3, 3), 0u);
	KUNIT_EXPECT_EQ(test, kring_sweep_range(pool, 3, 5), 2u);
	KUNIT_EXPECT_EQ(test, kring_sweep_range(pool, 0, pool->capacity),
			SLOTS - 2);
}

static void counts_are_exact_at_rest(struct kunit *test)
{
	struct kring_pool *pool;

	setup_rings(test);
	pool = fixture_pool(test, RRING_XS);
	KUNIT_EXPECT_EQ(test, kring_sweep_held(pool), 0u);
	KUNIT_EXPECT_EQ(test, kring_sweep_in_flight(pool), 1u);
	fixture_hold(ctx.b, ctx.handle);
	fixture_hold(ctx.a, ctx.handle);
	fixture_release(ctx.reader, 1);
	KUNIT_EXPECT_EQ(test, kring_sweep_held(pool), 1u);
	KUNIT_EXPECT_EQ(test, kring_sweep_in_flight(pool), 0u);
}

static struct kunit_case sweep_cases[] = {
	KUNIT_CASE(dropped_slot_is_freed),
	KUNIT_CASE(held_slot_is_kept),
	KUNIT_CASE(lent_slot_is_kept),
	KUNIT_CASE(generation_goes_beyond_32_bits),
	KUNIT_CASE(generation_wraps_to_one),
	KUNIT_CASE(hold_passed_between_loads_keeps_slot),
	KUNIT_CASE(hold_unseen_by_collects_changes_moves),
	KUNIT_CASE(slow_collect_frees_nothing),
	KUNIT_CASE(slow_collect_is_retried_once),
	KUNIT_CASE(upgrade_before_hiding_keeps_slot),
	KUNIT_CASE(upgrade_and_drop_keeps_slot),
	KUNIT_CASE(upgrade_fails_while_generation_hidden),
	KUNIT_CASE(slot_in_window_is_kept),
	KUNIT_CASE(windows_are_read_after_the_first_collect),
	KUNIT_CASE(second_collect_is_after_the_windows),
	KUNIT_CASE(forwarding_changes_moves),
	KUNIT_CASE(hold_of_dead_client_is_ignored),
	KUNIT_CASE(adopted_window_keeps_slot),
	KUNIT_CASE(recalled_slot_is_freed),
	KUNIT_CASE(notice_during_the_sweep_keeps_slot),
	KUNIT_CASE(notices_in_turn_do_not_keep_a_free_slot),
	KUNIT_CASE(sweep_resumes_at_hint),
	KUNIT_CASE(sweep_range_is_exact),
	KUNIT_CASE(counts_are_exact_at_rest),
	{}
};

static struct kunit_suite sweep_suite = {
	.name = "sweep",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = sweep_cases,
};

kunit_test_suite(sweep_suite);
