// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Listeners: netlink sockets that get the notices of some arenas. A process
 * makes its socket a listener by the command WATCH. If the process that opened
 * the socket may see an arena, the listener gets a unicast copy of each notice
 * of this arena. The multicast group, in contrast, gets the notices of all
 * arenas of a network namespace, so only administrators may join the group.
 */
#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/memcontrol.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/netns/hash.h>
#include <net/sock.h>

#include <linux/rusted_ring_netlink.h>

#include "../core/compat.h"
#include "listener.h"
#include "viewer.h"

struct listener {
	struct hlist_node of_port;	/* these three are in the tables below */
	struct hlist_node of_net;
	struct hlist_node of_user;
	/*
	 * The listener holds a reference to .sk. The port id alone does not
	 * identify the socket: a socket that is closed gives up its port id
	 * before netlink calls on_release(), and another socket can get it.
	 */
	struct sock *sk;
	u32 portid;
	/*
	 * The listener holds a reference to .viewer.cred. It needs no reference
	 * to .viewer.net, because on_release() removes the listener before the
	 * socket puts its own reference to the namespace.
	 */
	struct kring_viewer viewer;
	/*
	 * The pid namespace of the process that has sent WATCH. The listener
	 * holds a reference to it.
	 */
	struct pid_namespace *pid_ns;
	/*
	 * The memory cgroup of the process that sent WATCH, with a reference:
	 * the copies of notices are charged to it. NULL if the kernel has no
	 * memory cgroups.
	 */
	struct mem_cgroup *memcg;
};

/*
 * The tables of all listeners, so that the time for a lookup does not grow with
 * the listeners of other users and network namespaces.
 */
static DEFINE_HASHTABLE(by_port, 8);	/* by namespace and port id */
static DEFINE_HASHTABLE(by_net, 8);	/* by namespace */
static DEFINE_HASHTABLE(by_user, 8);	/* by user */
static DEFINE_MUTEX(listeners_lock);	/* protects the tables */

unsigned int kring_user_listeners = 64;

static u32 port_key(const struct net *net, u32 portid)
{
	return portid ^ net_hash_mix(net);
}

/*
 * Return true if the socket of @fresh is a listener already. The caller holds
 * listeners_lock.
 */
static bool is_listener(const struct listener *fresh)
{
	struct listener *listener;

	hash_for_each_possible(by_port, listener, of_port,
			       port_key(fresh->viewer.net, fresh->portid))
		if (listener->sk == fresh->sk)
			return true;
	return false;
}

/*
 * Return the listener whose socket is in @net, had the port id @portid, and is
 * closed now. Return NULL if there is no such listener. The caller holds
 * listeners_lock.
 */
static struct listener *closed_listener(const struct net *net, u32 portid)
{
	struct listener *listener;

	hash_for_each_possible(by_port, listener, of_port,
			       port_key(net, portid))
		if (net_eq(listener->viewer.net, net) &&
		    listener->portid == portid &&
		    sock_flag(listener->sk, SOCK_DEAD))
			return listener;
	return NULL;
}

static void listener_remove(struct listener *listener)
{
	put_pid_ns(listener->pid_ns);
	hash_del(&listener->of_port);
	hash_del(&listener->of_net);
	hash_del(&listener->of_user);
	put_cred(listener->viewer.cred);
	mem_cgroup_put(listener->memcg);
	sock_put(listener->sk);
	kfree(listener);
}

/*
 * Put @listener into the tables, and take its references. Return 0, -EALREADY if
 * its socket is a listener already, or -EDQUOT if the user that opened the
 * socket has kring_user_listeners listeners, and not both this user and the
 * sender of @skb, the request, have CAP_SYS_ADMIN. The caller holds
 * listeners_lock.
 */
static int enlist(struct listener *listener, const struct sk_buff *skb)
{
	const struct cred *cred = listener->viewer.cred;
	u32 user = __kuid_val(cred->euid);
	struct listener *other;
	u32 own = 0;

	if (is_listener(listener))
		return -EALREADY;
	hash_for_each_possible(by_user, other, of_user, user)
		own += uid_eq(other->viewer.cred->euid, cred->euid);
	if (own >= READ_ONCE(kring_user_listeners) &&
	    !netlink_capable(skb, CAP_SYS_ADMIN))
		return -EDQUOT;
	sock_hold(listener->sk);
	get_cred(cred);
	get_pid_ns(listener->pid_ns);
	listener->memcg = get_mem_cgroup_from_mm(current->mm);
	hash_add(by_port, &listener->of_port,
		 port_key(listener->viewer.net, listener->portid));
	hash_add(by_net, &listener->of_net, net_hash_mix(listener->viewer.net));
	hash_add(by_user, &listener->of_user, user);
	return 0;
}

/*
 * Run the command WATCH: make the socket that sent @skb a listener. Return 0,
 * an error of enlist(), -EPERM if the socket has no file, -EINTR if the task is
 * being killed, or -ENOMEM.
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
	listener->pid_ns = task_active_pid_ns(current);
	err = kring_viewer_init(&listener->viewer, skb);
	if (err)
		goto fail;
	err = mutex_lock_killable(&listeners_lock);
	if (err)
		goto fail;
	err = enlist(listener, skb);
	mutex_unlock(&listeners_lock);
	if (!err)
		return 0;
	if (err == -EDQUOT)
		GENL_SET_ERR_MSG(info,
				 "as many sockets of this user watch as user_listeners= permits");
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
 * Return true if at least one listener in @net may see the arena that @access
 * describes. If the result is false, no listener would get a notice about the
 * arena. Takes listeners_lock. The caller is a worker, which nobody can kill.
 */
bool kring_listener_any(const struct net *net,
			const struct kring_access *access)
{
	struct listener *listener;
	bool any = false;

	mutex_lock(&listeners_lock);
	hash_for_each_possible(by_net, listener, of_net, net_hash_mix(net)) {
		any = may_hear(listener, net, access);
		if (any)
			break;
	}
	mutex_unlock(&listeners_lock);
	return any;
}

/*
 * Return a copy of @skb that is charged to the memory cgroup of @listener, or
 * NULL if there is no memory at once. Do not wait for memory: in the cgroup of a
 * hostile listener this can take long, and all other listeners would wait, too.
 */
static struct sk_buff *copy_for(const struct listener *listener,
				const struct sk_buff *skb)
{
	struct mem_cgroup *old = set_active_memcg(listener->memcg);
	struct sk_buff *copy;

	copy = skb_copy(skb, GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN);
	set_active_memcg(old);
	return copy;
}

/* Tell @listener that it has lost a notice. */
static void lose(const struct listener *listener)
{
	listener->sk->sk_err = ENOBUFS;
	sk_error_report(listener->sk);
}

/*
 * Put @skb into the receive queue of @listener's socket. Do not use netlink's
 * own functions, because they look up the socket by its port id, which another
 * socket can have by now. On an error free @skb. If the queue is full, also set
 * the socket's error to ENOBUFS; if a filter of the socket does not want @skb
 * (-EPERM), the program has lost nothing that it wants.
 */
static void send_to(const struct listener *listener, struct sk_buff *skb)
{
	int err = sock_queue_rcv_skb(listener->sk, skb);

	if (!err)
		return;
	kfree_skb(skb);
	if (err != -EPERM)
		lose(listener);
}

/*
 * Append to @skb, the copy of a notice for @listener, the process id @pid as the
 * listener's pid namespace numbers it. Append nothing if @pid is NULL or has no
 * number there.
 */
static void append_pid(const struct listener *listener, struct sk_buff *skb,
		       struct pid *pid)
{
	u32 nr = pid_nr_ns(pid, listener->pid_ns);

	if (nr && !nla_put_u32(skb, RRING_A_CLIENT_PID, nr))
		nlmsg_end(skb, nlmsg_hdr(skb));
}

/*
 * Send a copy of @skb, a notice about an arena, to each listener in @net that
 * may see this arena. @access describes the arena. If the notice names a client,
 * @pid is its process, and NULL otherwise. A listener whose receive buffer is
 * full, or for whose copy there is no memory, loses the notice, and its next
 * receive call fails with ENOBUFS. Takes listeners_lock. The caller is a worker,
 * which nobody can kill.
 */
void kring_listener_send(struct net *net, const struct kring_access *access,
			 const struct sk_buff *skb, struct pid *pid)
{
	struct listener *listener;
	struct sk_buff *copy;

	mutex_lock(&listeners_lock);
	hash_for_each_possible(by_net, listener, of_net, net_hash_mix(net)) {
		if (!may_hear(listener, net, access))
			continue;
		copy = copy_for(listener, skb);
		if (!copy) {
			lose(listener);
			continue;
		}
		append_pid(listener, copy, pid);
		send_to(listener, copy);
	}
	mutex_unlock(&listeners_lock);
}

/*
 * Tell each listener in @net that may see the arena that @access describes that
 * it has lost a notice of this arena: its next receive call fails with ENOBUFS.
 * Takes listeners_lock, also if the task is being killed, because this is the
 * release of an arena.
 */
void kring_listener_lose(struct net *net, const struct kring_access *access)
{
	struct listener *listener;

	mutex_lock(&listeners_lock);
	hash_for_each_possible(by_net, listener, of_net, net_hash_mix(net))
		if (may_hear(listener, net, access))
			lose(listener);
	mutex_unlock(&listeners_lock);
}

/*
 * Remove the listener of a netlink socket that is being closed, if the socket
 * is a listener. Netlink calls this function for each socket that is closed.
 * Takes listeners_lock, also if the task is being killed, because this is a
 * release.
 */
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
	kring_forbid_reclaim(&listeners_lock);
	return netlink_register_notifier(&release_block);
}

/*
 * Remove all listeners. The netlink family is not registered any more, or could
 * not be registered, so no request can add a listener.
 */
void kring_listener_stop(void)
{
	struct listener *listener;
	struct hlist_node *next;
	int bucket;

	netlink_unregister_notifier(&release_block);
	hash_for_each_safe(by_net, bucket, next, listener, of_net)
		listener_remove(listener);
}
