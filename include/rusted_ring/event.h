/* SPDX-License-Identifier: MPL-2.0 */
/* Events: allocate, hold, drop. */
#ifndef _RUSTED_RING_EVENT_H
#define _RUSTED_RING_EVENT_H

#include <rusted_ring/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An event: a slot and what is in it. Held, or peeked at in a ring. */
struct rring_event {
	uint64_t handle;	/* 0: the event lies in an inline ring */
	void *data;		/* 64-byte aligned; const for non-producers */
	uint32_t len;
	uint32_t event_type;
	rring_word_t *word;	/* the own ledger's word of the slot */
};

/*
 * Allocate a slot of the smallest class that takes @len, held once by this
 * client, for the caller to fill @event->data. Producers only. Calls the
 * kernel when the client's magazine is empty; waits until @deadline for a slot.
 * -E2BIG: no class is that large; -ENOSPC or, with a deadline, -ETIMEDOUT: the
 * pool is dry; -EDQUOT: the client's quota is used up; -EINTR; -EPERM.
 */
int rring_alloc_until(struct rring_client *client, size_t len,
		      uint32_t event_type, uint64_t deadline,
		      struct rring_event *event);

/* The same from the class @pool, at once or not at all; @len <= its size. */
RRING_IN_LINE int rring_alloc_class(struct rring_client *client,
				    enum rring_class pool, uint32_t len,
				    uint32_t event_type,
				    struct rring_event *event);

/* The same by @len. */
RRING_IN_LINE int rring_alloc(struct rring_client *client, size_t len,
			      uint32_t event_type, struct rring_event *event);

/* Change the length of an event that was not published yet. */
int rring_resize(struct rring_client *client, struct rring_event *event,
		 uint32_t len);

/*
 * One more hold on an event that something keeps alive already: an own hold,
 * or the window of a gating reader that cannot be lapped. -EOVERFLOW beyond
 * 65,535 holds.
 */
RRING_IN_LINE int rring_hold(struct rring_client *client,
			     const struct rring_event *event);

/*
 * One hold less; the last one of all clients frees the slot. -EINVAL: none. Of
 * what nobody else ever knew, a single-threaded client keeps up to a batch per
 * pool for its own next allocations; rring_trim() gives that back, too.
 */
RRING_IN_LINE int rring_drop(struct rring_client *client,
			     const struct rring_event *event);

/*
 * Hold by @handle, whatever channel brought it: the weak upgrade. -ESTALE if
 * its use of the slot is over (then nothing is held), -EBADMSG if it can be no
 * handle. A full fence.
 */
int rring_upgrade(struct rring_client *client, uint64_t handle,
		  struct rring_event *event);

/* Look at @handle, which this client holds; -ESTALE if it does not. */
int rring_find(struct rring_client *client, uint64_t handle,
	       struct rring_event *event);

/*
 * The handle of an own event, to be sent over another channel and upgraded
 * there. To be called before it leaves: a slot whose handle nobody knows is
 * reused without a new generation.
 */
uint64_t rring_share(struct rring_client *client,
		     const struct rring_event *event);

/* Give back the free slots that this client keeps: lent to it, or reused. */
void rring_trim(struct rring_client *client);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_EVENT_H */
