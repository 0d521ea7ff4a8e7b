/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_POOL_H
#define RRING_POOL_H

#include <linux/rusted_ring.h>

#include "wait.h"

struct rring_arena;
struct rring_client;
struct rring_xxl;

/* The last lending of a slot: to which client, and where in its magazine. */
struct rring_lease {
	u32 serial;			/* of the client; 0: the kernel */
	u32 client;			/* id */
	u32 position;			/* in its magazine, modulo 2^32 */
	u32 stamp;			/* last batch of recent drops */
};

/* One client's magazine, as it was when a batch of a sweep was gathered. */
struct rring_lent {
	u32 serial;			/* of the client; 0: none yet */
	u32 tail;			/* position of the first slot */
	u32 n;				/* slots */
};

/* The arena's lock protects all but .gate. */
struct rring_pool {
	struct rring_arena *arena;
	struct rring_pool_info *info;
	u32 index;
	u32 capacity;
	u32 base;			/* index of slot 0 in ledgers */
	u32 hint;			/* slot where the next sweep begins */
	bool dry;			/* a refill found nothing, and since
					 * then none found a batch free
					 */
	u64 dry_spells;			/* how often .dry was set */
	u32 nr_free;
	u32 high_water;			/* most ever out at once; no slot
					 * from here on was ever out
					 */
	u32 sweep_limit;		/* refills sweep before more are out */
	u32 lent_since_sweep;		/* lent since a refill last began to
					 * sweep the pool
					 */
	u32 stamp;			/* counts batches of recent drops */
	u32 swept;			/* slots looked at by refills' sweeps
					 * since .sweep_limit was judged
					 */
	u32 swept_free;			/* of .swept, freed */
	u32 *free;			/* stack of .nr_free slots */
	unsigned long *out;		/* bitmap: slots not in .free */
	unsigned long *named;		/* bitmap: slots in windows, by the
					 * last mark_windows()
					 */
	struct rring_lease *lease;	/* by slot */
	struct rring_xxl **xxl;		/* XXL: by slot, or NULL */
	struct rring_xxl *xxl_retired;	/* regions to be freed */
	rring_word_t *xxl_bytes;	/* in ARENA: sizes of regions, or 0 */
	struct rring_gate gate;		/* for waiting refills */
};

int rring_pool_init(struct rring_pool *pool, struct rring_arena *arena,
		    u32 index);
u32 rring_pool_quota(const struct rring_pool *pool,
		     const struct rring_client *client);
void rring_pool_destroy(struct rring_pool *pool);
u32 rring_pool_take(struct rring_pool *pool, rring_word_t *ledger,
		    u64 *handles, u32 want, bool swept);
u32 rring_pool_sweep(struct rring_pool *pool, u32 want);
void rring_pool_look_at_magazine(const struct rring_pool *pool,
				 const struct rring_lease *lease,
				 struct rring_lent *lent);
void rring_pool_free_slot(struct rring_pool *pool, u32 slot);
int rring_pool_refill(struct rring_client *client, struct rring_refill *args);
int rring_pool_count(struct rring_client *client, struct rring_pool_stat *stat);

/*
 * Is @slot, which is out, in a magazine? False is certain; true may be out of
 * date, as the client goes on taking slots. @lent keeps the magazine looked at
 * for the slot before; begin with zeroes. Under the arena's lock.
 */
static inline bool rring_pool_in_magazine(const struct rring_pool *pool,
					  u32 slot, struct rring_lent *lent)
{
	const struct rring_lease *lease = &pool->lease[slot];

	if (!lease->serial)
		return false;
	if (lease->serial != lent->serial)
		rring_pool_look_at_magazine(pool, lease, lent);
	return lease->position - lent->tail < lent->n;
}

#endif /* RRING_POOL_H */
