/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_GROUPS_H
#define KRING_GROUPS_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct kring_arena;
struct kring_client;
struct kring_pool;

/*
 * Groups of slots, in an owned arena: see RRING_CREATE_OWNED in the ABI. A
 * group that has an owner is in one list of this owner. A group that nobody owns
 * is in .nobody of its pool, or in a list of kring_groups_claim(). The arena's
 * lock protects all fields.
 */
struct kring_group {
	struct list_head node;
	struct kring_owner *owner;	/* NULL: nobody */
	u32 nr_free;			/* slots that are free */
	bool sealed;			/* its owner may not write it any more */
};

/* The groups of one pool that one client owns, or the kernel, or the dead. */
struct kring_owner {
	struct kring_client *client;	/* NULL: no process can write them */
	struct list_head whole;		/* groups with only free slots */
	struct list_head part;		/* groups with some free slots */
	struct list_head full;		/* groups without a free slot */
	u32 nr_whole;			/* groups in .whole */
	u32 nr_used;			/* groups in .part and .full */
	u32 nr_claimed;			/* groups that kring_groups_claim() is
					 * taking from others for this owner
					 */
	u32 nr_kept;			/* groups in .whole that others do not
					 * claim: see kring_groups_settle()
					 */
	u32 part_free;			/* free slots of the groups in .part */
	u32 minimum;			/* .nr_used can always grow to this */
};

/* The groups of one pool. */
struct kring_groups {
	struct kring_group *group;	/* array of .nr */
	u64 *free;			/* bitmaps: slots that are free. Each
					 * group has .words words
					 */
	rring_word_t *word;		/* owner words, in the ARENA region */
	u32 nr;
	u32 slots;			/* slots of one group */
	u32 words;			/* in .free, for one group */
	u32 pages;			/* pages of one group */
	struct list_head nobody;	/* groups that nobody owns */
	u32 nr_nobody;			/* groups in .nobody */
	u32 nr_used;			/* the sum of .nr_used and .nr_claimed of
					 * all owners
					 */
	/*
	 * How many groups the owners must still get in use until each has its
	 * minimum: the sum of .minimum - .nr_used - .nr_claimed of the owners
	 * below it. .nr_used and .reserved together never exceed .nr.
	 */
	u32 reserved;
	struct kring_owner kernel;	/* for kernel writers */
	struct kring_owner orphans;	/* groups of clients that died while
					 * slots of the group were in use
					 */
};

int kring_groups_round(struct rring_create *args);
int kring_groups_init(struct kring_pool *pool);
void kring_groups_destroy(struct kring_pool *pool);
u32 kring_groups_lendable(const struct kring_pool *pool,
			  const struct kring_owner *owner);
u32 kring_groups_reachable(const struct kring_pool *pool,
			   const struct kring_owner *owner);
u32 kring_groups_quota_left(const struct kring_pool *pool,
			    const struct kring_owner *owner, u32 quota);
u32 kring_groups_take(struct kring_pool *pool, struct kring_owner *owner);
void kring_groups_give(struct kring_pool *pool, u32 slot);
void kring_groups_lend_xxl(struct kring_pool *pool, u32 slot,
			   const struct kring_client *client);
u32 kring_groups_permitted(const struct kring_groups *groups,
			   const struct kring_owner *owner);
void kring_group_to_nobody(struct kring_groups *groups,
			   struct kring_group *group);
struct kring_group *kring_groups_take_whole(struct kring_groups *groups,
					    struct kring_owner *owner);
void kring_groups_disown(struct kring_groups *groups,
			 struct kring_owner *owner);
struct kring_group *kring_groups_used(const struct kring_owner *owner);
u32 kring_groups_claimable(const struct kring_owner *owner);
void kring_groups_begin_claim(struct kring_groups *groups,
			      struct kring_owner *owner, u32 n);
void kring_groups_end_claim(struct kring_groups *groups,
			    struct kring_owner *owner, u32 n);
void kring_group_to_owner(struct kring_groups *groups,
			  struct kring_group *group, struct kring_owner *owner);
void kring_group_to_orphans(struct kring_groups *groups,
			    struct kring_group *group);
void kring_groups_end_minimum(struct kring_groups *groups,
			      struct kring_owner *owner);
u32 kring_groups_claim(struct kring_pool *pool, struct kring_client *client,
		       u32 want);
void kring_groups_settle(struct kring_pool *pool, struct kring_client *client,
			 u32 n);
int kring_groups_join(struct kring_client *client, struct kring_arena *arena);
void kring_groups_leave(struct kring_client *client);
rring_word_t *kring_groups_words(const struct kring_pool *pool);
u64 kring_groups_first_page(const struct kring_pool *pool);
bool kring_groups_writable(const struct kring_client *client, u64 page,
			   u64 *first, u64 *end);

static inline u32 kring_group_index(const struct kring_groups *groups,
				    const struct kring_group *group)
{
	return group - groups->group;
}

#endif /* KRING_GROUPS_H */
