// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The kernel as the writer of a ring, in any context.
 *
 * Reserve takes a place under the lock; the payload is filled without it; and
 * commit marks the place. Whoever has the lock then moves the head over all
 * places that are marked: entries become visible in the order in which they
 * were reserved. A commit that cannot have the lock, in an NMI, leaves the
 * move to irq_work, which also wakes readers and starts refills.
 */
#include "compat.h"

#include <linux/module.h>
#include <rusted_ring/handle.h>
#include <rusted_ring/layout.h>

#include "arena.h"
#include "client.h"
#include "kclient.h"
#include "kwriter.h"
#include "ring.h"

/* ---- irq_work ---- */

/*
 * L: unlike a process, the kernel may run on a CPU that the sleeper's barrier
 * does not interrupt, so the fence is paid here, once for each move.
 */
static bool somebody_waits(struct rring_kwriter *kw)
{
	smp_mb();	/* L: pairs with K */
	return rring_flag_load(&kw->info->waiters) & RRING_READERS_WAIT ||
	       (kw->entries && rring_flag_load(&kw->arena->info->pool_waiters));
}

static void wake_readers(struct rring_kwriter *kw)
{
	unsigned long flags;
	u32 i;

	rring_flag_lower(&kw->info->waiters, RRING_READERS_WAIT);
	rring_gate_open(&kw->ring->readable);
	spin_lock_irqsave(&kw->wake_lock, flags);
	for (i = 0; i < rring_flag_load(&kw->info->readers_end); i++)
		if (kw->sleeper[i])
			rring_client_wake(kw->sleeper[i],
					  EPOLLIN | EPOLLRDNORM);
	spin_unlock_irqrestore(&kw->wake_lock, flags);
}

static void wake_all(struct rring_kwriter *kw)
{
	u32 pools;

	if (!somebody_waits(kw))
		return;
	if (rring_flag_load(&kw->info->waiters) & RRING_READERS_WAIT)
		wake_readers(kw);
	pools = rring_flag_load(&kw->arena->info->pool_waiters);
	if (kw->entries && pools)
		rring_arena_wake_pools(kw->arena, pools);
}

static void kwriter_irq(struct irq_work *irq)
{
	struct rring_kwriter *kw = container_of(irq, struct rring_kwriter, irq);
	unsigned long flags = rring_kwindow_lock(kw);
	bool more = rring_kwindow_advance(kw);
	bool fill = kw->fill;

	kw->fill = false;
	rring_kwindow_unlock(kw, flags);
	wake_all(kw);
	if (fill)
		queue_delayed_work(system_unbound_wq, &kw->refill, 0);
	if (more)
		irq_work_queue(&kw->irq);
}

/* ---- reserve, commit, discard ---- */

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

/* Under the lock: an RRING_DROP_*, or RRING_DROPS: none. */
static enum rring_drop_reason take_place(struct rring_kwriter *kw,
					 struct rring_stock *stock,
					 struct rring_kevent *event)
{
	if (!rring_kwindow_has_room(kw))
		return RRING_DROP_FULL;
	event->handle = stock ? rring_stock_pop(stock) : 0;
	if (stock && !event->handle)
		return RRING_DROP_NO_SLOT;
	event->index = rring_kwindow_reserve(kw);
	return RRING_DROPS;
}

static void *payload(struct rring_kwriter *kw, const struct rring_kevent *event)
{
	const struct rring_pool_info *pool;
	u32 index = rring_handle_index(event->handle);

	if (!kw->entries)
		return kw->data + (size_t)event->index * kw->stride;
	pool = &kw->arena->info->pool[rring_handle_class(event->handle)];
	return kw->arena->payload.addr + pool->payload_offset +
	       (size_t)index * pool->slot_size;
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
 * Context: any, NMI included. Never sleeps; spins for other CPUs, a few
 * hundred entries at most, but not in NMI. On one CPU it may interrupt itself.
 * Return: 0, or the event is dropped and counted: -E2BIG too large, -EAGAIN
 * the ring is full, -EBUSY the writer was interrupted by its caller (or in NMI,
 * somebody uses it), -ENOSPC no slot is at hand.
 */
int rring_kwriter_reserve(struct rring_kwriter *kw, u32 len, u32 event_type,
			  struct rring_kevent *event)
{
	struct rring_stock *stock = NULL;
	enum rring_drop_reason reason;
	unsigned long flags;
	bool fill;

	if (kw->entries) {
		stock = rring_stock_for(kw, len);
		if (!stock)
			return drop(kw, RRING_DROP_TOO_LARGE);
	} else if (len > kw->stride) {
		return drop(kw, RRING_DROP_TOO_LARGE);
	}
	if (!rring_kwindow_trylock(kw, &flags))
		return drop(kw, RRING_DROP_BUSY);
	reason = take_place(kw, stock, event);
	fill = kw->fill;
	rring_kwindow_unlock(kw, flags);
	if (fill)
		irq_work_queue(&kw->irq);
	if (reason != RRING_DROPS)
		return drop(kw, reason);
	event->data = payload(kw, event);
	event->len = len;
	event->event_type = event_type;
	return 0;
}
EXPORT_SYMBOL_GPL(rring_kwriter_reserve);

/* The place of @event is done with, as @mark says. */
static void finish(struct rring_kwriter *kw, const struct rring_kevent *event,
		   enum rring_mark mark)
{
	unsigned long flags;
	bool more;

	/* pairs with advance(): the entry was written before */
	smp_store_release(&kw->mark[event->index], mark);
	if (rring_kwindow_trylock(kw, &flags)) {
		more = rring_kwindow_advance(kw);
		rring_kwindow_unlock(kw, flags);
		if (!more && !somebody_waits(kw))
			return;
	}
	irq_work_queue(&kw->irq);
}

static void write_header(struct rring_event_header *header,
			 const struct rring_kevent *event, u32 room)
{
	WRITE_ONCE(header->len, min(event->len, room));
	WRITE_ONCE(header->event_type, event->event_type);
}

static void write_handle(struct rring_kwriter *kw,
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
}

/**
 * rring_kwriter_commit() - publish a reserved event
 * @kw: the writer
 * @event: as rring_kwriter_reserve() filled it, with the payload in place
 *
 * Readers see it, and are woken, once all that was reserved before is
 * committed or discarded.
 *
 * Context: any, as rring_kwriter_reserve().
 */
void rring_kwriter_commit(struct rring_kwriter *kw,
			  const struct rring_kevent *event)
{
	if (kw->entries)
		write_handle(kw, event);
	else
		write_header(&kw->headers[event->index], event, kw->stride);
	finish(kw, event, RRING_MARK_COMMITTED);
}
EXPORT_SYMBOL_GPL(rring_kwriter_commit);

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
	/* for give_up(): the slot goes back into stock under the lock */
	if (kw->entries)
		WRITE_ONCE(kw->entries[event->index].handle, event->handle);
	finish(kw, event, RRING_MARK_DISCARDED);
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

/**
 * rring_kwriter_stat() - what became of the events so far
 * @kw: the writer
 * @stat: filled. While nobody produces the numbers are exact: as many as were
 *	tried are sent, discarded or dropped
 *
 * Context: any but NMI.
 */
void rring_kwriter_stat(struct rring_kwriter *kw,
			struct rring_kwriter_stat *stat)
{
	unsigned long flags = rring_kwindow_lock(kw);
	u32 i;

	stat->sent = kw->sent;
	stat->discarded = kw->discarded;
	rring_kwindow_unlock(kw, flags);
	for (i = 0; i < RRING_DROPS; i++)
		stat->dropped[i] = rring_word_load(&kw->info->dropped[i]) -
				   kw->dropped_before[i];
}
EXPORT_SYMBOL_GPL(rring_kwriter_stat);

/**
 * rring_kwriter_ring() - the number of the ring, by which readers can join
 * @kw: the writer
 *
 * Context: any.
 *
 * Return: that number.
 */
u32 rring_kwriter_ring(const struct rring_kwriter *kw)
{
	return kw->ring->id;
}
EXPORT_SYMBOL_GPL(rring_kwriter_ring);

/* ---- open and close ---- */

static int check_config(const struct rring_kwriter_config *config,
			struct rring_ring_open *args)
{
	if (config->policy == RRING_BLOCK)
		return -EINVAL;
	args->kind = config->kind;
	args->policy = config->policy;
	args->capacity = config->capacity;
	args->stride = config->stride;
	args->retain = config->retain;
	return rring_kclient_name(args->name, config->ring);
}

static struct rring_kwriter *kwriter_new(u32 capacity)
{
	struct rring_kwriter *kw = kvzalloc(sizeof(*kw), GFP_KERNEL_ACCOUNT);

	if (!kw)
		return NULL;
	kw->mark = kvcalloc(capacity, sizeof(*kw->mark),
			    GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	kw->inside = alloc_percpu(bool);
	raw_spin_lock_init(&kw->lock);
	spin_lock_init(&kw->wake_lock);
	init_irq_work(&kw->irq, kwriter_irq);
	INIT_DELAYED_WORK(&kw->refill, rring_stock_refill);
	return kw;
}

static void kwriter_free(struct rring_kwriter *kw)
{
	free_percpu(kw->inside);
	kvfree(kw->mark);
	kvfree(kw);
}

static void map_ring(struct rring_kwriter *kw)
{
	void *addr = kw->ring->pages->region.addr;

	kw->page = addr;
	if (kw->info->kind == RRING_HANDLES) {
		kw->entries = addr + kw->info->entry_offset;
	} else {
		kw->headers = addr + kw->info->entry_offset;
		kw->data = addr + kw->info->data_offset;
	}
}

/* @ring is the kernel's: go on at @head. Under the arena's lock. */
static void set_up(struct rring_kwriter *kw, struct rring_ring *ring, u64 head)
{
	u32 i;

	kw->ring = ring;
	kw->info = ring->info;
	kw->capacity = ring->info->capacity;
	kw->stride = ring->info->stride;
	kw->retain = ring->info->retain;
	kw->overwrites = ring->info->policy == RRING_OVERWRITE;
	map_ring(kw);
	kw->head.pos = head;
	div_u64_rem(head, kw->capacity, &kw->head.index);
	kw->reserved = kw->head;
	kw->settled = kw->head;
	kw->limit = head;
	kw->low = rring_ring_low(ring);
	for (i = 0; i < RRING_DROPS; i++)
		kw->dropped_before[i] = rring_word_load(&kw->info->dropped[i]);
	rring_kwindow_meet_readers(kw);
	ring->kwriter = kw;
}

static int open_ring(struct rring_kwriter *kw, struct rring_ring_open *args)
{
	struct rring_ring *ring = rring_ring_open_kernel(kw->kernel, args);

	if (IS_ERR(ring))
		return PTR_ERR(ring);
	set_up(kw, ring, args->head);
	mutex_unlock(&kw->arena->lock);
	return 0;
}

static int open_in(struct rring_kwriter *kw,
		   const struct rring_kwriter_config *config,
		   struct rring_ring_open *args)
{
	bool handles = config->kind == RRING_HANDLES;
	int err = 0;

	kw->kernel = rring_kclient_get(kw->arena, handles ?
				       RRING_KCLIENT_LEDGER : 0);
	if (IS_ERR(kw->kernel))
		return PTR_ERR(kw->kernel);
	if (handles)
		err = rring_stock_init(kw, config);
	if (!err)
		err = open_ring(kw, args);
	if (err) {
		rring_stock_destroy(kw);
		rring_kclient_put(kw->arena);
		return err;
	}
	if (handles)
		rring_stock_begin(kw);
	return 0;
}

/**
 * rring_kwriter_open() - make the kernel the writer of a ring
 * @config: which, and of what kind
 *
 * The arena is found by its name in a network namespace, or by a descriptor;
 * who may use it is not asked. The ring is new, or one of the same geometry
 * that the kernel, or root, has left: then its stream goes on. A ring of
 * handles comes with its stock filled, unless the pools are dry.
 *
 * The writer has a reference to the arena, which outlives its name, and keeps
 * this module loaded.
 *
 * Context: process. May sleep. Memory is charged to the calling task's cgroup.
 * Return: the writer, or an ERR_PTR(): -ENOENT no such arena, -EBADF or -EINVAL
 * no arena's descriptor, -EINVAL a wrong config, -EBUSY the ring has a writer,
 * -EACCES another user's had it, -EEXIST its geometry differs, -ENOSPC no
 * place for a ring, or more memory than the module may use, -ENOMEM.
 */
struct rring_kwriter *
rring_kwriter_open(const struct rring_kwriter_config *config)
{
	struct rring_ring_open args = { .size = sizeof(args) };
	struct rring_kwriter *kw;
	int err = check_config(config, &args);

	if (err || config->capacity > RRING_RING_CAPACITY_MAX)
		return ERR_PTR(-EINVAL);
	if (!try_module_get(THIS_MODULE))
		return ERR_PTR(-ENODEV);
	err = -ENOMEM;
	kw = kwriter_new(config->capacity);
	if (!kw)
		goto fail_module;
	if (!kw->mark || !kw->inside)
		goto fail_kw;
	kw->arena = rring_kclient_arena(config->net, config->arena,
					config->arena_fd);
	err = PTR_ERR_OR_ZERO(kw->arena);
	if (err)
		goto fail_kw;
	err = open_in(kw, config, &args);
	if (err)
		goto fail_arena;
	return kw;

fail_arena:
	rring_arena_put(kw->arena);
fail_kw:
	kwriter_free(kw);
fail_module:
	module_put(THIS_MODULE);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(rring_kwriter_open);

/* All that is committed becomes visible; nothing else is under way. */
static void quiesce(struct rring_kwriter *kw)
{
	unsigned long flags;
	bool more, pending;

	irq_work_sync(&kw->irq);
	if (kw->entries)
		rring_stock_stop(kw);
	do {
		flags = rring_kwindow_lock(kw);
		more = rring_kwindow_advance(kw);
		pending = kw->reserved.pos != kw->head.pos;
		rring_kwindow_unlock(kw, flags);
	} while (more);
	WARN_ONCE(pending, "rusted_ring: closed with an event reserved\n");
}

/* As the death of a client: first the window is adopted, then let go of. */
static void leave_ring(struct rring_kwriter *kw, enum rring_ring_state state)
{
	mutex_lock(&kw->arena->lock);
	rring_ring_orphan(kw->ring, state);
	rring_kwindow_abandon(kw);
	mutex_unlock(&kw->arena->lock);
	rring_stock_destroy(kw);
	rring_arena_wake_pools(kw->arena, ~0u);
}

/**
 * rring_kwriter_close() - the end of the stream
 * @kw: the writer, or an error or NULL, of which nothing is done
 * @flags: 0, or RRING_CLOSE_AWAIT: another writer will go on
 *
 * Readers drain what there is, then see the end. The caller has seen to it that
 * nobody produces any more, nor ever will: hooks are unregistered, timers and
 * grace periods have ended, what was reserved is committed or discarded.
 *
 * Context: process. May sleep.
 */
void rring_kwriter_close(struct rring_kwriter *kw, u32 flags)
{
	if (IS_ERR_OR_NULL(kw))
		return;
	quiesce(kw);
	leave_ring(kw, flags & RRING_CLOSE_AWAIT ? RRING_RING_AWAITED :
						   RRING_RING_ENDED);
	rring_kclient_put(kw->arena);
	rring_ring_put(kw->ring);
	rring_arena_put(kw->arena);
	kwriter_free(kw);
	module_put(THIS_MODULE);
}
EXPORT_SYMBOL_GPL(rring_kwriter_close);
