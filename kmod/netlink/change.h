/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_CHANGE_H
#define RRING_CHANGE_H

struct genl_info;
struct sk_buff;

int rring_change_arena(struct sk_buff *skb, struct genl_info *info);
int rring_change_client(struct sk_buff *skb, struct genl_info *info);
int rring_change_evict(struct sk_buff *skb, struct genl_info *info);
int rring_change_ring(struct sk_buff *skb, struct genl_info *info);
int rring_change_forget(struct sk_buff *skb, struct genl_info *info);

#endif /* RRING_CHANGE_H */
