// SPDX-License-Identifier: MPL-2.0
/*
 * An event of 64 bytes to another CPU, and another one back, between threads
 * that are bound to these CPUs and would sleep: they are to look for a moment
 * first. "spinning" is ours with threads that never sleep.
 */
#include "duel.h"
#include "rounds.h"

static double run(const struct contender *contender, const struct sample *work)
{
	return duel_pingpong(contender->context, work);
}

static const struct contender contenders[] = {
	{ "rusted_ring inline", run, &queue_inline_block },
	{ "rusted_ring handles", run, &queue_handle_block },
	{ "spinning", run, &queue_inline_spin },
	{ "futex", run, &queue_futex },
	{ "eventfd", run, &queue_eventfd },
	{ "pipe", run, &queue_pipe },
};

int main(void)
{
	static const struct sample work = {
		.figure = "waiting",
		.size = 64,
		.unit = "ns",
	};

	rounds_run(&work, contenders, sizeof(contenders) /
				      sizeof(contenders[0]));
	return 0;
}
