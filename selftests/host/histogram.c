// SPDX-License-Identifier: MPL-2.0
/* The histogram of the benchmarks, against sorted values. Needs no module. */
#include <stdlib.h>
#include <string.h>

#include "../bench/lib/histogram.c"

#include "rng.h"

#include "kselftest_harness.h"
#include "repetition.h"

#define VALUES	1000

TEST(each_value_is_in_the_bin_that_begins_at_or_below_it)
{
	uint64_t value;
	uint32_t shift, bin;

	for (shift = 0; shift < 64; shift++) {
		value = 1ull << shift;
		bin = histogram_bin(value);
		ASSERT_GT((uint32_t)HISTOGRAM_BINS, bin);
		ASSERT_EQ(value, histogram_least(bin));
		ASSERT_TRUE(!bin || histogram_bin(value - 1) == bin - 1);
	}
	ASSERT_EQ((uint32_t)HISTOGRAM_BINS - 1, histogram_bin(UINT64_MAX));
}

TEST(bins_are_as_wide_as_one_part_in_32)
{
	uint64_t least, next;
	uint32_t bin;

	for (bin = 0; bin < HISTOGRAM_BINS - 1; bin++) {
		least = histogram_least(bin);
		next = histogram_least(bin + 1);
		ASSERT_EQ(bin, histogram_bin(least));
		ASSERT_EQ(bin, histogram_bin(next - 1));
		ASSERT_TRUE(next - least == 1 ||
			    (next - least) * HISTOGRAM_STEPS <= least);
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

TEST(a_quantile_is_in_the_bin_of_the_value_that_has_it)
{
	static const double parts[] = { 0.001, 0.5, 0.99, 0.999, 1 };
	static uint64_t values[VALUES];
	static struct histogram histogram;
	struct rng rng = rng_new("histogram");
	uint64_t found, wanted;
	uint32_t i, left;

	for (left = rounds(100); left; left--) {
		memset(&histogram, 0, sizeof(histogram));
		for (i = 0; i < VALUES; i++) {
			values[i] = rng_next(&rng) >> rng_below(&rng, 64);
			histogram_add(&histogram, values[i]);
		}
		qsort(values, VALUES, sizeof(*values), compare);
		for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
			wanted = values[(uint32_t)(parts[i] * VALUES + 0.5) - 1];
			found = (uint64_t)histogram_quantile(&histogram,
							     parts[i]);
			ASSERT_EQ(histogram_bin(wanted), histogram_bin(found));
		}
	}
}

TEST(without_values_a_quantile_is_0)
{
	static const struct histogram empty;

	ASSERT_EQ(0, (int)histogram_quantile(&empty, 0.5));
}

TEST_HARNESS_MAIN
