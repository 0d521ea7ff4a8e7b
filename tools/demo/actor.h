/* SPDX-License-Identifier: MPL-2.0 */
/* Actors: processes that hold events, process them and save their position. */
#ifndef DEMO_ACTOR_H
#define DEMO_ACTOR_H

#include <stdint.h>

#include <rusted_ring.h>

#include "record.h"

#define ACTORS		4
#define BATCH		64u	/* most events that an actor holds at once */

/* One record as an actor gets it. */
struct taken {
	uint64_t seq;		/* position of its first event in the ring */
	uint32_t pass;
	uint32_t pieces;
	const struct rring_event *piece;
	const char *text;	/* whole record: in place if it is one piece */
	size_t len;
};

/* Result of the check of an actor's files. */
struct finding {
	uint64_t position;	/* events below are in the actor's state */
	char figure[160];	/* text for the table */
	char fault[160];	/* empty: no fault found */
};

struct actor_kind {
	const char *name;
	/*
	 * Load the state and @position of the last commit. Returns NULL after
	 * printing the reason.
	 */
	void *(*open)(const char *dir, uint64_t *position);
	int (*take)(void *state, const struct taken *taken);
	/* Save state and @position together: a kill leaves both or neither. */
	int (*commit)(void *state, uint64_t position);
	void (*close)(void *state);
	/* Compare the actor's files in @dir with @passes over @records. */
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

/* Run an actor process. Returns its exit status. */
int actor_main(const struct actor_kind *kind, const struct plan *plan,
	       struct actor_stage *stage);

#endif /* DEMO_ACTOR_H */
