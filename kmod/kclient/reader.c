// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The kernel as a reader of a ring. Who writes it may be anybody, and write
 * anything, at any time: into the head, the entries and the payloads. So:
 *
 *   - the head is looked at under the arena's lock, where it only grows, and
 *     where the ring's pages, the end and a lap are looked at as well. It says
 *     how many entries there are to look at, a lap at the most: whoever holds
 *     a ring back and finds it further ahead than that goes on at the head, as
 *     no honest writer would have got there;
 *   - of an entry each word is read once, see reader_entry.c;
 *   - the place is the kernel's own word, and the cursor a copy of it, for
 *     writers: read-only for them, and not read here.
 *
 * So one store of a liar's makes a reader go through one lap at the most, in
 * batches between which others run.
 */
#include "../core/compat.h"

#include <linux/module.h>
#include <rusted_ring/atomic.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/pages.h"
#include "../core/reader.h"
#include "../core/ring.h"
#include "../core/trace.h"
#include "client.h"
#include "reader.h"

#define REFUSALS_AT_ONCE	256

static void count(u64 *counter, u64 n)
{
	WRITE_ONCE(*counter, *counter + n);
}

/* ---- where it stands ---- */

static void move_to(struct rring_kreader *kr, u64 pos)
{
	WRITE_ONCE(kr->pos, pos);
	/* C: what was read was read before */
	rring_seq_store_release(kr->cursor, pos);
}

/*
 * L: unlike a process, the kernel may run on a CPU that the sleeper's barrier
 * does not interrupt, so the fence is paid here.
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
		rring_ring_wake(kr->ring, RRING_WRITER_WAITS);
	if (pools)
		rring_arena_wake_pools(kr->arena, pools);
	mutex_unlock(&kr->arena->lock);
}

static void advance(struct rring_kreader *kr)
{
	rring_kentry_unpin(kr);
	move_to(kr, kr->pos + 1);
	if (!kr->observer)
		wake_writer(kr);
}

static void refuse(struct rring_kreader *kr, enum rring_refusal reason)
{
	count(&kr->stat.refused[reason], 1);
	trace_refuse(kr->reader, reason, kr->pos);
}

/* An observer goes on behind it; who was lapped is told where, by go_on(). */
static void lose(struct rring_kreader *kr)
{
	if (kr->observer) {
		count(&kr->stat.lost, 1);
		advance(kr);
	} else {
		rring_kentry_unpin(kr);
		kr->head = kr->pos;
	}
}

/* ---- look; under the arena's lock ---- */

static void go_on(struct rring_kreader *kr)
{
	count(&kr->stat.lost, rring_reader_go_on(kr->reader));
	WRITE_ONCE(kr->pos, max(kr->pos, kr->reader->start));
}

/*
 * @head is more than a lap away. An observer goes on with what will last for a
 * while, as the library's does: three quarters of a lap.
 */
static void jump(struct rring_kreader *kr, u64 head)
{
	u64 pos = head;

	if (kr->observer) {
		pos -= kr->capacity - kr->capacity / 4;
		count(&kr->stat.lost, pos - kr->pos);
	} else {
		refuse(kr, RRING_REFUSE_HEAD);
	}
	move_to(kr, pos);
}

/* *@old: pages that are to be put. */
static int look_locked(struct rring_kreader *kr, struct rring_pages **old)
{
	struct rring_ring *ring = kr->ring;
	u64 head;

	if (kr->reader->state == RRING_READER_LAPPED)
		go_on(kr);
	kr->ref = rring_reader_ref(kr->reader);
	if (kr->pages != ring->pages) {
		*old = kr->pages;
		kr->pages = ring->pages;
		rring_pages_get(kr->pages);
	}
	head = rring_ring_head(ring);
	if (head > kr->pos && head - kr->pos > kr->capacity)
		jump(kr, head);
	kr->head = max(head, kr->pos);
	if (kr->head > kr->pos)
		return 0;
	return rring_ring_has_ended(ring) ? -EPIPE : -EAGAIN;
}

static int look(struct rring_kreader *kr)
{
	struct rring_pages *old = NULL;
	int err;

	mutex_lock(&kr->arena->lock);
	err = look_locked(kr, &old);
	mutex_unlock(&kr->arena->lock);
	if (old)
		rring_pages_put(old);
	return err;
}

/* ---- peek, copy, release ---- */

/* Past the entry at .pos, unless it is one to be looked at. */
static void try_entry(struct rring_kreader *kr)
{
	u32 found = rring_kentry_read(kr);

	switch (found) {
	case RRING_KENTRY_FINE:
		kr->peeked = true;
		kr->verdict = RRING_KENTRY_OPEN;
		return;
	case RRING_KENTRY_LOST:
		lose(kr);
		return;
	case RRING_KENTRY_NONE:
		count(&kr->stat.skipped, 1);
		break;
	default:
		refuse(kr, found);
	}
	advance(kr);
}

/* .entry is the next event; 0, -EAGAIN or -EPIPE. */
int rring_kreader_next(struct rring_kreader *kr)
{
	u32 i;
	int err;

	for (i = 0; !kr->peeked && i < REFUSALS_AT_ONCE; i++) {
		err = kr->pos < kr->head ? 0 : look(kr);
		if (err)
			return err;
		try_entry(kr);
	}
	return kr->peeked ? 0 : -EAGAIN;
}

/* With .entry; -ESTALE: it was not what it seemed. */
int rring_kreader_done(struct rring_kreader *kr)
{
	u32 found = kr->verdict;

	if (found == RRING_KENTRY_OPEN)
		found = rring_kentry_check(kr);
	kr->peeked = false;
	if (found == RRING_KENTRY_LOST) {
		lose(kr);
		return -ESTALE;
	}
	if (found == RRING_KENTRY_FINE)
		count(&kr->stat.received, 1);
	else
		refuse(kr, found);
	advance(kr);
	return found == RRING_KENTRY_FINE ? 0 : -ESTALE;
}

/**
 * rring_kreader_peek() - look at the next event
 * @kr: the reader, which has no thread
 * @entry: filled; it is the same one until rring_kreader_release()
 *
 * Entries that are no events are passed over, and counted.
 *
 * Context: process. May sleep. One call on @kr at a time.
 * Return: 0; -EAGAIN there is none now, or too many in a row were refused (then
 * rring_kreader_wait() returns at once); -EPIPE the stream has ended, unless
 * another writer takes it over; -EINVAL the reader has a thread.
 */
int rring_kreader_peek(struct rring_kreader *kr, struct rring_kentry *entry)
{
	int err;

	if (kr->thread)
		return -EINVAL;
	err = rring_kreader_next(kr);
	if (!err)
		*entry = kr->entry;
	return err;
}
EXPORT_SYMBOL_GPL(rring_kreader_peek);

/**
 * rring_kreader_copy() - copy from the payload of the event that is looked at
 * @kr: the reader: after rring_kreader_peek(), or within its callback
 * @offset: where to begin
 * @to: where to
 * @n: bytes
 *
 * What was copied is of this event, and nobody changes it any more. It is what
 * its writer has put there last: check it as what it is, a user's.
 *
 * Context: process. May sleep. One call on @kr at a time.
 * Return: 0; -ESTALE it was overwritten, or its slot has another event now: the
 * bytes are to be thrown away; -ERANGE the event is not that long; -EINVAL none
 * is looked at.
 */
int rring_kreader_copy(struct rring_kreader *kr, u32 offset, void *to, u32 n)
{
	u32 found;

	if (!kr->peeked)
		return -EINVAL;
	if (offset > kr->entry.len || n > kr->entry.len - offset)
		return -ERANGE;
	/* within the callback it is a copy already, that of reader_thread.c */
	if (kr->verdict == RRING_KENTRY_FINE) {
		memcpy(to, kr->copy + offset, n);
		return 0;
	}
	if (kr->verdict != RRING_KENTRY_OPEN)
		return -ESTALE;
	memcpy(to, kr->entry.data + offset, n);
	found = rring_kentry_check(kr);
	if (found == RRING_KENTRY_FINE)
		return 0;
	/* a liar may make it look fine again */
	kr->verdict = found;
	return -ESTALE;
}
EXPORT_SYMBOL_GPL(rring_kreader_copy);

/**
 * rring_kreader_release() - be done with the event that was looked at
 * @kr: the reader, which has no thread
 *
 * Its place is the writer's again, if no other reader holds it, and what
 * rring_kreader_peek() said of it is not valid any more.
 *
 * Context: process. May sleep. One call on @kr at a time.
 * Return: 0: it has been received, and up to here what was read of it, or
 * copied, was its own; -ESTALE it was not, and has been counted as lost or
 * refused, or comes once more; -EINVAL none is looked at, or the reader has a
 * thread.
 */
int rring_kreader_release(struct rring_kreader *kr)
{
	if (kr->thread || !kr->peeked)
		return -EINVAL;
	return rring_kreader_done(kr);
}
EXPORT_SYMBOL_GPL(rring_kreader_release);

/* ---- wait ---- */

/* 0, -EAGAIN, or -ESHUTDOWN: the thread is to end. */
static int readable(void *context, u64 *wake_at)
{
	struct rring_kreader *kr = context;
	bool ended;
	int err = -EAGAIN;

	mutex_lock(&kr->arena->lock);
	ended = rring_ring_has_ended(kr->ring);
	if (!ended)
		kr->end_told = false;
	if (kr->stop)
		err = -ESHUTDOWN;
	else if (rring_reader_has_news(kr->reader, kr->pos) ||
		 (ended && !kr->end_told))
		err = 0;
	mutex_unlock(&kr->arena->lock);
	/* somebody may open the gate without end, to no purpose */
	cond_resched();
	return err;
}

static void raise_readable(void *context)
{
	struct rring_kreader *kr = context;

	rring_flag_raise(&kr->ring->info->waiters, RRING_READERS_WAIT);
}

static const struct rring_wait_ops readable_ops = {
	.ready = readable,
	.raise = raise_readable,
};

int rring_kreader_sleep(struct rring_kreader *kr, u64 deadline)
{
	return rring_gate_wait(&kr->ring->readable, &readable_ops, kr,
			       deadline);
}

/**
 * rring_kreader_wait() - sleep until there is something to look at
 * @kr: the reader, which has no thread
 * @deadline: ktime_get_ns() at which to give up; 0: do not sleep; RRING_FOREVER
 *
 * The end of the stream is something, too.
 *
 * Context: process. Sleeps, interruptibly. One call on @kr at a time.
 * Return: 0, -ETIMEDOUT, -ERESTARTSYS a signal, -EINVAL the reader has a
 * thread.
 */
int rring_kreader_wait(struct rring_kreader *kr, u64 deadline)
{
	if (kr->thread)
		return -EINVAL;
	if (kr->peeked || kr->pos < kr->head)
		return 0;
	return rring_kreader_sleep(kr, deadline);
}
EXPORT_SYMBOL_GPL(rring_kreader_wait);

/* ---- what it has come to ---- */

/**
 * rring_kreader_stat() - what became of the entries so far
 * @kr: the reader
 * @stat: filled. While nobody reads, the numbers are exact
 *
 * Context: any.
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

static int check_config(const struct rring_kreader_config *config,
			struct rring_reader_join *args)
{
	int err = rring_kclient_name(args->ring_name, config->ring);

	if (!err)
		err = rring_kclient_name(args->name, config->name);
	if (!err && config->ended && !config->event)
		err = -EINVAL;
	args->flags = config->flags;
	args->ring = config->ring_id;
	args->start = config->start;
	args->position = config->position;
	return err;
}

/* Under the arena's lock. */
static void set_up(struct rring_kreader *kr, struct rring_reader *reader,
		   const struct rring_reader_join *args)
{
	struct rring_cursors *cursors = kr->kernel->cursors.addr;
	struct rring_ring *ring = reader->ring;

	kref_get(&ring->ref);
	rring_pages_get(ring->pages);
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
	struct rring_reader *reader;

	mutex_lock(&kr->arena->lock);
	reader = rring_reader_enter(kr->kernel, GLOBAL_ROOT_UID, args);
	if (!IS_ERR(reader))
		set_up(kr, reader, args);
	mutex_unlock(&kr->arena->lock);
	return PTR_ERR_OR_ZERO(reader);
}

/* The cursor goes back to 0 as soon as nobody looks at it: it is free again. */
static void leave(struct rring_kreader *kr, bool forget)
{
	rring_kentry_unpin(kr);
	mutex_lock(&kr->arena->lock);
	if (forget)
		kr->reader->name[0] = 0;
	rring_reader_orphan(kr->reader);
	rring_seq_store(kr->cursor, 0);
	mutex_unlock(&kr->arena->lock);
	rring_pages_put(kr->pages);
	rring_ring_put(kr->ring);
}

static int open_in(struct rring_kreader *kr,
		   const struct rring_kreader_config *config,
		   struct rring_reader_join *args)
{
	int err;

	kr->kernel = rring_kclient_get(kr->arena, RRING_KCLIENT_CURSORS);
	if (IS_ERR(kr->kernel))
		return PTR_ERR(kr->kernel);
	err = join(kr, args);
	if (err)
		goto fail_client;
	if (config->event)
		err = rring_kthread_start(kr, config);
	if (err)
		goto fail_join;
	return 0;

fail_join:
	leave(kr, !args->resumed);
fail_client:
	rring_kclient_put(kr->arena);
	return err;
}

/**
 * rring_kreader_open() - make the kernel a reader of a ring
 * @config: which, from where on, and who is to get its events
 *
 * The arena is found by its name in a network namespace, or by a descriptor;
 * who may use it is not asked. The ring is there already. Its writer may be
 * hostile: the events are whatever it likes, and no more than that.
 *
 * The reader has a reference to the arena, which outlives its name, and keeps
 * this module loaded.
 *
 * Context: process. May sleep. Memory is charged to the calling task's cgroup.
 * Return: the reader, or an ERR_PTR(): -ENOENT no such arena, or ring of that
 * name, -ENXIO of that number, -EBADF or -EINVAL no arena's descriptor, -EINVAL
 * a wrong config, among them an observer with a name, and a ring that
 * overwrites with who is none, -EBUSY the name is in use, -EACCES or not
 * root's, -ENOSPC no place for a reader, or more memory than the module may
 * use, -ENOMEM, -EINTR.
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
	kr->arena = rring_kclient_arena(config->net, config->arena,
					config->arena_fd);
	err = PTR_ERR_OR_ZERO(kr->arena);
	if (err)
		goto fail_kr;
	err = open_in(kr, config, &args);
	if (err)
		goto fail_arena;
	return kr;

fail_arena:
	rring_arena_put(kr->arena);
fail_kr:
	kfree(kr);
fail_module:
	module_put(THIS_MODULE);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(rring_kreader_open);

/**
 * rring_kreader_close() - leave the ring
 * @kr: the reader, or an error or NULL, of which nothing is done
 * @flags: 0, or RRING_LEAVE_FORGET: its name goes, too, and holds nobody back
 *
 * With a thread, waits until the callback has returned, which is not called any
 * more after that. Without, the caller has seen to it that nobody uses @kr. An
 * event that is looked at counts as not received: a named reader comes to it
 * again.
 *
 * Context: process, but not the callback. May sleep.
 */
void rring_kreader_close(struct rring_kreader *kr, u32 flags)
{
	if (IS_ERR_OR_NULL(kr) || WARN_ON_ONCE(kr->thread == current))
		return;
	rring_kthread_stop(kr);
	leave(kr, flags & RRING_LEAVE_FORGET);
	rring_kclient_put(kr->arena);
	rring_arena_put(kr->arena);
	kfree(kr);
	module_put(THIS_MODULE);
}
EXPORT_SYMBOL_GPL(rring_kreader_close);
