/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The functions, types and macros of the kernel that kmod/core needs,
 * implemented with the C library. So an arena can live in one process, without
 * the module. Each name does what it does in the kernel, as far as kmod/core
 * needs it. All clients are in one address space, so nothing protects them from
 * each other.
 */
#ifndef ULIB_HOST_KERNEL_H
#define ULIB_HOST_KERNEL_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <linux/types.h>

#include "../thread.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
typedef mode_t umode_t;
typedef unsigned int gfp_t;
typedef u32 __poll_t;

/* ---- the compiler ---- */

#define READ_ONCE(x)			__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value)		\
	__atomic_store_n(&(x), (value), __ATOMIC_RELAXED)
#define smp_load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, value)	\
	__atomic_store_n(p, value, __ATOMIC_RELEASE)

#define ARRAY_SIZE(array)		(sizeof(array) / sizeof((array)[0]))
#define DIV_ROUND_UP(n, d)		(((n) + (d) - 1) / (d))
#define sizeof_field(type, member)	sizeof(((type *)0)->member)
#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))

#define min_t(type, a, b)		\
	({ type a_ = (a), b_ = (b); a_ < b_ ? a_ : b_; })
#define max_t(type, a, b)		\
	({ type a_ = (a), b_ = (b); a_ > b_ ? a_ : b_; })
#define min(a, b)			min_t(__typeof__(a), a, b)
#define max(a, b)			max_t(__typeof__(a), a, b)
#define clamp(value, low, high)		\
	min_t(__typeof__(value), max_t(__typeof__(value), value, low), high)
#define swap(a, b)			\
	do { __typeof__(a) a_ = (a); (a) = (b); (b) = a_; } while (0)

#define NSEC_PER_MSEC			1000000L
#define S64_MAX				INT64_MAX
#define U64_MAX				UINT64_MAX
#define U32_MAX				UINT32_MAX
#define U64_MAX				UINT64_MAX
#define KTIME_MAX			INT64_MAX

/* ---- errors ---- */

#define ERESTARTSYS			512
#define MAX_ERRNO			4095

static inline void *ERR_PTR(long err)
{
	return (void *)err;
}

static inline long PTR_ERR(const void *pointer)
{
	return (long)pointer;
}

static inline void *ERR_CAST(const void *ptr)
{
	return (void *)ptr;
}

static inline int PTR_ERR_OR_ZERO(const void *pointer)
{
	return (unsigned long)pointer >= (unsigned long)-MAX_ERRNO ?
		(int)(long)pointer : 0;
}

static inline bool IS_ERR(const void *pointer)
{
	return (unsigned long)pointer >= (unsigned long)-MAX_ERRNO;
}

static inline bool IS_ERR_OR_NULL(const void *pointer)
{
	return !pointer || IS_ERR(pointer);
}

/* ---- memory ---- */

#define GFP_KERNEL			0u
#define GFP_KERNEL_ACCOUNT		0u
#define __GFP_NOWARN			0u
#define PAGE_SIZE			((unsigned long)getpagesize())
#define PAGE_SHIFT			__builtin_ctzl(PAGE_SIZE)
#define PAGE_ALIGN(bytes)		\
	(((bytes) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))

static inline void *kvcalloc(size_t n, size_t size, gfp_t flags)
{
	(void)flags;
	return calloc(n, size);
}

/* What malloc(3) takes beside @size is not known. */
#define kring_alloc_size(size)		((u64)(size))

#define kzalloc(size, flags)		kvcalloc(1, size, flags)
#define kfree(pointer)			free(pointer)
#define kvfree(pointer)			free(pointer)

static inline void strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = 0;
}

/* ---- counts and bits ---- */

typedef struct {
	int counter;
} atomic_t;

static inline void atomic_set(atomic_t *v, int value)
{
	__atomic_store_n(&v->counter, value, __ATOMIC_RELAXED);
}

static inline int atomic_read(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline void atomic_inc(atomic_t *v)
{
	__atomic_fetch_add(&v->counter, 1, __ATOMIC_SEQ_CST);
}

static inline bool atomic_dec_and_test(atomic_t *v)
{
	return __atomic_fetch_sub(&v->counter, 1, __ATOMIC_SEQ_CST) == 1;
}

static inline void atomic_or(int bits, atomic_t *v)
{
	__atomic_fetch_or(&v->counter, bits, __ATOMIC_SEQ_CST);
}

static inline int atomic_fetch_andnot(int bits, atomic_t *v)
{
	return __atomic_fetch_and(&v->counter, ~bits, __ATOMIC_SEQ_CST);
}

typedef struct {
	s64 counter;
} atomic64_t;

static inline void atomic64_set(atomic64_t *v, s64 value)
{
	__atomic_store_n(&v->counter, value, __ATOMIC_RELAXED);
}

static inline s64 atomic64_read(const atomic64_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline s64 atomic64_add_return(s64 value, atomic64_t *v)
{
	return __atomic_add_fetch(&v->counter, value, __ATOMIC_RELAXED);
}

#define atomic64_add(value, v)		((void)atomic64_add_return(value, v))
#define atomic64_sub(value, v)		((void)atomic64_add_return(-(value), v))

#define BITS_PER_LONG			64
#define BITS_TO_LONGS(n)	(((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define BIT(n)				(1ul << (n))
#define BIT_ULL(n)			(1ull << (n))
#define GENMASK_ULL(high, low)		\
	(~0ull >> (63 - (high)) & ~0ull << (low))
#define hweight64(word)			((u32)__builtin_popcountll(word))

static inline void __set_bit(u32 bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] |= BIT(bit % BITS_PER_LONG);
}

static inline void __clear_bit(u32 bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] &= ~BIT(bit % BITS_PER_LONG);
}

static inline bool test_bit(u32 bit, const unsigned long *map)
{
	return map[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG & 1;
}

static inline void bitmap_zero(unsigned long *map, u32 bits)
{
	/* in an empty pool @map is NULL, which memset() must not get */
	if (bits)
		memset(map, 0, BITS_TO_LONGS(bits) * sizeof(*map));
}

/*
 * Return the number of the lowest set bit of @map from @from to @end - 1, or
 * @end if none of these bits is set.
 */
static inline u32 find_next_bit(const unsigned long *map, u32 end, u32 from)
{
	while (from < end) {
		unsigned long rest = map[from / BITS_PER_LONG] >>
				     from % BITS_PER_LONG;

		if (rest)
			return min_t(u32, end, from + __builtin_ctzl(rest));
		from = (from / BITS_PER_LONG + 1) * BITS_PER_LONG;
	}
	return end;
}

/* ---- random numbers ---- */

/* Return a random number or, if getentropy(3) fails, a hash of the time. */
static inline u64 get_random_u64(void)
{
	struct timespec now;
	u64 value;

	if (!getentropy(&value, sizeof(value)))
		return value;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec) *
	       0x9e3779b97f4a7c15ull >> 27;
}

/* ---- lists ---- */

struct list_head {
	struct list_head *next, *prev;
};

/* A tree, of which nothing is used in a process. */
struct rb_root {
	void *rb_node;
};

#define LIST_HEAD(name)			\
	struct list_head name = { &(name), &(name) }
#define list_for_each_entry(pos, head, member)				\
	for (pos = container_of((head)->next, __typeof__(*pos), member); \
	     &pos->member != (head);					\
	     pos = container_of(pos->member.next, __typeof__(*pos), member))

#define list_first_entry(head, type, member)				\
	container_of((head)->next, type, member)

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void INIT_LIST_HEAD(struct list_head *node)
{
	node->next = node;
	node->prev = node;
}

static inline void list_add_tail(struct list_head *node,
				 struct list_head *head)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void list_del_init(struct list_head *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	INIT_LIST_HEAD(node);
}

#define list_del(node)			list_del_init(node)

/* Move all nodes of @from to the list @to, which is empty. */
static inline void list_splice_init(struct list_head *from,
				    struct list_head *to)
{
	if (list_empty(from))
		return;
	*to = *from;
	to->next->prev = to;
	to->prev->next = to;
	INIT_LIST_HEAD(from);
}

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

#define hlist_entry_or_null(node, type, member)				\
	({ struct hlist_node *node_ = (node);				\
	   node_ ? container_of(node_, type, member) : NULL; })

#define hlist_for_each_entry(pos, head, member)				\
	for (pos = hlist_entry_or_null((head)->first,			\
				       __typeof__(*pos), member);	\
	     pos;							\
	     pos = hlist_entry_or_null(pos->member.next,		\
				       __typeof__(*pos), member))

static inline void hlist_add_head(struct hlist_node *node,
				  struct hlist_head *head)
{
	node->next = head->first;
	node->pprev = &head->first;
	if (node->next)
		node->next->pprev = &node->next;
	head->first = node;
}

/* Take @node out of its list, if it is in one: a zeroed node is in none. */
static inline void hlist_del_init(struct hlist_node *node)
{
	if (!node->pprev)
		return;
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
	node->pprev = NULL;
}

/* ---- locks and references ---- */

struct mutex {
	pthread_mutex_t lock;
};

/*
 * Define a global mutex. A static initializer cannot select priority
 * inheritance. So init_locks() in host.c initializes each mutex that is defined
 * by this macro again, before the first use of the mutex.
 */
#define DEFINE_MUTEX(name)		\
	struct mutex name = { PTHREAD_MUTEX_INITIALIZER }

static inline void mutex_init(struct mutex *mutex)
{
	ulib_mutex_init(&mutex->lock);
}

/* Only the kernel's lockdep checks this. */
#define kring_forbid_reclaim(mutex)	((void)(mutex))

/*
 * The state of one thread. .woken has the event counts whose sleepers this
 * thread wakes after it has unlocked its last mutex. This thread does not wake
 * them earlier, unless .woken is full: a woken thread first locks a mutex that
 * this thread may still hold, and would sleep again.
 */
struct host_thread {
	/* true: pthread_cancel(3) may end the thread in host_sleep() */
	bool can_cancel;
	/* true: each handler of a signal(7) ends host_sleep() */
	bool interruptible;
	/* what the thread calls if it is ended in host_sleep(), or NULL */
	void (*on_cancel)(void *arg);
	void *on_cancel_arg;
	u32 locks;		/* how many mutexes the thread has locked */
	int barrier_err;	/* 0, or why its last barrier K failed */
	u32 wakes;		/* number of event counts in .woken */
	u32 *woken[8];
};

extern _Thread_local struct host_thread host_thread;
void host_wake(void);

/*
 * Make this thread call @function(@arg) if pthread_cancel(3) ends the thread in
 * host_sleep(). The thread holds no mutex then. If @function is NULL, the
 * thread calls nothing.
 */
static inline void kring_on_cancel(void (*function)(void *arg), void *arg)
{
	host_thread.on_cancel = function;
	host_thread.on_cancel_arg = arg;
}

/* Take the lock and return 0, always: a killed process runs no more code. */
#define mutex_lock_killable(mutex)	({ mutex_lock(mutex); 0; })

static inline void mutex_lock(struct mutex *mutex)
{
	pthread_mutex_lock(&mutex->lock);
	host_thread.locks++;
}

static inline void mutex_unlock(struct mutex *mutex)
{
	pthread_mutex_unlock(&mutex->lock);
	if (!--host_thread.locks && host_thread.wakes)
		host_wake();
}

/* A spinlock is a mutex here: a thread that holds it may be preempted. */
#define DEFINE_SPINLOCK(name)		DEFINE_MUTEX(name)
#define spin_lock_init(lock)		mutex_init(lock)
#define spin_lock(lock)			mutex_lock(lock)
#define spin_unlock(lock)		mutex_unlock(lock)

static inline void mutex_destroy(struct mutex *mutex)
{
	pthread_mutex_destroy(&mutex->lock);
}

struct kref {
	atomic_t count;
};

static inline void kref_init(struct kref *ref)
{
	atomic_set(&ref->count, 1);
}

static inline void kref_get(struct kref *ref)
{
	atomic_inc(&ref->count);
}

/*
 * Put a reference. If it was the last one, call @release and return 1.
 * Otherwise return 0.
 */
static inline int kref_put(struct kref *ref, void (*release)(struct kref *))
{
	if (!atomic_dec_and_test(&ref->count))
		return 0;
	release(ref);
	return 1;
}

/*
 * Lock @mutex and put a reference. If it was the last one, call @release, which
 * unlocks @mutex. Otherwise unlock @mutex.
 */
static inline void kref_put_mutex(struct kref *ref,
				  void (*release)(struct kref *),
				  struct mutex *mutex)
{
	mutex_lock(mutex);
	if (atomic_dec_and_test(&ref->count))
		release(ref);
	else
		mutex_unlock(mutex);
}

/* ---- time, and scheduling ---- */

static inline u64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

static inline u64 ktime_get_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static inline u64 ktime_get_real_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

static inline u64 ktime_get_coarse_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_COARSE);
}

static inline void cond_resched(void)
{
}

static inline void preempt_disable(void)
{
}

static inline void preempt_enable(void)
{
}

/* ---- the calling task ---- */

struct net;
struct mm_struct;

#define kring_net_cookie(net)		((u64)(uintptr_t)(net))

#define noinline			__attribute__((noinline))
#define __no_kcsan

struct nsproxy {
	struct net *net_ns;
};

struct task {
	struct mm_struct *mm;
	struct nsproxy *nsproxy;
};

/* All threads have this one task, so each thread may use each client. */
extern struct task host_task;
#define current				(&host_task)

static inline bool net_eq(const struct net *a, const struct net *b)
{
	return a == b;
}

static inline void mmgrab(struct mm_struct *mm)
{
	(void)mm;
}

static inline void mmdrop(struct mm_struct *mm)
{
	(void)mm;
}

/* Clients do not record their process, because all belong to this process. */
struct pid;

#define TASK_COMM_LEN			16
#define PIDTYPE_TGID			0
#define get_task_pid(task, type)	((struct pid *)NULL)
#define put_pid(pid)			((void)(pid))
#define get_task_comm(to, task)		((void)((to)[0] = 0))

struct inode;
#define iput(inode)			((void)(inode))

/* Return false: a signal(7) makes host_sleep() return, or ends the process. */
static inline bool signal_pending(const struct task *task)
{
	(void)task;
	return false;
}

static inline bool fatal_signal_pending(const struct task *task)
{
	(void)task;
	return false;
}

/* A process has few arenas, and nobody chooses their names against it. */
static inline u32 kring_hash_name(const char *name, const struct net *net)
{
	u32 hash = (u32)(uintptr_t)net;

	while (*name)
		hash = hash * 31 + (unsigned char)*name++;
	return hash;
}

#define kring_uid_number(uid)		((u32)(uid))

typedef uid_t kuid_t;
typedef gid_t kgid_t;

#define CAP_CHOWN			0
#define CAP_DAC_OVERRIDE		1
#define CAP_SYS_ADMIN			2
#define current_euid()			geteuid()
#define current_egid()			getegid()
#define current_user_ns()		NULL
#define make_kuid(ns, uid)		(uid)
#define make_kgid(ns, gid)		(gid)
#define uid_valid(uid)			((uid) != (uid_t)-1)
#define gid_valid(gid)			((gid) != (gid_t)-1)
#define uid_eq(a, b)			((a) == (b))
#define in_egroup_p(gid)		((gid) == getegid())

/* Root has all capabilities. A user needs none for the user's own arenas. */
#define ns_capable(ns, capability)	(geteuid() == 0)

/* No limit of the module for a user applies to the arenas of a process. */
#define capable(capability)		true

/* ---- sleeping ---- */

/*
 * An event count. .events grows by 1 with each wake-up. .sleepers counts the
 * threads that sleep or are about to sleep. .signal is NULL unless this event
 * count is the .poll_queue of a client that the program polls.
 */
typedef struct {
	u32 events;
	u32 sleepers;
	struct host_signal *signal;
} wait_queue_head_t;

static inline int raw_smp_processor_id(void)
{
	return sched_getcpu();
}

typedef u64 ktime_t;

static inline ktime_t ns_to_ktime(u64 ns)
{
	return ns;
}

static inline void init_waitqueue_head(wait_queue_head_t *queue)
{
	queue->events = 0;
	queue->sleepers = 0;
	queue->signal = NULL;
}

/*
 * Return true if a thread sleeps in @queue, is about to sleep, or has just been
 * woken.
 */
static inline bool waitqueue_active(wait_queue_head_t *queue)
{
	return __atomic_load_n(&queue->sleepers, __ATOMIC_SEQ_CST);
}

void wake_up_all(wait_queue_head_t *queue);
void kring_wake_pollers(wait_queue_head_t *queue, __poll_t mask);

/*
 * Sleep until .events of @queue differs from @seen, or until @timeout, an
 * absolute time of CLOCK_MONOTONIC in ns (no limit if KTIME_MAX or above).
 * Return 0 if .events differs, or the thread was woken, perhaps for no reason.
 * Return -ETIME if @timeout has passed, and -ERESTARTSYS if a signal(7) came.
 * If .barrier_err of this thread is not 0, because its last barrier K failed,
 * return that error without a sleep: the thread might not be woken.
 */
int host_sleep(wait_queue_head_t *queue, u32 seen, u64 timeout);

#define wait_event_interruptible_hrtimeout(queue, condition, timeout)	\
({									\
	u64 until_ = ktime_get_ns() + (timeout);			\
	int err_ = 0;							\
									\
	while (!err_) {							\
		u32 seen_ = __atomic_load_n(&(queue).events,		\
					    __ATOMIC_ACQUIRE);		\
									\
		if (condition)						\
			break;						\
		err_ = host_sleep(&(queue), seen_, until_);	\
	}								\
	err_;								\
})

#define wait_event_interruptible(queue, condition)			\
	wait_event_interruptible_hrtimeout(queue, condition, KTIME_MAX)

/* ---- masks of CPUs: unused, because barrier.c finds the CPUs itself ---- */

typedef bool cpumask_var_t;

static inline bool zalloc_cpumask_var(cpumask_var_t *mask, gfp_t flags)
{
	(void)flags;
	*mask = false;
	return true;
}

static inline void free_cpumask_var(cpumask_var_t mask)
{
	(void)mask;
}

#endif /* ULIB_HOST_KERNEL_H */
