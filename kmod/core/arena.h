/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_ARENA_H
#define KRING_ARENA_H

#include "compat.h"

#include <rusted_ring/internal/reclaim.h>

#include "account.h"
#include "announce.h"
#include "holders.h"
#include "places.h"
#include "pool.h"
#include "region.h"
#include "work.h"

struct net;
struct kring_client;
struct kring_ring;

/*
 * Locking.
 *
 * .lock protects what the kernel changes in the arena: pools, leases,
 * generations, the tables of clients, rings and readers. While a task holds
 * .lock, no other task puts a slot into a magazine, or adds or removes a
 * client, a ring or a reader. A sweep releases .lock after each batch of slots,
 * so that no other task has to wait until the whole pool is swept.
 *
 * Some words change without .lock: the kernel changes waiters flags by atomic
 * operations, a kernel writer has locks of its own (kclient/writer.h), and
 * processes write the words in their own pages at any time.
 *
 * The kernel allocates clients, rings, readers and the regions of these and of
 * XXL events without .lock, because an allocation can take long. It also frees
 * the regions of XXL events without .lock.
 *
 * kring_names_lock protects the tables of all arenas (names.c), and the fields of
 * each arena that stand below under the name of this lock. No task holds
 * kring_names_lock together with a .lock.
 *
 * A task that waits for one of the module's mutexes can be killed: it uses
 * mutex_lock_killable(), and its call fails with -EINTR. A function that waits by
 * mutex_lock() says why it must not fail: it is part of a death or of a release,
 * it undoes or completes what no other task can, or it runs in a worker of the
 * kernel, which nobody can kill.
 *
 * No task waits for memory under .lock, kring_names_lock or listeners_lock: see
 * kring_forbid_reclaim().
 *
 * Order of the module's locks:
 *
 *	mmap_lock, then .lock: a client dies when the mapping of its ledger is
 *		closed, and a fault in OWN (linux/own.c) maps a page. So no code
 *		under .lock may fault in user memory.
 *	attach_lock of a client (client.h), then .lock or kring_names_lock
 *	kernel_lock (kclient/client.c), then .lock
 *	.lock, then lock or wake_lock of a kernel writer (kclient/writer.h)
 *	.lock or kring_names_lock, then pending_lock (notify.c)
 *
 * listeners_lock (listener.c) is taken under mmap_lock, attach_lock or
 * kernel_lock, when an arena ends, or under none. No task takes one of these
 * locks under it.
 * The lock in linux/remnants.c is a leaf, which a task takes under mmap_lock or
 * under none of these.
 *
 * Each of these has a reference to the arena: a client except client 0, a
 * descriptor of the arena, a persistent name, a kernel writer, a kernel reader,
 * and the module for its arena `default`. A client's open file has a reference
 * to the client, and the client's mappings have references to the file.
 */
struct kring_arena {
	struct kref ref;
	/* kring_names_lock protects these fields */
	struct hlist_node of_name;	/* these four are in tables of names.c */
	struct hlist_node of_id;
	struct hlist_node of_creator;
	struct hlist_node of_net;
	struct net *net;		/* namespace in which the arena was
					 * created, without a reference; NULL
					 * after this namespace has ended
					 */
	bool persistent;		/* the name holds a reference */
	bool named;			/* the arena can be found by .name */

	/* fixed since creation, except .gid, .mode and .changes */
	char name[RRING_NAME_MAX];
	u64 net_cookie;			/* cookie of .net, also after .net has
					 * ended
					 */
	u32 id;
	kuid_t creator;			/* user that created the arena */
	kuid_t uid;			/* owner */
	kgid_t gid;			/* netlink changes this and .mode under
					 * .lock; a task that reads them without
					 * the lock may see one of them changed
					 */
	umode_t mode;
	atomic_t changes;		/* counts kring_arena_changed() calls */

	/* protects all fields below, except those that say otherwise */
	struct mutex lock;
	u32 quota;			/* percent of a pool for each client */
	struct kring_hold_limit hold_limit;
	struct kring_bans bans;		/* users that may not attach; others
					 * read it without a lock
					 */
	u64 evictions;			/* evictions done or under way */
	atomic_t evictions_waiting;	/* works of netlink/evict.c that wait
					 * for an mmap_lock; needs no lock
					 */
	struct kring_meter meter;	/* protected by pending_lock */
	struct kring_meter change_meter; /* of notices about changes; the same */
	struct kring_region region;	/* the ARENA region */
	struct kring_region payload;	/* the PAYLOAD region */
	struct rring_arena_info *info;	/* in .region */
	struct rring_ring_info *ring_info; /* array in .region; [0]: ring 1 */
	rring_word_t *generation;	/* in .region, by index in ledgers */
	struct kring_pool pool[RRING_POOLS];

	u32 client_serial;		/* the last serial of a client */
	u32 reader_serial;		/* the last serial of a reader */
	u32 ring_serial;		/* the last serial of a ring */
	struct kring_client **clients;	/* by id; [0] is always NULL */
	u32 last_client;		/* highest id a client ever had */
	struct list_head watchers;	/* clients that the next change wakes */
	struct rring_ledger *ledgers;	/* ledgers of .clients and .kernel */
	struct kring_client **ledger_of; /* [i] is the client of ledgers[i] */
	u32 nr_ledgers;
	struct kring_client *kernel;	/* client 0; NULL: the kernel has no
					 * writer and no reader in this arena
					 */
	u32 kernel_users;		/* how many writers and readers the
					 * kernel has in this arena; protected
					 * by kernel_lock (kclient/client.c),
					 * not by .lock
					 */
	struct kring_ring **rings;	/* by id; [0] is always NULL */
	u32 *adopted;			/* by index in ledgers: how many adopted
					 * entries (of writers that have gone)
					 * name the slot; sweeps skip the slot
					 * if this number is not 0
					 */
	struct rring_batch batch;	/* slots that a sweep looks at now */
	cpumask_var_t peers;		/* only kring_barrier() uses it */
	struct kring_tables tables;	/* this struct, and the arrays of the
					 * arena and of its pools
					 */
	struct kring_account account;	/* needs no lock */
	u32 recalled;			/* one bit per pool: a client may not
					 * have noticed that the kernel has
					 * recalled its slots
					 */
	u32 ignored;			/* how many of .ledgers have .parked, or
					 * had it when a sweep last looked at
					 * recalls
					 */
};

struct kring_arena *kring_arena_new(const struct rring_create *args,
				    struct net *net);
void kring_arena_forget_name(struct kring_arena *arena);
int kring_arena_unname(const char *name, struct net *net);
struct kring_arena *kring_arena_lookup(const char *name, struct net *net);
struct kring_arena *kring_arena_find(const char *name, u32 role);
bool kring_arena_permits(const struct kring_arena *arena, u32 role);
void kring_arena_get(struct kring_arena *arena);
void kring_arena_put(struct kring_arena *arena);
u32 kring_arena_next_serial(u32 *last);
void kring_arena_add_ledger(struct kring_arena *arena,
			    struct kring_client *client);
void kring_arena_remove_ledger(struct kring_arena *arena,
			       struct kring_client *client);
void kring_arena_wake_pools(struct kring_arena *arena, u32 pools);

/*
 * Callback of kring_arena_next() and kring_arena_each(). Return true if the
 * caller of kring_arena_next() looks for @arena; kring_arena_each() ignores the
 * result. @context is what the caller of these functions passed. Both functions
 * hold kring_names_lock while they call the callback, so the callback must not
 * take an arena's lock.
 */
typedef bool (*kring_arena_filter_t)(const struct kring_arena *arena,
				     void *context);
struct kring_arena *kring_arena_next(const struct net *net, u32 from,
				     kring_arena_filter_t filter,
				     void *context);
int kring_arena_each(const struct net *net, kring_arena_filter_t filter,
		     void *context);

/*
 * Count a change of @arena. Call this function after each change of something
 * that a dump of @arena shows, except statistics. A dump can take several calls
 * of kring_dump(). Each call of kring_dump() hashes .changes, and netlink marks
 * the dump (NLM_F_DUMP_INTR) if the hash differs from that of the call before.
 * Needs no lock.
 */
static inline void kring_arena_changed(struct kring_arena *arena)
{
	atomic_inc(&arena->changes);
}

/*
 * Copy @bytes, a multiple of 8, to @to in ARENA, word by word, or store zeros if
 * @from is NULL. A client may load these words meanwhile.
 */
static inline void kring_words_store(void *to, const void *from, size_t bytes)
{
	rring_word_t *word = to;
	const u64 *value = from;
	size_t i;

	for (i = 0; i < bytes / sizeof(*value); i++)
		rring_word_store(&word[i], value ? value[i] : 0);
}

static inline bool kring_arena_is_owned(const struct kring_arena *arena)
{
	return arena->info->features & RRING_FEATURE_OWNED;
}

extern struct mutex kring_names_lock;
void kring_names_forget(struct net *net);

#endif /* KRING_ARENA_H */
