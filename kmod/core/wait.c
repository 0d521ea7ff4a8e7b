// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The sleeper pays. Who publishes or drops stores, then loads a flag, with no
 * fence between (L). Who wants to sleep raises the flag, makes every CPU that
 * may run a peer pass a full barrier (K), looks once more and only then sleeps:
 * either the look sees the peer's store, or the peer's load sees the flag. The
 * asymmetric form of Dekker's pattern, as in membarrier(2).
 */
#include "compat.h"

#include <rusted_ring/atomic.h>

#include "arena.h"
#include "barrier.h"
#include "client.h"
#include "wait.h"

void rring_gate_init(struct rring_gate *gate, struct rring_arena *arena)
{
	gate->arena = arena;
	init_waitqueue_head(&gate->queue);
	atomic_set(&gate->events, 0);
}

void rring_gate_open(struct rring_gate *gate)
{
	atomic_inc(&gate->events);
	wake_up_all(&gate->queue);
}

void rring_flag_raise(rring_flag_t *flag, u32 bits)
{
	atomic_or(bits, (atomic_t *)&flag->value);
}

/* Returns those of @bits that were up. */
u32 rring_flag_lower(rring_flag_t *flag, u32 bits)
{
	return atomic_fetch_andnot(bits, (atomic_t *)&flag->value) & bits;
}

static int sleep_until(struct rring_gate *gate, int seen, u64 deadline)
{
	u64 now = ktime_get_ns();

	if (deadline == RRING_FOREVER)
		return wait_event_interruptible(gate->queue,
				atomic_read(&gate->events) != seen);
	if (deadline <= now)
		return -ETIME;
	return wait_event_interruptible_hrtimeout(gate->queue,
			atomic_read(&gate->events) != seen,
			ns_to_ktime(min_t(u64, deadline - now, KTIME_MAX)));
}

/*
 * 0, -ETIMEDOUT, -ERESTARTSYS, or what .ready says but -EAGAIN.
 *
 * However many flags .raise puts up, one barrier after the last of them does
 * for all. Take any peer, what it stores, and the flag that it then loads:
 *
 * - It finds the flag down. Then its store came before the barrier, and the
 *   second .ready sees it.
 * - It finds the flag up, raised here or for somebody else, and wakes: takes
 *   the flag down and opens the gate of everybody that it stands for. If that
 *   opening counts in @seen, it came before the first .ready, as did the store;
 *   if not, .events has moved on from @seen, and there is no sleep.
 *
 * A flag that somebody else's wake takes down before the sleep opens this gate
 * as well; the next round raises it again.
 */
int rring_gate_wait(struct rring_gate *gate, const struct rring_wait_ops *ops,
		    void *context, u64 deadline)
{
	for (;;) {
		int seen = atomic_read(&gate->events);
		u64 wake_at = deadline;
		int err = ops->ready(context, &wake_at);

		if (err != -EAGAIN)
			return err;
		if (deadline != RRING_FOREVER && deadline <= ktime_get_ns())
			return -ETIMEDOUT;
		ops->raise(context);
		rring_barrier_unlocked(gate->arena);
		err = ops->ready(context, &wake_at);
		if (err != -EAGAIN)
			return err;
		/* somebody may open the gate without end, to no purpose */
		if (signal_pending(current))
			return -ERESTARTSYS;
		err = sleep_until(gate, seen, wake_at);
		if (err && err != -ETIME)
			return err;
	}
}
