/* SPDX-License-Identifier: MPL-2.0 */
/* A child process whose instructions are counted, from one mark to another. */
#ifndef SELFTESTS_SINGLE_STEP_H
#define SELFTESTS_SINGLE_STEP_H

#include <stdint.h>
#include <sys/types.h>

/*
 * For as long as this process lives, others come and go with debug registers
 * and the kernel need not change its scheduler's code for the first and the last
 * of them: which takes its time, and QEMU's emulation sometimes meets the
 * breakpoint by which that is done.
 */
void traced_setup(void);

/* In the child: the marks. It does not return from the second one. */
void traced_begin(void);
void traced_end(void);

/* Fork; the child runs @run, and is stopped at its first mark. Exits if not. */
pid_t traced_spawn(int (*run)(void *arg), void *arg);

/* The way of a child from mark to mark, instruction by instruction. */
struct way {
	struct place {
		uint64_t at;
		long times;	/* that it repeats itself there */
		long earlier;	/* that it was there; negative: who knows */
	} *place;
	long length;		/* instructions; a system call is one */
};

/* Of any length, and on no heap: children inherit that. */
struct way way_new(void);

/* Let it go all the way, and note it: 0, or -1 if it ended before. */
int traced_note(pid_t pid, struct way *way);

/*
 * Let it go the same way, the first @n instructions or all of it. -1: it went
 * another one, or ended; where that was is said.
 */
int traced_go(pid_t pid, const struct way *way, long n);
int traced_go_all(pid_t pid, const struct way *way);

#endif /* SELFTESTS_SINGLE_STEP_H */
