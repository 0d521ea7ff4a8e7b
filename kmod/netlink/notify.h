/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * Start and stop the notices, which are netlink messages about events in
 * arenas. core/announce.h declares the functions that queue a notice.
 */
#ifndef KRING_NOTIFY_H
#define KRING_NOTIFY_H

void kring_notify_start(void);
void kring_notify_stop(void);

#endif /* KRING_NOTIFY_H */
