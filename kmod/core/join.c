// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Readers join, and rejoin after a lap or a take-over. reader.c has the rest.
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
 * A FROZEN reader gates already when a client joins under its name. The kernel
 * takes the same steps, because the reader may go on at another position, but
 * the state does not become JOINING: the reader gates at its old position until
 * the kernel has stored the new one.
 *
 * If only a JOINING reader holds the writer back, the writer scans again. So a
 * ring never looks full because a reader joins.
 *
 * Caps: a hostile writer can store a higher head than the kernel ever sees. A
 * reader that has found this head goes beyond the end of the writer's stream,
 * perhaps much later, because it looks at the head only now and then. The events
 * of the ring's next writer would then count as released. So when the next
 * writer begins, the kernel caps the readers of all processes at the position
 * where it begins, whether they have gone beyond or not:
 *
 * - The kernel counts no cursor above .cap. It still counts what the client
 *   releases below.
 * - A LIVE reader becomes CAPPED: its writer waits for it at .start, and does
 *   not read the cursor. If this holds the writer back, the writer asks the
 *   kernel, which knows .cap.
 * - The client finds the new incarnation of the ring when it next looks at the
 *   head. It maps the new pages, and calls READER_REJOIN, which lifts the cap if
 *   neither the cursor nor an entry that the client has found is above. If one
 *   is, the client goes back to .cap first. So from then on the client has read
 *   nothing but what the writers of these pages and of the kernel's copy have
 *   published.
 * - A reader that is capped already when the next take-over comes keeps its
 *   .cap: it has read nothing of the writer that goes.
 */
#include "compat.h"

#include <rusted_ring/internal/name.h>
#include <rusted_ring/internal/window.h>

#include "arena.h"
#include "barrier.h"
#include "changes.h"
#include "client.h"
#include "places.h"
#include "rate.h"
#include "reader.h"
#include "ring.h"

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
 * Make @reader a gating reader. @reader is new, was lapped, or is FROZEN.
 * start_position() computes the new .start from @start and @position. The new
 * .start is never below kring_ring_passed(), because the writer may already
 * overwrite the entries below that position. The top of this file says why the
 * steps are in this order. A reader that gates already keeps gating during
 * these steps, does not become JOINING, and keeps its stall clock
 * (.stalled_since). If it goes on at a lower position than before, what it
 * releases from there on counts for WAKE. The caller holds the arena's lock.
 */
static void begin_gating(struct kring_reader *reader, u32 start, u64 position)
{
	struct kring_ring *ring = reader->ring;
	bool gates = kring_reader_gates(reader);

	if (!gates)
		reader->start = kring_ring_low(ring);
	/* stay on the CPU: a full ring's writer spins while it sees JOINING */
	preempt_disable();
	kring_reader_publish(reader, gates ? reader->state :
					     RRING_READER_JOINING);
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
	kring_reader_publish(reader, RRING_READER_LIVE);
	preempt_enable();
	reader->woken_pos = min(reader->woken_pos, reader->start);
	if (!gates)
		share_stall_clock(reader);
}

static void begin_observing(struct kring_reader *reader, u32 start,
			    u64 position)
{
	struct kring_ring *ring = reader->ring;

	reader->start = start_position(ring, kring_ring_observable(ring), start,
				       position);
	kring_reader_publish(reader, RRING_READER_OBSERVER);
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
	struct rring_cursors *cursors = kring_client_cursors(client);
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
	reader->cap = U64_MAX;
	reader->serial = kring_arena_next_serial(&client->arena->reader_serial);
	client->readers[cursor] = reader;
	client->cursors_end = max(client->cursors_end, cursor + 1);
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

/* Make @reader, which is new, the reader at the free place @id of @ring. */
static void take_place(struct kring_reader *reader, struct kring_ring *ring,
		       int id, const char *name, kuid_t owner)
{
	reader->ring = ring;
	reader->id = id;
	reader->owner = owner;
	reader->woken_pos = ~0ull;
	strscpy(reader->name, name, sizeof(reader->name));
	ring->readers[id] = reader;
	ring->nr_readers++;
	if ((u32)id >= rring_flag_load(&ring->info->readers_end))
		rring_flag_store_release(&ring->info->readers_end, id + 1);
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
 * reader would gate in a ring of policy RRING_OVERWRITE, if it would be an
 * observer with a name, or if it is to resume and has no name. Return
 * -EPROTOTYPE if @args has a type, and @ring has not this type.
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
	if (args->flags & RRING_JOIN_RESUME && !args->name[0])
		return -EINVAL;
	return kring_ring_has_type(ring, args->type_name, args->type_size) ?
	       0 : -EPROTOTYPE;
}

/*
 * Make *@fresh a reader of @ring, whose client is @client and whose cursor is
 * @cursor, and let it observe or gate from the position on that @args asks for.
 * Return the reader, or an ERR_PTR() of find_place() or kring_reader_new().
 */
static struct kring_reader *join_anew(struct kring_client *client, int cursor,
				      struct kring_ring *ring, kuid_t owner,
				      const struct rring_reader_join *args,
				      struct kring_reader **fresh)
{
	bool observer = args->flags & RRING_JOIN_OBSERVER;
	int id = find_place(ring, client, observer);
	struct kring_reader *reader = *fresh;

	if (id < 0)
		return ERR_PTR(id);
	if (IS_ERR(reader))
		return reader;
	*fresh = NULL;
	take_place(reader, ring, id, args->name, owner);
	take_cursor(reader, client, cursor);
	if (observer)
		begin_observing(reader, args->start, args->position);
	else
		begin_gating(reader, args->start, args->position);
	reader->reached = reader->start;
	return reader;
}

static void note_joined(const struct kring_reader *reader)
{
	struct rring_change change = kring_change_of_reader(reader,
							RRING_CHANGE_JOINED);

	kring_change_note(reader->ring->arena, &change);
}

static struct kring_reader *join(struct kring_client *client,
				 struct kring_ring *ring, kuid_t owner,
				 struct rring_reader_join *args,
				 struct kring_reader **fresh)
{
	struct kring_reader *reader = find_name(ring, args->name);
	int cursor = find_cursor(client);
	int err = check_join(client, ring, args);

	if (err)
		return ERR_PTR(err);
	if (cursor < 0)
		return ERR_PTR(cursor);
	if (!reader && args->flags & RRING_JOIN_RESUME)
		return ERR_PTR(-ENOENT);
	if (reader) {
		err = may_resume(reader, owner);
		if (err)
			return ERR_PTR(err);
		take_cursor(reader, client, cursor);
		resume(reader, args);
	} else {
		reader = join_anew(client, cursor, ring, owner, args, fresh);
		if (IS_ERR(reader))
			return reader;
	}
	args->ring = ring->id;
	args->reader = reader->id;
	args->cursor = reader->cursor;
	args->position = reader->reached;
	args->ref = kring_reader_ref(reader);
	args->incarnation = rring_flag_load(&ring->info->incarnation);
	note_joined(reader);
	return reader;
}

/*
 * Return the ring that @args names, or an ERR_PTR() as kring_reader_enter()
 * does. The caller holds the arena's lock.
 */
static struct kring_ring *find_ring(struct kring_arena *arena,
				    const struct rring_reader_join *args)
{
	struct kring_ring *ring;

	if (args->flags & ~(RRING_JOIN_OBSERVER | RRING_JOIN_RESUME) ||
	    args->start > RRING_START_AT || args->reserved ||
	    !rring_type_is_valid(args->type_name, args->type_size))
		return ERR_PTR(-EINVAL);
	if (args->ring_name[0]) {
		ring = kring_ring_find(arena, args->ring_name);
		return ring ?: ERR_PTR(-ENOENT);
	}
	if (!args->ring)
		return ERR_PTR(-EINVAL);
	ring = kring_ring_at(arena, args->ring);
	return ring ?: ERR_PTR(-ENXIO);
}

/*
 * Make @client a reader of the ring that @args names. If the ring has a reader
 * with the reader's name in @args, @client takes over that reader. Otherwise
 * the reader is new, and its name, if any, belongs to user @owner: then *@fresh,
 * which kring_reader_new() has returned, becomes the reader, and *@fresh becomes
 * NULL. Return the reader and fill the output fields of @args, or return an
 * ERR_PTR():
 *
 *	-EINVAL: .flags, .start or the type of @args is invalid; @args has
 *		neither a name nor an id of a ring; or check_join() returns it
 *	-ENOENT: @args has a name of a ring, but no ring has this name; or
 *		@args has RRING_JOIN_RESUME, but the ring does not know the name
 *		of the reader
 *	-ENXIO: @args has only an id of a ring, but no ring has this id
 *	-EPERM: the role of @client is RRING_OBSERVER, but the reader would gate
 *	-ENOSPC: @client has no free cursor, or the ring has no free place in
 *		.readers[], or its free places are for others (see places.c), or
 *		the limit max_bytes of the module does not allow the reader
 *	-EDQUOT: the user of the current process has the most readers of the
 *		ring that it may have
 *	-EACCES: the name of the reader belongs to another user
 *	-EPROTOTYPE: the ring has not the type in @args
 *	-EBUSY: a client uses the name of the reader now
 *	-ENOMEM: there is no memory for the reader
 *
 * The caller holds the arena's lock.
 */
struct kring_reader *kring_reader_enter(struct kring_client *client,
					kuid_t owner,
					struct rring_reader_join *args,
					struct kring_reader **fresh)
{
	struct kring_ring *ring = find_ring(client->arena, args);

	if (IS_ERR(ring))
		return ERR_CAST(ring);
	args->resumed = 0;
	args->lost = 0;
	return join(client, ring, owner, args, fresh);
}

/* Return 0 if the ring of @args exists. Takes the arena's lock. */
static int check_ring(struct kring_client *client,
		      const struct rring_reader_join *args)
{
	int err = kring_client_lock(client);

	if (err)
		return err;
	err = PTR_ERR_OR_ZERO(find_ring(client->arena, args));
	kring_client_unlock(client);
	return err;
}

/*
 * Run READER_JOIN for @client. Returns 0, or an error of kring_reader_enter()
 * or kring_client_lock(). If the reader gates and @client exceeds its rate of
 * barriers, wait until the barrier is due, but not for a ring that does not
 * exist. Takes the arena's lock. May sleep.
 */
int kring_reader_join(struct kring_client *client,
		      struct rring_reader_join *args)
{
	struct kring_arena *arena = client->arena;
	struct kring_reader *reader, *fresh;
	int err = check_ring(client, args);

	if (!err && !(args->flags & RRING_JOIN_OBSERVER))
		err = kring_rate_await_barrier(client);
	if (err)
		return err;
	fresh = kring_reader_new(arena);
	err = kring_client_lock(client);
	if (err)
		goto discard;
	reader = kring_reader_enter(client, current_euid(), args, &fresh);
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
discard:
	kring_reader_discard(arena, fresh);
	return err;
}

/*
 * Make @reader, which was lapped, gate at its position or at
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

/* ---- caps ---- */

/*
 * Return true if @position or the cursor of @reader is above .cap. The caller
 * ensures that @reader has a client, and holds the arena's lock.
 */
static bool is_above_cap(const struct kring_reader *reader, u64 position)
{
	return max(position,
		   rring_seq_load_acquire(kring_reader_cursor(reader))) >
	       reader->cap;
}

/*
 * Publish that @reader, an observer whose cursor is above .cap, is at .cap. The
 * caller holds the arena's lock.
 */
static void stand_at_cap(struct kring_reader *reader)
{
	reader->start = reader->cap;
	kring_reader_publish(reader, RRING_READER_CAPPED_OBSERVER);
}

/*
 * Cap @reader at @end, where the next writer of its ring begins now. Readers
 * that are capped already, and thus not above @end, keep their cap. Do nothing
 * for a reader of the kernel, which never believes a higher head than @end, nor
 * for one without a client. The caller holds the arena's lock.
 */
void kring_reader_cap(struct kring_reader *reader, u64 end)
{
	struct kring_ring *ring = reader->ring;

	if (!reader->client || reader->client == ring->arena->kernel)
		return;
	reader->cap = min(reader->cap, end);
	reader->reached = min(reader->reached, reader->cap);
	/* the next writer has not waited for this reader yet */
	reader->stalled_since = 0;
	if (kring_reader_gates(reader)) {
		/* a hostile client may have set its cursor back */
		reader->start = max(kring_ring_low(ring),
				    kring_reader_pos(reader));
		kring_reader_publish(reader, RRING_READER_CAPPED);
	} else if (reader->state == RRING_READER_OBSERVER &&
		   is_above_cap(reader, 0)) {
		stand_at_cap(reader);
	}
}

/*
 * Lift the cap of @reader, and make it gate again if it was lapped. Return how
 * many entries @reader has lost. A reader that was not lapped needs none of the
 * steps of begin_gating(): its position stays where it is. The caller holds the
 * arena's lock.
 */
static u64 lift_cap(struct kring_reader *reader)
{
	struct kring_ring *ring = reader->ring;

	if (reader->state == RRING_READER_LAPPED) {
		reader->cap = U64_MAX;
		return kring_reader_resume(reader);
	}
	reader->reached = rring_window_clamp(kring_reader_reached(reader),
					     kring_ring_head(ring));
	reader->cap = U64_MAX;
	reader->serial = kring_arena_next_serial(&ring->arena->reader_serial);
	kring_reader_publish(reader, kring_reader_gates(reader) ?
			     RRING_READER_LIVE : RRING_READER_OBSERVER);
	return 0;
}

/*
 * Let @reader rejoin, whose client has found published entries below
 * args->position, and fill the output fields of @args. If the cursor or
 * args->position is above .cap, @reader stays capped, and args->position becomes
 * .cap. The caller holds the arena's lock.
 */
static void rejoin(struct kring_reader *reader,
		   struct rring_reader_rejoin *args)
{
	args->lost = 0;
	if (is_above_cap(reader, args->position)) {
		if (reader->state == RRING_READER_OBSERVER)
			stand_at_cap(reader);
		args->position = reader->cap;
	} else {
		args->lost = lift_cap(reader);
		args->position = reader->reached;
	}
	args->ref = kring_reader_ref(reader);
}

/*
 * Run READER_REJOIN for the reader of @client that @args names: see rejoin().
 * Return 0. Return -ESTALE if .incarnation of @args is not the present one of
 * the ring, -ENXIO if there is no such ring or reader, -EPERM if the reader has
 * another client or none, or an error of kring_client_lock(). If @client exceeds
 * its rate of barriers, wait until the barrier is due: a lapped reader needs one.
 * Takes the arena's lock. May sleep.
 */
int kring_reader_rejoin(struct kring_client *client,
			struct rring_reader_rejoin *args)
{
	struct kring_reader *reader;
	int err = kring_rate_await_barrier(client);

	if (!err)
		err = kring_client_lock(client);
	if (err)
		return err;
	reader = kring_reader_own(client, args->ring, args->reader);
	if (IS_ERR(reader))
		err = PTR_ERR(reader);
	else if (rring_flag_load(&reader->ring->info->incarnation) !=
		 args->incarnation)
		err = -ESTALE;
	else
		rejoin(reader, args);
	kring_client_unlock(client);
	return err;
}
