// SPDX-License-Identifier: MPL-2.0
/* Bytes of events: to look at, to fill, and to be copied into an event. */
#ifndef RUSTED_RING_CPP_BYTES_HPP
#define RUSTED_RING_CPP_BYTES_HPP

#include <cstddef>
#include <cstring>
#include <iterator>
#include <string_view>
#include <type_traits>

#include <rusted_ring/cpp/language.hpp>

#ifdef __cpp_lib_span
#include <span>
#endif

RUSTED_RING_BEGIN

#ifdef __cpp_lib_span

template <typename T>
using span = std::span<T>;

#else

/* What is needed of std::span. */
template <typename T>
class span {
public:
	using element_type = T;
	using value_type = std::remove_cv_t<T>;
	using size_type = std::size_t;
	using iterator = T *;

	constexpr span() noexcept = default;
	constexpr span(T *data, std::size_t size) noexcept
		: data_(data), size_(size) {}
	template <typename Container, typename = std::enable_if_t<
		std::is_convertible_v<
			std::remove_pointer_t<decltype(std::data(
				std::declval<Container &>()))> (*)[],
			T (*)[]>>>
	constexpr span(Container &&container) noexcept
		: data_(std::data(container)), size_(std::size(container)) {}

	constexpr T *data() const noexcept { return data_; }
	constexpr std::size_t size() const noexcept { return size_; }
	constexpr std::size_t size_bytes() const noexcept
	{
		return size_ * sizeof(T);
	}
	constexpr bool empty() const noexcept { return !size_; }
	constexpr T *begin() const noexcept { return data_; }
	constexpr T *end() const noexcept { return data_ + size_; }
	constexpr T &operator[](std::size_t i) const noexcept
	{
		return data_[i];
	}
	constexpr span first(std::size_t n) const noexcept
	{
		return { data_, n };
	}
	constexpr span subspan(std::size_t from) const noexcept
	{
		return { data_ + from, size_ - from };
	}

private:
	T *data_ = nullptr;
	std::size_t size_ = 0;
};

#endif

namespace detail {

template <typename T, typename = void>
struct is_container : std::false_type {};

template <typename T>
struct is_container<T, std::void_t<decltype(std::data(std::declval<T &>())),
				   decltype(std::size(std::declval<T &>()))>>
	: std::true_type {};

/* Only types that are no more than their bytes can be in an event. */
template <typename T>
constexpr void check_type() noexcept
{
	static_assert(std::is_trivially_copyable_v<T> &&
		      std::is_standard_layout_v<T>,
		      "the type is more than its bytes");
	static_assert(!std::is_pointer_v<T>,
		      "a pointer means nothing to another process");
	static_assert(alignof(T) <= RRING_LINE,
		      "the type is aligned to more than an event");
	static_assert(sizeof(T) <= RRING_EVENT_MAX,
		      "the type is larger than any event");
}

} // namespace detail

/*
 * An argument of functions that copy bytes into an event: those of a string
 * (without a zero at its end), of the elements of an array or a container, or
 * of a struct.
 */
class payload {
public:
	constexpr payload(const void *data, std::size_t size) noexcept
		: data_(data), size_(size) {}

	template <typename T>
	payload(const T &value RUSTED_RING_BOUND) noexcept
	{
		if constexpr (std::is_convertible_v<const T &,
						    std::string_view>) {
			set(std::string_view(value));
		} else if constexpr (detail::is_container<const T>::value) {
			set(value);
		} else {
			detail::check_type<T>();
			data_ = &value;
			size_ = sizeof(value);
		}
	}

	constexpr const void *data() const noexcept { return data_; }
	constexpr std::size_t size() const noexcept { return size_; }

	/* For functions of C that take 32 bits: too many stay too many. */
	constexpr uint32_t size32() const noexcept
	{
		return size_ > UINT32_MAX ? UINT32_MAX :
					    static_cast<uint32_t>(size_);
	}

private:
	template <typename T>
	void set(const T &container) noexcept
	{
		detail::check_type<std::remove_cv_t<std::remove_pointer_t<
			decltype(std::data(container))>>>();
		data_ = std::data(container);
		size_ = std::size(container) * sizeof(*std::data(container));
	}

	const void *data_ = nullptr;
	std::size_t size_ = 0;
};

RUSTED_RING_END

#endif // RUSTED_RING_CPP_BYTES_HPP
