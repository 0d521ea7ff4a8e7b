// SPDX-License-Identifier: MPL-2.0
/* A client with a ring of handles and an inline ring, and their readers. */
#ifndef STAGE_HPP
#define STAGE_HPP

#include "harness.hpp"

struct stage {
	rr::client client = rr::client::open(small_arena());
	rr::writer handles = rr::writer::open(
		client,
		rr::writer_config("handles").handles(8).when_full(RRING_FAIL));
	rr::writer entries = rr::writer::open(
		client, rr::writer_config("entries").payloads<record>(8)
				.when_full(RRING_FAIL));
	rr::reader from_handles = rr::reader::open(
		client, rr::reader_config("handles"));
	rr::reader from_entries = rr::reader::open(
		client, rr::reader_config(entries.ring()));

	uint32_t held() const
	{
		return client.usage(RRING_XS, RRING_STAT_SWEEP).held;
	}

	void publish(uint64_t number)
	{
		rr::draft draft = client.alloc(sizeof(record));

		draft.emplace<record>().number = number;
		handles.publish(std::move(draft));
	}

	void add(uint64_t number) { entries.add(record{ number, {} }); }
};

inline uint64_t number_of(const rr::readable_event &event)
{
	const record *found = event.as<record>();

	return found ? found->number : UINT64_MAX;
}

#endif // STAGE_HPP
