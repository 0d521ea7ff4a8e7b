/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_POOL_H
#define KRING_POOL_H

#include <linux/rusted_ring.h>

#include "remnants.h"
#include "wait.h"

struct kring_arena;
struct kring_client;
struct kring_groups;
struct kring_refill;
struct kring_xxl;

/*
 * Says to which client the kernel has last lent a slot, and at which position
 * of that client's magazine.
 */
struct kring_lease {
	u32 serial;			/* client's serial; 0: the kernel took
					 * the slot, or never lent the slot
					 */
	u32 client;			/* id of the client */
	u32 position;			/* in the magazine, modulo 2^32 */
	u32 stamp;			/* .stamp of the pool when
					 * filter_batch() last put the slot into
					 * a batch
					 */
};

/*
 * A copy of the state of one client's magazine, for calls of
 * kring_pool_in_magazine() for several slots.
 */
struct kring_lent {
	u32 serial;			/* client's serial; 0: no copy yet */
	u32 tail;			/* position of the first slot in the
					 * magazine
					 */
	u32 n;				/* slots in the magazine */
};

/* The arena's lock protects all fields except .evcount and .remnants. */
struct kring_pool {
	struct kring_arena *arena;
	struct rring_pool_info *info;	/* in the ARENA region */
	u32 index;			/* the class of the slots */
	u32 capacity;
	u32 base;			/* index of slot 0 in ledgers */
	u32 hint;			/* slot where the next sweep begins */
	bool dry;			/* a refill found no slot or no memory,
					 * and no later refill has found a full
					 * batch (.batch of .info) free
					 */
	u64 dry_spells;			/* how often .dry became true */
	u32 nr_free;			/* slots that are free */
	u32 high_water;			/* a slot with this index or above was
					 * never out (not free). Without groups,
					 * this is also the highest number of
					 * slots that were ever out at the same
					 * time
					 */
	u32 sweep_limit;		/* a refill first sweeps if more slots
					 * than this would be out after it
					 */
	u32 lent_since_sweep;		/* slots that went out since
					 * kring_pool_sweep() last began to
					 * sweep the whole pool
					 */
	u32 stamp;			/* counts the calls of filter_batch() */
	u32 swept;			/* how many slots kring_pool_sweep() has
					 * looked at in the pool since
					 * adjust_sweep_limit() last set this
					 * field to 0
					 */
	u32 swept_free;			/* how many of these slots were freed */
	u32 *free;			/* stack of .nr_free slots; NULL if the
					 * pool has groups
					 */
	struct kring_groups *groups;	/* NULL unless the arena is owned */
	unsigned long *out;		/* bitmap: slots that are not free */
	unsigned long *named;		/* bitmap, by slot: at the last run of
					 * mark_windows(), an entry in the
					 * window of a ring named the slot
					 */
	struct kring_lease *lease;	/* array, by slot */
	struct kring_xxl **xxl;		/* by slot: its region, NULL if it has
					 * none; only the XXL pool has this
					 * array
					 */
	struct kring_xxl *xxl_retired;	/* list of regions to be freed */
	u64 xxl_in_use;			/* bytes of the regions in .xxl */
	u64 xxl_regions;		/* how many regions slots have had */
	struct kring_remnants remnants;	/* only of the XXL pool */
	rring_word_t *xxl_word;		/* array in the ARENA region, by slot:
					 * number and size of the slot's region,
					 * 0 if it has none; only the XXL pool
					 * has this array
					 */
	struct kring_evcount evcount;	/* a refill sleeps on it, if it waits
					 * for a free slot
					 */
};

int kring_pool_init(struct kring_pool *pool, struct kring_arena *arena,
		    u32 index);
u32 kring_pool_quota(const struct kring_pool *pool,
		     const struct kring_client *client);
void kring_pool_destroy(struct kring_pool *pool);
u32 kring_pool_take(struct kring_pool *pool, struct kring_client *kernel,
		    u64 *handles, u32 want, bool swept);
u32 kring_pool_charged(const struct kring_pool *pool,
		       const struct kring_client *client);
u32 kring_pool_quota_left(struct kring_pool *pool, struct kring_client *client);
u32 kring_pool_nr_free_for(const struct kring_pool *pool,
			   struct kring_client *client);
void kring_pool_lend(struct kring_pool *pool, struct kring_client *client,
		     u64 head, u32 n);
void kring_pool_account_lent(struct kring_pool *pool, u32 n);
bool kring_pool_charge_instead(struct kring_pool *pool,
			       struct kring_lease *lease,
			       struct kring_client *client, u32 quota);
u32 kring_pool_sweep(struct kring_pool *pool, struct kring_client *client,
		     u32 want, struct kring_refill *refill);
void kring_pool_sweep_all(struct kring_pool *pool);
void kring_pool_recall(struct kring_pool *pool,
		       const struct kring_client *except);
void kring_pool_look_at_magazine(const struct kring_pool *pool,
				 const struct kring_lease *lease,
				 struct kring_lent *lent);
u32 kring_pool_free_batch(struct kring_pool *pool, const u64 *handles,
			  struct kring_refill *refill);
int kring_pool_count(struct kring_client *client, struct rring_pool_stat *stat);

static inline u32 kring_pool_nr_out(const struct kring_pool *pool)
{
	return pool->capacity - pool->nr_free;
}

/*
 * Return true if the caller must sweep before it lends @want slots to a client,
 * or to the kernel, for which @n slots are free. This is so if @n is less than
 * @want. Without a sweep, the client would get the few slots that the last sweep
 * has left over, and soon need another REFILL. This is also so if more than
 * .sweep_limit slots would be out. Without a sweep, the slots in use would
 * spread over the whole pool, and .high_water would not show how many slots are
 * needed. The caller holds the arena's lock.
 */
static inline bool kring_pool_needs_sweep(const struct kring_pool *pool, u32 n,
					  u32 want)
{
	return n < want || kring_pool_nr_out(pool) + want > pool->sweep_limit;
}

/*
 * Return true if the slot of @lease, which is out (not in the free set), is in a
 * magazine. If the result is false, the slot enters no magazine while the caller
 * holds the arena's lock. If the result is true, the client may take the slot out
 * of its magazine at any time. @lent caches the magazine that the last call looked
 * at; the caller sets @lent to zero before the first call. The magazine of serial
 * 0, which no client has, counts as empty. The caller holds the arena's lock.
 */
static inline bool kring_pool_in_magazine(const struct kring_pool *pool,
					  const struct kring_lease *lease,
					  struct kring_lent *lent)
{
	if (lease->serial != lent->serial)
		kring_pool_look_at_magazine(pool, lease, lent);
	return lease->position - lent->tail < lent->n;
}

#endif /* KRING_POOL_H */
