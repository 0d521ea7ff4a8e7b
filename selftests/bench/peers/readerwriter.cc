// SPDX-License-Identifier: MPL-2.0
/* moodycamel's queue of values for one writer and one reader. */
#include <readerwriterqueue/readerwriterqueue.h>

#include "values.h"

namespace {

template <uint32_t size>
struct queue_of final : queue {
	moodycamel::ReaderWriterQueue<event<size>> ring;

	explicit queue_of(uint32_t capacity) : ring(capacity) {}

	void write(uint64_t first, uint64_t end) override
	{
		event<size> value;

		for (; first < end; first++) {
			payload_fill(value.payload, size, first);
			while (!ring.try_enqueue(value))
				queue_relax();
		}
	}

	/* In place. */
	void read(uint64_t first, uint64_t end) override
	{
		for (; first < end; first++) {
			const event<size> *value;

			while (!(value = ring.peek()))
				queue_relax();
			payload_check(value->payload, size, first);
			ring.pop();
		}
	}
};

} /* namespace */

const struct queue_kind queue_readerwriter = {
	"readerwriterqueue", 0, 0, open_queue<queue_of>, write_events, read_events,
	close_queue,
};
