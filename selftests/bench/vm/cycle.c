// SPDX-License-Identifier: MPL-2.0
/*
 * What events of 64 bytes cost on the device, from one client to another one of
 * the same thread. By a clock that counts instructions ("count"), beside an
 * arena in the process: the device is to cost nothing. Else beside the cheapest
 * system call that there is, in time.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ours.h"
#include "payload.h"
#include "placement.h"
#include "rounds.h"

#define BYTES		64
#define CYCLES		2000u
#define CAPACITY	256

struct cycle {
	struct ours ours;
	struct rring_event event;	/* for hold and drop */
};

static void alloc(struct cycle *cycle, struct rring_event *event)
{
	ours_must(rring_alloc(cycle->ours.from, BYTES, 1, event),
		  "rring_alloc");
}

static void alloc_and_drop(struct cycle *cycle)
{
	struct rring_event event;

	alloc(cycle, &event);
	ours_must(rring_drop(cycle->ours.from, &event), "rring_drop");
}

static void hold_and_drop(struct cycle *cycle)
{
	ours_must(rring_hold(cycle->ours.from, &cycle->event), "rring_hold");
	ours_must(rring_drop(cycle->ours.from, &cycle->event), "rring_drop");
}

static void receive(struct cycle *cycle, struct rring_event *event)
{
	if (rring_peek(cycle->ours.reader, 1) != 1)
		abort();
	ours_must(rring_entry(cycle->ours.reader, 0, event), "rring_entry");
	payload_check(event->data, BYTES, 1);
}

static void release(struct cycle *cycle)
{
	ours_must(rring_release(cycle->ours.reader, 1), "rring_release");
}

static void publish_and_receive(struct cycle *cycle)
{
	struct rring_event event;

	alloc(cycle, &event);
	payload_fill(event.data, BYTES, 1);
	ours_must(rring_publish(cycle->ours.writer, &event), "rring_publish");
	receive(cycle, &event);
	release(cycle);
}

/* The reader also keeps the event for longer than its place in the ring. */
static void publish_keep_and_drop(struct cycle *cycle)
{
	struct rring_event event;

	alloc(cycle, &event);
	payload_fill(event.data, BYTES, 1);
	ours_must(rring_publish(cycle->ours.writer, &event), "rring_publish");
	receive(cycle, &event);
	ours_must(rring_keep(cycle->ours.reader, &event), "rring_keep");
	release(cycle);
	ours_must(rring_drop(cycle->ours.to, &event), "rring_drop");
}

static void write_and_read(struct cycle *cycle)
{
	struct rring_event event;

	ours_must(rring_reserve(cycle->ours.writer, 1), "rring_reserve");
	payload_fill(rring_reserved(cycle->ours.writer, 0, BYTES, 1), BYTES, 1);
	rring_commit(cycle->ours.writer, 1);
	receive(cycle, &event);
	release(cycle);
}

/* One event, over and over: what is to be done for each, and no more. */
static void publish_and_release(struct cycle *cycle)
{
	struct rring_event event;

	ours_must(rring_hold(cycle->ours.from, &cycle->event), "rring_hold");
	ours_must(rring_publish(cycle->ours.writer, &cycle->event),
		  "rring_publish");
	if (rring_peek(cycle->ours.reader, 1) != 1)
		abort();
	ours_must(rring_entry(cycle->ours.reader, 0, &event), "rring_entry");
	release(cycle);
}

/* Slots that others have known come by a call of the kernel, 64 at a time. */
#define REFILLS	"device_and_refills"

static const struct operation {
	const char *name;
	void (*run)(struct cycle *cycle);
	enum rring_kind kind;
	const char *figure;
} operations[] = {
	{ "publish, receive, drop", publish_and_release, RRING_HANDLES,
	  "device" },
	{ "alloc, drop", alloc_and_drop, RRING_HANDLES, "device" },
	{ "hold, drop", hold_and_drop, RRING_HANDLES, "device" },
	{ "alloc, publish, receive", publish_and_receive, RRING_HANDLES,
	  REFILLS },
	{ "alloc, publish, keep, drop", publish_keep_and_drop, RRING_HANDLES,
	  REFILLS },
	{ "write, read", write_and_read, RRING_INLINE, "device" },
};

#define OPERATIONS	((int)(sizeof(operations) / sizeof(operations[0])))
#define BARE		0	/* which is set against system calls */

/* What a contender does, and where. */
struct place {
	const struct operation *operation;
	const char *backend;
};

static void open_cycle(struct cycle *cycle, const struct place *place)
{
	static const uint32_t slots[RRING_POOLS] = { 4 * CAPACITY };
	const struct operation *operation = place->operation;
	const struct rring_ring_config ring = {
		.kind = operation->kind,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = operation->kind == RRING_INLINE ? BYTES : 0,
		/* nobody gets ahead while this thread rests */
		.strategy = RRING_WAIT_SPIN,
	};

	setenv("RRING_BACKEND", place->backend, 1);
	ours_open(&cycle->ours, &ring, slots);
	alloc(cycle, &cycle->event);
}

/* Nanoseconds for each; the first ones are for the caches, and refills. */
static double run(const struct contender *contender,
		  const struct sample *work)
{
	const struct place *place = contender->context;
	struct cycle cycle;
	double start, ns;
	uint32_t i;

	(void)work;
	open_cycle(&cycle, place);
	for (i = 0; i < CYCLES; i++)
		place->operation->run(&cycle);
	start = now_ns();
	for (i = 0; i < CYCLES; i++)
		place->operation->run(&cycle);
	ns = now_ns() - start;
	ours_close(&cycle.ours);
	return ns / CYCLES;
}

static double call(const struct contender *contender,
		   const struct sample *work)
{
	double start = now_ns();
	uint32_t i;

	(void)contender;
	(void)work;
	for (i = 0; i < CYCLES; i++)
		syscall(SYS_getppid);
	return (now_ns() - start) / CYCLES;
}

static void compare_backends(const struct operation *operation)
{
	const struct place device = { operation, "device" };
	const struct place process = { operation, "process" };
	const struct contender contenders[] = {
		{ "rusted_ring device", run, &device },
		{ "in-process arena", run, &process },
	};
	const struct sample work = {
		.figure = operation->figure,
		.size = BYTES,
		.unit = "instructions",
		.more = { { "operation", operation->name, 0 } },
	};

	rounds_run(&work, contenders, 2);
}

static void compare_with_calls(const char *backend, const char *unit)
{
	const struct place place = { &operations[BARE], backend };
	const struct contender contenders[] = {
		{ "rusted_ring", run, &place },
		{ "getppid", call, NULL },
	};
	const struct sample work = {
		.figure = "syscall",
		.size = BYTES,
		.unit = unit,
		.more = { { "operation", operations[BARE].name, 0 } },
	};

	rounds_run(&work, contenders, 2);
}

/*
 * "process": beside system calls of the host's, where there is no device, but
 * an arena in the process, which takes the same instructions.
 */
int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int counts = !strcmp(how, "count");
	int i;

	compare_with_calls(strcmp(how, "process") ? "device" : "process",
			   counts ? "instructions" : "ns");
	for (i = 0; counts && i < OPERATIONS; i++)
		compare_backends(&operations[i]);
	return 0;
}
