// SPDX-License-Identifier: MPL-2.0
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "client/client.h"
#include "probes.h"
#include "wait.h"

/*
 * How often a thread calls .check before it sleeps. These calls take some
 * microseconds, about as long as a sleep and a wake-up. If a call looks at many
 * rings, there are fewer calls, but at least SPINS_LEAST.
 */
#define SPINS		256
#define SPINS_LEAST	4
#define SPINS_A_LOOK	32	/* calls of .check for each load of the clock */

/*
 * A thread yields its CPU at most PEER_YIELDS times in ulib_await_peer(), and
 * WAIT_YIELDS times under RRING_WAIT_YIELD. The numbers are limited because
 * threads of lower priority cannot use the CPU while a thread yields it again
 * and again. PEER_YIELDS is low because the change that ulib_await_peer() waits
 * for takes only microseconds. After WAIT_YIELDS the thread sleeps between two
 * calls of .check: for NAP_MIN_NS at first, then twice as long each time, but
 * at most NAP_MAX_NS.
 */
#define PEER_YIELDS	64
#define WAIT_YIELDS	1024
#define NAP_MIN_NS	1000u
#define NAP_MAX_NS	1000000u
#define NAP_DOUBLINGS	10

void ulib_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ __volatile__("yield" ::: "memory");
#else
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
#endif
}

/* 1 + the CPU whose task has last woken this thread; 0: none has */
static _Thread_local uint32_t last_waker;

int ulib_sleep(struct rring_client *client, struct rring_wait *args)
{
	int err;

	ULIB_PROBE(sleep, client->id, args->ring, args->what, args->deadline);
	err = ulib_call_until(client, RRING_IOC_WAIT, args, args->deadline);
	ULIB_PROBE(awake, client->id, args->ring, args->what, err);
	if (!err)
		last_waker = args->waker;
	return err;
}

/*
 * Return 1 if this thread may run on one CPU only, else 0. The answer is that
 * of the thread's first call.
 */
static int is_bound(void)
{
	static _Thread_local int known;	/* 1 + the answer; 0: not known yet */
	cpu_set_t cpus;

	if (!known)
		known = sched_getaffinity(0, sizeof(cpus), &cpus) ||
			CPU_COUNT(&cpus) != 1 ? 1 : 2;
	return known - 1;
}

/*
 * Return how often this thread calls .check before it sleeps: 0 if the thread
 * is bound to one CPU, unless it was last woken by a task on another CPU. While
 * this thread spins, a task on its own CPU does not run, and cannot end the
 * wait.
 */
static unsigned int spins(uint32_t looks)
{
	unsigned int most = SPINS / (looks ? looks : 1);

	if (is_bound() &&
	    (!last_waker || last_waker == 1u + (uint32_t)sched_getcpu()))
		return 0;
	return most < SPINS_LEAST ? SPINS_LEAST : most;
}

int ulib_has_passed(uint64_t deadline)
{
	return !deadline || (deadline != RRING_FOREVER &&
			     deadline <= rring_deadline(0));
}

/*
 * Call .check until it returns another value than -EAGAIN, but at most @rounds
 * times. Return the value of the last call, or -EAGAIN if @rounds is 0.
 */
static int spin(const struct ulib_waiter *waiter, unsigned int rounds)
{
	int err = -EAGAIN;

	while (rounds-- && err == -EAGAIN) {
		err = waiter->check(waiter->context);
		if (err == -EAGAIN)
			ulib_relax();
	}
	return err;
}

/*
 * Ask the kernel, without a sleep, whether the wait of @waiter is over. When it
 * is asked, the kernel laps readers that have stalled for too long. A writer
 * that spins and never asks could wait for such a reader for ever. Return 0 if
 * the wait is over, -EAGAIN if it is not, or another error of .sleep.
 */
static int ask_kernel(const struct ulib_waiter *waiter)
{
	int err = waiter->sleep(waiter->context, 0);

	return err == -ETIMEDOUT ? -EAGAIN : err;
}

/*
 * Sleep NAP_MIN_NS * 2^@doublings ns, but at most NAP_MAX_NS, and not beyond
 * @deadline. A signal ends the sleep early.
 */
static void nap(uint32_t doublings, uint64_t deadline)
{
	uint64_t ns = (uint64_t)NAP_MIN_NS <<
		      (doublings < NAP_DOUBLINGS ? doublings : NAP_DOUBLINGS);
	struct timespec at;

	ns = rring_deadline(ns < NAP_MAX_NS ? ns : NAP_MAX_NS);
	if (ns > deadline)
		ns = deadline;
	at.tv_sec = (time_t)(ns / 1000000000u);
	at.tv_nsec = (long)(ns % 1000000000u);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void yield_or_nap(uint32_t looks, uint64_t deadline)
{
	if (looks < WAIT_YIELDS)
		sched_yield();
	else
		nap(looks - WAIT_YIELDS, deadline);
}

int ulib_await_peer(struct rring_client *client, uint32_t *looks)
{
	/*
	 * This WAKE names no sleepers, so it only locks and unlocks the arena's
	 * lock. While this thread waits for the lock, the holder of the lock
	 * can run; in the process backend the holder also inherits this
	 * thread's priority.
	 */
	struct rring_wake args = { .size = sizeof(args) };

	if ((*looks)++ >= PEER_YIELDS)
		return ulib_call(client, RRING_IOC_WAKE, &args);
	sched_yield();
	return 0;
}

/*
 * Call .check in rounds until the wait is over. If @yield is 1, a round is one
 * call, and the thread yields or naps between two rounds. Between two rounds
 * pthread_cancel(3) may end the thread. Return 0 when the wait is over;
 * -ETIMEDOUT if @deadline has passed first; or an error of .check or .sleep,
 * which ends the wait.
 */
static int spin_until(const struct ulib_waiter *waiter, uint64_t deadline,
		      int yield)
{
	uint32_t looks = 0;
	int err;

	for (;;) {
		err = spin(waiter, yield ? 1 : SPINS_A_LOOK);
		if (err == -EAGAIN && waiter->ask_kernel)
			err = ask_kernel(waiter);
		if (err != -EAGAIN)
			return err;
		if (ulib_has_passed(deadline))
			return -ETIMEDOUT;
		pthread_testcancel();
		if (yield)
			yield_or_nap(looks++, deadline);
	}
}

int rring_wait(const struct ulib_waiter *waiter, uint64_t deadline)
{
	int err = -EAGAIN;

	if (waiter->strategy == RRING_WAIT_SPIN)
		return spin_until(waiter, deadline, 0);
	if (!ulib_has_passed(deadline))
		err = spin(waiter, spins(waiter->looks));
	if (err != -EAGAIN)
		return err;
	if (waiter->strategy == RRING_WAIT_YIELD)
		return spin_until(waiter, deadline, 1);
	return waiter->sleep(waiter->context, deadline);
}

int ulib_strategy_valid(enum rring_strategy strategy)
{
	return (unsigned int)strategy <= RRING_WAIT_YIELD;
}

enum rring_strategy ulib_strategy_for(const struct rring_client *client,
				      enum rring_strategy strategy)
{
	return client->own->interruptible ? RRING_WAIT_BLOCK : strategy;
}

int ulib_refuse_strategy(enum rring_strategy strategy)
{
	return ulib_error(-EINVAL, "there is no strategy %u; strategies are RRING_WAIT_BLOCK, RRING_WAIT_SPIN and RRING_WAIT_YIELD",
			  strategy);
}
