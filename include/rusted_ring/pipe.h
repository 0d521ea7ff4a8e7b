/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A pipe connects two clients, both producers: two rings, one in each
 * direction. See rring_pipe(3). Only the functions with a deadline wait.
 */
#ifndef _RUSTED_RING_PIPE_H
#define _RUSTED_RING_PIPE_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One end of a pipe. Only one thread at a time may use it. */
struct rring_pipe;

/* The rings of the pipe NAME are called NAME.a and NAME.b. */
struct rring_pipe_config {
	const char *name;	/* 1 to 29 characters */
	enum rring_kind kind;	/* RRING_HANDLES: events of any size */
	uint32_t capacity;	/* entries of the ring of each direction */
	uint32_t stride;	/* RRING_INLINE: bytes of the largest event, a
				 * multiple of 64; RRING_HANDLES: 0
				 */
	enum rring_strategy strategy;	/* of this end */
};

/*
 * Open the first end. Does not wait for the second end: until that connects,
 * the rings keep what this end sends. The caller closes this end with
 * rring_pipe_close().
 */
int rring_pipe_create(struct rring_client *client,
		      const struct rring_pipe_config *config,
		      struct rring_pipe **pipe);

/* Open the second end. Only .name and .strategy of @config are used. */
int rring_pipe_connect(struct rring_client *client,
		       const struct rring_pipe_config *config,
		       struct rring_pipe **pipe);

/*
 * Close this end. The other end can still receive what this one sent, then gets
 * -EPIPE. What this end has not received is lost.
 */
void rring_pipe_close(struct rring_pipe *pipe);

/*
 * Send a copy of the @len bytes at @data. Waits until @deadline for room and,
 * with RRING_HANDLES, for a free slot.
 */
int rring_pipe_send(struct rring_pipe *pipe, const void *data, size_t len,
		    uint32_t event_type, uint64_t deadline);

/*
 * Release the event of the previous call, then describe the next event in
 * @event. Its payload is used in place, and is valid until the next call. Waits
 * until @deadline for an event.
 */
int rring_pipe_receive(struct rring_pipe *pipe, struct rring_event *event,
		       uint64_t deadline);

/*
 * Wait until this end has room for @n events, but not beyond @deadline. -EPIPE:
 * the other end has gone.
 */
int rring_pipe_wait_writable(struct rring_pipe *pipe, uint32_t n,
			     uint64_t deadline);

/* Returns this end's writer. Its policy is RRING_FAIL. Do not close it. */
struct rring_writer *rring_pipe_writer(const struct rring_pipe *pipe);

/* Returns this end's reader. Do not close it. */
struct rring_reader *rring_pipe_reader(const struct rring_pipe *pipe);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_PIPE_H */
