/* SPDX-License-Identifier: MPL-2.0 */
/* The writer's scan of the positions of its readers. */
#ifndef ULIB_SCAN_H
#define ULIB_SCAN_H

#include <rusted_ring.h>

/*
 * What a scan of the readers' positions finds. .low is the lowest position
 * whose entry the writer must not overwrite. This is the position of the lowest
 * gating reader or, if lower, of the oldest entry that the ring still retains
 * for readers that join later. The kernel may have given up older retained
 * entries, to free their slots.
 */
struct ulib_scan {
	uint64_t low;
	/* 1: a JOINING reader is at .low; the kernel may move it up soon */
	int joining;
	/*
	 * 1: a CAPPED reader is at .low; the kernel may know that it is higher,
	 * and ulib_writer_sleep() asks it
	 */
	int capped;
};

struct ulib_scan ulib_scan_readers(struct rring_writer *writer);

#endif /* ULIB_SCAN_H */
