/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_LISTENER_H
#define KRING_LISTENER_H

struct genl_info;
struct net;
struct pid;
struct kring_access;
struct sk_buff;

/* parameter of the module: how many listeners one user may have */
extern unsigned int kring_user_listeners;

int kring_listener_add(struct sk_buff *skb, struct genl_info *info);
bool kring_listener_any(const struct net *net,
			const struct kring_access *access);
void kring_listener_send(struct net *net, const struct kring_access *access,
			 const struct sk_buff *skb, struct pid *pid);
void kring_listener_lose(struct net *net, const struct kring_access *access);
int kring_listener_start(void);
void kring_listener_stop(void);

#endif /* KRING_LISTENER_H */
