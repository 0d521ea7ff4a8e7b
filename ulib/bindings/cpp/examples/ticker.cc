// SPDX-License-Identifier: MPL-2.0
/*
 * `ticker [TICKS]`: two threads publish ticks, each in a ring of its own. One
 * thread reads both by coroutines, which wait in an event loop.
 */
#include <cinttypes>

#include "actors.hpp"

#if RUSTED_RING_COROUTINES

#include "loop.hpp"

struct tick {
	uint64_t number;
};

static rr::writer_config ring(const char *name = nullptr)
{
	return rr::writer_config(name).payloads<tick>(64);
}

static void publish(const rr::arena &arena, const char *name, uint64_t ticks)
{
	rr::client client = rr::client::open(arena, RRING_PRODUCER,
					     RRING_SINGLE_THREADED);
	rr::writer writer = rr::writer::open(client, ring(name));

	for (uint64_t i = 0; i < ticks; i++)
		writer.add(tick{ i });
}

/* The end of a writer is the end of its coroutine. */
static task count(loop &events, rr::reader_ref reader, uint64_t &ticks)
{
	while (rr::view view = co_await reader.next(events)) {
		const tick *found = view.as<tick>();

		must_be(found && found->number == ticks,
			"each tick comes once, in order");
		ticks++;
	}
}

static uint64_t run(uint64_t ticks)
{
	rr::arena arena = rr::arena::create(
		rr::arena_config().slots(RRING_XS, 64));
	rr::client client = rr::client::open(arena, RRING_PRODUCER,
					     RRING_SINGLE_THREADED);
	/* the readers make the rings, so they miss no tick */
	rr::factory factory(client, ring());
	rr::reader from_one = factory.open_reader("one");
	rr::reader from_two = factory.open_reader("two");
	std::thread one(publish, std::cref(arena), "one", ticks / 2);
	std::thread two(publish, std::cref(arena), "two", ticks - ticks / 2);
	uint64_t of_one = 0, of_two = 0;
	loop events;
	task counting_one = count(events, from_one, of_one);
	task counting_two = count(events, from_two, of_two);

	events.run();
	one.join();
	two.join();
	return of_one + of_two;
}

int main(int argc, char **argv)
{
	return run_main("ticker", [&] {
		uint64_t ticks = argc > 1 ? number_in(argv[1]) : 1000000;

		must_be(run(ticks) == ticks, "all ticks have come");
		std::printf("ticker: one thread has read %" PRIu64
			    " ticks of two rings\n", ticks);
	});
}

#else

int main()
{
	return std::puts("ticker: this compiler has no coroutines") < 0;
}

#endif
