/* SPDX-License-Identifier: MPL-2.0 */
/* Allocate, hold and drop events. Only rring_alloc_until() waits. */
#ifndef _RUSTED_RING_EVENT_H
#define _RUSTED_RING_EVENT_H

#include <rusted_ring/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Describes an event that a client holds, or has peeked at in a ring. A copy of
 * this structure is not another hold. Only the producer that allocated the
 * event may write the payload, until rring_publish() or rring_share().
 */
struct rring_event {
	uint64_t handle;	/* 0 in an entry of an inline ring */
	void *data;		/* payload, aligned to 64 bytes */
	uint32_t len;		/* bytes of the payload */
	uint32_t event_type;	/* chosen by the producer */
	/* internal: the word of this event's slot in the ledger of .client */
	rring_word_t *word;
	const struct rring_client *client; /* internal: the caller's client */
};

/* ---- allocate: rring_alloc(3) ---- */

/*
 * Allocate an event of @len bytes from the smallest class that has room for it.
 * If no slot is free, wait for one until @deadline. Return 0, -ETIMEDOUT if no
 * slot came free (-ENOSPC if @deadline is 0), or another errno. The client has
 * one hold until it drops or publishes. Only an XXL payload is cleared.
 */
int rring_alloc_until(struct rring_client *client, size_t len,
		      uint32_t event_type, uint64_t deadline,
		      struct rring_event *event);

/*
 * Allocate an event of @len bytes from the smallest class with room. Never
 * wait. Return 0, -ENOSPC if no slot is free, -EDQUOT if the client has used up
 * its quota, or another negative errno.
 */
RRING_IN_LINE int rring_alloc(struct rring_client *client, size_t len,
			      uint32_t event_type, struct rring_event *event);

/*
 * Allocate an event of @len bytes from class @pool, even if a smaller class has
 * room. Never wait. Return 0, -E2BIG if a slot is too small, or another errno.
 */
RRING_IN_LINE int rring_alloc_class(struct rring_client *client,
				    enum rring_class pool, uint32_t len,
				    uint32_t event_type,
				    struct rring_event *event);

/*
 * Allocate an event of @len bytes from the class in the function's name. Never
 * wait. Return 0, -E2BIG if a slot is too small, or another negative errno.
 */
RRING_IN_LINE int rring_alloc_xs(struct rring_client *client, size_t len,
				 uint32_t event_type,
				 struct rring_event *event);
RRING_IN_LINE int rring_alloc_s(struct rring_client *client, size_t len,
				uint32_t event_type,
				struct rring_event *event);
RRING_IN_LINE int rring_alloc_m(struct rring_client *client, size_t len,
				uint32_t event_type,
				struct rring_event *event);
RRING_IN_LINE int rring_alloc_l(struct rring_client *client, size_t len,
				uint32_t event_type,
				struct rring_event *event);
RRING_IN_LINE int rring_alloc_xl(struct rring_client *client, size_t len,
				 uint32_t event_type,
				 struct rring_event *event);

/*
 * Allocate an event like rring_alloc(), and copy the @len bytes at @data into
 * its payload. Never wait. Return 0 or a negative errno.
 */
int rring_alloc_copy(struct rring_client *client, const void *data, size_t len,
		     uint32_t event_type, struct rring_event *event);

/*
 * Allocate up to @n events of @len bytes each from class @pool, and describe
 * them in @events. Never wait. Return how many events were allocated, or a
 * negative errno if the first allocation failed.
 */
long rring_alloc_batch(struct rring_client *client, enum rring_class pool,
		       uint32_t len, uint32_t event_type,
		       struct rring_event *events, uint32_t n);

/*
 * Make the payload of @event read-only for all processes, also for this client,
 * until the slot is freed. The client has allocated @event, of class RRING_L,
 * RRING_XL or RRING_XXL in an owned arena (RRING_CREATE_OWNED), and holds it.
 * Then .data of @event changes: the payload is read there. Return 0 or a negative
 * errno.
 */
int rring_seal(struct rring_client *client, struct rring_event *event);

/*
 * Return 1 if no process can write the payload of @event, on which the client
 * has a hold: its producer has sealed it or has died, or the kernel has produced
 * it. Then the payload cannot change while the client holds @event, so there is
 * no need to copy it before it is checked. Else return 0.
 */
int rring_is_sealed(const struct rring_client *client,
		    const struct rring_event *event);

/*
 * Set the length of @event, which the client holds and has not published or
 * shared, to @len. Return 0, -E2BIG if the slot is too small, or another errno.
 */
int rring_resize(struct rring_client *client, struct rring_event *event,
		 uint32_t len);

/*
 * Give the arena back the free slots in the client's magazines, and those that
 * it has parked: dropped, but kept for its next allocations.
 */
void rring_trim(struct rring_client *client);

/* ---- hold and drop: rring_hold(3) ---- */

/*
 * Take one more hold on @event. Before the call, the client must hold the
 * event, or a gating reader of the client must have peeked at the event and not
 * released it; the ring of this reader must have no .stall_ns. In all other
 * cases call rring_keep() or rring_upgrade(). Return 0, -EOVERFLOW if the
 * client has 65535 holds on the event, or another negative errno.
 */
RRING_IN_LINE int rring_hold(struct rring_client *client,
			     const struct rring_event *event);

/*
 * Drop one hold of @client on @event. After the last hold the client must not
 * use the event. Return 0, or -EINVAL if the client has no hold.
 */
RRING_IN_LINE int rring_drop(struct rring_client *client,
			     const struct rring_event *event);

/* ---- handles: rring_upgrade(3) ---- */

/*
 * Return the handle of @event, which the client holds, or 0 if @event is of
 * another client. Call this before another client gets the handle. Otherwise a
 * single-threaded client could drop the event, and allocate another one with
 * the same handle. The receiver takes its own hold with rring_upgrade(). A
 * handle alone keeps no event alive.
 */
uint64_t rring_share(struct rring_client *client,
		     const struct rring_event *event);

/*
 * Take a hold on the event that @handle names, and fill @event. Return 0,
 * -ESTALE if the handle's generation is over, -EBADMSG if no slot can have this
 * handle, or another negative errno.
 */
int rring_upgrade(struct rring_client *client, uint64_t handle,
		  struct rring_event *event);

/*
 * Fill @event for @handle, without a new hold. Return 0, -ESTALE if the client
 * does not hold the event that @handle names, or another negative errno.
 */
int rring_find(struct rring_client *client, uint64_t handle,
	       struct rring_event *event);

/* ---- typed events: RRING_EVENT(3) ---- */

/* Return the payload of @event, or NULL if event->len is less than @size. */
RRING_IN_LINE void *rring_payload(const struct rring_event *event, size_t size);

#ifdef __cplusplus
}
#endif

#define RRING_EVENT_MAX		(64u << 20)	/* bytes of a type, at most */

/*
 * Return the payload of @event in place, as a `type *`, or NULL if the payload
 * is shorter than the type. This does not compile if the type has more than
 * RRING_EVENT_MAX bytes, or needs an alignment of more than 64 bytes. The
 * caller must check the content: any producer may have written it.
 */
#define RRING_EVENT(type, event)	RRING_EVENT_AS(type, event)

#include <rusted_ring/internal/event_type.h>

#endif /* _RUSTED_RING_EVENT_H */
