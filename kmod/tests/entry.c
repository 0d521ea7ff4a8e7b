// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * A kernel reader checks an entry. Meanwhile the kernel laps the reader, and the
 * entry's slot is reused. reader_entry.c is included here, and reader_entry.o is
 * left out of the module. The only change: entry_hook() is called before the
 * reader loads the generation of the slot.
 */
#include <kunit/test.h>

#include <rusted_ring/internal/handle.h>

#include "../core/reader.h"
#include "../kclient/reader.h"
#include "fixture.h"

static void entry_hook(void);

#define rring_word_load_acquire(word) \
	(entry_hook(), rring_word_load_acquire(word))

#include "../kclient/reader_entry.c"

#undef rring_word_load_acquire

#define CAPACITY	4

/* State of the running test. */
static struct entry_ctx {
	struct rring_kreader *kr;
	struct kring_arena *arena;
	u64 handle;		/* of the entry; entry_hook() reuses its slot */
	bool laps;		/* entry_hook() laps the reader before that */
} ctx;

static void lap(void)
{
	u64 wake_at = RRING_FOREVER;

	mutex_lock(&ctx.arena->lock);
	kring_reader_check_stall(ctx.kr->reader, 0, 1000, &wake_at);
	kring_reader_check_stall(ctx.kr->reader, 0, 2000, &wake_at);
	mutex_unlock(&ctx.arena->lock);
}

static void entry_hook(void)
{
	u64 handle = ctx.handle;

	ctx.handle = 0;
	if (!handle)
		return;
	if (ctx.laps)
		lap();
	rring_word_store(&ctx.arena->generation[handle_slot(ctx.kr, handle)],
			 handle + (1ull << RRING_HANDLE_GENERATION_SHIFT));
}

static void entry_exit(struct kunit *test)
{
	rring_kreader_close(ctx.kr, RRING_LEAVE_FORGET);
	fixture_exit(test);
}

/* Returns the verdict on an entry whose slot is reused during the check. */
static enum kreader_verdict check_while_reused(struct kunit *test, bool laps)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = fixture_ring(test, writer,
					       &(struct rring_ring_open) {
		.name = "ring",
		.kind = RRING_HANDLES,
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stall_ns = 1000,
	});
	struct rring_kreader_config with = {
		.arena = FIXTURE_NAME,
		.ring_id = ring->id,
		.start = RRING_START_OLDEST,
	};
	u64 handle = fixture_alloc(test, writer, RRING_S);

	memset(&ctx, 0, sizeof(ctx));
	ctx.arena = fixture_arena(test);
	ctx.kr = rring_kreader_open(&with);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ctx.kr));
	fixture_publish(writer, ring, handle);
	KUNIT_ASSERT_EQ(test, (int)kreader_entry_read(ctx.kr),
			KREADER_ENTRY_VALID);
	ctx.laps = laps;
	ctx.handle = handle;
	return kreader_entry_check(ctx.kr);
}

static void lapped_during_check_is_lost(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, (int)check_while_reused(test, true),
			KREADER_ENTRY_LOST);
}

static void reused_under_a_gating_reader_is_stale(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, (int)check_while_reused(test, false),
			KREADER_ENTRY_STALE);
}

static struct kunit_case entry_cases[] = {
	KUNIT_CASE(lapped_during_check_is_lost),
	KUNIT_CASE(reused_under_a_gating_reader_is_stale),
	{}
};

static struct kunit_suite entry_suite = {
	.name = "entry",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = entry_exit,
	.test_cases = entry_cases,
};

kunit_test_suite(entry_suite);
