// SPDX-License-Identifier: MPL-2.0
/*
 * Layouts and the collect, as kernel and library share them, against what they
 * ought to compute, in wider numbers. Needs no module.
 */
#include <stdlib.h>
#include <string.h>

#include <rusted_ring.h>
#include <rusted_ring/internal/layout.h>
#include <rusted_ring/internal/profile.h>
#include <rusted_ring/internal/reclaim.h>

#include "rng.h"

#include "kselftest_harness.h"
#include "repetition.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define ROUNDS		20000
#define LEDGERS		5
#define SLOTS		200

typedef unsigned __int128 wide;

static wide page_up(wide bytes)
{
	return (bytes + 4095) / 4096 * 4096;
}

TEST(a_length_gets_the_smallest_class_that_takes_it)
{
	uint32_t len, pool;

	for (len = 0; len <= 16384; len++) {
		pool = rring_class_for(len);
		ASSERT_GT((uint32_t)RRING_XXL, pool);
		ASSERT_LE(len, rring_slot_size(pool));
		ASSERT_TRUE(!pool || len > rring_slot_size(pool - 1));
	}
	ASSERT_EQ(RRING_XXL, (int)rring_class_for(16385));
	ASSERT_EQ(RRING_XXL, (int)rring_class_for(RRING_XXL_MAX));
	ASSERT_EQ(RRING_POOLS, (int)rring_class_for(RRING_XXL_MAX + 1ull));
	ASSERT_EQ(RRING_POOLS, (int)rring_class_for(1ull << 32));
	ASSERT_EQ(RRING_POOLS, (int)rring_class_for(~(size_t)0));
}

TEST(slots_grow_from_64_bytes_by_four)
{
	static const uint32_t size[RRING_XXL] = {
		64, 256, 1024, 4096, 16384,
	};
	uint32_t pool;

	ASSERT_EQ(0, rring_slot_size(RRING_XXL));
	for (pool = 0; pool < RRING_XXL; pool++) {
		ASSERT_EQ(size[pool], rring_slot_size(pool));
		ASSERT_EQ(size[pool], 1u << rring_slot_shift(pool));
	}
}

TEST(bytes_are_rounded_up_to_pages)
{
	uint64_t bytes;

	for (bytes = 0; bytes < 20000; bytes++)
		ASSERT_EQ((uint64_t)page_up(bytes), rring_page_align(bytes));
	bytes = 1ull << 40;
	ASSERT_EQ(bytes, rring_page_align(bytes - 1));
}

/* 0, or the number of the promise that the layout breaks. */
static int check_arena(const uint32_t capacity[RRING_POOLS],
		       uint32_t max_clients, uint32_t max_rings)
{
	struct rring_arena_info info;
	wide payload = 0, slots = 0, size;
	int i;

	memset(&info, 0, sizeof(info));
	rring_layout_arena(&info, capacity, max_clients, max_rings);
	for (i = 0; i < RRING_POOLS; i++) {
		const struct rring_pool_info *pool = &info.pool[i];

		if (pool->slot_base != slots || pool->capacity != capacity[i])
			return 1;
		if (pool->payload_offset != payload)
			return 2;
		if (!pool->batch || pool->batch > 64 ||
		    (pool->batch > 1 && pool->batch * 8 > capacity[i]) ||
		    (i == RRING_XXL && pool->batch > 1))
			return 3;
		slots += capacity[i];
		payload = page_up(payload + (wide)capacity[i] *
				  rring_slot_size(i));
	}
	for (i = 0; i < RRING_POOLS; i++) {
		if (info.pool[i].header_offset != payload)
			return 4;
		payload = page_up(payload + (wide)capacity[i] * 8);
	}
	size = 4096 + (wide)max_rings * 4096;
	if (info.ring_info_offset != 4096 || info.generation_offset != size)
		return 5;
	size += slots * 8;
	if (info.xxl_offset != size || info.slots != slots ||
	    info.size != page_up(size + (wide)capacity[RRING_XXL] * 8))
		return 6;
	if (info.payload_size != payload)
		return 7;
	size = 4096 + slots * 8;
	for (i = 0; i < RRING_XXL; i++) {
		wide entries = info.recent_entries[i];

		if (info.recent_offset[i] != size || entries & (entries - 1) ||
		    (capacity[i] && (entries < 16 || entries * 16 <= capacity[i] ||
				     (entries > 16 && entries * 8 > capacity[i]))))
			return 8;
		size += entries * RRING_RECENT_LISTS * 4;
	}
	if (info.recent_entries[RRING_XXL] || info.summary_offset != size)
		return 9;
	size += (slots + 63) / 64 * 8;
	return info.ledger_size != page_up(size) ? 10 : 0;
}

TEST(the_pools_of_an_arena_lie_one_after_another)
{
	static const uint32_t ends[] = {
		0, 1, 7, 8, 9, 63, 64, 65, 511, 512, 513, 1000000,
		RRING_POOL_CAPACITY_MAX,
	};
	struct rng rng = rng_new("geometry");
	uint32_t capacity[RRING_POOLS];
	int round, i;

	for (round = 0; round < (int)rounds(ROUNDS); round++) {
		for (i = 0; i < RRING_POOLS; i++)
			capacity[i] = ends[rng_below(&rng, COUNT(ends))];
		capacity[RRING_XXL] =
			rng_below(&rng, RRING_XXL_CAPACITY_MAX + 1);
		ASSERT_EQ(0, check_arena(capacity, 1 + rng_below(&rng, 255),
					 1 + rng_below(&rng, 255)));
	}
	for (i = 0; i < RRING_POOLS; i++)
		capacity[i] = RRING_POOL_CAPACITY_MAX;
	capacity[RRING_XXL] = RRING_XXL_CAPACITY_MAX;
	ASSERT_EQ(0, check_arena(capacity, RRING_CLIENTS_MAX, RRING_RINGS_MAX));
}

TEST(a_ring_holds_all_its_entries_and_payloads)
{
	static const uint32_t capacity[] = {
		1, 2, 3, 509, 510, 511, 512, 513, 4096,
		RRING_RING_CAPACITY_MAX,
	};
	uint32_t stride;
	size_t i;

	for (i = 0; i < COUNT(capacity); i++)
		for (stride = 0; stride <= RRING_STRIDE_MAX; stride += 64) {
			struct rring_ring_info info = {
				.kind = stride ? RRING_INLINE : RRING_HANDLES,
				.capacity = capacity[i],
				.stride = stride,
			};
			wide data = page_up(4096 + (wide)capacity[i] *
					    (stride ? 8 : 16));

			rring_layout_ring(&info);
			ASSERT_EQ(4096ull, info.entry_offset);
			ASSERT_TRUE(info.data_offset == data);
			ASSERT_TRUE(info.size ==
				    page_up(data + (wide)capacity[i] * stride));
		}
}

/* The rule at each of its edges; a letter per number of processors. */
TEST(a_profile_is_chosen_by_memory_processors_and_battery)
{
	static const uint64_t bytes[] = {
		0, (2ull << 30) - 1, 2ull << 30, (8ull << 30) - 1, 8ull << 30,
		(16ull << 30) - 1, 16ull << 30, UINT64_MAX,
	};
	static const uint32_t cpus[] = { 0, 1, 2, 7, 8, UINT32_MAX };
	static const char *const expected[2][8] = {
		{ "MMMMMM", "MMMMMM", "MMDDDD", "MMDDDD", "MMDDDD", "MMDDDD",
		  "MMDDSS", "MMDDSS" },
		{ "MMMMMM", "MMMMMM", "MMMMMM", "MMMMMM", "MMDDDD", "MMDDDD",
		  "MMDDDD", "MMDDDD" },
	};
	static const char letter[] = {
		[RRING_MOBILE] = 'M', [RRING_DESKTOP] = 'D',
		[RRING_SERVER] = 'S',
	};
	int i, j, battery;

	for (battery = 0; battery < 2; battery++)
		for (i = 0; i < 8; i++)
			for (j = 0; j < 6; j++)
				ASSERT_EQ(expected[battery][i][j],
					  letter[rring_profile_detect(
						 bytes[i], cpus[j], battery)]);
}

/* ---- the collect ---- */

struct world {
	rring_word_t words[LEDGERS][SLOTS];
	struct rring_ledger ledgers[LEDGERS];
	uint32_t moves[LEDGERS * RRING_BATCH];
	struct rring_batch batch;
};

/* Mostly empty words, or no slot would ever be free. */
static uint64_t some_word(struct rng *rng)
{
	switch (rng_below(rng, 40)) {
	case 0:
		return rng_next(rng);
	case 1:
		return RRING_IN_FLIGHT * rng_below(rng, 3);
	case 2:
		return RRING_HOLD * (1 + rng_below(rng, 65535));
	case 3:
		return (uint64_t)rng_below(rng, 2) << 32 | RRING_PARKED;
	default:
		return (uint64_t)rng_below(rng, 4) << 32;
	}
}

static void some_world(struct world *world, struct rng *rng)
{
	int i, slot;

	for (i = 0; i < LEDGERS; i++) {
		world->ledgers[i].word = world->words[i];
		world->ledgers[i].parked = rng_below(rng, 2) * RRING_PARKED;
		for (slot = 0; slot < SLOTS; slot++)
			world->words[i][slot].value = some_word(rng);
	}
	world->batch.moves = world->moves;
	world->batch.live = rng_next(rng) | rng_next(rng);
	for (i = 0; i < RRING_BATCH; i++)
		world->batch.slot[i] = (uint32_t)i * 3;
}

static void some_changes(struct world *world, struct rng *rng)
{
	uint32_t n = rng_below(rng, 30);

	while (n--)
		world->words[rng_below(rng, LEDGERS)][rng_below(rng, SLOTS)]
			.value = some_word(rng);
}

static int is_busy(const struct rring_ledger *ledger, uint64_t word,
		   uint64_t busy)
{
	return word & busy && !(ledger->parked &&
				(uint32_t)word == ledger->parked);
}

/* What the two looks ought to leave, slot by slot. */
static uint64_t expect(const struct world *before, const struct world *after,
		       uint64_t busy)
{
	uint64_t live = before->batch.live;
	int i, l;

	for (i = 0; i < RRING_BATCH; i++)
		for (l = 0; l < LEDGERS; l++) {
			uint32_t slot = before->batch.slot[i];
			uint64_t a = before->words[l][slot].value;
			uint64_t b = after->words[l][slot].value;

			if (is_busy(&before->ledgers[l], a, busy) ||
			    is_busy(&before->ledgers[l], b, busy) ||
			    a >> 32 != b >> 32)
				live &= ~(1ull << i);
		}
	return live;
}

TEST(two_collects_leave_what_nobody_had_and_nobody_moved)
{
	static const uint64_t depth[] = {
		RRING_HOLDS_MASK, RRING_HOLDS_MASK | RRING_IN_FLIGHT_MASK,
	};
	struct world *world = malloc(sizeof(*world));
	struct world *before = malloc(sizeof(*before));
	struct rng rng = rng_new("collect");
	uint64_t left = 0;
	uint64_t busy;
	int round;

	for (round = 0; round < (int)rounds(ROUNDS); round++) {
		busy = depth[round % 2];
		some_world(world, &rng);
		*before = *world;
		rring_batch_look(&world->batch, world->ledgers, LEDGERS, busy,
				 RRING_LOOK_FIRST);
		some_changes(world, &rng);
		rring_batch_look(&world->batch, world->ledgers, LEDGERS, busy,
				 RRING_LOOK_AGAIN);
		ASSERT_EQ(expect(before, world, busy), world->batch.live);
		left |= world->batch.live;
	}
	ASSERT_EQ(~0ull, left);
	free(before);
	free(world);
}

TEST_HARNESS_MAIN
