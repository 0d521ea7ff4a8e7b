// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* The sleeper's heavy barrier: on every CPU that may be running a peer. */
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
 * CPUs that may be running a client; more do no harm. Under the arena's lock,
 * after a full barrier.
 */
static void find_peers(struct rring_arena *arena, struct cpumask *peers)
{
#ifdef CONFIG_X86
	u32 i;

	cpumask_clear(peers);
	for (i = 1; i <= arena->info->max_clients; i++)
		if (arena->clients[i])
			cpumask_or(peers, peers,
				   mm_cpumask(arena->clients[i]->mm));
#else
	cpumask_copy(peers, cpu_online_mask);	/* nobody keeps count */
#endif
}

static void interrupt(const struct cpumask *peers)
{
	on_each_cpu_mask(peers, full_barrier, NULL, true);
	smp_mb();	/* what a CPU stored before it left its client's mask */
}

/*
 * K: pairs with L. A CPU that is not running a client now passes a full
 * barrier when it switches to one, after it has entered itself in that
 * client's mask: whoever is missing in the masks, which are read after a full
 * barrier here, will see what was written before. Under the arena's lock.
 */
void rring_barrier(struct rring_arena *arena)
{
	smp_mb();	/* K */
	find_peers(arena, arena->peers);
	interrupt(arena->peers);
}

/* The same, without the arena's lock, and without keeping it meanwhile. */
void rring_barrier_unlocked(struct rring_arena *arena)
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
