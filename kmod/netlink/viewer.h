/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_VIEWER_H
#define KRING_VIEWER_H

#include <linux/types.h>
#include <linux/uidgid.h>

#include "../core/places.h"

struct cred;
struct net;
struct kring_arena;
struct sk_buff;

/*
 * The rights of a netlink socket. They are the rights of the process that
 * opened the socket, in the socket's network namespace. The rights stay the
 * same if another process gets the socket's descriptor.
 */
struct kring_viewer {
	/*
	 * The credentials of the process that opened the socket, and the
	 * socket's network namespace. kring_viewer_init() takes no reference to
	 * them.
	 */
	const struct cred *cred;
	struct net *net;
	/* capabilities that .cred has in the user namespace that owns .net */
	bool admin;		/* CAP_SYS_ADMIN */
	bool override;		/* CAP_DAC_OVERRIDE */
};

/*
 * A copy of the fields of an arena that decide which sockets may see the arena.
 * Each notice (a netlink message about an event in the arena) has such a copy,
 * because the arena can be freed before the notice is sent.
 */
struct kring_access {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	bool named;
	struct kring_bans bans;
};

int kring_viewer_init(struct kring_viewer *viewer, const struct sk_buff *skb);
u32 kring_viewer_rights(const struct kring_viewer *viewer,
			const struct kring_arena *arena);
bool kring_viewer_may_see(const struct kring_viewer *viewer,
			  const struct kring_access *access);
bool kring_viewer_may_change(const struct kring_viewer *viewer,
			     const struct kring_arena *arena);
bool kring_viewer_may_give(const struct kring_viewer *viewer, kgid_t gid);

#endif /* KRING_VIEWER_H */
