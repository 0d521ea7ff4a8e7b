/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Where threads run, and how far two CPUs are from each other. A virtual
 * machine's CPUs are moved about: what it costs to pass a line between them
 * says whether they share a cache at present.
 */
#ifndef BENCH_PLACEMENT_H
#define BENCH_PLACEMENT_H

#include <pthread.h>
#include <sys/types.h>

/* If a round trip of two lines takes longer, the CPUs share no cache. */
#define PLACEMENT_FAR_NS	250.0

/* Nanoseconds of CLOCK_MONOTONIC. */
double now_ns(void);

/* The @i-th CPU that this process may use; exits if it has none such. */
int placement_cpu(int i);

/* The calling thread runs on the @i-th CPU from here on. */
void placement_pin(int i);

#define PLACEMENT_ANY	(-1)	/* all CPUs that this process may use */

/* A thread on the @i-th CPU, or on PLACEMENT_ANY; exits on failure. */
pthread_t placement_thread(int i, void *(*run)(void *), void *context);

/*
 * Until thread @tid of this process sleeps in the kernel, and has done so for a
 * while, so that its CPU is idle, too.
 */
void placement_await_sleep(pid_t tid);

/* Round trip of a line there and another one back, in nanoseconds. */
double placement_cost(void);

/* "near" or "far"; NULL if the CPUs were moved between the two costs. */
const char *placement_of(double before, double after);

/* Sort @n @values, return the one in the middle. */
double median(double *values, int n);

#endif /* BENCH_PLACEMENT_H */
