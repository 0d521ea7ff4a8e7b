// SPDX-License-Identifier: MPL-2.0
/*
 * sweep CLIENTS: sweeps a batch of slots that nobody has, in an arena with so many
 * clients, of which none keeps summaries. So each part of the batch that the sweep
 * hides takes as long as it can.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rusted_ring.h>
#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/object.h>

#define SLOTS	64	/* of a batch */

static void must(int right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "sweep: %s\n", what);
	exit(1);
}

static void open_clients(struct rring_client **client, int n)
{
	struct rring_arena_config config = {
		.capacity = { SLOTS },
		.max_clients = RRING_CLIENTS_MAX,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.backend = RRING_BACKEND_PROCESS,
	};
	int arena = rring_arena_create(&config);
	int i;

	must(arena >= 0, "no arena");
	for (i = 0; i < n; i++)
		must(!rring_open_arena(&client[i], arena, RRING_PRODUCER,
				       RRING_SINGLE_THREADED), "no client");
}

/* Allocate all slots, and drop them: the kernel does not know that they are free. */
static void use_slots(struct rring_client *client)
{
	struct rring_event event[SLOTS];
	int i;

	for (i = 0; i < SLOTS; i++)
		must(!rring_alloc_class(client, RRING_XS, 64, 1, &event[i]),
		     "no slot");
	for (i = 0; i < SLOTS; i++) {
		rring_share(client, &event[i]);
		must(!rring_drop(client, &event[i]), "not dropped");
	}
	rring_trim(client);
}

int main(int argc, char **argv)
{
	struct rring_client *client[RRING_CLIENTS_MAX];
	int n = argc > 1 ? atoi(argv[1]) : 0;
	struct rring_pool_stat stat;
	int i;

	must(n >= 1 && n <= RRING_CLIENTS_MAX, "how many clients?");
	open_clients(client, n);
	use_slots(client[0]);
	for (i = 0; i < n; i++)
		rring_word_store(client[i]->used, 0);
	must(!rring_pool_stat(client[0], RRING_XS, RRING_STAT_SWEEP, &stat),
	     "no sweep");
	must(stat.free == SLOTS, "slots are not free");
	return 0;
}
