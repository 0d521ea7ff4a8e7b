// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * While a sweep hides generations, preemption is off. If the ledgers are many, it
 * hides few slots at a time. See sweep.c.
 */
#include <kunit/test.h>

#include <rusted_ring/internal/reclaim.h>

#include "fixture.h"
#include "sweep.h"

#define LEDGERS		RRING_CLIENTS_MAX
/* times that a batch is hidden in parts */
#define PARTS		DIV_ROUND_UP(RRING_BATCH, \
				     KRING_UNPREEMPTED_WORDS / LEDGERS)

/* A sweep of a batch of slots that no client holds. */
static struct {
	struct kring_arena *arena;
	bool is_hidden;
	u32 loads;		/* while the present part is hidden */
	u32 most_loads;
	u32 parts;		/* hidden until now */
	u32 late;		/* the part that takes too long; 0: none */
} ctx;

static void begin_part(void)
{
	if (ctx.is_hidden && !ctx.loads)
		return;		/* the next slot of this part */
	ctx.is_hidden = true;
	ctx.loads = 0;
	if (++ctx.parts == ctx.late)
		sweep_delay();
}

static void watch(enum point point, const rring_word_t *loading)
{
	if (point == CONFIRMED)
		begin_part();
	if (point == LOAD && ctx.is_hidden)
		ctx.most_loads = max(ctx.most_loads, ++ctx.loads);
}

/*
 * Begin: a client has allocated and dropped a batch of slots. The ledgers of the
 * other clients are copies of its ledger.
 */
static void setup(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	u32 i;

	memset(&ctx, 0, sizeof(ctx));
	ctx.arena = fixture_arena(test);
	KUNIT_ASSERT_EQ(test, fixture_refill(client, RRING_XS, RRING_BATCH),
			RRING_BATCH);
	for (i = 0; i < RRING_BATCH; i++)
		fixture_drop(client, fixture_pop(client, RRING_XS));
	for (i = 1; i < LEDGERS; i++) {
		ctx.arena->ledgers[i] = ctx.arena->ledgers[0];
		ctx.arena->ledger_of[i] = client;
	}
}

/* Sweep with @ledgers ledgers. Return how many slots were freed. */
static u32 sweep(u32 ledgers)
{
	u32 freed;

	ctx.arena->nr_ledgers = ledgers;
	freed = sweep_with(ctx.arena, watch, KRING_SWEEP_LEDGERS);
	ctx.arena->nr_ledgers = 1;
	return freed;
}

static void many_ledgers_hide_few_slots_at_a_time(struct kunit *test)
{
	setup(test);
	KUNIT_EXPECT_EQ(test, sweep(LEDGERS), (u32)RRING_BATCH);
	KUNIT_EXPECT_EQ(test, ctx.parts, PARTS);
	KUNIT_EXPECT_LE(test, ctx.most_loads, KRING_UNPREEMPTED_WORDS);
}

static void few_ledgers_hide_a_batch_at_once(struct kunit *test)
{
	setup(test);
	KUNIT_EXPECT_EQ(test, sweep(KRING_UNPREEMPTED_WORDS / RRING_BATCH),
			(u32)RRING_BATCH);
	KUNIT_EXPECT_EQ(test, ctx.parts, 1u);
	KUNIT_EXPECT_EQ(test, ctx.most_loads, KRING_UNPREEMPTED_WORDS);
}

/* The parts before are free, and the sweep looks once more at the others. */
static void part_that_is_late_is_retried_alone(struct kunit *test)
{
	u32 free;

	setup(test);
	free = fixture_pool(test, RRING_XS)->nr_free;
	ctx.late = 3;
	KUNIT_EXPECT_EQ(test, sweep(LEDGERS), (u32)RRING_BATCH);
	KUNIT_EXPECT_EQ(test, ctx.parts, PARTS + 1);
	KUNIT_EXPECT_EQ(test, fixture_pool(test, RRING_XS)->nr_free,
			free + RRING_BATCH);
}

static int init(struct kunit *test)
{
	static const struct rring_create args = {
		.size = sizeof(args),
		.name = FIXTURE_NAME,
		.capacity = { FIXTURE_XS },
		.max_clients = LEDGERS,
		.max_rings = 1,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	return fixture_begin(test, &args);
}

static struct kunit_case hidden_cases[] = {
	KUNIT_CASE(many_ledgers_hide_few_slots_at_a_time),
	KUNIT_CASE(few_ledgers_hide_a_batch_at_once),
	KUNIT_CASE(part_that_is_late_is_retried_alone),
	{}
};

static struct kunit_suite hidden_suite = {
	.name = "hidden",
	.suite_init = fixture_suite_init,
	.init = init,
	.exit = fixture_exit,
	.test_cases = hidden_cases,
};

kunit_test_suite(hidden_suite);
