// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The generic netlink family: its operations, their policies and handlers. Each
 * kind of object has attributes of its own, so each operation has its own
 * policy. Netlink can run several handlers at the same time (.parallel_ops), so
 * each handler takes the locks that it needs.
 */
#include <linux/module.h>
#include <net/genetlink.h>

#include <linux/rusted_ring.h>
#include <linux/rusted_ring_netlink.h>
#include <rusted_ring/internal/name.h>

#include "../core/compat.h"
#include "change.h"
#include "dump.h"
#include "evict.h"
#include "listener.h"
#include "netlink.h"
#include "notify.h"

/*
 * Return 0 if the name in @attr is valid, see rring_name_check(). Otherwise
 * return -EINVAL, with a message in @extack. Netlink has checked that the name
 * ends with a zero, and calls this function because it stands in a policy.
 */
static int check_name(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	u32 at;

	if (!rring_name_check(nla_data(attr), &at))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "a name is printable ASCII without space; no part between slashes is empty, \".\" or \"..\"");
	return -EINVAL;
}

#define NAME_POLICY	\
	NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, check_name, RRING_NAME_MAX - 1)

/*
 * Each policy lists the attributes that the requests of one command may have.
 * Netlink refuses a request that has any other attribute, even an attribute
 * that the module's answers have.
 */
static const struct nla_policy arena_get[] = {
	[RRING_A_ARENA_ID] = { .type = NLA_U32 },
	[RRING_A_ARENA_NAME] = NAME_POLICY,
};

static const struct nla_policy pool_get[] = {
	[RRING_A_POOL_ARENA] = { .type = NLA_U32 },
};

static const struct nla_policy client_get[] = {
	[RRING_A_CLIENT_ARENA] = { .type = NLA_U32 },
};

static const struct nla_policy ring_get[] = {
	[RRING_A_RING_ARENA] = { .type = NLA_U32 },
};

static const struct nla_policy reader_get[] = {
	[RRING_A_READER_ARENA] = { .type = NLA_U32 },
};

static const struct nla_policy arena_set[] = {
	[RRING_A_ARENA_ID] = { .type = NLA_U32 },
	[RRING_A_ARENA_GID] = { .type = NLA_U32 },
	[RRING_A_ARENA_MODE] = NLA_POLICY_MAX(NLA_U32, 0777),
	[RRING_A_ARENA_QUOTA] = NLA_POLICY_RANGE(NLA_U32, 1, 100),
	[RRING_A_ARENA_HOLD_LIMIT_OBSERVER] = NLA_POLICY_MAX(NLA_U32, 100),
	[RRING_A_ARENA_HOLD_LIMIT_CONSUMER] = NLA_POLICY_MAX(NLA_U32, 100),
	[RRING_A_ARENA_HOLD_LIMIT_PRODUCER] = NLA_POLICY_MAX(NLA_U32, 100),
};

static const struct nla_policy arena_ban[] = {
	[RRING_A_ARENA_ID] = { .type = NLA_U32 },
	[RRING_A_ARENA_BANNED] = { .type = NLA_U32 },
};

static const struct nla_policy client_set[] = {
	[RRING_A_CLIENT_ARENA] = { .type = NLA_U32 },
	[RRING_A_CLIENT_ID] = { .type = NLA_U32 },
	[RRING_A_CLIENT_SERIAL] = { .type = NLA_U32 },
	[RRING_A_CLIENT_QUOTA] = NLA_POLICY_MAX(NLA_U32, 100),
};

static const struct nla_policy client_evict[] = {
	[RRING_A_CLIENT_ARENA] = { .type = NLA_U32 },
	[RRING_A_CLIENT_ID] = { .type = NLA_U32 },
	[RRING_A_CLIENT_SERIAL] = { .type = NLA_U32 },
};

static const struct nla_policy ring_set[] = {
	[RRING_A_RING_ARENA] = { .type = NLA_U32 },
	[RRING_A_RING_ID] = { .type = NLA_U32 },
	[RRING_A_RING_NAME] = NAME_POLICY,
	[RRING_A_RING_STALL_NS] = { .type = NLA_U64 },
};

static const struct nla_policy reader_forget[] = {
	[RRING_A_READER_ARENA] = { .type = NLA_U32 },
	[RRING_A_READER_RING] = { .type = NLA_U32 },
	[RRING_A_READER_ID] = { .type = NLA_U32 },
	[RRING_A_READER_SERIAL] = { .type = NLA_U32 },
};

#define POLICY(name)				\
	.policy = name,				\
	.maxattr = ARRAY_SIZE(name) - 1

#define DUMP(command, policy_) {		\
	.cmd = command,				\
	.start = kring_dump_start,		\
	.dumpit = kring_dump,			\
	POLICY(policy_)				\
}

#define CHANGE(command, policy_, run) {		\
	.cmd = command,				\
	.doit = run,				\
	POLICY(policy_)				\
}

static const struct genl_ops operations[] = {
	DUMP(RRING_CMD_ARENA_GET, arena_get),
	DUMP(RRING_CMD_POOL_GET, pool_get),
	DUMP(RRING_CMD_CLIENT_GET, client_get),
	DUMP(RRING_CMD_RING_GET, ring_get),
	DUMP(RRING_CMD_READER_GET, reader_get),
	CHANGE(RRING_CMD_ARENA_SET, arena_set, kring_change_arena),
	CHANGE(RRING_CMD_CLIENT_SET, client_set, kring_change_client),
	CHANGE(RRING_CMD_CLIENT_EVICT, client_evict, kring_change_evict),
	CHANGE(RRING_CMD_RING_SET, ring_set, kring_change_ring),
	CHANGE(RRING_CMD_READER_FORGET, reader_forget, kring_change_forget),
	CHANGE(RRING_CMD_ARENA_BAN, arena_ban, kring_change_ban),
	CHANGE(RRING_CMD_ARENA_UNBAN, arena_ban, kring_change_unban),
	{
		/* there is no policy, so netlink refuses all attributes */
		.cmd = RRING_CMD_WATCH,
		.doit = kring_listener_add,
	},
};

/*
 * A socket in the group gets the notices of all arenas of its network
 * namespace. So only a process with CAP_SYS_ADMIN in the user namespace that
 * owns the network namespace may join. On a kernel without
 * GENL_MCAST_CAP_SYS_ADMIN, CAP_NET_ADMIN is enough.
 */
static const struct genl_multicast_group groups[] = {
	{
		.name = RRING_GENL_GROUP_EVENTS,
		.flags = KRING_MCAST_ADMIN,
	},
};

struct genl_family kring_genl_family __ro_after_init = {
	.name = RRING_GENL_NAME,
	.version = RRING_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true,
	.ops = operations,
	.n_ops = ARRAY_SIZE(operations),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int kring_netlink_register(void)
{
	int err = kring_evict_start();

	if (err)
		return err;
	err = kring_listener_start();
	if (err)
		goto fail_evict;
	err = genl_register_family(&kring_genl_family);
	if (err)
		goto fail_listener;
	kring_notify_start();
	return 0;

fail_listener:
	kring_listener_stop();
fail_evict:
	kring_evict_stop();
	return err;
}

/*
 * Finish the queued evictions, send the queued notices and unregister the
 * family. The caller ensures that no process has the device open or can open
 * the device.
 */
void kring_netlink_unregister(void)
{
	kring_evict_stop();
	kring_notify_stop();
	genl_unregister_family(&kring_genl_family);
	kring_listener_stop();
}
