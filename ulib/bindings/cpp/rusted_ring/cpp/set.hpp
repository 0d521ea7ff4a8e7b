// SPDX-License-Identifier: MPL-2.0
/* Sets: the rings of many writers, read as one. */
#ifndef RUSTED_RING_CPP_SET_HPP
#define RUSTED_RING_CPP_SET_HPP

#include <rusted_ring/cpp/reader.hpp>

RUSTED_RING_BEGIN

/* An event of a set, or none: see view. */
class [[nodiscard]] set_view : public view {
public:
	explicit set_view(failure why) noexcept
		: view(why), from_(nullptr), position_(0) {}
	/*
	 * For the headers: a call of C fills raw(), from_raw(), position_raw().
	 */
	explicit set_view(detail::filled filled) noexcept
		: view(filled), from_(nullptr), position_(0) {}
	rring_reader **from_raw() noexcept { return &from_; }
	uint64_t *position_raw() noexcept { return &position_; }

	/*
	 * The reader whose event it is, or whose error(). It compares with a
	 * reader: v.from() == ticks.
	 */
	reader_ref from() const noexcept { return reader_ref(from_); }

	/* In the ring of this reader; only in a batch. */
	uint64_t position() const noexcept { return position_; }

private:
	rring_reader *from_;
	uint64_t position_;
};

namespace detail {

/* Where the batches of a set come from. */
struct set_source {
	using view_type = set_view;

	rring_set *set;

	long peek(uint32_t max) const noexcept
	{
		return rring_set_peek(set, max);
	}
	set_view entry(uint32_t i) const noexcept
	{
		set_view shown{ filled() };

		shown.settle(rring_set_entry(set, i, shown.raw(),
					     shown.from_raw(),
					     shown.position_raw()));
		return shown;
	}
	int release(uint32_t n) const noexcept
	{
		return rring_set_release(set, n);
	}
};

} // namespace detail

using set_batch = basic_batch<detail::set_source>;

/*
 * Up to RRING_CURSORS readers of one client, which the program reads by the set
 * alone. A reader stays open as long as it is in the set. One thread at a time
 * uses a set.
 */
class set : public detail::owner<detail::ref<rring_set>, rring_set_close> {
public:
	using owner::owner;

	static result<set> try_open(client_ref client,
				    const rring_set_config &config = {})
		noexcept
	{
		return detail::try_open<set>([&](rring_set **raw) {
			return rring_set_open(client.get(), &config, raw);
		});
	}

	/* RRING_BY_PRIORITY reads the reader of the lowest @priority first. */
	status try_add(reader_ref reader, uint32_t priority = 0) noexcept
	{
		return detail::status_of(rring_set_add(raw_, reader.get(),
						       priority));
	}

	status try_remove(reader_ref reader) noexcept
	{
		return detail::status_of(rring_set_remove(raw_, reader.get()));
	}

	/* The next event, in the order of the set. It never waits. */
	set_view try_read() noexcept
	{
		set_view shown{ detail::filled() };

		shown.settle(rring_set_try_read(raw_, shown.raw(),
						shown.from_raw()));
		return shown;
	}

	/* See the functions of these names in reader_ref. */
	set_batch try_batch(uint32_t max) noexcept
	{
		return { { raw_ }, max, at_end::release_done };
	}
	set_batch try_peek(uint32_t max) noexcept
	{
		return { { raw_ }, max, at_end::keep };
	}

	/* Until a reader has an event, or all streams have ended. */
	status try_wait(deadline until = forever) noexcept
	{
		return detail::status_of(rring_set_wait(raw_, until.time()));
	}

#if RUSTED_RING_COROUTINES
	/* co_await: the next event of the set, whose client is @client. */
	template <executor Loop>
	auto next(Loop &loop, client_ref client)
	{
		return detail::await_next<set_view>(loop, client.get(),
			[this] { return try_read(); });
	}
#endif

#if RUSTED_RING_EXCEPTIONS
	static set open(client_ref client, const rring_set_config &config = {})
	{
		return try_open(client, config).value();
	}
	void add(reader_ref reader, uint32_t priority = 0)
	{
		try_add(reader, priority).value();
	}
	void remove(reader_ref reader) { try_remove(reader).value(); }

	/*
	 * The next event. Wait for it until @until; the view is empty if none
	 * came, or all streams have ended. An error of a reader is thrown.
	 */
	set_view read(deadline until = forever)
	{
		for (bool waited = false;; waited = true) {
			set_view v = try_read();

			if (v)
				return v;
			if (!detail::is_nothing(v.error()))
				detail::raise(v.error());
			if (v.error() == EPIPE || (waited && is_over(until)))
				return v;
			if (!wait(until))
				return set_view(failure(ETIMEDOUT));
		}
	}
	set_batch batch(uint32_t max)
	{
		return detail::if_no_error(try_batch(max));
	}
	set_batch peek(uint32_t max)
	{
		return detail::if_no_error(try_peek(max));
	}
	/* Return false if there was nothing until the deadline. */
	bool wait(deadline until = forever)
	{
		status waited = try_wait(until);

		if (!waited && waited.error() != ETIMEDOUT)
			detail::raise(waited.error());
		return waited.has_value();
	}

private:
	/* A hostile writer can end each wait although no event came. */
	static bool is_over(deadline until)
	{
		return deadline(std::chrono::nanoseconds(1)).time() >
		       until.time();
	}
#endif
};

RUSTED_RING_END

#endif // RUSTED_RING_CPP_SET_HPP
