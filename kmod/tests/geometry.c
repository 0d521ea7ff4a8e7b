// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Geometry: layouts at their limits; arguments beyond a limit are refused. */
#include <linux/sizes.h>

#include <rusted_ring/internal/layout.h>

#include "../core/command.h"
#include "../core/region.h"
#include "fixture.h"

/* ---- layouts ---- */

static const u32 capacities[][RRING_POOLS] = {
	{ 1 },
	{ 0, 0, 0, 0, 0, 1 },
	{ 1, 1, 1, 1, 1, 1 },
	{ 63, 65, 7, 3, 513, 5 },
	{ RRING_POOL_CAPACITY_MAX, RRING_POOL_CAPACITY_MAX,
	  RRING_POOL_CAPACITY_MAX, RRING_POOL_CAPACITY_MAX,
	  RRING_POOL_CAPACITY_MAX, RRING_XXL_CAPACITY_MAX },
};

/*
 * Expect that a part which begins at @at is aligned, and not below *@end. Sets
 * *@end to its end.
 */
static void expect_after(struct kunit *test, u64 at, u64 size, u64 align,
			 u64 *end)
{
	KUNIT_EXPECT_EQ(test, at % align, 0ull);
	KUNIT_EXPECT_GE(test, at, *end);
	*end = at + size;
}

static void expect_pools(struct kunit *test,
			 const struct rring_arena_info *info)
{
	u64 payload = 0, slots = 0;
	u32 i;

	for (i = 0; i < RRING_POOLS; i++) {
		const struct rring_pool_info *pool = &info->pool[i];

		KUNIT_EXPECT_EQ(test, (u64)pool->slot_base, slots);
		slots += pool->capacity;
		expect_after(test, pool->payload_offset,
			     (u64)pool->slot_size * pool->capacity, RRING_PAGE,
			     &payload);
		KUNIT_EXPECT_GE(test, pool->batch, 1u);
		KUNIT_EXPECT_LE(test, pool->batch, 64u);
	}
	for (i = 0; i < RRING_POOLS; i++)
		expect_after(test, info->pool[i].header_offset,
			     (u64)info->pool[i].capacity *
			     sizeof(struct rring_event_header), RRING_PAGE,
			     &payload);
	KUNIT_EXPECT_EQ(test, info->payload_size, rring_page_align(payload));
	KUNIT_EXPECT_EQ(test, (u64)info->slots, slots);
}

static void expect_arena(struct kunit *test,
			 const struct rring_arena_info *info)
{
	u64 end = sizeof(*info);

	expect_after(test, info->ring_info_offset,
		     info->max_rings * sizeof(struct rring_ring_info),
		     RRING_PAGE, &end);
	expect_after(test, info->generation_offset,
		     (u64)info->slots * sizeof(rring_word_t),
		     sizeof(rring_word_t), &end);
	expect_after(test, info->xxl_offset,
		     (u64)info->pool[RRING_XXL].capacity *
		     sizeof(rring_word_t), sizeof(rring_word_t), &end);
	KUNIT_EXPECT_EQ(test, info->size, rring_page_align(end));
}

/*
 * Parts do not overlap, and sums do not wrap: each part begins at or after the
 * end of the one before.
 */
static void arena_has_no_overlap(struct kunit *test)
{
	struct rring_arena_info *info = kunit_kzalloc(test, sizeof(*info),
						      GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, info);
	for (i = 0; i < ARRAY_SIZE(capacities); i++) {
		rring_layout_arena(info, capacities[i], 1, 1);
		expect_pools(test, info);
		expect_arena(test, info);
		rring_layout_arena(info, capacities[i], RRING_CLIENTS_MAX,
				   RRING_RINGS_MAX);
		expect_arena(test, info);
	}
	/* a handle has room for the largest slot index */
	KUNIT_EXPECT_LE(test, RRING_POOL_CAPACITY_MAX,
			1u << RRING_HANDLE_AGE_SHIFT);
}

static void largest_arena_size_is_exact(struct kunit *test)
{
	const u64 n = RRING_POOL_CAPACITY_MAX;
	struct rring_arena_info *info = kunit_kzalloc(test, sizeof(*info),
						      GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, info);
	rring_layout_arena(info, capacities[ARRAY_SIZE(capacities) - 1],
			   RRING_CLIENTS_MAX, RRING_RINGS_MAX);
	KUNIT_EXPECT_EQ(test, info->payload_size,
			n * (64 + 256 + 1024 + 4096 + 16384) + 5 * n * 8 +
			RRING_XXL_CAPACITY_MAX * 8ull);
	KUNIT_EXPECT_EQ(test, info->ledger_size,
			round_up(RRING_PAGE +
				 (5 * n + RRING_XXL_CAPACITY_MAX) * 8 +
				 5 * RRING_RECENT_LISTS * (n / 8) * 4 +
				 (5 * n + RRING_XXL_CAPACITY_MAX) / 64 * 8,
				 RRING_PAGE));
}

static void ring_has_no_overlap(struct kunit *test)
{
	static const u32 entries[] = { 1, 2, 255, 257,
				       RRING_RING_CAPACITY_MAX };
	static const u32 strides[] = { RRING_STRIDE_MIN, 192,
				       RRING_STRIDE_MAX };
	struct rring_ring_info *info = kunit_kzalloc(test, sizeof(*info),
						     GFP_KERNEL);
	u32 i, s;

	KUNIT_ASSERT_NOT_NULL(test, info);
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		for (s = 0; s <= ARRAY_SIZE(strides); s++) {
			bool handles = s == ARRAY_SIZE(strides);
			u64 end = sizeof(struct rring_ring_head);

			info->kind = handles ? RRING_HANDLES : RRING_INLINE;
			info->capacity = entries[i];
			info->stride = handles ? 0 : strides[s];
			rring_layout_ring(info);
			expect_after(test, info->entry_offset,
				     (u64)info->capacity * (handles ? 16 : 8),
				     RRING_LINE, &end);
			expect_after(test, info->data_offset,
				     (u64)info->capacity * info->stride,
				     RRING_PAGE, &end);
			KUNIT_EXPECT_EQ(test, info->size,
					rring_page_align(end));
		}
}

/* ---- arenas ---- */

static struct rring_create small_arena(void)
{
	return (struct rring_create) {
		.capacity = { 1 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
}

static void expect_create(struct kunit *test, const struct rring_create *args,
			  long err)
{
	struct kring_arena *arena = kring_arena_new(args, &init_net);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(arena), err);
	if (!IS_ERR(arena))
		kring_arena_put(arena);
}

#define EXPECT_CREATE(test, member, value, err)				\
	do {								\
		struct rring_create with = small_arena();		\
									\
		with.member = value;					\
		expect_create(test, &with, err);			\
	} while (0)

static void arena_beyond_a_limit_is_refused(struct kunit *test)
{
	u32 i;

	for (i = 0; i < RRING_XXL; i++) {
		EXPECT_CREATE(test, capacity[i], RRING_POOL_CAPACITY_MAX + 1,
			      -EINVAL);
		EXPECT_CREATE(test, capacity[i], ~0u, -EINVAL);
	}
	EXPECT_CREATE(test, capacity[0], 0, -EINVAL);
	EXPECT_CREATE(test, capacity[RRING_XXL], RRING_XXL_CAPACITY_MAX + 1,
		      -EINVAL);
	EXPECT_CREATE(test, max_clients, RRING_CLIENTS_MAX + 1, -EINVAL);
	EXPECT_CREATE(test, max_clients, ~0u, -EINVAL);
	EXPECT_CREATE(test, max_rings, RRING_RINGS_MAX + 1, -EINVAL);
	EXPECT_CREATE(test, max_rings, ~0u, -EINVAL);
	EXPECT_CREATE(test, quota, 101, -EINVAL);
	EXPECT_CREATE(test, mode, 01000, -EINVAL);
	EXPECT_CREATE(test, flags, RRING_CREATE_PERSIST, -EINVAL);
	EXPECT_CREATE(test, flags, RRING_CREATE_PERSIST << 1, -EINVAL);
}

static void arena_at_its_limits_is_created(struct kunit *test)
{
	EXPECT_CREATE(test, max_clients, RRING_CLIENTS_MAX, 0);
	EXPECT_CREATE(test, max_rings, RRING_RINGS_MAX, 0);
	EXPECT_CREATE(test, quota, 100, 0);
	EXPECT_CREATE(test, mode, 0777, 0);
	EXPECT_CREATE(test, capacity[RRING_XXL], RRING_XXL_CAPACITY_MAX, 0);
}

/* An arena of more than 340 GiB is refused before a page is allocated. */
static void arena_beyond_the_memory_is_refused(struct kunit *test)
{
	struct rring_create args = small_arena();

	memcpy(args.capacity, capacities[ARRAY_SIZE(capacities) - 1],
	       sizeof(args.capacity));
	expect_create(test, &args, -ENOSPC);
}

static void region_has_a_limit(struct kunit *test)
{
	u64 total = kring_account_total();
	struct kring_account account = {};
	struct kring_region a = {}, b = {};

	KUNIT_EXPECT_EQ(test, kring_region_alloc(&a, &account, 1ull << 62),
			-ENOSPC);
	KUNIT_EXPECT_EQ(test, kring_region_alloc(&a, &account, SZ_64M),
			-ENOSPC);
	KUNIT_EXPECT_TRUE(test, kring_account_within_limit(SZ_64M));
	KUNIT_EXPECT_FALSE(test, kring_account_within_limit(SZ_64M + 1));
	kring_account_set_limit(total + SZ_8M);
	KUNIT_EXPECT_EQ(test, kring_region_alloc(&a, &account, SZ_4M), 0);
	KUNIT_EXPECT_EQ(test, kring_account_bytes(&account),
			kring_region_footprint(SZ_4M));
	KUNIT_EXPECT_EQ(test, kring_account_total(),
			total + kring_account_bytes(&account));
	/* the two regions have 8 MiB of pages, and tables of these pages */
	KUNIT_EXPECT_EQ(test, kring_region_alloc(&b, &account, SZ_4M),
			-ENOSPC);
	kring_region_free(&a);
	KUNIT_EXPECT_EQ(test, kring_region_alloc(&b, &account, SZ_4M), 0);
	kring_region_free(&b);
	KUNIT_EXPECT_EQ(test, kring_account_bytes(&account), 0ull);
	KUNIT_EXPECT_EQ(test, kring_account_total(), total);
	kring_account_set_limit(SZ_64M);
}

/* ---- rings ---- */

static struct rring_ring_open small_ring(void)
{
	return (struct rring_ring_open) {
		.kind = RRING_INLINE,
		.capacity = 2,
		.stride = RRING_STRIDE_MIN,
	};
}

static void expect_open(struct kunit *test, struct kring_client *client,
			struct rring_ring_open *args, int err)
{
	struct rring_ring_close close = {};

	KUNIT_EXPECT_EQ(test, fixture_command(client, RRING_IOC_RING_OPEN, args,
					      sizeof(*args)), err);
	if (err)
		return;
	close.ring = args->ring;
	KUNIT_EXPECT_EQ(test, kring_ring_close(client, &close), 0);
}

#define EXPECT_OPEN(test, client, member, value, err)			\
	do {								\
		struct rring_ring_open with = small_ring();		\
									\
		with.member = value;					\
		expect_open(test, client, &with, err);			\
	} while (0)

static void ring_beyond_a_limit_is_refused(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);

	EXPECT_OPEN(test, client, flags, 1, -EINVAL);
	EXPECT_OPEN(test, client, reserved, 1, -EINVAL);
	EXPECT_OPEN(test, client, kind, RRING_HANDLES + 1, -EINVAL);
	EXPECT_OPEN(test, client, kind, RRING_HANDLES, -EINVAL);
	EXPECT_OPEN(test, client, policy, RRING_OVERWRITE + 1, -EINVAL);
	EXPECT_OPEN(test, client, capacity, 0, -EINVAL);
	EXPECT_OPEN(test, client, capacity, RRING_RING_CAPACITY_MAX + 1,
		    -EINVAL);
	EXPECT_OPEN(test, client, capacity, ~0u, -EINVAL);
	EXPECT_OPEN(test, client, capacity, RRING_RING_CAPACITY_MAX, -ENOSPC);
	EXPECT_OPEN(test, client, stride, 0, -EINVAL);
	EXPECT_OPEN(test, client, stride, 96, -EINVAL);
	EXPECT_OPEN(test, client, stride, RRING_STRIDE_MAX + RRING_LINE,
		    -EINVAL);
	EXPECT_OPEN(test, client, stride, ~0u, -EINVAL);
	EXPECT_OPEN(test, client, stride, RRING_STRIDE_MAX, 0);
	EXPECT_OPEN(test, client, retain, 2, -EINVAL);
	EXPECT_OPEN(test, client, retain, ~0u, -EINVAL);
	EXPECT_OPEN(test, client, retain, 1, 0);
	EXPECT_OPEN(test, client, stall_ns, 1ull << 63, -EINVAL);
	EXPECT_OPEN(test, client, stall_ns, S64_MAX, 0);
}

/* ---- other arguments ---- */

static int reclaim(struct kring_client *client, u32 pool, u32 first, u32 count)
{
	struct rring_reclaim args = {
		.pool = pool,
		.first = first,
		.count = count,
	};

	return fixture_command(client, RRING_IOC_RECLAIM, &args, sizeof(args));
}

static void range_of_slots_does_not_wrap(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);

	KUNIT_EXPECT_EQ(test, reclaim(client, RRING_S, 0, FIXTURE_S), 0);
	KUNIT_EXPECT_EQ(test, reclaim(client, RRING_S, FIXTURE_S - 1, 1), 0);
	KUNIT_EXPECT_EQ(test, reclaim(client, RRING_S, FIXTURE_S, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, reclaim(client, RRING_S, 1, FIXTURE_S), -EINVAL);
	KUNIT_EXPECT_EQ(test, reclaim(client, RRING_S, ~0u, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, reclaim(client, RRING_S, ~0u, FIXTURE_S),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, reclaim(client, RRING_S, 0, ~0u), -EINVAL);
	KUNIT_EXPECT_EQ(test, reclaim(client, RRING_S, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, reclaim(client, RRING_M, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, reclaim(client, RRING_POOLS, 0, 1), -EINVAL);
}

static void offset_names_one_region_or_none(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_region_ref ref;
	static const u64 bad[] = {
		0, RRING_OFF(8, 0), RRING_OFF(RRING_REGION_ARENA, 1),
		RRING_OFF(RRING_REGION_ARENA, 0) + PAGE_SIZE,
		RRING_OFF(RRING_REGION_LEDGER, 1), ~0ull, 1ull << 63,
	};
	static const u64 gone[] = {
		RRING_OFF(RRING_REGION_CURSORS, 0xfff),
		RRING_OFF(RRING_REGION_CURSORS, 0),
		RRING_OFF(RRING_REGION_RING, 0),
		RRING_OFF(RRING_REGION_RING, 0xfff),
		RRING_OFF(RRING_REGION_XXL, 0xfff),
	};
	const u64 payload = RRING_OFF(RRING_REGION_PAYLOAD, 0);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, kring_client_region(client, bad[i], &ref),
				-EINVAL);
	for (i = 0; i < ARRAY_SIZE(gone); i++)
		KUNIT_EXPECT_EQ(test, kring_client_region(client, gone[i], &ref),
				-ENXIO);
	KUNIT_EXPECT_EQ(test, kring_client_region(client, payload, &ref), 0);
	KUNIT_EXPECT_FALSE(test, ref.writable);
	kring_region_ref_put(&ref);
}

static void name_is_terminated_and_printable(struct kunit *test)
{
	char longest[RRING_NAME_MAX + 1] = {};

	memset(longest, 'x', RRING_NAME_MAX);
	KUNIT_EXPECT_EQ(test, kring_command_check_name(longest), -EINVAL);
	longest[RRING_NAME_MAX - 1] = 0;
	KUNIT_EXPECT_EQ(test, kring_command_check_name(longest), 0);
	KUNIT_EXPECT_EQ(test, kring_command_check_name(""), 0);
	KUNIT_EXPECT_EQ(test, kring_command_check_name("a b"), -EINVAL);
	KUNIT_EXPECT_EQ(test, kring_command_check_name("a\177"), -EINVAL);
	KUNIT_EXPECT_EQ(test, kring_command_check_name("a\200"), -EINVAL);
}

static void name_has_components(struct kunit *test)
{
	static const char *const good[] = { "a/b", "a.b", ".a", "...", "a/..b" };
	static const char *const bad[] = {
		"/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/../b",
	};
	char part[RRING_NAME_MAX] = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		KUNIT_EXPECT_EQ(test, kring_command_check_name(good[i]), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, kring_command_check_name(bad[i]),
				-EINVAL);
	memset(part, 'x', RRING_NAME_MAX - 1);
	part[RRING_NAME_MAX - 2] = '/';
	KUNIT_EXPECT_EQ(test, kring_command_check_name(part), -EINVAL);
	part[RRING_NAME_MAX - 1] = 'x';
	KUNIT_EXPECT_EQ(test, kring_command_check_name(part), -EINVAL);
}

static void unknown_command_is_not_found(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, kring_command_find(_IO(RRING_IOC_MAGIC, 255)));
	KUNIT_EXPECT_NULL(test, kring_command_find(_IO(0, 0)));
	KUNIT_EXPECT_NOT_NULL(test, kring_command_find(RRING_IOC_RECLAIM));
}

static struct kunit_case geometry_cases[] = {
	KUNIT_CASE(arena_has_no_overlap),
	KUNIT_CASE(largest_arena_size_is_exact),
	KUNIT_CASE(ring_has_no_overlap),
	KUNIT_CASE(arena_beyond_a_limit_is_refused),
	KUNIT_CASE(arena_at_its_limits_is_created),
	KUNIT_CASE(arena_beyond_the_memory_is_refused),
	KUNIT_CASE(region_has_a_limit),
	KUNIT_CASE(ring_beyond_a_limit_is_refused),
	KUNIT_CASE(range_of_slots_does_not_wrap),
	KUNIT_CASE(offset_names_one_region_or_none),
	KUNIT_CASE(name_is_terminated_and_printable),
	KUNIT_CASE(name_has_components),
	KUNIT_CASE(unknown_command_is_not_found),
	{}
};

static struct kunit_suite geometry_suite = {
	.name = "geometry",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = geometry_cases,
};

kunit_test_suite(geometry_suite);
