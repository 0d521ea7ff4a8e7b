/* SPDX-License-Identifier: MPL-2.0 */
/* What the library keeps of a client for itself, and its system calls. */
#ifndef ULIB_CLIENT_H
#define ULIB_CLIENT_H

#include <pthread.h>

#include <rusted_ring.h>

#include "backend.h"
#include "xxl.h"

/* Another client's cursors, as mapped when its serial was .serial. */
struct rring_peer {
	uint32_t serial;
	const struct rring_cursors *cursors;
};

/* The lists of recent drops of a pool. */
struct rring_recent_view {
	struct rring_recent *end;	/* of each list */
	uint32_t *slot;
	uint32_t entries;		/* of each list */
};

struct rring_client_private {
	struct rring_file file;
	int polled;			/* rring_client_fd() was called */
	pthread_mutex_t lock;		/* over .peers and the lists */
	struct rring_peer peers[RRING_CLIENTS_MAX + 1];
	struct rring_writer *writers;
	struct rring_reader *readers;
	struct rring_pipe *pipes;
	struct rring_cursors *cursors;	/* the own ones */
	struct rring_tails *ledger;
	struct rring_recent_view recent[RRING_XXL];
	const struct rring_magazines *magazines;
	char *payload;
	struct rring_xxl_table xxl;
	struct rring_attach attach;	/* sizes of the mappings */
};

int rring_backend_is_told(void);
int rring_file_open(struct rring_file *file, enum rring_backend backend);
int rring_call(struct rring_client *client, unsigned long request, void *args);
void *rring_map(struct rring_client *client, enum rring_region_type region,
		uint32_t index, size_t size, int writable, int *err);
void rring_unmap(struct rring_client *client, const void *addr, size_t size);
void rring_poll_again(struct rring_client *client, uint32_t mask);
int rring_name_copy(char to[RRING_NAME_MAX], const char *from);

uint64_t rring_peer_cursor(struct rring_client *client, uint32_t id,
			   uint32_t cursor);
void rring_recent_open(struct rring_client *client);
void rring_recent_add(struct rring_client *client, uint64_t handle);
void rring_pipe_free(struct rring_pipe *pipe);
void rring_settle_writers(struct rring_client *client);
void rring_writer_settle(struct rring_writer *writer);

/* Room for @n? 0; -EAGAIN: no. Not of a ring that overwrites. */
int rring_writer_look(struct rring_writer *writer, uint32_t n);

/*
 * Sleep until there is: 0, -ETIMEDOUT, -EINTR. With a @peer, a reader of the
 * same client, -EPIPE when its stream has ended.
 */
int rring_writer_sleep(struct rring_writer *writer, uint32_t n,
		       const struct rring_reader *peer, uint64_t deadline);

/* 0: it has events, or was lapped; -EAGAIN: neither; -EPIPE: nor ever will. */
int rring_reader_look(struct rring_reader *reader);
long rring_peek_event(struct rring_reader *reader);

/* The first entry peeked at, for the next call to release. */
int rring_reader_next(struct rring_reader *reader, struct rring_event *event);

#endif /* ULIB_CLIENT_H */
