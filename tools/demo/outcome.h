/* SPDX-License-Identifier: MPL-2.0 */
/* What a run came to: gathered from the kernel and the actors' files. */
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

/* Look at everything; all clients of the run are gone. */
int outcome_gather(struct outcome *outcome);

void outcome_print(const struct outcome *outcome);

/* How many promises were broken; each is named in a line. */
uint32_t outcome_judge(const struct outcome *outcome);

#endif /* DEMO_OUTCOME_H */
