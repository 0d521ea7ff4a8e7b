// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Changes: the kernel notes in ARENA what happens to rings, so that clients learn
 * of rings and readers that come and go. Every client can read ARENA, so a client
 * asks the kernel only when it wants to wait for a change.
 *
 * The array has room for the newest changes only. A client that is too slow
 * finds that changes were overwritten (see struct rring_arena_info). It then
 * compares the rings of the arena with those that it knows.
 */
#include "compat.h"

#include <rusted_ring/internal/atomic.h>

#include "announce.h"
#include "arena.h"
#include "changes.h"
#include "client.h"
#include "reader.h"
#include "ring.h"

/*
 * Copy @change to the place of change @n in ARENA. The caller holds the arena's
 * lock.
 */
static void store(struct kring_arena *arena, u64 n,
		  const struct rring_change *change)
{
	u32 index = n & (arena->info->change_entries - 1);

	/*
	 * M: pairs with N in the library's watch: a client that copies a part of
	 * this change then also finds the count that was stored before.
	 */
	rring_fence_release();
	kring_words_store(arena->region.addr + arena->info->changes_offset +
			  index * sizeof(*change), change, sizeof(*change));
}

/*
 * Wake the clients that wait for changes, and take them off the list: each looks
 * at the changes before it waits again. So a client that causes many changes at
 * once, by its death, wakes each of them once. In the library, a client that polls
 * goes back to the list at once (kring_changes_arm()). The caller holds the
 * arena's lock.
 */
static void wake_watchers(struct kring_arena *arena)
{
	LIST_HEAD(woken);

	list_splice_init(&arena->watchers, &woken);
	while (!list_empty(&woken)) {
		struct kring_client *client =
			list_first_entry(&woken, struct kring_client, watching);

		kring_work_add(KRING_WORK_CLIENTS, 1);
		list_del_init(&client->watching);
		kring_client_wake(client, EPOLLIN | EPOLLRDNORM);
	}
}

/* Make the next change wake @client. The caller holds the arena's lock. */
void kring_changes_watch(struct kring_client *client)
{
	if (list_empty(&client->watching))
		list_add_tail(&client->watching, &client->arena->watchers);
}

/*
 * Return what is common to all changes of @ring, with the kind @kind. The caller
 * holds the arena's lock.
 */
static struct rring_change change_of(const struct kring_ring *ring,
				     enum rring_change_kind kind)
{
	struct rring_change change = {
		.kind = kind,
		.ring = ring->id,
		.ring_serial = rring_flag_load(&ring->info->serial),
		.incarnation = rring_flag_load(&ring->info->incarnation),
		.readers = ring->nr_readers,
	};

	memcpy(change.ring_name, ring->info->name, sizeof(change.ring_name));
	return change;
}

static void set_client(struct rring_change *change,
		       const struct kring_client *client)
{
	if (!client || !client->id)
		return;
	change->client = client->id;
	change->client_serial = client->serial;
}

/*
 * Return the change @kind of @ring. @writer is the writer that it is about, or
 * NULL. The caller holds the arena's lock.
 */
struct rring_change kring_change_of_ring(const struct kring_ring *ring,
					 enum rring_change_kind kind,
					 const struct kring_client *writer)
{
	struct rring_change change = change_of(ring, kind);

	set_client(&change, writer);
	return change;
}

/*
 * Return the change @kind of @reader, which is in its ring. The caller holds the
 * arena's lock.
 */
struct rring_change kring_change_of_reader(const struct kring_reader *reader,
					   enum rring_change_kind kind)
{
	struct rring_change change = change_of(reader->ring, kind);

	set_client(&change, reader->client);
	change.reader = reader->id;
	memcpy(change.reader_name, reader->name, sizeof(change.reader_name));
	return change;
}

/*
 * Note @change of @arena, and tell it to all who wait for changes. The caller
 * holds the arena's lock, and has made the change already: a client that finds no
 * new number of changes must not find the rings as they were before.
 */
void kring_change_note(struct kring_arena *arena,
		       const struct rring_change *change)
{
	u64 n = rring_seq_load(&arena->info->changes);

	store(arena, n, change);
	/*
	 * O: pairs with P in the library's watch. Without this pair, a client
	 * could count the change, but read what was there before.
	 */
	rring_seq_store_release(&arena->info->changes, n + 1);
	wake_watchers(arena);
	kring_announce_change(arena, change);
}

/* ---- wait for changes ---- */

/* Return true if the arena of @client has had more changes than @position. */
bool kring_changes_above(const struct kring_client *client, u64 position)
{
	return rring_seq_load(&client->arena->info->changes) > position;
}

/*
 * Return true if poll() of @client is to report changes. The caller holds the
 * arena's lock.
 */
bool kring_changes_due(const struct kring_client *client)
{
	return client->polls_changes &&
	       kring_changes_above(client, client->watched);
}

/*
 * Make the next change wake @client if it polls for changes. The caller holds the
 * arena's lock.
 */
void kring_changes_arm(struct kring_client *client)
{
	if (client->polls_changes)
		kring_changes_watch(client);
}

/*
 * Say that poll() is to report changes from @position on, or none any more if
 * @position is U64_MAX. Return 0 or an error of kring_client_lock(). Takes the
 * arena's lock.
 */
static int watch_from(struct kring_client *client, u64 position)
{
	int err = kring_client_lock(client);
	bool begins;

	if (err)
		return err;
	begins = !client->polls_changes && position != U64_MAX;
	client->polls_changes = position != U64_MAX;
	client->watched = position;
	kring_changes_arm(client);
	/* a task that polls already has not put the client on the list */
	if (begins && kring_changes_due(client))
		kring_client_wake(client, EPOLLIN | EPOLLRDNORM);
	kring_client_unlock(client);
	return 0;
}

/*
 * Run WAIT for RRING_WAIT_CHANGES: sleep until the arena of @client has had more
 * changes than args->position. Return 0, -EINVAL if @args is not valid, or an
 * error of kring_client_lock() or kring_evcount_wait(). Takes the arena's lock.
 * May sleep.
 */
int kring_changes_wait(struct kring_client *client, struct rring_wait *args)
{
	int err = 0;

	if (args->ring || args->reader)
		return -EINVAL;
	if (!args->deadline)
		err = watch_from(client, args->position);
	/* above U64_MAX is no change: wait for none */
	return err ?: kring_client_wait_changes(client, args->position + 1,
						args);
}

/*
 * Make no change wake @client any more, which leaves its arena, and wake its
 * threads that wait for one. The caller holds the arena's lock.
 */
void kring_changes_forget(struct kring_client *client)
{
	list_del_init(&client->watching);
	client->polls_changes = false;
	kring_evcount_signal(&client->evcount);
}
