// SPDX-License-Identifier: MPL-2.0
/* The short start: one object to send with, one to receive with. */
#ifndef RUSTED_RING_CPP_BEGIN_HPP
#define RUSTED_RING_CPP_BEGIN_HPP

#include <rusted_ring/cpp/reader.hpp>
#include <rusted_ring/cpp/writer.hpp>

RUSTED_RING_BEGIN

namespace detail {

inline void close_client_of_writer(rring_writer *writer) noexcept
{
	rring_close(rring_writer_client(writer));
}

inline void close_client_of_reader(rring_reader *reader) noexcept
{
	rring_close(rring_reader_client(reader));
}

} // namespace detail

/* A writer that has a client of its own: send() is all that it takes. */
class sender
	: public detail::owner<writer_ref, detail::close_client_of_writer> {
public:
	using owner::owner;

	/* Create the arena (nullptr: "default") and the ring if need be. */
	static result<sender> try_open(const char *arena, const char *ring)
		noexcept
	{
		return detail::try_open<sender>([&](rring_writer **raw) {
			return rring_writer_begin(arena, ring, raw);
		});
	}

#if RUSTED_RING_EXCEPTIONS
	static sender open(const char *arena, const char *ring)
	{
		return try_open(arena, ring).value();
	}
#endif
};

/* A reader that has a client of its own: read() is all that it takes. */
class receiver
	: public detail::owner<reader_ref, detail::close_client_of_reader> {
public:
	using owner::owner;

	/* From the oldest entry on, or from where @name has stopped. */
	static result<receiver> try_open(const char *arena, const char *ring,
					 const char *name = nullptr) noexcept
	{
		return detail::try_open<receiver>([&](rring_reader **raw) {
			return rring_reader_begin(arena, ring, name, raw);
		});
	}

#if RUSTED_RING_EXCEPTIONS
	static receiver open(const char *arena, const char *ring,
			     const char *name = nullptr)
	{
		return try_open(arena, ring, name).value();
	}
#endif
};

RUSTED_RING_END

#endif // RUSTED_RING_CPP_BEGIN_HPP
