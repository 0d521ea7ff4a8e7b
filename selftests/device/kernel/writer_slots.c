// SPDX-License-Identifier: MPL-2.0
/* Slots of a kernel writer: the pool is exhausted, and recovers. */
#include <sched.h>

#include "arena.h"
#include "kselftest_harness.h"
#include "kernel_writer.h"
#include "sleeper.h"
#include "stream.h"

#define SLOTS	64

FIXTURE(writer_slots)
{
	int arena;
	struct rring_client *client;
	int fd;
	uint32_t ring;
	struct rring_reader *reader;
};

FIXTURE_SETUP(writer_slots)
{
	const uint32_t capacity[RRING_POOLS] = { SLOTS, 8, 4, 0, 2 };

	ASSERT_EQ(0, producer_load());
	self->arena = arena_with(capacity, 0);
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->fd = producer_of(self->arena, RRING_HANDLES, RRING_FAIL, 1024,
			       &self->ring);
	self->reader = reader_at(self->client, self->ring);
}

FIXTURE_TEARDOWN(writer_slots)
{
	rring_reader_close(self->reader, 0);
	close(self->fd);
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
	rring_close(self->client);
	close(self->arena);
	EXPECT_EQ(0, producer_unload());
}

/* Put events until the ring has all slots. Return the drops without a slot. */
static uint64_t fill_up(int fd)
{
	uint32_t i = 0;

	while (producer_stat(fd).sent < SLOTS)
		MUST(producer_put(fd, i++, 64) != -EAGAIN);
	return producer_stat(fd).dropped[RRING_DROP_NO_SLOT];
}

TEST_F(writer_slots, dry_pool_is_a_counted_drop)
{
	uint64_t before = fill_up(self->fd);
	uint32_t i;

	for (i = 0; i < 10; i++)
		EXPECT_EQ(-ENOSPC, producer_put(self->fd, 0, 64));
	EXPECT_EQ(before + 10,
		  producer_stat(self->fd).dropped[RRING_DROP_NO_SLOT]);
	EXPECT_EQ(before + 10, rring_word_load(
		  &self->reader->info->dropped[RRING_DROP_NO_SLOT]));
	/* an exhausted pool does not affect the others */
	EXPECT_EQ(0, producer_put(self->fd, 0, 200));
}

/* Wait until the kernel has a slot again, without a call that asks for one. */
static void until_stocked(const struct rring_client *client)
{
	while (rring_flag_load_acquire(&client->arena->pool_waiters))
		sched_yield();
}

TEST_F(writer_slots, pool_recovers_by_itself_when_readers_go_on)
{
	struct found found = {};
	uint32_t round, i = 0;

	for (round = 0; round < 20; round++) {
		uint64_t sent;

		/* the stock and the pool are empty */
		while (producer_put(self->fd, i++, 64) != -ENOSPC ||
		       producer_stat(self->fd).sent - found.events < SLOTS)
			;
		sent = producer_stat(self->fd).sent;
		ASSERT_EQ(0, found_now(&found, self->reader));
		EXPECT_EQ(sent, found.events);
		/* only the reader's wake refills the stock */
		until_stocked(self->client);
		ASSERT_EQ(0, producer_put_soon(self->fd, i++, 64));
	}
}

TEST_F(writer_slots, held_events_stay_and_come_back)
{
	struct rring_event kept[SLOTS];
	uint32_t i;

	for (i = 0; i < SLOTS; i++) {
		ASSERT_EQ(0, producer_put_soon(self->fd, i, 64));
		ASSERT_EQ(0, rring_try_read(self->reader, &kept[i]));
		ASSERT_EQ(0, rring_keep(self->reader, &kept[i]));
	}
	/* the reader holds all slots */
	for (i = 0; i < 100; i++)
		EXPECT_EQ(-ENOSPC, producer_put(self->fd, 0, 64));
	for (i = 0; i < SLOTS; i++) {
		const struct producer_event *event = kept[i].data;

		EXPECT_EQ(i, event->number);
		ASSERT_EQ(0, rring_drop(self->client, &kept[i]));
	}
	EXPECT_EQ(0, producer_put_soon(self->fd, 0, 64));
}

TEST_F(writer_slots, discarded_slots_are_used_again)
{
	struct producer_place place = { .len = 64 };
	uint32_t i;

	for (i = 0; i < 10 * SLOTS; i++) {
		int err = producer_call(self->fd, PRODUCER_RESERVE, &place);

		ASSERT_EQ(0, err);
		ASSERT_EQ(0, producer_call(self->fd, PRODUCER_DISCARD, &place));
	}
	EXPECT_EQ(10 * SLOTS, producer_stat(self->fd).discarded);
}

TEST_F(writer_slots, class_without_a_pool_uses_the_next)
{
	struct rring_event event;

	ASSERT_EQ(0, producer_put(self->fd, 0, 4000));
	ASSERT_EQ(0, rring_try_read(self->reader, &event));
	EXPECT_EQ(4000, event.len);
	EXPECT_EQ(RRING_XL, rring_handle_class(event.handle));
}

/*
 * Two kernel writers and a process share a pool; each frees slots for the
 * others.
 */
TEST_F(writer_slots, two_writers_and_a_process_share_a_pool)
{
	struct found found[2] = {};
	struct rring_reader *reader[2] = { self->reader };
	int fd[2] = { self->fd };
	struct rring_event event;
	uint32_t ring, i;

	fd[1] = producer_of(self->arena, RRING_HANDLES, RRING_FAIL, 1024,
			    &ring);
	reader[1] = reader_at(self->client, ring);
	for (i = 0; i < 3000; i++) {
		int which = i % 2, err;

		ASSERT_EQ(0, producer_put_soon(fd[which], i, 64));
		if (i % 16 == 0) {
			ASSERT_EQ(0, found_now(&found[0], reader[0]));
			ASSERT_EQ(0, found_now(&found[1], reader[1]));
		}
		err = rring_alloc(self->client, 64, 0, &event);
		if (!err) {
			rring_share(self->client, &event);
			ASSERT_EQ(0, rring_drop(self->client, &event));
		} else {
			ASSERT_EQ(-ENOSPC, err);
		}
	}
	ASSERT_EQ(0, found_now(&found[0], reader[0]));
	ASSERT_EQ(0, found_now(&found[1], reader[1]));
	EXPECT_EQ(1500, found[0].events);
	EXPECT_EQ(1500, found[1].events);
	rring_reader_close(reader[1], 0);
	close(fd[1]);
}

/* A process sleeps for a slot that only the kernel's publishing frees. */
struct starving {
	int arena;
	int fd;
};

static int wait_for_a_slot(void *arg)
{
	struct starving *starving = arg;
	struct rring_client *client = client_of(starving->arena,
						RRING_PRODUCER);
	struct rring_event event;

	close(starving->fd);
	MUST(!rring_alloc_until(client, 64, 0, RRING_FOREVER, &event));
	rring_close(client);
	return 0;
}

TEST_F(writer_slots, process_that_waits_for_a_slot_gets_one)
{
	struct starving starving = { .arena = self->arena, .fd = self->fd };
	struct found found = {};
	pid_t pid;

	fill_up(self->fd);
	pid = spawn(wait_for_a_slot, &starving);
	until_asleep(pid);
	ASSERT_EQ(0, found_now(&found, self->reader));
	EXPECT_EQ(0, reap(pid));
}

TEST_HARNESS_MAIN
