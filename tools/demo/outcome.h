/* SPDX-License-Identifier: MPL-2.0 */
/* The result of a run, gathered from the kernel and the actors' files. */
#ifndef DEMO_OUTCOME_H
#define DEMO_OUTCOME_H

#include <stdint.h>

#include "crew.h"
#include "plan.h"
#include "record.h"

struct outcome {
	const struct plan *plan;
	const struct records *records;
	const struct crew *crew;
	const struct stage *stage;
	struct finding finding[ACTORS];
	struct rring_pool_stat stat[RRING_POOLS];
	struct rring_pool_info pool[RRING_POOLS];
	uint64_t deaths;
	uint64_t dead_holds;
};

/*
 * Gather the results. All clients of the run must be gone. Returns 0, or a
 * negative errno after printing the reason.
 */
int outcome_gather(struct outcome *outcome);

void outcome_print(const struct outcome *outcome);

/* Print a line on stderr for each broken guarantee. Returns their number. */
uint32_t outcome_judge(const struct outcome *outcome);

#endif /* DEMO_OUTCOME_H */
