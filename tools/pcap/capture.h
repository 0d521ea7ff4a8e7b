/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_PCAP_CAPTURE_H
#define RRING_PCAP_CAPTURE_H

#include <rusted_ring.h>
#include <stdbool.h>

#include "file.h"

struct capture {
	struct rring_reader *reader;
	const char *ring;
	struct file *file;
	uint64_t left;		/* packets still to be captured */
	uint64_t end;		/* position to stop at, after a signal */
	bool end_is_known;
	struct counts counts;
	uint64_t dropped[RRING_DROPS];	/* .counts.dropped by reason */
};

/* Start @capture with @reader. It does not count packets dropped before. */
void capture_begin(struct capture *capture, struct rring_reader *reader);

/* From now on the first SIGINT or SIGTERM ends the capture, not the program. */
void capture_catch_signals(void);

/*
 * Capture until .left is 0, the stream ends, or a signal comes. After a signal,
 * the packets that are already published are still captured. An error ends the
 * program.
 */
void capture_run(struct capture *capture);

#endif /* RRING_PCAP_CAPTURE_H */
