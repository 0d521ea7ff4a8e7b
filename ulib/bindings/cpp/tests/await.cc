// SPDX-License-Identifier: MPL-2.0
/* Coroutines that wait for readers, writers, watches and sets. C++20. */
#include <thread>

#include "stage.hpp"

#if RUSTED_RING_COROUTINES

#include "../examples/loop.hpp"

static_assert(rr::executor<loop> && !rr::executor<int>);

static task sum_all(loop &on, rr::reader_ref reader, uint64_t &sum)
{
	while (rr::view view = co_await reader.next(on))
		sum += number_of(view);
}

TEST(coroutines_of_one_client_share_its_descriptor)
{
	uint64_t of_handles = 0, of_entries = 0;
	stage on;
	loop events;
	task one = sum_all(events, on.from_handles, of_handles);
	task two = sum_all(events, on.from_entries, of_entries);

	on.publish(1);
	on.publish(2);
	on.add(5);
	on.handles.reset();
	on.entries.reset();
	events.run();
	CHECK(one.done() && two.done());
	CHECK(of_handles == 3 && of_entries == 5);
}

/* A ring of 8 entries, so the writer waits for the reader again and again. */
static task write_numbers(loop &on, rr::writer &writer, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		while (!writer.try_add(record{ i, {} })) {
			rr::status room = co_await writer.writable(on);

			CHECK(room);
		}
	}
	writer.reset();
}

static task read_batches(loop &on, rr::reader_ref reader, uint64_t &n)
{
	for (;;) {
		rr::status ready = co_await reader.readable(on);
		rr::batch batch = reader.try_batch(3);

		CHECK(ready);
		if (!batch && batch.error() == EPIPE)
			break;
		for (rr::view view : batch)
			n += number_of(view) == n;
	}
}

TEST(a_writer_and_a_reader_wait_for_each_other_in_one_thread)
{
	uint64_t n = 0;
	stage on;
	loop events;
	task reading = read_batches(events, on.from_entries, n);
	task writing = write_numbers(events, on.entries, 1000);

	events.run();
	CHECK(reading.done() && writing.done() && n == 1000);
}

static task count_changes(loop &on, rr::watch &watch, rr::client_ref client,
			  int &n)
{
	for (;;) {
		auto change = co_await watch.next(on, client);

		CHECK(change);
		n++;
		if (change->kind == RRING_CHANGE_ENDED)
			break;
	}
}

TEST(a_coroutine_waits_for_changes)
{
	int n = 0;
	stage on;
	loop events;
	rr::watch watch = rr::watch::open(on.client, "handles");
	task counting = count_changes(events, watch, on.client, n);

	on.handles.reset();
	events.run();
	CHECK(counting.done() && n == 2);
}

static task read_set(loop &on, rr::set &set, rr::client_ref client,
		     uint64_t &sum)
{
	while (rr::set_view view = co_await set.next(on, client))
		sum += number_of(view);
}

TEST(a_coroutine_waits_for_a_set)
{
	uint64_t sum = 0;
	stage on;
	loop events;
	rr::set set = rr::set::open(on.client);

	set.add(on.from_handles);
	set.add(on.from_entries);
	task reading = read_set(events, set, on.client, sum);

	on.publish(1);
	on.add(2);
	on.handles.reset();
	on.entries.reset();
	events.run();
	CHECK(reading.done() && sum == 3);
}

static task serve(loop &on, rr::listener &listener, rr::client_ref client)
{
	for (;;) {
		rr::call call = co_await listener.next(on, client);

		CHECK(call);
		if (call.kind() == RRING_CALL_REQUEST)
			listener.reply(call.from(), call.number(),
				       record{ number_of(call) + 1, {} });
		if (call.kind() == RRING_CALL_END)
			break;
	}
}

/* One thread cannot wait for itself to accept: the caller begins in another. */
static task ask(loop &on, rr::client_ref client, rr::caller &caller,
		uint64_t &answer)
{
	caller.send(record{ 41, {} });

	rr::reply reply = co_await caller.next(on, client);

	answer = number_of(reply);
	caller.reset();
}

TEST(a_server_and_a_caller_wait_in_one_loop)
{
	uint64_t answer = 0;
	stage on;
	loop events;
	rr::caller caller;
	rr::listener listener = rr::listener::open(
		on.client, rr::listener_config("s").payloads<record>(8));
	std::thread calling([&] { caller = rr::caller::open(on.client, "s"); });
	rr::call begin = listener.next();

	calling.join();
	CHECK(begin.kind() == RRING_CALL_BEGIN);
	task serving = serve(events, listener, on.client);
	task asking = ask(events, on.client, caller, answer);
	events.run();
	CHECK(serving.done() && asking.done() && answer == 42);
}

static task receive(loop &on, rr::pipe &pipe, uint64_t &sum)
{
	while (rr::view view = co_await pipe.next(on))
		sum += number_of(view);
}

TEST(a_coroutine_waits_for_the_other_end_of_a_pipe)
{
	uint64_t sum = 0;
	stage on;
	loop events;
	rr::pipe one = rr::pipe::create(on.client,
					rr::pipe_config("p").handles(4));
	rr::pipe two = rr::pipe::connect(on.client, rr::pipe_config("p"));
	task receiving = receive(events, two, sum);

	one.send(record{ 3, {} });
	one.send(record{ 4, {} });
	one.reset();
	events.run();
	CHECK(receiving.done() && sum == 7);
}

TEST(a_coroutine_that_is_destroyed_is_forgotten)
{
	uint64_t sum = 0;
	stage on;
	loop events;

	{
		task reading = sum_all(events, on.from_entries, sum);

		CHECK(!reading.done());
	}
	events.run();
	on.add(1);
	CHECK(number_of(on.from_entries.read()) == 1);
}

#else

TEST(this_compiler_has_no_coroutines)
{
}

#endif
