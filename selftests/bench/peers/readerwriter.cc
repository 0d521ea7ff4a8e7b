// SPDX-License-Identifier: MPL-2.0
/* moodycamel's queue of values for one writer and one reader. */
#include <readerwriterqueue/readerwriterqueue.h>

#include "payload.h"
#include "queue.h"

namespace {

template <uint32_t size>
struct alignas(PAYLOAD_LINE) event {
	unsigned char payload[size];
};

struct queue {
	virtual ~queue() = default;
	virtual void write(uint64_t first, uint64_t end) = 0;
	virtual void read(uint64_t first, uint64_t end) = 0;
};

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

queue *make(uint32_t size, uint32_t capacity)
{
	switch (size) {
	case 64:
		return new queue_of<64>(capacity);
	case 256:
		return new queue_of<256>(capacity);
	case 1024:
		return new queue_of<1024>(capacity);
	case 4096:
		return new queue_of<4096>(capacity);
	case 16384:
		return new queue_of<16384>(capacity);
	default:
		abort();
	}
}

void *open_queue(uint32_t size, uint32_t, uint32_t capacity)
{
	return make(size, capacity);
}

void write_events(void *context, uint64_t first, uint64_t n)
{
	static_cast<queue *>(context)->write(first, first + n);
}

void read_events(void *context, uint64_t first, uint64_t n)
{
	static_cast<queue *>(context)->read(first, first + n);
}

void close_queue(void *context)
{
	delete static_cast<queue *>(context);
}

} /* namespace */

const struct queue_kind queue_readerwriter = {
	"readerwriterqueue", 0, 0, open_queue, write_events, read_events,
	close_queue,
};
