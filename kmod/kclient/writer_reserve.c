// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Events of a kernel writer: reserve, commit and discard, in any context.
 *
 * Reserve takes the next position, and the caller fills the payload. Commit or
 * discard completes the entry: if the head is at this entry, the context moves
 * the head over the entry. Otherwise the context marks the entry with its
 * position. The context that later moves the head up to a marked entry moves
 * the head over that entry, too. (A discard of the latest reservation gives its
 * position back instead.) So entries become visible in the order of their
 * reservation, and no context waits until another one commits. Each step is an
 * atomic exchange of one word, so an NMI is like another CPU.
 *
 * Only reserve and discard take .lock: to take a slot from stock or return it,
 * and to look for more room when the reservations have reached .limit. A
 * context does not wait for .lock if it has interrupted the holder, and an NMI
 * never waits for .lock: see kwriter_window_trylock().
 */
#include "../core/compat.h"

#include <linux/math64.h>
#include <linux/module.h>
#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/window.h>

#include "../core/arena.h"
#include "../core/ledger.h"
#include "../core/ring.h"
#include "writer.h"

/* ---- positions ---- */

/*
 * Return @pos modulo the capacity, without a division. The computed number of
 * laps can be too low by 1: rring_window_wrap() corrects that.
 */
static u32 index_of(const struct rring_kwriter *kw, u64 pos)
{
	u64 laps = mul_u64_u64_shr(pos, kw->reciprocal, 64);

	return rring_window_wrap(pos - laps * kw->capacity, kw->capacity);
}

/*
 * Raise the claim, the position up to which the writer may have begun to write,
 * to @claim, unless it is higher already. The caller writes into entries below
 * @claim only after this call.
 * M: pairs with N in the readers that can be lapped: reader_entry.c and the
 * library. Without this pair a reader could read an overwritten entry and not
 * see the claim. The exchange is a full barrier. The claim never falls: a
 * caller that gives its position back may already have written into the entry.
 */
static __always_inline void raise_claim(struct rring_kwriter *kw, u64 claim)
{
	u64 old = rring_seq_load(&kw->page->claim);

	while (old < claim)
		if (rring_seq_exchange(&kw->page->claim, &old, claim))
			return;
	/* another context raised the claim, so no exchange was a barrier */
	rring_fence_full();
}

/*
 * Reserve the next position: set @event->position and @event->index, and raise
 * the claim. Return true if the position is reserved. Return false and change
 * nothing if the reservations have reached .limit. Needs no lock.
 */
static __always_inline bool reserve_position(struct rring_kwriter *kw,
					     struct rring_kevent *event)
{
	s64 pos = atomic64_read(&kw->reserved);

	do {
		/*
		 * Pairs with the release in kwriter_window_has_room(): all
		 * gating readers have finished with the entry that the caller
		 * overwrites. Without the acquire the caller could write while
		 * a reader still reads.
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
 * Give back the position of @event, so that the next reservation gets it. The
 * claim stays raised. Return true if the position is given back. Return false
 * and change nothing if a later position is reserved.
 */
static bool unreserve_position(struct rring_kwriter *kw,
			       const struct rring_kevent *event)
{
	s64 after = event->position + 1;

	return atomic64_try_cmpxchg(&kw->reserved, &after, event->position);
}

/* ---- reserve ---- */

/*
 * Return true if a reader waits for an event, or a client for a slot.
 *
 * L: pairs with K in the sleeper. K interrupts only CPUs that run clients, and
 * the kernel may run this function on another CPU. So the caller has passed a
 * full barrier before: the atomic operation that moved the head, dropped the
 * hold or settled an entry. Without that barrier this CPU could load the flag too early, and the
 * sleeper would not be woken.
 */
static bool has_waiters(struct rring_kwriter *kw)
{
	return rring_flag_load(&kw->info->waiters) & RRING_READERS_WAIT ||
	       (kw->entries && rring_flag_load(&kw->arena->info->pool_waiters));
}

/*
 * Count an event that is dropped for @reason. Return the errno that
 * rring_kwriter_reserve() returns for @reason.
 */
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
 * Look at the readers' positions for more room, and raise .limit. Return 0 if
 * there is room. Otherwise count a drop, and return -EBUSY if .lock was not
 * available, or -EAGAIN if the ring is full.
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

/*
 * Reserve the next position in an inline ring, and set @event->data to the
 * payload of its entry. Return true if the position is reserved. Return false
 * and change nothing if the reservations have reached .limit.
 */
static __always_inline bool try_reserve_inline(struct rring_kwriter *kw,
					       struct rring_kevent *event)
{
	if (!reserve_position(kw, event))
		return false;
	event->data = kw->data + (size_t)event->index * kw->stride;
	return true;
}

/*
 * Reserve a position in an inline ring in which the reservations have reached
 * .limit: look for room and try again. Return 0, or the -EBUSY or -EAGAIN of
 * look_for_room().
 */
static noinline int reserve_inline_slow(struct rring_kwriter *kw,
					struct rring_kevent *event)
{
	int err = 0;

	while (!err && !try_reserve_inline(kw, event))
		err = look_for_room(kw);
	return err;
}

/*
 * Take a slot from @stock and the next position, for @event. Return RRING_DROPS
 * if both are taken, and otherwise the reason for which to drop the event. The
 * caller holds .lock. In a ring of handles each reservation is made under
 * .lock, so reserve_position() cannot fail after kwriter_window_has_room().
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

/* Return the address of the payload of the slot that @handle names. */
static void *slot_payload(struct rring_kwriter *kw, u64 handle)
{
	const struct rring_pool_info *pool =
		&kw->arena->info->pool[rring_handle_class(handle)];

	return kw->arena->payload.addr + pool->payload_offset +
	       (size_t)rring_handle_index(handle) * pool->slot_size;
}

/*
 * Reserve a slot and a position in a ring of handles, for an event of @len
 * bytes. Return 0, or the error that rring_kwriter_reserve() returns.
 */
static noinline int reserve_slot(struct rring_kwriter *kw, u32 len,
				 struct rring_kevent *event)
{
	struct kwriter_stock *stock = kwriter_stock_for(kw, len);
	enum rring_drop_reason reason;
	bool request, settled;
	unsigned long flags;
	u64 before;

	if (!stock)
		return count_drop(kw, RRING_DROP_TOO_LARGE);
	if (!kwriter_window_trylock(kw, &flags))
		return count_drop(kw, RRING_DROP_BUSY);
	before = kw->settled.pos;
	reason = reserve_slot_locked(kw, stock, event);
	settled = kw->settled.pos != before;
	request = kw->refill_requested;
	kwriter_window_unlock(kw, flags);
	/* the commit, which wakes otherwise, does not follow a drop */
	if (request ||
	    (settled && reason != RRING_DROPS && has_waiters(kw)))
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
 * @event: the caller's memory, which this function fills on success
 *
 * On success @event->data is memory for @len bytes. Until commit or discard it
 * belongs to the caller; only a hostile producer can still write there, in a
 * ring of handles. The memory has the bytes of an earlier event, so the caller
 * overwrites all bytes that it commits. Exactly one call of
 * rring_kwriter_commit() or rring_kwriter_discard() must follow, from any
 * context, and soon: until then readers see no event that is reserved later.
 *
 * Many calls may run at once, on all CPUs, and may interrupt each other.
 *
 * Context: any, NMI included. Never sleeps. In a ring of handles, takes a raw
 * spinlock, with interrupts off. In an inline ring, takes this spinlock only to
 * look at the readers for more room. Takes no other lock under the spinlock, so
 * the caller may hold any lock. Another CPU keeps the spinlock while it handles
 * a few hundred entries at most. An NMI tries to take the spinlock, and never
 * waits for it. Must not be called from probes of lock:contention_begin or of
 * preemptirq, which this function itself triggers.
 * Return: 0, or a negative errno. After an error the event is dropped and
 * counted, and neither commit nor discard may follow.
 *
 * * -E2BIG: @len exceeds the stride, or the largest class that has a stock
 * * -EAGAIN: the ring is full
 * * -EBUSY: the lock is needed, and this call interrupted a context of this CPU
 *   that holds or awaits the lock; or, in an NMI, another CPU holds the lock
 * * -ENOSPC: the stock is empty. Events of @len bytes use only the stock of the
 *   smallest class that is large enough and has a stock
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

/*
 * Return the mark of the entry at @pos, which is committed or discarded:
 * @outcome says which. A mark is never 0. In the next lap of the ring the same
 * entry gets another mark.
 */
static u64 make_mark(u64 pos, enum kwriter_outcome outcome)
{
	return (pos + 1) << 1 | outcome;
}

/*
 * Return the mark of the entry at @pos: see make_mark(). Return 0 if the entry
 * has no mark yet, or still the mark of an earlier lap of the ring. @index is
 * @pos modulo the capacity.
 */
static u64 load_mark(const struct rring_kwriter *kw, u64 pos, u32 index)
{
	/*
	 * Pairs with the exchange in complete_entry(): a context that sees the
	 * mark here sees the whole entry. Without the acquire the head could
	 * move over an entry that is half written.
	 */
	u64 mark = smp_load_acquire(&kw->mark[index]);

	return mark >> 1 == pos + 1 ? mark : 0;
}

/*
 * If the head is at *@head, move the head over the entry at that position, and
 * return true. If the head is elsewhere, set *@head to the present head, and
 * return false. The caller knows that the entry at *@head is complete.
 *
 * A: pairs with B in the library's peek, in the sweep and in writer_window.c.
 * Without this pair a reader could see the new head before the entry.
 * R: pairs with Q in complete_entry(). The exchange is a full barrier between
 * the store of the head and the caller's load of the next mark. Without this
 * pair two contexts could each miss what the other one stored, and an entry
 * that is complete could stay invisible.
 */
static bool move_head(struct rring_kwriter *kw, u64 *head)
{
	return rring_seq_exchange(&kw->page->head, head, *head + 1);
}

/*
 * Finish a reservation, after the caller has moved the head over its entry.
 * Count the event if it was discarded. If @handle is not 0, drop the hold that
 * the reservation has on the slot of @handle.
 */
static void end_reservation(struct rring_kwriter *kw,
			    enum kwriter_outcome outcome, u64 handle)
{
	if (outcome == KWRITER_DISCARDED)
		atomic64_inc(&kw->discards_skipped);
	/*
	 * G: pairs with H in the sweep. The head moves first, so that the
	 * window names the slot before the hold falls. Without this pair the
	 * sweep could free a slot that readers still use.
	 */
	if (handle)
		kring_ledger_lower(kw->kernel, kwriter_slot(kw, handle),
				   RRING_HOLD);
}

/*
 * Move the head over marked entries, at most KWRITER_BATCH of them. Return the
 * number of these entries. If it is KWRITER_BATCH, more entries may be marked,
 * and the caller must ensure that this function is called again later. Any
 * context may call this function. It needs no lock.
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
		/* after the move, another context may overwrite the entry */
		if (kw->entries)
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
 * Move the head over the marked entries that follow it. The caller has already
 * moved the head over @moved entries. Queue .irq if the head was moved over
 * KWRITER_BATCH entries or more, or over any entry while a task waits. The
 * irq_work wakes the sleepers, and moves the head over further marked entries.
 */
static noinline void advance_and_wake(struct rring_kwriter *kw, u32 moved)
{
	moved += kwriter_advance(kw);
	if (moved && (moved >= KWRITER_BATCH || has_waiters(kw)))
		irq_work_queue(&kw->irq);
}

/*
 * Complete the entry of @event, which the caller has written. If the head is at
 * the entry, move the head over it. Otherwise mark the entry. If @handle is not
 * 0, the hold on its slot is dropped when the head has moved over the entry.
 * While the head is at an unmarked entry, only the context that completes that
 * entry moves the head.
 *
 * Q: pairs with R in move_head(). The exchange of the mark is a full barrier
 * between the store of the mark and the load of the head. If two contexts
 * complete entries at the same time, either this context sees the head at its
 * entry, or the context that moves the head there sees the mark. Without this
 * pair the entry could stay invisible.
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

/*
 * Store the length and the type of @event in @header. Store at most @room as
 * the length, because the caller of commit may have raised @event->len.
 */
static void write_header(struct rring_event_header *header,
			 const struct rring_kevent *event, u32 room)
{
	WRITE_ONCE(header->len, min(event->len, room));
	WRITE_ONCE(header->event_type, event->event_type);
}

/*
 * Commit @event in a ring of handles. A shallow sweep reads only holds and
 * in_flight, and no windows. So this function first raises in_flight, then
 * moves the head, then drops the hold. If the hold fell before in_flight rises,
 * the sweep could free a slot that the window names.
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
	kring_ledger_publish(kw->kernel, kwriter_slot(kw, event->handle));
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
 * When all events that were reserved earlier are committed or discarded,
 * readers see the event, and sleeping readers are woken. A reader that sees the
 * event sees all that the caller wrote to the payload before this call. After
 * the call the caller must not touch the payload, but may use the memory of
 * @event for something else. An irq_work wakes readers, so the caller may hold
 * a run queue's lock.
 *
 * Context: any, NMI included; another context than that of the reservation may
 * commit. Takes no lock, never sleeps. A task that is preempted within this
 * call delays the events that are reserved later.
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
 * Put the slot of a discarded event, which @handle names, back into the stock
 * of its class. If that stock is full, or .lock is not available, drop the
 * slot's hold instead, so that a sweep frees the slot. Queue .irq if a client
 * waits for a slot or a reader for an event.
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
 * position; otherwise the next reservation gets the position again. After the
 * call the caller must not touch the payload, but may use the memory of @event
 * for something else.
 *
 * Context: any, NMI included; another context than that of the reservation may
 * discard. Never sleeps. In an inline ring takes no lock. In a ring of handles
 * takes the raw spinlock of rring_kwriter_reserve(). If rring_kwriter_reserve()
 * would return -EBUSY, this function does its work without the spinlock.
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
 * Context: that of rring_kwriter_reserve(): any, NMI included, with the same
 * lock and the same exceptions.
 * Return: 0 if the event is published, as by rring_kwriter_commit(); otherwise
 * the error of rring_kwriter_reserve(): -E2BIG, -EAGAIN, -EBUSY or -ENOSPC.
 * After an error the event is dropped and counted.
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
