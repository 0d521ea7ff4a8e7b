// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Summaries of ledgers, by which a sweep need not read all words: clients change
 * them between the steps of a sweep, see sweep.c.
 */
#include <kunit/test.h>

#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/reclaim.h>

#include "../core/work.h"
#include "fixture.h"
#include "sweep.h"

#define CLIENTS	3	/* more than so few that no summary is looked at */

/* A sweep of the slot of .handle, which no client holds unless a test says so. */
static struct {
	struct kring_arena *arena;
	struct kring_client *client[CLIENTS];
	u64 handle;
	u64 other;		/* what .action moves */
	u32 at;			/* the point at which .action acts */
	u32 loads;
	u32 marks;
	u32 acted;
} ctx;

/* ---- a client that keeps summaries ---- */

static void keep_summaries(struct kring_client *client)
{
	rring_word_store(&kring_client_tails(client)->used,
			 RRING_SUMMARY_KEPT);
}

static void add_to_summaries(struct kring_client *client, u64 handle, u64 one)
{
	struct kring_pool *pool =
		&client->arena->pool[rring_handle_class(handle)];
	u32 slot = pool->base + rring_handle_index(handle);

	rring_word_fetch_add(&kring_client_tails(client)->used,
			     RRING_SUMMARY_MOVE + one);
	rring_word_fetch_add(&kring_client_summaries(client)
				[slot / RRING_SUMMARY_WORDS],
			     RRING_SUMMARY_MOVE + one);
}

static void hold(struct kring_client *client, u64 handle)
{
	add_to_summaries(client, handle, RRING_SUMMARY_ONE);
	fixture_hold(client, handle);
}

static void drop(struct kring_client *client, u64 handle)
{
	fixture_drop(client, handle);
	add_to_summaries(client, handle, -RRING_SUMMARY_ONE);
}

/* ---- begin ---- */

/* Allocate an event of @pool, and drop it. Return its handle. */
static u64 use_slot(struct kunit *test, u32 pool)
{
	u64 handle = fixture_alloc(test, ctx.client[0], pool);

	add_to_summaries(ctx.client[0], handle, RRING_SUMMARY_ONE);
	drop(ctx.client[0], handle);
	return handle;
}

static void setup_clients(struct kunit *test)
{
	u32 i;

	memset(&ctx, 0, sizeof(ctx));
	ctx.arena = fixture_arena(test);
	for (i = 0; i < CLIENTS; i++) {
		ctx.client[i] = fixture_client(test, RRING_PRODUCER);
		keep_summaries(ctx.client[i]);
	}
}

/* Begin: a slot of XS that was used, and that nobody has now. */
static void setup_slot(struct kunit *test)
{
	setup_clients(test);
	ctx.handle = use_slot(test, RRING_XS);
}

/* A handle of the slot above, which has the same summary. */
static u64 next_slot(void)
{
	return rring_handle(1, RRING_XS, rring_handle_index(ctx.handle) + 1);
}

/* ... of a slot that has another summary */
#define FAR_SLOT	rring_handle(1, RRING_M, 7)

static void count(enum point point, const rring_word_t *loading)
{
	ctx.loads += point == LOAD;
	ctx.marks += point == MARK;
}

static u32 sweep_while(sweep_action_t action, enum kring_depth depth)
{
	ctx.loads = 0;
	ctx.marks = 0;
	ctx.acted = 0;
	memset(kring_work.most, 0, sizeof(kring_work.most));
	return sweep_with(ctx.arena, action, depth);
}

/* ---- what a look costs ---- */

static void client_without_slots_costs_a_load_per_look(struct kunit *test)
{
	setup_slot(test);
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 1u);
	KUNIT_EXPECT_EQ(test, ctx.loads, 2u * CLIENTS);
}

/* The first look learns that the ledger is in use: that is one load more. */
static void summary_stands_for_its_words(struct kunit *test)
{
	setup_slot(test);
	hold(ctx.client[1], FAR_SLOT);
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 1u);
	KUNIT_EXPECT_EQ(test, ctx.loads, 2u * CLIENTS + 1);
}

static void word_is_read_if_its_summary_counts_another(struct kunit *test)
{
	setup_slot(test);
	hold(ctx.client[1], next_slot());
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 1u);
	KUNIT_EXPECT_EQ(test, ctx.loads, 2u * CLIENTS + 2);
	hold(ctx.client[2], ctx.handle);
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 0u);
}

/* ---- clients that hold the slot ---- */

static void held_slot_is_kept(struct kunit *test)
{
	u32 i;

	setup_slot(test);
	for (i = 0; i < CLIENTS; i++) {
		hold(ctx.client[i], ctx.handle);
		KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS),
				0u);
		KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_WINDOWS),
				0u);
		drop(ctx.client[i], ctx.handle);
	}
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_WINDOWS), 1u);
}

/* All zeros: the client keeps no summaries, so its words are read. */
static void zero_summary_without_kept_says_nothing(struct kunit *test)
{
	setup_slot(test);
	rring_word_store(&kring_client_tails(ctx.client[1])->used, 0);
	fixture_hold(ctx.client[1], ctx.handle);
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 0u);
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_WINDOWS), 0u);
	fixture_drop(ctx.client[1], ctx.handle);
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 1u);
}

/* A client died after it had raised its summary: the summary has gone, too. */
static void summary_of_dead_client_is_ignored(struct kunit *test)
{
	setup_slot(test);
	hold(ctx.client[1], ctx.handle);
	fixture_kill(test, ctx.client[1]);
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 1u);
}

/* ---- a summary moves ---- */

/* At the point .at, use another slot, and give it up. */
static void use_other(enum point point, const rring_word_t *loading)
{
	count(point, loading);
	if (point != ctx.at || ctx.acted++)
		return;
	hold(ctx.client[1], ctx.other);
	drop(ctx.client[1], ctx.other);
}

static void expect_another_round(struct kunit *test, u64 other, enum point at)
{
	ctx.other = other;
	ctx.at = at;
	KUNIT_EXPECT_EQ(test, sweep_while(use_other, KRING_SWEEP_LEDGERS), 1u);
	KUNIT_EXPECT_GE(test, ctx.acted, 2u);
	ctx.handle = use_slot(test, RRING_XS);
}

/* The slot is freed as soon as it would be if words were compared. */
static void moved_summary_gets_another_round(struct kunit *test)
{
	setup_slot(test);
	expect_another_round(test, next_slot(), CONFIRMED);
	expect_another_round(test, next_slot(), HIDDEN);
	expect_another_round(test, FAR_SLOT, CONFIRMED);
	expect_another_round(test, FAR_SLOT, HIDDEN);
}

/* At the point .at, take a hold, as a weak upgrade does. */
static void upgrade(enum point point, const rring_word_t *loading)
{
	count(point, loading);
	if (point == ctx.at && !ctx.acted++)
		hold(ctx.client[1], ctx.handle);
}

static void hold_that_moves_the_summary_keeps_slot(struct kunit *test)
{
	static const enum point points[] = { LOAD, CONFIRMED, HIDDEN };
	u32 i;

	setup_slot(test);
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		ctx.at = points[i];
		KUNIT_EXPECT_EQ(test, sweep_while(upgrade,
						  KRING_SWEEP_LEDGERS), 0u);
		KUNIT_EXPECT_TRUE(test, fixture_slot_is_out(ctx.arena,
							    ctx.handle));
		KUNIT_EXPECT_EQ(test,
				fixture_generation(ctx.arena, ctx.handle),
				rring_handle_generation(ctx.handle));
		drop(ctx.client[1], ctx.handle);
	}
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 1u);
}

/* Two clients pass the hold on, so that no look of a summary sees it. */
static void pass_on(enum point point, const rring_word_t *loading)
{
	struct kring_client *from = ctx.client[1], *to = ctx.client[2];

	count(point, loading);
	if (point != LOAD)
		return;
	if (loading == &kring_client_tails(to)->used ||
	    loading == kring_client_summaries(to) ||
	    loading == fixture_word(to, ctx.handle))
		swap(from, to);
	else if (loading != &kring_client_tails(from)->used &&
		 loading != kring_client_summaries(from) &&
		 loading != fixture_word(from, ctx.handle))
		return;
	if (!rring_ledger_holds(rring_word_load(fixture_word(from,
							     ctx.handle))))
		return;
	hold(to, ctx.handle);
	drop(from, ctx.handle);
	ctx.acted++;
}

static void hold_unseen_by_all_looks_keeps_slot(struct kunit *test)
{
	setup_slot(test);
	hold(ctx.client[1], ctx.handle);
	KUNIT_EXPECT_EQ(test, sweep_while(pass_on, KRING_SWEEP_LEDGERS), 0u);
	KUNIT_EXPECT_GE(test, ctx.acted, 3u);
}

/* ---- a hostile client ---- */

/* Before each load, move all summaries of one client, and leave them at 0. */
static void flap(enum point point, const rring_word_t *loading)
{
	use_other(point, loading);
	ctx.acted = 0;
}

/*
 * A client whose summaries move without end causes two rounds more, of which the
 * last one relies on no summary; in a deep sweep one round more.
 */
static void flapping_summary_costs_two_rounds(struct kunit *test)
{
	/*
	 * loads of a look, for one slot: .used and the word, which counts though
	 * .used stands for it; .used, the summary and the word; the word
	 */
	const u64 first = 2 * CLIENTS, second = 3 * CLIENTS, last = CLIENTS;

	setup_slot(test);
	ctx.other = next_slot();
	ctx.at = LOAD;
	KUNIT_EXPECT_EQ(test, sweep_while(flap, KRING_SWEEP_LEDGERS), 1u);
	KUNIT_EXPECT_EQ(test, kring_work.most[KRING_WORK_WORDS],
			2 * (first + second + last));
	ctx.handle = use_slot(test, RRING_XS);
	fixture_handle_ring(test, ctx.client[0], 8);
	KUNIT_EXPECT_EQ(test, sweep_while(flap, KRING_SWEEP_WINDOWS), 1u);
	KUNIT_EXPECT_EQ(test, kring_work.most[KRING_WORK_WORDS],
			2 * first + 3 * last);
	KUNIT_EXPECT_EQ(test, ctx.marks, 2u);
}

/* It loses its own event, as it would by a ledger word of 0. */
static void false_summary_costs_its_client_the_slot(struct kunit *test)
{
	setup_slot(test);
	fixture_hold(ctx.client[1], ctx.handle);
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 1u);
}

/* ---- a recall ---- */

static void parked_slot_of_a_recall_is_freed(struct kunit *test)
{
	rring_word_t *word;

	setup_slot(test);
	hold(ctx.client[0], ctx.handle);
	word = fixture_word(ctx.client[0], ctx.handle);
	rring_word_store_release(word, rring_word_load(word) | RRING_PRIVATE |
				       RRING_ASIDE);
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 0u);
	kring_pool_recall(fixture_pool(test, RRING_XS), ctx.client[1]);
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 1u);
}

/* ---- pools that share a summary ---- */

static void slot_of_next_pool_is_in_the_summary(struct kunit *test)
{
	setup_slot(test);
	ctx.other = rring_handle(1, RRING_S, 3);
	hold(ctx.client[1], ctx.other);
	KUNIT_EXPECT_EQ(test, sweep_while(count, KRING_SWEEP_LEDGERS), 1u);
	/* .used, the summary and the word; then the word */
	KUNIT_EXPECT_EQ(test, ctx.loads, 2u * CLIENTS + 2);
}

static void move_in_next_pool_gets_another_round(struct kunit *test)
{
	setup_slot(test);
	hold(ctx.client[1], FAR_SLOT);
	expect_another_round(test, rring_handle(1, RRING_S, 3), HIDDEN);
}

/* The first summary is for all slots of XS and S, the next one for those of M. */
static int init(struct kunit *test)
{
	static const struct rring_create args = {
		.size = sizeof(args),
		.name = FIXTURE_NAME,
		.capacity = { 40, RRING_SUMMARY_WORDS - 40, 8 },
		.max_clients = FIXTURE_CLIENTS,
		.max_rings = 4,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	return fixture_begin(test, &args);
}

static struct kunit_case summary_cases[] = {
	KUNIT_CASE(client_without_slots_costs_a_load_per_look),
	KUNIT_CASE(summary_stands_for_its_words),
	KUNIT_CASE(word_is_read_if_its_summary_counts_another),
	KUNIT_CASE(held_slot_is_kept),
	KUNIT_CASE(zero_summary_without_kept_says_nothing),
	KUNIT_CASE(summary_of_dead_client_is_ignored),
	KUNIT_CASE(moved_summary_gets_another_round),
	KUNIT_CASE(hold_that_moves_the_summary_keeps_slot),
	KUNIT_CASE(hold_unseen_by_all_looks_keeps_slot),
	KUNIT_CASE(flapping_summary_costs_two_rounds),
	KUNIT_CASE(false_summary_costs_its_client_the_slot),
	KUNIT_CASE(parked_slot_of_a_recall_is_freed),
	KUNIT_CASE(slot_of_next_pool_is_in_the_summary),
	KUNIT_CASE(move_in_next_pool_gets_another_round),
	{}
};

static struct kunit_suite summary_suite = {
	.name = "summary",
	.suite_init = fixture_suite_init,
	.init = init,
	.exit = fixture_exit,
	.test_cases = summary_cases,
};

kunit_test_suite(summary_suite);
