// SPDX-License-Identifier: MPL-2.0
/*
 * One thread writes each event once, and another one reads it as each of K
 * readers, one by one, on two CPUs. A peer of one reader has a queue for each of
 * them, into which its writer copies the event.
 */
#include <stdlib.h>

#include "ours.h"
#include "pair.h"
#include "payload.h"
#include "queue.h"
#include "rounds.h"

#define BYTES	64
#define READERS	4

struct broadcast {
	const struct queue_kind *kind;
	uint32_t readers;
	uint32_t copies;		/* that the writer makes of an event */
	void *queue[READERS];
	struct ours ours[READERS];	/* they differ in .reader */
};

/* ---- ours: each reader has what it needs of one ring as its "queue" ---- */

static void write_ours(void *context, uint64_t first, uint64_t n)
{
	struct rring_writer *writer = ((struct ours *)context)->writer;
	uint64_t end = first + n;

	for (; first < end; first++) {
		ours_must(rring_reserve(writer, 1), "rring_reserve");
		payload_fill(rring_reserved(writer, 0, BYTES, 0), BYTES,
			     first);
		rring_commit(writer, 1);
	}
}

static void read_ours(void *context, uint64_t first, uint64_t n)
{
	ours_read_one_by_one(context, first, first + n);
}

static const struct queue_kind ours = {
	.write = write_ours,
	.read = read_ours,
};

static void open_ours(struct broadcast *cast)
{
	static const uint32_t no_slots[RRING_POOLS] = { 1 };
	const struct rring_ring_config ring = {
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = queue_capacity(BYTES),
		.stride = BYTES,
		.strategy = RRING_WAIT_YIELD,
	};
	struct rring_reader_config reader = {
		.start = RRING_START_OLDEST,
		.strategy = ring.strategy,
	};
	uint32_t i;

	ours_open(&cast->ours[0], &ring, no_slots);
	reader.ring = rring_writer_ring_id(cast->ours[0].writer);
	for (i = 1; i < cast->readers; i++) {
		cast->ours[i] = cast->ours[0];
		ours_must(rring_reader_open(cast->ours[i].to, &reader,
					    &cast->ours[i].reader),
			  "rring_reader_open");
	}
	for (i = 0; i < cast->readers; i++)
		cast->queue[i] = &cast->ours[i];
}

/* ---- all of them ---- */

static void open_all(struct broadcast *cast)
{
	uint32_t i;

	cast->copies = cast->kind == &ours ? 1 : cast->readers;
	if (cast->kind == &ours)
		open_ours(cast);
	else
		for (i = 0; i < cast->readers; i++)
			cast->queue[i] = cast->kind->open(BYTES, 1,
						queue_capacity(BYTES));
}

static void close_all(struct broadcast *cast)
{
	uint32_t i;

	if (cast->kind == &ours)
		ours_close(&cast->ours[0]);
	else
		for (i = 0; i < cast->readers; i++)
			cast->kind->close(cast->queue[i]);
}

static void write_events(void *context, uint64_t first, uint64_t n)
{
	struct broadcast *cast = context;
	uint64_t end = first + n;
	uint32_t i;

	for (; first < end; first++)
		for (i = 0; i < cast->copies; i++)
			cast->kind->write(cast->queue[i], first, 1);
}

static void read_events(void *context, uint64_t first, uint64_t n)
{
	struct broadcast *cast = context;
	uint64_t end = first + n;
	uint32_t i;

	for (; first < end; first++)
		for (i = 0; i < cast->readers; i++)
			cast->kind->read(cast->queue[i], first, 1);
}

/* .more[0]: how many readers. */
static double run(const struct contender *contender, const struct sample *work)
{
	struct broadcast cast = {
		.kind = contender->context,
		.readers = (uint32_t)work->more[0].number,
	};
	double ns;

	open_all(&cast);
	ns = pair_ns(write_events, read_events, &cast);
	close_all(&cast);
	return ns;
}

int main(void)
{
	static const struct contender contenders[] = {
		{ "rusted_ring inline", run, &ours },
		{ "ck_ring", run, &queue_ck },
		{ "rte_ring", run, &queue_rte },
		{ "boost spsc_queue", run, &queue_boost_spsc },
		{ "readerwriterqueue", run, &queue_readerwriter },
		{ "readerwriterqueue", run, &queue_readerwriter, 1 },
		{ "cached indices", run, &queue_cached_indices },
		{ "cached indices", run, &queue_cached_indices, 1 },
		{ "flag beside payload", run, &queue_flags },
		{ "flag beside payload", run, &queue_flags, 1 },
	};
	struct sample work = {
		.figure = "broadcast", .size = BYTES, .batch = 1,
		.unit = "ns", .more = { { .name = "readers" } },
	};

	for (work.more[0].number = 1; work.more[0].number <= READERS;
	     work.more[0].number *= 2)
		rounds_run(&work, contenders, sizeof(contenders) /
					      sizeof(contenders[0]));
	return 0;
}
