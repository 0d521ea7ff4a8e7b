// SPDX-License-Identifier: MPL-2.0
/* Compiled with -fno-exceptions -fno-rtti: results are all there is. */
#include "harness.hpp"

static_assert(!RUSTED_RING_EXCEPTIONS);

/* A function of a program that hands failures on. */
static rr::result<uint64_t> pass_one(uint64_t number)
{
	auto client = rr::client::try_open(small_arena());

	if (!client)
		return client.error();
	auto writer = rr::writer::try_open(
		*client, rr::writer_config("ring").handles(4));
	if (!writer)
		return writer.error();
	auto reader = rr::reader::try_open(*client, rr::reader_config("ring"));
	if (!reader)
		return reader.error();
	auto draft = client->try_alloc(sizeof(record));
	if (!draft)
		return draft.error();
	draft->emplace<record>().number = number;
	if (auto done = writer->try_publish(*std::move(draft)); !done)
		return done.error();
	for (const rr::view &view : reader->try_batch(64))
		if (auto *found = view.as<record>())
			return found->number;
	return rr::failure(EBADMSG);
}

TEST(an_event_goes_through_a_ring)
{
	rr::result<uint64_t> passed = pass_one(7);

	CHECK(passed && *passed == 7);
}

TEST(a_failure_is_a_result)
{
	CHECK(rr::client::try_open("none").error() == ENOENT);
	CHECK(rr::arena::try_create(rr::arena_config()).error() == EINVAL);
	CHECK(rr::client::try_open(nullptr, RRING_OBSERVER)->try_alloc(1)
		      .error() == EPERM);
}
