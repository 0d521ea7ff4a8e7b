/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/*
 * Read the fields of ledger words and summary words. <linux/rusted_ring.h>
 * defines their bits.
 */
#ifndef _RUSTED_RING_LEDGER_H
#define _RUSTED_RING_LEDGER_H

#include <linux/rusted_ring.h>
#include <rusted_ring/internal/cast.h>

/*
 * A parked slot is one that its client has dropped, and keeps for its next
 * allocation. The low 32 bits of its word in the client's ledger have exactly
 * this value: RRING_ASIDE, RRING_PRIVATE, one hold and no in_flight.
 */
#define RRING_PARKED							\
	RRING_CAST(__u32, RRING_ASIDE | RRING_HOLD | RRING_PRIVATE)

static inline __u32 rring_ledger_holds(__u64 word)
{
	return RRING_CAST(__u32, (word & RRING_HOLDS_MASK) >> 14);
}

static inline __u32 rring_ledger_in_flight(__u64 word)
{
	return RRING_CAST(__u32, word & RRING_IN_FLIGHT_MASK);
}

static inline __u32 rring_ledger_moves(__u64 word)
{
	return RRING_CAST(__u32, word >> 32);
}

/*
 * Return 1 if the ledger word @word counts as empty in a summary: it has neither
 * holds nor in_flight. The word of an XXL slot always has RRING_ASIDE, so this
 * function returns 0 for it, and it never becomes empty or ceases to be so. No
 * other word without holds has RRING_ASIDE or RRING_PRIVATE.
 */
static inline int rring_ledger_is_empty(__u64 word)
{
	return !RRING_CAST(__u32, word);
}

static inline __u32 rring_summary_count(__u64 summary)
{
	return RRING_CAST(__u32, summary & RRING_SUMMARY_COUNT_MASK);
}

#endif /* _RUSTED_RING_LEDGER_H */
