// SPDX-License-Identifier: MPL-2.0
/* Watches, and waits for a ring. */
#include <string_view>

#include "stage.hpp"

static bool is(const rr::change &change, rring_change_kind kind,
	       std::string_view ring)
{
	return change.kind == kind && change.ring_name == ring;
}

TEST(a_watch_reports_the_rings_that_there_are_and_then_each_change)
{
	rr::client client = rr::client::open(small_arena());
	rr::writer_config config = rr::writer_config("topics/a").handles(4);
	rr::writer first = rr::writer::open(client, config);
	rr::watch watch = rr::watch::open(client, "topics/");

	CHECK(is(*watch.next(), RRING_CHANGE_OPENED, "topics/a"));
	CHECK(!watch.next(rr::now));
	rr::reader reader = rr::reader::open(client,
					     rr::reader_config("topics/a"));
	CHECK(is(*watch.next(), RRING_CHANGE_JOINED, "topics/a"));
	first.reset();
	CHECK(is(*watch.next(), RRING_CHANGE_ENDED, "topics/a"));
	CHECK(watch.try_next(rr::now).error() == EAGAIN);
	CHECK(watch.try_next(std::chrono::microseconds(1)).error() ==
	      ETIMEDOUT);
	CHECK(watch.missed() == 0);
}

TEST(a_watch_tells_the_type_of_a_ring)
{
	rr::client client = rr::client::open(small_arena());
	rr::writer writer = rr::writer::open(
		client, rr::writer_config("ticks").handles(4).type<int>("tick"));
	rr::watch watch = rr::watch::open(client);
	rr::change change = *watch.next();

	CHECK(watch.type(change).first == "tick");
	CHECK(watch.type(change).second == sizeof(int));
	writer.reset();
	CHECK(watch.type(change).first.empty());
}

TEST(a_program_waits_for_a_ring_that_is_not_there_yet)
{
	rr::client client = rr::client::open(small_arena());

	CHECK(client.try_await_ring("later", rr::now).error() == ETIMEDOUT);
	rr::writer writer = rr::writer::open(
		client, rr::writer_config("later").handles(4));
	client.await_ring("later");
}
