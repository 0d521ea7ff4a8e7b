// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Magazines: which slots are lent, to which client, and that all come back. */
#include <rusted_ring/internal/layout.h>

#include "../core/pool.h"
#include "../core/reclaim.h"
#include "../core/refill.h"
#include "../core/trace.h"
#include "../core/xxl.h"
#include "fixture.h"

static rring_seq_t *tail(struct kring_client *client, u32 pool)
{
	return &kring_client_tails(client)->tail[pool].pos;
}

static u32 lent(struct kring_client *client, u32 pool)
{
	u32 n;

	mutex_lock(&client->arena->lock);
	n = kring_client_lent(client, pool);
	mutex_unlock(&client->arena->lock);
	return n;
}

/* Take @n slots from the magazine and drop them. */
static void pop_and_drop(struct kunit *test, struct kring_client *client,
			 u32 pool, u32 n)
{
	while (n--) {
		u64 handle = fixture_pop(client, pool);

		KUNIT_ASSERT_NE(test, handle, 0ull);
		fixture_drop(client, handle);
	}
}

static u32 sweep(struct kunit *test, u32 pool)
{
	return kring_sweep(fixture_pool(test, pool), ~0u, KRING_SWEEP_WINDOWS,
			   NULL);
}

static void set_quota(struct kring_client *client, u32 percent)
{
	mutex_lock(&client->arena->lock);
	client->quota = percent;
	mutex_unlock(&client->arena->lock);
}

static void refill_lends_the_count_asked(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_pool *pool = fixture_pool(test, RRING_S);
	DECLARE_BITMAP(seen, FIXTURE_S) = {};
	u64 handle;
	u32 index;

	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, 5), 5);
	KUNIT_EXPECT_EQ(test, lent(client, RRING_S), 5u);
	KUNIT_EXPECT_EQ(test, client->charged[RRING_S], 5u);
	KUNIT_EXPECT_EQ(test, pool->nr_free, FIXTURE_S - 5u);
	while ((handle = fixture_pop(client, RRING_S))) {
		KUNIT_EXPECT_EQ(test, rring_handle_class(handle),
				(u32)RRING_S);
		KUNIT_EXPECT_EQ(test, rring_handle_generation(handle),
				fixture_generation(client->arena, handle));
		index = rring_handle_index(handle);
		KUNIT_EXPECT_FALSE(test, __test_and_set_bit(index, seen));
	}
	KUNIT_EXPECT_EQ(test, bitmap_weight(seen, FIXTURE_S), 5);
	KUNIT_EXPECT_EQ(test, lent(client, RRING_S), 0u);
}

static void dropped_slots_are_reclaimed(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_pool *pool = fixture_pool(test, RRING_S);

	KUNIT_ASSERT_EQ(test, fixture_refill(client, RRING_S, 5), 5);
	pop_and_drop(test, client, RRING_S, 3);
	KUNIT_EXPECT_EQ(test, sweep(test, RRING_S), 3u);
	KUNIT_EXPECT_EQ(test, client->charged[RRING_S], 2u);
	KUNIT_EXPECT_EQ(test, pool->nr_free, FIXTURE_S - 2u);
	KUNIT_EXPECT_EQ(test, lent(client, RRING_S), 2u);
}

static void full_magazine_is_lent_nothing(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);

	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_XS, FIXTURE_XS),
			RRING_MAGAZINE_SLOTS);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_XS, 1), 0);
	pop_and_drop(test, client, RRING_XS, 1);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_XS, FIXTURE_XS), 1);
	KUNIT_EXPECT_EQ(test, lent(client, RRING_XS),
			(u32)RRING_MAGAZINE_SLOTS);
}

static void refill_of_dry_pool_fails(struct kunit *test)
{
	struct kring_client *a = fixture_client(test, RRING_PRODUCER);
	struct kring_client *b = fixture_client(test, RRING_PRODUCER);
	struct kring_pool *pool = fixture_pool(test, RRING_S);
	u64 last = 0;

	KUNIT_EXPECT_EQ(test, fixture_alloc_all(test, a, RRING_S, &last),
			(u32)FIXTURE_S);
	KUNIT_EXPECT_EQ(test, fixture_refill(b, RRING_S, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, pool->info->failures, 1ull);
	KUNIT_EXPECT_TRUE(test, pool->dry);
	KUNIT_EXPECT_EQ(test, fixture_refill(b, RRING_M, 1), -ENOSPC);
	fixture_drop(a, last);
	KUNIT_EXPECT_EQ(test, fixture_refill(b, RRING_S, 2), 1);
}

/* ---- slots that the sweep of a refill frees ---- */

/* All slots of S have been lent to the client, allocated and dropped. */
static struct kring_client *client_that_dropped_all(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);

	KUNIT_ASSERT_EQ(test, fixture_refill(client, RRING_S, FIXTURE_S),
			FIXTURE_S);
	pop_and_drop(test, client, RRING_S, FIXTURE_S);
	return client;
}

static void swept_slots_go_into_the_magazine(struct kunit *test)
{
	struct kring_client *before = client_that_dropped_all(test);
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_pool *pool = fixture_pool(test, RRING_S);
	u64 handle;
	u32 i;

	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, 4), 4);
	KUNIT_EXPECT_EQ(test, pool->info->reclaimed, (u64)FIXTURE_S);
	KUNIT_EXPECT_EQ(test, pool->nr_free, FIXTURE_S - 4u);
	KUNIT_EXPECT_EQ(test, before->charged[RRING_S], 0u);
	KUNIT_EXPECT_EQ(test, client->charged[RRING_S], 4u);
	KUNIT_EXPECT_EQ(test, pool->info->refills, 2ull);
	for (i = 0; i < 4; i++) {
		handle = fixture_pop(client, RRING_S);
		KUNIT_EXPECT_EQ(test, rring_handle_index(handle), i);
		KUNIT_EXPECT_EQ(test, rring_handle_generation(handle),
				fixture_generation(client->arena, handle));
		KUNIT_EXPECT_TRUE(test, fixture_slot_is_out(client->arena,
							    handle));
	}
	KUNIT_EXPECT_EQ(test, fixture_pop(client, RRING_S), 0ull);
}

static void swept_slots_beyond_the_quota_are_free(struct kunit *test)
{
	struct kring_client *before = client_that_dropped_all(test);
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_pool *pool = fixture_pool(test, RRING_S);

	set_quota(client, 25);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, 8),
			FIXTURE_S / 4);
	KUNIT_EXPECT_EQ(test, client->charged[RRING_S], FIXTURE_S / 4u);
	KUNIT_EXPECT_EQ(test, before->charged[RRING_S], 0u);
	KUNIT_EXPECT_EQ(test, pool->nr_free, FIXTURE_S - FIXTURE_S / 4u);
}

/* Count the refills that are traced while the arena is not locked. */
static void count_unlocked(void *unlocked, const struct kring_pool *pool,
			   const struct kring_client *client, u32 want, u32 lent)
{
	*(u32 *)unlocked += !mutex_is_locked(&pool->arena->lock);
}

static void refills_are_traced_under_the_lock(struct kunit *test)
{
	struct kring_client *client = client_that_dropped_all(test);
	u32 unlocked = 0;

	KUNIT_ASSERT_EQ(test, register_trace_refill(count_unlocked, &unlocked),
			0);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, 4), 4);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, FIXTURE_S),
			FIXTURE_S - 4);
	unregister_trace_refill(count_unlocked, &unlocked);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, unlocked, 0u);
}

/* ---- recalls ---- */

static u64 recalls(struct kunit *test)
{
	return fixture_arena(test)->info->recalls;
}

static void slots_of_an_idle_client_are_recalled(struct kunit *test)
{
	struct kring_client *a = fixture_client(test, RRING_PRODUCER);
	struct kring_client *b = fixture_client(test, RRING_PRODUCER);

	KUNIT_ASSERT_EQ(test, fixture_refill(a, RRING_S, FIXTURE_S), FIXTURE_S);
	KUNIT_ASSERT_NE(test, fixture_pop(a, RRING_S), 0ull);
	KUNIT_EXPECT_EQ(test, fixture_refill(b, RRING_S, FIXTURE_S),
			FIXTURE_S - 1);
	KUNIT_EXPECT_EQ(test, lent(a, RRING_S), 0u);
	KUNIT_EXPECT_EQ(test, a->charged[RRING_S], 1u);
	KUNIT_EXPECT_EQ(test, recalls(test), 1ull);
	KUNIT_EXPECT_EQ(test, fixture_pop(a, RRING_S), 0ull);
}

/*
 * Else two clients could recall each other's slots again and again. The slot
 * that stays is in the magazine once.
 */
static void first_slot_of_an_untouched_refill_stays(struct kunit *test)
{
	struct kring_client *a = fixture_client(test, RRING_PRODUCER);
	struct kring_client *b = fixture_client(test, RRING_PRODUCER);
	u64 handle, last = 0;

	KUNIT_ASSERT_EQ(test, fixture_refill(a, RRING_S, FIXTURE_S), FIXTURE_S);
	KUNIT_EXPECT_EQ(test, fixture_alloc_all(test, b, RRING_S, &last),
			FIXTURE_S - 1u);
	KUNIT_EXPECT_EQ(test, lent(a, RRING_S), 1u);
	KUNIT_EXPECT_EQ(test, fixture_refill(b, RRING_S, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, recalls(test), 1ull);
	handle = fixture_pop(a, RRING_S);
	KUNIT_EXPECT_NE(test, handle, 0ull);
	KUNIT_EXPECT_EQ(test, fixture_pop(a, RRING_S), 0ull);
	fixture_drop(a, handle);
	KUNIT_EXPECT_EQ(test, fixture_refill(b, RRING_S, 2), 1);
}

/*
 * The client takes the first slot of its refill just before the floor rises,
 * publishes it and drops its hold. The slot is not lent to the client again.
 */
static void slot_taken_and_given_on_is_not_spared(struct kunit *test)
{
	struct kring_client *a = fixture_client(test, RRING_PRODUCER);
	struct rring_magazine *magazine = kring_client_magazine(a, RRING_S);
	struct kring_pool *pool = fixture_pool(test, RRING_S);
	u64 handle;

	KUNIT_ASSERT_EQ(test, fixture_refill(a, RRING_S, 4), 4);
	handle = magazine->handle[0];
	mutex_lock(&a->arena->lock);
	KUNIT_EXPECT_TRUE(test, kring_client_recall(a, pool));
	fixture_hold(a, handle);
	rring_seq_store_release(tail(a, RRING_S), 1);
	fixture_drop(a, handle);
	kring_client_spare(a, pool);
	KUNIT_EXPECT_EQ(test, kring_client_lent(a, RRING_S), 0u);
	mutex_unlock(&a->arena->lock);
}

/* The client is taking the slot, sees the floor, and gives the slot back. */
static void slot_being_taken_is_not_spared(struct kunit *test)
{
	struct kring_client *a = fixture_client(test, RRING_PRODUCER);
	struct rring_magazine *magazine = kring_client_magazine(a, RRING_S);
	struct kring_pool *pool = fixture_pool(test, RRING_S);
	u64 handle;

	KUNIT_ASSERT_EQ(test, fixture_refill(a, RRING_S, 2), 2);
	handle = magazine->handle[0];
	mutex_lock(&a->arena->lock);
	KUNIT_EXPECT_TRUE(test, kring_client_recall(a, pool));
	fixture_hold(a, handle);
	kring_client_spare(a, pool);
	KUNIT_EXPECT_EQ(test, kring_client_lent(a, RRING_S), 0u);
	mutex_unlock(&a->arena->lock);
	fixture_drop(a, handle);
	KUNIT_EXPECT_EQ(test, fixture_pop(a, RRING_S), 0ull);
	KUNIT_EXPECT_EQ(test, sweep(test, RRING_S), 2u);
}

/* Make the word of @handle, which @client holds once, that of a parked slot. */
static void park(struct kring_client *client, u64 handle)
{
	rring_word_t *word = fixture_word(client, handle);

	rring_word_store_release(word, rring_word_load(word) | RRING_PRIVATE |
				       RRING_ASIDE);
}

static void unpark_and_drop(struct kring_client *client, u64 handle)
{
	rring_word_t *word = fixture_word(client, handle);

	rring_word_store_release(word, (rring_word_load(word) &
					~(RRING_PRIVATE | RRING_ASIDE)) +
				       RRING_MOVE - RRING_HOLD);
}

/* A parked slot is free for others until the client notices the recall. */
static void parked_slot_is_recalled(struct kunit *test)
{
	struct kring_client *a = fixture_client(test, RRING_PRODUCER);
	struct kring_client *b = fixture_client(test, RRING_PRODUCER);
	struct kring_pool *pool = fixture_pool(test, RRING_S);
	u64 last = 0;

	fixture_alloc_all(test, a, RRING_S, &last);
	park(a, last);
	KUNIT_EXPECT_EQ(test, kring_sweep_held(pool), (u32)FIXTURE_S);
	KUNIT_EXPECT_EQ(test, fixture_refill(b, RRING_S, FIXTURE_S), 1);
	KUNIT_EXPECT_EQ(test, kring_sweep_held(pool), FIXTURE_S - 1u);
	KUNIT_EXPECT_NE(test, fixture_pop(b, RRING_S), last);
	/* the slot has a new generation, and its new holder keeps it */
	unpark_and_drop(a, last);
	fixture_notice_recall(a, RRING_S);
	KUNIT_EXPECT_EQ(test, sweep(test, RRING_S), 0u);
	KUNIT_EXPECT_EQ(test, kring_sweep_held(pool), (u32)FIXTURE_S);
}

/*
 * A client whose thread was cancelled can have an untouched slot in its magazine
 * and slots that it has parked since its last refill. The parked slots are
 * recalled all the same.
 */
static void untouched_refill_hides_no_parked_slots(struct kunit *test)
{
	struct kring_client *a = fixture_client(test, RRING_PRODUCER);
	struct kring_client *b = fixture_client(test, RRING_PRODUCER);
	u64 kept[3], last = 0;
	u32 i;

	KUNIT_ASSERT_EQ(test, fixture_refill(a, RRING_S, 3), 3);
	for (i = 0; i < 3; i++)
		kept[i] = fixture_pop(a, RRING_S);
	KUNIT_ASSERT_EQ(test, fixture_alloc_all(test, b, RRING_S, &last),
			FIXTURE_S - 3u);
	KUNIT_ASSERT_EQ(test, fixture_refill(b, RRING_S, 1), -ENOSPC);
	fixture_notice_recall(a, RRING_S);
	fixture_drop(b, last);
	KUNIT_ASSERT_EQ(test, fixture_refill(a, RRING_S, 1), 1);
	for (i = 0; i < 3; i++)
		park(a, kept[i]);
	KUNIT_EXPECT_EQ(test, fixture_refill(b, RRING_S, 3), 3);
}

static void slot_parked_after_the_notice_is_kept(struct kunit *test)
{
	struct kring_client *a = fixture_client(test, RRING_PRODUCER);
	struct kring_client *b = fixture_client(test, RRING_PRODUCER);
	u64 last = 0;

	fixture_alloc_all(test, a, RRING_S, &last);
	KUNIT_EXPECT_EQ(test, fixture_refill(b, RRING_S, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, recalls(test), 1ull);
	fixture_notice_recall(a, RRING_S);
	park(a, last);
	KUNIT_EXPECT_EQ(test, sweep(test, RRING_S), 0u);
	KUNIT_EXPECT_EQ(test, fixture_refill(b, RRING_S, 1), 1);
	KUNIT_EXPECT_EQ(test, recalls(test), 2ull);
}

static void client_without_slots_is_not_recalled(struct kunit *test)
{
	struct kring_client *a = fixture_client(test, RRING_PRODUCER);
	struct kring_client *b = fixture_client(test, RRING_PRODUCER);
	u64 last = 0;

	fixture_client(test, RRING_CONSUMER);
	fixture_alloc_all(test, b, RRING_S, &last);
	KUNIT_EXPECT_EQ(test, fixture_refill(b, RRING_S, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, recalls(test), 0ull);
	KUNIT_EXPECT_EQ(test, fixture_refill(a, RRING_S, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, fixture_refill(a, RRING_S, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, recalls(test), 1ull);
}

static void quota_is_not_exceeded(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	u64 kept;

	set_quota(client, 25);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, FIXTURE_S),
			FIXTURE_S / 4);
	kept = fixture_pop(client, RRING_S);
	fixture_pop(client, RRING_S);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, 1), 0);
	pop_and_drop(test, client, RRING_S, 2);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, FIXTURE_S), 2);
	pop_and_drop(test, client, RRING_S, 2);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, FIXTURE_S), 2);
	fixture_pop(client, RRING_S);
	fixture_pop(client, RRING_S);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, 1), -EDQUOT);
	fixture_drop(client, kept);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, FIXTURE_S), 1);
}

/*
 * A quota is at least one slot, however small the percentage is: otherwise the
 * client could never allocate.
 */
static void quota_is_at_least_one_slot(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_pool *pool = fixture_pool(test, RRING_S);

	set_quota(client, 1);
	KUNIT_EXPECT_EQ(test, kring_pool_quota(pool, client), 1u);
	set_quota(client, 100);
	KUNIT_EXPECT_EQ(test, kring_pool_quota(pool, client), (u32)FIXTURE_S);
	set_quota(client, 0);
	KUNIT_EXPECT_EQ(test, kring_pool_quota(pool, client), (u32)FIXTURE_S);
}

/* If a quota is lowered below what is lent, nothing is left of it: no wrap. */
static void lowered_quota_does_not_wrap(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);

	u32 i;

	KUNIT_ASSERT_EQ(test, fixture_refill(client, RRING_S, 8), 8);
	set_quota(client, 25);
	for (i = 0; i < 3; i++)
		fixture_pop(client, RRING_S);
	pop_and_drop(test, client, RRING_S, 4);
	fixture_pop(client, RRING_S);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, 1), -EDQUOT);
	set_quota(client, 32);
	KUNIT_EXPECT_EQ(test, fixture_refill(client, RRING_S, 8), 1);
}

/* Positions of a magazine are compared modulo 2^32. */
static void positions_wrap(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct rring_magazine *magazine = kring_client_magazine(client,
								RRING_S);
	const u64 from = U32_MAX - 2ull;

	rring_seq_store(&magazine->head, from);
	rring_seq_store(tail(client, RRING_S), from);
	client->tail[RRING_S] = from;
	KUNIT_ASSERT_EQ(test, fixture_refill(client, RRING_S, 6), 6);
	KUNIT_EXPECT_EQ(test, rring_seq_load(&magazine->head), from + 6);
	KUNIT_EXPECT_EQ(test, lent(client, RRING_S), 6u);
	KUNIT_EXPECT_EQ(test, sweep(test, RRING_S), 0u);
	pop_and_drop(test, client, RRING_S, 4);
	KUNIT_EXPECT_EQ(test, lent(client, RRING_S), 2u);
	KUNIT_EXPECT_EQ(test, sweep(test, RRING_S), 4u);
	pop_and_drop(test, client, RRING_S, 2);
	KUNIT_EXPECT_EQ(test, sweep(test, RRING_S), 2u);
}

/*
 * If a hostile client's tail is beyond the head, or goes back, its magazine
 * counts as empty.
 */
static void hostile_tail_empties_own_magazine(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);

	KUNIT_ASSERT_EQ(test, fixture_refill(client, RRING_S, 4), 4);
	rring_seq_store(tail(client, RRING_S), 5);
	KUNIT_EXPECT_EQ(test, lent(client, RRING_S), 0u);
	KUNIT_EXPECT_EQ(test, sweep(test, RRING_S), 4u);
	KUNIT_ASSERT_EQ(test, fixture_refill(client, RRING_S, 4), 4);
	rring_seq_store(tail(client, RRING_S), 3);
	KUNIT_EXPECT_EQ(test, lent(client, RRING_S), 0u);
	KUNIT_EXPECT_EQ(test, sweep(test, RRING_S), 4u);
	KUNIT_EXPECT_EQ(test, client->charged[RRING_S], 0u);
}

static void magazine_of_dead_client_is_reclaimed(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_pool *pool = fixture_pool(test, RRING_S);

	KUNIT_ASSERT_EQ(test, fixture_refill(client, RRING_S, 4), 4);
	fixture_pop(client, RRING_S);
	fixture_kill(test, client);
	KUNIT_EXPECT_EQ(test, sweep(test, RRING_S), 4u);
	KUNIT_EXPECT_EQ(test, pool->nr_free, (u32)FIXTURE_S);
}

/* A client that gets the id of a dead one does not get its leases. */
static void reused_id_is_not_charged(struct kunit *test)
{
	struct kring_client *dead = fixture_client(test, RRING_PRODUCER);
	struct kring_client *successor;
	u32 id = dead->id;

	/* joins, of which a client can make 2^32 in hours, change no serial */
	fixture_arena(test)->reader_serial = dead->serial - 1;
	KUNIT_ASSERT_EQ(test, fixture_refill(dead, RRING_S, 4), 4);
	fixture_kill(test, dead);
	successor = fixture_client(test, RRING_PRODUCER);
	KUNIT_ASSERT_EQ(test, successor->id, id);
	KUNIT_ASSERT_EQ(test, fixture_refill(successor, RRING_S, 1), 1);
	sweep(test, RRING_S);
	KUNIT_EXPECT_EQ(test, fixture_pool(test, RRING_S)->nr_free,
			FIXTURE_S - 1u);
	KUNIT_EXPECT_EQ(test, successor->charged[RRING_S], 1u);
	KUNIT_EXPECT_EQ(test, lent(successor, RRING_S), 1u);
}

/* An XXL slot has a region as long as it is out. */
static void xxl_slot_has_region_while_out(struct kunit *test)
{
	struct kring_account *account = &fixture_arena(test)->account;
	u64 without_client = kring_account_bytes(account);
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_pool *pool = fixture_pool(test, RRING_XXL);
	struct rring_refill args = {
		.size = sizeof(args),
		.pool = RRING_XXL,
		.count = 1,
		.bytes = 5 * PAGE_SIZE + 1,
	};
	u64 before = kring_account_bytes(account);
	u64 word;
	u32 slot;

	KUNIT_ASSERT_EQ(test, kring_pool_refill(client, &args), 0);
	slot = rring_handle_index(fixture_pop(client, RRING_XXL));
	word = rring_word_load(&pool->xxl_word[slot]);
	KUNIT_EXPECT_EQ(test, rring_xxl_bytes(word), (u64)6 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kring_account_bytes(account),
			before + kring_region_footprint(6 * PAGE_SIZE));
	fixture_kill(test, client);
	KUNIT_EXPECT_EQ(test, rring_word_load(&pool->xxl_word[slot]), 0ull);
	KUNIT_EXPECT_NULL(test, pool->xxl[slot]);
	KUNIT_EXPECT_EQ(test, pool->nr_free, 2u);
	KUNIT_EXPECT_EQ(test, kring_account_bytes(account), without_client);
}

static struct kunit_case magazine_cases[] = {
	KUNIT_CASE(refill_lends_the_count_asked),
	KUNIT_CASE(dropped_slots_are_reclaimed),
	KUNIT_CASE(full_magazine_is_lent_nothing),
	KUNIT_CASE(refill_of_dry_pool_fails),
	KUNIT_CASE(swept_slots_go_into_the_magazine),
	KUNIT_CASE(swept_slots_beyond_the_quota_are_free),
	KUNIT_CASE(refills_are_traced_under_the_lock),
	KUNIT_CASE(slots_of_an_idle_client_are_recalled),
	KUNIT_CASE(first_slot_of_an_untouched_refill_stays),
	KUNIT_CASE(slot_taken_and_given_on_is_not_spared),
	KUNIT_CASE(slot_being_taken_is_not_spared),
	KUNIT_CASE(parked_slot_is_recalled),
	KUNIT_CASE(slot_parked_after_the_notice_is_kept),
	KUNIT_CASE(untouched_refill_hides_no_parked_slots),
	KUNIT_CASE(client_without_slots_is_not_recalled),
	KUNIT_CASE(quota_is_not_exceeded),
	KUNIT_CASE(quota_is_at_least_one_slot),
	KUNIT_CASE(lowered_quota_does_not_wrap),
	KUNIT_CASE(positions_wrap),
	KUNIT_CASE(hostile_tail_empties_own_magazine),
	KUNIT_CASE(magazine_of_dead_client_is_reclaimed),
	KUNIT_CASE(reused_id_is_not_charged),
	KUNIT_CASE(xxl_slot_has_region_while_out),
	{}
};

static struct kunit_suite magazine_suite = {
	.name = "magazine",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = magazine_cases,
};

kunit_test_suite(magazine_suite);
