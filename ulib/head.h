/* SPDX-License-Identifier: MPL-2.0 */
/* How far a reader can read: the ring's head, as the reader sees it. */
#ifndef ULIB_HEAD_H
#define ULIB_HEAD_H

#include <rusted_ring.h>

/* Map the ring of a reader that has joined, to read on from its .pos. */
int rring_head_open(struct rring_reader *reader);
void rring_head_close(struct rring_reader *reader);

/* If the reader was lapped, let it go on: -ESTALE if that cost events. */
int rring_head_rejoin(struct rring_reader *reader);

#endif /* ULIB_HEAD_H */
