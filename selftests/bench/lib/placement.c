// SPDX-License-Identifier: MPL-2.0
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "placement.h"

#define SLICES	15
#define TRIPS	400ull		/* a slice */
#define ASLEEP_NS	50e3
#define SPAN	1.5		/* costs of one placement do not differ more */

struct line {
	_Alignas(128) uint64_t value;
};

struct court {
	struct line there, back;
	double cost;
};

double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Those that the process had when it began: pinned threads have fewer. */
static cpu_set_t allowed;

__attribute__((constructor)) static void find_allowed(void)
{
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		err(1, "sched_getaffinity");
}

int placement_cpu(int i)
{
	int cpu;

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && !i--)
			return cpu;
	errx(1, "two CPUs are needed");
}

void placement_pin(int i)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(placement_cpu(i), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		err(1, "sched_setaffinity");
}

pthread_t placement_thread(int i, void *(*run)(void *), void *context)
{
	pthread_attr_t attr;
	pthread_t thread;
	cpu_set_t cpus = allowed;

	if (i != PLACEMENT_ANY) {
		CPU_ZERO(&cpus);
		CPU_SET(placement_cpu(i), &cpus);
	}
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus);
	if (pthread_create(&thread, &attr, run, context))
		errx(1, "pthread_create");
	pthread_attr_destroy(&attr);
	return thread;
}

/* The state stands behind the name, which may have any character. */
static char state_of(pid_t tid)
{
	char path[64], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = 0;
	end = strrchr(text, ')');
	return end ? end[2] : 0;
}

void placement_await_sleep(pid_t tid)
{
	double asleep;

	while (state_of(tid) != 'S')
		sched_yield();
	asleep = now_ns();
	while (now_ns() < asleep + ASLEEP_NS)
		;
}

static void pass(uint64_t *line, uint64_t value)
{
	__atomic_store_n(line, value, __ATOMIC_RELEASE);
}

static void await(const uint64_t *line, uint64_t value)
{
	while (__atomic_load_n(line, __ATOMIC_ACQUIRE) != value)
		;
}

static void *answer(void *context)
{
	struct court *court = context;
	uint64_t i;

	for (i = 1; i <= SLICES * TRIPS; i++) {
		await(&court->there.value, i);
		pass(&court->back.value, i);
	}
	return NULL;
}

static void *ask(void *context)
{
	static double cost[SLICES];
	struct court *court = context;
	double start;
	uint64_t i;
	uint32_t slice;

	for (slice = 0, i = 1; slice < SLICES; slice++) {
		start = now_ns();
		for (; i <= (slice + 1) * TRIPS; i++) {
			pass(&court->there.value, i);
			await(&court->back.value, i);
		}
		cost[slice] = (now_ns() - start) / TRIPS;
	}
	court->cost = median(cost, SLICES);
	return NULL;
}

double placement_cost(void)
{
	static struct court court;
	pthread_t one, other;

	court.there.value = 0;
	court.back.value = 0;
	one = placement_thread(0, ask, &court);
	other = placement_thread(1, answer, &court);
	pthread_join(one, NULL);
	pthread_join(other, NULL);
	return court.cost;
}

const char *placement_of(double before, double after)
{
	if (before > SPAN * after || after > SPAN * before)
		return NULL;
	return (before + after) / 2 > PLACEMENT_FAR_NS ? "far" : "near";
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), compare);
	return n % 2 ? values[n / 2] :
		       (values[n / 2 - 1] + values[n / 2]) / 2;
}
