/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_CLIENT_H
#define KRING_CLIENT_H

#include "compat.h"
#include <linux/rusted_ring.h>
#include <linux/rusted_ring_netlink.h>
#include <rusted_ring/internal/ledger.h>

#include "arena.h"
#include "groups.h"
#include "idle.h"
#include "pages.h"
#include "region.h"
#include "wait.h"

struct inode;
struct mm_struct;
struct pid;
struct kring_rate;
struct kring_reader;

/*
 * One open file. The first successful ATTACH makes it a client of an arena.
 * ATTACH stores .arena last, with release: a task that loads .arena with
 * acquire sees the other fields. From then on the fields from .read_write to
 * .serial do not change, except .attach_lock. Client 0 is the kernel and has no
 * file: see kclient/client.c.
 */
struct kring_client {
	struct kref ref;		/* one for the file (for client 0: for
					 * .kernel of the arena), and one for an
					 * eviction that runs
					 */
	bool read_write;		/* the file is open for reading and
					 * writing, as ATTACH requires
					 */
	struct inode *inode;		/* this client's own; each mapping of
					 * this client maps it
					 */
	struct list_head mappers;	/* one for each region that it has
					 * mapped; see linux/mapper.h, also for
					 * the lock of this and the next field
					 */
	bool mappers_left;		/* it dies: it counts as another user */
	struct mutex attach_lock;	/* serializes ATTACH */
	struct kring_rate *rate;	/* how often it may disturb others */
	struct kring_arena *arena;	/* NULL: the client is not attached */
	/* the process that attached */
	struct mm_struct *mm;
	struct pid *pid;
	kuid_t uid;
	char comm[TASK_COMM_LEN];
	/* ATTACH sets these fields */
	u32 role;
	bool interruptible;		/* RRING_ATTACH_INTERRUPT */
	u32 id;				/* index in .clients of the arena */
	u32 serial;

	/* the arena's lock protects these fields */
	enum rring_client_state state;
	bool evicted;			/* an eviction has begun: calls fail */
	u32 evictors;			/* tasks and workers that evict it */
	bool leaving;			/* the client dies: calls fail */
	u32 quota;			/* percent of a pool; 0: the quota of
					 * the arena applies
					 */
	u64 refills;			/* how many refills lent it a slot */
	u64 wakes;			/* how many WAKE calls with flags */
	u64 woken_freed[RRING_POOLS];	/* by pool: how many slots were freed at
					 * the last WAKE that found the pool's
					 * flag up
					 */
	struct kring_region ledger;
	struct kring_region magazine;
	struct kring_pages *cursors;
	struct kring_pages *headers;	/* only of a producer in an owned arena */
	struct kring_owner owner[RRING_XXL]; /* by pool, in an owned arena */
	struct kring_tables tables;	/* this struct; of client 0 nothing */
	u32 tail[RRING_POOLS];		/* by pool: last kring_client_tail() */
	/*
	 * By pool: the position, in the magazine, of the first slot of the last
	 * refill. A refill does not change this position while the slot there
	 * is the one that the client takes next.
	 */
	u32 refilled[RRING_POOLS];
	u32 recalled;			/* one bit per pool: the kernel has
					 * recalled the magazine, and the client
					 * may not have noticed the recall yet
					 */
	u32 spared;			/* one bit per pool:
					 * kring_client_spare() may lend one
					 * recalled slot again
					 */
	u32 spared_moves[RRING_POOLS];	/* by pool: the moves, at the recall, in
					 * the ledger word of the slot that
					 * kring_client_spare() may lend again
					 */
	u32 over_limit;			/* one bit per pool: the kernel has
					 * named the client because of its hold
					 * limit, and no later count has found
					 * the limit kept (holders.c)
					 */
	struct list_head watching;	/* in .watchers of the arena while the next
					 * change is to wake the client
					 */
	bool polls_changes;		/* poll() reports changes from .watched on */
	u64 watched;			/* number of changes */
	struct kring_idle idle;		/* idle.c has a lock for it */
	u32 charged[RRING_POOLS];	/* by pool: slots that were lent to the
					 * client and not freed since
					 */
	/*
	 * By pool and list of recent drops: the kernel has read all entries of
	 * the list below this position.
	 */
	u64 recent[RRING_POOLS][RRING_RECENT_LISTS];
	struct kring_reader *readers[RRING_CURSORS]; /* by cursor index */
	u32 cursors_end;		/* each index of a reader is below this */

	/* no lock protects these fields */
	struct kring_evcount evcount;	/* threads in WAIT_ANY and WAIT_PEER
					 * sleep on it
					 */
	atomic_t own_maps;		/* mappings of OWN */
	atomic_t ledger_maps;		/* mappings of the ledger; when the last
					 * one is closed, the client dies
					 */
	wait_queue_head_t poll_queue;
};

/* A region that a client may map, and a reference that keeps the region. */
struct kring_region_ref {
	const struct kring_region *region;
	bool writable;			/* the client may write the region */
	bool own;			/* the client may lose the right to
					 * write: map a page writable only when
					 * it touches the page
					 */
	/*
	 * The reference. NULL if the region lives as long as the client itself
	 * or its arena, and needs no reference.
	 */
	struct kring_pages *pages;
};

/*
 * Return true if @client is dead or evicted, or is dying. The caller holds the
 * arena's lock.
 */
static inline bool kring_client_is_gone(const struct kring_client *client)
{
	return client->state == RRING_CLIENT_DEAD || client->evicted ||
	       client->leaving;
}

struct kring_client *kring_client_new(bool read_write, struct inode *inode);
void kring_client_put(struct kring_client *client);
void kring_client_release(struct kring_client *client);
int kring_client_attach(struct kring_client *client, struct rring_attach *args);
int kring_client_lock(struct kring_client *client);
void kring_client_unlock(struct kring_client *client);
void kring_client_wake(struct kring_client *client, __poll_t events);
void kring_client_raise(struct kring_client *client, u32 cursor);
int kring_client_wait_any(struct kring_client *client,
			  struct rring_wait *args);
int kring_client_wait_changes(struct kring_client *client, u64 changes,
			      struct rring_wait *args);
u32 kring_client_tail(struct kring_client *client, u32 pool);
u32 kring_client_lent(struct kring_client *client, u32 pool);
bool kring_client_has_untouched_refill(struct kring_client *client, u32 pool);
u32 kring_client_parked(struct kring_client *client, u32 pool);
bool kring_client_may_recall(struct kring_client *client, u32 pool);
bool kring_client_recall(struct kring_client *client, struct kring_pool *pool);
void kring_client_spare(struct kring_client *client, struct kring_pool *pool);
int kring_client_region(struct kring_client *client, u64 offset,
			struct kring_region_ref *ref);
void kring_region_ref_put(struct kring_region_ref *ref);
__poll_t kring_client_ready(struct kring_client *client);
__poll_t kring_client_arm(struct kring_client *client);
__poll_t kring_client_poll(struct kring_client *client);

/*
 * Return true if the ledger word @word holds its slot: the word has holds, and
 * its low 32 bits are not @parked, the result of kring_client_parked(). A word
 * with the low bits @parked belongs to a parked slot that the kernel has
 * recalled, unless @parked is 0.
 */
static inline bool kring_word_holds(u64 word, u32 parked)
{
	return rring_ledger_holds(word) && (u32)word != parked;
}

static inline struct rring_cursors *
kring_client_cursors(const struct kring_client *client)
{
	return client->cursors->region.addr;
}

/*
 * Return the owner in @pool that stands for @client, or for the kernel if
 * @client is NULL or client 0. Return NULL if the slots of @pool have no
 * groups.
 */
static inline struct kring_owner *
kring_groups_owner(const struct kring_pool *pool, struct kring_client *client)
{
	if (!pool->groups)
		return NULL;
	return client && client->id ? &client->owner[pool->index] :
				      &pool->groups->kernel;
}

static inline struct rring_tails *
kring_client_tails(struct kring_client *client)
{
	return client->ledger.addr;
}

static inline rring_word_t *
kring_client_ledger(const struct kring_client *client)
{
	return client->ledger.addr + sizeof(struct rring_tails);
}

/* Return the summaries of the ledger of @client, by index / 64 of the word. */
static inline rring_word_t *
kring_client_summaries(const struct kring_client *client)
{
	return client->ledger.addr + client->arena->info->summary_offset;
}

static inline struct rring_magazine *
kring_client_magazine(const struct kring_client *client, u32 pool)
{
	struct rring_magazines *magazines = client->magazine.addr;

	return &magazines->pool[pool];
}

#endif /* KRING_CLIENT_H */
