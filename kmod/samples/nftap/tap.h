/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_NFTAP_TAP_H
#define RRING_NFTAP_TAP_H

#include <linux/rusted_ring.h>

struct net;

struct tap_config {
	/* publish the packets of this namespace; the caller has a reference */
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
 * packets: when the namespace ends, the stream of events ends.
 */
int tap_begin(const struct tap_config *config);
void tap_end(void);

/*
 * Store the writer's present counts in @stat. After the end of the stream,
 * store the final counts.
 */
void tap_stat(struct rring_kwriter_stat *stat);

#endif /* RRING_NFTAP_TAP_H */
