/* SPDX-License-Identifier: MPL-2.0 */
/* The writer's scan of the positions of its readers. */
#ifndef ULIB_SCAN_H
#define ULIB_SCAN_H

#include <rusted_ring.h>

/*
 * The lower end of the window: the lowest gating reader, or the first entry
 * that the ring retains, if that is lower.
 */
struct ulib_scan {
	uint64_t low;
	int joining;	/* the reader at .low is JOINING: scan again soon */
};

struct ulib_scan ulib_scan_readers(struct rring_writer *writer);

#endif /* ULIB_SCAN_H */
