/* SPDX-License-Identifier: MPL-2.0 */
/* The private part of a client, and what the library's files share. */
#ifndef ULIB_CLIENT_H
#define ULIB_CLIENT_H

#include <pthread.h>

#include <rusted_ring.h>
#include <rusted_ring/internal/layout.h>

#include "backend.h"
#include "error.h"
#include "xxl.h"

/*
 * A mapping of the cursors of another client, whose id is the index in .peers.
 * The mapping is valid only while the client with this id has the serial
 * .serial. If .serial is 0, the cursors must be mapped before use. .lock of
 * struct rring_client_private protects this structure.
 */
struct ulib_peer {
	uint32_t serial;
	const struct rring_cursors *cursors;
	/*
	 * In an owned arena: a mapping of the headers of the client with the
	 * serial .headers_serial. If this is 0, they must be mapped before use.
	 */
	uint32_t headers_serial;
	const struct rring_event_header *headers;
};

/*
 * The lists of recent drops that this client writes for one pool. They lie in
 * the LEDGER region, and tell a sweep which slots may be free.
 */
struct ulib_recent_view {
	struct rring_recent *end;	/* by list: entries written so far */
	uint32_t *slot;			/* slot indices: list 0, then 1, ... */
	/* entries in each list: a power of two, or 0 if there are no slots */
	uint32_t entries;
};

/* Why a client has lost its shared memory. */
enum ulib_loss {
	ULIB_NO_LOSS,
	ULIB_INHERITED,	/* this process has got the client by fork() */
	ULIB_EVICTED,	/* found by the handler of rring_guard_evictions() */
};

struct rring_client_private {
	struct rring_client *client;
	struct rring_client_private *next; /* in the list of inherited.c */
	enum ulib_loss loss;		/* set by handlers */
	int ledger_is_private;		/* 1: zeros are mapped at .ledger */
	struct ulib_file file;
	int polled;			/* 1: rring_client_fd() was called */
	int spills;			/* 1: opened with RRING_SPILL */
	int interruptible;		/* 1: opened with RRING_INTERRUPTIBLE */
	pthread_mutex_t lock;		/* for .peers, and to call .poll_fd */
	/*
	 * Serializes READER_JOIN with leave(). Otherwise the kernel could give
	 * the cursor of a reader that has left to a new reader before leave()
	 * clears the cursor.
	 */
	pthread_mutex_t cursors_lock;
	struct ulib_peer peers[RRING_CLIENTS_MAX + 1];
	/* ulib_clients_lock() protects .writers, .readers, .pipes and .watches */
	struct rring_writer *writers;
	struct rring_reader *readers;
	struct rring_pipe *pipes;
	struct rring_watch *watches;
	struct rring_cursors *cursors;	/* of this client */
	struct rring_tails *ledger;
	struct ulib_recent_view recent[RRING_XXL];
	const struct rring_magazines *magazines;
	char *payload;
	/* only in an owned arena */
	const rring_word_t *owners;	/* owner words; NULL: not owned */
	/* headers of slot 0 of each pool, in PAYLOAD, of events of the kernel */
	const struct rring_event_header *kernel_headers[RRING_POOLS];
	char *writable;			/* the region OWN; NULL: no producer */
	struct rring_event_header *headers;	/* of this client */
	struct ulib_xxl_table xxl;
	struct ulib_debug *debug;	/* NULL: the client is not checked */
	struct rring_attach attach;	/* what ATTACH returned: id, sizes */
};

/*
 * Return 1 if this process has got @client from its parent by fork(), else 0.
 * If 1, the caller must not lock a mutex of the client, because a thread of the
 * parent may have held the mutex during fork().
 */
static inline int ulib_is_inherited(const struct rring_client *client)
{
	return client->own->loss == ULIB_INHERITED;
}

/*
 * Return 1 if the client has lost its shared memory, else 0. If 1, all calls but
 * those that close something fail, see ulib_refuse_lost(). The caller must not
 * access the memory: if the client is inherited, nothing is mapped there.
 */
static inline int ulib_is_lost(const struct rring_client *client)
{
	return __atomic_load_n(&client->own->loss, __ATOMIC_RELAXED) !=
	       ULIB_NO_LOSS;
}

/*
 * Return the error of a call with @client, which has lost its memory: -EPERM if it is
 * inherited, -EOWNERDEAD if it was evicted. Store the text that explains the error
 * as this thread's detail (see error.h).
 */
int ulib_refuse_lost(const struct rring_client *client);

/*
 * Refuse a call with an event that @client does not hold. Return -EINVAL, or what
 * ulib_refuse_lost() returns if the client has lost its memory. Store the text that
 * explains the error as this thread's detail (see error.h).
 */
int ulib_not_held(const struct rring_client *client);

/*
 * Return 1 if the calls with @client are checked, see ulib/debug/debug.h, else
 * 0. A child of fork() does not check the clients of its parent.
 */
static inline int ulib_is_checked(const struct rring_client *client)
{
	return client->shared == RRING_SHARED_CHECKED;
}

int ulib_clients_init(void);
void ulib_clients_lock(void);
/* Return 1 if the lock was free and is now the caller's, else 0. */
int ulib_clients_trylock(void);
/* Return the first client of the process; .next leads to the others. */
struct rring_client_private *ulib_clients_first(void);
void ulib_clients_unlock(void);
void ulib_clients_add(struct rring_client_private *own);
void ulib_clients_remove(struct rring_client_private *own);
int ulib_clients_has(const struct rring_client *client);
/*
 * Let the inline functions with @client call the functions out of line, which find
 * that the client has lost its memory. The caller holds ulib_clients_lock().
 */
void ulib_client_disable(struct rring_client *client, enum ulib_loss loss);
void ulib_inherited_reader_free(struct rring_reader *reader);
void ulib_inherited_client_free(struct rring_client *client);

/*
 * Bits of .slow_look of a reader: why a look for events does more than load the
 * head of the ring.
 */
#define ULIB_LOOK_LAPPABLE	(1u << 8)	/* the reader can be lapped */
#define ULIB_LOOK_POLLED	(1u << 9)	/* see ulib_poll_next() */
/*
 * the pages of a new incarnation are mapped, but the kernel still caps the
 * reader, because READER_REJOIN was not called or has not lifted the cap
 */
#define ULIB_LOOK_CAPPED	(1u << 10)

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
int ulib_name_check(const char *name);

/* Make the poll descriptor report the changes that a watch has not read yet. */
void ulib_poll_watches(struct rring_client_private *own);
/* Return how many readers the ring of @info has, also those without a client. */
uint32_t ulib_count_readers(const struct rring_ring_info *info);
int ulib_name_copy(char to[RRING_NAME_MAX], const char *from);
int ulib_type_copy(char to[RRING_NAME_MAX], const struct rring_type *from);

int ulib_header_load(const struct rring_client *client, uint64_t handle,
		     struct rring_event_header *header);
int ulib_header_is_sealed(const struct rring_client *client, uint64_t handle);
int ulib_header_is_writable(const struct rring_client *client,
			    uint64_t handle);
int ulib_headers_open(struct rring_client *client);
void ulib_headers_close(struct rring_client *client);
uint64_t ulib_peer_cursor(struct rring_client *client, uint32_t id,
			  uint32_t cursor);
void ulib_pipe_free(struct rring_pipe *pipe);
void ulib_settle_writers(struct rring_client *client);
void ulib_writer_settle(struct rring_writer *writer);

/*
 * Look at the readers' positions, and raise .limit of @writer, the position
 * below which entries are free. Settle the entries that all gating readers have
 * released: take back in_flight of their slots. Return 0 if there is room for
 * @n entries; -EAGAIN if there is not; -EPERM if the client is inherited. Do not rest
 * beyond @deadline. The caller has checked that the ring's policy is not
 * RRING_OVERWRITE.
 */
int ulib_writer_check_room(struct rring_writer *writer, uint32_t n,
			   uint64_t deadline);

/*
 * Sleep in the kernel until there is room for @n entries. Return 0, -ETIMEDOUT
 * if @deadline has passed, -EINTR after a signal, or another error of
 * RRING_IOC_WAIT. @peer is NULL or a reader of the same client. If the ring of
 * @peer ends, the sleep ends, too, and the function returns -EPIPE.
 */
int ulib_writer_sleep(struct rring_writer *writer, uint32_t n,
		      const struct rring_reader *peer, uint64_t deadline);

/*
 * Look for events, but read none. Return 0 if @reader has events, if the kernel
 * has lapped it, or if a hostile writer had made @reader skip positions: a read
 * call then returns without a wait. Return -EAGAIN if there is no event yet;
 * -EPIPE if there is no event and the stream has ended; another error if the
 * pages of the ring's new writer could not be mapped.
 */
int ulib_reader_check(struct rring_reader *reader);

/*
 * Return 1 if a call with @reader has already returned -EPIPE for the end of
 * the present stream; else 0. The present stream is that of the writer whose
 * pages @reader has mapped.
 */
int ulib_reader_knows_end(const struct rring_reader *reader);

/*
 * Release entries that the writer has discarded (RRING_LEN_NONE), until the
 * next entry is not discarded. Return 1 if this next entry exists; else the
 * error of rring_peek(). Return an error of rring_release() if it fails. Return
 * -EAGAIN after two laps of discarded entries, because only a hostile writer
 * discards so many.
 */
long ulib_peek_event(struct rring_reader *reader);

/*
 * Fill @event from the entry at the reader's position, after the caller has
 * peeked at that entry. Return what rring_entry() returns. The next read call
 * releases the entry. But after -ENOMEM, the next read call keeps the entry,
 * and reads it again.
 */
int ulib_reader_next(struct rring_reader *reader, struct rring_event *event);

#endif /* ULIB_CLIENT_H */
