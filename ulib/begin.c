// SPDX-License-Identifier: MPL-2.0
/* The short form: begin to write or to read, send and receive in one call each. */
#include <string.h>

#include "client/client.h"
#include "thread.h"
#include "wait.h"

/* ---- begin ---- */

/* Create the arena @name, for the caller's user, and attach to it. */
static int create_arena(struct rring_client **client, const char *name)
{
	struct rring_arena_config config;
	int fd, err;

	rring_arena_profile(&config, rring_detect_profile());
	config.name = name;
	fd = rring_arena_create(&config);
	if (fd < 0)
		return fd;
	err = rring_open_arena(client, fd, RRING_PRODUCER,
			       RRING_SINGLE_THREADED);
	ulib_close(fd);
	return err;
}

static int open_or_create(struct rring_client **client, const char *arena)
{
	int err = rring_open(client, arena, RRING_PRODUCER,
			     RRING_SINGLE_THREADED);

	if (err != -ENOENT || !arena || !arena[0])
		return err;
	err = create_arena(client, arena);
	/* somebody else has created it meanwhile */
	if (err == -EEXIST)
		err = rring_open(client, arena, RRING_PRODUCER,
				 RRING_SINGLE_THREADED);
	return err;
}

int rring_writer_begin(const char *arena, const char *ring,
		       struct rring_writer **writer)
{
	const struct rring_ring_config config = {
		.name = ring,
		.kind = RRING_HANDLES,
		.policy = RRING_BLOCK,
		.capacity = 256,
		.retain = 64,
	};
	struct rring_client *client;
	int err = open_or_create(&client, arena);

	if (err)
		return err;
	err = rring_writer_open(client, &config, writer);
	if (err)
		rring_close(client);
	return err;
}

int rring_reader_begin(const char *arena, const char *ring, const char *name,
		       struct rring_reader **reader)
{
	const struct rring_reader_config config = {
		.ring_name = ring,
		.name = name,
		.start = RRING_START_OLDEST,
	};
	struct rring_client *client;
	int err = rring_open(&client, arena, RRING_CONSUMER,
			     RRING_SINGLE_THREADED);

	if (err)
		return err;
	err = rring_reader_open(client, &config, reader);
	if (err)
		rring_close(client);
	return err;
}

/* ---- send and receive ---- */

/*
 * Allocate an event, copy @data into it, and publish it. If no slot is free, wait
 * for one until @deadline. The ring has room for one entry.
 */
static int send_handle(struct rring_writer *writer, const void *data, size_t len,
		       uint32_t event_type, uint64_t deadline)
{
	struct rring_event event;
	int err = rring_alloc_until(writer->client, len, event_type, deadline,
				    &event);

	if (err)
		return err;
	if (len)
		memcpy(event.data, data, len);
	err = rring_publish(writer, &event);
	if (err)
		rring_drop(writer->client, &event);
	return err;
}

int rring_send(struct rring_writer *writer, const void *data, size_t len,
	       uint32_t event_type, uint64_t deadline)
{
	int err = rring_wait_writable(writer, 1, deadline);

	if (err)
		return err;
	if (writer->entries)
		return send_handle(writer, data, len, event_type, deadline);
	return rring_add(writer, data, RRING_LEN32(len), event_type);
}

int rring_receive(struct rring_reader *reader, struct rring_event *event,
		  uint64_t deadline)
{
	int waited, err;

	for (waited = 0;; waited = 1) {
		err = rring_try_read(reader, event);
		if (err != -EAGAIN || !deadline)
			return err;
		/* a hostile writer can end each wait although no event came */
		if (waited && ulib_has_passed(deadline))
			return -ETIMEDOUT;
		err = rring_wait_readable(reader, deadline);
		if (err)
			return err;
	}
}
