// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Which changes are noted, and whom they wake. */
#include <rusted_ring/internal/atomic.h>

#include "../core/changes.h"
#include "../core/death.h"
#include "../core/reader.h"
#include "fixture.h"

#define RINGS	3u

static u64 count(struct kunit *test)
{
	return rring_seq_load(&fixture_arena(test)->info->changes);
}

static const struct rring_change *change_at(struct kunit *test, u64 n)
{
	const struct kring_arena *arena = fixture_arena(test);
	const struct rring_change *changes = arena->region.addr +
					     arena->info->changes_offset;

	return &changes[n % arena->info->change_entries];
}

static int watch(struct kring_client *client, u64 position)
{
	struct rring_wait args = {
		.what = RRING_WAIT_CHANGES,
		.position = position,
	};

	return kring_changes_wait(client, &args);
}

static int wakes(const struct kring_client *client)
{
	return atomic_read(&client->evcount.events);
}

static void a_ring_is_noted_from_its_opening_to_its_end(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = fixture_handle_ring(test, writer, 4);
	u32 serial = rring_flag_load(&ring->info->serial);
	u64 n = count(test);

	KUNIT_EXPECT_EQ(test, change_at(test, n - 1)->kind,
			(u32)RRING_CHANGE_OPENED);
	fixture_kill(test, writer);
	KUNIT_EXPECT_EQ(test, count(test), n + 2);
	KUNIT_EXPECT_EQ(test, change_at(test, n)->kind,
			(u32)RRING_CHANGE_ENDED);
	KUNIT_EXPECT_EQ(test, change_at(test, n + 1)->kind,
			(u32)RRING_CHANGE_GONE);
	KUNIT_EXPECT_EQ(test, change_at(test, n + 1)->ring_serial, serial);
}

static void a_death_wakes_each_watcher_once(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *watcher = fixture_client(test, RRING_OBSERVER);
	struct kring_client *other = fixture_client(test, RRING_OBSERVER);
	int watched, idle;
	u32 i;

	for (i = 0; i < RINGS; i++)
		fixture_handle_ring(test, writer, 4);
	KUNIT_EXPECT_EQ(test, watch(watcher, count(test)), -ETIMEDOUT);
	watched = wakes(watcher);
	idle = wakes(other);
	fixture_kill(test, writer);
	KUNIT_EXPECT_EQ(test, wakes(watcher), watched + 1);
	KUNIT_EXPECT_EQ(test, wakes(other), idle);
}

static void a_watcher_wakes_again_after_it_has_looked(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *watcher = fixture_client(test, RRING_OBSERVER);
	int before;

	KUNIT_EXPECT_EQ(test, watch(watcher, count(test)), -ETIMEDOUT);
	fixture_handle_ring(test, writer, 4);
	before = wakes(watcher);
	fixture_handle_ring(test, writer, 4);
	KUNIT_EXPECT_EQ(test, wakes(watcher), before);
	KUNIT_EXPECT_TRUE(test, kring_client_poll(watcher) & EPOLLIN);
	fixture_handle_ring(test, writer, 4);
	KUNIT_EXPECT_EQ(test, wakes(watcher), before + 1);
}

static void poll_reports_what_lies_above_the_position(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *watcher = fixture_client(test, RRING_OBSERVER);

	fixture_handle_ring(test, writer, 4);
	KUNIT_EXPECT_FALSE(test, kring_client_poll(watcher) & EPOLLIN);
	KUNIT_EXPECT_EQ(test, watch(watcher, count(test) - 1), 0);
	KUNIT_EXPECT_TRUE(test, kring_client_poll(watcher) & EPOLLIN);
	KUNIT_EXPECT_EQ(test, watch(watcher, count(test)), -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, kring_client_poll(watcher) & EPOLLIN);
	KUNIT_EXPECT_EQ(test, watch(watcher, U64_MAX), -ETIMEDOUT);
	fixture_handle_ring(test, writer, 4);
	KUNIT_EXPECT_FALSE(test, kring_client_poll(watcher) & EPOLLIN);
}

static void a_watcher_that_dies_is_taken_off_the_list(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *watcher = fixture_client(test, RRING_OBSERVER);

	KUNIT_EXPECT_EQ(test, watch(watcher, count(test)), -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, list_empty(&fixture_arena(test)->watchers));
	fixture_kill(test, watcher);
	KUNIT_EXPECT_TRUE(test, list_empty(&fixture_arena(test)->watchers));
	fixture_handle_ring(test, writer, 4);
}

static void a_wait_for_changes_takes_no_ring_and_no_reader(struct kunit *test)
{
	struct kring_client *watcher = fixture_client(test, RRING_OBSERVER);
	struct rring_wait args = { .ring = 1 };

	KUNIT_EXPECT_EQ(test, kring_changes_wait(watcher, &args), -EINVAL);
	args = (struct rring_wait){ .reader = 1 };
	KUNIT_EXPECT_EQ(test, kring_changes_wait(watcher, &args), -EINVAL);
}

static void a_reader_is_counted_after_it_has_left(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = fixture_handle_ring(test, writer, 4);
	const struct rring_change *change;

	fixture_join(test, client, ring, "named");
	fixture_join(test, client, ring, NULL);
	change = change_at(test, count(test) - 1);
	KUNIT_EXPECT_EQ(test, change->kind, (u32)RRING_CHANGE_JOINED);
	KUNIT_EXPECT_EQ(test, change->readers, 2u);
	fixture_kill(test, client);
	change = change_at(test, count(test) - 1);
	KUNIT_EXPECT_EQ(test, change->kind, (u32)RRING_CHANGE_LEFT);
	KUNIT_EXPECT_EQ(test, change->readers, 1u);
}

static struct kunit_case changes_cases[] = {
	KUNIT_CASE(a_ring_is_noted_from_its_opening_to_its_end),
	KUNIT_CASE(a_death_wakes_each_watcher_once),
	KUNIT_CASE(a_watcher_wakes_again_after_it_has_looked),
	KUNIT_CASE(poll_reports_what_lies_above_the_position),
	KUNIT_CASE(a_watcher_that_dies_is_taken_off_the_list),
	KUNIT_CASE(a_wait_for_changes_takes_no_ring_and_no_reader),
	KUNIT_CASE(a_reader_is_counted_after_it_has_left),
	{}
};

static struct kunit_suite changes_suite = {
	.name = "changes",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = changes_cases,
};

kunit_test_suite(changes_suite);
