/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_CLIENT_H
#define RRING_CLIENT_H

#include "compat.h"
#include <linux/rusted_ring.h>
#include <linux/rusted_ring_netlink.h>

#include "arena.h"
#include "region.h"
#include "wait.h"

struct inode;
struct mm_struct;
struct pid;
struct rring_reader;

/*
 * One open file. ATTACH makes it a client of an arena, once. .arena is stored
 * last, with release. From then on the fields up to .serial do not change, but
 * for .ref. Client 0, the kernel, has no file: see kclient/client.c.
 */
struct rring_client {
	struct kref ref;		/* held by the file, and an eviction */
	bool read_write;		/* open for both, so it may attach */
	struct inode *inode;		/* all its mappings map this one */
	struct mutex attach_lock;	/* serializes ATTACH */
	struct rring_arena *arena;	/* NULL: not attached */
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
	u64 wakes;			/* WAKE calls of this client */
	struct rring_region ledger;
	struct rring_region magazine;
	struct rring_region cursors;
	u32 tail[RRING_POOLS];		/* see rring_client_tail() */
	u32 charged[RRING_POOLS];	/* slots lent and not freed since */
	u64 recent[RRING_POOLS][RRING_RECENT_LISTS]; /* read up to here */
	struct rring_reader *readers[RRING_CURSORS]; /* by cursor */

	/* under no lock */
	struct rring_gate gate;		/* for WAIT_ANY and WAIT_PEER */
	atomic_t ledger_maps;		/* mappings; 0: death */
	wait_queue_head_t poll_queue;
};

struct rring_client *rring_client_new(bool read_write, struct inode *inode);
void rring_client_put(struct rring_client *client);
void rring_client_release(struct rring_client *client);
int rring_client_attach(struct rring_client *client, struct rring_attach *args);
int rring_client_lock(struct rring_client *client);
void rring_client_unlock(struct rring_client *client);
void rring_client_wake(struct rring_client *client, __poll_t events);
void rring_client_raise(struct rring_client *client, u64 cursors);
int rring_client_wait_any(struct rring_client *client,
			  const struct rring_wait *args);
u64 rring_client_bytes(const struct rring_client *client);
u32 rring_client_tail(struct rring_client *client, u32 pool);
u32 rring_client_lent(struct rring_client *client, u32 pool);
int rring_client_region(struct rring_client *client, u64 offset,
			const struct rring_region **region, bool *writable);
__poll_t rring_client_poll(struct rring_client *client);

static inline struct rring_tails *rring_client_tails(struct rring_client *client)
{
	return client->ledger.addr;
}

static inline rring_word_t *
rring_client_ledger(const struct rring_client *client)
{
	return client->ledger.addr + sizeof(struct rring_tails);
}

static inline struct rring_magazine *
rring_client_magazine(const struct rring_client *client, u32 pool)
{
	struct rring_magazines *magazines = client->magazine.addr;

	return &magazines->pool[pool];
}

#endif /* RRING_CLIENT_H */
