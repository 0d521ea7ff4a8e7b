// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault_injection.h"
#include "stream.h"

#define DEBUG		"/sys/kernel/debug/"

static int put(int fd, const char *text)
{
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : put(fd, value);

	close(fd);
	return err;
}

int failure_prepare(void)
{
	return set(DEBUG "failslab/ignore-gfp-wait", "N") ?:
	       set(DEBUG "failslab/verbose", "0") ?:
	       set(DEBUG "fail_page_alloc/ignore-gfp-wait", "N") ?:
	       set(DEBUG "fail_page_alloc/min-order", "0") ?:
	       set(DEBUG "fail_page_alloc/verbose", "0") ?:
	       set(DEBUG "fail_usercopy/verbose", "0");
}

int failure_fd(void)
{
	int fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);

	MUST(fd >= 0);
	return fd;
}

void failure_at(int fd, unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	MUST(!put(fd, text));
}

/* The write of "0" is repeated, as the fault may hit the write itself. */
int failure_came(int fd)
{
	char left[16] = "";
	ssize_t len = pread(fd, left, sizeof(left) - 1, 0);

	while (put(fd, "0"))
		;
	return len > 0 && !atoi(left);
}

int failure_came_in(pid_t pid)
{
	siginfo_t info;
	char path[32], left[16] = "";
	int fd;

	MUST(!waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	MUST(fd >= 0 && read(fd, left, sizeof(left) - 1) > 0);
	close(fd);
	return !atoi(left);
}
