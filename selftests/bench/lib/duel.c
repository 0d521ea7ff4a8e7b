// SPDX-License-Identifier: MPL-2.0
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "duel.h"
#include "placement.h"
#include "rounds.h"

#define SLICES		15
#define WAKEUPS_A_SECOND	5000	/* about */
#define EVENTS_FIRST	256	/* of a trial; a multiple of any batch */

struct duel {
	const struct queue_kind *kind;
	void *there, *back;
	int cpu[2];
	uint64_t first, n;	/* events of a slice */
	uint32_t slices;
	pthread_barrier_t ready;
	double slice_ns[SLICES];
	pid_t sleeper;
	double written_ns;
	double *wakeup_ns;	/* of each event */
};

typedef void *(*side_t)(void *);

static void *write_stream(void *context)
{
	struct duel *duel = context;

	pthread_barrier_wait(&duel->ready);
	duel->kind->write(duel->there, duel->first, duel->slices * duel->n);
	return NULL;
}

static void *read_stream(void *context)
{
	struct duel *duel = context;
	double start, end;
	uint32_t i;

	pthread_barrier_wait(&duel->ready);
	start = now_ns();
	for (i = 0; i < duel->slices; i++) {
		duel->kind->read(duel->there, duel->first + i * duel->n,
				 duel->n);
		end = now_ns();
		duel->slice_ns[i] = end - start;
		start = end;
	}
	return NULL;
}

static void *ping(void *context)
{
	struct duel *duel = context;
	uint64_t at = duel->first, end;
	double start;
	uint32_t i;

	pthread_barrier_wait(&duel->ready);
	for (i = 0; i < duel->slices; i++) {
		start = now_ns();
		for (end = at + duel->n; at < end; at++) {
			duel->kind->write(duel->there, at, 1);
			duel->kind->read(duel->back, at, 1);
		}
		duel->slice_ns[i] = now_ns() - start;
	}
	return NULL;
}

static void *pong(void *context)
{
	struct duel *duel = context;
	uint64_t at = duel->first, end = at + duel->slices * duel->n;

	pthread_barrier_wait(&duel->ready);
	for (; at < end; at++) {
		duel->kind->read(duel->there, at, 1);
		duel->kind->write(duel->back, at, 1);
	}
	return NULL;
}

/* One event at a time. */
static void *sleep_for(void *context)
{
	struct duel *duel = context;
	uint64_t i;

	duel->sleeper = gettid();
	pthread_barrier_wait(&duel->ready);
	for (i = 0; i < duel->n; i++) {
		duel->kind->read(duel->there, i, 1);
		duel->wakeup_ns[i] = now_ns() - duel->written_ns;
		pthread_barrier_wait(&duel->ready);
	}
	return NULL;
}

static void *wake(void *context)
{
	struct duel *duel = context;
	uint64_t i;

	pthread_barrier_wait(&duel->ready);
	for (i = 0; i < duel->n; i++) {
		placement_await_sleep(duel->sleeper);
		duel->written_ns = now_ns();
		duel->kind->write(duel->there, i, 1);
		pthread_barrier_wait(&duel->ready);
	}
	return NULL;
}

/* Nanoseconds of a slice of @n events. */
static double run(struct duel *duel, side_t one, side_t other, uint32_t slices,
		  uint64_t n)
{
	pthread_t threads[2];

	duel->slices = slices;
	duel->n = n;
	threads[0] = placement_thread(duel->cpu[0], one, duel);
	threads[1] = placement_thread(duel->cpu[1], other, duel);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	duel->first += slices * n;
	return median(duel->slice_ns, (int)slices);
}

/* Trials, until one is as long as a slice; then the slices. */
static double run_all(struct duel *duel, side_t one, side_t other)
{
	double slice = rounds_seconds() * 1e9 / SLICES;
	uint64_t n = EVENTS_FIRST;
	double ns;

	while (ns = run(duel, one, other, 3, n), ns < slice)
		n *= 2;
	n = rounds_fit(n, ns, slice, EVENTS_FIRST);
	return run(duel, one, other, SLICES, n) / (double)n;
}

static int is_on(const struct sample *work, const char *placement)
{
	return work->placement && !strcmp(work->placement, placement);
}

static void set_up(struct duel *duel, const struct queue_kind *kind,
		   const struct sample *work)
{
	memset(duel, 0, sizeof(*duel));
	duel->kind = kind;
	duel->cpu[1] = !is_on(work, "one");
	if (is_on(work, "any")) {
		duel->cpu[0] = PLACEMENT_ANY;
		duel->cpu[1] = PLACEMENT_ANY;
	}
	pthread_barrier_init(&duel->ready, NULL, 2);
}

static void *open_queue(const struct queue_kind *kind,
			const struct sample *work)
{
	return kind->open(work->size, work->batch ? work->batch : 1,
			  queue_capacity(work->size));
}

double duel_stream(const struct queue_kind *kind, const struct sample *work)
{
	struct duel duel;
	double ns;

	set_up(&duel, kind, work);
	duel.there = open_queue(kind, work);
	ns = run_all(&duel, write_stream, read_stream);
	kind->close(duel.there);
	pthread_barrier_destroy(&duel.ready);
	return 1e3 / ns;
}

double duel_pingpong(const struct queue_kind *kind, const struct sample *work)
{
	struct duel duel;
	double ns;

	set_up(&duel, kind, work);
	duel.there = open_queue(kind, work);
	duel.back = open_queue(kind, work);
	ns = run_all(&duel, ping, pong);
	kind->close(duel.there);
	kind->close(duel.back);
	pthread_barrier_destroy(&duel.ready);
	return ns;
}

static double wakeup(const struct queue_kind *kind, const struct sample *work)
{
	uint64_t n = (uint64_t)(rounds_seconds() * WAKEUPS_A_SECOND) + 1;
	pthread_t threads[2];
	struct duel duel;
	double ns;

	set_up(&duel, kind, work);
	duel.there = open_queue(kind, work);
	duel.n = n;
	duel.wakeup_ns = calloc(n, sizeof(*duel.wakeup_ns));
	threads[0] = placement_thread(duel.cpu[0], wake, &duel);
	threads[1] = placement_thread(duel.cpu[1], sleep_for, &duel);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	ns = median(duel.wakeup_ns, (int)n);
	free(duel.wakeup_ns);
	kind->close(duel.there);
	pthread_barrier_destroy(&duel.ready);
	return ns;
}

double duel_wakeup(const struct queue_kind *kind, const struct sample *work)
{
	if (is_on(work, "one"))
		return duel_pingpong(kind, work) / 1e3;
	return wakeup(kind, work) / 1e3;
}
