// SPDX-License-Identifier: MPL-2.0
/* Boost's queue of values for one writer and one reader. */
#include <new>
#include <boost/lockfree/spsc_queue.hpp>

#include "values.h"

namespace {

template <uint32_t size>
struct queue_of final : queue {
	boost::lockfree::spsc_queue<event<size>> ring;
	event<size> events[16384 / size > 32 ? 32 : 16384 / size];
	uint64_t next = 0;	/* that the reader has not seen */

	explicit queue_of(uint32_t capacity) : ring(capacity) {}

	void write_one(uint64_t number)
	{
		event<size> value;

		payload_fill(value.payload, size, number);
		while (!ring.push(value))
			queue_relax();
	}

	void write_batch(uint64_t first, uint32_t n)
	{
		uint32_t done = 0;

		for (uint32_t i = 0; i < n; i++)
			payload_fill(events[i].payload, size, first + i);
		while (done < n)
			done += ring.push(events + done, n - done);
	}

	void write(uint64_t first, uint64_t end) override
	{
		uint32_t most = sizeof(events) / sizeof(*events);

		if (batch == 1) {
			while (first < end)
				write_one(first++);
			return;
		}
		while (first < end) {
			uint32_t share = queue_share(most < batch ? most :
						     batch, end - first);

			write_batch(first, share);
			first += share;
		}
	}

	/* In place, all that are there if it reads batches. */
	void read(uint64_t, uint64_t end) override
	{
		auto check = [this](const event<size> &value) {
			payload_check(value.payload, size, next++);
		};

		while (next < end)
			if (!(batch == 1 ? ring.consume_one(check) :
					   ring.consume_all(check)))
				queue_relax();
	}
};

} /* namespace */

const struct queue_kind queue_boost_spsc = {
	"boost spsc_queue", 0, 1, open_queue<queue_of>, write_events, read_events,
	close_queue,
};
