// SPDX-License-Identifier: MPL-2.0
/*
 * `pipeline [EVENTS]`: three stages, each a thread that is a client of its own,
 * with a ring between one and the next. The payload lies in the rings, and is
 * filled and read in place, in batches. Measurements come in, are checked and
 * summed up; what goes out is compared with what came in.
 */
#include <stddef.h>

#include <rusted_ring.h>

#define PROGRAM		"pipeline"
#include "actors.h"

#define BATCH		64
#define SAMPLES_MAX	96

struct measurement {		/* at most 512 bytes */
	uint64_t number;
	uint32_t samples;
	uint32_t check;		/* of the samples */
	uint32_t sample[SAMPLES_MAX];
};

struct summary {		/* at most 1024 bytes */
	uint64_t number;
	uint64_t sum;
	uint32_t samples;
	uint32_t histogram[16];
};

static const struct rring_ring_config input_ring = {
	.name = "input", .kind = RRING_INLINE, .policy = RRING_BLOCK,
	.capacity = 16384, .stride = 512,
};

static const struct rring_ring_config processed_ring = {
	.name = "processed", .kind = RRING_INLINE, .policy = RRING_BLOCK,
	.capacity = 8192, .stride = 1024,
};

static uint64_t events = 10000000;
static int arena;
static pthread_barrier_t barrier;

/* What each stage has seen when it is done. */
static struct tally {
	uint64_t events, samples, sum;
} fed, parsed, finished;

static struct rring_client *attach(void)
{
	struct rring_client *client;

	must(rring_open_arena(&client, arena, RRING_PRODUCER,
			      RRING_SINGLE_THREADED), "attach");
	return client;
}

/* A ring is there when its writer is; a reader gets what follows its join. */
static struct rring_writer *write_to(struct rring_client *client,
				     const struct rring_ring_config *ring)
{
	struct rring_writer *writer;

	must(rring_writer_open(client, ring, &writer), ring->name);
	return writer;
}

static struct rring_reader *read_from(struct rring_client *client,
				      const struct rring_ring_config *ring)
{
	struct rring_reader_config config = { .ring_name = ring->name };
	struct rring_reader *reader;

	must(rring_reader_open(client, &config, &reader), ring->name);
	return reader;
}

/* How many entries there are, up to @max; 0: the stream is at its end. */
static uint32_t next_batch(struct rring_reader *reader, uint32_t max)
{
	long n;

	while ((n = rring_peek(reader, max)) == -EAGAIN) {
		/* what there is, if less than a batch */
		must(rring_wait_readable(reader, RRING_FOREVER), "wait");
	}
	if (n == -EPIPE)
		return 0;
	must(n, "read");
	return (uint32_t)n;
}

static void tally_up(struct tally *tally, uint32_t samples, uint64_t sum)
{
	tally->events++;
	tally->samples += samples;
	tally->sum += sum;
}

/* ---- stage 1: feed ---- */

static uint32_t measured(uint64_t number, uint32_t i)
{
	return (uint32_t)((number * 0x9e3779b97f4a7c15ull + i) >> 44);
}

static uint32_t samples_of(uint64_t number)
{
	return number % 16 ? (uint32_t)(number % 16) : SAMPLES_MAX;
}

static void measure(struct measurement *to, uint64_t number, uint32_t samples)
{
	uint64_t sum = 0;
	uint32_t i;

	to->number = number;
	to->samples = samples;
	to->check = (uint32_t)number;
	for (i = 0; i < samples; i++) {
		to->sample[i] = measured(number, i);
		to->check ^= to->sample[i] + i;
		sum += to->sample[i];
	}
	tally_up(&fed, samples, sum);
}

static uint32_t measurement_len(uint32_t samples)
{
	return (uint32_t)(offsetof(struct measurement, sample) +
			  samples * sizeof(uint32_t));
}

static void *feed(void *unused)
{
	struct rring_client *client = attach();
	struct rring_writer *writer = write_to(client, &input_ring);
	uint64_t number = 0;
	uint32_t i, n;

	pthread_barrier_wait(&barrier);		/* the rings are there */
	pthread_barrier_wait(&barrier);		/* and so are their readers */
	for (; number < events; number += n) {
		n = events - number < BATCH ? (uint32_t)(events - number) :
					      BATCH;
		must(rring_reserve(writer, n), "reserve");
		for (i = 0; i < n; i++) {
			uint32_t samples = samples_of(number + i);

			measure(rring_reserved(writer, i,
					       measurement_len(samples), 0),
				number + i, samples);
		}
		rring_commit(writer, n);
	}
	rring_close(client);
	return unused;
}

/* ---- stage 2: parse and validate ---- */

static void parse(const struct rring_event *event, struct summary *to)
{
	const struct measurement *from = event->data;
	uint32_t check = (uint32_t)from->number;
	uint32_t i;

	must_be(event->len >= measurement_len(0) &&
		event->len == measurement_len(from->samples),
		"a measurement has its length");
	memset(to, 0, sizeof(*to));
	to->number = from->number;
	to->samples = from->samples;
	for (i = 0; i < from->samples; i++) {
		check ^= from->sample[i] + i;
		to->sum += from->sample[i];
		to->histogram[from->sample[i] % 16]++;
	}
	must_be(check == from->check, "a measurement arrives as it was");
	must_be(from->number == parsed.events, "stage 2 reads in order");
	tally_up(&parsed, to->samples, to->sum);
}

static void *parse_all(void *unused)
{
	struct rring_client *client = attach();
	struct rring_writer *writer = write_to(client, &processed_ring);
	struct rring_reader *reader;
	struct rring_event event;
	uint32_t i, n;

	pthread_barrier_wait(&barrier);
	reader = read_from(client, &input_ring);
	pthread_barrier_wait(&barrier);
	while ((n = next_batch(reader, BATCH))) {
		must(rring_reserve(writer, n), "reserve");
		for (i = 0; i < n; i++) {
			must(rring_entry(reader, i, &event), "entry");
			parse(&event, rring_reserved(writer, i,
						     sizeof(struct summary),
						     0));
		}
		rring_commit(writer, n);
		must(rring_release(reader, n), "release");
	}
	rring_close(client);
	return unused;
}

/* ---- stage 3: the results ---- */

static void finish(const struct rring_event *event)
{
	const struct summary *summary = event->data;
	uint32_t counted = 0;
	int i;

	must_be(event->len == sizeof(*summary), "a summary has its length");
	must_be(summary->number == finished.events, "stage 3 reads in order");
	for (i = 0; i < 16; i++)
		counted += summary->histogram[i];
	must_be(counted == summary->samples, "a histogram has all samples");
	tally_up(&finished, summary->samples, summary->sum);
}

static void *finish_all(void *unused)
{
	struct rring_client *client = attach();
	struct rring_reader *reader;
	struct rring_event event;
	uint32_t i, n;

	pthread_barrier_wait(&barrier);
	reader = read_from(client, &processed_ring);
	pthread_barrier_wait(&barrier);
	while ((n = next_batch(reader, BATCH))) {
		for (i = 0; i < n; i++) {
			must(rring_entry(reader, i, &event), "entry");
			finish(&event);
		}
		must(rring_release(reader, n), "release");
	}
	rring_close(client);
	return unused;
}

static void run(void)
{
	void *(*const stages[3])(void *) = { feed, parse_all, finish_all };
	pthread_t threads[3];
	int i;

	pthread_barrier_init(&barrier, NULL, 3);
	for (i = 0; i < 3; i++)
		must(-pthread_create(&threads[i], NULL, stages[i], NULL),
		     "thread");
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	struct rring_arena_config config = {
		.capacity = { [RRING_XS] = 1 },	/* all events lie in rings */
		.uid = ~0u, .gid = ~0u,
	};
	uint64_t start = rring_deadline(0);

	if (argc > 1)
		events = strtoull(argv[1], NULL, 0);
	arena = rring_arena_create(&config);
	must(arena, "arena");
	run();
	must_be(fed.events == events && finished.events == events,
		"none is lost, none is repeated");
	must_be(finished.samples == fed.samples && finished.sum == fed.sum,
		"what goes out is the sum of what came in");
	printf("pipeline: %llu events through 3 stages, in order, none lost, none repeated, in %.1f s\n",
	       (unsigned long long)events,
	       (double)(rring_deadline(0) - start) / 1e9);
	return 0;
}
