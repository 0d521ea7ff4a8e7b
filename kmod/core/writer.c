// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The wait of a ring's writer for room. The wait ends when all gating readers
 * have released the entry that the writer wants to overwrite. The kernel laps
 * readers that stall: they no longer gate. With RRING_WAIT_PEER the writer
 * waits for a peer, and the writer's client also reads a ring that this peer
 * writes. If the ring of the peer ends, the wait ends with -EPIPE, because the
 * peer will not make room any more.
 */
#include "compat.h"

#include "client.h"
#include "reader.h"
#include "ring.h"
#include "writer.h"

struct wait_writable {
	struct kring_client *client;
	struct kring_ring *ring;
	u64 position;
	/*
	 * The cursor with which .client reads the ring of its peer: the wait
	 * ends when the peer's ring ends. NO_PEER if .client waits for no peer.
	 */
	u32 peer;
};

#define NO_PEER		RRING_CURSORS

/*
 * Lap each gating reader of @ring that is at @position or below and has stalled
 * for .stall_ns of @ring: such a reader no longer gates. The stall of a reader
 * begins when a call of this function first finds the reader at its position.
 * Lower *@wake_at, a ktime in ns, to the time when the next gating reader can
 * reach the limit. The caller holds the arena's lock.
 */
static void check_stalls(struct kring_ring *ring, u64 position, u64 *wake_at)
{
	u64 now = ktime_get_ns();
	u32 i;

	/*
	 * A hostile reader may store a high cursor before this function loads
	 * the cursor, and a low one before kring_ring_low() loads it. Then the
	 * reader holds the writer back, but its stall time does not run. So in
	 * any case the writer's wait checks again after .stall_ns.
	 */
	*wake_at = min(*wake_at, now + max_t(u64, ring->info->stall_ns,
					     NSEC_PER_MSEC));
	for (i = 0; i < rring_flag_load(&ring->info->readers_end); i++)
		if (ring->readers[i])
			kring_reader_check_stall(ring->readers[i], position,
						 now, wake_at);
}

/*
 * Return 0 if the window begins above @position: the writer may overwrite the
 * entry at @position. If the window begins lower, and @ring has a stall limit,
 * lap the readers that stall. Then return 0 if the window now begins above
 * @position. Otherwise return -EAGAIN. check_stalls() may lower *@wake_at, a
 * ktime in ns, to the time of the next check. The caller holds the arena's
 * lock.
 */
int kring_writer_check_room(struct kring_ring *ring, u64 position, u64 *wake_at)
{
	if (kring_ring_low(ring) > position)
		return 0;
	if (ring->info->stall_ns)
		check_stalls(ring, position, wake_at);
	return kring_ring_low(ring) > position ? 0 : -EAGAIN;
}

/*
 * Check whether the peer of @client can still make room. @client reads with
 * @cursor a ring that the peer writes. Return 0 if this ring has not ended, or
 * if @cursor is NO_PEER. Return -EPIPE if the ring has ended: the peer has
 * gone. Return -ENXIO if no reader uses @cursor. The caller holds the arena's
 * lock.
 */
static int check_peer(const struct kring_client *client, u32 cursor)
{
	const struct kring_reader *reader;

	if (cursor == NO_PEER)
		return 0;
	reader = client->readers[cursor];
	if (!reader)
		return -ENXIO;
	return kring_ring_has_ended(reader->ring) ? -EPIPE : 0;
}

static int writable(void *context, u64 *wake_at)
{
	struct wait_writable *wait = context;
	int err = kring_client_lock(wait->client);

	if (err)
		return err;
	if (wait->ring->writer != wait->client)
		err = -EPERM;
	if (!err)
		err = check_peer(wait->client, wait->peer);
	if (!err)
		err = kring_writer_check_room(wait->ring, wait->position,
					      wake_at);
	kring_client_unlock(wait->client);
	return err;
}

static void raise_writable(void *context)
{
	struct wait_writable *wait = context;

	/* no lock: .info lies in the ARENA region, which outlives the ring */
	kring_flag_raise(&wait->ring->info->waiters, RRING_WRITER_WAITS);
	if (wait->peer != NO_PEER)
		kring_client_raise(wait->client, wait->peer);
}

static const struct kring_wait_ops writable_ops = {
	.ready = writable,
	.raise = raise_writable,
};

/*
 * Run WAIT for RRING_WAIT_WRITABLE or RRING_WAIT_PEER: sleep until the lower
 * end of the ring's window is above args->position, and return 0. Otherwise
 * return an error of kring_client_lock() or kring_evcount_wait(), or one of
 * these:
 *
 *	-ENXIO: no ring has this id, or no reader uses the cursor args->reader
 *	-EPERM: @client is not the writer of the ring
 *	-EPIPE: only RRING_WAIT_PEER: the ring that the peer writes has ended
 *
 * Takes the arena's lock. May sleep.
 */
int kring_writer_wait(struct kring_client *client, struct rring_wait *args)
{
	struct wait_writable wait = {
		.client = client,
		.position = args->position,
		.peer = NO_PEER,
	};
	struct kring_evcount *evcount = &client->evcount;
	int err;

	if (args->what == RRING_WAIT_PEER) {
		if (args->reader >= RRING_CURSORS)
			return -ENXIO;
		wait.peer = args->reader;
	}
	err = kring_client_lock(client);
	if (err)
		return err;
	wait.ring = kring_ring_at(client->arena, args->ring);
	if (!wait.ring)
		err = -ENXIO;
	else if (wait.ring->writer != client)
		err = -EPERM;
	else
		kref_get(&wait.ring->ref);
	kring_client_unlock(client);
	if (err)
		return err;
	if (wait.peer == NO_PEER)
		evcount = &wait.ring->writable;
	return kring_ring_wait(wait.ring, evcount, client, &writable_ops, &wait,
			       args);
}
