/* SPDX-License-Identifier: MPL-2.0 */
/* Writers: room in the ring. */
#ifndef ULIB_ROOM_H
#define ULIB_ROOM_H

#include <rusted_ring.h>

/* Take back in_flight for entries below @low that are not settled yet. */
void ulib_room_settle(struct rring_writer *writer, uint64_t low);

/*
 * Find room for up to @n entries. If there is none, make room for one, as the
 * ring's policy demands: under RRING_BLOCK this waits. Return how many entries
 * have room, or a negative errno.
 */
long ulib_writer_find_room(struct rring_writer *writer, uint32_t n);

#endif /* ULIB_ROOM_H */
