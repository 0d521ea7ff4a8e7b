// SPDX-License-Identifier: MPL-2.0
#include "placement.h"
#include "ticks.h"

#define SPAN_NS	20e6

double ticks_per_ns(void)
{
	static double known;
	double begin, end;
	uint64_t ticks;

	if (known > 0)
		return known;
	begin = now_ns();
	ticks = ticks_now();
	do {
		end = now_ns();
	} while (end < begin + SPAN_NS);
	known = (double)(ticks_now() - ticks) / (end - begin);
	return known;
}
