// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * An event of the kernel's: reserve, commit, discard, in any context.
 *
 * Reserve takes the next place, and the payload is filled. Whoever commits the
 * event at the head moves the head; what lies behind it is marked until then,
 * with its position, and passed by whoever gets there: so entries become
 * visible in the order in which they were reserved, and nobody waits for
 * anybody. All of that is exchanges of one word each, which an NMI can lose or
 * win like any other CPU; the lock is over the stock of slots, and taken where
 * the room that is known of is used up.
 */
#include "../core/compat.h"

#include <linux/math64.h>
#include <linux/module.h>
#include <rusted_ring/handle.h>
#include <rusted_ring/window.h>

#include "../core/arena.h"
#include "../core/ring.h"
#include "writer.h"

/* ---- places ---- */

/* Modulo the capacity; the product is at most one lap short of the quotient. */
static u32 index_of(const struct rring_kwriter *kw, u64 pos)
{
	u64 laps = mul_u64_u64_shr(pos, kw->per_entry, 64);

	return rring_window_wrap(pos - laps * kw->capacity, kw->capacity);
}

/*
 * M: pairs with N in the library: readers of what is written next see the
 * claim. It never goes back: what was taken back may have been overwritten.
 */
static __always_inline void raise_claim(struct rring_kwriter *kw, u64 claim)
{
	u64 old = rring_seq_load(&kw->page->claim);

	while (old < claim)
		if (rring_seq_exchange(&kw->page->claim, &old, claim))
			return;
	rring_fence_full();	/* after another's claim */
}

/* The next place. False: there is none below the limit. */
static __always_inline bool take_place(struct rring_kwriter *kw,
				       struct rring_kevent *event)
{
	s64 pos = atomic64_read(&kw->reserved);

	do {
		/* pairs with rring_kwindow_has_room(): it is free */
		if (pos >= rring_seq_load_acquire(&kw->limit))
			return false;
	} while (!atomic64_try_cmpxchg(&kw->reserved, &pos, pos + 1));
	raise_claim(kw, pos + 1);
	event->position = pos;
	event->index = index_of(kw, pos);
	return true;
}

/* If nothing was reserved after it. */
static bool give_place_back(struct rring_kwriter *kw,
			    const struct rring_kevent *event)
{
	s64 after = event->position + 1;

	return atomic64_try_cmpxchg(&kw->reserved, &after, event->position);
}

/* ---- reserve ---- */

static int drop(struct rring_kwriter *kw, enum rring_drop_reason reason)
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

/* Where are the readers now? */
static int look_for_room(struct rring_kwriter *kw)
{
	unsigned long flags;
	bool has_room;

	if (!rring_kwindow_trylock(kw, &flags))
		return drop(kw, RRING_DROP_BUSY);
	has_room = rring_kwindow_has_room(kw);
	rring_kwindow_unlock(kw, flags);
	return has_room ? 0 : drop(kw, RRING_DROP_FULL);
}

static __always_inline bool take_entry(struct rring_kwriter *kw,
				       struct rring_kevent *event)
{
	if (!take_place(kw, event))
		return false;
	event->data = kw->data + (size_t)event->index * kw->stride;
	return true;
}

static noinline int find_entry(struct rring_kwriter *kw,
			       struct rring_kevent *event)
{
	int err = 0;

	while (!err && !take_entry(kw, event))
		err = look_for_room(kw);
	return err;
}

/*
 * Under the lock: an RRING_DROP_*, or RRING_DROPS: none. What has room then has
 * it still when the place is taken, which only who has the lock does here.
 */
static enum rring_drop_reason take_slot(struct rring_kwriter *kw,
					struct rring_stock *stock,
					struct rring_kevent *event)
{
	if (!rring_kwindow_has_room(kw))
		return RRING_DROP_FULL;
	event->handle = rring_stock_pop(stock);
	if (!event->handle)
		return RRING_DROP_NO_SLOT;
	take_place(kw, event);
	return RRING_DROPS;
}

static void *slot_of(struct rring_kwriter *kw, u64 handle)
{
	const struct rring_pool_info *pool =
		&kw->arena->info->pool[rring_handle_class(handle)];

	return kw->arena->payload.addr + pool->payload_offset +
	       (size_t)rring_handle_index(handle) * pool->slot_size;
}

static noinline int reserve_slot(struct rring_kwriter *kw, u32 len,
				 struct rring_kevent *event)
{
	struct rring_stock *stock = rring_stock_for(kw, len);
	enum rring_drop_reason reason;
	unsigned long flags;
	bool fill;

	if (!stock)
		return drop(kw, RRING_DROP_TOO_LARGE);
	if (!rring_kwindow_trylock(kw, &flags))
		return drop(kw, RRING_DROP_BUSY);
	reason = take_slot(kw, stock, event);
	fill = kw->fill;
	rring_kwindow_unlock(kw, flags);
	if (fill)
		irq_work_queue(&kw->irq);
	if (reason != RRING_DROPS)
		return drop(kw, reason);
	event->data = slot_of(kw, event->handle);
	return 0;
}

/**
 * rring_kwriter_reserve() - take the place of the next event
 * @kw: the writer
 * @len: bytes of the payload
 * @event_type: what readers find as such
 * @event: filled: where the payload goes
 *
 * The place is the caller's alone until rring_kwriter_commit() or
 * rring_kwriter_discard(), one of which must follow soon: readers see no later
 * event before. The payload has the bytes of some earlier one.
 *
 * Context: any, NMI included. Never sleeps; where it needs the lock it spins
 * for other CPUs, a few hundred entries at most, but not in NMI. On one CPU it
 * may interrupt itself.
 * Return: 0, or the event is dropped and counted: -E2BIG too large, -EAGAIN
 * the ring is full, -EBUSY the lock was needed and is its caller's, whom it
 * interrupts (or in NMI, somebody's), -ENOSPC no slot is at hand.
 */
int rring_kwriter_reserve(struct rring_kwriter *kw, u32 len, u32 event_type,
			  struct rring_kevent *event)
{
	event->len = len;
	event->event_type = event_type;
	if (kw->entries)
		return reserve_slot(kw, len, event);
	if (unlikely(len > kw->stride))
		return drop(kw, RRING_DROP_TOO_LARGE);
	return likely(take_entry(kw, event)) ? 0 : find_entry(kw, event);
}
EXPORT_SYMBOL_GPL(rring_kwriter_reserve);

/* ---- marks, and the head ---- */

/* Of the entry at @pos; one of an earlier lap is another. */
static u64 mark_of(u64 pos, enum rring_fate fate)
{
	return (pos + 1) << 1 | fate;
}

/* 0: the entry is not done with. */
static u64 find_mark(const struct rring_kwriter *kw, u64 pos, u32 index)
{
	/* pairs with Q in finish(): the entry is whole */
	u64 mark = smp_load_acquire(&kw->mark[index]);

	return mark >> 1 == pos + 1 ? mark : 0;
}

/*
 * Make the entry at *@head visible, which is whole. A: pairs with B in the
 * library's peek, and in the sweep. R: a full barrier, before the next mark is
 * looked at: pairs with Q. False: the head is elsewhere, namely there.
 */
static bool move_head(struct rring_kwriter *kw, u64 *head)
{
	return rring_seq_exchange(&kw->page->head, head, *head + 1);
}

/* The head has been moved over it, by this context. @handle: 0 if discarded */
static void pass_over(struct rring_kwriter *kw, enum rring_fate fate,
		      u64 handle)
{
	if (fate == RRING_DISCARDED)
		atomic64_inc(&kw->passed_over);
	/* G: the ring names the slot before the reservation's hold falls */
	if (handle)
		rring_word_fetch_add(rring_stock_word(kw, handle),
				     RRING_MOVE - RRING_HOLD);
}

/*
 * Move the head over what is marked, up to a batch; how many entries. What is
 * left then is for who commits the event at the head, or for another call.
 */
u32 rring_kevent_advance(struct rring_kwriter *kw)
{
	u64 head = rring_seq_load(&kw->page->head);
	u32 moved = 0;

	while (moved < RRING_KWRITER_BATCH) {
		u32 index = index_of(kw, head);
		u64 mark = find_mark(kw, head, index);
		u64 handle = 0;

		if (!mark)
			break;
		if (kw->entries)	/* it may be another's afterwards */
			handle = READ_ONCE(kw->entries[index].handle);
		if (!move_head(kw, &head))
			continue;
		pass_over(kw, mark & RRING_DISCARDED, handle);
		head++;
		moved++;
	}
	return moved;
}

/*
 * L: pairs with K. Unlike a process, the kernel may run on a CPU that the
 * sleeper's barrier does not interrupt; what comes before is an atomic
 * operation that is a full barrier: the move of the head, or that of a hold.
 */
static bool somebody_waits(struct rring_kwriter *kw)
{
	return rring_flag_load(&kw->info->waiters) & RRING_READERS_WAIT ||
	       (kw->entries && rring_flag_load(&kw->arena->info->pool_waiters));
}

/* After @moved entries. */
static noinline void go_on(struct rring_kwriter *kw, u32 moved)
{
	moved += rring_kevent_advance(kw);
	if (moved && (moved >= RRING_KWRITER_BATCH || somebody_waits(kw)))
		irq_work_queue(&kw->irq);
}

/*
 * The place of @event is done with. At the head nobody but its owner can move
 * the head. Else it is marked. Q: a full barrier, after which the head is
 * looked at: pairs with R. Of two who finish at once, one sees the other:
 * either this one sees the head here, or who moves it here sees the mark.
 */
static __always_inline void finish(struct rring_kwriter *kw,
				   const struct rring_kevent *event,
				   enum rring_fate fate, u64 handle)
{
	u32 next = rring_window_wrap(event->index + 1ull, kw->capacity);
	u64 head = event->position;

	if (unlikely(!move_head(kw, &head))) {
		xchg(&kw->mark[event->index], mark_of(event->position, fate));
		go_on(kw, 0);
		return;
	}
	pass_over(kw, fate, handle);
	if (unlikely(find_mark(kw, head + 1, next) || somebody_waits(kw)))
		go_on(kw, 1);
}

/* ---- commit, discard ---- */

static void write_header(struct rring_event_header *header,
			 const struct rring_kevent *event, u32 room)
{
	WRITE_ONCE(header->len, min(event->len, room));
	WRITE_ONCE(header->event_type, event->event_type);
}

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
	rring_word_fetch_add(rring_stock_word(kw, event->handle),
			     RRING_MOVE + RRING_IN_FLIGHT);
	WRITE_ONCE(entry->handle, event->handle);
	write_header(&entry->header, event, pool->slot_size);
	finish(kw, event, RRING_COMMITTED, event->handle);
}

/**
 * rring_kwriter_commit() - publish a reserved event
 * @kw: the writer
 * @event: as rring_kwriter_reserve() filled it, with the payload in place
 *
 * Readers see it, and are woken, once all that was reserved before is
 * committed or discarded.
 *
 * Context: any. Never sleeps, never spins.
 */
void rring_kwriter_commit(struct rring_kwriter *kw,
			  const struct rring_kevent *event)
{
	if (kw->entries) {
		commit_slot(kw, event);
		return;
	}
	write_header(&kw->headers[event->index], event, kw->stride);
	finish(kw, event, RRING_COMMITTED, 0);
}
EXPORT_SYMBOL_GPL(rring_kwriter_commit);

/* Nobody is to find an event where one was discarded. */
static void write_none(struct rring_kwriter *kw,
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

/* Into stock; if that is full, or somebody else is at it, to the sweep. */
static void give_slot_back(struct rring_kwriter *kw, u64 handle)
{
	unsigned long flags;

	if (rring_kwindow_trylock(kw, &flags)) {
		rring_stock_push(kw, handle);
		rring_kwindow_unlock(kw, flags);
	} else {
		rring_stock_let_go(kw, handle);
	}
	if (somebody_waits(kw))
		irq_work_queue(&kw->irq);
}

/**
 * rring_kwriter_discard() - give a reserved event up
 * @kw: the writer
 * @event: as rring_kwriter_reserve() filled it
 *
 * Readers see nothing of it, but that a position is left out if something was
 * reserved after it.
 *
 * Context: any, as rring_kwriter_reserve().
 */
void rring_kwriter_discard(struct rring_kwriter *kw,
			   const struct rring_kevent *event)
{
	if (give_place_back(kw, event)) {
		atomic64_inc(&kw->taken_back);
	} else {
		write_none(kw, event);
		finish(kw, event, RRING_DISCARDED, 0);
	}
	if (kw->entries)
		give_slot_back(kw, event->handle);
}
EXPORT_SYMBOL_GPL(rring_kwriter_discard);

/**
 * rring_kwriter_write() - reserve, copy, commit
 * @kw: the writer
 * @data: the payload
 * @len: its bytes
 * @event_type: what readers find as such
 *
 * Context: any, as rring_kwriter_reserve().
 * Return: 0 or what rring_kwriter_reserve() says.
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
