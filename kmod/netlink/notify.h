/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/* Start and stop notices. core/announce.h declares what queues a notice. */
#ifndef KRING_NOTIFY_H
#define KRING_NOTIFY_H

void kring_notify_start(void);
void kring_notify_stop(void);

#endif /* KRING_NOTIFY_H */
