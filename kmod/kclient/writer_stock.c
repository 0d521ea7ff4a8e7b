// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * A kernel writer's stock of free slots. Whoever produces may not sleep, and a
 * sweep does; so a worker fills the stock while it is half full still. A slot
 * in stock is held in the kernel's ledger, which is all that the sweep asks.
 */
#include "../core/compat.h"

#include <linux/workqueue.h>
#include <rusted_ring/handle.h>
#include <rusted_ring/layout.h>

#include "../core/arena.h"
#include "../core/barrier.h"
#include "../core/client.h"
#include "../core/reclaim.h"
#include "writer.h"

#define STOCK_DEFAULT	16
#define ROUNDS		64	/* of a refill, before others have their turn */

rring_word_t *rring_stock_word(struct rring_kwriter *kw, u64 handle)
{
	struct rring_pool *pool =
		&kw->arena->pool[rring_handle_class(handle)];

	return &rring_client_ledger(kw->kernel)[pool->base +
						rring_handle_index(handle)];
}

/* Whose slots take @len bytes; NULL: nobody's. */
struct rring_stock *rring_stock_for(struct rring_kwriter *kw, u32 len)
{
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (len <= rring_slot_size(i) && kw->stock[i].want)
			return &kw->stock[i];
	return NULL;
}

/* 0: it is empty; no handle is 0. Under the kwriter's lock. */
u64 rring_stock_pop(struct rring_stock *stock)
{
	struct rring_kwriter *kw = stock->kw;
	u64 handle = stock->n ? stock->handle[--stock->n] : 0;

	if (stock->n <= stock->want / 2 && !kw->filling) {
		kw->filling = true;
		kw->fill = true;
	}
	return handle;
}

void rring_stock_let_go(struct rring_kwriter *kw, u64 handle)
{
	/* G: nothing else names it, and nothing of it is used any more */
	rring_word_fetch_add(rring_stock_word(kw, handle),
			     RRING_MOVE - RRING_HOLD);
}

/*
 * Back into stock. False: that is full, and the slot goes to the sweep, of which
 * whoever waits for one has to be told. Under the kwriter's lock.
 */
bool rring_stock_push(struct rring_kwriter *kw, u64 handle)
{
	struct rring_stock *stock = &kw->stock[rring_handle_class(handle)];

	if (stock->n >= 2 * stock->want) {
		rring_stock_let_go(kw, handle);
		return false;
	}
	stock->handle[stock->n++] = handle;
	return true;
}

/* ---- refill ---- */

static u32 missing(struct rring_stock *stock)
{
	u32 n = READ_ONCE(stock->n);

	return n < stock->want ? stock->want - n : 0;
}

/*
 * How many were free. A slot that this ring named before is settled before it
 * goes into stock: else it could be in flight ever more often.
 */
static u32 take_free(struct rring_stock *stock, u32 want, bool swept)
{
	struct rring_kwriter *kw = stock->kw;
	struct rring_pool *pool = stock->pool;
	u64 handles[RRING_BATCH];
	unsigned long flags;
	u32 too_many = 0;
	u32 n, i;

	mutex_lock(&kw->arena->lock);
	n = rring_pool_take(pool, rring_client_ledger(kw->kernel), handles,
			    min_t(u32, want, RRING_BATCH), swept);
	mutex_unlock(&kw->arena->lock);
	if (!n)
		return 0;
	rring_kwindow_settle(kw);
	flags = rring_kwindow_lock(kw);
	for (i = 0; i < n; i++)
		too_many += !rring_stock_push(kw, handles[i]);
	rring_kwindow_unlock(kw, flags);
	if (too_many)
		rring_arena_wake_pools(kw->arena, BIT(pool->index));
	return n;
}

/* False: the pool is dry. */
static bool fill(struct rring_stock *stock)
{
	u32 rounds = ROUNDS + stock->want / RRING_BATCH;
	u32 want;

	while ((want = missing(stock)) && rounds--) {
		if (take_free(stock, want, false))
			continue;
		rring_pool_sweep(stock->pool, want);
		if (take_free(stock, want, true))
			continue;
		rring_sweep(stock->pool, want, RRING_SWEEP_WINDOWS, NULL);
		if (!take_free(stock, want, true))
			return false;
	}
	return true;
}

/* A bit for each pool that is dry. */
static u32 fill_all(struct rring_kwriter *kw)
{
	u32 dry = 0;
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (kw->stock[i].want && !fill(&kw->stock[i]))
			dry |= BIT(i);
	return dry;
}

static void count_failures(struct rring_arena *arena, u32 dry)
{
	u32 i;

	mutex_lock(&arena->lock);
	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (dry & BIT(i))
			arena->pool[i].info->failures++;
	mutex_unlock(&arena->lock);
}

/*
 * Like any who waits for a slot: raise the flag, K, look again. Instead of
 * sleeping it stays at the gate, which calls slot_freed(). If nobody is missing
 * a slot after all, the flag falls at once, or the next to pass would make a
 * system call for it.
 */
static u32 wait_for(struct rring_kwriter *kw, u32 dry)
{
	u32 still;

	count_failures(kw->arena, dry);
	WRITE_ONCE(kw->hungry, true);
	smp_mb__before_atomic();	/* who sees the flag sees us hungry */
	rring_flag_raise(&kw->arena->info->pool_waiters, dry);
	rring_barrier_unlocked(kw->arena);
	still = fill_all(kw);
	if (still)
		return still;
	WRITE_ONCE(kw->hungry, false);
	rring_arena_wake_pools(kw->arena, dry);
	return 0;
}

/* Has some stock been used up to half again, while the others were filled? */
static bool is_low(struct rring_kwriter *kw)
{
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (kw->stock[i].n < kw->stock[i].want / 2)
			return true;
	return false;
}

/* From here on, who takes from a stock says when it is low. */
static void end_refill(struct rring_kwriter *kw)
{
	unsigned long flags = rring_kwindow_lock(kw);
	bool again;

	again = is_low(kw);
	kw->filling = again;
	rring_kwindow_unlock(kw, flags);
	if (again)
		queue_delayed_work(system_unbound_wq, &kw->refill, 0);
}

void rring_stock_refill(struct work_struct *work)
{
	struct rring_kwriter *kw = container_of(to_delayed_work(work),
						struct rring_kwriter, refill);
	u32 dry;

	WRITE_ONCE(kw->hungry, false);
	rring_kwindow_settle(kw);
	dry = fill_all(kw);
	if (!dry || !wait_for(kw, dry))
		end_refill(kw);
}

/* Called by whoever opens the pool's gate. Not more than once a tick. */
static int slot_freed(wait_queue_entry_t *wait, unsigned int mode, int flags,
		      void *key)
{
	struct rring_stock *stock = container_of(wait, struct rring_stock,
						 wait);

	if (READ_ONCE(stock->kw->hungry))
		queue_delayed_work(system_unbound_wq, &stock->kw->refill, 1);
	return 0;
}

/* ---- life ---- */

static u32 stock_wanted(const struct rring_kwriter_config *config,
			const struct rring_pool *pool, bool by_default)
{
	if (!by_default)
		return config->stock[pool->index];
	if (!pool->capacity)
		return 0;
	return clamp_t(u32, pool->capacity / 4, 1, STOCK_DEFAULT);
}

int rring_stock_init(struct rring_kwriter *kw,
		     const struct rring_kwriter_config *config)
{
	bool by_default = !memchr_inv(config->stock, 0, sizeof(config->stock));
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++) {
		struct rring_stock *stock = &kw->stock[i];
		struct rring_pool *pool = &kw->arena->pool[i];
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

/* From here on it is filled. May sleep. */
void rring_stock_begin(struct rring_kwriter *kw)
{
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (kw->stock[i].want)
			add_wait_queue(&kw->stock[i].pool->gate.queue,
				       &kw->stock[i].wait);
	kw->filling = true;
	queue_delayed_work(system_unbound_wq, &kw->refill, 0);
	flush_delayed_work(&kw->refill);
}

/* Nobody starts a refill any more, and none is under way. May sleep. */
void rring_stock_stop(struct rring_kwriter *kw)
{
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++)
		if (kw->stock[i].want)
			remove_wait_queue(&kw->stock[i].pool->gate.queue,
					  &kw->stock[i].wait);
	cancel_delayed_work_sync(&kw->refill);
}

/* What is in stock goes to the sweep. */
void rring_stock_destroy(struct rring_kwriter *kw)
{
	u32 i;

	for (i = 0; i < RRING_KWRITER_CLASSES; i++) {
		struct rring_stock *stock = &kw->stock[i];

		while (stock->n)
			rring_stock_let_go(kw, stock->handle[--stock->n]);
		kvfree(stock->handle);
	}
}
