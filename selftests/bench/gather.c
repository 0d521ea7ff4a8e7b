// SPDX-License-Identifier: MPL-2.0
/*
 * A stream from N producers, in turn, to one reader, on two CPUs. Peers are N
 * queues that the reader polls, and a queue that all producers share.
 */
#include "many.h"
#include "pair.h"
#include "rounds.h"

static double run(const struct contender *contender, const struct sample *work)
{
	const struct many_kind *kind = contender->context;
	void *many = kind->open((uint32_t)work->more[0].number);
	double ns = pair_ns(kind->feed, kind->gather, many);

	kind->close(many);
	return ns;
}

int main(void)
{
	static const struct contender contenders[] = {
		{ "rusted_ring set", run, &many_ours },
		{ "rusted_ring set, batches", run, &many_ours_batches },
		{ "polled queues", run, &many_queues },
		{ "polled queues, batches", run, &many_queues_batches },
		{ "ck_ring of many producers", run, &many_mpsc },
		{ "wfcqueue", run, &many_wfcq },
	};
	struct sample work = {
		.figure = "gather", .size = MANY_BYTES, .batch = 1,
		.unit = "ns", .more = { { .name = "producers" } },
	};

	for (work.more[0].number = 1; work.more[0].number <= MANY_MAX;
	     work.more[0].number *= 4)
		rounds_run(&work, contenders, sizeof(contenders) /
					      sizeof(contenders[0]));
	return 0;
}
