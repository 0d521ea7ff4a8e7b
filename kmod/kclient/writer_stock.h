/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_KSTOCK_H
#define RRING_KSTOCK_H

#include "../core/compat.h"

struct rring_kwriter;
struct rring_kwriter_config;
struct rring_pool;
struct work_struct;

/* Free slots of one pool that a kernel writer holds for its next events. */
struct rring_stock {
	struct rring_kwriter *kw;
	struct rring_pool *pool;
	u32 want;			/* slots when full; 0: class not used */
	u32 n;				/* slots in stock; under kw->lock */
	u64 *handle;			/* 2 * .want of them; under kw->lock */
	wait_queue_entry_t wait;	/* in the queue of the pool's gate */
};

int rring_stock_init(struct rring_kwriter *kw,
		     const struct rring_kwriter_config *config);
void rring_stock_begin(struct rring_kwriter *kw);
void rring_stock_stop(struct rring_kwriter *kw);
void rring_stock_destroy(struct rring_kwriter *kw);
void rring_stock_refill(struct work_struct *work);
struct rring_stock *rring_stock_for(struct rring_kwriter *kw, u32 len);
u64 rring_stock_pop(struct rring_stock *stock);
bool rring_stock_push(struct rring_kwriter *kw, u64 handle);
void rring_stock_drop_hold(struct rring_kwriter *kw, u64 handle);
rring_word_t *rring_stock_word(struct rring_kwriter *kw, u64 handle);

#endif /* RRING_KSTOCK_H */
