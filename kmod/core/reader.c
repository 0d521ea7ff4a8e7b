// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Readers: join, leave, freeze, lap. For each reader the ARENA region has a
 * struct rring_reader_info, which the ring's writer scans, and the CURSORS
 * region of the reader's client has a cursor. The position of a reader is
 * .start or the cursor, whichever is higher. The kernel writes .start, and the
 * client writes the cursor.
 *
 * Joining: the writer may be about to overwrite entries after a scan that did
 * not see the new reader. In a scan, the writer reads .joins, reads the
 * positions of all readers, stores the lowest position m in .passed, and reads
 * .joins again. To join a reader, the kernel sets its state to JOINING, so that
 * it gates at the window's lower end. Then the kernel raises .joins, and makes
 * every CPU that may run the writer pass a full barrier. For each scan there
 * are three cases:
 *
 * - Both reads of .joins found the old value. Then the writer had stored m
 *   before the barrier. After the barrier the kernel reads the window's lower
 *   end and .passed. The reader starts at the higher one of these two positions
 *   or above. So the reader starts at m or above.
 * - The two reads of .joins differ. The writer repeats the scan.
 * - Both reads of .joins found the new value. The scan has seen the new reader.
 *
 * A reader that gates already can join again, to go on at another position. The
 * kernel takes the same steps, but the state does not become JOINING: the
 * reader gates at its old position until the kernel has stored the new one.
 *
 * If only a JOINING reader holds the writer back, the writer scans again. So a
 * ring never looks full because a reader joins.
 */
#include "compat.h"

#include <rusted_ring/internal/window.h>

#include "arena.h"
#include "barrier.h"
#include "client.h"
#include "places.h"
#include "reader.h"
#include "ring.h"
#include "trace.h"

/*
 * Return the address of the cursor of @reader. The caller ensures that @reader
 * has a client, and holds the arena's lock.
 */
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
 * Return true if @reader is LIVE or FROZEN: it gates, so the writer waits for
 * it. The writer waits for a JOINING reader, too, but return false for such a
 * reader: the kernel computes the start of a JOINING reader from the positions
 * of the readers for which this function returns true. The caller holds the
 * arena's lock.
 */
bool kring_reader_gates(const struct kring_reader *reader)
{
	return reader->state == RRING_READER_LIVE ||
	       reader->state == RRING_READER_FROZEN;
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
	/*
	 * D: pairs with C in the library's release. Without this pair, the
	 * sweep could see the new cursor, but miss the client's hold on an
	 * event that the client kept.
	 */
	return max(reader->start,
		   rring_seq_load_acquire(kring_reader_cursor(reader)));
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
	return max(reader->reached,
		   rring_seq_load_acquire(kring_reader_cursor(reader)));
}

/*
 * Return true if the ring of @reader, whose head is now @head, has an entry at
 * @position or above. Also return true if @reader was lapped, because the
 * client must then learn how many entries @reader has lost. The caller holds
 * the arena's lock.
 */
bool kring_reader_has_news(const struct kring_reader *reader, u64 head,
			   u64 position)
{
	return reader->state == RRING_READER_LAPPED || head > position;
}

/*
 * Return true if the ring of @reader has ended, and the client of @reader was
 * not told of this end yet. The client notes each end that it was told of: it
 * stores the number that kring_ring_end_mark() computes in .told of the cursor
 * of the reader. @reader must have a client. The caller holds the arena's lock.
 */
bool kring_reader_end_due(const struct kring_reader *reader)
{
	const struct rring_cursors *cursors = reader->client->cursors.addr;
	u64 told = rring_word_load(&cursors->cursor[reader->cursor].told);

	return kring_ring_has_ended(reader->ring) &&
	       told != kring_ring_end_mark(reader->ring);
}

/*
 * Return true if a read of @reader at @position has a result without a wait:
 * the ring has an entry at @position or above, @reader was lapped, or the
 * client of @reader must be told that the stream has ended. @reader must have a
 * client, and this client must be a process, not the kernel. The caller holds
 * the arena's lock.
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
 * Return .ref of @reader's struct rring_reader_info: serial, client, cursor and
 * state in one word. The reader's client compares .ref with the value that .ref
 * had at the last join or rejoin. If they differ, the reader was lapped. The
 * caller holds the arena's lock.
 */
u64 kring_reader_ref(const struct kring_reader *reader)
{
	return rring_word_load(&reader_info(reader)->ref);
}

/*
 * Return the position at which a reader starts. @start selects the head
 * (RRING_START_NEWEST), @low (RRING_START_OLDEST) or @position
 * (RRING_START_AT). @low is the lowest position at which the reader may start.
 * If @position is below @low, return @low. If @position is above the head,
 * return the head. The caller holds the arena's lock.
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
 * Start the stall clock (.stalled_since) of @reader, which has just begun to
 * gate. If other gating readers at the position of @reader or below stall
 * already, copy the earliest .stalled_since of these readers. If each reader
 * had a clock of its own, clients that join one after another could keep the
 * writer waiting longer than a single client can. If no other reader stalls
 * there, the clock of @reader does not run yet. The caller holds the arena's
 * lock.
 */
static void share_stall_clock(struct kring_reader *reader)
{
	const struct kring_ring *ring = reader->ring;
	u64 since = KTIME_MAX;
	u32 i;

	for (i = 0; i < RRING_READERS; i++) {
		const struct kring_reader *other = ring->readers[i];

		if (other && other != reader && kring_reader_gates(other) &&
		    other->stalled_since &&
		    kring_reader_pos(other) <= reader->start)
			since = min(since, other->stalled_since);
	}
	reader->stalled_since = since == KTIME_MAX ? 0 : since;
	reader->stalled_at = reader->start;
}

/*
 * Make @reader a gating reader. @reader is new, was lapped, is FROZEN, or is
 * LIVE and rejoins, for example after its client has set the cursor back.
 * start_position() computes the new .start from @start and @position. The new
 * .start is never below kring_ring_passed(), because the writer may already
 * overwrite the entries below that position. The top of this file says why the
 * steps are in this order. A reader that gates already keeps gating during
 * these steps, does not become JOINING, and keeps its stall clock
 * (.stalled_since). The caller holds the arena's lock.
 */
static void begin_gating(struct kring_reader *reader, u32 start, u64 position)
{
	struct kring_ring *ring = reader->ring;
	bool gates = kring_reader_gates(reader);

	if (!gates)
		reader->start = kring_ring_low(ring);
	/* stay on the CPU: a full ring's writer spins while it sees JOINING */
	preempt_disable();
	publish_state(reader, gates ? reader->state : RRING_READER_JOINING);
	/*
	 * O: pairs with P in the library's scan. Without this pair, a scan
	 * could see the new .joins, but miss that .ref of this reader says
	 * JOINING.
	 */
	rring_flag_store_release(&ring->info->joins,
				 rring_flag_load(&ring->info->joins) + 1);
	kring_barrier(ring->arena);
	reader->start = start_position(ring, kring_ring_passed(ring), start,
				       position);
	publish_state(reader, RRING_READER_LIVE);
	preempt_enable();
	if (!gates)
		share_stall_clock(reader);
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
 * Return the index of a free cursor of @client, or -ENOSPC if no cursor is
 * free. A cursor is free if no reader uses it and the client has stored 0 in
 * it. An old value in the cursor would count as the position of the new reader.
 * Then the writer would overwrite entries that the new reader has not read. The
 * caller holds the arena's lock.
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
	reader->serial = kring_arena_next_serial(&client->arena->reader_serial);
	client->readers[cursor] = reader;
	kring_announce_reader_client(reader);
}

/*
 * Return a free index in .readers[] of @ring for a new reader of @client. Return
 * -ENOSPC if there is none, or if the free places are for others, or -EDQUOT if
 * the user of the current process has the most readers that it may have.
 */
static int find_place(const struct kring_ring *ring,
		      const struct kring_client *client, bool observer)
{
	int err = kring_places_admit_reader(ring, client, observer);
	int i;

	if (err)
		return err;
	for (i = 0; i < RRING_READERS; i++)
		if (!ring->readers[i])
			return i;
	return -ENOSPC;
}

/*
 * Create a reader at the free place @id of @ring. Return it, or
 * ERR_PTR(-ENOMEM).
 */
static struct kring_reader *reader_new(struct kring_ring *ring, int id,
				       const char *name, kuid_t owner)
{
	struct kring_reader *reader;

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
 * Return 0 if a client of user @owner may take over the named reader @reader.
 * Return -EACCES if the reader's name belongs to another user, and -EBUSY if
 * @reader has a client. The caller holds the arena's lock.
 */
static int may_resume(const struct kring_reader *reader, kuid_t owner)
{
	if (!uid_eq(reader->owner, owner))
		return -EACCES;
	return reader->client ? -EBUSY : 0;
}

/*
 * Set .reached of @reader to the position at which @reader goes on reading,
 * after the kernel has made it gate again from .start on. Return how many
 * entries @reader has lost, which are those from the old .reached to the new
 * one, and add this number to .lost.
 *
 * After a lap, .start can be above the old .reached. If the writer has not yet
 * overwritten all entries between these two positions, @reader goes on at the
 * first of these entries that is not overwritten. The client validates each
 * entry below .start after it has read the entry, as an observer does. If no
 * entry between the two positions is left, @reader goes on at .start.
 *
 * .start can also be below the old .reached, if a hostile client has changed
 * its cursor between the load for .start and the load for .reached. Then
 * @reader goes on at .start, and has lost nothing. The caller holds the arena's
 * lock.
 */
static u64 go_on(struct kring_reader *reader)
{
	struct kring_ring *ring = reader->ring;
	u64 pos = reader->start;
	u64 lost;

	/* without a stall limit, no reader is lapped or validates entries */
	if (ring->info->stall_ns)
		pos = min(pos, max(reader->reached, kring_ring_whole(ring)));
	lost = pos > reader->reached ? pos - reader->reached : 0;
	reader->reached = pos;
	reader->lost += lost;
	return lost;
}

/*
 * Make the named reader @reader, which a new client has just taken over, gate
 * again: at its position or at kring_ring_passed(), whichever is higher. If
 * client and writer are honest, a FROZEN reader loses nothing, because it has
 * gated all the time. But a hostile client may have set its cursor back before
 * the reader froze, so that the position is below kring_ring_passed(). Set
 * args->resumed to 1, and args->lost to the number of entries that @reader has
 * lost. The caller holds the arena's lock.
 */
static void resume(struct kring_reader *reader, struct rring_reader_join *args)
{
	begin_gating(reader, RRING_START_AT, reader->start);
	args->resumed = 1;
	args->lost = go_on(reader);
}

/*
 * Return 0 if @client may join @ring with @args. Return -EPERM if the reader
 * would gate, but the role of @client is RRING_OBSERVER. Return -EINVAL if the
 * reader would gate in a ring of policy RRING_OVERWRITE, or if it would be an
 * observer with a name.
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

/*
 * Create a reader of @ring, whose client is @client and whose cursor is @cursor,
 * and let it observe or gate from the position on that @args asks for. Return
 * the reader, or an ERR_PTR() of find_place() or reader_new().
 */
static struct kring_reader *join_anew(struct kring_client *client, int cursor,
				      struct kring_ring *ring, kuid_t owner,
				      const struct rring_reader_join *args)
{
	bool observer = args->flags & RRING_JOIN_OBSERVER;
	int id = find_place(ring, client, observer);
	struct kring_reader *reader;

	if (id < 0)
		return ERR_PTR(id);
	reader = reader_new(ring, id, args->name, owner);
	if (IS_ERR(reader))
		return reader;
	take_cursor(reader, client, cursor);
	if (observer)
		begin_observing(reader, args->start, args->position);
	else
		begin_gating(reader, args->start, args->position);
	reader->reached = reader->start;
	return reader;
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
		reader = join_anew(client, cursor, ring, owner, args);
		if (IS_ERR(reader))
			return reader;
	}
	args->ring = ring->id;
	args->reader = reader->id;
	args->cursor = reader->cursor;
	args->position = reader->reached;
	args->ref = kring_reader_ref(reader);
	args->incarnation = rring_flag_load(&ring->info->incarnation);
	return reader;
}

/*
 * Make @client a reader of the ring that @args names. If the ring has a reader
 * with the reader's name in @args, @client takes over that reader. Otherwise
 * the reader is new, and its name, if any, belongs to user @owner. Return the
 * reader and fill the output fields of @args, or return an ERR_PTR():
 *
 *	-EINVAL: .flags or .start of @args is invalid; @args has neither a name
 *		nor an id of a ring; or check_join() returns it
 *	-ENOENT: @args has a name of a ring, but no ring has this name
 *	-ENXIO: @args has only an id of a ring, but no ring has this id
 *	-EPERM: the role of @client is RRING_OBSERVER, but the reader would gate
 *	-ENOSPC: @client has no free cursor, or the ring has no free place in
 *		.readers[], or its free places are for others (see places.c)
 *	-EDQUOT: the user of the current process has the most readers of the
 *		ring that it may have
 *	-EACCES: the name of the reader belongs to another user
 *	-EBUSY: a client uses the name of the reader now
 *	-ENOMEM: there is no memory for the reader
 *
 * The caller holds the arena's lock.
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
 * Run READER_JOIN for @client. Returns 0, or an error of kring_reader_enter()
 * or kring_client_lock(). Takes the arena's lock.
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
	/*
	 * A task that polls the file of @client already has not raised the
	 * waiters flag of this ring, so the next entry would not wake that
	 * task. Wake it now, so that it raises the flag and checks this ring,
	 * too.
	 */
	if (!err)
		kring_client_wake(client, EPOLLIN | EPOLLRDNORM);
	kring_client_unlock(client);
	return err;
}

static void leave_cursor(struct kring_reader *reader)
{
	/* wake threads in WAIT_ANY and WAIT_PEER: they then find no reader */
	kring_evcount_signal(&reader->client->evcount);
	reader->client->readers[reader->cursor] = NULL;
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
	publish_state(reader, RRING_READER_NONE);
	ring->readers[reader->id] = NULL;
	ring->nr_readers--;
	shrink_readers_end(ring);
	kfree(reader);
}

/*
 * End the use of @reader, because its client leaves the ring or has died, or
 * because the name of @reader is forgotten (then .name is empty already).
 * Freeze @reader if it has a name; otherwise free it. Wake the ring's writer
 * and the clients that wait for slots, because @reader may have kept them
 * waiting. If the ring then has neither a writer nor a reader, remove the ring
 * from the arena (kring_ring_reap()), unless a client is about to take it over.
 * So the caller must not use @reader afterwards, nor the ring without a
 * reference of its own. The caller holds the arena's lock.
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
	if (kring_ring_is_deserted(ring))
		kring_ring_reap(ring);
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
	reader->name[0] = 0;
	kring_reader_detach(reader);
	return 0;
}

/*
 * Return reader @id of ring @ring_id if it is a reader of @client. Return
 * ERR_PTR(-ENXIO) if there is no such ring or reader. Return ERR_PTR(-EPERM) if
 * the reader has another client, or none. The caller holds the arena's lock.
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
 * Run READER_LEAVE for @client: call kring_reader_detach() for the reader that
 * @args names. With RRING_LEAVE_FORGET, remove the reader's name first, so that
 * the reader is freed. Return 0. Return -EINVAL if .flags is invalid, -ENXIO if
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
 * Make @reader, which was lapped or is LIVE, gate at its position or at
 * kring_ring_passed(), whichever is higher. Give @reader a new serial, so that
 * its .ref differs from all earlier values of .ref. Set .reached to the
 * position at which @reader goes on reading, and return how many entries
 * @reader has lost: see go_on(). The caller holds the arena's lock.
 */
u64 kring_reader_resume(struct kring_reader *reader)
{
	struct kring_ring *ring = reader->ring;
	u64 head = kring_ring_head(ring);
	u64 stood = rring_window_clamp(kring_reader_pos(reader), head);

	reader->reached = rring_window_clamp(kring_reader_reached(reader), head);
	reader->serial = kring_arena_next_serial(&ring->arena->reader_serial);
	begin_gating(reader, RRING_START_AT, stood);
	return go_on(reader);
}

/*
 * Run READER_REJOIN: call kring_reader_resume() for the reader of @client that
 * @args names, which was lapped or is LIVE. Return 0, with .lost, .position and
 * .ref of @args filled. Return -EINVAL if the reader is an observer or
 * .reserved is not 0, -ENXIO if there is no such ring or reader, -EPERM if the
 * reader has another client or none, or an error of kring_client_lock(). Takes
 * the arena's lock.
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
	} else if (reader->state == RRING_READER_OBSERVER) {
		err = -EINVAL;
	} else {
		args->lost = kring_reader_resume(reader);
		args->position = reader->reached;
		args->ref = kring_reader_ref(reader);
	}
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
	reader = own_reader(wait->client, wait->ring->id, wait->reader);
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
	return kring_ring_wait(wait.ring, &wait.ring->readable, &readable_ops,
			       &wait, args->deadline);
}
