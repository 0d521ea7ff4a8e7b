/* SPDX-License-Identifier: MPL-2.0 */
/* The pages of a ring that a reader has mapped. */
#ifndef ULIB_PAGES_H
#define ULIB_PAGES_H

#include <rusted_ring.h>

/*
 * Map the pages of the ring's present incarnation: each writer of a ring is a
 * new incarnation, and has new pages. If it is not the incarnation that
 * @reader knows, set ULIB_LOOK_CAPPED. Return 0. On failure, return a negative
 * errno, and @reader keeps the mapping that it has.
 */
int ulib_pages_map(struct rring_reader *reader);

/* Unmap the pages of all incarnations that @reader has mapped. */
void ulib_pages_unmap(struct rring_reader *reader);

#endif /* ULIB_PAGES_H */
