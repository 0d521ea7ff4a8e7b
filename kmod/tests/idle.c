// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Which events get an idle region, and when the kernel frees it. */
#include <linux/sizes.h>

#include <rusted_ring/internal/layout.h>

#include "../core/idle.h"
#include "../core/pool.h"
#include "../core/reclaim.h"
#include "../core/refill.h"
#include "../core/xxl.h"
#include "fixture.h"

#define PLACES	8u
#define KEPT	4u	/* idle regions of a client, at most */

static int begin(struct kunit *test, u32 flags)
{
	struct rring_create args = {
		.size = sizeof(args),
		.name = FIXTURE_NAME,
		.capacity = { FIXTURE_XS, 0, 0, 0, 0, PLACES },
		.max_clients = FIXTURE_CLIENTS,
		.flags = flags,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	return fixture_begin(test, &args);
}

static int idle_init(struct kunit *test)
{
	return begin(test, 0);
}

static struct kring_client *producer(struct kunit *test)
{
	return fixture_client(test, RRING_PRODUCER);
}

/* Allocate an event of @bytes. Return its handle, or 0 and *@err. */
static u64 try_alloc(struct kring_client *client, u64 bytes, int *err)
{
	struct rring_refill args = {
		.size = sizeof(args),
		.pool = RRING_XXL,
		.count = 1,
		.bytes = bytes,
	};

	*err = kring_pool_refill(client, &args);
	return *err ? 0 : fixture_pop(client, RRING_XXL);
}

static u64 alloc(struct kunit *test, struct kring_client *client, u64 bytes)
{
	int err;
	u64 handle = try_alloc(client, bytes, &err);

	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_NE(test, handle, 0ull);
	return handle;
}

static struct kring_pages *pages_of(struct kunit *test, u64 handle)
{
	return kring_xxl_pages(fixture_pool(test, RRING_XXL),
			       rring_handle_index(handle));
}

/* Return the first word of the event's region. */
static u64 *word_of(struct kunit *test, u64 handle)
{
	return pages_of(test, handle)->region.addr;
}

/* Allocate an event of @bytes that has @value. */
static u64 make(struct kunit *test, struct kring_client *client, u64 bytes,
		u64 value)
{
	u64 handle = alloc(test, client, bytes);

	*word_of(test, handle) = value;
	return handle;
}

static void drop(struct kunit *test, struct kring_client *client, u64 handle)
{
	fixture_drop(client, handle);
	KUNIT_EXPECT_EQ(test, kring_sweep_range(fixture_pool(test, RRING_XXL),
						0, PLACES), 1u);
}

/* ---- the client that gets the region ---- */

static void the_next_event_of_the_client_gets_it(struct kunit *test)
{
	struct kring_client *client = producer(test);
	u64 handle = make(test, client, SZ_64K, 7);
	struct kring_pages *pages = pages_of(test, handle);
	u64 used = kring_account_total();

	drop(test, client, handle);
	KUNIT_EXPECT_EQ(test, kring_account_total(), used);
	KUNIT_EXPECT_EQ(test, kring_idle_bytes(), (u64)SZ_64K);
	handle = alloc(test, client, SZ_64K - 1);
	KUNIT_EXPECT_PTR_EQ(test, pages_of(test, handle), pages);
	KUNIT_EXPECT_EQ(test, *word_of(test, handle), 7ull);
	KUNIT_EXPECT_EQ(test, kring_account_total(), used);
	KUNIT_EXPECT_EQ(test, kring_idle_bytes(), 0ull);
}

static void another_client_gets_a_new_one(struct kunit *test)
{
	struct kring_client *client = producer(test);
	struct kring_client *other = producer(test);
	u64 handle;

	drop(test, client, make(test, client, SZ_64K, 7));
	handle = alloc(test, other, SZ_64K);
	KUNIT_EXPECT_EQ(test, *word_of(test, handle), 0ull);
	handle = alloc(test, client, SZ_64K);
	KUNIT_EXPECT_EQ(test, *word_of(test, handle), 7ull);
}

static void another_size_needs_a_new_one(struct kunit *test)
{
	struct kring_client *client = producer(test);
	u64 handle;

	drop(test, client, make(test, client, SZ_64K, 7));
	handle = alloc(test, client, SZ_64K + 1);
	KUNIT_EXPECT_EQ(test, *word_of(test, handle), 0ull);
	handle = alloc(test, client, SZ_64K - PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, *word_of(test, handle), 0ull);
}

/* The word in ARENA names the region, whichever slot has it. */
static void it_keeps_its_number(struct kunit *test)
{
	struct kring_pool *pool = fixture_pool(test, RRING_XXL);
	struct kring_client *client = producer(test);
	struct kring_client *other = producer(test);
	u64 handle = make(test, client, SZ_64K, 7);
	u32 slot = rring_handle_index(handle);
	u64 word = rring_word_load(&pool->xxl_word[slot]);

	KUNIT_EXPECT_EQ(test, rring_xxl_bytes(word), (u64)SZ_64K);
	drop(test, client, handle);
	KUNIT_EXPECT_EQ(test, rring_word_load(&pool->xxl_word[slot]), 0ull);
	handle = alloc(test, other, SZ_64K);
	KUNIT_ASSERT_EQ(test, rring_handle_index(handle), slot);
	KUNIT_EXPECT_NE(test, rring_word_load(&pool->xxl_word[slot]), word);
	handle = alloc(test, client, SZ_64K);
	slot = rring_handle_index(handle);
	KUNIT_EXPECT_EQ(test, rring_word_load(&pool->xxl_word[slot]), word);
}

/* Such a reference is that of a kernel reader, or of a task in mmap(). */
static void one_with_another_user_is_not_lent(struct kunit *test)
{
	struct kring_client *client = producer(test);
	u64 handle = make(test, client, SZ_64K, 7);
	struct kring_pages *pages = pages_of(test, handle);

	kring_pages_get(pages);
	drop(test, client, handle);
	handle = alloc(test, client, SZ_64K);
	KUNIT_EXPECT_PTR_NE(test, pages_of(test, handle), pages);
	*word_of(test, handle) = 8;
	KUNIT_EXPECT_EQ(test, *(u64 *)pages->region.addr, 7ull);
	kring_pages_put(pages);
}

static void one_with_a_pinned_page_is_not_lent(struct kunit *test)
{
	struct kring_client *client = producer(test);
	u64 handle = make(test, client, SZ_64K, 7);
	struct page *page = pages_of(test, handle)->region.pages[15];

	get_page(page);
	drop(test, client, handle);
	handle = alloc(test, client, SZ_64K);
	KUNIT_EXPECT_EQ(test, *word_of(test, handle), 0ull);
	put_page(page);
	drop(test, client, handle);
	handle = alloc(test, client, SZ_64K);
	KUNIT_EXPECT_EQ(test, kring_idle_bytes(), 0ull);
}

/* ---- when it is freed ---- */

static void a_fifth_one_drives_out_the_oldest(struct kunit *test)
{
	struct kring_client *client = producer(test);
	u64 handle[KEPT + 1];
	u64 used;
	u32 i;

	for (i = 0; i <= KEPT; i++)
		handle[i] = make(test, client, SZ_64K, i + 1);
	used = kring_account_total();
	for (i = 0; i <= KEPT; i++)
		drop(test, client, handle[i]);
	KUNIT_EXPECT_EQ(test, kring_idle_bytes(), (u64)KEPT * SZ_64K);
	KUNIT_EXPECT_EQ(test, kring_account_total(),
			used - kring_region_footprint(SZ_64K));
	/* the newest one first */
	for (i = KEPT + 1; i > 1; i--)
		KUNIT_EXPECT_EQ(test, *word_of(test, alloc(test, client,
							   SZ_64K)), i);
	KUNIT_EXPECT_EQ(test, *word_of(test, alloc(test, client, SZ_64K)),
			0ull);
}

static void one_above_the_limit_is_freed_at_once(struct kunit *test)
{
	struct kring_client *client = producer(test);
	u64 used = kring_account_total();

	drop(test, client, alloc(test, client, RRING_IDLE_MAX + 1));
	KUNIT_EXPECT_EQ(test, kring_account_total(), used);
	KUNIT_EXPECT_EQ(test, kring_idle_bytes(), 0ull);
}

static void it_goes_with_its_client(struct kunit *test)
{
	struct kring_client *client = producer(test);
	u64 used = kring_account_total();
	u64 handle = make(test, client, SZ_64K, 1);

	drop(test, client, make(test, client, SZ_64K, 2));
	drop(test, client, handle);
	fixture_kill(test, client);
	KUNIT_EXPECT_EQ(test, kring_idle_bytes(), 0ull);
	KUNIT_EXPECT_GT(test, used, kring_account_total());
}

static void a_client_that_is_evicted_gets_none(struct kunit *test)
{
	struct kring_client *client = producer(test);
	u64 used = kring_account_total();
	u64 handle = make(test, client, SZ_64K, 1);

	mutex_lock(&client->arena->lock);
	client->evicted = true;
	mutex_unlock(&client->arena->lock);
	drop(test, client, handle);
	KUNIT_EXPECT_EQ(test, kring_idle_bytes(), 0ull);
	KUNIT_EXPECT_EQ(test, kring_account_total(), used);
}

/* In these suites max_bytes is 64 MiB. */
static void it_goes_if_max_bytes_leaves_no_room(struct kunit *test)
{
	struct kring_client *client = producer(test);
	struct kring_client *other = producer(test);
	u64 old = make(test, client, SZ_16M, 1);

	drop(test, client, make(test, client, SZ_8M, 2));
	drop(test, client, old);
	KUNIT_EXPECT_EQ(test, kring_idle_bytes(), (u64)SZ_8M + SZ_16M);
	/* the oldest one is enough */
	alloc(test, other, SZ_32M + SZ_8M);
	KUNIT_EXPECT_EQ(test, kring_idle_bytes(), (u64)SZ_16M);
	KUNIT_EXPECT_EQ(test, *word_of(test, alloc(test, client, SZ_16M)),
			1ull);
}

static void it_stays_if_it_makes_not_enough_room(struct kunit *test)
{
	struct kring_client *client = producer(test);
	struct kring_client *other = producer(test);
	int err;

	alloc(test, other, SZ_32M);
	drop(test, client, make(test, client, SZ_8M, 2));
	try_alloc(other, SZ_32M + SZ_16M, &err);
	KUNIT_EXPECT_EQ(test, err, -ENOSPC);
	KUNIT_EXPECT_EQ(test, kring_idle_bytes(), (u64)SZ_8M);
}

static void an_owned_arena_has_none(struct kunit *test)
{
	struct kring_client *client;
	u64 used;

	fixture_exit(test);
	KUNIT_ASSERT_EQ(test, begin(test, RRING_CREATE_OWNED), 0);
	client = producer(test);
	used = kring_account_total();
	drop(test, client, make(test, client, SZ_64K, 7));
	KUNIT_EXPECT_EQ(test, kring_idle_bytes(), 0ull);
	KUNIT_EXPECT_EQ(test, kring_account_total(), used);
	KUNIT_EXPECT_EQ(test, *word_of(test, alloc(test, client, SZ_64K)),
			0ull);
}

static struct kunit_case idle_cases[] = {
	KUNIT_CASE(the_next_event_of_the_client_gets_it),
	KUNIT_CASE(another_client_gets_a_new_one),
	KUNIT_CASE(another_size_needs_a_new_one),
	KUNIT_CASE(it_keeps_its_number),
	KUNIT_CASE(one_with_another_user_is_not_lent),
	KUNIT_CASE(one_with_a_pinned_page_is_not_lent),
	KUNIT_CASE(a_fifth_one_drives_out_the_oldest),
	KUNIT_CASE(one_above_the_limit_is_freed_at_once),
	KUNIT_CASE(it_goes_with_its_client),
	KUNIT_CASE(a_client_that_is_evicted_gets_none),
	KUNIT_CASE(it_goes_if_max_bytes_leaves_no_room),
	KUNIT_CASE(it_stays_if_it_makes_not_enough_room),
	KUNIT_CASE(an_owned_arena_has_none),
	{}
};

static struct kunit_suite idle_suite = {
	.name = "idle",
	.suite_init = fixture_suite_init,
	.init = idle_init,
	.exit = fixture_exit,
	.test_cases = idle_cases,
};

kunit_test_suite(idle_suite);
