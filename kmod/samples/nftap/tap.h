/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_NFTAP_TAP_H
#define RRING_NFTAP_TAP_H

#include <linux/rusted_ring.h>

struct net;

struct tap_config {
	struct net *net;	/* of the packets; the caller has a reference */
	struct rring_kwriter_config ring;
	u32 snaplen;
	unsigned long hooks;	/* bits of enum rring_nftap_hook */
	u8 family;		/* an NFPROTO_*: IPV4, IPV6, or INET: both */
};

/*
 * Start to publish packets: 0, or an error of rring_kwriter_open() or
 * register_pernet_subsys(). There is only one tap, until tap_end(). The tap has
 * no reference to the namespace; the stream ends with the namespace.
 */
int tap_begin(const struct tap_config *config);
void tap_end(void);

/* The writer's counts so far; after the stream's end, the final ones. */
void tap_stat(struct rring_kwriter_stat *stat);

#endif /* RRING_NFTAP_TAP_H */
