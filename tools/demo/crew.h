/* SPDX-License-Identifier: MPL-2.0 */
/* The child processes of a run, and their killing. */
#ifndef DEMO_CREW_H
#define DEMO_CREW_H

#include <stdint.h>
#include <sys/types.h>

#include "actor.h"
#include "stage.h"

struct plan;

struct member {
	const char *name;
	pid_t pid;		/* 0: not running */
	uint32_t done;		/* ended by itself, well */
	uint32_t kills;
	uint32_t restarts;
	uint32_t stopping;	/* SIGSTOP is on its way */
	uint32_t killed_in[PHASES];
	uint64_t held;		/* events it held when killed, all together */
};

struct crew {
	const struct plan *plan;
	struct stage *stage;
	int arena;		/* descriptor, for the parent alone */
	struct member producer;
	struct member actor[ACTORS];
	double seconds;		/* from the first event to the last exit */
};

/* Run all to the end of the stream. 0, or a negative errno after saying why. */
int crew_run(struct crew *crew);

uint32_t crew_kills(const struct crew *crew);
uint64_t crew_held(const struct crew *crew);

/* Events that all actors have committed. */
uint64_t stage_position(const struct stage *stage);

#endif /* DEMO_CREW_H */
