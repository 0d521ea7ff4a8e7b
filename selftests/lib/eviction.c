// SPDX-License-Identifier: MPL-2.0
#include <unistd.h>

#include "eviction.h"
#include "sleeper.h"
#include "stream.h"

#define NAME	"to-be-cleared"

void scene_init(struct scene *scene)
{
	static const struct rring_arena_config config = {
		.name = NAME,
		.capacity = { SCENE_CAPACITY, SCENE_CAPACITY, [RRING_XXL] = 2 },
		.quota = 75,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	scene->nl = nl_open();
	scene->arena_fd = rring_arena_create(&config);
	MUST(scene->arena_fd >= 0);
	scene->arena = nl_arena(&scene->nl, NAME);
	scene->client = client_of(scene->arena_fd, RRING_PRODUCER);
	scene->shared = shared_new(sizeof(*scene->shared));
	baton_init(&scene->ready);
	baton_init(&scene->go);
}

int scene_end(struct scene *scene)
{
	int all = all_free(scene->client);

	rring_close(scene->client);
	close(scene->arena_fd);
	nl_close(&scene->nl);
	return all;
}

struct evictee evictee_of(struct scene *scene,
			  int (*run)(struct evictee *self,
				     struct rring_client *client))
{
	return (struct evictee) {
		.arena_fd = scene->arena_fd,
		.ready = &scene->ready,
		.go = &scene->go,
		.shared = scene->shared,
		.run = run,
	};
}

static void show(struct evictee *self, const struct rring_client *client)
{
	self->shared->client = client->id;
	self->shared->serial =
		rring_flag_load(&client->arena->client_serial[client->id]);
}

int evictee_run(void *evictee)
{
	struct evictee *self = evictee;
	struct rring_client *client = client_of(self->arena_fd,
						RRING_PRODUCER);

	show(self, client);
	return self->run(self, client);
}

int scene_evict(struct scene *scene)
{
	return nl_evict(&scene->nl, scene->arena, scene->shared->client,
			scene->shared->serial);
}

int scene_evict_child(struct scene *scene, int (*child)(void *evictee),
		      struct evictee *evictee)
{
	pid_t pid = spawn(child, evictee);
	int err;

	baton_wait(&scene->ready);
	err = scene_evict(scene);
	baton_pass(&scene->go);
	return err ? err : reap(pid);
}
