// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The window of a ring: where it lies, which slots it names, and which entries
 * give way. The caller of each function here holds the arena's lock, or frees
 * the arena.
 *
 * When the writer of a ring of handles leaves or dies, the kernel adopts the
 * window: it copies which slots the entries name, and counts these entries for
 * each slot in the arena's adopted[]. A sweep skips a slot whose count is not
 * 0. The count goes down when no reader needs the entry any more.
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
 * Return the head of @ring: entries below are committed. Without a writer, it
 * is where the last writer stopped. The head never goes back, and is never
 * above S64_MAX, so that sums of positions do not overflow. If a hostile writer
 * stores such a value, the kernel ignores it, and returns the highest valid
 * head so far.
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

/*
 * Return the head of @ring as a process finds it now: a hostile writer may have
 * lowered it since kring_ring_head() returned a higher one.
 */
u64 kring_ring_present_head(struct kring_ring *ring)
{
	u64 head = kring_ring_head(ring);

	return ring->writer ?
	       min(head, rring_seq_load(&kring_ring_page(ring)->head)) : head;
}

/*
 * Return the lowest position of all gating readers of @ring, but at most @most.
 */
static u64 lowest_gating(const struct kring_ring *ring, u64 most)
{
	u32 i;

	for (i = 0; i < rring_flag_load(&ring->info->readers_end); i++)
		if (ring->readers[i] && kring_reader_gates(ring->readers[i]))
			most = min(most, kring_reader_pos(ring->readers[i]));
	return most;
}

/*
 * Return the lower end of the window by the present cursors: at most @head, the
 * head of @ring. A hostile client can lower it.
 */
static u64 present_low(const struct kring_ring *ring, u64 head)
{
	/* a cursor above the head has no effect: this is at most the head */
	return lowest_gating(ring, max(rring_window_retained(head,
							ring->info->retain),
				       rring_seq_load(&ring->info->kept)));
}

/*
 * Return the lower end of the window: the position of the lowest gating reader,
 * or the first entry that the ring retains, whichever is lower. Retained
 * entries that gave way do not count. The lower end never goes back, and is at
 * most a lap below the head, whatever cursors a hostile client stores.
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
 * Return the lowest position at which a new gating reader may start. The writer
 * may already have decided to overwrite the entries below: in .passed it stores
 * the lower end that its scan has found. A hostile writer may store any value
 * there, so a .passed above the head counts as the head.
 */
u64 kring_ring_passed(struct kring_ring *ring)
{
	u64 low = kring_ring_low(ring);
	u64 passed = rring_seq_load(&kring_ring_page(ring)->passed);

	return max(low, rring_window_clamp(passed, kring_ring_head(ring)));
}

/*
 * Return the lowest position whose entry the writer of @ring has not begun to
 * overwrite: .claim of the ring's page says how far it is.
 */
u64 kring_ring_whole(struct kring_ring *ring)
{
	u64 head = kring_ring_head(ring);

	return rring_window_whole(rring_seq_load(&kring_ring_page(ring)->claim),
				  head, ring->info->capacity);
}

/*
 * Return the lowest position at which a new observer may start. The writer may
 * already be overwriting the entries below: .claim of the ring's page says how
 * far.
 */
u64 kring_ring_observable(struct kring_ring *ring)
{
	return max(kring_ring_passed(ring), kring_ring_whole(ring));
}

/*
 * Would the writer of @ring, a process, find room by a look at the cursors? If a
 * hostile reader has set its cursor back, the lower end of the window does not
 * fall, but the writer does not know that it was higher.
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

/* Let other tasks run every 4096 entries: a walk over a ring can be long. */
static void maybe_resched(u64 pos)
{
	if (pos % 4096 == 0)
		cond_resched();
}

static struct rring_entry *ring_entries(const struct kring_ring *ring)
{
	return ring->pages->region.addr + ring->info->entry_offset;
}

/*
 * Return where the arena's adopted[] counts the slot that adopted entry @pos
 * names; NULL: the entry names no slot.
 */
static u32 *adopted_count(struct kring_ring *ring, u64 pos)
{
	u32 slot = ring->adopted[pos % ring->info->capacity];

	return slot == U32_MAX ? NULL : &ring->arena->adopted[slot];
}

/*
 * Return the index in ledgers of the slot that @handle names; U32_MAX: no slot
 * has its class and index. @handle was read from a page that a process may
 * write, so it can be any value.
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
 * leaves or has died: copy which slots they name, and count them in the arena's
 * adopted[]. Entries that are still adopted from an earlier writer stay so.
 */
void kring_ring_adopt(struct kring_ring *ring, u64 low, u64 end)
{
	u64 pos;

	/* entries below .adopted_end are adopted already: keep their copy */
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
	/* no older adopted entry is left: the range begins with the new ones */
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

/* Stop counting adopted entries below the window: no reader needs them. */
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
 * Set in @named the bit of each slot of pool @pool that the window of @ring
 * names. The sweep calls this. Adopted entries are left out: the arena's
 * adopted[] counts them. The function reads the lower end before the head, and
 * both only grow. So it reads all entries that are in the window at any instant
 * between these two reads, but at most a lap of entries.
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
 * Return the index in ledgers of the slot that entry @pos of the window names,
 * or U32_MAX: it names none. An adopted entry is read from the kernel's copy.
 */
static u32 window_slot(const struct kring_ring *ring, u64 pos)
{
	if (pos < ring->adopted_end)
		return ring->adopted[pos % ring->info->capacity];
	return handle_slot(ring->arena, read_entry(ring, pos));
}

/*
 * Let the oldest entries of @ring give way: raise the window's lower end past
 * them, until @n of them name slots of @pool. Entries that a gating reader has
 * not passed stay. So only observers, and readers that join later, lose
 * entries. Stores the slots, as indices in @pool, in @slots. Returns how many;
 * if 0, no entry has given way.
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

/* When a pool has no free slot, entries of rings give way in this order. */
enum rank {
	/* rings of policy RRING_OVERWRITE that the client in need writes */
	OWN_OVERWRITE,
	/* all other rings of policy RRING_OVERWRITE */
	ANY_OVERWRITE,
	/* rings of other policies: what they retain for readers that join */
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
 * slots and @pool has none free, or none within its quota. First come the rings
 * of policy RRING_OVERWRITE that @client writes, then all other rings of that
 * policy, then entries that other rings only retain for readers that join later.
 * @own: only rings that @client writes. Store up to @n slots that these entries
 * name, as indices in @pool, in @slots. Return how many; the caller sweeps them.
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
