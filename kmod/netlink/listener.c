// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Listeners: sockets that get the notices of only those arenas that they may
 * see. A process makes its socket a listener by the command WATCH. The listener
 * then gets a unicast copy of each notice of an arena that the socket's opener
 * may see. The multicast group, in contrast, gets the notices of all arenas of
 * a network namespace, so it is for administrators.
 */
#include <linux/cred.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "../core/compat.h"
#include "listener.h"
#include "viewer.h"

struct listener {
	struct list_head node;
	/*
	 * With a reference. The port id alone could belong to another socket by
	 * now: a socket that is closed gives it up before on_release() runs.
	 */
	struct sock *sk;
	u32 portid;
	/*
	 * .viewer.cred has a reference. .viewer.net needs none: on_release()
	 * removes the listener before the socket puts its own reference to the
	 * namespace.
	 */
	struct kring_viewer viewer;
};

static LIST_HEAD(listeners);
static DEFINE_MUTEX(listeners_lock);	/* protects listeners */

/* The listener of socket @sk, or NULL. Under listeners_lock. */
static struct listener *listener_of(const struct sock *sk)
{
	struct listener *listener;

	list_for_each_entry(listener, &listeners, node)
		if (listener->sk == sk)
			return listener;
	return NULL;
}

/*
 * The listener of a socket of @net that had the port id @portid and has been
 * closed, or NULL. Under listeners_lock.
 */
static struct listener *closed_listener(const struct net *net, u32 portid)
{
	struct listener *listener;

	list_for_each_entry(listener, &listeners, node)
		if (net_eq(listener->viewer.net, net) &&
		    listener->portid == portid &&
		    sock_flag(listener->sk, SOCK_DEAD))
			return listener;
	return NULL;
}

static void listener_remove(struct listener *listener)
{
	list_del(&listener->node);
	put_cred(listener->viewer.cred);
	sock_put(listener->sk);
	kfree(listener);
}

/*
 * Command WATCH: make the sending socket a listener. Return 0; -EALREADY: it is
 * one already; -EPERM: the socket has no file; -ENOMEM.
 */
int kring_listener_add(struct sk_buff *skb, struct genl_info *info)
{
	struct listener *listener;
	int err;

	listener = kzalloc(sizeof(*listener), GFP_KERNEL_ACCOUNT);
	if (!listener)
		return -ENOMEM;
	listener->sk = NETLINK_CB(skb).sk;
	listener->portid = info->snd_portid;
	err = kring_viewer_init(&listener->viewer, skb);
	if (err)
		goto fail;
	mutex_lock(&listeners_lock);
	if (listener_of(listener->sk)) {
		err = -EALREADY;
	} else {
		sock_hold(listener->sk);
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

static bool may_hear(const struct listener *listener, const struct net *net,
		     const struct kring_access *access)
{
	return net_eq(listener->viewer.net, net) &&
	       kring_viewer_may_see(&listener->viewer, access);
}

/*
 * Return true if at least one listener may see an arena of @net with the owner,
 * mode and name in @access. If not, the caller need not complete the notice.
 */
bool kring_listener_any(const struct net *net,
			const struct kring_access *access)
{
	struct listener *listener;
	bool any = false;

	mutex_lock(&listeners_lock);
	list_for_each_entry(listener, &listeners, node) {
		any = may_hear(listener, net, access);
		if (any)
			break;
	}
	mutex_unlock(&listeners_lock);
	return any;
}

/*
 * Put @skb into the receive queue of @listener's socket, as netlink itself does,
 * which however looks the socket up by its port id. Frees @skb on an error. A
 * full socket gets ENOBUFS.
 */
static void send_to(const struct listener *listener, struct sk_buff *skb)
{
	struct sock *sk = listener->sk;

	if (!sock_queue_rcv_skb(sk, skb))
		return;
	kfree_skb(skb);
	sk->sk_err = ENOBUFS;
	sk_error_report(sk);
}

/*
 * Send a copy of @skb to each listener that may see an arena of @net with
 * @access. A listener whose receive buffer is full loses the notice, and gets
 * ENOBUFS from its next receive. If there is no memory for a copy, the listener
 * loses the notice without being told.
 */
void kring_listener_send(struct net *net, const struct kring_access *access,
			 const struct sk_buff *skb)
{
	struct listener *listener;
	struct sk_buff *copy;

	mutex_lock(&listeners_lock);
	list_for_each_entry(listener, &listeners, node) {
		if (!may_hear(listener, net, access))
			continue;
		copy = skb_copy(skb, GFP_KERNEL);
		if (copy)
			send_to(listener, copy);
	}
	mutex_unlock(&listeners_lock);
}

/* Netlink notifier: remove the listener of a socket that is being closed. */
static int on_release(struct notifier_block *block, unsigned long event,
		      void *data)
{
	const struct netlink_notify *notify = data;
	struct listener *listener;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	mutex_lock(&listeners_lock);
	listener = closed_listener(notify->net, notify->portid);
	if (listener)
		listener_remove(listener);
	mutex_unlock(&listeners_lock);
	return NOTIFY_DONE;
}

static struct notifier_block release_block = {
	.notifier_call = on_release,
};

int kring_listener_start(void)
{
	return netlink_register_notifier(&release_block);
}

/*
 * Remove all listeners. The caller has unregistered the netlink family, or has
 * not registered it, so no request can add a listener.
 */
void kring_listener_stop(void)
{
	struct listener *listener, *next;

	netlink_unregister_notifier(&release_block);
	list_for_each_entry_safe(listener, next, &listeners, node)
		listener_remove(listener);
}
