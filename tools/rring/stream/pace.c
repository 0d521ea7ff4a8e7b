// SPDX-License-Identifier: MPL-2.0
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "../output/report.h"
#include "pace.h"

#define LOOKS		64		/* at observers before the first rest */
#define REST_NS		1000000		/* between two later looks */
#define CLAIM_PART	64		/* a writer claims capacity / 64 */
#define CLAIM_MAX	64		/* entries ahead, but at most 64 */

struct kept {
	uint64_t position;
	struct rring_event event;
};

struct pace {
	struct rring_writer *writer;
	uint64_t patience_ns;
	uint64_t from;	/* observers below this position are left behind */
	struct kept *kept;	/* oldest first, from .first on, circular */
	uint32_t room;		/* size of .kept */
	uint32_t first;
	uint32_t n;
	uint32_t of_pool[RRING_POOLS];	/* of .n, events of that class */
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* How many slots of @pool may be kept: half of them, but at least one. */
static uint32_t share_of(const struct pace *pace, enum rring_class pool)
{
	uint32_t capacity = pace->writer->client->pool[pool].capacity;

	return capacity > 1 ? capacity / 2 : 1;
}

struct pace *pace_new(struct rring_writer *writer, uint64_t patience_ns)
{
	struct pace *pace = must(calloc(1, sizeof(*pace)));
	int i;

	pace->writer = writer;
	pace->patience_ns = patience_ns;
	for (i = 0; i < RRING_POOLS; i++)
		pace->room += share_of(pace, (enum rring_class)i);
	/* an entry further behind would be overwritten */
	if (pace->room > rring_writer_capacity(writer))
		pace->room = rring_writer_capacity(writer);
	pace->kept = must(calloc(pace->room, sizeof(*pace->kept)));
	return pace;
}

/* ---- what is kept ---- */

static void drop_oldest(struct pace *pace)
{
	struct kept *kept = &pace->kept[pace->first];

	pace->of_pool[rring_handle_class(kept->event.handle)]--;
	pace->first = (pace->first + 1) % pace->room;
	pace->n--;
	rring_drop(pace->writer->client, &kept->event);
}

/* Let go of what all observers have released. */
static void drop_below(struct pace *pace, uint64_t position)
{
	while (pace->n && pace->kept[pace->first].position < position)
		drop_oldest(pace);
}

/* ---- the observers ---- */

/* The position of the slowest observer that is waited for, or the head. */
static uint64_t slowest_of(const struct pace *pace)
{
	return rring_writer_observed(pace->writer, pace->from);
}

/* Let go of what all observers have released. Returns slowest_of(). */
static uint64_t look(struct pace *pace)
{
	uint64_t slowest = slowest_of(pace);

	drop_below(pace, slowest);
	return slowest;
}

/*
 * Wait until the slowest observer has moved from @from, or for so long that it
 * is left behind.
 */
static void wait_for_move(struct pace *pace, uint64_t from)
{
	static const struct timespec rest = { .tv_nsec = REST_NS };
	uint64_t end = now() + pace->patience_ns;
	int looks = 0;

	while (slowest_of(pace) == from) {
		if (now() >= end) {
			pace->from = from + 1;
			return;
		}
		if (looks++ < LOOKS)
			sched_yield();
		else
			nanosleep(&rest, NULL);
	}
}

/* Does the next entry overwrite one from @slowest on? */
static int overwrites(const struct pace *pace, uint64_t slowest)
{
	uint32_t capacity = rring_writer_capacity(pace->writer);
	uint64_t claim = capacity / CLAIM_PART;

	if (claim > CLAIM_MAX)
		claim = CLAIM_MAX;
	claim += rring_writer_position(pace->writer) + 1;
	return claim - slowest > capacity;
}

/*
 * Does the ring, with the next entry, retain fewer than all entries from
 * @slowest on that are not kept? They were published before their observer
 * joined.
 */
static int is_retained_no_more(const struct pace *pace, uint64_t slowest)
{
	uint64_t head = rring_writer_position(pace->writer);
	uint64_t first = pace->n ? pace->kept[pace->first].position : head;

	return slowest < first &&
	       head + 1 - slowest > pace->writer->info->retain;
}

static int must_wait(const struct pace *pace, enum rring_class pool,
		     uint64_t slowest)
{
	if (slowest == rring_writer_position(pace->writer))
		return 0;
	if (overwrites(pace, slowest))
		return 1;
	return pool != RRING_POOLS &&
	       (pace->of_pool[pool] >= share_of(pace, pool) ||
		is_retained_no_more(pace, slowest));
}

void pace_wait(struct pace *pace, enum rring_class pool)
{
	uint64_t slowest = look(pace);

	while (must_wait(pace, pool, slowest)) {
		wait_for_move(pace, slowest);
		slowest = look(pace);
	}
}

void pace_keep(struct pace *pace, const struct rring_event *event)
{
	uint64_t position = rring_writer_position(pace->writer) - 1;
	struct kept *kept;

	if (slowest_of(pace) > position) {
		rring_drop(pace->writer->client, event);
		return;
	}
	if (pace->n == pace->room)
		drop_oldest(pace);
	kept = &pace->kept[(pace->first + pace->n++) % pace->room];
	kept->position = position;
	kept->event = *event;
	pace->of_pool[rring_handle_class(event->handle)]++;
}

/* Wait until no more than @n events are kept. */
static void wait_for_less(struct pace *pace, uint32_t n)
{
	uint64_t slowest = look(pace);

	while (pace->n > n) {
		wait_for_move(pace, slowest);
		slowest = look(pace);
	}
}

bool pace_keeps(const struct pace *pace)
{
	return pace->n;
}

void pace_let_go(struct pace *pace)
{
	if (pace->n)
		wait_for_less(pace, pace->n - 1);
}

void pace_end(struct pace *pace)
{
	wait_for_less(pace, 0);
}

void pace_free(struct pace *pace)
{
	drop_below(pace, UINT64_MAX);
	free(pace->kept);
	free(pace);
}
