// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The kernel as a reader of a ring. The writer may be hostile, and can store
 * anything, at any time, in the head, the entries and the payloads. So:
 *
 *   - The reader reads the head under the arena's lock, together with the ring's
 *     pages, the ring's state and its own state. kring_ring_head() never goes
 *     back. A gating reader that finds the head more than a lap ahead goes on
 *     at the head, because no honest writer can get so far ahead of it.
 *   - The reader reads each word of an entry once, see reader_entry.c.
 *   - The position .pos is the kernel's own word. The cursor is a copy for the
 *     writer, which can only read the cursor. The kernel reader never reads
 *     the cursor.
 *
 * So one store of a hostile writer costs a reader at most one lap of entries,
 * in batches, and other tasks run between two batches.
 */
#include "../core/compat.h"

#include <linux/module.h>
#include <rusted_ring/internal/atomic.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/pages.h"
#include "../core/reader.h"
#include "../core/ring.h"
#include "../core/trace.h"
#include "client.h"
#include "reader.h"

#define PEEK_SKIP_MAX	256	/* entries that a peek passes over */

/*
 * Only the reader's context writes the counters; rring_kreader_stat() reads
 * them at any time.
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
	 * C: pairs with D in the writer and in the sweep. Without this pair the
	 * writer could overwrite an entry that is still being read.
	 */
	rring_seq_store_release(kr->cursor, pos);
}

/*
 * The cursor has moved: wake the writer and clients that wait for a slot, if
 * there are any. May take the arena's lock.
 *
 * L: the kernel may run on a CPU that the sleeper's barrier does not interrupt,
 * so a full fence is needed here. Without it the flags could be loaded before
 * the cursor is stored, and the sleeper would not be woken.
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
		kring_ring_wake(kr->ring, RRING_WRITER_WAITS);
	if (pools)
		kring_arena_wake_pools(kr->arena, pools);
	mutex_unlock(&kr->arena->lock);
}

/* Done with the entry at .pos: go on to the next position. May sleep. */
static void advance(struct rring_kreader *kr)
{
	kreader_entry_unpin(kr);
	set_position(kr, kr->pos + 1);
	if (!kr->observer)
		wake_writer(kr);
}

/* The reason under which a refused entry with @verdict is counted. */
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
 * The entry at .pos was overwritten. An observer counts it as lost and skips
 * it. A gating reader was lapped: with .head equal to .pos, kreader_next()
 * calls update_head(), which finds the position to go on at.
 */
static void abandon_entry(struct rring_kreader *kr)
{
	if (kr->observer) {
		stat_add(&kr->stat.lost, 1);
		advance(kr);
	} else {
		kreader_entry_unpin(kr);
		kr->head = kr->pos;
	}
}

/* ---- the head ---- */

/* .reader was lapped: make it gate again. Under the arena's lock. */
static void resume_lapped(struct rring_kreader *kr)
{
	stat_add(&kr->stat.lost, kring_reader_resume(kr->reader));
	WRITE_ONCE(kr->pos, max(kr->pos, kr->reader->start));
}

/*
 * @head is more than a lap above .pos: move .pos. An observer goes on three
 * quarters of a lap below @head, as in the library, so that the writer does not
 * overtake it at once. A gating reader counts @head as refused, and goes on at
 * @head. Under the arena's lock.
 */
static void skip_overwritten(struct rring_kreader *kr, u64 head)
{
	u64 pos = head;

	if (kr->observer) {
		pos -= kr->capacity - kr->capacity / 4;
		stat_add(&kr->stat.lost, pos - kr->pos);
	} else {
		count_refusal(kr, RRING_REFUSE_HEAD);
	}
	set_position(kr, pos);
}

/*
 * Read the state, pages and head of the ring. 0: entries from .pos to .head - 1
 * can be read. -EAGAIN: none now. -EPIPE: none, and the stream has ended, which
 * .told notes.
 * *@old: the pages of the last incarnation, if the ring has new ones; the
 * caller puts them without the lock. Under the arena's lock.
 */
static int update_head_locked(struct rring_kreader *kr,
			      struct rring_pages **old)
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
	head = kring_ring_head(ring);
	if (head > kr->pos && head - kr->pos > kr->capacity)
		skip_overwritten(kr, head);
	kr->head = max(head, kr->pos);
	if (kr->head > kr->pos)
		return 0;
	if (!kring_ring_has_ended(ring))
		return -EAGAIN;
	kr->told = kring_ring_end_mark(ring);
	return -EPIPE;
}

/* Take the arena's lock and call update_head_locked(). May sleep. */
static int update_head(struct rring_kreader *kr)
{
	struct rring_pages *old = NULL;
	int err;

	mutex_lock(&kr->arena->lock);
	err = update_head_locked(kr, &old);
	mutex_unlock(&kr->arena->lock);
	if (old)
		kring_pages_put(old);
	return err;
}

/* ---- peek, copy, release ---- */

/*
 * Read the entry at .pos. If it is an event, set .peeked. If it is none, count
 * it and go on to the next position. A gating reader that was lapped stays at
 * .pos.
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
 * Look for the next event. 0: .entry is the event, and stays it until
 * kreader_finish(). -EAGAIN: there is none now, or PEEK_SKIP_MAX entries in a
 * row were no events. -EPIPE: there is none, and the stream has ended. May
 * sleep.
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
 * End the use of the peeked event in .entry. 0: the event counts as received.
 * -ESTALE: it does not, because the entry was overwritten or its slot reused.
 * May sleep.
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
 * @entry: filled on success; the caller's memory
 *
 * Until rring_kreader_release() each call returns the same event. Entries that
 * are no events are passed over and counted. The event is complete: all that
 * its writer stored before publishing it can be read. But the payload lies in
 * memory that a process can change at any time: see struct rring_kentry, and
 * rring_kreader_copy().
 *
 * Context: process. May sleep; takes the arena's mutex. Calls on one @kr, other
 * than of rring_kreader_stat(), must not run at the same time.
 * Return: 0, or a negative errno:
 *
 * * -EAGAIN: no event now, or 256 entries in a row were no events. In either
 *   case call rring_kreader_wait(), which returns at once if there are more
 * * -EPIPE: no event, and the stream has ended; a new writer can continue it
 * * -EINVAL: the reader has a thread
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
 * @kr: the reader, which has peeked an event or is in its callback
 * @offset: first byte of the payload to copy
 * @to: destination, kernel memory of @n bytes
 * @n: number of bytes
 *
 * On success the bytes are of this event, and no process can change the copy.
 * But a process that may be hostile wrote them, and may have changed them during
 * the copy: validate the copy as any input from user space.
 *
 * Context: process, or the callback. May sleep. Calls on one @kr, other than of
 * rring_kreader_stat(), must not run at the same time.
 * Return: 0, or a negative errno:
 *
 * * -ESTALE: the entry was overwritten or its slot reused; @to may have been
 *   written, discard the bytes. Each further copy of this event fails, too
 * * -ERANGE: @offset and @n reach beyond the payload
 * * -EINVAL: no event is peeked
 */
int rring_kreader_copy(struct rring_kreader *kr, u32 offset, void *to, u32 n)
{
	enum kreader_verdict found;

	if (!kr->peeked)
		return -EINVAL;
	if (offset > kr->entry.len || n > kr->entry.len - offset)
		return -ERANGE;
	/* only in the callback: deliver_next() has filled .copy */
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
	/* keep the verdict: a hostile writer can make the entry valid again */
	kr->verdict = found;
	return -ESTALE;
}
EXPORT_SYMBOL_GPL(rring_kreader_copy);

/**
 * rring_kreader_release() - end the use of the peeked event
 * @kr: the reader, opened without a callback
 *
 * The writer may overwrite the entry when all gating readers have released it.
 * The caller's reads of the payload are ordered before that. The data pointer
 * of rring_kreader_peek() is no longer valid, whatever is returned. Wakes a
 * writer that waits for room.
 *
 * Context: process. May sleep; takes the arena's mutex. Calls on one @kr, other
 * than of rring_kreader_stat(), must not run at the same time.
 * Return: 0, or a negative errno:
 *
 * * 0: the event is received; all that was read and copied was of this event
 * * -ESTALE: the entry was overwritten or its slot reused; discard what was
 *   read. The entry counts as lost or refused, or the next peek returns it
 *   again
 * * -EINVAL: no event is peeked, or the reader has a thread
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
 * Has a sleeping reader something to do? 0: there is an entry, the reader was
 * lapped, or the stream has ended and the reader was not told yet. -EAGAIN:
 * there is nothing to do. -ESHUTDOWN: the thread must exit. Takes the arena's
 * lock.
 */
static int readable(void *context, u64 *wake_at)
{
	struct rring_kreader *kr = context;
	int err = -EAGAIN;

	mutex_lock(&kr->arena->lock);
	if (kr->stop)
		err = -ESHUTDOWN;
	else if (kring_reader_has_news(kr->reader, kr->pos) ||
		 (kring_ring_has_ended(kr->ring) &&
		  kr->told != kring_ring_end_mark(kr->ring)))
		err = 0;
	mutex_unlock(&kr->arena->lock);
	/* a hostile client can wake this reader in an endless loop */
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
 * Sleep until readable() returns 0 or -ESHUTDOWN, and return that value. Or
 * return -ETIMEDOUT after @deadline, -ERESTARTSYS for a signal. The caller has
 * no locks.
 */
int kreader_sleep(struct rring_kreader *kr, u64 deadline)
{
	return kring_evcount_wait(&kr->ring->readable, &readable_ops, kr,
				  deadline);
}

/**
 * rring_kreader_wait() - sleep until rring_kreader_peek() has something new
 * @kr: the reader, opened without a callback
 * @deadline: absolute time of ktime_get_ns() at which to give up; 0: do not
 *	sleep; RRING_FOREVER: no limit
 *
 * Context: process. Sleeps interruptibly; takes the arena's mutex. Calls on one
 * @kr, other than of rring_kreader_stat(), must not run at the same time.
 * Return: 0, or a negative errno:
 *
 * * 0: an entry may be there, the reader was lapped, or the stream has ended.
 *   After rring_kreader_peek() has returned -EPIPE, this end does not end a
 *   wait again: the call sleeps until the next writer has published something
 *   or has ended the stream, too
 * * -ETIMEDOUT: the deadline has passed
 * * -ERESTARTSYS: a signal is pending
 * * -EINVAL: the reader has a thread
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
 * @stat: filled; the caller's memory
 *
 * The counts are read one by one, so they agree with each other only while no
 * other call on @kr, and no thread of it, runs.
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

/* Fill @args from @config. 0, or -EINVAL. */
static int check_config(const struct rring_kreader_config *config,
			struct rring_reader_join *args)
{
	int err = kclient_name(args->ring_name, config->ring);

	if (!err)
		err = kclient_name(args->name, config->name);
	if (!err && config->ended && !config->event)
		err = -EINVAL;
	args->flags = config->flags;
	args->ring = config->ring_id;
	args->start = config->start;
	args->position = config->position;
	return err;
}

/* Fill @kr, now that @reader has joined. Under the arena's lock. */
static void set_up(struct rring_kreader *kr, struct kring_reader *reader,
		   const struct rring_reader_join *args)
{
	struct rring_cursors *cursors = kr->kernel->cursors.addr;
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
	kr->head = args->position;
	kr->stat.lost = args->lost;
}

static int join(struct rring_kreader *kr, struct rring_reader_join *args)
{
	struct kring_reader *reader;

	mutex_lock(&kr->arena->lock);
	reader = kring_reader_enter(kr->kernel, GLOBAL_ROOT_UID, args);
	if (!IS_ERR(reader))
		set_up(kr, reader, args);
	mutex_unlock(&kr->arena->lock);
	return PTR_ERR_OR_ZERO(reader);
}

/*
 * Leave the ring. A named reader stays there, frozen, unless @forget. The
 * cursor is set back to 0 only when no writer reads it any more; find_cursor()
 * gives a new reader only a cursor that is 0. Takes the arena's lock. May
 * sleep.
 */
static void leave(struct rring_kreader *kr, bool forget)
{
	kreader_entry_unpin(kr);
	mutex_lock(&kr->arena->lock);
	if (forget)
		kr->reader->name[0] = 0;
	kring_reader_detach(kr->reader);
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
 * The ring must exist. Permissions of the arena are not checked: any caller may
 * open any ring. The writer may be hostile: see struct rring_kentry.
 *
 * The reader holds a reference to the arena, which stays even if its name is
 * removed, and a reference to this module. The caller owns the reader, and ends
 * it with rring_kreader_close().
 *
 * Context: process. May sleep; takes mutexes of the module, among them the
 * arena's. Memory is charged to the calling task's cgroup.
 * Return: the reader, or an ERR_PTR():
 *
 * * -ENOENT: no arena or no ring of that name
 * * -ENXIO: no ring of that number
 * * -EBADF: @config->arena_fd is not open
 * * -EINVAL: @config->arena_fd is not an arena's; neither a name nor a number of
 *   a ring; a name, flag or start that is not valid; @config->ended without
 *   @config->event; an observer with a name; or a gating reader of an
 *   RRING_OVERWRITE ring
 * * -EBUSY: a reader of this name is open
 * * -EACCES: the reader of this name does not belong to root
 * * -ENOSPC: the kernel has 64 readers in the arena, or the ring has 240, or
 *   the module's max_bytes is used up
 * * -ENOMEM: no memory
 * * -EINTR: the task was killed while the thread was created
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
 * @kr: the reader; NULL or an ERR_PTR(): nothing is done
 * @flags: 0: a named reader stays in the ring and holds the writer back, until
 *	it is opened again or forgotten. RRING_LEAVE_FORGET: the name is
 *	removed
 *
 * With callbacks: waits until a running callback has returned; afterwards none
 * is called. Without: the caller ensures that no other call on @kr runs. In
 * both cases no call on @kr may follow. A peeked event is not received: a named
 * reader gets it again after the next open.
 *
 * Context: process, but not a callback of @kr: a call from there only warns.
 * May sleep; takes mutexes of the module, among them the arena's. The caller
 * must not hold a lock that a callback needs.
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
