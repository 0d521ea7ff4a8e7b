/* SPDX-License-Identifier: MPL-2.0 */
/* Reader sets: the rings of many writers into one consumer. */
#ifndef _RUSTED_RING_SET_H
#define _RUSTED_RING_SET_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which of the readers that have events comes next. */
enum rring_order {
	RRING_FAIR,		/* in turn, so that nobody starves */
	RRING_BY_PRIORITY,	/* the lowest number; equal ones in turn */
	RRING_BY_TIMESTAMP,	/* the smallest of those that are there */
};

struct rring_set_config {
	enum rring_order order;
	enum rring_strategy strategy;
	/*
	 * BY_TIMESTAMP: of an event; NULL: the first 8 bytes of its payload, 0
	 * if it is shorter. The next events that are there are compared, and
	 * none is waited for: who wants one order over all writers waits until
	 * each reader has an event.
	 */
	uint64_t (*timestamp)(const struct rring_event *event);
};

/* Of up to 64 readers of one client. It belongs to one thread at a time. */
struct rring_set;

/* An empty set. -EINVAL, -ENOMEM. */
int rring_set_open(struct rring_client *client,
		   const struct rring_set_config *config,
		   struct rring_set **set);

/*
 * Add a reader of the set's client, which stays the caller's: it is removed
 * before it is closed, and not read by hand meanwhile. @priority counts for
 * BY_PRIORITY alone. -EINVAL: another client's; -EEXIST: it is in the set.
 */
int rring_set_add(struct rring_set *set, struct rring_reader *reader,
		  uint32_t priority);

/*
 * -ENOENT: it is not in the set. If the last event was its, that is released
 * by the reader's own next read.
 */
int rring_set_remove(struct rring_set *set, struct rring_reader *reader);

/*
 * Release the event that the last call gave, and look at the next one: 0, and
 * *@from is its reader. -EAGAIN: there is none; -EPIPE: and all streams have
 * ended. A reader whose stream has ended is passed over, until a new writer
 * takes over. What else goes wrong is told with its reader in *@from, as
 * rring_try_read() tells it, -ESTALE of a reader that was lapped above all; the
 * next call goes on with the others. NULL in *@from if it is nobody's.
 */
int rring_set_try_read(struct rring_set *set, struct rring_event *event,
		       struct rring_reader **from);

/*
 * Release the event that the last call gave, and wait until
 * rring_set_try_read() has something to say but -EAGAIN: one wait for all, by
 * the set's strategy. 0, -ETIMEDOUT, -EINTR.
 */
int rring_set_wait(struct rring_set *set, uint64_t deadline);

/* Free the set; its readers stay. */
void rring_set_close(struct rring_set *set);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_SET_H */
