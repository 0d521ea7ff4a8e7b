/* SPDX-License-Identifier: MPL-2.0 */
/* Pipes: two rings, one in each direction, in place of a channel. */
#ifndef _RUSTED_RING_PIPE_H
#define _RUSTED_RING_PIPE_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rring_pipe_config {
	const char *name;	/* up to 29 characters; the rings': .a and .b */
	enum rring_kind kind;	/* RRING_HANDLES: events of any size */
	uint32_t capacity;	/* events on their way, in each direction */
	uint32_t stride;	/* RRING_INLINE: bytes of an event, at most */
	enum rring_strategy strategy;
};

/*
 * One end. What it sends is written by .source, what it receives is read by
 * .sink; both may be used by hand as well (the source's ring is RRING_FAIL).
 * An end belongs to one thread at a time.
 */
struct rring_pipe {
	struct rring_client *client;
	struct rring_writer *source;
	struct rring_reader *sink;
	const char *peer;	/* the name under which the other end reads */
	struct rring_pipe *next; /* of the client's */
};

/*
 * The first end of the pipe .name, at once: what it sends is kept, as far as
 * there is room, for the other one to connect. Producers only. -EBUSY: it has
 * that end already. If a process died with this end, the new one goes on where
 * it stood, with the same geometry (else -EEXIST) and the same user (-EACCES).
 */
int rring_pipe_create(struct rring_client *client,
		      const struct rring_pipe_config *config,
		      struct rring_pipe **pipe);

/*
 * The second end, at once. Only .name and .strategy count: the rest is as the
 * pipe was created. -ENOENT: it was not, yet; -EBUSY: somebody is connected,
 * or it is just being created. After the death of a process with this end the
 * new one goes on where it stood.
 */
int rring_pipe_connect(struct rring_client *client,
		       const struct rring_pipe_config *config,
		       struct rring_pipe **pipe);

/*
 * Send a copy of @data. Waits until @deadline for room: -EAGAIN if that is 0,
 * else -ETIMEDOUT; -EINTR. -EPIPE: the other end was closed or its process has
 * died; before it connects for the first time, it is waited for. -E2BIG:
 * longer than an event may be; for RRING_HANDLES, what rring_alloc_until()
 * says.
 */
int rring_pipe_send(struct rring_pipe *pipe, const void *data, size_t len,
		    uint32_t event_type, uint64_t deadline);

/*
 * Wait until there is room for @n events, for who fills .source by hand: 0, or
 * what rring_pipe_send() says.
 */
int rring_pipe_wait_writable(struct rring_pipe *pipe, uint32_t n,
			     uint64_t deadline);

/*
 * The next event, in place; it is released by the next call. Waits until
 * @deadline: -EAGAIN if that is 0, else -ETIMEDOUT; -EINTR. -EPIPE: the other
 * end has gone, and all that it sent was received.
 */
int rring_pipe_receive(struct rring_pipe *pipe, struct rring_event *event,
		       uint64_t deadline);

/*
 * Close this end. What it sent stays until the other one, which may be yet to
 * connect, or to come back, has received it; what it has not received is gone.
 */
void rring_pipe_close(struct rring_pipe *pipe);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_PIPE_H */
