/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Fixture with a ring whose writer misleads the reader. A test program includes
 * this file once.
 */
#ifndef SELFTESTS_MISLED_FIXTURE_H
#define SELFTESTS_MISLED_FIXTURE_H

#include <poll.h>

#include "arena.h"
#include "device.h"
#include "stream.h"

#include "kselftest_harness.h"

#define WINDOW	16
#define LEN_MAX	64

FIXTURE(misled)
{
	int arena_fd;
	struct rring_client *client;	/* writes; hostile at first */
	struct rring_client *peer;	/* reads */
	struct rring_writer *writer;
	struct rring_reader *reader;
};

static struct rring_writer *open_ring(struct rring_client *client,
				      const char *name, uint64_t stall_ns)
{
	struct rring_ring_config config = {
		.name = name,
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = WINDOW,
		.stride = LEN_MAX,
		.stall_ns = stall_ns,
	};

	return writer_of(client, &config);
}

FIXTURE_SETUP(misled)
{
	self->arena_fd = arena_small();
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->peer = client_of(self->arena_fd, RRING_PRODUCER);
	self->writer = open_ring(self->client, "ring", 0);
	self->reader = reader_at(self->peer, self->writer->id);
}

FIXTURE_TEARDOWN(misled)
{
	rring_close(self->client);
	rring_close(self->peer);
	close(self->arena_fd);
}

static void store_head(struct rring_writer *writer, uint64_t head)
{
	rring_seq_store_release(&writer->ring->head, head);
}

static void put_many(struct rring_writer *writer, int n)
{
	while (n--)
		MUST(!stream_put(writer, LEN_MAX));
}

static short polled(const struct rring_client *client)
{
	struct pollfd pollfd = {
		.fd = rring_client_fd(client),
		.events = POLLIN,
	};

	MUST(poll(&pollfd, 1, 0) >= 0);
	return pollfd.revents;
}

#endif
