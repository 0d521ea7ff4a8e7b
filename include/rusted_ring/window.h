/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/*
 * A ring's window: the entries between its lower end, behind which nobody
 * needs them any more, and its head. Positions are 64-bit counts of entries
 * since the ring exists, so that they never wrap.
 */
#ifndef _RUSTED_RING_WINDOW_H
#define _RUSTED_RING_WINDOW_H

#include <linux/rusted_ring.h>

/* A position that lies beyond @head (a liar's) counts as @head. */
static inline __u64 rring_window_clamp(__u64 pos, __u64 head)
{
	return pos > head ? head : pos;
}

/* The lower end of a window that no reader holds open. */
static inline __u64 rring_window_retained(__u64 head, __u32 retain)
{
	return head > retain ? head - retain : 0;
}

/* How many entries fit between @head and one full lap after @low. */
static inline __u64 rring_window_room(__u64 low, __u64 head, __u32 capacity)
{
	__u64 used = head - rring_window_clamp(low, head);

	return used < capacity ? capacity - used : 0;
}

/* @pos modulo @capacity for a @pos that is less than two laps up. */
static inline __u32 rring_window_wrap(__u64 pos, __u32 capacity)
{
	return (__u32)(pos >= capacity ? pos - capacity : pos);
}

/* One reader's entry in struct rring_ring_info. */

static inline __u64 rring_ref(__u32 serial, __u32 client, __u32 cursor,
			      __u32 state)
{
	return (__u64)serial << 32 | (__u64)client << 16 |
	       (__u64)cursor << 8 | state;
}

static inline __u32 rring_ref_client(__u64 ref)
{
	return (ref >> 16) & 0xffff;
}

static inline __u32 rring_ref_cursor(__u64 ref)
{
	return (ref >> 8) & 0xff;
}

static inline __u32 rring_ref_state(__u64 ref)
{
	return ref & 0xff;
}

static inline int rring_ref_gates(__u64 ref)
{
	__u32 state = rring_ref_state(ref);

	return state == RRING_READER_JOINING || state == RRING_READER_LIVE ||
	       state == RRING_READER_FROZEN;
}

#endif /* _RUSTED_RING_WINDOW_H */
