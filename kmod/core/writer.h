/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_WRITER_H
#define RRING_WRITER_H

#include <linux/rusted_ring.h>

struct rring_client;

int rring_writer_wait(struct rring_client *client,
		      const struct rring_wait *args);

#endif /* RRING_WRITER_H */
