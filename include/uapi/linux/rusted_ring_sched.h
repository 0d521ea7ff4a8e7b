/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MPL-2.0 */
/*
 * Context switches that the module rring_sched records. Each possible CPU has
 * an inline ring, named PREFIX.0, PREFIX.1 and so on. A ring has the events of
 * its CPU, in the order of the switches.
 *
 * If .number of two successive events of a ring differs by 1, no switch came
 * between. Then .next_* of the first event and .prev_* of the second describe
 * the same task. According to the scheduler, this task had the CPU for
 * .prev_runtime of the second event minus .next_runtime of the first. The
 * scheduler keeps no account of the idle task. For the idle task, take the
 * difference of the two .time instead.
 */
#ifndef _UAPI_LINUX_RUSTED_RING_SCHED_H
#define _UAPI_LINUX_RUSTED_RING_SCHED_H

#include <linux/types.h>

#define RRING_SCHED_SWITCH	1	/* event_type */
#define RRING_SCHED_COMM	16	/* bytes */
#define RRING_SCHED_STRIDE	128	/* stride of the rings, in bytes */

/* The payload of an event: task .prev_* gives the CPU to task .next_*. */
struct rring_sched_switch {
	__u64 time;		/* CLOCK_MONOTONIC, in nanoseconds */
	/*
	 * Number of this switch on this CPU; the first switch after the load of
	 * the module has 1. If a number is missing in the ring, the writer has
	 * dropped or overwritten that event.
	 */
	__u64 number;
	__u64 prev_runtime;	/* CPU time of the leaving task since its
				 * creation, in nanoseconds: the first value in
				 * /proc/PID/schedstat
				 */
	__u64 next_runtime;
	__u32 cpu;
	__s32 prev_pid;		/* of the leaving task (thread), in the initial
				 * pid namespace; 0: the idle task
				 */
	__s32 prev_tgid;	/* process of that task, in that namespace */
	__s32 prev_prio;	/* the kernel's priority: 120 + nice; below
				 * 100: real time; below 0: deadline
				 */
	__s32 next_pid;
	__s32 next_tgid;
	__s32 next_prio;
	__u8 prev_state;	/* letter as in /proc/PID/stat: R runnable,
				 * S, D, I asleep, X, Z ended, and so on
				 */
	__u8 preempted;		/* 1: preempted; 0: blocked, yielded or ended */
	__u8 reserved[2];	/* 0 */
	char prev_comm[RRING_SCHED_COMM];	/* ends with a zero */
	char next_comm[RRING_SCHED_COMM];
};

#endif /* _UAPI_LINUX_RUSTED_RING_SCHED_H */
