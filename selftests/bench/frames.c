// SPDX-License-Identifier: MPL-2.0
/*
 * One thread allocates a frame of some MiB, fills it, passes it on, reads it as
 * another client, and frees it. A mapped pool is the least that this costs: two
 * frames that stay mapped, and a queue of one thread. "new pages" is a pool that
 * maps and unmaps each frame.
 */
#include <err.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "ours.h"
#include "payload.h"
#include "rounds.h"
#include "turn.h"

#define MIB	(1u << 20)
#define ENTRIES	2

struct frames {
	struct ours ours;
	void *free[ENTRIES];	/* of a mapped pool: the newest one last */
	uint32_t nr_free;
	uint32_t size;
	uint64_t number;
};

static void *map_frame(uint32_t size)
{
	void *frame = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (frame == MAP_FAILED)
		err(1, "mmap");
	return frame;
}

/* ---- ours ---- */

static void pass_ours(void *context, uint64_t n)
{
	struct frames *frames = context;
	struct rring_event event;

	for (; n; n--) {
		ours_must(rring_alloc(frames->ours.from, frames->size, 1,
				      &event), "rring_alloc");
		payload_fill(event.data, frames->size, frames->number);
		ours_must(rring_publish(frames->ours.writer, &event),
			  "rring_publish");
		ours_read(&frames->ours, 1, frames->number++, 1);
	}
}

static double run_ours(const struct contender *contender,
		       const struct sample *work)
{
	static const uint32_t slots[RRING_POOLS] = { [RRING_XXL] = ENTRIES };
	static const struct rring_ring_config ring = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = ENTRIES,
	};
	struct frames frames = { .size = work->size };
	double ns;

	(void)contender;
	ours_open(&frames.ours, &ring, slots);
	ns = turn_ns(pass_ours, &frames, 1);
	ours_close(&frames.ours);
	return ns;
}

/* ---- pools ---- */

/* The stores of a queue, which the compiler must not leave out. */
static void *pass(void *frame)
{
	static void *volatile entry;

	entry = frame;
	return entry;
}

static void pass_mapped(void *context, uint64_t n)
{
	struct frames *frames = context;

	for (; n; n--) {
		void *frame = frames->free[--frames->nr_free];

		payload_fill(frame, frames->size, frames->number);
		frame = pass(frame);
		payload_check(frame, frames->size, frames->number++);
		frames->free[frames->nr_free++] = frame;
	}
}

static double run_mapped(const struct contender *contender,
			 const struct sample *work)
{
	struct frames frames = { .size = work->size };
	double ns;

	(void)contender;
	while (frames.nr_free < ENTRIES)
		frames.free[frames.nr_free++] = map_frame(frames.size);
	ns = turn_ns(pass_mapped, &frames, 1);
	while (frames.nr_free)
		munmap(frames.free[--frames.nr_free], frames.size);
	return ns;
}

static void pass_new(void *context, uint64_t n)
{
	struct frames *frames = context;

	for (; n; n--) {
		void *frame = map_frame(frames->size);

		payload_fill(frame, frames->size, frames->number);
		frame = pass(frame);
		payload_check(frame, frames->size, frames->number++);
		munmap(frame, frames->size);
	}
}

static double run_new(const struct contender *contender,
		      const struct sample *work)
{
	struct frames frames = { .size = work->size };

	(void)contender;
	return turn_ns(pass_new, &frames, 1);
}

int main(void)
{
	static const struct contender contenders[] = {
		{ "rusted_ring", run_ours, NULL },
		{ "mapped pool", run_mapped, NULL },
		{ "new pages", run_new, NULL },
	};
	static const uint32_t mib[] = { 1, 6, 24 };
	/* in the virtual machine, the arena is one of the device */
	int on_device = !!getenv("BENCH_PLACEMENT");
	struct sample work = {
		.figure = on_device ? "device_frames" : "frames",
		.placement = on_device ? NULL : "one",
		.unit = on_device ? "instructions" : "ns",
	};

	size_t i;

	for (i = 0; i < sizeof(mib) / sizeof(mib[0]); i++) {
		work.size = mib[i] * MIB;
		rounds_run(&work, contenders, sizeof(contenders) /
					      sizeof(contenders[0]));
	}
	return 0;
}
