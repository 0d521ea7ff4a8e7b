/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/* Handles: {generation, size class, slot index} in 64 bits. Sizes of slots. */
#ifndef _RUSTED_RING_HANDLE_H
#define _RUSTED_RING_HANDLE_H

#include <linux/rusted_ring.h>
#include <rusted_ring/internal/cast.h>

/*
 * A generation has 37 bits. Its lower 32 bits are bits 63..32 of a handle, and
 * its upper 5 bits are bits 28..24. The kernel skips generations whose lower 32
 * bits are 0, so no handle is 0.
 */
#define RRING_GENERATION_MAX	((1ull << 37) - 1)

/*
 * Return the handle of the slot that has the class @pool, the index @index in
 * its pool and the generation @generation. Ignore bits of @generation above the
 * lowest 37. The caller ensures that @pool is below RRING_POOLS and @index is
 * below 2^24.
 */
static inline __u64 rring_handle(__u64 generation, __u32 pool, __u32 index)
{
	__u64 age = (generation & RRING_GENERATION_MAX) >>
		    (64 - RRING_HANDLE_GENERATION_SHIFT);

	return generation << RRING_HANDLE_GENERATION_SHIFT |
	       RRING_CAST(__u64, pool) << RRING_HANDLE_CLASS_SHIFT |
	       age << RRING_HANDLE_AGE_SHIFT | index;
}

static inline __u32 rring_handle_class(__u64 handle)
{
	return RRING_CAST(__u32, handle) >> RRING_HANDLE_CLASS_SHIFT;
}

static inline __u32 rring_handle_index(__u64 handle)
{
	return RRING_CAST(__u32, handle) & ((1u << RRING_HANDLE_AGE_SHIFT) - 1);
}

static inline __u64 rring_handle_generation(__u64 handle)
{
	__u64 age = (handle & ((1u << RRING_HANDLE_CLASS_SHIFT) - 1)) >>
		    RRING_HANDLE_AGE_SHIFT;

	return age << (64 - RRING_HANDLE_GENERATION_SHIFT) |
	       handle >> RRING_HANDLE_GENERATION_SHIFT;
}

/*
 * Return 1 if @handle has a generation that a slot can have. Return 0 if the
 * lower 32 bits of the generation are 0, as in handle 0: no slot ever has such
 * a handle.
 */
static inline int rring_handle_has_generation(__u64 handle)
{
	return handle >> RRING_HANDLE_GENERATION_SHIFT != 0;
}

/*
 * Return the generation after @generation. Skip generations whose lower 32 bits
 * are 0, so that no handle is 0. After 2^37 - 32 steps the generations repeat.
 */
static inline __u64 rring_generation_next(__u64 generation)
{
	generation = (generation + 1) & RRING_GENERATION_MAX;
	return RRING_CAST(__u32, generation) ? generation : generation + 1;
}

/*
 * Return the handle that the slot of @handle has in its next use: the next
 * generation, with the class and index of @handle.
 */
static inline __u64 rring_handle_next(__u64 handle)
{
	__u64 next = handle + (1ull << RRING_HANDLE_GENERATION_SHIFT);

	if (rring_handle_has_generation(next))
		return next;
	return rring_handle(rring_generation_next(
				    rring_handle_generation(handle)),
			    rring_handle_class(handle),
			    rring_handle_index(handle));
}

/* a class that no pool has: of the generation words of free slots, see below */
#define RRING_CLASS_FREE	7ull

/*
 * In an owned arena, the generation word of a free slot is no handle that anybody
 * accepts: its class is RRING_CLASS_FREE. Otherwise a reader that was given the
 * handle of the slot's next event beforehand would take the slot for one of a
 * producer that has died, whose payload nobody can write. Return the word of a
 * free slot whose next event has @handle.
 */
static inline __u64 rring_handle_of_free(__u64 handle)
{
	return handle | RRING_CLASS_FREE << RRING_HANDLE_CLASS_SHIFT;
}

/* Return the handle of the next event of a free slot of @pool. */
static inline __u64 rring_handle_of_next(__u64 word, __u32 pool)
{
	return (word & ~(RRING_CLASS_FREE << RRING_HANDLE_CLASS_SHIFT)) |
	       RRING_CAST(__u64, pool) << RRING_HANDLE_CLASS_SHIFT;
}

/*
 * Return log2 of the payload bytes of a slot of class @pool: 6 (XS, 64 bytes)
 * to 14 (XL, 16384 bytes). For RRING_XXL the result has no meaning.
 */
static inline __u32 rring_slot_shift(__u32 pool)
{
	return 6 + 2 * pool;
}

/*
 * Return 1 if a slot of class @pool has room for @len bytes, else 0. For
 * RRING_XXL the result has no meaning.
 */
static inline int rring_slot_takes(__u32 pool, __u32 len)
{
	return len <= 1u << rring_slot_shift(pool);
}

#endif /* _RUSTED_RING_HANDLE_H */
