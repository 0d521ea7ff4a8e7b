// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The generic netlink family: what messages there are, and who handles them.
 * Each kind of object has attributes of its own, so each operation has its own
 * policy. Locks are those of the objects: nothing here is serialized by netlink.
 */
#include <linux/module.h>
#include <net/genetlink.h>

#include <linux/rusted_ring.h>
#include <linux/rusted_ring_netlink.h>

#include "dump.h"
#include "netlink.h"

/* What a request may carry; attributes that only answers have are refused. */
static const struct nla_policy arena_policy[] = {
	[RRING_A_ARENA_ID] = { .type = NLA_U32 },
	[RRING_A_ARENA_NAME] = { .type = NLA_NUL_STRING,
				 .len = RRING_NAME_MAX - 1 },
};

static const struct nla_policy pool_policy[] = {
	[RRING_A_POOL_ARENA] = { .type = NLA_U32 },
};

static const struct nla_policy client_policy[] = {
	[RRING_A_CLIENT_ARENA] = { .type = NLA_U32 },
};

static const struct nla_policy ring_policy[] = {
	[RRING_A_RING_ARENA] = { .type = NLA_U32 },
};

static const struct nla_policy reader_policy[] = {
	[RRING_A_READER_ARENA] = { .type = NLA_U32 },
};

#define POLICY(name)				\
	.policy = name##_policy,		\
	.maxattr = ARRAY_SIZE(name##_policy) - 1

#define DUMP(command, name) {			\
	.cmd = command,				\
	.start = rring_dump_start,		\
	.dumpit = rring_dump,			\
	POLICY(name)				\
}

static const struct genl_ops operations[] = {
	DUMP(RRING_CMD_ARENA_GET, arena),
	DUMP(RRING_CMD_POOL_GET, pool),
	DUMP(RRING_CMD_CLIENT_GET, client),
	DUMP(RRING_CMD_RING_GET, ring),
	DUMP(RRING_CMD_READER_GET, reader),
};

struct genl_family rring_genl_family __ro_after_init = {
	.name = RRING_GENL_NAME,
	.version = RRING_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true,
	.ops = operations,
	.n_ops = ARRAY_SIZE(operations),
};

int rring_netlink_register(void)
{
	return genl_register_family(&rring_genl_family);
}

void rring_netlink_unregister(void)
{
	genl_unregister_family(&rring_genl_family);
}
