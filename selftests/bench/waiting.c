// SPDX-License-Identifier: MPL-2.0
/*
 * An event of 64 bytes to another thread, and another one back, between threads
 * that would sleep: they are to look for a moment first. They are bound to two
 * CPUs, and then to none. "spinning" is ours with threads that never sleep.
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
	{ "cached indices and futex", run, &queue_sleeping },
	{ "futex", run, &queue_futex },
	{ "eventfd", run, &queue_eventfd },
	{ "pipe", run, &queue_pipe },
};

int main(void)
{
	static const struct sample bound = {
		.figure = "waiting", .size = 64, .unit = "ns",
	}, unbound = {
		.figure = "waiting", .size = 64, .unit = "ns",
		.placement = "any",
	};
	int n = sizeof(contenders) / sizeof(contenders[0]);

	rounds_run(&bound, contenders, n);
	rounds_run(&unbound, contenders, n);
	return 0;
}
