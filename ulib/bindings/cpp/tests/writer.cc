// SPDX-License-Identifier: MPL-2.0
/* Writers, reservations and payloads. */
#include <array>
#include <string>

#include "stage.hpp"

TEST(a_published_event_was_given_away)
{
	stage on;
	rr::draft draft = on.client.alloc(sizeof(record));

	draft.emplace<record>().number = 1;
	on.handles.publish(std::move(draft));
	CHECK(!draft);
	CHECK(number_of(on.from_handles.read()) == 1);
	CHECK(!on.from_handles.try_read());
	CHECK(on.held() == 0);
}

TEST(an_event_that_was_not_published_is_kept)
{
	stage on;

	for (int i = 0; i < 8; i++)
		on.publish(1);
	rr::draft draft = on.client.alloc(sizeof(record));
	rr::status full = on.handles.try_publish(std::move(draft));

	CHECK(!full && full.error() == EAGAIN && draft);
	CHECK(on.handles.try_publish(std::move(draft),
				     std::chrono::microseconds(1))
		      .error() == ETIMEDOUT);
	CHECK(on.handles.try_wait(1, rr::now).error() == ETIMEDOUT);
	CHECK(on.handles.pressure() > 0.99 && on.handles.under_pressure() &&
	      on.handles.should_throttle());
	CHECK(on.from_handles.read());
	CHECK(on.from_handles.read());
	on.handles.publish(std::move(draft));
	CHECK(!draft);
	CHECK(on.handles.try_publish(std::move(draft)).error() == EINVAL);
}

TEST(an_event_that_was_read_can_be_published_again)
{
	stage on;
	rr::writer next = rr::writer::open(
		on.client, rr::writer_config("next").handles(8));
	rr::reader from_next = rr::reader::open(on.client,
						rr::reader_config("next"));

	on.publish(5);
	next.publish(on.from_handles.read_keep());
	CHECK(number_of(from_next.read()) == 5);
}

TEST(bytes_of_many_kinds_are_added)
{
	stage on;
	auto last = [&] { return on.from_entries.read(rr::now); };

	on.entries.add("literal");
	CHECK(last().text() == "literal");
	on.entries.add(std::string("string"), 4);
	CHECK(last().text() == "string");
	on.entries.add(record{ 7, {} });
	CHECK(number_of(last()) == 7);
	on.entries.add(std::vector<uint32_t>{ 1, 2, 3 });
	CHECK(last().size() == 12);
	on.entries.add(std::array<std::byte, 5>{});
	CHECK(last().size() == 5);
	on.entries.add(rr::payload("abc", 2));
	CHECK(last().text() == "ab");
	on.entries.add(uint64_t{ 9 }, 0, rr::forever);
	CHECK(*last().as<uint64_t>() == 9);
	CHECK(on.entries.try_add(std::string(65, 'x')).error() == EMSGSIZE ||
	      on.entries.try_add(std::string(65, 'x')).error() == E2BIG);
}

TEST(elements_are_added_all_at_once)
{
	stage on;
	std::vector<record> records(8);

	for (uint32_t i = 0; i < 8; i++)
		records[i].number = i;
	on.entries.add_batch(records);
	CHECK(on.from_entries.lag() == 8);
	CHECK(on.entries.try_add_batch(records).error() == EAGAIN);
	CHECK(on.entries.try_add_batch(records, 0, rr::now).error() ==
	      ETIMEDOUT);
	for (uint32_t i = 0; i < 8; i++)
		CHECK(number_of(on.from_entries.read()) == i);
}

TEST(a_reservation_is_published_by_commit_alone)
{
	stage on;

	{
		rr::reservation two = on.entries.reserve(2);

		two.as<record>(0).number = 1;
		two.as<record>(1).number = 2;
	}
	CHECK(on.from_entries.try_read().error() == EAGAIN);
	rr::reservation three = on.entries.reserve(3, rr::forever);

	for (uint32_t i = 0; i < 3; i++)
		three.as<record>(i, 6).number = 10 + i;
	rr::reservation moved = std::move(three);
	CHECK(three.size() == 0 && moved.size() == 3);
	three.commit();
	moved.commit(2);
	rr::view view = on.from_entries.read();
	CHECK(number_of(view) == 10 && view.type() == 6);
	CHECK(number_of(on.from_entries.read()) == 11);
	CHECK(!on.from_entries.try_read());
	CHECK(on.entries.try_reserve(9).error() == EINVAL);
	rr::reservation bytes = on.entries.reserve();
	CHECK(bytes.entry(0, 3).size() == 3);
}

TEST(the_end_of_a_writer_is_the_end_of_the_stream)
{
	stage on;

	on.add(1);
	on.entries.reset();
	CHECK(number_of(on.from_entries.read()) == 1);
	CHECK(on.from_entries.try_read().error() == EPIPE);
	CHECK(!on.from_entries.read());
}

TEST(a_writer_that_leaves_does_not_end_the_stream)
{
	stage on;

	on.add(1);
	on.entries.leave();
	on.entries.leave();
	CHECK(!on.entries);
	CHECK(number_of(on.from_entries.read()) == 1);
	CHECK(on.from_entries.try_read().error() == EAGAIN);
	on.entries = rr::writer::open(on.client, rr::writer_config("entries")
				.payloads<record>(8).when_full(RRING_FAIL));
	CHECK(on.entries.position() == 1);
}

TEST(a_ring_of_another_type_is_refused)
{
	rr::client client = rr::client::open(small_arena());
	auto config = rr::writer_config("typed").payloads<record>(8)
			      .type<record>("record");
	rr::writer writer = rr::writer::open(client, config);
	auto from = rr::reader_config("typed");

	CHECK(rr::reader::try_open(client, from.type<uint64_t>("number"))
		      .error() == EPROTOTYPE);
	rr::reader reader = rr::reader::open(client,
					     from.type<record>("record"));
	CHECK(std::string_view(reader.type().name) == "record" &&
	      reader.type().size == sizeof(record));
}

TEST(a_configuration_of_c_is_one_of_cpp)
{
	rr::client client = rr::client::open(small_arena());
	rring_ring_config raw{};

	raw.kind = RRING_INLINE;
	raw.capacity = 16;
	raw.stride = 64;
	rr::writer writer = rr::writer::open(client, raw);
	CHECK(writer.capacity() == 16 && writer.stride() == 64);
	CHECK(writer.ring() && writer.client() == client);
	CHECK(writer.readers() == 0 && writer.observed(0) == 0);
}

TEST(send_copies_into_rings_of_both_kinds)
{
	stage on;

	on.handles.send("one", 1);
	on.entries.send("two", 2, rr::now);
	CHECK(on.from_handles.read().text() == "one");
	CHECK(on.from_entries.read().type() == 2);
}
