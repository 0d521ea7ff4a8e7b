// SPDX-License-Identifier: MPL-2.0
/*
 * What kernel and library share, <rusted_ring/...>, against what it ought to
 * compute: exhaustively where the ranges are small, and at their ends. Needs no
 * module.
 */
#include <rusted_ring.h>
#include <rusted_ring/internal/reclaim.h>

#include "kselftest_harness.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define INDEX_MAX	((1u << RRING_HANDLE_AGE_SHIFT) - 1)

static const uint32_t edges[] = {
	0, 1, 2, 3, 0x7f, 0x80, 0xffff, 0x10000, 0x1ffff, 0xffffff, 0x1000000,
	0x7ffffffe, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
};

/* One of 2 * COUNT(edges): the least ones, and the greatest. */
static uint64_t some_generation(size_t i)
{
	return i < COUNT(edges) ? edges[i] :
	       RRING_GENERATION_MAX - edges[i - COUNT(edges)];
}

TEST(a_handle_gives_back_what_it_was_made_from)
{
	uint64_t generation, handle;
	uint32_t pool, index;
	size_t g, i;

	for (g = 0; g < 2 * COUNT(edges); g++)
		for (pool = 0; pool < 8; pool++)
			for (i = 0; i < COUNT(edges); i++) {
				generation = some_generation(g);
				index = edges[i] & INDEX_MAX;
				handle = rring_handle(generation, pool, index);
				ASSERT_EQ(generation,
					  rring_handle_generation(handle));
				ASSERT_EQ(pool, rring_handle_class(handle));
				ASSERT_EQ(index, rring_handle_index(handle));
				ASSERT_EQ((uint32_t)generation != 0,
					  rring_handle_has_generation(handle));
			}
}

TEST(the_fields_of_a_handle_fill_it_without_overlap)
{
	uint64_t generation = rring_handle(RRING_GENERATION_MAX, 0, 0);
	uint64_t pool = rring_handle(0, 7, 0);
	uint64_t index = rring_handle(0, 0, INDEX_MAX);

	ASSERT_EQ(~0ull, generation | pool | index);
	ASSERT_EQ(0ull, (generation & pool) | (generation & index) |
			(pool & index));
	ASSERT_EQ(generation, rring_handle(~0ull, 0, 0));
}

TEST(a_handle_has_room_for_every_slot)
{
	ASSERT_LE(RRING_POOL_CAPACITY_MAX - 1, INDEX_MAX);
	ASSERT_LE(RRING_XXL, 7);
}

TEST(no_generation_is_zero)
{
	uint64_t next, handle;
	size_t i;

	for (i = 0; i < 2 * COUNT(edges); i++) {
		next = rring_generation_next(some_generation(i));
		ASSERT_NE(0u, (uint32_t)next);
		ASSERT_GE(RRING_GENERATION_MAX, next);
		ASSERT_NE(some_generation(i), next);
		handle = rring_handle(some_generation(i), RRING_M, 77);
		ASSERT_EQ(rring_handle(next, RRING_M, 77),
			  rring_handle_next(handle));
	}
}

TEST(generations_grow_to_37_bits_and_begin_again_at_1)
{
	ASSERT_EQ(0xffffffffull, rring_generation_next(0xfffffffe));
	ASSERT_EQ(0x100000001ull, rring_generation_next(0xffffffff));
	ASSERT_EQ(0x1fffffffffull, RRING_GENERATION_MAX);
	ASSERT_EQ(RRING_GENERATION_MAX,
		  rring_generation_next(RRING_GENERATION_MAX - 1));
	ASSERT_EQ(1ull, rring_generation_next(RRING_GENERATION_MAX));
}

/* ---- ledger words ---- */

TEST(the_fields_of_a_ledger_word_fill_it_without_overlap)
{
	static const uint64_t field[] = {
		RRING_HOLDS_MASK, RRING_IN_FLIGHT_MASK, RRING_PRIVATE,
		RRING_ASIDE, ~0ull << 32,
	};
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < COUNT(field); i++) {
		ASSERT_EQ(0ull, all & field[i]);
		all |= field[i];
	}
	ASSERT_EQ(~0ull, all);
	ASSERT_EQ(1ull << 32, RRING_MOVE);
}

/* Threads may pass the check at once: there is room for as many again. */
TEST(the_counts_of_a_ledger_word_do_not_run_into_their_neighbours)
{
	uint64_t full = RRING_HOLDS_MAX * RRING_HOLD;

	ASSERT_EQ(RRING_HOLDS_MAX, rring_ledger_holds(full));
	ASSERT_EQ(0u, rring_ledger_in_flight(full));
	full += RRING_HOLDS_MAX * RRING_HOLD;
	ASSERT_EQ(2 * RRING_HOLDS_MAX, rring_ledger_holds(full));
	ASSERT_EQ(0u, rring_ledger_in_flight(full));
	full = RRING_IN_FLIGHT_MAX * RRING_IN_FLIGHT;
	ASSERT_EQ(RRING_IN_FLIGHT_MAX, rring_ledger_in_flight(full));
	full += RRING_IN_FLIGHT_MAX * RRING_IN_FLIGHT;
	ASSERT_EQ(2 * RRING_IN_FLIGHT_MAX, rring_ledger_in_flight(full));
	ASSERT_EQ(0u, rring_ledger_holds(full));
	ASSERT_EQ(0ull, full & (RRING_PRIVATE | RRING_ASIDE));
	ASSERT_EQ(0u, rring_ledger_moves(full));
}

static uint64_t word_of(uint32_t moves, uint32_t in_flight, uint32_t holds,
			uint64_t flags)
{
	return (uint64_t)moves << 32 | (uint64_t)holds << 14 | in_flight |
	       flags;
}

TEST(every_change_of_a_ledger_word_moves_it_and_nothing_else)
{
	static const uint64_t flags[] = { 0, RRING_PRIVATE, RRING_ASIDE };
	uint32_t holds;
	size_t f, m;

	for (holds = 1; holds < 65535; holds++)
		for (f = 0; f < COUNT(flags); f++) {
			m = holds % COUNT(edges);
			ASSERT_EQ(word_of(edges[m] + 1, 7, holds + 1, flags[f]),
				  word_of(edges[m], 7, holds, flags[f]) +
				  RRING_MOVE + RRING_HOLD);
			ASSERT_EQ(word_of(edges[m] + 1, 7, holds - 1, flags[f]),
				  word_of(edges[m], 7, holds, flags[f]) +
				  RRING_MOVE - RRING_HOLD);
			ASSERT_EQ(word_of(edges[m] + 1, 6, holds, flags[f]),
				  word_of(edges[m], 7, holds, flags[f]) +
				  RRING_MOVE - RRING_IN_FLIGHT);
		}
}

/* ---- collects ---- */

/* Whether slot 0 of two ledgers is still thought free after a second look. */
static bool found_free(uint64_t first, uint64_t second, enum rring_look look)
{
	rring_word_t ledger[2] = {};
	struct rring_ledger ledgers[] = {
		{ .word = &ledger[0] }, { .word = &ledger[1] },
	};
	__u64 seen[2 * RRING_BATCH];
	struct rring_batch batch = {
		.live = 1, .level = RRING_BY_WORDS, .seen = seen,
	};

	rring_word_store_release(&ledger[1], first);
	rring_batch_look(&batch, ledgers, 2, RRING_HOLDS_MASK,
			 RRING_LOOK_FIRST);
	rring_word_store_release(&ledger[1], second);
	rring_batch_look(&batch, ledgers, 2, RRING_HOLDS_MASK, look);
	return batch.live;
}

TEST(a_slot_is_free_that_two_collects_find_nowhere_and_unmoved)
{
	uint64_t unheld = word_of(7, 0, 0, 0);
	uint64_t held = word_of(7, 0, 1, 0);
	uint64_t held_meanwhile = word_of(9, 0, 0, 0);

	EXPECT_TRUE(found_free(unheld, unheld, RRING_LOOK_AGAIN));
	EXPECT_FALSE(found_free(held, held, RRING_LOOK_AGAIN));
	EXPECT_FALSE(found_free(unheld, held, RRING_LOOK_AGAIN));
	EXPECT_FALSE(found_free(held, unheld, RRING_LOOK_AGAIN));
	EXPECT_FALSE(found_free(unheld, held_meanwhile, RRING_LOOK_AGAIN));
	EXPECT_TRUE(found_free(unheld, held_meanwhile, RRING_LOOK_FIRST));
}

/* ---- windows ---- */

/* Low, head and capacity near @base, against counting entry by entry. */
static int room_is_right(uint64_t base, uint32_t low, uint32_t head,
			 uint32_t capacity)
{
	uint64_t room = rring_window_room(base + low, base + head, capacity);
	uint32_t used = low < head ? head - low : 0;
	uint32_t expected = 0;

	while (used + expected < capacity)
		expected++;
	return room == expected;
}

TEST(a_window_has_room_for_what_its_readers_do_not_need)
{
	static const uint64_t bases[] = { 0, 1, 1ull << 32, ~0ull - 40 };
	uint32_t low, head, capacity;
	size_t b;

	for (b = 0; b < COUNT(bases); b++)
		for (capacity = 1; capacity < 10; capacity++)
			for (low = 0; low < 40; low++)
				for (head = 0; head < 40; head++)
					ASSERT_TRUE(room_is_right(bases[b], low,
								  head,
								  capacity));
	/* a hostile cursor, as far away as possible */
	ASSERT_EQ(9u, rring_window_room(~0ull, 5, 9));
	ASSERT_EQ(0u, rring_window_room(0, ~0ull, 9));
}

TEST(a_window_is_clamped_and_retained_without_wrapping)
{
	static const uint64_t heads[] = { 0, 1, 2, 99, 100, 101, ~0ull };
	size_t i;

	for (i = 0; i < COUNT(heads); i++) {
		uint64_t head = heads[i];

		ASSERT_EQ(head, rring_window_clamp(~0ull, head));
		ASSERT_EQ(0ull, rring_window_clamp(0, head));
		ASSERT_EQ(head, rring_window_retained(head, 0));
		ASSERT_LE(rring_window_retained(head, 100), head);
		ASSERT_EQ(head < 100 ? head : 100,
			  head - rring_window_retained(head, 100));
	}
}

TEST(a_position_below_two_laps_wraps_like_modulo)
{
	static const uint32_t large[] = {
		4095, 4096, 4097, RRING_RING_CAPACITY_MAX - 1,
		RRING_RING_CAPACITY_MAX,
	};
	uint32_t capacity, pos;
	size_t i;

	for (capacity = 1; capacity < 300; capacity++)
		for (pos = 0; pos < 2 * capacity; pos++)
			ASSERT_EQ(pos % capacity,
				  rring_window_wrap(pos, capacity));
	for (i = 0; i < COUNT(large); i++) {
		ASSERT_EQ(large[i] - 1,
			  rring_window_wrap(large[i] - 1, large[i]));
		ASSERT_EQ(0u, rring_window_wrap(large[i], large[i]));
		ASSERT_EQ(large[i] - 1,
			  rring_window_wrap(2ull * large[i] - 1, large[i]));
	}
}

TEST(a_reader_is_told_whole_by_its_ref)
{
	uint32_t client, cursor, state;
	uint64_t ref;
	size_t i;

	for (i = 0; i < COUNT(edges); i++)
		for (client = 0; client <= RRING_CLIENTS_MAX; client++)
			for (cursor = 0; cursor < RRING_CURSORS; cursor++) {
				state = (client + cursor) % 8;
				ref = rring_ref(edges[i], client, cursor,
						state);
				ASSERT_EQ(client, rring_ref_client(ref));
				ASSERT_EQ(cursor, rring_ref_cursor(ref));
				ASSERT_EQ(state, rring_ref_state(ref));
				ASSERT_EQ(edges[i], (uint32_t)(ref >> 32));
			}
}

TEST(joining_live_frozen_and_capped_readers_gate)
{
	static const int gates[] = { 0, 1, 1, 1, 0, 0, 1, 0 };
	uint32_t state;

	for (state = 0; state < COUNT(gates); state++)
		ASSERT_EQ(gates[state],
			  rring_ref_gates(rring_ref(~0u, 255, 63, state)));
}

TEST_HARNESS_MAIN
