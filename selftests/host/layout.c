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

/* Count the groups of class @pool, and check them. 0: they break a promise. */
static uint32_t groups_of(const struct rring_arena_info *info, uint32_t pool)
{
	uint32_t slots = rring_group_slots(info->group_bytes, pool);
	uint32_t bytes = slots * rring_slot_size(pool);
	uint64_t end = info->pool[pool].payload_offset +
		       (uint64_t)info->pool[pool].capacity *
		       rring_slot_size(pool);

	if (!slots || bytes % info->group_bytes ||
	    info->pool[pool].payload_offset % info->group_bytes)
		return 0;
	/* nothing else is in the last page of the pool */
	end = rring_align(end, info->group_bytes);
	if (end > (pool + 1 < RRING_XXL ?
		   info->pool[pool + 1].payload_offset :
		   info->pool[0].header_offset))
		return 0;
	return info->pool[pool].capacity / slots;
}

TEST(groups_of_an_owned_arena_fill_pages_of_every_size)
{
	static const uint32_t pages[] = { 4096, 16384, 65536 };
	uint32_t capacity[RRING_POOLS] = { 0 };
	struct rring_arena_info info;
	uint32_t pool, n, base;
	size_t i;

	for (i = 0; i < COUNT(pages); i++)
		for (n = 1; n < 20; n++) {
			memset(&info, 0, sizeof(info));
			info.group_bytes = pages[i];
			for (pool = 0; pool < RRING_XXL; pool++)
				capacity[pool] =
					n * rring_group_slots(pages[i], pool);
			rring_layout_arena(&info, capacity, 3, 3);
			rring_layout_owners(&info);
			for (pool = 0, base = 0; pool < RRING_XXL; pool++) {
				ASSERT_EQ(n, groups_of(&info, pool));
				ASSERT_EQ(base, info.group_base[pool]);
				base += n;
			}
		}
}

TEST(without_a_size_groups_fill_pages_of_4_kib)
{
	static const uint32_t slots[RRING_XXL] = { 64, 16, 4, 1, 1 };
	const struct rring_arena_info info = { 0 };
	uint32_t pool;

	for (pool = 0; pool < RRING_XXL; pool++)
		ASSERT_EQ(slots[pool],
			  rring_group_slots(rring_group_bytes(&info), pool));
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
	rring_word_t summaries[LEDGERS][(SLOTS + 63) / 64];
	rring_word_t used[LEDGERS];
	struct rring_ledger ledgers[LEDGERS];
	__u64 seen[LEDGERS * RRING_BATCH];
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

/* Store a word, and change its summaries as an honest client does. */
static void set_word(struct world *world, uint32_t ledger, uint32_t slot,
		     uint64_t word)
{
	int before = !rring_ledger_is_empty(world->words[ledger][slot].value);
	int now = !rring_ledger_is_empty(word);
	uint64_t change = RRING_SUMMARY_MOVE + (uint64_t)now - (uint64_t)before;

	if (now && before)
		change = 0;
	else if (now == before && world->words[ledger][slot].value != word)
		change += RRING_SUMMARY_MOVE;	/* it was in use meanwhile */
	world->words[ledger][slot].value = word;
	world->summaries[ledger][slot / RRING_SUMMARY_WORDS].value += change;
	world->used[ledger].value += change;
}

/* One ledger in four has no summaries, and many have no word in use. */
static void some_ledger(struct world *world, uint32_t i, struct rng *rng)
{
	int unused = rng_below(rng, 2);
	uint32_t slot;

	memset(world->words[i], 0, sizeof(world->words[i]));
	memset(world->summaries[i], 0, sizeof(world->summaries[i]));
	world->used[i].value = RRING_SUMMARY_KEPT;
	for (slot = 0; slot < SLOTS; slot++)
		set_word(world, i, slot,
			 unused ? (uint64_t)rng_below(rng, 4) << 32 :
				  some_word(rng));
	if (!rng_below(rng, 4)) {
		world->used[i].value = 0;
		memset(world->summaries[i], 0, sizeof(world->summaries[i]));
	}
	world->ledgers[i] = (struct rring_ledger) {
		.word = world->words[i],
		.used = &world->used[i],
		.summary = world->summaries[i],
		.parked = rng_below(rng, 2) * RRING_PARKED,
	};
}

static void some_world(struct world *world, struct rng *rng)
{
	uint32_t i;

	for (i = 0; i < LEDGERS; i++)
		some_ledger(world, i, rng);
	world->batch.seen = world->seen;
	world->batch.live = rng_next(rng) | rng_next(rng);
	world->batch.moved = 0;
	for (i = 0; i < RRING_BATCH; i++)
		world->batch.slot[i] = i * 3;
}

static void some_changes(struct world *world, struct rng *rng)
{
	uint32_t n = rng_below(rng, 30);

	while (n--) {
		uint32_t ledger = rng_below(rng, LEDGERS);
		uint32_t slot = rng_below(rng, SLOTS);
		uint64_t word = some_word(rng);

		if (world->used[ledger].value & RRING_SUMMARY_KEPT)
			set_word(world, ledger, slot, word);
		else
			world->words[ledger][slot].value = word;
	}
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

/* Two looks at the same words: @before changes, and is @after then. */
struct looks {
	struct world before, after;
	uint64_t left;		/* slots that were left in any round */
	uint64_t moved;		/* ... that were not decided */
};

/* Return the slots that ought to be left. */
static uint64_t look_twice(struct looks *looks, struct rng *rng, uint64_t busy,
			   enum rring_level level)
{
	struct world *world = &looks->after;
	struct rring_batch *batch = &world->batch;

	some_world(world, rng);
	batch->level = level;
	looks->before = *world;
	rring_batch_look(batch, world->ledgers, LEDGERS, busy,
			 RRING_LOOK_FIRST);
	some_changes(world, rng);
	rring_batch_look(batch, world->ledgers, LEDGERS, busy,
			 RRING_LOOK_AGAIN);
	looks->left |= batch->live;
	looks->moved |= batch->moved;
	return expect(&looks->before, world, busy);
}

static const uint64_t depth[] = {
	RRING_HOLDS_MASK, RRING_HOLDS_MASK | RRING_IN_FLIGHT_MASK,
};

TEST(two_collects_leave_what_nobody_had_and_nobody_moved)
{
	struct looks *looks = calloc(1, sizeof(*looks));
	struct rng rng = rng_new("collect");
	uint64_t expected;
	int round;

	for (round = 0; round < (int)rounds(ROUNDS); round++) {
		expected = look_twice(looks, &rng, depth[round % 2],
				      RRING_BY_WORDS);
		ASSERT_EQ(expected, looks->after.batch.live);
		ASSERT_EQ(0, looks->after.batch.moved);
	}
	ASSERT_EQ(~0ull, looks->left);
	free(looks);
}

/*
 * What collects of summaries leave, collects of words would leave, too; and what
 * these would leave, is left, or another round decides.
 */
TEST(summaries_leave_no_more_than_words_and_decide_nothing_else)
{
	struct looks *looks = calloc(1, sizeof(*looks));
	struct rring_batch *batch = &looks->after.batch;
	struct rng rng = rng_new("summaries");
	uint64_t expected;
	int round;

	for (round = 0; round < (int)rounds(ROUNDS); round++) {
		expected = look_twice(looks, &rng, depth[round % 2],
				      round % 4 / 2 ? RRING_BY_USED :
						      RRING_BY_SUMMARIES);
		ASSERT_EQ(0, batch->live & ~expected);
		ASSERT_EQ(0, expected & ~(batch->live | batch->moved));
		ASSERT_EQ(0, batch->live & batch->moved);
	}
	ASSERT_EQ(~0ull, looks->left);
	ASSERT_EQ(~0ull, looks->moved);
	free(looks);
}

TEST_HARNESS_MAIN
