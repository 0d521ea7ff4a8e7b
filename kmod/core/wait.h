/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_WAIT_H
#define RRING_WAIT_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct rring_arena;

/*
 * Where tasks sleep until a peer calls WAKE: an event count, so that a wake
 * between the last look and the sleep is not lost.
 */
struct rring_gate {
	struct rring_arena *arena;
	wait_queue_head_t queue;
	atomic_t events;
};

/* What a sleeper waits for. Called without locks. */
struct rring_wait_ops {
	/*
	 * 0 when it is there, -EAGAIN when not yet, else an error. May lower
	 * *@wake_at, an absolute time in ns at which it wants to be asked
	 * again.
	 */
	int (*ready)(void *context, u64 *wake_at);
	/*
	 * Raise the flags of all who can make it so: whoever lowers one of
	 * them opens the gate afterwards.
	 */
	void (*raise)(void *context);
};

void rring_gate_init(struct rring_gate *gate, struct rring_arena *arena);
void rring_gate_open(struct rring_gate *gate);
int rring_gate_wait(struct rring_gate *gate, const struct rring_wait_ops *ops,
		    void *context, u64 deadline);
void rring_flag_raise(rring_flag_t *flag, u32 bits);
u32 rring_flag_lower(rring_flag_t *flag, u32 bits);

#endif /* RRING_WAIT_H */
