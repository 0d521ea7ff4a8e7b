/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A clock that takes some nanoseconds to read, and is one clock for all CPUs:
 * the counter that Linux uses, too, if its clocksource is "tsc".
 */
#ifndef BENCH_TICKS_H
#define BENCH_TICKS_H

#include <stdint.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include "placement.h"
#endif

/* After all loads that stand before it. */
static inline uint64_t ticks_now(void)
{
#if defined(__x86_64__)
	unsigned int cpu;

	return __builtin_ia32_rdtscp(&cpu);
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ __volatile__("isb; mrs %0, cntvct_el0" : "=r"(ticks) ::
			     "memory");
	return ticks;
#else
	return (uint64_t)now_ns();
#endif
}

/* How many ticks a nanosecond has; measured once. */
double ticks_per_ns(void);

#endif /* BENCH_TICKS_H */
