/* SPDX-License-Identifier: MPL-2.0 */
/* How a thread waits: by spinning, yielding or sleeping. */
#ifndef ULIB_WAIT_H
#define ULIB_WAIT_H

#include <rusted_ring.h>

struct ulib_waiter {
	enum rring_strategy strategy;
	/* 1: a spin calls .sleep(0), too: only the kernel laps readers */
	int ask_kernel;
	/* is the wait over? 0: yes; -EAGAIN: not yet; else an error */
	int (*check)(void *context);
	/* in the kernel. 0: over; else -ETIMEDOUT, -EINTR, other errors */
	int (*sleep)(void *context, uint64_t deadline);
	void *context;
};

/*
 * Wait, by .strategy, until .check or .sleep finds that the wait is over.
 * Return 0; -ETIMEDOUT at @deadline; or an error of .check or .sleep.
 */
int rring_wait(const struct ulib_waiter *waiter, uint64_t deadline);

/* Has @deadline come? 0: it has always come; RRING_FOREVER: it never comes. */
int ulib_has_passed(uint64_t deadline);

/*
 * Wait for a step that a peer is about to do under the arena's lock. The caller
 * looks for the step in a loop, and calls this after each look. *@looks, 0 at
 * first, counts the calls. The first calls yield the CPU. Later calls wait
 * until the lock's holder unlocks it: a peer of lower priority on this CPU
 * would not run while this thread only yields. Return 0: look again; or a
 * negative errno, if the client is dead: then the step may never come.
 */
int ulib_await_peer(struct rring_client *client, uint32_t *looks);

/* Tell the CPU that this thread spins. */
void ulib_relax(void);

int ulib_strategy_valid(enum rring_strategy strategy);

/* Return -EINVAL, and store the detail that there is no such @strategy. */
int ulib_refuse_strategy(enum rring_strategy strategy);

#endif /* ULIB_WAIT_H */
