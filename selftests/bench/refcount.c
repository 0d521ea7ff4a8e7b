// SPDX-License-Identifier: MPL-2.0
/*
 * K readers that keep events beyond their cursors, on two CPUs: the writer on
 * the first, the readers on both in turn, the first one on the second.
 */
#include <stdlib.h>

#include "holding.h"
#include "pair.h"
#include "queue.h"
#include "rounds.h"

#define COUNT(array)	((int)(sizeof(array) / sizeof((array)[0])))

struct play {
	const struct holding_kind *kind;
	void *context;
	uint32_t readers;
};

static uint32_t share(uint64_t from, uint64_t end)
{
	return end - from < HOLDING_BATCH ? (uint32_t)(end - from) :
					    HOLDING_BATCH;
}

/* Those that run on CPU @cpu, until each of them is at @end. */
static void stand(struct play *play, uint32_t cpu, uint64_t first, uint64_t end)
{
	const struct holding_kind *kind = play->kind;
	uint64_t at[HOLDING_READERS], written = first;
	uint32_t i, left, done;

	for (i = 0; i < play->readers; i++)
		at[i] = first;
	do {
		left = 0;
		done = 0;
		if (!cpu && written < end) {
			done += kind->write(play->context, written,
					    share(written, end));
			written += done;
			left += written < end;
		}
		for (i = !cpu; i < play->readers; i += 2) {
			uint32_t n = kind->read(play->context, i, at[i],
						share(at[i], end));

			at[i] += n;
			done += n;
			left += at[i] < end;
		}
		if (!done)
			queue_relax();
	} while (left);
}

static void stand_on_first(void *context, uint64_t first, uint64_t n)
{
	stand(context, 0, first, first + n);
}

static void stand_on_second(void *context, uint64_t first, uint64_t n)
{
	stand(context, 1, first, first + n);
}

/* .more[0]: how many readers. Millions of events a second. */
static double run(const struct contender *contender, const struct sample *work)
{
	struct play play = {
		.kind = contender->context,
		.readers = (uint32_t)work->more[0].number,
	};
	double ns;

	play.context = play.kind->open(play.readers);
	ns = pair_ns(stand_on_first, stand_on_second, &play);
	play.kind->close(play.context);
	return 1e3 / ns;
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
