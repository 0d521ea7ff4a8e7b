/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/* Handles: {generation, size class, slot index} in 64 bits. Size classes. */
#ifndef _RUSTED_RING_HANDLE_H
#define _RUSTED_RING_HANDLE_H

#include <linux/rusted_ring.h>

static inline __u64 rring_handle(__u32 generation, __u32 pool, __u32 index)
{
	return (__u64)generation << RRING_HANDLE_GENERATION_SHIFT |
	       (__u64)pool << RRING_HANDLE_CLASS_SHIFT | index;
}

static inline __u32 rring_handle_generation(__u64 handle)
{
	return (__u32)(handle >> RRING_HANDLE_GENERATION_SHIFT);
}

static inline __u32 rring_handle_class(__u64 handle)
{
	return (__u32)handle >> RRING_HANDLE_CLASS_SHIFT;
}

static inline __u32 rring_handle_index(__u64 handle)
{
	return (__u32)handle & ((1u << RRING_HANDLE_CLASS_SHIFT) - 1);
}

/* The generation after @generation. 0 is skipped, so that no handle is 0. */
static inline __u32 rring_generation_next(__u32 generation)
{
	return generation + 1 ? generation + 1 : 1;
}

/*
 * Returns log2 of the payload bytes of a slot: from 6 (XS, 64 bytes) to 14 (XL,
 * 16384 bytes). The class @pool is below XXL.
 */
static inline __u32 rring_slot_shift(__u32 pool)
{
	return 6 + 2 * pool;
}

/* Returns 1 if a slot of class @pool (below XXL) takes @len bytes, else 0. */
static inline int rring_slot_takes(__u32 pool, __u32 len)
{
	return len <= 1u << rring_slot_shift(pool);
}

#endif /* _RUSTED_RING_HANDLE_H */
