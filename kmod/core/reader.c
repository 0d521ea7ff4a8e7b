// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Readers: join, leave, freeze, lap. A reader has an entry in its ring's page,
 * which the writer scans, and a cursor in its client's page. Its position is
 * the higher one of .start, written by the kernel, and the cursor, written by
 * the client.
 *
 * Joining: the writer may be about to act on a scan that did not see the new
 * entry. The writer's scan reads .joins, then all entries, stores the lowest
 * position m in .passed, and reads .joins again. The kernel makes the entry
 * JOINING, so that it gates at the window's lower end, raises .joins, and makes
 * every CPU that may run the writer pass a full barrier. There are three cases:
 *
 * - Both reads of .joins found the old value. Then the writer had stored m
 *   before the barrier. After the barrier the kernel reads the lower end and
 *   .passed. The reader starts at the higher one or above: so at m or above.
 * - The two reads differ. The writer repeats the scan.
 * - Both reads found the new value. The scan has seen the new entry.
 *
 * If only a JOINING entry holds the writer back, the writer scans again. So a
 * ring never looks full because a reader joins.
 */
#include "compat.h"

#include <rusted_ring/internal/window.h>

#include "arena.h"
#include "barrier.h"
#include "client.h"
#include "reader.h"
#include "ring.h"
#include "trace.h"

/* The cursor of @reader, which has a client. Under the arena's lock. */
const rring_seq_t *kring_reader_cursor(const struct kring_reader *reader)
{
	struct rring_cursors *cursors = reader->client->cursors.addr;

	return &cursors->cursor[reader->cursor].pos;
}

static struct rring_reader_info *reader_info(const struct kring_reader *reader)
{
	return &reader->ring->info->readers[reader->id];
}

/*
 * Does @reader gate? A reader that is JOINING does not count: its start is
 * computed from the others. Under the arena's lock.
 */
bool kring_reader_gates(const struct kring_reader *reader)
{
	return reader->state == RRING_READER_LIVE ||
	       reader->state == RRING_READER_FROZEN;
}

/*
 * The position of @reader: entries below are released. It can be beyond the
 * head, because a hostile client can store any cursor. Under the arena's lock.
 */
u64 kring_reader_pos(const struct kring_reader *reader)
{
	if (!reader->client)
		return reader->start;
	/*
	 * D: pairs with C in the library's release. Without it, the sweep could
	 * see the cursor, but not the hold on an entry that the reader kept.
	 */
	return max(reader->start,
		   rring_seq_load_acquire(kring_reader_cursor(reader)));
}

/*
 * Is there an entry at @position or above, or was @reader lapped? Under the
 * arena's lock.
 */
bool kring_reader_has_news(struct kring_reader *reader, u64 position)
{
	return reader->state == RRING_READER_LAPPED ||
	       kring_ring_head(reader->ring) > position;
}

/*
 * Has the stream of @reader, which has a client, ended, and was the reader not
 * told of that yet? The client says in its cursor's .told which incarnation's
 * end it knows. Under the arena's lock.
 */
bool kring_reader_end_due(const struct kring_reader *reader)
{
	const struct rring_cursors *cursors = reader->client->cursors.addr;
	u64 told = rring_word_load(&cursors->cursor[reader->cursor].told);

	return kring_ring_has_ended(reader->ring) &&
	       told != kring_ring_end_mark(reader->ring);
}

/*
 * Can the reader go on without a wait at @position? Yes if there is an entry at
 * @position or above, @reader was lapped, or it has to be told that the stream
 * has ended. Under the arena's lock.
 */
bool kring_reader_ready(struct kring_reader *reader, u64 position)
{
	return kring_reader_end_due(reader) ||
	       kring_reader_has_news(reader, position);
}

/*
 * Set the state of @reader, and store state and .start where the writer sees
 * them. O: pairs with P in the library's scan. Without it, the writer could see
 * the new state with an old start.
 */
static void publish_state(struct kring_reader *reader,
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
 * Returns .ref of @reader's struct rring_reader_info. Under the arena's lock.
 */
u64 kring_reader_ref(const struct kring_reader *reader)
{
	return rring_word_load(&reader_info(reader)->ref);
}

/*
 * Returns the position at which a reader starts: the one that @start (enum
 * rring_start) and @position ask for, but at least @low, and at most the head.
 */
static u64 start_position(struct kring_ring *ring, u64 low, u32 start,
			  u64 position)
{
	u64 head = kring_ring_head(ring);

	if (start == RRING_START_NEWEST)
		return head;
	if (start == RRING_START_OLDEST)
		return low;
	return clamp(position, low, max(low, head));
}

/*
 * Make @reader gate. It starts where @start and @position ask for, but not
 * below kring_ring_passed(), because the writer may overwrite entries there.
 * Under the arena's lock.
 */
static void begin_gating(struct kring_reader *reader, u32 start, u64 position)
{
	struct kring_ring *ring = reader->ring;

	reader->start = kring_ring_low(ring);
	/* be quick: the writer may scan on while the reader is JOINING */
	preempt_disable();
	publish_state(reader, RRING_READER_JOINING);
	/*
	 * O: pairs with P in the library's scan. Without it, a scan could see
	 * the new .joins, but miss the entry.
	 */
	rring_flag_store_release(&ring->info->joins,
				 rring_flag_load(&ring->info->joins) + 1);
	kring_barrier(ring->arena);
	reader->start = start_position(ring, kring_ring_passed(ring), start,
				       position);
	publish_state(reader, RRING_READER_LIVE);
	preempt_enable();
}

static void begin_observing(struct kring_reader *reader, u32 start,
			    u64 position)
{
	struct kring_ring *ring = reader->ring;

	reader->start = start_position(ring, kring_ring_observable(ring), start,
				       position);
	publish_state(reader, RRING_READER_OBSERVER);
}

/*
 * Returns the index of a free cursor of @client, or -ENOSPC. A cursor is free
 * if no reader uses it and the client has set it back to 0. A value from an
 * earlier use would move the new reader forward, and the writer would overwrite
 * what the reader has not read.
 */
static int find_cursor(const struct kring_client *client)
{
	struct rring_cursors *cursors = client->cursors.addr;
	int i;

	for (i = 0; i < RRING_CURSORS; i++)
		if (!client->readers[i] &&
		    !rring_seq_load(&cursors->cursor[i].pos))
			return i;
	return -ENOSPC;
}

static void take_cursor(struct kring_reader *reader,
			struct kring_client *client, u32 cursor)
{
	reader->client = client;
	reader->cursor = cursor;
	reader->serial = kring_arena_next_serial(client->arena);
	client->readers[cursor] = reader;
	kring_announce_reader_client(reader);
}

/* A free index in .readers[], or -ENOSPC. */
static int find_place(const struct kring_ring *ring)
{
	int i;

	for (i = 0; i < RRING_READERS; i++)
		if (!ring->readers[i])
			return i;
	return -ENOSPC;
}

static struct kring_reader *reader_new(struct kring_ring *ring,
				       const char *name, kuid_t owner)
{
	struct kring_reader *reader;
	int id = find_place(ring);

	if (id < 0)
		return ERR_PTR(id);
	reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (!reader)
		return ERR_PTR(-ENOMEM);
	reader->ring = ring;
	reader->id = id;
	reader->owner = owner;
	strscpy(reader->name, name, sizeof(reader->name));
	ring->readers[id] = reader;
	ring->nr_readers++;
	if ((u32)id >= rring_flag_load(&ring->info->readers_end))
		rring_flag_store_release(&ring->info->readers_end, id + 1);
	return reader;
}

static struct kring_reader *find_name(struct kring_ring *ring, const char *name)
{
	int i;

	for (i = 0; i < RRING_READERS && name[0]; i++)
		if (ring->readers[i] && !strcmp(ring->readers[i]->name, name))
			return ring->readers[i];
	return NULL;
}

/*
 * Returns 0; -EACCES: the name belongs to another user; -EBUSY: a client uses
 * the name now.
 */
static int may_resume(const struct kring_reader *reader, kuid_t owner)
{
	if (!uid_eq(reader->owner, owner))
		return -EACCES;
	return reader->client ? -EBUSY : 0;
}

/*
 * A client takes over a named reader that was away. If the reader is FROZEN, it
 * has gated all the time, and goes on at its position. If it was lapped, it
 * goes on at its position or at the oldest entry that the ring still has,
 * whichever is higher; args->lost becomes the number of entries in between.
 */
static void resume(struct kring_reader *reader, struct rring_reader_join *args)
{
	u64 start = reader->start;

	if (reader->state == RRING_READER_FROZEN)
		publish_state(reader, RRING_READER_LIVE);
	else
		begin_gating(reader, RRING_START_AT, start);
	reader->stalled_since = 0;
	args->resumed = 1;
	args->lost = reader->start - start;
	reader->lost += args->lost;
}

/*
 * May the reader join? 0; -EPERM: it asks to gate, but the role of its client
 * is RRING_OBSERVER; -EINVAL: it asks to gate in a ring of policy
 * RRING_OVERWRITE, or to observe under a name.
 */
static int check_join(const struct kring_client *client,
		      const struct kring_ring *ring,
		      const struct rring_reader_join *args)
{
	bool observer = args->flags & RRING_JOIN_OBSERVER;

	if (!observer && client->role == RRING_OBSERVER)
		return -EPERM;
	if (!observer && ring->info->policy == RRING_OVERWRITE)
		return -EINVAL;
	if (observer && args->name[0])
		return -EINVAL;
	return 0;
}

static struct kring_reader *join(struct kring_client *client,
				 struct kring_ring *ring, kuid_t owner,
				 struct rring_reader_join *args)
{
	struct kring_reader *reader = find_name(ring, args->name);
	int cursor = find_cursor(client);
	int err = check_join(client, ring, args);

	if (err)
		return ERR_PTR(err);
	if (cursor < 0)
		return ERR_PTR(cursor);
	if (reader) {
		err = may_resume(reader, owner);
		if (err)
			return ERR_PTR(err);
		take_cursor(reader, client, cursor);
		resume(reader, args);
	} else {
		reader = reader_new(ring, args->name, owner);
		if (IS_ERR(reader))
			return reader;
		take_cursor(reader, client, cursor);
		if (args->flags & RRING_JOIN_OBSERVER)
			begin_observing(reader, args->start, args->position);
		else
			begin_gating(reader, args->start, args->position);
	}
	args->ring = ring->id;
	args->reader = reader->id;
	args->cursor = reader->cursor;
	args->position = reader->start;
	args->ref = kring_reader_ref(reader);
	args->incarnation = rring_flag_load(&ring->info->incarnation);
	return reader;
}

/*
 * Enter a reader of @client into a ring, on behalf of user @owner, and fill the
 * output fields of @args. Returns the reader, or an ERR_PTR():
 *
 *	-EINVAL: invalid flags or start; neither a name nor an id of a ring; see
 *		also check_join()
 *	-ENOENT, -ENXIO: no ring of this name, or no ring of this id
 *	-EPERM: see check_join()
 *	-ENOSPC: @client or the ring has no place for another reader
 *	-EACCES, -EBUSY: see may_resume()
 *	-ENOMEM
 *
 * Under the arena's lock.
 */
struct kring_reader *kring_reader_enter(struct kring_client *client,
					kuid_t owner,
					struct rring_reader_join *args)
{
	struct kring_ring *ring;

	if (args->flags & ~RRING_JOIN_OBSERVER || args->start > RRING_START_AT)
		return ERR_PTR(-EINVAL);
	if (!args->ring_name[0] && !args->ring)
		return ERR_PTR(-EINVAL);
	args->resumed = 0;
	args->lost = 0;
	ring = args->ring_name[0] ?
		kring_ring_find(client->arena, args->ring_name) :
		kring_ring_at(client->arena, args->ring);
	if (!ring)
		return ERR_PTR(args->ring_name[0] ? -ENOENT : -ENXIO);
	return join(client, ring, owner, args);
}

/*
 * READER_JOIN: 0, or an error of kring_reader_enter() or kring_client_lock().
 * Takes the arena's lock.
 */
int kring_reader_join(struct kring_client *client,
		      struct rring_reader_join *args)
{
	struct kring_reader *reader;
	int err = kring_client_lock(client);

	if (err)
		return err;
	reader = kring_reader_enter(client, current_euid(), args);
	err = PTR_ERR_OR_ZERO(reader);
	/* a poll that began before does not look at the new reader by itself */
	if (!err && kring_reader_ready(reader, reader->start))
		kring_client_wake(client, EPOLLIN | EPOLLRDNORM);
	kring_client_unlock(client);
	return err;
}

static void leave_cursor(struct kring_reader *reader)
{
	/* a sleeper in WAIT_ANY or WAIT_PEER must see the reader go */
	kring_evcount_signal(&reader->client->evcount);
	reader->client->readers[reader->cursor] = NULL;
	reader->client = NULL;
	reader->cursor = 0;
	kring_announce_reader_client(reader);
}

/*
 * Take @reader, which is named, away from its client. It keeps its position,
 * and gates there unless it was lapped.
 */
static void freeze(struct kring_reader *reader)
{
	u64 head = kring_ring_head(reader->ring);

	reader->start = rring_window_clamp(kring_reader_pos(reader), head);
	leave_cursor(reader);
	publish_state(reader, reader->state == RRING_READER_LAPPED ?
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
 * Take @reader out of its ring, so that it no longer gates, and free it. This
 * leaves .start in the ring's page as it is. If it became 0, a writer that
 * still sees the old state would find the reader at position 0, and the ring
 * would look full. Under the arena's lock, or when the arena is freed.
 */
void kring_reader_remove(struct kring_reader *reader)
{
	struct kring_ring *ring = reader->ring;

	if (reader->client)
		leave_cursor(reader);
	reader->serial = 0;
	publish_state(reader, RRING_READER_NONE);
	ring->readers[reader->id] = NULL;
	ring->nr_readers--;
	shrink_readers_end(ring);
	kfree(reader);
}

/*
 * The client of @reader leaves or has died. If the reader has a name, freeze
 * it; else free it. Wake the writer, and clients that wait for slots. If the
 * ring has no writer and no reader then, reap it: so the caller must not use
 * @reader or its ring afterwards. Under the arena's lock.
 */
void kring_reader_detach(struct kring_reader *reader)
{
	struct kring_ring *ring = reader->ring;

	if (reader->name[0])
		freeze(reader);
	else
		kring_reader_remove(reader);
	kring_ring_wake(ring, RRING_WRITER_WAITS);
	kring_arena_wake_pools(ring->arena, ~0u);
	if (!ring->writer && !ring->nr_readers)
		kring_ring_reap(ring);
}

/*
 * Remove a named reader that is away. 0; -ENXIO: no such ring or reader;
 * -ESTALE: @serial is neither 0 nor the reader's; -EBUSY: the reader is not
 * away. Under the arena's lock. The caller has checked the right to do so.
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
	reader->name[0] = 0;
	kring_reader_detach(reader);
	return 0;
}

/*
 * Reader @id of ring @ring_id; ERR_PTR(-ENXIO): there is none; ERR_PTR(-EPERM):
 * not a reader of @client. Under the arena's lock.
 */
static struct kring_reader *own_reader(struct kring_client *client,
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
 * READER_LEAVE: 0; -EINVAL: invalid flags; -ENXIO: no such ring or reader;
 * -EPERM: not a reader of @client; or an error of kring_client_lock(). Takes
 * the arena's lock.
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
	reader = own_reader(client, args->ring, args->reader);
	if (IS_ERR(reader)) {
		err = PTR_ERR(reader);
	} else {
		if (args->flags & RRING_LEAVE_FORGET)
			reader->name[0] = 0;
		kring_reader_detach(reader);
	}
	kring_client_unlock(client);
	return err;
}

/*
 * Make @reader, which was lapped, gate again: at its position, or at the oldest
 * entry that the ring still has, whichever is higher. Gives the reader a new
 * serial. Returns how many entries the reader has lost. Under the arena's lock.
 */
u64 kring_reader_resume(struct kring_reader *reader)
{
	struct kring_ring *ring = reader->ring;
	u64 stood = rring_window_clamp(kring_reader_pos(reader),
				       kring_ring_head(ring));

	reader->serial = kring_arena_next_serial(ring->arena);
	begin_gating(reader, RRING_START_AT, stood);
	reader->stalled_since = 0;
	reader->lost += reader->start - stood;
	return reader->start - stood;
}

/*
 * READER_REJOIN: 0; -EINVAL: the reader was not lapped, or .reserved is not 0;
 * -ENXIO: no such ring or reader; -EPERM: not a reader of @client; or an error
 * of kring_client_lock(). Takes the arena's lock.
 */
int kring_reader_rejoin(struct kring_client *client,
			struct rring_reader_rejoin *args)
{
	struct kring_reader *reader;
	int err;

	if (args->reserved)
		return -EINVAL;
	err = kring_client_lock(client);
	if (err)
		return err;
	reader = own_reader(client, args->ring, args->reader);
	if (IS_ERR(reader)) {
		err = PTR_ERR(reader);
	} else if (reader->state != RRING_READER_LAPPED) {
		err = -EINVAL;
	} else {
		args->lost = kring_reader_resume(reader);
		args->position = reader->start;
		args->ref = kring_reader_ref(reader);
	}
	kring_client_unlock(client);
	return err;
}

/*
 * Lap @reader: it no longer gates. Wake the ring's writer and readers, and the
 * clients that wait for slots.
 */
static void lap(struct kring_reader *reader)
{
	struct kring_ring *ring = reader->ring;

	reader->start = rring_window_clamp(kring_reader_pos(reader),
					   kring_ring_head(ring));
	publish_state(reader, RRING_READER_LAPPED);
	ring->arena->info->laps++;
	ring->laps++;
	reader->laps++;
	trace_lap(reader, kring_ring_head(ring));
	kring_announce_lapped(reader);
	kring_ring_wake(ring, RRING_READERS_WAIT | RRING_WRITER_WAITS);
	kring_arena_wake_pools(ring->arena, ~0u);
}

/*
 * Called when the writer waits until @reader is beyond @position. If @reader
 * has not moved for .stall_ns, the ring's limit, lap it. Else lower *@wake_at
 * to the time at which it will have reached the limit. A reader that has read
 * all entries is not stalled. @now is the time in ns. Under the arena's lock.
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
	/* a cursor that goes back is no progress */
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
	reader = own_reader(wait->client, wait->ring->id, wait->reader);
	if (IS_ERR(reader))
		err = PTR_ERR(reader);
	else if (reader->ring != wait->ring)
		err = -ENXIO;	/* another ring in the same place */
	else if (!kring_reader_ready(reader, wait->position))
		err = -EAGAIN;
	kring_client_unlock(wait->client);
	return err;
}

static void raise_readable(void *context)
{
	struct wait_readable *wait = context;

	/* needs no lock: .info lies in ARENA, which outlives the ring */
	kring_flag_raise(&wait->ring->info->waiters, RRING_READERS_WAIT);
}

static const struct kring_wait_ops readable_ops = {
	.ready = readable,
	.raise = raise_readable,
};

/*
 * WAIT for RRING_WAIT_READABLE: sleep until kring_reader_ready(). Returns 0;
 * -ENXIO: no such ring or reader; -EPERM: not a reader of @client; or an error
 * of kring_client_lock() or kring_evcount_wait(). Takes the arena's lock.
 */
int kring_reader_wait_readable(struct kring_client *client,
			       const struct rring_wait *args)
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
	reader = own_reader(client, args->ring, args->reader);
	if (IS_ERR(reader)) {
		err = PTR_ERR(reader);
	} else {
		wait.ring = reader->ring;
		kref_get(&wait.ring->ref);
	}
	kring_client_unlock(client);
	if (err)
		return err;
	err = kring_evcount_wait(&wait.ring->readable, &readable_ops, &wait,
				 args->deadline);
	kring_ring_put(wait.ring);
	return err;
}
