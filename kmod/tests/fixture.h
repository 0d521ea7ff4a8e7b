/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_TESTS_FIXTURE_H
#define KRING_TESTS_FIXTURE_H

#include <kunit/test.h>
#include <linux/rusted_ring.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/pages.h"
#include "../core/ring.h"

#define FIXTURE_NAME	"kunit"
#define FIXTURE_CLIENTS	4
#define FIXTURE_XS	256	/* slots: more than a magazine has */
#define FIXTURE_S	16

/*
 * The arena of a test, and its clients. The task that runs the test acts as all
 * of them: the functions below change a client's pages as the library would. A
 * suite uses fixture_suite_init(), fixture_init() and fixture_exit() as its
 * .suite_init, .init and .exit. A suite with other arenas calls fixture_begin()
 * instead of fixture_init().
 */
struct fixture {
	struct kring_arena *arena;
	struct kring_client *client[FIXTURE_CLIENTS];
};

int fixture_suite_init(struct kunit_suite *suite);
int fixture_init(struct kunit *test);
int fixture_begin(struct kunit *test, const struct rring_create *args);
void fixture_exit(struct kunit *test);

/* For other threads that a test starts: the first and the last call of each. */
void fixture_use_mm(void);
void fixture_unuse_mm(void);

struct kring_client *fixture_client(struct kunit *test, u32 role);
void fixture_kill(struct kunit *test, struct kring_client *client);
int fixture_command(struct kring_client *client, unsigned int cmd,
		    void *args, size_t size);

static inline struct kring_arena *fixture_arena(struct kunit *test)
{
	return ((struct fixture *)test->priv)->arena;
}

static inline struct kring_pool *fixture_pool(struct kunit *test, u32 pool)
{
	return &fixture_arena(test)->pool[pool];
}

/* ---- slots ---- */

int fixture_refill(struct kring_client *client, u32 pool, u32 count);
u64 fixture_pop(struct kring_client *client, u32 pool);
u64 fixture_alloc(struct kunit *test, struct kring_client *client, u32 pool);
u32 fixture_alloc_all(struct kunit *test, struct kring_client *client, u32 pool,
		      u64 *last);
void fixture_notice_recall(struct kring_client *client, u32 pool);
rring_word_t *fixture_word(struct kring_client *client, u64 handle);
void fixture_hold(struct kring_client *client, u64 handle);
void fixture_drop(struct kring_client *client, u64 handle);
bool fixture_slot_is_out(struct kring_arena *arena, u64 handle);
u64 fixture_generation(struct kring_arena *arena, u64 handle);

/* ---- rings ---- */

/* The first page of @ring, a struct rring_ring_head. */
static inline void *fixture_page(const struct kring_ring *ring)
{
	return ring->pages->region.addr;
}

struct kring_ring *fixture_ring(struct kunit *test, struct kring_client *writer,
				const struct rring_ring_open *args);
struct kring_ring *fixture_handle_ring(struct kunit *test,
				       struct kring_client *writer,
				       u32 capacity);
void fixture_commit(struct kring_ring *ring, u32 n);
void fixture_publish(struct kring_client *writer, struct kring_ring *ring,
		     u64 handle);
struct kring_reader *fixture_join(struct kunit *test,
				  struct kring_client *client,
				  struct kring_ring *ring, const char *name);
void fixture_release(struct kring_reader *reader, u64 position);

#endif /* KRING_TESTS_FIXTURE_H */
