/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_BARRIER_H
#define RRING_BARRIER_H

struct rring_arena;

void rring_barrier(struct rring_arena *arena);
void rring_barrier_unlocked(struct rring_arena *arena);

#endif /* RRING_BARRIER_H */
