// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"

static void die(const char *what, int err)
{
	fprintf(stderr, "# %s: %s\n", what, strerror(-err));
	exit(1);
}

int arena_with(const uint32_t capacity[RRING_POOLS], uint32_t quota)
{
	struct rring_arena_config config = {
		.quota = quota,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int fd;

	memcpy(config.capacity, capacity, sizeof(config.capacity));
	fd = rring_arena_create(&config);
	if (fd < 0)
		die("cannot create an arena", fd);
	return fd;
}

int arena_small(void)
{
	static const uint32_t capacity[RRING_POOLS] = SMALL_CAPACITY;

	return arena_with(capacity, 0);
}

struct rring_client *client_with(int arena_fd, enum rring_role role,
				 unsigned int flags)
{
	struct rring_client *client;
	int err = rring_open_arena(&client, arena_fd, role, flags);

	if (err)
		die("cannot open a client", err);
	return client;
}

struct rring_client *client_of(int arena_fd, enum rring_role role)
{
	return client_with(arena_fd, role, RRING_SINGLE_THREADED);
}

static struct rring_pool_stat sweep(struct rring_client *client,
				    enum rring_class pool)
{
	struct rring_pool_stat stat;
	int err = rring_pool_stat(client, pool, RRING_STAT_SWEEP, &stat);

	if (err)
		die("cannot sweep", err);
	return stat;
}

int is_fenced(const struct rring_client *client)
{
	return client->arena->features & RRING_FEATURE_FENCED;
}

uint32_t free_slots(struct rring_client *client, enum rring_class pool)
{
	return sweep(client, pool).free;
}

int all_free(struct rring_client *client)
{
	int all = 1;
	int pool;

	for (pool = 0; pool < RRING_POOLS; pool++) {
		struct rring_pool_stat stat = sweep(client,
						    (enum rring_class)pool);

		if (stat.free == stat.capacity)
			continue;
		printf("# pool %d: %u of %u free, %u lent, %u held\n", pool,
		       stat.free, stat.capacity, stat.lent, stat.held);
		all = 0;
	}
	return all;
}

pid_t spawn(int (*run)(void *arg), void *arg)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("cannot fork", pid);
	if (!pid)
		_exit(run(arg));
	return pid;
}

int reap(pid_t pid)
{
	int status;
	pid_t ended;

	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended != pid)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

int has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) ||
	       info.si_pid;
}

void slay(pid_t pid)
{
	kill(pid, SIGKILL);
	reap(pid);
}

void baton_init(struct baton *baton)
{
	if (pipe(baton->fd))
		die("cannot make a pipe", -1);
}

void baton_pass(struct baton *baton)
{
	if (write(baton->fd[1], "", 1) != 1)
		die("cannot pass the baton", -1);
}

void baton_wait(struct baton *baton)
{
	char c;

	if (read(baton->fd[0], &c, 1) != 1)
		die("nobody passes the baton", -1);
}
