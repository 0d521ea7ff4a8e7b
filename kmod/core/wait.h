/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_WAIT_H
#define RRING_WAIT_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct rring_arena;

/*
 * An event count, on which tasks sleep until the gate is opened. If the gate is
 * opened between a task's last look and its sleep, the task does not sleep.
 */
struct rring_gate {
	struct rring_arena *arena;
	wait_queue_head_t queue;
	atomic_t events;		/* how often the gate was opened */
};

/* The condition that a sleeper waits for. Called without locks. */
struct rring_wait_ops {
	/*
	 * 0: the condition holds; -EAGAIN: not yet; else an error, which ends
	 * the wait. May lower *@wake_at, the ktime in ns at which .ready is
	 * called again at the latest.
	 */
	int (*ready)(void *context, u64 *wake_at);
	/*
	 * Raise the waiters flags of all peers that can make the condition
	 * hold. A peer that lowers one of these flags opens the gate
	 * afterwards.
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
