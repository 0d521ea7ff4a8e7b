// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The window of a kernel writer: where its readers are, how much room that
 * leaves, and which entries are settled in the kernel's ledger.
 *
 * Only the kernel writes the ring's pages and its own ledger, so their content
 * is trusted. Processes write the cursors, which are checked.
 */
#include "../core/compat.h"

#include <linux/preempt.h>
#include <rusted_ring/internal/window.h>

#include "../core/arena.h"
#include "../core/reader.h"
#include "../core/ring.h"
#include "writer.h"

/*
 * ---- the lock ----
 *
 * Sparse cannot follow a function that takes a lock on some of its returns. The
 * annotations tell sparse that .lock is never held outside of these functions.
 */

/*
 * Take .lock and disable interrupts. *@flags: for kwriter_window_unlock().
 * False: not taken, because this context interrupted a context of this CPU that
 * holds or awaits .lock, or because this is an NMI and another CPU holds .lock.
 * Any context. Spins, but not in an NMI.
 */
bool kwriter_window_trylock(struct rring_kwriter *kw, unsigned long *flags)
{
	local_irq_save(*flags);
	if (this_cpu_read(*kw->lock_busy))
		goto busy;
	this_cpu_write(*kw->lock_busy, true);
	if (!in_nmi())
		raw_spin_lock(&kw->lock);
	else if (!raw_spin_trylock(&kw->lock))
		goto taken;
	__release(&kw->lock);
	return true;
taken:
	this_cpu_write(*kw->lock_busy, false);
busy:
	local_irq_restore(*flags);
	return false;
}

void kwriter_window_unlock(struct rring_kwriter *kw, unsigned long flags)
{
	__acquire(&kw->lock);
	raw_spin_unlock(&kw->lock);
	this_cpu_write(*kw->lock_busy, false);
	local_irq_restore(flags);
}

/*
 * Take .lock and disable interrupts. Returns the flags for
 * kwriter_window_unlock(). Only in process context and in irq_work: holders
 * have interrupts off, so these contexts never interrupt a holder on their CPU,
 * and the trylock succeeds.
 */
unsigned long kwriter_window_lock(struct rring_kwriter *kw)
{
	unsigned long flags;

	while (WARN_ON_ONCE(!kwriter_window_trylock(kw, &flags)))
		cpu_relax();
	return flags;
}

/* ---- the window ---- */

static void advance_position(struct rring_kwriter *kw,
			     struct kwriter_position *position)
{
	position->pos++;
	position->index = rring_window_wrap(position->index + 1, kw->capacity);
}

/*
 * B: pairs with A in move_head() (writer_reserve.c): all entries below the head
 * are complete. Without this pair the writer could settle an entry whose handle
 * is not yet visible here.
 */
static u64 head_of(const struct rring_kwriter *kw)
{
	return rring_seq_load_acquire(&kw->page->head);
}

/* Where a reader is, as far as the writer knows. Under .lock. */
static u64 position_of(const struct kwriter_cursor *reader)
{
	if (!reader->cursor)
		return reader->start;
	/*
	 * D: pairs with C in the release of the library and of reader.c.
	 * Without this pair the entry could be overwritten while it is read.
	 */
	return max(reader->start, rring_seq_load_acquire(reader->cursor));
}

/*
 * Find the window's lower end: gating readers have passed all entries below,
 * and the ring does not retain them, or they gave way. The lower end never falls, even if a
 * cursor goes back. Also stores it as .passed, for readers that join. Under
 * .lock.
 */
static u64 update_low(struct rring_kwriter *kw)
{
	u64 low = max(rring_window_retained(head_of(kw), kw->retain),
		      rring_seq_load(&kw->info->kept));
	u32 i;

	for (i = 0; i < rring_flag_load(&kw->info->readers_end); i++)
		if (kw->reader[i].gates)
			low = min(low, position_of(&kw->reader[i]));
	kw->low = max(kw->low, low);
	rring_seq_store(&kw->page->passed, kw->low);
	return kw->low;
}

/*
 * Settle the entries below @low: decrement in_flight of their slots. Gating
 * readers have passed these entries, or the window is adopted, or the policy
 * lets the writer overwrite them. Under .lock, or when the writer is quiesced.
 *
 * G: pairs with H in the sweep. Without this pair a shallow sweep could see
 * in_flight fall, but not the hold of a reader that keeps the slot.
 */
static void settle_below(struct rring_kwriter *kw, u64 low)
{
	for (; kw->settled.pos < low; advance_position(kw, &kw->settled)) {
		u64 handle = kw->entries[kw->settled.index].handle;

		if (handle)
			rring_word_fetch_add(kwriter_ledger_word(kw, handle),
					     RRING_MOVE - RRING_IN_FLIGHT);
	}
}

/* End of one batch of settling: bounds the time with interrupts off. */
static u64 batch_end(const struct rring_kwriter *kw)
{
	return kw->settled.pos + KWRITER_BATCH;
}

/*
 * Settle all entries below the window, so that a shallow sweep can free their
 * slots. Returns the window's lower end. Only for a ring of handles, in process
 * context. Takes .lock for each batch.
 */
u64 kwriter_window_settle(struct rring_kwriter *kw)
{
	unsigned long flags;
	u64 low, done;

	do {
		flags = kwriter_window_lock(kw);
		low = update_low(kw);
		settle_below(kw, min(low, batch_end(kw)));
		done = kw->settled.pos;
		kwriter_window_unlock(kw, flags);
	} while (done < low);
	return low;
}

/*
 * The kernel has left the ring, and its window is adopted: settle all entries
 * up to the head. Does nothing for an inline ring. Under the arena's lock,
 * without .lock, as nothing else uses the writer any more. May sleep.
 */
void kwriter_window_settle_all(struct rring_kwriter *kw)
{
	u64 head = head_of(kw);

	while (kw->entries && kw->settled.pos < head) {
		settle_below(kw, min(head, batch_end(kw)));
		cond_resched();
	}
}

/*
 * Policy RRING_OVERWRITE: the position below which entries may be overwritten.
 * In a ring of handles each entry is settled before it may be overwritten, as
 * only the entry says which slot it named. Under .lock.
 */
static u64 overwritable_below(struct rring_kwriter *kw)
{
	u64 next = atomic64_read(&kw->reserved) + 1;
	u64 head = head_of(kw);

	if (!kw->entries)
		return head;
	if (next > kw->capacity)
		settle_below(kw, min(head, next - kw->capacity));
	return min(head, kw->settled.pos);
}

/*
 * Policy RRING_FAIL: the position below which entries may be overwritten. These
 * entries are below the window and, in a ring of handles, settled. Under .lock.
 */
static u64 passed_below(struct rring_kwriter *kw)
{
	u64 low = update_low(kw);

	if (!kw->entries)
		return low;
	settle_below(kw, min(low, batch_end(kw)));
	return min(low, kw->settled.pos);
}

/* Can the next position be reserved? */
static bool is_below_limit(const struct rring_kwriter *kw)
{
	return atomic64_read(&kw->reserved) < rring_seq_load(&kw->limit);
}

/*
 * Is there room for one more entry? Looks at the readers, and raises the limit,
 * only if the room known so far is used up. Under .lock.
 */
bool kwriter_window_has_room(struct rring_kwriter *kw)
{
	u64 free;

	if (is_below_limit(kw))
		return true;
	free = kw->overwrites ? overwritable_below(kw) : passed_below(kw);
	/*
	 * Pairs with the acquire in reserve_position(): readers are done with
	 * the entries, and these are settled, before they are reserved again.
	 */
	rring_seq_store_release(&kw->limit, free + kw->capacity);
	return is_below_limit(kw);
}

/* ---- readers come and go; under the arena's lock ---- */

/*
 * Copy what the window has to know of @reader: whether it gates, its start, and
 * which cursor it uses. Called when the state of @reader changes. Takes
 * kw->lock.
 */
static void update_cursor(struct rring_kwriter *kw,
			  const struct kring_reader *reader)
{
	struct kwriter_cursor view = {
		.start = reader->start,
		.gates = reader->state == RRING_READER_JOINING ||
			 kring_reader_gates(reader),
	};
	unsigned long flags;

	if (reader->state == RRING_READER_LIVE)
		view.cursor = kring_reader_cursor(reader);
	flags = kwriter_window_lock(kw);
	kw->reader[reader->id] = view;
	kwriter_window_unlock(kw, flags);
}

/*
 * Remember which client to wake for @reader; none if @reader has no client. The
 * client must not be freed before it is replaced here. Takes .wake_lock.
 */
static void update_sleeper(struct rring_kwriter *kw,
			   const struct kring_reader *reader)
{
	unsigned long flags;

	spin_lock_irqsave(&kw->wake_lock, flags);
	kw->sleeper[reader->id] = reader->client;
	spin_unlock_irqrestore(&kw->wake_lock, flags);
}

void kring_announce_reader_state(const struct kring_reader *reader)
{
	if (reader->ring->kwriter)
		update_cursor(reader->ring->kwriter, reader);
}

void kring_announce_reader_client(const struct kring_reader *reader)
{
	if (reader->ring->kwriter)
		update_sleeper(reader->ring->kwriter, reader);
}

/* Copy the state of the readers that the ring has when the kernel opens it. */
void kwriter_window_add_readers(struct rring_kwriter *kw)
{
	u32 i;

	for (i = 0; i < RRING_READERS; i++) {
		if (!kw->ring->readers[i])
			continue;
		update_sleeper(kw, kw->ring->readers[i]);
		update_cursor(kw, kw->ring->readers[i]);
	}
}
