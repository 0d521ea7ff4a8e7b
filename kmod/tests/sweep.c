// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The sweep, with clients at work between its steps. reclaim.c is included
 * here, and reclaim.o is left out of the module. Macros call turn() before each
 * load of a ledger word, before and after each window is read, and before and
 * after generations are hidden. So each race happens in every run of its test.
 */
#include <kunit/test.h>

#include "../core/compat.h"
#include <rusted_ring/internal/atomic.h>

/* The points of a sweep at which turn() is called. */
enum point {
	LOAD,		/* about to load a word of a ledger */
	MARK,		/* about to read the window of a ring */
	MARKED,		/* has read it */
	CONFIRMED,	/* two collects agree: about to hide a generation */
	HIDDEN,		/* no generation of the batch can be seen */
};

static void turn(enum point point);
static u64 now(void);

#define rring_word_load_acquire(word) \
	(turn(LOAD), rring_word_load_acquire(word))

#include <rusted_ring/internal/reclaim.h>

#include "../core/ring.h"
#include "../core/reader.h"
#include "stage.h"
#include "../core/trace.h"

#define kring_ring_mark_window(ring, pool, named) \
	(turn(MARK), kring_ring_mark_window(ring, pool, named), turn(MARKED))
#define rring_flag_load(generation) \
	(turn(CONFIRMED), rring_flag_load(generation))
#define rring_fence_full() \
	do { rring_fence_full(); turn(HIDDEN); } while (0)
#define ktime_get_coarse_ns() now()

#include "../core/reclaim.c"

#undef ktime_get_coarse_ns
#undef rring_fence_full
#undef rring_flag_load
#undef rring_word_load_acquire

/* ---- the test's turn ---- */

/* State of the running test: a sweep of one slot, and actions meanwhile. */
static struct scene {
	struct kring_arena *arena;
	struct kring_client *a, *b;	/* ledger 0, ledger 1 */
	struct kring_ring *ring;	/* of @a, read by @b */
	struct kring_ring *other;	/* of @b, read by @a */
	struct kring_reader *reader, *other_reader;
	u64 handle;
	void (*act)(struct scene *scene, enum point point); /* or NULL */
	u32 loads;			/* of ledger words, in this sweep */
	u32 at;				/* the load, or point, to act at */
	u32 acted;			/* set by .act */
	u64 late;			/* ns that the sweep's clock is ahead */
} scene;

static void turn(enum point point)
{
	if (scene.act)
		scene.act(&scene, point);
	if (point == LOAD)
		scene.loads++;
}

static u64 now(void)
{
	return ktime_get_coarse_ns() + scene.late;
}

/*
 * Sweep the pool's first batch, steps 0 to 6, with @act. A deep one reads the
 * windows in step 2 only. Returns how many slots were freed.
 */
static u32 sweep(void (*act)(struct scene *scene, enum point point),
		 enum kring_depth depth)
{
	struct kring_pool *pool = &scene.arena->pool[RRING_XS];
	u32 freed, next;

	scene.loads = 0;
	scene.acted = 0;
	scene.late = 0;
	scene.act = act;
	mutex_lock(&scene.arena->lock);
	settle_adopted(scene.arena);
	gather(pool, 0, pool->high_water, KRING_SWEEP_LEDGERS, &next);
	freed = free_batch(pool, depth);
	mutex_unlock(&scene.arena->lock);
	scene.act = NULL;
	return freed;
}

static bool is_current(struct scene *scene)
{
	return stage_generation(scene->arena, scene->handle) ==
	       rring_handle_generation(scene->handle);
}

/* Expect that the slot is not freed, and that its handle is current. */
static void expect_kept(struct kunit *test, u32 freed)
{
	KUNIT_EXPECT_EQ(test, freed, 0u);
	KUNIT_EXPECT_TRUE(test, stage_is_out(scene.arena, scene.handle));
	KUNIT_EXPECT_TRUE(test, is_current(&scene));
}

static void expect_freed(struct kunit *test, u32 freed)
{
	u32 generation = rring_handle_generation(scene.handle);

	KUNIT_EXPECT_EQ(test, freed, 1u);
	KUNIT_EXPECT_FALSE(test, stage_is_out(scene.arena, scene.handle));
	KUNIT_EXPECT_EQ(test, stage_generation(scene.arena, scene.handle),
			rring_generation_next(generation));
}

/* Begin: two clients, the first of which holds a slot. */
static void set(struct kunit *test)
{
	memset(&scene, 0, sizeof(scene));
	scene.arena = stage_arena(test);
	scene.a = stage_client(test, RRING_PRODUCER);
	scene.b = stage_client(test, RRING_PRODUCER);
	scene.handle = stage_alloc(test, scene.a, RRING_XS);
}

/* Begin: two clients, and two rings, of which that of .a names the slot. */
static void set_rings(struct kunit *test)
{
	set(test);
	scene.other = stage_handles(test, scene.b, 8);
	scene.other_reader = stage_join(test, scene.a, scene.other, NULL);
	scene.ring = stage_handles(test, scene.a, 8);
	scene.reader = stage_join(test, scene.b, scene.ring, NULL);
	stage_publish(scene.a, scene.ring, scene.handle);
}

static void pass(struct kring_client *from, struct kring_client *to, u64 handle)
{
	stage_hold(to, handle);
	stage_drop(from, handle);
}

/* ---- nothing moves ---- */

static void dropped_slot_is_freed(struct kunit *test)
{
	set(test);
	stage_drop(scene.a, scene.handle);
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

static void held_slot_is_kept(struct kunit *test)
{
	set(test);
	expect_kept(test, sweep(NULL, KRING_SWEEP_LEDGERS));
	pass(scene.a, scene.b, scene.handle);
	expect_kept(test, sweep(NULL, KRING_SWEEP_WINDOWS));
	stage_drop(scene.b, scene.handle);
	expect_freed(test, sweep(NULL, KRING_SWEEP_WINDOWS));
}

static void lent_slot_is_kept(struct kunit *test)
{
	set(test);
	stage_drop(scene.a, scene.handle);
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
	KUNIT_ASSERT_EQ(test, stage_refill(scene.b, RRING_XS, 1), 1);
	KUNIT_EXPECT_EQ(test, sweep(NULL, KRING_SWEEP_WINDOWS), 0u);
	KUNIT_EXPECT_EQ(test, scene.loads, 0u);
}

static void generation_passes_over_zero(struct kunit *test)
{
	u32 slot;

	set(test);
	slot = rring_handle_index(scene.handle);
	rring_flag_store(&scene.arena->generation[slot], ~0u);
	stage_drop(scene.a, scene.handle);
	KUNIT_EXPECT_EQ(test, sweep(NULL, KRING_SWEEP_LEDGERS), 1u);
	KUNIT_EXPECT_EQ(test, stage_generation(scene.arena, scene.handle), 1u);
}

/* ---- a hold moves ---- */

static void pass_at(struct scene *scene, enum point point)
{
	if (point == LOAD && scene->loads == scene->at && !scene->acted++)
		pass(scene->b, scene->a, scene->handle);
}

/*
 * The hold moves from a ledger that the collect has not read yet to one that
 * the collect has read.
 */
static void one_collect_is_not_enough(struct kunit *test)
{
	u32 acted = 0;

	set(test);
	pass(scene.a, scene.b, scene.handle);
	for (scene.at = 0; scene.at < 6; scene.at++) {
		expect_kept(test, sweep(pass_at, KRING_SWEEP_LEDGERS));
		acted += scene.acted;
		if (scene.acted)
			pass(scene.a, scene.b, scene.handle);
	}
	/* at loads 0 and 1; unless the hold moves, load 1 is the last */
	KUNIT_EXPECT_EQ(test, acted, 2u);
}

/* Move the hold away from the ledger that is loaded next. */
static void flee(struct scene *scene, enum point point)
{
	bool first = scene->loads % 2 == 0;
	struct kring_client *from = first ? scene->a : scene->b;
	struct kring_client *to = first ? scene->b : scene->a;

	if (point != LOAD)
		return;
	if (rring_ledger_holds(rring_word_load(stage_word(from,
							  scene->handle))))
		pass(from, to, scene->handle);
}

/* No collect sees the hold. The second sees that moves have changed. */
static void hold_that_flees_is_seen_by_its_moves(struct kunit *test)
{
	set(test);
	expect_kept(test, sweep(flee, KRING_SWEEP_LEDGERS));
	KUNIT_EXPECT_GE(test, scene.loads, 3u);
}

static void run_late(struct scene *scene, enum point point)
{
	if (point == CONFIRMED)
		scene->late += RRING_COLLECT_NS + 1;
}

/* A batch that took too long is discarded: moves could have come round. */
static void slow_collect_is_thrown_away(struct kunit *test)
{
	set(test);
	stage_drop(scene.a, scene.handle);
	expect_kept(test, sweep(run_late, KRING_SWEEP_LEDGERS));
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

static void run_late_once(struct scene *scene, enum point point)
{
	if (!scene->late)
		run_late(scene, point);
}

/* If the collects took too long, they are made once more. */
static void delayed_collect_is_made_again(struct kunit *test)
{
	set(test);
	stage_drop(scene.a, scene.handle);
	expect_freed(test, sweep(run_late_once, KRING_SWEEP_LEDGERS));
}

/* ---- a weak upgrade ---- */

static void upgrade(struct scene *scene, enum point point)
{
	if (point != scene->at)
		return;
	stage_hold(scene->b, scene->handle);
	smp_mb();	/* I */
	scene->acted = is_current(scene) ? 1 : 2;
}

/* An upgrade that succeeds before the generation is hidden keeps the slot. */
static void third_look_sees_an_upgrade(struct kunit *test)
{
	set(test);
	stage_drop(scene.a, scene.handle);
	scene.at = CONFIRMED;
	expect_kept(test, sweep(upgrade, KRING_SWEEP_LEDGERS));
	KUNIT_EXPECT_EQ(test, scene.acted, 1u);
	stage_drop(scene.b, scene.handle);
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

/*
 * An upgrade finds that the generation is hidden. The third look sees its hold,
 * so the sweep shows the old generation again.
 */
static void hidden_generation_lets_nobody_in(struct kunit *test)
{
	set(test);
	stage_drop(scene.a, scene.handle);
	scene.at = HIDDEN;
	expect_kept(test, sweep(upgrade, KRING_SWEEP_LEDGERS));
	KUNIT_EXPECT_EQ(test, scene.acted, 2u);
}

static void upgrade_and_drop(struct scene *scene, enum point point)
{
	upgrade(scene, point);
	if (point == scene->at)
		stage_drop(scene->b, scene->handle);
}

/*
 * An upgrade succeeds, and its hold is dropped before the third look. The event
 * may have been passed on meanwhile, so changed moves keep the slot.
 */
static void third_look_sees_the_moves(struct kunit *test)
{
	set(test);
	stage_drop(scene.a, scene.handle);
	scene.at = CONFIRMED;
	expect_kept(test, sweep(upgrade_and_drop, KRING_SWEEP_LEDGERS));
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

/* ---- windows ---- */

static void window_keeps_what_it_names(struct kunit *test)
{
	set_rings(test);
	expect_kept(test, sweep(NULL, KRING_SWEEP_LEDGERS));
	expect_kept(test, sweep(NULL, KRING_SWEEP_WINDOWS));
	stage_release(scene.reader, 1);
	/* the writer has not settled the entry: the slot is in flight */
	expect_kept(test, sweep(NULL, KRING_SWEEP_LEDGERS));
	KUNIT_EXPECT_EQ(test, scene.loads, 1u);
	expect_freed(test, sweep(NULL, KRING_SWEEP_WINDOWS));
}

static void publish_first(struct scene *scene, enum point point)
{
	if (point == LOAD && !scene->acted++)
		stage_publish(scene->a, scene->ring, scene->handle);
}

/*
 * The slot moves from a ledger into a window, before the first collect reads
 * that ledger. So the windows have to be read afterwards.
 */
static void windows_are_read_after_the_first_collect(struct kunit *test)
{
	set(test);
	scene.ring = stage_handles(test, scene.a, 8);
	scene.reader = stage_join(test, scene.b, scene.ring, NULL);
	expect_kept(test, sweep(publish_first, KRING_SWEEP_WINDOWS));
	KUNIT_EXPECT_GE(test, scene.loads, 2u);
}

static void keep(struct scene *scene, enum point point)
{
	if (point != MARK || scene->acted++)
		return;
	stage_hold(scene->b, scene->handle);
	stage_release(scene->reader, 1);
}

/*
 * The slot moves from a window into a ledger, before the window is read. So the
 * second collect has to come afterwards.
 */
static void second_collect_is_after_the_windows(struct kunit *test)
{
	set_rings(test);
	expect_kept(test, sweep(keep, KRING_SWEEP_WINDOWS));
	KUNIT_EXPECT_GE(test, scene.acted, 1u);
	stage_drop(scene.b, scene.handle);
	expect_freed(test, sweep(NULL, KRING_SWEEP_WINDOWS));
}

static void forward(struct scene *scene, enum point point)
{
	if (point != MARKED || scene->acted++)
		return;
	stage_hold(scene->b, scene->handle);
	stage_publish(scene->b, scene->other, scene->handle);
	stage_release(scene->reader, 1);
}

/* The slot moves from the ring that is read last to one that has been read. */
static void forwarding_is_seen_by_its_moves(struct kunit *test)
{
	set_rings(test);
	KUNIT_ASSERT_LT(test, scene.other->id, scene.ring->id);
	expect_kept(test, sweep(forward, KRING_SWEEP_WINDOWS));
	KUNIT_EXPECT_EQ(test, scene.acted, 2u);
	expect_kept(test, sweep(NULL, KRING_SWEEP_WINDOWS));
	stage_release(scene.other_reader, 1);
	expect_freed(test, sweep(NULL, KRING_SWEEP_WINDOWS));
}

/* ---- the dead ---- */

static void dead_hold_is_none(struct kunit *test)
{
	set(test);
	stage_kill(test, scene.a);
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

/* An adopted window keeps its slots until the readers have passed them. */
static void dead_writers_window_keeps(struct kunit *test)
{
	set_rings(test);
	stage_kill(test, scene.a);
	expect_kept(test, sweep(NULL, KRING_SWEEP_WINDOWS));
	stage_release(scene.reader, 1);
	expect_freed(test, sweep(NULL, KRING_SWEEP_LEDGERS));
}

/* ---- all of a pool ---- */

#define SLOTS	(RRING_BATCH + 6u)

/* Begin: SLOTS slots have been lent to .a, allocated and dropped. */
static void litter(struct kunit *test)
{
	u32 i;

	memset(&scene, 0, sizeof(scene));
	scene.arena = stage_arena(test);
	scene.a = stage_client(test, RRING_PRODUCER);
	KUNIT_ASSERT_EQ(test, stage_refill(scene.a, RRING_XS, SLOTS),
			(int)SLOTS);
	for (i = 0; i < SLOTS; i++)
		stage_drop(scene.a, stage_pop(scene.a, RRING_XS));
}

static void sweep_goes_round(struct kunit *test)
{
	struct kring_pool *pool;
	u32 looked;

	litter(test);
	pool = stage_pool(test, RRING_XS);
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

static void range_ends_where_it_says(struct kunit *test)
{
	struct kring_pool *pool;

	litter(test);
	pool = stage_pool(test, RRING_XS);
	KUNIT_EXPECT_EQ(test, kring_sweep_range(pool, 3, 3), 0u);
	KUNIT_EXPECT_EQ(test, kring_sweep_range(pool, 3, 5), 2u);
	KUNIT_EXPECT_EQ(test, kring_sweep_range(pool, 0, pool->capacity),
			SLOTS - 2);
}

static void counts_are_exact_at_rest(struct kunit *test)
{
	struct kring_pool *pool;

	set_rings(test);
	pool = stage_pool(test, RRING_XS);
	KUNIT_EXPECT_EQ(test, kring_sweep_held(pool), 0u);
	KUNIT_EXPECT_EQ(test, kring_sweep_in_flight(pool), 1u);
	stage_hold(scene.b, scene.handle);
	stage_hold(scene.a, scene.handle);
	stage_release(scene.reader, 1);
	KUNIT_EXPECT_EQ(test, kring_sweep_held(pool), 1u);
	KUNIT_EXPECT_EQ(test, kring_sweep_in_flight(pool), 0u);
}

static struct kunit_case sweep_cases[] = {
	KUNIT_CASE(dropped_slot_is_freed),
	KUNIT_CASE(held_slot_is_kept),
	KUNIT_CASE(lent_slot_is_kept),
	KUNIT_CASE(generation_passes_over_zero),
	KUNIT_CASE(one_collect_is_not_enough),
	KUNIT_CASE(hold_that_flees_is_seen_by_its_moves),
	KUNIT_CASE(slow_collect_is_thrown_away),
	KUNIT_CASE(delayed_collect_is_made_again),
	KUNIT_CASE(third_look_sees_an_upgrade),
	KUNIT_CASE(third_look_sees_the_moves),
	KUNIT_CASE(hidden_generation_lets_nobody_in),
	KUNIT_CASE(window_keeps_what_it_names),
	KUNIT_CASE(windows_are_read_after_the_first_collect),
	KUNIT_CASE(second_collect_is_after_the_windows),
	KUNIT_CASE(forwarding_is_seen_by_its_moves),
	KUNIT_CASE(dead_hold_is_none),
	KUNIT_CASE(dead_writers_window_keeps),
	KUNIT_CASE(sweep_goes_round),
	KUNIT_CASE(range_ends_where_it_says),
	KUNIT_CASE(counts_are_exact_at_rest),
	{}
};

static struct kunit_suite sweep_suite = {
	.name = "sweep",
	.suite_init = stage_suite_init,
	.init = stage_init,
	.exit = stage_exit,
	.test_cases = sweep_cases,
};

kunit_test_suite(sweep_suite);
