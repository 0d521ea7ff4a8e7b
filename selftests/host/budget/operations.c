// SPDX-License-Identifier: MPL-2.0
/*
 * operations: does each operation some thousand times, for callgrind to count.
 * Each leaves a dump of its own, called "NAME TIMES"; selftests/host/instruction_budget.sh has
 * what they may cost.
 */
#include <string.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "count.h"

#define SLOTS	1024
#define BULK	32
#define ENTRIES	256
#define READERS	16
#define OTHERS	63	/* clients of a crowd, besides the one that is counted */
#define PLACES	16384	/* slots of a crowd */
#define KEPT	32	/* by each of the others, scattered over the places */

struct stage {
	struct rring_client *client;
	struct rring_event event;	/* for who holds and drops */
	struct rring_writer *writer;
	struct rring_reader *reader[READERS];
	uint32_t readers;
	struct rring_event held[SLOTS];
	uint32_t nr_held;
	struct rring_client *other[OTHERS];
};

typedef void (*operation_t)(struct stage *stage);

static void fill(const struct rring_event *event, uint64_t value)
{
	uint64_t *words = event->data;
	int i;

	for (i = 0; i < 8; i++)
		words[i] = value + i;
}

static uint64_t sum(const struct rring_event *event)
{
	const uint64_t *words = event->data;
	uint64_t total = 0;
	int i;

	for (i = 0; i < 8; i++)
		total += words[i];
	return total;
}

/* ---- what is counted ---- */

static __attribute__((noinline)) void allocate(struct stage *stage)
{
	struct rring_event event;
	uint64_t i;

	count_toggle();
	for (i = 0; i < EVENTS; i++) {
		check(!rring_alloc(stage->client, 64, 1, &event), "alloc");
		fill(&event, i);
		rring_drop(stage->client, &event);
	}
	count_toggle();
}

static __attribute__((noinline)) void allocate_bulk(struct stage *stage)
{
	struct rring_event events[BULK];
	uint64_t i;
	int j;

	count_toggle();
	for (i = 0; i < EVENTS; i += BULK) {
		check(rring_alloc_batch(stage->client, RRING_XS, 64, 1, events,
					BULK) == BULK, "alloc_batch");
		for (j = 0; j < BULK; j++)
			fill(&events[j], i);
		for (j = 0; j < BULK; j++)
			rring_drop(stage->client, &events[j]);
	}
	count_toggle();
}

/* Others may know it: it goes back by way of the kernel. */
static __attribute__((noinline)) void allocate_shared(struct stage *stage)
{
	struct rring_event event;
	uint64_t i;

	count_toggle();
	for (i = 0; i < EVENTS; i++) {
		check(!rring_alloc(stage->client, 64, 1, &event), "alloc");
		fill(&event, i);
		rring_share(stage->client, &event);
		rring_drop(stage->client, &event);
	}
	count_toggle();
}

static __attribute__((noinline)) void hold_and_drop(struct stage *stage)
{
	uint64_t i;

	count_toggle();
	for (i = 0; i < EVENTS; i++) {
		rring_hold(stage->client, &stage->event);
		rring_drop(stage->client, &stage->event);
	}
	count_toggle();
}

static __attribute__((noinline)) void publish_some(struct stage *stage)
{
	struct rring_event event;
	uint64_t i;

	for (i = 0; i < BULK; i++) {
		check(!rring_alloc(stage->client, 64, 1, &event), "alloc");
		fill(&event, i);
		check(!rring_publish(stage->writer, &event), "publish");
	}
}

static __attribute__((noinline)) void publish_bulk(struct stage *stage)
{
	struct rring_event events[BULK];
	uint64_t i;

	check(rring_alloc_batch(stage->client, RRING_XS, 64, 1, events,
				BULK) == BULK, "alloc_batch");
	for (i = 0; i < BULK; i++)
		fill(&events[i], i);
	check(rring_publish_batch(stage->writer, events, BULK) == BULK,
	      "publish_batch");
}

static __attribute__((noinline)) void write_some(struct stage *stage)
{
	struct rring_event event;
	uint64_t i;

	for (i = 0; i < BULK; i++) {
		check(!rring_reserve(stage->writer, 1), "reserve");
		event.data = rring_reserved(stage->writer, 0, 64, 1);
		fill(&event, i);
		rring_commit(stage->writer, 1);
	}
}

static __attribute__((noinline)) void read_some(struct stage *stage)
{
	struct rring_event event;
	uint64_t total = 0;
	uint32_t i, j;

	for (i = 0; i < BULK; i++) {
		for (j = 0; j < stage->readers; j++) {
			struct rring_reader *reader = stage->reader[j];

			check(rring_peek(reader, 1) == 1, "peek");
			check(!rring_entry(reader, 0, &event), "entry");
			total += sum(&event);
			check(!rring_release(reader, 1), "release");
		}
	}
	check(total == stage->readers * (28ull * BULK + 4 * BULK * (BULK - 1)),
	      "what was read is not what was written");
}

/* ---- the two sides of a stream, of which one is counted ---- */

static void count_writes(struct stage *stage, operation_t write)
{
	int i;

	for (i = 0; i < EVENTS; i += BULK) {
		count_toggle();
		write(stage);
		count_toggle();
		read_some(stage);
	}
}

static void count_reads(struct stage *stage, operation_t write)
{
	int i;

	for (i = 0; i < EVENTS; i += BULK) {
		write(stage);
		count_toggle();
		read_some(stage);
		count_toggle();
	}
}

static void publish(struct stage *stage)
{
	count_writes(stage, publish_some);
}

static void publish_in_bulk(struct stage *stage)
{
	count_writes(stage, publish_bulk);
}

static void receive(struct stage *stage)
{
	count_reads(stage, publish_some);
}

static void write_inline(struct stage *stage)
{
	count_writes(stage, write_some);
}

static void read_inline(struct stage *stage)
{
	count_reads(stage, write_some);
}

/* A batch there, and all of it read by one more client. */
static __attribute__((noinline)) void pass_bulk(struct stage *stage)
{
	struct rring_reader *reader = stage->reader[0];
	struct rring_event event;
	uint64_t total = 0;
	uint32_t i;

	publish_bulk(stage);
	check(rring_peek(reader, BULK) == BULK, "peek");
	for (i = 0; i < BULK; i++) {
		check(!rring_entry(reader, i, &event), "entry");
		total += *(uint64_t *)event.data;
	}
	check(!rring_release(reader, BULK), "release");
	check(total == BULK * (BULK - 1) / 2, "other events were read");
}

/* Both sides are counted. */
static void stream(struct stage *stage)
{
	int i;

	count_toggle();
	for (i = 0; i < EVENTS; i += BULK)
		pass_bulk(stage);
	count_toggle();
}

/* ---- the stage ---- */

static void set_up(struct stage *stage, unsigned int flags)
{
	struct rring_arena_config config = {
		.capacity = { SLOTS },
		.backend = RRING_BACKEND_PROCESS,
	};

	memset(stage, 0, sizeof(*stage));
	check(!rring_open_config(&stage->client, &config, flags), "no arena");
}

static void open_ring(struct stage *stage, enum rring_kind kind,
		      struct rring_client *client, uint32_t readers)
{
	struct rring_ring_config config = {
		.kind = kind,
		.policy = RRING_FAIL,
		.capacity = ENTRIES,
		.stride = kind == RRING_INLINE ? 64 : 0,
	};
	struct rring_reader_config reader = { .start = RRING_START_OLDEST };

	check(!rring_writer_open(stage->client, &config, &stage->writer),
	      "no ring");
	reader.ring = rring_writer_ring_id(stage->writer);
	for (; stage->readers < readers; stage->readers++)
		check(!rring_reader_open(client, &reader,
					 &stage->reader[stage->readers]),
		      "no reader");
}

static void hold(struct stage *stage, uint32_t n)
{
	struct rring_event *event = stage->held;

	for (; stage->nr_held < n; stage->nr_held++, event++)
		check(!rring_alloc(stage->client, 64, 1, event), "alloc");
	rring_trim(stage->client);
}

/* The first time for what is there only once, the second time for all others. */
static void count(struct stage *stage, const char *name, operation_t operation)
{
	operation(stage);
	count_begin();
	operation(stage);
	count_end(name, EVENTS);
}

static void count_allocations(const char *name, operation_t operation,
			      unsigned int flags, uint32_t held)
{
	struct stage stage;

	set_up(&stage, flags);
	hold(&stage, held);
	count(&stage, name, operation);
	rring_close(stage.client);
}

/* ---- a crowd: many clients, of which one is counted ---- */

static void set_up_crowd(struct stage *stage, int others, unsigned int flags)
{
	struct rring_arena_config config = {
		.capacity = { PLACES },
		.backend = RRING_BACKEND_PROCESS,
		.max_clients = OTHERS + 1,
		.max_rings = 1,
	};
	int fd = rring_arena_create(&config);
	int i;

	memset(stage, 0, sizeof(*stage));
	check(fd >= 0, "no arena");
	check(!rring_open_arena(&stage->client, fd, RRING_PRODUCER, flags),
	      "no client");
	for (i = 0; i < others; i++)
		check(!rring_open_arena(&stage->other[i], fd, RRING_CONSUMER,
					flags), "no other");
	close(fd);
}

/* Each of the others keeps @n events, all over the pool. */
static void keep_scattered(struct stage *stage, uint32_t n)
{
	static struct rring_event events[PLACES];
	struct rring_event kept;
	uint32_t left = n * OTHERS;
	uint32_t i, at;

	for (i = 0; i < PLACES; i++)
		check(!rring_alloc(stage->client, 64, 1, &events[i]), "alloc");
	for (at = 0; left; left--) {
		uint64_t handle;

		at = (at + 20261) % PLACES;
		handle = rring_share(stage->client, &events[at]);
		check(!rring_upgrade(stage->other[left % OTHERS], handle,
				     &kept), "upgrade");
	}
	for (i = 0; i < PLACES; i++)
		rring_drop(stage->client, &events[i]);
	rring_trim(stage->client);
}

static void count_crowd(const char *name, uint32_t kept)
{
	struct stage stage;
	int i;

	set_up_crowd(&stage, OTHERS, RRING_SINGLE_THREADED);
	if (kept)
		keep_scattered(&stage, kept);
	count(&stage, name, allocate_shared);
	for (i = 0; i < OTHERS; i++)
		rring_close(stage.other[i]);
	rring_close(stage.client);
}

/* A stream from one client to another, beside whom there are more. */
static void count_stream_to(const char *name, int others, unsigned int flags)
{
	struct stage stage;
	int i;

	set_up_crowd(&stage, others, flags);
	open_ring(&stage, RRING_HANDLES, stage.other[0], 1);
	count(&stage, name, stream);
	for (i = 0; i < others; i++)
		rring_close(stage.other[i]);
	rring_close(stage.client);
}

static void count_holds(const char *name, unsigned int flags)
{
	struct stage stage;

	set_up(&stage, flags);
	check(!rring_alloc(stage.client, 64, 1, &stage.event), "alloc");
	count(&stage, name, hold_and_drop);
	rring_close(stage.client);
}

static void count_stream(const char *name, operation_t operation,
			 enum rring_kind kind, uint32_t readers)
{
	struct stage stage;

	set_up(&stage, RRING_SINGLE_THREADED);
	open_ring(&stage, kind, stage.client, readers);
	count(&stage, name, operation);
	rring_close(stage.client);
}

int main(void)
{
	count_allocations("allocate", allocate, RRING_SINGLE_THREADED, 0);
	count_allocations("allocate,half-held", allocate, RRING_SINGLE_THREADED,
			  SLOTS / 2);
	count_allocations("allocate,all-but-one-held", allocate,
			  RRING_SINGLE_THREADED, SLOTS - 1);
	count_allocations("allocate,bulk", allocate_bulk, RRING_SINGLE_THREADED,
			  0);
	count_allocations("allocate,share", allocate_shared,
			  RRING_SINGLE_THREADED, 0);
	count_allocations("allocate,share,half-held", allocate_shared,
			  RRING_SINGLE_THREADED, SLOTS / 2);
	count_allocations("allocate,share,batch-left", allocate_shared,
			  RRING_SINGLE_THREADED, SLOTS - 64);
	count_allocations("allocate,share,all-but-one-held", allocate_shared,
			  RRING_SINGLE_THREADED, SLOTS - 1);
	count_allocations("allocate,threads", allocate, 0, 0);
	count_allocations("allocate,threads,half-held", allocate, 0, SLOTS / 2);
	count_allocations("allocate,threads,all-but-one-held", allocate, 0,
			  SLOTS - 1);
	count_crowd("allocate,share,64-clients", 0);
	count_crowd("allocate,share,64-clients-keep", KEPT);
	count_holds("hold+drop", RRING_SINGLE_THREADED);
	count_holds("hold+drop,threads", 0);
	count_stream("publish,1-reader", publish, RRING_HANDLES, 1);
	count_stream("publish,4-readers", publish, RRING_HANDLES, 4);
	count_stream("publish,16-readers", publish, RRING_HANDLES, 16);
	count_stream("publish,bulk", publish_in_bulk, RRING_HANDLES, 1);
	count_stream_to("stream,bulk", 1, RRING_SINGLE_THREADED);
	count_stream_to("stream,bulk,64-clients", OTHERS,
			RRING_SINGLE_THREADED);
	count_stream_to("stream,bulk,threads", 1, 0);
	count_stream("receive,1-reader", receive, RRING_HANDLES, 1);
	count_stream("receive,16-readers", receive, RRING_HANDLES, 16);
	count_stream("write", write_inline, RRING_INLINE, 1);
	count_stream("read", read_inline, RRING_INLINE, 1);
	count_sets();
	count_services();
	return 0;
}
