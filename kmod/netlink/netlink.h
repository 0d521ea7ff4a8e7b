/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_NETLINK_H
#define KRING_NETLINK_H

struct genl_family;

extern struct genl_family kring_genl_family;

int kring_netlink_register(void);
void kring_netlink_unregister(void);

#endif /* KRING_NETLINK_H */
