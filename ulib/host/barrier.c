// SPDX-License-Identifier: MPL-2.0
/*
 * K, the sleeper's heavy barrier, by membarrier(2). If the kernel does not have
 * membarrier(2), mprotect(2) makes a page read-only instead: the kernel then
 * interrupts the CPUs that run this process, to flush the page from their TLBs.
 */
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "host.h"

#include "../../kmod/core/barrier.h"

static int expedited;	/* 1: membarrier(2) is registered */
static void *page;
static struct mutex page_lock = { PTHREAD_MUTEX_INITIALIZER };

static int membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

/* Called once, before the first arena. 0 or -ENOMEM. */
int host_barrier_init(void)
{
	expedited =
		!membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? -ENOMEM : 0;
}

/*
 * The parent calls this before fork() and holds the lock across it. Else the
 * child could get a mutex that stays locked. The child inherits the
 * registration and the page.
 */
void host_barrier_lock(void)
{
	mutex_lock(&page_lock);
}

void host_barrier_unlock(void)
{
	mutex_unlock(&page_lock);
}

/* The store brings the page in, so that the last mprotect() flushes TLBs. */
static void force_tlb_flush(void)
{
	mutex_lock(&page_lock);
	mprotect(page, PAGE_SIZE, PROT_READ | PROT_WRITE);
	__atomic_store_n((char *)page, 1, __ATOMIC_RELAXED);
	mprotect(page, PAGE_SIZE, PROT_READ);
	mutex_unlock(&page_lock);
}

void kring_barrier_unlocked(struct kring_arena *arena)
{
	(void)arena;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);	/* K */
	if (!expedited || membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
		force_tlb_flush();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void kring_barrier(struct kring_arena *arena)
{
	kring_barrier_unlocked(arena);
}
