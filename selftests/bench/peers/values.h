/* SPDX-License-Identifier: MPL-2.0 */
/* Queues of values: a template of C++ for each size of payload. */
#ifndef BENCH_VALUES_H
#define BENCH_VALUES_H

#include "payload.h"
#include "queue.h"

namespace {

template <uint32_t size>
struct alignas(PAYLOAD_LINE) event {
	unsigned char payload[size];
};

struct queue {
	uint32_t batch;

	virtual ~queue() = default;
	virtual void write(uint64_t first, uint64_t end) = 0;
	virtual void read(uint64_t first, uint64_t end) = 0;
};

template <template <uint32_t> class queue_of>
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

template <template <uint32_t> class queue_of>
void *open_queue(uint32_t size, uint32_t batch, uint32_t capacity)
{
	queue *made = make<queue_of>(size, capacity);

	made->batch = batch;
	return made;
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

#endif /* BENCH_VALUES_H */
