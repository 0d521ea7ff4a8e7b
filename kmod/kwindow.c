// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Where a kernel writer stands: what is reserved, what is visible, how far the
 * readers are, and what of that has come back to the kernel's ledger.
 *
 * The ring's pages and the ledger are written by the kernel alone: what it
 * finds there is what it wrote. The cursors are not, and are bounded.
 */
#include "compat.h"

#include <linux/preempt.h>
#include <rusted_ring/window.h>

#include "arena.h"
#include "kwriter.h"
#include "reader.h"
#include "ring.h"

#define BATCH	256	/* entries for which interrupts stay off */

/*
 * ---- the lock ----
 *
 * Sparse cannot follow one that only some returns hold: to it, none does.
 */

/*
 * False: it is not to be had without waiting for whom this context interrupts,
 * or, in an NMI, without waiting at all.
 */
bool rring_kwindow_trylock(struct rring_kwriter *kw, unsigned long *flags)
{
	local_irq_save(*flags);
	if (this_cpu_read(*kw->inside))
		goto busy;
	this_cpu_write(*kw->inside, true);
	if (!in_nmi())
		raw_spin_lock(&kw->lock);
	else if (!raw_spin_trylock(&kw->lock))
		goto taken;
	__release(&kw->lock);
	return true;
taken:
	this_cpu_write(*kw->inside, false);
busy:
	local_irq_restore(*flags);
	return false;
}

void rring_kwindow_unlock(struct rring_kwriter *kw, unsigned long flags)
{
	__acquire(&kw->lock);
	raw_spin_unlock(&kw->lock);
	this_cpu_write(*kw->inside, false);
	local_irq_restore(flags);
}

/* In process context and in irq_work nobody is interrupted. */
unsigned long rring_kwindow_lock(struct rring_kwriter *kw)
{
	unsigned long flags;

	while (WARN_ON_ONCE(!rring_kwindow_trylock(kw, &flags)))
		cpu_relax();
	return flags;
}

/* ---- the window ---- */

static void step(struct rring_kwriter *kw, struct rring_place *place)
{
	place->pos++;
	place->index = rring_window_wrap(place->index + 1, kw->capacity);
}

static u64 position_of(const struct rring_kcursor *reader)
{
	if (!reader->cursor)
		return reader->start;
	/* D: pairs with C in the library's release */
	return max(reader->start, rring_seq_load_acquire(reader->cursor));
}

/* The lower end of the window; a cursor that goes back does not lower it. */
static u64 find_low(struct rring_kwriter *kw)
{
	u64 low = rring_window_retained(kw->head.pos, kw->retain);
	u32 i;

	for (i = 0; i < rring_flag_load(&kw->info->readers_end); i++)
		if (kw->reader[i].gates)
			low = min(low, position_of(&kw->reader[i]));
	kw->low = max(kw->low, low);
	rring_seq_store(&kw->page->passed, kw->low);
	return kw->low;
}

/* Take back in_flight for what lies below @low. G: its readers are past it. */
static void settle_below(struct rring_kwriter *kw, u64 low)
{
	for (; kw->settled.pos < low; step(kw, &kw->settled)) {
		u64 handle = kw->entries[kw->settled.index].handle;

		if (handle)
			rring_word_fetch_add(rring_stock_word(kw, handle),
					     RRING_MOVE - RRING_IN_FLIGHT);
	}
}

/*
 * As far as readers have passed, so that a shallow sweep finds it. In process
 * context. Returns the window's lower end.
 */
u64 rring_kwindow_settle(struct rring_kwriter *kw)
{
	unsigned long flags;
	u64 low, done;

	do {
		flags = rring_kwindow_lock(kw);
		low = find_low(kw);
		settle_below(kw, min(low, kw->settled.pos + BATCH));
		done = kw->settled.pos;
		rring_kwindow_unlock(kw, flags);
	} while (done < low);
	return low;
}

/* The ring is not the kernel's any more: settle all that is not. May sleep. */
void rring_kwindow_abandon(struct rring_kwriter *kw)
{
	while (kw->entries && kw->settled.pos < kw->head.pos) {
		settle_below(kw, min(kw->head.pos, kw->settled.pos + BATCH));
		cond_resched();
	}
}

/* What is overwritten is settled just before it is lost. */
static u64 overwritable(struct rring_kwriter *kw)
{
	u64 next = kw->reserved.pos + 1;

	if (kw->entries && next > kw->capacity)
		settle_below(kw, min(kw->head.pos, next - kw->capacity));
	return kw->entries ? min(kw->head.pos, kw->settled.pos) :
			     kw->head.pos;
}

static u64 passed(struct rring_kwriter *kw)
{
	u64 low = find_low(kw);

	if (!kw->entries)
		return low;
	settle_below(kw, min(low, kw->settled.pos + BATCH));
	return min(low, kw->settled.pos);
}

/* Is there a place for one more? Under the lock. */
bool rring_kwindow_has_room(struct rring_kwriter *kw)
{
	if (kw->reserved.pos < kw->limit)
		return true;
	kw->limit = kw->capacity + (kw->overwrites ? overwritable(kw) :
						     passed(kw));
	return kw->reserved.pos < kw->limit;
}

/*
 * The next place, if @kw has room. M: pairs with N in the library: readers of
 * what is written next see the claim. Under the lock.
 */
u32 rring_kwindow_reserve(struct rring_kwriter *kw)
{
	u32 index = kw->reserved.index;

	step(kw, &kw->reserved);
	if (kw->reserved.pos > rring_seq_load(&kw->page->claim))
		rring_seq_store(&kw->page->claim, kw->reserved.pos);
	rring_fence_release();
	return index;
}

/* ---- the head ---- */

/* Nobody is to find an event where one was discarded. */
static void give_up(struct rring_kwriter *kw, u32 index)
{
	kw->mark[index] = RRING_MARK_NONE;
	kw->discarded++;
	if (kw->entries) {
		struct rring_entry *entry = &kw->entries[index];

		rring_stock_push(kw, entry->handle);
		WRITE_ONCE(entry->handle, 0);
		WRITE_ONCE(entry->header.len, RRING_LEN_NONE);
	} else {
		WRITE_ONCE(kw->headers[index].len, RRING_LEN_NONE);
	}
}

/* What was reserved last and discarded leaves no trace. */
static void roll_back(struct rring_kwriter *kw)
{
	while (kw->reserved.pos > kw->head.pos) {
		u32 last = (kw->reserved.index ?: kw->capacity) - 1;

		/* pairs with finish(), which gave the entry up */
		if (smp_load_acquire(&kw->mark[last]) != RRING_MARK_DISCARDED)
			return;
		give_up(kw, last);
		kw->reserved.pos--;
		kw->reserved.index = last;
	}
}

/* G: the ring names these slots before the holds of their reservations fall. */
static void drop_holds(struct rring_kwriter *kw, struct rring_place from)
{
	for (; from.pos < kw->head.pos; step(kw, &from)) {
		u64 handle = kw->entries[from.index].handle;

		if (handle)
			rring_word_fetch_add(rring_stock_word(kw, handle),
					     RRING_MOVE - RRING_HOLD);
	}
}

/* Move the head over what is marked. True: there is more. Under the lock. */
bool rring_kwindow_advance(struct rring_kwriter *kw)
{
	struct rring_place from = kw->head;
	u8 mark = RRING_MARK_NONE;

	roll_back(kw);
	while (kw->head.pos < from.pos + BATCH) {
		/* pairs with finish(): the entry is whole */
		mark = smp_load_acquire(&kw->mark[kw->head.index]);
		if (mark == RRING_MARK_NONE)
			break;
		if (mark == RRING_MARK_DISCARDED)
			give_up(kw, kw->head.index);
		else
			kw->sent++;
		kw->mark[kw->head.index] = RRING_MARK_NONE;
		step(kw, &kw->head);
	}
	if (kw->head.pos == from.pos)
		return false;
	/* A: pairs with B in the library's peek, and in the sweep */
	rring_seq_store_release(&kw->page->head, kw->head.pos);
	if (kw->entries)
		drop_holds(kw, from);
	return mark != RRING_MARK_NONE;
}

/* ---- readers come and go; under the arena's lock ---- */

/* As its state, start or cursor is now. */
void rring_kwindow_mind(struct rring_kwriter *kw,
			const struct rring_reader *reader)
{
	struct rring_kcursor view = {
		.start = reader->start,
		.gates = reader->state == RRING_READER_JOINING ||
			 rring_reader_gates(reader),
	};
	unsigned long flags;

	if (reader->state == RRING_READER_LIVE)
		view.cursor = rring_reader_cursor(reader);
	flags = rring_kwindow_lock(kw);
	kw->reader[reader->id] = view;
	rring_kwindow_unlock(kw, flags);
}

/* Whom to wake for it: a client stays at least until it is forgotten here. */
void rring_kwindow_know(struct rring_kwriter *kw,
			const struct rring_reader *reader)
{
	unsigned long flags;

	spin_lock_irqsave(&kw->wake_lock, flags);
	kw->sleeper[reader->id] = reader->client;
	spin_unlock_irqrestore(&kw->wake_lock, flags);
}

void rring_kwindow_meet_readers(struct rring_kwriter *kw)
{
	u32 i;

	for (i = 0; i < RRING_READERS; i++) {
		if (!kw->ring->readers[i])
			continue;
		rring_kwindow_know(kw, kw->ring->readers[i]);
		rring_kwindow_mind(kw, kw->ring->readers[i]);
	}
}
