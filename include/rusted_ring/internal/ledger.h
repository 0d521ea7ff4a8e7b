/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/* Read the fields of a ledger word. <linux/rusted_ring.h> defines its bits. */
#ifndef _RUSTED_RING_LEDGER_H
#define _RUSTED_RING_LEDGER_H

#include <linux/rusted_ring.h>

/*
 * A parked slot is one that its client has dropped, and keeps for its next
 * allocation. The low 32 bits of its word in the client's ledger have exactly
 * this value: RRING_ASIDE, RRING_PRIVATE, one hold and no in_flight.
 */
#define RRING_PARKED	((__u32)(RRING_ASIDE | RRING_HOLD | RRING_PRIVATE))

static inline __u32 rring_ledger_holds(__u64 word)
{
	return (__u32)((word & RRING_HOLDS_MASK) >> 14);
}

static inline __u32 rring_ledger_in_flight(__u64 word)
{
	return (__u32)(word & RRING_IN_FLIGHT_MASK);
}

static inline __u32 rring_ledger_moves(__u64 word)
{
	return (__u32)(word >> 32);
}

#endif /* _RUSTED_RING_LEDGER_H */
