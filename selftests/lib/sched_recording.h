/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The module rring_sched, which records context switches, and the program
 * rring-sched, which reads the records.
 */
#ifndef SELFTESTS_SCHED_RECORDING_H
#define SELFTESTS_SCHED_RECORDING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RECORDING_MODULE	"rring_sched"
#define RECORDING_CPUS		2	/* of the virtual machine */

/* Factor for the amount of work: 10 under torture, else 1. */
unsigned int recording_scale(void);

/* Load or unload the module. Return 0 or a negative errno. */
int recording_load(const char *parameters);
int recording_unload(void);

/* Totals of all CPUs, which the module logs when it is unloaded. */
struct recording_sums {
	uint64_t switches;
	uint64_t dropped;
};

/*
 * Unload the module and read its totals from the log. Return 0 or a negative
 * errno, -ENODATA if the log has no totals.
 */
int recording_end(struct recording_sums *sums);

/*
 * Write a unique mark into the kernel log. recording_log() returns the log from
 * the mark on; the caller frees it.
 */
#define RECORDING_MARK	32
void recording_mark(char mark[RECORDING_MARK]);
char *recording_log(const char *mark);

/*
 * Start rring-sched, with up to four more options, or with --total, which
 * prints one summary at the end. Return its pid when it has joined all rings.
 */
pid_t reader_start(const char *const options[]);
pid_t reader_in_total(void);

/* The first number that a shell command prints, or -1. */
long long ask(const char *command);

/*
 * Sum of @key over all summaries that the last rring-sched has printed: over
 * all CPUs, for one CPU, over all tasks, or for one task.
 */
long long said_sum(const char *key);
long long said_of_cpu(int cpu, const char *key);
long long said_of_tasks(const char *key);
uint64_t said_of(pid_t pid, const char *key);

/*
 * Number of recorded switches: before the reader joined, read, dropped and
 * overwritten. Valid if there is one summary.
 */
uint64_t said_recorded(void);

/* Number of summaries. */
size_t said_summaries(void);

/* Send SIGSTOP to a child, and wait until it has stopped. */
void stop_process(pid_t pid);
/* Bind this process to @cpu, or exit. */
void run_on(int cpu);

/*
 * Start two processes on each CPU that make at least two switches per round.
 * switches_make() also waits until they have ended, and returns nonzero if one
 * failed.
 */
#define RECORDING_PROCESSES	(2 * RECORDING_CPUS)
void switches_start(unsigned int rounds, pid_t pids[RECORDING_PROCESSES]);
int switches_make(unsigned int rounds);

#endif /* SELFTESTS_SCHED_RECORDING_H */
