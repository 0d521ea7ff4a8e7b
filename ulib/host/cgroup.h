/* SPDX-License-Identifier: MPL-2.0 */
/* How much memory the control group of this process leaves. */
#ifndef ULIB_HOST_CGROUP_H
#define ULIB_HOST_CGROUP_H

#include <stdint.h>

#define HOST_CGROUP_PROC	"/proc/self"

struct host_cgroup {
	uint64_t limit;		/* bytes; UINT64_MAX: none */
	uint64_t room;		/* bytes left below it; UINT64_MAX: no limit */
};

/*
 * Look at the memory cgroup of the process and at all groups above it. The
 * lowest .limit and the smallest .room of these count. @proc: the process's
 * directory in proc(5). What cannot be read sets no limit.
 */
struct host_cgroup host_cgroup_look(const char *proc);

/* Bytes of shared anonymous memory that the process has touched, or 0. */
uint64_t host_cgroup_touched(const char *proc);

#endif /* ULIB_HOST_CGROUP_H */
