/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_CHARDEV_H
#define RRING_CHARDEV_H

#include <linux/types.h>

int rring_chardev_register(umode_t mode);
void rring_chardev_unregister(void);

#endif /* RRING_CHARDEV_H */
