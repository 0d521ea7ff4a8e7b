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
 *    not there, but a later one is, the broker refused one in the middle, as its memory
 *    was full for a moment: those behind it are taken back, and sent again.
 * 3. What the stream has lost is sent again, as far as the ring still has it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../rring/output/report.h"
#include "session.h"
#include "source.h"

struct out {
	struct relay *relay;
	struct source source;
	uint64_t next;		/* position of the entry that is sent next */
	uint64_t begin;		/* position where a new reader began */
	uint64_t *sent;		/* positions that are not acknowledged, circular */
	uint32_t first;
	uint32_t n;
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
	if (!out->relay->skip_missing) {
		session_tell(out->relay, true);
		exit(STATUS_LOST);
	}
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
	relay->counts.sent++;
	relay->counts.empty += entry->empty;
	relay->counts.repeated += position < source_position(&out->source);
	return relay->broker->ops->append(relay->broker, entry);
}

/* Send what the window has room for, up to a batch. Returns how many, or an error. */
static int fill(struct out *out)
{
	const struct relay *relay = out->relay;
	struct broker_entry entry;
	uint32_t n = 0;
	int error = 0, state;

	out->source.time = session_time();
	while (!error && n < relay->batch && out->n < relay->window) {
		state = source_next(&out->source, out->next, &entry);
		out->ended = state == SOURCE_ENDED;
		if (state)
			break;
		error = send(out, &entry);
		n++;
	}
	return error ? error : (int)n;
}

/*
 * Wait for acknowledgments, and take those that are there. After a full window wait for
 * half of it, so that the next entries are sent together. Returns 0 or an error.
 */
static int take_acknowledgments(struct out *out)
{
	struct relay *relay = out->relay;
	struct broker *broker = relay->broker;
	uint32_t enough = out->n < relay->window ? out->n - 1 :
						   relay->window / 2;
	int result = broker->ops->acknowledged(broker, true);

	while (result == 1) {
		source_acknowledge(&out->source, out->sent[out->first]);
		out->first = (out->first + 1) % relay->window;
		out->n--;
		relay->counts.acknowledged++;
		session_goes_on(relay);
		result = !out->n ? 0 :
			 broker->ops->acknowledged(broker, out->n > enough);
	}
	return result;
}

/*
 * @error is no acknowledgment: forget what was sent after it. If there is still a
 * connection, wait for the answers to that.
 */
static void forget_sent(struct out *out, int error)
{
	struct broker *broker = out->relay->broker;
	int result = error;
	uint32_t n;

	/* the first of them has had its answer */
	for (n = 1; n < out->n && result != BROKER_AWAY; n++)
		result = broker->ops->acknowledged(broker, true);
	out->n = 0;
	out->first = 0;
	out->relay->counts.connected &= result != BROKER_AWAY;
}

/* ---- where to go on ---- */

enum likeness { LIKE = 1, UNLIKE };

/* Handler of a broker: is it the same entry? */
static int compare(void *context, const struct broker_entry *theirs)
{
	const struct broker_entry *ours = context;

	return theirs->empty == ours->empty && theirs->type == ours->type &&
	       theirs->len == ours->len &&
	       (!ours->len || !memcmp(theirs->data, ours->data, ours->len)) ?
	       LIKE : UNLIKE;
}

/*
 * The stream has an id at @position or above, which is where the reader stands. Go on
 * behind the entry if the stream has it, else from it on. Returns 0 or an error.
 */
static int confirm(struct out *out, uint64_t position)
{
	struct broker *broker = out->relay->broker;
	struct broker_entry entry;
	int result;

	if (source_next(&out->source, position, &entry))
		return 0;
	result = broker->ops->find(broker, entry.id, compare, &entry);
	if (result == UNLIKE)
		fail("%s: the entry %" PRIu64 "-%" PRIu64 " is not that of the ring '%s': others write to this stream",
		     out->relay->url.text, entry.id.epoch, entry.id.position,
		     out->relay->ring);
	if (result == LIKE) {
		source_acknowledge(&out->source, position);
		out->relay->counts.acknowledged++;
		return 0;
	}
	return result ? result : broker->ops->take_back(broker, entry.id);
}

static int confirm_all(struct out *out, uint64_t end)
{
	struct source *source = &out->source;
	uint64_t position;
	int error = 0;

	source_seek(source, source_position(source));
	while (!error && source_position(source) < end) {
		position = source_position(source);
		error = confirm(out, position);
		if (source_position(source) == position)
			break;
	}
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
	return out->source.is_new ? out->begin : 0;
}

static int resume(struct out *out)
{
	struct broker *broker = out->relay->broker;
	struct source *source = &out->source;
	struct broker_id last;
	int error = broker->ops->last(broker, &last);

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

static void rest(struct out *out)
{
	struct broker *broker = out->relay->broker;

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
	if (out->n && (!n || out->n == out->relay->window))
		return take_acknowledgments(out);
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
	return out->ready && !out->n && out->next >= out->end;
}

static void tell(struct out *out)
{
	struct relay *relay = out->relay;

	if (!relay->metrics)
		return;
	relay->counts.lag = source_head(&out->source) -
			    source_position(&out->source) +
			    (out->source.copies ? out->n : 0);
	session_tell(relay, false);
}

/* Returns false if the relay cannot relay all, as the broker is away. */
static bool relay_all(struct out *out)
{
	int error = 0;

	while (!is_done(out)) {
		if (error && session_is_over())
			return false;
		error = step(out);
		if (error) {
			out->ready = false;
			forget_sent(out, error);
		}
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
	uint64_t left = source_head(&out->source) - out->next;

	tell(out);
	session_tell(out->relay, true);
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
	session_begin();
	out.begin = source_position(&out.source);
	if (out.source.is_new && out.begin)
		warn("the ring '%s' has events from position %" PRIu64 " on: the relay begins there",
		     relay->ring, out.begin);
	return finish(&out, relay_all(&out));
}
