// SPDX-License-Identifier: MPL-2.0
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"
#include "wait.h"

/* SPINS looks take some microseconds, about as long as a sleep and a wake. */
#define SPINS		256
#define SPINS_A_LOOK	32	/* looks for each load of the clock */

/*
 * How often a thread yields at most, because it keeps threads of lower priority
 * off its CPU while it yields. PEER_YIELDS: in ulib_await_peer(), as a peer's
 * step takes only microseconds. WAIT_YIELDS: under RRING_WAIT_YIELD. After
 * WAIT_YIELDS the thread naps: for NAP_MIN_NS at first, then twice as long each
 * time, up to NAP_MAX_NS.
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

/*
 * Return how often a thread looks before it sleeps. 0: the thread may run on
 * one CPU only, so no peer runs while it looks.
 */
static unsigned int count_spins(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return sysconf(_SC_NPROCESSORS_ONLN) == 1 ? 0 : SPINS;
	return CPU_COUNT(&cpus) == 1 ? 0 : SPINS;
}

/*
 * Return how often this thread looks before it sleeps, see count_spins(). Each
 * thread computes its own number, at its first call, because it may be bound to
 * other CPUs than the rest of the process.
 */
static unsigned int spins(void)
{
	static _Thread_local unsigned int known;

	if (!known)
		known = count_spins() + 1;
	return known - 1;
}

int ulib_has_passed(uint64_t deadline)
{
	return !deadline || (deadline != RRING_FOREVER &&
			     deadline <= rring_deadline(0));
}

/*
 * Call .check up to @rounds times, until it does not return -EAGAIN. Return
 * what it returned last; -EAGAIN if @rounds is 0.
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
 * Ask the kernel, without a sleep, whether the wait of @waiter is over. A
 * thread that spins must ask, because only the kernel laps a slow reader.
 * Return 0: over; -EAGAIN: not yet; else an error.
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
	 * A WAKE of nobody, only to wait for the arena's lock. The lock's
	 * holder can run meanwhile: in-process, with this thread's priority.
	 */
	struct rring_wake args = { .size = sizeof(args) };

	if ((*looks)++ >= PEER_YIELDS)
		return ulib_call(client, RRING_IOC_WAKE, &args);
	sched_yield();
	return 0;
}

/*
 * Call .check until the wait is over. Between two looks, pthread_cancel(3) may
 * end the thread, and if @yield is 1, the thread yields or naps. Return 0;
 * -ETIMEDOUT at @deadline; or an error of .check or .sleep.
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
		err = spin(waiter, spins());
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

int ulib_refuse_strategy(enum rring_strategy strategy)
{
	return ulib_error(-EINVAL, "there is no strategy %u; strategies are RRING_WAIT_BLOCK, RRING_WAIT_SPIN and RRING_WAIT_YIELD",
			  strategy);
}
