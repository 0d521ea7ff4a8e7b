/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RELAY_BOOKMARK_H
#define RELAY_BOOKMARK_H

#include <stdbool.h>

#include <rusted_ring.h>

#include "broker.h"

/*
 * Where in the stream the events of a ring come from. The relay that writes the ring
 * RING also writes RING.relay, a ring of bookmarks: from one position of RING on, its
 * events have successive ids. The relay writes a bookmark before it publishes the first
 * of these events. So the last bookmark and the head of RING tell a successor which
 * entry is next, wherever the relay has died, and no event of RING is changed for that.
 * A bookmark also tells which stream it is about.
 */
struct bookmark {
	struct rring_writer *writer;
	struct rring_reader *reader;	/* keeps the last bookmark in the ring */
	struct rring_writer *ring;	/* RING */
	uint64_t from;			/* position in RING */
	struct broker_id id;		/* of the event there */
	uint64_t stream;		/* a hash of its URL */
	bool valid;			/* there is one for this RING */
	bool moved;			/* and its stream had another URL */
};

#define BOOKMARK_SUFFIX	".relay"
#define BOOKMARK_READER	"rring-relay"	/* name of .reader */

/*
 * Find the last bookmark of @ring, whose name is @name, for the stream of the URL @text.
 * Another error than that there is none ends the program; so does a bookmark of another
 * URL unless @moved.
 */
void bookmark_open(struct bookmark *bookmark, struct rring_writer *ring,
		   const char *name, const char *text, bool moved);

/* The id of the entry that comes next: valid only if .valid. */
struct broker_id bookmark_next(const struct bookmark *bookmark);

/* The next event in the ring will be that of @id. */
void bookmark_set(struct bookmark *bookmark, struct broker_id id);

#endif /* RELAY_BOOKMARK_H */
