/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Pipes: two rings, one in each direction, between two producers. None of these
 * functions may be called in a signal handler. Those with a deadline wait.
 */
#ifndef _RUSTED_RING_PIPE_H
#define _RUSTED_RING_PIPE_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The rings of the pipe NAME are called NAME.a and NAME.b. */
struct rring_pipe_config {
	const char *name;	/* 1 to 29 characters */
	enum rring_kind kind;	/* RRING_HANDLES: events of any size */
	uint32_t capacity;	/* events on their way, in each direction */
	uint32_t stride;	/* RRING_INLINE: bytes of an event, at most, a
				 * multiple of 64; RRING_HANDLES: 0
				 */
	enum rring_strategy strategy;	/* of this end */
};

/*
 * One end. It sends by .source, whose ring is RRING_FAIL, and receives by
 * .sink. The caller may use both directly, but not close them. An end is used
 * by one thread at a time.
 */
struct rring_pipe {
	struct rring_client *client;
	struct rring_writer *source;
	struct rring_reader *sink;
	const char *peer;	/* reader name of the other end */
	struct rring_pipe *next; /* of the client */
};

/*
 * Open the first end of the pipe @config->name and store it in *@pipe. Does not
 * wait for the second end: the rings keep what is sent, as far as there is
 * room, until it connects. If a process of the same user died with the first
 * end, the new one goes on where that one stood; the geometry must be the same.
 * The caller ends it with rring_pipe_close().
 *
 * Returns 0, or:
 *   -EPERM: the client is no producer
 *   -EINVAL: there is no name or a character in it is not allowed, or a value
 *	in @config is out of its range
 *   -ENAMETOOLONG: the name has more than 29 characters
 *   -EBUSY: the first end is in use
 *   -EEXIST: the pipe of this name has another geometry
 *   -EACCES: the pipe of this name belongs to another user
 *   -ENOSPC: no place for another ring or reader, or the rings need more memory
 *	than max_bytes allows
 *   -EOVERFLOW: like rring_writer_open()
 *   -ENOMEM, -EMFILE, -ENFILE: out of memory; in-process, also of descriptors
 */
int rring_pipe_create(struct rring_client *client,
		      const struct rring_pipe_config *config,
		      struct rring_pipe **pipe);

/*
 * Open the second end of the pipe @config->name and store it in *@pipe. Never
 * waits. Only .name and .strategy of @config count. If a process of the same
 * user died with the second end, the new one goes on where that one stood. The
 * caller ends it with rring_pipe_close().
 *
 * Returns 0, or:
 *   -ENOENT: the pipe was not created yet
 *   -EBUSY: the second end is in use, or the pipe is being created just now
 *   -EPERM, -EINVAL, -ENAMETOOLONG, -EEXIST, -EACCES, -ENOSPC, -EOVERFLOW,
 *	-ENOMEM, -EMFILE, -ENFILE: like rring_pipe_create()
 */
int rring_pipe_connect(struct rring_client *client,
		       const struct rring_pipe_config *config,
		       struct rring_pipe **pipe);

/*
 * Send an event with a copy of the @len bytes at @data. Waits until @deadline
 * for room, also while the other end has not connected for the first time.
 *
 * Returns 0, or an error; then nothing is sent:
 *   -EAGAIN: there is no room, and @deadline is 0
 *   -ETIMEDOUT: there was no room until @deadline
 *   -EINTR: RRING_WAIT_BLOCK, and a signal ended the wait
 *   -EPIPE: the other end was closed or its process has died
 *   -E2BIG: @len exceeds the stride; RRING_HANDLES: RRING_XXL_MAX
 *   for RRING_HANDLES also errors of rring_alloc_until() with @deadline
 */
int rring_pipe_send(struct rring_pipe *pipe, const void *data, size_t len,
		    uint32_t event_type, uint64_t deadline);

/*
 * Wait until .source has room for @n entries, or @deadline, by the strategy of
 * this end. For a caller that writes to .source itself.
 *
 * Returns 0, or:
 *   -EAGAIN: there is no room, and @deadline is 0
 *   -ETIMEDOUT: there was no room until @deadline
 *   -EINTR: RRING_WAIT_BLOCK, and a signal ended the wait
 *   -EPIPE: the other end was closed or its process has died
 *   -EINVAL: @n exceeds the capacity
 */
int rring_pipe_wait_writable(struct rring_pipe *pipe, uint32_t n,
			     uint64_t deadline);

/*
 * Release the event of the last call, and describe the next one in @event. The
 * event is used in place until the next rring_pipe_receive(). Waits for an
 * event until @deadline.
 *
 * Returns 0, or:
 *   -EAGAIN: there is no event, and @deadline is 0
 *   -ETIMEDOUT: there was no event until @deadline
 *   -EINTR: RRING_WAIT_BLOCK, and a signal ended the wait
 *   -EPIPE: the other end was closed or its process has died, and all that it
 *	sent was received
 *   -EBADMSG, -ESTALE, -ENOMEM: like rring_try_read()
 */
int rring_pipe_receive(struct rring_pipe *pipe, struct rring_event *event,
		       uint64_t deadline);

/*
 * Close this end and free @pipe. The other end, also one that has not connected
 * yet, can still receive what this one sent, then gets -EPIPE. What this end
 * has not received is lost. Never waits.
 */
void rring_pipe_close(struct rring_pipe *pipe);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_PIPE_H */
