/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_POOL_H
#define RRING_POOL_H

#include <linux/rusted_ring.h>

#include "wait.h"

struct rring_arena;
struct rring_client;
struct rring_xxl;

/* To whom a slot was lent last, and where in that client's magazine. */
struct rring_lease {
	u32 serial;
	u32 client;
	u32 position;
	u32 stamp;			/* the last batch of hints it was in */
};

/* What a magazine had when a batch was put together. */
struct rring_lent {
	u32 serial;			/* of whose; 0: nobody's yet */
	u32 tail;
	u32 n;
};

/* All but .gate under the arena's lock. */
struct rring_pool {
	struct rring_arena *arena;
	struct rring_pool_info *info;
	u32 index;
	u32 capacity;
	u32 base;			/* of its slots in ledgers */
	u32 hint;			/* where the next sweep begins */
	bool dry;			/* since a refill found nothing, until
					 * a batch is free
					 */
	u64 dry_spells;
	u32 nr_free;
	u32 high_water;			/* the most slots that were out, and
					 * one past the last that ever was
					 */
	u32 soft;			/* no more get out without a sweep */
	u32 unswept;			/* lent since the last one began */
	u32 stamp;			/* of the present batch of hints */
	u32 looked;			/* slots, by sweeps for refills, since */
	u32 found;			/* .soft was judged; of them, freed */
	u32 *free;			/* slots that nobody has */
	unsigned long *out;		/* bitmap of all others */
	unsigned long *named;		/* bitmap: found in a ring's window */
	struct rring_lease *lease;
	struct rring_xxl **xxl;		/* XXL: what each slot has, or NULL */
	struct rring_xxl *xxl_retired;	/* to be freed without the lock */
	rring_word_t *xxl_bytes;	/* in the arena's region */
	struct rring_gate gate;		/* who waits for a slot */
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
 * Is @slot, which is out, still in a magazine? It may have left it since @lent,
 * which is that of the slot before, was looked at. Under the arena's lock.
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
