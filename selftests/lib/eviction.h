/* SPDX-License-Identifier: MPL-2.0 */
/* A named arena, a netlink socket that evicts, and a child to be evicted. */
#ifndef SELFTESTS_EVICTION_H
#define SELFTESTS_EVICTION_H

#include <stdint.h>

#include "arena.h"
#include "netlink.h"

#define SCENE_CAPACITY	40	/* slots of RRING_XS, and of RRING_S */
#define SCENE_SHARE	30	/* one client's quota of each: 75 percent */

/* Identity of the child, in shared memory; the child writes it. */
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

/* Arguments of a child. */
struct evictee {
	int arena_fd;
	struct baton *ready, *go;
	struct shown *shared;
	int (*run)(struct evictee *self, struct rring_client *client);
	uint32_t ring;
};

/* Create the arena, a client and the netlink socket, or exit. */
void scene_init(struct scene *scene);

/* Release everything. Return 1 if all slots were free. */
int scene_end(struct scene *scene);

/* Arguments for evictee_run(), or for another function of a child. */
struct evictee evictee_of(struct scene *scene,
			  int (*run)(struct evictee *self,
				     struct rring_client *client));

/*
 * Body of a child: open a producer, store its identity in @shared, and return
 * the result of the @run callback.
 */
int evictee_run(void *evictee);

/* Evict the client that @shared identifies. Return 0 or a negative errno. */
int scene_evict(struct scene *scene);

/*
 * Fork a process that runs @child, evict its client when it passes the ready
 * baton, and pass it the go baton. Return its exit status, or a negative errno
 * if the eviction failed.
 */
int scene_evict_child(struct scene *scene, int (*child)(void *evictee),
		      struct evictee *evictee);

#endif /* SELFTESTS_EVICTION_H */
