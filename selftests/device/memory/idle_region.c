// SPDX-License-Identifier: MPL-2.0
/*
 * Idle regions on the device: who can reach the pages of an event above 16 KiB
 * that is gone, and when the kernel takes them back.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "arena.h"
#include "device.h"
#include "file.h"
#include "kselftest_harness.h"
#include "memory_group.h"
#include "owned_arena.h"
#include "region.h"
#include "stream.h"
#include "xxl_event.h"

#define PLACES	16u
#define KEPT	4u		/* idle regions of one client, at most */
#define MANY	64u
#define RW	(PROT_READ | PROT_WRITE)

FIXTURE(idle)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
};

FIXTURE_SETUP(idle)
{
	self->arena = xxl_arena(PLACES, 0);
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(idle)
{
	rring_close(self->producer);
	rring_close(self->consumer);
	close(self->arena);
}

static long bytes_of_module(void)
{
	return file_number("/sys/module/rusted_ring/parameters/used_bytes");
}

/* Map @event once more, as a program may that keeps its mappings. */
static char *keep_mapped(const struct rring_client *client,
			 const struct rring_event *event, int prot)
{
	char *pages = device_map(client->fd, RRING_REGION_XXL,
				 rring_handle_index(event->handle), event->len,
				 prot);

	MUST(pages != MAP_FAILED);
	return pages;
}

static struct rring_event alloc(struct rring_client *client, size_t len)
{
	struct rring_event event;

	MUST(!rring_alloc(client, len, 1, &event));
	return event;
}

/* Leave @n idle regions of @len bytes, which have been in use together. */
static void leave_idle(struct rring_client *client, uint32_t n, size_t len)
{
	struct rring_event event[KEPT];
	uint32_t i;

	for (i = 0; i < n; i++)
		event[i] = xxl_make(client, len, i);
	for (i = 0; i < n; i++)
		MUST(!rring_drop(client, &event[i]));
}

/* ---- whose it is ---- */

TEST_F(idle, is_used_again_without_a_page_or_a_mapping_more)
{
	struct rring_event event = xxl_make(self->producer, MIB, 1);
	void *data = event.data;
	long used = bytes_of_module();
	uint64_t i;

	for (i = 2; i < 40; i++) {
		ASSERT_EQ(0, rring_drop(self->producer, &event));
		EXPECT_EQ(used, bytes_of_module());
		event = xxl_make(self->producer, MIB, i);
		EXPECT_EQ(data, event.data);
		EXPECT_EQ(used, bytes_of_module());
	}
}

/* A mapping of a free place is refused, as always. */
TEST_F(idle, cannot_be_mapped_while_no_event_has_it)
{
	struct rring_event event = xxl_make(self->producer, MIB, 1);

	ASSERT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_EQ(MAP_FAILED, device_map(self->producer->fd, RRING_REGION_XXL,
					 0, MIB, RW));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(MAP_FAILED, device_map(self->consumer->fd, RRING_REGION_XXL,
					 0, MIB, PROT_READ));
	EXPECT_EQ(ENXIO, errno);
}

/*
 * The producer goes on storing through a mapping of an event that is gone. It
 * reaches its own next event, and no event of another producer, whichever the
 * kernel lends first.
 */
TEST_F(idle, attack_of_a_producer_that_keeps_its_mapping)
{
	struct rring_client *other = client_of(self->arena, RRING_PRODUCER);
	struct rring_event mine = xxl_make(self->producer, MIB, 1);
	char *kept = keep_mapped(self->producer, &mine, RW);
	struct rring_event theirs, again;
	uint32_t i;

	ASSERT_EQ(0, rring_drop(self->producer, &mine));
	for (i = 0; i < 8; i++) {
		theirs = xxl_make(other, MIB, 5);
		if (i % 2)
			again = alloc(self->producer, MIB);
		memset(kept, 0xaa, MIB);
		EXPECT_TRUE(xxl_is(&theirs, 5));
		if (i % 2) {
			EXPECT_EQ((char)0xaa, *(char *)again.data);
			ASSERT_EQ(0, rring_drop(self->producer, &again));
		}
		ASSERT_EQ(0, rring_drop(other, &theirs));
	}
	/* their idle region was never lent to the hostile one */
	EXPECT_EQ(0, munmap(kept, MIB));
	again = alloc(self->producer, MIB);
	theirs = alloc(self->producer, MIB);
	EXPECT_EQ((char)0xaa, *(char *)again.data);
	EXPECT_EQ(0, *(char *)theirs.data);
	rring_close(other);
}

/* A reader's mapping shows the next event, and never gets writable. */
TEST_F(idle, attack_of_a_reader_that_keeps_its_mapping)
{
	struct rring_event event = xxl_make(self->producer, MIB, 1);
	char *kept = keep_mapped(self->consumer, &event, PROT_READ);

	ASSERT_EQ(0, rring_drop(self->producer, &event));
	event = xxl_make(self->producer, MIB, 2);
	EXPECT_EQ(2, kept[MIB - 1]);
	EXPECT_EQ(SIGSEGV, signal_of_store(kept));
	EXPECT_EQ(-1, mprotect(kept, MIB, RW));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, munmap(kept, MIB));
}

/* The producer's client dies, and its process lives on, with its mapping. */
TEST_F(idle, attack_of_a_process_whose_client_has_died)
{
	struct rring_client *dead = client_of(self->arena, RRING_PRODUCER);
	struct rring_event event = xxl_make(dead, MIB, 1);
	char *kept = keep_mapped(dead, &event, RW);

	ASSERT_EQ(0, rring_drop(dead, &event));
	rring_close(dead);
	EXPECT_EQ(SIGBUS, signal_of_store(kept));
	event = xxl_make(self->producer, MIB, 2);
	EXPECT_EQ(SIGBUS, signal_of_store(kept));
	EXPECT_TRUE(xxl_is(&event, 2));
	EXPECT_EQ(0, munmap(kept, MIB));
}

/* A reader leaves the arena, and keeps a mapping: it sees no later event. */
TEST_F(idle, attack_of_a_reader_that_leaves_and_keeps_its_mapping)
{
	struct rring_client *reader = client_of(self->arena, RRING_OBSERVER);
	struct rring_event event = xxl_make(self->producer, MIB, 1);
	char *kept = keep_mapped(reader, &event, PROT_READ);
	uint32_t i;

	rring_close(reader);
	for (i = 2; i < 5; i++) {
		ASSERT_EQ(0, rring_drop(self->producer, &event));
		event = xxl_make(self->producer, MIB, i);
		EXPECT_NE(i, kept[MIB - 1]);
	}
	EXPECT_EQ(0, munmap(kept, MIB));
}

/*
 * A reader pins a page of an event in a pipe, as it can before Linux 6.10, and
 * leaves the arena. The pipe shows nothing of later events.
 */
TEST_F(idle, attack_of_a_reader_that_pins_a_page_and_leaves)
{
	struct rring_client *reader = client_of(self->arena, RRING_CONSUMER);
	struct rring_event event = xxl_make(self->producer, MIB, 1), seen;
	uint64_t words[64];
	struct iovec page = { .iov_len = sizeof(words) };
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	ASSERT_EQ(0, rring_upgrade(reader, rring_share(self->producer, &event),
				   &seen));
	page.iov_base = seen.data;
	if (vmsplice(fd[1], &page, 1, 0) != sizeof(words))
		SKIP(return, "this kernel lets nobody pin the page");
	ASSERT_EQ(0, rring_drop(reader, &seen));
	rring_close(reader);
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	event = xxl_make(self->producer, MIB, 7);
	ASSERT_EQ(sizeof(words), read(fd[0], words, sizeof(words)));
	EXPECT_EQ(1, words[0]);
	close(fd[0]);
	close(fd[1]);
}

TEST(in_an_owned_arena_each_event_has_new_pages)
{
	int arena = owned_arena(8, 2);
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_event event;
	uint32_t i;

	for (i = 1; i < 8; i++) {
		event = alloc(client, MIB);
		EXPECT_EQ(0, *(uint64_t *)event.data);
		xxl_fill(&event, i);
		if (i % 2)
			ASSERT_EQ(0, rring_seal(client, &event));
		ASSERT_EQ(0, rring_drop(client, &event));
	}
	rring_close(client);
	close(arena);
}

/* ---- when it goes ---- */

TEST_F(idle, goes_with_its_client)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	long used = bytes_of_module();

	leave_idle(client, KEPT, MIB);
	EXPECT_LE(used + KEPT * MIB, bytes_of_module());
	rring_close(client);
	EXPECT_GT(used, bytes_of_module());
}

/* The reader's library keeps the mapping for a next event, which never comes. */
TEST_F(idle, goes_when_its_client_has_died_before_the_last_reader_drops_it)
{
	struct rring_client *dead = client_of(self->arena, RRING_PRODUCER);
	long used = bytes_of_module();
	struct rring_event event = xxl_make(dead, MIB, 1), seen;

	ASSERT_EQ(0, rring_upgrade(self->consumer, rring_share(dead, &event),
				   &seen));
	rring_close(dead);
	EXPECT_TRUE(xxl_is(&seen, 1));
	ASSERT_EQ(0, rring_drop(self->consumer, &seen));
	EXPECT_GE(used, bytes_of_module());
}

static int leave_idle_and_die(void *arg)
{
	FIXTURE_DATA(idle) *self = arg;

	leave_idle(client_of(self->arena, RRING_PRODUCER), KEPT, MIB);
	raise(SIGKILL);
	return 1;
}

TEST_F(idle, goes_with_a_client_that_is_killed)
{
	long used = bytes_of_module();

	EXPECT_EQ(128 + SIGKILL, reap(spawn(leave_idle_and_die, self)));
	EXPECT_EQ(used, bytes_of_module());
}

/* Allocate until nothing is left. Return how many events. */
static uint32_t fill_memory(struct rring_client *client, size_t len, int *err)
{
	struct rring_event event;
	uint32_t n = 0;

	while (n < MANY && !(*err = rring_alloc(client, len, 1, &event)))
		n++;
	return n;
}

/* Do so with a client of its own, which then frees all. */
static uint32_t count_what_fits(size_t len)
{
	int arena = xxl_arena(MANY, 0), err;
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	uint32_t n = fill_memory(client, len, &err);

	MUST(err == -ENOSPC);
	rring_close(client);
	close(arena);
	return n;
}

/* In these tests, max_bytes is a quarter of the memory. */
TEST_F(idle, goes_when_another_arena_needs_what_max_bytes_allows)
{
	uint32_t n = count_what_fits(RRING_IDLE_MAX);
	struct rring_event event;

	leave_idle(self->producer, KEPT, RRING_IDLE_MAX);
	EXPECT_EQ(n, count_what_fits(RRING_IDLE_MAX));
	event = xxl_make(self->producer, MIB, 4);
	EXPECT_TRUE(xxl_is(&event, 4));
}

/*
 * Nobody has an idle region mapped that the kernel has freed, although an event
 * is in use, beside which as much may stay mapped that is gone.
 */
TEST_F(idle, goes_out_of_all_mappings)
{
	int arena = xxl_arena(2 * MANY, 0), err;
	struct rring_client *other = client_of(arena, RRING_PRODUCER);
	struct rring_event used = xxl_make(self->producer, 8 * MIB, 3);
	struct rring_event event = xxl_make(self->producer, MIB, 1);
	char *kept = keep_mapped(self->producer, &event, RW);
	char *seen = keep_mapped(self->consumer, &event, PROT_READ);

	ASSERT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_EQ(1, seen[MIB - 1]);
	fill_memory(other, 32 * MIB, &err);
	ASSERT_EQ(-ENOSPC, err);
	fill_memory(other, MIB, &err);
	ASSERT_EQ(-ENOSPC, err);
	EXPECT_EQ(SIGBUS, signal_of_store(kept));
	EXPECT_EQ(0, seen[MIB - 1]);
	EXPECT_EQ(0, munmap(kept, MIB));
	EXPECT_EQ(0, munmap(seen, MIB));
	rring_close(other);
	close(arena);
	/* the client's next event gets new pages */
	event = alloc(self->producer, MIB);
	EXPECT_EQ(0, *(uint64_t *)event.data);
	EXPECT_TRUE(xxl_is(&used, 3));
}

/* A call that fails in any case takes nothing from others. */
TEST_F(idle, stays_when_it_would_not_be_enough)
{
	struct rring_client *other = client_of(self->arena, RRING_PRODUCER);
	struct rring_event event;

	leave_idle(self->producer, 1, MIB);
	EXPECT_EQ(-ENOSPC, rring_alloc(other, RRING_XXL_MAX, 1, &event));
	event = alloc(self->producer, MIB);
	EXPECT_NE(0, *((uint64_t *)event.data + RRING_PAGE / 8));
	rring_close(other);
}

FIXTURE(memcg)
{
	int arena;
};

FIXTURE_SETUP(memcg)
{
	memory_group_make();
	memory_group_limit("64M");
	self->arena = xxl_arena(MANY, 0);
}

FIXTURE_TEARDOWN(memcg)
{
	EXPECT_EQ(0, memory_group_remove());
	close(self->arena);
}

/* The idle regions have half of what the cgroup may have. */
static int fill_beside_idle(void *arg)
{
	FIXTURE_DATA(memcg) *self = arg;
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	int err;

	memory_group_join();
	leave_idle(client, KEPT, 8 * MIB);
	MUST(fill_memory(client, 4 * MIB, &err) * 4 >= 48);
	MUST(err == -ENOMEM);
	return 0;
}

TEST_F(memcg, goes_when_its_client_gets_no_memory_otherwise)
{
	EXPECT_EQ(0, reap(spawn(fill_beside_idle, self)));
}

/* Touch so much memory that the idle regions do not fit beside it. */
static int need_memory_beside_idle(void *arg)
{
	FIXTURE_DATA(memcg) *self = arg;
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_event event;
	char *memory;

	memory_group_join();
	leave_idle(client, KEPT, 8 * MIB);
	memory = mmap(NULL, 48 * MIB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(memory != MAP_FAILED);
	memset(memory, 1, 48 * MIB);
	MUST(!munmap(memory, 48 * MIB));
	event = xxl_make(client, 8 * MIB, 3);
	MUST(xxl_is(&event, 3));
	return 0;
}

TEST_F(memcg, goes_when_the_cgroup_needs_memory_for_something_else)
{
	EXPECT_EQ(0, reap(spawn(need_memory_beside_idle, self)));
}

TEST_HARNESS_MAIN
