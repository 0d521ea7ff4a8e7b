// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The window of a ring: where it lies, and which slots it names. All functions
 * here are called under the arena's lock, or when the arena is freed.
 *
 * When the writer of a ring of handles leaves or dies, the window is adopted:
 * the kernel copies which slots it names, and counts them in the arena's
 * adopted[]. The sweep skips such slots until the readers have passed.
 */
#include "compat.h"

#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/window.h>

#include "arena.h"
#include "pool.h"
#include "reader.h"
#include "ring.h"

/* ---- where it lies ---- */

/*
 * Returns the head: entries below are committed. If the ring has no writer,
 * this is where the last one stopped. The head never goes back, and is never
 * above S64_MAX, so that sums of positions do not overflow: the kernel ignores
 * other values, which a hostile writer may store.
 */
u64 kring_ring_head(struct kring_ring *ring)
{
	/*
	 * B: pairs with A in the library's publish and commit. Without it, the
	 * sweep could read an old entry below the new head, and miss a slot.
	 */
	u64 head = rring_seq_load_acquire(&kring_ring_page(ring)->head);

	if (!ring->writer)
		return rring_seq_load(&ring->info->end);
	if (head > ring->head && head <= S64_MAX)
		ring->head = head;
	return ring->head;
}

/* Returns the position of the lowest gating reader, but at most @most. */
static u64 lowest_gating(const struct kring_ring *ring, u64 most)
{
	u32 i;

	for (i = 0; i < rring_flag_load(&ring->info->readers_end); i++)
		if (ring->readers[i] && kring_reader_gates(ring->readers[i]))
			most = min(most, kring_reader_pos(ring->readers[i]));
	return most;
}

/*
 * Returns the lower end of the window: the position of the lowest gating
 * reader, or the first entry that the ring retains and that did not give way,
 * whichever is lower. The lower end never goes back, and is at most a lap below
 * the head, whatever cursors say.
 */
u64 kring_ring_low(struct kring_ring *ring)
{
	u64 head = kring_ring_head(ring);
	/* this is not above the head: a cursor beyond has no effect */
	u64 low = max(rring_window_retained(head, ring->info->retain),
		      rring_seq_load(&ring->info->kept));

	ring->low = max(ring->low,
			rring_window_retained(head, ring->info->capacity));
	ring->low = max(ring->low, lowest_gating(ring, low));
	return ring->low;
}

/*
 * Returns the lowest position at which a new gating reader may start: the
 * writer may already have decided to overwrite what is below. The writer stores
 * .passed, so the kernel does not trust it beyond the head.
 */
u64 kring_ring_passed(struct kring_ring *ring)
{
	u64 low = kring_ring_low(ring);
	u64 passed = rring_seq_load(&kring_ring_page(ring)->passed);

	return max(low, rring_window_clamp(passed, kring_ring_head(ring)));
}

/*
 * Lowest position at which a new observer may start: the writer may already be
 * overwriting the entries below.
 */
u64 kring_ring_observable(struct kring_ring *ring)
{
	u64 head = kring_ring_head(ring);
	u32 capacity = ring->info->capacity;
	u64 claim = clamp(rring_seq_load(&kring_ring_page(ring)->claim), head,
			  head + capacity);

	return max(kring_ring_passed(ring),
		   rring_window_retained(claim, capacity));
}

bool kring_ring_has_room(struct kring_ring *ring)
{
	if (ring->info->policy == RRING_OVERWRITE)
		return true;
	return rring_window_room(kring_ring_low(ring), kring_ring_head(ring),
				 ring->info->capacity);
}

/* ---- what it names ---- */

/* Let other tasks run now and then: a walk over a ring can be long. */
static void maybe_resched(u64 pos)
{
	if (pos % 4096 == 0)
		cond_resched();
}

static struct rring_entry *ring_entries(const struct kring_ring *ring)
{
	return ring->pages->region.addr + ring->info->entry_offset;
}

/* Where the slot of adopted entry @pos is counted; NULL: it names no slot. */
static u32 *adopted_count(struct kring_ring *ring, u64 pos)
{
	u32 slot = ring->adopted[pos % ring->info->capacity];

	return slot == U32_MAX ? NULL : &ring->arena->adopted[slot];
}

/*
 * Index in ledgers of the slot that @handle names, or U32_MAX. @handle was read
 * from a page that a process may write, so it can be any value.
 */
static u32 handle_slot(const struct kring_arena *arena, u64 handle)
{
	u32 pool = rring_handle_class(handle);
	u32 index = rring_handle_index(handle);

	if (pool >= RRING_POOLS || index >= arena->info->pool[pool].capacity)
		return U32_MAX;
	return arena->info->pool[pool].slot_base + index;
}

static u64 read_entry(const struct kring_ring *ring, u64 pos)
{
	return READ_ONCE(ring_entries(ring)[pos % ring->info->capacity].handle);
}

/*
 * The writer leaves, or has died: adopt entries @low to @end - 1. Entries that
 * are still adopted from an earlier writer stay so.
 */
void kring_ring_adopt(struct kring_ring *ring, u64 low, u64 end)
{
	u64 pos;

	/* entries below adopted_end are from an earlier writer; keep them */
	kring_ring_settle(ring);
	for (pos = max(low, ring->adopted_end); pos < end; pos++) {
		u32 slot = handle_slot(ring->arena, read_entry(ring, pos));
		u32 *count;

		ring->adopted[pos % ring->info->capacity] = slot;
		count = adopted_count(ring, pos);
		if (count)
			++*count;
		maybe_resched(pos);
	}
	/* all entries of the earlier writer are settled: start at this copy */
	if (ring->adopted_low == ring->adopted_end)
		ring->adopted_low = max(low, ring->adopted_end);
	ring->adopted_end = end;
}

static void release_adopted(struct kring_ring *ring, u64 end)
{
	for (; ring->adopted_low < end; ring->adopted_low++) {
		u32 *count = adopted_count(ring, ring->adopted_low);

		if (count)
			--*count;
		maybe_resched(ring->adopted_low);
	}
}

/* Stop counting adopted entries that all gating readers have passed. */
void kring_ring_settle(struct kring_ring *ring)
{
	if (ring->adopted_low < ring->adopted_end)
		release_adopted(ring, min(kring_ring_low(ring),
					  ring->adopted_end));
}

/* Uncount all adopted entries. */
void kring_ring_release_adopted(struct kring_ring *ring)
{
	release_adopted(ring, ring->adopted_end);
}

/*
 * For the sweep: set in @named the bit of each slot of @pool that the window
 * names. This leaves out adopted entries, as the arena's adopted[] counts them.
 * It reads the lower end before the head, and both only grow. So what it reads
 * contains the window of any instant in between. It reads at most a lap.
 */
void kring_ring_mark_window(struct kring_ring *ring, u32 pool,
			    unsigned long *named)
{
	struct kring_arena *arena = ring->arena;
	u64 low, head, pos;

	if (ring->info->kind != RRING_HANDLES || !ring->writer)
		return;
	low = max(kring_ring_low(ring), ring->adopted_end);
	head = kring_ring_head(ring);
	if (head > low && head - low > ring->info->capacity)
		low = head - ring->info->capacity;
	for (pos = low; pos < head; pos++) {
		u64 handle = read_entry(ring, pos);

		if (rring_handle_class(handle) == pool &&
		    handle_slot(arena, handle) != U32_MAX)
			__set_bit(rring_handle_index(handle), named);
		maybe_resched(pos);
	}
}

/* ---- what gives way ---- */

/*
 * Index in ledgers of the slot that entry @pos of the window names, or U32_MAX.
 */
static u32 window_slot(const struct kring_ring *ring, u64 pos)
{
	if (pos < ring->adopted_end)
		return ring->adopted[pos % ring->info->capacity];
	return handle_slot(ring->arena, read_entry(ring, pos));
}

/*
 * Raise the window's lower end past the oldest entries, until @n of these name
 * slots of @pool. Entries that a gating reader has not passed stay. So only
 * observers lose something, and readers that join late. Stores the slots, by
 * index in @pool, in @slots. Returns how many; if 0, no entry gives way.
 */
static u32 give_way(struct kring_ring *ring, const struct kring_pool *pool,
		    u32 *slots, u32 n)
{
	u64 end = lowest_gating(ring, kring_ring_head(ring));
	u64 pos = kring_ring_low(ring);
	u32 found = 0;

	for (; pos < end && found < n; pos++) {
		u32 slot = window_slot(ring, pos) - pool->base;

		if (slot < pool->capacity)
			slots[found++] = slot;
		maybe_resched(pos);
	}
	if (!found)
		return 0;
	rring_seq_store(&ring->info->kept, pos);
	kring_ring_settle(ring);
	return found;
}

/* The order in which rings give way. */
enum rank {
	OWN_OVERWRITE,		/* a ring of the client that needs a slot */
	ANY_OVERWRITE,
	RETAINED,		/* what other rings keep for late joiners */
};

static enum rank rank_of(const struct kring_ring *ring,
			 const struct kring_client *client)
{
	if (ring->info->policy != RRING_OVERWRITE)
		return RETAINED;
	return ring->writer == client ? OWN_OVERWRITE : ANY_OVERWRITE;
}

/*
 * @pool is dry, and @client needs slots: let the oldest entries of rings give
 * way. First those of its own rings that overwrite, then those of other rings
 * that overwrite, then those that rings only retain for readers that join late.
 * @own: only its own rings that overwrite. Stores up to @n slots of these
 * entries, by their index in @pool, in @slots, and returns how many.
 */
u32 kring_rings_give_way(struct kring_pool *pool,
			 const struct kring_client *client, bool own,
			 u32 *slots, u32 n)
{
	struct kring_arena *arena = pool->arena;
	enum rank last = own ? OWN_OVERWRITE : RETAINED;
	enum rank rank;
	u32 found = 0;
	u32 i;

	for (rank = OWN_OVERWRITE; rank <= last; rank++)
		for (i = 1; i <= arena->info->max_rings && found < n; i++)
			if (arena->rings[i] &&
			    arena->rings[i]->info->kind == RRING_HANDLES &&
			    rank_of(arena->rings[i], client) == rank)
				found += give_way(arena->rings[i], pool,
						  slots + found, n - found);
	return found;
}
