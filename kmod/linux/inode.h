/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_INODE_H
#define KRING_INODE_H

struct inode;

int kring_inode_register(void);
void kring_inode_unregister(void);
struct inode *kring_inode_new(void);

#endif /* KRING_INODE_H */
