/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MPL-2.0 */
/*
 * Context switches, as the module rring_sched records them: a ring per
 * possible CPU, PREFIX.0, PREFIX.1 and so on, each in the order in which that
 * CPU switched.
 *
 * With consecutive numbers, .next of one event is .prev of the one after it.
 * The time that a task had the CPU in between, in the scheduler's own account
 * and to the nanosecond, is the difference of that .prev_runtime and this
 * .next_runtime. The idle task's is in no account: there it is the difference
 * of the .time.
 */
#ifndef _UAPI_LINUX_RUSTED_RING_SCHED_H
#define _UAPI_LINUX_RUSTED_RING_SCHED_H

#include <linux/types.h>

#define RRING_SCHED_SWITCH	1	/* event_type */
#define RRING_SCHED_COMM	16
#define RRING_SCHED_STRIDE	128	/* of the rings */

struct rring_sched_switch {
	__u64 time;		/* CLOCK_MONOTONIC, in nanoseconds */
	__u64 number;		/* of this CPU's switches since the module was
				 * loaded, from 1 on. What is missing was
				 * dropped, or overwritten
				 */
	__u64 prev_runtime;	/* of the task in all its life, until now, in
				 * nanoseconds: what /proc/PID/schedstat begins
				 * with
				 */
	__u64 next_runtime;
	__u32 cpu;
	__s32 prev_pid;		/* of the task; 0 is idle. As the initial pid
				 * namespace has it
				 */
	__s32 prev_tgid;	/* of its process */
	__s32 prev_prio;	/* the kernel's: 100 + 20 + nice; below 100:
				 * real time; below 0: deadline
				 */
	__s32 next_pid;
	__s32 next_tgid;
	__s32 next_prio;
	__u8 prev_state;	/* letter as in /proc/PID/stat: R it goes on,
				 * S, D, I it sleeps, X, Z it ends, and so on
				 */
	__u8 preempted;		/* 1: it did not give the CPU up */
	__u8 reserved[2];	/* 0 */
	char prev_comm[RRING_SCHED_COMM];	/* ends with a zero */
	char next_comm[RRING_SCHED_COMM];
};

#endif /* _UAPI_LINUX_RUSTED_RING_SCHED_H */
