/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A pipe connects two clients, which are both producers, by two rings, one in
 * each direction. See rring_pipe(3). Only the functions with a deadline wait.
 */
#ifndef _RUSTED_RING_PIPE_H
#define _RUSTED_RING_PIPE_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One end of a pipe. Only one thread at a time may use the end. */
struct rring_pipe;

/* The first end of the pipe NAME writes the ring NAME.a, the second NAME.b. */
struct rring_pipe_config {
	const char *name;	/* 1 to 61 characters */
	enum rring_kind kind;	/* RRING_HANDLES: events have any size */
	uint32_t capacity;	/* entries of each of the two rings */
	uint32_t stride;	/* RRING_INLINE: bytes of the largest event, a
				 * multiple of 64; RRING_HANDLES: 0
				 */
	enum rring_strategy strategy;	/* how this end waits */
	struct rring_type type;	/* of the events of both ends; zeros: any */
};

/*
 * Open the first end of a pipe, and store it in *@pipe. What this end sends
 * stays in the ring, as far as there is room, until the second end connects.
 * Return 0 or a negative errno. The caller closes this end with
 * rring_pipe_close().
 */
int rring_pipe_create(struct rring_client *client,
		      const struct rring_pipe_config *config,
		      struct rring_pipe **pipe);

/*
 * Open the second end of the pipe config->name, and store it in *@pipe. Only
 * .name, .strategy and .type of @config are used, because the first end has set
 * the geometry. Return 0, -ENOENT if there is no such pipe, or another errno.
 */
int rring_pipe_connect(struct rring_client *client,
		       const struct rring_pipe_config *config,
		       struct rring_pipe **pipe);

/*
 * Close this end, and free @pipe. The other end can still receive what this end
 * has sent, and then gets -EPIPE. What this end has not received is lost.
 */
void rring_pipe_close(struct rring_pipe *pipe);

/*
 * Send a copy of the @len bytes at @data. Wait until @deadline for room and,
 * with RRING_HANDLES, for a free slot. Return 0, -EPIPE if the other end has
 * gone, -ETIMEDOUT if @deadline passed (-EAGAIN or -ENOSPC if it is 0), or
 * another negative errno. After an error nothing is sent.
 */
int rring_pipe_send(struct rring_pipe *pipe, const void *data, size_t len,
		    uint32_t event_type, uint64_t deadline);

/*
 * Release the event of the previous call. Then describe the next event from the
 * other end in @event; event->data points at the payload until the next call.
 * If there is no event, wait for one until @deadline. Return 0, -ETIMEDOUT if
 * @deadline passed (-EAGAIN if it is 0), -EPIPE if the other end has gone and
 * all that it sent was received, or another errno.
 */
int rring_pipe_receive(struct rring_pipe *pipe, struct rring_event *event,
		       uint64_t deadline);

/*
 * Wait until the ring that this end writes has room for @n events. Return 0 if
 * it has room, -EPIPE if the other end has gone, -ETIMEDOUT if it had no room
 * until @deadline (-EAGAIN if @deadline is 0), or another negative errno.
 */
int rring_pipe_wait_writable(struct rring_pipe *pipe, uint32_t n,
			     uint64_t deadline);

/*
 * Return this end's writer, whose policy is RRING_FAIL. The caller must not
 * close the writer: rring_pipe_close() does.
 */
struct rring_writer *rring_pipe_writer(const struct rring_pipe *pipe);

/*
 * Return this end's reader. The caller must not close the reader:
 * rring_pipe_close() does.
 */
struct rring_reader *rring_pipe_reader(const struct rring_pipe *pipe);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_PIPE_H */
