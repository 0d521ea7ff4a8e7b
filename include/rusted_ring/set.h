/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reader sets: read the rings of many writers like one ring. See rring_set(3).
 * Only rring_set_wait() waits.
 */
#ifndef _RUSTED_RING_SET_H
#define _RUSTED_RING_SET_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A set of up to RRING_CURSORS readers of one client. Only one thread at a time
 * may use a set.
 */
struct rring_set;

/* Which reader rring_set_try_read() reads next, if several have events. */
enum rring_order {
	RRING_FAIR,		/* readers take turns, so none starves */
	RRING_BY_PRIORITY,	/* lowest @priority first; equal ones in turn */
	RRING_BY_TIMESTAMP,	/* event with the lowest timestamp first */
};

struct rring_set_config {
	enum rring_order order;
	enum rring_strategy strategy;	/* of rring_set_wait() */
	/*
	 * For RRING_BY_TIMESTAMP: return the timestamp of an event. If this is
	 * NULL, the timestamp is the first 8 bytes of the payload, in the byte
	 * order of the machine, or 0 if the payload is shorter.
	 */
	uint64_t (*timestamp)(const struct rring_event *event);
};

/*
 * Create an empty set for readers of @client, and store it in *@set. Return 0
 * or a negative errno. The caller frees the set with rring_set_close().
 */
int rring_set_open(struct rring_client *client,
		   const struct rring_set_config *config,
		   struct rring_set **set);

/* Free the set. Its readers stay open; the caller still closes them. */
void rring_set_close(struct rring_set *set);

/*
 * Add @reader, which must be of the set's client. Until rring_set_remove(), the
 * caller must read from @reader only through the set, and must not close it.
 * Only RRING_BY_PRIORITY uses @priority: the lowest number is read first.
 * Return 0 or a negative errno.
 */
int rring_set_add(struct rring_set *set, struct rring_reader *reader,
		  uint32_t priority);

/* Remove @reader from the set. Return 0, or -ENOENT if it is not in the set. */
int rring_set_remove(struct rring_set *set, struct rring_reader *reader);

/*
 * Release the event of the previous call. Describe the next event in @event,
 * and store its reader in *@from; event->data is valid until the next call.
 * Never wait. Return 0 or a negative errno. On an error, *@from is NULL if no
 * reader has an event (-EAGAIN) or all streams have ended (-EPIPE). Otherwise
 * *@from is the reader that has the error.
 */
int rring_set_try_read(struct rring_set *set, struct rring_event *event,
		       struct rring_reader **from);

/*
 * Release the event of the last rring_set_try_read(). Return how many events, of
 * any readers and at most @n, can be read now in the order of the set. They stay
 * until rring_set_release(). Never wait. If there is none, return a negative
 * errno, as rring_set_try_read() does.
 */
long rring_set_peek(struct rring_set *set, uint32_t n);

/*
 * Describe the peeked event @i (0: the first) in @event. Store its reader in
 * *@from, and its position in the ring of this reader in *@position. Return 0 or
 * a negative errno.
 */
int rring_set_entry(struct rring_set *set, uint32_t i,
		    struct rring_event *event, struct rring_reader **from,
		    uint64_t *position);

/*
 * Release the first @n peeked events, each by its reader: the writers may now
 * overwrite them, and a named reader that comes back gets none of them again. The
 * event after them is then event 0. Return 0, or the first error of a reader:
 * all others are released.
 */
int rring_set_release(struct rring_set *set, uint32_t n);

/*
 * Release the event of the last rring_set_try_read(). Then wait, by the set's
 * .strategy, until a reader has an event or was lapped, or until all streams
 * have ended and rring_set_try_read() has not yet returned -EPIPE for that.
 * Return 0, -ETIMEDOUT if @deadline passed, or another negative errno.
 */
int rring_set_wait(struct rring_set *set, uint64_t deadline);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_SET_H */
