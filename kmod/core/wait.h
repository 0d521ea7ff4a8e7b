/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_WAIT_H
#define KRING_WAIT_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct kring_arena;

/*
 * An event count, on which tasks sleep until it is signalled. If it is
 * signalled between a task's last look and its sleep, the task does not sleep.
 */
struct kring_evcount {
	struct kring_arena *arena;
	wait_queue_head_t queue;
	atomic_t events;		/* how often it was signalled */
};

/* What a sleeper waits for. The caller of these functions holds no lock. */
struct kring_wait_ops {
	/*
	 * 0: the condition holds; -EAGAIN: not yet; else an error, which ends
	 * the wait. May lower *@wake_at, the ktime in ns at which .ready is
	 * called again at the latest.
	 */
	int (*ready)(void *context, u64 *wake_at);
	/*
	 * Raise the waiters flags of all peers that can make the condition
	 * hold. A peer that lowers one of these flags signals the event count
	 * afterwards.
	 */
	void (*raise)(void *context);
};

void kring_evcount_init(struct kring_evcount *evcount,
			struct kring_arena *arena);
void kring_evcount_signal(struct kring_evcount *evcount);
int kring_evcount_wait(struct kring_evcount *evcount,
		       const struct kring_wait_ops *ops, void *context,
		       u64 deadline);
void kring_flag_raise(rring_flag_t *flag, u32 bits);
u32 kring_flag_lower(rring_flag_t *flag, u32 bits);

#endif /* KRING_WAIT_H */
