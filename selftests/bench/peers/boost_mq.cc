// SPDX-License-Identifier: MPL-2.0
/* Boost.Interprocess' message queue, which copies in and out under a lock. */
#include <memory>
#include <unistd.h>
#include <boost/interprocess/ipc/message_queue.hpp>

#include "payload.h"
#include "queue.h"

namespace {

using boost::interprocess::create_only;
using boost::interprocess::message_queue;

struct queue {
	std::unique_ptr<message_queue> messages;
	unsigned char *in, *out;
	uint32_t size;
};

void *open_queue(uint32_t size, uint32_t, uint32_t capacity)
{
	char name[32];

	snprintf(name, sizeof(name), "bench-%d", getpid());
	message_queue::remove(name);

	queue *made = new queue;

	made->messages.reset(new message_queue(create_only, name, capacity,
					       size));
	/* it stays until it is closed */
	message_queue::remove(name);
	made->in = static_cast<unsigned char *>(aligned_alloc(PAYLOAD_LINE,
							      size));
	made->out = static_cast<unsigned char *>(aligned_alloc(PAYLOAD_LINE,
							       size));
	made->size = size;
	return made;
}

void write_events(void *context, uint64_t first, uint64_t n)
{
	queue *to = static_cast<queue *>(context);

	for (uint64_t end = first + n; first < end; first++) {
		payload_fill(to->in, to->size, first);
		to->messages->send(to->in, to->size, 0);
	}
}

void read_events(void *context, uint64_t first, uint64_t n)
{
	queue *from = static_cast<queue *>(context);
	message_queue::size_type got;
	unsigned int priority;

	for (uint64_t end = first + n; first < end; first++) {
		from->messages->receive(from->out, from->size, got, priority);
		payload_check(from->out, static_cast<uint32_t>(got), first);
	}
}

void close_queue(void *context)
{
	queue *made = static_cast<queue *>(context);

	free(made->in);
	free(made->out);
	delete made;
}

} /* namespace */

const struct queue_kind queue_boost_mq = {
	"boost message_queue", 0, 0, open_queue, write_events, read_events,
	close_queue,
};
