/* SPDX-License-Identifier: MPL-2.0 */
/* How a writer settles entries and finds room in its ring. */
#ifndef ULIB_ROOM_H
#define ULIB_ROOM_H

#include <rusted_ring.h>

/*
 * Settle the entries below @low: for each entry that is not settled yet, take
 * back in_flight in the ledger word of the slot that the entry names. Do
 * nothing in an inline ring.
 */
void ulib_room_settle(struct rring_writer *writer, uint64_t low);

/*
 * Find room for up to @n entries. Under RRING_OVERWRITE overwrite the oldest
 * entries. Under another policy, if there is no room at all, do what the policy
 * demands: under RRING_BLOCK wait until readers have made room for one entry.
 * Return how many entries have room, at most @n, or the negative errno of
 * rring_writer_make_room().
 */
long ulib_writer_find_room(struct rring_writer *writer, uint32_t n);

/*
 * These do what rring_writer_make_room() and rring_wait_writable() do, without
 * the checks of a client that is checked.
 */
int ulib_make_room(struct rring_writer *writer, uint32_t n);
int ulib_wait_writable(struct rring_writer *writer, uint32_t n,
		       uint64_t deadline);

#endif /* ULIB_ROOM_H */
