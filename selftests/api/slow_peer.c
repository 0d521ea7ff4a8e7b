// SPDX-License-Identifier: MPL-2.0
/*
 * A thread whose peer does not run, as when the peer has a lower priority on
 * the same CPU: it yields so often and no more, and then sleeps.
 */
#include <dlfcn.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "../../ulib/client/client.h"

#include "arena.h"
#include "sleeper.h"
#include "stream.h"
#include "thread.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN	1
#endif
#endif

#define CAPACITY	4
#define YIELDS_MAX	2000u	/* more is without end */
#define XXL_BYTES	20000

/* ---- functions of the C library that this program replaces ---- */

static _Thread_local int is_watched;
static uint32_t yields, naps;		/* of the watched thread */

/* Where the thread stops that has this, and what it waits for then. */
static _Thread_local enum { NOWHERE, IN_SWEEP, IN_JOIN, BEFORE_TAKE } stops;
static uint32_t stopped, resumed;
static int has_stopped;			/* not only ended */
static const rring_word_t *hidden;	/* IN_SWEEP: generation to watch */

static void stop_here(void)
{
	stops = NOWHERE;
	has_stopped = 1;
	step_take(&stopped);
	step_wait(&resumed);
}

int sched_yield(void)
{
	if (is_watched)
		__atomic_add_fetch(&yields, 1, __ATOMIC_RELAXED);
	return (int)syscall(SYS_sched_yield);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *at,
		    struct timespec *left)
{
	if (is_watched)
		__atomic_add_fetch(&naps, 1, __ATOMIC_RELAXED);
	return (int)syscall(SYS_clock_nanosleep, clock, flags, at, left);
}

/* A sweep in this process reads the time while generations are hidden. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (stops == IN_SWEEP && !rring_word_load(hidden))
		stop_here();
	return (int)syscall(SYS_clock_gettime, clock, now);
}

/*
 * To join needs the barrier, in this process by membarrier(2). Reads six
 * arguments, like the C library's function, although most calls have fewer.
 */
__attribute__((no_sanitize("address"))) long syscall(long number, ...)
{
	static long (*real)(long number, ...);
	long args[6];
	va_list list;
	int i;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	va_start(list, number);
	for (i = 0; i < 6; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	if (stops == IN_JOIN && number == SYS_membarrier)
		stop_here();
	return real(number, args[0], args[1], args[2], args[3], args[4],
		    args[5]);
}

#ifndef UNDER_TSAN
static pthread_mutex_t *take_lock;	/* BEFORE_TAKE */
static _Thread_local int locks;

/* An XXL allocation takes this lock, refills, and takes the lock again. */
int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	static int (*real)(pthread_mutex_t *mutex);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_mutex_lock");
	if (stops == BEFORE_TAKE && mutex == take_lock && ++locks == 2)
		stop_here();
	return real(mutex);
}
#endif

/* ---- the scene ---- */

FIXTURE(slow_peer)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
};

/* What a thread gets, and what it returns. */
struct role {
	FIXTURE_DATA(slow_peer) *self;
	uint64_t handle;
	pid_t tid;
	int err;
};

FIXTURE_SETUP(slow_peer)
{
	static const uint32_t capacity[RRING_POOLS] = {
		[RRING_XS] = 16, [RRING_XXL] = 1,
	};
	struct rring_ring_config ring = {
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = 64,
		.strategy = RRING_WAIT_YIELD,
	};
	struct rring_reader_config config = {
		.strategy = RRING_WAIT_YIELD,
	};

	self->arena = arena_with(capacity, 0);
	self->client = client_with(self->arena, RRING_PRODUCER, 0);
	self->writer = writer_of(self->client, &ring);
	config.ring = rring_writer_ring_id(self->writer);
	self->reader = reader_of(self->client, &config);
	yields = 0;
	naps = 0;
}

FIXTURE_TEARDOWN(slow_peer)
{
	rring_close(self->client);
	close(self->arena);
}

static void watch_me(struct role *role)
{
	is_watched = 1;
	__atomic_store_n(&role->tid, (pid_t)syscall(SYS_gettid),
			 __ATOMIC_RELEASE);
}

static int yields_for_ever(void)
{
	return __atomic_load_n(&yields, __ATOMIC_RELAXED) > YIELDS_MAX;
}

/* Wait until the watched thread sleeps, ends, or is found to yield for ever. */
static void until_it_gives_up(const struct role *role)
{
	pid_t tid;

	while (!(tid = __atomic_load_n(&role->tid, __ATOMIC_ACQUIRE)))
		sched_yield();
	while (!is_asleep(tid) && !yields_for_ever() &&
	       !syscall(SYS_tgkill, getpid(), tid, 0))
		sched_yield();
}

static void begin_stop(void)
{
	stopped = 0;
	resumed = 0;
	has_stopped = 0;
}

/* Has the peer stopped, as it does in this process? */
static int stopped_if_in_process(FIXTURE_DATA(slow_peer) *self)
{
	return has_stopped ||
	       rring_client_backend(self->client) == RRING_BACKEND_DEVICE;
}

/* ---- waits that yield ---- */

static void *wait_readable(void *arg)
{
	struct role *role = arg;

	watch_me(role);
	role->err = rring_wait_readable(role->self->reader, SOON());
	return NULL;
}

static void *wait_writable(void *arg)
{
	struct role *role = arg;

	watch_me(role);
	role->err = rring_wait_writable(role->self->writer, 1, SOON());
	return NULL;
}

static void until_naps(void)
{
	while (__atomic_load_n(&naps, __ATOMIC_RELAXED) < 20 &&
	       !yields_for_ever())
		sched_yield();
}

TEST_F(slow_peer, lets_a_reader_nap_that_yielded_in_vain)
{
	struct role role = { .self = self };
	pthread_t thread = thread_start(wait_readable, &role);

	until_naps();
	ASSERT_EQ(0, put_value(self->writer, 1));
	thread_end(thread);
	EXPECT_EQ(0, role.err);
	EXPECT_GE(YIELDS_MAX, yields);
}

TEST_F(slow_peer, lets_a_writer_nap_that_yielded_in_vain)
{
	struct role role = { .self = self };
	pthread_t thread;
	int i;

	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, put_value(self->writer, 1));
	thread = thread_start(wait_writable, &role);
	until_naps();
	ASSERT_EQ(CAPACITY, rring_peek(self->reader, CAPACITY));
	ASSERT_EQ(0, rring_release(self->reader, 1));
	thread_end(thread);
	EXPECT_EQ(0, role.err);
	EXPECT_GE(YIELDS_MAX, yields);
}

/* ---- a sweep that has hidden a generation ---- */

static void *sweep(void *arg)
{
	const struct role *role = arg;
	struct rring_pool_stat stat;

	stops = IN_SWEEP;
	rring_pool_stat(role->self->client, RRING_XS, RRING_STAT_SWEEP, &stat);
	stops = NOWHERE;
	step_take(&stopped);	/* the kernel's sweep cannot be stopped */
	return NULL;
}

static void *upgrade(void *arg)
{
	struct role *role = arg;
	struct rring_event event;

	watch_me(role);
	role->err = rring_upgrade(role->self->client, role->handle, &event);
	if (!role->err)
		role->err = rring_drop(role->self->client, &event);
	return NULL;
}

TEST_F(slow_peer, that_sweeps_is_waited_for_by_an_upgrade)
{
	struct role role = { .self = self };
	struct rring_event event;
	pthread_t sweeper, thread;

	ASSERT_EQ(0, rring_alloc(self->client, 64, 0, &event));
	role.handle = rring_share(self->client, &event);
	hidden = &self->client->pool[RRING_XS]
			       .generation[rring_handle_index(role.handle)];
	ASSERT_EQ(0, rring_drop(self->client, &event));
	begin_stop();
	sweeper = thread_start(sweep, &role);
	step_wait(&stopped);
	thread = thread_start(upgrade, &role);
	until_it_gives_up(&role);
	step_take(&resumed);
	thread_end(thread);
	thread_end(sweeper);
	EXPECT_TRUE(!role.err || role.err == -ESTALE);
	EXPECT_GE(YIELDS_MAX, yields);
	EXPECT_TRUE(stopped_if_in_process(self));
	/* to wait for the peer is to wake nobody */
	EXPECT_EQ(0, self->client->arena->wakes);
}

/* ---- a reader that joins ---- */

static void *join(void *arg)
{
	const struct role *role = arg;
	struct rring_reader_config config = {
		.ring = rring_writer_ring_id(role->self->writer),
		.start = RRING_START_OLDEST,
	};

	stops = IN_JOIN;
	reader_of(role->self->client, &config);
	stops = NOWHERE;
	step_take(&stopped);	/* the kernel's barrier cannot be stopped */
	return NULL;
}

static void *publish(void *arg)
{
	struct role *role = arg;

	watch_me(role);
	role->err = put_value(role->self->writer, 1);
	return NULL;
}

static void *measure(void *arg)
{
	struct role *role = arg;

	watch_me(role);
	role->err = rring_writer_pressure(role->self->writer) == 1.0;
	return NULL;
}

/* Returns what @run has stored while a reader joins a ring that is full. */
static int while_a_reader_joins(FIXTURE_DATA(slow_peer) *self,
				void *(*run)(void *arg))
{
	struct rring_reader_config config = {
		.ring = rring_writer_ring_id(self->writer),
		.start = RRING_START_OLDEST,
	};
	struct role role = { .self = self };
	pthread_t joiner, thread;
	int i;

	/* the one that joins gets the place before that of this reader */
	reader_of(self->client, &config);
	rring_reader_close(self->reader, 0);
	for (i = 0; i < CAPACITY; i++)
		MUST(!put_value(self->writer, 1));
	MUST(put_value(self->writer, 1) == -EAGAIN);
	begin_stop();
	joiner = thread_start(join, &role);
	step_wait(&stopped);
	thread = thread_start(run, &role);
	until_it_gives_up(&role);
	step_take(&resumed);
	thread_end(thread);
	thread_end(joiner);
	MUST(stopped_if_in_process(self));
	return role.err;
}

TEST_F(slow_peer, that_joins_is_waited_for_by_the_writer)
{
	if (is_fenced(self->client))
		SKIP(return, "a reader that joins makes no call to stop in");
	EXPECT_EQ(-EAGAIN, while_a_reader_joins(self, publish));
	EXPECT_GE(YIELDS_MAX, yields);
}

TEST_F(slow_peer, that_joins_is_waited_for_to_count_the_room)
{
	if (is_fenced(self->client))
		SKIP(return, "a reader that joins makes no call to stop in");
	EXPECT_EQ(1, while_a_reader_joins(self, measure));
	EXPECT_GE(YIELDS_MAX, yields);
}

/* ---- a thread that has not yet taken its slot ---- */

#ifndef UNDER_TSAN	/* which has to see the locks itself */
static void *alloc_slowly(void *arg)
{
	struct role *role = arg;
	struct rring_event event;

	locks = 0;
	stops = BEFORE_TAKE;
	role->err = rring_alloc(role->self->client, XXL_BYTES, 0, &event);
	stops = NOWHERE;
	step_take(&stopped);
	return NULL;
}

static void *alloc(void *arg)
{
	struct role *role = arg;
	struct rring_event event;

	watch_me(role);
	role->err = rring_alloc(role->self->client, XXL_BYTES, 0, &event);
	return NULL;
}

TEST_F(slow_peer, that_has_not_taken_its_slot_is_waited_for)
{
	struct role slow = { .self = self }, role = { .self = self };
	pthread_t peer, thread;

	take_lock = &self->client->own->xxl.lock;
	begin_stop();
	peer = thread_start(alloc_slowly, &slow);
	step_wait(&stopped);
	thread = thread_start(alloc, &role);
	until_it_gives_up(&role);
	step_take(&resumed);
	thread_end(thread);
	thread_end(peer);
	EXPECT_EQ(0, slow.err);
	EXPECT_EQ(-ENOSPC, role.err);
	EXPECT_GE(YIELDS_MAX, yields);
}
#endif

TEST_HARNESS_MAIN
