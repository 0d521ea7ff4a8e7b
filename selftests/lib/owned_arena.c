// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "owned_arena.h"
#include "page.h"
#include "stream.h"

uint32_t owned_slot_bytes(enum rring_class pool)
{
	return 64u << 2 * pool;
}

uint32_t owned_group_slots(enum rring_class pool)
{
	uint32_t page = (uint32_t)PAGE;

	return page > owned_slot_bytes(pool) ? page / owned_slot_bytes(pool) :
					       1;
}

int owned_arena(uint32_t groups, uint32_t producers)
{
	struct rring_arena_config config = {
		.capacity = { [RRING_XXL] = 8 },
		.flags = RRING_CREATE_OWNED,
		.producers = producers,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	uint32_t i;
	int fd;

	for (i = 0; i < RRING_XXL; i++)
		config.capacity[i] = groups *
				     owned_group_slots((enum rring_class)i);
	fd = rring_arena_create(&config);
	if (fd < 0) {
		fprintf(stderr, "# cannot create an owned arena: %s\n",
			rring_error_detail(fd));
		exit(1);
	}
	return fd;
}

struct rring_event owned_make(struct rring_client *client,
			      enum rring_class pool, uint64_t value)
{
	uint32_t len = pool < RRING_XXL ? owned_slot_bytes(pool) : 20000;
	uint64_t *word, *end;
	struct rring_event event;

	MUST(!rring_alloc_class(client, pool, len, (uint32_t)value, &event));
	word = event.data;
	end = word + len / sizeof(*word);
	while (word < end)
		*word++ = value++;
	return event;
}

int owned_is(const struct rring_event *event, uint64_t value)
{
	const uint64_t *word = event->data;
	const uint64_t *end = word + event->len / sizeof(*word);

	if (event->event_type != (uint32_t)value)
		return 0;
	for (; word < end; word++, value++)
		if (*word != value)
			return 0;
	return 1;
}

static char *view(char *slot_0, const struct rring_event *event)
{
	uint64_t index = event->handle & 0xffffff;
	uint32_t pool = (uint32_t)event->handle >> 29;

	return slot_0 + index * owned_slot_bytes((enum rring_class)pool);
}

char *owned_read_view(const struct rring_client *client,
		      const struct rring_event *event)
{
	uint32_t pool = (uint32_t)event->handle >> 29;

	return view((char *)client->pool[pool].payload, event);
}

char *owned_write_view(const struct rring_client *client,
		       const struct rring_event *event)
{
	uint32_t pool = (uint32_t)event->handle >> 29;

	return view(client->pool[pool].own, event);
}
