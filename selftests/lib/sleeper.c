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

#define TEXT_MAX	128

/*
 * Read the beginning of /proc/PID/NAME. Return 0 if there is no such process.
 * Does not use the heap.
 */
static int read_process(pid_t pid, const char *name, char text[TEXT_MAX])
{
	char path[32];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	length = read(fd, text, TEXT_MAX - 1);
	close(fd);
	text[length > 0 ? length : 0] = 0;
	return length > 0;
}

/* State letter in /proc/PID/stat, or 0 if there is no such process. */
static char state_of(pid_t pid)
{
	char stat[TEXT_MAX];
	const char *name_end;

	if (!read_process(pid, "stat", stat))
		return 0;
	name_end = strrchr(stat, ')');
	return name_end ? name_end[2] : 0;
}

int is_asleep(pid_t pid)
{
	return state_of(pid) == 'S';
}

void until_state(pid_t pid, const char *states)
{
	while (!strchr(states, state_of(pid)))
		sched_yield();
}

/* Z and X: a process that has ended makes the test fail instead of hang. */
void until_asleep(pid_t pid)
{
	until_state(pid, "SZX");
}

/* The request is the second argument of the call in /proc/PID/syscall. */
static int is_asleep_in(pid_t pid, unsigned int request)
{
	char call[TEXT_MAX];
	unsigned int now;

	return read_process(pid, "syscall", call) &&
	       sscanf(call, "%*d %*x %x", &now) == 1 && now == request;
}

void until_asleep_in(pid_t pid, unsigned int request)
{
	while (!is_asleep_in(pid, request) && !strchr("ZX", state_of(pid)))
		sched_yield();
}

/*
 * /proc/PID/syscall is "running" until the process has left its CPU. With
 * PREEMPT_RT it leaves it for locks as well, which show as state D. It has not
 * been back if schedstat counts no more switches.
 */
void until_off_cpu(pid_t pid)
{
	char before[TEXT_MAX], where[TEXT_MAX], after[TEXT_MAX];
	char state;

	do {
		if (!read_process(pid, "schedstat", before) ||
		    !read_process(pid, "syscall", where))
			exit(1);
		state = state_of(pid);
		if (!read_process(pid, "schedstat", after))
			exit(1);
	} while (!strcmp(where, "running\n") || state == 'D' ||
		 strcmp(before, after));
}

void until_starving(const struct rring_client *client, enum rring_class pool,
		    pid_t pid)
{
	while (!(rring_flag_load_acquire(&client->arena->pool_waiters) &
		 1u << pool) && !strchr("ZX", state_of(pid)))
		sched_yield();
	until_asleep(pid);
}
