/* SPDX-License-Identifier: MPL-2.0 */
/* The child processes of a run: start, kill, restart. */
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
	uint32_t done;		/* 1: exited with status 0 */
	uint32_t kills;
	uint32_t restarts;
	uint32_t stopping;	/* 1: SIGSTOP sent, stop not yet seen */
	uint32_t killed_in[PHASES];
	uint64_t held;		/* events that it held when killed, summed */
};

struct crew {
	const struct plan *plan;
	struct stage *stage;
	int arena;		/* descriptor; the children close it */
	struct member producer;
	struct member actor[ACTORS];
	double seconds;		/* from the go to publish to the last exit */
};

/*
 * Run all children to the end of the stream. Returns 0, or a negative errno
 * after printing the reason. No child is left in either case.
 */
int crew_run(struct crew *crew);

uint32_t crew_kills(const struct crew *crew);
uint64_t crew_held(const struct crew *crew);

/* Returns the number of events that every actor has committed. */
uint64_t stage_position(const struct stage *stage);

#endif /* DEMO_CREW_H */
