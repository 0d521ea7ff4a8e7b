/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_CHARDEV_H
#define KRING_CHARDEV_H

#include <linux/types.h>

int kring_chardev_register(umode_t mode);
void kring_chardev_unregister(void);

#endif /* KRING_CHARDEV_H */
