/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_CLIENT_H
#define KRING_CLIENT_H

#include "compat.h"
#include <linux/rusted_ring.h>
#include <linux/rusted_ring_netlink.h>
#include <rusted_ring/internal/ledger.h>

#include "arena.h"
#include "region.h"
#include "wait.h"

struct inode;
struct mm_struct;
struct pid;
struct kring_reader;

/*
 * One open file. The first successful ATTACH makes it a client of an arena.
 * ATTACH stores .arena last, with release: a task that loads .arena with
 * acquire sees the other fields. From then on the fields from .read_write to
 * .serial do not change, except .attach_lock. Client 0, the kernel, has no file:
 * see kclient/client.c.
 */
struct kring_client {
	struct kref ref;		/* held by the file, and an eviction */
	bool read_write;		/* open for both, so it may attach */
	struct inode *inode;		/* all its mappings map this one */
	struct mutex attach_lock;	/* serializes ATTACH */
	struct kring_arena *arena;	/* NULL: not attached */
	/* of the process that attached */
	struct mm_struct *mm;
	struct pid *pid;
	kuid_t uid;
	char comm[TASK_COMM_LEN];
	/* given at ATTACH */
	u32 role;
	u32 id;				/* in the arena's .clients */
	u32 serial;

	/* under the arena's lock */
	enum rring_client_state state;
	bool evicted;			/* eviction began: calls fail */
	u32 quota;			/* percent; 0: the arena's */
	u64 refills;			/* that lent something */
	u64 wakes;			/* its WAKE calls with flags */
	struct kring_region ledger;
	struct kring_region magazine;
	struct kring_region cursors;
	u32 tail[RRING_POOLS];		/* see kring_client_tail() */
	/*
	 * Magazine position of the first slot of the last refill. A refill does
	 * not change it while that slot is still in the magazine and first.
	 */
	u32 refilled[RRING_POOLS];
	u32 recalled;			/* bit per pool: the kernel has recalled
					 * the magazine, and perhaps the client
					 * has not noticed
					 */
	u32 spared;			/* bit per pool: kring_client_spare()
					 * may lend one slot again
					 */
	u32 spared_moves[RRING_POOLS];	/* of the slot that it may spare */
	u32 charged[RRING_POOLS];	/* slots lent and not freed since */
	u64 recent[RRING_POOLS][RRING_RECENT_LISTS]; /* read up to here */
	struct kring_reader *readers[RRING_CURSORS]; /* by cursor */

	/* under no lock */
	struct kring_evcount evcount;	/* for WAIT_ANY and WAIT_PEER */
	atomic_t ledger_maps;		/* mappings; 0: death */
	wait_queue_head_t poll_queue;
};

/* A region that a client may map, and a reference that keeps it. */
struct kring_region_ref {
	const struct kring_region *region;
	bool writable;			/* the client may write it */
	/* the reference; both NULL: the client keeps the region itself */
	struct rring_pages *pages;
	struct kring_client *peer;
};

/* Is @client dead or evicted? The caller holds the arena's lock. */
static inline bool kring_client_is_gone(const struct kring_client *client)
{
	return client->state == RRING_CLIENT_DEAD || client->evicted;
}

struct kring_client *kring_client_new(bool read_write, struct inode *inode);
void kring_client_put(struct kring_client *client);
void kring_client_release(struct kring_client *client);
int kring_client_attach(struct kring_client *client, struct rring_attach *args);
int kring_client_lock(struct kring_client *client);
void kring_client_unlock(struct kring_client *client);
void kring_client_wake(struct kring_client *client, __poll_t events);
void kring_client_raise(struct kring_client *client, u64 cursors);
int kring_client_wait_any(struct kring_client *client,
			  const struct rring_wait *args);
u64 kring_client_bytes(const struct kring_client *client);
u32 kring_client_tail(struct kring_client *client, u32 pool);
u32 kring_client_lent(struct kring_client *client, u32 pool);
bool kring_client_has_untouched_refill(struct kring_client *client, u32 pool);
u32 kring_client_parked(struct kring_client *client, u32 pool);
bool kring_client_recall(struct kring_client *client, struct kring_pool *pool);
void kring_client_spare(struct kring_client *client, struct kring_pool *pool);
int kring_client_region(struct kring_client *client, u64 offset,
			struct kring_region_ref *ref);
void kring_region_ref_put(struct kring_region_ref *ref);
__poll_t kring_client_ready(struct kring_client *client);
__poll_t kring_client_arm(struct kring_client *client);
__poll_t kring_client_poll(struct kring_client *client);

/*
 * Does the ledger word @word hold its slot? Yes if it has holds, unless its low
 * 32 bits are @parked, the result of kring_client_parked(): the kernel has
 * recalled such a slot.
 */
static inline bool kring_word_holds(u64 word, u32 parked)
{
	return rring_ledger_holds(word) && (u32)word != parked;
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

static inline struct rring_magazine *
kring_client_magazine(const struct kring_client *client, u32 pool)
{
	struct rring_magazines *magazines = client->magazine.addr;

	return &magazines->pool[pool];
}

#endif /* KRING_CLIENT_H */
