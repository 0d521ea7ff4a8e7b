/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_NFTAP_TAP_H
#define RRING_NFTAP_TAP_H

#include <linux/rusted_ring.h>

struct net;

struct tap_config {
	struct net *net;	/* whose packets; the caller has a reference */
	struct rring_kwriter_config ring;
	u32 snaplen;
	unsigned long hooks;	/* bits of enum rring_nftap_hook */
	u8 family;		/* an NFPROTO_*: IPV4, IPV6, or INET: both */
};

/*
 * Publish packets from now on. There is one tap, until tap_end(). The stream
 * ends before that if the namespace does, which the tap does not keep alive.
 */
int tap_begin(const struct tap_config *config);
void tap_end(void);

/* What became of the packets so far. */
void tap_stat(struct rring_kwriter_stat *stat);

#endif /* RRING_NFTAP_TAP_H */
