/* SPDX-License-Identifier: MPL-2.0 */
/* CPU time, in nanoseconds, and switches of each task and of each CPU. */
#ifndef SCHED_ACCOUNT_H
#define SCHED_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/rusted_ring_sched.h>

struct task {
	int32_t pid;
	int32_t tgid;
	char comm[RRING_SCHED_COMM];	/* the latest one */
	int64_t runtime;		/* as the scheduler accounts it */
	uint64_t time;			/* by the clock of the events */
	uint64_t switches;		/* how often it got a CPU */
};

/* The account of a CPU begins with the first switch that is read. */
struct cpu {
	/* since account_clear() */
	uint64_t switches;
	uint64_t time;		/* sum: idle, unknown, and of tasks */
	uint64_t idle;
	uint64_t unknown;	/* of spans in which switches are missing */

	struct rring_sched_switch last;	/* .number 0: none yet */
	uint64_t credited;	/* time since .last that is already accounted */
};

struct account {
	struct cpu *cpus;
	unsigned int nr_cpus;
	void *tasks;		/* a tree by .pid, since account_clear() */
};

void account_init(struct account *account, unsigned int nr_cpus);

/* Account the next switch of @cpu. */
void account_switch(struct account *account, unsigned int cpu,
		    const struct rring_sched_switch *event);

/* Account the time of the task on @cpu until @now, by the events' clock. */
void account_running(struct account *account, unsigned int cpu, uint64_t now);

/*
 * Returns all @n tasks, the one with the largest .runtime first. The caller
 * frees the array. The tasks are valid until account_clear().
 */
const struct task **account_busiest(const struct account *account, size_t *n);

/* Remove all tasks and counts; keep the last switch of each CPU. */
void account_clear(struct account *account);

#endif /* SCHED_ACCOUNT_H */
