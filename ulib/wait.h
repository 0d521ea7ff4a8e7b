/* SPDX-License-Identifier: MPL-2.0 */
/* How a thread waits: by spinning, yielding or sleeping. */
#ifndef ULIB_WAIT_H
#define ULIB_WAIT_H

#include <rusted_ring.h>

struct ulib_waiter {
	enum rring_strategy strategy;
	/*
	 * 1: a thread that spins or yields also calls .sleep with the deadline
	 * 0, because only the kernel laps a stalled reader
	 */
	int ask_kernel;
	/*
	 * how many rings a call of .check looks at, or 0: the more, the fewer
	 * calls before a sleep
	 */
	uint32_t looks;
	/* return 0: the wait is over; -EAGAIN: it is not; or another error */
	int (*check)(void *context);
	/*
	 * sleep in the kernel; return 0: the wait is over; -ETIMEDOUT:
	 * @deadline has passed; -EINTR: a signal came; or another error
	 */
	int (*sleep)(void *context, uint64_t deadline);
	void *context;
};

/*
 * Wait in the way of .strategy, until .check or .sleep finds that the wait is
 * over. Return 0; -ETIMEDOUT if @deadline has passed first; or an error of
 * .check or .sleep, which ends the wait.
 */
int rring_wait(const struct ulib_waiter *waiter, uint64_t deadline);

/*
 * Call WAIT with @args, which may sleep until args->deadline, and note which CPU
 * has woken this thread. Return what ulib_call_until() returns.
 */
int ulib_sleep(struct rring_client *client, struct rring_wait *args);

/*
 * Return 1 if @deadline has passed, else 0. The deadline 0 has always passed;
 * RRING_FOREVER never passes.
 */
int ulib_has_passed(uint64_t deadline);

/*
 * Let the holder of the arena's lock run. The caller waits in a loop for a
 * change that this holder makes before it unlocks the lock, and calls this
 * function after each check that has not found the change. *@looks counts the
 * calls; the caller sets it to 0 before the loop. The first calls yield the
 * CPU. Later calls wait until the lock is unlocked, because a holder of lower
 * priority on this CPU would not run while this thread only yields. Return 0:
 * the caller checks again. Return a negative errno if @client is dead or
 * inherited: then the change may never come.
 */
int ulib_await_peer(struct rring_client *client, uint32_t *looks);

/* Tell the CPU that this thread spins. */
void ulib_relax(void);

/* Add @cursor to those that @args, of RRING_WAIT_ANY, waits for. */
static inline void ulib_wait_for_cursor(struct rring_wait *args,
					uint32_t cursor)
{
	if (cursor < 64)
		args->position |= 1ull << cursor;
	else
		args->more[cursor / 64 - 1] |= 1ull << cursor % 64;
}

int ulib_strategy_valid(enum rring_strategy strategy);

/*
 * Return the strategy for a caller of @client that asks for @strategy. A signal
 * ends a sleep only, so a client with RRING_INTERRUPTIBLE always sleeps.
 */
enum rring_strategy ulib_strategy_for(const struct rring_client *client,
				      enum rring_strategy strategy);

/* Return -EINVAL. Store an error detail: there is no strategy @strategy. */
int ulib_refuse_strategy(enum rring_strategy strategy);

#endif /* ULIB_WAIT_H */
