/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_VIEWER_H
#define KRING_VIEWER_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct cred;
struct net;
struct kring_arena;
struct sk_buff;

/*
 * The rights of a netlink socket: those of the process that opened the socket,
 * in the socket's network namespace. They stay the same if the descriptor is
 * passed on to another process.
 */
struct kring_viewer {
	const struct cred *cred;	/* of the opener; no reference */
	struct net *net;	/* of the socket; no reference */
	/* the opener's capabilities in the user namespace that owns .net */
	bool admin;		/* CAP_SYS_ADMIN */
	bool override;		/* CAP_DAC_OVERRIDE */
};

/*
 * A copy of those fields of an arena that decide which viewers may see it. A
 * notice still has the copy when the arena is freed.
 */
struct kring_access {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	bool named;
};

int kring_viewer_init(struct kring_viewer *viewer, const struct sk_buff *skb);
u32 kring_viewer_rights(const struct kring_viewer *viewer,
			const struct kring_arena *arena);
bool kring_viewer_may_see(const struct kring_viewer *viewer,
			  const struct kring_access *access);
bool kring_viewer_may_change(const struct kring_viewer *viewer,
			     const struct kring_arena *arena);

#endif /* KRING_VIEWER_H */
