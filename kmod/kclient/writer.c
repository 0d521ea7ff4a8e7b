// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The kernel as the writer of a ring: opening, closing, waking. Whoever
 * produces may hold a run queue's lock: readers are woken, and refills started,
 * by irq_work.
 */
#include "../core/compat.h"

#include <linux/math64.h>
#include <linux/module.h>
#include <rusted_ring/layout.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/ring.h"
#include "client.h"
#include "writer.h"

/* ---- irq_work ---- */

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
	u32 pools = rring_flag_load(&kw->arena->info->pool_waiters);

	if (rring_flag_load(&kw->info->waiters) & RRING_READERS_WAIT)
		wake_readers(kw);
	if (kw->entries && pools)
		rring_arena_wake_pools(kw->arena, pools);
}

static bool has_to_refill(struct rring_kwriter *kw)
{
	unsigned long flags = rring_kwindow_lock(kw);
	bool fill = kw->fill;

	kw->fill = false;
	rring_kwindow_unlock(kw, flags);
	return fill;
}

/* Its own moves of the head are full barriers before it looks who waits. */
static void kwriter_irq(struct irq_work *irq)
{
	struct rring_kwriter *kw = container_of(irq, struct rring_kwriter, irq);
	u32 moved = rring_kevent_advance(kw);

	wake_all(kw);
	if (kw->entries && has_to_refill(kw))
		queue_delayed_work(system_unbound_wq, &kw->refill, 0);
	if (moved == RRING_KWRITER_BATCH)
		irq_work_queue(&kw->irq);
}

/* ---- what became of it ---- */

/**
 * rring_kwriter_stat() - what became of the events so far
 * @kw: the writer
 * @stat: filled. While nobody produces the numbers are exact: as many as were
 *	tried are sent, discarded or dropped
 *
 * Context: any.
 */
void rring_kwriter_stat(struct rring_kwriter *kw,
			struct rring_kwriter_stat *stat)
{
	u64 passed_over = atomic64_read(&kw->passed_over);
	u32 i;

	/* what is passed over is counted after it was passed */
	smp_rmb();
	stat->sent = rring_seq_load(&kw->page->head) - kw->begin - passed_over;
	stat->discarded = passed_over + atomic64_read(&kw->taken_back);
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
	kw->per_entry = div_u64(U64_MAX, kw->capacity);
	kw->begin = head;
	atomic64_set(&kw->reserved, head);
	kw->settled.pos = head;
	div_u64_rem(head, kw->capacity, &kw->settled.index);
	rring_seq_store(&kw->limit, head);
	kw->low = rring_ring_low(ring);
	for (i = 0; i < RRING_DROPS; i++)
		kw->dropped_before[i] = rring_word_load(&kw->info->dropped[i]);
	rring_kwindow_add_readers(kw);
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
	irq_work_sync(&kw->irq);
	if (kw->entries)
		rring_stock_stop(kw);
	while (rring_kevent_advance(kw))
		cond_resched();
	WARN_ONCE(rring_seq_load(&kw->page->head) !=
		  atomic64_read(&kw->reserved),
		  "rusted_ring: closed with an event reserved\n");
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
