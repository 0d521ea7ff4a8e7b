// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The kernel takes idle regions (core/idle.c) when memory is short: in the
 * machine, or in the memory cgroup that has allocated them. A list_lru knows
 * the memory cgroup of each region by that of its struct kring_xxl, which the
 * same task has allocated. So these structs come from a cache of their own.
 *
 * Locks: the lock of idle.c, then that of the list_lru. isolate() has the second
 * one, and only tries the first. A task that needs memory may hold any lock that
 * permits to wait for memory, so scan() waits for none that it may hold.
 */
#include "../core/compat.h"
#include "../core/idle.h"
#include "../core/shrinker.h"
#include "../core/xxl.h"
#include "mapping.h"

/*
 * How many objects a region counts for. The kernel scans a small part of the
 * objects at first, and a larger one as memory gets shorter: a cache of a few
 * objects would be scanned only when nothing else is left. So a region counts for
 * some of its pages.
 */
#define WEIGHT	1024u

static struct kmem_cache *cache;
static struct list_lru lru;
static struct shrinker *shrinker;

struct kring_xxl *kring_xxl_alloc(void)
{
	struct kring_xxl *xxl;

	xxl = kmem_cache_alloc_lru(cache, &lru,
				   GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (xxl)
		INIT_LIST_HEAD(&xxl->of_shrinker);
	return xxl;
}

void kring_xxl_dealloc(struct kring_xxl *xxl)
{
	kmem_cache_free(cache, xxl);
}

/* ---- the list ---- */

/* Enter the idle region @xxl. The caller holds the lock of idle.c. */
void kring_shrinker_add(struct kring_xxl *xxl)
{
	list_lru_add_obj(&lru, &xxl->of_shrinker);
}

/* Take @xxl, which is idle no more, out. The caller holds the lock of idle.c. */
void kring_shrinker_remove(struct kring_xxl *xxl)
{
	list_lru_del_obj(&lru, &xxl->of_shrinker);
}

/* ---- the shrinker ---- */

/* Before Linux 6.7, the kernel may call this before the list_lru is complete. */
static unsigned long count(struct shrinker *unused,
			   struct shrink_control *control)
{
	unsigned long n = lru.node ? list_lru_shrink_count(&lru, control) : 0;

	return n ? n * WEIGHT : SHRINK_EMPTY;
}

/* Move the region of @item to the list *@arg, unless the lock is busy. */
static enum lru_status isolate(struct list_head *item,
			       struct list_lru_one *list,
			       KRING_LRU_LOCK void *arg)
{
	struct kring_xxl *xxl = container_of(item, struct kring_xxl,
					     of_shrinker);
	struct kring_xxl **taken = arg;

	if (!kring_idle_try_take(xxl))
		return LRU_SKIP;
	list_lru_isolate(list, item);
	xxl->next = *taken;
	*taken = xxl;
	return LRU_REMOVED;
}

static unsigned long scan(struct shrinker *unused,
			  struct shrink_control *control)
{
	struct kring_xxl *taken = NULL;
	unsigned long n;

	control->nr_to_scan = DIV_ROUND_UP(control->nr_to_scan, WEIGHT);
	n = list_lru_shrink_walk(&lru, control, isolate, &taken);
	/* at least one, or the kernel would call this again and again */
	control->nr_scanned = max(n, 1ul) * WEIGHT;
	kring_idle_free(taken);
	return n ? n * WEIGHT : SHRINK_STOP;
}

int kring_shrinker_start(void)
{
	cache = KMEM_CACHE(kring_xxl, SLAB_ACCOUNT);
	if (!cache)
		return -ENOMEM;
	shrinker = kring_register_shrinker(&lru, count, scan);
	if (shrinker)
		return 0;
	kmem_cache_destroy(cache);
	return -ENOMEM;
}

/*
 * Stop the shrinker, and wait until it uses no region any more. Regions can still
 * become idle and be freed.
 */
void kring_shrinker_stop(void)
{
	kring_unregister_shrinker(shrinker);
}

/* The caller has stopped the shrinker, and ensures that no arena is left. */
void kring_shrinker_destroy(void)
{
	list_lru_destroy(&lru);
	kmem_cache_destroy(cache);
}
