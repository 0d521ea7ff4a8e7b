/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_WRITER_H
#define KRING_WRITER_H

#include <linux/rusted_ring.h>

struct kring_client;

int kring_writer_check_room(struct kring_ring *ring, u64 position,
			    u64 *wake_at);
int kring_writer_wait(struct kring_client *client, struct rring_wait *args);

#endif /* KRING_WRITER_H */
