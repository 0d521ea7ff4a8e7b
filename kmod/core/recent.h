/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_RECENT_H
#define KRING_RECENT_H

#include "compat.h"

struct kring_pool;

u32 kring_recent_take(struct kring_pool *pool, u32 *slots, u32 max);

#endif /* KRING_RECENT_H */
