// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Eviction: a client dies although its process lives. Other clients soon use
 * the slots that a dead client held. So the process must not be able to write
 * them any more when the client dies. The order of the steps guarantees that:
 *
 *   1. .evicted is set under the arena's lock. From then on all calls of the
 *      client fail, and it can map nothing more.
 *   2. The kernel waits for an mmap() call that has begun before.
 *   3. All mappings of the client's file lose their pages, on all CPUs. No
 *      fault handler maps them again, so each later access is a SIGBUS.
 *   4. The client dies, as if its ledger's mapping had been closed:
 *      kring_client_die(), which also wakes the client's sleeping threads.
 *      Their calls return -EOWNERDEAD.
 */
#include <linux/fs.h>
#include <linux/mm.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/death.h"
#include "../core/trace.h"
#include "evict.h"

/*
 * Step 1. Returns the client with a reference. ERR_PTR(): -ESRCH: there is no
 * client @id; -ESTALE: @serial is neither 0 nor its serial; -EALREADY: another
 * eviction of it is under way. Takes the arena's lock.
 */
static struct kring_client *mark_evicted(struct kring_arena *arena, u32 id,
					 u32 serial)
{
	struct kring_client *client = NULL;

	mutex_lock(&arena->lock);
	if (id <= arena->info->max_clients)
		client = arena->clients[id];
	if (!client) {
		client = ERR_PTR(-ESRCH);
	} else if (serial && client->serial != serial) {
		client = ERR_PTR(-ESTALE);
	} else if (client->evicted) {
		client = ERR_PTR(-EALREADY);
	} else {
		client->evicted = true;
		arena->evictions++;
		kref_get(&client->ref);
	}
	mutex_unlock(&arena->lock);
	return client;
}

/*
 * Steps 2 and 3. 0, or -EINTR: after a fatal signal, no mapping is revoked.
 *
 * mmap() holds the mmap_lock from before it calls the module until
 * unmap_mapping_range() can find the new mapping. The client has a reference to
 * the mm_struct, which stays valid when its address space has gone. A hostile
 * process can keep the mmap_lock busy, so the wait can be killed. The caller
 * then has to give up: the client could still write through a mapping.
 */
static int revoke_mappings(struct kring_client *client)
{
	if (mmap_read_lock_killable(client->mm))
		return -EINTR;
	mmap_read_unlock(client->mm);
	unmap_mapping_range(client->inode->i_mapping, 0, 0, 1);
	return 0;
}

/* Undo step 1. Takes the arena's lock. */
static void unmark_evicted(struct kring_arena *arena,
			   struct kring_client *client)
{
	mutex_lock(&arena->lock);
	client->evicted = false;
	arena->evictions--;
	mutex_unlock(&arena->lock);
}

/*
 * Evict client @id of @arena. If @serial is not 0, only the client with that
 * serial. Returns 0, -ESRCH, -ESTALE or -EALREADY (see mark_evicted()), or
 * -EINTR: the caller got a fatal signal, and the client lives on. The caller
 * holds no lock.
 */
int kring_evict(struct kring_arena *arena, u32 id, u32 serial)
{
	struct kring_client *client = mark_evicted(arena, id, serial);
	int err;

	if (IS_ERR(client))
		return PTR_ERR(client);
	err = revoke_mappings(client);
	if (err) {
		unmark_evicted(arena, client);
	} else {
		trace_evict(client);
		kring_client_die(client);
	}
	kring_client_put(client);
	return err;
}
