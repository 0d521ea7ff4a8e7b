/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_PCAP_FILE_H
#define RRING_PCAP_FILE_H

#include <stdint.h>

#include "frame.h"

/* What is captured. */
struct source {
	const char *arena;
	const char *ring;
	uint32_t snaplen;	/* most bytes of a frame */
};

/* Packets of the ring. */
struct counts {
	uint64_t captured;
	uint64_t dropped;	/* by the module: never in the ring */
	uint64_t lost;		/* overwritten before this reader had them */
};

enum format {
	FORMAT_PCAPNG,
	FORMAT_PCAP,
};

/*
 * A capture file; name "-" is standard output. If it cannot be written, the
 * program ends.
 */
struct file;

struct file *file_open(const char *name, enum format format,
		       const struct source *source);
void file_packet(struct file *file, const struct rring_nftap_packet *packet,
		 const struct frame *frame);

/* Write out what is buffered. */
void file_flush(struct file *file);

/* Write @counts, if the format can have them; close and free @file. */
void file_close(struct file *file, const struct counts *counts);

#endif /* RRING_PCAP_FILE_H */
