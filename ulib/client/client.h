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
 * A mapping of the cursors of another client, the peer. It is valid only while
 * the client with that id has the serial .serial. 0: map the cursors before
 * use. own->lock protects the structure.
 */
struct ulib_peer {
	uint32_t serial;
	const struct rring_cursors *cursors;
};

/* This client's lists of recent drops of one pool, in its ledger region. */
struct ulib_recent_view {
	struct rring_recent *end;	/* by list: entries written so far */
	uint32_t *slot;			/* all lists, one after the other */
	uint32_t entries;		/* of a list: a power of two; 0: no slots */
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
 * Return 1 if this process has got @client from its parent by fork(), else 0.
 * If 1, a call must not access shared memory, which is not mapped here, and
 * must not lock a mutex of the client, which a thread of the parent may have
 * held during fork().
 */
static inline int ulib_is_inherited(const struct rring_client *client)
{
	return client->own->inherited;
}

/*
 * Return -EPERM, the error of each call with an inherited client, and store its
 * detail.
 */
int ulib_refuse_inherited(void);

/*
 * Refuse a call with an event that @client does not hold. Return -EINVAL, or
 * -EPERM if this process has inherited @client by fork(). Store the text that
 * explains the error as this thread's detail (see error.h).
 */
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
#define ULIB_LOOK_MISLED	(1u << 2)	/* it goes to .back_to */

int ulib_file_open(struct ulib_file *file, enum rring_backend backend);
int ulib_call(struct rring_client *client, unsigned long request, void *args);
/*
 * Make the call @request, which may sleep until @deadline. The caller has
 * stored @deadline in @args, too. Return 0 or a negative errno. Unless
 * @deadline is 0, pthread_cancel(3) may end the thread during the call. So the
 * caller must hold no lock.
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
 * Look at the readers' positions, set .limit, and settle the entries that all
 * gating readers have passed. Return 0: @n entries have room; -EAGAIN: they
 * have not; -EPERM: the client is inherited. Not for the policy
 * RRING_OVERWRITE.
 */
int ulib_writer_check_room(struct rring_writer *writer, uint32_t n);

/*
 * Sleep in the kernel until @n entries have room. Return 0, -ETIMEDOUT at
 * @deadline, -EINTR, or another error of RRING_IOC_WAIT. If @peer is not NULL,
 * it is a reader of the same client, and the end of its stream also ends the
 * sleep: return -EPIPE.
 */
int ulib_writer_sleep(struct rring_writer *writer, uint32_t n,
		      const struct rring_reader *peer, uint64_t deadline);

/*
 * Look for events without reading one. Return 0: @reader has events, or the
 * writer has lapped it; -EAGAIN: no event yet; -EPIPE: no event, and the stream
 * has ended; another error: the pages of the ring's new writer could not be
 * mapped.
 */
int ulib_reader_check(struct rring_reader *reader);

/*
 * Return 1 if a call has already told the reader (by -EPIPE) that the
 * incarnation of the ring that it has mapped has ended; else 0.
 */
int ulib_reader_knows_end(const struct rring_reader *reader);

/*
 * Release discarded entries (RRING_LEN_NONE) until the next entry is another
 * one. Return 1: the next entry is one to read; else what rring_peek() or
 * rring_release() returned.
 */
long ulib_peek_event(struct rring_reader *reader);

/*
 * Fill @event from the entry at the reader's position, after the caller has
 * peeked at that entry. Return what rring_entry() returns. The next read call
 * releases the entry. Only after -ENOMEM it does not: it reads the entry again.
 */
int ulib_reader_next(struct rring_reader *reader, struct rring_event *event);

#endif /* ULIB_CLIENT_H */
