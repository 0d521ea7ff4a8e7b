/* SPDX-License-Identifier: MPL-2.0 */
/* What both directions of a relay share. */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include <rusted_ring.h>

#include "broker.h"
#include "counts.h"
#include "url.h"

struct relay {
	/* as the user gives them */
	const char *arena;	/* NULL: `default', or that of the descriptor */
	const char *ring;
	struct url url;
	const char *name;	/* out: of the reader */
	uint32_t window;	/* out: entries that are not yet acknowledged */
	uint32_t batch;		/* entries at a time */
	uint64_t most;		/* out: entries that the stream keeps; 0: all */
	const char *metrics;	/* file; NULL: none */
	bool wait;		/* for ring and broker, at the beginning */
	bool until_end;		/* out: end with the stream of the ring */
	bool skip_missing;
	bool moved;		/* in: the stream has another URL than before */
	uint32_t patience;	/* in: seconds until a position is missing */
	struct rring_ring_config config;	/* in: of a new ring */

	struct broker *broker;
	struct counts counts;
	struct counts_about about;

	/* of session.c */
	uint64_t written;	/* when .metrics were written */
	uint32_t pause;		/* ms until the next try; 0: no trouble */
};

/* Do what the arguments say. Returns a STATUS_. */
int relay_run(int argc, char **argv);

/*
 * Relay the events of a ring to a stream, or those of a stream to a ring, until a
 * signal or an error ends the relay. Return a STATUS_.
 */
int out_run(struct relay *relay);
int in_run(struct relay *relay);

#endif /* RELAY_RELAY_H */
