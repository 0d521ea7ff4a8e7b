// SPDX-License-Identifier: MPL-2.0
/*
 * Allocate 64 bytes, fill them, free them: one object at a time, 512 at a time,
 * 32 at a time (as what it takes beyond the filling), and with a part of the pool
 * held.
 */
#include <stddef.h>

#include "allocator.h"
#include "rounds.h"
#include "turn.h"

#define SLOTS	8192
#define COUNT(array)	((int)(sizeof(array) / sizeof((array)[0])))

struct job {
	const struct allocator_kind *kind;
	void *context;
	uint32_t batch;
};

static void do_job(void *context, uint64_t n)
{
	struct job *job = context;

	job->kind->work(job->context, n, job->batch);
}

static double measure(const struct allocator_kind *kind, uint32_t slots,
		      uint32_t held, uint32_t batch)
{
	struct job job = { kind, kind->open(slots, held), batch };
	double ns = turn_ns(do_job, &job, batch);

	kind->close(job.context);
	return ns;
}

static double run(const struct contender *contender, const struct sample *work)
{
	return measure(contender->context, SLOTS, 0, work->batch);
}

static double run_beyond_fill(const struct contender *contender,
			      const struct sample *work)
{
	return run(contender, work) -
	       measure(&allocator_none, SLOTS, 0, work->batch);
}

/* .more[0] says how many slots there are, .more[1] how many are left. */
static double run_held(const struct contender *contender,
		       const struct sample *work)
{
	uint32_t slots = (uint32_t)work->more[0].number;

	return measure(contender->context, slots,
		       slots - (uint32_t)work->more[1].number, 1);
}

static void run_figure(const char *figure, uint32_t batch)
{
	static const struct contender contenders[] = {
		{ "rusted_ring", run, &allocator_ours },
		{ "rte_mempool", run, &allocator_rte },
		{ "glibc", run, &allocator_glibc },
		{ "jemalloc", run, &allocator_jemalloc },
		{ "mimalloc", run, &allocator_mimalloc },
		{ "fill", run, &allocator_none },
	};
	const struct sample work = {
		.figure = figure, .size = ALLOCATOR_BYTES, .batch = batch,
		.placement = "one", .unit = "ns",
	};

	rounds_run(&work, contenders, COUNT(contenders));
}

static void in_bulk(void)
{
	static const struct contender contenders[] = {
		{ "rusted_ring", run_beyond_fill, &allocator_ours },
		{ "rte_mempool", run_beyond_fill, &allocator_rte },
		{ "glibc", run_beyond_fill, &allocator_glibc },
		{ "jemalloc", run_beyond_fill, &allocator_jemalloc },
		{ "mimalloc", run_beyond_fill, &allocator_mimalloc },
		{ "bare stores", run_beyond_fill, &allocator_bare_stores },
	};
	const struct sample work = {
		.figure = "alloc_beyond_fill", .size = ALLOCATOR_BYTES,
		.batch = ALLOCATOR_BATCH, .placement = "one", .unit = "ns",
	};

	rounds_run(&work, contenders, COUNT(contenders));
}

/* Slots of a pool of @slots that are held: none, half, all but a batch or one. */
static void with_some_held(const char *figure, uint64_t slots,
			   const struct contender *contenders, int n)
{
	const struct sample_key left[] = {
		{ "left", "all", slots }, { "left", "half", slots / 2 },
		{ "left", "batch", 64 }, { "left", "one", 1 },
	};
	struct sample work = {
		.figure = figure, .size = ALLOCATOR_BYTES, .batch = 1,
		.placement = "one", .unit = "ns",
		.more = { { .name = "slots", .number = slots } },
	};
	int i;

	for (i = 0; i < COUNT(left); i++) {
		work.more[1] = left[i];
		rounds_run(&work, contenders, n);
	}
}

int main(void)
{
	static const struct contender unshared[] = {
		{ "rusted_ring", run_held, &allocator_ours },
		{ "rte_mempool", run_held, &allocator_rte },
		{ "glibc", run_held, &allocator_glibc },
		{ "jemalloc", run_held, &allocator_jemalloc },
		{ "mimalloc", run_held, &allocator_mimalloc },
	};
	static const struct contender shared[] = {
		{ "rusted_ring", run_held, &allocator_ours_shared },
	};
	static const struct contender threads[] = {
		{ "rusted_ring", run_held, &allocator_ours_threads },
	};

	uint64_t slots;

	run_figure("alloc", 1);
	run_figure("alloc_live", ALLOCATOR_LIVE);
	in_bulk();
	with_some_held("alloc_held", SLOTS, unshared, COUNT(unshared));
	for (slots = 1 << 10; slots <= 1 << 20; slots <<= 5) {
		with_some_held("alloc_held_shared", slots, shared, 1);
		with_some_held("alloc_held_threads", slots, threads, 1);
	}
	return 0;
}
