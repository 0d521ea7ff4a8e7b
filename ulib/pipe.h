/* SPDX-License-Identifier: MPL-2.0 */
/* The structure of a pipe's end, and of an end of a session (service/). */
#ifndef ULIB_PIPE_H
#define ULIB_PIPE_H

#include <rusted_ring.h>

struct rring_pipe {
	struct rring_client *client;
	struct rring_writer *source;
	struct rring_reader *sink;
	const char *peer;	/* reader name of the other end; NULL: none */
	struct rring_pipe *next; /* in the list .pipes of the client */
};

/*
 * Add @pipe, which was allocated by malloc(3), to the list of its client.
 * rring_close() then frees it, unless ulib_pipe_free() is called before.
 */
void ulib_pipe_enlist(struct rring_pipe *pipe);

/*
 * Return 1 if the writer of the ring that @pipe reads has gone, and no other one
 * is awaited. Otherwise return 0.
 */
int ulib_pipe_has_ended(const struct rring_pipe *pipe);

#endif /* ULIB_PIPE_H */
