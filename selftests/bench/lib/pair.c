// SPDX-License-Identifier: MPL-2.0
#include "pair.h"
#include "placement.h"
#include "rounds.h"

#define SLICES		15
#define EVENTS_FIRST	256	/* of the first trial */

struct part {
	pair_side side;
	void *context;
	uint64_t first, n;
	double begin, end;
	pthread_barrier_t *ready;
};

/* Each side has its own clock: a third thread might get no CPU meanwhile. */
static void *run_part(void *context)
{
	struct part *part = context;

	pthread_barrier_wait(part->ready);
	part->begin = now_ns();
	part->side(part->context, part->first, part->n);
	part->end = now_ns();
	return NULL;
}

/* From when the first one begins until the last one is done. */
static double slice_ns(struct part parts[2], uint64_t n)
{
	pthread_t threads[2];
	double end;
	int i;

	for (i = 0; i < 2; i++) {
		parts[i].n = n;
		threads[i] = placement_thread(i, run_part, &parts[i]);
	}
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		parts[i].first += n;
	}
	i = parts[1].end > parts[0].end;
	end = parts[i].end;
	i = parts[1].begin < parts[0].begin;
	return end - parts[i].begin;
}

double pair_ns(pair_side one, pair_side other, void *context)
{
	double slice = rounds_seconds() * 1e9 / SLICES, ns[SLICES];
	pthread_barrier_t ready;
	struct part parts[] = {
		{ .side = one, .context = context, .ready = &ready },
		{ .side = other, .context = context, .ready = &ready },
	};
	uint64_t n = EVENTS_FIRST;
	double took;
	int i;

	pthread_barrier_init(&ready, NULL, 2);
	while (took = slice_ns(parts, n), took < slice)
		n *= 2;
	n = rounds_fit(n, took, slice, EVENTS_FIRST);
	for (i = 0; i < SLICES; i++)
		ns[i] = slice_ns(parts, n) / (double)n;
	pthread_barrier_destroy(&ready);
	return median(ns, SLICES);
}
