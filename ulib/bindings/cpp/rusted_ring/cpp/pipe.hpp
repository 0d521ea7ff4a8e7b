// SPDX-License-Identifier: MPL-2.0
/* Pipes: two clients send each other events. */
#ifndef RUSTED_RING_CPP_PIPE_HPP
#define RUSTED_RING_CPP_PIPE_HPP

#include <rusted_ring/cpp/reader.hpp>
#include <rusted_ring/cpp/writer.hpp>

RUSTED_RING_BEGIN

/* pipe_config("job").handles(64) */
class pipe_config
	: public detail::ring_config<pipe_config, rring_pipe_config> {
public:
	pipe_config(const rring_pipe_config &from) noexcept
		: ring_config(from) {}
	pipe_config(const char *name_) noexcept
		: ring_config(name_) {}

	/* The type of the events of both ends. */
	template <typename T>
	pipe_config &type(const char *name_) noexcept
	{
		rring_pipe_config::type = detail::type_of<T>(name_);
		return *this;
	}
};

/* One end of a pipe, which one thread at a time uses. */
class pipe : public detail::owner<detail::ref<rring_pipe>, rring_pipe_close> {
public:
	using owner::owner;

	/* The first end. */
	static result<pipe> try_create(client_ref client,
				       const pipe_config &config) noexcept
	{
		return detail::try_open<pipe>([&](rring_pipe **raw) {
			return rring_pipe_create(client.get(), &config, raw);
		});
	}

	/* The second end: the first one has set the geometry. */
	static result<pipe> try_connect(client_ref client,
					const pipe_config &config) noexcept
	{
		return detail::try_open<pipe>([&](rring_pipe **raw) {
			return rring_pipe_connect(client.get(), &config, raw);
		});
	}

	/* Send a copy of @bytes. EPIPE: the other end has gone. */
	status try_send(payload bytes, uint32_t type = 0,
			deadline until = forever) noexcept
	{
		return detail::status_of(rring_pipe_send(raw_, bytes.data(),
							 bytes.size(), type,
							 until.time()));
	}

	/* The next event of the other end, until the next call. */
	view try_receive(deadline until = forever) noexcept
	{
		view shown{ detail::filled() };

		shown.settle(rring_pipe_receive(raw_, shown.raw(),
						until.time()));
		return shown;
	}

#if RUSTED_RING_COROUTINES
	/* co_await: the next event of the other end. Gives a view. */
	template <executor Loop>
	auto next(Loop &loop)
	{
		return detail::await_next<view>(
			loop, reader().client().get(),
			[this] { return try_receive(now); });
	}
#endif

	/* Wait for room for @n events. */
	status try_wait_writable(uint32_t n = 1,
				 deadline until = forever) noexcept
	{
		return detail::status_of(rring_pipe_wait_writable(
			raw_, n, until.time()));
	}

	/* What the end writes and reads; the pipe closes them. */
	writer_ref writer() const noexcept
	{
		return writer_ref(rring_pipe_writer(raw_));
	}
	reader_ref reader() const noexcept
	{
		return reader_ref(rring_pipe_reader(raw_));
	}

#if RUSTED_RING_EXCEPTIONS
	static pipe create(client_ref client, const pipe_config &config)
	{
		return try_create(client, config).value();
	}
	static pipe connect(client_ref client, const pipe_config &config)
	{
		return try_connect(client, config).value();
	}
	void send(payload bytes, uint32_t type = 0, deadline until = forever)
	{
		try_send(bytes, type, until).value();
	}
	/* The view is empty if none came, or the other end has gone. */
	view receive(deadline until = forever)
	{
		return detail::if_no_error(try_receive(until));
	}
#endif
};

RUSTED_RING_END

#endif // RUSTED_RING_CPP_PIPE_HPP
