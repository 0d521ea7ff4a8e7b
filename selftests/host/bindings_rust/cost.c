// SPDX-License-Identifier: MPL-2.0
/*
 * `cost OPERATION N`: do OPERATION N times, and print nanoseconds for each.
 * src/main.rs does the same in Rust.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rusted_ring.h>

#define BATCH	64

static struct rring_client *client;
static struct rring_writer *writer;
static struct rring_reader *reader;
static volatile uint64_t result;

static void must(long err)
{
	if (err < 0) {
		fprintf(stderr, "cost: %s\n", rring_strerror((int)err));
		exit(1);
	}
}

static void open_ring(enum rring_kind kind)
{
	struct rring_ring_config config = {
		.name = "ring", .kind = kind, .policy = RRING_BLOCK,
		.capacity = 1024, .stride = kind == RRING_INLINE ? 64 : 0,
	};
	struct rring_reader_config join = {
		.ring_name = "ring", .start = RRING_START_OLDEST,
	};

	must(rring_writer_open(client, &config, &writer));
	must(rring_reader_open(client, &join, &reader));
}

static void alloc(uint64_t n)
{
	struct rring_event event;
	uint64_t i;

	for (i = 0; i < n; i++) {
		must(rring_alloc(client, 64, 0, &event));
		*(uint64_t *)event.data = i;
		must(rring_drop(client, &event));
	}
}

static void hold(uint64_t n)
{
	struct rring_event event;

	must(rring_alloc(client, 64, 0, &event));
	while (n--) {
		must(rring_hold(client, &event));
		must(rring_drop(client, &event));
	}
}

static void publish(uint64_t n)
{
	struct rring_event event;
	uint64_t i, sum = 0;

	open_ring(RRING_HANDLES);
	for (i = 0; i < n; i++) {
		must(rring_alloc(client, 64, 0, &event));
		*(uint64_t *)event.data = i;
		must(rring_publish(writer, &event));
		must(rring_try_read(reader, &event));
		sum += *(uint64_t *)rring_payload(&event, 8);
	}
	result = sum;
}

static void add(uint64_t n)
{
	struct rring_event event;
	uint64_t payload[8] = { 0 };
	uint64_t i, sum = 0;

	open_ring(RRING_INLINE);
	for (i = 0; i < n; i++) {
		payload[0] = i;
		must(rring_add(writer, payload, sizeof(payload), 0));
		must(rring_try_read(reader, &event));
		sum += *(uint64_t *)rring_payload(&event, 8);
	}
	result = sum;
}

static void batch(uint64_t n)
{
	struct rring_event event;
	uint64_t i, sum = 0;
	uint32_t k;

	open_ring(RRING_INLINE);
	for (i = 0; i < n / BATCH; i++) {
		must(rring_reserve(writer, BATCH));
		for (k = 0; k < BATCH; k++)
			memcpy(rring_reserved(writer, k, 64, 0), &i, 8);
		rring_commit(writer, BATCH);
		must(rring_peek(reader, BATCH));
		for (k = 0; k < BATCH; k++) {
			must(rring_entry(reader, k, &event));
			sum += *(uint64_t *)rring_payload(&event, 8);
		}
		must(rring_release(reader, BATCH));
	}
	result = sum;
}

static const struct {
	const char *name;
	void (*call)(uint64_t n);
} operations[] = {
	{ "alloc", alloc }, { "hold", hold }, { "publish", publish },
	{ "add", add }, { "batch", batch }, {},
};

int main(int argc, char **argv)
{
	struct rring_arena_config config = {
		.capacity = { 2048 }, .mode = 0700, .uid = ~0u, .gid = ~0u,
	};
	uint64_t n, start;
	size_t i;

	if (argc != 3)
		return 2;
	n = strtoull(argv[2], NULL, 0);
	must(rring_open_config(&client, &config, RRING_SINGLE_THREADED));
	start = rring_deadline(0);
	for (i = 0; operations[i].name; i++)
		if (!strcmp(argv[1], operations[i].name))
			operations[i].call(n);
	printf("%.1f\n", (double)(rring_deadline(0) - start) / (double)n);
	return 0;
}
