/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MPL-2.0 */
/*
 * What the module rring_nftap publishes: packets of a network namespace, as an
 * inline ring's events of type RRING_NFTAP_PACKET. Documentation/samples.rst
 * is the guide.
 */
#ifndef _UAPI_LINUX_RUSTED_RING_NFTAP_H
#define _UAPI_LINUX_RUSTED_RING_NFTAP_H

#include <linux/types.h>

#define RRING_NFTAP_VERSION	1
#define RRING_NFTAP_PACKET	0x4e465401u	/* event_type */
#define RRING_NFTAP_SNAPLEN_MAX	16336u	/* an event has 16 KiB */
#define RRING_NFTAP_NAME	16

/* Where on its way through the host the packet was met: NF_INET_* */
enum rring_nftap_hook {
	RRING_NFTAP_PREROUTING,		/* it has just come in */
	RRING_NFTAP_INPUT,		/* it is for this host */
	RRING_NFTAP_FORWARD,		/* it is for another */
	RRING_NFTAP_OUTPUT,		/* it is from this host */
	RRING_NFTAP_POSTROUTING,	/* it is about to leave */
	RRING_NFTAP_HOOKS,
};

/* Followed by the first .cap_len bytes of the packet, from its IP header on. */
struct rring_nftap_packet {
	__u64 time_ns;		/* CLOCK_REALTIME */
	__u32 version;		/* RRING_NFTAP_VERSION */
	__u32 ifindex;		/* of .ifname; 0: there is none */
	__u32 orig_len;		/* bytes of the packet */
	__u32 cap_len;		/* bytes of it that are here */
	__u8 family;		/* 4 or 6 */
	__u8 hook;		/* enum rring_nftap_hook */
	__u8 reserved[6];	/* 0 */
	/* by which it came in; at OUTPUT, POSTROUTING: goes out. Zero-padded */
	char ifname[RRING_NFTAP_NAME];
};

#endif /* _UAPI_LINUX_RUSTED_RING_NFTAP_H */
