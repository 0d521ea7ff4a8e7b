// SPDX-License-Identifier: MPL-2.0
/* How the classes refer to the objects of C, and own them. */
#ifndef RUSTED_RING_CPP_OWNER_HPP
#define RUSTED_RING_CPP_OWNER_HPP

#include <utility>

#include <rusted_ring/cpp/result.hpp>

RUSTED_RING_BEGIN

namespace detail {

/* Refers to an object of C, or to none. */
template <typename Raw>
class ref {
public:
	using raw_type = Raw;

	constexpr ref() noexcept = default;
	constexpr explicit ref(Raw *raw) noexcept : raw_(raw) {}

	/* For calls of C. */
	constexpr Raw *get() const noexcept { return raw_; }
	constexpr explicit operator bool() const noexcept { return raw_; }

	friend constexpr bool operator==(const ref &a, const ref &b) noexcept
	{
		return a.raw_ == b.raw_;
	}
	friend constexpr bool operator!=(const ref &a, const ref &b) noexcept
	{
		return a.raw_ != b.raw_;
	}

protected:
	Raw *raw_ = nullptr;
};

/* A @Ref that owns its object: end() ends it. */
template <typename Ref, void (*end)(typename Ref::raw_type *)>
class owner : public Ref {
public:
	using raw_type = typename Ref::raw_type;

	owner() noexcept = default;
	/* Take over what a call of C has made. */
	explicit owner(raw_type *raw) noexcept : Ref(raw) {}
	owner(owner &&other) noexcept : Ref(other.release()) {}
	owner &operator=(owner &&other) noexcept
	{
		reset(other.release());
		return *this;
	}
	owner(const owner &) = delete;
	owner &operator=(const owner &) = delete;
	~owner() { reset(); }

	/* Give the object away: the caller ends it. */
	[[nodiscard]] raw_type *release() noexcept
	{
		return std::exchange(this->raw_, nullptr);
	}

	/* End the object, if there is one. */
	void reset() noexcept { reset(nullptr); }

protected:
	void reset(raw_type *raw) noexcept
	{
		raw_type *old = std::exchange(this->raw_, raw);

		if (old)
			end(old);
	}
};

/*
 * What @open stores, a call of C that opens: open(raw **) returns 0 or -errno.
 */
template <typename Owner, typename Open>
inline result<Owner> try_open(Open &&open) noexcept
{
	typename Owner::raw_type *raw = nullptr;
	int err = open(&raw);

	if (err < 0)
		return failure(-err);
	return Owner(raw);
}

} // namespace detail

RUSTED_RING_END

#endif // RUSTED_RING_CPP_OWNER_HPP
