/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_ARENA_H
#define RRING_ARENA_H

#include "compat.h"

#include <rusted_ring/reclaim.h>

#include "notify.h"
#include "pool.h"
#include "region.h"

struct net;
struct rring_client;
struct rring_ring;

/*
 * Locking.
 *
 * One mutex per arena, .lock, is over everything that the kernel changes in
 * it: pools, leases and generations, who is a client, rings and their readers.
 * It is the sweep's lock: whoever holds it can rely on nothing entering a
 * magazine, and on no client, ring or reader coming or going. A sweep takes
 * it anew for each batch of slots, so that nobody waits for a whole pool.
 * Words that processes write move under it all the time.
 *
 * What takes long is done without it: the regions of rings and of XXL events
 * are allocated before, and the latter freed after it.
 *
 * Order: mmap_lock, then .lock (a client dies in the close of its mapping).
 * So nothing that may fault in user memory is called with it held.
 *
 * The list of all arenas and their names live under rring_names_lock, a leaf
 * that is never held together with .lock. A client, an arena descriptor, and a
 * persistent name hold a reference to the arena; a client is held by its open
 * file, which its mappings hold.
 *
 * .changes counts what comes, goes and is set, but for what only counts up: a
 * walk over the arena that took a while can tell if it saw it all at once.
 */
struct rring_arena {
	struct kref ref;
	/* under rring_names_lock */
	struct list_head node;		/* in the list of all */
	struct net *net;		/* where it was created; no reference */
	bool persistent;		/* the name holds a reference */
	bool named;			/* others find it by .name */

	char name[RRING_NAME_MAX];	/* it was created with */
	u64 net_cookie;			/* of the namespace, even if gone */
	u32 id;
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	atomic_t changes;

	struct mutex lock;		/* see above */
	u32 quota;			/* percent */
	u64 evictions;
	struct rring_meter meter;
	struct rring_region region;
	struct rring_region payload;
	struct rring_arena_info *info;	/* in .region, as are the next two */
	struct rring_ring_info *ring_info;
	rring_flag_t *generation;
	struct rring_pool pool[RRING_POOLS];

	u32 last_serial;		/* of clients and readers */
	struct rring_client **clients;	/* by id; 0 is the kernel: NULL */
	u32 last_client;		/* the highest id that ever was */
	const rring_word_t **ledgers;	/* of live clients */
	u32 nr_ledgers;
	struct rring_client *kernel;	/* while it writes or reads rings here */
	u32 kernel_users;
	struct rring_ring **rings;	/* by id */
	u32 *adopted;			/* by slot: how often the windows of
					 * dead writers' rings name it
					 */
	struct rring_batch batch;	/* the sweep's */
	cpumask_var_t peers;		/* the barrier's */
};

struct rring_arena *rring_arena_new(const struct rring_create *args,
				    struct net *net);
void rring_arena_forget_name(struct rring_arena *arena);
int rring_arena_unname(const char *name, struct net *net);
struct rring_arena *rring_arena_lookup(const char *name, struct net *net);
struct rring_arena *rring_arena_find(const char *name, struct net *net,
				     u32 role);
void rring_arena_get(struct rring_arena *arena);
void rring_arena_put(struct rring_arena *arena);
u32 rring_arena_next_serial(struct rring_arena *arena);
void rring_arena_wake_pools(struct rring_arena *arena, u32 pools);
u64 rring_arena_bytes(struct rring_arena *arena);

/* Called under rring_names_lock. */
typedef bool (*rring_shows_t)(const struct rring_arena *arena, void *context);
struct rring_arena *rring_arena_next(u32 from, rring_shows_t shows,
				     void *context);
void rring_arena_each(rring_shows_t shows, void *context);

/* Something that a walk over @arena shows has changed. */
static inline void rring_arena_changed(struct rring_arena *arena)
{
	atomic_inc(&arena->changes);
}

extern struct mutex rring_names_lock;
void rring_names_forget(struct net *net);

#endif /* RRING_ARENA_H */
