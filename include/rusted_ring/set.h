/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reader sets: read the rings of many writers as one. See rring_set(3). Only
 * rring_set_wait() waits.
 */
#ifndef _RUSTED_RING_SET_H
#define _RUSTED_RING_SET_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Up to RRING_CURSORS readers of one client. Used by one thread at a time. */
struct rring_set;

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
	 * shorter.
	 */
	uint64_t (*timestamp)(const struct rring_event *event);
};

/* Create an empty set. The caller frees it with rring_set_close(). */
int rring_set_open(struct rring_client *client,
		   const struct rring_set_config *config,
		   struct rring_set **set);

/* Free the set. Its readers stay open and stay the caller's. */
void rring_set_close(struct rring_set *set);

/*
 * Add @reader. Until rring_set_remove(), the caller neither reads it otherwise
 * nor closes it. @priority is for RRING_BY_PRIORITY.
 */
int rring_set_add(struct rring_set *set, struct rring_reader *reader,
		  uint32_t priority);

/* Remove @reader from the set. */
int rring_set_remove(struct rring_set *set, struct rring_reader *reader);

/*
 * Release the event of the last call, describe the next one in @event, and
 * store its reader in *@from. The event is used in place until the next call.
 * Never waits.
 */
int rring_set_try_read(struct rring_set *set, struct rring_event *event,
		       struct rring_reader **from);

/* Wait until a reader has something to read, or @deadline, by the strategy. */
int rring_set_wait(struct rring_set *set, uint64_t deadline);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_SET_H */
