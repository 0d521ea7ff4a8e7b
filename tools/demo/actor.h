/* SPDX-License-Identifier: MPL-2.0 */
/* Actors: processes that hold events, process them and remember how far. */
#ifndef DEMO_ACTOR_H
#define DEMO_ACTOR_H

#include <stdint.h>

#include <rusted_ring.h>

#include "record.h"

#define ACTORS		4
#define BATCH		64u	/* events an actor holds at once, at most */

/* One record as an actor gets it. */
struct taken {
	uint64_t seq;		/* of its first event: the ring's position */
	uint32_t pass;
	uint32_t pieces;
	const struct rring_event *piece;
	const char *text;	/* all of the record: in place if one piece */
	size_t len;
};

/* What a check of an actor's work found. */
struct finding {
	uint64_t position;	/* events below are in its state */
	char figure[160];	/* for the table */
	char fault[160];	/* empty: all is right */
};

struct actor_kind {
	const char *name;
	/* State as it was at its last commit; NULL after saying why not. */
	void *(*open)(const char *dir, uint64_t *position);
	int (*take)(void *state, const struct taken *taken);
	/* State and @position become durable together, or neither does. */
	int (*commit)(void *state, uint64_t position);
	void (*close)(void *state);
	/* Compare what is in @dir with @passes over @records. */
	void (*check)(const char *dir, const struct records *records,
		      uint32_t passes, struct finding *finding);
};

extern const struct actor_kind database;
extern const struct actor_kind search;
extern const struct actor_kind analytics;
extern const struct actor_kind audit;
extern const struct actor_kind *const actor_kinds[ACTORS];

struct plan;
struct actor_stage;

/* The life of an actor process: its exit status. */
int actor_main(const struct actor_kind *kind, const struct plan *plan,
	       struct actor_stage *stage);

#endif /* DEMO_ACTOR_H */
