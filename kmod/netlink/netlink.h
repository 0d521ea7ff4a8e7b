/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_NETLINK_H
#define RRING_NETLINK_H

struct genl_family;

extern struct genl_family rring_genl_family;

int rring_netlink_register(void);
void rring_netlink_unregister(void);

#endif /* RRING_NETLINK_H */
