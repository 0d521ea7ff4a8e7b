// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Wait and wake. On x86-64 the sleeper pays for the memory ordering, so that a
 * client that publishes or drops needs no fence. This client does a store, then
 * loads a waiters flag, with only a compiler barrier between the store and the
 * load (L). On other architectures this client passes a full fence, and the
 * barrier (K) below is one of the sleeper alone, see RRING_K_INTERRUPTS. A
 * kernel writer or reader has a full barrier instead. A task that wants
 * to sleep raises the flag, makes every CPU that may run a client pass a full
 * barrier (K), checks its condition once more, and only then sleeps. Either
 * this check sees the client's store, or the client's load sees the flag, and
 * the client wakes the task. This is the asymmetric form of Dekker's pattern,
 * as in membarrier(2).
 */
#include "compat.h"

#include <rusted_ring/internal/atomic.h>

#include "arena.h"
#include "barrier.h"
#include "client.h"
#include "rate.h"
#include "wait.h"

void kring_evcount_init(struct kring_evcount *evcount,
			struct kring_arena *arena)
{
	evcount->arena = arena;
	init_waitqueue_head(&evcount->queue);
	atomic_set(&evcount->events, 0);
	evcount->waker = 0;
}

/* Wake all tasks that sleep on @evcount. The caller needs no lock. */
void kring_evcount_signal(struct kring_evcount *evcount)
{
	WRITE_ONCE(evcount->waker, 1 + raw_smp_processor_id());
	atomic_inc(&evcount->events);
	wake_up_all(&evcount->queue);
}

void kring_flag_raise(rring_flag_t *flag, u32 bits)
{
	atomic_or(bits, (atomic_t *)&flag->value);
}

/* Lower the bits @bits of *@flag. Return those bits of @bits that were up. */
u32 kring_flag_lower(rring_flag_t *flag, u32 bits)
{
	return atomic_fetch_andnot(bits, (atomic_t *)&flag->value) & bits;
}

/*
 * Sleep until .events of @evcount differs from @seen, and return 0. Return
 * -ETIME if @deadline, a ktime in ns, has come first; with RRING_FOREVER there
 * is no deadline. Return -ERESTARTSYS if a signal(7) came, but 0 if .events
 * differs from @seen already. So a hostile peer that signals @evcount all the
 * time hides a signal(7). This file is also compiled into the library: there,
 * return the error of barrier K (a barrier on the CPUs of all clients) if the
 * thread could not execute it. KCSAN looks at no access here: the kernel's macro
 * reads a field of its timer while the timer's interrupt writes it.
 */
static __no_kcsan int sleep_until(struct kring_evcount *evcount, int seen, u64 deadline)
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
 * Raise the waiters flags, pass barrier K, and return what ops->ready() returns
 * then, or the error of the barrier. Without ops->raise() there are no flags:
 * return -EAGAIN. See kring_evcount_wait().
 */
static int raise_and_look(struct kring_evcount *evcount,
			  struct kring_client *client,
			  const struct kring_wait_ops *ops, void *context,
			  u64 *wake_at)
{
	int err = 0;

	if (!ops->raise)
		return -EAGAIN;
	ops->raise(context);
	if (kring_rate_barrier(client, wake_at))
		err = kring_barrier_unlocked(evcount->arena);
	return err ?: ops->ready(context, wake_at);
}

/*
 * Sleep on @evcount for @client until ops->ready() returns 0 or an error other than
 * -EAGAIN, and return this value. Return -ETIMEDOUT when @deadline, a ktime in
 * ns, has come. If @deadline is 0, do not sleep; with RRING_FOREVER there is no
 * deadline. Return -ERESTARTSYS if a signal(7) came, or -EINTR if the process
 * is being killed. In the library, return the error of barrier K (a barrier on
 * the CPUs of all clients) if the thread could not execute it. Takes the
 * arena's lock, so the caller must not hold this lock. May sleep.
 *
 * No wake-up is lost. A peer (a client, or a kernel writer or reader) that
 * makes the condition true first does a store, and then loads a waiters flag.
 * One barrier, after ops->raise() has raised all flags, is enough for any
 * number of flags. There are two cases:
 *
 * - The peer's load finds the flag down. Then the peer's store came before the
 *   barrier, and the second call of .ready sees the store.
 * - The peer's load finds the flag up: this task or another sleeper has raised
 *   it. Then the peer lowers the flag, and signals the event counts of all
 *   tasks that wait for the flag. If "seen" already counts this signal, the
 *   peer's store came before the barrier, and the second call of .ready sees
 *   the store. Otherwise .events differs from "seen": this task does not sleep,
 *   or wakes.
 *
 * If @client exceeds its rate of barriers, this call has no barrier yet. Then
 * the second call of .ready can miss a store, but the task sleeps only until the
 * barrier is due, and begins again. So it never sleeps longer without a barrier.
 *
 * If the kernel alone makes the condition true, under the lock that .ready takes,
 * it signals @evcount after that, and no flag is needed: .raise is NULL.
 *
 * A peer that wakes another sleeper can lower the flag before this task sleeps.
 * But this peer also signals the event count of this task. So this task does
 * not sleep, or wakes: then it repeats the loop, and raises the flag again.
 */
int kring_evcount_wait(struct kring_evcount *evcount,
		       struct kring_client *client,
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
		err = raise_and_look(evcount, client, ops, context, &wake_at);
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
