// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The kernel as the writer of a ring: open, close, wake. A caller of reserve or
 * commit may hold the lock of a run queue, and to wake a task the kernel takes
 * such a lock. So reserve and commit wake no reader and start no refill: the
 * writer's irq_work does both later.
 */
#include "../core/compat.h"

#include <linux/math64.h>
#include <linux/module.h>
#include <rusted_ring/internal/layout.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/ring.h"
#include "client.h"
#include "writer.h"

/* ---- irq_work ---- */

/*
 * Return true if the head has moved since the last call of this function. Two
 * contexts that call it at the same time can make a later call return true
 * without a reason, but no move of the head is missed: the call that has seen
 * it returns true.
 */
static bool has_published(struct rring_kwriter *kw)
{
	u64 head = rring_seq_load_acquire(&kw->page->head);
	bool moved = head != READ_ONCE(kw->woken_head);

	WRITE_ONCE(kw->woken_head, head);
	return moved;
}

/*
 * Lower the bit RRING_READERS_WAIT of the ring's waiters flag, and wake the
 * readers that sleep or poll. An irq_work cannot call kring_ring_wake(),
 * because that function needs the arena's lock, a mutex. Takes .wake_lock.
 */
static void wake_readers(struct rring_kwriter *kw)
{
	unsigned long flags;
	u32 i;

	kring_flag_lower(&kw->info->waiters, RRING_READERS_WAIT);
	kring_evcount_signal(&kw->ring->readable);
	spin_lock_irqsave(&kw->wake_lock, flags);
	for (i = 0; i < rring_flag_load(&kw->info->readers_end); i++)
		if (kw->sleeper[i])
			kring_client_wake(kw->sleeper[i],
					  EPOLLIN | EPOLLRDNORM);
	spin_unlock_irqrestore(&kw->wake_lock, flags);
}

static void wake_all(struct rring_kwriter *kw)
{
	u32 pools = rring_flag_load(&kw->arena->info->pool_waiters);

	if (rring_flag_load(&kw->info->waiters) & RRING_READERS_WAIT &&
	    has_published(kw))
		wake_readers(kw);
	if (kw->entries && pools)
		kring_arena_wake_pools(kw->arena, pools);
}

/*
 * Return true if kwriter_stock_pop() has requested a refill, and clear the
 * request. Takes .lock of @kw.
 */
static bool take_refill_request(struct rring_kwriter *kw)
{
	unsigned long flags = kwriter_window_lock(kw);
	bool request = kw->refill_requested;

	kw->refill_requested = false;
	kwriter_window_unlock(kw, flags);
	return request;
}

/*
 * Run the writer's irq_work: move the head over at most a batch of marked
 * entries, wake the sleepers if there are any, and queue the refill if one is
 * requested. If the batch was full, queue the irq_work again. Each move of the
 * head is a full barrier. So this function loads the waiters flags after the
 * move, and misses no sleeper.
 */
static void kwriter_irq(struct irq_work *irq)
{
	struct rring_kwriter *kw = container_of(irq, struct rring_kwriter, irq);
	u32 moved = kwriter_advance(kw);

	wake_all(kw);
	if (kw->entries && take_refill_request(kw))
		queue_delayed_work(system_unbound_wq, &kw->refill, 0);
	if (moved == KWRITER_BATCH)
		irq_work_queue(&kw->irq);
}

/* ---- statistics ---- */

/**
 * rring_kwriter_stat() - read the counts of a writer
 * @kw: the writer
 * @stat: the caller's memory, which this function fills
 *
 * This function reads one count after the other. The counts are exact if no
 * other call for @kw runs, each reserved event is committed or discarded, and
 * the writer's irq_work is idle. Then each call of rring_kwriter_reserve()
 * since the writer was opened counts as sent, discarded or dropped.
 *
 * Context: any, NMI included, from the return of rring_kwriter_open() to the
 * call of rring_kwriter_close(). Takes no lock.
 */
void rring_kwriter_stat(struct rring_kwriter *kw,
			struct rring_kwriter_stat *stat)
{
	u64 skipped = atomic64_read(&kw->discards_skipped);
	u32 i;

	/*
	 * A context first moves the head over a discarded entry, then counts
	 * the entry in .discards_skipped. This function first loads
	 * .discards_skipped, then the head. So the head includes all entries of
	 * the count, and .sent does not fall below 0.
	 */
	smp_rmb();
	stat->sent = rring_seq_load(&kw->page->head) - kw->begin - skipped;
	stat->discarded = skipped + atomic64_read(&kw->discards_undone);
	for (i = 0; i < RRING_DROPS; i++)
		stat->dropped[i] = rring_word_load(&kw->info->dropped[i]) -
				   kw->dropped_before[i];
}
EXPORT_SYMBOL_GPL(rring_kwriter_stat);

/**
 * rring_kwriter_ring() - number of the ring, by which readers can join
 * @kw: the writer
 *
 * Context: any, NMI included. Takes no lock.
 * Return: the number, which does not change while the writer is open.
 */
u32 rring_kwriter_ring(const struct rring_kwriter *kw)
{
	return kw->ring->id;
}
EXPORT_SYMBOL_GPL(rring_kwriter_ring);

/* ---- open and close ---- */

/*
 * Fill @args from @config. Return 0, or -EINVAL if a name is not valid, or if
 * the policy is RRING_BLOCK, because a kernel writer cannot wait for room.
 */
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
	args->type_size = config->type_size;
	return kclient_name(args->name, config->ring) ?:
	       kclient_text(args->type_name, config->type);
}

/*
 * Allocate a writer. Return it, or NULL if there is no memory for it. The
 * result can have NULL in .mark or .lock_busy, if there was no memory for
 * these: the caller checks both.
 */
static struct rring_kwriter *kwriter_new(u32 capacity)
{
	struct rring_kwriter *kw = kvzalloc(sizeof(*kw), GFP_KERNEL_ACCOUNT);

	if (!kw)
		return NULL;
	kw->mark = kvcalloc(capacity, sizeof(*kw->mark),
			    GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	kw->lock_busy = alloc_percpu(bool);
	raw_spin_lock_init(&kw->lock);
	spin_lock_init(&kw->wake_lock);
	init_irq_work(&kw->irq, kwriter_irq);
	INIT_DELAYED_WORK(&kw->refill, kwriter_stock_refill);
	return kw;
}

static void kwriter_free(struct rring_kwriter *kw)
{
	free_percpu(kw->lock_busy);
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

/*
 * Set up @context, a struct rring_kwriter, as the writer of @ring. The writer
 * begins at the ring's head. kring_ring_open_kernel() calls this function, and
 * holds the arena's lock.
 */
static void attach(void *context, struct kring_ring *ring)
{
	struct rring_kwriter *kw = context;
	u64 head = ring->head;
	u32 i;

	kw->ring = ring;
	kw->info = ring->info;
	kw->capacity = ring->info->capacity;
	kw->stride = ring->info->stride;
	kw->retain = ring->info->retain;
	kw->overwrites = ring->info->policy == RRING_OVERWRITE;
	map_ring(kw);
	kw->reciprocal = div_u64(U64_MAX, kw->capacity);
	kw->begin = head;
	kw->woken_head = head;
	atomic64_set(&kw->reserved, head);
	kw->settled.pos = head;
	div_u64_rem(head, kw->capacity, &kw->settled.index);
	rring_seq_store(&kw->limit, head);
	kw->low = kring_ring_low(ring);
	for (i = 0; i < RRING_DROPS; i++)
		kw->dropped_before[i] = rring_word_load(&kw->info->dropped[i]);
	kwriter_window_add_readers(kw);
	ring->kwriter = kw;
}

static int open_in_arena(struct rring_kwriter *kw,
			 const struct rring_kwriter_config *config,
			 struct rring_ring_open *args)
{
	bool handles = config->kind == RRING_HANDLES;
	int err = 0;

	kw->kernel = kclient_get(kw->arena, handles ?
				 KCLIENT_LEDGER : 0);
	if (IS_ERR(kw->kernel))
		return PTR_ERR(kw->kernel);
	if (handles)
		err = kwriter_stock_init(kw, config);
	if (!err)
		err = kring_ring_open_kernel(kw->kernel, args, attach, kw);
	if (err) {
		kwriter_stock_destroy(kw);
		kclient_put(kw->arena);
		return err;
	}
	if (handles)
		kwriter_stock_start(kw);
	return 0;
}

/**
 * rring_kwriter_open() - make the kernel the writer of a ring
 * @config: arena, ring and geometry; not used after the call
 *
 * This function creates the ring. But if a ring of this name exists, this
 * function takes that ring over, and the writer goes on at its end. That ring
 * must belong to root, have no writer and have the geometry of @config. This
 * function does not check the arena's permissions: any caller may write in any
 * arena. The writer of a ring of handles has a stock of free slots for its
 * events. The stock is full on return, unless a pool has too few free slots;
 * then a worker goes on filling the stock when slots become free.
 *
 * The writer holds a reference to this module and to the arena. So the arena
 * stays even if its name is removed. The caller owns the writer, and closes it
 * with rring_kwriter_close().
 *
 * Context: process. May sleep; takes mutexes of the module, among them the
 * arena's. Memory is charged to the calling task's cgroup.
 * Return: the writer, or an ERR_PTR():
 *
 * * -ENOENT: no arena has the name @config->arena
 * * -EBADF: @config->arena_fd is not open
 * * -EINVAL: @config->arena_fd is not the descriptor of an arena, or another
 *   field of @config is not valid
 * * -EACCES: the ring of this name belongs to another user than root
 * * -EBUSY: the ring of this name has a writer
 * * -EOVERFLOW: the ring of this name ends at position 2^62 or above, which no
 *   honest writer reaches
 * * -EEXIST: the ring of this name has another geometry, or was created with a
 *   stall limit
 * * -EPROTOTYPE: @config has a type, and the ring of this name has another one,
 *   or none
 * * -ENOSPC: the arena has no place for another ring, or the limit max_bytes of
 *   the module would be exceeded
 * * -ENOMEM: no memory
 * * -EINTR: the calling task is being killed
 * * -ENODEV: this module is being unloaded
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
	if (!kw->mark || !kw->lock_busy)
		goto fail_kw;
	kw->arena = kclient_arena(config->net, config->arena,
				  config->arena_fd);
	err = PTR_ERR_OR_ZERO(kw->arena);
	if (err)
		goto fail_kw;
	err = open_in_arena(kw, config, &args);
	if (err)
		goto fail_arena;
	return kw;

fail_arena:
	kring_arena_put(kw->arena);
fail_kw:
	kwriter_free(kw);
fail_module:
	module_put(THIS_MODULE);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(rring_kwriter_open);

/*
 * Bring the writer to rest: wait until no irq_work and no refill runs, and move
 * the head over all committed or discarded entries. Warn if an event is still
 * reserved. The caller ensures that no other call for @kw runs. May sleep.
 */
static void quiesce(struct rring_kwriter *kw)
{
	irq_work_sync(&kw->irq);
	if (kw->entries)
		kwriter_stock_stop(kw);
	while (kwriter_advance(kw))
		cond_resched();
	WARN_ONCE(rring_seq_load(&kw->page->head) !=
		  atomic64_read(&kw->reserved),
		  "rusted_ring: closed with an event reserved\n");
}

/*
 * End the writing of the ring, and give the ring the state @state. First the
 * kernel adopts the window: it counts the window's entries as a place that
 * names their slots. Then the writer lowers in_flight of the slots that it has
 * published, and drops the holds of the slots in stock. In the other order a
 * sweep could free slots that the window names. Takes the arena's lock, also if
 * the task is being killed, because this is a release. May sleep.
 */
static void leave_ring(struct rring_kwriter *kw, enum rring_ring_state state)
{
	mutex_lock(&kw->arena->lock);
	kring_ring_detach(kw->ring, state);
	kwriter_window_settle_all(kw);
	mutex_unlock(&kw->arena->lock);
	kwriter_stock_destroy(kw);
	kring_arena_wake_pools(kw->arena, ~0u);
}

/**
 * rring_kwriter_close() - end the stream and free the writer
 * @kw: the writer. If it is NULL or an ERR_PTR(), this function does nothing
 * @flags: with 0, the stream ends. With RRING_CLOSE_AWAIT, readers wait for the
 *	next writer of the ring, and see no end of the stream
 *
 * Readers still get all events that are committed. After these they see the end
 * of the stream, or wait. If the ring has no reader, not even a named one that
 * is closed, this function removes the ring at once, whatever @flags is.
 *
 * The caller ensures that no other call for @kw runs or follows: it has
 * unregistered its hooks, and has waited for timers and grace periods. The
 * caller has committed or discarded each reserved event. If an event is still
 * reserved, this function warns, and that event and all events that were
 * reserved after it are lost.
 *
 * Context: process. May sleep; takes mutexes of the module, among them the
 * arena's.
 */
void rring_kwriter_close(struct rring_kwriter *kw, u32 flags)
{
	if (IS_ERR_OR_NULL(kw))
		return;
	quiesce(kw);
	leave_ring(kw, flags & RRING_CLOSE_AWAIT ? RRING_RING_AWAITED :
						   RRING_RING_ENDED);
	kclient_put(kw->arena);
	kring_ring_put(kw->ring);
	kring_arena_put(kw->arena);
	kwriter_free(kw);
	module_put(THIS_MODULE);
}
EXPORT_SYMBOL_GPL(rring_kwriter_close);
