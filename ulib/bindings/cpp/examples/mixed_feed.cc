// SPDX-License-Identifier: MPL-2.0
/*
 * `mixed_feed RING READERS COUNT`: creates the arena "mixed", waits until the
 * ring RING has so many readers, and publishes COUNT events of 64 bytes for
 * them, whose first 8 bytes are their number. It ends when all of them have
 * released all events.
 */
#include "actors.hpp"

struct numbered {
	uint64_t number;
	uint64_t rest[7];
};

static void feed(const char *ring, uint64_t readers, uint64_t count)
{
	rr::client client = rr::client::open(
		rr::arena_config("mixed").slots(RRING_XS, 64),
		RRING_SINGLE_THREADED);
	rr::watch watch = rr::watch::open(client, ring);
	rr::writer writer = rr::writer::open(
		client, rr::writer_config(ring).payloads<numbered>(1024));

	/* a reader that the watch reports has joined, and misses nothing */
	while (watch.next()->readers < readers)
		;
	for (uint64_t i = 0; i < count; i++)
		writer.add(numbered{ i, {} });
	writer.wait(writer.capacity());
}

int main(int argc, char **argv)
{
	return run_main("mixed_feed", [&] {
		must_be(argc == 4, "mixed_feed RING READERS COUNT");
		feed(argv[1], number_in(argv[2]), number_in(argv[3]));
	});
}
