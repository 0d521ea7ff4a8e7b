// SPDX-License-Identifier: MPL-2.0
/*
 * The loop that all actors share. The steps of a batch are
 *
 *	hold the events -> process them in place -> commit state and position
 *	-> drop the holds -> release the cursor
 *
 * so that the cursor, which the kernel keeps under the reader's name, is never
 * beyond the checkpoint. An actor that is killed before the commit starts again
 * from its old state and gets the batch again. An actor that is killed after
 * the commit gets the batch again and skips it.
 */
#include "actor.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "complaint.h"
#include "plan.h"
#include "stage.h"

const struct actor_kind *const actor_kinds[ACTORS] = {
	&database, &search, &analytics, &audit,
};

#define END 1	/* end of stream: all events are processed */

struct actor {
	const struct actor_kind *kind;
	struct actor_stage *stage;
	struct rring_client *client;
	struct rring_reader *reader;
	void *state;
	uint64_t position;	/* of the checkpoint */
	struct rring_event event[BATCH];
	char record[PIECE_MAX * PIECES_MAX];	/* copy, if several pieces */
};

static void pause_ms(long ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

/* Enter @phase. Stop there if the supervisor has ordered that. */
static void enter(struct actor *actor, enum phase phase)
{
	struct actor_stage *stage = actor->stage;

	RRING_STORE_RELEASE(&stage->phase, phase);
	if (phase != PHASE_IDLE && phase == stage->stop_phase &&
	    actor->position >= stage->stop_from)
		raise(SIGSTOP);
}

static int failed(const struct actor *actor, int err, const char *what)
{
	complain(-err, "%s: %s at event %" PRIu64, actor->kind->name, what,
		 rring_reader_position(actor->reader));
	return err;
}

/*
 * Join the ring under the actor's name. The name is busy until the kernel has
 * cleaned up after the killed predecessor. A process that reads its files in
 * /proc may delay that, so retry for 5 s. Returns 0, or a negative errno after
 * printing the reason.
 */
static int join(struct actor *actor)
{
	const struct rring_reader_config config = {
		.ring_name = RING_NAME,
		.name = actor->kind->name,
		.start = RRING_START_OLDEST,
	};
	uint64_t deadline = rring_deadline(5000000000ull);
	int err;

	for (;;) {
		err = rring_reader_open(actor->client, &config,
					&actor->reader);
		if (err != -EBUSY || rring_deadline(0) > deadline)
			break;
		pause_ms(1);
	}
	if (err)
		complain(-err, "%s: cannot join ring %s", actor->kind->name,
			 RING_NAME);
	return err;
}

/* Hold the first @n peeked events. */
static int keep(struct actor *actor, uint32_t n)
{
	uint32_t i;
	int err;

	for (i = 0; i < n; i++) {
		err = rring_keep(actor->reader, &actor->event[i]);
		if (err)
			return failed(actor, err, "cannot hold");
	}
	RRING_STORE_RELEASE(&actor->stage->held, n);
	return 0;
}

/*
 * Drop the first @n events. .held becomes 0 before the first drop, so that the
 * supervisor never counts an event that is already dropped.
 */
static int drop(struct actor *actor, uint32_t n)
{
	uint32_t i;
	int err;

	RRING_STORE_RELEASE(&actor->stage->held, 0);
	for (i = 0; i < n; i++) {
		err = rring_drop(actor->client, &actor->event[i]);
		if (err)
			return failed(actor, err, "cannot drop");
	}
	return 0;
}

/*
 * Read the entries of @n peeked events. Returns how many of these form complete
 * records, or a negative errno after printing the reason.
 */
static long complete(struct actor *actor, uint32_t n)
{
	uint32_t i, whole = 0;
	int err;

	for (i = 0; i < n; i++) {
		struct rring_event *event = &actor->event[i];

		err = rring_entry(actor->reader, i, event);
		if (err)
			return failed(actor, err, "cannot read the entry");
		if (event_piece(event->event_type) != PIECE_MORE)
			whole = i + 1;
	}
	return whole;
}

/*
 * Describe in @taken the record whose first piece is event @i. A record of
 * several pieces is copied to actor->record.
 */
static void take_apart(struct actor *actor, uint32_t i, struct taken *taken)
{
	const struct rring_event *piece = &actor->event[i];

	taken->seq = rring_reader_position(actor->reader) + i;
	taken->pass = event_pass(piece->event_type);
	taken->pieces = 1;
	taken->piece = piece;
	taken->text = piece->data;
	taken->len = piece->len;
	if (event_piece(piece->event_type) == PIECE_WHOLE)
		return;
	taken->text = actor->record;
	memcpy(actor->record, piece->data, piece->len);
	while (event_piece(piece->event_type) == PIECE_MORE &&
	       taken->len + piece[1].len <= sizeof(actor->record)) {
		piece++;
		memcpy(actor->record + taken->len, piece->data, piece->len);
		taken->len += piece->len;
		taken->pieces++;
	}
}

static int process(struct actor *actor, uint32_t n)
{
	struct taken taken;
	uint32_t i;
	int err;

	enter(actor, PHASE_WORK);
	for (i = 0; i < n; i += taken.pieces) {
		take_apart(actor, i, &taken);
		err = actor->kind->take(actor->state, &taken);
		if (err)
			return err;
	}
	err = actor->kind->commit(actor->state, actor->position + n);
	if (err)
		return err;
	actor->position += n;
	RRING_STORE(&actor->stage->position, actor->position);
	enter(actor, PHASE_COMMITTED);
	return 0;
}

static int release(struct actor *actor, uint32_t n)
{
	int err = rring_release(actor->reader, n);

	return err ? failed(actor, err, "cannot release") : 0;
}

static int batch(struct actor *actor, uint32_t n)
{
	long whole = complete(actor, n);
	int err;

	if (whole < 0)
		return (int)whole;
	if (!whole) {
		/* the producer has published only a part of the record */
		pause_ms(1);
		return 0;
	}
	n = (uint32_t)whole;
	err = keep(actor, n);
	if (!err)
		err = process(actor, n);
	if (!err)
		err = drop(actor, n);
	if (err)
		return err;
	enter(actor, PHASE_IDLE);
	return release(actor, n);
}

/* Release the events that a predecessor committed but did not release. */
static int skip(struct actor *actor, uint32_t n)
{
	uint64_t known = actor->position - rring_reader_position(actor->reader);

	if (known > n)
		known = n;
	actor->stage->repeated += known;
	return release(actor, (uint32_t)known);
}

/*
 * Wait, skip, or process a batch. Returns 0 if there may be more, END, or a
 * negative errno after printing the reason.
 */
static int step(struct actor *actor)
{
	long n = rring_peek(actor->reader, BATCH);
	int err;

	if (n == -EAGAIN) {
		err = rring_wait_readable(actor->reader, RRING_FOREVER);
		/* the next rring_peek() tells why the wait ended */
		if (!err || err == -EINTR || err == -EPIPE)
			return 0;
		return failed(actor, err, "cannot wait");
	}
	if (n == -EPIPE)
		return END;
	if (n < 0)
		return failed(actor, (int)n, "cannot look at the ring");
	if (rring_reader_position(actor->reader) > actor->position)
		return failed(actor, -ENODATA, "events are lost");
	if (rring_reader_position(actor->reader) < actor->position)
		return skip(actor, (uint32_t)n);
	return batch(actor, (uint32_t)n);
}

static int run(struct actor *actor)
{
	int err;

	do {
		err = step(actor);
	} while (!err);
	if (err != END)
		return err;
	/* end of stream: let the kernel forget the name */
	rring_reader_close(actor->reader, 1);
	return 0;
}

int actor_main(const struct actor_kind *kind, const struct plan *plan,
	       struct actor_stage *stage)
{
	static struct actor actor;
	int err;

	actor.kind = kind;
	actor.stage = stage;
	actor.state = kind->open(plan->dir, &actor.position);
	if (!actor.state)
		return EXIT_FAILURE;
	RRING_STORE(&stage->position, actor.position);
	err = rring_open(&actor.client, plan->arena, RRING_CONSUMER,
			 RRING_SINGLE_THREADED);
	if (err) {
		complain(-err, "%s: cannot attach to arena %s", kind->name,
			 plan->arena);
		return EXIT_FAILURE;
	}
	err = join(&actor);
	if (!err) {
		RRING_STORE_RELEASE(&stage->joined, 1);
		err = run(&actor);
	}
	rring_close(actor.client);
	kind->close(actor.state);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
