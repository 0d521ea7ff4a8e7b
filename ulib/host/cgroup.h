/* SPDX-License-Identifier: MPL-2.0 */
/* How much memory the memory cgroup of a process still allows it to use. */
#ifndef ULIB_HOST_CGROUP_H
#define ULIB_HOST_CGROUP_H

#include <stdint.h>

/* not /proc/self, of which little is left when the main thread has ended */
#define HOST_CGROUP_PROC	"/proc/thread-self"

struct host_cgroup {
	/* bytes that the process may use in all; UINT64_MAX: no limit */
	uint64_t limit;
	/* bytes that may still be used below a limit; UINT64_MAX: no limit */
	uint64_t room;
};

/*
 * Look at the memory cgroup of a process and at all groups above that group.
 * @proc is the directory of the process in proc(5). Return the lowest .limit
 * and the lowest .room of these groups. A limit that cannot be read does not
 * count.
 */
struct host_cgroup host_cgroup_look(const char *proc);

#endif /* ULIB_HOST_CGROUP_H */
