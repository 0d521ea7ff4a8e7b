// SPDX-License-Identifier: MPL-2.0
#include "placement.h"
#include "rounds.h"
#include "turn.h"

#define SLICES	15

static double slice_ns(void (*work)(void *context, uint64_t n), void *context,
		       uint64_t n)
{
	double start = now_ns();

	work(context, n);
	return now_ns() - start;
}

double turn_ns(void (*work)(void *context, uint64_t n), void *context,
	       uint64_t step)
{
	double slice = rounds_seconds() * 1e9 / SLICES;
	double slices[SLICES];
	uint64_t n = step;
	double ns;
	int i;

	placement_pin(0);
	while (ns = slice_ns(work, context, n), ns < slice)
		n *= 2;
	n = rounds_fit(n, ns, slice, step);
	for (i = 0; i < SLICES; i++)
		slices[i] = slice_ns(work, context, n) / (double)n;
	return median(slices, SLICES);
}
