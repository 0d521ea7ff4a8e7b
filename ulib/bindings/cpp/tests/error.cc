// SPDX-License-Identifier: MPL-2.0
/* Results and exceptions. */
#include <cstring>
#include <memory>

#include "harness.hpp"

TEST(a_failure_compares_with_errno_and_with_errc)
{
	rr::failure why(EAGAIN);

	CHECK(why == EAGAIN && why != EPIPE);
	CHECK(why == std::errc::resource_unavailable_try_again);
	CHECK(why != std::errc::broken_pipe);
	CHECK(why == rr::failure(EAGAIN) && why != rr::failure(EPIPE));
	CHECK(std::error_code(why) ==
	      std::errc::resource_unavailable_try_again);
	CHECK(!std::strcmp(why.message(), rring_strerror(-EAGAIN)));
}

TEST(a_try_function_gives_the_failure_and_its_detail)
{
	auto client = rr::client::try_open("no such arena", RRING_CONSUMER);

	CHECK(!client && client.error() == EINVAL);
	CHECK(std::strlen(client.error().detail()) >
	      std::strlen(client.error().message()) / 2);
}

TEST(the_other_form_throws_a_system_error_with_the_detail)
{
	bool thrown = false;

	try {
		rr::client::open("none");
	} catch (const std::system_error &why) {
		CHECK(why.code() == std::errc::no_such_file_or_directory);
		CHECK(std::strstr(why.what(), "arena"));
		thrown = true;
	}
	CHECK(thrown);
	CHECK_THROWS(rr::client::open("none"), ENOENT);
}

TEST(a_result_gives_its_value_away)
{
	rr::result<rr::client> opened = rr::client::try_open(small_arena());

	CHECK(opened && opened->id());
	rr::client client = *std::move(opened);
	CHECK(client && !*opened);
	CHECK(rr::client::try_open(small_arena()).value().id());
}

TEST(a_result_without_a_value_throws_when_it_is_asked_for_it)
{
	rr::result<int> none = rr::failure(ENOSPC);

	CHECK_THROWS((void)std::as_const(none).value(), ENOSPC);
	CHECK_THROWS((void)std::move(none).value(), ENOSPC);
	CHECK(rr::result<int>(rr::failure(ENOSPC)).value_or(7) == 7);
	CHECK(rr::result<int>(5).value_or(7) == 5);
	CHECK_THROWS(rr::status(rr::failure(EIO)).value(), EIO);
	rr::status().value();
}

#ifdef __cpp_lib_expected
TEST(a_result_converts_to_std_expected)
{
	std::expected<int, rr::failure> some = rr::result<int>(5);
	std::expected<int, rr::failure> none =
		rr::result<int>(rr::failure(EIO));
	std::expected<void, rr::failure> done = rr::status();

	CHECK(some && *some == 5 && done);
	CHECK(!none && none.error() == EIO);
}
#endif

TEST(a_deadline_is_a_duration_or_a_time_of_the_steady_clock)
{
	using namespace std::chrono;
	using namespace std::chrono_literals;

	CHECK(rr::deadline(0ns).time() == 0 && rr::now.time() == 0);
	CHECK(rr::deadline(-5s).time() == 0);
	CHECK(rr::forever.time() == RRING_FOREVER);
	CHECK(rr::deadline(steady_clock::time_point(7us)).time() == 7000);
	CHECK(rr::deadline(1h).time() > rring_deadline(0));
	CHECK(rr::deadline(1h).time() <= rring_deadline(3600ull * 1000000000));
}
