// SPDX-License-Identifier: MPL-2.0
/*
 * Barrier K of the process backend: a sleeper makes each CPU that runs a thread
 * of this process execute a full barrier, by the interrupts of membarrier(2).
 *
 * If the kernel is older than 4.14, or a sandbox forbids membarrier(2), the
 * sleeper's thread runs on each CPU in turn, by sched_setaffinity(2). To run
 * the sleeper's thread, a CPU must switch away from the thread that it ran, and
 * a switch is a full barrier. A thread that moves to another CPU meanwhile is
 * switched out, too. All threads of the process must be in one cpuset. This
 * fallback costs two switches for each CPU, and the sleeper waits for each CPU
 * until the CPU's scheduler runs the sleeper's thread.
 *
 * A call of mprotect(2) that takes a right away from a page is no substitute.
 * On arm64, and on x86 processors with INVLPGB, the kernel flushes the TLBs of
 * other CPUs without an interrupt, so these CPUs need not execute a barrier.
 *
 * Without RRING_K_INTERRUPTS a fence of the sleeper is the whole barrier.
 */
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>

#include "host.h"

#include "../../kmod/core/barrier.h"

#include <rusted_ring/internal/atomic.h>

#define CPUS_MAX	8192u	/* the largest NR_CPUS of a Linux kernel */

struct cpus {
	cpu_set_t set[CPUS_MAX / CPU_SETSIZE];
};

static bool expedited;	/* true: use membarrier(2); false: visit_cpus() */

static int membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

/*
 * Run this thread on each CPU from @first to @end - 1 in turn, then restore the
 * thread's affinity. Return 0 or a negative errno, such as -EBUSY for a thread
 * under SCHED_DEADLINE. Ignore an EINVAL of sched_setaffinity(2) for a CPU: the
 * CPU is offline, or the cpuset of this thread does not contain the CPU.
 */
static int visit_cpus(long first, long end)
{
	struct cpus before = {}, one;
	/* the size of the kernel's CPU masks in bytes, or -1 on an error */
	long size = syscall(SYS_sched_getaffinity, 0, sizeof(before),
			    before.set);
	int err = size < 0 ? -errno : 0;
	long cpu;

	for (cpu = first; cpu < min(end, size * 8); cpu++) {
		one = (struct cpus) {};
		CPU_SET_S((size_t)cpu, sizeof(one), one.set);
		if (sched_setaffinity(0, (size_t)size, one.set) &&
		    errno != EINVAL)
			err = -errno;
	}
	if (size < 0 || !sched_setaffinity(0, (size_t)size, before.set))
		return err;
	/* no CPU of the old affinity is left: allow this thread any CPU */
	memset(&one, 0xff, sizeof(one));
	return sched_setaffinity(0, (size_t)size, one.set) ? -errno : err;
}

/*
 * Find out whether barrier K uses membarrier(2) or visit_cpus(). init() calls
 * this function once, before the first arena exists. Return 0, or -ENOSYS if
 * neither works. After -ENOSYS the process backend is not usable, because
 * wake-ups could be lost.
 */
int host_barrier_init(void)
{
	if (!RRING_K_INTERRUPTS)
		return 0;
	expedited =
		!membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	return expedited || !visit_cpus(0, CPUS_MAX) ? 0 : -ENOSYS;
}

/*
 * Return 0 if this thread can make barrier K. Return a negative errno if
 * membarrier(2) does not work and this thread cannot even visit the CPU on
 * which it runs. Some requests cannot undo what they do before the barrier;
 * call() in host.c calls this function before such a request.
 */
int host_barrier_check(void)
{
	int cpu = !RRING_K_INTERRUPTS || expedited ? -1 : sched_getcpu();

	return cpu < 0 ? 0 : visit_cpus(cpu, cpu + 1);
}

/*
 * Pass barrier K. Return 0. If this thread cannot, store a negative errno in
 * .barrier_err of the thread: a sleep then fails with this error.
 */
int kring_barrier_unlocked(struct kring_arena *arena)
{
	int err = 0;

	(void)arena;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);	/* K */
	if (!RRING_K_INTERRUPTS)
		return 0;
	if (!expedited || membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
		err = visit_cpus(0, CPUS_MAX);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	host_thread.barrier_err = err;
	return 0;
}

void kring_barrier(struct kring_arena *arena)
{
	kring_barrier_unlocked(arena);
}
