/* SPDX-License-Identifier: MPL-2.0 */
/* Readers: the head of the ring, and the ring's pages. */
#ifndef ULIB_HEAD_H
#define ULIB_HEAD_H

#include <rusted_ring.h>

/*
 * Map the ring for @reader, which has joined and reads from .pos on. 0 or a
 * negative errno.
 */
int ulib_head_open(struct rring_reader *reader);
void ulib_head_close(struct rring_reader *reader);

/*
 * Rejoin if the kernel has lapped the reader. 0: it has not, or nothing was
 * lost; -ESTALE: events were lost; else an error of the call.
 */
int ulib_head_rejoin(struct rring_reader *reader);

#endif /* ULIB_HEAD_H */
