// SPDX-License-Identifier: MPL-2.0
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sleeper.h"

void *shared_new(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("# cannot share memory");
		exit(1);
	}
	return memory;
}

/*
 * As in /proc/PID/stat; 0: there is no such process. Who looks allocates
 * nothing.
 */
static char state_of(pid_t pid)
{
	char path[32], stat[128];
	const char *name_end;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	length = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	stat[length > 0 ? length : 0] = 0;
	name_end = strrchr(stat, ')');
	return name_end ? name_end[2] : 0;
}

void until_state(pid_t pid, const char *states)
{
	while (!strchr(states, state_of(pid)))
		sched_yield();
}

/* One that has ended sleeps for good: the test then fails instead of hanging */
void until_asleep(pid_t pid)
{
	until_state(pid, "SZX");
}

/* To say where it sleeps, the kernel waits until it does. */
void until_off_cpu(pid_t pid)
{
	char path[32], where[8] = "running";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	while (!strncmp(where, "running", strlen("running"))) {
		fd = open(path, O_RDONLY);
		if (fd < 0 || read(fd, where, sizeof(where)) <= 0)
			exit(1);
		close(fd);
	}
}

void until_starving(const struct rring_client *client, enum rring_class pool,
		    pid_t pid)
{
	while (!(rring_flag_load_acquire(&client->arena->pool_waiters) &
		 1u << pool) && !strchr("ZX", state_of(pid)))
		sched_yield();
	until_asleep(pid);
}
