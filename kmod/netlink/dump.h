/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_DUMP_H
#define KRING_DUMP_H

struct netlink_callback;
struct sk_buff;

int kring_dump_start(struct netlink_callback *cb);
int kring_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* KRING_DUMP_H */
