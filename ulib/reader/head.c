// SPDX-License-Identifier: MPL-2.0
/*
 * How a reader looks at the ring's head, and goes on after the writer has lapped
 * it, or another writer has taken the ring over.
 */
#include <limits.h>
#include <poll.h>

#include "../backoff.h"
#include "../client/client.h"
#include "../probes.h"
#include "../wait.h"
#include "head.h"
#include "pages.h"

/*
 * Return 1 if the pages of a new incarnation are mapped, but READER_REJOIN has
 * not lifted the cap of @reader yet, else 0.
 */
static int is_capped(const struct rring_reader *reader)
{
	return RRING_LOAD(&reader->slow_look) & ULIB_LOOK_CAPPED;
}

/*
 * Map the pages of the ring's present incarnation, unless they are mapped. From
 * the second incarnation on, the kernel has then capped @reader. Return 0, or an
 * error of ulib_pages_map().
 */
static int map_present(struct rring_reader *reader)
{
	int err;

	while (reader->incarnation !=
	       rring_flag_load_acquire(&reader->info->incarnation)) {
		err = ulib_pages_map(reader);
		if (err)
			return err;
	}
	return 0;
}

/* ---- laps and caps ---- */

/*
 * Set .pos of @reader to @position. The entry that the last rring_try_read() has
 * returned is not the next entry any more, so no read call has to release it.
 */
static void set_position(struct rring_reader *reader, uint64_t position)
{
	reader->pos = position;
	reader->peeked = 0;
	reader->lap = position - position % reader->capacity;
	reader->unoffered = 0;
	if (reader->head < position)
		reader->head = position;
}

/*
 * Return 1 if the kernel has lapped @reader since it last joined or rejoined,
 * else 0. An observer is never lapped.
 */
static int is_lapped(const struct rring_reader *reader)
{
	uint64_t ref;

	if (reader->observer)
		return 0;
	ref = rring_word_load(&reader->info->readers[reader->id].ref);
	return ref != reader->ref && rring_ref_state(ref) != RRING_READER_CAPPED;
}

/*
 * Move @reader forward to @position, and count the entries that it skips as
 * lost. Always return -ESTALE.
 */
static int lose_until(struct rring_reader *reader, uint64_t position)
{
	ULIB_PROBE(lapped, reader->client->id, reader->ring_id,
		   position - reader->pos, position);
	reader->lost += position - reader->pos;
	reader->head = position;
	set_position(reader, position);
	rring_seq_store_release(reader->cursor, position);
	return -ESTALE;
}

/* Return the position from which on the writer waits for this gating reader. */
static uint64_t start_of(const struct rring_reader *reader)
{
	return rring_seq_load(&reader->info->readers[reader->id].start);
}

/*
 * Return how many of the events that the last look has found are not released
 * yet.
 */
static uint64_t events_found(const struct rring_reader *reader)
{
	return reader->head - reader->pos + reader->unoffered;
}

/*
 * Call READER_REJOIN, and store its answer in *@args. Return 0 if @reader gates
 * or observes again, without a cap. Return -EXFULL if it is still capped,
 * because it has found events above args->position. Return -ESTALE if the pages
 * of a later incarnation have to be mapped first, or another error of
 * READER_REJOIN.
 */
static int ask_to_rejoin(struct rring_reader *reader,
			 struct rring_reader_rejoin *args)
{
	uint32_t state;
	int err;

	*args = (struct rring_reader_rejoin){
		.size = sizeof(*args),
		.ring = reader->ring_id,
		.reader = reader->id,
		.incarnation = reader->incarnation,
		.position = reader->pos + events_found(reader),
	};
	err = ulib_call(reader->client, RRING_IOC_READER_REJOIN, args);
	if (err)
		return err;
	state = rring_ref_state(args->ref);
	if (state != RRING_READER_LIVE && state != RRING_READER_OBSERVER)
		return -EXFULL;
	reader->ref = args->ref;
	if (!reader->observer)
		reader->gates_from = start_of(reader);
	__atomic_fetch_and(&reader->slow_look, ~ULIB_LOOK_CAPPED,
			   __ATOMIC_RELAXED);
	return 0;
}

/*
 * Forget the events that @reader has found at @cap and above: a hostile writer
 * had not published them. If @reader is above @cap, move it back.
 */
static void go_back(struct rring_reader *reader, uint64_t cap)
{
	if (reader->pos >= cap) {
		set_position(reader, cap);
		rring_seq_store_release(reader->cursor, cap);
	}
	reader->head = cap;
	reader->unoffered = 0;
}

/*
 * Join the ring again, after the kernel has lapped @reader, or a writer has
 * taken the ring over. Map the pages of the present writer first. Return 0 if no
 * event was lost. Return -ESTALE if events were lost: then .lost has grown, and
 * @reader stands at the oldest entry that the ring still has. Also return
 * -ESTALE if @reader had found events that a hostile writer has not published:
 * then @reader has forgotten them. Otherwise return an error of map_present() or
 * READER_REJOIN.
 */
static int rejoin(struct rring_reader *reader)
{
	struct rring_reader_rejoin args;
	int misled = 0;
	int err;

	do {
		err = map_present(reader);
		if (!err)
			err = ask_to_rejoin(reader, &args);
		if (err == -EXFULL) {
			go_back(reader, args.position);
			misled = 1;
		}
	} while (err == -ESTALE || err == -EXFULL);
	if (err)
		return err;
	if (args.position > reader->pos)
		return lose_until(reader, args.position);
	return misled ? -ESTALE : 0;
}

int ulib_head_rejoin(struct rring_reader *reader)
{
	return is_lapped(reader) ? rejoin(reader) : 0;
}

/*
 * Return the lowest position whose entry the writer has not begun to overwrite.
 * The result is at most @head, the head of the ring.
 */
static uint64_t whole_from(const struct rring_reader *reader, uint64_t head)
{
	return rring_window_whole(rring_seq_load(&reader->ring->claim), head,
				  reader->capacity);
}

/*
 * Return 1 if the writer has overtaken @reader, which is @avail entries below
 * @head; otherwise return 0. An observer is overtaken if the writer may have
 * begun to overwrite the observer's next entry: the release of this entry would
 * fail anyway. An observer at most half a lap behind is not overtaken, and the
 * function does not load the claim, the position up to which the writer may
 * have begun to write. A gating reader is overtaken if it is more than a lap
 * behind. If the kernel has not lapped this reader, only a hostile writer moves
 * the head so far.
 */
static int is_overtaken(const struct rring_reader *reader, uint64_t head,
			uint64_t avail)
{
	if (!reader->observer)
		return avail > reader->capacity;
	return avail > reader->capacity / 2 &&
	       reader->pos < whole_from(reader, head);
}

/*
 * Move @reader, which the writer has overtaken, forward to the position that
 * rring_window_resume() returns, so that the writer does not overtake it again
 * at once. Count the skipped entries as lost. Always return -ESTALE.
 */
static int skip_overwritten(struct rring_reader *reader, uint64_t head)
{
	return lose_until(reader, rring_window_resume(whole_from(reader, head),
						      head, reader->capacity,
						      ++reader->overtaken));
}

/*
 * Check whether the writer has overtaken @reader, after a look has found @avail
 * events below @head. Return 0 if it has not. Otherwise move @reader up, count
 * the skipped entries as lost, and return -ESTALE. In a ring with a stall limit
 * the kernel may have lapped a gating reader during the look. So for such a
 * reader call ulib_head_rejoin() first, and if its result is not 0, return that
 * result.
 */
static int check_overtaken(struct rring_reader *reader, uint64_t head,
			   uint64_t avail)
{
	int err = 0;

	if (!is_overtaken(reader, head, avail))
		return 0;
	if (reader->lappable && !reader->observer)
		err = ulib_head_rejoin(reader);
	return err ? err : skip_overwritten(reader, head);
}

/*
 * Check the position of @reader, which was lapped and stands below .gates_from.
 * The writer does not wait for a reader below .gates_from. If the writer may
 * have begun to overwrite the entry at .pos, skip all entries to which this
 * applies, count them as lost, and return -ESTALE; otherwise return 0. In both
 * cases lower *@head to .gates_from if it is above. So one look never finds
 * both entries below .gates_from, which the reader validates after use, and
 * later entries, which it does not validate.
 */
static int look_below_gate(struct rring_reader *reader, uint64_t *head)
{
	uint64_t whole = whole_from(reader, *head);

	if (*head > reader->gates_from)
		*head = reader->gates_from;
	if (whole > *head)
		whole = *head;
	return whole > reader->pos ? lose_until(reader, whole) : 0;
}

/*
 * Return the position at which @reader, a gating reader below .gates_from, goes
 * on after one of its next @n entries was not valid any more: at the oldest
 * entry that is left, @whole. If the entry at .pos itself is not overwritten,
 * its slot was freed: go on behind the @n entries. But the writer keeps all
 * entries from .gates_from on for @reader.
 */
static uint64_t first_left(const struct rring_reader *reader, uint32_t n,
			   uint64_t whole)
{
	uint64_t end = reader->pos + n;

	if (whole > reader->pos && whole < end)
		end = whole;
	return end < reader->gates_from ? end : reader->gates_from;
}

int ulib_head_lose(struct rring_reader *reader, uint32_t n)
{
	uint64_t head = rring_seq_load_acquire(&reader->ring->head);
	uint64_t whole = whole_from(reader, head);

	if (!reader->observer)
		return lose_until(reader, first_left(reader, n, whole));
	if (reader->pos + n < whole)
		return skip_overwritten(reader, head);
	return lose_until(reader, reader->pos + n);
}

/* ---- the end of the stream ---- */

static rring_word_t *told_word(const struct rring_reader *reader)
{
	return &reader->client->own->cursors->cursor[reader->cursor_id].told;
}

/*
 * Store in .told of the reader's cursor that the program now gets -EPIPE, the
 * end of the stream, for the writer whose pages are mapped. The kernel reads
 * .told. From then on this end does not end a wait, and poll(2) does not report
 * it.
 */
static void note_end(struct rring_reader *reader)
{
	uint64_t mark = (uint64_t)reader->incarnation + 1;

	if (rring_word_load(told_word(reader)) != mark)
		rring_word_store_release(told_word(reader), mark);
	ulib_poll_again(reader->client, POLLIN);
}

int ulib_reader_knows_end(const struct rring_reader *reader)
{
	return rring_word_load(told_word(reader)) ==
	       (uint64_t)reader->incarnation + 1;
}

/* ---- looks ---- */

/*
 * Map the pages of the ring's present writer, unless they are mapped, and have
 * the cap of @reader lifted. Return 0, or an error of map_present() or
 * READER_REJOIN. If is_capped() is true after success, the kernel has lapped
 * @reader, or @reader has found events that a hostile writer has not published:
 * the next read call finds that out, and calls rejoin().
 */
static int follow_writer(struct rring_reader *reader)
{
	struct rring_reader_rejoin args;
	int err;

	do {
		err = map_present(reader);
		/* if it is lapped meanwhile, it is below .gates_from then */
		if (!err && is_capped(reader) && !is_lapped(reader))
			err = ask_to_rejoin(reader, &args);
	} while (err == -ESTALE);
	return err == -EXFULL ? 0 : err;
}

/*
 * Return the head of the ring, whose state is @state. If the ring has a writer,
 * load the head from the mapped pages. If it has none, return .end instead, the
 * position where the kernel has ended the stream, because the last writer, if
 * hostile, may have stored any head.
 */
static uint64_t load_head(const struct rring_reader *reader, uint32_t state)
{
	if (state == RRING_RING_OPEN)
		/* B: pairs with A in rring_writer_advance() */
		return rring_seq_load_acquire(&reader->ring->head);
	return rring_seq_load(&reader->info->end);
}

/*
 * Set *@head to the head of the ring. Set *@ended to 1 if the stream has ended,
 * and to 0 otherwise. If the ring has a new writer, map the pages of this
 * writer first. Return 0, or an error of follow_writer().
 */
static int find_head(struct rring_reader *reader, uint64_t *head, int *ended)
{
	const struct rring_ring_info *info = reader->info;
	uint32_t state;
	int err;

	do {
		err = follow_writer(reader);
		if (err)
			return err;
		/*
		 * P: pairs with O in kring_ring_detach(): when the state is
		 * ENDED or AWAITED, .end is final.
		 */
		state = rring_flag_load_acquire(&info->state);
		*head = load_head(reader, state);
		rring_fence_acquire();
		/* the state and the head may be of two writers: look again */
	} while (rring_unlikely(reader->incarnation !=
				rring_flag_load(&info->incarnation)));
	*ended = state == RRING_RING_ENDED;
	return 0;
}

/*
 * Return what find_head() returns, and set *@head and *@ended as it does. But if
 * @reader must rejoin first, and this fails or returns -ESTALE, return what
 * rejoin() returns.
 */
static int find_present_head(struct rring_reader *reader, uint64_t *head,
			     int *ended)
{
	int err = find_head(reader, head, ended);

	while (!err && is_capped(reader)) {
		err = rejoin(reader);
		if (!err)
			err = find_head(reader, head, ended);
	}
	return err;
}

/*
 * Return 1 if the reader shall rest before it takes the events below @head: it
 * has found a few events, but not many, and a rest is due. Return 0 otherwise,
 * and if the strategy is RRING_WAIT_SPIN.
 */
static int is_close_behind(struct rring_reader *reader, uint64_t head)
{
	if (head <= reader->pos ||
	    head - reader->pos >= ULIB_BACKOFF_DISTANCE ||
	    reader->strategy == RRING_WAIT_SPIN)
		return 0;
	return ulib_backoff_due(&reader->backoff);
}

/*
 * Rest, and then call find_present_head() again. Return what it returns. The
 * rest is useless if the writer is slow, or if this thread is the writer.
 */
static int back_off(struct rring_reader *reader, uint64_t *head, int *ended)
{
	uint32_t steps = ulib_backoff_first(reader->capacity, 1);
	uint64_t before = *head;
	int err;

	ulib_backoff_rest(steps);
	err = find_present_head(reader, head, ended);
	ulib_backoff_judge(&reader->backoff, steps, 1, *head - before);
	return err;
}

/*
 * Set .head to @avail entries above .pos, so that the reader has @avail events.
 * Return @avail, but at most @n, the number that the caller wants.
 */
static long set_head(struct rring_reader *reader, uint64_t avail, uint32_t n)
{
	reader->head = reader->pos + avail;
	return (long)(avail < n ? avail : n);
}

/*
 * Make the @avail events that a look has found readable: set .head to @avail
 * entries above .pos. Return how many the caller gets: @avail, but at most @n.
 * If the program polls this client in the process backend, also raise
 * RRING_READERS_WAIT in the ring's waiters flag, so that the next event makes
 * the poll descriptor ready again. Then make at most @n events readable, and
 * store the number of the other events in .unoffered, so that a later read call
 * comes here, and raises the flag again.
 */
static long offer(struct rring_reader *reader, uint64_t avail, uint32_t n)
{
	reader->unoffered = 0;
	if (!(RRING_LOAD(&reader->slow_look) & ULIB_LOOK_POLLED))
		return set_head(reader, avail, n);
	ulib_poll_next(reader->client, reader->ring_id, RRING_READERS_WAIT);
	if (avail > n)
		reader->unoffered = avail - n;
	return set_head(reader, avail - reader->unoffered, n);
}

static void forget_events(struct rring_reader *reader)
{
	ulib_backoff_skip(&reader->backoff);
	reader->overtaken = 0;
	reader->head = reader->pos;
	reader->unoffered = 0;
}

/* A look has found no event. Return -EAGAIN, or 0 if the caller wants none. */
static long find_nothing(struct rring_reader *reader, uint32_t n)
{
	forget_events(reader);
	if (!n)
		return 0;
	ulib_poll_again(reader->client, POLLIN);
	return -EAGAIN;
}

static long __attribute__((noinline))
look_for_events(struct rring_reader *reader, uint32_t n)
{
	uint64_t head, avail;
	int ended, err;

	if (reader->unoffered && events_found(reader) >= n)
		return offer(reader, events_found(reader), n);
	if (reader->lappable) {
		err = ulib_head_rejoin(reader);
		if (err)
			return err;
	}
	err = find_present_head(reader, &head, &ended);
	if (!err && is_close_behind(reader, head))
		err = back_off(reader, &head, &ended);
	if (!err && reader->pos < reader->gates_from)
		err = look_below_gate(reader, &head);
	if (err)
		return err;
	avail = head > reader->pos ? head - reader->pos : 0;
	err = check_overtaken(reader, head, avail);
	if (err)
		return err;
	if (avail)
		return offer(reader, avail, n);
	if (!ended)
		return find_nothing(reader, n);
	forget_events(reader);
	if (!n)
		return 0;
	note_end(reader);
	return -EPIPE;
}

long rring_peek_slow(struct rring_reader *reader, uint32_t n)
{
	long avail = ulib_head_events(reader);

	if (!avail)
		return find_nothing(reader, n);
	if (avail < 0 || is_close_behind(reader, reader->pos + (uint64_t)avail))
		return look_for_events(reader, n);
	return set_head(reader, (uint64_t)avail, n);
}

/*
 * Move @reader forward to the position that is @keep entries below @head, and
 * release the entries that it skips. Return the number of skipped entries,
 * which is never negative. The caller has found that .pos is below that
 * position.
 */
static long skip_to(struct rring_reader *reader, uint64_t head, uint32_t keep)
{
	uint64_t skipped = head - reader->pos - keep;

	set_position(reader, head - keep);
	reader->head = reader->pos;
	/* this store comes after all uses of the entries that it releases */
	rring_seq_store_release(reader->cursor, reader->pos);
	if (!reader->observer)
		rring_after_release(reader);
	ulib_xxl_unpin(reader, reader->pos);
	return skipped < LONG_MAX ? (long)skipped : LONG_MAX;
}

long rring_reader_skip(struct rring_reader *reader, uint32_t keep)
{
	int err = ulib_release_peeked(reader);
	uint64_t head;
	int ended;

	if (!err && reader->lappable)
		err = ulib_head_rejoin(reader);
	if (!err)
		err = find_present_head(reader, &head, &ended);
	if (err)
		return err;
	if (head <= reader->pos || head - reader->pos <= keep)
		return 0;
	return skip_to(reader, head, keep);
}

uint64_t rring_reader_lag(struct rring_reader *reader)
{
	uint64_t head;
	int ended;

	if (find_head(reader, &head, &ended))
		head = reader->head;
	return head > reader->pos ? head - reader->pos : 0;
}

int ulib_reader_check(struct rring_reader *reader)
{
	uint64_t head;
	int ended, err;

	if (events_found(reader))
		return 0;
	if (!ulib_head_events(reader))
		return -EAGAIN;
	if (reader->lappable && is_lapped(reader))
		return 0;
	err = find_head(reader, &head, &ended);
	if (err)
		return err;
	if (head > reader->pos || is_capped(reader))
		return 0;
	ulib_backoff_skip(&reader->backoff);
	return ended ? -EPIPE : -EAGAIN;
}

/* ---- open and close ---- */

void ulib_head_close(struct rring_reader *reader)
{
	ulib_pages_unmap(reader);
}

int ulib_head_open(struct rring_reader *reader)
{
	int err;

	ulib_backoff_init(&reader->backoff);
	set_position(reader, reader->pos);
	if (reader->lappable && !reader->observer)
		reader->gates_from = start_of(reader);
	err = ulib_pages_map(reader);
	/* a writer may have taken the ring over since @reader has joined */
	if (!err && is_capped(reader))
		err = follow_writer(reader);
	if (err)
		ulib_head_close(reader);
	return err;
}
