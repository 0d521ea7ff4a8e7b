/* SPDX-License-Identifier: MPL-2.0 */
/* Events: allocate, hold, drop. Only rring_alloc_until() waits. */
#ifndef _RUSTED_RING_EVENT_H
#define _RUSTED_RING_EVENT_H

#include <rusted_ring/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Describes an event that a client holds, or has peeked at in a ring. A copy of
 * this structure is not another hold. Only the producer that allocated the
 * event writes the payload, and only before it publishes or shares the event.
 */
struct rring_event {
	uint64_t handle;	/* 0: an entry of an inline ring */
	void *data;		/* payload, aligned to 64 bytes */
	uint32_t len;		/* bytes */
	uint32_t event_type;	/* chosen by the producer */
	/* internal: the word of the slot in the ledger of .client */
	rring_word_t *word;
	const struct rring_client *client; /* internal: the client it is for */
};

/* ---- allocate: rring_alloc(3) ---- */

/*
 * Allocate an event of @len bytes from the smallest class that takes it. If no
 * slot is free, waits for one until @deadline. The client then holds the event
 * once, until rring_drop() or rring_publish() gives this hold away. The caller
 * fills @event->data, which is not cleared, except for RRING_XXL.
 */
int rring_alloc_until(struct rring_client *client, size_t len,
		      uint32_t event_type, uint64_t deadline,
		      struct rring_event *event);

/*
 * Allocate an event of @len bytes from the smallest class that takes it. Never
 * waits: -ENOSPC if no slot is free, -EDQUOT if the client has used up its
 * quota.
 */
RRING_IN_LINE int rring_alloc(struct rring_client *client, size_t len,
			      uint32_t event_type, struct rring_event *event);

/*
 * Allocate an event of @len bytes from class @pool, even if a smaller class
 * takes @len. Never waits. -E2BIG: @len exceeds a slot of the class.
 */
RRING_IN_LINE int rring_alloc_class(struct rring_client *client,
				    enum rring_class pool, uint32_t len,
				    uint32_t event_type,
				    struct rring_event *event);

/*
 * Allocate an event of @len bytes from the class in the function's name. Never
 * waits. -E2BIG: @len exceeds a slot of the class.
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
 * its payload. Never waits.
 */
int rring_alloc_copy(struct rring_client *client, const void *data, size_t len,
		     uint32_t event_type, struct rring_event *event);

/*
 * Allocate up to @n events of @len bytes each from class @pool, and describe
 * them in @events. Never waits. Returns how many it has allocated, or a
 * negative errno if it could not allocate the first one.
 */
long rring_alloc_batch(struct rring_client *client, enum rring_class pool,
		       uint32_t len, uint32_t event_type,
		       struct rring_event *events, uint32_t n);

/*
 * Set the length of @event to @len. The client holds the event, and has neither
 * published nor shared it. -E2BIG: @len exceeds the slot.
 */
int rring_resize(struct rring_client *client, struct rring_event *event,
		 uint32_t len);

/*
 * Give the free slots that the client keeps for its next allocations back to
 * the arena: those in its magazines, and those that it has parked. The next
 * sweep frees them.
 */
void rring_trim(struct rring_client *client);

/* ---- hold and drop: rring_hold(3) ---- */

/*
 * Take one more hold on @event. The caller ensures that the event stays alive
 * during the call: the client holds it already, or a gating reader of the
 * client that cannot be lapped has peeked at it and not released it. In all
 * other cases the caller uses rring_keep() or rring_upgrade(). -EOVERFLOW: the
 * client has 65535 holds on it.
 */
RRING_IN_LINE int rring_hold(struct rring_client *client,
			     const struct rring_event *event);

/*
 * Drop one hold of the client on @event. When the client has dropped its last
 * hold, it must not use the event any more. -EINVAL: it has no hold.
 */
RRING_IN_LINE int rring_drop(struct rring_client *client,
			     const struct rring_event *event);

/* ---- handles: rring_upgrade(3) ---- */

/*
 * Returns the handle of @event, which the client holds; 0 if @event is of
 * another client. The caller calls this before it sends the handle away: else a
 * single-threaded client could drop the event, and allocate the slot again
 * under the same handle. The receiver takes a hold of its own with
 * rring_upgrade(). The handle alone keeps nothing alive.
 */
uint64_t rring_share(struct rring_client *client,
		     const struct rring_event *event);

/*
 * Take a hold on the event that @handle names, and fill @event. -ESTALE: this
 * use of the slot is over. -EBADMSG: no slot can have this handle.
 */
int rring_upgrade(struct rring_client *client, uint64_t handle,
		  struct rring_event *event);

/*
 * Fill @event for @handle, which names an event that the client holds. Takes no
 * hold. -ESTALE: the client does not hold the event.
 */
int rring_find(struct rring_client *client, uint64_t handle,
	       struct rring_event *event);

/* ---- typed events: RRING_EVENT(3) ---- */

/* Returns the payload of @event, or NULL if it is shorter than @size bytes. */
RRING_IN_LINE void *rring_payload(const struct rring_event *event, size_t size);

#ifdef __cplusplus
}
#endif

#define RRING_EVENT_MAX		(64u << 20)	/* bytes of a type */

/*
 * Returns the payload of @event in place, as a `type *`; NULL if the payload is
 * shorter than the type. Does not compile if the type has more than
 * RRING_EVENT_MAX bytes, or needs an alignment of more than 64 bytes. The
 * caller checks the content, which any producer may have written.
 */
#define RRING_EVENT(type, event)	RRING_EVENT_AS(type, event)

#include <rusted_ring/internal/event_type.h>

#endif /* _RUSTED_RING_EVENT_H */
