// SPDX-License-Identifier: MPL-2.0
/*
 * K readers that keep events beyond their cursors, on two CPUs: the writer on
 * the first, the readers on both in turn, the first one on the second.
 */
#include <sched.h>
#include <stdlib.h>

#include "holding.h"
#include "placement.h"
#include "rounds.h"

#define SLICES	15
#define COUNT(array)	((int)(sizeof(array) / sizeof((array)[0])))

struct play {
	const struct holding_kind *kind;
	void *context;
	uint32_t readers;
	uint64_t first, end;		/* of a slice */
	pthread_barrier_t ready;
};

struct stand {
	struct play *play;
	uint32_t cpu;
};

static uint32_t share(uint64_t from, uint64_t end)
{
	return end - from < HOLDING_BATCH ? (uint32_t)(end - from) :
					    HOLDING_BATCH;
}

/* Those that run on CPU @cpu, until each of them is at the end. */
static void *stand(void *context)
{
	const struct stand *stand = context;
	struct play *play = stand->play;
	const struct holding_kind *kind = play->kind;
	uint64_t at[HOLDING_READERS], written = play->first;
	uint32_t i, left, done;

	for (i = 0; i < play->readers; i++)
		at[i] = play->first;
	pthread_barrier_wait(&play->ready);
	do {
		left = 0;
		done = 0;
		if (!stand->cpu && written < play->end) {
			done += kind->write(play->context, written,
					    share(written, play->end));
			written += done;
			left += written < play->end;
		}
		for (i = !stand->cpu; i < play->readers; i += 2) {
			uint32_t n = kind->read(play->context, i, at[i],
						share(at[i], play->end));

			at[i] += n;
			done += n;
			left += at[i] < play->end;
		}
		if (!done)
			__builtin_ia32_pause();
	} while (left);
	return NULL;
}

static double slice(struct play *play, uint64_t n)
{
	struct stand stands[] = { { play, 0 }, { play, 1 } };
	pthread_t threads[2];
	double start;

	play->end = play->first + n;
	threads[0] = placement_thread(0, stand, &stands[0]);
	threads[1] = placement_thread(1, stand, &stands[1]);
	start = now_ns();
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	play->first = play->end;
	return now_ns() - start;
}

/* .more[0]: how many readers. Millions of events a second. */
static double run(const struct contender *contender, const struct sample *work)
{
	double wanted = rounds_seconds() * 1e9 / SLICES, ns[SLICES];
	struct play play = {
		.kind = contender->context,
		.readers = (uint32_t)work->more[0].number,
	};
	uint64_t n = 1024;
	int i;

	play.context = play.kind->open(play.readers);
	pthread_barrier_init(&play.ready, NULL, 2);
	while (slice(&play, n) < wanted)
		n *= 2;
	for (i = 0; i < SLICES; i++)
		ns[i] = slice(&play, n) / (double)n;
	pthread_barrier_destroy(&play.ready);
	play.kind->close(play.context);
	return 1e3 / median(ns, SLICES);
}

int main(void)
{
	static const struct contender contenders[] = {
		{ "rusted_ring", run, &holding_ours },
		{ "one count", run, &holding_counted },
		{ "one count in advance", run, &holding_counted_down },
	};
	struct sample work = {
		.figure = "refcount", .size = HOLDING_BYTES,
		.batch = HOLDING_BATCH,
		.unit = "M events/s", .more = { { .name = "readers" } },
	};

	for (work.more[0].number = 1; work.more[0].number <= HOLDING_READERS;
	     work.more[0].number *= 2)
		rounds_run(&work, contenders, COUNT(contenders));
	return 0;
}
