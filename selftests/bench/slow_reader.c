// SPDX-License-Identifier: MPL-2.0
/*
 * A reader that works 2 us on each event, and a writer that has always more, on
 * two CPUs: the queue is full, and the writer sleeps. "work" is the work alone.
 */
#include "pair.h"
#include "placement.h"
#include "queue.h"
#include "rounds.h"

#define BYTES		64
#define CAPACITY	256
#define WORK_NS		2000.0

struct play {
	const struct queue_kind *kind;	/* NULL: no queue */
	void *queue;
};

static void work_on_event(void)
{
	double end = now_ns() + WORK_NS;

	while (now_ns() < end)
		queue_relax();
}

static void write_events(void *context, uint64_t first, uint64_t n)
{
	struct play *play = context;

	if (play->kind)
		play->kind->write(play->queue, first, n);
}

static void read_events(void *context, uint64_t first, uint64_t n)
{
	struct play *play = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		if (play->kind)
			play->kind->read(play->queue, first, 1);
		work_on_event();
	}
}

static double run(const struct contender *contender, const struct sample *work)
{
	struct play play = { .kind = contender->context };
	double ns;

	if (play.kind)
		play.queue = play.kind->open(work->size, 1, CAPACITY);
	ns = pair_ns(write_events, read_events, &play);
	if (play.kind)
		play.kind->close(play.queue);
	return ns;
}

int main(void)
{
	static const struct contender contenders[] = {
		{ "rusted_ring inline", run, &queue_inline_block },
		{ "rusted_ring handles", run, &queue_handle_block },
		{ "work", run, NULL },
		{ "pipe", run, &queue_pipe },
		{ "socketpair", run, &queue_socketpair },
	};
	static const struct sample work = {
		.figure = "slow_reader", .size = BYTES, .batch = 1,
		.unit = "ns",
	};

	rounds_run(&work, contenders, sizeof(contenders) /
				      sizeof(contenders[0]));
	return 0;
}
