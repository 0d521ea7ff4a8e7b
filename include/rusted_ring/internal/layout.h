/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/* Compute sizes and offsets of the mmap regions from an arena's geometry. */
#ifndef _RUSTED_RING_LAYOUT_H
#define _RUSTED_RING_LAYOUT_H

#include <linux/rusted_ring.h>
#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/handle.h>

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/stddef.h>
#else
#include <assert.h>
#include <stddef.h>
#endif

#define RRING_ASSERT_SIZE(type, bytes) \
	static_assert(sizeof(type) == (bytes), #type " has changed its size")
#define RRING_ASSERT_OFFSET(type, member, bytes) \
	static_assert(offsetof(type, member) == (bytes), \
		      #type "." #member " has moved")

RRING_ASSERT_SIZE(struct rring_event_header, 8);
RRING_ASSERT_SIZE(struct rring_entry, 16);
RRING_ASSERT_SIZE(struct rring_pool_info, 64);
RRING_ASSERT_SIZE(struct rring_arena_info, RRING_PAGE);
RRING_ASSERT_OFFSET(struct rring_arena_info, pool_waiters, 64);
RRING_ASSERT_OFFSET(struct rring_arena_info, pool, 128);
RRING_ASSERT_OFFSET(struct rring_arena_info, deaths, 512);
RRING_ASSERT_OFFSET(struct rring_arena_info, summary_offset, 688);
RRING_ASSERT_OFFSET(struct rring_arena_info, changes, 712);
RRING_ASSERT_OFFSET(struct rring_arena_info, client_serial, 1152);
RRING_ASSERT_SIZE(struct rring_change, 32 + 2 * RRING_NAME_MAX);
RRING_ASSERT_SIZE(struct rring_reader_info, 16);
RRING_ASSERT_SIZE(struct rring_ring_info, RRING_PAGE);
RRING_ASSERT_OFFSET(struct rring_ring_info, kept, 56);
RRING_ASSERT_OFFSET(struct rring_ring_info, state, 64);
RRING_ASSERT_OFFSET(struct rring_ring_info, dropped, 96);
RRING_ASSERT_OFFSET(struct rring_ring_info, name, 128);
RRING_ASSERT_OFFSET(struct rring_ring_info, type_name, 192);
RRING_ASSERT_OFFSET(struct rring_ring_info, readers, 256);
RRING_ASSERT_SIZE(struct rring_tails, RRING_PAGE);
RRING_ASSERT_OFFSET(struct rring_tails, used, 1920);
RRING_ASSERT_SIZE(struct rring_magazine, 1088);
RRING_ASSERT_OFFSET(struct rring_magazine, handle, 64);
RRING_ASSERT_SIZE(struct rring_magazines, 2 * RRING_PAGE);
RRING_ASSERT_SIZE(struct rring_cursors, 4 * RRING_PAGE);
RRING_ASSERT_SIZE(struct rring_ring_head, RRING_PAGE);
RRING_ASSERT_SIZE(struct rring_create, 144);
RRING_ASSERT_OFFSET(struct rring_create, hold_limit, 120);
RRING_ASSERT_SIZE(struct rring_remove, 72);
RRING_ASSERT_SIZE(struct rring_attach, 120);
RRING_ASSERT_SIZE(struct rring_refill, 32);
RRING_ASSERT_SIZE(struct rring_ring_open, 192);
RRING_ASSERT_OFFSET(struct rring_ring_open, type_name, 120);
RRING_ASSERT_SIZE(struct rring_ring_close, 16);
RRING_ASSERT_SIZE(struct rring_reader_join, 256);
RRING_ASSERT_OFFSET(struct rring_reader_join, type_name, 184);
RRING_ASSERT_SIZE(struct rring_reader_leave, 16);
RRING_ASSERT_SIZE(struct rring_reader_rejoin, 40);
RRING_ASSERT_SIZE(struct rring_wait, 72);
RRING_ASSERT_SIZE(struct rring_wake, 16);
RRING_ASSERT_SIZE(struct rring_pool_stat, 48);
RRING_ASSERT_SIZE(struct rring_reclaim, 16);
RRING_ASSERT_SIZE(struct rring_seal, 16);

/* @page is a power of two. */
static inline __u64 rring_align(__u64 bytes, __u64 page)
{
	return (bytes + page - 1) & ~(page - 1);
}

static inline __u64 rring_page_align(__u64 bytes)
{
	return rring_align(bytes, RRING_PAGE);
}

/*
 * The word of an XXL slot in ARENA: the number of the slot's region, and the size
 * of the region, in units of RRING_PAGE in the word, in bytes here.
 */
#define RRING_XXL_PAGES_BITS	20

static inline __u64 rring_xxl_word(__u64 number, __u64 bytes)
{
	return number << RRING_XXL_PAGES_BITS | bytes / RRING_PAGE;
}

static inline __u64 rring_xxl_bytes(__u64 word)
{
	return (word & ((1ull << RRING_XXL_PAGES_BITS) - 1)) * RRING_PAGE;
}

/*
 * Return the payload bytes of a slot of class @pool. Return 0 for XXL, whose
 * slots have no memory in the PAYLOAD region.
 */
static inline __u32 rring_slot_size(__u32 pool)
{
	return pool < RRING_XXL ? 1u << rring_slot_shift(pool) : 0;
}

/*
 * Return how many entries one list of recent drops has in a pool of @capacity
 * slots. The number is the smallest power of two that is at least 16 and more
 * than a sixteenth of @capacity: 16 entries fill a cache line. The number is 0
 * if @capacity is 0.
 */
static inline __u32 rring_recent_entries(__u32 capacity)
{
	__u32 entries = RRING_LINE / sizeof(__u32);

	if (!capacity)
		return 0;
	while (entries <= capacity / 16)
		entries *= 2;
	return entries;
}

/* Return how many summary words a ledger with @slots ledger words has. */
static inline __u32 rring_summaries(__u32 slots)
{
	return (slots + RRING_SUMMARY_WORDS - 1) / RRING_SUMMARY_WORDS;
}

/*
 * Return how many slots of a pool a client keeps for its next allocations at
 * most: a batch, or in a pool of more than 1024 slots a sixteenth of them, up to
 * 512.
 */
static inline __u32 rring_parked_max(const struct rring_pool_info *pool)
{
	__u32 part = pool->capacity / 16;

	if (part > 512)
		part = 512;
	return part < pool->batch ? pool->batch : part;
}

/*
 * Lay out the LEDGER region. Compute .recent_entries, .recent_offset,
 * .summary_offset and .ledger_size of @info from its .slots and from the
 * capacities of its pools.
 */
static inline void rring_layout_ledger(struct rring_arena_info *info)
{
	__u64 size = sizeof(struct rring_tails) +
		     (__u64)info->slots * sizeof(rring_word_t);
	__u32 i;

	for (i = 0; i < RRING_XXL; i++) {
		info->recent_entries[i] =
			rring_recent_entries(info->pool[i].capacity);
		info->recent_offset[i] = size;
		size += (__u64)info->recent_entries[i] * RRING_RECENT_LISTS *
			sizeof(__u32);
	}
	info->summary_offset = size;
	size += (__u64)rring_summaries(info->slots) * sizeof(rring_word_t);
	info->ledger_size = rring_page_align(size);
}

/* Return the bytes of a group: in an owned arena, payloads of one owner. */
static inline __u32 rring_group_bytes(const struct rring_arena_info *info)
{
	return info->group_bytes ? info->group_bytes : RRING_PAGE;
}

/*
 * Fill @info for an arena with @capacity[i] slots of class i, at most
 * @max_clients clients and at most @max_rings rings. The caller has zeroed
 * @info, but for .group_bytes of an owned arena, and has checked that each of
 * these numbers is at most its RRING_*_MAX. So neither a 64-bit sum nor the
 * 32-bit .slots can overflow.
 */
static inline void rring_layout_arena(struct rring_arena_info *info,
				      const __u32 *capacity, __u32 max_clients,
				      __u32 max_rings)
{
	__u32 group = rring_group_bytes(info);
	__u64 payload = 0;
	__u32 slots = 0;
	__u32 i;

	info->magic = RRING_MAGIC;
	info->abi_version = RRING_ABI_VERSION;
	info->max_clients = max_clients;
	info->max_rings = max_rings;
	for (i = 0; i < RRING_POOLS; i++) {
		struct rring_pool_info *pool = &info->pool[i];
		__u32 batch = capacity[i] / 8;

		pool->slot_size = rring_slot_size(i);
		pool->capacity = capacity[i];
		pool->slot_base = slots;
		pool->batch = batch < 1 ? 1 : batch > 64 ? 64 : batch;
		if (i == RRING_XXL)
			pool->batch = 1;
		pool->payload_offset = payload;
		payload = rring_align(payload + (__u64)capacity[i] *
				      pool->slot_size, group);
		slots += capacity[i];
	}
	for (i = 0; i < RRING_POOLS; i++) {
		info->pool[i].header_offset = payload;
		payload = rring_page_align(payload + (__u64)capacity[i] *
					   sizeof(struct rring_event_header));
	}
	info->features = RRING_K_INTERRUPTS ? 0 : RRING_FEATURE_FENCED;
	info->slots = slots;
	info->payload_size = payload;
	info->ring_info_offset = sizeof(struct rring_arena_info);
	info->generation_offset = info->ring_info_offset +
		(__u64)max_rings * sizeof(struct rring_ring_info);
	info->xxl_offset = info->generation_offset +
		(__u64)slots * sizeof(rring_word_t);
	info->size = rring_page_align(info->xxl_offset +
				      capacity[RRING_XXL] * sizeof(rring_word_t));
	rring_layout_ledger(info);
}

/*
 * Add the array of changes to ARENA, which is otherwise laid out. It has room for
 * the opening, the end and the removal of every ring, and for a reader.
 */
static inline void rring_layout_changes(struct rring_arena_info *info)
{
	__u32 entries = 4;

	while (entries < 4 * info->max_rings)
		entries *= 2;
	info->change_entries = entries;
	info->changes_offset = info->size;
	info->size += rring_page_align((__u64)entries *
				       sizeof(struct rring_change));
}

/*
 * Return how many slots a group of class @pool has in an owned arena, in which
 * rring_group_bytes() returns @bytes.
 */
static inline __u32 rring_group_slots(__u32 bytes, __u32 pool)
{
	__u32 size = rring_slot_size(pool);

	return size < bytes ? bytes / size : 1;
}

/*
 * Make an arena that rring_layout_arena() has laid out an owned one: add an
 * owner word for each group, and for each slot of XXL. The caller has raised the
 * capacities to whole groups.
 */
static inline void rring_layout_owners(struct rring_arena_info *info)
{
	__u64 groups = 0;
	__u32 i;

	for (i = 0; i < RRING_XXL; i++) {
		info->group_base[i] = groups;
		groups += info->pool[i].capacity /
			  rring_group_slots(rring_group_bytes(info), i);
	}
	info->group_base[RRING_XXL] = groups;
	groups += info->pool[RRING_XXL].capacity;
	info->features |= RRING_FEATURE_OWNED;
	info->owner_offset = info->xxl_offset +
		(__u64)info->pool[RRING_XXL].capacity * sizeof(rring_word_t);
	info->size = rring_page_align(info->owner_offset +
				      groups * sizeof(rring_word_t));
}

/* Return the size in bytes of the HEADERS region of an owned arena. */
static inline __u64 rring_headers_size(const struct rring_arena_info *info)
{
	return rring_page_align((__u64)info->slots *
				sizeof(struct rring_event_header));
}

/*
 * Lay out the RING region: compute .entry_offset, .data_offset and .size of
 * @info from its .kind, .capacity and .stride.
 */
static inline void rring_layout_ring(struct rring_ring_info *info)
{
	__u64 entry = info->kind == RRING_INLINE ?
		sizeof(struct rring_event_header) : sizeof(struct rring_entry);

	info->entry_offset = sizeof(struct rring_ring_head);
	info->data_offset = rring_page_align(info->entry_offset +
					     info->capacity * entry);
	info->size = rring_page_align(info->data_offset +
				      (__u64)info->capacity * info->stride);
}

/*
 * Return the epoch of the ring @info of the arena @arena. Return 0 if the arena
 * has no epoch, or if the ring does not exist any more.
 */
static inline __u64 rring_ring_epoch(const struct rring_arena_info *arena,
				     const struct rring_ring_info *info)
{
	__u32 serial = rring_flag_load(&info->serial);

	return arena->epoch && serial ? arena->epoch + serial : 0;
}

#endif /* _RUSTED_RING_LAYOUT_H */
