// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The window of a kernel writer: how far the readers are, what room that
 * leaves, and what has come back to the kernel's ledger.
 *
 * The ring's pages and the ledger are written by the kernel alone: what it
 * finds there is what it wrote. The cursors are not, and are bounded.
 */
#include "../core/compat.h"

#include <linux/preempt.h>
#include <rusted_ring/window.h>

#include "../core/arena.h"
#include "../core/reader.h"
#include "../core/ring.h"
#include "writer.h"

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

/* B: pairs with A in the move of the head: entries below are whole. */
static u64 head_of(const struct rring_kwriter *kw)
{
	return rring_seq_load_acquire(&kw->page->head);
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
	u64 low = rring_window_retained(head_of(kw), kw->retain);
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

/* With interrupts off no more are settled than up to here. */
static u64 next_batch(const struct rring_kwriter *kw)
{
	return kw->settled.pos + RRING_KWRITER_BATCH;
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
		settle_below(kw, min(low, next_batch(kw)));
		done = kw->settled.pos;
		rring_kwindow_unlock(kw, flags);
	} while (done < low);
	return low;
}

/* The ring is not the kernel's any more: settle all that is not. May sleep. */
void rring_kwindow_abandon(struct rring_kwriter *kw)
{
	u64 head = head_of(kw);

	while (kw->entries && kw->settled.pos < head) {
		settle_below(kw, min(head, next_batch(kw)));
		cond_resched();
	}
}

/* What is overwritten is settled just before it is lost. */
static u64 overwritable(struct rring_kwriter *kw)
{
	u64 next = atomic64_read(&kw->reserved) + 1;
	u64 head = head_of(kw);

	if (!kw->entries)
		return head;
	if (next > kw->capacity)
		settle_below(kw, min(head, next - kw->capacity));
	return min(head, kw->settled.pos);
}

static u64 passed(struct rring_kwriter *kw)
{
	u64 low = find_low(kw);

	if (!kw->entries)
		return low;
	settle_below(kw, min(low, next_batch(kw)));
	return min(low, kw->settled.pos);
}

static bool is_below_limit(const struct rring_kwriter *kw)
{
	return atomic64_read(&kw->reserved) < rring_seq_load(&kw->limit);
}

/* Is there a place for one more? Under the lock. */
bool rring_kwindow_has_room(struct rring_kwriter *kw)
{
	u64 free;

	if (is_below_limit(kw))
		return true;
	free = kw->overwrites ? overwritable(kw) : passed(kw);
	/* pairs with take_place(): who had the entries is done with them */
	rring_seq_store_release(&kw->limit, free + kw->capacity);
	return is_below_limit(kw);
}

/* ---- readers come and go; under the arena's lock ---- */

/* Copy what the window depends on: @reader's state, start and cursor. */
static void update_cursor(struct rring_kwriter *kw,
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

/*
 * Remember which client to wake for @reader. The client stays until the reader
 * leaves it, which calls this once more.
 */
static void update_sleeper(struct rring_kwriter *kw,
			   const struct rring_reader *reader)
{
	unsigned long flags;

	spin_lock_irqsave(&kw->wake_lock, flags);
	kw->sleeper[reader->id] = reader->client;
	spin_unlock_irqrestore(&kw->wake_lock, flags);
}

void rring_announce_reader_state(const struct rring_reader *reader)
{
	if (reader->ring->kwriter)
		update_cursor(reader->ring->kwriter, reader);
}

void rring_announce_reader_client(const struct rring_reader *reader)
{
	if (reader->ring->kwriter)
		update_sleeper(reader->ring->kwriter, reader);
}

/* For a new kernel writer: the readers that the ring has already. */
void rring_kwindow_add_readers(struct rring_kwriter *kw)
{
	u32 i;

	for (i = 0; i < RRING_READERS; i++) {
		if (!kw->ring->readers[i])
			continue;
		update_sleeper(kw, kw->ring->readers[i]);
		update_cursor(kw, kw->ring->readers[i]);
	}
}
