/* SPDX-License-Identifier: MPL-2.0 */
/* How much memory the memory cgroup of a process still allows. */
#ifndef ULIB_HOST_CGROUP_H
#define ULIB_HOST_CGROUP_H

#include <stdint.h>

/* not /proc/self: its files cannot be read after the main thread has ended */
#define HOST_CGROUP_PROC	"/proc/thread-self"

struct host_cgroup {
	/* the lowest limit in bytes; UINT64_MAX if there is no limit */
	uint64_t limit;
	/* bytes that may still be used; UINT64_MAX if there is no limit */
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
