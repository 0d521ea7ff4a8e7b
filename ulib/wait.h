/* SPDX-License-Identifier: MPL-2.0 */
/* How a thread waits: spins, yields or sleeps, as it was told. */
#ifndef ULIB_WAIT_H
#define ULIB_WAIT_H

#include <rusted_ring.h>

struct rring_waiter {
	enum rring_strategy strategy;
	/* only the kernel laps readers that stall: who spins asks it, too */
	int ask;
	/* 0: it is there; -EAGAIN: not yet; else an error */
	int (*look)(void *context);
	/* the same in the kernel, until @deadline; -ETIMEDOUT, -EINTR */
	int (*sleep)(void *context, uint64_t deadline);
	void *context;
};

/* 0, -ETIMEDOUT, or what .look and .sleep say but -EAGAIN. */
int rring_wait(const struct rring_waiter *waiter, uint64_t deadline);

/* Tell the CPU that this thread spins. */
void rring_relax(void);

int rring_strategy_valid(enum rring_strategy strategy);

#endif /* ULIB_WAIT_H */
