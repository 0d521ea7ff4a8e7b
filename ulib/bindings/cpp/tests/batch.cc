// SPDX-License-Identifier: MPL-2.0
/* Batches of readers. */
#include <stdexcept>

#include "stage.hpp"

static void add_five(stage &on)
{
	for (uint64_t i = 0; i < 5; i++)
		on.add(i);
}

TEST(a_loop_to_its_end_releases_the_batch)
{
	stage on;
	uint64_t n = 0;

	add_five(on);
	for (rr::view view : on.from_entries.batch(3))
		CHECK(number_of(view) == n++);
	CHECK(n == 3 && on.from_entries.position() == 3);
	for (const auto &view : on.from_entries.batch(64))
		CHECK(number_of(view) == n++);
	CHECK(n == 5 && on.from_entries.position() == 5);
	for (rr::view view : on.from_entries.batch(64))
		CHECK(!view);
}

TEST(an_event_whose_turn_was_left_comes_again)
{
	stage on;

	add_five(on);
	for (rr::view view : on.from_entries.batch(64))
		if (number_of(view) == 2)
			break;
	CHECK(on.from_entries.position() == 2);
	try {
		for (rr::view view : on.from_entries.batch(64))
			if (number_of(view) == 3)
				throw std::runtime_error("a fault");
	} catch (const std::runtime_error &) {
	}
	CHECK(number_of(on.from_entries.read()) == 3);
}

TEST(the_program_can_say_how_many_are_done)
{
	stage on;

	add_five(on);
	{
		rr::batch batch = on.from_entries.batch(64);

		for (rr::view view : batch)
			if (number_of(view) == 3) {
				batch.set_done(batch.done() + 1);
				break;
			}
		CHECK(batch.done() == 4);
	}
	CHECK(on.from_entries.position() == 4);
}

TEST(a_batch_that_was_peeked_is_released_by_the_program_alone)
{
	stage on;

	add_five(on);
	for (rr::view view : on.from_entries.peek(64))
		CHECK(view);
	CHECK(on.from_entries.position() == 0);
	rr::batch batch = on.from_entries.peek(64);

	CHECK(batch.size() == 5 && number_of(batch[4]) == 4);
	batch.release(2);
	CHECK(on.from_entries.position() == 2 && batch.empty());
	on.from_entries.peek(64).release();
	CHECK(on.from_entries.position() == 5);
}

TEST(an_empty_batch_says_why)
{
	stage on;

	CHECK(on.from_entries.try_batch(64).error() == EAGAIN);
	CHECK(!on.from_entries.batch(64));
	on.entries.reset();
	CHECK(on.from_entries.peek(64).error() == EPIPE);
	for (rr::view view : on.from_entries.batch(64))
		CHECK(!view);
}

TEST(a_batch_can_be_moved)
{
	stage on;

	add_five(on);
	{
		rr::batch first = on.from_entries.try_batch(64);
		rr::batch second = std::move(first);

		CHECK(first.empty() && second.size() == 5);
		for (rr::view view : second)
			CHECK(view);
	}
	CHECK(on.from_entries.position() == 5);
}

TEST(events_of_a_batch_can_be_kept)
{
	stage on;
	rr::event kept;

	on.publish(1);
	on.publish(2);
	for (rr::view view : on.from_handles.batch(64))
		if (number_of(view) == 1)
			kept = on.from_handles.keep(view);
	CHECK(number_of(kept) == 1 && on.held() == 1);
}

TEST(a_lapped_reader_learns_at_the_release_that_nothing_is_valid)
{
	stage on;
	rr::writer fast = rr::writer::open(on.client,
		rr::writer_config("fast").payloads<record>(4).when_full(
			RRING_OVERWRITE));
	rr::reader slow = rr::reader::open(
		on.client, rr::reader_config("fast").observing());

	for (uint64_t i = 0; i < 3; i++)
		fast.add(record{ i, {} });
	rr::batch batch = slow.peek(64);

	CHECK(batch.size() == 3);
	for (uint64_t i = 0; i < 20; i++)
		fast.add(record{ i, {} });
	CHECK(batch.try_release().error() == ESTALE);
}
