// SPDX-License-Identifier: MPL-2.0
/*
 * The harness ends a test by alarm() after its timeout. The programs are linked
 * with --wrap, so that __wrap_alarm() replaces alarm(). It scales the timeout,
 * and one second before the end prints where the processes of the test are.
 */
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "timeout.h"

unsigned int __real_alarm(unsigned int seconds);
unsigned int __wrap_alarm(unsigned int seconds);

unsigned int timeout_factor(void)
{
	const char *times = getenv("RRING_TEST_PATIENCE");
	unsigned long n = times ? strtoul(times, NULL, 10) : 1;

	return n ? (unsigned int)n : 1;
}

static void show(const char *directory, const char *name)
{
	char path[64], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		printf("# %s: %s", path, line);
	if (file)
		fclose(file);
}

/* Return 1 for another process of the same program, such as a forked child. */
static int is_other(const char *directory)
{
	char path[64], own[PATH_MAX] = "", its[PATH_MAX] = "";

	snprintf(path, sizeof(path), "%s/exe", directory);
	return readlink("/proc/self/exe", own, sizeof(own) - 1) > 0 &&
	       readlink(path, its, sizeof(its) - 1) > 0 &&
	       !strcmp(own, its) && atoi(strrchr(directory, '/') + 1) != getpid();
}

/* Signal handler; safe, as the harness only waits for the test meanwhile. */
static void show_others(int signal)
{
	glob_t all;
	size_t i;

	(void)signal;
	if (glob("/proc/[0-9]*", 0, NULL, &all))
		return;
	for (i = 0; i < all.gl_pathc; i++) {
		if (!is_other(all.gl_pathv[i]))
			continue;
		show(all.gl_pathv[i], "syscall");
		show(all.gl_pathv[i], "stack");
	}
	globfree(&all);
	fflush(stdout);
}

static void show_after(unsigned int seconds)
{
	static timer_t timer;
	static int is_made;
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGRTMIN,
	};
	struct sigaction action = {
		.sa_handler = show_others,
		.sa_flags = SA_RESTART,
	};
	struct itimerspec at = { .it_value.tv_sec = seconds };

	if (!is_made && !sigaction(SIGRTMIN, &action, NULL))
		is_made = !timer_create(CLOCK_MONOTONIC, &event, &timer);
	if (!is_made)
		return;
	timer_settime(timer, 0, &at, NULL);
}

unsigned int __wrap_alarm(unsigned int seconds)
{
	seconds *= timeout_factor();
	show_after(seconds > 1 ? seconds - 1 : 0);
	return __real_alarm(seconds);
}
