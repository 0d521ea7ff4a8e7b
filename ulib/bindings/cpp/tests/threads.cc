// SPDX-License-Identifier: MPL-2.0
/* A client in several threads, and a client for each thread. */
#include <array>
#include <thread>

#include "stage.hpp"

static constexpr uint64_t EVENTS = 2000;

static void write_all(rr::client_ref client, rr::writer &writer)
{
	for (uint64_t i = 0; i < EVENTS; i++) {
		rr::draft draft = client.alloc(sizeof(record), 0, rr::forever);

		draft.emplace<record>().number = i;
		writer.publish(std::move(draft));
	}
}

static uint64_t read_all(rr::reader &reader)
{
	uint64_t next = 0;

	while (rr::view view = reader.read())
		next += number_of(view) == next;
	return next;
}

TEST(a_writer_and_readers_in_threads_of_their_own)
{
	rr::arena arena = rr::arena::create(small_arena());
	std::array<uint64_t, 3> got{};
	std::array<rr::client, 3> clients;
	std::array<rr::reader, 3> readers;
	std::vector<std::thread> threads;
	rr::client client = rr::client::open(arena);
	rr::writer writer = rr::writer::open(
		client, rr::writer_config("ring").handles(16));

	for (std::size_t i = 0; i < 3; i++) {
		clients[i] = rr::client::open(arena, RRING_CONSUMER,
					      RRING_SINGLE_THREADED);
		readers[i] = rr::reader::open(clients[i],
					      rr::reader_config("ring"));
		threads.emplace_back([&, i] { got[i] = read_all(readers[i]); });
	}
	write_all(client, writer);
	writer.reset();
	for (std::thread &thread : threads)
		thread.join();
	for (uint64_t each : got)
		CHECK(each == EVENTS);
}

TEST(a_client_that_threads_share)
{
	rr::client client = rr::client::open(small_arena());
	std::array<rr::writer, 2> writers;
	std::array<rr::reader, 2> readers;
	std::vector<std::thread> threads;
	std::array<uint64_t, 2> got{};

	for (std::size_t i = 0; i < 2; i++) {
		writers[i] = rr::writer::open(
			client, rr::writer_config().handles(16));
		readers[i] = rr::reader::open(
			client, rr::reader_config(writers[i].ring()));
		threads.emplace_back([&, i] { got[i] = read_all(readers[i]); });
		threads.emplace_back([&, i] {
			write_all(client, writers[i]);
			writers[i].reset();
		});
	}
	for (std::thread &thread : threads)
		thread.join();
	CHECK(got[0] == EVENTS && got[1] == EVENTS);
}

TEST(an_event_is_dropped_in_another_thread)
{
	stage on;
	rr::event event = on.client.alloc(64);

	event.is_sealed();
	std::thread([moved = std::move(event)]() mutable {
		moved.drop();
	}).join();
	CHECK(on.held() == 0);
}
