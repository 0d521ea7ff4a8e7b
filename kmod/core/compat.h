/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * The files of this directory include this header instead of the kernel's
 * headers. In the module, this header includes the kernel's headers, and hides
 * differences between the kernel versions that the module supports. In the
 * library, into which the files of this directory also compile, this header
 * includes ulib/host/kernel.h: that file implements the kernel's functions by
 * functions of the C library.
 */
#ifndef KRING_COMPAT_H
#define KRING_COMPAT_H

#ifdef __KERNEL__

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uidgid.h>
#include <linux/version.h>
#include <linux/wait.h>
#include <net/net_namespace.h>
#include <net/netns/hash.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#define kring_net_cookie(net)	((net)->net_cookie)

#define kring_uid_number(uid)	__kuid_val(uid)

/*
 * Say that no task waits for memory while it holds @lock: in a full memory
 * cgroup the wait can take as long as a hostile process likes, and others need
 * the lock. A kernel with lockdep then believes that @lock is taken to free
 * memory. So it complains of each allocation under @lock that may wait.
 */
static inline void kring_forbid_reclaim(struct mutex *lock)
{
	fs_reclaim_acquire(GFP_KERNEL);
	might_lock(lock);
	fs_reclaim_release(GFP_KERNEL);
}

/* Return a hash of @name and @net, with a key that is random for each boot. */
static inline u32 kring_hash_name(const char *name, const struct net *net)
{
	static siphash_key_t key __read_mostly;

	net_get_random_once(&key, sizeof(key));
	return siphash(name, strlen(name), &key) ^ net_hash_mix(net);
}

/* Return how many bytes kmalloc() or kvmalloc() takes for @size bytes. */
static inline u64 kring_alloc_size(u64 size)
{
	return size > KMALLOC_MAX_SIZE ? PAGE_ALIGN(size) :
					 kmalloc_size_roundup(size);
}

/*
 * Do nothing in the kernel: a task that is killed wakes, returns from its
 * sleep, and frees what it holds. In the library, a thread that
 * pthread_cancel(3) ends in a sleep does not return from the sleep: it calls
 * @function(@arg) instead, or nothing if @function is NULL.
 */
static inline void kring_on_cancel(void (*function)(void *arg), void *arg)
{
}

/*
 * Wake all tasks that poll @queue, whatever events they poll for. Each of these
 * tasks then calls ->poll(), which raises the waiters flags again. Ignore
 * @mask, which only the library uses. If the kernel passed @mask as the key of
 * the wake-up, io_uring's multishot poll would report this key and not call
 * ->poll(). Then no flag would be up, and the next event would wake nobody.
 */
static inline void kring_wake_pollers(wait_queue_head_t *queue, __poll_t mask)
{
	wake_up_all(queue);
}

/*
 * A flag of a netlink multicast group: only a task with CAP_SYS_ADMIN may join
 * the group. If the kernel has no such flag, the group gets the flag for
 * CAP_NET_ADMIN instead.
 */
#ifdef GENL_MCAST_CAP_SYS_ADMIN
#define KRING_MCAST_ADMIN	GENL_MCAST_CAP_SYS_ADMIN
#else
#define KRING_MCAST_ADMIN	GENL_UNS_ADMIN_PERM
#endif

/*
 * Return the attributes (struct nlattr **) of the netlink request that began a
 * dump. @cb is the struct netlink_callback of the dump.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define kring_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#else
#define kring_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#endif

#else

#include "kernel.h"

#endif /* __KERNEL__ */

#endif /* KRING_COMPAT_H */
