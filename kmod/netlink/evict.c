// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Eviction: the kernel declares a client dead although its process lives on.
 * Other clients soon use the slots that a dead client held. So the kernel first
 * makes sure that the process can no longer write through the mappings of the
 * evicted client. The kernel does these steps in this order:
 *
 *   1. mark() sets .evicted under the arena's lock. From then on all calls of the
 *      client fail, and it can map nothing more.
 *   2. The kernel takes the mmap_lock of the client's process, and releases it
 *      again. So it waits for an mmap() call that did not see .evicted: mmap()
 *      holds the mmap_lock until step 3 can find the new mapping. The client has
 *      a reference to its mm_struct, so the mmap_lock exists even if the address
 *      space has gone.
 *   3. revoke_mappings() takes the pages out of all mappings of the client's
 *      file, on all CPUs. No fault handler maps them again, so each later
 *      access raises SIGBUS.
 *   4. kring_client_die() does the same as for a client whose ledger was
 *      unmapped. It also wakes the client's sleeping threads: their calls
 *      return -EOWNERDEAD.
 *
 * For a client that exceeds its hold limit (core/holders.c), the task that waits
 * for a slot does step 1, and a worker does the others: step 2 can take long if
 * the client's process keeps its mmap_lock busy.
 *
 * Several can evict a client at a time: tasks of its owner, and a worker. Each of
 * them does all steps, and it makes no difference that another one has done or
 * does them. So no task depends on a worker, which may not get the mmap_lock. A
 * task gives up if it is killed in step 2. The mark goes with the last one that
 * gives up: .evictors counts those that have not, also after they have finished.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include "../core/announce.h"
#include "../core/arena.h"
#include "../core/client.h"
#include "../core/death.h"
#include "../core/remnants.h"
#include "../core/ring.h"
#include "../core/trace.h"
#include "evict.h"

/*
 * Begin an eviction of @client, which is not dead, or join one: from now on the
 * client's calls fail, and the client can map nothing more. Take a reference to
 * @client for the rest of the eviction. The caller holds the arena's lock.
 */
static void mark(struct kring_client *client)
{
	if (!client->evictors++) {
		/* insert_pages() reads .evicted without the arena's lock */
		WRITE_ONCE(client->evicted, true);
		client->arena->evictions++;
	}
	kref_get(&client->ref);
}

/*
 * Do mark() for client @id. Return the client with a reference, or an ERR_PTR().
 * The error is -ESRCH if there is no client @id, for example because an eviction
 * is complete, -ESTALE if @serial is not 0 and client @id has another serial, or
 * -EINTR if the calling task got a fatal signal. Take the arena's lock and
 * release it again.
 */
static struct kring_client *mark_evicted(struct kring_arena *arena, u32 id,
					 u32 serial)
{
	struct kring_client *client = NULL;

	if (mutex_lock_killable(&arena->lock))
		return ERR_PTR(-EINTR);
	if (id <= arena->info->max_clients)
		client = arena->clients[id];
	if (!client)
		client = ERR_PTR(-ESRCH);
	else if (serial && client->serial != serial)
		client = ERR_PTR(-ESTALE);
	else
		mark(client);
	mutex_unlock(&arena->lock);
	return client;
}

/* Take the pages out of all mappings of @client. Step 2 is done. May sleep. */
static void revoke_mappings(struct kring_client *client)
{
	unmap_mapping_range(client->inode->i_mapping, 0, 0, 1);
	kring_mappings_forget(client);
}

/* Wake every task that sleeps in @arena. The caller holds the arena's lock. */
static void wake_all(struct kring_arena *arena)
{
	u32 i;

	kring_arena_wake_pools(arena, ~0u);
	for (i = 1; i <= arena->info->max_rings; i++)
		if (arena->rings[i])
			kring_ring_wake(arena->rings[i], RRING_READERS_WAIT |
							 RRING_WRITER_WAITS);
}

/*
 * Undo mark_evicted() because the calling task gives up. If nobody else evicts
 * @client, clear .evicted, so that the client's calls no longer fail. Its calls
 * of WAKE have failed meanwhile, so wake the tasks that these calls were for.
 * Take the arena's lock and release it again. The wait for the lock is not
 * killable: the calling task is being killed, and no other task undoes the mark.
 */
static void unmark_evicted(struct kring_client *client)
{
	struct kring_arena *arena = client->arena;

	mutex_lock(&arena->lock);
	if (!--client->evictors) {
		WRITE_ONCE(client->evicted, false);
		arena->evictions--;
		wake_all(arena);
	}
	mutex_unlock(&arena->lock);
}

/*
 * Do the steps of the eviction of @client that follow step 2, and put the
 * reference of mark(). Another task or worker may do the same at the same time.
 * The caller holds no lock.
 */
static void finish(struct kring_client *client)
{
	revoke_mappings(client);
	trace_evict(client);
	kring_client_die(client);
	kring_client_put(client);
}

/*
 * Evict client @id of @arena. If @serial is not 0, the client must have this
 * serial. Return 0 when the eviction is complete, also if a worker or another
 * task has completed it; -ESRCH if there is no client @id, -ESTALE if client @id
 * has another serial, or -EINTR if the calling task got a fatal signal: a hostile
 * process can keep its mmap_lock busy. The wait for this lock is fair, so calls
 * of mmap() that never end do not delay it for ever. After -EINTR this call has
 * changed no mapping, and the client lives on unless others evict it, too. The
 * caller holds no lock.
 */
int kring_evict(struct kring_arena *arena, u32 id, u32 serial)
{
	struct kring_client *client = mark_evicted(arena, id, serial);

	if (IS_ERR(client))
		return PTR_ERR(client);
	if (mmap_read_lock_killable(client->mm)) {
		unmark_evicted(client);
		kring_client_put(client);
		return -EINTR;
	}
	mmap_read_unlock(client->mm);
	finish(client);
	return 0;
}

/* ---- evictions by a worker ---- */

/*
 * How many works wait for an mmap_lock at a time, in all and for the clients of
 * one arena. The wait is fair, so a process cannot evade its eviction by calls of
 * mmap() that never end. But a process can keep its mmap_lock for long. So the
 * works beyond these numbers only try: again after RETRY_MIN_MS, then each time
 * after twice as long, up to RETRY_MAX_MS. The queue runs more works than
 * WAITING_MAX at a time. So however many processes keep their mmap_lock busy, a
 * client of another process is evicted without a wait for them. A process can
 * evade works that only try. It cannot evade kring_evict(), which waits.
 */
#define WAITING_MAX	32
#define ARENA_MAX	4
#define RETRY_MIN_MS	20
#define RETRY_MAX_MS	320

/* An eviction that a work has to finish. It has the reference of mark(). */
struct eviction {
	struct delayed_work work;
	struct kring_client *client;
	u32 retry_ms;		/* when the work tries again */
};

/* A queue of its own, so that no other work of the kernel waits for these. */
static struct workqueue_struct *evictions;
static atomic_t nr_waiting;	/* works that wait for an mmap_lock */
static atomic_t nr_begun;	/* evictions that no work has finished yet */

/* Count a work that waits for a client of @arena, unless too many wait. */
static bool begin_wait(struct kring_arena *arena)
{
	if (!atomic_add_unless(&arena->evictions_waiting, 1, ARENA_MAX))
		return false;
	if (atomic_add_unless(&nr_waiting, 1, WAITING_MAX))
		return true;
	atomic_dec(&arena->evictions_waiting);
	return false;
}

static void end_wait(struct kring_arena *arena)
{
	atomic_dec(&nr_waiting);
	atomic_dec(&arena->evictions_waiting);
}

/*
 * Do step 2 of the eviction of @client in a work. Return false if the mmap_lock
 * of the client's process is busy, and too many other works wait already.
 */
static bool pass_mmap_lock(struct kring_client *client)
{
	struct mm_struct *mm = client->mm;
	bool locked = mmap_read_trylock(mm);

	if (!locked && begin_wait(client->arena)) {
		/* killable: so it does not count as a task that hangs */
		locked = !mmap_read_lock_killable(mm);
		end_wait(client->arena);
	}
	if (locked)
		mmap_read_unlock(mm);
	return locked;
}

static void try_later(struct eviction *eviction)
{
	u32 ms = eviction->retry_ms;

	eviction->retry_ms = min_t(u32, 2 * ms, RETRY_MAX_MS);
	queue_delayed_work(evictions, &eviction->work, msecs_to_jiffies(ms));
}

static void run_eviction(struct work_struct *work)
{
	struct eviction *eviction = container_of(to_delayed_work(work),
						 struct eviction, work);

	if (!pass_mmap_lock(eviction->client)) {
		try_later(eviction);
		return;
	}
	finish(eviction->client);
	kfree(eviction);
	if (atomic_dec_and_test(&nr_begun))
		wake_up_var(&nr_begun);
}

void kring_evict_later(struct kring_client *client)
{
	struct eviction *eviction;

	if (!evictions || kring_client_is_gone(client))
		return;
	/*
	 * do not wait for memory under the arena's lock; not charged, because
	 * the cgroup of the client that waits for a slot may be full
	 */
	eviction = kzalloc(sizeof(*eviction), GFP_NOWAIT | __GFP_NOWARN);
	if (!eviction)
		return;
	INIT_DELAYED_WORK(&eviction->work, run_eviction);
	eviction->client = client;
	eviction->retry_ms = RETRY_MIN_MS;
	mark(client);
	atomic_inc(&nr_begun);
	queue_delayed_work(evictions, &eviction->work, 0);
}

int kring_evict_start(void)
{
	evictions = alloc_workqueue("rring_evict", WQ_UNBOUND, 0);
	return evictions ? 0 : -ENOMEM;
}

/*
 * Wait until all evictions are finished. The caller ensures that no client and no
 * kernel writer can find a pool without a free slot any more.
 */
void kring_evict_stop(void)
{
	wait_var_event(&nr_begun, !atomic_read(&nr_begun));
	destroy_workqueue(evictions);
	evictions = NULL;
}
