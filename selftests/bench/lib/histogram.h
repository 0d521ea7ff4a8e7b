/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How often each value occurred, in bins of a fixed number: up to
 * HISTOGRAM_STEPS each value has a bin of its own, and beyond that each power of
 * two has as many. So a value is known to 1/32 of itself.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BITS	5
#define HISTOGRAM_STEPS	(1u << HISTOGRAM_BITS)
#define HISTOGRAM_BINS	((65 - HISTOGRAM_BITS) * HISTOGRAM_STEPS)

struct histogram {
	uint64_t count;
	uint32_t bin[HISTOGRAM_BINS];
};

/* The bin of @value. */
static inline uint32_t histogram_bin(uint64_t value)
{
	uint32_t shift;

	if (value < HISTOGRAM_STEPS)
		return (uint32_t)value;
	shift = 63 - (uint32_t)__builtin_clzll(value) - HISTOGRAM_BITS;
	return shift * HISTOGRAM_STEPS + (uint32_t)(value >> shift);
}

static inline void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->count++;
	histogram->bin[histogram_bin(value)]++;
}

/* The least value of @bin. */
uint64_t histogram_least(uint32_t bin);

/*
 * The value that @part of all values do not exceed: 0.5 is the median. It is the
 * middle of its bin. Without values: 0.
 */
double histogram_quantile(const struct histogram *histogram, double part);

#endif /* BENCH_HISTOGRAM_H */
