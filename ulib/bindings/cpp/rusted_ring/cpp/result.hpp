// SPDX-License-Identifier: MPL-2.0
/* What a call returns: a value, or the reason why there is none. */
#ifndef RUSTED_RING_CPP_RESULT_HPP
#define RUSTED_RING_CPP_RESULT_HPP

#include <cassert>
#include <system_error>
#include <utility>

#include <rusted_ring/cpp/language.hpp>

#ifdef __cpp_lib_expected
#include <expected>
#endif

RUSTED_RING_BEGIN

/*
 * Why a call failed: an errno of C. It compares with EAGAIN and with std::errc.
 */
class failure {
public:
	constexpr explicit failure(int number) noexcept : number_(number) {}

	constexpr int number() const noexcept { return number_; }

	/* What it means in this library. */
	const char *message() const noexcept
	{
		return rring_strerror(-number_);
	}

	/*
	 * Why the last call of this thread failed, if this is its failure. The
	 * text is valid until the thread calls the library again.
	 */
	const char *detail() const noexcept
	{
		return rring_error_detail(-number_);
	}

	std::error_code code() const noexcept
	{
		return { number_, std::generic_category() };
	}

	operator std::error_code() const noexcept { return code(); }

	friend constexpr bool operator==(failure a, failure b) noexcept
	{
		return a.number_ == b.number_;
	}
	friend constexpr bool operator==(failure a, int number) noexcept
	{
		return a.number_ == number;
	}
	friend constexpr bool operator==(failure a, std::errc code) noexcept
	{
		return a.number_ == static_cast<int>(code);
	}
	friend constexpr bool operator!=(failure a, failure b) noexcept
	{
		return !(a == b);
	}
	friend constexpr bool operator!=(failure a, int number) noexcept
	{
		return !(a == number);
	}
	friend constexpr bool operator!=(failure a, std::errc code) noexcept
	{
		return !(a == code);
	}

private:
	int number_;
};

#if RUSTED_RING_EXCEPTIONS

/* A failure that was thrown. what() has the detail. */
class error : public std::system_error {
public:
	explicit error(failure why)
		: std::system_error(why.code(), why.detail()) {}

	failure why() const noexcept { return failure(code().value()); }
};

#endif // RUSTED_RING_EXCEPTIONS

namespace detail {

/* Marks a constructor that leaves it to a call of C to fill the object. */
struct filled {};

#if RUSTED_RING_EXCEPTIONS

[[noreturn, gnu::cold, gnu::noinline]] inline void raise(failure why)
{
	throw error(why);
}

/* Return @answer of a call of C if it is no error. */
template <typename T>
inline T must(T answer)
{
	if (answer < 0)
		raise(failure(static_cast<int>(-answer)));
	return answer;
}

#endif // RUSTED_RING_EXCEPTIONS

} // namespace detail

/*
 * A T, or the failure because of which there is none. It is used like a
 * std::expected, to which it converts where there is one. It has the same
 * layout in every version of C++.
 */
template <typename T>
class [[nodiscard]] result {
public:
	using value_type = T;
	using error_type = failure;

	result(T value) noexcept : value_(std::move(value)), answer_(0) {}
	result(failure why) noexcept : value_(), answer_(-why.number()) {}

	/* For the headers: a call of C fills raw(), settle() has its answer. */
	explicit result(detail::filled filled) noexcept : value_(filled) {}
	auto *raw() noexcept { return value_.raw(); }
	RUSTED_RING_SHORT
	void settle(int answer) noexcept
	{
		answer_ = answer;
		if (answer)
			value_.forget();
	}

	constexpr bool has_value() const noexcept { return !answer_; }
	constexpr explicit operator bool() const noexcept { return !answer_; }

	/* Only if there is no value. */
	failure error() const noexcept
	{
		assert(answer_);
		return failure(-answer_);
	}

	/* Only if there is a value. */
	T &operator*() & noexcept RUSTED_RING_BOUND { return *get(); }
	const T &operator*() const & noexcept RUSTED_RING_BOUND
	{
		return *get();
	}
	T &&operator*() && noexcept RUSTED_RING_BOUND
	{
		return std::move(*get());
	}
	T *operator->() noexcept RUSTED_RING_BOUND { return get(); }
	const T *operator->() const noexcept RUSTED_RING_BOUND { return get(); }

	template <typename Other>
	T value_or(Other &&other) &&
	{
		return answer_ ? T(std::forward<Other>(other)) :
			      std::move(value_);
	}

#if RUSTED_RING_EXCEPTIONS
	/* The value. Throw an error if there is none. */
	T value() &&
	{
		if (answer_)
			detail::raise(failure(-answer_));
		return std::move(value_);
	}
	const T &value() const & RUSTED_RING_BOUND
	{
		if (answer_)
			detail::raise(failure(-answer_));
		return value_;
	}
#endif

#ifdef __cpp_lib_expected
	operator std::expected<T, failure>() &&
	{
		if (answer_)
			return std::unexpected(failure(-answer_));
		return std::move(value_);
	}
#endif

private:
	T *get() noexcept
	{
		assert(!answer_);
		return &value_;
	}
	const T *get() const noexcept
	{
		assert(!answer_);
		return &value_;
	}

	T value_;
	int answer_;	/* of the call of C: 0, or a negative errno */
};

/* Success, or a failure. */
template <>
class [[nodiscard]] result<void> {
public:
	using value_type = void;
	using error_type = failure;

	constexpr result() noexcept : answer_(0) {}
	constexpr result(failure why) noexcept : answer_(-why.number()) {}

	constexpr bool has_value() const noexcept { return !answer_; }
	constexpr explicit operator bool() const noexcept { return !answer_; }

	/* Only after a failure. */
	failure error() const noexcept
	{
		assert(answer_);
		return failure(-answer_);
	}

#if RUSTED_RING_EXCEPTIONS
	void value() const
	{
		if (answer_)
			detail::raise(failure(-answer_));
	}
#endif

#ifdef __cpp_lib_expected
	operator std::expected<void, failure>() const
	{
		if (answer_)
			return std::unexpected(failure(-answer_));
		return {};
	}
#endif

private:
	int answer_;
};

using status = result<void>;

namespace detail {

/* The status that @answer of a call of C stands for. */
inline status status_of(long answer) noexcept
{
	return status(failure(answer < 0 ? static_cast<int>(-answer) : 0));
}

/* @answer of a call of C: a number, or a negative errno. */
template <typename T>
inline result<T> number_of(long answer) noexcept
{
	if (answer < 0)
		return failure(static_cast<int>(-answer));
	return static_cast<T>(answer);
}

/* @value, which a call of C has filled, or its negative answer. */
template <typename T>
inline result<T> value_of(int answer, T value) noexcept
{
	if (answer < 0)
		return failure(-answer);
	return value;
}

} // namespace detail

RUSTED_RING_END

#endif // RUSTED_RING_CPP_RESULT_HPP
