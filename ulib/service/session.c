// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <string.h>

#include "../client/client.h"
#include "session.h"

#define NUMBER	sizeof(uint64_t)

size_t ulib_session_prefix(char *name, uint32_t serial, uint32_t incarnation)
{
	return (size_t)snprintf(name, RRING_NAME_MAX, "service-%x.%x/", serial,
				incarnation);
}

int ulib_session_join(struct rring_client *client,
		      const struct rring_reader_config *config, uint32_t serial,
		      struct rring_reader **reader)
{
	int err = rring_reader_open(client, config, reader);

	if (err)
		return err == -ENXIO ? -EPIPE : err;
	if (rring_flag_load(&(*reader)->info->serial) == serial)
		return 0;
	rring_reader_close(*reader, 0);
	return -EPIPE;
}

/* ---- messages ---- */

static void fill(char *payload, uint64_t number, const void *data, size_t len)
{
	memcpy(payload, &number, NUMBER);
	if (len)
		memcpy(payload + NUMBER, data, len);
}

/* The ring has room, and only this thread writes it. */
static int send_inline(struct rring_writer *writer, uint64_t number,
		       const void *data, size_t len, uint32_t event_type)
{
	int err = rring_reserve(writer, 1);

	if (err)
		return err;
	fill(rring_reserved(writer, 0, (uint32_t)(len + NUMBER), event_type),
	     number, data, len);
	rring_commit(writer, 1);
	return 0;
}

static int send_handle(struct rring_pipe *pipe, uint64_t number,
		       const void *data, size_t len, uint32_t event_type,
		       uint64_t deadline)
{
	struct rring_event event;
	int err = rring_alloc_until(pipe->client, len + NUMBER, event_type,
				    deadline, &event);

	if (err)
		return err;
	if (ulib_pipe_has_ended(pipe)) {
		rring_drop(pipe->client, &event);
		return -EPIPE;
	}
	fill(event.data, number, data, len);
	err = rring_publish(pipe->source, &event);
	if (err)
		rring_drop(pipe->client, &event);
	return err;
}

int ulib_session_send(struct rring_pipe *pipe, uint64_t number,
		      const void *data, size_t len, uint32_t event_type,
		      uint64_t deadline)
{
	struct rring_writer *source = pipe->source;
	int err;

	if (len > RRING_XXL_MAX - NUMBER)
		return rring_refuse_slow(-E2BIG);
	if (source->headers && len > source->stride - NUMBER)
		return ulib_error(-E2BIG, "%zu bytes are more than a message of the service may have, which is %zu",
				  len, source->stride - NUMBER);
	/* AWAITED, too: no other writer may go on with a session */
	if (rring_flag_load(&pipe->sink->info->state) != RRING_RING_OPEN)
		return -EPIPE;
	err = rring_pipe_wait_writable(pipe, 1, deadline);
	if (err)
		return err;
	if (source->headers)
		return send_inline(source, number, data, len, event_type);
	return send_handle(pipe, number, data, len, event_type, deadline);
}

int ulib_session_open_message(struct rring_event *event, uint64_t *number)
{
	if (event->len < NUMBER)
		return -EBADMSG;
	*number = RRING_LOAD((const uint64_t *)event->data);
	event->data = (char *)event->data + NUMBER;
	event->len -= NUMBER;
	return 0;
}
