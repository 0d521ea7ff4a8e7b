/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_PCAP_FILE_H
#define RRING_PCAP_FILE_H

#include <stdint.h>

#include "frame.h"

/* What it is a capture of. */
struct source {
	const char *arena;
	const char *ring;
	uint32_t snaplen;	/* bytes of a frame */
};

/* What became of the packets of the ring. */
struct counts {
	uint64_t captured;
	uint64_t dropped;	/* by the module: the ring had no room */
	uint64_t lost;		/* by this reader, an observer */
};

enum format {
	FORMAT_PCAPNG,
	FORMAT_PCAP,
};

/*
 * A file, or "-", standard output, that packets are written to; what cannot be
 * written ends the program.
 */
struct file;

struct file *file_open(const char *name, enum format format,
		       const struct source *source);
void file_packet(struct file *file, const struct rring_nftap_packet *packet,
		 const struct frame *frame);

/* What was written so far gets there. */
void file_flush(struct file *file);

/* It is complete. */
void file_close(struct file *file, const struct counts *counts);

#endif /* RRING_PCAP_FILE_H */
