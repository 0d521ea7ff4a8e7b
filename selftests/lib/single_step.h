/* SPDX-License-Identifier: MPL-2.0 */
/* Single-stepping of a child process between two marks, by ptrace(2). */
#ifndef SELFTESTS_SINGLE_STEP_H
#define SELFTESTS_SINGLE_STEP_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Open a perf event that stays open until this process ends. So the kernel does
 * not patch the scheduler's code each time the first traced process sets a
 * debug register or the last one ends. The patching is slow, and QEMU's
 * emulation sometimes hits its temporary breakpoint.
 */
void traced_setup(void);

/* The child calls these at its two marks. traced_end() does not return. */
void traced_begin(void);
void traced_end(void);

/*
 * Fork a child that calls @run. Return its pid when it has stopped at its first
 * mark, or exit.
 */
pid_t traced_spawn(int (*run)(void *arg), void *arg);

/* Every instruction that a child executes between its marks. */
struct way {
	struct place {
		uint64_t at;	/* address */
		long times;	/* steps: above 1 for a REP instruction */
		long earlier;	/* earlier visits; negative: unknown */
	} *place;
	long length;		/* in instructions; a system call is one */
};

/*
 * A way with room for every length, in shared memory. The heap, which children
 * inherit, stays unchanged.
 */
struct way way_new(void);

/*
 * Step the child to its second mark and record its way. Return 0, or -1 if it
 * ended before.
 */
int traced_note(pid_t pid, struct way *way);

/*
 * Run the child along @way for @n instructions, or to its second mark. Return
 * 0, or -1 if it deviated or ended. traced_go() prints where.
 */
int traced_go(pid_t pid, const struct way *way, long n);
int traced_go_all(pid_t pid, const struct way *way);

#endif /* SELFTESTS_SINGLE_STEP_H */
