// SPDX-License-Identifier: MPL-2.0
#include "histogram.h"

static uint32_t shift_of(uint32_t bin)
{
	return bin < 2 * HISTOGRAM_STEPS ? 0 : bin / HISTOGRAM_STEPS - 1;
}

uint64_t histogram_least(uint32_t bin)
{
	uint32_t shift = shift_of(bin);

	return (uint64_t)(bin - shift * HISTOGRAM_STEPS) << shift;
}

double histogram_quantile(const struct histogram *histogram, double part)
{
	double wanted = part * (double)histogram->count, seen = 0;
	uint32_t bin;

	if (!histogram->count)
		return 0;
	for (bin = 0; bin < HISTOGRAM_BINS - 1; bin++) {
		seen += histogram->bin[bin];
		if (seen > 0 && seen >= wanted)
			break;
	}
	return (double)histogram_least(bin) +
	       (double)((1ull << shift_of(bin)) - 1) / 2;
}
