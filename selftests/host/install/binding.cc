// SPDX-License-Identifier: MPL-2.0
// The C++ binding, from the installed package.
#include <rusted_ring.hpp>

#include <cstdio>

namespace rr = rusted_ring;

struct price {
	double value;
};

int main()
{
	rr::client client = rr::client::open(nullptr);
	rr::writer writer = rr::writer::open(
		client, rr::writer_config().handles(10).type<price>("price"));
	rr::reader reader = rr::reader::open(
		client, rr::reader_config(writer.ring()).type<price>("price"));
	rr::draft draft = client.alloc(sizeof(price));

	draft.emplace<price>(2.5);
	writer.publish(std::move(draft));
	for (const rr::view &view : reader.batch(64))
		if (view.as<price>() && view.as<price>()->value == 2.5)
			return std::puts("consumed") < 0;
	return 1;
}
