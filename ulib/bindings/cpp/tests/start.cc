// SPDX-License-Identifier: MPL-2.0
/* The short start, and factories. */
#include "stage.hpp"

TEST(a_sender_and_a_receiver_are_all_that_it_takes)
{
	rr::sender sender = rr::sender::open("start", "ring");
	rr::receiver receiver = rr::receiver::open("start", "ring");

	sender.send("hello");
	sender.send(record{ 2, {} }, 5);
	CHECK(receiver.read().text() == "hello");
	rr::view view = receiver.read();
	CHECK(number_of(view) == 2 && view.type() == 5);
	CHECK(!receiver.read(rr::now));
	rr::sender moved = std::move(sender);
	CHECK(!sender && moved);
	moved.reset();
	CHECK(receiver.read().error() == EPIPE);
	CHECK_THROWS(rr::receiver::open("start", "none"), ENOENT);
}

TEST(a_factory_opens_rings_of_one_geometry)
{
	rr::client client = rr::client::open(small_arena());
	rr::factory factory(client,
			    rr::writer_config().payloads<record>(16));
	rr::reader early = factory.open_reader("a", "name");
	rr::writer writer = factory.open_writer("a");

	CHECK(writer.capacity() == 16 && early.stride() == 64);
	writer.add(record{ 3, {} });
	CHECK(number_of(early.read()) == 3);
}
