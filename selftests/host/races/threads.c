// SPDX-License-Identifier: MPL-2.0
/*
 * `threads [race]`: two threads send events to each other, by handles, inline, through
 * a pipe and by a service, and touch their payloads. With the argument, both also change
 * a variable of the program that nothing orders.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rusted_ring.h>

#define EVENTS	300u

#define MUST(x) do {						\
	if (!(x)) {						\
		fprintf(stderr, "threads: not so: %s\n", #x);	\
		exit(1);					\
	}							\
} while (0)

static int arena;
static int races;
static unsigned int counted;

static struct rring_client *attach(void)
{
	struct rring_client *client;

	MUST(!rring_open_arena(&client, arena, RRING_PRODUCER, 0));
	return client;
}

static struct rring_reader *join(struct rring_client *client, const char *name)
{
	struct rring_reader_config config = {
		.ring_name = name, .start = RRING_START_OLDEST,
	};
	struct rring_reader *reader;

	MUST(!rring_reader_open(client, &config, &reader));
	return reader;
}

static void count(void)
{
	if (races)
		counted++;
}

/* Take each event of both rings, and change nothing. */
static void *take(void *unused)
{
	struct rring_client *client = attach();
	struct rring_reader *handles = join(client, "handles");
	struct rring_reader *values = join(client, "values");
	struct rring_event event;
	unsigned int i, value;

	(void)unused;
	for (i = 0; i < EVENTS; i++) {
		MUST(!rring_wait_readable(handles, RRING_FOREVER));
		MUST(!rring_try_read(handles, &event));
		MUST(*(unsigned int *)event.data == i);
		MUST(!rring_receive(values, &event, RRING_FOREVER));
		memcpy(&value, event.data, sizeof(value));
		MUST(value == i);
		count();
	}
	rring_close(client);
	return NULL;
}

/* The payloads are written in slots that the other thread has given back. */
static void give(struct rring_writer *handles, struct rring_writer *values,
		 unsigned int i)
{
	struct rring_event event;

	MUST(!rring_alloc_until(rring_writer_client(handles), sizeof(i), 0,
				RRING_FOREVER, &event));
	*(unsigned int *)event.data = i;
	MUST(!rring_publish(handles, &event));
	MUST(!rring_reserve(values, 1));
	memcpy(rring_reserved(values, 0, sizeof(i), 0), &i, sizeof(i));
	rring_commit(values, 1);
}

int main(int argc, char **argv)
{
	const struct rring_arena_config config = {
		.capacity = { 64 }, .uid = ~0u, .gid = ~0u,
	};
	const struct rring_ring_config handles = {
		.name = "handles", .kind = RRING_HANDLES, .capacity = 8,
	};
	const struct rring_ring_config values = {
		.name = "values", .kind = RRING_INLINE, .capacity = 8,
		.stride = 64,
	};
	struct rring_client *client;
	struct rring_writer *writer[2];
	pthread_t thread;
	unsigned int i;

	(void)argv;
	races = argc > 1;
	arena = rring_arena_create(&config);
	MUST(arena >= 0);
	client = attach();
	MUST(!rring_writer_open(client, &handles, &writer[0]));
	MUST(!rring_writer_open(client, &values, &writer[1]));
	/* the thread joins before it is needed: the rings wait for no reader */
	MUST(!pthread_create(&thread, NULL, take, NULL));
	while (!rring_writer_readers(writer[1]))
		continue;
	for (i = 0; i < EVENTS; i++) {
		count();
		give(writer[0], writer[1], i);
	}
	MUST(!pthread_join(thread, NULL));
	rring_close(client);
	printf("%u events\n", EVENTS);
	return 0;
}
