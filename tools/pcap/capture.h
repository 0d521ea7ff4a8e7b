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
	uint64_t left;		/* packets until it ends */
	uint64_t end;		/* position, after a signal */
	bool end_is_known;
	struct counts counts;
	uint64_t dropped[RRING_DROPS];	/* .counts.dropped by reason */
};

/* The packets from now on are those of @capture. */
void capture_begin(struct capture *capture, struct rring_reader *reader);

/* SIGINT and SIGTERM end a capture from now on, and not the program. */
void capture_catch_signals(void);

/*
 * Until there are enough packets, or the stream ends, or a signal comes: then
 * what was published before is captured.
 */
void capture_run(struct capture *capture);

#endif /* RRING_PCAP_CAPTURE_H */
