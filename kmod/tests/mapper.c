// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Which clients have mapped a region: what counts as another user of it, how many
 * mappings a client may have, and how many mappers are looked at for that. No page
 * is mapped: the calls are those of mmap(), mremap() and munmap().
 */
#include <linux/log2.h>
#include <linux/sizes.h>

#include "../core/client.h"
#include "../core/remnants.h"
#include "../core/work.h"
#include "../linux/mapping.h"
#include "fixture.h"

#define MAPS_MAX	(RRING_CURSORS + 16u)
#define MANY		255u	/* clients of an arena, at most */

/* Two clients, and a region, for which the test has a reference. */
struct mapped {
	struct kring_client *a, *b;
	struct kring_pages *pages;
};

static struct kring_pages *new_pages(struct kunit *test)
{
	struct kring_pages *pages =
		kring_pages_new(&fixture_arena(test)->account, SZ_64K);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pages));
	return pages;
}

static void begin(struct kunit *test, struct mapped *mapped)
{
	mapped->a = fixture_client(test, RRING_PRODUCER);
	mapped->b = fixture_client(test, RRING_OBSERVER);
	mapped->pages = new_pages(test);
}

/* Map @pages once more. Each mapping of a client is closed in the same way. */
static int map(struct kring_client *client, struct kring_pages *pages,
	       struct vm_area_struct *vma)
{
	memset(vma, 0, sizeof(*vma));
	return kring_mapping_track(client, vma, pages);
}

static void unmap(struct vm_area_struct *vma)
{
	vma->vm_ops->close(vma);
}

static void end(struct kunit *test, struct mapped *mapped)
{
	KUNIT_EXPECT_TRUE(test, kring_pages_put(mapped->pages));
}

/* ---- users ---- */

static void living_clients_are_no_other_users(struct kunit *test)
{
	struct vm_area_struct vma[3];
	struct mapped mapped;

	begin(test, &mapped);
	KUNIT_EXPECT_FALSE(test, kring_remnants_is_pinned(mapped.pages));
	KUNIT_ASSERT_EQ(test, map(mapped.a, mapped.pages, &vma[0]), 0);
	KUNIT_ASSERT_EQ(test, map(mapped.a, mapped.pages, &vma[1]), 0);
	KUNIT_ASSERT_EQ(test, map(mapped.b, mapped.pages, &vma[2]), 0);
	KUNIT_EXPECT_FALSE(test, kring_remnants_is_pinned(mapped.pages));
	kring_pages_get(mapped.pages);
	KUNIT_EXPECT_TRUE(test, kring_remnants_is_pinned(mapped.pages));
	kring_pages_put(mapped.pages);
	unmap(&vma[0]);
	KUNIT_EXPECT_FALSE(test, kring_remnants_is_pinned(mapped.pages));
	unmap(&vma[1]);
	unmap(&vma[2]);
	end(test, &mapped);
}

static void a_dead_client_is_one_until_it_unmaps_all(struct kunit *test)
{
	struct vm_area_struct vma[3];
	struct mapped mapped;

	begin(test, &mapped);
	KUNIT_ASSERT_EQ(test, map(mapped.a, mapped.pages, &vma[0]), 0);
	KUNIT_ASSERT_EQ(test, map(mapped.b, mapped.pages, &vma[1]), 0);
	KUNIT_ASSERT_EQ(test, map(mapped.b, mapped.pages, &vma[2]), 0);
	kref_get(&mapped.b->ref);
	fixture_kill(test, mapped.b);
	KUNIT_EXPECT_TRUE(test, kring_remnants_is_pinned(mapped.pages));
	unmap(&vma[1]);
	KUNIT_EXPECT_TRUE(test, kring_remnants_is_pinned(mapped.pages));
	unmap(&vma[2]);
	KUNIT_EXPECT_FALSE(test, kring_remnants_is_pinned(mapped.pages));
	kring_client_put(mapped.b);
	unmap(&vma[0]);
	end(test, &mapped);
}

/* Its mmap() had begun before. */
static void a_client_that_has_died_is_one_if_it_maps(struct kunit *test)
{
	struct vm_area_struct vma;
	struct mapped mapped;

	begin(test, &mapped);
	kref_get(&mapped.b->ref);
	fixture_kill(test, mapped.b);
	KUNIT_EXPECT_FALSE(test, kring_remnants_is_pinned(mapped.pages));
	KUNIT_ASSERT_EQ(test, map(mapped.b, mapped.pages, &vma), 0);
	KUNIT_EXPECT_TRUE(test, kring_remnants_is_pinned(mapped.pages));
	unmap(&vma);
	KUNIT_EXPECT_FALSE(test, kring_remnants_is_pinned(mapped.pages));
	kring_client_put(mapped.b);
	end(test, &mapped);
}

static void an_evicted_client_is_none(struct kunit *test)
{
	struct vm_area_struct vma;
	struct mapped mapped;

	begin(test, &mapped);
	KUNIT_ASSERT_EQ(test, map(mapped.b, mapped.pages, &vma), 0);
	kring_mappings_forget(mapped.b);
	KUNIT_EXPECT_FALSE(test, kring_remnants_is_pinned(mapped.pages));
	end(test, &mapped);
	unmap(&vma);
}

/* Each region counts for itself. */
static void all_regions_of_a_dead_client_have_one(struct kunit *test)
{
	struct kring_pages *pages[4];
	struct vm_area_struct vma[4];
	struct mapped mapped;
	u32 i;

	begin(test, &mapped);
	for (i = 0; i < 4; i++) {
		pages[i] = new_pages(test);
		KUNIT_ASSERT_EQ(test, map(mapped.b, pages[i], &vma[i]), 0);
	}
	kref_get(&mapped.b->ref);
	fixture_kill(test, mapped.b);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_TRUE(test, kring_remnants_is_pinned(pages[i]));
		unmap(&vma[i]);
		KUNIT_EXPECT_FALSE(test, kring_remnants_is_pinned(pages[i]));
		KUNIT_EXPECT_TRUE(test, kring_pages_put(pages[i]));
	}
	kring_client_put(mapped.b);
	end(test, &mapped);
}

/* ---- how many ---- */

static void each_client_has_a_limit_of_its_own(struct kunit *test)
{
	struct vm_area_struct vma, more, other;
	struct mapped mapped;
	u32 i;

	begin(test, &mapped);
	for (i = 0; i < MAPS_MAX; i++)
		KUNIT_ASSERT_EQ(test, map(mapped.a, mapped.pages, &vma), 0);
	KUNIT_EXPECT_EQ(test, map(mapped.a, mapped.pages, &more), -EBUSY);
	KUNIT_EXPECT_EQ(test, map(mapped.b, mapped.pages, &other), 0);
	unmap(&vma);
	KUNIT_EXPECT_EQ(test, map(mapped.a, mapped.pages, &more), 0);
	KUNIT_EXPECT_EQ(test, map(mapped.a, mapped.pages, &more), -EBUSY);
	for (i = 0; i < MAPS_MAX; i++)
		unmap(&vma);
	unmap(&other);
	end(test, &mapped);
}

/* The copy that mremap(2) makes is closed before the mapping itself. */
static void a_mapping_that_is_copied_stays(struct kunit *test)
{
	struct vm_area_struct vma;
	struct mapped mapped;

	begin(test, &mapped);
	KUNIT_ASSERT_EQ(test, map(mapped.a, mapped.pages, &vma), 0);
	vma.vm_ops->open(&vma);
	unmap(&vma);
	kring_pages_get(mapped.pages);
	KUNIT_EXPECT_FALSE(test, kring_pages_put(mapped.pages));
	KUNIT_EXPECT_FALSE(test, kring_remnants_is_pinned(mapped.pages));
	unmap(&vma);
	end(test, &mapped);
}

/* ---- how long it takes ---- */

static u64 mappers_seen(void)
{
	return kring_work.now[KRING_WORK_MAPPERS];
}

static void forget_seen(void)
{
	memset(&kring_work, 0, sizeof(kring_work));
}

/* Give @pages @n mappings of @client, all like @vma. Return the most work. */
static u64 map_often(struct kunit *test, struct kring_client *client,
		     struct kring_pages *pages, u32 n,
		     struct vm_area_struct *vma)
{
	u64 most = 0;

	while (n--) {
		forget_seen();
		KUNIT_ASSERT_EQ(test, map(client, pages, vma), 0);
		most = max(most, mappers_seen());
	}
	return most;
}

/*
 * All clients that an arena may have map one region as often as they may. To map
 * it, to see whether somebody else uses it, and to unmap it takes a number of
 * steps that grows with the logarithm of the clients, and not with the mappings.
 */
static void many_mappings_make_no_step_longer(struct kunit *test)
{
	struct kring_client **client =
		kunit_kcalloc(test, MANY, sizeof(*client), GFP_KERNEL);
	struct vm_area_struct *vma =
		kunit_kcalloc(test, MANY, sizeof(*vma), GFP_KERNEL);
	u64 bound = 2 * (u64)ilog2(MANY + 1);
	struct mapped mapped;
	u32 i, n;

	KUNIT_ASSERT_NOT_NULL(test, client);
	KUNIT_ASSERT_NOT_NULL(test, vma);
	begin(test, &mapped);
	for (i = 0; i < MANY; i++) {
		client[i] = kring_client_new(true, NULL);
		KUNIT_ASSERT_NOT_NULL(test, client[i]);
		KUNIT_EXPECT_LE(test, map_often(test, client[i], mapped.pages,
						MAPS_MAX, &vma[i]), bound);
	}
	/* the counter counts */
	KUNIT_EXPECT_GT(test, mappers_seen(), 0ull);
	forget_seen();
	KUNIT_EXPECT_FALSE(test, kring_remnants_is_pinned(mapped.pages));
	for (i = 0; i < MANY; i++)
		for (n = 0; n < MAPS_MAX; n++)
			unmap(&vma[i]);
	KUNIT_EXPECT_EQ(test, mappers_seen(), 0ull);
	for (i = 0; i < MANY; i++)
		kring_client_release(client[i]);
	end(test, &mapped);
}

/* The death of a client takes a step for each region that it has mapped. */
static void a_death_looks_once_at_each_region(struct kunit *test)
{
	struct vm_area_struct vma[2][2];
	struct kring_pages *other;
	struct mapped mapped;
	u32 i;

	begin(test, &mapped);
	other = new_pages(test);
	for (i = 0; i < 2; i++) {
		map_often(test, mapped.a, mapped.pages, 9, &vma[0][i]);
		map_often(test, mapped.b, other, 9, &vma[1][i]);
	}
	forget_seen();
	kring_mappings_leave(mapped.b);
	KUNIT_EXPECT_EQ(test, mappers_seen(), 1ull);
	kring_mappings_leave(mapped.b);
	KUNIT_EXPECT_EQ(test, mappers_seen(), 1ull);
	for (i = 0; i < 18; i++) {
		unmap(&vma[0][0]);
		unmap(&vma[1][0]);
	}
	KUNIT_EXPECT_TRUE(test, kring_pages_put(other));
	end(test, &mapped);
}

static struct kunit_case mapper_cases[] = {
	KUNIT_CASE(living_clients_are_no_other_users),
	KUNIT_CASE(a_dead_client_is_one_until_it_unmaps_all),
	KUNIT_CASE(a_client_that_has_died_is_one_if_it_maps),
	KUNIT_CASE(an_evicted_client_is_none),
	KUNIT_CASE(all_regions_of_a_dead_client_have_one),
	KUNIT_CASE(each_client_has_a_limit_of_its_own),
	KUNIT_CASE(a_mapping_that_is_copied_stays),
	KUNIT_CASE(many_mappings_make_no_step_longer),
	KUNIT_CASE(a_death_looks_once_at_each_region),
	{}
};

static struct kunit_suite mapper_suite = {
	.name = "mapper",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = mapper_cases,
};

kunit_test_suite(mapper_suite);
