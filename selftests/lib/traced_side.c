// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traced_side.h"

#define SAID_BYTES	32	/* of each payload */

void side_say(struct side *side, const char *what, long long value)
{
	if (side->answers == SIDE_ANSWERS)
		return;
	if (side->lies && value > 0 && !strcmp(what, "lag"))
		value++;
	side->answer[side->answers++] = (struct answer) { what, value };
}

void side_say_handle(struct side *side, uint64_t handle)
{
	uint32_t i = 0;

	while (i < side->handles && side->handle[i] != handle)
		i++;
	if (i == side->handles && i < SIDE_HANDLES)
		side->handle[side->handles++] = handle;
	side_say(side, "handle", i);
}

static void say_payload(struct side *side, const struct rring_event *event)
{
	const unsigned char *byte = event->data;
	uint32_t i, sum = 0;

	for (i = 0; i < event->len && i < SAID_BYTES; i++)
		sum = sum * 31 + byte[i];
	side_say(side, "payload", sum);
}

void side_say_event(struct side *side, const struct rring_event *event)
{
	side_say(side, "len", event->len);
	side_say(side, "type", event->event_type);
	side_say_handle(side, event->handle);
	side_say(side, "misaligned", (uintptr_t)event->data % RRING_LINE);
	say_payload(side, event);
}

static struct side_event *place_of(struct side *side, uint32_t owner,
				   uint64_t handle)
{
	struct side_event *event, *empty = NULL;

	for (event = side->event; event < side->event + SIDE_EVENTS; event++) {
		if (!event->holds)
			empty = empty ? empty : event;
		else if (event->owner == owner &&
			 event->event.handle == handle)
			return event;
	}
	return empty;
}

void side_note_hold(struct side *side, uint32_t owner,
		    const struct rring_event *event, int is_private)
{
	struct side_event *place = place_of(side, owner, event->handle);

	if (!place) {
		side_say(side, "drop",
			 rring_drop(side->client[owner].client, event));
		return;
	}
	if (!place->holds)
		*place = (struct side_event) {
			.event = *event,
			.owner = owner,
			.is_private = is_private,
		};
	place->holds++;
}

void side_end_client(struct side *side, uint32_t i)
{
	uint32_t j;

	if (side->set && side->set_owner == i) {
		rring_set_close(side->set);
		side->set = NULL;
	}
	for (j = 0; j < SIDE_WRITERS; j++)
		if (side->writer[j].owner == i)
			side->writer[j].writer = NULL;
	for (j = 0; j < SIDE_READERS; j++)
		if (side->reader[j].owner == i)
			side->reader[j].reader = NULL;
	for (j = 0; j < SIDE_PIPES; j++)
		if (side->pipe[j].owner == i)
			side->pipe[j].pipe = NULL;
	for (j = 0; j < SIDE_EVENTS; j++)
		if (side->event[j].owner == i)
			side->event[j].holds = 0;
	if (side->client[i].epoll >= 0)
		close(side->client[i].epoll);
	side->client[i].epoll = -1;
	rring_close(side->client[i].client);
	side->client[i].client = NULL;
}

void side_open(struct side *side, enum rring_backend backend, uint32_t id,
	       struct rng rng)
{
	struct rring_arena_config config = {
		.name = side->name,
		.max_clients = 3 + rng_below(&rng, 5),
		.max_rings = 3 + rng_below(&rng, 6),
		.quota = 25 * rng_below(&rng, 5),
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.backend = backend,
	};
	uint32_t i;

	*side = (struct side) { .backend = backend };
	snprintf(side->name, sizeof(side->name), "trace-%u-%u",
		 (unsigned int)getpid() % 100000, id);
	for (i = 0; i < RRING_POOLS; i++)
		config.capacity[i] = 1 + rng_below(&rng, 24);
	for (i = 0; i < SIDE_CLIENTS; i++)
		side->client[i].epoll = -1;
	side->arena = rring_arena_create(&config);
	if (side->arena < 0) {
		printf("# no arena: %s\n", rring_strerror(side->arena));
		exit(1);
	}
}

static void say_pools(struct side *side)
{
	struct rring_client *client;
	struct rring_pool_stat stat;
	uint32_t i;
	int err = rring_open_arena(&client, side->arena, RRING_PRODUCER, 0);

	side_say(side, "open", err);
	if (err)
		return;
	for (i = 0; i < RRING_POOLS; i++)
		if (!rring_pool_stat(client, (enum rring_class)i,
				     RRING_STAT_SWEEP, &stat))
			side_say(side, "free", stat.free);
	rring_close(client);
}

void side_close(struct side *side)
{
	uint32_t i;

	side->answers = 0;
	for (i = 0; i < SIDE_CLIENTS; i++)
		if (side->client[i].client)
			side_end_client(side, i);
	say_pools(side);
	close(side->arena);
}
