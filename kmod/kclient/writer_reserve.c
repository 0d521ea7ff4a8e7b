// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Events of a kernel writer: reserve, commit and discard, in any context.
 *
 * Reserve takes the next position, and the caller fills the payload. A commit
 * or discard at the head moves the head. A commit or discard above the head
 * marks its entry with the position; the context that moves the head up to that
 * entry then moves the head over it, too. So entries become visible in the
 * order of their reservation, and no context waits until another one commits.
 * Each step is an atomic exchange of one word, so an NMI is like another CPU.
 *
 * Only reserve and discard take .lock: for the stock of slots, and to look for
 * more room when the reservations have reached .limit. They do not wait for a
 * holder that they have interrupted, nor for any holder in an NMI: see
 * kwriter_window_trylock().
 */
#include "../core/compat.h"

#include <linux/math64.h>
#include <linux/module.h>
#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/window.h>

#include "../core/arena.h"
#include "../core/ring.h"
#include "writer.h"

/* ---- positions ---- */

/* @pos modulo the capacity. @laps can be too low by 1, hence the wrap. */
static u32 index_of(const struct rring_kwriter *kw, u64 pos)
{
	u64 laps = mul_u64_u64_shr(pos, kw->reciprocal, 64);

	return rring_window_wrap(pos - laps * kw->capacity, kw->capacity);
}

/*
 * Raise the claim to @claim, before the entries below are overwritten.
 * M: pairs with N in the readers that can be lapped: reader_entry.c and the
 * library. Without this pair the reader could read an overwritten entry and not
 * see the claim. The exchange is a full barrier. The claim never goes back:
 * the entry of a position that was given back may have been overwritten.
 */
static __always_inline void raise_claim(struct rring_kwriter *kw, u64 claim)
{
	u64 old = rring_seq_load(&kw->page->claim);

	while (old < claim)
		if (rring_seq_exchange(&kw->page->claim, &old, claim))
			return;
	rring_fence_full();	/* another context has claimed this far */
}

/*
 * Reserve the next position: sets @event->position and .index, and raises the
 * claim. False: the limit is reached, nothing is done. Needs no lock.
 */
static __always_inline bool reserve_position(struct rring_kwriter *kw,
					     struct rring_kevent *event)
{
	s64 pos = atomic64_read(&kw->reserved);

	do {
		/*
		 * Pairs with the release in kwriter_window_has_room(): readers
		 * have finished with the entries that this lap overwrites.
		 */
		if (pos >= rring_seq_load_acquire(&kw->limit))
			return false;
	} while (!atomic64_try_cmpxchg(&kw->reserved, &pos, pos + 1));
	raise_claim(kw, pos + 1);
	event->position = pos;
	event->index = index_of(kw, pos);
	return true;
}

/*
 * Give back the position that reserve_position() took; the claim stays raised.
 * False: a later position is reserved, and nothing is done.
 */
static bool unreserve_position(struct rring_kwriter *kw,
			       const struct rring_kevent *event)
{
	s64 after = event->position + 1;

	return atomic64_try_cmpxchg(&kw->reserved, &after, event->position);
}

/* ---- reserve ---- */

/* Count a drop. Returns the errno that reserve returns for @reason. */
static int count_drop(struct rring_kwriter *kw, enum rring_drop_reason reason)
{
	static const int errors[RRING_DROPS] = {
		[RRING_DROP_FULL] = -EAGAIN,
		[RRING_DROP_BUSY] = -EBUSY,
		[RRING_DROP_NO_SLOT] = -ENOSPC,
		[RRING_DROP_TOO_LARGE] = -E2BIG,
	};

	atomic64_inc((atomic64_t *)&kw->info->dropped[reason].value);
	return errors[reason];
}

/*
 * Look at the readers for more room. Returns 0, or counts a drop and returns
 * -EBUSY (.lock was not available) or -EAGAIN (the ring is full).
 */
static int look_for_room(struct rring_kwriter *kw)
{
	unsigned long flags;
	bool has_room;

	if (!kwriter_window_trylock(kw, &flags))
		return count_drop(kw, RRING_DROP_BUSY);
	has_room = kwriter_window_has_room(kw);
	kwriter_window_unlock(kw, flags);
	return has_room ? 0 : count_drop(kw, RRING_DROP_FULL);
}

/* reserve_position() for an inline ring: sets @event->data, too. */
static __always_inline bool try_reserve_inline(struct rring_kwriter *kw,
					       struct rring_kevent *event)
{
	if (!reserve_position(kw, event))
		return false;
	event->data = kw->data + (size_t)event->index * kw->stride;
	return true;
}

/* Slow path of try_reserve_inline(): 0, or the error of look_for_room(). */
static noinline int reserve_inline_slow(struct rring_kwriter *kw,
					struct rring_kevent *event)
{
	int err = 0;

	while (!err && !try_reserve_inline(kw, event))
		err = look_for_room(kw);
	return err;
}

/*
 * Take a slot from @stock and the next position. Returns the reason for which
 * to drop the event, or RRING_DROPS if both are taken. Under .lock. In a ring
 * of handles all reservations are made under .lock, so reserve_position()
 * cannot fail here.
 */
static enum rring_drop_reason reserve_slot_locked(struct rring_kwriter *kw,
						  struct kwriter_stock *stock,
						  struct rring_kevent *event)
{
	if (!kwriter_window_has_room(kw))
		return RRING_DROP_FULL;
	event->handle = kwriter_stock_pop(stock);
	if (!event->handle)
		return RRING_DROP_NO_SLOT;
	reserve_position(kw, event);
	return RRING_DROPS;
}

/* Payload of the slot that @handle names. */
static void *slot_payload(struct rring_kwriter *kw, u64 handle)
{
	const struct rring_pool_info *pool =
		&kw->arena->info->pool[rring_handle_class(handle)];

	return kw->arena->payload.addr + pool->payload_offset +
	       (size_t)rring_handle_index(handle) * pool->slot_size;
}

/* rring_kwriter_reserve() in a ring of handles. */
static noinline int reserve_slot(struct rring_kwriter *kw, u32 len,
				 struct rring_kevent *event)
{
	struct kwriter_stock *stock = kwriter_stock_for(kw, len);
	enum rring_drop_reason reason;
	unsigned long flags;
	bool request;

	if (!stock)
		return count_drop(kw, RRING_DROP_TOO_LARGE);
	if (!kwriter_window_trylock(kw, &flags))
		return count_drop(kw, RRING_DROP_BUSY);
	reason = reserve_slot_locked(kw, stock, event);
	request = kw->refill_requested;
	kwriter_window_unlock(kw, flags);
	if (request)
		irq_work_queue(&kw->irq);
	if (reason != RRING_DROPS)
		return count_drop(kw, reason);
	event->data = slot_payload(kw, event->handle);
	return 0;
}

/**
 * rring_kwriter_reserve() - reserve the next entry of the ring for an event
 * @kw: the writer
 * @len: bytes of the payload
 * @event_type: type of the event, for readers
 * @event: filled on success; the caller's memory
 *
 * On success @event->data is memory for @len bytes, which only the caller
 * writes until commit or discard. Its old content is that of an earlier event,
 * so the caller overwrites all bytes that it commits. Exactly one call of
 * rring_kwriter_commit() or rring_kwriter_discard() must follow, from any
 * context, and soon: events that are reserved later stay invisible until then.
 *
 * Many calls may run at once, on all CPUs, and may interrupt each other.
 *
 * Context: any, NMI included. Never sleeps. Takes a raw spinlock, with
 * interrupts off, in a ring of handles, and in an inline ring when it has to
 * look at the readers for more room. Under that lock no other is taken, so the
 * caller may hold any lock. Another CPU keeps the lock while it handles a few
 * hundred entries at most. An NMI tries the lock and never waits. Must not be
 * called from probes of lock:contention_begin or of preemptirq, which this
 * function itself triggers.
 * Return: 0, or a negative errno; the event is then dropped and counted, and
 * neither commit nor discard may follow.
 *
 * * -E2BIG: @len exceeds the stride, or the largest class that has a stock
 * * -EAGAIN: the ring is full
 * * -EBUSY: the lock is needed, and this call interrupted a context of this CPU
 *   that holds or awaits the lock; or, in an NMI, another CPU holds the lock
 * * -ENOSPC: the stock of the class that fits @len is empty
 */
int rring_kwriter_reserve(struct rring_kwriter *kw, u32 len, u32 event_type,
			  struct rring_kevent *event)
{
	event->len = len;
	event->event_type = event_type;
	if (kw->entries)
		return reserve_slot(kw, len, event);
	if (unlikely(len > kw->stride))
		return count_drop(kw, RRING_DROP_TOO_LARGE);
	if (likely(try_reserve_inline(kw, event)))
		return 0;
	return reserve_inline_slow(kw, event);
}
EXPORT_SYMBOL_GPL(rring_kwriter_reserve);

/* ---- marks, and the head ---- */

/* Mark of a finished entry at @pos. It differs in each lap, and is never 0. */
static u64 make_mark(u64 pos, enum kwriter_outcome outcome)
{
	return (pos + 1) << 1 | outcome;
}

/* Mark of the entry at @pos; 0: not committed or discarded yet. */
static u64 load_mark(const struct rring_kwriter *kw, u64 pos, u32 index)
{
	/*
	 * Pairs with the exchange in complete_entry(): the entry is complete.
	 * Without the acquire the head could move over an entry that is half
	 * written.
	 */
	u64 mark = smp_load_acquire(&kw->mark[index]);

	return mark >> 1 == pos + 1 ? mark : 0;
}

/*
 * Move the head from *@head over the entry there, which is complete. True:
 * done. False: the head is not at *@head; *@head is set to where it is.
 *
 * A: pairs with B in the library's peek, in the sweep and in writer_window.c.
 * Without this pair a reader could see the head before the entry.
 * R: pairs with Q in complete_entry(). The exchange is a full barrier between
 * the head and the load of the next mark. Without this pair a finished entry
 * could stay invisible, because neither context sees what the other one did.
 */
static bool move_head(struct rring_kwriter *kw, u64 *head)
{
	return rring_seq_exchange(&kw->page->head, head, *head + 1);
}

/*
 * This context has moved the head over an entry. Count the entry if it was
 * discarded, or drop the reservation's hold of the entry's slot. @handle: 0 if
 * the entry names no slot.
 */
static void end_reservation(struct rring_kwriter *kw,
			    enum kwriter_outcome outcome, u64 handle)
{
	if (outcome == KWRITER_DISCARDED)
		atomic64_inc(&kw->discards_skipped);
	/*
	 * G: pairs with H in the sweep. The window names the slot before the
	 * hold falls; else the sweep could free a slot that readers still use.
	 */
	if (handle)
		rring_word_fetch_add(kwriter_ledger_word(kw, handle),
				     RRING_MOVE - RRING_HOLD);
}

/*
 * Move the head over marked entries, at most KWRITER_BATCH of them.
 * Returns how many; if that is a whole batch, the caller calls again, later.
 * Any context, no lock.
 */
u32 kwriter_advance(struct rring_kwriter *kw)
{
	u64 head = rring_seq_load(&kw->page->head);
	u32 moved = 0;

	while (moved < KWRITER_BATCH) {
		u32 index = index_of(kw, head);
		u64 mark = load_mark(kw, head, index);
		u64 handle = 0;

		if (!mark)
			break;
		if (kw->entries)	/* may be overwritten after the move */
			handle = READ_ONCE(kw->entries[index].handle);
		if (!move_head(kw, &head))
			continue;
		end_reservation(kw, mark & KWRITER_DISCARDED, handle);
		head++;
		moved++;
	}
	return moved;
}

/*
 * Does a reader wait for an event, or a client for a slot?
 *
 * L: pairs with K in the sleeper. The kernel may run on a CPU that the
 * sleeper's barrier does not interrupt, so the caller has a full barrier before
 * this: the atomic operation that moved the head or dropped the hold. Without
 * it the flag could be loaded too early, and the sleeper would not be woken.
 */
static bool has_waiters(struct rring_kwriter *kw)
{
	return rring_flag_load(&kw->info->waiters) & RRING_READERS_WAIT ||
	       (kw->entries && rring_flag_load(&kw->arena->info->pool_waiters));
}

/*
 * This context has moved the head over @moved entries. Move it over marked
 * entries, too. Then queue .irq if somebody waits, or if a batch is full: .irq
 * wakes the sleepers, and moves the head on.
 */
static noinline void advance_and_wake(struct rring_kwriter *kw, u32 moved)
{
	moved += kwriter_advance(kw);
	if (moved && (moved >= KWRITER_BATCH || has_waiters(kw)))
		irq_work_queue(&kw->irq);
}

/*
 * The entry of @event is complete: move the head over it if the head is there,
 * else mark the entry. While the head is at an unmarked entry, only the owner
 * of that entry moves the head.
 *
 * Q: pairs with R in move_head(). The exchange of the mark is a full barrier
 * between the mark and the load of the head. If two contexts finish at the same
 * time, either this one sees the head at its entry, or the one that moves the
 * head there sees the mark. Without this pair the entry could stay invisible.
 */
static __always_inline void complete_entry(struct rring_kwriter *kw,
					   const struct rring_kevent *event,
					   enum kwriter_outcome outcome,
					   u64 handle)
{
	u32 next = rring_window_wrap(event->index + 1ull, kw->capacity);
	u64 head = event->position;

	if (unlikely(!move_head(kw, &head))) {
		xchg(&kw->mark[event->index],
		     make_mark(event->position, outcome));
		advance_and_wake(kw, 0);
		return;
	}
	end_reservation(kw, outcome, handle);
	if (unlikely(load_mark(kw, head + 1, next) || has_waiters(kw)))
		advance_and_wake(kw, 1);
}

/* ---- commit, discard ---- */

/* @room limits the length: the caller may have raised @event->len. */
static void write_header(struct rring_event_header *header,
			 const struct rring_kevent *event, u32 room)
{
	WRITE_ONCE(header->len, min(event->len, room));
	WRITE_ONCE(header->event_type, event->event_type);
}

/*
 * rring_kwriter_commit() in a ring of handles. in_flight rises before the head
 * moves; else a shallow sweep could free a slot that the window names.
 */
static noinline void commit_slot(struct rring_kwriter *kw,
				 const struct rring_kevent *event)
{
	u32 class = rring_handle_class(event->handle);
	const struct rring_pool_info *pool = &kw->arena->info->pool[class];
	struct rring_event_header *header =
		kw->arena->payload.addr + pool->header_offset;
	struct rring_entry *entry = &kw->entries[event->index];

	write_header(&header[rring_handle_index(event->handle)], event,
		     pool->slot_size);
	rring_word_fetch_add(kwriter_ledger_word(kw, event->handle),
			     RRING_MOVE + RRING_IN_FLIGHT);
	WRITE_ONCE(entry->handle, event->handle);
	write_header(&entry->header, event, pool->slot_size);
	complete_entry(kw, event, KWRITER_COMMITTED, event->handle);
}

/**
 * rring_kwriter_commit() - publish a reserved event
 * @kw: the writer
 * @event: as rring_kwriter_reserve() filled it; the caller has written the
 *	payload, and may have lowered @event->len
 *
 * The event becomes visible, and sleeping readers are woken, when all events
 * that were reserved earlier are committed or discarded. A reader that sees the
 * event sees all that the caller wrote to the payload before this call. The
 * caller does not touch the payload afterwards; @event itself is not used after
 * the call. Readers are woken by irq_work, so the caller may hold a run queue's
 * lock.
 *
 * Context: any, NMI included; need not be that of the reservation. Takes no
 * lock, never sleeps. A task that is preempted within this call delays the
 * events that are reserved later.
 */
void rring_kwriter_commit(struct rring_kwriter *kw,
			  const struct rring_kevent *event)
{
	if (kw->entries) {
		commit_slot(kw, event);
		return;
	}
	write_header(&kw->headers[event->index], event, kw->stride);
	complete_entry(kw, event, KWRITER_COMMITTED, 0);
}
EXPORT_SYMBOL_GPL(rring_kwriter_commit);

/* Write the entry of a discarded event so that readers skip the entry. */
static void write_discarded(struct rring_kwriter *kw,
			    const struct rring_kevent *event)
{
	if (kw->entries) {
		struct rring_entry *entry = &kw->entries[event->index];

		WRITE_ONCE(entry->handle, 0);
		WRITE_ONCE(entry->header.len, RRING_LEN_NONE);
	} else {
		WRITE_ONCE(kw->headers[event->index].len, RRING_LEN_NONE);
	}
}

/*
 * Return the slot of a discarded event to its stock. If the stock is full, or
 * .lock is not available, drop the hold, so that a sweep frees the slot.
 */
static void return_slot(struct rring_kwriter *kw, u64 handle)
{
	unsigned long flags;

	if (kwriter_window_trylock(kw, &flags)) {
		kwriter_stock_push(kw, handle);
		kwriter_window_unlock(kw, flags);
	} else {
		kwriter_stock_drop_hold(kw, handle);
	}
	if (has_waiters(kw))
		irq_work_queue(&kw->irq);
}

/**
 * rring_kwriter_discard() - give up a reserved event
 * @kw: the writer
 * @event: as rring_kwriter_reserve() filled it
 *
 * Readers do not get the event. If a later event was reserved, readers skip the
 * position; else the next reservation gets the position again. The caller does
 * not touch the payload afterwards; @event itself is not used after the call.
 *
 * Context: any, NMI included; need not be that of the reservation. Never
 * sleeps. In a ring of handles takes the same raw spinlock as
 * rring_kwriter_reserve(), under the same conditions; in an inline ring takes
 * no lock.
 */
void rring_kwriter_discard(struct rring_kwriter *kw,
			   const struct rring_kevent *event)
{
	if (unreserve_position(kw, event)) {
		atomic64_inc(&kw->discards_undone);
	} else {
		write_discarded(kw, event);
		complete_entry(kw, event, KWRITER_DISCARDED, 0);
	}
	if (kw->entries)
		return_slot(kw, event->handle);
}
EXPORT_SYMBOL_GPL(rring_kwriter_discard);

/**
 * rring_kwriter_write() - publish an event: reserve, copy @data, commit
 * @kw: the writer
 * @data: the payload; the caller's memory, not used after the call
 * @len: bytes of the payload
 * @event_type: type of the event, for readers
 *
 * Context: any, NMI included; locks and limits of rring_kwriter_reserve().
 * Return: 0: published, as by rring_kwriter_commit(). Else the error of
 * rring_kwriter_reserve(): -E2BIG, -EAGAIN, -EBUSY or -ENOSPC, and the event is
 * dropped and counted.
 */
int rring_kwriter_write(struct rring_kwriter *kw, const void *data, u32 len,
			u32 event_type)
{
	struct rring_kevent event;
	int err = rring_kwriter_reserve(kw, len, event_type, &event);

	if (err)
		return err;
	memcpy(event.data, data, len);
	rring_kwriter_commit(kw, &event);
	return 0;
}
EXPORT_SYMBOL_GPL(rring_kwriter_write);
