// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Permissions of the control plane: which sockets see or change an arena. */
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

/*
 * Fill @viewer for the socket that sent @skb. 0, or -EPERM: the socket has no
 * file. @viewer holds no references: it is valid as long as the socket is open.
 */
int kring_viewer_init(struct kring_viewer *viewer, const struct sk_buff *skb)
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

/* Is @gid a group of @cred? Modules cannot call groups_search(). */
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

/*
 * The roles in which @viewer may attach by name, as RRING_MAY_*. The rules are
 * those of kring_arena_find().
 */
static u32 may_attach(const struct kring_viewer *viewer,
		      const struct kring_access *access)
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

static u32 viewer_rights(const struct kring_viewer *viewer,
			 const struct kring_access *access)
{
	u32 may = access->named ? may_attach(viewer, access) : 0;

	if (viewer->admin || uid_eq(viewer->cred->euid, access->uid))
		may |= RRING_MAY_ADMINISTER;
	return may;
}

/*
 * May @viewer see an arena with @access? The caller has to compare the network
 * namespaces.
 */
bool kring_viewer_may_see(const struct kring_viewer *viewer,
			  const struct kring_access *access)
{
	return viewer_rights(viewer, access);
}

/*
 * What @viewer may do with @arena, as RRING_MAY_*. 0: @viewer does not see
 * @arena. Under kring_names_lock.
 */
u32 kring_viewer_rights(const struct kring_viewer *viewer,
			const struct kring_arena *arena)
{
	struct kring_access access = {
		.uid = arena->uid,
		.gid = arena->gid,
		.mode = arena->mode,
		.named = arena->named,
	};

	return net_eq(arena->net, viewer->net) ?
	       viewer_rights(viewer, &access) : 0;
}

/*
 * May the current task administer @arena? A change needs this right of the
 * sender, and RRING_MAY_ADMINISTER of the socket's opener. The sender's alone
 * is not enough: a privileged program may get a socket as its standard output,
 * and write to it without knowing. The opener's alone is not enough, either: an
 * unprivileged process may have inherited the socket.
 */
bool kring_viewer_may_change(const struct kring_viewer *viewer,
			     const struct kring_arena *arena)
{
	return uid_eq(current_euid(), arena->uid) ||
	       ns_capable(viewer->net->user_ns, CAP_SYS_ADMIN);
}
