// SPDX-License-Identifier: MPL-2.0
/* The table at the end of a run. */
#include <inttypes.h>
#include <stdio.h>

#include "outcome.h"

#define NUMBER	32

static const char *const class_names[RRING_POOLS] = {
	"xs", "s", "m", "l", "xl", "xxl",
};

/* Write @value with commas, 1,234,567, into @text. Returns its start. */
static const char *number(char text[NUMBER], uint64_t value)
{
	char *to = &text[NUMBER - 1];
	int digits = 0;

	*to = 0;
	do {
		if (digits && digits % 3 == 0)
			*--to = ',';
		*--to = (char)('0' + value % 10);
		value /= 10;
		digits++;
	} while (value);
	return to;
}

/* Print @value in a column of @width characters, after two blanks. */
static void cell(int width, uint64_t value)
{
	char text[NUMBER];

	printf("  %*s", width, number(text, value));
}

static void print_pools(const struct outcome *outcome)
{
	const struct stage *stage = outcome->stage;
	int i;

	printf("\n%-5s  %6s  %10s  %13s  %8s  %10s  %10s  %8s  %8s\n", "class",
	       "slot", "events", "bytes", "refills", "lent", "reclaimed",
	       "capacity", "free");
	for (i = 0; i < RRING_POOLS; i++) {
		const struct rring_pool_info *pool = &outcome->pool[i];

		printf("%-5s", class_names[i]);
		cell(6, pool->slot_size);
		cell(10, stage->class_events[i]);
		cell(13, stage->class_bytes[i]);
		cell(8, pool->refills);
		cell(10, pool->lent);
		cell(10, pool->reclaimed);
		cell(8, outcome->stat[i].capacity);
		cell(8, outcome->stat[i].free);
		putchar('\n');
	}
}

static uint64_t lost(const struct outcome *outcome, int i)
{
	uint64_t published = outcome->stage->published;
	uint64_t position = outcome->finding[i].position;

	return published > position ? published - position : 0;
}

static void print_actors(const struct outcome *outcome)
{
	int i;

	printf("\n%-9s  %10s  %5s  %6s  %12s  %8s  %8s  %s\n", "actor",
	       "processed", "lost", "killed", "while held", "restarts",
	       "skipped", "result, as computed from the file");
	for (i = 0; i < ACTORS; i++) {
		const struct member *member = &outcome->crew->actor[i];
		const struct finding *finding = &outcome->finding[i];

		printf("%-9s", member->name);
		cell(10, finding->position);
		cell(5, lost(outcome, i));
		cell(6, member->kills);
		cell(12, member->held);
		cell(8, member->restarts);
		cell(8, outcome->stage->actor[i].repeated);
		printf("  %s%s\n", finding->figure,
		       finding->fault[0] ? " (differs)" : "");
	}
}

static void print_deaths(const struct outcome *outcome)
{
	uint32_t in[PHASES] = { 0 };
	char text[NUMBER];
	int i, phase;

	for (i = 0; i < ACTORS; i++)
		for (phase = 0; phase < PHASES; phase++)
			in[phase] += outcome->crew->actor[i].killed_in[phase];
	printf("\nkilled while they held events: %u times, %u of them between"
	       " commit and release\n", crew_kills(outcome->crew),
	       in[PHASE_COMMITTED]);
	printf("slots reclaimed from the dead: %s\n",
	       number(text, outcome->dead_holds));
}

void outcome_print(const struct outcome *outcome)
{
	const struct plan *plan = outcome->plan;
	double seconds = outcome->crew->seconds;
	uint64_t published = outcome->stage->published;
	char text[NUMBER];

	printf("\n%s: %u records, %u passes\n", plan->path,
	       outcome->records->count, plan->passes);
	print_pools(outcome);
	print_actors(outcome);
	print_deaths(outcome);
	printf("%s events ", number(text, published));
	printf("through %d actors in %.1f s: ", ACTORS, seconds);
	printf("%s events/s\n",
	       number(text, (uint64_t)((double)published / seconds)));
}
