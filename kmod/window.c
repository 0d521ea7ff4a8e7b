// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The window of a ring: where it lies, and which slots it names.
 *
 * A ring whose writer has gone is adopted: the slots that its window names are
 * copied into kernel memory and counted in the arena's adopted[], which keeps
 * them until the readers have passed.
 */
#include "compat.h"

#include <rusted_ring/atomic.h>
#include <rusted_ring/handle.h>
#include <rusted_ring/window.h>

#include "arena.h"
#include "reader.h"
#include "ring.h"

/* ---- where it lies ---- */

/*
 * Entries below are committed. A head that goes back is a lie, and so is one
 * that no ring ever comes to: sums of positions do not overflow.
 */
u64 rring_ring_head(struct rring_ring *ring)
{
	/* B: pairs with A in the library's publish and commit */
	u64 head = rring_seq_load_acquire(&rring_ring_page(ring)->head);

	if (!ring->writer)
		return rring_seq_load(&ring->info->end);
	if (head > ring->head && head <= S64_MAX)
		ring->head = head;
	return ring->head;
}

/* The lower end of the window: never goes back; at most a lap, in any case. */
u64 rring_ring_low(struct rring_ring *ring)
{
	u64 head = rring_ring_head(ring);
	/* no position beyond the head lowers what the head allows */
	u64 low = rring_window_retained(head, ring->info->retain);
	u32 i;

	ring->low = max(ring->low,
			rring_window_retained(head, ring->info->capacity));
	for (i = 0; i < rring_flag_load(&ring->info->readers_end); i++)
		if (ring->readers[i] && rring_reader_gates(ring->readers[i]))
			low = min(low, rring_reader_pos(ring->readers[i]));
	ring->low = max(low, ring->low);
	return ring->low;
}

/* What its writer takes no account of any more: who joins starts above. */
u64 rring_ring_passed(struct rring_ring *ring)
{
	u64 low = rring_ring_low(ring);
	u64 passed = rring_seq_load(&rring_ring_page(ring)->passed);

	return max(low, rring_window_clamp(passed, rring_ring_head(ring)));
}

/* Nor is that kept for observers which its writer may be overwriting. */
u64 rring_ring_observable(struct rring_ring *ring)
{
	u64 head = rring_ring_head(ring);
	u32 capacity = ring->info->capacity;
	u64 claim = clamp(rring_seq_load(&rring_ring_page(ring)->claim), head,
			  head + capacity);

	return max(rring_ring_passed(ring),
		   rring_window_retained(claim, capacity));
}

bool rring_ring_has_room(struct rring_ring *ring)
{
	if (ring->info->policy == RRING_OVERWRITE)
		return true;
	return rring_window_room(rring_ring_low(ring), rring_ring_head(ring),
				 ring->info->capacity);
}

/* ---- what it names ---- */

/* Rings can be long: let others run while one is walked. */
static void breathe(u64 pos)
{
	if (pos % 4096 == 0)
		cond_resched();
}

static struct rring_entry *ring_entries(const struct rring_ring *ring)
{
	return ring->pages->region.addr + ring->info->entry_offset;
}

static u32 *adopted_count(struct rring_ring *ring, u64 pos)
{
	u32 slot = ring->adopted[pos % ring->info->capacity];

	return slot == U32_MAX ? NULL : &ring->arena->adopted[slot];
}

/* The slot that @handle names, or U32_MAX: it was read from a user's page. */
static u32 handle_slot(const struct rring_arena *arena, u64 handle)
{
	u32 pool = rring_handle_class(handle);
	u32 index = rring_handle_index(handle);

	if (pool >= RRING_POOLS || index >= arena->info->pool[pool].capacity)
		return U32_MAX;
	return arena->info->pool[pool].slot_base + index;
}

static u64 read_entry(const struct rring_ring *ring, u64 pos)
{
	return READ_ONCE(ring_entries(ring)[pos % ring->info->capacity].handle);
}

/* Its writer goes: keep what the window names. */
void rring_ring_adopt(struct rring_ring *ring, u64 low, u64 end)
{
	u64 pos;

	/* an older window, of the writer before the last one, is within */
	rring_ring_settle(ring);
	for (pos = max(low, ring->adopted_end); pos < end; pos++) {
		u32 slot = handle_slot(ring->arena, read_entry(ring, pos));
		u32 *count;

		ring->adopted[pos % ring->info->capacity] = slot;
		count = adopted_count(ring, pos);
		if (count)
			++*count;
		breathe(pos);
	}
	/* readers may have passed the older one since @low was read */
	if (ring->adopted_low == ring->adopted_end)
		ring->adopted_low = max(low, ring->adopted_end);
	ring->adopted_end = end;
}

static void release_adopted(struct rring_ring *ring, u64 end)
{
	for (; ring->adopted_low < end; ring->adopted_low++) {
		u32 *count = adopted_count(ring, ring->adopted_low);

		if (count)
			--*count;
		breathe(ring->adopted_low);
	}
}

/* Let go of adopted entries that all readers have passed. */
void rring_ring_settle(struct rring_ring *ring)
{
	if (ring->adopted_low < ring->adopted_end)
		release_adopted(ring, min(rring_ring_low(ring),
					  ring->adopted_end));
}

/* Of all of them. */
void rring_ring_disown(struct rring_ring *ring)
{
	release_adopted(ring, ring->adopted_end);
}

/*
 * For the sweep: which slots of @pool does the window name? The lower end is
 * read before the upper one, and both are bounded by the capacity. Adopted
 * entries are counted elsewhere.
 */
void rring_ring_mark_window(struct rring_ring *ring, u32 pool,
			    unsigned long *named)
{
	struct rring_arena *arena = ring->arena;
	u64 low, head, pos;

	if (ring->info->kind != RRING_HANDLES || !ring->writer)
		return;
	low = max(rring_ring_low(ring), ring->adopted_end);
	head = rring_ring_head(ring);
	if (head > low && head - low > ring->info->capacity)
		low = head - ring->info->capacity;
	for (pos = low; pos < head; pos++) {
		u64 handle = read_entry(ring, pos);

		if (rring_handle_class(handle) == pool &&
		    handle_slot(arena, handle) != U32_MAX)
			__set_bit(rring_handle_index(handle), named);
		breathe(pos);
	}
}
