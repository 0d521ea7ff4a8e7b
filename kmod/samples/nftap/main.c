// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The module rring_nftap publishes the packets of a network namespace as
 * events. This file has the module's parameters, and loads and unloads it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <net/net_namespace.h>

#include <uapi/linux/rusted_ring_nftap.h>

#include "tap.h"

static char *arena = "default";
module_param(arena, charp, 0444);
MODULE_PARM_DESC(arena, "name of the arena, in the network namespace of the loading process");

static char *ring = "nftap";
module_param(ring, charp, 0444);
MODULE_PARM_DESC(ring, "name of the ring");

static unsigned int capacity = 4096;
module_param(capacity, uint, 0444);
MODULE_PARM_DESC(capacity, "packets that the ring takes");

static unsigned int snaplen = 208;
module_param(snaplen, uint, 0444);
MODULE_PARM_DESC(snaplen, "bytes of a packet that are published, from its IP header on");

static char *hooks[RRING_NFTAP_HOOKS] = { "prerouting", "postrouting" };
static int nr_hooks = 2;
module_param_array(hooks, charp, &nr_hooks, 0444);
MODULE_PARM_DESC(hooks, "where packets are met: prerouting,input,forward,output,postrouting");

static char *family = "all";
module_param(family, charp, 0444);
MODULE_PARM_DESC(family, "ipv4, ipv6 or all");

static bool overwrite;
module_param(overwrite, bool, 0444);
MODULE_PARM_DESC(overwrite, "a full ring: lose the oldest packets, not the newest");

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "a process in the network namespace that is meant; 0: the loading one");

/* ---- parameter stat: the writer's counts ---- */

static int get_stat(char *buffer, const struct kernel_param *param)
{
	struct rring_kwriter_stat stat;

	tap_stat(&stat);
	return sysfs_emit(buffer,
			  "sent %llu\ndiscarded %llu\nfull %llu\nbusy %llu\nno_slot %llu\ntoo_large %llu\n",
			  stat.sent, stat.discarded,
			  stat.dropped[RRING_DROP_FULL],
			  stat.dropped[RRING_DROP_BUSY],
			  stat.dropped[RRING_DROP_NO_SLOT],
			  stat.dropped[RRING_DROP_TOO_LARGE]);
}

static int refuse_stat(const char *value, const struct kernel_param *param)
{
	return -EPERM;
}

static const struct kernel_param_ops stat_ops = {
	.get = get_stat,
	.set = refuse_stat,
};
module_param_cb(stat, &stat_ops, NULL, 0444);
MODULE_PARM_DESC(stat, "to be read: what became of the packets so far");

/* ---- load and unload ---- */

static int parse_hooks(unsigned long *bits)
{
	static const char *const names[RRING_NFTAP_HOOKS] = {
		[RRING_NFTAP_PREROUTING] = "prerouting",
		[RRING_NFTAP_INPUT] = "input",
		[RRING_NFTAP_FORWARD] = "forward",
		[RRING_NFTAP_OUTPUT] = "output",
		[RRING_NFTAP_POSTROUTING] = "postrouting",
	};
	int i, hook;

	*bits = 0;
	for (i = 0; i < nr_hooks; i++) {
		hook = match_string(names, RRING_NFTAP_HOOKS, hooks[i]);
		if (hook < 0) {
			pr_err("hooks= has '%s': prerouting, input, forward, output, postrouting\n",
			       hooks[i]);
			return -EINVAL;
		}
		*bits |= BIT(hook);
	}
	return 0;
}

static int parse_family(u8 *proto)
{
	if (!strcmp(family, "all"))
		*proto = NFPROTO_INET;
	else if (!strcmp(family, "ipv4"))
		*proto = NFPROTO_IPV4;
	else if (!strcmp(family, "ipv6"))
		*proto = NFPROTO_IPV6;
	else
		goto invalid;
	return 0;

invalid:
	pr_err("family= takes ipv4, ipv6 or all\n");
	return -EINVAL;
}

static int parse(struct tap_config *config)
{
	int err = parse_hooks(&config->hooks);

	if (!err)
		err = parse_family(&config->family);
	if (err)
		return err;
	if (!snaplen || snaplen > RRING_NFTAP_SNAPLEN_MAX) {
		pr_err("snaplen= takes 1 to %u\n", RRING_NFTAP_SNAPLEN_MAX);
		return -EINVAL;
	}
	if (!capacity || capacity > RRING_RING_CAPACITY_MAX) {
		pr_err("capacity= takes 1 to %u\n", RRING_RING_CAPACITY_MAX);
		return -EINVAL;
	}
	if (pid < 0) {
		pr_err("pid= takes a process's number\n");
		return -EINVAL;
	}
	config->snaplen = snaplen;
	return 0;
}

static struct net *find_net(void)
{
	struct net *net;

	if (!pid)
		return get_net(current->nsproxy->net_ns);
	net = get_net_ns_by_pid(pid);
	if (IS_ERR(net))
		pr_err("pid=%d: there is no such process\n", pid);
	return net;
}

static int __init nftap_init(void)
{
	struct tap_config config = {
		.ring = {
			.net = current->nsproxy->net_ns,
			.arena = arena,
			.ring = ring,
			.kind = RRING_INLINE,
			.policy = overwrite ? RRING_OVERWRITE : RRING_FAIL,
			.type = "struct rring_nftap_packet",
			.type_size = sizeof(struct rring_nftap_packet),
		},
	};
	int err = parse(&config);

	if (err)
		return err;
	config.ring.capacity = capacity;
	config.ring.stride = ALIGN(sizeof(struct rring_nftap_packet) + snaplen,
				   RRING_LINE);
	config.net = find_net();
	if (IS_ERR(config.net))
		return PTR_ERR(config.net);
	err = tap_begin(&config);
	put_net(config.net);
	if (err)
		pr_err("cannot write the ring '%s' of the arena '%s': %pe\n",
		       ring, arena, ERR_PTR(err));
	return err;
}

static void __exit nftap_exit(void)
{
	tap_end();
}

module_init(nftap_init);
module_exit(nftap_exit);

MODULE_AUTHOR("The rusted_ring authors");
MODULE_VERSION("0.2.0");
MODULE_DESCRIPTION("Packets of a network namespace in a ring of rusted_ring");
MODULE_LICENSE("Dual MPL/GPL");
