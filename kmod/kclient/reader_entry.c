// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * How a kernel reader reads the entries of a ring. The writer may be hostile.
 * So the kernel loads each word of an entry only once, into .entry in the
 * kernel's own memory, and checks .entry. After these checks the kernel may
 * read .entry.len bytes at .entry.data. These bytes lie in the ring's pages, in
 * the arena's payload or in an XXL region, and the reader has a reference to
 * each of them. But the bytes may be those of another event: the reader finds
 * that out by a later kreader_entry_check().
 */
#include "../core/compat.h"

#include <linux/math64.h>
#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/layout.h>

#include "../core/arena.h"
#include "../core/pages.h"
#include "../core/xxl.h"
#include "reader.h"

/* ---- is the entry still the same event? ---- */

/*
 * Return the index that the slot of @handle has in each ledger. The caller has
 * checked that @handle names a slot.
 */
static u32 handle_slot(const struct rring_kreader *kr, u64 handle)
{
	return kr->arena->pool[rring_handle_class(handle)].base +
	       rring_handle_index(handle);
}

/*
 * Return true if the slot of @handle still has the generation of @handle. The
 * caller has checked the class and the index of @handle. A sweep hides the
 * generation for a moment: wait until the sweep shows it. The sweep cannot be
 * preempted meanwhile, so the wait needs no lock and no sleep. The caller is not
 * the sweep, so it does not hold the arena's lock.
 */
static bool generation_is(const struct rring_kreader *kr, u64 handle)
{
	const rring_word_t *generation =
		&kr->arena->generation[handle_slot(kr, handle)];
	u64 now;

	while (!(now = rring_word_load_acquire(generation)))
		cpu_relax();
	return now == handle;
}

/*
 * Return true if the writer may have overwritten the entry at .pos. This is so
 * if the kernel has lapped a gating reader. It is also so if the writer does
 * not wait for the reader at .pos, and the claim is more than a lap above .pos:
 * below the claim, the writer may have begun to write. Needs no lock.
 */
static bool is_overtaken(const struct rring_kreader *kr)
{
	const struct rring_ring_head *page = kr->pages->region.addr;
	u64 claim;

	if (!kr->lappable)
		return false;
	/*
	 * N: pairs with M in the writer's claim. All loads of the entry and the
	 * payload come before the load of .ref_now or of the claim. Without
	 * this pair the reader could use overwritten bytes, and see neither the
	 * lap nor the new claim.
	 */
	rring_fence_acquire();
	if (kreader_is_lapped(kr))
		return true;
	if (!kreader_is_ungated(kr))
		return false;
	claim = rring_seq_load(&page->claim);
	return claim > kr->pos && claim - kr->pos > kr->capacity;
}

/*
 * Check whether .entry and the payload, which the reader has just read, are
 * both of the event at .pos. Return KREADER_ENTRY_VALID if they are. Return
 * KREADER_ENTRY_LOST if the writer may have overwritten the entry, or if the
 * slot has another generation and the writer did not wait for the reader at
 * .pos. Return KREADER_ENTRY_STALE if the slot has another generation although
 * the writer had to wait: only a hostile writer can cause that. The caller must
 * not hold the arena's lock. May sleep.
 */
enum kreader_verdict kreader_entry_check(struct rring_kreader *kr)
{
	if (is_overtaken(kr))
		return KREADER_ENTRY_LOST;
	rring_fence_acquire();
	if (!kr->entry.handle || generation_is(kr, kr->entry.handle))
		return KREADER_ENTRY_VALID;
	/*
	 * Look for a lap again: if the kernel has lapped the reader since the
	 * first call of is_overtaken(), an honest writer may have given up the
	 * slot, and the entry is lost.
	 */
	return kreader_is_ungated(kr) || is_overtaken(kr) ?
		KREADER_ENTRY_LOST : KREADER_ENTRY_STALE;
}

/* ---- XXL ---- */

/*
 * Store the XXL region of the slot that @handle names in .pinned, with a
 * reference. The caller has checked that @handle names a slot. Return
 * KREADER_ENTRY_VALID, KREADER_ENTRY_STALE if the slot has another generation,
 * or KREADER_ENTRY_BAD_LEN if @len exceeds the region. This function sets
 * .pinned only if it returns KREADER_ENTRY_VALID. Takes the arena's lock, also
 * if the task is being killed: without the lock there is no verdict, and the
 * reader would pass over a valid event.
 */
static enum kreader_verdict pin_xxl(struct rring_kreader *kr, u64 handle,
				    u32 len)
{
	struct kring_arena *arena = kr->arena;
	const struct kring_xxl *xxl;
	u32 slot = handle_slot(kr, handle);
	enum kreader_verdict found = KREADER_ENTRY_STALE;

	mutex_lock(&arena->lock);
	xxl = arena->pool[RRING_XXL].xxl[rring_handle_index(handle)];
	if (xxl && rring_word_load(&arena->generation[slot]) == handle) {
		found = KREADER_ENTRY_BAD_LEN;
		if (len <= kring_pages_size(xxl->pages)) {
			kr->pinned = xxl->pages;
			kring_pages_get(kr->pinned);
			found = KREADER_ENTRY_VALID;
		}
	}
	mutex_unlock(&arena->lock);
	return found;
}

/*
 * If .pinned has an XXL region, put the reader's reference to it, and set
 * .pinned to NULL. May sleep.
 */
void kreader_entry_unpin(struct rring_kreader *kr)
{
	struct kring_pages *pages = kr->pinned;

	kr->pinned = NULL;
	/* clients may wait for the XXL memory that the last put has freed */
	if (pages && kring_pages_put(pages))
		kring_arena_wake_pools(kr->arena, BIT(RRING_XXL));
}

/* ---- entries ---- */

static void *ring_pages(const struct rring_kreader *kr)
{
	return kr->pages->region.addr;
}

/*
 * Read the entry at @index of an inline ring into .entry. @index is the entry's
 * position modulo the capacity. Return KREADER_ENTRY_VALID,
 * KREADER_ENTRY_DISCARDED, or KREADER_ENTRY_BAD_LEN if the entry's length
 * exceeds the stride.
 */
static enum kreader_verdict read_inline(struct rring_kreader *kr, u32 index)
{
	const struct rring_event_header *header =
		ring_pages(kr) + kr->info->entry_offset;

	kr->entry.handle = 0;
	kr->entry.len = READ_ONCE(header[index].len);
	kr->entry.event_type = READ_ONCE(header[index].event_type);
	if (kr->entry.len == RRING_LEN_NONE)
		return KREADER_ENTRY_DISCARDED;
	if (kr->entry.len > kr->stride)
		return KREADER_ENTRY_BAD_LEN;
	kr->entry.data = ring_pages(kr) + kr->info->data_offset +
			 (size_t)index * kr->stride;
	return KREADER_ENTRY_VALID;
}

/*
 * Set .entry.data to the payload of the slot that @handle names. The caller has
 * checked that @handle names a slot. For an XXL event, also set .pinned. Return
 * KREADER_ENTRY_VALID, KREADER_ENTRY_BAD_LEN if .entry.len exceeds the slot or
 * the XXL region, or KREADER_ENTRY_STALE if the slot has another generation.
 * May sleep.
 */
static enum kreader_verdict find_payload(struct rring_kreader *kr, u64 handle)
{
	const struct kring_arena *arena = kr->arena;
	u32 class = rring_handle_class(handle);
	enum kreader_verdict found;

	if (class == RRING_XXL) {
		found = pin_xxl(kr, handle, kr->entry.len);
		if (found == KREADER_ENTRY_VALID)
			kr->entry.data = kr->pinned->region.addr;
		return found;
	}
	if (kr->entry.len > rring_slot_size(class))
		return KREADER_ENTRY_BAD_LEN;
	if (!generation_is(kr, handle))
		return KREADER_ENTRY_STALE;
	kr->entry.data = arena->payload.addr +
			 arena->info->pool[class].payload_offset +
			 (size_t)rring_handle_index(handle) *
			 rring_slot_size(class);
	return KREADER_ENTRY_VALID;
}

/*
 * Read the entry at @index of a ring of handles into .entry, and find its
 * payload. @index is the entry's position modulo the capacity. Return
 * KREADER_ENTRY_DISCARDED if the writer discarded the entry,
 * KREADER_ENTRY_BAD_HANDLE if its handle names no slot, and otherwise the
 * result of find_payload(). May sleep.
 */
static enum kreader_verdict read_handle(struct rring_kreader *kr, u32 index)
{
	const struct rring_entry *entries =
		ring_pages(kr) + kr->info->entry_offset;
	u64 handle = READ_ONCE(entries[index].handle);
	u32 class = rring_handle_class(handle);

	kr->entry.handle = handle;
	kr->entry.len = READ_ONCE(entries[index].header.len);
	kr->entry.event_type = READ_ONCE(entries[index].header.event_type);
	if (!handle && kr->entry.len == RRING_LEN_NONE)
		return KREADER_ENTRY_DISCARDED;
	if (class >= RRING_POOLS || !rring_handle_has_generation(handle) ||
	    rring_handle_index(handle) >= kr->arena->pool[class].capacity)
		return KREADER_ENTRY_BAD_HANDLE;
	return find_payload(kr, handle);
}

/*
 * Read the entry at .pos into .entry. Return KREADER_ENTRY_VALID if the caller
 * may read .entry.len bytes at .entry.data. After the caller has read these
 * bytes, it must call kreader_entry_check(), which tells whether they were of
 * this event. Return any other verdict, except KREADER_ENTRY_UNCHECKED, if the
 * entry is no event for the caller. May sleep.
 */
enum kreader_verdict kreader_entry_read(struct rring_kreader *kr)
{
	enum kreader_verdict found;
	u32 index;

	div_u64_rem(kr->pos, kr->capacity, &index);
	kr->entry.position = kr->pos;
	kr->entry.data = NULL;
	found = kr->handles ? read_handle(kr, index) : read_inline(kr, index);
	if (found == KREADER_ENTRY_VALID)
		return found;
	/*
	 * The writer may have overwritten the entry while this function read
	 * it. Then the words in .entry can be of two events, and look invalid
	 * although no writer is hostile. So the entry is lost, not refused.
	 */
	if (is_overtaken(kr) ||
	    (found == KREADER_ENTRY_STALE && kreader_is_ungated(kr)))
		return KREADER_ENTRY_LOST;
	return found;
}
