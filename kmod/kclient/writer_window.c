// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The window of a kernel writer: where its readers are, how much room the
 * writer has, and which entries are settled: the kernel's ledger no longer
 * counts these entries in in_flight of their slots.
 *
 * Only the kernel writes the ring's pages and its own ledger, so this code
 * trusts what the pages and the ledger contain. Processes write the cursors, so
 * this code checks each cursor.
 */
#include "../core/compat.h"

#include <linux/preempt.h>
#include <rusted_ring/internal/window.h>

#include "../core/arena.h"
#include "../core/ledger.h"
#include "../core/reader.h"
#include "../core/ring.h"
#include "writer.h"

/*
 * ---- the lock ----
 *
 * Sparse cannot follow a function that holds a lock on some of its returns
 * only. So __acquire() and __release() tell sparse that none of these functions
 * returns with .lock held.
 */

/*
 * Take .lock of @kw and disable interrupts. Return true if the caller now holds
 * .lock; it passes *@flags to kwriter_window_unlock(). Return false if this
 * context has interrupted a context of the same CPU that holds or awaits .lock,
 * or if this is an NMI and another CPU holds .lock. Then .lock is not taken,
 * and interrupts are as before. Any context may call this function. It spins
 * until another CPU releases .lock, but not in an NMI.
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
 * Take .lock and disable interrupts. Return the flags for
 * kwriter_window_unlock(). Only process context and an irq_work may call this
 * function: they never interrupt a holder of .lock on their CPU, because a
 * holder has interrupts off. So the trylock always succeeds.
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
 * Return the head.
 *
 * B: pairs with A in move_head() (writer_reserve.c): all entries below the head
 * are complete. Without this pair the writer could settle an entry before the
 * handle in the entry is visible on this CPU.
 */
static u64 head_of(const struct rring_kwriter *kw)
{
	return rring_seq_load_acquire(&kw->page->head);
}

/*
 * Return the position of a reader: its cursor, up to .cap, or .start, whichever
 * is higher, or .start if there is no cursor. A hostile client can store any
 * value in its cursor, so the result may be above the head. The caller holds
 * .lock of the writer.
 */
static u64 position_of(const struct kwriter_cursor *reader)
{
	if (!reader->cursor)
		return reader->start;
	/*
	 * D: pairs with C in the release of the library and of reader.c.
	 * Without this pair the writer could overwrite an entry while the
	 * reader still reads it.
	 */
	return max(reader->start,
		   min(reader->cap, rring_seq_load_acquire(reader->cursor)));
}

/*
 * Find the lower end of the window, and return it. Also store it in .low, and
 * in .passed of the ring's page: no new reader starts below .passed. All gating
 * readers have passed the entries below the lower end, and the ring does not
 * retain these entries. But retained entries below info->kept do not count: the
 * kernel has given up their slots, because a pool had no free slot. The lower
 * end never falls, even if a hostile client lowers its cursor. The caller holds
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
	/*
	 * .passed never falls: a hostile client may have lowered its cursor
	 * since the ring's last writer stored .passed.
	 */
	if (rring_seq_load(&kw->page->passed) < kw->low)
		rring_seq_store(&kw->page->passed, kw->low);
	return kw->low;
}

/*
 * Settle the entries below @low: decrement in_flight of their slots. The caller
 * ensures that all gating readers have passed these entries, or that the kernel
 * has adopted the window, or that the policy is RRING_OVERWRITE. The caller
 * holds .lock, or no other task uses @kw.
 *
 * G: pairs with H in the sweep. Without this pair a shallow sweep could see
 * in_flight fall, but not the hold of a reader that keeps the slot, and free a
 * slot in use.
 */
static void settle_below(struct rring_kwriter *kw, u64 low)
{
	for (; kw->settled.pos < low; advance_position(kw, &kw->settled)) {
		u64 handle = kw->entries[kw->settled.index].handle;

		if (handle)
			kring_ledger_lower(kw->kernel, kwriter_slot(kw, handle),
					   RRING_IN_FLIGHT);
	}
}

/*
 * Return the position at which the next batch of settling ends. Batches bound
 * the time for which interrupts are off.
 */
static u64 batch_end(const struct rring_kwriter *kw)
{
	return kw->settled.pos + KWRITER_BATCH;
}

/*
 * Settle all entries below the window, so that a shallow sweep can free their
 * slots, and wake the clients that wait for a slot. Return the window's lower
 * end. Only for a ring of handles, in process context. Takes and releases .lock
 * for each batch, so the caller must not hold .lock.
 */
u64 kwriter_window_settle(struct rring_kwriter *kw)
{
	unsigned long flags;
	u64 low, done, before;
	bool settled = false;
	u32 pools;

	do {
		flags = kwriter_window_lock(kw);
		low = update_low(kw);
		before = kw->settled.pos;
		settle_below(kw, min(low, batch_end(kw)));
		done = kw->settled.pos;
		settled |= done > before;
		kwriter_window_unlock(kw, flags);
	} while (done < low);
	/* L: pairs with K; settle_below() is a full barrier */
	pools = rring_flag_load(&kw->arena->info->pool_waiters);
	if (settled && pools)
		kring_arena_wake_pools(kw->arena, pools);
	return low;
}

/*
 * Settle all entries up to the head. Do nothing for an inline ring. The caller
 * has left the ring, so the kernel has adopted the window, and the adopted copy
 * names the slots. The caller holds the arena's lock. No other task uses @kw
 * any more, so this function does not take .lock. May sleep.
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
 * Return the position below which the policy RRING_OVERWRITE lets the writer
 * overwrite entries. In a ring of handles, first settle the entry that the next
 * reservation overwrites, because only this entry names the slot whose
 * in_flight has to fall. The caller holds .lock.
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
 * Return the position below which the policy RRING_FAIL lets the writer
 * overwrite entries. These entries are below the window and, in a ring of
 * handles, settled. This function settles one batch at most, so in a ring of
 * handles the result can be too low. The caller holds .lock.
 */
static u64 passed_below(struct rring_kwriter *kw)
{
	u64 low = update_low(kw);

	if (!kw->entries)
		return low;
	settle_below(kw, min(low, batch_end(kw)));
	return min(low, kw->settled.pos);
}

/*
 * Return true if one more position can be reserved without a look at the
 * readers.
 */
static bool is_below_limit(const struct rring_kwriter *kw)
{
	return atomic64_read(&kw->reserved) < rring_seq_load(&kw->limit);
}

/*
 * Return true if there is room for one more entry. Only if all positions below
 * .limit are reserved, look at the readers and raise .limit. The caller holds
 * .lock. But in an inline ring other contexts reserve without .lock, so they
 * may use up the room at once.
 */
bool kwriter_window_has_room(struct rring_kwriter *kw)
{
	u64 free;

	if (is_below_limit(kw))
		return true;
	free = kw->overwrites ? overwritable_below(kw) : passed_below(kw);
	/*
	 * Pairs with the acquire in reserve_position(). Readers have finished
	 * with the entries, and the writer has settled them, before a context
	 * reserves their places again.
	 */
	rring_seq_store_release(&kw->limit, free + kw->capacity);
	return is_below_limit(kw);
}

/* ---- readers come and go: the caller holds the arena's lock ---- */

/*
 * Copy the state of @reader into @kw: whether it gates, its .start and .cap, and,
 * while it is LIVE or CAPPED, the address of its cursor. The core calls this function when the
 * state of @reader changes, and kwriter_window_add_readers() calls it when the
 * kernel opens the ring. The caller holds the arena's lock. Takes kw->lock.
 */
static void update_cursor(struct rring_kwriter *kw,
			  const struct kring_reader *reader)
{
	struct kwriter_cursor view = {
		.cap = reader->cap,
		.start = reader->start,
		.gates = reader->state == RRING_READER_JOINING ||
			 kring_reader_gates(reader),
	};
	unsigned long flags;

	if (reader->state == RRING_READER_LIVE ||
	    reader->state == RRING_READER_CAPPED)
		view.cursor = kring_reader_cursor(reader);
	flags = kwriter_window_lock(kw);
	kw->reader[reader->id] = view;
	kwriter_window_unlock(kw, flags);
}

/*
 * Store in .sleeper[] the client that the writer wakes for @reader, or NULL if
 * @reader has no client now. The core calls this function when .client of
 * @reader changes. The writer wakes a client under .wake_lock, without a
 * reference. So the kernel frees the client only after this function has
 * replaced it in .sleeper[]. Takes .wake_lock.
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

/*
 * Copy into @kw the state of all readers that the ring already has when the
 * kernel becomes its writer. The caller holds the arena's lock.
 */
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
