// SPDX-License-Identifier: MPL-2.0
/* Events above 16 KiB on the device: mappings and memory charges. */
#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"
#include "memory_group.h"
#include "page.h"
#include "xxl_event.h"
#include "region.h"
#include "stream.h"
#include "thread.h"

#define PLACES	8u
#define MANY	64u
#define MAPS_MAX (RRING_CURSORS + 16u) /* of one region, for one client */
#define SIZE	(32u * KIB)

FIXTURE(xxl)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
};

FIXTURE_VARIANT(xxl)
{
	int is_owned;
};

FIXTURE_VARIANT_ADD(xxl, plain) { .is_owned = 0 };
FIXTURE_VARIANT_ADD(xxl, owned) { .is_owned = 1 };

FIXTURE_SETUP(xxl)
{
	self->arena = variant->is_owned ? xxl_owned_arena(PLACES) :
					  xxl_arena(PLACES, 0);
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(xxl)
{
	rring_close(self->producer);
	rring_close(self->consumer);
	close(self->arena);
}

/* ---- mmap ---- */

static int map_errno(const struct rring_client *client, uint32_t place,
		     size_t size, int prot, int flags)
{
	void *addr = mmap(NULL, size, prot, flags, client->fd,
			  (off_t)RRING_OFF(RRING_REGION_XXL, place));

	if (addr == MAP_FAILED)
		return errno;
	munmap(addr, size);
	return 0;
}

TEST_F(xxl, region_is_mapped_whole_and_shared_or_not_at_all)
{
	int rw = PROT_READ | PROT_WRITE;
	struct rring_event event;
	size_t i;

	ASSERT_EQ(0, rring_alloc(self->producer, MIB, 1, &event));
	for (i = 0; i < 2; i++) {
		struct rring_client *client = i ? self->consumer :
						  self->producer;

		EXPECT_EQ(0, map_errno(client, 0, MIB, PROT_READ, MAP_SHARED));
		EXPECT_EQ(EINVAL, map_errno(client, 0, MIB - PAGE, PROT_READ,
					    MAP_SHARED));
		EXPECT_EQ(EINVAL, map_errno(client, 0, MIB + PAGE, PROT_READ,
					    MAP_SHARED));
		EXPECT_EQ(EINVAL, map_errno(client, 0, PAGE, PROT_READ,
					    MAP_SHARED));
		EXPECT_EQ(EINVAL, map_errno(client, 0, MIB, PROT_READ,
					    MAP_PRIVATE));
		EXPECT_EQ(EACCES, map_errno(client, 0, MIB,
					    PROT_READ | PROT_EXEC,
					    MAP_SHARED));
	}
	EXPECT_EQ(0, map_errno(self->producer, 0, MIB, rw, MAP_SHARED));
	EXPECT_EQ(EACCES, map_errno(self->consumer, 0, MIB, rw, MAP_SHARED));
}

TEST_F(xxl, place_without_an_event_has_no_region)
{
	struct rring_event event;

	ASSERT_EQ(0, rring_alloc(self->producer, MIB, 1, &event));
	EXPECT_EQ(ENXIO, map_errno(self->producer, 1, MIB, PROT_READ,
				   MAP_SHARED));
	EXPECT_EQ(ENXIO, map_errno(self->producer, PLACES, MIB, PROT_READ,
				   MAP_SHARED));
	EXPECT_EQ(ENXIO, map_errno(self->producer, 0xfff, MIB, PROT_READ,
				   MAP_SHARED));
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_EQ(ENXIO, map_errno(self->producer, 0, MIB, PROT_READ,
				   MAP_SHARED));
	ASSERT_EQ(0, rring_alloc(self->producer, 2 * MIB, 1, &event));
	EXPECT_EQ(EINVAL, map_errno(self->producer, 0, MIB, PROT_READ,
				    MAP_SHARED));
}

/* Map the event of place 0 until the kernel refuses. Return how often. */
static uint32_t map_all(const struct rring_client *client, size_t size,
			char **map)
{
	uint32_t n = 0;

	while (n <= MAPS_MAX) {
		map[n] = device_map(client->fd, RRING_REGION_XXL, 0, size,
				    PROT_READ);
		if (map[n] == MAP_FAILED)
			break;
		n++;
	}
	return n;
}

/* A copy of a mapping, which mremap() begins to make, does not count. */
TEST_F(xxl, each_client_maps_an_event_so_often_and_no_more)
{
	struct rring_client *other = client_of(self->arena, RRING_OBSERVER);
	char *map[MAPS_MAX + 1], *others[MAPS_MAX + 1], *again[2];
	struct rring_event event;
	void *to;
	uint32_t i;

	ASSERT_EQ(0, rring_alloc(self->producer, SIZE, 1, &event));
	ASSERT_EQ(MAPS_MAX, map_all(self->consumer, SIZE, map));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(MAPS_MAX, map_all(other, SIZE, others));
	to = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT_EQ(MAP_FAILED, mremap(map[0], SIZE, SIZE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, to));
	EXPECT_EQ(0, munmap(map[0], SIZE));
	EXPECT_EQ(0, map_errno(self->consumer, 0, SIZE, PROT_READ, MAP_SHARED));
	ASSERT_EQ(1, map_all(self->consumer, SIZE, again));
	map[0] = again[0];
	for (i = 0; i < MAPS_MAX; i++)
		EXPECT_EQ(0, munmap(map[i], SIZE));
	EXPECT_EQ(MAPS_MAX, map_all(self->consumer, SIZE, map));
	for (i = 0; i < MAPS_MAX; i++)
		munmap(map[i], SIZE);
	rring_close(other);
	for (i = 0; i < MAPS_MAX; i++)
		EXPECT_EQ(0, munmap(others[i], SIZE));
}

TEST_F(xxl, consumer_cannot_make_its_mapping_writable)
{
	struct rring_event event, held;
	char *page;

	ASSERT_EQ(0, rring_alloc(self->producer, MIB, 1, &event));
	ASSERT_EQ(0, rring_upgrade(self->consumer, event.handle, &held));
	page = held.data;
	EXPECT_EQ(SIGSEGV, signal_of_store(page));
	EXPECT_EQ(SIGSEGV, signal_of_store(page + MIB - 1));
	EXPECT_EQ(-1, mprotect(page, MIB, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(page, MIB, PROT_READ | PROT_EXEC));
	EXPECT_EQ(-1, munmap(page, PAGE));
	EXPECT_EQ((void *)MAP_FAILED, mremap(page, MIB, MIB + PAGE,
					     MREMAP_MAYMOVE));
	EXPECT_EQ(-1, madvise(page, MIB, MADV_DOFORK));
	EXPECT_EQ(0, signal_of_load(page));
}

/* Only the producer that has allocated the event can write it. */
TEST_F(xxl, another_producer_cannot_write)
{
	struct rring_client *other = client_of(self->arena, RRING_PRODUCER);
	int rw = PROT_READ | PROT_WRITE;
	struct rring_event event, held, own;

	ASSERT_EQ(0, rring_alloc(self->producer, MIB, 1, &event));
	ASSERT_EQ(0, rring_upgrade(other, event.handle, &held));
	EXPECT_EQ(SIGSEGV, signal_of_store(held.data));
	EXPECT_EQ(-1, mprotect(held.data, MIB, rw));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(EACCES, map_errno(other, 0, MIB, rw, MAP_SHARED));
	EXPECT_EQ(0, map_errno(other, 0, MIB, PROT_READ, MAP_SHARED));
	EXPECT_EQ(0, signal_of_store(event.data));
	EXPECT_EQ(0, map_errno(self->producer, 0, MIB, rw, MAP_SHARED));
	/* the same slot, lent to the other producer */
	ASSERT_EQ(0, rring_drop(other, &held));
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	ASSERT_EQ(0, rring_alloc(other, MIB, 1, &own));
	ASSERT_EQ(0u, rring_handle_index(own.handle));
	EXPECT_EQ(0, map_errno(other, 0, MIB, rw, MAP_SHARED));
	EXPECT_EQ(EACCES, map_errno(self->producer, 0, MIB, rw, MAP_SHARED));
	rring_close(other);
}

/*
 * A kept mapping keeps its pages. It does not show the next event of another
 * client, and in an owned arena not of the client itself.
 */
TEST_F(xxl, mapping_of_a_freed_region_is_no_window_to_the_next)
{
	struct rring_client *next = client_of(self->arena, RRING_PRODUCER);
	struct rring_event first, second;
	volatile char *mine;

	if (variant->is_owned) {
		rring_close(next);
		next = self->producer;
	}

	ASSERT_EQ(0, rring_alloc(self->producer, MIB, 1, &first));
	mine = device_map(self->producer->fd, RRING_REGION_XXL, 0, MIB,
			  PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)mine);
	mine[5] = 1;
	EXPECT_EQ(1, ((char *)first.data)[5]);
	ASSERT_EQ(0, rring_drop(self->producer, &first));
	EXPECT_EQ(PLACES, xxl_free(self->producer));
	ASSERT_EQ(0, rring_alloc(next, MIB, 1, &second));
	ASSERT_EQ(rring_handle_index(first.handle),
		  rring_handle_index(second.handle));
	EXPECT_EQ(0, ((char *)second.data)[5]);
	((char *)second.data)[5] = 2;
	EXPECT_EQ(1, mine[5]);
	mine[6] = 3;
	EXPECT_EQ(0, ((char *)second.data)[6]);
	EXPECT_EQ(0, munmap((void *)mine, MIB));
	if (next != self->producer)
		rring_close(next);
}

/* Map the event at @place for @client, as a program may that keeps mappings. */
static volatile char *keep_mapped(struct rring_client *client, uint32_t place,
				  int prot)
{
	void *addr = device_map(client->fd, RRING_REGION_XXL, place, MIB, prot);

	MUST(addr != MAP_FAILED);
	return addr;
}

/* Allocate an event of 1 MiB, fill it with @value, and map it once more. */
static volatile char *make_and_keep(FIXTURE_DATA(xxl) *self,
				    struct rring_client *client, int prot,
				    uint64_t value)
{
	struct rring_event event = xxl_make(self->producer, MIB, value);
	volatile char *kept = keep_mapped(client,
					  rring_handle_index(event.handle),
					  prot);

	MUST(kept[MIB - 1] == (char)value);
	MUST(!rring_drop(self->producer, &event));
	return kept;
}

/*
 * Processes may keep as much mapped of what is gone as the pool has in use, or
 * the newest event. Of older ones, readers see zeros from then on, and a
 * process that could write one gets SIGBUS. The next event in the same place
 * stays mapped as it is.
 */
TEST_F(xxl, pages_of_old_events_that_are_gone_are_taken_back)
{
	volatile char *old, *writable, *newest, *live;
	struct rring_event event;

	if (!variant->is_owned)
		SKIP(return, "the regions are idle, see device/memory/idle_region");
	writable = make_and_keep(self, self->producer, PROT_READ | PROT_WRITE,
				 1);
	old = make_and_keep(self, self->consumer, PROT_READ, 2);
	EXPECT_EQ(SIGBUS, signal_of_load((void *)writable));
	EXPECT_EQ(SIGBUS, signal_of_store((void *)writable));
	newest = make_and_keep(self, self->consumer, PROT_READ, 3);
	EXPECT_EQ(0, old[MIB - 1]);
	EXPECT_EQ(0, old[0]);
	EXPECT_EQ(-1, mprotect((void *)old, MIB, PROT_READ | PROT_WRITE));
	EXPECT_EQ(3, newest[MIB - 1]);
	event = xxl_make(self->producer, MIB, 4);
	live = keep_mapped(self->consumer, rring_handle_index(event.handle),
			   PROT_READ);
	/* a 1 MiB event is in use, so 1 MiB may stay that is gone */
	EXPECT_EQ(3, newest[MIB - 1]);
	make_and_keep(self, self->consumer, PROT_READ, 5);
	EXPECT_EQ(0, newest[MIB - 1]);
	EXPECT_EQ(4, live[MIB - 1]);
	EXPECT_TRUE(xxl_is(&event, 4));
	EXPECT_EQ(0, rring_drop(self->producer, &event));
	/* four mappings of the consumer, and one of the producer */
	EXPECT_EQ(0, munmap((void *)writable, MIB));
	EXPECT_EQ(0, munmap((void *)old, MIB));
	EXPECT_EQ(0, munmap((void *)newest, MIB));
	EXPECT_EQ(0, munmap((void *)live, MIB));
}

/* ---- REFILL and RECLAIM without the library ---- */

/* Return the word that names the region of @place. */
static uint64_t word_of(const struct rring_client *client, uint32_t place)
{
	const struct rring_arena_info *arena = client->arena;
	const rring_word_t *word = (const rring_word_t *)
		((const char *)arena + arena->xxl_offset);

	return rring_word_load(&word[place]);
}

TEST_F(xxl, refill_says_how_large_the_one_slot_must_be)
{
	const struct {
		uint64_t bytes;
		uint32_t pool, count;
		int err;
	} cases[] = {
		{ 0, RRING_XXL, 1, -EINVAL },
		{ 1, RRING_XXL, 2, -EINVAL },
		{ 1, RRING_XXL, 0, -EINVAL },
		{ RRING_XXL_MAX + 1ull, RRING_XXL, 1, -E2BIG },
		{ 1ull << 32 | 1, RRING_XXL, 1, -E2BIG },
		{ ~0ull, RRING_XXL, 1, -E2BIG },
		{ 1, RRING_XS, 1, -EINVAL },
		{ 1, RRING_XXL, 1, 0 },
		{ PAGE + 1, RRING_XXL, 1, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rring_refill args = {
			.size = sizeof(args),
			.pool = cases[i].pool,
			.count = cases[i].count,
			.bytes = cases[i].bytes,
		};

		EXPECT_EQ(cases[i].err, device_call(self->producer->fd,
						    RRING_IOC_REFILL, &args));
		EXPECT_EQ(cases[i].count, args.count);
	}
	EXPECT_EQ(PAGE, rring_xxl_bytes(word_of(self->producer, 0)));
	EXPECT_EQ(2 * PAGE, rring_xxl_bytes(word_of(self->producer, 1)));
	EXPECT_EQ(0, word_of(self->producer, 2));
	EXPECT_EQ(0, map_errno(self->producer, 1, 2 * PAGE, PROT_READ,
			       MAP_SHARED));
}

TEST_F(xxl, reclaim_frees_what_nobody_has_and_nothing_else)
{
	struct rring_reclaim args = {
		.size = sizeof(args), .pool = RRING_XXL, .count = PLACES,
	};
	struct rring_event event[3];
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, rring_alloc(self->producer, MIB, 1, &event[i]));
	ASSERT_EQ(0, device_call(self->consumer->fd, RRING_IOC_RECLAIM,
				 &args));
	EXPECT_EQ(0, args.count);
	/* drop without the library */
	event[1].word->value += RRING_MOVE - RRING_HOLD;
	args.first = 2;
	args.count = 1;
	ASSERT_EQ(0, device_call(self->consumer->fd, RRING_IOC_RECLAIM,
				 &args));
	EXPECT_EQ(0, args.count);
	args.first = 1;
	args.count = 1;
	ASSERT_EQ(0, device_call(self->consumer->fd, RRING_IOC_RECLAIM,
				 &args));
	EXPECT_EQ(1, args.count);
	EXPECT_EQ(PLACES - 2, xxl_free(self->consumer));
}

/* ---- death ---- */

struct holder {
	int arena;
	uint64_t handle;
	uint32_t n;
	struct baton ready;
};

static int hold_and_sleep(void *arg)
{
	struct holder *holder = arg;
	struct rring_client *client = client_of(holder->arena, RRING_PRODUCER);
	struct rring_event event;
	uint32_t i;

	if (holder->handle)
		MUST(!rring_upgrade(client, holder->handle, &event));
	for (i = 0; i < holder->n; i++) {
		MUST(!rring_alloc(client, 4 * MIB, 1, &event));
		memset(event.data, (int)i, event.len);
	}
	baton_pass(&holder->ready);
	for (;;)
		pause();
}

TEST_F(xxl, the_killed_leave_at_once_what_they_held)
{
	struct holder holder = { .arena = self->arena, .n = 3 };
	struct rring_event event;
	pid_t pid;

	ASSERT_EQ(0, rring_alloc(self->producer, MIB, 1, &event));
	holder.handle = rring_share(self->producer, &event);
	baton_init(&holder.ready);
	pid = spawn(hold_and_sleep, &holder);
	baton_wait(&holder.ready);
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_EQ(PLACES - 4, xxl_free(self->producer));
	slay(pid);
	EXPECT_EQ(PLACES, xxl_free(self->producer));
}

TEST_F(xxl, what_the_killed_had_is_left_to_others_who_have_it)
{
	struct holder holder = { .arena = self->arena };
	struct rring_event event;
	pid_t pid;

	ASSERT_EQ(0, rring_alloc(self->producer, MIB, 1, &event));
	memset(event.data, 0x5a, event.len);
	holder.handle = rring_share(self->producer, &event);
	baton_init(&holder.ready);
	pid = spawn(hold_and_sleep, &holder);
	baton_wait(&holder.ready);
	slay(pid);
	EXPECT_EQ(PLACES - 1, xxl_free(self->producer));
	EXPECT_EQ(0x5a, ((char *)event.data)[MIB - 1]);
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_EQ(PLACES, xxl_free(self->producer));
}

static int publish_and_die(void *arg)
{
	struct holder *holder = arg;
	struct rring_client *client = client_of(holder->arena, RRING_PRODUCER);
	struct rring_ring_config config = {
		.name = "large",
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 4,
	};
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_event event;

	baton_pass(&holder->ready);
	while (!rring_flag_load(&writer->info->readers_end))
		sched_yield();
	MUST(!rring_alloc(client, 4 * MIB, 1, &event));
	memset(event.data, 0x77, event.len);
	MUST(!rring_publish(writer, &event));
	raise(SIGKILL);
	return 1;
}

TEST_F(xxl, what_the_killed_published_is_read_and_then_gone)
{
	struct holder holder = { .arena = self->arena };
	struct rring_reader_config config = { .ring_name = "large" };
	struct rring_reader *reader;
	struct rring_event event;
	pid_t pid;

	baton_init(&holder.ready);
	pid = spawn(publish_and_die, &holder);
	baton_wait(&holder.ready);
	reader = reader_of(self->consumer, &config);
	EXPECT_EQ(128 + SIGKILL, reap(pid));
	EXPECT_EQ(PLACES - 1, xxl_free(self->consumer));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	EXPECT_EQ(4 * MIB, event.len);
	EXPECT_EQ(0x77, ((char *)event.data)[4 * MIB - 1]);
	EXPECT_EQ(-EPIPE, rring_try_read(reader, &event));
	EXPECT_EQ(PLACES, xxl_free(self->consumer));
}

/* ---- memory ---- */

static uint32_t fill_memory(struct rring_client *client,
			    struct rring_event *event, size_t len, int *err)
{
	uint32_t n = 0;

	*err = 0;
	while (n < MANY && !*err) {
		*err = rring_alloc(client, len, 1, &event[n]);
		n += !*err;
	}
	return n;
}

static void limit_mappings(rlim_t bytes)
{
	struct rlimit limit;

	MUST(!getrlimit(RLIMIT_AS, &limit));
	limit.rlim_cur = bytes;
	MUST(!setrlimit(RLIMIT_AS, &limit));
}

static int done(void *context, const struct rring_event *event)
{
	return 0;
}

TEST_F(xxl, event_that_cannot_be_mapped_is_there_another_time)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = PLACES,
	};
	struct rring_set_config in_turn = { .order = RRING_FAIR };
	struct rring_writer *writer = writer_of(self->producer, &config);
	struct rring_reader *reader = reader_at(self->consumer, writer->id);
	struct rring_reader *from;
	struct rring_event event;
	struct rring_set *set;
	uint64_t i;

	ASSERT_EQ(0, rring_set_open(self->consumer, &in_turn, &set));
	ASSERT_EQ(0, rring_set_add(set, reader, 0));
	for (i = 0; i < 2; i++) {
		event = xxl_make(self->producer, MIB, i);
		ASSERT_EQ(0, rring_publish(writer, &event));
	}
	limit_mappings(0);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-ENOMEM, rring_try_read(reader, &event));
		EXPECT_EQ(-ENOMEM, rring_read_batch(reader, done, NULL, 2));
		EXPECT_EQ(-ENOMEM, rring_set_try_read(set, &event, &from));
		EXPECT_EQ(reader, from);
	}
	limit_mappings(RLIM_INFINITY);
	ASSERT_EQ(0, rring_try_read(reader, &event));
	EXPECT_TRUE(xxl_is(&event, 0));
	ASSERT_EQ(0, rring_set_try_read(set, &event, &from));
	EXPECT_TRUE(xxl_is(&event, 1));
	EXPECT_EQ(-EAGAIN, rring_set_try_read(set, &event, &from));
	rring_set_close(set);
}

/* In this test, max_bytes is a quarter of the memory. */
TEST(what_the_module_may_take_bounds_events)
{
	int arena = xxl_arena(MANY, 0);
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_event event[MANY], more;
	uint32_t n, again, i;
	int round, err;

	/* an event that can never fit fails at once */
	ASSERT_EQ(-ENOSPC, rring_alloc_until(client, RRING_XXL_MAX, 1,
					     RRING_FOREVER, &more));
	n = fill_memory(client, event, 32 * MIB, &err);
	ASSERT_EQ(-ENOSPC, err);
	ASSERT_LT(1, n);
	for (round = 0; round < 3; round++) {
		EXPECT_EQ(-ETIMEDOUT, rring_alloc_until(client, 32 * MIB, 1, 1,
							&more));
		ASSERT_EQ(0, rring_drop(client, &event[0]));
		ASSERT_EQ(0, rring_alloc(client, 32 * MIB, 1, &event[0]));
	}
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, rring_drop(client, &event[i]));
	again = fill_memory(client, event, 32 * MIB, &err);
	EXPECT_EQ(-ENOSPC, err);
	EXPECT_EQ(n, again);
	rring_close(client);
	close(arena);
}

struct starving {
	struct rring_client *client;
	struct rring_event event;
};

static void *wait_for_memory(void *arg)
{
	struct starving *starving = arg;

	MUST(!rring_alloc_until(starving->client, 32 * MIB, 1, SOON(),
				&starving->event));
	return NULL;
}

/*
 * The limit is common to all arenas. A client that waits is woken when another
 * arena frees memory.
 */
TEST(memory_that_another_arena_gives_back_is_noticed)
{
	int arena = xxl_arena(PLACES, 0), other = xxl_arena(MANY, 0);
	struct starving starving = {
		.client = client_of(arena, RRING_PRODUCER),
	};
	struct rring_client *client = client_of(other, RRING_PRODUCER);
	struct rring_event event[MANY], small;
	pthread_t thread;
	int err;

	small = xxl_make(starving.client, 20 * KIB, 1);
	ASSERT_LT(1, fill_memory(client, event, 32 * MIB, &err));
	ASSERT_EQ(-ENOSPC, err);
	thread = thread_start(wait_for_memory, &starving);
	until_slot_wanted(starving.client, RRING_XXL);
	ASSERT_EQ(0, rring_drop(client, &event[0]));
	thread_end(thread);
	EXPECT_EQ(0, rring_drop(starving.client, &starving.event));
	EXPECT_EQ(0, rring_drop(starving.client, &small));
	rring_close(starving.client);
	rring_close(client);
	close(other);
	close(arena);
}

/*
 * When memory is short, a sweep also finds slots that were dropped without a
 * RECLAIM.
 */
TEST(memory_that_nobody_has_is_found_when_it_is_needed)
{
	int arena = xxl_arena(MANY, 0);
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_event event[MANY];
	uint32_t n, i;
	int err;

	n = fill_memory(client, event, 32 * MIB, &err);
	ASSERT_EQ(-ENOSPC, err);
	for (i = 0; i < n; i++)
		event[i].word->value += RRING_MOVE - RRING_HOLD;
	ASSERT_EQ(0, rring_alloc(client, 32 * MIB, 1, &event[0]));
	EXPECT_EQ(MANY - 1, xxl_free(client));
	rring_close(client);
	close(arena);
}

FIXTURE(memcg)
{
	int arena;
};

FIXTURE_SETUP(memcg)
{
	memory_group_make();
	self->arena = xxl_arena(MANY, 0);
}

FIXTURE_TEARDOWN(memcg)
{
	EXPECT_EQ(0, memory_group_remove());
	close(self->arena);
}

/* The exit status is the number of the failed step. */
static int allocate_inside(void *arg)
{
	FIXTURE_DATA(memcg) *self = arg;
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_event event;
	long before, with;

	memory_group_join();
	before = memory_group_in_use();
	if (rring_alloc(client, 64 * MIB, 1, &event))
		return 2;
	with = memory_group_in_use();
	if (with < before + 64l * MIB || with > before + 80l * MIB)
		return 3;
	if (rring_drop(client, &event))
		return 4;
	return memory_group_in_use() > before + 8l * MIB ? 5 : 0;
}

TEST_F(memcg, who_allocates_pays_until_it_is_gone)
{
	EXPECT_EQ(0, reap(spawn(allocate_inside, self)));
}

static int exhaust_inside(void *arg)
{
	FIXTURE_DATA(memcg) *self = arg;
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_event event[MANY];
	uint32_t n;
	int err;

	memory_group_join();
	n = fill_memory(client, event, 4 * MIB, &err);
	if (err != -ENOMEM || !n)
		return 2;
	if (rring_drop(client, &event[0]))
		return 3;
	return rring_alloc(client, 4 * MIB, 1, &event[0]) ? 4 : 0;
}

TEST_F(memcg, who_may_not_pay_is_refused_and_goes_on)
{
	int status;

	memory_group_limit("32M");
	status = reap(spawn(exhaust_inside, self));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
