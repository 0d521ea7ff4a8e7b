// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * How often a client may disturb its peers. Barrier K interrupts the CPUs of all
 * clients of the arena, so each client has a rate of these (barrier_rate of the
 * module). Without RRING_K_INTERRUPTS the barrier disturbs nobody, and each client
 * has as many as it likes. A client that exceeds its rate pays for it, and nobody
 * else:
 *
 *   - A task that goes to sleep raises its flags, and sleeps without the
 *     barrier, but only until the next barrier is due. Then it passes the
 *     barrier, looks again, and sleeps on. In almost all cases a peer sees the
 *     flag and wakes the task earlier. If the peer's CPU has loaded the flag too
 *     early, the task finds the event when the barrier is due.
 *   - poll() returns without the barrier. A worker passes the barrier when it is
 *     due, and wakes the pollers if the client's rings have moved since. One
 *     barrier serves all calls of poll() until then.
 *   - A task that makes a reader gate waits until the barrier is due. A refill
 *     that has to recall magazines, and must not sleep, does so, too.
 *
 * A client earns each of these barriers by the time that passes after its ATTACH.
 * It may save up KRING_RATE_BURST of them, but has none at first. So all clients
 * together interrupt no CPU more often if some of them leave, and others come.
 *
 * A client may wake those who wait for a slot whenever a slot of that pool was
 * freed since its last such wake-up, and otherwise at the same rate. Beyond that
 * rate the worker wakes them.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <rusted_ring/internal/atomic.h>

#include "../core/arena.h"
#include "../core/barrier.h"
#include "../core/client.h"
#include "../core/rate.h"
#include "../core/reader.h"
#include "../core/ring.h"
#include "../core/trace.h"
#include "rate.h"

/* Barriers in a second for each client; 0: no limit. */
unsigned int kring_barrier_rate = 1000;

/*
 * The workers of all clients, which wait for the locks of arenas: so many of
 * them hold up each other, but nobody else's work.
 */
static struct workqueue_struct *late_queue;

/*
 * Take a token out of @bucket. Return true if there was one, or if there is no
 * limit. Otherwise set *@due to the ktime in ns at which there will be one, and
 * return false.
 */
static bool take_token(atomic64_t *bucket, u64 *due)
{
	u32 rate = READ_ONCE(kring_barrier_rate);
	u64 now = ktime_get_ns();
	u64 interval, span, from;
	s64 used = atomic64_read(bucket);

	if (!rate)
		return true;
	interval = max_t(u64, NSEC_PER_SEC / rate, 1);
	span = interval * KRING_RATE_BURST;
	do {
		from = max_t(u64, used, now > span ? now - span : 0);
		*due = from + interval;
		if (*due > now)
			return false;
	} while (!atomic64_try_cmpxchg(bucket, &used, *due));
	return true;
}

/*
 * Ask for one barrier K of @client. Return true if the caller may pass it now.
 * Otherwise lower *@due, a ktime in ns, to the time at which the caller may ask
 * again, pass a full barrier on this CPU alone, and return false. Needs no lock.
 */
bool kring_rate_barrier(struct kring_client *client, u64 *due)
{
	struct kring_rate *rate = client->rate;
	u64 at;

	if (!RRING_K_INTERRUPTS || take_token(&rate->barrier_bucket, &at)) {
		atomic64_inc(&rate->barriers);
		trace_barrier(client, 0);
		return true;
	}
	atomic64_inc(&rate->refused);
	trace_barrier(client, 1);
	*due = min(*due, at);
	smp_mb();	/* the flags first, then the look */
	return false;
}

/*
 * Wait until @client may pass barrier K. Return 0, or -EINTR if the process is
 * being killed. The caller holds no lock. May sleep.
 */
int kring_rate_await_barrier(struct kring_client *client)
{
	for (;;) {
		u64 due = KTIME_MAX;
		ktime_t at;

		if (kring_rate_barrier(client, &due))
			return 0;
		at = ns_to_ktime(due);
		set_current_state(TASK_KILLABLE);
		schedule_hrtimeout_range(&at, 0, HRTIMER_MODE_ABS);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
}

/* ---- what comes late ---- */

/* Return true if @now is not *@last, and store it there. */
static bool has_changed(u64 *last, u64 now)
{
	bool changed = now != *last;

	*last = now;
	return changed;
}

/*
 * Return true if, since the last call for @client, a ring that it reads has got
 * an event, or a ring that it writes has got room. Also return true if it has
 * joined or opened a ring since then. The caller holds the arena's lock.
 */
static bool rings_have_moved(struct kring_client *client)
{
	struct kring_arena *arena = client->arena;
	bool moved = false;
	u32 i;

	kring_work_add(KRING_WORK_READERS, client->cursors_end);
	for (i = 0; i < client->cursors_end; i++) {
		struct kring_reader *reader = client->readers[i];

		if (reader && has_changed(&reader->late_head,
					  kring_ring_head(reader->ring)))
			moved = true;
	}
	kring_work_add(KRING_WORK_RINGS, arena->info->max_rings);
	for (i = 1; i <= arena->info->max_rings; i++) {
		struct kring_ring *ring = arena->rings[i];

		if (ring && ring->writer == client &&
		    has_changed(&ring->late_low, kring_ring_low(ring)))
			moved = true;
	}
	return moved;
}

static void queue_late(struct kring_rate *rate, u64 due)
{
	u64 now = ktime_get_ns();
	u64 wait = due > now ? due - now : 0;

	queue_delayed_work(late_queue, &rate->late, nsecs_to_jiffies(wait) + 1);
}

/*
 * Pass barrier K for the calls of poll() that have not passed it, and whose
 * tasks were not woken since. Return true if these tasks are to be woken,
 * because a ring has moved since the first of these calls. If the barrier is
 * not due yet, queue the worker again. The caller holds the arena's lock.
 */
static bool poll_late(struct kring_rate *rate)
{
	struct kring_client *client = rate->client;
	u64 due = KTIME_MAX;

	if (!READ_ONCE(rate->late_poll))
		return false;
	if (!kring_rate_barrier(client, &due)) {
		queue_late(rate, due);
		return false;
	}
	WRITE_ONCE(rate->late_poll, false);
	kring_barrier(client->arena);
	return rings_have_moved(client);
}

static void run_late(struct work_struct *work)
{
	struct kring_rate *rate = container_of(to_delayed_work(work),
					       struct kring_rate, late);
	struct kring_client *client = rate->client;
	struct kring_arena *arena = client->arena;
	bool news = false;

	mutex_lock(&arena->lock);	/* nobody can kill a worker */
	/* a client that dies wakes all itself */
	if (!kring_client_is_gone(client)) {
		news = poll_late(rate);
		if (rate->late_pools)
			kring_arena_wake_pools(arena, rate->late_pools);
	}
	rate->late_pools = 0;
	mutex_unlock(&arena->lock);
	if (news)
		kring_wake_pollers(&client->poll_queue, EPOLLIN | EPOLLOUT);
}

/*
 * Let the worker pass barrier K at @due, a ktime in ns, for a poll() of @client
 * that raises its flags now, and looks afterwards. The caller holds the arena's
 * lock.
 */
void kring_rate_poll_late(struct kring_client *client, u64 due)
{
	struct kring_rate *rate = client->rate;

	if (!READ_ONCE(rate->late_poll))
		rings_have_moved(client);
	WRITE_ONCE(rate->late_poll, true);
	queue_late(rate, due);
}

/*
 * Note that the caller is about to wake all tasks that poll @client. Each of
 * them then calls poll() again, so the worker need not wake them for the calls
 * of poll() until now. Otherwise an edge-triggered poll would tell twice of one
 * event. A poll() that begins after this call asks for the worker again. Needs
 * no lock.
 */
void kring_rate_told(struct kring_client *client)
{
	WRITE_ONCE(client->rate->late_poll, false);
}

/*
 * Wake the tasks that wait for slots of @pools, a bit for each pool, for WAKE of
 * @client. No slot of these pools was freed since the last such call, so the
 * rate of @client counts: beyond it, the worker wakes the tasks later. The
 * caller holds the arena's lock.
 */
void kring_rate_wake_pools(struct kring_client *client, u32 pools)
{
	struct kring_rate *rate = client->rate;
	u64 due;

	if (take_token(&rate->wake_bucket, &due)) {
		kring_arena_wake_pools(client->arena, pools);
		return;
	}
	rate->late_pools |= pools;
	queue_late(rate, due);
}

/* ---- life ---- */

struct kring_rate *kring_rate_new(struct kring_client *client)
{
	struct kring_rate *rate = kzalloc(sizeof(*rate), GFP_KERNEL_ACCOUNT);

	if (!rate)
		return NULL;
	rate->client = client;
	INIT_DELAYED_WORK(&rate->late, run_late);
	return rate;
}

/*
 * Begin to count the time of @client, which is about to attach. Before that it
 * was no client of an arena, and has saved up nothing.
 */
void kring_rate_begin(struct kring_client *client)
{
	u64 now = ktime_get_ns();

	atomic64_set(&client->rate->barrier_bucket, now);
	atomic64_set(&client->rate->wake_bucket, now);
}

/*
 * Wait until the worker is at rest. The file of the client is being closed, so
 * no call queues the worker again. The caller holds no lock. May sleep.
 */
void kring_rate_stop(struct kring_rate *rate)
{
	cancel_delayed_work_sync(&rate->late);
}

void kring_rate_free(struct kring_rate *rate)
{
	kfree(rate);
}

int kring_late_start(void)
{
	late_queue = alloc_workqueue("rring_late", WQ_UNBOUND, 0);
	return late_queue ? 0 : -ENOMEM;
}

/* The caller ensures that all clients have gone. */
void kring_late_stop(void)
{
	destroy_workqueue(late_queue);
}
