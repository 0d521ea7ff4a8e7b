// SPDX-License-Identifier: MPL-2.0
/* Lists of recent drops are hints, which may be wrong, repeated or missing. */
#include "kselftest_harness.h"

#include "arena.h"
#include "device.h"
#include "rng.h"
#include "repetition.h"

#define SLOTS	256
#define FREE	8	/* free slots in most tests */

FIXTURE(recent_drops)
{
	int arena;
	struct rring_client *a, *b;
	struct rring_event event[SLOTS];
	uint32_t n;			/* held by @a */
};

FIXTURE_SETUP(recent_drops)
{
	const uint32_t capacity[RRING_POOLS] = { SLOTS };

	self->arena = arena_with(capacity, 0);
	self->a = client_of(self->arena, RRING_PRODUCER);
	self->b = client_of(self->arena, RRING_PRODUCER);
	self->n = 0;
}

FIXTURE_TEARDOWN(recent_drops)
{
	rring_close(self->b);
	rring_close(self->a);
	close(self->arena);
}

/* @client allocates and shares @n slots. Fails if one is already held. */
static int take(FIXTURE_DATA(recent_drops) *self, struct rring_client *client,
		uint32_t n)
{
	for (; n; n--) {
		struct rring_event *event = &self->event[self->n];
		uint32_t i;

		if (rring_alloc(client, 64, 1, event))
			return 0;
		rring_share(client, event);
		for (i = 0; i < self->n; i++)
			if (rring_handle_index(self->event[i].handle) ==
			    rring_handle_index(event->handle))
				return 0;
		self->n++;
	}
	return 1;
}

/* @client drops the last @n slots, which it has allocated itself. */
static void let_go(FIXTURE_DATA(recent_drops) *self, struct rring_client *client,
		   uint32_t n)
{
	while (n--)
		rring_drop(client, &self->event[--self->n]);
}

/* Return 1 if exactly the slots that are not held can be allocated. */
static int all_come_back(FIXTURE_DATA(recent_drops) *self, uint32_t held)
{
	struct rring_event event;

	rring_trim(self->a);
	rring_trim(self->b);
	return take(self, self->a, SLOTS - held) &&
	       rring_alloc(self->b, 64, 1, &event) == -ENOSPC;
}

static struct rring_recent *ends_of(const struct rring_client *client)
{
	struct rring_tails *tails = ledger_of(client);

	return tails->recent[RRING_XS];
}

static uint32_t *list_of(const struct rring_client *client, uint32_t list)
{
	char *lists = (char *)ledger_of(client) +
		      client->arena->recent_offset[RRING_XS];

	return (uint32_t *)lists +
	       list * client->arena->recent_entries[RRING_XS];
}

TEST_F(recent_drops, what_was_dropped_is_found_in_a_pool_that_is_held)
{
	struct rring_event event;
	uint32_t i;

	ASSERT_TRUE(take(self, self->a, SLOTS));
	EXPECT_EQ(-ENOSPC, rring_alloc(self->b, 64, 1, &event));
	for (i = 0; i < 1000; i++) {
		let_go(self, self->a, 1);
		ASSERT_TRUE(take(self, self->a, 1));
	}
	EXPECT_EQ(-ENOSPC, rring_alloc(self->b, 64, 1, &event));
}

TEST_F(recent_drops, what_two_have_dropped_is_free_once)
{
	struct rring_event held[FREE];
	uint32_t i;

	ASSERT_TRUE(take(self, self->a, SLOTS));
	for (i = 0; i < FREE; i++)
		ASSERT_EQ(0, rring_upgrade(self->b,
					   self->event[SLOTS - 1 - i].handle,
					   &held[i]));
	let_go(self, self->a, FREE);
	for (i = 0; i < FREE; i++)
		rring_drop(self->b, &held[i]);
	ASSERT_TRUE(take(self, self->b, FREE));
	EXPECT_EQ(-ENOSPC, rring_alloc(self->b, 64, 1, &held[0]));
}

TEST_F(recent_drops, a_list_that_overflows_loses_hints_and_no_slots)
{
	ASSERT_LT(self->a->arena->recent_entries[RRING_XS], SLOTS / 4);
	ASSERT_TRUE(take(self, self->a, SLOTS));
	let_go(self, self->a, SLOTS);
	EXPECT_TRUE(all_come_back(self, 0));
}

TEST_F(recent_drops, what_another_still_holds_stays_until_it_drops_it)
{
	struct rring_event held, event;

	ASSERT_TRUE(take(self, self->a, SLOTS));
	ASSERT_EQ(0, rring_upgrade(self->b, self->event[SLOTS - 1].handle,
				   &held));
	let_go(self, self->a, 1);
	EXPECT_EQ(-ENOSPC, rring_alloc(self->a, 64, 1, &event));
	ASSERT_EQ(0, rring_drop(self->b, &held));
	EXPECT_TRUE(all_come_back(self, SLOTS - 1));
}

/* Overwrite the lists with random valid and invalid slot numbers. */
static void forge(const struct rring_client *client, struct rng *rng)
{
	uint32_t entries = client->arena->recent_entries[RRING_XS];
	uint32_t list, i;

	for (list = 0; list < RRING_RECENT_LISTS; list++) {
		rring_seq_t *end = &ends_of(client)[list].pos;
		uint64_t roll = rng_next(rng);

		for (i = 0; i < entries; i++)
			RRING_STORE(&list_of(client, list)[i],
				    rng_below(rng, 4) ?
				    rng_below(rng, SLOTS) :
				    (uint32_t)rng_next(rng));
		/* move the end forward or back, or to any position */
		rring_seq_store(end, roll % 3 == 0 ? roll :
				rring_seq_load(end) + (roll % 3 == 1 ? 1 : -1) *
				rng_below(rng, 2 * entries));
	}
}

TEST_F(recent_drops, a_liars_lists_free_nothing_that_is_held)
{
	struct rng rng = rng_new("recent");
	uint32_t round;

	ASSERT_TRUE(take(self, self->a, SLOTS - FREE));
	for (round = 0; round < rounds(200); round++) {
		forge(self->b, &rng);
		ASSERT_TRUE(take(self, self->a, FREE / 2));
		rring_trim(self->a);
		forge(self->b, &rng);
		ASSERT_TRUE(take(self, self->b, FREE / 2));
		let_go(self, self->b, FREE / 2);
		rring_trim(self->b);
		forge(self->b, &rng);
		let_go(self, self->a, FREE / 2);
	}
	EXPECT_TRUE(all_come_back(self, SLOTS - FREE));
}

TEST_F(recent_drops, a_client_that_is_gone_leaves_no_slots_behind)
{
	ASSERT_TRUE(take(self, self->a, SLOTS - FREE));
	rring_trim(self->a);
	ASSERT_TRUE(take(self, self->b, FREE));
	let_go(self, self->b, FREE / 2);
	self->n -= FREE / 2;
	rring_close(self->b);
	self->b = client_of(self->arena, RRING_PRODUCER);
	EXPECT_TRUE(all_come_back(self, SLOTS - FREE));
}

TEST_HARNESS_MAIN
