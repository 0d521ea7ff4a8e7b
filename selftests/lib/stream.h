/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Streams of numbered events. The content of an event follows from its number
 * to the last byte, and its number is its position in the ring, so that a
 * reader needs nobody to tell it what it should find.
 */
#ifndef SELFTESTS_STREAM_H
#define SELFTESTS_STREAM_H

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <rusted_ring.h>

/* In a child process, where the harness has no say. */
#define MUST(x) do {							\
	if (!(x)) {							\
		fprintf(stderr, "# %s:%d: not so: %s\n", __FILE__,	\
			__LINE__, #x);					\
		_exit(1);						\
	}								\
} while (0)

/* How long event @number is, if at most @max bytes, a multiple of 8. */
uint32_t stream_len(uint64_t number, uint32_t max);

void stream_fill(void *data, uint32_t len, uint64_t number);

/* Does @event hold what event @number has to hold? */
int stream_intact(const struct rring_event *event, uint64_t number,
		  uint32_t max);

/*
 * Write the next event, whose number is the writer's position, into a ring of
 * either kind. Handles: allocated of up to @max bytes; no slot is kept if it
 * cannot be published. What reserve, alloc or publish say.
 */
int stream_put(struct rring_writer *writer, uint32_t max);

/*
 * Read the next event. 0, or what peek and release say; -EBADMSG: it is not
 * what its position says it should be.
 */
int stream_take(struct rring_reader *reader, uint32_t max);

/* The same, but waits for an event. */
int stream_take_soon(struct rring_reader *reader, uint32_t max);

/* Read what there is: how many, or an error but -EAGAIN and -EPIPE. */
long stream_drain(struct rring_reader *reader, uint32_t max);

/* Open; exit on failure. */
struct rring_writer *writer_of(struct rring_client *client,
			       const struct rring_ring_config *config);
struct rring_reader *reader_of(struct rring_client *client,
			       const struct rring_reader_config *config);

/* A nameless gating reader that starts at the oldest event. */
struct rring_reader *reader_at(struct rring_client *client, uint32_t ring);

/* Until somebody sleeps for @bit of the ring's waiters. */
void until_waiting(const struct rring_ring_info *info, uint32_t bit);

#endif /* SELFTESTS_STREAM_H */
