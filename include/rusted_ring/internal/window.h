/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/*
 * A ring's window: the entries from its lower end up to its head. Below the
 * lower end no gating reader needs an entry, and the ring retains none. A
 * position is a 64-bit count of entries since the ring was created; it never
 * wraps.
 */
#ifndef _RUSTED_RING_WINDOW_H
#define _RUSTED_RING_WINDOW_H

#include <linux/rusted_ring.h>

/* Returns @pos, but at most @head: a hostile client can store any position. */
static inline __u64 rring_window_clamp(__u64 pos, __u64 head)
{
	return pos > head ? head : pos;
}

/*
 * Returns the position of the first of the last @retain entries below @head.
 * This is the lower end of the window if no reader gates and no retained entry
 * has had to give up its slot.
 */
static inline __u64 rring_window_retained(__u64 head, __u32 retain)
{
	return head > retain ? head - retain : 0;
}

/*
 * Returns how many entries the writer can append at @head while the lower end
 * of the window is @low. Returns 0 if a hostile client has stored an @low that
 * is more than a lap below @head.
 */
static inline __u64 rring_window_room(__u64 low, __u64 head, __u32 capacity)
{
	__u64 used = head - rring_window_clamp(low, head);

	return used < capacity ? capacity - used : 0;
}

/*
 * Returns @pos modulo @capacity, without a division. The caller ensures that
 * @pos is less than 2 * @capacity.
 */
static inline __u32 rring_window_wrap(__u64 pos, __u32 capacity)
{
	return (__u32)(pos >= capacity ? pos - capacity : pos);
}

/*
 * Return the lowest position whose entry the writer has not begun to overwrite:
 * a lap below @claim. A hostile writer can store any @claim; the result is at
 * most @head.
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
 * Return the position at which an observer goes on that the writer has
 * overtaken for the @times-th time since the observer last read all entries:
 * half a lap below @head the first time, then a quarter of a lap, and so on. It
 * is at least one entry below @head, but not below @whole, which is what
 * rring_window_whole() returns.
 */
static inline __u64 rring_window_resume(__u64 whole, __u64 head, __u32 capacity,
					__u32 times)
{
	__u32 distance = times < 32 ? capacity >> times : 0;
	__u64 pos = rring_window_retained(head, distance ? distance : 1);

	return pos < whole ? whole : pos;
}

/*
 * Build and read the word .ref of struct rring_reader_info. @state is one of
 * enum rring_reader_state.
 */

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

/* Returns 1 if a reader with this .ref holds the writer back, else 0. */
static inline int rring_ref_gates(__u64 ref)
{
	__u32 state = rring_ref_state(ref);

	return state == RRING_READER_JOINING || state == RRING_READER_LIVE ||
	       state == RRING_READER_FROZEN;
}

#endif /* _RUSTED_RING_WINDOW_H */
