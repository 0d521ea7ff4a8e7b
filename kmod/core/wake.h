/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_WAKE_H
#define KRING_WAKE_H

#include <linux/rusted_ring.h>

struct kring_client;
struct kring_ring;

int kring_wake(struct kring_client *client, const struct rring_wake *args);
void kring_wake_writer(struct kring_ring *ring,
		       const struct kring_client *client);

#endif /* KRING_WAKE_H */
