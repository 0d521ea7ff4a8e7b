// SPDX-License-Identifier: MPL-2.0
/*
 * K, the sleeper's heavy barrier: by membarrier(2), which interrupts the CPUs
 * that run this process.
 *
 * A kernel before 4.14, or a sandbox, can lack membarrier(2). Then the sleeper
 * runs on each CPU in turn, by sched_setaffinity(2). A peer that ran on such a
 * CPU has been switched out there, and a switch is a full barrier; a peer that
 * moved on to another CPU meanwhile has been switched out as well. This costs
 * two switches for each CPU, and waits for each CPU until its scheduler lets
 * this thread run there.
 *
 * To take a right away from a page, by mprotect(2), is no barrier: arm64, and
 * x86 processors with INVLPGB, flush the TLBs of other CPUs without an
 * interrupt.
 */
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>

#include "host.h"

#include "../../kmod/core/barrier.h"

#define CPUS_MAX	8192u	/* most that a kernel can be configured for */

struct cpus {
	cpu_set_t set[CPUS_MAX / CPU_SETSIZE];
};

static bool expedited;		/* membarrier(2) is registered */

static int membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

/*
 * Run on each CPU that this thread may be bound to, then where it was allowed
 * before. 0 or a negative errno. -EINVAL for one CPU is no error: that CPU is
 * off, or this process may not use it.
 */
static int visit_cpus(void)
{
	struct cpus before = {}, one;
	/* how many bytes the kernel's masks of CPUs have, or -1 */
	long size = syscall(SYS_sched_getaffinity, 0, sizeof(before),
			    before.set);
	int err = size < 0 ? -errno : 0;
	long cpu;

	for (cpu = 0; cpu < size * 8; cpu++) {
		one = (struct cpus) {};
		CPU_SET_S((size_t)cpu, sizeof(one), one.set);
		if (sched_setaffinity(0, (size_t)size, one.set) &&
		    errno != EINVAL)
			err = -errno;
	}
	if (size > 0 && sched_setaffinity(0, (size_t)size, before.set))
		err = -errno;
	return err;
}

/*
 * Called once, before the first arena. 0; -ENOSYS: neither of the two ways is
 * there, so that a wake-up could be lost.
 */
int host_barrier_init(void)
{
	expedited =
		!membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	return expedited || !visit_cpus() ? 0 : -ENOSYS;
}

void kring_barrier_unlocked(struct kring_arena *arena)
{
	(void)arena;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);	/* K */
	if (!expedited || membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
		visit_cpus();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void kring_barrier(struct kring_arena *arena)
{
	kring_barrier_unlocked(arena);
}
