// SPDX-License-Identifier: MPL-2.0
/* Clients: they attach to an arena, and allocate events. */
#ifndef RUSTED_RING_CPP_CLIENT_HPP
#define RUSTED_RING_CPP_CLIENT_HPP

#include <rusted_ring/cpp/arena.hpp>
#include <rusted_ring/cpp/deadline.hpp>
#include <rusted_ring/cpp/event.hpp>
#include <rusted_ring/cpp/owner.hpp>

RUSTED_RING_BEGIN

/* How many slots of a pool are in use, and what for. */
using pool_usage = struct rring_pool_stat;

/*
 * Refers to a client. All threads may use it, unless the client was opened with
 * RRING_SINGLE_THREADED.
 */
class client_ref : public detail::ref<rring_client> {
public:
	using ref::ref;

	uint32_t id() const noexcept { return rring_client_id(raw_); }
	rring_role role() const noexcept { return rring_client_role(raw_); }
	enum rring_backend backend() const noexcept
	{
		return rring_client_backend(raw_);
	}

	/* After guard_evictions(), what was read before a false is right. */
	bool is_evicted() const noexcept { return rring_client_evicted(raw_); }

	/* ---- allocate, without waiting or until a deadline ---- */

	/* An event of @len bytes. ENOSPC: no slot is free. */
	RUSTED_RING_SHORT
	result<draft> try_alloc(std::size_t len, uint32_t type = 0) const
		noexcept
	{
		result<draft> made{ detail::filled() };

		made.settle(rring_alloc(raw_, len, type, made.raw()));
		return made;
	}

	/* ETIMEDOUT: no slot came free. */
	result<draft> try_alloc(std::size_t len, uint32_t type,
				deadline until) const noexcept
	{
		result<draft> made{ detail::filled() };

		made.settle(rring_alloc_until(raw_, len, type, until.time(),
					      made.raw()));
		return made;
	}

	/* An event of class @pool, even if a smaller one has room. */
	RUSTED_RING_SHORT
	result<draft> try_alloc_class(rring_class pool, uint32_t len,
				      uint32_t type = 0) const noexcept
	{
		result<draft> made{ detail::filled() };

		made.settle(rring_alloc_class(raw_, pool, len, type,
					      made.raw()));
		return made;
	}

	/* An event with a copy of @bytes. */
	result<draft> try_alloc_copy(payload bytes, uint32_t type = 0) const
		noexcept
	{
		result<draft> made{ detail::filled() };

		made.settle(rring_alloc_copy(raw_, bytes.data(), bytes.size(),
					     type, made.raw()));
		return made;
	}

	/*
	 * Allocate events into @drafts, which are dropped before. Return how
	 * many there were: less than that are left empty from there on.
	 */
	result<uint32_t> try_alloc_batch(rring_class pool, uint32_t len,
					 uint32_t type,
					 span<draft> drafts) const noexcept
	{
		uint32_t n = static_cast<uint32_t>(drafts.size());
		long got;

		for (draft &each : drafts)
			each.drop();
		got = rring_alloc_batch(raw_, pool, len, type,
					detail::raw(drafts), n);
		for (uint32_t i = got < 0 ? 0 : static_cast<uint32_t>(got);
		     i < n; i++)
			drafts[i].forget();
		return detail::number_of<uint32_t>(got);
	}

	/* Give the arena back the free slots that the client has. */
	void trim() const noexcept { rring_trim(raw_); }

	/* ---- handles ---- */

	/* Take a hold on the event that @handle names. ESTALE: it has gone. */
	result<event> try_upgrade(uint64_t handle) const noexcept
	{
		result<event> made{ detail::filled() };

		made.settle(rring_upgrade(raw_, handle, made.raw()));
		return made;
	}

	/* The event that @handle names, which the client holds already. */
	view find(uint64_t handle) const noexcept
	{
		view shown{ detail::filled() };

		shown.settle(rring_find(raw_, handle, shown.raw()));
		return shown;
	}

	/* ---- the arena ---- */

	/*
	 * A descriptor for poll(2): POLLIN if a reader or a watch of this
	 * client has something, POLLOUT if a writer has room.
	 */
	result<int> try_fd() const noexcept
	{
		return detail::number_of<int>(rring_client_fd(raw_));
	}

	/*
	 * How many slots of @pool are in use; RRING_STAT_SWEEP sweeps before.
	 */
	result<pool_usage> try_usage(rring_class pool,
				     unsigned int flags = 0) const noexcept
	{
		pool_usage stat{};
		int err = rring_pool_stat(raw_, pool, flags, &stat);

		return detail::value_of(err, stat);
	}

	/* Wait until the arena has a ring @name. */
	status try_await_ring(const char *name, deadline until = forever) const
		noexcept
	{
		return detail::status_of(rring_await_ring(raw_, name,
							  until.time()));
	}

#if RUSTED_RING_EXCEPTIONS
	RUSTED_RING_SHORT
	draft alloc(std::size_t len, uint32_t type = 0) const
	{
		draft made{ detail::filled() };

		made.must(rring_alloc(raw_, len, type, made.raw()));
		return made;
	}
	draft alloc(std::size_t len, uint32_t type, deadline until) const
	{
		return try_alloc(len, type, until).value();
	}
	RUSTED_RING_SHORT
	draft alloc_class(rring_class pool, uint32_t len,
			  uint32_t type = 0) const
	{
		draft made{ detail::filled() };

		made.must(rring_alloc_class(raw_, pool, len, type, made.raw()));
		return made;
	}
	draft alloc_copy(payload bytes, uint32_t type = 0) const
	{
		return try_alloc_copy(bytes, type).value();
	}
	uint32_t alloc_batch(rring_class pool, uint32_t len, uint32_t type,
			     span<draft> drafts) const
	{
		return try_alloc_batch(pool, len, type, drafts).value();
	}
	event upgrade(uint64_t handle) const
	{
		return try_upgrade(handle).value();
	}
	int fd() const { return try_fd().value(); }
	pool_usage usage(rring_class pool, unsigned int flags = 0) const
	{
		return try_usage(pool, flags).value();
	}
	void await_ring(const char *name, deadline until = forever) const
	{
		try_await_ring(name, until).value();
	}
#endif
};

/* A client. Its end closes all that is open, and drops all that it holds. */
class client : public detail::owner<client_ref, rring_close> {
public:
	using owner::owner;

	/* Attach to the arena @name (nullptr: "default"). */
	static result<client> try_open(const char *name,
				       rring_role role = RRING_PRODUCER,
				       unsigned int flags = 0) noexcept
	{
		return detail::try_open<client>([&](rring_client **raw) {
			return rring_open(raw, name, role, flags);
		});
	}

	static result<client> try_open(const arena &from,
				       rring_role role = RRING_PRODUCER,
				       unsigned int flags = 0) noexcept
	{
		return detail::try_open<client>([&](rring_client **raw) {
			return rring_open_arena(raw, from.fd(), role, flags);
		});
	}

	/* Create an arena that ends with its last client, and attach to it. */
	static result<client> try_open(const arena_config &config,
				       unsigned int flags = 0) noexcept
	{
		return detail::try_open<client>([&](rring_client **raw) {
			return rring_open_config(raw, &config, flags);
		});
	}

#if RUSTED_RING_EXCEPTIONS
	static client open(const char *name, rring_role role = RRING_PRODUCER,
			   unsigned int flags = 0)
	{
		return try_open(name, role, flags).value();
	}
	static client open(const arena &from, rring_role role = RRING_PRODUCER,
			   unsigned int flags = 0)
	{
		return try_open(from, role, flags).value();
	}
	static client open(const arena_config &config, unsigned int flags = 0)
	{
		return try_open(config, flags).value();
	}
#endif
};

/*
 * Let this process survive the eviction of its clients: calls with them fail with
 * EOWNERDEAD, where SIGBUS would end the process. See rring_guard_evictions(3).
 */
inline status try_guard_evictions() noexcept
{
	return detail::status_of(rring_guard_evictions());
}

#if RUSTED_RING_EXCEPTIONS
inline void guard_evictions() { try_guard_evictions().value(); }
#endif

RUSTED_RING_END

#endif // RUSTED_RING_CPP_CLIENT_HPP
