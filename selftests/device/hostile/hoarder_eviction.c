// SPDX-License-Identifier: MPL-2.0
/*
 * An arena whose owner wants clients evicted that hold more slots than the hold
 * limit permits while others find no free slot.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "netlink.h"
#include "stream.h"

#include "kselftest_harness.h"

#define NAME	"hoarded"
#define SLOTS	64
#define LIMIT	16	/* a consumer may hold 25 percent */

/* A process with a client that claims slots. */
struct hoard {
	int fd;
	int slots;
	struct baton ready, go;
	pid_t pid;
};

FIXTURE(hoarder_eviction)
{
	struct nl nl;		/* sends requests */
	struct nl ear;		/* listens */
	int fd;
	uint32_t arena;
	struct rring_client *producer;
	struct hoard hoard, modest;
};

FIXTURE_SETUP(hoarder_eviction)
{
	static const struct rring_arena_config config = {
		.name = NAME,
		.capacity = { SLOTS },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.hold_limit = { [RRING_CONSUMER] = 25 },
		.on_hold_limit = RRING_HOLD_EVICT,
	};

	memset(self, 0, sizeof(*self));
	self->nl = nl_open();
	self->ear = nl_open();
	ASSERT_EQ(0, nl_listen(&self->ear));
	self->fd = rring_arena_create(&config);
	ASSERT_LE(0, self->fd);
	self->arena = nl_arena(&self->nl, NAME);
	self->producer = client_with(self->fd, RRING_PRODUCER, 0);
}

FIXTURE_TEARDOWN(hoarder_eviction)
{
	rring_close(self->producer);
	close(self->fd);
	nl_close(&self->ear);
	nl_close(&self->nl);
}

/* Claim slots, and go on doing so when the other process says so. */
static int claim_slots(void *arg)
{
	struct hoard *hoard = arg;
	struct rring_client *client = client_of(hoard->fd, RRING_CONSUMER);
	rring_word_t *word = client->pool[RRING_XS].ledger;
	int i;

	/* it keeps no summaries, so that sweeps read its words */
	rring_word_store(client->used, 0);
	for (i = 0; i < hoard->slots; i++)
		rring_word_store(&word[i], RRING_MOVE + RRING_HOLD);
	baton_pass(&hoard->ready);
	baton_wait(&hoard->go);
	rring_word_store(&word[0], 2 * RRING_MOVE + RRING_HOLD);
	return 0;
}

static void start(FIXTURE_DATA(hoarder_eviction) *self, struct hoard *hoard,
		  int slots)
{
	hoard->fd = self->fd;
	hoard->slots = slots;
	baton_init(&hoard->ready);
	baton_init(&hoard->go);
	hoard->pid = spawn(claim_slots, hoard);
	baton_wait(&hoard->ready);
}

/* Let the process of @hoard go on, and return its exit status. */
static int end(struct hoard *hoard)
{
	baton_pass(&hoard->go);
	return reap(hoard->pid);
}

/* Allocate all free slots and drop them. */
static void use_all(struct rring_client *client)
{
	struct rring_event event[SLOTS];
	int i = 0;

	while (i < SLOTS && !rring_alloc(client, 8, 1, &event[i]))
		i++;
	while (i)
		MUST(!rring_drop(client, &event[--i]));
}

/* Return the client in the next notice of @command. */
static uint32_t hear(FIXTURE_DATA(hoarder_eviction) *self, uint8_t command)
{
	struct nl_answer heard = nl_hear(&self->ear, command, self->arena);
	uint32_t id = nl_u32(heard.object, RRING_A_CLIENT_ID);

	nl_free(&heard);
	return id;
}

static uint32_t clients(FIXTURE_DATA(hoarder_eviction) *self)
{
	struct nl_answer answer = nl_of_arena(&self->nl, RRING_CMD_ARENA_GET,
					      self->arena);
	uint32_t n = nl_u32(answer.object, RRING_A_ARENA_CLIENTS);

	nl_free(&answer);
	return n;
}

/* A client that waits gets a slot, because the hoarder is evicted. */
TEST_F(hoarder_eviction, frees_slots_for_a_client_that_waits)
{
	struct rring_event event;
	uint32_t id;

	start(self, &self->modest, LIMIT);
	start(self, &self->hoard, SLOTS);
	use_all(self->producer);
	ASSERT_EQ(0, rring_alloc_until(self->producer, 8, 1, SOON(), &event));
	id = hear(self, RRING_CMD_CLIENT_OVER_LIMIT);
	EXPECT_EQ(id, hear(self, RRING_CMD_CLIENT_EVICTED));
	/* a client that keeps its limit is left alone */
	EXPECT_EQ(2u, clients(self));
	EXPECT_EQ(128 + SIGBUS, end(&self->hoard));
	EXPECT_EQ(0, end(&self->modest));
	ASSERT_EQ(0, rring_drop(self->producer, &event));
}

/* Calls that do not wait find a slot after the eviction, too. */
TEST_F(hoarder_eviction, follows_a_call_that_does_not_wait)
{
	struct rring_event event;
	int err;

	start(self, &self->hoard, SLOTS);
	use_all(self->producer);
	ASSERT_EQ(-ENOSPC, rring_alloc(self->producer, 8, 1, &event));
	hear(self, RRING_CMD_CLIENT_EVICTED);
	do
		err = rring_alloc(self->producer, 8, 1, &event);
	while (err == -ENOSPC);
	EXPECT_EQ(0, err);
	EXPECT_EQ(128 + SIGBUS, end(&self->hoard));
	ASSERT_EQ(0, rring_drop(self->producer, &event));
}

/* Below the limit of its role, or without one, nobody is evicted. */
TEST_F(hoarder_eviction, is_not_of_a_role_without_a_limit)
{
	struct rring_client *other = client_with(self->fd, RRING_PRODUCER, 0);
	struct rring_event event[SLOTS], none;
	int i;

	start(self, &self->modest, LIMIT);
	for (i = 0; i < SLOTS; i++)
		ASSERT_EQ(0, rring_alloc(self->producer, 8, 1, &event[i]));
	for (i = 0; i < 20; i++)
		ASSERT_EQ(-ENOSPC, rring_alloc(other, 8, 1, &none));
	EXPECT_EQ(3u, clients(self));
	EXPECT_EQ(0, end(&self->modest));
	rring_close(other);
}

/* The evicted client comes back, and is evicted again. */
TEST_F(hoarder_eviction, comes_again)
{
	struct rring_event event;
	int i;

	for (i = 0; i < 5; i++) {
		start(self, &self->hoard, SLOTS);
		use_all(self->producer);
		ASSERT_EQ(0, rring_alloc_until(self->producer, 8, 1, SOON(),
					       &event));
		hear(self, RRING_CMD_CLIENT_EVICTED);
		EXPECT_EQ(128 + SIGBUS, end(&self->hoard));
		ASSERT_EQ(0, rring_drop(self->producer, &event));
	}
}

TEST_HARNESS_MAIN
