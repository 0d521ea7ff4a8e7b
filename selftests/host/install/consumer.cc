// SPDX-License-Identifier: MPL-2.0
// C++17, from the installed package: a client that closes itself, a ring.
#include <rusted_ring.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

struct Closer {
	void operator()(rring_client *client) const { rring_close(client); }
};

static void must(long result)
{
	if (result < 0)
		throw std::runtime_error("rusted_ring says no");
}

int main()
{
	rring_client *opened = nullptr;
	must(rring_open(&opened, nullptr, RRING_PRODUCER, 0));
	const std::unique_ptr<rring_client, Closer> client(opened);

	rring_ring_config ring{};
	ring.kind = RRING_HANDLES;
	ring.capacity = 10;
	ring.type = RRING_TYPE(double);
	rring_writer *writer = nullptr;
	must(rring_writer_open(client.get(), &ring, &writer));

	rring_reader_config from{};
	from.ring = rring_writer_ring_id(writer);
	from.type = RRING_TYPE(double);
	rring_reader *reader = nullptr;
	must(rring_reader_open(client.get(), &from, &reader));

	rring_event event{};
	must(rring_alloc(client.get(), sizeof(double), 1, &event));
	*static_cast<double *>(event.data) = 2.5;
	must(rring_publish(writer, &event));
	must(rring_try_read(reader, &event));
	return std::puts("consumed") < 0 ||
	       *static_cast<const double *>(event.data) != 2.5;
}
