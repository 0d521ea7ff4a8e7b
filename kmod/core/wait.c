// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Wait and wake. The sleeper pays for the memory ordering, so that a client
 * that publishes needs no fence. It publishes or drops by a store, then loads a
 * waiters flag, with only a compiler barrier in between (L). The kernel as a
 * writer or reader has a full barrier there. A task that wants to sleep raises
 * the flag, makes every CPU that may run a client pass a full barrier (K),
 * looks once more, and only then sleeps. Either this look sees what was stored,
 * or the load sees the flag, and the task is woken. This is the asymmetric form
 * of Dekker's pattern, as in membarrier(2).
 */
#include "compat.h"

#include <rusted_ring/internal/atomic.h>

#include "arena.h"
#include "barrier.h"
#include "client.h"
#include "wait.h"

void kring_evcount_init(struct kring_evcount *evcount,
			struct kring_arena *arena)
{
	evcount->arena = arena;
	init_waitqueue_head(&evcount->queue);
	atomic_set(&evcount->events, 0);
}

/* Wake all tasks that wait on @evcount. Needs no lock. */
void kring_evcount_signal(struct kring_evcount *evcount)
{
	atomic_inc(&evcount->events);
	wake_up_all(&evcount->queue);
}

void kring_flag_raise(rring_flag_t *flag, u32 bits)
{
	atomic_or(bits, (atomic_t *)&flag->value);
}

/* Lower the bits @bits of *@flag. Returns those of them that were up. */
u32 kring_flag_lower(rring_flag_t *flag, u32 bits)
{
	return atomic_fetch_andnot(bits, (atomic_t *)&flag->value) & bits;
}

/*
 * Sleep until .events of @evcount differs from @seen. Returns 0 then; -ETIME:
 * the time @deadline, a ktime in ns, has come (RRING_FOREVER: never comes);
 * -ERESTARTSYS: a signal came.
 */
static int sleep_until(struct kring_evcount *evcount, int seen, u64 deadline)
{
	u64 now = ktime_get_ns();

	if (deadline == RRING_FOREVER)
		return wait_event_interruptible(evcount->queue,
				atomic_read(&evcount->events) != seen);
	if (deadline <= now)
		return -ETIME;
	return wait_event_interruptible_hrtimeout(evcount->queue,
			atomic_read(&evcount->events) != seen,
			ns_to_ktime(min_t(u64, deadline - now, KTIME_MAX)));
}

/*
 * Sleep on @evcount until ops->ready() returns something other than -EAGAIN,
 * and return that. Returns -ETIMEDOUT when @deadline, a ktime in ns, has come
 * (0: do not sleep; RRING_FOREVER: no deadline), and -ERESTARTSYS for a
 * signal(7). Takes the arena's lock; the caller must not hold it.
 *
 * No wake-up is lost. A peer (a client, or a kernel writer or reader) that
 * makes the condition true stores something first, and then loads a waiters
 * flag. One barrier, after ops->raise() has raised all flags, is enough for any
 * number of flags:
 *
 * - The peer finds the flag down. Then its store came before the barrier, and
 *   the second call of .ready sees the store.
 * - The peer finds the flag up, raised here or by another sleeper. Then the
 *   peer lowers the flag, and signals the event counts of all tasks that wait
 *   for this flag. If "seen" already counts this signal, then the store came
 *   before the barrier, and the second call of .ready sees it. Otherwise
 *   .events differs from "seen", and this task does not sleep.
 *
 * A peer that wakes another sleeper can lower the flag before this task sleeps.
 * It then signals this event count as well, and this task's next round raises
 * the flag again.
 */
int kring_evcount_wait(struct kring_evcount *evcount,
		       const struct kring_wait_ops *ops, void *context,
		       u64 deadline)
{
	for (;;) {
		int seen = atomic_read(&evcount->events);
		u64 wake_at = deadline;
		int err = ops->ready(context, &wake_at);

		if (err != -EAGAIN)
			return err;
		if (deadline != RRING_FOREVER && deadline <= ktime_get_ns())
			return -ETIMEDOUT;
		ops->raise(context);
		kring_barrier_unlocked(evcount->arena);
		err = ops->ready(context, &wake_at);
		if (err != -EAGAIN)
			return err;
		/* a hostile peer can hide a signal(7) from sleep_until() */
		if (signal_pending(current))
			return -ERESTARTSYS;
		err = sleep_until(evcount, seen, wake_at);
		if (err && err != -ETIME)
			return err;
	}
}
