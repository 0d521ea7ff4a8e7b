/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_EVICT_H
#define KRING_EVICT_H

#include <linux/types.h>

struct kring_arena;

int kring_evict(struct kring_arena *arena, u32 id, u32 serial);
int kring_evict_start(void);
void kring_evict_stop(void);

#endif /* KRING_EVICT_H */
