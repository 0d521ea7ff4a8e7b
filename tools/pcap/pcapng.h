/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_PCAP_PCAPNG_H
#define RRING_PCAP_PCAPNG_H

#include <stdio.h>

#include "file.h"

/* The caller looks for errors with ferror(@stream). */
struct pcapng *pcapng_begin(FILE *stream, const struct source *source);
void pcapng_packet(struct pcapng *pcapng,
		   const struct rring_nftap_packet *packet,
		   const struct frame *frame);
void pcapng_end(struct pcapng *pcapng, const struct counts *counts);

#endif /* RRING_PCAP_PCAPNG_H */
