// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The wait of a ring's writer for room. It ends when the gating readers have
 * passed the entry that it needs, or when the kernel has lapped those that
 * stall. With RRING_WAIT_PEER the client also reads a ring that its peer
 * writes. When that ring ends, so does the wait, because the peer will not make
 * room any more.
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
	 * The cursor with which .client reads its peer's ring. The wait ends
	 * when that ring ends. NO_PEER: there is no such ring.
	 */
	u32 peer;
};

#define NO_PEER		RRING_CURSORS

/*
 * Lap each gating reader at @position or below that has not moved for .stall_ns
 * of @ring. Lower *@wake_at (ktime, ns) to the time when the next of them
 * reaches this limit. The caller holds the arena's lock.
 */
static void check_stalls(struct kring_ring *ring, u64 position, u64 *wake_at)
{
	u64 now = ktime_get_ns();
	u32 i;

	/*
	 * A hostile reader may show a high cursor here and a low one elsewhere,
	 * so that no limit runs: look again even so.
	 */
	*wake_at = min(*wake_at, now + max_t(u64, ring->info->stall_ns,
					     NSEC_PER_MSEC));
	for (i = 0; i < rring_flag_load(&ring->info->readers_end); i++)
		if (ring->readers[i])
			kring_reader_check_stall(ring->readers[i], position,
						 now, wake_at);
}

/*
 * Is the window's lower end above @position, so that the writer can go on?
 * Returns 0: yes; -EAGAIN: not yet. Laps readers that stall, if @ring has a
 * stall limit; @wake_at: see check_stalls(). The caller holds the arena's lock.
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
 * Can the peer, which writes the ring that @client reads with @cursor, still
 * make room? Returns 0: yes, or @cursor is NO_PEER; -EPIPE: that ring has
 * ended, so the peer has gone; -ENXIO: no reader uses @cursor. The caller holds
 * the arena's lock.
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

	/* no lock is needed: .info lies in ARENA, which outlives the ring */
	kring_flag_raise(&wait->ring->info->waiters, RRING_WRITER_WAITS);
	if (wait->peer != NO_PEER)
		kring_client_raise(wait->client, BIT_ULL(wait->peer));
}

static const struct kring_wait_ops writable_ops = {
	.ready = writable,
	.raise = raise_writable,
};

/*
 * Run WAIT for RRING_WAIT_WRITABLE or RRING_WAIT_PEER: sleep until the window's
 * lower end is above args->position. Returns 0; -ENXIO: no such ring, or no
 * reader uses the peer's cursor; -EPERM: @client is not the ring's writer;
 * -EPIPE: the peer's ring has ended; or an error of kring_client_lock() or
 * kring_evcount_wait(). Takes the arena's lock. May sleep.
 */
int kring_writer_wait(struct kring_client *client,
		      const struct rring_wait *args)
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
	return kring_ring_wait(wait.ring, evcount, &writable_ops, &wait,
			       args->deadline);
}
