// SPDX-License-Identifier: MPL-2.0
/* Limits that the system sets for a process, and what they mean for arenas. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "../../ulib/host/cgroup.h"

#include "arena.h"
#include "sleeper.h"
#include "stream.h"
#include "thread.h"

#define MIB		(1ull << 20)
#define LIMIT		(256 * MIB)

/* ---- a file's size ---- */

TEST(a_limit_on_files_is_none_on_arenas)
{
	struct rring_client *client;
	struct rring_event event;
	struct rlimit before, none;

	ASSERT_EQ(0, getrlimit(RLIMIT_FSIZE, &before));
	none = before;
	none.rlim_cur = 0;
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
	ASSERT_EQ(0, rring_open(&client, NULL, RRING_PRODUCER, 0));
	ASSERT_EQ(0, rring_alloc(client, 100000, 0, &event));
	memset(event.data, 1, event.len);
	EXPECT_EQ(0, rring_drop(client, &event));
	rring_close(client);
	/* with counters, the program writes a file when it ends */
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &before));
}

/* ---- descriptors ---- */

static int is_detailed(int err)
{
	return strcmp(rring_error_detail(err), rring_strerror(err)) != 0;
}

/*
 * In a process, a descriptor to poll needs descriptors. The detail of this
 * failure is not that of an earlier one with the same number.
 */
TEST(a_limit_on_descriptors_leaves_no_detail_of_an_earlier_call)
{
	const struct rlimit none = { .rlim_max = 1000 };
	const struct rlimit some = { .rlim_cur = 1000, .rlim_max = 1000 };
	struct rring_client *client, *other;
	int fd;

	ASSERT_EQ(0, rring_open(&client, NULL, RRING_PRODUCER,
				RRING_IN_PROCESS));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(-EMFILE, rring_open(&other, NULL, RRING_PRODUCER,
				      RRING_ON_DEVICE));
	EXPECT_TRUE(is_detailed(-EMFILE));
	fd = rring_client_fd(client);
	EXPECT_EQ(-EMFILE, fd);
	EXPECT_FALSE(is_detailed(-EMFILE));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &some));	/* for LeakSanitizer */
	rring_close(client);
}

/* ---- the memory cgroup, which the test makes of files ---- */

static char root[64];
static int is_faked;
static int fopens;

/* Replaces the function by which the library reads what proc(5) says. */
FILE *fopen(const char *path, const char *mode)
{
	FILE *(*real)(const char *path, const char *mode);
	char faked[256];

	*(void **)&real = dlsym(RTLD_NEXT, "fopen");
	fopens++;
	if (!is_faked || strncmp(path, "/proc/thread-self/", 18))
		return real(path, mode);
	snprintf(faked, sizeof(faked), "%s/%s", root, path + 18);
	return real(faked, mode);
}

static int time_stands;

/* Replaces the function by which the library sees how old its look is. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (!time_stands || clock != CLOCK_MONOTONIC_COARSE)
		return (int)syscall(SYS_clock_gettime, clock, now);
	*now = (struct timespec) { .tv_sec = 1 };
	return 0;
}

static int fstat_fails;

/* Replaces the function by which the library learns the inode of a pipe. */
int fstat(int fd, struct stat *stat)
{
	if (!fstat_fails)
		return fstatat(fd, "", stat, AT_EMPTY_PATH);
	errno = EOVERFLOW;
	return -1;
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	MUST(file && fputs(text, file) >= 0 && !fclose(file));
}

static void put_number(const char *name, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)number);
	put(name, text);
}

static void put_directory(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	MUST(!mkdir(path, 0700));
}

FIXTURE(memory_limit)
{
};

FIXTURE_VARIANT(memory_limit)
{
	const char *cgroup;		/* /proc/self/cgroup */
	const char *mount;		/* the end of a line of mountinfo */
	const char *limit, *usage, *idle, *active;	/* names */
};

FIXTURE_VARIANT_ADD(memory_limit, version_1)
{
	.cgroup = "12:pids:/other\n5:cpu,memory:/pod/app\n0::/other\n",
	.mount = "- cgroup cgroup rw,memory",
	.limit = "memory.limit_in_bytes",
	.usage = "memory.usage_in_bytes",
	.idle = "total_inactive_file",
	.active = "total_active_file",
};

FIXTURE_VARIANT_ADD(memory_limit, version_2)
{
	.cgroup = "0::/pod/app\n",
	.mount = "- cgroup2 cgroup2 rw",
	.limit = "memory.max",
	.usage = "memory.current",
	.idle = "inactive_file",
	.active = "active_file",
};

/* Set @file of group @group. */
static void set(const char *group, const char *file, uint64_t number)
{
	char name[128];

	snprintf(name, sizeof(name), "%s/%s", group, file);
	put_number(name, number);
}

FIXTURE_SETUP(memory_limit)
{
	char text[512];

	strcpy(root, "/tmp/rring-cgroup-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(root));
	put_directory("tree");
	put_directory("tree/pod");
	put_directory("tree/pod/app");
	put("cgroup", variant->cgroup);
	snprintf(text, sizeof(text),
		 "22 1 0:5 / /proc rw - proc proc rw\n"
		 "30 1 0:28 / %s/tree rw,relatime shared:1 %s\n",
		 root, variant->mount);
	put("mountinfo", text);
	put("tree/pod/memory.stat", "");
	put("tree/pod/app/memory.stat", "");
	set("tree/pod", variant->usage, 0);
	set("tree/pod/app", variant->usage, 0);
	is_faked = 1;
}

FIXTURE_TEARDOWN(memory_limit)
{
	char command[128];

	is_faked = 0;
	snprintf(command, sizeof(command), "rm -r %s", root);
	ASSERT_EQ(0, system(command));
}

/* An arena in this process whose payload has about @mib MiB. */
static int arena_of(uint32_t mib)
{
	struct rring_arena_config config = {
		.capacity = { [RRING_XL] = mib * 64, [RRING_XXL] = 2 },
		.max_clients = 1,
		.max_rings = 1,
		.uid = ~0u,
		.gid = ~0u,
		.backend = RRING_BACKEND_PROCESS,
	};

	return rring_arena_create(&config);
}

/* Returns the lowest descriptor that is free. */
static int free_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

TEST(an_arena_without_a_known_inode_is_none)
{
	int fd = free_fd();

	fstat_fails = 1;
	EXPECT_EQ(-EOVERFLOW, arena_of(1));
	fstat_fails = 0;
	EXPECT_EQ(fd, free_fd());
	EXPECT_LE(0, arena_of(1));
}

TEST_F(memory_limit, all_arenas_take_a_quarter_of_the_limit_at_most)
{
	int first;

	set("tree/pod/app", variant->limit, LIMIT);
	EXPECT_EQ(-ENOSPC, arena_of(64));
	first = arena_of(40);
	ASSERT_LE(0, first);
	EXPECT_EQ(-ENOSPC, arena_of(40));
	/* this much is there again when the first arena is gone */
	close(first);
	EXPECT_LE(0, arena_of(40));
}

static int has_arena_of_40(void *arg)
{
	(void)arg;
	return arena_of(40) >= 0 ? 0 : 1;
}

/* The child does not have its parent's arenas. */
TEST_F(memory_limit, a_child_has_a_quarter_for_itself)
{
	set("tree/pod/app", variant->limit, LIMIT);
	ASSERT_LE(0, arena_of(40));
	EXPECT_EQ(0, reap(spawn(has_arena_of_40, NULL)));
}

TEST_F(memory_limit, a_group_above_counts_as_well)
{
	set("tree/pod", variant->limit, LIMIT);
	EXPECT_EQ(-ENOSPC, arena_of(64));
	EXPECT_LE(0, arena_of(40));
}

TEST_F(memory_limit, what_the_group_uses_is_not_there)
{
	set("tree/pod/app", variant->limit, LIMIT);
	set("tree/pod/app", variant->usage, LIMIT - 20 * MIB);
	EXPECT_EQ(-ENOMEM, arena_of(40));
	EXPECT_LE(0, arena_of(10));
}

/* Write to all slots of class XL. */
static void touch(int arena)
{
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_event event;

	while (!rring_alloc(client, 16384, 0, &event))
		memset(event.data, 1, event.len);
	rring_close(client);
}

TEST_F(memory_limit, what_an_arena_has_not_touched_yet_is_not_there_either)
{
	int arena;

	set("tree/pod/app", variant->limit, LIMIT);
	set("tree/pod/app", variant->usage, LIMIT - 40 * MIB);
	arena = arena_of(30);
	ASSERT_LE(0, arena);
	EXPECT_EQ(-ENOMEM, arena_of(20));
	/* touched, it counts in the group's usage */
	touch(arena);
	EXPECT_LE(0, arena_of(20));
}

/* Shared memory of another library, say, is in the group's usage already. */
TEST_F(memory_limit, memory_of_others_is_none_of_an_arena)
{
	size_t size = 40 * MIB;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, memory);
	memset(memory, 1, size);
	set("tree/pod/app", variant->limit, LIMIT);
	set("tree/pod/app", variant->usage, LIMIT - 40 * MIB);
	EXPECT_LE(0, arena_of(30));
	EXPECT_EQ(-ENOMEM, arena_of(20));
	munmap(memory, size);
}

/* A large event asks each time, but only if there is a limit. */
TEST_F(memory_limit, a_large_event_without_a_limit_reads_no_file)
{
	struct rring_client *client;
	struct rring_event event;
	int i;

	time_stands = 1;
	ASSERT_EQ(0, rring_open_arena(&client, arena_of(1), RRING_PRODUCER, 0));
	fopens = 0;
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, rring_alloc(client, 3 * MIB, 0, &event));
		ASSERT_EQ(0, rring_drop(client, &event));
	}
	EXPECT_EQ(0, fopens);
	rring_close(client);
	time_stands = 0;
}

TEST_F(memory_limit, cache_that_is_idle_counts_as_room)
{
	char text[64];

	set("tree/pod/app", variant->limit, LIMIT);
	set("tree/pod/app", variant->usage, LIMIT);
	EXPECT_EQ(-ENOMEM, arena_of(20));
	snprintf(text, sizeof(text), "cache 7\n%s %llu\n", variant->idle,
		 30 * MIB);
	put("tree/pod/app/memory.stat", text);
	EXPECT_LE(0, arena_of(20));
}

/* The kernel frees it as well, before it kills a process. */
TEST_F(memory_limit, cache_that_is_active_counts_as_room)
{
	char text[64];

	set("tree/pod/app", variant->limit, LIMIT);
	set("tree/pod/app", variant->usage, LIMIT);
	snprintf(text, sizeof(text), "%s %llu\n", variant->active, 30 * MIB);
	put("tree/pod/app/memory.stat", text);
	EXPECT_EQ(-ENOMEM, arena_of(40));
	EXPECT_LE(0, arena_of(20));
}

/* The main thread has ended, and with it /proc/self/mountinfo. */
static void *look_alone(void *arg)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file;

	(void)arg;
	until_state(getpid(), "Z");
	file = fopen(HOST_CGROUP_PROC "/mountinfo", "r");
	_exit(file && getline(&line, &size, file) > 0 ? 0 : 1);
}

static int end_main_thread(void *arg)
{
	(void)arg;
	thread_start(look_alone, NULL);
	pthread_exit(NULL);
}

TEST(a_process_without_its_main_thread_finds_its_group)
{
	EXPECT_EQ(0, reap(spawn(end_main_thread, NULL)));
}

TEST_F(memory_limit, a_large_event_needs_room_as_well)
{
	struct rring_client *client;
	struct rring_event event;
	int arena;

	set("tree/pod/app", variant->limit, LIMIT);
	arena = arena_of(1);
	ASSERT_EQ(0, rring_open_arena(&client, arena, RRING_PRODUCER, 0));
	set("tree/pod/app", variant->usage, LIMIT - 20 * MIB);
	EXPECT_EQ(-ENOMEM, rring_alloc(client, 30 * MIB, 0, &event));
	EXPECT_EQ(0, rring_alloc(client, 10 * MIB, 0, &event));
	EXPECT_EQ(0, rring_drop(client, &event));
	rring_close(client);
}

#define RING_MIB	16
#define ENTRY		4096

struct pair {
	struct rring_writer *writer;
	struct rring_reader *reader;
	pid_t tid;
};

static void open_pair(struct rring_client *client, struct pair *pair)
{
	struct rring_ring_config ring = {
		.policy = RRING_BLOCK,
		.capacity = RING_MIB * MIB / ENTRY,
		.stride = ENTRY,
	};
	struct rring_reader_config reader = {};

	pair->writer = writer_of(client, &ring);
	reader.ring = rring_writer_ring_id(pair->writer);
	pair->reader = reader_of(client, &reader);
	pair->tid = 0;
}

static void *wait_readable(void *arg)
{
	struct pair *pair = arg;

	__atomic_store_n(&pair->tid, (pid_t)syscall(SYS_gettid),
			 __ATOMIC_RELEASE);
	rring_wait_readable(pair->reader, RRING_FOREVER);
	return NULL;
}

/* Wait until all entries are free. One is not. */
static void *wait_writable(void *arg)
{
	struct pair *pair = arg;

	MUST(!stream_put(pair->writer, 64));
	__atomic_store_n(&pair->tid, (pid_t)syscall(SYS_gettid),
			 __ATOMIC_RELEASE);
	rring_wait_writable(pair->writer, RING_MIB * MIB / ENTRY,
			    RRING_FOREVER);
	return NULL;
}

/* Start @run, and cancel it while it sleeps. */
static void cancel(void *(*run)(void *arg), struct pair *pair)
{
	pthread_t thread = thread_start(run, pair);
	pid_t tid;

	while (!(tid = __atomic_load_n(&pair->tid, __ATOMIC_ACQUIRE)))
		sched_yield();
	until_asleep(tid);
	MUST(!pthread_cancel(thread));
	MUST(!pthread_join(thread, NULL));
}

TEST_F(memory_limit, a_cancelled_wait_keeps_no_memory_of_its_ring)
{
	struct rring_client *client;
	struct pair pair;
	int arena, i;

	set("tree/pod/app", variant->limit, LIMIT);
	arena = arena_of(1);
	ASSERT_EQ(0, rring_open_arena(&client, arena, RRING_PRODUCER, 0));
	for (i = 0; i < 2 * (int)(LIMIT / 4 / MIB / RING_MIB); i++) {
		open_pair(client, &pair);
		cancel(i % 2 ? wait_writable : wait_readable, &pair);
		rring_reader_close(pair.reader, 0);
		rring_writer_close(pair.writer);
	}
	rring_close(client);
}

TEST_F(memory_limit, a_container_finds_its_group_at_the_mount_point)
{
	char text[512];

	put("tree/memory.stat", "");
	set("tree", variant->usage, 0);
	set("tree", variant->limit, LIMIT);
	snprintf(text, sizeof(text), "30 1 0:28 /pod/app %s/tree rw %s\n",
		 root, variant->mount);
	put("mountinfo", text);
	EXPECT_EQ(-ENOSPC, arena_of(64));
	EXPECT_LE(0, arena_of(40));
}

TEST_F(memory_limit, what_cannot_be_read_is_no_limit)
{
	put("mountinfo",
	    "- - - -\n\n1 2 3\n4 5 6 / / rw\n7 8 9 / /x - cgroup2");
	EXPECT_LE(0, arena_of(1));
	put("cgroup", "::\n:\n\nmemory\n0::");
	EXPECT_LE(0, arena_of(20));
}

TEST_HARNESS_MAIN
