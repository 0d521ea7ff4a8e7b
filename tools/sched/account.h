/* SPDX-License-Identifier: MPL-2.0 */
/* Who had the CPUs, for how many nanoseconds, and how often. */
#ifndef SCHED_ACCOUNT_H
#define SCHED_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/rusted_ring_sched.h>

struct task {
	int32_t pid;
	int32_t tgid;
	char comm[RRING_SCHED_COMM];	/* the last one it had */
	int64_t runtime;		/* in the scheduler's account */
	uint64_t time;			/* by the clock of the events */
	uint64_t switches;		/* how often it got a CPU */
};

/* From the first switch of the CPU on that is read. */
struct cpu {
	/* since account_clear() */
	uint64_t switches;
	uint64_t time;		/* in all: idle, unknown, or of a task */
	uint64_t idle;
	uint64_t unknown;	/* of spans in which switches are missing */

	struct rring_sched_switch last;	/* .number 0: none yet */
	uint64_t credited;	/* since then, as it has not ended yet */
};

struct account {
	struct cpu *cpus;
	unsigned int nr_cpus;
	void *tasks;		/* a tree by .pid, since account_clear() */
};

void account_init(struct account *account, unsigned int nr_cpus);

/* The next switch of that CPU. */
void account_switch(struct account *account, unsigned int cpu,
		    const struct rring_sched_switch *event);

/* Who has that CPU had it until @now, by the clock of the events. */
void account_running(struct account *account, unsigned int cpu, uint64_t now);

/* All tasks, the busiest first; to be freed. Valid until account_clear(). */
const struct task **account_busiest(const struct account *account, size_t *n);

/* Begin anew, where it stands. */
void account_clear(struct account *account);

#endif /* SCHED_ACCOUNT_H */
