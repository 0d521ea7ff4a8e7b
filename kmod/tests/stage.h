/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_TESTS_STAGE_H
#define KRING_TESTS_STAGE_H

#include <kunit/test.h>
#include <linux/rusted_ring.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/pages.h"
#include "../core/ring.h"

#define STAGE_NAME	"kunit"
#define STAGE_CLIENTS	4
#define STAGE_XS	256	/* slots: more than a magazine has */
#define STAGE_S		16

/*
 * The arena of a test, and its clients. The task that runs the test acts as all
 * of them: the functions below change a client's pages as the library would. A
 * suite uses stage_suite_init(), stage_init() and stage_exit() as its
 * .suite_init, .init and .exit.
 */
struct stage {
	struct kring_arena *arena;
	struct kring_client *client[STAGE_CLIENTS];
};

int stage_suite_init(struct kunit_suite *suite);
int stage_init(struct kunit *test);
void stage_exit(struct kunit *test);

/* For other threads that a test starts: the first and the last call of each. */
void stage_enter(void);
void stage_leave(void);

struct kring_client *stage_client(struct kunit *test, u32 role);
void stage_kill(struct kunit *test, struct kring_client *client);
int stage_command(struct kring_client *client, unsigned int cmd,
		  void *args, size_t size);

static inline struct kring_arena *stage_arena(struct kunit *test)
{
	return ((struct stage *)test->priv)->arena;
}

static inline struct kring_pool *stage_pool(struct kunit *test, u32 pool)
{
	return &stage_arena(test)->pool[pool];
}

/* ---- slots ---- */

int stage_refill(struct kring_client *client, u32 pool, u32 count);
u64 stage_pop(struct kring_client *client, u32 pool);
u64 stage_alloc(struct kunit *test, struct kring_client *client, u32 pool);
rring_word_t *stage_word(struct kring_client *client, u64 handle);
void stage_hold(struct kring_client *client, u64 handle);
void stage_drop(struct kring_client *client, u64 handle);
bool stage_is_out(struct kring_arena *arena, u64 handle);
u32 stage_generation(struct kring_arena *arena, u64 handle);

/* ---- rings ---- */

/* The first page of @ring, a struct rring_ring_head. */
static inline void *stage_page(const struct kring_ring *ring)
{
	return ring->pages->region.addr;
}

struct kring_ring *stage_ring(struct kunit *test, struct kring_client *writer,
			      const struct rring_ring_open *args);
struct kring_ring *stage_handles(struct kunit *test,
				 struct kring_client *writer, u32 capacity);
void stage_commit(struct kring_ring *ring, u32 n);
void stage_publish(struct kring_client *writer, struct kring_ring *ring,
		   u64 handle);
struct kring_reader *stage_join(struct kunit *test, struct kring_client *client,
				struct kring_ring *ring, const char *name);
void stage_release(struct kring_reader *reader, u64 position);

#endif /* KRING_TESTS_STAGE_H */
