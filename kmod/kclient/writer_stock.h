/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KWRITER_STOCK_H
#define KWRITER_STOCK_H

#include "../core/compat.h"

struct rring_kwriter;
struct rring_kwriter_config;
struct kring_pool;
struct work_struct;

/*
 * Free slots of one pool that a kernel writer holds for its next events. .lock
 * of the writer protects .n and .handle[].
 */
struct kwriter_stock {
	struct rring_kwriter *kw;
	struct kring_pool *pool;
	u32 want;			/* slots to keep; 0: class not used */
	u32 n;				/* slots in .handle */
	u64 *handle;			/* room for 2 * .want handles */
	wait_queue_entry_t wait;	/* in pool->evcount.queue */
};

int kwriter_stock_init(struct rring_kwriter *kw,
		       const struct rring_kwriter_config *config);
void kwriter_stock_start(struct rring_kwriter *kw);
void kwriter_stock_stop(struct rring_kwriter *kw);
void kwriter_stock_destroy(struct rring_kwriter *kw);
void kwriter_stock_refill(struct work_struct *work);
struct kwriter_stock *kwriter_stock_for(struct rring_kwriter *kw, u32 len);
u64 kwriter_stock_pop(struct kwriter_stock *stock);
bool kwriter_stock_push(struct rring_kwriter *kw, u64 handle);
void kwriter_stock_drop_hold(struct rring_kwriter *kw, u64 handle);
u32 kwriter_slot(struct rring_kwriter *kw, u64 handle);

#endif /* KWRITER_STOCK_H */
