/* SPDX-License-Identifier: MPL-2.0 */
/* The private part of a client, and what the library's files share. */
#ifndef ULIB_CLIENT_H
#define ULIB_CLIENT_H

#include <pthread.h>

#include <rusted_ring.h>

#include "backend.h"
#include "error.h"
#include "xxl.h"

/*
 * Mapping of another client's cursors. It is valid while the client of that id
 * has the serial .serial; if .serial is 0, it must be mapped again. own->lock
 * protects it.
 */
struct ulib_peer {
	uint32_t serial;
	const struct rring_cursors *cursors;
};

/* This client's lists of recent drops of one pool. */
struct ulib_recent_view {
	struct rring_recent *end;	/* by list: where it goes on */
	uint32_t *slot;			/* the lists, in a row */
	uint32_t entries;		/* of each: a power of two, or 0 */
};

struct rring_client_private {
	struct rring_client *client;
	struct rring_client_private *next;	/* of the process */
	int inherited;			/* 1: a child has it from fork() */
	int ledger_is_private;		/* then: 1: .ledger is mapped again */
	struct ulib_file file;
	int polled;			/* rring_client_fd() was called */
	pthread_mutex_t lock;		/* over .peers */
	struct ulib_peer peers[RRING_CLIENTS_MAX + 1];
	struct rring_writer *writers;	/* under ulib_clients_lock(), */
	struct rring_reader *readers;	/* as is this */
	struct rring_pipe *pipes;	/* and this */
	struct rring_cursors *cursors;	/* of this client */
	struct rring_tails *ledger;
	struct ulib_recent_view recent[RRING_XXL];
	const struct rring_magazines *magazines;
	char *payload;
	struct ulib_xxl_table xxl;
	struct rring_attach attach;	/* the kernel's answer: id, sizes */
};

/*
 * 1: this process has @client from its parent, by fork(). Then a call must
 * neither load nor store shared memory, nor lock a mutex of the client.
 */
static inline int ulib_is_inherited(const struct rring_client *client)
{
	return client->own->inherited;
}

/* Returns the error of a call with an inherited client, and stores why. */
int ulib_refuse_inherited(void);

/* Returns the error of a call for what @client does not hold; stores why. */
int ulib_not_held(const struct rring_client *client);

int ulib_clients_init(void);
void ulib_clients_lock(void);
void ulib_clients_unlock(void);
void ulib_clients_add(struct rring_client_private *own);
void ulib_clients_remove(struct rring_client_private *own);
void ulib_inherited_reader_free(struct rring_reader *reader);
void ulib_inherited_client_free(struct rring_client *client);

/* Bits of .slow_look of a reader. */
#define ULIB_LOOK_LAPPABLE	(1u << 0)	/* it may have been lapped */
#define ULIB_LOOK_POLLED	(1u << 1)	/* see ulib_poll_next() */

int ulib_file_open(struct ulib_file *file, enum rring_backend backend);
int ulib_call(struct rring_client *client, unsigned long request, void *args);
/*
 * Make a call that may sleep until @deadline, which is in @args as well. The
 * thread can be cancelled meanwhile; so the caller has no lock.
 */
int ulib_call_until(struct rring_client *client, unsigned long request,
		    void *args, uint64_t deadline);
void *ulib_map(struct rring_client *client, enum rring_region_type region,
	       uint32_t index, size_t size, int writable, int *err);
void ulib_unmap(struct rring_client *client, const void *addr, size_t size);
void ulib_poll_again(struct rring_client *client, uint32_t mask);
const struct rring_ring_info *ulib_ring_info(const struct rring_client *client,
					     uint32_t id);
void ulib_poll_next(struct rring_client *client, uint32_t ring,
		    uint32_t waiters);
void ulib_poll_reader(struct rring_reader *reader);
int ulib_name_copy(char to[RRING_NAME_MAX], const char *from);

uint64_t ulib_peer_cursor(struct rring_client *client, uint32_t id,
			  uint32_t cursor);
void ulib_recent_open(struct rring_client *client);
void ulib_recent_add(struct rring_client *client, uint64_t handle);
void ulib_pipe_free(struct rring_pipe *pipe);
void ulib_settle_writers(struct rring_client *client);
void ulib_writer_settle(struct rring_writer *writer);

/*
 * Look at the readers: 0 if @n entries have room, else -EAGAIN. Sets .limit and
 * settles what the readers have passed. Not for RRING_OVERWRITE.
 */
int ulib_writer_check_room(struct rring_writer *writer, uint32_t n);

/*
 * Sleep in the kernel until @n entries have room: 0, -ETIMEDOUT, -EINTR or
 * another error of RRING_IOC_WAIT. If @peer, a reader of the same client, is
 * not NULL: also -EPIPE when the stream of @peer has ended.
 */
int ulib_writer_sleep(struct rring_writer *writer, uint32_t n,
		      const struct rring_reader *peer, uint64_t deadline);

/*
 * 0: @reader has events, or was lapped; -EAGAIN: nothing yet; -EPIPE: nothing,
 * and the stream has ended; else the error of mapping new pages.
 */
int ulib_reader_check(struct rring_reader *reader);

/* 1: the reader was told (-EPIPE) of the end of the incarnation it knows. */
int ulib_reader_knows_end(const struct rring_reader *reader);

/*
 * Release discarded entries (RRING_LEN_NONE) up to the first other entry. 1:
 * there is such an entry; else what rring_peek() or rring_release() returns.
 */
long ulib_peek_event(struct rring_reader *reader);

/*
 * Fill @event from the entry at the reader's position, which the caller has
 * peeked at; returns what rring_entry() returns. The next read releases the
 * entry; but if this call returns -ENOMEM, it reads the entry again.
 */
int ulib_reader_next(struct rring_reader *reader, struct rring_event *event);

#endif /* ULIB_CLIENT_H */
