// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <unistd.h>

#include "fed.h"
#include "sleeper.h"
#include "stream.h"

struct rring_ring_config fed_config(enum rring_kind kind, const char *name)
{
	return (struct rring_ring_config) {
		.name = name,
		.kind = kind,
		.policy = RRING_FAIL,
		.capacity = FED_CAPACITY,
		.stride = kind == RRING_INLINE ? FED_STRIDE : 0,
	};
}

struct rring_writer *fed_writer(struct rring_client *client,
				enum rring_kind kind, const char *name,
				enum rring_policy policy)
{
	struct rring_ring_config config = fed_config(kind, name);

	config.policy = policy;
	return writer_of(client, &config);
}

int fed_reader(int arena_fd, const char *ring, uint32_t thread,
	       uint32_t flags)
{
	struct consumer_open open = {
		.arena_fd = arena_fd,
		.start = RRING_START_OLDEST,
		.thread = thread,
		.flags = flags,
		.max = FED_STRIDE,
	};

	snprintf(open.ring, sizeof(open.ring), "%s", ring);
	return consumer_of(&open);
}

void fed_init(struct fed *fed, enum rring_kind kind)
{
	struct rring_ring_config config = fed_config(kind, "fed");
	static const uint32_t capacity[RRING_POOLS] = {
		256, 256, 256, 64, 64, 16,
	};

	fed->arena = arena_with(capacity, 0);
	fed->client = client_of(fed->arena, RRING_PRODUCER);
	fed->writer = writer_of(fed->client, &config);
	fed->max = kind == RRING_INLINE ? FED_STRIDE : 4096;
	fed->open = (struct consumer_open) {
		.arena_fd = fed->arena,
		.ring = "fed",
		.start = RRING_START_OLDEST,
		.max = fed->max,
	};
}

int fed_end(struct fed *fed)
{
	struct rring_client *watcher = client_of(fed->arena, RRING_OBSERVER);
	int all;

	rring_close(fed->client);
	all = all_free(watcher);
	rring_close(watcher);
	close(fed->arena);
	return all;
}

uint64_t fed_fill(struct rring_writer *writer, uint32_t max)
{
	uint64_t n = 0;

	while (!stream_put(writer, max))
		n++;
	return n;
}

/* ---- other processes ---- */

static int feed(void *arg)
{
	struct feeder *feeder = arg;
	struct rring_client *client = client_of(feeder->arena, RRING_PRODUCER);
	struct rring_writer *writer;
	char name[16];
	uint64_t i;

	snprintf(name, sizeof(name), "fed-%u", feeder->number);
	writer = fed_writer(client, feeder->kind, name, RRING_BLOCK);
	feeder->ids->client = client->id;
	feeder->ids->serial =
		rring_flag_load(&client->arena->client_serial[client->id]);
	baton_pass(&feeder->opened);
	baton_wait(&feeder->go);
	for (i = 0; i < feeder->events || !feeder->events; i++)
		MUST(!stream_put(writer, feeder->max));
	rring_close(client);
	return 0;
}

struct feeder feeder_of(const struct fed *fed, enum rring_kind kind,
			uint32_t number, uint64_t events)
{
	return (struct feeder) {
		.arena = fed->arena,
		.kind = kind,
		.number = number,
		.max = fed->max,
		.events = events,
	};
}

pid_t feeder_start(struct feeder *feeder)
{
	pid_t pid;

	baton_init(&feeder->opened);
	baton_init(&feeder->go);
	feeder->ids = shared_new(sizeof(*feeder->ids));
	pid = spawn(feed, feeder);
	baton_wait(&feeder->opened);
	return pid;
}

struct consumer_open feeder_reader(const struct fed *fed, uint32_t number,
				   uint32_t thread)
{
	struct consumer_open open = fed->open;

	snprintf(open.ring, sizeof(open.ring), "fed-%u", number);
	open.thread = thread;
	return open;
}
