/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_DUMP_H
#define RRING_DUMP_H

struct netlink_callback;
struct sk_buff;

int rring_dump_start(struct netlink_callback *cb);
int rring_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* RRING_DUMP_H */
