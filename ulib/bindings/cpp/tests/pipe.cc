// SPDX-License-Identifier: MPL-2.0
/* Pipes. */
#include "stage.hpp"

TEST(both_ends_of_a_pipe_send_and_receive)
{
	rr::client client = rr::client::open(small_arena());
	auto config = rr::pipe_config("job").handles(4);
	rr::pipe one = rr::pipe::create(client, config);
	rr::pipe two = rr::pipe::connect(client, "job");

	one.send("question", 1);
	CHECK(two.receive().text() == "question");
	two.send(record{ 42, {} });
	CHECK(number_of(one.receive()) == 42);
	CHECK(!one.receive(rr::now));
	CHECK(one.try_receive(rr::now).error() == EAGAIN);
	CHECK(one.writer().capacity() == 4 && one.reader().capacity() == 4);
	/* the other end still uses the question */
	CHECK(one.try_wait_writable(3));
	CHECK(one.try_wait_writable(4, rr::now).error() == EAGAIN);
}

TEST(an_end_learns_that_the_other_end_has_gone)
{
	rr::client client = rr::client::open(small_arena());
	auto config = rr::pipe_config("job").payloads<record>(4)
			      .type<record>("record");
	rr::pipe one = rr::pipe::create(client, config);
	rr::pipe two = rr::pipe::connect(client, config);

	two.reset();
	CHECK(!one.receive());
	CHECK(one.try_send("x").error() == EPIPE);
	CHECK_THROWS(rr::pipe::connect(client, rr::pipe_config("none")),
		     ENOENT);
}
