/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_WAIT_H
#define KRING_WAIT_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct kring_arena;

/*
 * An event count, on which tasks sleep until it is signalled. A task reads
 * .events, checks its condition, and sleeps only while .events has not changed.
 * So a kring_evcount_signal() between the check and the sleep is not lost.
 */
struct kring_evcount {
	struct kring_arena *arena;
	wait_queue_head_t queue;
	atomic_t events;		/* how often it was signalled */
};

/* What kring_evcount_wait() waits for. It calls these without any lock. */
struct kring_wait_ops {
	/*
	 * Check the condition. Returns 0: it holds; -EAGAIN: not yet; any other
	 * error ends the wait. May lower *@wake_at, a ktime in ns: at that time
	 * .ready is called again even without a wake-up.
	 */
	int (*ready)(void *context, u64 *wake_at);
	/*
	 * Raise each waiters flag that a peer looks at after it may have made
	 * the condition true. The function that lowers such a flag for the peer
	 * signals the event count afterwards.
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
