/* SPDX-License-Identifier: MPL-2.0 */
/* What other files of the library use of watches. */
#ifndef ULIB_WATCH_H
#define ULIB_WATCH_H

#include <rusted_ring.h>

/* What a watch, or a caller of a service, has to know of a ring. */
struct ulib_ring_snapshot {
	uint32_t serial;	/* 0: there is no ring */
	uint32_t incarnation;
	uint32_t state;
	uint32_t writer;
	uint32_t writer_serial;
	uint32_t readers;
	char name[RRING_NAME_MAX];
};

/*
 * Copy ring @id to @now. If the ring comes or goes meanwhile, @now says that there
 * is no ring: a change that is counted later tells of it.
 */
void ulib_look_at_ring(const struct rring_client *client, uint32_t id,
		       struct ulib_ring_snapshot *now);

/*
 * Look for a ring of the name @name that exists now, and copy it to @now. Return
 * its id, or 0 if there is none.
 */
uint32_t ulib_find_ring(const struct rring_client *client, const char *name,
			struct ulib_ring_snapshot *now);

/*
 * Call @check with @context until it returns another value than -EAGAIN: at once,
 * and after each change in the arena. Return this value, -ETIMEDOUT if @deadline
 * passed first (also if it is 0), or an error of the wait. @check looks only at
 * what changes tell of.
 */
int ulib_await_change(struct rring_client *client,
		      int (*check)(void *context), void *context,
		      uint64_t deadline);

/* Return 1 with the next change in @change, or 0 if there is none now. */
int ulib_watch_try(struct rring_watch *watch, struct rring_change *change);

/*
 * Make poll(2) report the changes that the watches of @client have not read. Return
 * 0 or a negative errno.
 */
int ulib_watch_arm(struct rring_client *client);

/* Return how many changes @watch has read. */
uint64_t ulib_watch_position(const struct rring_watch *watch);

/*
 * Return a number that grows with each change that @watch reads and that another
 * client or the kernel has made.
 */
uint64_t ulib_watch_others(const struct rring_watch *watch);

/* Return 1 if ulib_watch_try() has more to look at than it has so far, else 0. */
int ulib_watch_is_behind(const struct rring_watch *watch);

/*
 * Forget that @watch has reported ring @id. The next scan reports the ring as
 * opened, if it is still there.
 */
void ulib_watch_forget(struct rring_watch *watch, uint32_t id);

/* Let the next calls of ulib_watch_try() compare all rings with the reports. */
void ulib_watch_scan(struct rring_watch *watch);

#endif /* ULIB_WATCH_H */
