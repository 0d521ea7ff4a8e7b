// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Who may see, and change, what over netlink. */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include <linux/rusted_ring_netlink.h>

#include "../core/arena.h"
#include "viewer.h"

/* @skb came from a process's socket, which is there as long as @viewer. */
int rring_viewer_init(struct rring_viewer *viewer, const struct sk_buff *skb)
{
	const struct sock *sk = NETLINK_CB(skb).sk;
	struct user_namespace *ns;
	struct file *file;

	file = sk && sk->sk_socket ? sk->sk_socket->file : NULL;
	if (!file)
		return -EPERM;
	viewer->cred = file->f_cred;
	viewer->net = sock_net(sk);
	ns = viewer->net->user_ns;
	viewer->admin = file_ns_capable(file, ns, CAP_SYS_ADMIN);
	viewer->override = file_ns_capable(file, ns, CAP_DAC_OVERRIDE);
	return 0;
}

/* The kernel's own groups_search() is not for modules. */
static bool in_groups(const struct cred *cred, kgid_t gid)
{
	const struct group_info *info = cred->group_info;
	int low = 0, high = info->ngroups;

	if (gid_eq(gid, cred->egid))
		return true;
	while (low < high) {
		int mid = low + (high - low) / 2;

		if (gid_eq(gid, info->gid[mid]))
			return true;
		if (gid_gt(gid, info->gid[mid]))
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* As in rring_arena_find(). */
static u32 may_attach(const struct rring_viewer *viewer,
		      const struct rring_access *access)
{
	umode_t mode = access->mode;
	u32 may = 0;

	if (uid_eq(viewer->cred->euid, access->uid))
		mode >>= 6;
	else if (in_groups(viewer->cred, access->gid))
		mode >>= 3;
	if (viewer->override)
		mode = 07;
	if (mode & 04)
		may |= RRING_MAY_OBSERVE;
	if (mode & 01)
		may |= RRING_MAY_CONSUME;
	if (mode & 02)
		may |= RRING_MAY_PRODUCE;
	return may;
}

static u32 may(const struct rring_viewer *viewer,
	       const struct rring_access *access)
{
	u32 may = access->named ? may_attach(viewer, access) : 0;

	if (viewer->admin || uid_eq(viewer->cred->euid, access->uid))
		may |= RRING_MAY_ADMINISTER;
	return may;
}

/* Is @viewer told about an arena of its network namespace? */
bool rring_viewer_hears(const struct rring_viewer *viewer,
			const struct rring_access *access)
{
	return may(viewer, access);
}

/*
 * What @viewer may do with @arena, as RRING_MAY_*: 0, it does not even see it.
 * Under rring_names_lock.
 */
u32 rring_viewer_may(const struct rring_viewer *viewer,
		     const struct rring_arena *arena)
{
	struct rring_access access = {
		.uid = arena->uid,
		.gid = arena->gid,
		.mode = arena->mode,
		.named = arena->named,
	};

	return net_eq(arena->net, viewer->net) ? may(viewer, &access) : 0;
}

/*
 * Who changes something needs the right itself, too, and not only a socket of
 * somebody who had it: else a privileged program could be made to write what
 * it does not know into a socket that it got as its standard output.
 */
bool rring_viewer_sends(const struct rring_viewer *viewer,
			const struct rring_arena *arena)
{
	return uid_eq(current_euid(), arena->uid) ||
	       ns_capable(viewer->net->user_ns, CAP_SYS_ADMIN);
}
