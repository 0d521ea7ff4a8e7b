// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Barrier K, for a task that is about to sleep or poll, makes a reader gate, or
 * recalls magazines: make every CPU that may run a client of the arena pass a
 * full barrier. See kring_barrier().
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
 * Set @peers to all CPUs that may be running a client of @arena. A CPU too many
 * does no harm. The caller holds the arena's lock, and has passed a full
 * barrier before.
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
	/*
	 * A CPU that is in no mask gets no interrupt. If a client has run there
	 * before, the caller's loads after this barrier see what it has stored.
	 */
	smp_mb();
}

/*
 * K: pairs with L. Make each CPU that runs a client pass a full barrier.
 * Without it, the caller could miss a peer's store while the peer misses the
 * caller's: a sleeper would not be woken.
 *
 * On x86 only CPUs in mm_cpumask of a client get an interrupt. Another CPU runs
 * no client now. When it switches to one later, it enters itself in that mask,
 * then passes a full barrier. The full barrier here comes before the reads of
 * the masks. So a client on such a CPU sees what the caller wrote before. The
 * caller holds the arena's lock.
 */
void kring_barrier(struct kring_arena *arena)
{
	smp_mb();	/* K */
	find_peers(arena, arena->peers);
	interrupt(arena->peers);
}

/*
 * Barrier K, see kring_barrier(), for a caller that does not hold the arena's
 * lock. Takes the lock to find the CPUs, and releases it before it interrupts
 * them. May sleep.
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
