// SPDX-License-Identifier: MPL-2.0
/*
 * A stream on two CPUs whose writer computes for 100 ns before each event, and
 * whose reader does so after each one. "work" is the computing alone. It is the
 * same number of steps for all, and has no pause in it.
 */
#include <stdlib.h>

#include "pair.h"
#include "placement.h"
#include "queue.h"
#include "rounds.h"

#define WORK_NS		100.0
#define TRIALS		100
#define TRIAL		100000u	/* steps of one */
#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

struct play {
	const struct queue_kind *kind;	/* NULL: no queue */
	void *queue;
};

static uint32_t steps;	/* of WORK_NS */

/*
 * Return what is to be passed to the next call: each step waits for the result
 * of the one before it, so that not even a CPU does two of them at a time.
 */
static uint64_t compute(uint64_t value, uint32_t n)
{
	while (n--) {
		value = value * 6364136223846793005u + 1;
		__asm__ __volatile__("" : "+r"(value));
	}
	return value;
}

/* By the quickest of some trials: nothing has interrupted it. */
static void measure_steps(void)
{
	double ns = 1e9, begin, end;
	uint64_t value = 0;
	int i;

	for (i = 0; i < TRIALS; i++) {
		begin = now_ns();
		value = compute(value, TRIAL);
		end = now_ns();
		if (end - begin < ns)
			ns = end - begin;
	}
	steps = (uint32_t)(WORK_NS / ns * TRIAL);
}

static void write_events(void *context, uint64_t first, uint64_t n)
{
	struct play *play = context;
	uint64_t end = first + n, value = 0;

	for (; first < end; first++) {
		value = compute(value, steps);
		if (play->kind)
			play->kind->write(play->queue, first, 1);
	}
}

static void read_events(void *context, uint64_t first, uint64_t n)
{
	struct play *play = context;
	uint64_t end = first + n, value = 0;

	for (; first < end; first++) {
		if (play->kind)
			play->kind->read(play->queue, first, 1);
		value = compute(value, steps);
	}
}

static double run(const struct contender *contender, const struct sample *work)
{
	struct play play = { .kind = contender->context };
	double ns;

	if (play.kind)
		play.queue = play.kind->open(work->size, 1,
					     queue_capacity(work->size));
	ns = pair_ns(write_events, read_events, &play);
	if (play.kind)
		play.kind->close(play.queue);
	return ns;
}

int main(void)
{
	static const struct contender contenders[] = {
		{ "work", run, NULL },
		{ "rusted_ring inline", run, &queue_inline },
		{ "rusted_ring handles", run, &queue_handle },
		{ "ck_ring", run, &queue_ck },
		{ "rte_ring", run, &queue_rte },
		{ "boost spsc_queue", run, &queue_boost_spsc },
		{ "readerwriterqueue", run, &queue_readerwriter },
		{ "readerwriterqueue", run, &queue_readerwriter, 1 },
		{ "cached indices", run, &queue_cached_indices },
		{ "cached indices", run, &queue_cached_indices, 1 },
		{ "flag beside payload", run, &queue_flags },
		{ "flag beside payload", run, &queue_flags, 1 },
	};
	static const uint32_t sizes[] = { 64, 1024 };
	struct sample work = {
		.figure = "stream_with_work", .batch = 1, .unit = "ns",
	};
	uint32_t i;

	measure_steps();
	for (i = 0; i < COUNT(sizes); i++) {
		work.size = sizes[i];
		rounds_run(&work, contenders, COUNT(contenders));
	}
	return 0;
}
