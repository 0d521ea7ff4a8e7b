/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_RECENT_H
#define RRING_RECENT_H

#include "compat.h"

struct rring_pool;

u32 rring_recent_take(struct rring_pool *pool, u32 *slots, u32 max);

#endif /* RRING_RECENT_H */
