// SPDX-License-Identifier: MPL-2.0
#include <sys/mman.h>

#include "arena.h"
#include "owned_arena.h"
#include "page.h"
#include "xxl_event.h"
#include "stream.h"

int xxl_arena(uint32_t places, uint32_t quota)
{
	uint32_t capacity[RRING_POOLS] = { 8, [RRING_XXL] = places };

	return arena_with(capacity, quota);
}

int xxl_owned_arena(uint32_t places)
{
	struct rring_arena_config config = {
		.capacity = {
			6 * owned_group_slots(RRING_XS),
			[RRING_XXL] = places,
		},
		.flags = RRING_CREATE_OWNED,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int fd = rring_arena_create(&config);

	MUST(fd >= 0);
	return fd;
}

struct rring_event xxl_make(struct rring_client *client, size_t len,
			    uint64_t value)
{
	struct rring_event event;

	MUST(!rring_alloc(client, len, 7, &event));
	xxl_fill(&event, value);
	return event;
}

void xxl_fill(const struct rring_event *event, uint64_t value)
{
	char *data = event->data;
	size_t at;

	for (at = 0; at + sizeof(value) <= event->len; at += RRING_PAGE)
		*(uint64_t *)(data + at) = value + at;
	data[event->len - 1] = (char)value;
}

int xxl_is(const struct rring_event *event, uint64_t value)
{
	const char *data = event->data;
	size_t at;

	for (at = 0; at + sizeof(value) < event->len; at += RRING_PAGE)
		if (*(const uint64_t *)(data + at) != value + at)
			return 0;
	return data[event->len - 1] == (char)value;
}

int xxl_is_mapped(const struct rring_event *event)
{
	uintptr_t page = (uintptr_t)event->data & ~(uintptr_t)(PAGE - 1);
	unsigned char resident;

	return !mincore((void *)page, 1, &resident);
}

uint32_t xxl_free(struct rring_client *client)
{
	struct rring_pool_stat stat;

	MUST(!rring_pool_stat(client, RRING_XXL, 0, &stat));
	return stat.free;
}
