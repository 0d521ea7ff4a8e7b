// SPDX-License-Identifier: MPL-2.0
/*
 * A stream of events of 64 bytes through what the kernel has for that, and
 * through ours, which here sleeps in the kernel, too, when there is nothing to
 * do: on two CPUs, and on one, where all have to.
 */
#include <stddef.h>

#include "duel.h"
#include "rounds.h"

static double run(const struct contender *contender, const struct sample *work)
{
	return duel_stream(contender->context, work);
}

static const struct contender contenders[] = {
	{ "rusted_ring inline", run, &queue_inline_block },
	{ "rusted_ring handles", run, &queue_handle_block },
	{ "pipe", run, &queue_pipe },
	{ "socketpair", run, &queue_socketpair },
	{ "mq", run, &queue_mq },
};

int main(void)
{
	struct sample work = {
		.figure = "mechanism",
		.size = 64,
		.batch = 1,
		.unit = "M events/s",
	};

	rounds_run_on_both(&work, contenders, sizeof(contenders) /
					      sizeof(contenders[0]));
	return 0;
}
