// SPDX-License-Identifier: MPL-2.0
/*
 * A queue with cached indices for each producer, and a reader that polls them in
 * turn.
 */
#include <err.h>
#include <stdlib.h>

#include "many.h"
#include "spsc.h"

struct many {
	struct spsc *queue[MANY_MAX];
	uint32_t turn;			/* of the queue that is polled next */
	struct many_next next;
	uint64_t passed;
};

static void *open_queues(uint32_t producers)
{
	struct many *many = calloc(1, sizeof(*many));
	uint32_t i;

	if (!many)
		err(1, "memory");
	many_start(&many->next, producers);
	for (i = 0; i < producers; i++)
		many->queue[i] = spsc_open(MANY_BYTES, MANY_CAPACITY);
	return many;
}

static void close_queues(void *context)
{
	struct many *many = context;
	uint32_t i;

	for (i = 0; i < many->next.producers; i++)
		spsc_close(many->queue[i]);
	free(many);
}

static void write_one(struct spsc *queue, uint64_t number)
{
	void *payload;

	while (payload = spsc_reserve(queue), !payload)
		queue_relax();
	payload_fill(payload, MANY_BYTES, number);
	spsc_commit(queue);
}

/* The queue whose turn it is and that has an event, or NULL. */
static struct spsc *poll_all(struct many *many, const void **payload)
{
	uint32_t i, mask = many->next.producers - 1;

	for (i = 0; i <= mask; i++) {
		struct spsc *queue = many->queue[many->turn];

		*payload = spsc_peek(queue);
		many->turn = (many->turn + 1) & mask;
		if (*payload)
			return queue;
	}
	return NULL;
}

static void look(void *context, uint64_t n)
{
	const void *payload;

	while (n--)
		if (poll_all(context, &payload))
			abort();
}

static void pass(void *context, uint64_t n)
{
	struct many *many = context;
	struct spsc *active = many->queue[many->next.producers / 2];
	const void *payload;

	for (; n; n--) {
		write_one(active, many->passed);
		if (poll_all(many, &payload) != active)
			abort();
		payload_check(payload, MANY_BYTES, many->passed++);
		spsc_release(active);
	}
}

static void feed(void *context, uint64_t first, uint64_t n)
{
	struct many *many = context;
	uint64_t end = first + n;

	for (; first < end; first++)
		write_one(many->queue[many_producer(&many->next, first)],
			  first);
}

static void gather(void *context, uint64_t first, uint64_t n)
{
	struct many *many = context;
	const void *payload;
	struct spsc *queue;

	(void)first;
	for (; n; n--) {
		while (queue = poll_all(many, &payload), !queue)
			queue_relax();
		many_check(&many->next, payload);
		spsc_release(queue);
	}
}

static void gather_batches(void *context, uint64_t first, uint64_t n)
{
	struct many *many = context;
	uint64_t there, got, i;
	const void *payload;
	struct spsc *queue;

	(void)first;
	for (; n; n -= got) {
		while (queue = poll_all(many, &payload), !queue)
			queue_relax();
		there = spsc_count(queue);
		got = queue_share(MANY_BATCH, n < there ? n : there);
		for (i = 0; i < got; i++)
			many_check(&many->next, spsc_entry(queue, i));
		spsc_release_all(queue, got);
	}
}

const struct many_kind many_queues = {
	.open = open_queues,
	.look = look,
	.pass = pass,
	.feed = feed,
	.gather = gather,
	.close = close_queues,
};

const struct many_kind many_queues_batches = {
	.open = open_queues,
	.feed = feed,
	.gather = gather_batches,
	.close = close_queues,
};
