// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * How a kernel reader reads the entries of a ring. The writer may be hostile,
 * so the reader reads each word of an entry once, into the kernel's memory, and
 * checks it there. After the checks it may read .entry.len bytes at
 * .entry.data. They lie in the ring's pages, in the arena's payload or in an
 * XXL region; the reader has a reference to each. The bytes may be those of
 * another event.
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

/* Index of the slot in ledgers. @handle is checked: it names a slot. */
static u32 handle_slot(const struct rring_kreader *kr, u64 handle)
{
	return kr->arena->pool[rring_handle_class(handle)].base +
	       rring_handle_index(handle);
}

/*
 * Does the slot of @handle still have the generation of @handle? The caller has
 * checked class and index. May take the arena's lock, so may sleep.
 */
static bool generation_is(const struct rring_kreader *kr, u64 handle)
{
	const rring_word_t *generation =
		&kr->arena->generation[handle_slot(kr, handle)];
	u64 now = rring_word_load_acquire(generation);

	if (!now) {
		/* a sweep hides the generation: the lock awaits its decision */
		mutex_lock(&kr->arena->lock);
		now = rring_word_load(generation);
		mutex_unlock(&kr->arena->lock);
	}
	return now == handle;
}

/*
 * Could the writer have overwritten the entry at .pos, because it lapped or
 * overtook the reader? Needs no lock.
 */
static bool is_overtaken(const struct rring_kreader *kr)
{
	const struct rring_ring_head *page = kr->pages->region.addr;
	u64 claim;

	if (!kr->lappable)
		return false;
	/*
	 * N: pairs with M in the writer's claim. Without this pair the writer
	 * could overwrite the entry or payload, and this context could miss the
	 * new claim or the lapped state.
	 */
	rring_fence_acquire();
	if (!kr->observer)
		return rring_word_load(kr->ref_now) != kr->ref;
	claim = rring_seq_load(&page->claim);
	return claim > kr->pos && claim - kr->pos > kr->capacity;
}

/*
 * Do all bytes of .entry and its payload that were read so far belong to this
 * event? KREADER_ENTRY_VALID: yes. KREADER_ENTRY_LOST: the reader was lapped or
 * overtaken, or an observer's slot was reused. KREADER_ENTRY_STALE: the slot of
 * a gating reader was reused, which only a hostile writer can cause. May sleep.
 */
enum kreader_verdict kreader_entry_check(struct rring_kreader *kr)
{
	if (is_overtaken(kr))
		return KREADER_ENTRY_LOST;
	rring_fence_acquire();
	if (!kr->entry.handle || generation_is(kr, kr->entry.handle))
		return KREADER_ENTRY_VALID;
	/* lapped since the first look: then an honest writer's slot is reused */
	return kr->observer || is_overtaken(kr) ? KREADER_ENTRY_LOST :
						  KREADER_ENTRY_STALE;
}

/* ---- XXL ---- */

/*
 * Take a reference to the XXL region of @handle, in .pinned. Returns
 * KREADER_ENTRY_VALID, KREADER_ENTRY_STALE, or KREADER_ENTRY_BAD_LEN: @len
 * exceeds the region. Takes the arena's lock.
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

/* Put the reference to the XXL region in .pinned, if any. May sleep. */
void kreader_entry_unpin(struct rring_kreader *kr)
{
	struct rring_pages *pages = kr->pinned;

	kr->pinned = NULL;
	/* memory was freed: wake refills of XXL that wait for memory */
	if (pages && kring_pages_put(pages))
		kring_arena_wake_pools(kr->arena, BIT(RRING_XXL));
}

/* ---- entries ---- */

static void *ring_pages(const struct rring_kreader *kr)
{
	return kr->pages->region.addr;
}

/*
 * Read the entry at @index of an inline ring into .entry. Returns
 * KREADER_ENTRY_VALID, KREADER_ENTRY_DISCARDED or KREADER_ENTRY_BAD_LEN.
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
 * Set .entry.data to the payload of @handle, which names a slot. Returns
 * KREADER_ENTRY_VALID, KREADER_ENTRY_BAD_LEN or KREADER_ENTRY_STALE. May sleep.
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
 * Read entry @index of a ring of handles. Returns any verdict but
 * KREADER_ENTRY_UNCHECKED and KREADER_ENTRY_LOST. May sleep.
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
 * Read the entry at .pos into .entry. Returns any verdict but
 * KREADER_ENTRY_UNCHECKED. After KREADER_ENTRY_VALID the caller may read the
 * payload, which is in bounds, and then calls kreader_entry_check(). After any
 * other verdict .entry is no event for the caller. May sleep.
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
	 * The writer may have overwritten the entry while it was read, so that
	 * its words are of two events. That is a loss, not a refusal.
	 */
	if (is_overtaken(kr) || (found == KREADER_ENTRY_STALE && kr->observer))
		return KREADER_ENTRY_LOST;
	return found;
}
