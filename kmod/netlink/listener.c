// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Who hears of some arenas only. A multicast group is for all that happens in a
 * network namespace, and so for administrators; a socket that has sent WATCH
 * gets, one by one, what is told of the arenas that its opener sees.
 */
#include <linux/cred.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "../core/compat.h"
#include "listener.h"
#include "viewer.h"

struct listener {
	struct list_head node;
	u32 portid;
	struct rring_viewer viewer;	/* .net is there: the socket is */
};

static LIST_HEAD(listeners);
static DEFINE_MUTEX(listeners_lock);	/* is over them */

static struct listener *find(const struct net *net, u32 portid)
{
	struct listener *listener;

	list_for_each_entry(listener, &listeners, node)
		if (net_eq(listener->viewer.net, net) &&
		    listener->portid == portid)
			return listener;
	return NULL;
}

static void remove(struct listener *listener)
{
	list_del(&listener->node);
	put_cred(listener->viewer.cred);
	kfree(listener);
}

int rring_listener_add(struct sk_buff *skb, struct genl_info *info)
{
	struct listener *listener;
	int err;

	listener = kzalloc(sizeof(*listener), GFP_KERNEL_ACCOUNT);
	if (!listener)
		return -ENOMEM;
	listener->portid = info->snd_portid;
	err = rring_viewer_init(&listener->viewer, skb);
	if (err)
		goto fail;
	mutex_lock(&listeners_lock);
	if (find(listener->viewer.net, listener->portid)) {
		err = -EALREADY;
	} else {
		get_cred(listener->viewer.cred);
		list_add_tail(&listener->node, &listeners);
	}
	mutex_unlock(&listeners_lock);
	if (!err)
		return 0;
fail:
	kfree(listener);
	return err;
}

static bool hears(const struct listener *listener, const struct net *net,
		  const struct rring_access *access)
{
	return net_eq(listener->viewer.net, net) &&
	       rring_viewer_hears(&listener->viewer, access);
}

/* Is there somebody to tell? */
bool rring_listener_any(const struct net *net,
			const struct rring_access *access)
{
	struct listener *listener;
	bool any = false;

	mutex_lock(&listeners_lock);
	list_for_each_entry(listener, &listeners, node) {
		any = hears(listener, net, access);
		if (any)
			break;
	}
	mutex_unlock(&listeners_lock);
	return any;
}

/* A copy of @skb for each; one that does not keep up gets ENOBUFS. */
void rring_listener_tell(struct net *net, const struct rring_access *access,
			 const struct sk_buff *skb)
{
	struct listener *listener;
	struct sk_buff *copy;

	mutex_lock(&listeners_lock);
	list_for_each_entry(listener, &listeners, node) {
		if (!hears(listener, net, access))
			continue;
		copy = skb_copy(skb, GFP_KERNEL);
		if (copy)
			genlmsg_unicast(net, copy, listener->portid);
	}
	mutex_unlock(&listeners_lock);
}

/* A socket is closed. */
static int on_release(struct notifier_block *block, unsigned long event,
		      void *data)
{
	const struct netlink_notify *notify = data;
	struct listener *listener;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	mutex_lock(&listeners_lock);
	listener = find(notify->net, notify->portid);
	if (listener)
		remove(listener);
	mutex_unlock(&listeners_lock);
	return NOTIFY_DONE;
}

static struct notifier_block release_block = {
	.notifier_call = on_release,
};

int rring_listener_start(void)
{
	return netlink_register_notifier(&release_block);
}

/* Nobody can be added any more. */
void rring_listener_stop(void)
{
	struct listener *listener, *next;

	netlink_unregister_notifier(&release_block);
	list_for_each_entry_safe(listener, next, &listeners, node)
		remove(listener);
}
