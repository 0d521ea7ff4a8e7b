/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A packet in a file: an SLL2 header, then the packet. libpcap uses this header
 * for the device `any'. Unlike LINKTYPE_RAW it has the interface and the
 * direction in both formats. libpcap 1.10 cannot read a file with two
 * interfaces of LINKTYPE_RAW.
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

/* Returns the bytes of a frame with @len bytes of its packet. */
static inline uint32_t frame_len(uint32_t len)
{
	return (uint32_t)sizeof(struct sll2_header) + len;
}

#endif /* RRING_PCAP_FRAME_H */
