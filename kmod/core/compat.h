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
#include <linux/list_lru.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/random.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/shrinker.h>
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

/* ---- a shrinker of a list_lru ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define list_lru_add_obj	list_lru_add
#define list_lru_del_obj	list_lru_del
#endif

/* A parameter of a list_lru_walk_cb that newer kernels have no more. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define KRING_LRU_LOCK	spinlock_t *lru_lock,
#else
#define KRING_LRU_LOCK
#endif

typedef unsigned long (*kring_shrink_t)(struct shrinker *shrinker,
					struct shrink_control *control);

static inline void kring_fill_shrinker(struct shrinker *shrinker,
				       kring_shrink_t count,
				       kring_shrink_t scan)
{
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker->seeks = DEFAULT_SEEKS;
}

/*
 * Register a shrinker for @lru, in which each memory cgroup has a list, and
 * initialize @lru, which is zero. Return the shrinker, or NULL. list_lru_init()
 * needs the id of the shrinker, which it has before Linux 6.7 only when it is
 * registered: there @count may be called before @lru is complete.
 */
#define KRING_SHRINKER_FLAGS	(SHRINKER_NUMA_AWARE | SHRINKER_MEMCG_AWARE)
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
static inline void kring_unregister_shrinker(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(shrinker);
}

static inline struct shrinker *kring_register_shrinker(struct list_lru *lru,
						       kring_shrink_t count,
						       kring_shrink_t scan)
{
	struct shrinker *shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);

	if (!shrinker)
		return NULL;
	shrinker->flags = KRING_SHRINKER_FLAGS;
	kring_fill_shrinker(shrinker, count, scan);
	if (register_shrinker(shrinker, "rusted_ring")) {
		kfree(shrinker);
		return NULL;
	}
	if (!list_lru_init_memcg(lru, shrinker))
		return shrinker;
	kring_unregister_shrinker(shrinker);
	return NULL;
}
#else
static inline void kring_unregister_shrinker(struct shrinker *shrinker)
{
	shrinker_free(shrinker);
}

static inline struct shrinker *kring_register_shrinker(struct list_lru *lru,
						       kring_shrink_t count,
						       kring_shrink_t scan)
{
	struct shrinker *shrinker = shrinker_alloc(KRING_SHRINKER_FLAGS,
						   "rusted_ring");

	if (!shrinker)
		return NULL;
	kring_fill_shrinker(shrinker, count, scan);
	if (list_lru_init_memcg(lru, shrinker)) {
		shrinker_free(shrinker);
		return NULL;
	}
	shrinker_register(shrinker);
	return shrinker;
}
#endif

#else

#include "kernel.h"

#endif /* __KERNEL__ */

#endif /* KRING_COMPAT_H */
