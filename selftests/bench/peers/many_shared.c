// SPDX-License-Identifier: MPL-2.0
/*
 * One queue that all producers share, with room for as many events as their own
 * queues would have. As one thread plays all producers, they never meet in it.
 */
#include <err.h>
#include <stdlib.h>

#include "many.h"
#include "queue.h"

struct many {
	const struct queue_kind *kind;
	void *queue;
};

static void *open_shared(const struct queue_kind *kind, uint32_t producers)
{
	struct many *many = malloc(sizeof(*many));

	if (!many)
		err(1, "memory");
	many->kind = kind;
	many->queue = kind->open(MANY_BYTES, 1, producers * MANY_CAPACITY);
	return many;
}

static void *open_mpsc(uint32_t producers)
{
	return open_shared(&queue_ck_mpsc, producers);
}

static void *open_wfcq(uint32_t producers)
{
	return open_shared(&queue_wfcq, producers);
}

static void feed(void *context, uint64_t first, uint64_t n)
{
	struct many *many = context;

	many->kind->write(many->queue, first, n);
}

static void gather(void *context, uint64_t first, uint64_t n)
{
	struct many *many = context;

	many->kind->read(many->queue, first, n);
}

static void close_shared(void *context)
{
	struct many *many = context;

	many->kind->close(many->queue);
	free(many);
}

const struct many_kind many_mpsc = {
	.open = open_mpsc,
	.feed = feed,
	.gather = gather,
	.close = close_shared,
};

const struct many_kind many_wfcq = {
	.open = open_wfcq,
	.feed = feed,
	.gather = gather,
	.close = close_shared,
};
