/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_BARRIER_H
#define KRING_BARRIER_H

struct kring_arena;

void kring_barrier(struct kring_arena *arena);
int kring_barrier_unlocked(struct kring_arena *arena);

#endif /* KRING_BARRIER_H */
