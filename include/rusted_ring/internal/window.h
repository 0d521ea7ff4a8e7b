/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/*
 * The window of a ring: the entries from the window's lower end up to the
 * ring's head. No gating reader needs an entry below the lower end, and the
 * ring does not retain such an entry for readers that join later. A position is
 * a 64-bit count of entries since the ring was created; it never wraps.
 */
#ifndef _RUSTED_RING_WINDOW_H
#define _RUSTED_RING_WINDOW_H

#include <linux/rusted_ring.h>
#include <rusted_ring/internal/cast.h>

/* Return @pos, but at most @head: a hostile client can store any position. */
static inline __u64 rring_window_clamp(__u64 pos, __u64 head)
{
	return pos > head ? head : pos;
}

/*
 * Return the position of the first of the last @retain entries below @head, or
 * 0 if @head is at most @retain. If the ring retains @retain entries for
 * readers that join later, the result is the lower end of the window, with two
 * exceptions. A gating reader at a lower position makes the lower end lower.
 * Retained entries that the kernel has taken out of the window, because a pool
 * had no free slot, make the lower end higher.
 */
static inline __u64 rring_window_retained(__u64 head, __u32 retain)
{
	return head > retain ? head - retain : 0;
}

/*
 * Return how many entries the writer can append at @head while the lower end of
 * the window is @low. A hostile client can store any @low. Return 0 if @low is
 * @capacity entries or more below @head, and @capacity if it is above @head.
 */
static inline __u64 rring_window_room(__u64 low, __u64 head, __u32 capacity)
{
	__u64 used = head - rring_window_clamp(low, head);

	return used < capacity ? capacity - used : 0;
}

/*
 * Return @pos modulo @capacity, without a division. The caller ensures that
 * @pos is less than 2 * @capacity.
 */
static inline __u32 rring_window_wrap(__u64 pos, __u32 capacity)
{
	return RRING_CAST(__u32, pos >= capacity ? pos - capacity : pos);
}

/*
 * Return the lowest position whose entry the writer has not begun to overwrite.
 * It is @capacity entries below @claim, the position up to which the writer may
 * have begun to write. A hostile writer can store any @claim. A @claim below
 * @head counts as @head. A @claim more than a lap above @head counts as a lap
 * above @head. So the result is at most @head.
 */
static inline __u64 rring_window_whole(__u64 claim, __u64 head, __u32 capacity)
{
	if (claim < head)
		claim = head;
	if (claim - head > capacity)
		claim = head + capacity;
	return rring_window_retained(claim, capacity);
}

/*
 * Return the position at which an observer goes on after the writer has
 * overtaken it. @times is 1 for the first time since the observer last read all
 * entries, 2 for the second time, and so on. The position is half a lap below
 * @head the first time, then a quarter of a lap, then an eighth, down to one
 * entry below @head. But it is never below @whole. The caller passes the result
 * of rring_window_whole() as @whole, or 0 for no such limit.
 */
static inline __u64 rring_window_resume(__u64 whole, __u64 head, __u32 capacity,
					__u32 times)
{
	__u32 distance = times < 32 ? capacity >> times : 0;
	__u64 pos = rring_window_retained(head, distance ? distance : 1);

	return pos < whole ? whole : pos;
}

/*
 * The functions below build and read .ref of struct rring_reader_info. This
 * word has the serial of a reader, the id of its client, the index of its
 * cursor, and its state, which is one of enum rring_reader_state.
 */

static inline __u64 rring_ref(__u32 serial, __u32 client, __u32 cursor,
			      __u32 state)
{
	return RRING_CAST(__u64, serial) << 32 |
	       RRING_CAST(__u64, client) << 16 |
	       RRING_CAST(__u64, cursor) << 8 | state;
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

/*
 * Return 1 if a reader whose .ref is @ref gates, so that the writer waits for
 * it when the ring is full. Else return 0.
 */
static inline int rring_ref_gates(__u64 ref)
{
	__u32 state = rring_ref_state(ref);

	return state == RRING_READER_JOINING || state == RRING_READER_LIVE ||
	       state == RRING_READER_FROZEN || state == RRING_READER_CAPPED;
}

#endif /* _RUSTED_RING_WINDOW_H */
