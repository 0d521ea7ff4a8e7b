/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MPL-2.0 */
/*
 * The events that the module rring_nftap publishes: one for each packet that a
 * chosen netfilter hook of one network namespace sees. The events lie in an
 * inline ring, and have the type RRING_NFTAP_PACKET. See
 * Documentation/samples.rst.
 */
#ifndef _UAPI_LINUX_RUSTED_RING_NFTAP_H
#define _UAPI_LINUX_RUSTED_RING_NFTAP_H

#include <linux/types.h>

#define RRING_NFTAP_VERSION	1
#define RRING_NFTAP_PACKET	0x4e465401u	/* event_type */
#define RRING_NFTAP_SNAPLEN_MAX	16336u	/* bytes: 16 KiB less the header */
#define RRING_NFTAP_NAME	16	/* bytes */

/* The hook that saw the packet. The numbers are those of NF_INET_*. */
enum rring_nftap_hook {
	RRING_NFTAP_PREROUTING,		/* received, not routed yet */
	RRING_NFTAP_INPUT,		/* received for this host */
	RRING_NFTAP_FORWARD,		/* received for another host */
	RRING_NFTAP_OUTPUT,		/* sent by this host */
	RRING_NFTAP_POSTROUTING,	/* about to be transmitted */
	RRING_NFTAP_HOOKS,
};

/*
 * The payload of an event begins with this struct. After it come the first
 * .cap_len bytes of the packet, from the packet's IP header on.
 */
struct rring_nftap_packet {
	__u64 time_ns;		/* CLOCK_REALTIME */
	__u32 version;		/* RRING_NFTAP_VERSION */
	__u32 ifindex;		/* index of the interface .ifname; 0: none */
	__u32 orig_len;		/* bytes of the packet, IP header included */
	__u32 cap_len;		/* bytes of the packet that follow */
	__u8 family;		/* 4 or 6 */
	__u8 hook;		/* enum rring_nftap_hook */
	__u8 reserved[6];	/* 0 */
	/*
	 * Name of the interface that received the packet. If the hook does not
	 * know this interface, name of the one that transmits. Zero-padded.
	 */
	char ifname[RRING_NFTAP_NAME];
};

#endif /* _UAPI_LINUX_RUSTED_RING_NFTAP_H */
