// SPDX-License-Identifier: MPL-2.0
/* Gather the result of a run, and judge it. */
#include "outcome.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "complaint.h"

static int gather_pools(struct outcome *outcome, struct rring_client *client)
{
	int i, err;

	for (i = 0; i < RRING_POOLS; i++) {
		err = rring_pool_stat(client, (enum rring_class)i,
				      RRING_STAT_SWEEP, &outcome->stat[i]);
		if (err) {
			complain(-err, "cannot read the state of pool %d", i);
			return err;
		}
	}
	memcpy(outcome->pool, client->arena->pool, sizeof(outcome->pool));
	outcome->deaths = client->arena->deaths;
	outcome->dead_holds = client->arena->dead_holds;
	return 0;
}

int outcome_gather(struct outcome *outcome)
{
	struct rring_client *client;
	int i, err;

	err = rring_open(&client, outcome->plan->arena, RRING_OBSERVER,
			 RRING_SINGLE_THREADED);
	if (err) {
		complain(-err, "cannot observe arena %s",
			 outcome->plan->arena);
		return err;
	}
	err = gather_pools(outcome, client);
	rring_close(client);
	for (i = 0; i < ACTORS && !err; i++)
		actor_kinds[i]->check(outcome->plan->dir, outcome->records,
				      outcome->plan->passes,
				      &outcome->finding[i]);
	return err;
}

static uint32_t broken(const char *format, ...)
{
	va_list list;

	fflush(stdout);
	fputs("FAILED: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return 1;
}

static uint32_t judge_actor(const struct outcome *outcome, int i)
{
	const struct member *member = &outcome->crew->actor[i];
	const struct finding *finding = &outcome->finding[i];
	uint64_t published = RRING_LOAD(&outcome->stage->published);
	uint32_t count = 0;

	if (finding->position != published)
		count += broken("%s processed %" PRIu64 " of %" PRIu64
				" events", member->name, finding->position,
				published);
	if (finding->fault[0])
		count += broken("%s against the file: %s", member->name,
				finding->fault);
	if (member->kills != outcome->plan->kills)
		count += broken("%s was killed %u times, not %u",
				member->name, member->kills,
				outcome->plan->kills);
	return count;
}

static uint32_t judge_pool(const struct outcome *outcome, int i)
{
	const struct rring_pool_stat *stat = &outcome->stat[i];

	if (stat->free == stat->capacity)
		return 0;
	return broken("pool of %u-byte slots: %u of %u free, %u lent, %u held",
		      outcome->pool[i].slot_size, stat->free, stat->capacity,
		      stat->lent, stat->held);
}

uint32_t outcome_judge(const struct outcome *outcome)
{
	uint64_t published = RRING_LOAD(&outcome->stage->published);
	uint32_t kills = crew_kills(outcome->crew);
	uint64_t held = crew_held(outcome->crew);
	uint32_t count = 0;
	int i;

	if (published != outcome->plan->total)
		count += broken("%" PRIu64 " of %" PRIu64
				" events published", published,
				outcome->plan->total);
	for (i = 0; i < ACTORS; i++)
		count += judge_actor(outcome, i);
	for (i = 0; i < RRING_POOLS; i++)
		count += judge_pool(outcome, i);
	if (outcome->deaths < kills)
		count += broken("the kernel saw %" PRIu64 " deaths of %u",
				outcome->deaths, kills);
	if (outcome->dead_holds < held)
		count += broken("the kernel took back %" PRIu64
				" slots of the dead, who held %" PRIu64,
				outcome->dead_holds, held);
	return count;
}
