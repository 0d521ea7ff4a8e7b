// SPDX-License-Identifier: MPL-2.0
/* What the configurations of rings, pipes and services have in common. */
#ifndef RUSTED_RING_CPP_RING_CONFIG_HPP
#define RUSTED_RING_CPP_RING_CONFIG_HPP

#include <rusted_ring/cpp/bytes.hpp>

RUSTED_RING_BEGIN

namespace detail {

/* How many bytes the entries of an inline ring have, for payloads of @len. */
constexpr uint32_t stride_for(std::size_t len) noexcept
{
	return static_cast<uint32_t>((len + RRING_LINE - 1) / RRING_LINE *
				     RRING_LINE);
}

/* @Raw of C, with functions that set its fields one after the other. */
template <typename Self, typename Raw>
class ring_config : public Raw {
public:
	/* The entries carry handles: events of any size. */
	Self &handles(uint32_t entries) noexcept
	{
		this->kind = RRING_HANDLES;
		this->capacity = entries;
		this->stride = 0;
		return self();
	}
	/* The entries carry payloads of up to @bytes bytes. */
	Self &payloads(uint32_t entries, std::size_t bytes) noexcept
	{
		this->kind = RRING_INLINE;
		this->capacity = entries;
		this->stride = stride_for(bytes);
		return self();
	}
	/* The entries carry a T each. */
	template <typename T>
	Self &payloads(uint32_t entries) noexcept
	{
		check_type<T>();
		return payloads(entries, sizeof(T));
	}
	Self &waiting(rring_strategy how) noexcept
	{
		this->strategy = how;
		return self();
	}

protected:
	ring_config(const Raw &from) noexcept : Raw(from) {}
	explicit ring_config(const char *name_) noexcept : Raw()
	{
		this->name = name_;
	}

	Self &self() noexcept { return static_cast<Self &>(*this); }
};

/* The type T of the events of a ring, under a name. */
template <typename T>
constexpr rring_type type_of(const char *name) noexcept
{
	check_type<T>();
	return { name, sizeof(T) };
}

} // namespace detail

RUSTED_RING_END

#endif // RUSTED_RING_CPP_RING_CONFIG_HPP
