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
	pthread_barrier_t *ready;
};

static void *run_part(void *context)
{
	struct part *part = context;

	pthread_barrier_wait(part->ready);
	part->side(part->context, part->first, part->n);
	pthread_barrier_wait(part->ready);
	return NULL;
}

/* The barrier's third is the thread that has the clock. */
static double slice_ns(struct part parts[2], uint64_t n)
{
	pthread_barrier_t *ready = parts[0].ready;
	pthread_t threads[2];
	double start, ns;
	int i;

	for (i = 0; i < 2; i++) {
		parts[i].n = n;
		threads[i] = placement_thread(i, run_part, &parts[i]);
	}
	pthread_barrier_wait(ready);
	start = now_ns();
	pthread_barrier_wait(ready);
	ns = now_ns() - start;
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		parts[i].first += n;
	}
	return ns;
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
	int i;

	pthread_barrier_init(&ready, NULL, 3);
	while (slice_ns(parts, n) < slice)
		n *= 2;
	for (i = 0; i < SLICES; i++)
		ns[i] = slice_ns(parts, n) / (double)n;
	pthread_barrier_destroy(&ready);
	return median(ns, SLICES);
}
