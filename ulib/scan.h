/* SPDX-License-Identifier: MPL-2.0 */
/* Where the readers of a ring stand, as its writer sees them. */
#ifndef ULIB_SCAN_H
#define ULIB_SCAN_H

#include <rusted_ring.h>

/* The lowest position that some reader stands at, from a look at all. */
struct rring_scan {
	uint64_t low;
	int joining;	/* who stands there is JOINING: look again soon */
};

struct rring_scan rring_scan_readers(struct rring_writer *writer);

#endif /* ULIB_SCAN_H */
