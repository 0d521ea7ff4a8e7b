// SPDX-License-Identifier: MPL-2.0
/* Readers of rings. */
#ifndef RUSTED_RING_CPP_READER_HPP
#define RUSTED_RING_CPP_READER_HPP

#include <rusted_ring/cpp/await.hpp>
#include <rusted_ring/cpp/batch.hpp>
#include <rusted_ring/cpp/client.hpp>
#include <rusted_ring/cpp/ring_config.hpp>

RUSTED_RING_BEGIN

/* A ring to read: reader_config("ticks").oldest().named("archive"). */
class reader_config : public rring_reader_config {
public:
	reader_config(const rring_reader_config &from) noexcept
		: rring_reader_config(from) {}
	/* By the name of the ring, or by its number. */
	reader_config(const char *ring_name_) noexcept
		: rring_reader_config()
	{
		ring_name = ring_name_;
	}
	reader_config(uint32_t ring_) noexcept : rring_reader_config()
	{
		ring = ring_;
	}

	/* The ring keeps the position of this name when the reader has gone. */
	reader_config &named(const char *name_) noexcept
	{
		name = name_;
		return *this;
	}
	/* Never hold the writer back: it may overwrite what is being read. */
	reader_config &observing() noexcept
	{
		flags |= RRING_JOIN_OBSERVER;
		return *this;
	}
	/* Fail with ENOENT if the ring does not know the name. */
	reader_config &resuming() noexcept
	{
		flags |= RRING_JOIN_RESUME;
		return *this;
	}
	/* Begin at the oldest entry kept; at first: at the next new one. */
	reader_config &oldest() noexcept
	{
		start = RRING_START_OLDEST;
		return *this;
	}
	reader_config &at(uint64_t position_) noexcept
	{
		start = RRING_START_AT;
		position = position_;
		return *this;
	}
	reader_config &waiting(rring_strategy how) noexcept
	{
		strategy = how;
		return *this;
	}
	/* The type that the ring must have. */
	template <typename T>
	reader_config &type(const char *name_) noexcept
	{
		rring_reader_config::type = detail::type_of<T>(name_);
		return *this;
	}
};

namespace detail {

/* Where the batches of a reader come from. */
struct reader_source {
	using view_type = view;

	rring_reader *reader;

	RUSTED_RING_SHORT
	long peek(uint32_t max) const noexcept
	{
		return rring_peek(reader, max);
	}
	RUSTED_RING_SHORT
	view entry(uint32_t i) const noexcept
	{
		view shown{ filled() };

		shown.settle(rring_entry(reader, i, shown.raw()));
		return shown;
	}
	RUSTED_RING_SHORT
	int release(uint32_t n) const noexcept
	{
		return rring_release(reader, n);
	}
};

} // namespace detail

using batch = basic_batch<detail::reader_source>;
using reader_batch = batch;

/*
 * Refers to a reader, which one thread at a time uses. A view of the reader can
 * be used until the next call of the reader.
 */
class reader_ref : public detail::ref<rring_reader> {
public:
	using ref::ref;

	client_ref client() const noexcept
	{
		return client_ref(rring_reader_client(raw_));
	}
	/* The number of the ring, and of the first entry not released. */
	uint32_t ring() const noexcept { return rring_reader_ring_id(raw_); }
	uint64_t position() const noexcept
	{
		return rring_reader_position(raw_);
	}
	uint64_t epoch() const noexcept { return rring_reader_epoch(raw_); }
	uint32_t capacity() const noexcept
	{
		return rring_reader_capacity(raw_);
	}
	uint32_t stride() const noexcept { return rring_reader_stride(raw_); }
	rring_kind kind() const noexcept { return rring_reader_kind(raw_); }
	rring_type type() const noexcept { return rring_reader_type(raw_); }
	bool resumed() const noexcept { return rring_reader_resumed(raw_); }

	/* How many entries are not released; how many were never got. */
	uint64_t lag() const noexcept { return rring_reader_lag(raw_); }
	uint64_t lost() const noexcept { return rring_reader_lost(raw_); }
	uint64_t dropped(rring_drop_reason reason) const noexcept
	{
		return rring_reader_dropped(raw_, reason);
	}

	/* ---- one by one ---- */

	/*
	 * The next event. It never waits: EAGAIN if there is none yet, EPIPE if
	 * the stream has ended.
	 */
	RUSTED_RING_SHORT
	view try_read() const noexcept
	{
		view shown{ detail::filled() };

		shown.settle(rring_try_read(raw_, shown.raw()));
		return shown;
	}

	/* The next event. Wait for it: ETIMEDOUT, EPIPE. */
	view try_read(deadline until) const noexcept
	{
		view shown{ detail::filled() };

		shown.settle(rring_receive(raw_, shown.raw(), until.time()));
		return shown;
	}

	/*
	 * Copy the next event into @buffer. EMSGSIZE: size() says what it
	 * needs.
	 */
	view try_read_copy(span<std::byte> buffer) const noexcept
	{
		view shown{ detail::filled() };

		shown.settle_copy(rring_read_copy(
			raw_, buffer.data(), buffer.size(), shown.raw()));
		return shown;
	}

	/* Take a hold on the next event, and release its entry. */
	RUSTED_RING_SHORT
	result<event> try_read_keep() const noexcept
	{
		result<event> made{ detail::filled() };

		made.settle(rring_read_keep(raw_, made.raw()));
		return made;
	}

	/* Take a hold on the event of @shown, a view of this reader. */
	result<event> try_keep(const view &shown) const noexcept
	{
		int err = rring_keep(raw_, shown.get());

		if (err)
			return failure(-err);
		return event::adopt(*shown.get());
	}

	/* ---- many at once ---- */

	/*
	 * Up to @max events, which the end of the batch releases. Never wait.
	 */
	RUSTED_RING_SHORT
	reader_batch try_batch(uint32_t max) const noexcept
	{
		return { { raw_ }, max, at_end::release_done };
	}

	/* Up to @max events, which release() of the batch alone releases. */
	reader_batch try_peek(uint32_t max) const noexcept
	{
		return { { raw_ }, max, at_end::keep };
	}

	/*
	 * Go to the newest entries: release all but the last @keep. Return how
	 * many were not read.
	 */
	result<uint64_t> try_skip(uint32_t keep = 0) const noexcept
	{
		return detail::number_of<uint64_t>(
			rring_reader_skip(raw_, keep));
	}

	/*
	 * Release all entries below @position, which an earlier run has
	 * handled: EAGAIN if not so many are published.
	 */
	status try_release_to(uint64_t position) const noexcept
	{
		return detail::status_of(rring_release_to(raw_, position));
	}

	/* ---- wait ---- */

	/* Until there is an event, or the stream has ended. */
	status try_wait(deadline until = forever) const noexcept
	{
		return detail::status_of(rring_wait_readable(raw_,
							     until.time()));
	}

#if RUSTED_RING_COROUTINES
	/*
	 * co_await: until there is an event, or the stream has ended. Gives a
	 * status. After EPIPE it waits for the next writer.
	 */
	template <executor Loop>
	auto readable(Loop &loop) const
	{
		rring_reader *raw = raw_;

		return detail::await<status>(loop, client().get(), POLLIN,
			[raw](std::optional<status> &found) {
				int err = look(raw);

				if (err == -ETIMEDOUT)
					return false;
				found = detail::status_of(err);
				return true;
			});
	}

	/* co_await: the next event. Gives a view, of EPIPE at the end. */
	template <executor Loop>
	auto next(Loop &loop) const
	{
		reader_ref self = *this;

		return detail::await_next<view>(loop, client().get(),
			[self] { return self.try_read(); });
	}
#endif

#if RUSTED_RING_EXCEPTIONS
	/*
	 * The next event. Wait for it until @until; the view is empty if none
	 * came, or the stream has ended.
	 */
	RUSTED_RING_SHORT
	view read(deadline until = forever) const
	{
		view v{ detail::filled() };
		int answer = rring_try_read(raw_, v.raw());

		if (answer)
			answer = wait_and_read(answer, until, v.raw());
		v.settle(answer);
		return v;
	}
	/* EAGAIN and EPIPE are thrown, too. */
	RUSTED_RING_SHORT
	event read_keep() const
	{
		event made{ detail::filled() };

		made.must(rring_read_keep(raw_, made.raw()));
		return made;
	}
	event keep(const view &shown) const { return try_keep(shown).value(); }
	/* They are empty if there is nothing yet, or the stream has ended. */
	RUSTED_RING_SHORT
	reader_batch batch(uint32_t max) const
	{
		return detail::if_no_error(try_batch(max));
	}
	reader_batch peek(uint32_t max) const
	{
		return detail::if_no_error(try_peek(max));
	}
	uint64_t skip(uint32_t keep = 0) const
	{
		return try_skip(keep).value();
	}
	void release_to(uint64_t position) const
	{
		try_release_to(position).value();
	}
	/* Return false if there was nothing until the deadline. */
	bool wait(deadline until = forever) const
	{
		status waited = try_wait(until);

		if (!waited && waited.error() != ETIMEDOUT)
			detail::raise(waited.error());
		return waited.has_value();
	}
#endif

private:
#if RUSTED_RING_EXCEPTIONS
	/* Why there is no event is @err: wait for one, and fill @raw. */
	[[gnu::noinline]]
	int wait_and_read(int err, deadline until, rring_event *raw) const
	{
		if (err == -EAGAIN && until.time())
			err = rring_receive(raw_, raw, until.time());
		if (err && !detail::is_nothing(failure(-err)))
			detail::raise(failure(-err));
		return err;
	}
#endif

#if RUSTED_RING_COROUTINES
	/*
	 * -ETIMEDOUT: nothing. The look at the end makes the descriptor wait.
	 */
	static int look(rring_reader *raw) noexcept
	{
		int err = rring_wait_readable(raw, 0);

		return err == -ETIMEDOUT && rring_peek(raw, 1) > 0 ? 0 : err;
	}
#endif
};

namespace detail {

inline void close_reader(rring_reader *reader) noexcept
{
	rring_reader_close(reader, 0);
}

} // namespace detail

/* A reader. If it has a name, the ring keeps its position when it ends. */
class reader : public detail::owner<reader_ref, detail::close_reader> {
public:
	using owner::owner;

	static result<reader> try_open(client_ref client,
				       const reader_config &config) noexcept
	{
		return detail::try_open<reader>([&](rring_reader **raw) {
			return rring_reader_open(client.get(), &config, raw);
		});
	}

#if RUSTED_RING_EXCEPTIONS
	static reader open(client_ref client, const reader_config &config)
	{
		return try_open(client, config).value();
	}
#endif

	/* End the reader, and let the ring forget its name. */
	void forget() noexcept
	{
		if (raw_)
			rring_reader_close(release(), 1);
	}
};

RUSTED_RING_END

#endif // RUSTED_RING_CPP_READER_HPP
