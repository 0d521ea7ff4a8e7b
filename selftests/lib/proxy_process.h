/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A child process that calls functions on behalf of this one. The heap,
 * mappings and files of this process do not change, so all its children inherit
 * the same state.
 */
#ifndef SELFTESTS_PROXY_PROCESS_H
#define SELFTESTS_PROXY_PROCESS_H

#include <sys/types.h>

struct proxy {
	pid_t pid;
	int fd;			/* socket for orders and their results */
};

/*
 * Fork the proxy, or exit. The proxy sees later changes only in shared memory.
 * It is killed when its parent ends.
 */
void proxy_start(struct proxy *proxy);
void proxy_end(struct proxy *proxy);

/*
 * Let the proxy call @run(@arg). Return the result, or exit if the proxy has
 * ended.
 */
int proxy_run(struct proxy *proxy, int (*run)(void *arg), void *arg);

/* Start a call in the proxy, and wait for its result later. */
void proxy_begin(struct proxy *proxy, int (*run)(void *arg), void *arg);
int proxy_finish(struct proxy *proxy);

#endif /* SELFTESTS_PROXY_PROCESS_H */
