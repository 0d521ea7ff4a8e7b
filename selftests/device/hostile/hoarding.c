// SPDX-License-Identifier: MPL-2.0
/*
 * Clients claim more slots in their ledgers than the hold limit of the arena
 * permits, while others find no free slot. The kernel names them, and evicts
 * them if the arena's owner wants this. It never names a client that keeps its
 * limit.
 */
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "kernel_writer.h"
#include "netlink.h"
#include "repetition.h"
#include "rng.h"
#include "sleeper.h"
#include "stream.h"
#include "user.h"

#include "kselftest_harness.h"

#define NAME	"hoarded"
#define SLOTS	64
#define BATCH	8	/* slots that a producer may park */
#define LIMIT	16	/* a consumer may hold 25 percent */

FIXTURE(hoarding)
{
	struct nl nl;		/* sends requests */
	struct nl ear;		/* listens in the multicast group */
	struct nl_answer heard;
	int fd;
	uint32_t arena;
	struct rring_client *producer;
	struct rring_client *hoarder;
	struct rring_event event[SLOTS];
	int events;
};

static int create(void)
{
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { SLOTS },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.hold_limit = { 12, 25 },
	};
	int fd = rring_arena_create(&config);

	MUST(fd >= 0);
	return fd;
}

FIXTURE_SETUP(hoarding)
{
	memset(self, 0, sizeof(*self));
	self->nl = nl_open();
	self->ear = nl_open();
	ASSERT_EQ(0, nl_listen(&self->ear));
	self->fd = create();
	self->arena = nl_arena(&self->nl, NAME);
	/* a client with several threads parks no slots */
	self->producer = client_with(self->fd, RRING_PRODUCER, 0);
	self->hoarder = client_of(self->fd, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(hoarding)
{
	nl_free(&self->heard);
	rring_close(self->hoarder);
	rring_close(self->producer);
	close(self->fd);
	nl_close(&self->ear);
	nl_close(&self->nl);
}

/* ---- steps ---- */

/*
 * Add @sign holds (1 or -1) to the ledger's words of slots @from to @to - 1. The
 * client keeps no summaries any more, so that sweeps read these words.
 */
static void claim(struct rring_client *client, int from, int to, int sign)
{
	rring_word_t *word = client->pool[RRING_XS].ledger;

	rring_word_store(client->used, 0);
	for (; from < to; from++)
		rring_word_store(&word[from], rring_word_load(&word[from]) +
				 RRING_MOVE + (uint64_t)sign * RRING_HOLD);
}

/* Allocate until no slot is free. Return how many slots that were. */
static int take_all(FIXTURE_DATA(hoarding) *self)
{
	int before = self->events;

	while (!rring_alloc(self->producer, 8, 1,
			    &self->event[self->events]))
		self->events++;
	return self->events - before;
}

static void drop_all(FIXTURE_DATA(hoarding) *self)
{
	while (self->events)
		MUST(!rring_drop(self->producer,
				 &self->event[--self->events]));
}

static int set_limit(FIXTURE_DATA(hoarding) *self, int attr, uint32_t percent)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_ARENA_ID, self->arena),
		NL_U32(attr, percent),
		{ 0 }
	};

	return nl_change(&self->nl, RRING_CMD_ARENA_SET, values);
}

/* Open and close a client, and return its serial: its death is a notice. */
static uint32_t mark_here(FIXTURE_DATA(hoarding) *self)
{
	struct rring_client *client = client_of(self->fd, RRING_OBSERVER);
	struct nl_answer answer = nl_of_arena(&self->nl, RRING_CMD_CLIENT_GET,
					      self->arena);
	uint32_t serial = nl_u32(nl_find(&answer, RRING_A_CLIENT_ID,
					 client->id), RRING_A_CLIENT_SERIAL);

	nl_free(&answer);
	rring_close(client);
	return serial;
}

/*
 * Return how many notices named a client since the last call. Keep the last one
 * in .heard.
 */
static int named(FIXTURE_DATA(hoarding) *self)
{
	uint32_t here = mark_here(self);
	struct nl_answer heard;
	int n = 0;

	for (;;) {
		heard = nl_hear(&self->ear, 0, self->arena);
		if (heard.object->command == RRING_CMD_CLIENT_DIED &&
		    nl_u32(heard.object, RRING_A_CLIENT_SERIAL) == here)
			break;
		if (heard.object->command == RRING_CMD_CLIENT_OVER_LIMIT) {
			nl_free(&self->heard);
			self->heard = heard;
			n++;
		} else {
			nl_free(&heard);
		}
	}
	nl_free(&heard);
	return n;
}

/* ---- the kernel names the clients that hold the slots ---- */

/* The ledger claims all slots, and nobody else holds one. */
TEST_F(hoarding, of_all_slots_is_named_by_the_first_that_finds_none)
{
	const struct nl_object *object;

	ASSERT_EQ(SLOTS, take_all(self));
	EXPECT_EQ(0, named(self));
	claim(self->hoarder, 0, SLOTS, 1);
	drop_all(self);
	ASSERT_EQ(0, take_all(self));
	ASSERT_EQ(1, named(self));
	object = self->heard.object;
	EXPECT_EQ(self->hoarder->id, nl_u32(object, RRING_A_CLIENT_ID));
	EXPECT_EQ((uint32_t)RRING_CONSUMER,
		  nl_u32(object, RRING_A_CLIENT_ROLE));
	EXPECT_STREQ("hoarding", nl_str(object, RRING_A_CLIENT_COMM));
	EXPECT_EQ((uint32_t)RRING_XS, nl_u32(object, RRING_A_CLIENT_CLASS));
	EXPECT_EQ((uint32_t)SLOTS, nl_u32(object, RRING_A_CLIENT_CLAIMED));
	EXPECT_EQ((uint32_t)LIMIT, nl_u32(object, RRING_A_CLIENT_HOLD_LIMIT));
	EXPECT_EQ(0u, nl_u32(object, RRING_A_CLIENT_UID));
	/* the group's listeners are in different pid namespaces */
	EXPECT_EQ(NULL, object->attr[RRING_A_CLIENT_PID]);
}

TEST_F(hoarding, is_named_once_until_the_client_keeps_its_limit)
{
	int i;

	ASSERT_EQ(SLOTS, take_all(self));
	claim(self->hoarder, 0, SLOTS, 1);
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, take_all(self));
	EXPECT_EQ(1, named(self));
	/* as long as nobody looks, it counts as above its limit */
	claim(self->hoarder, LIMIT, SLOTS, -1);
	claim(self->hoarder, LIMIT, SLOTS, 1);
	ASSERT_EQ(0, take_all(self));
	EXPECT_EQ(0, named(self));
	claim(self->hoarder, LIMIT, SLOTS, -1);
	ASSERT_EQ(0, take_all(self));
	EXPECT_EQ(0, named(self));
	claim(self->hoarder, LIMIT, LIMIT + 1, 1);
	ASSERT_EQ(0, take_all(self));
	EXPECT_EQ(1, named(self));
	EXPECT_EQ(LIMIT + 1u, nl_u32(self->heard.object,
				     RRING_A_CLIENT_CLAIMED));
}

TEST_F(hoarding, at_the_limit_is_not_named)
{
	ASSERT_EQ(SLOTS, take_all(self));
	claim(self->hoarder, 7, 7 + LIMIT, 1);
	/* several holds on a slot are one slot */
	claim(self->hoarder, 7, 7 + LIMIT, 1);
	ASSERT_EQ(0, take_all(self));
	EXPECT_EQ(0, named(self));
}

/* The limit of producers is 48 slots: the one that waits has all 64. */
TEST_F(hoarding, by_the_client_that_waits_is_not_named)
{
	struct rring_client *other = client_with(self->fd, RRING_PRODUCER, 0);
	struct rring_event event;

	ASSERT_EQ(0, set_limit(self, RRING_A_ARENA_HOLD_LIMIT_PRODUCER, 75));
	ASSERT_EQ(SLOTS, take_all(self));
	ASSERT_EQ(0, take_all(self));
	EXPECT_EQ(0, named(self));
	ASSERT_EQ(-ENOSPC, rring_alloc(other, 8, 1, &event));
	EXPECT_EQ(1, named(self));
	EXPECT_EQ(self->producer->id, nl_u32(self->heard.object,
					     RRING_A_CLIENT_ID));
	rring_close(other);
}

/* While the pool has free slots, nobody has to wait. */
TEST_F(hoarding, is_not_named_while_slots_are_free)
{
	int i;

	ASSERT_EQ(SLOTS, take_all(self));
	drop_all(self);
	claim(self->hoarder, 0, SLOTS - 1, 1);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, rring_alloc(self->producer, 8, 1,
					 &self->event[0]));
		ASSERT_EQ(0, rring_drop(self->producer, &self->event[0]));
	}
	EXPECT_EQ(0, named(self));
	ASSERT_EQ(1, take_all(self));
	EXPECT_EQ(1, named(self));
	drop_all(self);
}

/* The hoarder holds what one client was lent, and others have free slots. */
TEST_F(hoarding, of_the_quota_of_a_client_is_named)
{
	struct rring_client *other = client_with(self->fd, RRING_PRODUCER, 0);
	struct rring_event event;

	ASSERT_EQ(0, set_limit(self, RRING_A_ARENA_QUOTA, 50));
	ASSERT_EQ(SLOTS / 2, take_all(self));
	claim(self->hoarder, 0, LIMIT, 1);
	ASSERT_EQ(-EDQUOT, rring_alloc(self->producer, 8, 1, &event));
	ASSERT_EQ(0, rring_alloc(other, 8, 1, &event));
	claim(self->hoarder, SLOTS / 2, SLOTS / 2 + 1, 1);
	ASSERT_EQ(-EDQUOT, rring_alloc(self->producer, 8, 1, &event));
	EXPECT_EQ(0, named(self));
	claim(self->hoarder, LIMIT, LIMIT + 1, 1);
	ASSERT_EQ(-EDQUOT, rring_alloc(self->producer, 8, 1, &event));
	EXPECT_EQ(1, named(self));
	EXPECT_EQ(LIMIT + 1u, nl_u32(self->heard.object,
				     RRING_A_CLIENT_CLAIMED));
	rring_close(other);
}

/* A consumer was never lent a slot, so it has parked none. */
TEST_F(hoarding, in_words_of_parked_slots_is_named)
{
	rring_word_t *word = self->hoarder->pool[RRING_XS].ledger;
	int i;

	ASSERT_EQ(SLOTS, take_all(self));
	rring_word_store(self->hoarder->used, 0);
	for (i = 0; i < SLOTS; i++)
		rring_word_store(&word[i], RRING_PARKED);
	drop_all(self);
	ASSERT_EQ(0, take_all(self));
	EXPECT_EQ(1, named(self));
	EXPECT_EQ((uint32_t)SLOTS, nl_u32(self->heard.object,
					  RRING_A_CLIENT_CLAIMED));
}

/* An honest producer holds what it may, and has parked slots besides. */
TEST_F(hoarding, in_magazines_and_parked_is_not_named)
{
	struct rring_client *other = client_of(self->fd, RRING_PRODUCER);
	struct rring_event event[SLOTS];
	int i;

	ASSERT_EQ(0, set_limit(self, RRING_A_ARENA_HOLD_LIMIT_PRODUCER, 75));
	for (i = 0; i < 48 + BATCH; i++)
		ASSERT_EQ(0, rring_alloc(other, 8, 1, &event[i]));
	while (i > 48)
		ASSERT_EQ(0, rring_drop(other, &event[--i]));
	/* the recall frees its parked slots, and those in its magazine */
	ASSERT_EQ(SLOTS - 48, take_all(self));
	ASSERT_EQ(0, take_all(self));
	EXPECT_EQ(0, named(self));
	rring_close(other);
}

/* ---- when ---- */

/* Sleep until a slot is free. */
static int starve(void *arg)
{
	struct rring_client *client = client_with(*(int *)arg, RRING_PRODUCER,
						  0);
	struct rring_event event;

	MUST(!rring_alloc_until(client, 8, 1, SOON(), &event));
	return 0;
}

static const struct nl_object *hear_name(FIXTURE_DATA(hoarding) *self)
{
	nl_free(&self->heard);
	self->heard = nl_hear(&self->ear, RRING_CMD_CLIENT_OVER_LIMIT,
			      self->arena);
	return self->heard.object;
}

/* The hoarder goes beyond its limit while a client sleeps. */
TEST_F(hoarding, is_named_by_a_sleeper_that_wakes)
{
	pid_t pid;

	ASSERT_EQ(SLOTS, take_all(self));
	pid = spawn(starve, &self->fd);
	until_starving(self->producer, RRING_XS, pid);
	claim(self->hoarder, 0, SLOTS, 1);
	EXPECT_FALSE(has_ended(pid));
	/* this wakes the sleeper, which does not get the slot */
	ASSERT_EQ(0, rring_drop(self->producer,
				&self->event[--self->events]));
	EXPECT_EQ((uint32_t)SLOTS, nl_u32(hear_name(self),
					  RRING_A_CLIENT_CLAIMED));
	slay(pid);
}

TEST_F(hoarding, is_named_as_soon_as_a_limit_is_set)
{
	pid_t pid;

	ASSERT_EQ(0, set_limit(self, RRING_A_ARENA_HOLD_LIMIT_CONSUMER, 0));
	ASSERT_EQ(SLOTS, take_all(self));
	claim(self->hoarder, 0, SLOTS, 1);
	pid = spawn(starve, &self->fd);
	until_starving(self->producer, RRING_XS, pid);
	EXPECT_EQ(0, named(self));
	ASSERT_EQ(0, set_limit(self, RRING_A_ARENA_HOLD_LIMIT_CONSUMER, 50));
	EXPECT_EQ(self->hoarder->id, nl_u32(hear_name(self),
					    RRING_A_CLIENT_ID));
	EXPECT_EQ(SLOTS / 2u, nl_u32(self->heard.object,
				     RRING_A_CLIENT_HOLD_LIMIT));
	slay(pid);
}

/* A kernel writer waits for slots, too. */
TEST_F(hoarding, is_named_by_a_kernel_writer)
{
	uint32_t ring;
	int fd;

	ASSERT_EQ(0, producer_load());
	ASSERT_EQ(SLOTS, take_all(self));
	claim(self->hoarder, 0, SLOTS, 1);
	fd = producer_of(self->fd, RRING_HANDLES, RRING_FAIL, 16, &ring);
	EXPECT_EQ(self->hoarder->id, nl_u32(hear_name(self),
					    RRING_A_CLIENT_ID));
	close(fd);
	EXPECT_EQ(0, producer_unload());
}

/* ---- an honest client that is quick ---- */

struct changes {
	int fd;
	uint32_t *stop;
	struct baton ready;
};

/* Hold LIMIT slots at any time, drop one and take another one without end. */
static int change_holds(void *arg)
{
	struct changes *changes = arg;
	struct rring_client *client = client_of(changes->fd, RRING_CONSUMER);
	struct rng rng = rng_new("hoarding");
	int has[SLOTS] = { 0 };
	int drop, take, i;

	for (i = 0; i < LIMIT; i++) {
		claim(client, i, i + 1, 1);
		has[i] = 1;
	}
	baton_pass(&changes->ready);
	while (!__atomic_load_n(changes->stop, __ATOMIC_RELAXED)) {
		do
			drop = (int)rng_below(&rng, SLOTS);
		while (!has[drop]);
		do
			take = (int)rng_below(&rng, SLOTS);
		while (has[take]);
		claim(client, drop, drop + 1, -1);
		__atomic_thread_fence(__ATOMIC_RELEASE);
		claim(client, take, take + 1, 1);
		has[drop] = 0;
		has[take] = 1;
	}
	return 0;
}

TEST_F(hoarding, below_the_limit_is_never_named)
{
	struct changes changes = {
		.fd = self->fd,
		.stop = shared_new(sizeof(*changes.stop)),
	};
	uint32_t i;
	pid_t pid;

	baton_init(&changes.ready);
	ASSERT_EQ(SLOTS, take_all(self));
	pid = spawn(change_holds, &changes);
	baton_wait(&changes.ready);
	for (i = 0; i < rounds(5000); i++)
		ASSERT_EQ(0, take_all(self));
	EXPECT_EQ(0, named(self));
	__atomic_store_n(changes.stop, 1, __ATOMIC_RELAXED);
	EXPECT_EQ(0, reap(pid));
}

/* ---- who hears of it ---- */

static struct nl watch(void)
{
	struct nl nl = nl_open();

	MUST(!nl_change(&nl, RRING_CMD_WATCH, NULL));
	return nl;
}

/* A user who may not see the arena hears nothing, until the mode changes. */
TEST_F(hoarding, is_no_notice_to_strangers)
{
	struct nl_value mode[] = {
		NL_U32(RRING_A_ARENA_ID, self->arena),
		NL_U32(RRING_A_ARENA_MODE, 0777),
		{ 0 }
	};
	struct nl_answer heard;
	struct nl nl;

	ASSERT_EQ(0, seteuid(STRANGER));
	nl = watch();
	ASSERT_EQ(0, seteuid(0));
	ASSERT_EQ(SLOTS, take_all(self));
	claim(self->hoarder, 0, SLOTS, 1);
	ASSERT_EQ(0, take_all(self));
	EXPECT_EQ(1, named(self));
	ASSERT_EQ(0, nl_change(&self->nl, RRING_CMD_ARENA_SET, mode));
	mark_here(self);
	heard = nl_hear(&nl, 0, self->arena);
	EXPECT_EQ(RRING_CMD_CLIENT_DIED, heard.object->command);
	nl_free(&heard);
	nl_close(&nl);
}

struct inside {
	int fd;
	uint32_t arena, outer;
	struct baton ready;
};

static struct nl_answer hear_name_of(struct nl *nl, uint32_t arena,
				     uint32_t client)
{
	for (;;) {
		struct nl_answer heard = nl_hear(nl,
						 RRING_CMD_CLIENT_OVER_LIMIT,
						 arena);

		if (nl_u32(heard.object, RRING_A_CLIENT_ID) == client)
			return heard;
		nl_free(&heard);
	}
}

/* Hoard as process 1 of a pid namespace, and hear which client the kernel names. */
static int hoard_inside(void *arg)
{
	struct inside *inside = arg;
	struct rring_client *client = client_of(inside->fd, RRING_CONSUMER);
	struct nl nl = watch();
	struct nl_answer heard;

	MUST(getpid() == 1);
	claim(client, 0, SLOTS, 1);
	baton_pass(&inside->ready);
	heard = hear_name_of(&nl, inside->arena, client->id);
	MUST(nl_u32(heard.object, RRING_A_CLIENT_PID) == 1);
	nl_free(&heard);
	baton_pass(&inside->ready);
	/* the outer client's process has no number in this namespace */
	heard = hear_name_of(&nl, inside->arena, inside->outer);
	MUST(!heard.object->attr[RRING_A_CLIENT_PID]);
	nl_free(&heard);
	return 0;
}

static int enter(void *arg)
{
	MUST(!unshare(CLONE_NEWPID));
	return reap(spawn(hoard_inside, arg));
}

/* Return the process id of client @id as a dump shows it to this process. */
static uint32_t pid_of(FIXTURE_DATA(hoarding) *self, uint32_t id)
{
	struct nl_answer answer = nl_of_arena(&self->nl, RRING_CMD_CLIENT_GET,
					      self->arena);
	uint32_t pid = nl_u32(nl_find(&answer, RRING_A_CLIENT_ID, id),
			      RRING_A_CLIENT_PID);

	nl_free(&answer);
	return pid;
}

TEST_F(hoarding, is_by_a_process_as_the_listener_numbers_it)
{
	struct inside inside = {
		.fd = self->fd,
		.arena = self->arena,
		.outer = self->hoarder->id,
	};
	struct nl nl = watch();
	struct nl_answer heard;
	uint32_t id;
	pid_t pid;

	baton_init(&inside.ready);
	ASSERT_EQ(SLOTS, take_all(self));
	pid = spawn(enter, &inside);
	baton_wait(&inside.ready);
	ASSERT_EQ(0, take_all(self));
	heard = nl_hear(&nl, RRING_CMD_CLIENT_OVER_LIMIT, self->arena);
	id = nl_u32(heard.object, RRING_A_CLIENT_ID);
	EXPECT_NE(self->hoarder->id, id);
	EXPECT_EQ(pid_of(self, id), nl_u32(heard.object, RRING_A_CLIENT_PID));
	nl_free(&heard);
	baton_wait(&inside.ready);
	claim(self->hoarder, 0, SLOTS, 1);
	ASSERT_EQ(0, take_all(self));
	heard = hear_name_of(&nl, self->arena, self->hoarder->id);
	EXPECT_EQ((uint32_t)getpid(),
		  nl_u32(heard.object, RRING_A_CLIENT_PID));
	nl_free(&heard);
	EXPECT_EQ(0, reap(pid));
	nl_close(&nl);
}

TEST_HARNESS_MAIN
