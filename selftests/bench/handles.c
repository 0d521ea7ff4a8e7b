// SPDX-License-Identifier: MPL-2.0
/*
 * A stream of objects of a pool, like for like: the writer allocates, fills and
 * passes a pointer or a handle; the reader reads, and gives the object back.
 */
#include "duel.h"
#include "rounds.h"

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

static const struct queue_kind *const kinds[] = {
	&queue_handle, &queue_rte, &queue_ck,
};

static const uint32_t sizes[] = { 64, 256, 1024 };
static const uint32_t batches[] = { 1, 32 };

static double run(const struct contender *contender, const struct sample *work)
{
	return 1e3 / duel_stream(contender->context, work);
}

static void stream(uint32_t size, uint32_t batch)
{
	struct contender contenders[LENGTH(kinds)];
	const struct sample work = {
		.figure = "handles",
		.size = size,
		.batch = batch,
		.unit = "ns",
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
	uint32_t i, j;

	for (i = 0; i < LENGTH(sizes); i++)
		for (j = 0; j < LENGTH(batches); j++)
			stream(sizes[i], batches[j]);
	return 0;
}
