/* SPDX-License-Identifier: MPL-2.0 */
/* rring_sched, which records context switches, and rring-sched, which reads. */
#ifndef SELFTESTS_SCHED_RECORDING_H
#define SELFTESTS_SCHED_RECORDING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RECORDING_MODULE	"rring_sched"
#define RECORDING_CPUS		2	/* of the virtual machine */

/* How much more of everything there is to be, under torture. */
unsigned int recording_scale(void);

/* Load the module, and unload it: 0 or a negative errno. */
int recording_load(const char *parameters);
int recording_unload(void);

/* Unload it, and read what it then says of all CPUs together. */
struct recording_sums {
	uint64_t switches;
	uint64_t dropped;
};

int recording_end(struct recording_sums *sums);

/* Leave a mark in the kernel's log; what was said since then, to be freed. */
#define RECORDING_MARK	32
void recording_mark(char mark[RECORDING_MARK]);
char *recording_log(const char *mark);

/*
 * Start the reader, with up to four more options; or for one summary in the
 * end. Return when it reads all rings.
 */
pid_t reader_start(const char *const options[]);
pid_t reader_in_total(void);

/* The first number that a shell's command prints; -1: none. */
long long ask(const char *command);

/*
 * What the last reader printed, in all its summaries together: of all CPUs,
 * of one; of all tasks, of one.
 */
long long said_sum(const char *key);
long long said_of_cpu(int cpu, const char *key);
long long said_of_tasks(const char *key);
uint64_t said_of(pid_t pid, const char *key);

/* How many switches there were: before, read, or missed. Of one summary. */
uint64_t said_recorded(void);

size_t said_summaries(void);

void stop_process(pid_t pid);
void run_on(int cpu);

/*
 * Two processes on each CPU that make at least two switches per round; and
 * until they have ended: not 0 if one failed.
 */
#define RECORDING_PROCESSES	(2 * RECORDING_CPUS)
void switches_start(unsigned int rounds, pid_t pids[RECORDING_PROCESSES]);
int switches_make(unsigned int rounds);

#endif /* SELFTESTS_SCHED_RECORDING_H */
