/* SPDX-License-Identifier: MPL-2.0 */
/* A named arena, who evicts its clients, and a child that is evicted there. */
#ifndef SELFTESTS_EVICTION_H
#define SELFTESTS_EVICTION_H

#include <stdint.h>

#include "arena.h"
#include "netlink.h"

#define SCENE_CAPACITY	40	/* slots of RRING_XS, and of RRING_S */
#define SCENE_SHARE	30	/* of each, for one client: 75 percent */

/* What a child shows of itself. */
struct shown {
	uint32_t client;
	uint32_t serial;
	uint32_t ring;
	uint32_t reader;
};

struct scene {
	struct nl nl;
	int arena_fd;
	uint32_t arena;
	struct rring_client *client;
	struct baton ready, go;
	struct shown *shared;
};

/* What a child is given. */
struct evictee {
	int arena_fd;
	struct baton *ready, *go;
	struct shown *shared;
	int (*run)(struct evictee *self, struct rring_client *client);
	uint32_t ring;
};

/* Exits on failure. */
void scene_init(struct scene *scene);

/* Are all slots free? */
int scene_end(struct scene *scene);

/* For evictee_run(), or for what else a child runs. */
struct evictee evictee_of(struct scene *scene,
			  int (*run)(struct evictee *self,
				     struct rring_client *client));

/* In a child: a producer, which shows who it is, and runs what it is given. */
int evictee_run(void *evictee);

/* Evict who has shown itself: 0 or a negative errno. */
int scene_evict(struct scene *scene);

/* The same to a new @child, once it is ready; then it ends: its status. */
int scene_evict_child(struct scene *scene, int (*child)(void *evictee),
		      struct evictee *evictee);

#endif /* SELFTESTS_EVICTION_H */
