/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A packet as it stands in a file: behind what libpcap puts before the packets
 * of the device `any', which has no link layer of its own either. Unlike
 * LINKTYPE_RAW it says which interface and which direction, in both formats;
 * and libpcap 1.10 does not read a second interface of that.
 */
#ifndef RRING_PCAP_FRAME_H
#define RRING_PCAP_FRAME_H

#include <linux/rusted_ring.h>
#include <linux/rusted_ring_nftap.h>
#include <pcap/pcap.h>
#include <pcap/sll.h>

#define FRAME_LINKTYPE	276	/* LINKTYPE_LINUX_SLL2, and DLT_ */

struct frame {
	struct sll2_header link;
	unsigned char packet[RRING_NFTAP_SNAPLEN_MAX];
};

/* Its bytes for so many of the packet. */
static inline uint32_t frame_len(uint32_t len)
{
	return (uint32_t)sizeof(struct sll2_header) + len;
}

#endif /* RRING_PCAP_FRAME_H */
