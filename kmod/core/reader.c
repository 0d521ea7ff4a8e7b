// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Readers: allocation, position, leave, freeze, lap. For each reader the ARENA
 * region has a struct rring_reader_info, which the ring's writer scans, and the
 * CURSORS region of the reader's client has a cursor. The position of a reader
 * is .start or the cursor, whichever is higher. The kernel writes .start, and
 * the client writes the cursor. How a reader joins, and what a capped reader is,
 * is in join.c.
 */
#include "compat.h"

#include <rusted_ring/internal/window.h>

#include "arena.h"
#include "changes.h"
#include "client.h"
#include "rate.h"
#include "reader.h"
#include "ring.h"
#include "trace.h"

/*
 * Allocate a reader for kring_reader_enter(), and charge it to the account of
 * @arena. Return it, ERR_PTR(-ENOMEM), or ERR_PTR(-ENOSPC) if the limit max_bytes
 * of the module would be exceeded. The caller does not hold the arena's lock: in
 * a full memory cgroup an allocation can take as long as a hostile process likes.
 * The caller later calls kring_reader_discard().
 */
struct kring_reader *kring_reader_new(struct kring_arena *arena)
{
	u64 bytes = kring_alloc_size(sizeof(struct kring_reader));
	struct kring_reader *reader;
	int err;

	err = kring_account_charge(&arena->account, bytes);
	if (err)
		return ERR_PTR(err);
	reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (reader)
		return reader;
	kring_account_uncharge(&arena->account, bytes);
	return ERR_PTR(-ENOMEM);
}

static void reader_free(struct kring_arena *arena, struct kring_reader *reader)
{
	kfree(reader);
	kring_account_uncharge(&arena->account,
			       kring_alloc_size(sizeof(*reader)));
}

/*
 * Free @fresh, which is NULL if kring_reader_enter() has used it, and otherwise
 * what kring_reader_new() has returned for @arena. Needs no lock.
 */
void kring_reader_discard(struct kring_arena *arena, struct kring_reader *fresh)
{
	if (!IS_ERR_OR_NULL(fresh))
		reader_free(arena, fresh);
}

/*
 * Return the address of the cursor of @reader. The caller ensures that @reader
 * has a client, and holds the arena's lock.
 */
const rring_seq_t *kring_reader_cursor(const struct kring_reader *reader)
{
	struct rring_cursors *cursors =
		kring_client_cursors(reader->client);

	return &cursors->cursor[reader->cursor].pos;
}

static struct rring_reader_info *reader_info(const struct kring_reader *reader)
{
	return &reader->ring->info->readers[reader->id];
}

/*
 * Return true if @reader is LIVE, CAPPED or FROZEN: it gates, so the writer waits
 * for it. The writer waits for a JOINING reader, too, but return false for such a
 * reader: the kernel computes the start of a JOINING reader from the positions
 * of the readers for which this function returns true. The caller holds the
 * arena's lock.
 */
bool kring_reader_gates(const struct kring_reader *reader)
{
	return reader->state == RRING_READER_LIVE ||
	       reader->state == RRING_READER_CAPPED ||
	       reader->state == RRING_READER_FROZEN;
}

/*
 * Return what the cursor of @reader says, but not more than .cap. The caller
 * ensures that @reader has a client, and holds the arena's lock.
 *
 * D: pairs with C in the library's release. Without this pair, the sweep could
 * see the new cursor, but miss the client's hold on an event that the client
 * kept.
 */
static u64 capped_cursor(const struct kring_reader *reader)
{
	return min(reader->cap,
		   rring_seq_load_acquire(kring_reader_cursor(reader)));
}

/*
 * Return the position of @reader. If @reader gates, the writer must not
 * overwrite the entries from this position on, but may overwrite the entries
 * below. The position can be beyond the head, because a hostile client can
 * store any cursor. The caller holds the arena's lock.
 */
u64 kring_reader_pos(const struct kring_reader *reader)
{
	if (!reader->client)
		return reader->start;
	return max(reader->start, capped_cursor(reader));
}

/*
 * Return the position at which @reader reads: it has released or lost all
 * entries below. This is what kring_reader_pos() returns or, after a lap,
 * perhaps a lower position. It can be beyond the head, because a hostile client
 * can store any cursor. The caller holds the arena's lock.
 */
u64 kring_reader_reached(const struct kring_reader *reader)
{
	if (!reader->client)
		return reader->reached;
	return max(reader->reached, capped_cursor(reader));
}

/*
 * Return true if @reader is CAPPED, and has released entries from .start on. Its
 * writer does not see that, because it waits for the reader at .start: a writer
 * that looks only how full its ring is would wait for a reader that has read
 * all. So the client must not sleep before it has called READER_REJOIN.
 */
static bool hides_room(const struct kring_reader *reader)
{
	return reader->state == RRING_READER_CAPPED &&
	       kring_reader_pos(reader) > reader->start;
}

/*
 * Return true if the ring of @reader, whose head is now @head, has an entry at
 * @position or above. If @position is above .cap of @reader, .cap counts
 * instead. Also return true if @reader was lapped, because the client must then
 * learn how many entries @reader has lost, and if hides_room(). The caller holds
 * the arena's lock.
 */
bool kring_reader_has_news(const struct kring_reader *reader, u64 head,
			   u64 position)
{
	return reader->state == RRING_READER_LAPPED || hides_room(reader) ||
	       head > min(position, reader->cap);
}

/*
 * Return true if the ring of @reader has ended, and the client of @reader was
 * not told of this end yet. The client notes each end that it was told of: it
 * stores the number that kring_ring_end_mark() computes in .told of the cursor
 * of the reader. @reader must have a client. The caller holds the arena's lock.
 */
bool kring_reader_end_due(const struct kring_reader *reader)
{
	const struct rring_cursors *cursors =
		kring_client_cursors(reader->client);
	u64 told = rring_word_load(&cursors->cursor[reader->cursor].told);

	return kring_ring_has_ended(reader->ring) &&
	       told != kring_ring_end_mark(reader->ring);
}

/*
 * Return true if a read of @reader at @position has a result without a wait:
 * kring_reader_has_news() is true at @position, or the client of @reader must be
 * told that the stream has ended. @reader must have a client, and this client
 * must be a process, not the kernel. The caller holds the arena's lock.
 */
bool kring_reader_ready(struct kring_reader *reader, u64 position)
{
	return kring_reader_end_due(reader) ||
	       kring_reader_has_news(reader,
				     kring_ring_present_head(reader->ring),
				     position);
}

/*
 * Set .state of @reader to @state. Store .start and .ref of @reader in its
 * struct rring_reader_info, where the ring's writer reads them; .ref contains
 * the state. The caller holds the arena's lock.
 *
 * O: pairs with P in the library's scan. Without this pair, the writer could
 * see the new state with an old .start.
 */
void kring_reader_publish(struct kring_reader *reader,
			  enum rring_reader_state state)
{
	struct rring_reader_info *info = reader_info(reader);
	u32 client = reader->client ? reader->client->id : 0;

	reader->state = state;
	kring_arena_changed(reader->ring->arena);
	rring_seq_store(&info->start, reader->start);
	rring_word_store_release(&info->ref, rring_ref(reader->serial, client,
						       reader->cursor, state));
	kring_announce_reader_state(reader);
}

/*
 * Return .ref of @reader's struct rring_reader_info: serial, client, cursor and
 * state in one word. The reader's client compares .ref with the value that .ref
 * had at the last join or rejoin. If they differ, the reader was lapped. The
 * caller holds the arena's lock.
 */
u64 kring_reader_ref(const struct kring_reader *reader)
{
	return rring_word_load(&reader_info(reader)->ref);
}

static void shrink_cursors_end(struct kring_client *client)
{
	while (client->cursors_end && !client->readers[client->cursors_end - 1])
		client->cursors_end--;
}

static void leave_cursor(struct kring_reader *reader)
{
	/* wake threads in WAIT_ANY and WAIT_PEER: they then find no reader */
	kring_evcount_signal(&reader->client->evcount);
	reader->client->readers[reader->cursor] = NULL;
	shrink_cursors_end(reader->client);
	reader->client = NULL;
	reader->cursor = 0;
	kring_announce_reader_client(reader);
}

/*
 * Freeze @reader, which has a name and a client: take @reader from its client.
 * @reader keeps its position, and goes on gating there. But if @reader was
 * lapped, @reader stays lapped and does not gate. The caller holds the arena's
 * lock.
 */
static void freeze(struct kring_reader *reader)
{
	u64 head = kring_ring_head(reader->ring);

	reader->reached = rring_window_clamp(kring_reader_reached(reader), head);
	reader->start = rring_window_clamp(kring_reader_pos(reader), head);
	leave_cursor(reader);
	kring_reader_publish(reader, reader->state == RRING_READER_LAPPED ?
				     RRING_READER_LAPPED : RRING_READER_FROZEN);
}

static void shrink_readers_end(struct kring_ring *ring)
{
	u32 end = rring_flag_load(&ring->info->readers_end);

	while (end && !ring->readers[end - 1])
		end--;
	rring_flag_store_release(&ring->info->readers_end, end);
}

/*
 * Take @reader out of its ring, so that it no longer gates, and free it. Leave
 * .start in the struct rring_reader_info of @reader as it is. If .start became
 * 0, a writer that still sees the old state would find @reader at position 0,
 * and the ring would look full to this writer. The caller holds the arena's
 * lock, or frees the arena.
 */
void kring_reader_remove(struct kring_reader *reader)
{
	struct kring_ring *ring = reader->ring;

	if (reader->client)
		leave_cursor(reader);
	reader->serial = 0;
	kring_reader_publish(reader, RRING_READER_NONE);
	ring->readers[reader->id] = NULL;
	ring->nr_readers--;
	shrink_readers_end(ring);
	reader_free(ring->arena, reader);
}

/*
 * End the use of @reader, because its client leaves the ring or has died, or
 * because its name is forgotten. Freeze @reader if it has a name and @forget is
 * false; otherwise free it. Wake the ring's writer and the clients that wait for
 * slots, because @reader may have kept them waiting. If the ring then has neither
 * a writer nor a reader, remove the ring from the arena
 * (kring_ring_reap_deserted()), unless a client is about to take it over. So the
 * caller must not use @reader afterwards, nor the ring without a reference of its
 * own. The caller holds the arena's lock.
 */
void kring_reader_detach(struct kring_reader *reader, bool forget)
{
	struct rring_change change = kring_change_of_reader(reader,
							RRING_CHANGE_LEFT);
	struct kring_ring *ring = reader->ring;

	if (reader->name[0] && !forget)
		freeze(reader);
	else
		kring_reader_remove(reader);
	kring_ring_wake(ring, RRING_WRITER_WAITS);
	kring_arena_wake_pools(ring->arena, ~0u);
	change.readers = ring->nr_readers;
	kring_change_note(ring->arena, &change);
	kring_ring_reap_deserted(ring);
}

/*
 * Remove the named reader @id of ring @ring_id, which must have no client now.
 * If @serial is not 0, the reader must have this serial. Return 0. Return
 * -ENXIO if there is no such ring or reader, -ESTALE if the reader has another
 * serial, and -EBUSY if it has a client. The caller holds the arena's lock, and
 * has checked the permission.
 */
int kring_reader_forget(struct kring_arena *arena, u32 ring_id, u32 id,
			u32 serial)
{
	struct kring_ring *ring = kring_ring_at(arena, ring_id);
	struct kring_reader *reader;

	if (!ring || id >= RRING_READERS || !ring->readers[id])
		return -ENXIO;
	reader = ring->readers[id];
	if (serial && reader->serial != serial)
		return -ESTALE;
	if (reader->client)
		return -EBUSY;
	kring_reader_detach(reader, true);
	return 0;
}

/*
 * Return reader @id of ring @ring_id if it is a reader of @client. Return
 * ERR_PTR(-ENXIO) if there is no such ring or reader. Return ERR_PTR(-EPERM) if
 * the reader has another client, or none. The caller holds the arena's lock.
 */
struct kring_reader *kring_reader_own(struct kring_client *client,
				      u32 ring_id, u32 id)
{
	struct kring_ring *ring = kring_ring_at(client->arena, ring_id);

	if (!ring || id >= RRING_READERS || !ring->readers[id])
		return ERR_PTR(-ENXIO);
	if (ring->readers[id]->client != client)
		return ERR_PTR(-EPERM);
	return ring->readers[id];
}

/*
 * Run READER_LEAVE for @client: call kring_reader_detach() for the reader that
 * @args names. With RRING_LEAVE_FORGET, forget the reader's name, so that the
 * reader is freed. Return 0. Return -EINVAL if .flags is invalid, -ENXIO if
 * there is no such ring or reader, -EPERM if the reader has another client or
 * none, or an error of kring_client_lock(). Takes the arena's lock.
 */
int kring_reader_leave(struct kring_client *client,
		       const struct rring_reader_leave *args)
{
	struct kring_reader *reader;
	int err;

	if (args->flags & ~RRING_LEAVE_FORGET)
		return -EINVAL;
	err = kring_client_lock(client);
	if (err)
		return err;
	reader = kring_reader_own(client, args->ring, args->reader);
	if (IS_ERR(reader))
		err = PTR_ERR(reader);
	else
		kring_reader_detach(reader, args->flags & RRING_LEAVE_FORGET);
	kring_client_unlock(client);
	return err;
}

/*
 * Mark @reader, which has stalled too long, as lapped, so that it no longer
 * gates. Wake the ring's writer, because the ring may have room now. Wake the
 * ring's readers, because the client of @reader has to rejoin. Wake the clients
 * that wait for slots, because some slots may be free now. The caller holds the
 * arena's lock.
 */
static void lap(struct kring_reader *reader)
{
	struct kring_ring *ring = reader->ring;

	reader->start = rring_window_clamp(kring_reader_pos(reader),
					   kring_ring_head(ring));
	kring_reader_publish(reader, RRING_READER_LAPPED);
	ring->arena->info->laps++;
	ring->laps++;
	reader->laps++;
	trace_lap(reader, kring_ring_head(ring));
	kring_announce_lapped(reader);
	kring_ring_wake(ring, RRING_READERS_WAIT | RRING_WRITER_WAITS);
	kring_arena_wake_pools(ring->arena, ~0u);
}

/*
 * Lap @reader if it has stalled for .stall_ns of its ring, which has a stall
 * limit. The ring's writer waits until all gating readers are above @position.
 * @reader stalls while it gates at @position or below, has entries to read, and
 * does not move to a higher position. The stall begins at the first call that
 * finds it. If @reader stalls, but not yet for .stall_ns, set *@wake_at to the
 * time when it will have stalled for .stall_ns, unless *@wake_at is earlier.
 * @now is the present time. @now and *@wake_at are ktimes in ns. The caller
 * holds the arena's lock.
 */
void kring_reader_check_stall(struct kring_reader *reader, u64 position,
			      u64 now, u64 *wake_at)
{
	u64 pos = kring_reader_pos(reader);
	u64 limit = reader->ring->info->stall_ns;

	if (!kring_reader_gates(reader) || pos > position ||
	    pos >= kring_ring_head(reader->ring)) {
		reader->stalled_since = 0;
		return;
	}
	/* a cursor set back by a hostile client does not restart the clock */
	if (!reader->stalled_since || pos > reader->stalled_at) {
		reader->stalled_since = now;
		reader->stalled_at = pos;
	}
	if (now - reader->stalled_since >= limit)
		lap(reader);
	else
		*wake_at = min(*wake_at, reader->stalled_since + limit);
}

struct wait_readable {
	struct kring_client *client;
	struct kring_ring *ring;
	u32 reader;
	u64 position;
};

static int readable(void *context, u64 *wake_at)
{
	struct wait_readable *wait = context;
	struct kring_reader *reader;
	int err = kring_client_lock(wait->client);

	if (err)
		return err;
	reader = kring_reader_own(wait->client, wait->ring->id, wait->reader);
	if (IS_ERR(reader))
		err = PTR_ERR(reader);
	else if (reader->ring != wait->ring)
		err = -ENXIO;	/* another ring has this id now */
	else if (!kring_reader_ready(reader, wait->position))
		err = -EAGAIN;
	kring_client_unlock(wait->client);
	return err;
}

static void raise_readable(void *context)
{
	struct wait_readable *wait = context;

	/* no lock needed: the ARENA region, with .info, outlives the ring */
	kring_flag_raise(&wait->ring->info->waiters, RRING_READERS_WAIT);
}

static const struct kring_wait_ops readable_ops = {
	.ready = readable,
	.raise = raise_readable,
};

/*
 * Run WAIT for RRING_WAIT_READABLE: sleep until kring_reader_ready() is true
 * for the reader that @args names, at args->position. Then return 0. Return
 * -ENXIO if there is no such ring or reader, -EPERM if the reader has another
 * client or none, or an error of kring_client_lock() or kring_evcount_wait().
 * Takes the arena's lock. May sleep.
 */
int kring_reader_wait_readable(struct kring_client *client,
			       struct rring_wait *args)
{
	struct wait_readable wait = {
		.client = client,
		.reader = args->reader,
		.position = args->position,
	};
	struct kring_reader *reader;
	int err = kring_client_lock(client);

	if (err)
		return err;
	reader = kring_reader_own(client, args->ring, args->reader);
	if (IS_ERR(reader)) {
		err = PTR_ERR(reader);
	} else {
		wait.ring = reader->ring;
		kref_get(&wait.ring->ref);
	}
	kring_client_unlock(client);
	if (err)
		return err;
	return kring_ring_wait(wait.ring, &wait.ring->readable, client,
			       &readable_ops, &wait, args);
}
