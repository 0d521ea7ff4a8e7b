// SPDX-License-Identifier: MPL-2.0
/* Until when a call waits. */
#ifndef RUSTED_RING_CPP_DEADLINE_HPP
#define RUSTED_RING_CPP_DEADLINE_HPP

#include <chrono>

#include <rusted_ring/cpp/language.hpp>

RUSTED_RING_BEGIN

/* A time of std::chrono::steady_clock, which is CLOCK_MONOTONIC. */
class deadline {
public:
	using nanoseconds = std::chrono::nanoseconds;

	/* So long from now. */
	template <typename Rep, typename Period>
	deadline(std::chrono::duration<Rep, Period> from_now) noexcept
		: time_(in(std::chrono::ceil<nanoseconds>(from_now).count()))
	{
	}

	deadline(std::chrono::steady_clock::time_point at) noexcept
		: time_(at_least_none(std::chrono::ceil<nanoseconds>(
			at.time_since_epoch()).count())) {}

	constexpr uint64_t time() const noexcept { return time_; }

	static constexpr deadline at(uint64_t time) noexcept
	{
		return deadline(time);
	}

private:
	explicit constexpr deadline(uint64_t time) noexcept : time_(time) {}

	static uint64_t at_least_none(nanoseconds::rep time) noexcept
	{
		return time > 0 ? static_cast<uint64_t>(time) : 0;
	}

	static uint64_t in(nanoseconds::rep from_now) noexcept
	{
		return from_now > 0 ?
		       rring_deadline(static_cast<uint64_t>(from_now)) : 0;
	}

	uint64_t time_;
};

/* Wait without limit; do not wait. */
inline constexpr deadline forever = deadline::at(RRING_FOREVER);
inline constexpr deadline now = deadline::at(0);

RUSTED_RING_END

#endif // RUSTED_RING_CPP_DEADLINE_HPP
