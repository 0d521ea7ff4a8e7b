// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Handlers of the requests that change an arena. Each request names its arena
 * by id. Both the process that opened the socket and the process that sends the
 * request must own the arena or have CAP_SYS_ADMIN. Before netlink calls a
 * handler, it checks the types and ranges of the attributes against the policy
 * in netlink.c.
 */
#include <net/genetlink.h>

#include <linux/rusted_ring_netlink.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/holders.h"
#include "../core/places.h"
#include "../core/reader.h"
#include "../core/ring.h"
#include "change.h"
#include "evict.h"
#include "viewer.h"

struct request {
	struct kring_viewer viewer;
	u32 arena;
	u32 may;
};

/*
 * Return true if the request @context names @arena, and the request's socket
 * may see @arena. If the request names @arena, store the rights of the socket
 * in .may of the request: 0 if the socket may not see @arena. This is a
 * kring_arena_filter_t. The caller holds kring_names_lock.
 */
static bool arena_matches(const struct kring_arena *arena, void *context)
{
	struct request *request = context;

	if (arena->id != request->arena)
		return false;
	request->may = kring_viewer_rights(&request->viewer, arena);
	return request->may;
}

static bool has_all_attrs(struct genl_info *info, const int *attrs)
{
	for (; *attrs; attrs++)
		if (GENL_REQ_ATTR_CHECK(info, *attrs))
			return false;
	return true;
}

/*
 * Find the arena whose id is in attribute @attrs[0]. @attrs lists the
 * attributes that the request must have, and ends with 0. Return the arena with
 * a reference. Return ERR_PTR(-EINVAL) if the request lacks an attribute of
 * @attrs. Return ERR_PTR(-ENOENT) if there is no such arena, or the process
 * that opened the socket may not see the arena. Return ERR_PTR(-EPERM) if the
 * process that opened the socket or the process that sent the request may not
 * change the arena, or if the socket has no file. Return ERR_PTR(-EINTR) if the
 * calling task is being killed.
 */
static struct kring_arena *find_arena(struct sk_buff *skb,
				      struct genl_info *info, const int *attrs)
{
	struct request request = {};
	struct kring_arena *arena;
	int err;

	if (!has_all_attrs(info, attrs))
		return ERR_PTR(-EINVAL);
	err = kring_viewer_init(&request.viewer, skb);
	if (err)
		return ERR_PTR(err);
	request.arena = nla_get_u32(info->attrs[attrs[0]]);
	arena = kring_arena_next(request.viewer.net, 0, arena_matches,
				 &request);
	if (IS_ERR(arena))
		return arena;
	if (!arena) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attrs[0]],
				    "no such arena");
		return ERR_PTR(-ENOENT);
	}
	if (request.may & RRING_MAY_ADMINISTER &&
	    kring_viewer_may_change(&request.viewer, arena))
		return arena;
	kring_arena_put(arena);
	GENL_SET_ERR_MSG(info, "for the arena's owner, or CAP_SYS_ADMIN");
	return ERR_PTR(-EPERM);
}

/*
 * Find the arena as find_arena() does, and take the arena's lock. Return the
 * arena, which the caller then passes to unlock_arena(). Return an error of
 * find_arena(), which is also ERR_PTR(-EINTR) if the calling task is killed while
 * it waits for the lock. After an error the caller has neither the lock nor a
 * reference.
 */
static struct kring_arena *lock_arena(struct sk_buff *skb,
				      struct genl_info *info, const int *attrs)
{
	struct kring_arena *arena = find_arena(skb, info, attrs);

	if (IS_ERR(arena) || !mutex_lock_killable(&arena->lock))
		return arena;
	kring_arena_put(arena);
	return ERR_PTR(-EINTR);
}

static void unlock_arena(struct kring_arena *arena)
{
	mutex_unlock(&arena->lock);
	kring_arena_put(arena);
}

static u32 optional_u32(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static void set_arena_quota(struct kring_arena *arena, u32 quota)
{
	arena->quota = quota;
	/* wake clients that wait for slots: their quota may be higher now */
	kring_arena_wake_pools(arena, ~0u);
}

/* The attributes that ARENA_SET sets. The hold limits are by role. */
static const int settings[] = {
	RRING_A_ARENA_HOLD_LIMIT_OBSERVER,
	RRING_A_ARENA_HOLD_LIMIT_CONSUMER,
	RRING_A_ARENA_HOLD_LIMIT_PRODUCER,
	RRING_A_ARENA_QUOTA,
	RRING_A_ARENA_GID,
	RRING_A_ARENA_MODE,
};

static bool has_setting(const struct genl_info *info)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		if (info->attrs[settings[i]])
			return true;
	return false;
}

static void set_hold_limits(struct kring_arena *arena,
			    const struct genl_info *info)
{
	bool any = false;
	u32 role;

	for (role = 0; role < RRING_ROLES; role++) {
		const struct nlattr *percent = info->attrs[settings[role]];

		if (!percent)
			continue;
		kring_holders_set(arena, role, nla_get_u32(percent));
		any = true;
	}
	/* wake clients that wait for slots: they look for those above it */
	if (any)
		kring_arena_wake_pools(arena, ~0u);
}

/*
 * Set the group of @arena to the one in @attr, an id in the user namespace of
 * the process that sends the request. Return 0, -EINVAL if the namespace has no
 * such group, or -EPERM if the sender may not give the arena to the group.
 */
static int set_group(struct kring_arena *arena, struct sk_buff *skb,
		     struct genl_info *info, const struct nlattr *attr)
{
	kgid_t gid = make_kgid(current_user_ns(), nla_get_u32(attr));
	struct kring_viewer viewer;
	int err;

	if (!gid_valid(gid)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "no such group");
		return -EINVAL;
	}
	err = kring_viewer_init(&viewer, skb);
	if (err)
		return err;
	if (!kring_viewer_may_give(&viewer, gid)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "for a member of the group, or CAP_SYS_ADMIN");
		return -EPERM;
	}
	WRITE_ONCE(arena->gid, gid);
	return 0;
}

/*
 * Set all that @info has. The group is the only setting that can be refused, so
 * it is the first one.
 */
static int set_arena(struct kring_arena *arena, struct sk_buff *skb,
		     struct genl_info *info)
{
	const struct nlattr *group = info->attrs[RRING_A_ARENA_GID];
	const struct nlattr *quota = info->attrs[RRING_A_ARENA_QUOTA];
	const struct nlattr *mode = info->attrs[RRING_A_ARENA_MODE];
	int err = group ? set_group(arena, skb, info, group) : 0;

	if (err)
		return err;
	if (quota)
		set_arena_quota(arena, nla_get_u32(quota));
	if (mode)
		WRITE_ONCE(arena->mode, nla_get_u32(mode));
	set_hold_limits(arena, info);
	kring_arena_changed(arena);
	return 0;
}

int kring_change_arena(struct sk_buff *skb, struct genl_info *info)
{
	static const int attrs[] = { RRING_A_ARENA_ID, 0 };
	struct kring_arena *arena;
	int err;

	if (!has_setting(info)) {
		GENL_SET_ERR_MSG(info,
				 "a quota, a group, a mode or a hold limit is wanted");
		return -EINVAL;
	}
	arena = lock_arena(skb, info, attrs);
	if (IS_ERR(arena))
		return PTR_ERR(arena);
	err = set_arena(arena, skb, info);
	unlock_arena(arena);
	return err;
}

/*
 * Call @change, which is kring_places_ban() or kring_places_unban(), with the
 * arena that @info names and the user in RRING_A_ARENA_BANNED, an id in the
 * user namespace of the process that sends the request. Return 0, an error of
 * lock_arena() or @change, or -EINVAL if the namespace has no such user.
 */
static int change_bans(struct sk_buff *skb, struct genl_info *info,
		       int (*change)(struct kring_arena *arena, kuid_t uid))
{
	static const int attrs[] = { RRING_A_ARENA_ID, RRING_A_ARENA_BANNED,
				     0 };
	struct kring_arena *arena = lock_arena(skb, info, attrs);
	const struct nlattr *attr = info->attrs[RRING_A_ARENA_BANNED];
	kuid_t uid;
	int err;

	if (IS_ERR(arena))
		return PTR_ERR(arena);
	uid = make_kuid(current_user_ns(), nla_get_u32(attr));
	err = uid_valid(uid) ? change(arena, uid) : -EINVAL;
	unlock_arena(arena);
	if (err == -EINVAL)
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "no such user, or the arena's owner");
	return err;
}

int kring_change_ban(struct sk_buff *skb, struct genl_info *info)
{
	int err = change_bans(skb, info, kring_places_ban);

	if (err == -ENOSPC)
		GENL_SET_ERR_MSG(info, "too many banned users: change the mode");
	return err;
}

int kring_change_unban(struct sk_buff *skb, struct genl_info *info)
{
	int err = change_bans(skb, info, kring_places_unban);

	if (err == -ESRCH)
		GENL_SET_ERR_MSG(info, "this user is not banned");
	return err;
}

/*
 * Set the quota of client @id to @quota percent of each pool. If @quota is 0,
 * the arena's quota applies to the client. If @serial is not 0, the client must
 * have this serial. Return 0, -ESRCH if there is no client @id, or -ESTALE if
 * client @id has another serial. The caller holds the arena's lock.
 */
static int set_quota(struct kring_arena *arena, u32 id, u32 serial, u32 quota)
{
	struct kring_client *client = NULL;

	if (id <= arena->info->max_clients)
		client = arena->clients[id];
	if (!client)
		return -ESRCH;
	if (serial && client->serial != serial)
		return -ESTALE;
	client->quota = quota;
	kring_arena_changed(arena);
	kring_arena_wake_pools(arena, ~0u);
	return 0;
}

int kring_change_client(struct sk_buff *skb, struct genl_info *info)
{
	static const int attrs[] = { RRING_A_CLIENT_ARENA, RRING_A_CLIENT_ID,
				     RRING_A_CLIENT_QUOTA, 0 };
	struct kring_arena *arena = lock_arena(skb, info, attrs);
	int err;

	if (IS_ERR(arena))
		return PTR_ERR(arena);
	err = set_quota(arena, nla_get_u32(info->attrs[RRING_A_CLIENT_ID]),
			optional_u32(info->attrs[RRING_A_CLIENT_SERIAL]),
			nla_get_u32(info->attrs[RRING_A_CLIENT_QUOTA]));
	unlock_arena(arena);
	return err;
}

int kring_change_evict(struct sk_buff *skb, struct genl_info *info)
{
	static const int attrs[] = { RRING_A_CLIENT_ARENA, RRING_A_CLIENT_ID,
				     0 };
	struct kring_arena *arena = find_arena(skb, info, attrs);
	int err;

	if (IS_ERR(arena))
		return PTR_ERR(arena);
	err = kring_evict(arena, nla_get_u32(info->attrs[RRING_A_CLIENT_ID]),
			  optional_u32(info->attrs[RRING_A_CLIENT_SERIAL]));
	kring_arena_put(arena);
	return err;
}

/*
 * Set the stall limit of the ring that @info names: how long a gating reader
 * may keep the ring full without a move before it is lapped. Return 0, -ENXIO
 * if there is no such ring, -ESTALE if the request has a ring name and the ring
 * has another name, or -EINVAL if the limit is out of range. Return -EOPNOTSUPP
 * if the ring was opened without a stall limit: the readers of such a ring do
 * not check whether the writer has overwritten their entries. The caller holds
 * the arena's lock.
 */
static int set_stall(struct kring_arena *arena, struct genl_info *info)
{
	const struct nlattr *name = info->attrs[RRING_A_RING_NAME];
	u64 stall_ns = nla_get_u64(info->attrs[RRING_A_RING_STALL_NS]);
	struct kring_ring *ring;

	ring = kring_ring_at(arena, nla_get_u32(info->attrs[RRING_A_RING_ID]));
	if (!ring)
		return -ENXIO;
	if (name && nla_strcmp(name, ring->info->name))
		return -ESTALE;
	if (!stall_ns || stall_ns > S64_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[RRING_A_RING_STALL_NS],
				    "from 1 to 2^63 - 1 ns");
		return -EINVAL;
	}
	if (!ring->info->stall_ns) {
		GENL_SET_ERR_MSG(info, "the ring was opened without a limit");
		return -EOPNOTSUPP;
	}
	kring_ring_set_stall(ring, stall_ns);
	return 0;
}

int kring_change_ring(struct sk_buff *skb, struct genl_info *info)
{
	static const int attrs[] = { RRING_A_RING_ARENA, RRING_A_RING_ID,
				     RRING_A_RING_STALL_NS, 0 };
	struct kring_arena *arena = lock_arena(skb, info, attrs);
	int err;

	if (IS_ERR(arena))
		return PTR_ERR(arena);
	err = set_stall(arena, info);
	unlock_arena(arena);
	return err;
}

/*
 * Remove the named reader that @info identifies. The reader must be frozen: its
 * client has died, and its position is kept. Return 0, -ENXIO if there is no
 * such ring or reader, -ESTALE if the request has a serial and the reader has
 * another serial, or -EBUSY if the reader has a client. The caller holds the
 * arena's lock.
 */
static int forget(struct kring_arena *arena, struct genl_info *info)
{
	u32 ring = nla_get_u32(info->attrs[RRING_A_READER_RING]);
	u32 id = nla_get_u32(info->attrs[RRING_A_READER_ID]);
	u32 serial = optional_u32(info->attrs[RRING_A_READER_SERIAL]);
	int err = kring_reader_forget(arena, ring, id, serial);

	if (err == -EBUSY)
		GENL_SET_ERR_MSG(info, "it is not away: evict its client");
	return err;
}

int kring_change_forget(struct sk_buff *skb, struct genl_info *info)
{
	static const int attrs[] = { RRING_A_READER_ARENA, RRING_A_READER_RING,
				     RRING_A_READER_ID, 0 };
	struct kring_arena *arena = lock_arena(skb, info, attrs);
	int err;

	if (IS_ERR(arena))
		return PTR_ERR(arena);
	err = forget(arena, info);
	unlock_arena(arena);
	return err;
}
