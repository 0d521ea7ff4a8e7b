/* SPDX-License-Identifier: MPL-2.0 */
/* The writer's scan of the positions of its readers. */
#ifndef ULIB_SCAN_H
#define ULIB_SCAN_H

#include <rusted_ring.h>

/*
 * Result of a scan. .low is the lower end of the window: the position of the
 * lowest gating reader, or the first entry that the ring retains and that did
 * not give way, whichever is lower.
 */
struct ulib_scan {
	uint64_t low;
	/* 1: .low is of a JOINING reader, which soon may start higher */
	int joining;
};

struct ulib_scan ulib_scan_readers(struct rring_writer *writer);

#endif /* ULIB_SCAN_H */
