// SPDX-License-Identifier: MPL-2.0
/*
 * From a ring to a stream.
 *
 * Each entry is appended under the epoch of the ring and its position there. The
 * broker refuses an id that it has had, or had a higher one than. So what was sent
 * twice is in the stream once, and the last id of the stream says where to go on.
 *
 * After each new connection, and after each answer that is not an acknowledgment:
 *
 * 1. The relay asks for the last id. An id of a later ring, or of an event that the
 *    ring has not had, is an error.
 * 2. Entries that the stream has, but that were not acknowledged, are compared with
 *    those of the ring. If others have written one of them, this is an error. If one is
 *    not there, it was there: the broker appends nothing after what it has refused. It
 *    was trimmed, if nothing older is there; else somebody has removed it, and this is told.
 * 3. What the stream has lost is sent again, as far as the ring still has it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../rring/output/report.h"
#include "session.h"
#include "source.h"

#define BATCH_BYTES	(1u << 20)	/* after so many the batch ends */
#define COMPARED	1024		/* entries that are compared at a time */

struct out {
	struct relay *relay;
	struct source source;
	uint64_t next;		/* position of the entry that is sent next */
	uint64_t top;		/* behind all positions that were sent */
	uint64_t begin;		/* position that is relayed first: 0, or where a
				 * new reader began
				 */
	uint64_t *sent;		/* positions that are not acknowledged, circular */
	uint32_t first;
	uint32_t n;
	uint32_t batches;	/* that these are in */
	size_t bytes;		/* of the batch that is being filled */
	uint64_t end;		/* after a signal: relay what is below */
	bool ready;		/* where to go on is known */
	bool ending;
	bool ended;		/* the stream of the ring */
};

/* ---- gaps ---- */

static void tell_gap(const struct out *out, uint64_t end, const char *what)
{
	warn("positions %" PRIu64 " to %" PRIu64 " of the ring '%s' %s",
	     out->next, end - 1, out->relay->ring, what);
}

/*
 * The next entry is at @position: those before it are neither in the stream nor in the
 * ring. A ring that overwrites is expected to lose events, so the first gap is told,
 * and all are counted.
 */
static void note_gap(struct out *out, uint64_t position)
{
	struct counts *counts = &out->relay->counts;
	uint64_t n = position - out->next;

	if (out->source.copies) {
		if (!counts->lost)
			tell_gap(out, position, "were overwritten before they were relayed; this and what follows is counted");
		counts->lost += n;
		return;
	}
	tell_gap(out, position, out->relay->skip_missing ?
		 "are missing: neither the stream nor the ring has them" :
		 "are missing: neither the stream nor the ring has them; --skip-missing goes on without them");
	counts->missing += n;
	if (!out->relay->skip_missing)
		exit(STATUS_LOST);
}

/* ---- send ---- */

static int send(struct out *out, const struct broker_entry *entry)
{
	struct relay *relay = out->relay;
	uint64_t position = entry->id.position;
	uint32_t last = (out->first + out->n++) % relay->window;

	if (position > out->next)
		note_gap(out, position);
	out->sent[last] = position;
	out->next = position + 1;
	out->bytes += entry->len;
	relay->counts.sent++;
	relay->counts.empty += entry->empty;
	if (position < out->top)
		relay->counts.repeated++;
	else
		out->top = position + 1;
	return relay->broker->ops->append(relay->broker, entry);
}

/* A batch has half of the window: while it is on its way, the next one is filled. */
static uint32_t room(const struct out *out)
{
	const struct relay *relay = out->relay;
	uint32_t half = (relay->window + 1) / 2;
	uint32_t room = relay->window - out->n;

	if (room > half)
		room = half;
	return room < relay->batch ? room : relay->batch;
}

/* After a signal only what the ring had by then is relayed. */
static bool is_behind_end(const struct out *out)
{
	return out->ending && out->next >= out->end;
}

/* Send a batch, as far as there are entries. Returns how many, or an error. */
static int fill(struct out *out)
{
	struct broker *broker = out->relay->broker;
	uint32_t n = 0, most = room(out);
	struct broker_entry entry;
	int error = 0, state;

	out->source.time = session_time();
	out->bytes = 0;
	while (!error && n < most && out->bytes < BATCH_BYTES &&
	       !is_behind_end(out)) {
		state = source_next(&out->source, out->next, &entry);
		out->ended = state == SOURCE_ENDED;
		if (state)
			break;
		error = send(out, &entry);
		n++;
	}
	if (n && !error)
		error = broker->ops->commit(broker);
	out->batches += !!n;
	return error ? error : (int)n;
}

/* The broker has the oldest of the entries that were sent. */
static void acknowledge(struct out *out)
{
	source_acknowledge(&out->source, out->sent[out->first]);
	out->first = (out->first + 1) % out->relay->window;
	out->n--;
	out->relay->counts.acknowledged++;
}

/* Wait for the oldest batch. Returns 0 or an error. */
static int take_acknowledgment(struct out *out)
{
	struct broker *broker = out->relay->broker;
	int n = broker->ops->acknowledged(broker);

	if (n < 0)
		return n;
	out->batches--;
	while (n--)
		acknowledge(out);
	session_goes_on(out->relay);
	return 0;
}

/* Give up what was sent: resume() looks how much of it the stream has. */
static void forget_sent(struct out *out, int error)
{
	struct broker *broker = out->relay->broker;

	out->ready = false;
	out->n = 0;
	out->first = 0;
	out->batches = 0;
	if (error != BROKER_FAULT && broker->ops->forget(broker))
		out->relay->counts.connected = false;
}

/* ---- where to go on ---- */

enum comparison { UNLIKE = 1, ABSENT };

static bool is_like(const struct broker_entry *ours,
		    const struct broker_entry *theirs)
{
	return theirs->empty == ours->empty && theirs->type == ours->type &&
	       theirs->len == ours->len &&
	       (!ours->len || !memcmp(theirs->data, ours->data, ours->len));
}

/* Handler of a broker: is the entry that of the ring, where the reader stands? */
static int compare(void *context, const struct broker_entry *theirs)
{
	struct out *out = context;
	uint64_t position = source_position(&out->source);
	struct broker_entry ours;

	if (theirs->id.position != position)
		return ABSENT;
	if (source_next(&out->source, position, &ours) ||
	    !is_like(&ours, theirs))
		return UNLIKE;
	source_acknowledge(&out->source, position);
	out->relay->counts.acknowledged++;
	return 0;
}

/* How many entries from where the reader stands up to @end are of a moderate size. */
static uint32_t moderate(struct out *out, uint64_t end)
{
	uint64_t position = source_position(&out->source);
	struct broker_entry entry;
	size_t bytes = 0;
	uint32_t n = 0;

	while (n < COMPARED && bytes < BATCH_BYTES && position + n < end &&
	       !source_next(&out->source, position + n, &entry)) {
		bytes += entry.len;
		n++;
	}
	return n;
}

static int take_id(void *context, const struct broker_entry *entry)
{
	*(struct broker_id *)context = entry->id;
	return 0;
}

/* The entry at @position is not in the stream, but was there. */
static void note_removed(struct out *out, uint64_t position)
{
	struct relay *relay = out->relay;

	warn("%s: the entry %" PRIu64 "-%" PRIu64 " is not there, but older ones are: somebody has removed it%s",
	     relay->url.text, out->source.epoch, position,
	     relay->skip_missing ? "" : "; --skip-missing goes on without it");
	relay->counts.missing++;
	if (!relay->skip_missing)
		exit(STATUS_LOST);
	source_acknowledge(&out->source, position);
}

/*
 * The stream, whose last id is before @end, does not have the entry where the reader
 * stands. It had all that are older than the oldest one that it has. Returns 0 or an
 * error.
 */
static int pass_absent(struct out *out, uint64_t end)
{
	const struct broker_id last = { UINT64_MAX, UINT64_MAX };
	struct broker *broker = out->relay->broker;
	struct broker_id oldest = last;
	struct source *source = &out->source;
	int error = broker->ops->range(broker, (struct broker_id) { 0 }, last, 1,
				       take_id, &oldest);

	if (error)
		return error;
	if (oldest.epoch == source->epoch && oldest.position < end)
		end = oldest.position;
	if (oldest.epoch < source->epoch || end <= source_position(source))
		note_removed(out, source_position(source));
	else
		while (source_position(source) < end) {
			source_acknowledge(source, source_position(source));
			out->relay->counts.acknowledged++;
		}
	return 0;
}

/* Compare some entries, from where the reader stands. Returns 0 or an error. */
static int confirm(struct out *out, uint64_t end)
{
	struct broker *broker = out->relay->broker;
	uint64_t position = source_position(&out->source);
	struct broker_id first = { out->source.epoch, position };
	struct broker_id last = { out->source.epoch, end - 1 };
	int result = broker->ops->range(broker, first, last, moderate(out, end),
					compare, out);

	if (result == UNLIKE)
		fail("%s: the entry %" PRIu64 "-%" PRIu64 " is not that of the ring '%s': others write to this stream",
		     out->relay->url.text, first.epoch,
		     source_position(&out->source), out->relay->ring);
	if (result == ABSENT ||
	    (!result && source_position(&out->source) == position))
		result = pass_absent(out, end);
	return result;
}

/*
 * The stream has had ids up to @end. Go on behind those of its entries at which the
 * reader stands, and behind them. Returns 0 or an error.
 */
static int confirm_all(struct out *out, uint64_t end)
{
	struct source *source = &out->source;
	int error = 0;

	source_seek(source, source_position(source));
	while (!error && source_position(source) < end)
		error = confirm(out, end);
	out->next = source_position(source);
	return error;
}

/* The stream's last id is of this ring. */
static void check_last(const struct out *out, uint64_t position)
{
	uint64_t head = source_head(&out->source);

	if (position >= head)
		fail("%s: the last entry is at position %" PRIu64 ", and the ring '%s' has %" PRIu64 " so far: it is not this ring's stream",
		     out->relay->url.text, position, out->relay->ring, head);
}

/* The position from which on the stream has nothing. */
static uint64_t wanted(const struct out *out, struct broker_id last)
{
	if (last.epoch == out->source.epoch)
		return last.position + 1;
	return out->begin;
}

static int resume(struct out *out)
{
	struct broker *broker = out->relay->broker;
	struct source *source = &out->source;
	struct broker_id last;
	uint64_t entries;
	int error = broker->ops->last(broker, &last, &entries);

	if (error)
		return error;
	if (last.epoch > source->epoch)
		fail("%s: the last entry is of a later ring (%" PRIu64 ") than '%s' is (%" PRIu64 "): give another stream",
		     out->relay->url.text, last.epoch, out->relay->ring,
		     source->epoch);
	if (last.epoch == source->epoch)
		check_last(out, last.position);
	out->next = wanted(out, last);
	if (!source->copies && out->next > source_position(source))
		error = confirm_all(out, out->next);
	else
		source_seek(source, out->next);
	out->ready = !error;
	return error;
}

/* ---- all ---- */

/* All that the ring has is in the stream: what follows is a new trouble, if any. */
static void rest(struct out *out)
{
	struct broker *broker = out->relay->broker;

	session_goes_on(out->relay);
	source_wait(&out->source);
	if (!broker->ops->has_hung_up(broker))
		return;
	out->ready = false;
	out->relay->counts.connected = false;
}

static int pump(struct out *out)
{
	int n = fill(out);

	if (n < 0)
		return n;
	if (out->batches == 2 || (out->batches && !n))
		return take_acknowledgment(out);
	if (!n && !(out->ended && out->relay->until_end))
		rest(out);
	return 0;
}

static int step(struct out *out)
{
	struct relay *relay = out->relay;
	int error = relay->counts.connected ? 0 : session_connect(relay);

	if (!error)
		error = out->ready ? pump(out) : resume(out);
	return error;
}

/* After a signal the relay still relays what the ring has by then. */
static bool is_done(struct out *out)
{
	if (!session_is_over())
		return out->ended && out->relay->until_end && out->ready &&
		       !out->n;
	if (!out->ending)
		out->end = source_head(&out->source);
	out->ending = true;
	return out->ready && !out->n && is_behind_end(out);
}

static void tell(struct out *out)
{
	struct relay *relay = out->relay;

	if (!relay->metrics)
		return;
	relay->counts.lag = source_head(&out->source) -
			    source_position(&out->source) +
			    (out->source.copies ? out->n : 0);
	session_tell(relay);
}

/* Returns false if the relay cannot relay all, as the broker is away. */
static bool relay_all(struct out *out)
{
	int error = 0;

	while (!is_done(out)) {
		if (error && session_is_over())
			return false;
		error = step(out);
		if (error)
			forget_sent(out, error);
		if (error == BROKER_REPEATED)
			error = 0;
		if (error)
			session_pause(out->relay, error);
		tell(out);
	}
	return true;
}

static int finish(struct out *out, bool complete)
{
	const struct counts *counts = &out->relay->counts;
	uint64_t left = source_head(&out->source) -
			source_position(&out->source);

	tell(out);
	session_end(out->relay);
	source_close(&out->source);
	free(out->sent);
	if (!complete)
		fail("%s: %s; the ring keeps %" PRIu64 " events that are not relayed",
		     out->relay->url.text, out->relay->broker->why, left);
	if (counts->lost)
		warn("%" PRIu64 " events of the ring '%s' were overwritten before they were relayed",
		     counts->lost, out->relay->ring);
	return counts->lost || counts->missing ? STATUS_LOST : STATUS_DONE;
}

int out_run(struct relay *relay)
{
	struct out out = { .relay = relay };

	out.sent = must(calloc(relay->window, sizeof(*out.sent)));
	source_open(&out.source, relay);
	session_begin(relay);
	if (out.source.is_new)
		out.begin = source_position(&out.source);
	if (out.begin)
		warn("the ring '%s' has events from position %" PRIu64 " on: the relay begins there",
		     relay->ring, out.begin);
	return finish(&out, relay_all(&out));
}
