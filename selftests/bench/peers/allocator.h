/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An allocator, ours or a peer's. Each allocates and frees objects of 64 bytes,
 * one or some at a time.
 */
#ifndef BENCH_ALLOCATOR_H
#define BENCH_ALLOCATOR_H

#include <stdint.h>

#define ALLOCATOR_BYTES	64
#define ALLOCATOR_BATCH	32	/* objects that ours allocates in one call */
#define ALLOCATOR_LIVE	512	/* the most objects at a time */

struct allocator_kind {
	const char *name;
	/* There are @slots objects, if it matters, of which @held are taken. */
	void *(*open)(uint32_t slots, uint32_t held);
	/*
	 * Allocate, fill and free @n objects, @batch at a time; more than
	 * ALLOCATOR_BATCH are allocated one by one.
	 */
	void (*work)(void *context, uint64_t n, uint32_t batch);
	void (*close)(void *context);
};

extern const struct allocator_kind allocator_ours;	/* nobody else knows */
extern const struct allocator_kind allocator_ours_shared; /* others may */
extern const struct allocator_kind allocator_ours_threads; /* of one client */
extern const struct allocator_kind allocator_rte;
extern const struct allocator_kind allocator_glibc;
extern const struct allocator_kind allocator_jemalloc;
extern const struct allocator_kind allocator_mimalloc;
extern const struct allocator_kind allocator_none;	/* fills alone */
extern const struct allocator_kind allocator_bare_stores; /* of a batch */

#endif /* BENCH_ALLOCATOR_H */
