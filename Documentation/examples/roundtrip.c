// SPDX-License-Identifier: MPL-2.0
/*
 * `roundtrip [ROUNDS]`: how long an event of 64 bytes takes to another thread, with
 * the answer back, for each strategy of waiting. Prints the median and the slowest
 * of the ROUNDS.
 */
#include <time.h>

#include <rusted_ring.h>

#define PROGRAM		"roundtrip"
#include "actors.h"

static uint64_t rounds = 10000;
static int arena;
static enum rring_strategy strategy;
static pthread_barrier_t opened, joined;

/* One side: it writes one ring and reads the other. */
struct side {
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Both rings are there before anybody reads, and both readers before anybody sends. */
static void side_open(struct side *side, const char *out, const char *in)
{
	struct rring_ring_config ring = {
		.name = out, .kind = RRING_INLINE, .policy = RRING_BLOCK,
		.capacity = 64, .stride = 64, .strategy = strategy,
	};
	struct rring_reader_config reader = {
		.ring_name = in, .strategy = strategy,
	};

	must(rring_open_arena(&side->client, arena, RRING_PRODUCER,
			      RRING_SINGLE_THREADED), "attach");
	must(rring_writer_open(side->client, &ring, &side->writer), "write");
	pthread_barrier_wait(&opened);
	must(rring_reader_open(side->client, &reader, &side->reader), "read");
	pthread_barrier_wait(&joined);
}

static void side_receive(struct side *side)
{
	struct rring_event event;

	must(rring_receive(side->reader, &event, RRING_FOREVER), "receive");
}

static void side_send(struct side *side)
{
	static const char payload[64];

	must(rring_send(side->writer, payload, sizeof(payload), 0,
			RRING_FOREVER), "send");
}

static void *answer(void *unused)
{
	struct side side;
	uint64_t i;

	side_open(&side, "answers", "questions");
	for (i = 0; i < rounds; i++) {
		side_receive(&side);
		side_send(&side);
	}
	rring_close(side.client);
	return unused;
}

static void ask(uint64_t *took)
{
	struct side side;
	uint64_t i, begin;

	side_open(&side, "questions", "answers");
	for (i = 0; i < rounds; i++) {
		begin = now();
		side_send(&side);
		side_receive(&side);
		took[i] = now() - begin;
	}
	rring_close(side.client);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void measure(const char *name, uint64_t *took)
{
	pthread_t thread;

	must(-pthread_create(&thread, NULL, answer, NULL), "thread");
	ask(took);
	pthread_join(thread, NULL);
	qsort(took, rounds, sizeof(*took), compare);
	printf("%s: half of %llu round trips within %llu ns, the slowest %llu\n",
	       name, (unsigned long long)rounds,
	       (unsigned long long)took[rounds / 2],
	       (unsigned long long)took[rounds - 1]);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "BLOCK", "SPIN", "YIELD" };
	struct rring_arena_config config;
	uint64_t *took;
	int i;

	if (argc > 1)
		rounds = number_in(argv[1], 100000000);
	must_be(rounds, "there is a round");
	took = calloc(rounds, sizeof(*took));
	must_be(!!took, "there is memory");
	must(rring_arena_profile(&config, RRING_PROFILE_MOBILE), "profile");
	arena = rring_arena_create(&config);
	must(arena, "create an arena");
	pthread_barrier_init(&opened, NULL, 2);
	pthread_barrier_init(&joined, NULL, 2);
	for (i = RRING_WAIT_BLOCK; i <= RRING_WAIT_YIELD; i++) {
		strategy = (enum rring_strategy)i;
		measure(names[i], took);
	}
	free(took);
	return 0;
}
