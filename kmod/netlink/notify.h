/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/* Notices to netlink's listeners: what core/announce.h announces. */
#ifndef RRING_NOTIFY_H
#define RRING_NOTIFY_H

void rring_notify_start(void);
void rring_notify_stop(void);

#endif /* RRING_NOTIFY_H */
