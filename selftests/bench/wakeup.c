// SPDX-License-Identifier: MPL-2.0
/*
 * How soon somebody who sleeps for an event has it: on another CPU, which has
 * gone idle; and on the same one, where it is a round trip, as each has to go
 * to sleep before the other one runs.
 */
#include <stddef.h>

#include "duel.h"
#include "rounds.h"

static double run(const struct contender *contender, const struct sample *work)
{
	return duel_wakeup(contender->context, work);
}

static const struct contender contenders[] = {
	{ "rusted_ring inline", run, &queue_inline_block },
	{ "rusted_ring handles", run, &queue_handle_block },
	{ "eventfd", run, &queue_eventfd },
	{ "futex", run, &queue_futex },
	{ "bare futex and membarrier", run, &queue_barrier },
	{ "pipe", run, &queue_pipe },
	{ "socketpair", run, &queue_socketpair },
	{ "mq", run, &queue_mq },
};

int main(void)
{
	struct sample work = {
		.figure = "wakeup",
		.size = 64,
		.unit = "us",
	};

	rounds_run_on_both(&work, contenders, sizeof(contenders) /
					      sizeof(contenders[0]));
	return 0;
}
