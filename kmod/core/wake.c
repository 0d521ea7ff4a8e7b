// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * WAKE: a client says that it has made a condition true for which others sleep.
 * The client may be hostile and lie, so the kernel wakes only if it finds the
 * change itself. A wake-up so costs a client at least an event:
 *
 *   - Readers wake for the ring's writer, if its head has moved since the last
 *     wake-up of the readers by WAKE.
 *   - The writer wakes for a client that reads the ring and gates, if this
 *     client has released an entry since its last WAKE for the writer. If the
 *     writer sleeps for room, it sleeps on while the window begins where it
 *     began at the last wake-up of the writer: it would find no more room.
 *   - Those who wait for a slot wake if their pool's waiters flag is up. If no
 *     slot of the pool was freed since the client's last WAKE, its rate counts.
 *
 * In all other cases WAKE does nothing, and leaves the waiters flag as it is.
 * This loses no wake-up. A task sleeps only if it has checked its condition
 * after the last wake-up that it could see. If nothing has changed since that
 * wake-up, the check has seen all that there is. If the flag was left up, the
 * next change leads to the next WAKE.
 */
#include "compat.h"

#include <rusted_ring/internal/window.h>

#include "arena.h"
#include "client.h"
#include "rate.h"
#include "reader.h"
#include "ring.h"
#include "wake.h"

/*
 * Return true if the head of @ring has moved since the last call of this
 * function. The caller holds the arena's lock.
 */
static bool has_published(struct kring_ring *ring)
{
	u64 head = kring_ring_head(ring);
	bool moved = head != ring->woken_head;

	ring->woken_head = head;
	return moved;
}

/*
 * Return true if @reader has released an entry since the last call of this
 * function. An entry counts once, also if a hostile client sets its cursor
 * back; but if the reader joins again at a lower position, the entries from
 * there on count again. The caller holds the arena's lock.
 */
static bool has_released(struct kring_reader *reader)
{
	u64 head = kring_ring_head(reader->ring);
	u64 pos = rring_window_clamp(kring_reader_pos(reader), head);
	bool moved = pos > reader->woken_pos;

	reader->woken_pos = max(pos, reader->woken_pos);
	return moved;
}

/*
 * Return true if a reader of @ring that belongs to @client, and is no observer,
 * has released an entry: see has_released(). The caller holds the arena's lock.
 */
static bool client_has_released(struct kring_ring *ring,
				const struct kring_client *client)
{
	bool released = false;
	u32 i;

	kring_work_add(KRING_WORK_READERS,
		       rring_flag_load(&ring->info->readers_end));
	for (i = 0; i < rring_flag_load(&ring->info->readers_end); i++) {
		struct kring_reader *reader = ring->readers[i];

		if (reader && reader->client == client &&
		    reader->state != RRING_READER_OBSERVER)
			released |= has_released(reader);
	}
	return released;
}

/*
 * Wake the writer of @ring, because a reader of @client may have made room: see
 * the top of this file for the cases in which the writer sleeps on. The caller
 * holds the arena's lock.
 */
void kring_wake_writer(struct kring_ring *ring,
		       const struct kring_client *client)
{
	u64 low;

	if (!client_has_released(ring, client))
		return;
	low = kring_ring_low(ring);
	/*
	 * If waitqueue_active() misses a writer that is about to sleep, the
	 * writer is woken, and looks for room in vain.
	 */
	if (low == ring->woken_low && waitqueue_active(&ring->writable.queue))
		return;
	ring->woken_low = low;
	kring_ring_wake(ring, RRING_WRITER_WAITS);
}

static void wake_ring(struct kring_ring *ring,
		      const struct kring_client *client, u32 flags)
{
	if (flags & RRING_WAKE_READERS && ring->writer == client &&
	    has_published(ring))
		kring_ring_wake(ring, RRING_READERS_WAIT);
	if (flags & RRING_WAKE_WRITER)
		kring_wake_writer(ring, client);
}

/*
 * Wake the tasks that wait for slots of @pools, a bit for each pool, if the
 * pool's flag is up. If a slot of a pool was freed since the last such call for
 * @client, that call, or another one, had an effect; the same is expected of
 * this one. Otherwise the rate of @client limits it. The caller holds the
 * arena's lock.
 */
static void wake_pools(struct kring_client *client, u32 pools)
{
	struct kring_arena *arena = client->arena;
	u32 vain = 0;
	u64 freed;
	u32 i;

	pools &= rring_flag_load(&arena->info->pool_waiters);
	for (i = 0; i < RRING_POOLS; i++) {
		if (!(pools & BIT(i)))
			continue;
		freed = arena->pool[i].info->reclaimed;
		if (client->woken_freed[i] == freed)
			vain |= BIT(i);
		client->woken_freed[i] = freed;
	}
	if (pools & ~vain)
		kring_arena_wake_pools(arena, pools & ~vain);
	if (vain)
		kring_rate_wake_pools(client, vain);
}

/*
 * Run WAKE for @client. Return 0, also if nobody was woken. Return -EINVAL if a
 * flag is unknown, -ENXIO if there is no such ring, or an error of
 * kring_client_lock(). Takes the arena's lock.
 */
int kring_wake(struct kring_client *client, const struct rring_wake *args)
{
	struct kring_ring *ring;
	int err;

	if (args->flags & ~(RRING_WAKE_READERS | RRING_WAKE_WRITER |
			    RRING_WAKE_POOLS))
		return -EINVAL;
	err = kring_client_lock(client);
	if (err)
		return err;
	if (args->flags) {
		client->arena->info->wakes++;
		client->wakes++;
	}
	if (args->flags & RRING_WAKE_POOLS)
		wake_pools(client, args->pools);
	if (args->flags & (RRING_WAKE_READERS | RRING_WAKE_WRITER)) {
		ring = kring_ring_at(client->arena, args->ring);
		if (ring)
			wake_ring(ring, client, args->flags);
		else
			err = -ENXIO;
	}
	kring_client_unlock(client);
	return err;
}
