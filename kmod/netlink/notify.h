/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/* Notices to netlink's listeners: what core/announce.h announces. */
#ifndef KRING_NOTIFY_H
#define KRING_NOTIFY_H

void kring_notify_start(void);
void kring_notify_stop(void);

#endif /* KRING_NOTIFY_H */
