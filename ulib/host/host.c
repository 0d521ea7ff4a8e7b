// SPDX-License-Identifier: MPL-2.0
/*
 * The process backend. For each open(), ioctl(), mmap() and poll() that a
 * client would make on the device, this file calls the functions of kmod/core
 * directly, in this process.
 */
#include <linux/futex.h>
#include <sys/syscall.h>

#include <rusted_ring/internal/profile.h>

#include "../client/backend.h"
#include "../client/error.h"
#include "../client/battery.h"
#include "cgroup.h"
#include "host.h"

#include "../../kmod/core/arena.h"
#include "../../kmod/core/client.h"
#include "../../kmod/core/command.h"
#include "../../kmod/core/death.h"
#include "../../kmod/core/descriptor.h"
#include "../../kmod/core/idle.h"

/*
 * Names of arenas are local to this process. .net_ns is only a number here: it
 * is 1 at first, and each child of fork() adds 1 to its copy. So the child
 * neither finds nor frees the arenas of its parent, whose memory is not mapped
 * in the child.
 */
static struct nsproxy nsproxy = { .net_ns = (struct net *)1 };
struct task host_task = { .nsproxy = &nsproxy };

static DEFINE_MUTEX(default_lock);	/* protects the two below */
static const struct net *default_of;	/* .net_ns in which `default' exists */
static const struct net *names_of;	/* .net_ns whose names this copy has */

/* ---- once, and after fork() ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int init_error;
static bool initialized;	/* init() has run */

#define GLOBAL_LOCKS	5	/* mutexes that before_fork() has locked */

static void init_locks(void)
{
	mutex_init(&default_lock);
	host_descriptors_init();
	mutex_init(&kring_names_lock);
	kring_idle_forget();
	host_region_init();
}

/*
 * Take the global locks before fork(). If another thread held one of these
 * locks during fork(), the lock would stay locked in the child.
 */
static void before_fork(void)
{
	mutex_lock(&default_lock);
	host_descriptors_lock();
	mutex_lock(&kring_names_lock);
	kring_idle_lock();
	host_region_lock();
}

static void after_fork_in_parent(void)
{
	host_region_unlock();
	kring_idle_unlock();
	mutex_unlock(&kring_names_lock);
	host_descriptors_unlock();
	mutex_unlock(&default_lock);
}

/*
 * Initialize the global locks again, in the child. The parent's thread has
 * locked them in before_fork(), and the child's thread cannot unlock them,
 * because it has another id. Also hide the parent's arenas from the child: give
 * .net_ns of nsproxy a new value.
 */
static void after_fork_in_child(void)
{
	nsproxy.net_ns = (struct net *)((uintptr_t)nsproxy.net_ns + 1);
	init_locks();
	kring_account_forget();
	host_thread.locks -= GLOBAL_LOCKS;
}

/*
 * Return the size of the RAM in bytes or, if lower, the limit of the memory
 * cgroup of this process.
 */
static u64 memory_size(void)
{
	u64 all = (u64)sysconf(_SC_PHYS_PAGES) * (u64)sysconf(_SC_PAGESIZE);

	return min_t(u64, all, host_cgroup_look(HOST_CGROUP_PROC).limit);
}

static void init(void)
{
	init_locks();
	kring_account_set_limit(memory_size() / 4);
	init_error = host_barrier_init();
	if (!init_error)
		init_error = -pthread_atfork(before_fork, after_fork_in_parent,
					     after_fork_in_child);
	smp_store_release(&initialized, true);
}

/* ---- the arena `default` ---- */

static int create_default_arena(void)
{
	struct rring_create args = {
		.size = sizeof(args),
		.flags = RRING_CREATE_PERSIST,
		.name = "default",
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	struct kring_arena *arena;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int profile = rring_profile_detect(memory_size(), (u32)cpus,
				ulib_battery_in(ULIB_POWER_SUPPLIES));

	memcpy(args.capacity, rring_profile_capacities[profile],
	       sizeof(args.capacity));
	arena = kring_arena_new(&args, current->nsproxy->net_ns);
	if (IS_ERR(arena))
		return PTR_ERR(arena) == -EEXIST ? 0 : (int)PTR_ERR(arena);
	kring_arena_put(arena);		/* the name holds a reference */
	return 0;
}

static int ensure_default_arena(void)
{
	int err = 0;

	mutex_lock(&default_lock);
	if (default_of != current->nsproxy->net_ns)
		err = create_default_arena();
	if (!err)
		default_of = current->nsproxy->net_ns;
	mutex_unlock(&default_lock);
	return err;
}

/* Refuse a name if another copy of the library has the names of this process. */
static int ensure_names(void)
{
	int err = 0;

	mutex_lock(&default_lock);
	if (names_of != current->nsproxy->net_ns)
		err = host_claim_names();
	if (!err)
		names_of = current->nsproxy->net_ns;
	mutex_unlock(&default_lock);
	return err;
}

/* Return the name of an arena that @request with @args uses, or NULL. */
static const char *name_in(unsigned long request, const void *args)
{
	const struct rring_attach *attach = args;
	const struct rring_create *create = args;
	const struct rring_remove *remove = args;

	if (request == RRING_IOC_ATTACH && attach->arena_fd < 0)
		return attach->name;
	if (request == RRING_IOC_CREATE && create->name[0])
		return create->name;
	return request == RRING_IOC_REMOVE ? remove->name : NULL;
}

static int prepare_name(unsigned long request, const char *name)
{
	int err = ensure_names();

	if (!err && request == RRING_IOC_ATTACH && !strcmp(name, "default"))
		err = ensure_default_arena();
	return err;
}

/* ---- files ---- */

static int host_open(struct ulib_file *file)
{
	int state = ulib_cancel_hold();

	pthread_once(&once, init);
	ulib_cancel_release(state);
	if (init_error)
		return init_error;
	file->host = kring_client_new(true, NULL);
	return file->host ? 0 : -ENOMEM;
}

static void host_close(struct ulib_file *file)
{
	struct kring_client *client = file->host;
	struct host_signal *signal = client->poll_queue.signal;
	int state = ulib_cancel_hold();

	kring_client_release(client);
	if (signal)
		host_signal_free(signal);
	host_descriptors_reap();
	ulib_cancel_release(state);
}

/*
 * Free the host_signal of a client that this process, a child of fork(), has
 * inherited from its parent. Do not free the client's objects of kmod/core: to
 * free them, kmod/core would access the memory of the arena, which is not
 * mapped in the child.
 */
static void host_abandon(struct ulib_file *file)
{
	struct kring_client *client = file->host;
	int state = ulib_cancel_hold();

	if (client->poll_queue.signal)
		host_signal_free(client->poll_queue.signal);
	client->poll_queue.signal = NULL;
	ulib_cancel_release(state);
}

/*
 * Return true if @request carries out barrier K at a point where it cannot
 * return an error of the barrier any more. call() then checks beforehand that
 * the barrier works. A WAIT needs no check, because host_sleep() returns the
 * error.
 */
static bool needs_barrier(unsigned long request)
{
	return request == RRING_IOC_REFILL || request == RRING_IOC_RING_OPEN ||
	       request == RRING_IOC_READER_JOIN ||
	       request == RRING_IOC_READER_REJOIN;
}

static int call(struct ulib_file *file, unsigned long request, void *args)
{
	const struct kring_command *command = kring_command_find(request);
	struct kring_client *client = file->host;
	const char *name = name_in(request, args);
	int err;

	if (!command)
		return -ENOTTY;
	if (!command->attached)
		host_descriptors_reap();
	err = kring_command_check(command, client);
	if (!err && needs_barrier(request))
		err = host_barrier_check();
	if (!err && name)
		err = prepare_name(request, name);
	if (!err)
		err = command->run(client, args);
	return err == -ERESTARTSYS ? -EINTR : err;
}

static int host_call(struct ulib_file *file, unsigned long request, void *args)
{
	int state = ulib_cancel_hold();
	int err = call(file, request, args);

	ulib_cancel_release(state);
	return err;
}

/*
 * Like host_call(), but pthread_cancel(3) may end this thread while the thread
 * sleeps in host_sleep(), unless the program has disabled cancellation.
 */
static int host_wait(struct ulib_file *file, unsigned long request, void *args)
{
	const struct kring_client *client = file->host;
	int state = ulib_cancel_hold();
	int err;

	host_thread.can_cancel = state == PTHREAD_CANCEL_ENABLE;
	host_thread.interruptible = client->interruptible;
	err = call(file, request, args);
	host_thread.can_cancel = false;
	ulib_cancel_release(state);
	return err;
}

/* ---- mappings ---- */

static int map_region(struct kring_client *client,
		      const struct kring_region_ref *ref, size_t size,
		      bool writable, void **addr)
{
	const struct kring_region *region = ref->region;

	if (PAGE_ALIGN(size) != kring_region_size(region))
		return -EINVAL;
	if (writable && !ref->writable)
		return -EACCES;
	if (region == &client->ledger) {
		if (client->state != RRING_CLIENT_ATTACHED)
			return -EBUSY;
		client->state = RRING_CLIENT_LIVE;
	}
	host_memory_get(region->addr);
	*addr = region->addr;
	return 0;
}

static int map_locked(struct kring_client *client, u64 offset, size_t size,
		      bool writable, void **addr)
{
	struct kring_region_ref ref;
	int err;

	if (client->state == RRING_CLIENT_DEAD)
		return -EOWNERDEAD;
	err = kring_client_region(client, offset, &ref);
	if (err)
		return err;
	err = map_region(client, &ref, size, writable, addr);
	kring_region_ref_put(&ref);
	return err;
}

static void *host_map(struct ulib_file *file, uint64_t offset, size_t size,
		      int writable, int *err)
{
	struct kring_client *client = file->host;
	void *addr = NULL;
	int ret;

	ulib_error_forget();
	if (!client->arena) {
		*err = -ENOTCONN;
		return NULL;
	}
	mutex_lock(&client->arena->lock);
	ret = map_locked(client, offset, size, writable, &addr);
	mutex_unlock(&client->arena->lock);
	if (ret)
		*err = ret;
	return addr;
}

/*
 * Remove one user of the region at @addr. If this region is the client's
 * ledger, the client dies first, as on the device.
 */
static void host_unmap(struct ulib_file *file, void *addr, size_t size)
{
	struct kring_client *client = file->host;
	int state = ulib_cancel_hold();

	(void)size;
	if (addr == client->ledger.addr)
		kring_client_die(client);
	host_memory_put(addr);
	ulib_cancel_release(state);
}

/* ---- waiting ---- */

_Thread_local struct host_thread host_thread;

/*
 * Wake the sleepers of the event counts in .woken of this thread, which
 * wake_up_all() has stored there, and empty .woken. If an event count was freed
 * meanwhile, no thread sleeps at its address, or a thread that sleeps on a new
 * event count there is woken for no reason. Such a thread checks its condition,
 * and sleeps again.
 */
void host_wake(void)
{
	struct host_thread *thread = &host_thread;

	while (thread->wakes)
		syscall(SYS_futex, thread->woken[--thread->wakes],
			FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

/*
 * Raise .events of @queue, and wake the sleepers of @queue. A thread that
 * raises .sleepers after this function has loaded .sleepers does not sleep,
 * because it finds that .events has changed. While this thread has a mutex
 * locked, it only notes the event count in .woken, and wakes the sleepers when
 * it unlocks its last mutex or when .woken is full.
 */
void wake_up_all(wait_queue_head_t *queue)
{
	struct host_thread *thread = &host_thread;

	__atomic_add_fetch(&queue->events, 1, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&queue->sleepers, __ATOMIC_SEQ_CST))
		return;
	if (thread->wakes == ARRAY_SIZE(thread->woken))
		host_wake();
	thread->woken[thread->wakes++] = &queue->events;
	if (!thread->locks)
		host_wake();
}

/*
 * Sleep while *@events is @seen, but not beyond @at, a time of CLOCK_MONOTONIC.
 * If @at is NULL, sleep without limit. Return 0 if the thread was woken,
 * perhaps for no reason. Return EAGAIN if *@events was not @seen, ETIMEDOUT at
 * @at, or another positive errno.
 */
static int futex_wait(u32 *events, u32 seen, const struct timespec *at)
{
	return syscall(SYS_futex, events, FUTEX_WAIT_BITSET_PRIVATE, seen, at,
		       NULL, FUTEX_BITSET_MATCH_ANY) ? errno : 0;
}

/*
 * Like futex_wait(), but pthread_cancel(3) may end this thread during the
 * sleep. The type of cancellation is asynchronous meanwhile, because syscall(2)
 * is no cancellation point. The caller has no mutex locked, and has disabled
 * cancellation.
 */
static int futex_wait_cancelable(u32 *events, u32 seen,
				 const struct timespec *at)
{
	int type, state, err;

	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
	/* this acts on a pending cancellation; in musl nothing else does */
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	err = futex_wait(events, seen, at);
	pthread_setcanceltype(type, &type);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	return err;
}

static void leave_queue(wait_queue_head_t *queue)
{
	__atomic_sub_fetch(&queue->sleepers, 1, __ATOMIC_SEQ_CST);
}

/* The sleep of one call of sleep_in_queue(). cancelled_in_queue() gets it. */
struct nap {
	wait_queue_head_t *queue;
	int err;			/* result of futex_wait_cancelable() */
};

static void cancelled_in_queue(void *context)
{
	const struct nap *nap = context;

	host_thread.can_cancel = false;
	leave_queue(nap->queue);
	if (host_thread.on_cancel)
		host_thread.on_cancel(host_thread.on_cancel_arg);
}

static int sleep_in_queue(wait_queue_head_t *queue, u32 seen,
			  const struct timespec *at)
{
	struct nap nap = { .queue = queue };

	if (!host_thread.can_cancel)
		return futex_wait(&queue->events, seen, at);
	pthread_cleanup_push(cancelled_in_queue, &nap);
	nap.err = futex_wait_cancelable(&queue->events, seen, at);
	pthread_cleanup_pop(0);
	return nap.err;
}

int host_sleep(wait_queue_head_t *queue, u32 seen, u64 timeout)
{
	u64 until = min_t(u64, timeout, KTIME_MAX);
	struct timespec at = {
		.tv_sec = (time_t)(until / 1000000000u),
		.tv_nsec = (long)(until % 1000000000u),
	};
	/* the kernel restarts a futex(2) without a timeout, but no other one */
	bool timed = until < KTIME_MAX || host_thread.interruptible;
	int err;

	if (host_thread.barrier_err)
		return host_thread.barrier_err;
	__atomic_add_fetch(&queue->sleepers, 1, __ATOMIC_SEQ_CST);
	err = sleep_in_queue(queue, seen, timed ? &at : NULL);
	leave_queue(queue);
	if (!err || err == EAGAIN)
		return 0;
	return err == ETIMEDOUT ? -ETIME : -ERESTARTSYS;
}

/*
 * Return true if something of @mask is ready for @client. If nothing is ready,
 * raise the waiters flags again, because the waker has lowered them, and look
 * once more. Also return true if this thread could not make barrier K. The
 * caller holds the arena's lock.
 */
static bool has_news(struct kring_client *client, __poll_t mask)
{
	return kring_client_ready(client) & mask ||
	       kring_client_arm(client) & mask || host_thread.barrier_err;
}

/*
 * Make the poll descriptor of the client with the .poll_queue @queue report
 * what is ready of @mask: events (EPOLLIN) or room (EPOLLOUT). Look whether
 * some of that is ready, as poll(2) of the device does when it is woken. Do
 * nothing if the program does not poll the client, or if @mask has neither
 * EPOLLIN nor EPOLLOUT. The caller holds the arena's lock if @mask has one of
 * these bits.
 */
void kring_wake_pollers(wait_queue_head_t *queue, __poll_t mask)
{
	struct kring_client *client = container_of(queue, struct kring_client,
						   poll_queue);
	struct host_signal *signal = smp_load_acquire(&queue->signal);

	mask &= EPOLLIN | EPOLLOUT;
	if (!signal || !mask)
		return;
	host_signal_lock(signal);
	if (has_news(client, mask))
		host_signal_raise(signal, mask);
	host_signal_unlock(signal);
}

/*
 * Let @signal report what is ready for @client. If this thread could not make
 * barrier K, report EPOLLIN and EPOLLOUT, so that the program looks at its
 * rings itself. @signal goes on reporting both until a later call of this
 * function makes the barrier. This function takes the arena's lock.
 */
static void rearm_signal(struct kring_client *client,
			 struct host_signal *signal)
{
	u64 seen = host_signal_begin(signal);
	__poll_t mask = kring_client_poll(client);

	if (host_thread.barrier_err)
		mask |= EPOLLIN | EPOLLOUT;
	host_signal_arm(signal, mask, seen);
}

static int signal_fd(struct kring_client *client)
{
	struct host_signal *signal = client->poll_queue.signal;

	if (!signal) {
		signal = host_signal_new();
		if (IS_ERR(signal))
			return (int)PTR_ERR(signal);
		smp_store_release(&client->poll_queue.signal, signal);
		rearm_signal(client, signal);
	}
	return host_signal_fd(signal);
}

/*
 * Return the descriptor of @file that the program polls, or a negative errno.
 * The first call creates the client's host_signal, which has this descriptor.
 * The caller holds .lock of the client's struct rring_client_private.
 */
static int host_poll_fd(struct ulib_file *file)
{
	int state = ulib_cancel_hold();
	int fd = signal_fd(file->host);

	ulib_cancel_release(state);
	return fd;
}

static void host_poll_again(struct ulib_file *file, uint32_t mask)
{
	struct kring_client *client = file->host;
	struct host_signal *signal =
		smp_load_acquire(&client->poll_queue.signal);
	int state;

	if (!signal)
		return;
	state = ulib_cancel_hold();
	if (!mask || !host_signal_is_armed(signal, mask))
		rearm_signal(client, signal);
	ulib_cancel_release(state);
}

static void host_poll_next(struct ulib_file *file, uint32_t ring,
			   uint32_t waiters)
{
	struct kring_client *client = file->host;
	rring_flag_t *flag = &client->arena->ring_info[ring - 1].waiters;

	if (smp_load_acquire(&client->poll_queue.signal) &&
	    (rring_flag_load(flag) & waiters) != waiters)
		kring_flag_raise(flag, waiters);
}

const struct ulib_backend_calls ulib_backend_process = {
	.in_process = 1,
	.open = host_open,
	.close = host_close,
	.abandon = host_abandon,
	.call = host_call,
	.wait = host_wait,
	.map = host_map,
	.unmap = host_unmap,
	.poll_fd = host_poll_fd,
	.poll_again = host_poll_again,
	.poll_next = host_poll_next,
};

/* Return 1 if @fd is the descriptor of an arena of this process, else 0. */
int ulib_backend_process_has(int fd)
{
	struct kring_arena *arena;

	/* before init() no arena exists, and the locks are not initialized */
	if (!smp_load_acquire(&initialized))
		return 0;
	arena = kring_descriptor_arena(fd);
	if (IS_ERR(arena))
		return 0;
	kring_arena_put(arena);
	return 1;
}
