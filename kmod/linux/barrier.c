// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Barrier K makes every CPU that may run a client of the arena pass a full
 * barrier. A task passes barrier K before it sleeps or polls, when it turns a
 * reader into a gating reader, and when it recalls magazines (takes back the
 * free slots that clients have). See kring_barrier(). Without RRING_K_INTERRUPTS
 * the clients pass full barriers by themselves, and K is a barrier of the caller
 * alone.
 */
#include <linux/cpumask.h>
#include <linux/mm_types.h>
#include <linux/smp.h>

#include <rusted_ring/internal/atomic.h>

#include "../core/arena.h"
#include "../core/barrier.h"
#include "../core/client.h"

static void full_barrier(void *unused)
{
	smp_mb();	/* K, on the peer's CPU */
}

/*
 * Set @peers to all CPUs that may be running a client of @arena. It does no
 * harm if @peers contains other CPUs, too. The caller holds the arena's lock,
 * and has passed a full barrier before the call.
 */
static void find_peers(struct kring_arena *arena, struct cpumask *peers)
{
	u32 i;

	cpumask_clear(peers);
	for (i = 1; i <= arena->info->max_clients; i++)
		if (arena->clients[i])
			cpumask_or(peers, peers,
				   mm_cpumask(arena->clients[i]->mm));
}

static void interrupt(const struct cpumask *peers)
{
	on_each_cpu_mask(peers, full_barrier, NULL, true);
	/*
	 * A CPU that is not in @peers gets no interrupt. If a client ran on
	 * such a CPU before, the caller's loads after this barrier see what
	 * that client stored.
	 */
	smp_mb();
}

/*
 * K: pairs with L. Make each CPU that runs a client pass a full barrier.
 * Without the barrier, the caller could miss a client's store while this client
 * misses the caller's store. Then a sleeper would not be woken.
 *
 * Only the CPUs in mm_cpumask of a client get an interrupt. Any other CPU
 * runs no client now. If such a CPU switches to a client later, it enters
 * itself in mm_cpumask of the client, then passes a full barrier. The first
 * full barrier of this function comes before the reads of the masks. So a
 * client that runs on such a CPU later sees what the caller wrote before this
 * call. The caller holds the arena's lock.
 */
void kring_barrier(struct kring_arena *arena)
{
	smp_mb();	/* K */
	if (!RRING_K_INTERRUPTS)
		return;
	find_peers(arena, arena->peers);
	interrupt(arena->peers);
}

/* Pass barrier K, and hold the arena's lock meanwhile. See the caller below. */
static int pass_locked(struct kring_arena *arena)
{
	int err = mutex_lock_killable(&arena->lock);

	if (err)
		return err;
	kring_barrier(arena);
	mutex_unlock(&arena->lock);
	return 0;
}

/*
 * Pass barrier K, see kring_barrier(), for a caller that does not hold the
 * arena's lock. Take the lock to find the CPUs, and release the lock before
 * these CPUs get the interrupt. If there is no memory for a CPU mask, as in a
 * full cgroup, hold the lock until the barrier is passed. Return 0, or -EINTR if
 * the process is being killed: then there was no barrier. May sleep.
 */
int kring_barrier_unlocked(struct kring_arena *arena)
{
	cpumask_var_t peers;
	int err;

	if (!RRING_K_INTERRUPTS) {
		smp_mb();	/* K */
		return 0;
	}
	if (!alloc_cpumask_var(&peers, GFP_KERNEL_ACCOUNT))
		return pass_locked(arena);
	err = mutex_lock_killable(&arena->lock);
	if (!err) {
		smp_mb();	/* K */
		find_peers(arena, peers);
		mutex_unlock(&arena->lock);
		interrupt(peers);
	}
	free_cpumask_var(peers);
	return err;
}
