/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_CHARDEV_H
#define RRING_CHARDEV_H

#include <linux/types.h>

struct rring_arena;

int rring_chardev_register(umode_t mode);
void rring_chardev_unregister(void);
struct rring_arena *rring_arena_from_fd(int fd);

#endif /* RRING_CHARDEV_H */
