// SPDX-License-Identifier: MPL-2.0
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

/* As in /proc/PID/stat; 0: there is no such process. */
static char state_of(pid_t pid)
{
	char path[32], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%*d %*[^)]) %c", &state) != 1)
		state = 0;
	fclose(file);
	return state;
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

void until_starving(const struct rring_client *client, enum rring_class pool,
		    pid_t pid)
{
	while (!(rring_flag_load_acquire(&client->arena->pool_waiters) &
		 1u << pool) && !strchr("ZX", state_of(pid)))
		sched_yield();
	until_asleep(pid);
}
