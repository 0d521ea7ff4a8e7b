// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The sleeper's barrier: makes every CPU that may run a client of an arena pass
 * a full barrier. It is K of the pair K and L, see kring_barrier().
 */
#include <linux/cpumask.h>
#include <linux/mm_types.h>
#include <linux/smp.h>

#include "../core/arena.h"
#include "../core/barrier.h"
#include "../core/client.h"

static void full_barrier(void *unused)
{
	smp_mb();	/* K, on the peer's CPU */
}

/*
 * Set @peers to the CPUs that may be running a client; too many do no harm.
 * Under the arena's lock, after a full barrier.
 */
static void find_peers(struct kring_arena *arena, struct cpumask *peers)
{
#ifdef CONFIG_X86
	u32 i;

	cpumask_clear(peers);
	for (i = 1; i <= arena->info->max_clients; i++)
		if (arena->clients[i])
			cpumask_or(peers, peers,
				   mm_cpumask(arena->clients[i]->mm));
#else
	cpumask_copy(peers, cpu_online_mask);	/* no mask to read */
#endif
}

static void interrupt(const struct cpumask *peers)
{
	on_each_cpu_mask(peers, full_barrier, NULL, true);
	smp_mb();	/* later loads come after the reads of the masks */
}

/*
 * K: pairs with L. Make each CPU that runs a client pass a full barrier.
 * Without it, the caller could miss a peer's store while the peer misses the
 * caller's: a sleeper would not be woken.
 *
 * A CPU that is in no mask runs no client now. When it switches to one, it
 * enters itself in that client's mask, then passes a full barrier. The masks
 * are read after a full barrier here, so that such a CPU sees what the caller
 * wrote before. Under the arena's lock.
 */
void kring_barrier(struct kring_arena *arena)
{
	smp_mb();	/* K */
	find_peers(arena, arena->peers);
	interrupt(arena->peers);
}

/*
 * K, for a caller that does not hold the arena's lock. Takes the lock to read
 * the masks, and releases it before it interrupts the CPUs. May sleep.
 */
void kring_barrier_unlocked(struct kring_arena *arena)
{
	cpumask_var_t peers;

	if (!alloc_cpumask_var(&peers, GFP_KERNEL)) {
		interrupt(cpu_online_mask);
		return;
	}
	mutex_lock(&arena->lock);
	smp_mb();	/* K */
	find_peers(arena, peers);
	mutex_unlock(&arena->lock);
	interrupt(peers);
	free_cpumask_var(peers);
}
