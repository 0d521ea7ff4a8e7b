/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A child process that does things in place of this one, whose own heap,
 * mappings and files so stay as they are, for children to inherit.
 */
#ifndef SELFTESTS_PROXY_PROCESS_H
#define SELFTESTS_PROXY_PROCESS_H

#include <sys/types.h>

struct proxy {
	pid_t pid;
	int fd;			/* orders go out there, results come in */
};

/*
 * It has memory as it is now, and later sees only changes of what is shared. It
 * does not outlive its parent. Exits on failure.
 */
void proxy_start(struct proxy *proxy);
void proxy_end(struct proxy *proxy);

/* What @run returns, which it runs. Exits if it has ended instead. */
int proxy_run(struct proxy *proxy, int (*run)(void *arg), void *arg);

/* The same in two steps: it runs meanwhile. */
void proxy_begin(struct proxy *proxy, int (*run)(void *arg), void *arg);
int proxy_finish(struct proxy *proxy);

#endif /* SELFTESTS_PROXY_PROCESS_H */
