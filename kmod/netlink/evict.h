/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_EVICT_H
#define RRING_EVICT_H

#include <linux/types.h>

struct rring_arena;

int rring_evict(struct rring_arena *arena, u32 id, u32 serial);

#endif /* RRING_EVICT_H */
