/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Allocate, hold and drop, without the checks of a client that is checked. The
 * functions of the API call these, and so does the checking mode.
 */
#ifndef ULIB_POOL_H
#define ULIB_POOL_H

#include <rusted_ring.h>

/*
 * Allocate an event of @len bytes from class @index. If no slot is free, wait
 * for one until @deadline. Return what rring_alloc_until() returns.
 */
int ulib_alloc(struct rring_client *client, uint32_t index, uint32_t len,
	       uint32_t event_type, uint64_t deadline,
	       struct rring_event *event);

/* These return what rring_hold(), rring_drop() and rring_upgrade() return. */
int ulib_hold(struct rring_client *client, const struct rring_event *event);
int ulib_drop(struct rring_client *client, const struct rring_event *event);
int ulib_upgrade(struct rring_client *client, uint64_t handle,
		 struct rring_event *event);

#endif /* ULIB_POOL_H */
