// SPDX-License-Identifier: MPL-2.0
/*
 * Find out why a call has failed. The kernel returns only an errno. The
 * functions of this file look again at the arguments and at the arena. They
 * store a detail: a text that names one of several possible reasons, and says
 * what the caller can do. The arena may have changed since the call, so the
 * detail can be wrong. The errno is right.
 */
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "error.h"

static const char *const role_names[] = { "observer", "consumer", "producer" };
static const char *const class_names[] = { "XS", "S", "M", "L", "XL", "XXL" };

static const char *limit_of(int in_process)
{
	return in_process ?
		"a quarter of the machine's memory, the limit of all arenas of this process" :
		"max_bytes, the module's limit for all arenas";
}

static const char *text_of(const char *name)
{
	return name ? name : "";
}

/* ---- arenas ---- */

/* Return 1 if each pool has enough groups for the producers of @config. */
static int owners_fit(const struct rring_arena_config *config)
{
	uint32_t producers = config->producers ? config->producers : 1;
	uint32_t i, slots;

	for (i = 0; i < RRING_XXL; i++) {
		slots = rring_group_slots((uint32_t)getpagesize(), i);
		if (config->capacity[i] &&
		    (config->capacity[i] + slots - 1) / slots / 2 <= producers)
			return 0;
	}
	return 1;
}

static int explain_capacities(const struct rring_arena_config *config, int err)
{
	uint32_t i, most, sum = 0;

	for (i = 0; i < RRING_POOLS; i++) {
		most = i == RRING_XXL ? RRING_XXL_CAPACITY_MAX :
					RRING_POOL_CAPACITY_MAX;
		if (config->capacity[i] > most)
			return ulib_error(err, "capacity of class %s is %u; it may be up to %u",
					  class_names[i], config->capacity[i],
					  most);
		sum += config->capacity[i];
	}
	if (!sum)
		return ulib_error(err, "all capacities are 0; give at least one class slots (rring_arena_profile() does)");
	if (config->flags & RRING_CREATE_OWNED && !owners_fit(config))
		return ulib_error(err, "a pool is too small for an owned arena: each needs two groups for each of .producers (0: one is enough), and two for the kernel; a group is 64 slots of XS, 16 of S, 4 of M, 1 of L or XL");
	return ulib_error(err, "uid %u or gid %u does not exist in this user namespace; ~0u is the caller's",
			  config->uid, config->gid);
}

static int explain_config(const struct rring_arena_config *config, int err)
{
	uint32_t i;

	if (config->flags & ~(RRING_CREATE_PERSIST | RRING_CREATE_OWNED))
		return ulib_error(err, "flags are %#x; only RRING_CREATE_PERSIST and RRING_CREATE_OWNED are known",
				  config->flags);
	if (config->producers && !(config->flags & RRING_CREATE_OWNED))
		return ulib_error(err, "producers is %u; it is 0 without RRING_CREATE_OWNED",
				  config->producers);
	if (config->flags & RRING_CREATE_PERSIST && !text_of(config->name)[0])
		return ulib_error(err, "RRING_CREATE_PERSIST needs a name, by which the arena can be found and removed");
	if (config->producers > RRING_CLIENTS_MAX ||
	    (config->max_clients && config->producers > config->max_clients))
		return ulib_error(err, "producers is %u; it may be up to max_clients",
				  config->producers);
	if (config->max_clients > RRING_CLIENTS_MAX)
		return ulib_error(err, "max_clients is %u; it may be up to %u",
				  config->max_clients, RRING_CLIENTS_MAX);
	if (config->max_rings > RRING_RINGS_MAX)
		return ulib_error(err, "max_rings is %u; it may be up to %u",
				  config->max_rings, RRING_RINGS_MAX);
	if (config->quota > 100)
		return ulib_error(err, "quota is %u; it is in percent, up to 100",
				  config->quota);
	if (config->mode & ~0777u)
		return ulib_error(err, "mode is %#o; it may be up to 0777",
				  config->mode);
	for (i = 0; i < RRING_ROLES; i++)
		if (config->hold_limit[i] > 100)
			return ulib_error(err, "hold_limit of role %s is %u; it is in percent, up to 100",
					  role_names[i], config->hold_limit[i]);
	if ((unsigned int)config->on_hold_limit > RRING_HOLD_EVICT)
		return ulib_error(err, "on_hold_limit is %u; it is RRING_HOLD_NOTICE or RRING_HOLD_EVICT",
				  config->on_hold_limit);
	return explain_capacities(config, err);
}

static int explain_unsupported(const struct rring_arena_config *config, int err)
{
	if (config->flags & RRING_CREATE_OWNED)
		return ulib_error(err, "an owned arena (RRING_CREATE_OWNED) needs the device: in one process all clients can write all payloads");
	return ulib_error(err, "hold_limit and on_hold_limit are for arenas of the device; in a process nobody gets notices, and nobody is evicted");
}

int ulib_explain_copies(int err)
{
	return ulib_error(err, "another copy of librusted_ring in this process has the names of its arenas; link all parts of the program with the shared library");
}

int ulib_explain_older(int err)
{
	return ulib_error(err, "the module is older than the library, and lacks what this call asks for; install those of one version");
}

int ulib_explain_create(const struct rring_arena_config *config, int in_process,
			int err)
{
	switch (err) {
	case -EBUSY:
		return ulib_explain_copies(err);
	case -EINVAL:
		return explain_config(config, err);
	case -EEXIST:
		return ulib_error(err, "there is an arena '%s' already; attach to it by rring_open(), or choose another name",
				  text_of(config->name));
	case -EPERM:
		return ulib_error(err, "uid %u or gid %u is not the caller's, and CAP_CHOWN is missing; ~0u is the caller's",
				  config->uid, config->gid);
	case -ENOSPC:
		return ulib_error(err, "memory: the arena would exceed %s; give it fewer slots, or remove other arenas",
				  limit_of(in_process));
	case -EDQUOT:
		return ulib_error(err, "arenas: those that this user has created and that still exist are as many as the module's user_arenas permits; end some");
	case -EOPNOTSUPP:
		return explain_unsupported(config, err);
	case -E2BIG:
		return ulib_explain_older(err);
	}
	return err;
}

static int explain_denied(const char *name, int arena_fd, unsigned int role,
			  int err)
{
	if (arena_fd >= 0)
		return ulib_error(err, "this user is banned from the arena; ask its owner");
	return ulib_error(err, "the mode of the arena '%s' does not permit the role %s to this user, or the user is banned; ask its owner, or take another role",
			  text_of(name), role_names[role]);
}

int ulib_explain_attach(const char *name, int arena_fd, unsigned int role,
			int in_process, int err)
{
	if (err == -EINVAL && role > RRING_PRODUCER)
		return ulib_error(err, "there is no role %u; roles are RRING_OBSERVER, RRING_CONSUMER and RRING_PRODUCER",
				  role);
	if (err == -EINVAL && arena_fd >= 0)
		return ulib_error(err, "descriptor %d is not of an arena; pass what rring_arena_create() returned",
				  arena_fd);
	if (err == -EBUSY && in_process)
		return ulib_explain_copies(err);
	if (err == -EACCES)
		return explain_denied(name, arena_fd, role, err);
	if (err == -ENOENT && !text_of(name)[0])
		return ulib_error(err, "the name of the arena is empty; NULL means the arena `default'");
	if (err == -ENOENT)
		return ulib_error(err, "there is no arena '%s' %s; create it first",
				  name, in_process ? "in this process" :
				  "in this network namespace of the device");
	if (err == -EUSERS)
		return ulib_error(-ENOSPC, "clients: no place of the arena is free for this user (close clients, or create it with more max_clients), or, for a producer of an owned arena, no groups of slots");
	if (err == -EDQUOT)
		return ulib_error(err, "clients: this user has its share of the arena's places; close clients, or raise the module's user_places");
	if (err == -ENOSPC)
		return ulib_error(err, "memory: the client would exceed %s; remove other arenas",
				  limit_of(in_process));
	return err;
}

/* ---- rings ---- */

static int refuse_stride(const struct rring_ring_open *args)
{
	if (args->kind == RRING_INLINE && args->type_size > args->stride)
		return ulib_error(-EINVAL, "the type has %u bytes, and the stride is %u; no event of that type fits",
				  args->type_size, args->stride);
	if (args->kind == RRING_HANDLES && args->stride)
		return ulib_error(-EINVAL, "stride is %u; it is 0 for a ring of handles, or the kind is RRING_INLINE",
				  args->stride);
	if (args->kind == RRING_INLINE &&
	    (args->stride < RRING_STRIDE_MIN ||
	     args->stride > RRING_STRIDE_MAX || args->stride % RRING_LINE))
		return ulib_error(-EINVAL, "stride is %u; it is a multiple of %u from %u to %u",
				  args->stride, RRING_LINE, RRING_STRIDE_MIN,
				  RRING_STRIDE_MAX);
	return 0;
}

int ulib_refuse_geometry(const struct rring_ring_open *args)
{
	if (args->kind > RRING_HANDLES)
		return ulib_error(-EINVAL, "there is no kind %u; kinds are RRING_INLINE and RRING_HANDLES",
				  args->kind);
	if (args->policy > RRING_OVERWRITE)
		return ulib_error(-EINVAL, "there is no policy %u; policies are RRING_BLOCK, RRING_FAIL and RRING_OVERWRITE",
				  args->policy);
	if (!args->capacity || args->capacity > RRING_RING_CAPACITY_MAX)
		return ulib_error(-EINVAL, "capacity is %u; a ring has 1 to %u entries",
				  args->capacity, RRING_RING_CAPACITY_MAX);
	if (args->retain >= args->capacity)
		return ulib_error(-EINVAL, "retain is %u; it has to be below the capacity, which is %u",
				  args->retain, args->capacity);
	if (args->stall_ns > INT64_MAX)
		return ulib_error(-EINVAL, "stall_ns is above INT64_MAX; 0 means no limit");
	if (args->policy == RRING_OVERWRITE && args->retain)
		return ulib_error(-EINVAL, "retain is %u; it is 0 under RRING_OVERWRITE, which keeps a lap anyway",
				  args->retain);
	if (args->policy == RRING_OVERWRITE && args->stall_ns)
		return ulib_error(-EINVAL, "stall_ns is not 0; it is 0 under RRING_OVERWRITE, whose writer never waits");
	return refuse_stride(args);
}

static int explain_type(const struct rring_ring_info *info,
			const char *name, uint32_t size, int err)
{
	if (!info)
		return err;
	if (!info->type_size)
		return ulib_error(err, "the ring has no type; give none, or another name of a ring");
	return ulib_error(err, "the type of the ring is '%.*s' of %u bytes, not '%s' of %u; give that, or none",
			  RRING_NAME_MAX, info->type_name, info->type_size,
			  name, size);
}

/* Return the ring @name, which is not empty, or NULL. */
static const struct rring_ring_info *
find_name(const struct rring_client *client, const char *name)
{
	const struct rring_ring_info *info;
	uint32_t i;

	for (i = 1; i <= client->arena->max_rings; i++) {
		info = ulib_ring_info(client, i);
		if (rring_flag_load_acquire(&info->state) != RRING_RING_NONE &&
		    !strncmp(info->name, name, RRING_NAME_MAX))
			return info;
	}
	return NULL;
}

/*
 * Return 1 if the arena has .max_rings rings, and none of them is called @name;
 * else 0.
 */
static int rings_are_full(const struct rring_client *client, const char *name)
{
	uint32_t i;

	for (i = 1; i <= client->arena->max_rings; i++) {
		const struct rring_ring_info *info = ulib_ring_info(client, i);

		if (rring_flag_load_acquire(&info->state) == RRING_RING_NONE ||
		    (name[0] && !strncmp(info->name, name, RRING_NAME_MAX)))
			return 0;
	}
	return 1;
}

int ulib_explain_ring_open(struct rring_client *client,
			   const struct rring_ring_open *args, int err)
{
	int in_process = client->own->file.calls->in_process;

	switch (err) {
	case -EINVAL:
		ulib_refuse_geometry(args);
		return err;
	case -EPERM:
		return ulib_error_unless_known(err, "only a client with the role RRING_PRODUCER writes a ring");
	case -EACCES:
		return ulib_error(err, "the ring '%s' belongs to another user, and only that user's clients write it; choose another name",
				  args->name);
	case -EBUSY:
		return ulib_error(err, "the ring '%s' has a writer; wait until it closes the ring, or choose another name",
				  args->name);
	case -EEXIST:
		return ulib_error(err, "the ring '%s' exists with another kind, policy, capacity, stride, retain or stall_ns; give those, or another name",
				  args->name);
	case -EPROTOTYPE:
		return explain_type(find_name(client, args->name),
				    args->type_name, args->type_size, err);
	case -EOVERFLOW:
		return ulib_error(err, "a broken writer left the ring '%s' at a position that is too high; close its readers, or choose another name",
				  args->name);
	case -ENOSPC:
		if (rings_are_full(client, args->name))
			return ulib_error(err, "rings: all %u places of the arena are taken; close rings, or create it with more max_rings",
					  client->arena->max_rings);
		return ulib_error(err, "memory: the ring would exceed %s; make it smaller",
				  limit_of(in_process));
	}
	return err;
}

/* ---- readers ---- */

static const struct rring_ring_info *
find_ring(const struct rring_client *client,
	  const struct rring_reader_config *config)
{
	if (text_of(config->ring_name)[0])
		return find_name(client, config->ring_name);
	if (!config->ring || config->ring > client->arena->max_rings)
		return NULL;
	return ulib_ring_info(client, config->ring);
}

static int explain_join_config(const struct rring_client *client,
			       const struct rring_reader_config *config,
			       int err)
{
	const struct rring_ring_info *info;

	if (config->flags & ~(RRING_JOIN_OBSERVER | RRING_JOIN_RESUME))
		return ulib_error(err, "flags are %#x; only RRING_JOIN_OBSERVER and RRING_JOIN_RESUME are known",
				  config->flags);
	if ((unsigned int)config->start > RRING_START_AT)
		return ulib_error(err, "there is no start %u; starts are RRING_START_NEWEST, _OLDEST and _AT",
				  config->start);
	if (!text_of(config->ring_name)[0] && !config->ring)
		return ulib_error(err, "neither ring_name nor ring says which ring; numbers of rings begin at 1");
	if (config->flags & RRING_JOIN_RESUME && !text_of(config->name)[0])
		return ulib_error(err, "the reader has no name, so there is nothing to resume; leave the flag RRING_JOIN_RESUME away");
	if (config->flags & RRING_JOIN_OBSERVER && text_of(config->name)[0])
		return ulib_error(err, "an observer has no name; leave the name '%s' away, or the flag RRING_JOIN_OBSERVER",
				  config->name);
	info = find_ring(client, config);
	if (info && info->policy == RRING_OVERWRITE)
		return ulib_error(err, "the ring overwrites, so that only observers read it; add the flag RRING_JOIN_OBSERVER");
	return err;
}

static int has_all_cursors(struct rring_client *client)
{
	const struct rring_reader *reader;
	uint32_t n = 0;

	ulib_clients_lock();
	for (reader = client->own->readers; reader; reader = reader->next)
		n++;
	ulib_clients_unlock();
	return n >= RRING_CURSORS;
}

int ulib_explain_join(struct rring_client *client,
		      const struct rring_reader_config *config, int err)
{
	switch (err) {
	case -EINVAL:
		return explain_join_config(client, config, err);
	case -EPERM:
		return ulib_error_unless_known(err, "a client with the role RRING_OBSERVER cannot hold a writer back; add the flag RRING_JOIN_OBSERVER");
	case -EACCES:
		return ulib_error(err, "the reader's name '%s' belongs to another user; choose another name",
				  text_of(config->name));
	case -EPROTOTYPE:
		return explain_type(find_ring(client, config),
				    config->type.name, config->type.size, err);
	case -EBUSY:
		return ulib_error(err, "a reader with the name '%s' is open; close it, or choose another name",
				  text_of(config->name));
	case -ENOENT:
		if (find_ring(client, config))
			return ulib_error(err, "the ring does not know the name '%s'; join without RRING_JOIN_RESUME",
					  text_of(config->name));
		return ulib_error(err, "the arena has no ring '%s'; open its writer first",
				  text_of(config->ring_name));
	case -ENXIO:
		return ulib_error(err, "the arena has no ring of the number %u; rring_writer_ring_id() returns the number",
				  config->ring);
	case -ENOSPC:
		if (has_all_cursors(client))
			return ulib_error(err, "cursors: this client has %u readers, and no more are possible; close some, or open another client",
					  RRING_CURSORS);
		return ulib_error(err, "readers: none of the ring's %u places is free for this user; close readers, or forget named ones that are away",
				  RRING_READERS);
	case -EDQUOT:
		return ulib_error(err, "readers: this user has its share of the ring's places; close some, or raise the module's user_places");
	}
	return err;
}

/* ---- slots ---- */

/*
 * Return 1 if the XXL pool has a free slot, else 0. If it has a free slot, the
 * allocation has failed because memory was missing.
 */
static int has_free_place(struct rring_client *client)
{
	struct rring_pool_stat stat = {
		.size = sizeof(stat),
		.pool = RRING_XXL,
	};

	return !ulib_call(client, RRING_IOC_POOL_STAT, &stat) && stat.free;
}

int ulib_explain_refill(struct rring_client *client, unsigned int pool, int err)
{
	if (err == -EDQUOT)
		return ulib_error(err, "quota: this client has its share of the pool; drop events, or raise the quota (`rring client set')");
	if (err != -ENOSPC)
		return err;
	if (!client->arena->pool[pool].capacity)
		return ulib_error(err, "empty pool: the arena has no slots of the class %s; create it with some, or use another class",
				  class_names[pool]);
	if (pool == RRING_XXL && has_free_place(client))
		return ulib_error(err, "memory: the event would exceed %s; drop events, or make it smaller",
				  limit_of(client->own->file.calls->in_process));
	return ulib_error(err, "slots: none of the class %s is free; drop events, wait (rring_alloc_until()), or create the arena with more",
			  class_names[pool]);
}
