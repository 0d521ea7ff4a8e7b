// SPDX-License-Identifier: MPL-2.0
/* A stream of events from one thread to another, on two CPUs. */
#include <stdlib.h>

#include "duel.h"
#include "rounds.h"

#define EAGER_MAX	64	/* beyond, pauses make no difference */
#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

static const struct {
	const struct queue_kind *kind;
	int eager;
} all[] = {
	{ &queue_inline }, { &queue_copy }, { &queue_handle },
	{ &queue_ck }, { &queue_ck, 1 },
	{ &queue_rte }, { &queue_rte, 1 },
	{ &queue_boost_spsc }, { &queue_boost_spsc, 1 },
	{ &queue_readerwriter }, { &queue_readerwriter, 1 },
	{ &queue_cached_indices }, { &queue_cached_indices, 1 },
	{ &queue_flags }, { &queue_flags, 1 },
	{ &queue_wfcq }, { &queue_lfq }, { &queue_boost_mq },
};

static const uint32_t sizes[] = { 64, 256, 1024, 4096, 16384 };
static const uint32_t batches[] = { 1, 16, 32 };

static double run(const struct contender *contender, const struct sample *work)
{
	return duel_stream(contender->context, work);
}

static void stream(uint32_t size, uint32_t batch)
{
	struct contender contenders[LENGTH(all)];
	struct sample work = {
		.figure = "stream",
		.size = size,
		.batch = batch,
		.unit = "M events/s",
	};
	uint32_t i;
	int n = 0;

	for (i = 0; i < LENGTH(all); i++) {
		if (batch > 1 && !all[i].kind->batches)
			continue;
		if (all[i].eager && size > EAGER_MAX)
			continue;
		contenders[n++] = (struct contender) {
			.name = all[i].kind->name,
			.run = run,
			.context = all[i].kind,
			.eager = all[i].eager,
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
