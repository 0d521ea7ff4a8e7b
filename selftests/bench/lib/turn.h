/* SPDX-License-Identifier: MPL-2.0 */
/* How long something takes that one thread does by itself. */
#ifndef BENCH_TURN_H
#define BENCH_TURN_H

#include <stdint.h>

/*
 * On the first CPU, nanoseconds of each of the @n times that @work is to do it
 * in one call: the median of some slices of rounds_seconds(), after as long a
 * warm-up. @n, which is tried out, is a multiple of @step.
 */
double turn_ns(void (*work)(void *context, uint64_t n), void *context,
	       uint64_t step);

#endif /* BENCH_TURN_H */
