// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * This file has the module's parameters, creates the arena `default`, and loads
 * and unloads the module.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include <linux/rusted_ring_netlink.h>
#include <rusted_ring/internal/profile.h>

#include "core/arena.h"
#include "core/places.h"
#include "core/rate.h"
#include "linux/chardev.h"
#include "linux/inode.h"
#include "linux/mapping.h"
#include "linux/rate.h"
#include "netlink/listener.h"
#include "netlink/netlink.h"
#include "core/region.h"

static char *profile = "auto";
module_param(profile, charp, 0444);
MODULE_PARM_DESC(profile, "pools of the arena `default': auto (by memory and CPUs), mobile, desktop or server");

static unsigned int capacity[RRING_POOLS];
static int nr_capacities;
module_param_array(capacity, uint, &nr_capacities, 0444);
MODULE_PARM_DESC(capacity, "slots of its pools instead: xs,s,m,l,xl[,xxl]; xxl is the profile's if it is not given");

static unsigned int quota = 100;
module_param(quota, uint, 0444);
MODULE_PARM_DESC(quota, "percent of each of its pools for one client");

static unsigned int default_mode = 0700;
module_param(default_mode, uint, 0444);
MODULE_PARM_DESC(default_mode, "who may observe (r), consume (x) and produce (w) there");

static unsigned int default_gid = ~0u;
module_param(default_gid, uint, 0444);
MODULE_PARM_DESC(default_gid, "number of its group (default: that of the process that loads the module)");

static unsigned int dev_mode = 0600;
module_param(dev_mode, uint, 0444);
MODULE_PARM_DESC(dev_mode, "mode of /dev/rusted_ring");

static unsigned long max_bytes;
module_param(max_bytes, ulong, 0444);
MODULE_PARM_DESC(max_bytes, "bytes that all arenas may take together, with the kernel's tables (default: a quarter of the memory)");

module_param_named(barrier_rate, kring_barrier_rate, uint, 0644);
MODULE_PARM_DESC(barrier_rate, "barriers in a second by which one client may interrupt the CPUs of its peers (0: no limit)");

module_param_named(user_arenas, kring_user_arenas, uint, 0644);
MODULE_PARM_DESC(user_arenas, "arenas that one user may have created");

module_param_named(user_listeners, kring_user_listeners, uint, 0644);
MODULE_PARM_DESC(user_listeners, "netlink sockets of one user that may get notices by WATCH");

module_param_named(user_places, kring_user_places, uint, 0644);
MODULE_PARM_DESC(user_places, "percent of an arena's clients, and of a ring's readers, for one user who does not own the arena");

static int get_used_bytes(char *buffer, const struct kernel_param *parameter)
{
	return sysfs_emit(buffer, "%llu\n", kring_account_total());
}

static int refuse_value(const char *value, const struct kernel_param *parameter)
{
	return -EINVAL;
}

static const struct kernel_param_ops used_bytes_ops = {
	.set = refuse_value,
	.get = get_used_bytes,
};
module_param_cb(used_bytes, &used_bytes_ops, NULL, 0444);
MODULE_PARM_DESC(used_bytes, "bytes that all arenas take now, which count to max_bytes (only to be read)");

static struct kring_arena *default_arena;

/*
 * Return the index of the profile that the parameter profile= names, or a
 * negative errno if there is no such profile.
 */
static int find_profile(void)
{
	if (!strcmp(profile, "auto"))
		return rring_profile_detect((u64)totalram_pages() << PAGE_SHIFT,
					    num_online_cpus(), 0);
	return match_string(rring_profile_names, RRING_PROFILES, profile);
}

static int fill_capacities(u32 *to)
{
	int i = find_profile();

	if (i < 0) {
		pr_err("rusted_ring: profile= takes auto, mobile, desktop or server\n");
		return -EINVAL;
	}
	if (nr_capacities && nr_capacities < RRING_XXL) {
		pr_err("rusted_ring: capacity= takes five or six numbers\n");
		return -EINVAL;
	}
	memcpy(to, rring_profile_capacities[i], sizeof(capacity));
	memcpy(to, capacity, nr_capacities * sizeof(*capacity));
	return 0;
}

static int create_default(void)
{
	struct rring_create args = {
		.size = sizeof(args),
		.name = "default",
		.quota = quota,
		.mode = default_mode,
		.uid = ~0u,
		.gid = default_gid,
	};
	int err = fill_capacities(args.capacity);

	if (err)
		return err;
	default_arena = kring_arena_new(&args, &init_net);
	return PTR_ERR_OR_ZERO(default_arena);
}

static bool unloading;

/*
 * If @arena has rings, write to the log that their events are lost. Return
 * false. This is a kring_arena_filter_t.
 */
static bool warn_of_rings(const struct kring_arena *arena, void *context)
{
	u32 id, n = 0;

	for (id = 1; id <= arena->info->max_rings; id++)
		n += !!arena->rings[id];
	if (n)
		pr_warn("rusted_ring: the arena %s is lost with %u rings, as the module is unloaded\n",
			arena->name, n);
	return false;
}

static void __net_exit net_exit(struct net *net)
{
	if (unloading)
		kring_arena_each(net, warn_of_rings, NULL);
	kring_names_forget(net);
}

static struct pernet_operations net_ops = {
	.exit = net_exit,
};

static int __init kring_init(void)
{
	int err;

	if (dev_mode & ~0777) {
		pr_err("rusted_ring: dev_mode= takes up to 0777\n");
		return -EINVAL;
	}
	kring_account_set_limit(max_bytes ?:
				(totalram_pages() << PAGE_SHIFT) / 4);
	err = register_pernet_subsys(&net_ops);
	if (err)
		return err;
	err = kring_late_start();
	if (err)
		goto fail_net;
	err = kring_shrinker_start();
	if (err)
		goto fail_late;
	err = create_default();
	if (err)
		goto fail_shrinker;
	err = kring_remnants_start();
	if (err)
		goto fail_arena;
	err = kring_inode_register();
	if (err)
		goto fail_remnants;
	err = kring_netlink_register();
	if (err)
		goto fail_inode;
	err = kring_chardev_register(dev_mode);
	if (err)
		goto fail_netlink;
	return 0;

fail_netlink:
	kring_netlink_unregister();
fail_inode:
	kring_inode_unregister();
fail_remnants:
	kring_remnants_stop();
fail_arena:
	kring_arena_put(default_arena);
fail_shrinker:
	kring_shrinker_stop();
	kring_shrinker_destroy();
fail_late:
	kring_late_stop();
fail_net:
	unregister_pernet_subsys(&net_ops);
	return err;
}

/*
 * Unload the module. No file of the module is open or mapped any more, and no
 * other module has a writer or reader. So only default_arena and persistent
 * names (RRING_CREATE_PERSIST) hold references to arenas. Such an arena still
 * has rings if their named readers are away, or if their next writer is
 * awaited. When net_ops are unregistered, net_exit() warns of these, and puts
 * the references of the names.
 */
static void __exit kring_exit(void)
{
	kring_chardev_unregister();
	/* a scan that still runs may have the last reference to a client */
	kring_shrinker_stop();
	unloading = true;
	unregister_pernet_subsys(&net_ops);
	kring_arena_put(default_arena);
	kring_netlink_unregister();
	kring_inode_unregister();
	kring_remnants_stop();
	kring_shrinker_destroy();
	kring_late_stop();
}

module_init(kring_init);
module_exit(kring_exit);

/* A request for the netlink family loads the module. */
MODULE_ALIAS_GENL_FAMILY(RRING_GENL_NAME);
MODULE_AUTHOR("The rusted_ring authors");
MODULE_VERSION("0.2.0");
MODULE_DESCRIPTION("Events shared between processes: pools, rings, reclamation");
MODULE_LICENSE("Dual MPL/GPL");
