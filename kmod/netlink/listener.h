/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_LISTENER_H
#define RRING_LISTENER_H

struct genl_info;
struct net;
struct rring_access;
struct sk_buff;

int rring_listener_add(struct sk_buff *skb, struct genl_info *info);
bool rring_listener_any(const struct net *net,
			const struct rring_access *access);
void rring_listener_tell(struct net *net, const struct rring_access *access,
			 const struct sk_buff *skb);
int rring_listener_start(void);
void rring_listener_stop(void);

#endif /* RRING_LISTENER_H */
