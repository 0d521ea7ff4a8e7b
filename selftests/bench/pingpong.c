// SPDX-License-Identifier: MPL-2.0
/* An event of 64 bytes to another CPU, and another one back. */
#include "duel.h"
#include "rounds.h"

static double run(const struct contender *contender, const struct sample *work)
{
	return duel_pingpong(contender->context, work);
}

static const struct contender contenders[] = {
	{ "bare line", run, &queue_bare_line },
	{ "bare payload", run, &queue_bare_payload },
	{ "rusted_ring inline", run, &queue_inline_spin },
	{ "rusted_ring handles", run, &queue_handle_spin },
	{ "ck_ring", run, &queue_ck },
	{ "ck_ring", run, &queue_ck, 1 },
	{ "rte_ring", run, &queue_rte },
	{ "rte_ring", run, &queue_rte, 1 },
	{ "boost spsc_queue", run, &queue_boost_spsc },
	{ "boost spsc_queue", run, &queue_boost_spsc, 1 },
	{ "readerwriterqueue", run, &queue_readerwriter },
	{ "readerwriterqueue", run, &queue_readerwriter, 1 },
	{ "cached indices", run, &queue_cached_indices },
	{ "cached indices", run, &queue_cached_indices, 1 },
	{ "flag beside payload", run, &queue_flags },
	{ "flag beside payload", run, &queue_flags, 1 },
	{ "wfcqueue", run, &queue_wfcq },
	{ "lfqueue", run, &queue_lfq },
	{ "boost message_queue", run, &queue_boost_mq },
};

int main(void)
{
	static const struct sample work = {
		.figure = "pingpong",
		.size = 64,
		.unit = "ns",
	};

	rounds_run(&work, contenders, sizeof(contenders) /
				      sizeof(contenders[0]));
	return 0;
}
