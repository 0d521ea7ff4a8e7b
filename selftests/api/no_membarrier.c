// SPDX-License-Identifier: MPL-2.0
/*
 * In a sandbox without membarrier(2): sleepers are woken all the same. Where clients
 * pass full fences, nothing needs membarrier(2).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"
#include "thread.h"

#define ROUNDS	1000

/* From now on system call @number of this process fails with ENOSYS. */
static int forbid(unsigned int number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static _Thread_local cpu_set_t visited;
static int is_stuck;	/* no thread may visit a CPU, as under SCHED_DEADLINE */

/* Replaces the function of the C library: notes where this thread goes. */
int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *cpus)
{
	long ret = 0;

	if (is_stuck && CPU_COUNT_S(size, cpus) == 1) {
		errno = EBUSY;
		return -1;
	}
	ret = syscall(SYS_sched_setaffinity, pid, size, cpus);
	if (!ret && CPU_COUNT(cpus) == 1)
		CPU_OR(&visited, &visited, cpus);
	return (int)ret;
}

/* An arena in this process; the module has a barrier of its own. */
static int arena_in_process(void)
{
	struct rring_arena_config config = {
		.capacity = { 64, 64, 16 },
		.max_clients = 8,
		.max_rings = 8,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.backend = RRING_BACKEND_PROCESS,
	};
	int fd = rring_arena_create(&config);

	MUST(fd >= 0);
	return fd;
}

FIXTURE(no_membarrier)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(no_membarrier)
{
	if (forbid(SYS_membarrier))
		SKIP(return, "no seccomp here");
	self->arena = arena_in_process();
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(no_membarrier)
{
	rring_close(self->client);
	close(self->arena);
}

static struct rring_writer *write_to(struct rring_client *client,
				     const char *name)
{
	struct rring_ring_config config = {
		.name = name,
		.policy = RRING_BLOCK,
		.capacity = 1,
		.stride = 64,
	};

	return writer_of(client, &config);
}

static struct rring_reader *read_from(struct rring_client *client,
				      const char *name)
{
	struct rring_reader_config config = {
		.ring_name = name,
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

struct peer {
	int arena;
	uint32_t ready;
};

static void *echo(void *arg)
{
	struct peer *peer = arg;
	struct rring_client *client = client_of(peer->arena, RRING_PRODUCER);
	struct rring_reader *there = read_from(client, "there");
	struct rring_writer *back = write_to(client, "back");
	uint32_t i;

	step_take(&peer->ready);
	for (i = 0; i < rounds(ROUNDS); i++) {
		MUST(!stream_take_soon(there, 64));
		MUST(!stream_put(back, 64));
	}
	MUST(!rring_wait_writable(back, 1, SOON()));
	rring_close(client);
	return NULL;
}

TEST_F(no_membarrier, every_sleeper_is_woken)
{
	struct rring_writer *there = write_to(self->client, "there");
	struct rring_writer *back = write_to(self->client, "back");
	struct rring_reader *answers = read_from(self->client, "back");
	struct peer peer = { .arena = self->arena };
	pthread_t thread;
	uint32_t i;

	rring_writer_leave(back);
	thread = thread_start(echo, &peer);
	step_wait(&peer.ready);
	ASSERT_EQ(0, stream_put(there, 64));
	for (i = 1; i < rounds(ROUNDS); i++) {
		ASSERT_EQ(0, stream_take_soon(answers, 64));
		ASSERT_EQ(0, stream_put(there, 64));
	}
	ASSERT_EQ(0, stream_take_soon(answers, 64));
	thread_end(thread);
}

TEST_F(no_membarrier, the_sleeper_visits_every_cpu_and_comes_back)
{
	cpu_set_t all, one, after;
	int cpu = 0;

	if (is_fenced(self->client))
		SKIP(return, "a fence of the sleeper is its barrier");
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(all), &all));
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	CPU_ZERO(&visited);
	/* looks for events, with a barrier before the look */
	ASSERT_LE(0, rring_client_fd(self->client));
	CPU_AND(&visited, &visited, &all);
	EXPECT_TRUE(CPU_EQUAL(&visited, &all));
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(after), &after));
	EXPECT_TRUE(CPU_EQUAL(&after, &one));
}

/* Without a barrier, the sleeper could miss an event. */
TEST_F(no_membarrier, who_cannot_visit_a_cpu_does_not_sleep)
{
	struct rring_writer *writer = write_to(self->client, "there");
	struct rring_reader *reader = read_from(self->client, "there");
	struct rring_reader_config config = { .ring_name = "there" };
	struct rring_reader *other;
	struct rring_client *late;
	struct rring_event event;
	struct pollfd poll_fd = { .events = POLLIN };

	if (is_fenced(self->client))
		SKIP(return, "a fence of the sleeper is its barrier");
	poll_fd.fd = rring_client_fd(self->client);
	late = client_of(self->arena, RRING_PRODUCER);
	/* an event lowers the flags, so that the next look raises them */
	EXPECT_EQ(0, stream_put(writer, 64));
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	is_stuck = 1;
	EXPECT_EQ(0, stream_take(reader, 64));
	EXPECT_EQ(-EBUSY, rring_wait_readable(reader, SOON()));
	EXPECT_EQ(-EBUSY, rring_reader_open(late, &config, &other));
	EXPECT_EQ(-EBUSY, rring_alloc(late, 64, 0, &event));
	/* says that there may be an event: the program is to look */
	EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	is_stuck = 0;
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(reader, 1));
	EXPECT_EQ(0, rring_reader_open(late, &config, &other));
	EXPECT_EQ(0, rring_alloc(late, 64, 0, &event));
	EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	EXPECT_EQ(0, stream_put(writer, 64));
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	rring_close(late);
}

TEST(without_any_barrier_there_is_no_arena_in_a_process)
{
	struct rring_client *client = NULL;
	int err;

	if (forbid(SYS_membarrier) || forbid(SYS_sched_setaffinity))
		SKIP(return, "no seccomp here");
	err = rring_open(&client, NULL, RRING_PRODUCER, RRING_IN_PROCESS);
	if (err) {
		EXPECT_EQ(-ENOSYS, err);
	} else {
		EXPECT_TRUE(is_fenced(client));
		rring_close(client);
	}
}

TEST_HARNESS_MAIN
