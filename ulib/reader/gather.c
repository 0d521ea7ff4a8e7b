// SPDX-License-Identifier: MPL-2.0
/*
 * Peek at several events of a set, of any of its members, and release them when
 * the program is done with them.
 */
#include <stdlib.h>

#include "../client/client.h"
#include "set.h"

#define RUNS	RRING_CURSORS	/* there is memory for so many at first */

/* ---- peek ---- */

/* Return 1 if there is memory for one more run, else 0. */
static int has_place(struct rring_set *set)
{
	uint32_t max = set->max_runs ? 2 * set->max_runs : RUNS;
	struct run *runs;

	if (set->nr_runs < set->max_runs)
		return 1;
	runs = realloc(set->runs, max * sizeof(*runs));
	if (!runs)
		return 0;
	set->runs = runs;
	set->max_runs = max;
	return 1;
}

/*
 * Add @n events of @reader, from @position on, to those at which the set has
 * peeked. Return 1, or 0 if there is no memory for that.
 */
static int add(struct rring_set *set, struct rring_reader *reader,
	       uint64_t position, uint32_t n)
{
	struct run *last = set->nr_runs ? &set->runs[set->nr_runs - 1] : NULL;

	if (last && last->reader == reader &&
	    last->position + last->count == position) {
		last->count += n;
	} else {
		if (!has_place(set))
			return 0;
		set->runs[set->nr_runs++] = (struct run) {
			.reader = reader, .position = position, .count = n,
		};
	}
	set->peeked += n;
	return 1;
}

/* Return how many events @reader can give now, at most @n. */
static uint32_t readable(struct rring_reader *reader, uint32_t n)
{
	uint64_t found = reader->head - reader->pos + reader->unoffered;

	if (n > found)
		n = (uint32_t)found;
	return (uint32_t)rring_peek(reader, n);
}

/* Peek at @n events: all that one member has, then all of the next in turn. */
static void gather_in_turn(struct rring_set *set, uint32_t n, uint32_t chosen)
{
	struct members taken = { { 0 } };

	do {
		struct rring_reader *reader = set->members[chosen].reader;

		members_add(&taken, chosen);
		if (!add(set, reader, reader->pos,
			 readable(reader, n - set->peeked)))
			break;
	} while (set->peeked < n &&
		 ulib_set_choose_more(set, &taken, &chosen));
}

static void load_timestamp(const struct rring_set *set, struct merge *merge,
			   uint32_t i)
{
	if (merge->next[i] < merge->end[i])
		merge->timestamp[i] = ulib_set_timestamp(
			set, set->members[i].reader, merge->next[i]);
}

static void begin_merge(const struct rring_set *set, struct merge *merge,
			uint32_t n)
{
	uint32_t i;

	for (i = 0; i < set->count; i++) {
		merge->next[i] = 0;
		merge->end[i] = readable(set->members[i].reader, n);
		load_timestamp(set, merge, i);
	}
}

/*
 * Store in *@chosen the member whose next event has the lowest timestamp; among
 * equal ones, the first after *@chosen. Return 1, or 0 if there is no event.
 */
static int choose_lowest(const struct rring_set *set, const struct merge *merge,
			 uint32_t *chosen)
{
	uint32_t last = *chosen;
	uint32_t i = last;
	int found = 0;

	do {
		i = i + 1 == set->count ? 0 : i + 1;
		if (merge->next[i] == merge->end[i] ||
		    (found && merge->timestamp[i] >= merge->timestamp[*chosen]))
			continue;
		*chosen = i;
		found = 1;
	} while (i != last);
	return found;
}

/* Peek at @n events in the order of their timestamps; first one of @chosen. */
static void gather_by_timestamp(struct rring_set *set, uint32_t n,
				uint32_t chosen)
{
	struct merge *merge = &set->merge;

	begin_merge(set, merge, n);
	do {
		struct rring_reader *reader = set->members[chosen].reader;

		if (!add(set, reader, reader->pos + merge->next[chosen], 1))
			break;
		merge->next[chosen]++;
		load_timestamp(set, merge, chosen);
	} while (set->peeked < n && choose_lowest(set, merge, &chosen));
}

long rring_set_peek(struct rring_set *set, uint32_t n)
{
	struct rring_reader *from;
	uint32_t chosen = 0;
	int err = ulib_set_choose(set, &from, &chosen);

	if (err || !n)
		return err;
	if (set->config.order == RRING_BY_TIMESTAMP)
		gather_by_timestamp(set, n, chosen);
	else
		gather_in_turn(set, n, chosen);
	return set->peeked ? (long)set->peeked : -ENOMEM;
}

/* ---- entry ---- */

/* Set .at_run and .at_event for the peeked event @i, which is below .peeked. */
static __attribute__((noinline)) void find_run(struct rring_set *set, uint32_t i)
{
	if (i < set->at_event) {
		set->at_run = set->first_run;
		set->at_event = 0;
	}
	while (i - set->at_event >= set->runs[set->at_run].count)
		set->at_event += set->runs[set->at_run++].count;
}

int rring_set_entry(struct rring_set *set, uint32_t i,
		    struct rring_event *event, struct rring_reader **from,
		    uint64_t *position)
{
	struct rring_reader *reader;
	const struct run *run;
	uint64_t at, above;

	if (rring_unlikely(i >= set->peeked)) {
		*from = NULL;
		return ulib_error(-EINVAL, "there is no event %u: the set has peeked at %u",
				  i, set->peeked);
	}
	/* usually the run is that of the last call: see find_run() */
	if (i - set->at_event >= set->runs[set->at_run].count)
		find_run(set, i);
	run = &set->runs[set->at_run];
	reader = run->reader;
	at = run->position + (i - set->at_event);
	*from = reader;
	*position = at;
	/* a lapped reader has moved on; a misled one has moved back */
	above = at - reader->pos;
	if (rring_unlikely(above >= reader->head - reader->pos))
		return -ESTALE;
	return rring_entry(reader, (uint32_t)above, event);
}

/* ---- release ---- */

/* Release the first @n events of @run. Return what rring_release() returns. */
static int release_run(struct run *run, uint32_t n)
{
	struct rring_reader *reader = run->reader;

	run->position += n;
	run->count -= n;
	if (run->position > reader->head)
		return -ESTALE;
	return run->position <= reader->pos ? 0 :
	       rring_release(reader, (uint32_t)(run->position - reader->pos));
}

int rring_set_release(struct rring_set *set, uint32_t n)
{
	int first_err = 0;

	if (n > set->peeked)
		return ulib_error(-EINVAL, "the set has not peeked at %u events, but at %u",
				  n, set->peeked);
	set->peeked -= n;
	while (n) {
		struct run *run = &set->runs[set->first_run];
		uint32_t count = n < run->count ? n : run->count;
		int err = release_run(run, count);

		if (err && !first_err)
			first_err = err;
		n -= count;
		set->first_run += !run->count;
	}
	set->at_run = set->first_run;
	set->at_event = 0;
	return first_err;
}
