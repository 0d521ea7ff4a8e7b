// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Eviction: a client that lives ends as if it had died. What makes that safe
 * for the others is the order. A client that is dead has let go of everything:
 * what it held is somebody else's soon. So it must not be able to write any
 * more before that:
 *
 *   1. .evicted is set under the arena's lock: from then on no call of the
 *      client's gets anywhere, and nothing new is mapped;
 *   2. an mmap() that was under way has mapped what it wanted, or has failed;
 *   3. every mapping of its file loses its pages, on all CPUs. There is no
 *      fault handler that brings them back: an access is SIGBUS from then on;
 *   4. it dies, as by the close of its ledger.
 */
#include <linux/fs.h>
#include <linux/mm.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/death.h"
#include "../core/trace.h"
#include "evict.h"

/* A reference to the client, which is marked. */
static struct rring_client *mark(struct rring_arena *arena, u32 id, u32 serial)
{
	struct rring_client *client = NULL;

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
 * mmap() holds the mmap_lock from before it asks the module until its mapping
 * is where unmap_mapping_range() finds it. The mm_struct is there as long as
 * the client is, even if its address space is not. A process that resists can
 * keep the lock busy: then whoever waits here can be killed, and nothing has
 * happened, as a mapping that is left would be worse than no eviction.
 */
static int revoke(struct rring_client *client)
{
	if (mmap_read_lock_killable(client->mm))
		return -EINTR;
	mmap_read_unlock(client->mm);
	unmap_mapping_range(client->inode->i_mapping, 0, 0, 1);
	return 0;
}

static void unmark(struct rring_arena *arena, struct rring_client *client)
{
	mutex_lock(&arena->lock);
	client->evicted = false;
	arena->evictions--;
	mutex_unlock(&arena->lock);
}

/*
 * Evict the client at place @id of @arena; with a @serial, only if it still is
 * that one. Under no lock.
 */
int rring_evict(struct rring_arena *arena, u32 id, u32 serial)
{
	struct rring_client *client = mark(arena, id, serial);
	int err;

	if (IS_ERR(client))
		return PTR_ERR(client);
	err = revoke(client);
	if (err) {
		unmark(arena, client);
	} else {
		trace_evict(client);
		rring_client_die(client);
	}
	rring_client_put(client);
	return err;
}
