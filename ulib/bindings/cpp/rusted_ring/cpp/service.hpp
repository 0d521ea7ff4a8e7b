// SPDX-License-Identifier: MPL-2.0
/* Services: one server answers many callers. */
#ifndef RUSTED_RING_CPP_SERVICE_HPP
#define RUSTED_RING_CPP_SERVICE_HPP

#include <rusted_ring/cpp/await.hpp>
#include <rusted_ring/cpp/batch.hpp>
#include <rusted_ring/cpp/client.hpp>
#include <rusted_ring/cpp/ring_config.hpp>

RUSTED_RING_BEGIN

/* listener_config("store").handles(64) */
class listener_config
	: public detail::ring_config<listener_config, rring_listener_config> {
public:
	listener_config(const rring_listener_config &from) noexcept
		: ring_config(from) {}
	explicit listener_config(const char *name_) noexcept
		: ring_config(name_) {}

	/* The rings have 8 bytes more in each entry, for the number. */
	listener_config &payloads(uint32_t entries, std::size_t bytes) noexcept
	{
		return ring_config::payloads(entries,
					     bytes + sizeof(uint64_t));
	}
	template <typename T>
	listener_config &payloads(uint32_t entries) noexcept
	{
		detail::check_type<T>();
		return payloads(entries, sizeof(T));
	}
};

/*
 * A caller, as the server sees it: .client, and .user, which is the server's.
 */
using session = rring_session;

/*
 * What happens in a session, or nothing: then error() says why. If kind() is
 * RRING_CALL_REQUEST, it is the request, until the next call of the listener.
 */
class [[nodiscard]] call : public view {
public:
	explicit call(failure why) noexcept
		: call(rring_call(), -why.number()) {}
	/* For the headers: @got of C, and the answer of the call. */
	call(const rring_call &got, int answer) noexcept
		: view(detail::filled()), kind_(got.kind), from_(got.session),
		  number_(got.number)
	{
		raw_ = got.event;
		settle(answer);
	}

	rring_call_kind kind() const noexcept { return kind_; }
	/* RRING_CALL_END: until the next call of the listener. */
	session &from() const noexcept { return *from_; }
	uint64_t number() const noexcept { return number_; }

private:
	rring_call_kind kind_;
	session *from_;
	uint64_t number_;
};

/*
 * The server of a service, which one thread at a time uses. It ends before its
 * client.
 */
class listener : public detail::owner<detail::ref<rring_listener>,
				      rring_listener_close> {
public:
	using owner::owner;

	static result<listener> try_open(client_ref client,
					 const listener_config &config) noexcept
	{
		return detail::try_open<listener>([&](rring_listener **raw) {
			return rring_listener_open(client.get(), &config, raw);
		});
	}

	/* What happens next in any session. */
	call try_next(deadline until = forever) noexcept
	{
		rring_call got{};
		int answer = rring_listener_next(raw_, &got, until.time());

		return call(got, answer);
	}

#if RUSTED_RING_COROUTINES
	/* co_await: what happens next. @client is the listener's. */
	template <executor Loop>
	auto next(Loop &loop, client_ref client)
	{
		return detail::await_next<call>(loop, client.get(),
			[this] { return try_next(now); });
	}
#endif

	/* Reply to the request @number of @to. EPIPE: the caller has gone. */
	status try_reply(session &to, uint64_t number, payload bytes,
			 uint32_t type = 0, deadline until = forever) noexcept
	{
		return detail::status_of(rring_listener_reply(
			raw_, &to, number, bytes.data(), bytes.size(), type,
			until.time()));
	}

	/* How many callers have a session now. */
	uint32_t sessions() const noexcept
	{
		return rring_listener_sessions(raw_);
	}

#if RUSTED_RING_EXCEPTIONS
	static listener open(client_ref client, const listener_config &config)
	{
		return try_open(client, config).value();
	}
	/* It is empty if nothing has happened until the deadline. */
	call next(deadline until = forever)
	{
		return detail::if_no_error(try_next(until));
	}
	void reply(session &to, uint64_t number, payload bytes,
		   uint32_t type = 0, deadline until = forever)
	{
		try_reply(to, number, bytes, type, until).value();
	}
#endif
};

/*
 * A reply, or none: see view. It can be used until the next call of the caller.
 */
class [[nodiscard]] reply : public view {
public:
	explicit reply(failure why) noexcept : view(why), number_(0) {}
	/* For the headers: a call of C fills raw() and number_raw(). */
	explicit reply(detail::filled filled) noexcept
		: view(filled), number_(0) {}
	uint64_t *number_raw() noexcept { return &number_; }

	/* The number of the request. */
	uint64_t number() const noexcept { return number_; }

private:
	uint64_t number_;
};

/* A session with a service, which one thread at a time uses. */
class caller : public detail::owner<detail::ref<rring_caller>,
				    rring_caller_close> {
public:
	using owner::owner;

	/* Wait for a server that offers the service @name. */
	static result<caller> try_open(
		client_ref client, const char *name, deadline until = forever,
		rring_strategy strategy = RRING_WAIT_BLOCK) noexcept
	{
		return detail::try_open<caller>([&](rring_caller **raw) {
			return rring_caller_open(client.get(), name, strategy,
						 until.time(), raw);
		});
	}

	/* Send a request. Return its number. */
	result<uint64_t> try_send(payload bytes, uint32_t type = 0,
				  deadline until = forever) noexcept
	{
		uint64_t number = 0;
		int err = rring_caller_send(raw_, bytes.data(), bytes.size(),
					    type, until.time(), &number);

		return detail::value_of(err, number);
	}

	/* The next reply. EPIPE: the server has gone. */
	reply try_receive(deadline until = forever) noexcept
	{
		reply shown{ detail::filled() };

		shown.settle(rring_caller_receive(raw_, shown.raw(),
						  shown.number_raw(),
						  until.time()));
		return shown;
	}

#if RUSTED_RING_COROUTINES
	/* co_await: the next reply. @client is the caller's. */
	template <executor Loop>
	auto next(Loop &loop, client_ref client)
	{
		return detail::await_next<reply>(loop, client.get(),
			[this] { return try_receive(now); });
	}
#endif

	/*
	 * Send a request, and wait for its reply; replies to others are lost.
	 */
	view try_call(payload bytes, uint32_t type = 0,
		      deadline until = forever) noexcept
	{
		view shown{ detail::filled() };

		shown.settle(rring_caller_call(raw_, bytes.data(), bytes.size(),
					       type, shown.raw(),
					       until.time()));
		return shown;
	}

#if RUSTED_RING_EXCEPTIONS
	static caller open(client_ref client, const char *name,
			   deadline until = forever,
			   rring_strategy strategy = RRING_WAIT_BLOCK)
	{
		return try_open(client, name, until, strategy).value();
	}
	uint64_t send(payload bytes, uint32_t type = 0,
		      deadline until = forever)
	{
		return try_send(bytes, type, until).value();
	}
	/* They are empty if none came, or the server has gone. */
	reply receive(deadline until = forever)
	{
		return detail::if_no_error(try_receive(until));
	}
	view call(payload bytes, uint32_t type = 0, deadline until = forever)
	{
		return detail::if_no_error(try_call(bytes, type, until));
	}
#endif
};

RUSTED_RING_END

#endif // RUSTED_RING_CPP_SERVICE_HPP
