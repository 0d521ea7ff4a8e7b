/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reader sets: read the rings of many writers as one. None of these functions
 * may be called in a signal handler. Only rring_set_wait() waits.
 */
#ifndef _RUSTED_RING_SET_H
#define _RUSTED_RING_SET_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which of the readers that have events comes next. */
enum rring_order {
	RRING_FAIR,		/* in turn: no reader starves */
	RRING_BY_PRIORITY,	/* lowest number first; equal ones in turn */
	RRING_BY_TIMESTAMP,	/* lowest timestamp first */
};

struct rring_set_config {
	enum rring_order order;
	enum rring_strategy strategy;	/* of rring_set_wait() */
	/*
	 * For BY_TIMESTAMP: returns the timestamp of an event. NULL: the first
	 * 8 bytes of the payload, in the byte order of the machine; 0 if it is
	 * shorter. The set compares the next events of the readers that have
	 * one, and does not wait for others. A caller that needs one order over
	 * all writers waits until each reader has an event.
	 */
	uint64_t (*timestamp)(const struct rring_event *event);
};

/* Up to RRING_CURSORS readers of one client. Used by one thread at a time. */
struct rring_set;

/*
 * Create an empty set and store it in *@set. The caller frees it with
 * rring_set_close(). Returns 0, or:
 *   -EINVAL: there is no such order or strategy
 *   -ENOMEM: out of memory
 */
int rring_set_open(struct rring_client *client,
		   const struct rring_set_config *config,
		   struct rring_set **set);

/*
 * Add @reader, which stays the caller's. While @reader is in the set, the
 * caller does not read it otherwise. The caller removes it before
 * rring_reader_close(). @priority is ignored unless the order is
 * RRING_BY_PRIORITY.
 *
 * Returns 0, or:
 *   -EINVAL: @reader is of another client
 *   -EEXIST: @reader is in the set
 *   -ENOSPC: the set has RRING_CURSORS readers
 */
int rring_set_add(struct rring_set *set, struct rring_reader *reader,
		  uint32_t priority);

/*
 * Remove @reader from the set. If the last event came from @reader, this event
 * stays valid until the next rring_try_read() of @reader, which releases it.
 * Returns 0, or -ENOENT: @reader is not in the set.
 */
int rring_set_remove(struct rring_set *set, struct rring_reader *reader);

/*
 * Release the event of the last call, describe the next one in @event, and
 * store its reader in *@from. The event is used in place until the next
 * rring_set_try_read() or rring_set_wait(). Passes over a reader whose stream
 * has ended, until a new writer takes over. Never waits.
 *
 * Returns 0, or:
 *   -EAGAIN: no reader has an event; *@from is NULL
 *   -EPIPE: all streams have ended, or the set is empty; *@from is NULL
 *   -ESTALE, -EBADMSG, -ENOMEM: like rring_try_read() of the reader that is in
 *	*@from; the next call goes on with the others
 */
int rring_set_try_read(struct rring_set *set, struct rring_event *event,
		       struct rring_reader **from);

/*
 * Release the event of the last call. Then wait until a reader has entries or
 * was lapped, all streams have ended, or @deadline, by the set's strategy. If
 * the kernel, as the writer, discarded these entries, rring_set_try_read()
 * still returns -EAGAIN afterwards.
 *
 * Returns 0, or:
 *   -ETIMEDOUT: nothing happened until @deadline, also if that is 0
 *   -EINTR: RRING_WAIT_BLOCK, and a signal ended the wait
 */
int rring_set_wait(struct rring_set *set, uint64_t deadline);

/* Free the set. Its readers stay open and stay the caller's. */
void rring_set_close(struct rring_set *set);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_SET_H */
