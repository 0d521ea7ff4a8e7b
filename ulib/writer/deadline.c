// SPDX-License-Identifier: MPL-2.0
/*
 * Publish, reserve and add with a deadline. Each call first waits for room. No
 * other thread uses the writer, so the room is still there afterwards, and the
 * call that publishes does not wait.
 */
#include "../client/client.h"

int rring_publish_until(struct rring_writer *writer,
			const struct rring_event *event, uint64_t deadline)
{
	int err = rring_wait_writable(writer, 1, deadline);

	return err ? err : rring_publish(writer, event);
}

long rring_publish_batch_until(struct rring_writer *writer,
			       const struct rring_event *events, uint32_t n,
			       uint64_t deadline)
{
	int err = rring_wait_writable(writer, n != 0, deadline);

	return err ? err : rring_publish_batch(writer, events, n);
}

int rring_reserve_until(struct rring_writer *writer, uint32_t n,
			uint64_t deadline)
{
	int err = rring_wait_writable(writer, n, deadline);

	return err ? err : rring_reserve(writer, n);
}

int rring_add_until(struct rring_writer *writer, const void *data, uint32_t len,
		    uint32_t event_type, uint64_t deadline)
{
	return rring_add_batch_until(writer, data, len, event_type, 1,
				     deadline);
}

int rring_add_batch_until(struct rring_writer *writer, const void *data,
			  uint32_t len, uint32_t event_type, uint32_t n,
			  uint64_t deadline)
{
	int err = rring_wait_writable(writer, n, deadline);

	return err ? err : rring_add_batch(writer, data, len, event_type, n);
}
