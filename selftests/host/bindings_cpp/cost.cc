// SPDX-License-Identifier: MPL-2.0
/*
 * What operations cost in C++: see cost.h. An operation NAME/FORM is compared
 * with the operation NAME of C.
 */
#include "cost.h"

#include <rusted_ring.hpp>

namespace rr = rusted_ring;

struct stage {
	rr::client client = rr::client::open(
		nullptr, RRING_PRODUCER,
		RRING_SINGLE_THREADED | RRING_IN_PROCESS);
	rr::writer handles = rr::writer::open(
		client, rr::writer_config().handles(256).when_full(RRING_FAIL));
	rr::writer entries = rr::writer::open(
		client, rr::writer_config().payloads<record>(256).when_full(
			RRING_FAIL));
	rr::reader from_handles = rr::reader::open(
		client, rr::reader_config(handles.ring()));
	rr::reader from_entries = rr::reader::open(
		client, rr::reader_config(entries.ring()));
};

#define NOINLINE [[gnu::noinline]] static

static void alloc(stage &on)
{
	toggle();
	for (uint64_t i = 0; i < EVENTS; i++) {
		auto event = on.client.try_alloc(sizeof(record), 1);

		check(event.has_value(), "alloc");
		fill(&event->emplace<record>(), i);
	}
	toggle();
	dump_as("alloc/try");

	toggle();
	for (uint64_t i = 0; i < EVENTS; i++) {
		auto event = on.client.alloc(sizeof(record), 1);

		fill(&event.emplace<record>(), i);
	}
	toggle();
	dump_as("alloc/throw");
}

static void hold(stage &on)
{
	rr::event event = on.client.alloc(sizeof(record), 1);

	toggle();
	for (uint64_t i = 0; i < EVENTS; i++)
		check(event.try_hold().has_value(), "hold");
	toggle();
	dump_as("hold/try");

	toggle();
	for (uint64_t i = 0; i < EVENTS; i++)
		rr::event another = event.hold();
	toggle();
	dump_as("hold/throw");
}

NOINLINE void publish_some(stage &on)
{
	for (uint64_t i = 0; i < BULK; i++) {
		auto event = on.client.try_alloc(sizeof(record), 1);

		check(event.has_value(), "alloc");
		fill(&event->emplace<record>(), i);
		check(on.handles.try_publish(*std::move(event)).has_value(),
		      "publish");
	}
}

NOINLINE void publish_or_throw(stage &on)
{
	for (uint64_t i = 0; i < BULK; i++) {
		auto event = on.client.alloc(sizeof(record), 1);

		fill(&event.emplace<record>(), i);
		on.handles.publish(std::move(event));
	}
}

NOINLINE uint64_t read_some(rr::reader &reader)
{
	uint64_t total = 0;

	while (auto view = reader.try_read())
		if (auto *found = view.as<record>())
			total += sum(found);
	return total;
}

NOINLINE uint64_t read_or_throw(rr::reader &reader)
{
	uint64_t total = 0;

	while (auto view = reader.read(rr::now))
		if (auto *found = view.as<record>())
			total += sum(found);
	return total;
}

static void publish(stage &on)
{
	for (uint64_t i = 0; i < EVENTS; i += BULK) {
		toggle();
		publish_some(on);
		toggle();
		read_some(on.from_handles);
	}
	dump_as("publish/try");

	for (uint64_t i = 0; i < EVENTS; i += BULK) {
		toggle();
		publish_or_throw(on);
		toggle();
		read_some(on.from_handles);
	}
	dump_as("publish/throw");
}

static void read(stage &on)
{
	uint64_t total = 0;

	for (uint64_t i = 0; i < EVENTS; i += BULK) {
		publish_some(on);
		toggle();
		total += read_some(on.from_handles);
		toggle();
	}
	dump_as("read/try");

	for (uint64_t i = 0; i < EVENTS; i += BULK) {
		publish_some(on);
		toggle();
		total += read_or_throw(on.from_handles);
		toggle();
	}
	check(total, "events have content");
	dump_as("read/throw");
}

/* From the allocation to the last drop. */
static void life(stage &on)
{
	uint64_t total = 0;

	toggle();
	for (uint64_t i = 0; i < EVENTS; i++) {
		auto event = on.client.try_alloc(sizeof(record), 1);

		check(event.has_value(), "alloc");
		fill(&event->emplace<record>(), i);
		check(on.handles.try_publish(*std::move(event)).has_value(),
		      "publish");
		auto kept = on.from_handles.try_read_keep();

		check(kept.has_value(), "read");
		total += sum(kept->as<record>());
	}
	toggle();
	dump_as("life/try");

	toggle();
	for (uint64_t i = 0; i < EVENTS; i++) {
		auto event = on.client.alloc(sizeof(record), 1);

		fill(&event.emplace<record>(), i);
		on.handles.publish(std::move(event));
		rr::event kept = on.from_handles.read_keep();

		total += sum(kept.as<record>());
	}
	toggle();
	check(total, "events have content");
	dump_as("life/throw");
}

NOINLINE void add_some(stage &on)
{
	record filled;

	for (uint64_t i = 0; i < BULK; i++) {
		fill(&filled, i);
		check(on.entries.try_add(filled, 1).has_value(), "add");
	}
}

NOINLINE void reserve_some(stage &on)
{
	for (uint64_t i = 0; i < BULK; i++) {
		auto entry = on.entries.try_reserve();

		check(entry.has_value(), "reserve");
		fill(&entry->as<record>(0, 1), i);
		entry->commit();
	}
}

NOINLINE void reserve_or_throw(stage &on)
{
	for (uint64_t i = 0; i < BULK; i++) {
		auto entry = on.entries.reserve();

		fill(&entry.as<record>(0, 1), i);
		entry.commit();
	}
}

NOINLINE uint64_t batch_some(stage &on)
{
	uint64_t total = 0;

	for (const auto &view : on.from_entries.try_batch(BULK))
		if (auto *found = view.as<record>())
			total += sum(found);
	return total;
}

NOINLINE uint64_t batch_or_throw(stage &on)
{
	uint64_t total = 0;

	for (const auto &view : on.from_entries.batch(BULK))
		if (auto *found = view.as<record>())
			total += sum(found);
	return total;
}

static void add(stage &on)
{
	toggle();
	for (uint64_t i = 0; i < EVENTS; i += BULK) {
		add_some(on);
		read_some(on.from_entries);
	}
	toggle();
	dump_as("add_and_read/try");
}

static void reserve(stage &on)
{
	for (uint64_t i = 0; i < EVENTS; i += BULK) {
		toggle();
		reserve_some(on);
		toggle();
		read_some(on.from_entries);
	}
	dump_as("reserve/try");

	for (uint64_t i = 0; i < EVENTS; i += BULK) {
		toggle();
		reserve_or_throw(on);
		toggle();
		read_some(on.from_entries);
	}
	dump_as("reserve/throw");
}

static void batch(stage &on)
{
	uint64_t total = 0;

	for (uint64_t i = 0; i < EVENTS; i += BULK) {
		add_some(on);
		toggle();
		total += batch_some(on);
		toggle();
	}
	dump_as("batch/try");

	for (uint64_t i = 0; i < EVENTS; i += BULK) {
		add_some(on);
		toggle();
		total += batch_or_throw(on);
		toggle();
	}
	check(total, "events have content");
	dump_as("batch/throw");
}

int main()
{
	stage on;

	CALLGRIND_ZERO_STATS;
	alloc(on);
	hold(on);
	publish(on);
	read(on);
	life(on);
	add(on);
	reserve(on);
	batch(on);
}
