/* SPDX-License-Identifier: MPL-2.0 */
/* How a thread waits: by spinning, yielding or sleeping. */
#ifndef ULIB_WAIT_H
#define ULIB_WAIT_H

#include <rusted_ring.h>

struct ulib_waiter {
	enum rring_strategy strategy;
	/* 1: a spin calls .sleep, too, with 0: only the kernel laps readers */
	int ask_kernel;
	/* 0: the wait is over; -EAGAIN: not yet; else an error */
	int (*check)(void *context);
	/* wait in the kernel: 0, -ETIMEDOUT, -EINTR or another error */
	int (*sleep)(void *context, uint64_t deadline);
	void *context;
};

/* Wait until @deadline: 0, -ETIMEDOUT, or an error of .check or .sleep. */
int rring_wait(const struct ulib_waiter *waiter, uint64_t deadline);

/*
 * Called after each look for a step that a peer is about to do under the
 * arena's lock. *@looks counts them, from 0. The thread yields at first, and
 * then waits until the lock's holder has unlocked it: a peer of lower priority,
 * or on the same CPU, would not run while this thread yields. 0, or an error of
 * the call, after which the step may never come.
 */
int ulib_await_peer(struct rring_client *client, uint32_t *looks);

/* Tell the CPU that this thread spins. */
void ulib_relax(void);

int ulib_strategy_valid(enum rring_strategy strategy);

/* -EINVAL, with the detail that there is no such @strategy. */
int ulib_refuse_strategy(enum rring_strategy strategy);

#endif /* ULIB_WAIT_H */
