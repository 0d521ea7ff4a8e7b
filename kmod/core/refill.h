/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_REFILL_H
#define KRING_REFILL_H

#include <linux/rusted_ring.h>

#include "compat.h"

struct kring_client;
struct kring_pool;
struct kring_xxl;

/* A call of kring_pool_refill(). */
struct kring_refill {
	struct kring_client *client;
	struct kring_pool *pool;
	u32 want;			/* slots asked for */
	u32 lent;			/* slots lent by this refill, not more
					 * than .want
					 */
	u32 found;			/* slots that the last sweep_and_lend()
					 * freed
					 */
	bool over_quota;		/* refill_lend() found that the client
					 * lacks quota, not free slots
					 */
	u64 deadline;			/* ktime in ns: then the refill fails */
	u64 recall_at;			/* ktime in ns: a recall that was left
					 * out is due; 0: there was none
					 */
	u64 bytes;			/* size of an XXL event; otherwise 0 */
	struct kring_xxl *xxl;		/* a region that no slot has now, for
					 * the XXL event; otherwise NULL
					 */
};

u64 kring_refill_lend_swept(struct kring_refill *refill, const u64 *handles);
int kring_pool_refill(struct kring_client *client, struct rring_refill *args);

#endif /* KRING_REFILL_H */
