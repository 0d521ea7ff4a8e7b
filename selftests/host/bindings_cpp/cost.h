/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What cost.c and cost.cc share: each does these operations EVENTS times, the
 * one in C and the other in C++. Each operation leaves a dump of callgrind,
 * "NAME TIMES".
 */
#ifndef _BINDINGS_CPP_COST_H
#define _BINDINGS_CPP_COST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <valgrind/callgrind.h>

#define EVENTS	8192	/* a multiple of BULK */
#define BULK	256	/* what a ring has room for */
#define WORDS	8

struct record {
	uint64_t word[WORDS];
};

static inline void fill(struct record *record, uint64_t value)
{
	int i;

	for (i = 0; i < WORDS; i++)
		record->word[i] = value + (uint64_t)i;
}

static inline uint64_t sum(const struct record *record)
{
	uint64_t total = 0;
	int i;

	for (i = 0; i < WORDS; i++)
		total += record->word[i];
	return total;
}

static inline void check(int right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "cost: %s\n", what);
	exit(1);
}

static inline void toggle(void)
{
	CALLGRIND_TOGGLE_COLLECT;
}

#define dump_as(name)							\
	do {								\
		char text[64];						\
									\
		snprintf(text, sizeof(text), "%s %d", name, EVENTS);	\
		CALLGRIND_DUMP_STATS_AT(text);				\
	} while (0)

#endif
