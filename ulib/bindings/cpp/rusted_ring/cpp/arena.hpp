// SPDX-License-Identifier: MPL-2.0
/* Arenas: their configuration, and what creates one. */
#ifndef RUSTED_RING_CPP_ARENA_HPP
#define RUSTED_RING_CPP_ARENA_HPP

#include <unistd.h>

#include <rusted_ring/cpp/result.hpp>

RUSTED_RING_BEGIN

/*
 * What an arena has; the fields are those of C. At first, no slots, mode 0700,
 * and the caller as its owner.
 */
class arena_config : public rring_arena_config {
public:
	arena_config(const rring_arena_config &from) noexcept
		: rring_arena_config(from) {}
	explicit arena_config(const char *name_ = nullptr) noexcept
		: rring_arena_config()
	{
		name = name_;
		mode = 0700;
		uid = gid = ~0u;
	}
	explicit arena_config(enum rring_profile profile) noexcept
		: arena_config()
	{
		rring_arena_profile(this, profile);
	}

	/* So many slots of a size class. */
	arena_config &slots(rring_class pool, uint32_t count) noexcept
	{
		capacity[pool] = count;
		return *this;
	}
	/* So many slots of the class that has room for events of @len bytes. */
	arena_config &events(std::size_t len, uint32_t count) noexcept
	{
		return slots(rring_class_for(len), count);
	}
	arena_config &clients(uint32_t max) noexcept
	{
		max_clients = max;
		return *this;
	}
	arena_config &rings(uint32_t max) noexcept
	{
		max_rings = max;
		return *this;
	}
	arena_config &permit(uint32_t mode_) noexcept
	{
		mode = mode_;
		return *this;
	}
	/* A producer can write only the payloads of its own events. */
	arena_config &owned(uint32_t producers_ = 0) noexcept
	{
		flags |= RRING_CREATE_OWNED;
		producers = producers_;
		return *this;
	}
	/* It stays when nobody uses it, until arena::remove(). */
	arena_config &persistent() noexcept
	{
		flags |= RRING_CREATE_PERSIST;
		return *this;
	}
	arena_config &in_process() noexcept
	{
		backend = RRING_BACKEND_PROCESS;
		return *this;
	}
	arena_config &on_device() noexcept
	{
		backend = RRING_BACKEND_DEVICE;
		return *this;
	}
};

/* The descriptor of an arena, which permits every role. */
class arena {
public:
	arena() noexcept = default;
	/* Take over @fd. */
	explicit arena(int fd) noexcept : fd_(fd) {}
	arena(arena &&other) noexcept : fd_(other.release()) {}
	arena &operator=(arena &&other) noexcept
	{
		int fd = other.release();

		close();
		fd_ = fd;
		return *this;
	}
	arena(const arena &) = delete;
	arena &operator=(const arena &) = delete;
	~arena() { close(); }

	static result<arena> try_create(const arena_config &config) noexcept
	{
		int fd = rring_arena_create(&config);

		if (fd < 0)
			return failure(-fd);
		return arena(fd);
	}

	/* No client can attach by this name any more. */
	static status try_remove(const char *name) noexcept
	{
		return detail::status_of(rring_arena_remove(name));
	}

#if RUSTED_RING_EXCEPTIONS
	static arena create(const arena_config &config)
	{
		return try_create(config).value();
	}
	static void remove(const char *name) { try_remove(name).value(); }
#endif

	explicit operator bool() const noexcept { return fd_ >= 0; }
	int fd() const noexcept { return fd_; }

	/* Give the descriptor away: the caller closes it. */
	[[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

	void close() noexcept
	{
		if (fd_ >= 0)
			::close(release());
	}

private:
	int fd_ = -1;
};

RUSTED_RING_END

#endif // RUSTED_RING_CPP_ARENA_HPP
