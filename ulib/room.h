/* SPDX-License-Identifier: MPL-2.0 */
/* How much room a writer has: the readers, as the writer sees them. */
#ifndef ULIB_ROOM_H
#define ULIB_ROOM_H

#include <rusted_ring.h>

/* Take back in_flight for what lies below @low. */
void rring_room_settle(struct rring_writer *writer, uint64_t low);

/* Room for at least one and up to @n: for how many; else the error. */
long rring_room_for_some(struct rring_writer *writer, uint32_t n);

#endif /* ULIB_ROOM_H */
