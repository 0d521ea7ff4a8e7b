// SPDX-License-Identifier: MPL-2.0
/* How a writer makes room in its ring, and waits for room. */
#include <poll.h>
#include <pthread.h>

#include "../backoff.h"
#include "../client/client.h"
#include "../client/ledger.h"
#include "../client/recent.h"
#include "../debug/debug.h"
#include "../probes.h"
#include "../wait.h"
#include "room.h"
#include "scan.h"

/*
 * A writer that has no room sleeps until 1/ROOM_PART of its ring is free, so that
 * a slow reader wakes it once for many events. After PART_NS it is content with
 * what it needs: a reader may have stopped.
 */
#define ROOM_PART	8
#define PART_NS		1000000u

/* ---- settle the entries that readers have passed ---- */

/*
 * Subtract 1 from in_flight in *@word. Return the new ledger word.
 *
 * G: before in_flight falls, all gating readers have passed the entry, or the
 * kernel has adopted it, or the policy is RRING_OVERWRITE.
 */
static inline uint64_t lower_in_flight(rring_word_t *word, int shared)
{
	const uint64_t change = RRING_MOVE - RRING_IN_FLIGHT;
	uint64_t value;

	if (shared)
		return rring_word_fetch_add(word, change) + change;
	value = rring_word_load(word) + change;
	rring_word_store_release(word, value);
	return value;
}

/*
 * Settle the entries from @entry on that name slots of one pool, but no further
 * than to @end - 1: subtract 1 from in_flight in the ledger words of the slots. If a
 * word then has neither holds nor in_flight, enter the slot in the recent drops, so
 * that a sweep looks at this slot soon. A word of XXL never gets empty. Return the
 * entry where this ends. @shared is .shared of @client; a constant, so that the
 * compiler makes a loop for each.
 */
static __always_inline const struct rring_entry *
settle_run(struct rring_client *client, const struct rring_entry *entry,
	   const struct rring_entry *end, int shared)
{
	const uint32_t pool = rring_handle_class(entry->handle);
	rring_word_t *ledger = client->pool[pool].ledger;
	struct ulib_recent_run drops = ulib_recent_begin(client, pool);
	struct ulib_ledger_run fallen = { NULL, 0, 0 };

	do {
		uint64_t handle = entry->handle;
		rring_word_t *word = &ledger[rring_handle_index(handle)];
		uint64_t value = lower_in_flight(word, shared);

		if (rring_ledger_is_empty(value)) {
			ulib_ledger_run_fell(client, &fallen, word, shared);
			ulib_recent_run_enter(&drops, handle);
		}
	} while (++entry < end && rring_handle_class(entry->handle) == pool);
	ulib_ledger_run_end(client, &fallen, shared);
	ulib_recent_end(&drops);
	return entry;
}

/*
 * Settle the entries from @entry to @end - 1, of which there is one or more. Return
 * 1 if one of them names a slot of XXL, else 0.
 */
static int settle_entries(struct rring_client *client,
			  const struct rring_entry *entry,
			  const struct rring_entry *end)
{
	int xxl = 0;

	do {
		xxl |= rring_handle_class(entry->handle) == RRING_XXL;
		entry = client->shared ? settle_run(client, entry, end, 1) :
					 settle_run(client, entry, end, 0);
	} while (entry < end);
	return xxl;
}

void ulib_room_settle(struct rring_writer *writer, uint64_t low)
{
	const struct rring_entry *entries = writer->entries;
	uint64_t at = writer->settled;
	uint32_t index, n;
	int xxl = 0;

	if (!entries)
		return;
	for (; at < low; at += n) {
		index = (uint32_t)(at % writer->capacity);
		n = writer->capacity - index;
		if (n > low - at)
			n = (uint32_t)(low - at);
		xxl |= settle_entries(writer->client, &entries[index],
				      &entries[index + n]);
	}
	writer->settled = at;
	if (xxl)
		ulib_xxl_settled(writer->client);
}

/*
 * Settle the entries below @low, and wake the clients that wait for a slot. The
 * readers that passed these entries have already woken these clients. But a
 * sweep leaves a slot alone if in_flight falls between the two reads of its
 * ledger word. Then a woken client found no slot, and sleeps again, so it must
 * be woken once more.
 */
static void settle_and_wake(struct rring_writer *writer, uint64_t low)
{
	if (!writer->entries || writer->settled >= low)
		return;
	ulib_room_settle(writer, low);
	rring_freed(writer->client);
}

void ulib_writer_settle(struct rring_writer *writer)
{
	if (writer->entries && !ulib_is_lost(writer->client))
		settle_and_wake(writer, ulib_scan_readers(writer).low);
}

/* ---- room ---- */

/*
 * Raise .limit of @writer to @limit, so that the writer may use the entries
 * below @limit. Never lower .limit, even if a hostile reader has set its cursor
 * back. The program may already have reserved entries up to .limit, and
 * .limit - .head, the number of free entries, must not become negative.
 */
static void raise_limit(struct rring_writer *writer, uint64_t limit)
{
	writer->limit = limit > writer->limit ? limit : writer->limit;
}

/*
 * Allow the writer to use @n entries from the head on, and settle the older
 * entries that the writer will overwrite by these. The caller calls this
 * function only under RRING_OVERWRITE, or after the kernel has found room for
 * @n entries. So the function does not read the cursors, which a hostile reader
 * may have set back meanwhile.
 */
static void grant_room(struct rring_writer *writer, uint32_t n)
{
	uint64_t next = writer->head + n;

	if (next > writer->capacity)
		ulib_room_settle(writer, next - writer->capacity);
	raise_limit(writer, next);
}

/*
 * Make room for @n entries under RRING_OVERWRITE, without a wait for readers.
 * Always return 0. In a ring of handles, raise .limit only by what is needed,
 * because the writer settles entries just before it overwrites them. An inline
 * ring has nothing to settle, so its writer needs no limit.
 */
static int make_room_by_overwriting(struct rring_writer *writer, uint32_t n)
{
	if (writer->entries)
		grant_room(writer, n);
	else
		writer->limit = UINT64_MAX;
	return 0;
}

/*
 * Return 1 if the writer shall rest before it takes the entries that are free
 * when its readers have passed @low: these are few, its ring has place for many,
 * and a rest is due. Return 0 otherwise, and if the strategy is RRING_WAIT_SPIN,
 * or the policy is not to wait for room.
 */
static int is_close_ahead(struct rring_writer *writer, uint64_t low)
{
	uint64_t used = writer->head - low;

	if (writer->capacity < 8 * ULIB_BACKOFF_DISTANCE ||
	    used + ULIB_BACKOFF_DISTANCE <= writer->capacity ||
	    writer->strategy == RRING_WAIT_SPIN ||
	    writer->info->policy != RRING_BLOCK)
		return 0;
	return ulib_backoff_due(&writer->backoff);
}

/*
 * Scan the readers' positions. If the writer keeps close to its readers, rest until
 * they may have made room for an eighth of the ring, but not beyond @deadline, and
 * scan again.
 */
static struct ulib_scan scan_after_rest(struct rring_writer *writer,
					uint64_t deadline)
{
	struct rring_backoff *backoff = &writer->backoff;
	struct ulib_scan scan = ulib_scan_readers(writer);
	uint64_t before = scan.low;
	uint32_t peers, steps;

	if (!is_close_ahead(writer, before))
		return scan;
	/* each of them has a line, which a scan takes away from it */
	peers = rring_flag_load(&writer->info->readers_end);
	steps = ulib_backoff_next(backoff, writer->capacity, peers);
	steps = ulib_backoff_until(steps, deadline);
	/* nothing can be told from a rest that is too short */
	if (steps < ulib_backoff_first(writer->capacity, peers))
		return scan;
	ulib_backoff_rest(steps);
	scan = ulib_scan_readers(writer);
	if (ulib_backoff_judge(backoff, steps, peers,
			       scan.low > before ? scan.low - before : 0))
		ulib_backoff_aim(backoff, writer->capacity, steps,
				 scan.low - before);
	return scan;
}

int ulib_writer_check_room(struct rring_writer *writer, uint32_t n,
			   uint64_t deadline)
{
	struct ulib_scan scan;
	uint32_t looks = 0;

	if (ulib_is_lost(writer->client))
		return ulib_refuse_lost(writer->client);
	for (;;) {
		scan = scan_after_rest(writer, deadline);
		settle_and_wake(writer, scan.low);
		raise_limit(writer, scan.low + writer->capacity);
		if (writer->limit >= writer->head + n) {
			ulib_poll_next(writer->client, writer->id,
				       RRING_WRITER_WAITS);
			return 0;
		}
		/*
		 * If the lowest reader is JOINING, the kernel holds the arena's
		 * lock. Before it unlocks the lock, it makes the reader LIVE,
		 * and may move the reader up. So wait, and scan again.
		 */
		if (!scan.joining || ulib_await_peer(writer->client, &looks))
			break;
	}
	/* only the kernel knows what a CAPPED reader has released */
	if (scan.capped && !ulib_writer_sleep(writer, n, NULL, 0)) {
		ulib_poll_next(writer->client, writer->id, RRING_WRITER_WAITS);
		return 0;
	}
	ulib_poll_again(writer->client, POLLOUT);
	return -EAGAIN;
}

/*
 * Sleep until all gating readers have passed what the writer needs to overwrite
 * for @n entries, or as long as ulib_writer_sleep() says. Then the writer may
 * use @n entries.
 */
static int sleep_for(struct rring_writer *writer, uint32_t n,
		     const struct rring_reader *peer, uint64_t deadline)
{
	struct rring_wait args = {
		.size = sizeof(args),
		.what = peer ? RRING_WAIT_PEER : RRING_WAIT_WRITABLE,
		.ring = writer->id,
		.reader = peer ? peer->cursor_id : 0,
		.position = writer->head + n - 1 - writer->capacity,
		.deadline = deadline,
	};
	int err = ulib_sleep(writer->client, &args);

	if (err)
		return err;
	grant_room(writer, n);
	if (writer->entries)
		rring_freed(writer->client);
	return 0;
}

/*
 * Return for how many entries a writer that needs @n sleeps at first: for a part
 * of the ring. Return 0 if it sleeps for @n entries at once: with a stall limit
 * the kernel would lap a reader that does not keep the ring full.
 */
static uint32_t part_for(const struct rring_writer *writer, uint32_t n)
{
	uint32_t part = (writer->capacity - writer->info->retain) / ROOM_PART;

	if (writer->info->stall_ns)
		return 0;
	return part > n ? part : n;
}

static void want_nothing(void *writer)
{
	rring_seq_store(&((struct rring_writer *)writer)->ring->wanted, 0);
}

/*
 * Sleep like sleep_for(), but tell the readers in .wanted where they wake this
 * thread, so that those below need no system call for each release. The flag
 * that they see is raised by the kernel, after the store of .wanted.
 */
static int sleep_wanting(struct rring_writer *writer, uint32_t n,
			 const struct rring_reader *peer, uint64_t deadline)
{
	int err;

	rring_seq_store(&writer->ring->wanted,
			writer->head + n - 1 - writer->capacity);
	pthread_cleanup_push(want_nothing, writer);
	err = sleep_for(writer, n, peer, deadline);
	pthread_cleanup_pop(1);
	return err;
}

int ulib_writer_sleep(struct rring_writer *writer, uint32_t n,
		      const struct rring_reader *peer, uint64_t deadline)
{
	uint32_t part = part_for(writer, n);
	int err = -ETIMEDOUT;

	if (part && !ulib_has_passed(deadline)) {
		uint64_t soon = rring_deadline(PART_NS);

		err = sleep_wanting(writer, part, peer,
				    soon < deadline ? soon : deadline);
	}
	return err == -ETIMEDOUT ? sleep_for(writer, n, peer, deadline) : err;
}

/* ---- wait ---- */

struct writable_wait {
	struct rring_writer *writer;
	uint32_t n;
	uint64_t deadline;
};

static int check_writable(void *context)
{
	const struct writable_wait *wait = context;

	return ulib_writer_check_room(wait->writer, wait->n, wait->deadline);
}

static int sleep_writable(void *context, uint64_t deadline)
{
	const struct writable_wait *wait = context;

	return ulib_writer_sleep(wait->writer, wait->n, NULL, deadline);
}

static int wait_writable(struct rring_writer *writer, uint32_t n,
			 uint64_t deadline)
{
	struct writable_wait wait = {
		.writer = writer,
		.n = n,
		.deadline = deadline,
	};
	struct ulib_waiter waiter = {
		.strategy = (enum rring_strategy)writer->strategy,
		.ask_kernel = writer->info->stall_ns != 0,
		.check = check_writable,
		.sleep = sleep_writable,
		.context = &wait,
	};

	return rring_wait(&waiter, deadline);
}

/* ---- by the policy ---- */

/*
 * Return -EINVAL, and store as this thread's error detail that @n entries never
 * fit into the ring at once.
 */
static int refuse_number(const struct rring_writer *writer, uint32_t n)
{
	return ulib_error(-EINVAL, "%u entries never fit at once: the ring has %u, of which it retains %u",
			  n, writer->capacity, writer->info->retain);
}

/*
 * Add @n, the number of entries that got no room, to the statistic .drops of
 * the ring. Return -EAGAIN, the error for the program.
 */
static int count_drops(struct rring_writer *writer, uint32_t n)
{
	rring_seq_t *drops = &writer->ring->drops;

	rring_seq_store(drops, rring_seq_load(drops) + n);
	return -EAGAIN;
}

/*
 * Make room for @n entries, as the ring's policy demands: under RRING_BLOCK
 * wait for readers, under RRING_OVERWRITE overwrite the oldest entries. Return
 * 0 if there is room. Return -EAGAIN if the policy is RRING_FAIL and fewer than
 * @n entries are free: then .drops has grown by @n. Return -EINVAL if @n is
 * more than the capacity minus the number of entries that the ring retains
 * (does not apply to RRING_OVERWRITE). Otherwise return an error of the wait,
 * or -EPERM for a client that is inherited by fork().
 */
int ulib_make_room(struct rring_writer *writer, uint32_t n)
{
	const struct rring_ring_info *info = writer->info;
	int err;

	if (info->policy == RRING_OVERWRITE)
		return make_room_by_overwriting(writer, n);
	if (n > writer->capacity - info->retain)
		return refuse_number(writer, n);
	err = ulib_writer_check_room(writer, n, RRING_FOREVER);
	if (err != -EAGAIN)
		return err;
	ULIB_PROBE(full, writer->client->id, writer->id, n, writer->head);
	if (info->policy == RRING_BLOCK)
		return wait_writable(writer, n, RRING_FOREVER);
	if (info->stall_ns)
		err = ulib_writer_sleep(writer, n, NULL, 0);
	return err == -ETIMEDOUT || err == -EAGAIN ?
	       count_drops(writer, n) : err;
}

int rring_writer_make_room(struct rring_writer *writer, uint32_t n)
{
	return ulib_is_checked(writer->client) ?
	       ulib_checked_make_room(writer, n) : ulib_make_room(writer, n);
}

int ulib_wait_writable(struct rring_writer *writer, uint32_t n,
		       uint64_t deadline)
{
	const struct rring_ring_info *info = writer->info;
	int err;

	if (n > writer->capacity)
		return refuse_number(writer, n);
	if (!n || writer->limit - writer->head >= n ||
	    info->policy == RRING_OVERWRITE)
		return 0;
	if (n > writer->capacity - info->retain)
		return refuse_number(writer, n);
	err = ulib_writer_check_room(writer, n, deadline);
	return err == -EAGAIN ? wait_writable(writer, n, deadline) : err;
}

int rring_wait_writable(struct rring_writer *writer, uint32_t n,
			uint64_t deadline)
{
	return ulib_is_checked(writer->client) ?
	       ulib_checked_wait_writable(writer, n, deadline) :
	       ulib_wait_writable(writer, n, deadline);
}

long ulib_writer_find_room(struct rring_writer *writer, uint32_t n)
{
	uint32_t most = writer->capacity;
	int err = 0;

	if (writer->info->policy != RRING_OVERWRITE)
		most -= writer->info->retain;
	if (n > most)
		n = most;
	if (writer->limit - writer->head >= n)
		return n;
	if (writer->info->policy == RRING_OVERWRITE)
		err = make_room_by_overwriting(writer, n);
	else if (ulib_writer_check_room(writer, n, RRING_FOREVER) &&
		 writer->limit == writer->head)
		err = ulib_make_room(writer, 1);
	if (err)
		return err;
	if (writer->limit - writer->head < n)
		n = (uint32_t)(writer->limit - writer->head);
	return n;
}

/* ---- back-pressure ---- */

/*
 * Set *@most to the capacity minus the number of entries that the ring retains,
 * and *@used to how many of these *@most entries are not free. Under
 * RRING_OVERWRITE, set *@most to the capacity and *@used to 0, because all
 * entries are free. A JOINING reader makes the writer wait at a low position
 * for a moment, and may then start higher. So scan again while such a reader is
 * the lowest one.
 */
static void count_room(struct rring_writer *writer, uint64_t *used,
		       uint64_t *most)
{
	uint32_t retain = writer->info->retain;
	struct ulib_scan scan;
	uint32_t looks = 0;

	*used = 0;
	*most = writer->capacity;
	if (writer->info->policy == RRING_OVERWRITE)
		return;
	*most -= retain;
	do {
		scan = ulib_scan_readers(writer);
	} while (scan.joining && !ulib_await_peer(writer->client, &looks));
	if (writer->head - scan.low > retain)
		*used = writer->head - scan.low - retain;
	/* the cursor of a hostile reader may be more than a lap behind */
	if (*used > *most)
		*used = *most;
}

double rring_writer_pressure(struct rring_writer *writer)
{
	uint64_t used, most;

	count_room(writer, &used, &most);
	return (double)used / (double)most;
}

static int is_tenths_full(struct rring_writer *writer, uint32_t tenths)
{
	uint64_t used, most;

	count_room(writer, &used, &most);
	return used * 10 >= most * tenths;
}

int rring_writer_under_pressure(struct rring_writer *writer)
{
	return is_tenths_full(writer, 8);
}

int rring_writer_should_throttle(struct rring_writer *writer)
{
	return is_tenths_full(writer, 9);
}

uint32_t rring_writer_readers(const struct rring_writer *writer)
{
	return ulib_count_readers(writer->info);
}
