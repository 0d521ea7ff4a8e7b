// SPDX-License-Identifier: MPL-2.0
/*
 * What an owned arena costs on the device, by a clock that counts instructions:
 * 64 allocations, with the refill that they need, in an arena that is not owned,
 * in an owned one where no group moves, and in one where each group comes from
 * the other producer, with the first store to each payload.
 */
#include <unistd.h>

#include "ours.h"
#include "placement.h"
#include "rounds.h"

#define BATCH	64	/* slots of a refill */
#define SLOTS	2048	/* of the class */

struct pair {
	struct rring_client *a, *b;
	enum rring_class class;
	struct rring_event event[SLOTS];
};

static void open_pair(struct pair *pair, uint32_t flags)
{
	struct rring_arena_config config = {
		.flags = flags,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.backend = RRING_BACKEND_DEVICE,
	};
	int arena;

	config.capacity[pair->class] = SLOTS;
	config.producers = flags ? 2 : 0;
	arena = rring_arena_create(&config);
	ours_must(arena, "rring_arena_create");
	ours_must(rring_open_arena(&pair->a, arena, RRING_PRODUCER,
				   RRING_SINGLE_THREADED), "rring_open_arena");
	ours_must(rring_open_arena(&pair->b, arena, RRING_PRODUCER,
				   RRING_SINGLE_THREADED), "rring_open_arena");
	close(arena);
}

static void close_pair(struct pair *pair)
{
	rring_close(pair->a);
	rring_close(pair->b);
}

/* Allocate up to @n events, and store to each. Return how many. */
static int take(struct pair *pair, struct rring_client *client,
		struct rring_event *event, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (rring_alloc_class(client, pair->class, 64, 1, &event[i]))
			break;
		*(volatile char *)event[i].data = 1;
	}
	return i;
}

/* Drop @n events, and let the kernel find all their slots. */
static void give(struct pair *pair, struct rring_client *client, int n)
{
	struct rring_pool_stat stat;

	while (n--) {
		rring_share(client, &pair->event[n]);
		rring_drop(client, &pair->event[n]);
	}
	rring_trim(client);
	ours_must(rring_pool_stat(client, pair->class, RRING_STAT_SWEEP, &stat),
		  "rring_pool_stat");
}

static double run_still(const struct contender *contender,
			const struct sample *work)
{
	struct pair pair = { .class = rring_class_for(work->size) };
	double start, ns;
	int i;

	open_pair(&pair, *(const uint32_t *)contender->context);
	/* the second time the pages are mapped, and the groups its own */
	for (i = 0; i < 2; i++) {
		start = now_ns();
		if (take(&pair, pair.a, pair.event, BATCH) < BATCH)
			ours_must(-ENOSPC, "rring_alloc_class");
		ns = now_ns() - start;
		give(&pair, pair.a, BATCH);
	}
	close_pair(&pair);
	return ns;
}

/*
 * Each producer in turn takes all that it may have. In an owned arena, most of
 * that comes from groups that are claimed from the other one. The mean of all
 * batches of the last turn.
 */
static double run_moving(const struct contender *contender,
			 const struct sample *work)
{
	struct pair pair = { .class = rring_class_for(work->size) };
	struct rring_client *client;
	double start, ns = 0;
	int turn, n, batch, batches = 0;

	open_pair(&pair, *(const uint32_t *)contender->context);
	for (turn = 0; turn < 4; turn++) {
		client = turn % 2 ? pair.b : pair.a;
		n = 0;
		batches = 0;
		ns = 0;
		do {
			start = now_ns();
			batch = take(&pair, client, &pair.event[n], BATCH);
			if (batch == BATCH) {
				ns += now_ns() - start;
				batches++;
			}
			n += batch;
		} while (batch == BATCH && n + BATCH <= SLOTS);
		give(&pair, client, n);
	}
	close_pair(&pair);
	return ns / batches;
}

int main(void)
{
	static const uint32_t plain, owned = RRING_CREATE_OWNED;
	const struct contender contenders[] = {
		{ "any_arena", run_still, &plain },
		{ "owned_arena", run_still, &owned },
		{ "any_arena_and_moving", run_moving, &plain },
		{ "owned_and_moving", run_moving, &owned },
	};
	struct sample work = {
		.figure = "owned", .unit = "instructions",
	};

	for (work.size = 64; work.size <= 16384; work.size *= 4)
		rounds_run(&work, contenders, 4);
	return 0;
}
