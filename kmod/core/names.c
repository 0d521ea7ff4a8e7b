// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The tables of all arenas: names, ids and creators. A name belongs to a network
 * namespace. Each table is hashed, so the time for a lookup does not grow with
 * the arenas that other users create. The hash of names has a random key, so
 * that nobody can choose names that have the same hash. Only a dump looks at all
 * arenas, and only at those of its namespace.
 */
#include "compat.h"

#include "arena.h"
#include "names.h"
#include "places.h"

#define BUCKETS		1024u	/* of each table; a power of 2 */

/* protects all tables, and last_id; see arena.h */
DEFINE_MUTEX(kring_names_lock);
static struct hlist_head by_name[BUCKETS];	/* arenas that have a name */
static struct hlist_head by_id[BUCKETS];
static struct hlist_head by_creator[BUCKETS];
static struct hlist_head by_net[BUCKETS];	/* arenas whose .net exists */
static u32 last_id;

static struct hlist_head *name_bucket(const char *name, const struct net *net)
{
	return &by_name[kring_hash_name(name, net) % BUCKETS];
}

static struct hlist_head *net_bucket(const struct net *net)
{
	return &by_net[kring_hash_name("", net) % BUCKETS];
}

static struct hlist_head *creator_bucket(kuid_t creator)
{
	return &by_creator[kring_uid_number(creator) % BUCKETS];
}

/*
 * Find the arena named @name in @net. Return the arena without a reference, or
 * NULL if no arena has the name. The caller holds kring_names_lock.
 */
static struct kring_arena *lookup(const char *name, struct net *net)
{
	struct kring_arena *arena;

	hlist_for_each_entry(arena, name_bucket(name, net), of_name)
		if (net_eq(arena->net, net) && !strcmp(arena->name, name))
			return arena;
	return NULL;
}

static bool has_id(u32 id)
{
	struct kring_arena *arena;

	hlist_for_each_entry(arena, &by_id[id % BUCKETS], of_id)
		if (arena->id == id)
			return true;
	return false;
}

/*
 * Return an id that is not 0 and that no arena has. The caller holds
 * kring_names_lock.
 */
static u32 next_id(void)
{
	do
		last_id++;
	while (!last_id || has_id(last_id));
	return last_id;
}

/*
 * Return how many arenas the user @creator has created that still exist. The
 * caller holds kring_names_lock.
 */
static u32 count_arenas(kuid_t creator)
{
	struct kring_arena *arena;
	u32 n = 0;

	hlist_for_each_entry(arena, creator_bucket(creator), of_creator)
		n += uid_eq(arena->creator, creator);
	return n;
}

static void add_to_tables(struct kring_arena *arena)
{
	if (arena->named)
		hlist_add_head(&arena->of_name,
			       name_bucket(arena->name, arena->net));
	hlist_add_head(&arena->of_id, &by_id[arena->id % BUCKETS]);
	hlist_add_head(&arena->of_creator, creator_bucket(arena->creator));
	hlist_add_head(&arena->of_net, net_bucket(arena->net));
}

/*
 * Return the epoch of a new arena: the time in us since 1970 or, if an arena
 * has this epoch or a later one, 1 more than the last. The caller holds
 * kring_names_lock.
 */
static u64 next_epoch(void)
{
	static u64 last;

	last = max(last + 1, ktime_get_real_ns() / 1000);
	return last;
}

/*
 * Enter @arena into the tables, and give @arena an id and the name in @args. A
 * persistent name gets a reference to @arena. Return 0, -EEXIST if another arena
 * of @net has that name, -EDQUOT if the creator of @arena has created all arenas
 * that one user may create, or -EINTR if the task is being killed. Takes
 * kring_names_lock.
 */
int kring_names_enter(struct kring_arena *arena, const struct rring_create *args,
		      struct net *net)
{
	int err;

	if (mutex_lock_killable(&kring_names_lock))
		return -EINTR;
	if (args->name[0] && lookup(args->name, net))
		err = -EEXIST;
	else
		err = kring_places_admit_arena(count_arenas(arena->creator));
	if (!err) {
		strscpy(arena->name, args->name, sizeof(arena->name));
		arena->id = next_id();
		arena->info->epoch = next_epoch();
		arena->net = net;
		arena->net_cookie = kring_net_cookie(net);
		arena->named = arena->name[0];
		arena->persistent = args->flags & RRING_CREATE_PERSIST;
		if (arena->persistent)
			kref_get(&arena->ref);
		add_to_tables(arena);
		kring_announce_created(arena);
	}
	mutex_unlock(&kring_names_lock);
	return err;
}

/*
 * Take @arena out of all tables, if it was entered. The last reference to @arena
 * is gone. The caller holds kring_names_lock.
 */
void kring_names_remove(struct kring_arena *arena)
{
	hlist_del_init(&arena->of_name);
	hlist_del_init(&arena->of_id);
	hlist_del_init(&arena->of_creator);
	hlist_del_init(&arena->of_net);
}

/*
 * Return 0 if the calling task's user may create an arena, -EDQUOT if it may
 * not, or -EINTR if the task is being killed. Takes kring_names_lock.
 */
int kring_names_check_user(void)
{
	int err;

	if (mutex_lock_killable(&kring_names_lock))
		return -EINTR;
	err = kring_places_admit_arena(count_arenas(current_euid()));
	mutex_unlock(&kring_names_lock);
	return err;
}

/*
 * Return true if the calling task, in whose network namespace @arena was found,
 * may attach to @arena by name in the role @role. While netlink changes the group
 * and the mode, the result may be that for one of them changed, unless the caller
 * holds the arena's lock.
 */
bool kring_arena_permits(const struct kring_arena *arena, u32 role)
{
	static const umode_t need[] = {
		[RRING_OBSERVER] = 04,
		[RRING_CONSUMER] = 01,
		[RRING_PRODUCER] = 02,
	};
	umode_t mode = READ_ONCE(arena->mode);

	if (uid_eq(current_euid(), arena->uid))
		mode >>= 6;
	else if (in_egroup_p(READ_ONCE(arena->gid)))
		mode >>= 3;
	return mode & need[role] ||
	       ns_capable(current->nsproxy->net_ns->user_ns, CAP_DAC_OVERRIDE);
}

/*
 * Find the arena named @name in @net, without a check of permissions. Return
 * the arena with a reference, ERR_PTR(-ENOENT) if no arena has the name, or
 * ERR_PTR(-EINTR) if the task is being killed. Takes kring_names_lock.
 */
struct kring_arena *kring_arena_lookup(const char *name, struct net *net)
{
	struct kring_arena *arena;

	if (mutex_lock_killable(&kring_names_lock))
		return ERR_PTR(-EINTR);
	arena = lookup(name, net);
	if (arena)
		kref_get(&arena->ref);
	mutex_unlock(&kring_names_lock);
	return arena ?: ERR_PTR(-ENOENT);
}

/*
 * Find the arena named @name in the calling task's network namespace, to which the
 * task wants to attach as @role. Return the arena with a reference. Return
 * ERR_PTR(-ENOENT) if no arena has the name, ERR_PTR(-EACCES) if the task may not
 * attach in this role (see kring_arena_permits()), or ERR_PTR(-EINTR) if the task
 * is being killed. The caller checks again when it holds the arena's lock. Takes
 * kring_names_lock.
 */
struct kring_arena *kring_arena_find(const char *name, u32 role)
{
	struct kring_arena *arena;

	if (mutex_lock_killable(&kring_names_lock))
		return ERR_PTR(-EINTR);
	arena = lookup(name, current->nsproxy->net_ns);
	if (!arena)
		arena = ERR_PTR(-ENOENT);
	else if (!kring_arena_permits(arena, role))
		arena = ERR_PTR(-EACCES);
	else
		kref_get(&arena->ref);
	mutex_unlock(&kring_names_lock);
	return arena;
}

/*
 * Remove the name of @arena, so that no task can find @arena by it. Return true
 * if the name had a reference to @arena: the caller must put this reference
 * after it has released kring_names_lock. The caller holds kring_names_lock.
 */
static bool remove_name(struct kring_arena *arena)
{
	bool persistent = arena->persistent;

	hlist_del_init(&arena->of_name);
	/* others read it without the lock */
	WRITE_ONCE(arena->named, false);
	arena->persistent = false;
	kring_arena_changed(arena);
	return persistent;
}

/*
 * Remove the name of @arena, if @arena has one, and put the name's reference,
 * if there is one. The caller has a reference of its own, so this does not free
 * @arena. Takes kring_names_lock, also if the task is being killed: it undoes
 * kring_names_enter(), and the name would stay.
 */
void kring_arena_forget_name(struct kring_arena *arena)
{
	bool put;

	mutex_lock(&kring_names_lock);
	put = remove_name(arena);
	mutex_unlock(&kring_names_lock);
	if (put)
		kring_arena_put(arena);
}

/*
 * Remove the name @name in @net from the arena that has it. Return 0. Return
 * -ENOENT if no arena of @net has the name, -EACCES if the calling task neither
 * owns the arena nor has CAP_SYS_ADMIN, or -EINTR if the task is being killed.
 * Takes kring_names_lock.
 */
int kring_arena_unname(const char *name, struct net *net)
{
	struct kring_arena *arena;
	bool put = false;
	int err = 0;

	if (mutex_lock_killable(&kring_names_lock))
		return -EINTR;
	arena = lookup(name, net);
	if (!arena)
		err = -ENOENT;
	else if (!uid_eq(current_euid(), arena->uid) &&
		 !ns_capable(net->user_ns, CAP_SYS_ADMIN))
		err = -EACCES;
	else
		put = remove_name(arena);
	mutex_unlock(&kring_names_lock);
	if (put)
		kring_arena_put(arena);
	return err;
}

/*
 * Remove the name of one arena of @net, and hide the arena: no lookup and no
 * dump finds it any more. Return the arena, or NULL if @net has no more arenas.
 * If *@put is true, the name had a reference to the arena, which the caller
 * must put. If *@put is false, the caller has no reference, and must not use
 * the arena. Takes kring_names_lock, not killable: this is a release.
 */
static struct kring_arena *pop_arena_of_net(struct net *net, bool *put)
{
	struct kring_arena *arena;

	mutex_lock(&kring_names_lock);
	hlist_for_each_entry(arena, net_bucket(net), of_net)
		if (net_eq(arena->net, net))
			break;
	if (arena) {
		*put = remove_name(arena);
		hlist_del_init(&arena->of_net);
		arena->net = NULL;
	}
	mutex_unlock(&kring_names_lock);
	return arena;
}

/*
 * Remove the names of all arenas of @net, and hide these arenas: no lookup and
 * no dump finds them any more. Clients that are attached can go on using them.
 * Called when @net ends, or when the module is unloaded. Takes
 * kring_names_lock.
 */
void kring_names_forget(struct net *net)
{
	struct kring_arena *arena;
	bool put;

	while ((arena = pop_arena_of_net(net, &put)))
		if (put)
			kring_arena_put(arena);
}

/*
 * Find the arena of @net with the lowest id that is at least @from and for
 * which @filter returns true. Return this arena with a reference, NULL if there
 * is none, or ERR_PTR(-EINTR) if the task is being killed. The last call of
 * @filter is for the arena that is returned, so that what @filter stores in
 * @context is about this arena. For this reason @filter can be called twice for
 * the same arena. Takes kring_names_lock.
 */
struct kring_arena *kring_arena_next(const struct net *net, u32 from,
				     kring_arena_filter_t filter, void *context)
{
	struct kring_arena *arena, *next = NULL;

	if (mutex_lock_killable(&kring_names_lock))
		return ERR_PTR(-EINTR);
	hlist_for_each_entry(arena, net_bucket(net), of_net)
		if (net_eq(arena->net, net) && arena->id >= from &&
		    (!next || arena->id < next->id) && filter(arena, context))
			next = arena;
	if (next) {
		filter(next, context);
		kref_get(&next->ref);
	}
	mutex_unlock(&kring_names_lock);
	return next;
}

/*
 * Call @filter for each arena of @net, and ignore the results of @filter. Return
 * 0, or -EINTR if the task is being killed. Takes kring_names_lock, so the caller
 * holds neither this lock nor an arena's lock.
 */
int kring_arena_each(const struct net *net, kring_arena_filter_t filter,
		     void *context)
{
	struct kring_arena *arena;

	if (mutex_lock_killable(&kring_names_lock))
		return -EINTR;
	hlist_for_each_entry(arena, net_bucket(net), of_net)
		if (net_eq(arena->net, net))
			filter(arena, context);
	mutex_unlock(&kring_names_lock);
	return 0;
}
