// SPDX-License-Identifier: MPL-2.0
/* What cost.py compares with: "CASE NANOSECONDS" for each. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <rusted_ring.h>

#define CAPACITY	1024u
#define BATCH		256u
#define ROUNDS		50

static struct rring_client *client;
static struct rring_writer *writer, *publisher;
static struct rring_reader *reader, *subscriber;
static char data[64 * CAPACITY];
uint64_t sum;	/* not static, so that it is computed */

static void must(long result)
{
	if (result >= 0)
		return;
	fprintf(stderr, "cost: %s\n", rring_error_detail((int)result));
	exit(1);
}

static void add(void)
{
	uint32_t i;

	for (i = 0; i < CAPACITY; i++)
		must(rring_add(writer, data, 64, 0));
}

static void add_batch(void)
{
	must(rring_add_batch(writer, data, 64, 0, CAPACITY));
}

static void reserve(void)
{
	uint32_t i;

	must(rring_reserve(writer, CAPACITY));
	for (i = 0; i < CAPACITY; i++)
		rring_reserved(writer, i, 64, 0);
	rring_commit(writer, CAPACITY);
}

static void read_each(void)
{
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < CAPACITY; i++) {
		must(rring_try_read(reader, &event));
		sum += *(uint64_t *)event.data;
	}
}

static void read_batches(void)
{
	struct rring_event event;
	uint32_t left, i;
	uint64_t total = 0;
	long n;

	for (left = CAPACITY; left; left -= (uint32_t)n) {
		n = rring_peek(reader, BATCH);
		must(n);
		for (i = 0; i < n; i++) {
			must(rring_entry(reader, i, &event));
			total += *(uint64_t *)event.data;
		}
		must(rring_release(reader, (uint32_t)n));
	}
	sum += total;
}

static void publish_each(void)
{
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < CAPACITY; i++) {
		must(rring_alloc(client, 64, 0, &event));
		must(rring_publish(publisher, &event));
	}
}

static void take_each(void)
{
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < CAPACITY; i++)
		must(rring_try_read(subscriber, &event));
}

static void nothing(void)
{
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void measure(const char *name, void (*before)(void),
		    void (*measured)(void))
{
	uint64_t best = UINT64_MAX, time;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		before();
		time = now();
		measured();
		time = now() - time;
		best = time < best ? time : best;
		must(rring_reader_skip(reader, 0));
		must(rring_reader_skip(subscriber, 0));
	}
	printf("%s %.1f\n", name, (double)best / CAPACITY);
}

static void open_rings(void)
{
	const struct rring_arena_config arena = {
		.capacity = { 4096 }, .mode = 0700, .uid = ~0u, .gid = ~0u,
	};
	struct rring_ring_config ring = {
		.name = "inline", .kind = RRING_INLINE, .capacity = CAPACITY,
		.stride = 64,
	};
	struct rring_reader_config join = { .ring_name = "inline" };

	must(rring_open_config(&client, &arena, 0));
	must(rring_writer_open(client, &ring, &writer));
	must(rring_reader_open(client, &join, &reader));
	ring.name = "handles";
	join.ring_name = ring.name;
	ring.kind = RRING_HANDLES;
	ring.stride = 0;
	must(rring_writer_open(client, &ring, &publisher));
	must(rring_reader_open(client, &join, &subscriber));
}

int main(void)
{
	open_rings();
	measure("add", nothing, add);
	measure("add_batch", nothing, add_batch);
	measure("reserve", nothing, reserve);
	measure("read", add_batch, read_each);
	measure("batch", add_batch, read_batches);
	measure("sum", add_batch, read_batches);
	measure("publish", nothing, publish_each);
	measure("take", publish_each, take_each);
	rring_close(client);
	return 0;
}
