// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Shared words: the headers of include/, as the kernel compiles them. */
#include <kunit/test.h>

#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/ledger.h>
#include <rusted_ring/internal/window.h>

#include "../core/wait.h"

static const u64 ledger_words[] = {
	RRING_HOLDS_MASK, RRING_IN_FLIGHT_MASK, RRING_PRIVATE, RRING_ASIDE,
	~0ull << 32,
};

/* The fields of a ledger word do not overlap, and use all bits. */
static void ledger_fields_cover_all_bits(struct kunit *test)
{
	u64 seen = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ledger_words); i++) {
		KUNIT_EXPECT_EQ(test, seen & ledger_words[i], 0ull);
		seen |= ledger_words[i];
	}
	KUNIT_EXPECT_EQ(test, seen, ~0ull);
}

/* Each field is read alone, whatever the others are. */
static void ledger_fields_are_independent(struct kunit *test)
{
	u64 holds = RRING_HOLDS_MASK;
	u64 in_flight = RRING_IN_FLIGHT_MASK;

	KUNIT_EXPECT_EQ(test, rring_ledger_holds(~holds), 0u);
	KUNIT_EXPECT_EQ(test, rring_ledger_holds(holds), 0x1ffffu);
	KUNIT_EXPECT_EQ(test, rring_ledger_in_flight(~in_flight), 0u);
	KUNIT_EXPECT_EQ(test, rring_ledger_in_flight(in_flight), 0x1fffu);
	KUNIT_EXPECT_EQ(test, rring_ledger_moves(0xffffffffull), 0u);
	KUNIT_EXPECT_EQ(test, rring_ledger_moves(~0ull << 32), ~0u);
}

/*
 * Each field has room for twice its limit: two threads can pass the check of
 * the limit at the same time.
 */
static void ledger_has_room_above_its_limits(struct kunit *test)
{
	u64 holds = 2ull * RRING_HOLDS_MAX * RRING_HOLD;
	u64 in_flight = 2ull * RRING_IN_FLIGHT_MAX * RRING_IN_FLIGHT;

	KUNIT_EXPECT_EQ(test, holds & ~RRING_HOLDS_MASK, 0ull);
	KUNIT_EXPECT_EQ(test, in_flight & ~RRING_IN_FLIGHT_MASK, 0ull);
}

/* A hold and its drop add 2 to moves, and change no other field at a wrap. */
static void ledger_moves_wrap_alone(struct kunit *test)
{
	u64 before = ~0ull << 32 | RRING_ASIDE | RRING_IN_FLIGHT |
		     7 * RRING_HOLD;
	rring_word_t word = { before };
	u64 after;

	KUNIT_EXPECT_EQ(test, rring_word_fetch_add(&word, RRING_MOVE +
						   RRING_HOLD), before);
	after = rring_word_load(&word);
	KUNIT_EXPECT_EQ(test, rring_ledger_moves(after), 0u);
	KUNIT_EXPECT_EQ(test, rring_ledger_holds(after), 8u);
	KUNIT_EXPECT_EQ(test, rring_ledger_in_flight(after), 1u);
	rring_word_fetch_add(&word, RRING_MOVE - RRING_HOLD);
	after = rring_word_load(&word);
	KUNIT_EXPECT_EQ(test, rring_ledger_moves(after), 1u);
	KUNIT_EXPECT_EQ(test, (u32)after, (u32)before);
}

static void expect_handle(struct kunit *test, u64 generation, u32 class,
			  u32 index)
{
	u64 handle = rring_handle(generation, class, index);

	KUNIT_EXPECT_EQ(test, rring_handle_generation(handle), generation);
	KUNIT_EXPECT_EQ(test, rring_handle_class(handle), class);
	KUNIT_EXPECT_EQ(test, rring_handle_index(handle), index);
	KUNIT_EXPECT_NE(test, handle, 0ull);
}

static void handle_round_trips(struct kunit *test)
{
	static const u64 generations[] = { 1, 2, 0x80000000ull, ~0u,
					   0x100000001ull,
					   RRING_GENERATION_MAX };
	static const u32 indices[] = { 0, 1, RRING_POOL_CAPACITY_MAX - 1,
				       (1u << RRING_HANDLE_AGE_SHIFT) - 1 };
	u32 g, class, i;

	for (g = 0; g < ARRAY_SIZE(generations); g++)
		for (class = 0; class < RRING_POOLS; class++)
			for (i = 0; i < ARRAY_SIZE(indices); i++)
				expect_handle(test, generations[g], class,
					      indices[i]);
}

/* Generation 0 means that a sweep has hidden it: no handle has it. */
static void generation_is_never_zero(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, rring_generation_next(1), 2ull);
	KUNIT_EXPECT_EQ(test, rring_generation_next(~0u - 1), 0xffffffffull);
	KUNIT_EXPECT_EQ(test, rring_generation_next(~0u), 0x100000001ull);
	KUNIT_EXPECT_EQ(test, rring_generation_next(RRING_GENERATION_MAX),
			1ull);
}

static void ref_round_trips(struct kunit *test)
{
	u32 state;

	for (state = RRING_READER_NONE; state <= RRING_READER_CAPPED_OBSERVER;
	     state++) {
		u64 ref = rring_ref(~0u, RRING_CLIENTS_MAX, RRING_CURSORS - 1,
				    state);
		bool gates = state == RRING_READER_JOINING ||
			     state == RRING_READER_LIVE ||
			     state == RRING_READER_FROZEN ||
			     state == RRING_READER_CAPPED;

		KUNIT_EXPECT_EQ(test, ref >> 32, 0xffffffffull);
		KUNIT_EXPECT_EQ(test, rring_ref_client(ref),
				(u32)RRING_CLIENTS_MAX);
		KUNIT_EXPECT_EQ(test, rring_ref_cursor(ref),
				RRING_CURSORS - 1u);
		KUNIT_EXPECT_EQ(test, rring_ref_state(ref), state);
		KUNIT_EXPECT_EQ(test, !!rring_ref_gates(ref), gates);
	}
}

/*
 * A position beyond the head comes from a hostile client. It counts as the
 * head, so there is never more room than the capacity.
 */
static void window_is_bounded(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, rring_window_clamp(5, 4), 4ull);
	KUNIT_EXPECT_EQ(test, rring_window_clamp(~0ull, 4), 4ull);
	KUNIT_EXPECT_EQ(test, rring_window_clamp(3, 4), 3ull);
	KUNIT_EXPECT_EQ(test, rring_window_retained(3, 4), 0ull);
	KUNIT_EXPECT_EQ(test, rring_window_retained(4, 4), 0ull);
	KUNIT_EXPECT_EQ(test, rring_window_retained(9, 4), 5ull);
	KUNIT_EXPECT_EQ(test, rring_window_room(0, 0, 8), 8ull);
	KUNIT_EXPECT_EQ(test, rring_window_room(0, 8, 8), 0ull);
	KUNIT_EXPECT_EQ(test, rring_window_room(0, 9, 8), 0ull);
	KUNIT_EXPECT_EQ(test, rring_window_room(1, 8, 8), 1ull);
	KUNIT_EXPECT_EQ(test, rring_window_room(~0ull, 8, 8), 8ull);
	KUNIT_EXPECT_EQ(test, rring_window_room(0, ~0ull, 8), 0ull);
}

static void window_wraps_once(struct kunit *test)
{
	const u32 most = RRING_RING_CAPACITY_MAX;

	KUNIT_EXPECT_EQ(test, rring_window_wrap(0, 1), 0u);
	KUNIT_EXPECT_EQ(test, rring_window_wrap(1, 1), 0u);
	KUNIT_EXPECT_EQ(test, rring_window_wrap(6, 7), 6u);
	KUNIT_EXPECT_EQ(test, rring_window_wrap(7, 7), 0u);
	KUNIT_EXPECT_EQ(test, rring_window_wrap(2ull * most - 1, most),
			most - 1);
}

/* Each load finds what a store of the same type has written. */
static void accessors_agree(struct kunit *test)
{
	rring_word_t word = {};
	rring_flag_t flag = {};
	rring_seq_t seq = {};

	rring_word_store_release(&word, ~0ull);
	KUNIT_EXPECT_EQ(test, rring_word_load(&word), ~0ull);
	KUNIT_EXPECT_EQ(test, rring_word_load_acquire(&word), ~0ull);
	rring_seq_store(&seq, 1ull << 63);
	KUNIT_EXPECT_EQ(test, rring_seq_load_acquire(&seq), 1ull << 63);
	rring_seq_store_release(&seq, 3);
	KUNIT_EXPECT_EQ(test, rring_seq_load(&seq), 3ull);
	rring_flag_store(&flag, ~0u);
	KUNIT_EXPECT_EQ(test, rring_flag_load_acquire(&flag), ~0u);
	rring_flag_store_release(&flag, 0);
	KUNIT_EXPECT_EQ(test, rring_flag_load(&flag), 0u);
}

/* kring_flag_lower() lowers and returns only bits that were raised. */
static void flags_raise_and_lower(struct kunit *test)
{
	rring_flag_t flag = {};

	kring_flag_raise(&flag, 5);
	kring_flag_raise(&flag, 4);
	KUNIT_EXPECT_EQ(test, rring_flag_load(&flag), 5u);
	KUNIT_EXPECT_EQ(test, kring_flag_lower(&flag, 6), 4u);
	KUNIT_EXPECT_EQ(test, rring_flag_load(&flag), 1u);
	KUNIT_EXPECT_EQ(test, kring_flag_lower(&flag, 6), 0u);
}

static struct kunit_case words_cases[] = {
	KUNIT_CASE(ledger_fields_cover_all_bits),
	KUNIT_CASE(ledger_fields_are_independent),
	KUNIT_CASE(ledger_has_room_above_its_limits),
	KUNIT_CASE(ledger_moves_wrap_alone),
	KUNIT_CASE(handle_round_trips),
	KUNIT_CASE(generation_is_never_zero),
	KUNIT_CASE(ref_round_trips),
	KUNIT_CASE(window_is_bounded),
	KUNIT_CASE(window_wraps_once),
	KUNIT_CASE(accessors_agree),
	KUNIT_CASE(flags_raise_and_lower),
	{}
};

static struct kunit_suite words_suite = {
	.name = "words",
	.test_cases = words_cases,
};

kunit_test_suite(words_suite);
