// SPDX-License-Identifier: MPL-2.0
/* Services. */
#include <thread>

#include "stage.hpp"

static void serve(rr::listener &listener, uint64_t requests)
{
	uint64_t sum = 0;

	while (requests) {
		rr::call call = listener.next();

		if (call.kind() != RRING_CALL_REQUEST)
			continue;
		sum += number_of(call);
		listener.reply(call.from(), call.number(), record{ sum, {} });
		requests--;
	}
}

TEST(a_caller_gets_the_reply_to_each_request)
{
	rr::client client = rr::client::open(small_arena());
	rr::listener listener = rr::listener::open(
		client, rr::listener_config("sum").payloads<record>(8));
	std::thread server(serve, std::ref(listener), 3);
	rr::caller caller = rr::caller::open(client, "sum");

	CHECK(number_of(caller.call(record{ 1, {} })) == 1);
	CHECK(caller.send(record{ 2, {} }) == 2);
	rr::reply reply = caller.receive();
	CHECK(number_of(reply) == 3 && reply.number() == 2);
	CHECK(number_of(caller.call(record{ 3, {} })) == 6);
	CHECK(!caller.receive(rr::now));
	server.join();
}

TEST(a_server_learns_when_callers_come_and_go)
{
	rr::client client = rr::client::open(small_arena());
	rr::listener listener = rr::listener::open(
		client, rr::listener_config("s").handles(8));

	CHECK(!listener.next(rr::now) && listener.sessions() == 0);
	std::thread visitor([&] { rr::caller::open(client, "s"); });
	rr::call begin = listener.next();
	CHECK(begin && begin.kind() == RRING_CALL_BEGIN &&
	      begin.from().client == client.id());
	rr::call end = listener.next();
	CHECK(end.kind() == RRING_CALL_END);
	visitor.join();
	CHECK(rr::caller::try_open(client, "none",
				   std::chrono::microseconds(1))
		      .error() == ETIMEDOUT);
}
