// SPDX-License-Identifier: MPL-2.0
/* What operations cost in C: see cost.h. */
#include "cost.h"

#include <rusted_ring.h>

static struct rring_client *client;
static struct rring_writer *handles, *entries;
static struct rring_reader *from_handles, *from_entries;

static void alloc(void)
{
	struct rring_event event;
	uint64_t i;

	toggle();
	for (i = 0; i < EVENTS; i++) {
		check(!rring_alloc(client, sizeof(struct record), 1, &event),
		      "alloc");
		fill(event.data, i);
		rring_drop(client, &event);
	}
	toggle();
	dump_as("alloc");
}

/* A hold for a second owner. That owner has a structure of its own. */
static void hold(void)
{
	struct rring_event event, other;
	uint64_t i;

	check(!rring_alloc(client, sizeof(struct record), 1, &event), "alloc");
	toggle();
	for (i = 0; i < EVENTS; i++) {
		other = event;
		check(!rring_hold(client, &other), "hold");
		rring_drop(client, &other);
	}
	toggle();
	rring_drop(client, &event);
	dump_as("hold");
}

static __attribute__((noinline)) void publish_some(void)
{
	struct rring_event event;
	uint64_t i;

	for (i = 0; i < BULK; i++) {
		check(!rring_alloc(client, sizeof(struct record), 1, &event),
		      "alloc");
		fill(event.data, i);
		check(!rring_publish(handles, &event), "publish");
	}
}

static __attribute__((noinline)) uint64_t read_some(struct rring_reader *reader)
{
	const struct record *found;
	struct rring_event event;
	uint64_t total = 0;

	while (!rring_try_read(reader, &event)) {
		found = RRING_EVENT(const struct record, &event);
		if (found)
			total += sum(found);
	}
	return total;
}

static void publish(void)
{
	uint64_t i;

	for (i = 0; i < EVENTS; i += BULK) {
		toggle();
		publish_some();
		toggle();
		read_some(from_handles);
	}
	dump_as("publish");
}

static void read(void)
{
	uint64_t i, total = 0;

	for (i = 0; i < EVENTS; i += BULK) {
		publish_some();
		toggle();
		total += read_some(from_handles);
		toggle();
	}
	check(total, "events have content");
	dump_as("read");
}

/* From the allocation to the last drop. */
static void life(void)
{
	struct rring_event event;
	uint64_t i, total = 0;

	toggle();
	for (i = 0; i < EVENTS; i++) {
		check(!rring_alloc(client, sizeof(struct record), 1, &event),
		      "alloc");
		fill(event.data, i);
		check(!rring_publish(handles, &event), "publish");
		check(!rring_read_keep(from_handles, &event), "read");
		total += sum(RRING_EVENT(const struct record, &event));
		rring_drop(client, &event);
	}
	toggle();
	check(total, "events have content");
	dump_as("life");
}

static __attribute__((noinline)) void add_some(void)
{
	struct record record;
	uint64_t i;

	for (i = 0; i < BULK; i++) {
		fill(&record, i);
		check(!rring_add(entries, &record, sizeof(record), 1), "add");
	}
}

static __attribute__((noinline)) void reserve_some(void)
{
	uint64_t i;

	for (i = 0; i < BULK; i++) {
		check(!rring_reserve(entries, 1), "reserve");
		fill(rring_reserved(entries, 0, sizeof(struct record), 1), i);
		rring_commit(entries, 1);
	}
}

static __attribute__((noinline)) uint64_t batch_some(void)
{
	long n = rring_peek(from_entries, BULK);
	const struct record *found;
	struct rring_event event;
	uint64_t total = 0;
	long i;

	for (i = 0; i < n; i++) {
		check(!rring_entry(from_entries, (uint32_t)i, &event), "entry");
		found = RRING_EVENT(const struct record, &event);
		if (found)
			total += sum(found);
	}
	check(!rring_release(from_entries, (uint32_t)n), "release");
	return total;
}

static void add(void)
{
	uint64_t i;

	toggle();
	for (i = 0; i < EVENTS; i += BULK) {
		add_some();
		read_some(from_entries);
	}
	toggle();
	dump_as("add_and_read");
}

static void reserve(void)
{
	uint64_t i;

	for (i = 0; i < EVENTS; i += BULK) {
		toggle();
		reserve_some();
		toggle();
		read_some(from_entries);
	}
	dump_as("reserve");
}

static void batch(void)
{
	uint64_t i, total = 0;

	for (i = 0; i < EVENTS; i += BULK) {
		add_some();
		toggle();
		total += batch_some();
		toggle();
	}
	check(total, "events have content");
	dump_as("batch");
}

static void open_all(void)
{
	const struct rring_ring_config of_handles = {
		.kind = RRING_HANDLES, .policy = RRING_FAIL, .capacity = 256,
	};
	const struct rring_ring_config of_entries = {
		.kind = RRING_INLINE, .policy = RRING_FAIL, .capacity = 256,
		.stride = sizeof(struct record),
	};
	struct rring_reader_config from = { 0 };

	check(!rring_open(&client, NULL, RRING_PRODUCER,
			  RRING_SINGLE_THREADED | RRING_IN_PROCESS) &&
	      !rring_writer_open(client, &of_handles, &handles) &&
	      !rring_writer_open(client, &of_entries, &entries), "open");
	from.ring = rring_writer_ring_id(handles);
	check(!rring_reader_open(client, &from, &from_handles), "open");
	from.ring = rring_writer_ring_id(entries);
	check(!rring_reader_open(client, &from, &from_entries), "open");
}

int main(void)
{
	open_all();
	CALLGRIND_ZERO_STATS;
	alloc();
	hold();
	publish();
	read();
	life();
	add();
	reserve();
	batch();
	return 0;
}
