// SPDX-License-Identifier: MPL-2.0
/* Readers and views. */
#include <array>

#include "stage.hpp"

static_assert(!std::is_copy_constructible_v<rr::view> &&
	      std::is_nothrow_move_constructible_v<rr::view>);

TEST(a_reader_gives_each_event_once_and_in_order)
{
	stage on;

	for (uint64_t i = 0; i < 5; i++) {
		on.publish(i);
		on.add(i);
	}
	CHECK(on.from_handles.lag() == 5);
	for (uint64_t i = 0; i < 5; i++) {
		CHECK(number_of(on.from_handles.try_read()) == i);
		CHECK(number_of(on.from_entries.try_read(rr::forever)) == i);
	}
	CHECK(on.from_handles.try_read().error() == EAGAIN);
	CHECK(on.from_handles.lag() == 0 && on.from_handles.position() == 5);
	CHECK(on.from_handles.epoch() &&
	      on.from_handles.epoch() == on.handles.epoch());
}

TEST(an_empty_view_says_why_and_has_no_payload)
{
	stage on;
	rr::view none = on.from_entries.read(rr::now);

	CHECK(!none && none.error() == EAGAIN && !none.as<char>() &&
	      none.bytes().empty());
	none = on.from_entries.read(std::chrono::microseconds(1));
	CHECK(!none && none.error() == ETIMEDOUT);
	CHECK(!on.from_entries.wait(rr::now));
	on.entries.reset();
	CHECK(on.from_entries.wait());
	CHECK(on.from_entries.read().error() == EPIPE);
}

TEST(a_hold_outlives_the_view)
{
	stage on;

	on.publish(1);
	on.publish(2);
	rr::view view = on.from_handles.read();
	rr::event kept = on.from_handles.keep(view);
	view = on.from_handles.read();
	CHECK(number_of(kept) == 1 && number_of(view) == 2);
}

TEST(an_event_of_an_inline_ring_cannot_be_kept)
{
	stage on;

	on.add(1);
	rr::view view = on.from_entries.read();
	CHECK(on.from_entries.try_keep(view).error() == EINVAL);
	CHECK(view.handle() == 0);
}

TEST(read_keep_takes_the_hold_and_releases_the_entry)
{
	stage on;

	on.publish(3);
	rr::event kept = on.from_handles.read_keep();
	CHECK(number_of(kept) == 3 && on.from_handles.position() == 1);
	CHECK_THROWS(on.from_handles.read_keep(), EAGAIN);
	CHECK(on.from_handles.try_read_keep().error() == EAGAIN);
}

TEST(a_copy_that_does_not_fit_says_what_it_needs)
{
	stage on;
	std::array<std::byte, sizeof(record)> buffer;

	on.add(6);
	rr::view copy = on.from_entries.try_read_copy(
		rr::span<std::byte>(buffer.data(), 3));
	CHECK(!copy && copy.error() == EMSGSIZE &&
	      copy.size() == sizeof(record) && !copy.as<char>() &&
	      copy.bytes().empty());
	copy = on.from_entries.try_read_copy(buffer);
	CHECK(number_of(copy) == 6 &&
	      copy.bytes().data() == buffer.data());
}

TEST(a_named_reader_goes_on_where_it_has_stopped)
{
	stage on;
	auto named = rr::reader_config("entries").oldest().named("name");

	CHECK(rr::reader::try_open(
		      on.client, rr::reader_config(named).resuming())
		      .error() == ENOENT);
	{
		rr::reader reader = rr::reader::open(on.client, named);

		CHECK(!reader.resumed());
		on.add(1);
		on.add(2);
		CHECK(number_of(reader.read()) == 1);
		CHECK(reader.wait(rr::now));
	}
	rr::reader reader = rr::reader::open(on.client, named.resuming());
	CHECK(reader.resumed() && number_of(reader.read()) == 2);
	reader.forget();
	CHECK(!reader);
	CHECK(rr::reader::try_open(on.client, named).error() == ENOENT);
}

TEST(an_observer_counts_what_it_loses)
{
	stage on;
	rr::writer fast = rr::writer::open(on.client,
		rr::writer_config("fast").payloads<record>(4).when_full(
			RRING_OVERWRITE));
	rr::reader slow = rr::reader::open(
		on.client, rr::reader_config("fast").observing());

	for (uint64_t i = 0; i < 20; i++)
		fast.add(record{ i, {} });
	CHECK_THROWS(slow.read(), ESTALE);
	CHECK(slow.lost() > 0);
	CHECK(number_of(slow.read()) < 20);
}

TEST(a_reader_skips_to_the_newest_entries)
{
	stage on;

	for (uint64_t i = 0; i < 6; i++)
		on.add(i);
	CHECK(on.from_entries.skip(2) == 4);
	CHECK(number_of(on.from_entries.read()) == 4);
}

TEST(a_reader_releases_what_is_below_a_position)
{
	stage on;

	for (uint64_t i = 0; i < 6; i++)
		on.add(i);
	on.from_entries.release_to(4);
	CHECK(number_of(on.from_entries.read()) == 4);
	CHECK(on.from_entries.try_release_to(7).error() == EAGAIN);
}

TEST(a_reader_says_what_its_ring_is)
{
	stage on;
	rr::reader_ref reader = on.from_entries;

	CHECK(reader == on.from_entries && reader != on.from_handles);
	CHECK(reader.capacity() == 8 && reader.stride() == 64 &&
	      reader.kind() == RRING_INLINE && reader.client() == on.client &&
	      reader.ring() == on.entries.ring() && !reader.type().name);
}

TEST(a_reader_can_join_at_a_position)
{
	rr::client client = rr::client::open(small_arena());
	rr::writer writer = rr::writer::open(client,
		rr::writer_config("kept").payloads<record>(8).retain(4));

	for (uint64_t i = 0; i < 6; i++)
		writer.add(record{ i, {} });
	CHECK(number_of(rr::reader::open(
		client, rr::reader_config("kept").at(3)).read()) == 3);
	CHECK(number_of(rr::reader::open(
		client, rr::reader_config("kept").oldest()).read()) == 2);
}
