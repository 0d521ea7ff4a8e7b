// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The kernel as a reader of a ring. The writer may be hostile: it can store
 * anything, at any time, in the head, the entries and the payloads. So:
 *
 *   - The kernel loads the head under the arena's lock, together with the
 *     ring's pages, the ring's state and the reader's state. The value of
 *     kring_ring_head() never goes back. A gating reader that finds the head
 *     more than a lap above .pos goes on at the head. An honest writer waits
 *     for the reader, so only a hostile writer stores such a head.
 *   - The kernel loads each word of an entry only once, see reader_entry.c.
 *   - The position .pos lies in kernel memory. The cursor is a copy of .pos for
 *     the writer. Processes can read the cursor, but cannot write it.
 *
 * So one store of a hostile writer makes a reader read at most one lap of
 * invalid entries. The reader reads them in batches, and other tasks can run
 * between two batches.
 */
#include "../core/compat.h"

#include <linux/module.h>
#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/window.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/pages.h"
#include "../core/reader.h"
#include "../core/ring.h"
#include "../core/trace.h"
#include "../core/wake.h"
#include "client.h"
#include "reader.h"

#define PEEK_SKIP_MAX	256	/* most entries that one peek passes over */

/*
 * Add @n to *@counter, a count of .stat. Only one context at a time uses a
 * reader, so the addition need not be atomic. The store is a WRITE_ONCE(),
 * because rring_kreader_stat() can load the counter at any time.
 */
static void stat_add(u64 *counter, u64 n)
{
	WRITE_ONCE(*counter, *counter + n);
}

/* ---- the position ---- */

static void set_position(struct rring_kreader *kr, u64 pos)
{
	WRITE_ONCE(kr->pos, pos);
	/*
	 * C: pairs with D in the writer and in the sweep. All loads of the
	 * entries below @pos come before the store of the cursor. Without this
	 * pair the writer could overwrite an entry that this reader still
	 * reads.
	 */
	rring_seq_store_release(kr->cursor, pos);
}

/*
 * Wake the ring's writer if it waits for room, and the clients that wait for a
 * slot. The caller has moved the cursor before. This function takes the arena's
 * lock if the writer or a client waits.
 *
 * L: the sleeper's barrier K interrupts only CPUs that run clients, and the
 * kernel may run this function on another CPU. So a full fence is needed here.
 * Without the fence this CPU could load the waiters flags before it stores the
 * cursor, and the sleeper would not be woken. The wait for the lock is not
 * killable: if the task was killed, this wake-up would be lost.
 */
static void wake_writer(struct rring_kreader *kr)
{
	u32 writer, pools = 0;

	smp_mb();	/* L: pairs with K */
	writer = rring_flag_load(&kr->info->waiters) & RRING_WRITER_WAITS;
	if (kr->handles)
		pools = rring_flag_load(&kr->arena->info->pool_waiters);
	if (!writer && !pools)
		return;
	mutex_lock(&kr->arena->lock);
	if (writer)
		kring_wake_writer(kr->ring, kr->kernel);
	if (pools)
		kring_arena_wake_pools(kr->arena, pools);
	mutex_unlock(&kr->arena->lock);
}

/*
 * Release the entry at .pos: put the reference to its XXL region, if there is
 * one, and move .pos and the cursor past the entry. If the reader gates, call
 * wake_writer(). May sleep.
 */
static void advance(struct rring_kreader *kr)
{
	kreader_entry_unpin(kr);
	set_position(kr, kr->pos + 1);
	if (!kr->observer)
		wake_writer(kr);
}

/* Return the reason for which a reader refuses an entry with @verdict. */
static enum rring_refusal refusal_of(enum kreader_verdict verdict)
{
	switch (verdict) {
	case KREADER_ENTRY_BAD_HANDLE:
		return RRING_REFUSE_HANDLE;
	case KREADER_ENTRY_BAD_LEN:
		return RRING_REFUSE_LEN;
	default:
		return RRING_REFUSE_STALE;
	}
}

static void count_refusal(struct rring_kreader *kr, enum rring_refusal reason)
{
	stat_add(&kr->stat.refused[reason], 1);
	trace_refuse(kr->reader, reason, kr->pos);
}

/*
 * Give up the entry at .pos, because the writer may have overwritten it. If the
 * kernel has lapped the reader, set .head to .pos: then the next kreader_next()
 * calls update_head(), which counts the lost entries and finds the position to
 * go on at. If the kernel has not lapped the reader, the writer did not wait
 * for the reader here: count the entry as lost, and move .pos past it.
 */
static void abandon_entry(struct rring_kreader *kr)
{
	if (!kreader_is_lapped(kr)) {
		stat_add(&kr->stat.lost, 1);
		advance(kr);
	} else {
		kreader_entry_unpin(kr);
		kr->head = kr->pos;
	}
}

/* ---- the head ---- */

/*
 * Make this reader, which the kernel has lapped, gate again. Count the entries
 * that the reader has lost, and move .pos past them. The caller holds the
 * arena's lock.
 */
static void resume_lapped(struct rring_kreader *kr)
{
	stat_add(&kr->stat.lost, kring_reader_resume(kr->reader));
	WRITE_ONCE(kr->pos, max(kr->pos, kr->reader->reached));
	kr->gates_from = kr->reader->start;
}

/*
 * Move .pos, because @head is more than a lap above .pos, so the entry at .pos
 * is no longer in the ring. The caller holds the arena's lock.
 *
 * If the reader is an observer, the writer has overtaken it. Count the entries
 * that the observer skips as lost, and go on where rring_window_resume() says,
 * as the library does. That position is so far above the oldest entry that the
 * writer does not overtake the observer again at once.
 *
 * If the reader gates, a hostile writer has stored @head, because an honest
 * writer waits for a gating reader. Count @head as refused, and go on at @head.
 */
static void skip_overwritten(struct rring_kreader *kr, u64 head)
{
	u64 pos = head;

	if (kr->observer) {
		pos = rring_window_resume(0, head, kr->capacity,
					  ++kr->overtaken);
		stat_add(&kr->stat.lost, pos - kr->pos);
	} else {
		count_refusal(kr, RRING_REFUSE_HEAD);
	}
	set_position(kr, pos);
}

/*
 * Move .pos of a reader that was lapped and stands below .gates_from, where the
 * writer does not wait for it. Skip the entries that the writer may have begun
 * to overwrite, and count them as lost. The caller holds the arena's lock.
 */
static void skip_below_gate(struct rring_kreader *kr)
{
	u64 pos = min(kring_ring_whole(kr->ring), kr->gates_from);

	if (pos <= kr->pos)
		return;
	stat_add(&kr->stat.lost, pos - kr->pos);
	set_position(kr, pos);
}

/*
 * Load the state, the pages and the head of the ring. If the reader was lapped,
 * first make it gate again. Return 0 if the reader can read the entries from
 * .pos to .head - 1. Return -EAGAIN if there is no entry now. Return -EPIPE if
 * there is no entry and the stream has ended; .told then has the
 * kring_ring_end_mark() of this end.
 *
 * If a new writer has given the ring other pages, store these pages in .pages,
 * with a reference, and the earlier pages in *@old. Otherwise do not change
 * *@old. The caller holds the arena's lock. After the caller has released the
 * lock, it puts the reference to the pages in *@old.
 *
 * While .pos is below .gates_from, .head is not above .gates_from: the writer
 * does not wait for the reader there, so the ring's head may be more than a lap
 * above .pos, as it otherwise is only if a hostile writer has stored it.
 */
static int update_head_locked(struct rring_kreader *kr,
			      struct kring_pages **old)
{
	struct kring_ring *ring = kr->ring;
	u64 head;

	if (kr->reader->state == RRING_READER_LAPPED)
		resume_lapped(kr);
	kr->ref = kring_reader_ref(kr->reader);
	if (kr->pages != ring->pages) {
		*old = kr->pages;
		kr->pages = ring->pages;
		kring_pages_get(kr->pages);
	}
	if (kr->pos < kr->gates_from)
		skip_below_gate(kr);
	head = kring_ring_head(ring);
	if (kr->pos < kr->gates_from)
		head = min(head, kr->gates_from);
	if (head > kr->pos && head - kr->pos > kr->capacity)
		skip_overwritten(kr, head);
	kr->head = max(head, kr->pos);
	if (kr->head > kr->pos)
		return 0;
	kr->overtaken = 0;
	if (!kring_ring_has_ended(ring))
		return -EAGAIN;
	kr->told = kring_ring_end_mark(ring);
	return -EPIPE;
}

/*
 * Take the arena's lock, call update_head_locked() and release the lock. Return
 * the result of update_head_locked(): 0, -EAGAIN or -EPIPE. Return -EINTR if the
 * task is being killed. May sleep.
 */
static int update_head(struct rring_kreader *kr)
{
	struct kring_pages *old = NULL;
	int err;

	if (mutex_lock_killable(&kr->arena->lock))
		return -EINTR;
	err = update_head_locked(kr, &old);
	mutex_unlock(&kr->arena->lock);
	if (old)
		kring_pages_put(old);
	return err;
}

/* ---- peek, copy, release ---- */

/*
 * Read the entry at .pos. If it is an event, set .peeked. If the writer
 * discarded the entry, or this reader refuses it, count the entry and move .pos
 * past it. If the writer may have overwritten the entry, call abandon_entry(),
 * which leaves .pos as it is if the kernel has lapped the reader. May sleep.
 */
static void peek_entry(struct rring_kreader *kr)
{
	enum kreader_verdict found = kreader_entry_read(kr);

	switch (found) {
	case KREADER_ENTRY_VALID:
		kr->peeked = true;
		kr->verdict = KREADER_ENTRY_UNCHECKED;
		return;
	case KREADER_ENTRY_LOST:
		abandon_entry(kr);
		return;
	case KREADER_ENTRY_DISCARDED:
		stat_add(&kr->stat.skipped, 1);
		break;
	default:
		count_refusal(kr, refusal_of(found));
	}
	advance(kr);
}

/*
 * Look for the next event, from .pos on. Return 0 if there is one: .entry
 * describes the event until kreader_finish() is called. Return -EAGAIN if there
 * is no event now, or if this call has passed over PEEK_SKIP_MAX entries that
 * were discarded, refused or lost. Return -EPIPE if there is no event, and the
 * stream has ended. Return -EINTR if the task is being killed. May sleep.
 */
int kreader_next(struct rring_kreader *kr)
{
	u32 i;
	int err;

	for (i = 0; !kr->peeked && i < PEEK_SKIP_MAX; i++) {
		err = kr->pos < kr->head ? 0 : update_head(kr);
		if (err)
			return err;
		peek_entry(kr);
	}
	return kr->peeked ? 0 : -EAGAIN;
}

/*
 * End the use of the peeked event in .entry. Return 0 if all that the caller
 * has read belongs to this event; the event then counts as received. Return
 * -ESTALE if the writer may have overwritten the entry, or if the slot has
 * another generation; the event then does not count as received. May sleep.
 */
int kreader_finish(struct rring_kreader *kr)
{
	enum kreader_verdict found = kr->verdict;

	if (found == KREADER_ENTRY_UNCHECKED)
		found = kreader_entry_check(kr);
	kr->peeked = false;
	if (found == KREADER_ENTRY_LOST) {
		abandon_entry(kr);
		return -ESTALE;
	}
	if (found == KREADER_ENTRY_VALID)
		stat_add(&kr->stat.received, 1);
	else
		count_refusal(kr, refusal_of(found));
	advance(kr);
	return found == KREADER_ENTRY_VALID ? 0 : -ESTALE;
}

/**
 * rring_kreader_peek() - look at the next event
 * @kr: the reader, opened without a callback
 * @entry: the caller's memory, which this function fills on success
 *
 * Each call returns the same event until the caller calls
 * rring_kreader_release(). This function passes over entries that are not valid
 * events, and counts them as skipped, refused or lost. The event is complete:
 * the caller can read all that the writer stored before it published the event.
 * But the payload lies in memory that a process can change at any time: see
 * struct rring_kentry, and rring_kreader_copy().
 *
 * Context: process. May sleep; takes the arena's mutex. The caller makes calls
 * for one @kr one at a time; only rring_kreader_stat() may run meanwhile.
 * Return: 0, or a negative errno:
 *
 * * -EAGAIN: there is no event now, or this call has passed over 256 entries.
 *   In both cases call rring_kreader_wait(), which returns at once if there are
 *   further entries
 * * -EPIPE: there is no event, and the stream has ended; a new writer of the
 *   ring can continue the stream
 * * -EINTR: the calling task is being killed
 * * -EINVAL: the reader was opened with a callback
 */
int rring_kreader_peek(struct rring_kreader *kr, struct rring_kentry *entry)
{
	int err;

	if (kr->thread)
		return -EINVAL;
	err = kreader_next(kr);
	if (!err)
		*entry = kr->entry;
	return err;
}
EXPORT_SYMBOL_GPL(rring_kreader_peek);

/**
 * rring_kreader_copy() - copy from the payload of the peeked event
 * @kr: the reader. It has peeked an event, or its callback makes this call
 * @offset: first byte of the payload to copy
 * @to: destination, kernel memory of @n bytes
 * @n: number of bytes
 *
 * On success the bytes are of this event, and no process can change the copy.
 * But the process that wrote the bytes may be hostile, and may have changed
 * them while this function copied them. So the caller must validate the copy,
 * as any input from user space.
 *
 * Context: process, or the callback. May sleep. The caller makes calls for one
 * @kr one at a time; only rring_kreader_stat() may run meanwhile.
 * Return: 0, or a negative errno:
 *
 * * -ESTALE: the writer may have overwritten the entry, or its slot was reused.
 *   The caller must discard what is in @to. Each further copy of this event
 *   fails, too
 * * -ERANGE: @offset and @n reach beyond the end of the payload
 * * -EINVAL: no event is peeked
 */
int rring_kreader_copy(struct rring_kreader *kr, u32 offset, void *to, u32 n)
{
	enum kreader_verdict found;

	if (!kr->peeked)
		return -EINVAL;
	if (offset > kr->entry.len || n > kr->entry.len - offset)
		return -ERANGE;
	/* deliver_next() has copied the whole payload to .copy */
	if (kr->verdict == KREADER_ENTRY_VALID) {
		memcpy(to, kr->copy + offset, n);
		return 0;
	}
	if (kr->verdict != KREADER_ENTRY_UNCHECKED)
		return -ESTALE;
	memcpy(to, kr->entry.data + offset, n);
	found = kreader_entry_check(kr);
	if (found == KREADER_ENTRY_VALID)
		return 0;
	/* keep the failure: a hostile writer could make the next check pass */
	kr->verdict = found;
	return -ESTALE;
}
EXPORT_SYMBOL_GPL(rring_kreader_copy);

/**
 * rring_kreader_release() - end the use of the peeked event
 * @kr: the reader, opened without a callback
 *
 * When all gating readers have released the entry, the writer may overwrite it.
 * All loads of the payload by the caller come before that. The data pointer of
 * rring_kreader_peek() is not valid after this call, whatever this call
 * returns. This function wakes the writer if the writer waits for room.
 *
 * Context: process. May sleep; takes the arena's mutex. The caller makes calls
 * for one @kr one at a time; only rring_kreader_stat() may run meanwhile.
 * Return: 0, or a negative errno:
 *
 * * 0: the event counts as received; all that the caller read and copied was of
 *   this event
 * * -ESTALE: the writer may have overwritten the entry, or its slot was reused.
 *   The caller must discard what it read. The entry counts as lost or refused.
 *   Exception: if a gating reader was lapped, and the ring still has the entry,
 *   the next peek returns the event again
 * * -EINVAL: no event is peeked, or the reader was opened with a callback
 */
int rring_kreader_release(struct rring_kreader *kr)
{
	if (kr->thread || !kr->peeked)
		return -EINVAL;
	return kreader_finish(kr);
}
EXPORT_SYMBOL_GPL(rring_kreader_release);

/* ---- wait ---- */

/*
 * Check whether this reader has a reason to wake up. Return 0 if there is an
 * entry at .pos or above, if the kernel has lapped the reader, or if the stream
 * has ended and the reader was not told of this end yet. Return -EAGAIN if
 * there is no such reason: the caller then sleeps. Return -ESHUTDOWN if the
 * reader's thread must exit, and -EINTR if the task is being killed. Takes the
 * arena's lock.
 */
static int readable(void *context, u64 *wake_at)
{
	struct rring_kreader *kr = context;
	int err = -EAGAIN;

	if (mutex_lock_killable(&kr->arena->lock))
		return -EINTR;
	if (kr->stop)
		err = -ESHUTDOWN;
	else if (kring_reader_has_news(kr->reader,
				       kring_ring_head(kr->ring), kr->pos) ||
		 (kring_ring_has_ended(kr->ring) &&
		  kr->told != kring_ring_end_mark(kr->ring)))
		err = 0;
	mutex_unlock(&kr->arena->lock);
	/* a hostile client can wake this task so often that it never sleeps */
	cond_resched();
	return err;
}

static void raise_readable(void *context)
{
	struct rring_kreader *kr = context;

	kring_flag_raise(&kr->ring->info->waiters, RRING_READERS_WAIT);
}

static const struct kring_wait_ops readable_ops = {
	.ready = readable,
	.raise = raise_readable,
};

/*
 * Sleep until readable() returns 0 or -ESHUTDOWN, and return that value. Return
 * -ETIMEDOUT if @deadline passes first, -ERESTARTSYS if a signal is pending,
 * and -EINTR if the task is being killed. @deadline is a time as
 * rring_kreader_wait() gets it. The caller must not hold the arena's lock,
 * because this function takes it.
 */
int kreader_sleep(struct rring_kreader *kr, u64 deadline)
{
	return kring_evcount_wait(&kr->ring->readable, kr->kernel,
				  &readable_ops, kr, deadline);
}

/**
 * rring_kreader_wait() - sleep until rring_kreader_peek() has something new
 * @kr: the reader, opened without a callback
 * @deadline: the time of ktime_get_ns() at which this function gives up. With 0
 *	it does not sleep; with RRING_FOREVER it has no limit
 *
 * Context: process. Sleeps interruptibly; takes the arena's mutex. The caller
 * makes calls for one @kr one at a time; only rring_kreader_stat() may run
 * meanwhile.
 * Return: 0, or a negative errno:
 *
 * * 0: call rring_kreader_peek(): there may be an event, the kernel has lapped
 *   the reader, or the stream has ended. An end of the stream makes this
 *   function return 0 only until rring_kreader_peek() has returned -EPIPE for
 *   that end. After that, this function sleeps until the next writer has
 *   published an entry, or until the stream of the next writer has ended, too
 * * -ETIMEDOUT: @deadline has passed, and there is nothing new
 * * -ERESTARTSYS: a signal is pending
 * * -EINTR: the calling task is being killed
 * * -EINVAL: the reader was opened with a callback
 */
int rring_kreader_wait(struct rring_kreader *kr, u64 deadline)
{
	if (kr->thread)
		return -EINVAL;
	if (kr->peeked || kr->pos < kr->head)
		return 0;
	return kreader_sleep(kr, deadline);
}
EXPORT_SYMBOL_GPL(rring_kreader_wait);

/* ---- statistics ---- */

/**
 * rring_kreader_stat() - read the counts of a reader
 * @kr: the reader
 * @stat: the caller's memory, which this function fills
 *
 * This function reads one count after the other. So the counts fit together
 * only if no other call for @kr, and no thread of @kr, runs meanwhile.
 *
 * Context: any, between the return of rring_kreader_open() and the call of
 * rring_kreader_close(). Takes no lock.
 */
void rring_kreader_stat(const struct rring_kreader *kr,
			struct rring_kreader_stat *stat)
{
	u32 i;

	stat->received = READ_ONCE(kr->stat.received);
	stat->lost = READ_ONCE(kr->stat.lost);
	stat->skipped = READ_ONCE(kr->stat.skipped);
	for (i = 0; i < RRING_REFUSALS; i++)
		stat->refused[i] = READ_ONCE(kr->stat.refused[i]);
	stat->position = READ_ONCE(kr->pos);
}
EXPORT_SYMBOL_GPL(rring_kreader_stat);

/* ---- open and close ---- */

/*
 * Fill @args from @config. Return 0, or -EINVAL if a name is not valid, or if
 * @config->ended is set without @config->event.
 */
static int check_config(const struct rring_kreader_config *config,
			struct rring_reader_join *args)
{
	int err = kclient_name(args->ring_name, config->ring);

	if (!err)
		err = kclient_name(args->name, config->name);
	if (!err)
		err = kclient_text(args->type_name, config->type);
	if (!err && config->ended && !config->event)
		err = -EINVAL;
	args->flags = config->flags;
	args->ring = config->ring_id;
	args->start = config->start;
	args->position = config->position;
	args->type_size = config->type_size;
	return err;
}

/*
 * Fill @kr for @reader, which has just joined with @args. Take references to
 * the ring and to its pages. The caller holds the arena's lock.
 */
static void set_up(struct rring_kreader *kr, struct kring_reader *reader,
		   const struct rring_reader_join *args)
{
	struct rring_cursors *cursors = kring_client_cursors(kr->kernel);
	struct kring_ring *ring = reader->ring;

	kref_get(&ring->ref);
	kring_pages_get(ring->pages);
	kr->ring = ring;
	kr->pages = ring->pages;
	kr->reader = reader;
	kr->info = ring->info;
	kr->cursor = &cursors->cursor[args->cursor].pos;
	kr->ref_now = &ring->info->readers[args->reader].ref;
	kr->ref = args->ref;
	kr->capacity = ring->info->capacity;
	kr->stride = ring->info->stride;
	kr->handles = ring->info->kind == RRING_HANDLES;
	kr->observer = args->flags & RRING_JOIN_OBSERVER;
	kr->lappable = kr->observer || ring->info->stall_ns;
	kr->pos = args->position;
	kr->gates_from = kr->observer ? 0 : kr->reader->start;
	kr->head = args->position;
	kr->stat.lost = args->lost;
}

static int join(struct rring_kreader *kr, struct rring_reader_join *args)
{
	struct kring_reader *fresh = kring_reader_new(kr->arena);
	struct kring_reader *reader = ERR_PTR(-EINTR);

	if (!mutex_lock_killable(&kr->arena->lock)) {
		reader = kring_reader_enter(kr->kernel, GLOBAL_ROOT_UID, args,
					    &fresh);
		if (!IS_ERR(reader))
			set_up(kr, reader, args);
		mutex_unlock(&kr->arena->lock);
	}
	kring_reader_discard(kr->arena, fresh);
	return PTR_ERR_OR_ZERO(reader);
}

/*
 * Leave the ring. If the reader is nameless or @forget is true, remove it from
 * the ring. Otherwise freeze the reader: it stays in the ring at its position,
 * without a client. Takes the arena's lock, also if the task is being killed,
 * because this is a release. May sleep.
 *
 * The cursor must become 0, because find_cursor() gives a new reader only a
 * cursor that is 0. It becomes 0 after kring_reader_detach(), because that
 * function takes the position of a named reader from the cursor.
 */
static void leave(struct rring_kreader *kr, bool forget)
{
	kreader_entry_unpin(kr);
	mutex_lock(&kr->arena->lock);
	kring_reader_detach(kr->reader, forget);
	rring_seq_store(kr->cursor, 0);
	mutex_unlock(&kr->arena->lock);
	kring_pages_put(kr->pages);
	kring_ring_put(kr->ring);
}

static int open_in_arena(struct rring_kreader *kr,
			 const struct rring_kreader_config *config,
			 struct rring_reader_join *args)
{
	int err;

	kr->kernel = kclient_get(kr->arena, KCLIENT_CURSORS);
	if (IS_ERR(kr->kernel))
		return PTR_ERR(kr->kernel);
	err = join(kr, args);
	if (err)
		goto fail_client;
	if (config->event)
		err = kreader_thread_start(kr, config);
	if (err)
		goto fail_join;
	return 0;

fail_join:
	leave(kr, !args->resumed);
fail_client:
	kclient_put(kr->arena);
	return err;
}

/**
 * rring_kreader_open() - make the kernel a reader of a ring
 * @config: arena, ring, start and callbacks; not used after the call
 *
 * The ring must exist. This function does not check the arena's permissions:
 * any caller may open any ring. The ring's writer may be hostile: see struct
 * rring_kentry.
 *
 * The reader holds a reference to this module and to the arena. So the arena
 * stays even if its name is removed. The caller owns the reader, and closes it
 * with rring_kreader_close().
 *
 * Context: process. May sleep; takes mutexes of the module, among them the
 * arena's. Memory is charged to the calling task's cgroup.
 * Return: the reader, or an ERR_PTR():
 *
 * * -ENOENT: with RRING_JOIN_RESUME, the ring does not know @config->name; no
 *   arena has the name @config->arena, or no ring has the name
 *   @config->ring
 * * -ENXIO: no ring has the number @config->ring_id
 * * -EBADF: @config->arena_fd is not open
 * * -EINVAL: @config->arena_fd is not the descriptor of an arena; @config has
 *   neither a name nor a number of a ring; a name, a flag or @config->start is
 *   not valid; @config->ended is set without @config->event; an observer has a
 *   name; or the reader would gate in a ring of policy RRING_OVERWRITE
 * * -EBUSY: another reader has this name and is open
 * * -EACCES: the named reader to resume does not belong to root
 * * -ENOSPC: the kernel already has 64 readers in the arena, the ring already
 *   has 240 readers, or the limit max_bytes of the module would be exceeded
 * * -ENOMEM: no memory
 * * -EINTR: the calling task is being killed
 * * -ENODEV: this module is being unloaded
 */
struct rring_kreader *
rring_kreader_open(const struct rring_kreader_config *config)
{
	struct rring_reader_join args = { .size = sizeof(args) };
	struct rring_kreader *kr;
	int err = check_config(config, &args);

	if (err)
		return ERR_PTR(err);
	if (!try_module_get(THIS_MODULE))
		return ERR_PTR(-ENODEV);
	err = -ENOMEM;
	kr = kzalloc(sizeof(*kr), GFP_KERNEL_ACCOUNT);
	if (!kr)
		goto fail_module;
	kr->arena = kclient_arena(config->net, config->arena,
				  config->arena_fd);
	err = PTR_ERR_OR_ZERO(kr->arena);
	if (err)
		goto fail_kr;
	err = open_in_arena(kr, config, &args);
	if (err)
		goto fail_arena;
	return kr;

fail_arena:
	kring_arena_put(kr->arena);
fail_kr:
	kfree(kr);
fail_module:
	module_put(THIS_MODULE);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(rring_kreader_open);

/**
 * rring_kreader_close() - leave the ring and free the reader
 * @kr: the reader. If it is NULL or an ERR_PTR(), this function does nothing
 * @flags: with 0, a named reader stays in the ring. Unless it was lapped, it
 *	holds the writer back until a reader of this name is opened, or until
 *	the name is forgotten. With RRING_LEAVE_FORGET, the name is removed, and
 *	no reader stays
 *
 * If the reader has callbacks, this function waits until a running callback has
 * returned; afterwards no callback is called. If the reader has no callbacks,
 * the caller ensures that no other call for @kr runs. In both cases no call for
 * @kr may follow. An event that is peeked and not released does not count as
 * received: a named reader gets this event again after the next open.
 *
 * Context: process, but not a callback of @kr: a call from a callback of @kr
 * does nothing but warn. May sleep; takes mutexes of the module, among them the
 * arena's. The caller must not hold a lock that a callback needs.
 */
void rring_kreader_close(struct rring_kreader *kr, u32 flags)
{
	if (IS_ERR_OR_NULL(kr) || WARN_ON_ONCE(kr->thread == current))
		return;
	kreader_thread_stop(kr);
	leave(kr, flags & RRING_LEAVE_FORGET);
	kclient_put(kr->arena);
	kring_arena_put(kr->arena);
	kfree(kr);
	module_put(THIS_MODULE);
}
EXPORT_SYMBOL_GPL(rring_kreader_close);
