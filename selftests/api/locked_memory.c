// SPDX-License-Identifier: MPL-2.0
/*
 * A process that locks its memory, and may lock no more. What cannot be mapped
 * is -ENOMEM. -EAGAIN would say that a ring is full, or has nothing new.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "user.h"

static const struct rring_ring_config large = {
	.name = "large",
	.kind = RRING_INLINE,
	.policy = RRING_FAIL,
	.capacity = 64,
	.stride = 16384,
};

#define NO_LOCK	77	/* exit status: mlockall() does nothing here */

/* From now on no more memory can be mapped, but what is there stays. */
static void lock_memory(void)
{
	const struct rlimit page = { 4096, 4096 };

	become(NOBODY, NOBODY);
	MUST(!setrlimit(RLIMIT_MEMLOCK, &page));
	MUST(!mlockall(MCL_FUTURE));
	if (mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		 0) != MAP_FAILED)
		_exit(NO_LOCK);
	MUST(errno == EAGAIN);
}

static int run(int (*child)(void *arg))
{
	return reap(spawn(child, NULL));
}

static int open_what_cannot_be_mapped(void *arg)
{
	const uint32_t capacity[RRING_POOLS] = { 16, 0, 0, 0, 0, 2 };
	struct rring_client *client = client_of(arena_with(capacity, 0),
						RRING_PRODUCER);
	struct rring_arena_config config;
	struct rring_writer *writer = NULL;
	struct rring_event event;

	(void)arg;
	MUST(!rring_arena_profile(&config, RRING_PROFILE_MOBILE));
	config.backend = rring_client_backend(client);
	lock_memory();
	MUST(rring_writer_open(client, &large, &writer) == -ENOMEM);
	MUST(!writer);
	MUST(rring_alloc(client, 1 << 20, 0, &event) == -ENOMEM);
	MUST(rring_backend() == RRING_BACKEND_DEVICE ||
	     rring_arena_create(&config) == -ENOMEM);
	return 0;
}

TEST(a_ring_an_event_or_an_arena_that_cannot_be_mapped_is_out_of_memory)
{
	int status = run(open_what_cannot_be_mapped);

	if (status == NO_LOCK)
		SKIP(return, "needs mlockall()");
	EXPECT_EQ(0, status);
}

/*
 * A reader has to map the pages of the next writer. On the device that fails;
 * in a process they are mapped already.
 */
static int read_what_cannot_be_mapped(void *arg)
{
	int arena = arena_small();
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_reader_config from = { .ring_name = "large" };
	struct rring_writer *writer = writer_of(client, &large);
	struct rring_reader *reader = reader_of(client, &from);
	struct rring_event event;
	int mapped = rring_client_backend(client) == RRING_BACKEND_PROCESS;

	(void)arg;
	rring_writer_close(writer);
	writer = writer_of(client, &large);
	MUST(!rring_add(writer, "1", 1, 0));
	lock_memory();
	MUST(rring_try_read(reader, &event) == (mapped ? 0 : -ENOMEM));
	return 0;
}

TEST(pages_of_a_next_writer_that_cannot_be_mapped_are_not_nothing_new)
{
	int status = run(read_what_cannot_be_mapped);

	if (status == NO_LOCK)
		SKIP(return, "needs mlockall()");
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
