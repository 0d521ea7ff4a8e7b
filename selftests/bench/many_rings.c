// SPDX-License-Identifier: MPL-2.0
/*
 * One reader of N rings: what a look at an idle ring takes, and an event if one
 * of the rings is active. The peer polls N queues: it does not sleep, and its
 * events have no lifetime.
 */
#include "many.h"
#include "rounds.h"
#include "turn.h"

static double run_idle(const struct contender *contender,
		       const struct sample *work)
{
	const struct many_kind *kind = contender->context;
	uint32_t rings = (uint32_t)work->more[0].number;
	void *many = kind->open(rings);
	double ns = turn_ns(kind->look, many, 1) / rings;

	kind->close(many);
	return ns;
}

static double run_active(const struct contender *contender,
			 const struct sample *work)
{
	const struct many_kind *kind = contender->context;
	void *many = kind->open((uint32_t)work->more[0].number);
	double ns = turn_ns(kind->pass, many, 1);

	kind->close(many);
	return ns;
}

static void run_all(const char *figure, const struct contender contenders[2])
{
	struct sample work = {
		.figure = figure, .size = MANY_BYTES, .batch = 1, .unit = "ns",
		.placement = "one", .more = { { .name = "rings" } },
	};

	for (work.more[0].number = 1; work.more[0].number <= MANY_MAX;
	     work.more[0].number *= 4)
		rounds_run(&work, contenders, 2);
}

int main(void)
{
	static const struct contender idle[] = {
		{ "rusted_ring set", run_idle, &many_ours },
		{ "polled queues", run_idle, &many_queues },
	}, active[] = {
		{ "rusted_ring set", run_active, &many_ours },
		{ "polled queues", run_active, &many_queues },
	};

	run_all("idle_rings", idle);
	run_all("one_active_ring", active);
	return 0;
}
