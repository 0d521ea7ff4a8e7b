/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_INODE_H
#define RRING_INODE_H

struct inode;

int rring_inode_register(void);
void rring_inode_unregister(void);
struct inode *rring_inode_new(void);

#endif /* RRING_INODE_H */
