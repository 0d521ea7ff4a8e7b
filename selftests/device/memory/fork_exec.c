// SPDX-License-Identifier: MPL-2.0
/*
 * A client lives exactly as long as the memory of its process. A child, a copy
 * of the descriptor or a program after exec(2) does not have the client. The
 * client survives the thread that opened it.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "device.h"
#include "fd_passing.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define TAKEN	5	/* slots that a client allocates per test */
#define STACK	65536

struct stage {
	int arena_fd;
	int socket[2];
	struct baton ready;
	struct baton go;
	volatile pid_t *other;
	struct rring_client *client;
};

FIXTURE(fork_exec)
{
	struct stage stage;
	struct rring_client *watcher;
};

FIXTURE_SETUP(fork_exec)
{
	self->stage.arena_fd = arena_small();
	self->watcher = client_of(self->stage.arena_fd, RRING_OBSERVER);
	self->stage.other = shared_new(sizeof(pid_t));
	baton_init(&self->stage.ready);
	baton_init(&self->stage.go);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, self->stage.socket));
	/* makes orphaned grandchildren children of this process */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
}

FIXTURE_TEARDOWN(fork_exec)
{
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
}

static void take_some(struct rring_client *client)
{
	struct rring_event event;
	int i;

	for (i = 0; i < TAKEN; i++)
		MUST(!rring_alloc(client, 8, 1, &event));
}

static int still_works(struct rring_client *client)
{
	struct rring_event event;

	return !rring_alloc(client, 200, 1, &event) &&
	       !rring_drop(client, &event);
}

static int refill_by(int fd)
{
	struct rring_refill refill = { .size = sizeof(refill), .count = 1 };

	return device_call(fd, RRING_IOC_REFILL, &refill);
}

/* ---- fork ---- */

static int is_no_client(void *arg)
{
	struct stage *stage = arg;
	struct pollfd polled = {
		.fd = stage->client->fd,
		.events = POLLIN | POLLOUT,
	};

	MUST(refill_by(stage->client->fd) == -EPERM);
	MUST(poll(&polled, 1, 0) == 1 && polled.revents == POLLERR);
	MUST(rring_client_fd(stage->client) == -EPERM);
	MUST(rring_hold(stage->client, &(struct rring_event) {
		.word = ledger_of(stage->client),
		.client = stage->client,
	}) == -EPERM);
	return 0;
}

TEST_F(fork_exec, a_child_has_no_client_and_its_parent_lives_on)
{
	struct rring_client *client = client_of(self->stage.arena_fd,
						RRING_PRODUCER);

	take_some(client);
	self->stage.client = client;
	ASSERT_EQ(0, reap(spawn(is_no_client, &self->stage)));
	ASSERT_EQ(0ull, client->arena->deaths);
	ASSERT_TRUE(still_works(client));
	rring_close(client);
}

/* The child only has the inherited descriptor of its parent's client. */
static int outlive(void *arg)
{
	struct stage *stage = arg;

	*stage->other = getpid();
	baton_pass(&stage->ready);
	baton_wait(&stage->go);
	MUST(refill_by(stage->client->fd) == -EPERM);
	return 0;
}

static int fork_and_wait(void *arg)
{
	struct stage *stage = arg;

	stage->client = client_of(stage->arena_fd, RRING_PRODUCER);
	take_some(stage->client);
	spawn(outlive, stage);
	while (pause() < 0)
		;
	return 1;
}

TEST_F(fork_exec, slots_come_back_although_a_child_has_the_descriptor)
{
	pid_t pid = spawn(fork_and_wait, &self->stage);

	baton_wait(&self->stage.ready);
	ASSERT_GE(64u - TAKEN, free_slots(self->watcher, RRING_XS));
	slay(pid);
	ASSERT_TRUE(all_free(self->watcher));
	baton_pass(&self->stage.go);
	ASSERT_EQ(0, reap(*self->stage.other));
}

static int do_nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* The end of a child that shares the memory unmaps nothing. */
TEST_F(fork_exec, a_child_in_the_same_memory_may_end)
{
	struct rring_client *client = client_of(self->stage.arena_fd,
						RRING_PRODUCER);
	char *stack = malloc(STACK);
	pid_t pid;

	take_some(client);
	pid = clone(do_nothing, stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD,
		    NULL);
	ASSERT_EQ(0, reap(pid));
	ASSERT_TRUE(still_works(client));
	ASSERT_EQ(0ull, client->arena->deaths);
	free(stack);
	rring_close(client);
}

static int live_on(void *arg)
{
	struct stage *stage = arg;

	*stage->other = getpid();
	baton_pass(&stage->ready);
	baton_wait(&stage->go);
	MUST(still_works(stage->client));
	baton_pass(&stage->ready);
	while (pause() < 0)
		;
	return 1;
}

static int share_and_wait(void *arg)
{
	struct stage *stage = arg;
	char *stack = malloc(STACK);

	stage->client = client_of(stage->arena_fd, RRING_PRODUCER);
	take_some(stage->client);
	MUST(clone(live_on, stack + STACK, CLONE_VM | SIGCHLD, stage) > 0);
	while (pause() < 0)
		;
	return 1;
}

/* When the opener ends, the process that shares its memory has the client. */
TEST_F(fork_exec, a_client_ends_with_the_last_process_in_its_memory)
{
	pid_t pid = spawn(share_and_wait, &self->stage);

	baton_wait(&self->stage.ready);
	slay(pid);
	ASSERT_EQ(0ull, self->watcher->arena->deaths);
	ASSERT_GE(64u - TAKEN, free_slots(self->watcher, RRING_XS));
	baton_pass(&self->stage.go);
	baton_wait(&self->stage.ready);
	slay(*self->stage.other);
	ASSERT_EQ(1ull, self->watcher->arena->deaths);
}

/* ---- passed descriptors ---- */

static int send_client(void *arg)
{
	struct stage *stage = arg;

	stage->client = client_of(stage->arena_fd, RRING_PRODUCER);
	take_some(stage->client);
	MUST(send_fd(stage->socket[1], rring_client_fd(stage->client)));
	baton_pass(&stage->ready);
	while (pause() < 0)
		;
	return 1;
}

TEST_F(fork_exec, slots_come_back_although_the_descriptor_was_passed_on)
{
	pid_t pid = spawn(send_client, &self->stage);
	int fd;

	baton_wait(&self->stage.ready);
	fd = receive_fd(self->stage.socket[0]);
	ASSERT_LE(0, fd);
	ASSERT_EQ(-EPERM, refill_by(fd));
	ASSERT_EQ(0ull, self->watcher->arena->deaths);
	slay(pid);
	ASSERT_TRUE(all_free(self->watcher));
	ASSERT_GT(0, refill_by(fd));
	close(fd);
}

TEST_F(fork_exec, slots_come_back_although_the_descriptor_is_in_flight)
{
	pid_t pid = spawn(send_client, &self->stage);

	baton_wait(&self->stage.ready);
	slay(pid);
	ASSERT_TRUE(all_free(self->watcher));
	close(receive_fd(self->stage.socket[0]));
}

static int attach_to_what_comes(void *arg)
{
	struct stage *stage = arg;
	int arena_fd = receive_fd(stage->socket[1]);
	struct rring_client *client;

	MUST(arena_fd >= 0);
	client = client_of(arena_fd, RRING_PRODUCER);
	MUST(!close(arena_fd));
	take_some(client);
	baton_pass(&stage->ready);
	baton_wait(&stage->go);
	MUST(still_works(client));
	return 0;
}

/* The arena is created after the fork, so that it is not inherited. */
TEST_F(fork_exec, an_arena_whose_descriptor_was_passed_can_be_joined)
{
	pid_t pid = spawn(attach_to_what_comes, &self->stage);
	int arena_fd = arena_small();
	struct rring_client *watcher = client_of(arena_fd, RRING_OBSERVER);

	ASSERT_TRUE(send_fd(self->stage.socket[0], arena_fd));
	close(arena_fd);
	baton_wait(&self->stage.ready);
	ASSERT_GE(64u - TAKEN, free_slots(watcher, RRING_XS));
	baton_pass(&self->stage.go);
	ASSERT_EQ(0, reap(pid));
	ASSERT_TRUE(all_free(watcher));
	rring_close(watcher);
}

/* ---- exec and threads ---- */

#define EXECED	"RRING_EXECED"

/* Runs in the program that the child of a_client_ends_with_exec executes. */
__attribute__((constructor)) static void after_exec(void)
{
	int fd[3];
	char c;

	if (!getenv(EXECED))
		return;
	if (sscanf(getenv(EXECED), "%d %d %d", &fd[0], &fd[1], &fd[2]) != 3)
		_exit(2);
	if (write(fd[0], "", 1) != 1 || read(fd[1], &c, 1) != 1)
		_exit(3);
	_exit(refill_by(fd[2]) == -EPERM ? 0 : 4);
}

static int become_another(void *arg)
{
	struct stage *stage = arg;
	char fds[64];
	int fd;

	stage->client = client_of(stage->arena_fd, RRING_PRODUCER);
	take_some(stage->client);
	fd = rring_client_fd(stage->client);
	/* the descriptor survives exec, the memory does not */
	MUST(!fcntl(fd, F_SETFD, 0));
	snprintf(fds, sizeof(fds), "%d %d %d", stage->ready.fd[1],
		 stage->go.fd[0], fd);
	setenv(EXECED, fds, 1);
	execl("/proc/self/exe", "lineage", NULL);
	return 1;
}

TEST_F(fork_exec, a_client_ends_with_exec)
{
	pid_t pid = spawn(become_another, &self->stage);

	baton_wait(&self->stage.ready);
	ASSERT_TRUE(all_free(self->watcher));
	ASSERT_EQ(1ull, self->watcher->arena->deaths);
	baton_pass(&self->stage.go);
	ASSERT_EQ(0, reap(pid));
}

static void *go_on(void *arg)
{
	struct stage *stage = arg;

	baton_wait(&stage->go);
	MUST(still_works(stage->client));
	take_some(stage->client);
	baton_pass(&stage->ready);
	baton_wait(&stage->go);
	_exit(0);
}

static int leave_main_thread(void *arg)
{
	struct stage *stage = arg;
	pthread_t thread;

	MUST(!rring_open_arena(&stage->client, stage->arena_fd,
			       RRING_PRODUCER, 0));
	MUST(!pthread_create(&thread, NULL, go_on, stage));
	/* pthread_exit() would load a library */
	return (int)syscall(SYS_exit, 0);
}

TEST_F(fork_exec, a_client_lives_on_when_the_main_thread_ends)
{
	static struct stage stage;
	pid_t pid;

	stage = self->stage;
	pid = spawn(leave_main_thread, &stage);
	until_state(pid, "Z");
	baton_pass(&stage.go);
	baton_wait(&stage.ready);
	ASSERT_EQ(0ull, self->watcher->arena->deaths);
	ASSERT_GE(64u - TAKEN, free_slots(self->watcher, RRING_XS));
	baton_pass(&stage.go);
	ASSERT_EQ(0, reap(pid));
}

TEST_HARNESS_MAIN
