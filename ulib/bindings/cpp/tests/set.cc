// SPDX-License-Identifier: MPL-2.0
/* Sets. */
#include "stage.hpp"

TEST(a_set_reads_the_rings_of_many_writers_as_one)
{
	stage on;
	rr::set set = rr::set::open(on.client);

	set.add(on.from_handles);
	set.add(on.from_entries);
	on.publish(1);
	on.add(2);
	rr::set_view one = set.read();
	uint64_t sum = number_of(one);
	CHECK(one.from() == on.from_handles || one.from() == on.from_entries);
	rr::set_view two = set.read();
	sum += number_of(two);
	CHECK(sum == 3 && one.from() != two.from());
	CHECK(set.try_read().error() == EAGAIN);
	CHECK(set.read(std::chrono::microseconds(1)).error() == ETIMEDOUT);
	CHECK(!set.wait(rr::now));
}

TEST(a_set_keeps_the_order_that_it_was_given)
{
	stage on;
	rring_set_config config{};

	config.order = RRING_BY_TIMESTAMP;
	rr::set set = rr::set::open(on.client, config);
	set.add(on.from_handles);
	set.add(on.from_entries);
	for (uint64_t i = 0; i < 6; i += 2) {
		on.publish(i + 1);
		on.add(i);
	}
	for (uint64_t i = 0; i < 6; i++)
		CHECK(number_of(set.read()) == i);
}

TEST(a_batch_of_a_set_has_positions_and_is_released_as_one)
{
	stage on;
	rr::set set = rr::set::open(on.client);
	uint64_t next = 0;

	set.add(on.from_entries);
	for (uint64_t i = 0; i < 5; i++)
		on.add(i);
	for (const rr::set_view &view : set.batch(2)) {
		CHECK(view.position() == next++);
		CHECK(view.from() == on.from_entries);
	}
	CHECK(on.from_entries.position() == 2);
	rr::set_batch batch = set.peek(64);
	CHECK(batch.size() == 3 && number_of(batch[0]) == 2);
	batch.release();
	CHECK(on.from_entries.position() == 5);
	CHECK(set.peek(64).error() == EAGAIN);
}

TEST(a_set_ends_when_all_its_streams_have_ended)
{
	stage on;
	rr::set set = rr::set::open(on.client);

	set.add(on.from_entries, 1);
	on.entries.reset();
	CHECK(!set.read() && set.try_read().error() == EPIPE);
	set.remove(on.from_entries);
	CHECK_THROWS(set.remove(on.from_entries), ENOENT);
}
