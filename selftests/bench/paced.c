// SPDX-License-Identifier: MPL-2.0
/*
 * How old events of 64 bytes are when a reader has read them, at a given pace.
 * The writer writes each one at its instant of a schedule. The age counts from
 * that instant: if the writer comes late, the event is as much older. A writer
 * that comes to an event when the next one is due has not kept the pace.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "placement.h"
#include "queue.h"
#include "rounds.h"
#include "ticks.h"

#define BYTES		64
#define LEAD_NS		1e6	/* until the first event is due */
#define WARM_UP		8	/* 1 of so many events does not count */
#define EVENTS_MAX	400000	/* of a run: not all can keep the pace */
#define FRACTION	1024	/* of a tick, in which the schedule counts */
#define COUNT(array)	((int)(sizeof(array) / sizeof((array)[0])))

struct paced {
	const struct queue_kind *kind;
	void *queue;
	uint64_t start, interval;	/* ticks, and fractions of one */
	uint64_t n, warm_up, late;
	pthread_barrier_t ready;
	struct histogram ages;
};

static uint64_t due(const struct paced *paced, uint64_t number)
{
	return paced->start + number * paced->interval / FRACTION;
}

static void *write_on_time(void *context)
{
	struct paced *paced = context;
	uint64_t i, now;

	pthread_barrier_wait(&paced->ready);
	paced->start = ticks_now() + (uint64_t)(LEAD_NS * ticks_per_ns());
	pthread_barrier_wait(&paced->ready);
	for (i = 0; i < paced->n; i++) {
		while (now = ticks_now(), now < due(paced, i))
			;
		if (i >= paced->warm_up && now >= due(paced, i + 1))
			paced->late++;
		paced->kind->write(paced->queue, i, 1);
	}
	return NULL;
}

static void *read_and_measure(void *context)
{
	struct paced *paced = context;
	uint64_t i, now;

	pthread_barrier_wait(&paced->ready);
	pthread_barrier_wait(&paced->ready);
	for (i = 0; i < paced->n; i++) {
		paced->kind->read(paced->queue, i, 1);
		now = ticks_now();
		if (now < due(paced, i))
			errx(1, "paced: the clocks of the CPUs differ");
		if (i >= paced->warm_up)
			histogram_add(&paced->ages, now - due(paced, i));
	}
	return NULL;
}

/* .more[0]: events a second. */
static void set_up(struct paced *paced, const struct queue_kind *kind,
		   const struct sample *work)
{
	double rate = (double)work->more[0].number;

	memset(paced, 0, sizeof(*paced));
	paced->kind = kind;
	paced->interval = (uint64_t)(ticks_per_ns() * 1e9 / rate * FRACTION);
	paced->n = (uint64_t)(2 * rounds_seconds() * rate) + WARM_UP;
	if (paced->n > EVENTS_MAX)
		paced->n = EVENTS_MAX;
	paced->warm_up = paced->n / WARM_UP;
	pthread_barrier_init(&paced->ready, NULL, 2);
	paced->queue = kind->open(BYTES, 1, queue_capacity(BYTES));
}

static double age(const struct paced *paced, double part)
{
	return histogram_quantile(&paced->ages, part) / ticks_per_ns();
}

static double run(const struct contender *contender, const struct sample *work)
{
	static struct paced paced;
	int bound = !work->placement;
	pthread_t threads[2];

	set_up(&paced, contender->context, work);
	threads[0] = placement_thread(bound ? 0 : PLACEMENT_ANY,
				      write_on_time, &paced);
	threads[1] = placement_thread(bound ? 1 : PLACEMENT_ANY,
				      read_and_measure, &paced);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	pthread_barrier_destroy(&paced.ready);
	paced.kind->close(paced.queue);
	rounds_also("p99", age(&paced, 0.99), "ns");
	rounds_also("p99.9", age(&paced, 0.999), "ns");
	rounds_also("late", 100.0 * (double)paced.late /
			    (double)(paced.n - paced.warm_up), "%");
	return age(&paced, 0.5);
}

static const struct contender spin[] = {
	{ "rusted_ring inline", run, &queue_inline_spin },
	{ "cached indices", run, &queue_cached_indices },
	{ "cached indices", run, &queue_cached_indices, 1 },
}, yield[] = {
	{ "rusted_ring inline", run, &queue_inline },
	{ "cached indices", run, &queue_cached_indices },
	{ "cached indices", run, &queue_cached_indices, 1 },
}, block[] = {
	{ "rusted_ring inline", run, &queue_inline_block },
	{ "cached indices and futex", run, &queue_sleeping },
	{ "pipe", run, &queue_pipe },
};

static const struct {
	const char *name;
	const struct contender *contenders;
	int n;
} strategies[] = {
	{ "spin", spin, COUNT(spin) },
	{ "yield", yield, COUNT(yield) },
	{ "block", block, COUNT(block) },
};

static void run_all(uint64_t rate, const char *placement)
{
	struct sample work = {
		.figure = "paced", .size = BYTES, .unit = "ns",
		.placement = placement,
		.more = { { .name = "rate", .number = rate },
			  { .name = "strategy" },
			  { .name = "at", .text = "p50" } },
	};
	int i;

	for (i = 0; i < COUNT(strategies); i++) {
		work.more[1].text = strategies[i].name;
		rounds_run(&work, strategies[i].contenders, strategies[i].n);
	}
}

int main(void)
{
	uint64_t rate;

	for (rate = 100000; rate <= 10000000; rate *= 10) {
		run_all(rate, NULL);
		run_all(rate, "any");
	}
	return 0;
}
