// SPDX-License-Identifier: MPL-2.0
/* A stream of events from one thread to another, on two CPUs. */
#include <stdlib.h>

#include "duel.h"
#include "rounds.h"

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

static const struct queue_kind *const kinds[] = {
	&queue_inline, &queue_copy, &queue_handle, &queue_ck, &queue_rte,
	&queue_boost_spsc, &queue_readerwriter, &queue_wfcq, &queue_lfq,
	&queue_boost_mq, &queue_cached_indices, &queue_flags,
};

static const uint32_t sizes[] = { 64, 256, 1024, 4096, 16384 };
static const uint32_t batches[] = { 1, 16, 32 };

static double run(const struct contender *contender, const struct sample *work)
{
	return duel_stream(contender->context, work);
}

static void stream(uint32_t size, uint32_t batch)
{
	struct contender contenders[LENGTH(kinds)];
	struct sample work = {
		.figure = "stream",
		.size = size,
		.batch = batch,
		.unit = "M events/s",
	};
	uint32_t i;
	int n = 0;

	for (i = 0; i < LENGTH(kinds); i++) {
		if (batch > 1 && !kinds[i]->batches)
			continue;
		contenders[n++] = (struct contender) {
			.name = kinds[i]->name,
			.run = run,
			.context = kinds[i],
		};
	}
	rounds_run(&work, contenders, n);
}

/* `stream [SIZE [BATCH]]`: all, or these alone. */
int main(int argc, char **argv)
{
	uint32_t size = argc > 1 ? (uint32_t)atoi(argv[1]) : 0;
	uint32_t batch = argc > 2 ? (uint32_t)atoi(argv[2]) : 0;
	uint32_t i, j;

	for (i = 0; i < LENGTH(sizes); i++)
		for (j = 0; j < LENGTH(batches); j++)
			if ((!size || size == sizes[i]) &&
			    (!batch || batch == batches[j]))
				stream(sizes[i], batches[j]);
	return 0;
}
