/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RELAY_SOURCE_H
#define RELAY_SOURCE_H

#include "relay.h"

/*
 * The ring that a relay reads.
 *
 * A ring that waits for its readers has a reader with a name. It releases an entry
 * only after the broker has acknowledged it, so that what is lost on the way is still
 * in the ring. In a ring that overwrites, or laps its readers, no entry is safe: the
 * source copies it and releases it at once (.copies).
 *
 * A reader that is new in the ring has another name at first, NAME.begun. A successor
 * that finds this name knows that the stream has perhaps nothing of this ring, and that
 * the events below its position were never to be relayed. With the first acknowledgment
 * the reader gets its name, at the same position, before it gives up the first one.
 *
 * If the broker has lost what it had acknowledged, an observer reads once more what
 * the ring has below the reader (.again).
 */
struct source {
	struct rring_client *client;
	struct rring_reader *reader;
	struct rring_reader *again;	/* or NULL */
	const char *ring;
	const char *name;	/* of the reader; NULL: an observer */
	char begun[RRING_NAME_MAX];	/* NAME.begun */
	bool copies;
	bool is_new;		/* no earlier reader had this name */
	uint64_t epoch;
	uint64_t time;		/* what source_next() gives to entries */
	char *copy;
	size_t room;
};

#define SOURCE_BEGUN	".begun"	/* after the name of a reader, until it settles */

/* What source_next() returns beside 0, when there is no entry. */
enum source_state {
	SOURCE_DRY = 1,		/* now */
	SOURCE_ENDED,		/* the stream of the ring has ended */
};

/* Join the ring. An error ends the program. */
void source_open(struct source *source, const struct relay *relay);

/* Leave the ring, which keeps the name and its position. */
void source_close(struct source *source);

/* The position of the first entry that is not released. */
uint64_t source_position(const struct source *source);

/* The position that the next entry will get. */
uint64_t source_head(const struct source *source);

/*
 * Read on at @position, also below source_position(), as far as the ring still has
 * it: the next entry may be a later one.
 */
void source_seek(struct source *source, uint64_t position);

/*
 * Describe the entry at @position in @entry or, if there is none any more, a later
 * one. Its data are valid until the next call. Returns 0 or a source_state.
 */
int source_next(struct source *source, uint64_t position,
		struct broker_entry *entry);

/* The broker has the entry at @position. */
void source_acknowledge(struct source *source, uint64_t position);

/* Sleep until there is an entry, a signal comes, or it is time to look around. */
void source_wait(struct source *source);

#endif /* RELAY_SOURCE_H */
