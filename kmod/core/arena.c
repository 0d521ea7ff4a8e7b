// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Arenas: creation and release. */
#include "compat.h"

#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "client.h"
#include "groups.h"
#include "names.h"
#include "places.h"
#include "revoke.h"
#include "ring.h"
#include "trace.h"
#include "xxl.h"

#define CLIENTS_DEFAULT	64
#define RINGS_DEFAULT	64
#define MODE_BITS	0777

static int check_capacities(const u32 *capacity)
{
	u32 slots = 0;
	int i;

	for (i = 0; i < RRING_POOLS; i++) {
		if (capacity[i] > RRING_POOL_CAPACITY_MAX ||
		    (i == RRING_XXL && capacity[i] > RRING_XXL_CAPACITY_MAX))
			return -EINVAL;
		slots += capacity[i];
	}
	return slots ? 0 : -EINVAL;
}

static int check_hold_limit(const struct rring_create *args)
{
	u32 i;

	for (i = 0; i < RRING_ROLES; i++)
		if (args->hold_limit[i] > 100)
			return -EINVAL;
	return args->on_hold_limit > RRING_HOLD_EVICT ? -EINVAL : 0;
}

static int check_args(const struct rring_create *args)
{
	if (args->flags & ~(RRING_CREATE_PERSIST | RRING_CREATE_OWNED))
		return -EINVAL;
	if (args->flags & RRING_CREATE_PERSIST && !args->name[0])
		return -EINVAL;
	if (args->max_clients > RRING_CLIENTS_MAX ||
	    args->max_rings > RRING_RINGS_MAX || args->quota > 100 ||
	    args->mode & ~MODE_BITS || args->reserved || check_hold_limit(args))
		return -EINVAL;
	if (args->producers && !(args->flags & RRING_CREATE_OWNED))
		return -EINVAL;
	if (args->producers > (args->max_clients ?: CLIENTS_DEFAULT))
		return -EINVAL;
	return check_capacities(args->capacity);
}

/*
 * Replace the zeros in @args, which check_args() has found valid, by what they
 * mean. Return 0, -EOPNOTSUPP if @args asks for an owned arena, and there are
 * none here, or -EINVAL if the pools are too small for an owned arena.
 */
static int complete_args(struct rring_create *args)
{
	args->max_clients = args->max_clients ?: CLIENTS_DEFAULT;
	args->max_rings = args->max_rings ?: RINGS_DEFAULT;
	args->quota = args->quota ?: 100;
	if (!(args->flags & RRING_CREATE_OWNED))
		return 0;
	return kring_can_revoke() ? kring_groups_round(args) : -EOPNOTSUPP;
}

/*
 * Make the arena of @info, which rring_layout_arena() has laid out, an owned
 * one for @producers producers and the kernel. Half of the groups are for the
 * minimum of each, so that an owner gets more than its minimum, too.
 */
static void lay_out_owners(struct rring_arena_info *info, u32 producers)
{
	u32 i;

	rring_layout_owners(info);
	for (i = 0; i < RRING_XXL; i++)
		info->group_minimum[i] = info->pool[i].capacity /
			rring_group_slots(rring_group_bytes(info), i) /
			(2 * (producers + 1));
}

static int set_owner(struct kring_arena *arena, const struct rring_create *args)
{
	arena->uid = current_euid();
	arena->gid = current_egid();
	if (args->uid != ~0u)
		arena->uid = make_kuid(current_user_ns(), args->uid);
	if (args->gid != ~0u)
		arena->gid = make_kgid(current_user_ns(), args->gid);
	if (!uid_valid(arena->uid) || !gid_valid(arena->gid))
		return -EINVAL;
	if (ns_capable(current_user_ns(), CAP_CHOWN))
		return 0;
	if (!uid_eq(arena->uid, current_euid()) || !in_egroup_p(arena->gid))
		return -EPERM;
	return 0;
}

static int alloc_tables(struct kring_arena *arena, u32 max_clients,
			u32 max_rings)
{
	struct kring_tables *tables = &arena->tables;
	u32 n = max_clients + 1;
	int err = 0;

	arena->clients = kring_tables_alloc(tables, n, sizeof(*arena->clients),
					    &err);
	arena->ledgers = kring_tables_alloc(tables, n, sizeof(*arena->ledgers),
					    &err);
	arena->ledger_of = kring_tables_alloc(tables, n,
					      sizeof(*arena->ledger_of), &err);
	arena->rings = kring_tables_alloc(tables, max_rings + 1,
					  sizeof(*arena->rings), &err);
	arena->batch.seen = kring_tables_alloc(tables, n * RRING_BATCH,
					       sizeof(*arena->batch.seen),
					       &err);
	arena->adopted = kring_tables_alloc(tables, arena->info->slots,
					    sizeof(*arena->adopted), &err);
	if (err)
		return err;
	return zalloc_cpumask_var(&arena->peers, GFP_KERNEL_ACCOUNT) ? 0 :
								      -ENOMEM;
}

/*
 * Give all slots of the arena their first generation: one random number for all
 * slots. A handle of another arena, or of an earlier arena with the same name,
 * most probably has another generation, so this arena refuses it as stale. In an
 * owned arena these are words of free slots.
 */
static void begin_generations(struct kring_arena *arena)
{
	/*
	 * The low 32 bits of a generation are never 0. In a random number they
	 * may be 0, but rring_generation_next() returns only valid generations.
	 */
	u64 first = rring_generation_next(get_random_u64() &
					  RRING_GENERATION_MAX);
	u32 i, slot;

	for (i = 0; i < RRING_POOLS; i++) {
		const struct rring_pool_info *pool = &arena->info->pool[i];
		u32 class = kring_arena_is_owned(arena) ? RRING_CLASS_FREE : i;

		for (slot = 0; slot < pool->capacity; slot++)
			rring_word_store(&arena->generation[pool->slot_base +
							    slot],
					 rring_handle(first, class, slot));
	}
}

static int alloc_regions(struct kring_arena *arena,
			 const struct rring_create *args)
{
	struct rring_arena_info *info;
	int err;

	info = kzalloc(sizeof(*info), GFP_KERNEL_ACCOUNT);
	if (!info)
		return -ENOMEM;
	if (args->flags & RRING_CREATE_OWNED)
		info->group_bytes = PAGE_SIZE;
	rring_layout_arena(info, args->capacity, args->max_clients,
			   args->max_rings);
	if (args->flags & RRING_CREATE_OWNED)
		lay_out_owners(info, args->producers);
	rring_layout_changes(info);
	/*
	 * Allocate PAYLOAD first: it is usually larger than ARENA, so a lack of
	 * memory shows early.
	 */
	err = kring_region_alloc(&arena->payload, &arena->account,
				 info->payload_size);
	if (err)
		goto out;
	err = kring_region_alloc(&arena->region, &arena->account, info->size);
	if (err)
		goto out;
	arena->info = arena->region.addr;
	arena->ring_info = arena->region.addr + info->ring_info_offset;
	arena->generation = arena->region.addr + info->generation_offset;
	*arena->info = *info;
	begin_generations(arena);
out:
	kfree(info);
	return err;
}

static int alloc_pools(struct kring_arena *arena)
{
	int err = 0;
	u32 i;

	for (i = 0; i < RRING_POOLS && !err; i++)
		err = kring_pool_init(&arena->pool[i], arena, i);
	return err;
}

static void free_rings(struct kring_arena *arena)
{
	u32 i;

	if (!arena->rings)
		return;
	for (i = 1; i <= arena->info->max_rings; i++)
		if (arena->rings[i])
			kring_ring_reap(arena->rings[i]);
}

static void arena_free(struct kring_arena *arena)
{
	u32 i;

	free_rings(arena);
	for (i = 0; i < RRING_POOLS; i++)
		kring_pool_destroy(&arena->pool[i]);
	free_cpumask_var(arena->peers);
	kvfree(arena->adopted);
	kvfree(arena->batch.seen);
	kvfree(arena->rings);
	kvfree(arena->ledger_of);
	kvfree(arena->ledgers);
	kvfree(arena->clients);
	kring_region_free(&arena->payload);
	kring_region_free(&arena->region);
	kring_tables_uncharge(&arena->tables);
	mutex_destroy(&arena->lock);
	kfree(arena);
}

/*
 * Create an arena as @wanted says. Return the arena with one reference for the
 * caller, or an ERR_PTR(): -EINVAL if @wanted is not valid; -EOPNOTSUPP if it
 * asks for an owned arena, and there are none here; -EPERM if the calling
 * task may not give the arena to the user or group in @args; -EEXIST if another
 * arena of @net has the name; -ENOSPC if max_bytes of the module would be
 * exceeded; -EDQUOT if the calling task's user has created all arenas that it
 * may; -EINTR if the task is being killed; or -ENOMEM. May sleep.
 */
struct kring_arena *kring_arena_new(const struct rring_create *wanted,
				    struct net *net)
{
	struct rring_create complete = *wanted;
	struct rring_create *args = &complete;
	struct kring_arena *arena;
	int err;

	err = check_args(args);
	if (!err)
		err = complete_args(args);
	/* kring_names_enter() checks again; this check saves allocations */
	if (!err)
		err = kring_names_check_user();
	if (err)
		return ERR_PTR(err);
	arena = kzalloc(sizeof(*arena), GFP_KERNEL_ACCOUNT);
	if (!arena)
		return ERR_PTR(-ENOMEM);
	kref_init(&arena->ref);
	mutex_init(&arena->lock);
	kring_forbid_reclaim(&arena->lock);
	INIT_LIST_HEAD(&arena->watchers);
	kring_forbid_reclaim(&kring_names_lock);
	atomic_set(&arena->changes, 0);
	arena->tables.account = &arena->account;
	arena->creator = current_euid();
	arena->mode = args->mode;
	arena->quota = args->quota;
	memcpy(arena->hold_limit.percent, args->hold_limit,
	       sizeof(args->hold_limit));
	arena->hold_limit.evict = args->on_hold_limit == RRING_HOLD_EVICT;
	err = set_owner(arena, args);
	if (err)
		goto fail;
	err = kring_tables_charge(&arena->tables, sizeof(*arena));
	if (err)
		goto fail;
	err = alloc_regions(arena, args);
	if (err)
		goto fail;
	err = alloc_tables(arena, args->max_clients, args->max_rings);
	if (err)
		goto fail;
	err = alloc_pools(arena);
	if (err)
		goto fail;
	err = kring_names_enter(arena, args, net);
	if (err)
		goto fail;
	return arena;

fail:
	arena_free(arena);
	return ERR_PTR(err);
}

void kring_arena_get(struct kring_arena *arena)
{
	kref_get(&arena->ref);
}

/*
 * Free the arena whose last reference is gone. kref_put_mutex() calls this
 * function with kring_names_lock held, and this function releases the lock.
 */
static void arena_release(struct kref *ref)
{
	struct kring_arena *arena = container_of(ref, struct kring_arena, ref);

	kring_names_remove(arena);
	mutex_unlock(&kring_names_lock);
	kring_announce_gone(arena);
	arena_free(arena);
}

/*
 * Put a reference. The last put frees @arena. The caller holds neither the
 * arena's lock nor kring_names_lock. Takes kring_names_lock, also if the task is
 * being killed, because this is a release. May sleep.
 */
void kring_arena_put(struct kring_arena *arena)
{
	kref_put_mutex(&arena->ref, arena_release, &kring_names_lock);
}

/*
 * Raise *@last, .client_serial or .reader_serial of an arena, and return it as
 * the serial of a new client or reader. The result is not 0, because 0 means
 * that there is no client or reader. The caller holds the arena's lock.
 *
 * A serial comes again after 2^32 attachments, or 2^32 joins. A client can join
 * so often in hours. So the joins do not count in the serials of clients, by
 * which the kernel and the library tell two clients with the same id apart.
 */
u32 kring_arena_next_serial(u32 *last)
{
	if (!++*last)
		++*last;
	return *last;
}

/*
 * Make sweeps read the ledger of @client from now on, so that the holds in it
 * count. The caller holds the arena's lock.
 */
void kring_arena_add_ledger(struct kring_arena *arena,
			    struct kring_client *client)
{
	u32 i = arena->nr_ledgers++;

	arena->ledger_of[i] = client;
	arena->ledgers[i] = (struct rring_ledger) {
		.word = kring_client_ledger(client),
		.used = &kring_client_tails(client)->used,
		.summary = client->ledger.addr + arena->info->summary_offset,
	};
}

/*
 * Make sweeps ignore the ledger of @client from now on, so that the holds in it
 * no longer count. The caller holds the arena's lock.
 */
void kring_arena_remove_ledger(struct kring_arena *arena,
			       struct kring_client *client)
{
	u32 i;

	for (i = 0; arena->ledger_of[i] != client; i++)
		;
	arena->nr_ledgers--;
	arena->ledgers[i] = arena->ledgers[arena->nr_ledgers];
	arena->ledger_of[i] = arena->ledger_of[arena->nr_ledgers];
}

/*
 * Lower the waiters flags of the pools whose bits are set in @pools (bit 0 is
 * XS). Wake the tasks that sleep until one of these pools has a free slot.
 * Needs no lock.
 */
void kring_arena_wake_pools(struct kring_arena *arena, u32 pools)
{
	u32 i;

	kring_flag_lower(&arena->info->pool_waiters, pools);
	trace_wake_pools(arena, pools);
	for (i = 0; i < RRING_POOLS; i++)
		if (pools & BIT(i))
			kring_evcount_signal(&arena->pool[i].evcount);
}
