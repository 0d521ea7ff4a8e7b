// SPDX-License-Identifier: MPL-2.0
/*
 * How long a writer rests, by what the rests before have brought. Needs neither a
 * module nor a peer: the test says what a rest has brought.
 */
#include "../../ulib/backoff.c"

#include "kselftest_harness.h"

#define ENTRIES		4096u
#define EIGHTH		(ENTRIES / 8)
#define FIRST		FIRST_MAX
#define HOUR		3600000000000ull

static uint32_t pauses;

void ulib_relax(void)
{
	pauses++;
}

FIXTURE(backoff)
{
	struct rring_backoff backoff;
};

FIXTURE_SETUP(backoff)
{
	ulib_backoff_init(&self->backoff);
}

FIXTURE_TEARDOWN(backoff)
{
}

static uint32_t next(FIXTURE_DATA(backoff) *self)
{
	return ulib_backoff_next(&self->backoff, ENTRIES, 1);
}

/* Rest, while one peer passes @gained entries. Return 1 if that was worth it. */
static int rest(FIXTURE_DATA(backoff) *self, uint64_t gained)
{
	uint32_t steps = next(self);
	int worth = ulib_backoff_judge(&self->backoff, steps, 1, gained);

	if (worth)
		ulib_backoff_aim(&self->backoff, ENTRIES, steps, gained);
	return worth;
}

/* Rest @times, while one peer takes @steps for 16 entries. */
static void rest_for_peer(FIXTURE_DATA(backoff) *self, uint32_t steps,
			  uint32_t times)
{
	while (times--)
		rest(self, next(self) * 16ull / steps);
}

TEST(a_first_rest_has_steps_for_each_peer_and_for_the_ring)
{
	EXPECT_EQ(FIRST, ulib_backoff_first(ENTRIES, 1));
	EXPECT_EQ(4 * FIRST, ulib_backoff_first(ENTRIES, 4));
	EXPECT_EQ(8 * FIRST, ulib_backoff_first(ENTRIES, 100));
	EXPECT_EQ(FIRST, ulib_backoff_first(ENTRIES, 0));
	EXPECT_EQ(2, ulib_backoff_first(16, 1));
	EXPECT_EQ(FIRST, ulib_backoff_first(512, 4));
}

TEST_F(backoff, rests_aim_at_an_eighth_of_the_ring)
{
	/* 16 entries in 32 steps: an eighth in 1024 */
	rest_for_peer(self, 32, 20);
	EXPECT_EQ(1024, next(self));
	/* now the peer is twice as fast */
	rest_for_peer(self, 16, 1);
	EXPECT_EQ(512, next(self));
}

TEST_F(backoff, a_rest_is_at_most_twice_as_long_as_the_last_one)
{
	uint32_t steps;

	for (steps = FIRST; steps < 1024; steps *= 2) {
		EXPECT_EQ(steps, next(self));
		rest_for_peer(self, 32, 1);
	}
}

TEST_F(backoff, no_rest_is_longer_than_the_longest_or_shorter_than_the_first)
{
	/* as slow as it is worth a rest, and a little more */
	rest_for_peer(self, 60, 20);
	EXPECT_GE(LONGEST, next(self));
	EXPECT_LT(LONGEST / 2, next(self));
	EXPECT_EQ(1, rest(self, LONGEST / 4 + 1));
	EXPECT_EQ(1, rest(self, 100 * ENTRIES));
	EXPECT_EQ(FIRST, next(self));
}

TEST_F(backoff, rests_are_in_proportion_in_a_smaller_ring)
{
	uint32_t steps = 0;
	int i;

	for (i = 0; i < 20; i++) {
		steps = ulib_backoff_next(&self->backoff, ENTRIES / 8, 8);
		ASSERT_EQ(1, ulib_backoff_judge(&self->backoff, steps, 8,
						steps / 32 + 1));
		ulib_backoff_aim(&self->backoff, ENTRIES / 8, steps,
				 steps / 32 + 1);
	}
	EXPECT_EQ(LONGEST / 8, steps);
}

TEST_F(backoff, a_useless_rest_ends_rests_and_long_ones)
{
	uint32_t looks = 1024;
	int i;

	rest_for_peer(self, 32, 20);
	for (i = 0; i < 8; i++) {
		self->backoff.left = 0;
		EXPECT_EQ(0, rest(self, next(self) / 4));
		EXPECT_EQ(looks, self->backoff.left);
		EXPECT_EQ(FIRST, next(self));
		looks = looks < 65536 ? 2 * looks : looks;
	}
	EXPECT_EQ(1, rest(self, FIRST));
	EXPECT_EQ(0, rest(self, 0));
	EXPECT_EQ(1024, self->backoff.left);
}

TEST_F(backoff, peers_that_share_a_cpu_pass_fewer_entries)
{
	EXPECT_EQ(0, ulib_backoff_judge(&self->backoff, 4 * FIRST, 4, 16));
	EXPECT_EQ(1, ulib_backoff_judge(&self->backoff, 4 * FIRST, 4, 17));
}

TEST_F(backoff, looks_without_a_rest_are_counted)
{
	EXPECT_EQ(1, ulib_backoff_due(&self->backoff));
	rest(self, 0);
	self->backoff.left = 2;
	EXPECT_EQ(0, ulib_backoff_due(&self->backoff));
	EXPECT_EQ(0, ulib_backoff_due(&self->backoff));
	EXPECT_EQ(1, ulib_backoff_due(&self->backoff));
}

TEST(a_rest_ends_before_the_deadline)
{
	EXPECT_EQ(LONGEST, ulib_backoff_until(LONGEST, RRING_FOREVER));
	EXPECT_EQ(LONGEST, ulib_backoff_until(LONGEST, rring_deadline(HOUR)));
	EXPECT_GE(100, ulib_backoff_until(LONGEST, rring_deadline(1000)));
	EXPECT_EQ(0, ulib_backoff_until(LONGEST, 0));
	EXPECT_EQ(0, ulib_backoff_until(LONGEST, rring_deadline(0) - 1));
}

TEST(a_rest_is_a_number_of_pauses_in_proportion_to_its_steps)
{
	uint32_t steps;

	ulib_backoff_measure();
	pauses = 0;
	ulib_backoff_rest(FIRST);
	EXPECT_EQ(first_pauses, pauses);
	for (steps = 2 * FIRST; steps <= LONGEST; steps *= 2) {
		pauses = 0;
		ulib_backoff_rest(steps);
		EXPECT_EQ(steps / FIRST * first_pauses, pauses);
	}
}

TEST_HARNESS_MAIN
