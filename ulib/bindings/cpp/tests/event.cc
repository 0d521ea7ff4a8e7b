// SPDX-License-Identifier: MPL-2.0
/* Drafts, events and handles. */
#include <array>

#include "stage.hpp"

static_assert(!std::is_copy_constructible_v<rr::event> &&
	      !std::is_copy_assignable_v<rr::event> &&
	      std::is_nothrow_move_constructible_v<rr::event> &&
	      std::is_nothrow_move_assignable_v<rr::event>);
static_assert(!std::is_copy_constructible_v<rr::draft> &&
	      !std::is_constructible_v<rr::draft, rr::event &&> &&
	      std::is_constructible_v<rr::event, rr::draft &&>);
static_assert(sizeof(rr::event) == sizeof(rring_event));
static_assert(std::is_same_v<
	decltype(std::declval<rr::draft &>().as<record>()), record *>);
static_assert(std::is_same_v<
	decltype(std::declval<rr::event &>().as<record>()), const record *>);

TEST(a_draft_has_its_length_and_type_and_can_be_written)
{
	stage on;
	rr::draft draft = on.client.alloc(sizeof(record), 9);

	CHECK(draft && draft.size() == sizeof(record) && draft.type() == 9);
	draft.emplace<record>(record{ 5, { 1, 2, 3, 4 } });
	CHECK(draft.as<record>()->word[2] == 3);
	draft.bytes()[0] = std::byte{ 6 };
	CHECK(number_of(draft) == 6);
}

TEST(a_payload_that_is_too_short_is_no_such_type)
{
	stage on;
	rr::draft draft = on.client.alloc(sizeof(record) - 1);

	CHECK(!draft.as<record>());
	CHECK(draft.as<uint64_t>());
	CHECK(!rr::event().as<char>());
	CHECK(rr::event().bytes().empty() && rr::event().text().empty());
}

TEST(an_event_is_dropped_at_the_end_of_its_scope)
{
	stage on;

	{
		rr::draft draft = on.client.alloc(64);

		draft.share();
		CHECK(on.held() == 1);
	}
	CHECK(on.held() == 0);
}

TEST(a_hold_is_a_copy_of_its_own)
{
	stage on;
	rr::draft draft = on.client.alloc(sizeof(record));

	draft.emplace<record>().number = 3;
	draft.share();
	rr::event copy = draft.hold();
	draft.drop();
	CHECK(!draft && copy && on.held() == 1);
	CHECK(number_of(copy) == 3);
	copy.drop();
	CHECK(on.held() == 0);
	copy.drop();
}

TEST(an_event_that_was_moved_from_is_empty)
{
	stage on;
	rr::event first = on.client.alloc(64);
	rr::event second = std::move(first);

	CHECK(!first && second && first.size() == 0);
	first = std::move(second);
	CHECK(first && !second);
	rr::event &self = first;
	first = std::move(self);
	CHECK(first);
	first = on.client.alloc(64);
	CHECK(first);
	first = rr::event();
	CHECK(!first && on.held() == 0);
}

TEST(a_failed_allocation_gives_an_empty_draft)
{
	stage on;
	std::vector<rr::draft> all;

	for (;;) {
		auto draft = on.client.try_alloc(64);

		if (!draft) {
			CHECK(draft.error() == ENOSPC);
			break;
		}
		all.push_back(*std::move(draft));
	}
	CHECK(all.size() == 64);
	CHECK_THROWS(on.client.alloc(64), ENOSPC);
	CHECK_THROWS(on.client.alloc(64, 0, std::chrono::microseconds(1)),
		     ETIMEDOUT);
	CHECK_THROWS(on.client.alloc_class(RRING_XS, 65), E2BIG);
	all.pop_back();
	CHECK(on.client.alloc(64, 0, rr::forever));
}

TEST(bytes_are_copied_into_an_event)
{
	stage on;

	CHECK(on.client.alloc_copy("hello").text() == "hello");
	CHECK(on.client.alloc_copy(std::string_view("view"), 3).type() == 3);
	CHECK(number_of(on.client.alloc_copy(record{ 4, {} })) == 4);
}

TEST(drafts_are_allocated_and_published_as_a_batch)
{
	stage on;
	std::array<rr::draft, 10> drafts;

	CHECK(on.client.alloc_batch(RRING_XS, sizeof(record), 1, drafts) ==
	      10);
	for (uint32_t i = 0; i < 10; i++)
		drafts[i].emplace<record>().number = i;
	CHECK(on.handles.publish_batch(drafts) == 8);
	CHECK(!drafts[7] && drafts[8] && number_of(drafts[8]) == 8);
	for (uint32_t i = 0; i < 8; i++)
		CHECK(number_of(on.from_handles.read(rr::now)) == i);
	CHECK(!on.from_handles.read(rr::now));
	CHECK(on.handles.publish_batch(rr::span<rr::draft>(drafts.data() + 8,
							   2),
				       rr::forever) == 2);
	CHECK(on.client.try_alloc_batch(RRING_M, 64, 1, drafts).error() ==
	      ENOSPC);
	CHECK(!drafts[0]);
}

TEST(a_batch_of_drafts_is_empty_from_where_there_were_no_more)
{
	stage on;
	std::vector<rr::draft> drafts(10);

	CHECK(on.client.alloc_batch(RRING_L, 4096, 1, drafts) == 8);
	CHECK(drafts[7] && !drafts[8]);
}

TEST(a_handle_names_an_event_for_another_client_until_it_has_gone)
{
	rr::arena arena = rr::arena::create(small_arena());
	rr::client one = rr::client::open(arena);
	rr::client two = rr::client::open(arena, RRING_CONSUMER);
	rr::draft draft = one.alloc(sizeof(record));

	draft.emplace<record>().number = 8;
	uint64_t handle = draft.share();
	{
		rr::event upgraded = two.upgrade(handle);

		CHECK(number_of(upgraded) == 8 && upgraded.handle() == handle);
		CHECK(number_of(two.find(handle)) == 8);
	}
	CHECK(two.find(handle).error() == ESTALE);
	draft.drop();
	one.trim();
	one.usage(RRING_XS, RRING_STAT_SWEEP);
	CHECK(two.try_upgrade(handle).error() == ESTALE);
	CHECK_THROWS(two.upgrade(1), EBADMSG);
}

TEST(a_draft_can_be_made_shorter)
{
	stage on;
	rr::draft draft = on.client.alloc(64);

	draft.resize(5);
	CHECK(draft.size() == 5 && draft.bytes().size() == 5);
	CHECK_THROWS(draft.resize(65), E2BIG);
}

/*
 * Only an owned arena, which needs the device, has events that can be sealed.
 */
TEST(a_draft_that_cannot_be_sealed_stays_one)
{
	stage on;
	rr::draft draft = on.client.alloc(4096);
	rr::status refused = draft.try_seal();

	CHECK(!refused && draft && !draft.is_sealed());
	draft.emplace<record>().number = 2;
	CHECK_THROWS(draft.seal(), refused.error().number());
	CHECK(number_of(draft) == 2);
}

TEST(a_hold_can_be_given_to_calls_of_c_and_taken_back)
{
	stage on;
	rr::event event = on.client.alloc(64);
	rring_event raw = event.release();

	CHECK(!event && on.held() == 1);
	event = rr::event::adopt(raw);
	CHECK(event);
	event.drop();
	CHECK(on.held() == 0);
}
