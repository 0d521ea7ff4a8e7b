/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The lists of recent drops: slots that this client has just stopped using.
 * Sweeps look at these slots first, see kmod/core/recent.c.
 */
#ifndef ULIB_RECENT_H
#define ULIB_RECENT_H

#include "client.h"

/*
 * Enter the slot of @handle in @list, one of the lists of recent drops of its
 * pool, so that a sweep looks at the slot soon. A single-threaded client uses
 * list 0. The class of @handle is not XXL. The stores need no order, because a
 * wrong entry costs a sweep only time.
 */
static inline void ulib_recent_enter(const struct rring_client *client,
				     uint64_t handle, uint32_t list)
{
	const struct ulib_recent_view *view =
		&client->own->recent[rring_handle_class(handle)];
	rring_seq_t *end = &view->end[list].pos;
	uint64_t pos = rring_seq_load(end);

	RRING_STORE(&view->slot[list * view->entries +
				(pos & (view->entries - 1))],
		    rring_handle_index(handle));
	rring_seq_store(end, pos + 1);
}

void ulib_recent_open(struct rring_client *client);
void ulib_recent_add(const struct rring_client *client, uint64_t handle);

/* Slots of one pool that are entered one after the other. */
struct ulib_recent_run {
	rring_seq_t *end;	/* of the list */
	uint32_t *slot;		/* the list */
	uint64_t mask;		/* its entries - 1 */
	uint64_t pos;		/* where the next slot is entered */
};

/*
 * Begin a run for pool @pool. The kernel sees the slots at the end of the run. XXL
 * has no list: nothing is entered in its run.
 */
struct ulib_recent_run ulib_recent_begin(const struct rring_client *client,
					 uint32_t pool);

static inline void ulib_recent_run_enter(struct ulib_recent_run *run,
					 uint64_t handle)
{
	RRING_STORE(&run->slot[run->pos++ & run->mask],
		    rring_handle_index(handle));
}

/* Another thread that writes the list may have got further. */
static inline void ulib_recent_end(const struct ulib_recent_run *run)
{
	if (run->pos > rring_seq_load(run->end))
		rring_seq_store(run->end, run->pos);
}

#endif /* ULIB_RECENT_H */
