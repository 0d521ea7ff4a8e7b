// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The window of a ring, the entries that a client may still read: at which
 * positions it lies, which slots its entries name, and which entries give way
 * when a pool has no free slot. The caller of each function in this file holds
 * the arena's lock, or frees the arena.
 *
 * When the writer of a ring of handles leaves or dies, the kernel adopts the
 * window: it copies which slots the entries name, and adds 1 to the count of
 * each such slot in the arena's adopted[]. A sweep skips a slot whose count is
 * not 0. The kernel subtracts 1 again when no reader needs the entry any more.
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
 * Return the head of @ring: all entries below the head are committed. If @ring
 * has no writer, return the position where the last writer stopped. The head
 * never goes back, and is never above S64_MAX, so that sums of positions do not
 * overflow. If a hostile writer stores a head that goes back or is above
 * S64_MAX, ignore this value, and return the highest valid head so far.
 */
u64 kring_ring_head(struct kring_ring *ring)
{
	/*
	 * B: pairs with A in the library's publish and commit. Without this
	 * pair, the sweep could read an old entry below the new head, and miss
	 * the slot that the new entry names.
	 */
	u64 head = rring_seq_load_acquire(&kring_ring_page(ring)->head);

	if (!ring->writer)
		return rring_seq_load(&ring->info->end);
	if (head > ring->head && head <= S64_MAX)
		ring->head = head;
	return ring->head;
}

/*
 * Return the head that a process now finds in the page of @ring, but at most
 * what kring_ring_head() returns. A hostile writer may have lowered the head in
 * the page below the value of kring_ring_head(), which never falls. If @ring
 * has no writer, return what kring_ring_head() returns.
 */
u64 kring_ring_present_head(struct kring_ring *ring)
{
	u64 head = kring_ring_head(ring);

	return ring->writer ?
	       min(head, rring_seq_load(&kring_ring_page(ring)->head)) : head;
}

/*
 * Return the position of the lowest gating reader of @ring, or @most if @most
 * is lower or @ring has no gating reader.
 */
static u64 lowest_gating(const struct kring_ring *ring, u64 most)
{
	u32 i;

	kring_work_add(KRING_WORK_READERS,
		       rring_flag_load(&ring->info->readers_end));
	for (i = 0; i < rring_flag_load(&ring->info->readers_end); i++)
		if (ring->readers[i] && kring_reader_gates(ring->readers[i]))
			most = min(most, kring_reader_pos(ring->readers[i]));
	return most;
}

/*
 * Compute the lower end of the window from the present cursors of the readers,
 * and from the entries that the ring retains. @head is the head of @ring; the
 * result is not above @head. The result can be lower than at an earlier call if
 * a hostile reader has set its cursor back. The caller holds the arena's lock.
 */
static u64 present_low(const struct kring_ring *ring, u64 head)
{
	/* at most @head, so a cursor above the head has no effect */
	return lowest_gating(ring, max(rring_window_retained(head,
							ring->info->retain),
				       rring_seq_load(&ring->info->kept)));
}

/*
 * Return the lower end of the window: the position of the lowest gating reader,
 * or the first entry that the ring retains for later readers, whichever is
 * lower. Retained entries that gave way do not count: the kernel took their
 * slots when a pool had no free slot. Whatever cursors a hostile client stores,
 * the lower end never goes back, and is at most a lap (the ring's capacity)
 * below the head. The caller holds the arena's lock.
 */
u64 kring_ring_low(struct kring_ring *ring)
{
	u64 head = kring_ring_head(ring);

	ring->low = max(ring->low,
			rring_window_retained(head, ring->info->capacity));
	ring->low = max(ring->low, present_low(ring, head));
	return ring->low;
}

/*
 * Return the lowest position at which a new gating reader may start: the lower
 * end of the window, or .passed of the ring's page if that is higher. .passed
 * is the lower end that the writer's last scan of its readers has found, and
 * the writer may already overwrite entries below .passed. A hostile writer may
 * store any value in .passed, so a value above the head counts as the head.
 */
u64 kring_ring_passed(struct kring_ring *ring)
{
	u64 low = kring_ring_low(ring);
	u64 passed = rring_seq_load(&kring_ring_page(ring)->passed);

	return max(low, rring_window_clamp(passed, kring_ring_head(ring)));
}

/*
 * Return the lowest position whose entry the writer of @ring has not begun to
 * overwrite: a lap below .claim of the ring's page, but not above the head.
 * Before the writer writes an entry, it raises .claim above the position of
 * this entry. The caller holds the arena's lock.
 */
u64 kring_ring_whole(struct kring_ring *ring)
{
	u64 head = kring_ring_head(ring);

	return rring_window_whole(rring_seq_load(&kring_ring_page(ring)->claim),
				  head, ring->info->capacity);
}

/*
 * Return the lowest position at which a new observer may start. The writer may
 * already overwrite the entries below this position. The caller holds the
 * arena's lock.
 */
u64 kring_ring_observable(struct kring_ring *ring)
{
	return max(kring_ring_passed(ring), kring_ring_whole(ring));
}

/*
 * Return true if the writer of @ring, a process, would find room for an entry
 * in a new scan of the readers' cursors. So compute the lower end of the window
 * from the present cursors. If a hostile reader has set its cursor back, the
 * writer finds a window that begins below the result of kring_ring_low(). The
 * caller holds the arena's lock.
 */
bool kring_ring_has_room(struct kring_ring *ring)
{
	u64 head = kring_ring_head(ring);

	if (ring->info->policy == RRING_OVERWRITE)
		return true;
	return rring_window_room(present_low(ring, head), head,
				 ring->info->capacity);
}

/* ---- what it names ---- */

/*
 * Count an entry that the caller looks at. Let other tasks run at every 4096th
 * entry: a ring can have 2^24 entries.
 */
static void maybe_resched(u64 pos)
{
	kring_work_add(KRING_WORK_ENTRIES, 1);
	if (pos % 4096 == 0)
		cond_resched();
}

static struct rring_entry *ring_entries(const struct kring_ring *ring)
{
	return ring->pages->region.addr + ring->info->entry_offset;
}

/*
 * Return a pointer to the count, in the arena's adopted[], of the slot that the
 * adopted entry at @pos names. Return NULL if this entry names no slot.
 */
static u32 *adopted_count(struct kring_ring *ring, u64 pos)
{
	u32 slot = ring->adopted[pos % ring->info->capacity];

	return slot == U32_MAX ? NULL : &ring->arena->adopted[slot];
}

/*
 * Return the index in the ledgers of the slot that @handle names, or U32_MAX if
 * no slot has the class and the index in @handle. @handle was read from a page
 * that a process may write, so @handle can have any value.
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
 * Adopt the entries at positions @low to @end - 1, because the writer of @ring
 * leaves or has died: copy which slots these entries name, and count the
 * entries in the arena's adopted[]. Entries of an earlier writer that the
 * kernel has adopted before, and that a reader may still need, stay adopted.
 */
void kring_ring_adopt(struct kring_ring *ring, u64 low, u64 end)
{
	u64 pos;

	/* skip entries below .adopted_end: they are adopted already */
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
	/* if no older adopted entry is left, begin at the first new one */
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

/*
 * Stop counting, in the arena's adopted[], those adopted entries of @ring that
 * are below the window: no reader needs these entries. The caller holds the
 * arena's lock, or frees the arena.
 */
void kring_ring_settle(struct kring_ring *ring)
{
	if (ring->adopted_low < ring->adopted_end)
		release_adopted(ring, min(kring_ring_low(ring),
					  ring->adopted_end));
}

/*
 * For each adopted entry of @ring that the arena's adopted[] still counts,
 * subtract 1 from the count of its slot. The caller holds the arena's lock, or
 * frees the arena.
 */
void kring_ring_release_adopted(struct kring_ring *ring)
{
	release_adopted(ring, ring->adopted_end);
}

/*
 * Set in the bitmap @named the bit of each slot of pool @pool that the window
 * of @ring names. Leave out adopted entries, because the arena's adopted[]
 * counts them. A sweep relies on this order: load the window's lower end first,
 * and the head after it. Both only grow. So this function reads each entry that
 * is in the window at any instant between these two loads, but never more
 * entries than the ring has.
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
 * Return the index in the ledgers of the slot that the entry at @pos names, or
 * U32_MAX if the entry names no slot. The entry is in the window of @ring. For
 * an adopted entry, read the kernel's copy in .adopted of @ring.
 */
static u32 window_slot(const struct kring_ring *ring, u64 pos)
{
	if (pos < ring->adopted_end)
		return ring->adopted[pos % ring->info->capacity];
	return handle_slot(ring->arena, read_entry(ring, pos));
}

/*
 * Let the oldest entries of @ring give way, so that a sweep can free their
 * slots: raise the window's lower end above these entries, until @n of them
 * name slots of @pool. Keep all entries that a gating reader has not released.
 * So only observers, and readers that join later, lose entries. Store the slots
 * in @slots, as indices in @pool, and return how many were stored. If no entry
 * below the lowest gating reader names a slot of @pool, return 0, and leave the
 * window as it is. The caller holds the arena's lock.
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

/*
 * If a pool has no free slot, the kernel lets entries of rings give way. It
 * takes the rings in this order.
 */
enum rank {
	/* rings of policy RRING_OVERWRITE that the client in need writes */
	OWN_OVERWRITE,
	/* all other rings of policy RRING_OVERWRITE */
	ANY_OVERWRITE,
	/*
	 * rings of any policy but RRING_OVERWRITE: the entries that the ring
	 * retains for readers that join later
	 */
	RETAINED,
};

static enum rank rank_of(const struct kring_ring *ring,
			 const struct kring_client *client)
{
	if (ring->info->policy != RRING_OVERWRITE)
		return RETAINED;
	return ring->writer == client ? OWN_OVERWRITE : ANY_OVERWRITE;
}

/*
 * Let the oldest entries of rings of handles give way, because @client needs
 * slots, and @pool has no free slot or the client's quota is used up. Take
 * first the rings of policy RRING_OVERWRITE that @client writes, then all other
 * rings of this policy, then the entries that rings of other policies retain
 * for later readers. If @own is true, take only rings that @client writes.
 * Store in @slots up to @n slots that these entries name, as indices in @pool,
 * and return how many were stored. The caller then sweeps these slots. The
 * caller holds the arena's lock.
 */
u32 kring_rings_give_way(struct kring_pool *pool,
			 const struct kring_client *client, bool own,
			 u32 *slots, u32 n)
{
	struct kring_arena *arena = pool->arena;
	struct kring_ring *ring;
	enum rank rank;
	u32 found = 0;
	u32 i;

	kring_work_add(KRING_WORK_RINGS, 3 * arena->info->max_rings);
	for (rank = OWN_OVERWRITE; rank <= RETAINED; rank++)
		for (i = 1; i <= arena->info->max_rings && found < n; i++) {
			ring = arena->rings[i];
			if (ring && ring->info->kind == RRING_HANDLES &&
			    rank_of(ring, client) == rank &&
			    (!own || ring->writer == client))
				found += give_way(ring, pool, slots + found,
						  n - found);
		}
	return found;
}
