// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <unistd.h>

#include "kernel_read_ring.h"
#include "sleeper.h"
#include "stream.h"

struct rring_ring_config kring_config(enum rring_kind kind, const char *name)
{
	return (struct rring_ring_config){
		.name = name,
		.kind = kind,
		.policy = RRING_FAIL,
		.capacity = KRING_CAPACITY,
		.stride = kind == RRING_INLINE ? KRING_STRIDE : 0,
	};
}

struct rring_writer *kring_writer(struct rring_client *client,
				  enum rring_kind kind, const char *name,
				  enum rring_policy policy)
{
	struct rring_ring_config config = kring_config(kind, name);

	config.policy = policy;
	return writer_of(client, &config);
}

int kring_reader(int arena_fd, const char *ring, uint32_t thread,
		 uint32_t flags)
{
	struct consumer_open open = {
		.arena_fd = arena_fd,
		.start = RRING_START_OLDEST,
		.thread = thread,
		.flags = flags,
		.max = KRING_STRIDE,
	};

	snprintf(open.ring, sizeof(open.ring), "%s", ring);
	return consumer_of(&open);
}

void kring_init(struct kring *kring, enum rring_kind kind)
{
	struct rring_ring_config config = kring_config(kind, "kring");
	static const uint32_t capacity[RRING_POOLS] = {
		256, 256, 256, 64, 64, 16,
	};

	kring->arena = arena_with(capacity, 0);
	kring->client = client_of(kring->arena, RRING_PRODUCER);
	kring->writer = writer_of(kring->client, &config);
	kring->max = kind == RRING_INLINE ? KRING_STRIDE : 4096;
	kring->open = (struct consumer_open){
		.arena_fd = kring->arena,
		.ring = "kring",
		.start = RRING_START_OLDEST,
		.max = kring->max,
	};
}

int kring_end(struct kring *kring)
{
	struct rring_client *watcher = client_of(kring->arena, RRING_OBSERVER);
	int all;

	rring_close(kring->client);
	all = all_free(watcher);
	rring_close(watcher);
	close(kring->arena);
	return all;
}

uint64_t kring_fill(struct rring_writer *writer, uint32_t max)
{
	uint64_t n = 0;

	while (!stream_put(writer, max))
		n++;
	return n;
}

/* ---- other processes ---- */

static int feed(void *arg)
{
	struct remote_writer *remote_writer = arg;
	struct rring_client *client =
		client_of(remote_writer->arena, RRING_PRODUCER);
	struct rring_writer *writer;
	char name[16];
	uint64_t i;

	snprintf(name, sizeof(name), "kring-%u", remote_writer->number);
	writer = kring_writer(client, remote_writer->kind, name, RRING_BLOCK);
	remote_writer->ids->client = client->id;
	remote_writer->ids->serial =
		rring_flag_load(&client->arena->client_serial[client->id]);
	baton_pass(&remote_writer->opened);
	baton_wait(&remote_writer->go);
	for (i = 0; i < remote_writer->events || !remote_writer->events; i++)
		MUST(!stream_put(writer, remote_writer->max));
	rring_close(client);
	return 0;
}

struct remote_writer remote_writer_of(const struct kring *kring,
				      enum rring_kind kind, uint32_t number,
				      uint64_t events)
{
	return (struct remote_writer){
		.arena = kring->arena,
		.kind = kind,
		.number = number,
		.max = kring->max,
		.events = events,
	};
}

pid_t remote_writer_start(struct remote_writer *remote_writer)
{
	pid_t pid;

	baton_init(&remote_writer->opened);
	baton_init(&remote_writer->go);
	remote_writer->ids = shared_new(sizeof(*remote_writer->ids));
	pid = spawn(feed, remote_writer);
	baton_wait(&remote_writer->opened);
	return pid;
}

struct consumer_open remote_writer_reader(const struct kring *kring,
					  uint32_t number, uint32_t thread)
{
	struct consumer_open open = kring->open;

	snprintf(open.ring, sizeof(open.ring), "kring-%u", number);
	open.thread = thread;
	return open;
}
