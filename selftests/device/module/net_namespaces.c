// SPDX-License-Identifier: MPL-2.0
/* Names of arenas belong to a network namespace and end with it. */
#include <fcntl.h>
#include <sched.h>

#include "arena.h"
#include "kselftest_harness.h"

#define NAME	"in-a-namespace"

static int create(uint32_t xl, uint32_t flags, const char *name)
{
	struct rring_arena_config config = {
		.name = name,
		.capacity = { 4, 0, 0, 0, xl },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.flags = flags,
	};

	return rring_arena_create(&config);
}

static int open_name(const char *name)
{
	struct rring_client *client;
	int err = rring_open(&client, name, RRING_PRODUCER,
			     RRING_SINGLE_THREADED);

	if (!err)
		rring_close(client);
	return err;
}

FIXTURE(netns) {
	int home;
};

FIXTURE_SETUP(netns)
{
	self->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->home);
}

FIXTURE_TEARDOWN(netns)
{
	ASSERT_EQ(0, setns(self->home, CLONE_NEWNET));
	EXPECT_EQ(-ENOENT, rring_arena_remove(NAME));
}

TEST_F(netns, name_is_not_seen_from_another)
{
	int fd = create(0, 0, NAME);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, open_name(NAME));
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	EXPECT_EQ(-ENOENT, open_name(NAME));
	EXPECT_EQ(-ENOENT, rring_arena_remove(NAME));
	/* the default arena is not visible, either */
	EXPECT_EQ(-ENOENT, open_name(NULL));
	ASSERT_EQ(0, setns(self->home, CLONE_NEWNET));
	EXPECT_EQ(0, open_name(NAME));
	EXPECT_EQ(0, open_name(NULL));
	close(fd);
}

/* Arenas of the same name differ in the name of their ring. */
static int arena_with_ring(const char *ring, struct rring_client **client)
{
	struct rring_ring_config config = {
		.name = ring,
		.kind = RRING_HANDLES,
		.capacity = 2,
	};
	struct rring_writer *writer;
	int fd = create(0, 0, NAME);

	if (fd < 0 || rring_open(client, NAME, RRING_PRODUCER, 0) ||
	    rring_writer_open(*client, &config, &writer))
		_exit(1);
	return fd;
}

static int join_ring(const char *ring)
{
	struct rring_reader_config config = { .ring_name = ring };
	struct rring_reader *reader;
	struct rring_client *client;
	int err = rring_open(&client, NAME, RRING_CONSUMER, 0);

	if (err)
		return err;
	err = rring_reader_open(client, &config, &reader);
	rring_close(client);
	return err;
}

TEST_F(netns, same_name_in_two_is_two_arenas)
{
	struct rring_client *here, *there;
	int fd[2];

	fd[0] = arena_with_ring("here", &here);
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	fd[1] = arena_with_ring("there", &there);
	EXPECT_EQ(0, join_ring("there"));
	EXPECT_EQ(-ENOENT, join_ring("here"));
	ASSERT_EQ(0, setns(self->home, CLONE_NEWNET));
	EXPECT_EQ(0, join_ring("here"));
	EXPECT_EQ(-ENOENT, join_ring("there"));
	rring_close(there);
	rring_close(here);
	close(fd[0]);
	close(fd[1]);
}

/* A client that changes its namespace keeps its arena. */
TEST_F(netns, client_takes_its_arena_along)
{
	struct rring_client *client;
	struct rring_event event;
	int fd = arena_with_ring("here", &client);

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	EXPECT_EQ(0, rring_alloc(client, 60, 0, &event));
	EXPECT_EQ(0, rring_drop(client, &event));
	rring_close(client);
	EXPECT_EQ(0, rring_open_arena(&client, fd, RRING_CONSUMER, 0));
	rring_close(client);
	close(fd);
}

#define CHUNK	1024		/* XL slots: 16 MiB */

/* Create persistent arenas until the memory is exhausted. Return the number. */
static int fill_memory(void)
{
	char name[RRING_NAME_MAX];
	int n, fd;

	for (n = 0; n < 4096; n++) {
		snprintf(name, sizeof(name), "chunk-%d", n);
		fd = create(CHUNK, RRING_CREATE_PERSIST, name);
		if (fd < 0)
			break;
		close(fd);
	}
	return n;
}

/*
 * The end of a namespace frees the memory of its arenas, so that a chunk fits
 * again. The kernel does this asynchronously.
 */
TEST_F(netns, end_of_a_namespace_is_the_end_of_its_names)
{
	uint64_t deadline = SOON();
	int fd;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_LT(0, fill_memory());
	ASSERT_EQ(0, setns(self->home, CLONE_NEWNET));
	do {
		fd = create(CHUNK, 0, NULL);
	} while (fd == -ENOSPC && rring_deadline(0) < deadline);
	EXPECT_LE(0, fd);
	close(fd);
}

/* An open descriptor keeps an arena whose name and namespace are gone. */
TEST_F(netns, descriptor_outlives_the_namespace)
{
	uint64_t deadline = SOON();
	struct rring_client *client;
	struct rring_event event;
	int fd, chunk;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	fd = create(1, RRING_CREATE_PERSIST, NAME);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, fill_memory());
	ASSERT_EQ(0, setns(self->home, CLONE_NEWNET));
	do {
		chunk = create(CHUNK, 0, NULL);
	} while (chunk == -ENOSPC && rring_deadline(0) < deadline);
	ASSERT_LE(0, chunk);
	ASSERT_EQ(0, rring_open_arena(&client, fd, RRING_PRODUCER, 0));
	EXPECT_EQ(0, rring_alloc(client, 16384, 0, &event));
	EXPECT_EQ(0, rring_drop(client, &event));
	rring_close(client);
	close(fd);
	close(chunk);
}

TEST_F(netns, persistent_name_stays_until_it_is_removed)
{
	int fd = create(0, RRING_CREATE_PERSIST, NAME);

	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, open_name(NAME));
	EXPECT_EQ(0, open_name(NAME));
	EXPECT_EQ(0, rring_arena_remove(NAME));
	EXPECT_EQ(-ENOENT, open_name(NAME));
}

TEST_HARNESS_MAIN
