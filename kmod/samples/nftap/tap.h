/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_NFTAP_TAP_H
#define RRING_NFTAP_TAP_H

#include <linux/rusted_ring.h>

struct net;

struct tap_config {
	/*
	 * Publish the packets of this namespace. The caller has a reference
	 * to .net until tap_begin() returns.
	 */
	struct net *net;
	struct rring_kwriter_config ring;
	u32 snaplen;
	unsigned long hooks;	/* bits of enum rring_nftap_hook */
	/* NFPROTO_IPV4, NFPROTO_IPV6, or NFPROTO_INET for both */
	u8 family;
};

/*
 * Open the ring and start to publish packets. Return 0, or an error of
 * rring_kwriter_open() or register_pernet_subsys(). The module calls this
 * function only once. The tap holds no reference to the namespace of the
 * packets: when the namespace ends, the tap closes the ring, so that readers
 * see the end of the stream (-EPIPE).
 */
int tap_begin(const struct tap_config *config);
void tap_end(void);

/*
 * Store the writer's present counts in @stat. If the ring has been closed,
 * store the counts at the close.
 */
void tap_stat(struct rring_kwriter_stat *stat);

#endif /* RRING_NFTAP_TAP_H */
