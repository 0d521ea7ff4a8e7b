// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Idle regions. When an XXL event is gone, the kernel does not free its region
 * at once: it keeps the region, with its bytes, for the next event of the same
 * size that the same client allocates. So a client that allocates frames one
 * after the other gets pages that are in memory, and that it and its readers
 * have mapped already.
 *
 * An idle region belongs to the client to which the kernel has lent it first,
 * and is never lent to another one: a producer that has its old event mapped
 * writable can write into no event of another client. Every client of the arena
 * may read the bytes of all its events, so readers may keep their mappings.
 *
 * An idle region stays charged, to the account of the arena and to the memory
 * cgroup that has allocated it. The kernel frees it
 *
 *   - when its client keeps IDLE_MAX newer ones, or has gone;
 *   - when max_bytes leaves no room for something else: kring_account_charge()
 *     then frees the oldest ones of all arenas (kring_idle_give_back());
 *   - when its client gets no memory for another event;
 *   - when the machine or the memory cgroup is short of memory
 *     (linux/shrinker.c).
 *
 * It then takes the pages out of all mappings. A region of an owned arena never
 * is idle: there each event has pages of zeros.
 */
#include "compat.h"

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "client.h"
#include "idle.h"
#include "shrinker.h"
#include "xxl.h"

/* how many idle regions a client has at most */
#define IDLE_MAX	4u

/* protects all idle regions; a task holds it for a few instructions */
static DEFINE_SPINLOCK(lock);
static LIST_HEAD(all);		/* of struct kring_xxl, oldest first */
static u64 bytes_of_all;

void kring_idle_init(struct kring_idle *idle)
{
	INIT_LIST_HEAD(&idle->list);
}

/*
 * Take the idle region @xxl out of the lists of this file. The caller holds lock.
 */
static void unlist(struct kring_xxl *xxl)
{
	list_del(&xxl->of_client);
	list_del(&xxl->of_all);
	xxl->client->idle.n--;
	WRITE_ONCE(bytes_of_all, bytes_of_all - kring_pages_size(xxl->pages));
}

/* Take the idle region @xxl out of all lists. The caller holds lock. */
static void remove(struct kring_xxl *xxl)
{
	unlist(xxl);
	kring_shrinker_remove(xxl);
}

static struct kring_xxl *oldest_of(const struct kring_client *client)
{
	return list_first_entry(&client->idle.list, struct kring_xxl,
				of_client);
}

/*
 * Make @xxl, whose event is gone, an idle region of @client, to which the kernel
 * had lent it. Return the region that the caller frees by kring_xxl_discard():
 * the oldest idle one of @client if there are too many, @xxl if it is too large
 * to be kept, or NULL. The caller holds the arena's lock.
 */
struct kring_xxl *kring_idle_keep(struct kring_client *client,
				  struct kring_xxl *xxl)
{
	struct kring_xxl *oldest = NULL;

	if (kring_pages_size(xxl->pages) > RRING_IDLE_MAX)
		return xxl;
	spin_lock(&lock);
	if (client->idle.n == IDLE_MAX) {
		oldest = oldest_of(client);
		remove(oldest);
	}
	xxl->client = client;
	xxl->take_back = true;
	list_add_tail(&xxl->of_client, &client->idle.list);
	list_add_tail(&xxl->of_all, &all);
	kring_shrinker_add(xxl);
	client->idle.n++;
	WRITE_ONCE(bytes_of_all, bytes_of_all + kring_pages_size(xxl->pages));
	spin_unlock(&lock);
	return oldest;
}

/*
 * Return the newest idle region of @client that has exactly @bytes, or NULL. It
 * is no longer idle. Needs no lock.
 */
struct kring_xxl *kring_idle_take(struct kring_client *client, u64 bytes)
{
	struct kring_xxl *xxl, *found = NULL;

	spin_lock(&lock);
	list_for_each_entry(xxl, &client->idle.list, of_client)
		if (kring_pages_size(xxl->pages) == bytes)
			found = xxl;
	if (found)
		remove(found);
	spin_unlock(&lock);
	return found;
}

/*
 * Free all idle regions of @client. If @client has gone, no region gets idle
 * after that. The caller does not hold the arena's lock. May sleep.
 */
void kring_idle_release(struct kring_client *client)
{
	struct kring_xxl *list = NULL;

	spin_lock(&lock);
	while (!list_empty(&client->idle.list)) {
		struct kring_xxl *xxl = oldest_of(client);

		remove(xxl);
		xxl->next = list;
		list = xxl;
	}
	spin_unlock(&lock);
	kring_xxl_discard(&client->arena->pool[RRING_XXL], list);
}

/* Return how many bytes all idle regions have. */
u64 kring_idle_bytes(void)
{
	return READ_ONCE(bytes_of_all);
}

/*
 * Store in .arena of the idle region @xxl its arena, with a reference. The client
 * of an idle region has not gone, and so has a reference to the arena. The
 * caller holds lock.
 */
static void get_arena(struct kring_xxl *xxl)
{
	xxl->arena = xxl->client->arena;
	kring_arena_get(xxl->arena);
}

/* Take the oldest idle region for kring_idle_free(), or return NULL. */
static struct kring_xxl *take_oldest(void)
{
	struct kring_xxl *xxl = NULL;

	spin_lock(&lock);
	if (!list_empty(&all)) {
		xxl = list_first_entry(&all, struct kring_xxl, of_all);
		get_arena(xxl);
		remove(xxl);
		xxl->next = NULL;
	}
	spin_unlock(&lock);
	return xxl;
}

/*
 * Free the regions of @list, which were idle, and have a reference to their
 * arena. The caller holds no lock of an arena. May sleep.
 */
void kring_idle_free(struct kring_xxl *list)
{
	while (list) {
		struct kring_xxl *xxl = list;
		struct kring_arena *arena = xxl->arena;

		list = xxl->next;
		xxl->next = NULL;
		kring_xxl_discard(&arena->pool[RRING_XXL], xxl);
		kring_arena_put(arena);
		cond_resched();
	}
}

/*
 * Free the oldest idle regions of all clients, until they had @bytes together.
 * Return true if this is done. If all idle regions have fewer bytes, free none,
 * so that a call that fails in any case takes nothing from others. The caller
 * holds no lock of an arena. May sleep.
 */
bool kring_idle_give_back(u64 bytes)
{
	struct kring_xxl *xxl;
	u64 freed = 0;

	if (kring_idle_bytes() < bytes)
		return false;
	while (freed < bytes && (xxl = take_oldest())) {
		freed += kring_pages_size(xxl->pages);
		kring_idle_free(xxl);
	}
	return freed >= bytes;
}

#ifdef __KERNEL__

/* Sparse cannot follow spin_trylock(): let it see a lock that is never busy. */
#ifdef __CHECKER__
#define try_lock() ({ spin_lock(&lock); true; })
#else
#define try_lock() spin_trylock(&lock)
#endif

/*
 * Take the idle region @xxl for kring_idle_free(). Return false if the lock is
 * busy. The caller has the lock of the shrinker's list, from which it then
 * removes @xxl itself.
 */
bool kring_idle_try_take(struct kring_xxl *xxl)
{
	if (!try_lock())
		return false;
	get_arena(xxl);
	unlist(xxl);
	spin_unlock(&lock);
	return true;
}

#else

/* Hold the lock during fork(), so that no other thread does. */
void kring_idle_lock(void)
{
	spin_lock(&lock);
}

void kring_idle_unlock(void)
{
	spin_unlock(&lock);
}

/*
 * Begin with no idle regions, in a process that begins or in a child of fork():
 * the regions of its parent's arenas are not mapped in the child.
 */
void kring_idle_forget(void)
{
	spin_lock_init(&lock);
	INIT_LIST_HEAD(&all);
	bytes_of_all = 0;
}

#endif /* __KERNEL__ */
