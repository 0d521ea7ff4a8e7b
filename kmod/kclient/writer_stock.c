// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * A kernel writer's stock of free slots. A reservation must not sleep, but a
 * sweep may sleep. So a worker refills the stock when half of it is used. A
 * slot in stock has a hold in the kernel's ledger, so no sweep frees it.
 */
#include "../core/compat.h"

#include <linux/workqueue.h>
#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/layout.h>

#include "../core/arena.h"
#include "../core/barrier.h"
#include "../core/client.h"
#include "../core/holders.h"
#include "../core/ledger.h"
#include "../core/reclaim.h"
#include "writer.h"

#define STOCK_DEFAULT		16
#define REFILL_ROUNDS_MIN	64	/* lowest limit of rounds of a refill */

/* Return the index in ledgers of the slot that @handle names. */
u32 kwriter_slot(struct rring_kwriter *kw, u64 handle)
{
	return kw->arena->pool[rring_handle_class(handle)].base +
	       rring_handle_index(handle);
}

/*
 * Return the stock for an event of @len bytes: the stock of the smallest class
 * that has a stock and whose slots have at least @len bytes. Return NULL if no
 * class with a stock has such slots.
 */
struct kwriter_stock *kwriter_stock_for(struct rring_kwriter *kw, u32 len)
{
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (len <= rring_slot_size(i) && kw->stock[i].want)
			return &kw->stock[i];
	return NULL;
}

/*
 * Return true if a refill is to fill @stock: at most half of .want is left, and
 * the last refill did not find the pool without free slots.
 */
static bool is_low(const struct kwriter_stock *stock)
{
	return stock->want && stock->n <= stock->want / 2 &&
	       !(atomic_read(&stock->kw->dry) & BIT(stock->pool->index));
}

/*
 * Take a slot from @stock. Return its handle, or 0 if the stock is empty. If
 * is_low() is true then, and no refill is active, set kw->refill_requested: the
 * caller must then queue .irq of the writer, which starts the refill. The caller
 * holds kw->lock.
 */
u64 kwriter_stock_pop(struct kwriter_stock *stock)
{
	struct rring_kwriter *kw = stock->kw;
	u64 handle = stock->n ? stock->handle[--stock->n] : 0;

	if (!kw->refill_active && is_low(stock)) {
		kw->refill_active = true;
		kw->refill_requested = true;
	}
	return handle;
}

/*
 * Drop the kernel's hold on the slot that @handle names, so that a sweep can
 * free the slot. The change is atomic, so the caller needs no lock.
 */
void kwriter_stock_drop_hold(struct rring_kwriter *kw, u64 handle)
{
	/*
	 * G: pairs with H in the sweep. All accesses of this writer to the slot
	 * come before the hold falls. Without this pair they could hit the
	 * slot's next use.
	 */
	kring_ledger_lower(kw->kernel, kwriter_slot(kw, handle), RRING_HOLD);
}

/*
 * Put the slot that @handle names back into the stock of its class. Return true
 * if there was room. If the stock is full, drop the kernel's hold on the slot
 * and return false: the caller must then wake the clients that wait for a slot.
 * The caller holds kw->lock.
 */
bool kwriter_stock_push(struct rring_kwriter *kw, u64 handle)
{
	struct kwriter_stock *stock = &kw->stock[rring_handle_class(handle)];

	if (stock->n >= 2 * stock->want) {
		kwriter_stock_drop_hold(kw, handle);
		return false;
	}
	stock->handle[stock->n++] = handle;
	return true;
}

/* ---- refill ---- */

/*
 * Return how many slots the stock lacks. The result is only a hint, because
 * this function does not take kw->lock.
 */
static u32 stock_shortfall(struct kwriter_stock *stock)
{
	u32 n = READ_ONCE(stock->n);

	return n < stock->want ? stock->want - n : 0;
}

/*
 * Take up to @want free slots of the pool into @stock. Return how many slots
 * were taken. Return 0 if no slot is free, or if @swept is false and the caller
 * must sweep first. Takes the arena's lock, releases it, then takes kw->lock. The
 * caller is a worker, which nobody can kill.
 *
 * A deep sweep can free slots whose entries have left the window but are not
 * settled: in_flight still counts these entries. So this function settles these
 * entries before it puts the slots into stock. Otherwise in_flight of a slot
 * could grow without limit.
 */
static u32 take_free_slots(struct kwriter_stock *stock, u32 want, bool swept)
{
	struct rring_kwriter *kw = stock->kw;
	struct kring_pool *pool = stock->pool;
	u64 handles[RRING_BATCH];
	unsigned long flags;
	u32 too_many = 0;
	u32 n, i;

	mutex_lock(&kw->arena->lock);
	n = kring_pool_take(pool, kw->kernel, handles,
			    min_t(u32, want, RRING_BATCH), swept);
	mutex_unlock(&kw->arena->lock);
	if (!n)
		return 0;
	kwriter_window_settle(kw);
	flags = kwriter_window_lock(kw);
	for (i = 0; i < n; i++)
		too_many += !kwriter_stock_push(kw, handles[i]);
	kwriter_window_unlock(kw, flags);
	if (too_many)
		kring_arena_wake_pools(kw->arena, BIT(pool->index));
	return n;
}

/*
 * Take free slots into @stock after a sweep. If there are none, take groups
 * from a client of an owned arena, and try again. Return how many slots were
 * taken.
 */
static u32 take_or_claim(struct kwriter_stock *stock, u32 want)
{
	u32 n = take_free_slots(stock, want, true);
	u32 claimed;

	if (n)
		return n;
	claimed = kring_groups_claim(stock->pool, NULL, want);
	if (!claimed)
		return 0;
	n = take_free_slots(stock, want, true);
	kring_groups_settle(stock->pool, NULL, claimed);
	return n;
}

/*
 * Fill @stock. Sweep if too few slots are free. Return true if the stock is
 * full, or if the limit of rounds is reached. Return false if no slot is free,
 * even after the kernel has recalled the slots in the clients' magazines, and
 * after rings have given up the slots of their oldest entries. Takes the
 * arena's lock. May sleep.
 */
static bool refill_stock(struct kwriter_stock *stock)
{
	u32 rounds = REFILL_ROUNDS_MIN + stock->want / RRING_BATCH;
	struct kring_pool *pool = stock->pool;
	u32 want;

	while ((want = stock_shortfall(stock)) && rounds--) {
		if (take_free_slots(stock, want, false))
			continue;
		kring_pool_sweep(pool, NULL, want, NULL);
		if (take_or_claim(stock, want))
			continue;
		kring_pool_recall(pool, NULL);
		/* a few slots of another owner's groups would not help */
		kring_sweep(pool, pool->groups ? pool->capacity : want,
			    KRING_SWEEP_WINDOWS, NULL);
		if (take_or_claim(stock, want))
			continue;
		kring_sweep_oldest(pool, stock->kw->kernel, want, false);
		if (!take_or_claim(stock, want))
			return false;
	}
	return true;
}

/*
 * Fill the stocks of the classes in the mask @classes. Return a mask with a bit
 * for each of these classes in whose pool refill_stock() found no free slot.
 */
static u32 refill_stocks(struct rring_kwriter *kw, u32 classes)
{
	u32 dry = 0;
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (classes & BIT(i) && kw->stock[i].want &&
		    !refill_stock(&kw->stock[i]))
			dry |= BIT(i);
	return dry;
}

/*
 * Add 1 to .failures of each pool in the mask @dry. Takes the arena's lock. The
 * caller is a worker, which nobody can kill.
 */
static void count_failures(struct kring_arena *arena, u32 dry)
{
	u32 i;

	mutex_lock(&arena->lock);
	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (dry & BIT(i))
			arena->pool[i].info->failures++;
	mutex_unlock(&arena->lock);
}

/*
 * Name the clients that hold too many slots of the pools in the mask @dry. Takes
 * the arena's lock. May sleep.
 */
static void check_holders(struct rring_kwriter *kw, u32 dry)
{
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (dry & BIT(i))
			kring_holders_check(&kw->arena->pool[i], kw->kernel,
					    false);
}

/*
 * Begin to wait for free slots of the classes in the mask @dry, in whose pools
 * the caller has found no free slot. Count a failure of each of these pools.
 * Like any client that waits, raise their waiters flags, pass barrier K, and try
 * once more to fill the stocks. Takes the arena's lock. May sleep.
 *
 * This function does not sleep until a slot is free: a class that is dry even
 * now keeps its bit in .dry, and slot_freed() queues the next refill. For each
 * other class this function lowers the flag again. With the flag still up, the
 * next client that drops a slot would make a WAKE system call that wakes nobody.
 */
static void arm_slot_wait(struct rring_kwriter *kw, u32 dry)
{
	u32 filled;

	count_failures(kw->arena, dry);
	atomic_or(dry, &kw->dry);
	smp_mb__after_atomic();		/* first .dry, then the flags */
	kring_flag_raise(&kw->arena->info->pool_waiters, dry);
	kring_barrier_unlocked(kw->arena);
	filled = dry & ~refill_stocks(kw, dry);
	check_holders(kw, dry & ~filled);
	if (!filled)
		return;
	atomic_andnot(filled, &kw->dry);
	kring_arena_wake_pools(kw->arena, filled);
}

/* Return true if is_low() is true for a stock. The caller holds kw->lock. */
static bool any_stock_low(struct rring_kwriter *kw)
{
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (is_low(&kw->stock[i]))
			return true;
	return false;
}

/*
 * End the refill, so that kwriter_stock_pop() can request the next one. But if
 * a stock became low while the worker filled other stocks, the refill stays
 * active, and this function queues the work again.
 */
static void end_refill(struct rring_kwriter *kw)
{
	unsigned long flags = kwriter_window_lock(kw);
	bool again;

	again = any_stock_low(kw);
	kw->refill_active = again;
	kwriter_window_unlock(kw, flags);
	if (again)
		queue_delayed_work(system_unbound_wq, &kw->refill, 0);
}

/*
 * Run the work kw->refill: fill all stocks, except those of dry classes. If a
 * pool has no free slot, begin to wait for one. The refill of other classes
 * goes on meanwhile.
 */
void kwriter_stock_refill(struct work_struct *work)
{
	struct rring_kwriter *kw = container_of(to_delayed_work(work),
						struct rring_kwriter, refill);
	u32 dry;

	kwriter_window_settle(kw);
	dry = refill_stocks(kw, ~atomic_read(&kw->dry));
	if (dry)
		arm_slot_wait(kw, dry);
	end_refill(kw);
}

/*
 * If the last refill found the pool of the stock without free slots, queue the
 * next refill, which looks at this pool again. Delay it by one tick, so that
 * refills run at most once per tick. The wait queue of the pool's event count
 * calls this function when the event count is signalled, in process context or
 * in an irq_work, with the queue's lock held.
 */
static int slot_freed(wait_queue_entry_t *wait, unsigned int mode, int flags,
		      void *key)
{
	struct kwriter_stock *stock = container_of(wait, struct kwriter_stock,
						   wait);
	u32 bit = BIT(stock->pool->index);

	if (atomic_fetch_andnot(bit, &stock->kw->dry) & bit)
		queue_delayed_work(system_unbound_wq, &stock->kw->refill, 1);
	return 0;
}

/* ---- init and destroy ---- */

/*
 * Return how many slots of @pool to keep in stock. The result is what @config
 * asks for. But if @by_default is true, because config->stock is all 0, the
 * result is a quarter of the pool, limited to STOCK_DEFAULT, and at least 1
 * unless the pool is empty.
 */
static u32 stock_wanted(const struct rring_kwriter_config *config,
			const struct kring_pool *pool, bool by_default)
{
	if (!by_default)
		return config->stock[pool->index];
	if (!pool->capacity)
		return 0;
	return clamp_t(u32, pool->capacity / 4, 1, STOCK_DEFAULT);
}

/*
 * Set up the stocks, which remain empty. Return 0, -ENOMEM, or -EINVAL if
 * config->stock asks for more than RRING_KWRITER_STOCK_MAX slots or for more
 * than the pool has. After an error the caller calls kwriter_stock_destroy().
 */
int kwriter_stock_init(struct rring_kwriter *kw,
		       const struct rring_kwriter_config *config)
{
	bool by_default = !memchr_inv(config->stock, 0, sizeof(config->stock));
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++) {
		struct kwriter_stock *stock = &kw->stock[i];
		struct kring_pool *pool = &kw->arena->pool[i];
		u32 want = stock_wanted(config, pool, by_default);

		stock->kw = kw;
		stock->pool = pool;
		init_waitqueue_func_entry(&stock->wait, slot_freed);
		if (want > RRING_KWRITER_STOCK_MAX || want > pool->capacity)
			return -EINVAL;
		if (!want)
			continue;
		stock->handle = kvcalloc(2 * want, sizeof(*stock->handle),
					 GFP_KERNEL_ACCOUNT);
		if (!stock->handle)
			return -ENOMEM;
		stock->want = want;
	}
	return 0;
}

/*
 * Start refills, and wait until the work .refill has run once. The stocks are
 * then full, unless a pool has too few free slots. May sleep.
 */
void kwriter_stock_start(struct rring_kwriter *kw)
{
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (kw->stock[i].want)
			add_wait_queue(&kw->stock[i].pool->evcount.queue,
				       &kw->stock[i].wait);
	kw->refill_active = true;
	queue_delayed_work(system_unbound_wq, &kw->refill, 0);
	flush_delayed_work(&kw->refill);
}

/*
 * Stop refills. After the return no refill runs or is queued. The caller
 * ensures that no reservation runs and .irq is idle, because both can queue a
 * refill. May sleep.
 */
void kwriter_stock_stop(struct rring_kwriter *kw)
{
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (kw->stock[i].want)
			remove_wait_queue(&kw->stock[i].pool->evcount.queue,
					  &kw->stock[i].wait);
	cancel_delayed_work_sync(&kw->refill);
}

/*
 * Drop the holds of all slots in stock, so that sweeps free the slots, and free
 * the arrays .handle. No other task uses the stocks any more, so this function
 * takes no lock. The caller then wakes the clients that wait for a slot.
 */
void kwriter_stock_destroy(struct rring_kwriter *kw)
{
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++) {
		struct kwriter_stock *stock = &kw->stock[i];

		while (stock->n)
			kwriter_stock_drop_hold(kw, stock->handle[--stock->n]);
		kvfree(stock->handle);
	}
}
