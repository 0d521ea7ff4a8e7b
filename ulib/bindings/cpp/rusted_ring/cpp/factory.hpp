// SPDX-License-Identifier: MPL-2.0
/* Factories: writers and readers of rings of one geometry. */
#ifndef RUSTED_RING_CPP_FACTORY_HPP
#define RUSTED_RING_CPP_FACTORY_HPP

#include <rusted_ring/cpp/reader.hpp>
#include <rusted_ring/cpp/writer.hpp>

RUSTED_RING_BEGIN

/*
 * Opens rings by name. Those that do not exist get the geometry of the factory.
 */
class factory {
public:
	factory(client_ref client, const writer_config &defaults) noexcept
		: raw_{ client.get(), defaults } {}

	result<writer> try_open_writer(const char *name) const noexcept
	{
		return detail::try_open<writer>([&](rring_writer **raw) {
			return rring_factory_writer(&raw_, name, raw);
		});
	}

	/* From the oldest entry on, or from where @reader_name has stopped. */
	result<reader> try_open_reader(const char *name,
				       const char *reader_name = nullptr) const
		noexcept
	{
		return detail::try_open<reader>([&](rring_reader **raw) {
			return rring_factory_reader(&raw_, name, reader_name,
						    raw);
		});
	}

#if RUSTED_RING_EXCEPTIONS
	writer open_writer(const char *name) const
	{
		return try_open_writer(name).value();
	}
	reader open_reader(const char *name,
			   const char *reader_name = nullptr) const
	{
		return try_open_reader(name, reader_name).value();
	}
#endif

private:
	rring_factory raw_;
};

RUSTED_RING_END

#endif // RUSTED_RING_CPP_FACTORY_HPP
