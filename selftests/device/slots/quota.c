// SPDX-License-Identifier: MPL-2.0
/* A quota limits the slots of a pool that one client can have. */
#include <unistd.h>

#include "arena.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define CAPACITY	40
#define SHARE		10	/* slots: 25 percent */

FIXTURE(quota)
{
	int arena_fd;
	struct rring_client *client;
	struct rring_client *other;
	struct rring_event event[CAPACITY];
};

FIXTURE_SETUP(quota)
{
	static const uint32_t capacity[RRING_POOLS] = { CAPACITY, CAPACITY, 2 };

	self->arena_fd = arena_with(capacity, 25);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->other = client_of(self->arena_fd, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(quota)
{
	struct rring_client *last = client_of(self->arena_fd, RRING_OBSERVER);

	rring_close(self->client);
	rring_close(self->other);
	EXPECT_TRUE(all_free(last));
	rring_close(last);
}

/* Allocate until it fails. Return the number; *@err is the error. */
static int take(struct rring_client *client, uint32_t len,
		struct rring_event *event, int *err)
{
	int n = 0;

	while (n < CAPACITY && !(*err = rring_alloc(client, len, 1, &event[n])))
		n++;
	return n;
}

static uint32_t charged(struct rring_client *client)
{
	struct rring_pool_stat stat = { .charged = ~0u };

	if (rring_pool_stat(client, RRING_XS, RRING_STAT_SWEEP, &stat))
		return ~0u;
	return stat.charged;
}

TEST_F(quota, a_client_gets_its_share_and_no_more)
{
	int err = 1;

	ASSERT_EQ(SHARE, take(self->client, 8, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
	ASSERT_EQ((uint32_t)SHARE, charged(self->client));
	ASSERT_EQ(-EDQUOT, rring_alloc_until(self->client, 8, 1,
					     rring_deadline(1000000),
					     &self->event[SHARE]));
}

TEST_F(quota, others_and_other_classes_go_on)
{
	int err = 1;

	ASSERT_EQ(SHARE, take(self->client, 8, self->event, &err));
	ASSERT_EQ(SHARE, take(self->client, 200, self->event, &err));
	ASSERT_EQ(SHARE, take(self->other, 8, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
}

TEST_F(quota, of_a_small_pool_is_one_slot_at_least)
{
	int err = 1;

	ASSERT_EQ(1, take(self->client, 1000, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
	ASSERT_EQ(1, take(self->other, 1000, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
}

TEST_F(quota, comes_back_with_what_is_dropped)
{
	int err = 1;
	int i;

	ASSERT_EQ(SHARE, take(self->client, 8, self->event, &err));
	for (i = 0; i < 3; i++) {
		rring_share(self->client, &self->event[i]);
		ASSERT_EQ(0, rring_drop(self->client, &self->event[i]));
	}
	ASSERT_EQ((uint32_t)SHARE - 3, charged(self->client));
	ASSERT_EQ(3, take(self->client, 8, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
}

/* A slot is charged to its allocator while any client holds it. */
TEST_F(quota, counts_what_others_hold)
{
	struct rring_event held[SHARE];
	int err = 1;
	int i;

	ASSERT_EQ(SHARE, take(self->client, 8, self->event, &err));
	for (i = 0; i < SHARE; i++) {
		ASSERT_EQ(0, rring_upgrade(self->other,
					   rring_share(self->client,
						       &self->event[i]),
					   &held[i]));
		ASSERT_EQ(0, rring_drop(self->client, &self->event[i]));
	}
	ASSERT_EQ((uint32_t)SHARE, charged(self->client));
	ASSERT_EQ(0u, charged(self->other));
	ASSERT_EQ(0, take(self->client, 8, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
	ASSERT_EQ(SHARE, take(self->other, 8, self->event, &err));
	ASSERT_EQ(-EDQUOT, err);
	for (i = 0; i < SHARE; i++)
		ASSERT_EQ(0, rring_drop(self->other, &held[i]));
	ASSERT_EQ(SHARE, take(self->client, 8, self->event, &err));
}

/* The quota is freed even if the slots are at the end of the pool. */
TEST_F(quota, comes_back_whatever_else_is_free)
{
	struct rring_event mine[CAPACITY];
	int err = 1;
	int round, i;

	for (round = 0; round < 100; round++) {
		ASSERT_EQ(SHARE, take(self->client, 8, mine, &err));
		take(self->other, 8, self->event, &err);
		for (i = 0; i < SHARE; i++) {
			rring_share(self->other, &self->event[i]);
			rring_share(self->client, &mine[i]);
			ASSERT_EQ(0, rring_drop(self->other,
						&self->event[i]));
			ASSERT_EQ(0, rring_drop(self->client, &mine[i]));
		}
	}
}

struct borrower {
	int arena_fd;
	struct baton shared;
	struct baton held;
	uint64_t *handle;
};

/* Exhaust the quota, lend one event to another client, and ask for one more. */
static int take_one_more(void *arg)
{
	struct borrower *borrower = arg;
	struct rring_client *client = client_of(borrower->arena_fd,
						RRING_PRODUCER);
	struct rring_event event[CAPACITY];
	int err = 1;

	MUST(take(client, 8, event, &err) == SHARE);
	*borrower->handle = rring_share(client, &event[5]);
	baton_pass(&borrower->shared);
	baton_wait(&borrower->held);
	MUST(!rring_drop(client, &event[5]));
	MUST(!rring_alloc_until(client, 8, 1, SOON(), &event[5]));
	return 0;
}

TEST_F(quota, used_up_waits_until_something_of_it_is_free)
{
	struct borrower borrower = {
		.arena_fd = self->arena_fd,
		.handle = shared_new(sizeof(*borrower.handle)),
	};
	struct rring_event event;
	pid_t pid;

	baton_init(&borrower.shared);
	baton_init(&borrower.held);
	pid = spawn(take_one_more, &borrower);
	baton_wait(&borrower.shared);
	ASSERT_EQ(0, rring_upgrade(self->other, *borrower.handle, &event));
	baton_pass(&borrower.held);
	until_starving(self->other, RRING_XS, pid);
	ASSERT_EQ(0, rring_drop(self->other, &event));
	ASSERT_EQ(0, reap(pid));
}

static int hold_the_share(void *arg)
{
	struct rring_client *client = client_of(*(int *)arg, RRING_PRODUCER);
	struct rring_event event[CAPACITY];
	int err = 1;

	MUST(take(client, 8, event, &err) == SHARE);
	MUST(err == -EDQUOT);
	return 0;
}

/* A new client with the same id does not inherit the charge. */
TEST_F(quota, of_the_dead_comes_back)
{
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, reap(spawn(hold_the_share, &self->arena_fd)));
	}
	ASSERT_EQ((uint32_t)CAPACITY, free_slots(self->client, RRING_XS));
	ASSERT_EQ(0u, charged(self->client));
}

TEST_HARNESS_MAIN
