/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_WAIT_H
#define KRING_WAIT_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct kring_arena;
struct kring_client;

/*
 * An event count: tasks sleep on it until kring_evcount_signal() wakes them. A
 * task reads .events, checks its condition, and then sleeps only while .events
 * still has the value that was read. So a signal between the check and the
 * sleep is not lost.
 */
struct kring_evcount {
	struct kring_arena *arena;
	wait_queue_head_t queue;
	atomic_t events;		/* calls of kring_evcount_signal() */
	u32 waker;			/* 1 + the CPU of the last such call */
};

/*
 * Two functions that say for what kring_evcount_wait() waits. It calls both
 * functions without any lock.
 */
struct kring_wait_ops {
	/*
	 * Check the condition of the wait. Return 0 if the condition is true,
	 * or -EAGAIN if it is not true yet. Any other error ends the wait.
	 * *@wake_at is a ktime in ns: kring_evcount_wait() calls .ready again
	 * at this time even without a wake-up. .ready may lower *@wake_at.
	 */
	int (*ready)(void *context, u64 *wake_at);
	/*
	 * Raise each waiters flag that a peer (another client or the kernel)
	 * loads after it may have made the condition true. If the flag is up,
	 * the peer calls a function that lowers the flag and then signals the
	 * event count. NULL: only the kernel makes the condition true, and it
	 * always signals the event count.
	 */
	void (*raise)(void *context);
};

void kring_evcount_init(struct kring_evcount *evcount,
			struct kring_arena *arena);
void kring_evcount_signal(struct kring_evcount *evcount);
int kring_evcount_wait(struct kring_evcount *evcount,
		       struct kring_client *client,
		       const struct kring_wait_ops *ops, void *context,
		       u64 deadline);
void kring_flag_raise(rring_flag_t *flag, u32 bits);
u32 kring_flag_lower(rring_flag_t *flag, u32 bits);

#endif /* KRING_WAIT_H */
