/* SPDX-License-Identifier: MPL-2.0 */
/* Events: allocate, hold, drop. Only rring_alloc_until() waits. */
#ifndef _RUSTED_RING_EVENT_H
#define _RUSTED_RING_EVENT_H

#include <rusted_ring/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Describes an event that the client holds, or has peeked at. A copy of this
 * structure is not another hold. Only the producer that allocated the event
 * writes the payload, and only until it publishes or shares the event.
 */
struct rring_event {
	uint64_t handle;	/* 0: an entry of an inline ring */
	void *data;		/* payload, aligned to 64 bytes */
	uint32_t len;		/* bytes */
	uint32_t event_type;	/* chosen by the producer */
	rring_word_t *word;	/* private: this client's ledger word */
	const struct rring_client *client; /* private: whose view this is */
};

/* ---- allocate: rring_alloc(3) ---- */

/*
 * Allocate an event of @len bytes from the smallest class that takes it. Waits
 * until @deadline for a free slot. The client holds the event once, until
 * rring_drop() or rring_publish(). The caller fills @event->data, which is not
 * cleared.
 */
int rring_alloc_until(struct rring_client *client, size_t len,
		      uint32_t event_type, uint64_t deadline,
		      struct rring_event *event);

/* Allocate from the smallest class that takes @len bytes. Never waits. */
RRING_IN_LINE int rring_alloc(struct rring_client *client, size_t len,
			      uint32_t event_type, struct rring_event *event);

/* Allocate from class @pool. Never waits. */
RRING_IN_LINE int rring_alloc_class(struct rring_client *client,
				    enum rring_class pool, uint32_t len,
				    uint32_t event_type,
				    struct rring_event *event);

/* Allocate from the class in the function's name. Never waits. */
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

/* Allocate, and copy the @len bytes at @data into the event. Never waits. */
int rring_alloc_copy(struct rring_client *client, const void *data, size_t len,
		     uint32_t event_type, struct rring_event *event);

/* Allocate up to @n events. Never waits. Returns how many; none: an error. */
long rring_alloc_batch(struct rring_client *client, enum rring_class pool,
		       uint32_t len, uint32_t event_type,
		       struct rring_event *events, uint32_t n);

/* Set the length of an event that is neither published nor shared. */
int rring_resize(struct rring_client *client, struct rring_event *event,
		 uint32_t len);

/* Return to the arena the free slots that the client keeps for allocations. */
void rring_trim(struct rring_client *client);

/* ---- hold and drop: rring_hold(3) ---- */

/*
 * Take one more hold on @event. The caller ensures that the event stays alive
 * during the call: by another hold of this client, or by an entry that a gating
 * reader of this client has not released.
 */
RRING_IN_LINE int rring_hold(struct rring_client *client,
			     const struct rring_event *event);

/* Drop one hold. After its last hold the client must not use the event. */
RRING_IN_LINE int rring_drop(struct rring_client *client,
			     const struct rring_event *event);

/* ---- handles: rring_upgrade(3) ---- */

/*
 * Returns the handle of @event, which the client holds. Another client turns
 * the handle into a hold of its own with rring_upgrade(). The handle alone
 * keeps nothing alive.
 */
uint64_t rring_share(struct rring_client *client,
		     const struct rring_event *event);

/* Take a hold on the event that @handle names. -ESTALE: too late. */
int rring_upgrade(struct rring_client *client, uint64_t handle,
		  struct rring_event *event);

/* Fill @event for @handle of an event that the client holds. Takes no hold. */
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
 * The payload of @event in place, as a `type *`; NULL if it is shorter than the
 * type. A type that no event can carry does not compile. The caller checks the
 * content, which any producer may have written.
 */
#define RRING_EVENT(type, event)	RRING_EVENT_AS(type, event)

#include <rusted_ring/internal/event_type.h>

#endif /* _RUSTED_RING_EVENT_H */
