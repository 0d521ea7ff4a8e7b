// SPDX-License-Identifier: MPL-2.0
/* A stream of events from one thread to another, on two CPUs. */
#include <stdio.h>

#include "duel.h"
#include "rounds.h"

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

static const struct queue_kind *const kinds[] = {
	&queue_inline, &queue_handle, &queue_ck, &queue_rte,
	&queue_boost_spsc, &queue_readerwriter, &queue_wfcq, &queue_lfq,
	&queue_boost_mq,
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

int main(void)
{
	uint32_t size, batch;

	for (size = 0; size < LENGTH(sizes); size++)
		for (batch = 0; batch < LENGTH(batches); batch++)
			stream(sizes[size], batches[batch]);
	return 0;
}
