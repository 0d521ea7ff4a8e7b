// SPDX-License-Identifier: MPL-2.0
#include <unistd.h>

#include "crowd.h"
#include "ours.h"
#include "payload.h"

void crowd_open(struct crowd *crowd, enum rring_backend backend,
		uint32_t clients, uint32_t slots)
{
	struct rring_arena_config config = {
		.max_clients = CROWD_CLIENTS,
		.max_rings = CROWD_CLIENTS,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.capacity = { [RRING_XS] = slots },
		.backend = backend,
	};
	int arena = rring_arena_create(&config);

	ours_must(arena, "rring_arena_create");
	crowd->slots = slots;
	for (crowd->clients = 0; crowd->clients < clients; crowd->clients++)
		ours_must(rring_open_arena(&crowd->client[crowd->clients],
					   arena, RRING_PRODUCER,
					   RRING_SINGLE_THREADED),
			  "rring_open_arena");
	close(arena);
}

void crowd_close(struct crowd *crowd)
{
	while (crowd->clients)
		rring_close(crowd->client[--crowd->clients]);
}

void crowd_hold(struct crowd *crowd, uint32_t n)
{
	struct rring_client *client = crowd->client[crowd->clients - 1];
	struct rring_event event;

	while (n--)
		ours_must(rring_alloc(client, CROWD_BYTES, 1, &event),
			  "rring_alloc");
	rring_trim(client);
}

void crowd_allocate(void *context, uint64_t n)
{
	struct crowd *crowd = context;
	struct rring_client *client = crowd->client[0];
	struct rring_event event;

	for (; n; n--) {
		ours_must(rring_alloc(client, CROWD_BYTES, 1, &event),
			  "rring_alloc");
		payload_fill(event.data, CROWD_BYTES, n);
		rring_share(client, &event);
		rring_drop(client, &event);
	}
}
