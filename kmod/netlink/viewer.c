// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Permissions of netlink sockets: which of them may see or change an arena. */
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
 * Fill @viewer for the socket that sent @skb. Return 0, or -EPERM if the socket
 * has no file: the rights of the process that opened the socket are then
 * unknown. The function takes no references, so @viewer is valid only while the
 * socket is open.
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

/*
 * Return true if @gid is the effective or a supplementary group of @cred. This
 * function does the search of groups_search(), which the kernel does not export
 * to modules.
 */
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
 * Return the roles in which @viewer may attach to the arena by its name, as
 * bits RRING_MAY_*. The rules for .mode are those of kring_arena_permits(), for a
 * process that attaches.
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
	u32 may = 0;

	if (access->named &&
	    !kring_bans_has(&access->bans, viewer->cred->euid))
		may = may_attach(viewer, access);
	if (viewer->admin || uid_eq(viewer->cred->euid, access->uid))
		may |= RRING_MAY_ADMINISTER;
	return may;
}

/*
 * Return true if @viewer has any right to the arena that @access describes. The
 * caller has to check that the arena and @viewer are in the same network
 * namespace.
 */
bool kring_viewer_may_see(const struct kring_viewer *viewer,
			  const struct kring_access *access)
{
	return viewer_rights(viewer, access);
}

/*
 * Return what @viewer may do with @arena, as bits RRING_MAY_*. If the result is
 * 0, @viewer may not even see that @arena exists. The caller holds
 * kring_names_lock.
 */
u32 kring_viewer_rights(const struct kring_viewer *viewer,
			const struct kring_arena *arena)
{
	struct kring_access access = {
		.uid = arena->uid,
		.gid = READ_ONCE(arena->gid),
		.mode = READ_ONCE(arena->mode),
		.named = arena->named,
	};

	kring_bans_copy(&access.bans, &arena->bans);
	return net_eq(arena->net, viewer->net) ?
	       viewer_rights(viewer, &access) : 0;
}

/*
 * Return true if the current task, which sends the request, may change @arena.
 * The caller also has to check that the process that opened the socket has
 * RRING_MAY_ADMINISTER. Both checks are needed. An unprivileged process can
 * open the socket and make it the standard output of a privileged program,
 * which then sends a request unknowingly. And an unprivileged process may
 * have inherited a socket that a privileged process opened.
 */
bool kring_viewer_may_change(const struct kring_viewer *viewer,
			     const struct kring_arena *arena)
{
	return uid_eq(current_euid(), arena->uid) ||
	       ns_capable(viewer->net->user_ns, CAP_SYS_ADMIN);
}

/*
 * Return true if an arena may get the group @gid: each of @viewer and the
 * current task is a member of the group, or an administrator. So the owner of
 * an arena cannot give the arena to a group that could not have created it.
 * The caller also checks kring_viewer_may_change().
 */
bool kring_viewer_may_give(const struct kring_viewer *viewer, kgid_t gid)
{
	return (viewer->admin || in_groups(viewer->cred, gid)) &&
	       (in_egroup_p(gid) ||
		ns_capable(viewer->net->user_ns, CAP_SYS_ADMIN));
}
