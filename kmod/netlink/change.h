/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_CHANGE_H
#define KRING_CHANGE_H

struct genl_info;
struct sk_buff;

int kring_change_arena(struct sk_buff *skb, struct genl_info *info);
int kring_change_ban(struct sk_buff *skb, struct genl_info *info);
int kring_change_unban(struct sk_buff *skb, struct genl_info *info);
int kring_change_client(struct sk_buff *skb, struct genl_info *info);
int kring_change_evict(struct sk_buff *skb, struct genl_info *info);
int kring_change_ring(struct sk_buff *skb, struct genl_info *info);
int kring_change_forget(struct sk_buff *skb, struct genl_info *info);

#endif /* KRING_CHANGE_H */
