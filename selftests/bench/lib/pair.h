/* SPDX-License-Identifier: MPL-2.0 */
/* Two threads, one on each of two CPUs, that do their parts of the same events. */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include <stdint.h>

/* One side's part of the @n events from @first on. */
typedef void (*pair_side)(void *context, uint64_t first, uint64_t n);

/*
 * Nanoseconds of an event: the median of some slices of rounds_seconds(), until
 * both sides are done, after a warm-up that finds how many events a slice has.
 */
double pair_ns(pair_side one, pair_side other, void *context);

#endif /* BENCH_PAIR_H */
