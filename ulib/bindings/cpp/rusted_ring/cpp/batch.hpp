// SPDX-License-Identifier: MPL-2.0
/*
 * Batches: events at which a reader or a set has peeked, for a range-based for.
 */
#ifndef RUSTED_RING_CPP_BATCH_HPP
#define RUSTED_RING_CPP_BATCH_HPP

#include <iterator>

#include <rusted_ring/cpp/event.hpp>

RUSTED_RING_BEGIN

/* What a batch does with its events at its end. */
enum class at_end {
	release_done,	/* releases those that the loop has left behind */
	keep,		/* releases none: release() alone does */
};

/*
 * The next events of @Source, or none: then error() says why.
 *
 *	for (view v : ticks.batch(64))
 *		use(v);
 *
 * An event is done when the loop goes on to the next one, or to its end. The
 * events that are done are released together when the batch ends. If the loop
 * is left by break or by an exception, the event of this turn is not done, and
 * comes again.
 *
 * The batch of peek() releases nothing by itself. So a program that stores
 * events stores all of the batch, makes that durable, and then calls release().
 *
 * An entry that is no event (a discarded one, or one of a hostile writer) is an
 * empty view, whose error() says why. It is released like the others.
 */
template <typename Source>
class [[nodiscard]] basic_batch {
public:
	using value_type = typename Source::view_type;

	class iterator {
	public:
		using iterator_category = std::input_iterator_tag;
		using value_type = typename Source::view_type;
		using difference_type = std::ptrdiff_t;
		using pointer = void;
		using reference = value_type;

		iterator(basic_batch *batch, uint32_t at) noexcept
			: batch_(batch), at_(at) {}

	RUSTED_RING_SHORT
		value_type operator*() const noexcept
		{
			return (*batch_)[at_];
		}
	RUSTED_RING_SHORT
		iterator &operator++() noexcept
		{
			batch_->done_ = ++at_;
			return *this;
		}
		void operator++(int) noexcept { ++*this; }

		friend bool operator==(const iterator &a, const iterator &b)
			noexcept
		{
			return a.at_ == b.at_;
		}
		friend bool operator!=(const iterator &a, const iterator &b)
			noexcept
		{
			return a.at_ != b.at_;
		}

	private:
		basic_batch *batch_;
		uint32_t at_;
	};

	/* For the headers: peek at up to @max events of @source. */
	RUSTED_RING_SHORT
	basic_batch(Source source, uint32_t max, at_end end) noexcept
		: source_(source), end_(end)
	{
		long n = source_.peek(max);

		if (n < 0)
			error_ = static_cast<int>(-n);
		else
			size_ = static_cast<uint32_t>(n);
	}
	basic_batch(basic_batch &&other) noexcept
		: source_(other.source_), end_(other.end_),
		  size_(std::exchange(other.size_, 0)),
		  done_(std::exchange(other.done_, 0)), error_(other.error_) {}
	basic_batch &operator=(basic_batch &&) = delete;
	basic_batch(const basic_batch &) = delete;
	basic_batch &operator=(const basic_batch &) = delete;
	RUSTED_RING_SHORT
	~basic_batch()
	{
		if (end_ == at_end::release_done && done_)
			source_.release(done_);
	}

	explicit operator bool() const noexcept { return !error_; }

	/* Only if there is no event. */
	failure error() const noexcept
	{
		assert(error_);
		return failure(error_);
	}

	/* How many events it has. */
	uint32_t size() const noexcept { return size_; }
	bool empty() const noexcept { return !size_; }

	/* Event @i, below size(). */
	RUSTED_RING_SHORT
	value_type operator[](uint32_t i) const noexcept RUSTED_RING_BOUND
	{
		assert(i < size_);
		return source_.entry(i);
	}

	iterator begin() noexcept RUSTED_RING_BOUND { return { this, 0 }; }
	iterator end() noexcept RUSTED_RING_BOUND { return { this, size_ }; }

	/* How many events are done. */
	uint32_t done() const noexcept { return done_; }

	/*
	 * From now on, so many events are done: size() after a break in whose
	 * turn the last one was used, or fewer, if they are to come again.
	 */
	void set_done(uint32_t n) noexcept
	{
		assert(n <= size_);
		done_ = n;
	}

	/*
	 * Release all events, or the first @n: this ends the batch. ESTALE: the
	 * reader was lapped, and nothing that was read from them can be
	 * trusted.
	 */
	status try_release() noexcept { return try_release(size_); }
	status try_release(uint32_t n) noexcept
	{
		int err = n ? source_.release(n) : 0;

		assert(n <= size_);
		size_ = done_ = 0;
		return detail::status_of(err);
	}

#if RUSTED_RING_EXCEPTIONS
	void release() { try_release().value(); }
	void release(uint32_t n) { try_release(n).value(); }
#endif

private:
	Source source_;
	at_end end_;
	uint32_t size_ = 0;
	uint32_t done_ = 0;
	int error_ = 0;
};

#if RUSTED_RING_EXCEPTIONS

namespace detail {

/*
 * There can be nothing now, or nothing more: a reason to go on, not to throw.
 */
inline bool is_nothing(failure why) noexcept
{
	return why == EAGAIN || why == EPIPE || why == ETIMEDOUT;
}

/* Return @found, a view or a batch, unless it is empty for another reason. */
template <typename T>
inline T if_no_error(T found)
{
	if (!found && !is_nothing(found.error()))
		raise(found.error());
	return found;
}

} // namespace detail

#endif

RUSTED_RING_END

#endif // RUSTED_RING_CPP_BATCH_HPP
