// SPDX-License-Identifier: MPL-2.0
/* Shared events: hold, drop, read in place; stale handles are refused. */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

#define REUSES	65536

FIXTURE(hold)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
};

FIXTURE_VARIANT(hold)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(hold, single_threaded)
{
	.flags = RRING_SINGLE_THREADED,
};

FIXTURE_VARIANT_ADD(hold, multi_threaded)
{
	.flags = 0,
};

FIXTURE_SETUP(hold)
{
	self->arena = arena_small();
	ASSERT_EQ(0, rring_open_arena(&self->producer, self->arena,
				      RRING_PRODUCER, variant->flags));
	ASSERT_EQ(0, rring_open_arena(&self->consumer, self->arena,
				      RRING_CONSUMER, variant->flags));
}

FIXTURE_TEARDOWN(hold)
{
	rring_close(self->consumer);
	rring_close(self->producer);
	close(self->arena);
}

static uint32_t holds_of(const struct rring_event *event)
{
	return rring_ledger_holds(rring_word_load(event->word));
}

static int is_free(struct rring_client *client, enum rring_class pool)
{
	rring_trim(client);
	return free_slots(client, pool) == client->arena->pool[pool].capacity;
}

/* ---- payload ---- */

TEST_F(hold, is_read_in_place_by_every_client)
{
	struct rring_event event, got;

	ASSERT_EQ(0, rring_alloc(self->producer, 1000, 42, &event));
	stream_fill(event.data, 1000, 7);
	ASSERT_EQ(0, rring_upgrade(self->consumer,
				   rring_share(self->producer, &event), &got));
	EXPECT_EQ(event.handle, got.handle);
	EXPECT_EQ(0, memcmp(event.data, got.data, 1000));
	/* both clients map the same slot, not a copy */
	((uint64_t *)event.data)[3] ^= ~0ull;
	EXPECT_EQ(((uint64_t *)event.data)[3], ((uint64_t *)got.data)[3]);
	EXPECT_EQ(0, rring_drop(self->consumer, &got));
	EXPECT_EQ(0, rring_drop(self->producer, &event));
}

TEST_F(hold, tells_length_type_pool_and_slot)
{
	struct rring_event event, got;
	uint32_t pool, index;

	for (pool = RRING_XS; pool <= RRING_XL; pool++) {
		memset(&got, 0xee, sizeof(got));
		ASSERT_EQ(0, rring_alloc_class(self->producer, pool, 40 + pool,
					       500 + pool, &event));
		ASSERT_EQ(0, rring_upgrade(self->consumer,
					   rring_share(self->producer, &event),
					   &got));
		index = rring_handle_index(got.handle);
		EXPECT_EQ(40 + pool, got.len);
		EXPECT_EQ(500 + pool, got.event_type);
		EXPECT_EQ(pool, rring_handle_class(got.handle));
		EXPECT_GT(self->consumer->pool[pool].capacity, index);
		EXPECT_EQ((void *)(self->consumer->pool[pool].payload +
				   (size_t)index * (64u << 2 * pool)),
			  got.data);
		EXPECT_NE(0, rring_handle_generation(got.handle));
	}
}

/* ---- holds ---- */

TEST_F(hold, takes_257_holds)
{
	struct rring_event event;
	int i;

	ASSERT_EQ(0, rring_alloc(self->producer, 64, 0, &event));
	rring_share(self->producer, &event);
	for (i = 1; i < 257; i++)
		ASSERT_EQ(0, rring_hold(self->producer, &event));
	EXPECT_EQ(257, holds_of(&event));
	for (i = 1; i < 257; i++)
		ASSERT_EQ(0, rring_drop(self->producer, &event));
	/* an eight-bit count would have wrapped at the 256th hold */
	EXPECT_FALSE(is_free(self->producer, RRING_XS));
	EXPECT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_TRUE(is_free(self->producer, RRING_XS));
}

TEST_F(hold, takes_65535_holds_and_refuses_one_more)
{
	struct rring_event event, got;
	uint64_t word;
	int i;

	ASSERT_EQ(0, rring_alloc(self->producer, 64, 0, &event));
	rring_share(self->producer, &event);
	for (i = 1; i < 65535; i++)
		ASSERT_EQ(0, rring_hold(self->producer, &event));
	EXPECT_EQ(65535, holds_of(&event));
	word = rring_word_load(event.word);
	memset(&got, 0xee, sizeof(got));
	EXPECT_EQ(-EOVERFLOW, rring_hold(self->producer, &event));
	EXPECT_EQ(-EOVERFLOW, rring_upgrade(self->producer, event.handle,
					    &got));
	EXPECT_EQ(word, rring_word_load(event.word));
	EXPECT_EQ(0xeeeeeeeeeeeeeeee, got.handle);
	/* the limit is per client; another client can still hold the event */
	EXPECT_EQ(0, rring_upgrade(self->consumer, event.handle, &got));
	EXPECT_EQ(0, rring_drop(self->consumer, &got));
	for (i = 0; i < 65535; i++)
		ASSERT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_EQ(-EINVAL, rring_drop(self->producer, &event));
	EXPECT_TRUE(is_free(self->producer, RRING_XS));
}

TEST_F(hold, one_drop_too_many_is_refused_and_changes_nothing)
{
	struct rring_event event, got;
	uint64_t word;

	ASSERT_EQ(0, rring_alloc(self->producer, 64, 0, &event));
	ASSERT_EQ(0, rring_upgrade(self->consumer,
				   rring_share(self->producer, &event), &got));
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	word = rring_word_load(event.word);
	EXPECT_EQ(-EINVAL, rring_drop(self->producer, &event));
	EXPECT_EQ(word, rring_word_load(event.word));
	/* the hold of the other client is unchanged */
	EXPECT_FALSE(is_free(self->producer, RRING_XS));
	EXPECT_EQ(0, rring_drop(self->consumer, &got));
	EXPECT_TRUE(is_free(self->producer, RRING_XS));
}

TEST_F(hold, the_slot_is_free_only_after_the_last_drop_of_all)
{
	struct rring_event event, got;

	ASSERT_EQ(0, rring_alloc(self->producer, 300, 0, &event));
	ASSERT_EQ(0, rring_upgrade(self->consumer,
				   rring_share(self->producer, &event), &got));
	ASSERT_EQ(0, rring_hold(self->consumer, &got));
	EXPECT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_FALSE(is_free(self->producer, RRING_M));
	EXPECT_EQ(0, rring_drop(self->consumer, &got));
	EXPECT_FALSE(is_free(self->producer, RRING_M));
	EXPECT_EQ(0, rring_find(self->consumer, got.handle, &event));
	EXPECT_EQ(0, rring_drop(self->consumer, &got));
	EXPECT_TRUE(is_free(self->producer, RRING_M));
}

/* ---- handles that are not held ---- */

/*
 * Return 1 if upgrade and find both return @err and leave the event unchanged.
 */
static int is_refused(struct rring_client *client, uint64_t handle, int err)
{
	struct rring_event got;

	memset(&got, 0xee, sizeof(got));
	return rring_upgrade(client, handle, &got) == err &&
	       rring_find(client, handle, &got) == err &&
	       got.handle == 0xeeeeeeeeeeeeeeee;
}

TEST_F(hold, a_handle_that_names_nothing_is_refused)
{
	uint32_t pool, capacity, class_max = (1u << 3) - 1;
	struct rring_event event;

	ASSERT_EQ(0, rring_alloc(self->producer, 64, 0, &event));
	rring_share(self->producer, &event);
	EXPECT_TRUE(is_refused(self->consumer, 0, -EBADMSG));
	EXPECT_TRUE(is_refused(self->consumer, ~0ull, -EBADMSG));
	/* generation 0 is invalid, even for a slot in use */
	EXPECT_TRUE(is_refused(self->consumer, (uint32_t)event.handle,
			       -EBADMSG));
	for (pool = RRING_XS; pool <= RRING_XL; pool++) {
		capacity = self->consumer->pool[pool].capacity;
		EXPECT_TRUE(is_refused(self->consumer,
				       rring_handle(1, pool, capacity),
				       -EBADMSG));
		EXPECT_TRUE(is_refused(self->consumer,
				       rring_handle(1, pool, (1u << 29) - 1),
				       -EBADMSG));
	}
	for (pool = RRING_POOLS; pool <= class_max; pool++)
		EXPECT_TRUE(is_refused(self->consumer, rring_handle(1, pool, 0),
				       -EBADMSG));
	EXPECT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_TRUE(is_free(self->producer, RRING_XS));
}

TEST_F(hold, a_generation_that_is_not_now_is_refused)
{
	struct rring_event event;
	uint32_t pool, index;
	uint64_t now;

	ASSERT_EQ(0, rring_alloc(self->producer, 64, 0, &event));
	rring_share(self->producer, &event);
	now = rring_handle_generation(event.handle);
	pool = rring_handle_class(event.handle);
	index = rring_handle_index(event.handle);
	EXPECT_TRUE(is_refused(self->consumer,
			       rring_handle(now + 1, pool, index), -ESTALE));
	EXPECT_TRUE(is_refused(self->consumer,
			       rring_handle(now + 65536, pool, index),
			       -ESTALE));
	EXPECT_TRUE(is_refused(self->consumer,
			       rring_handle(now ^ 1u << 31, pool, index),
			       -ESTALE));
	EXPECT_TRUE(is_refused(self->consumer,
			       rring_handle(now ^ 1ull << 36, pool, index),
			       -ESTALE));
	EXPECT_TRUE(is_refused(self->consumer,
			       rring_handle(~now | 1, pool, index), -ESTALE));
	EXPECT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_TRUE(is_free(self->producer, RRING_XS));
}

TEST_F(hold, what_only_others_hold_is_upgraded_but_not_found)
{
	struct rring_event event, got;

	ASSERT_EQ(0, rring_alloc(self->producer, 64, 0, &event));
	rring_share(self->producer, &event);
	EXPECT_EQ(-ESTALE, rring_find(self->consumer, event.handle, &got));
	EXPECT_EQ(0, rring_upgrade(self->consumer, event.handle, &got));
	EXPECT_EQ(0, rring_find(self->consumer, event.handle, &got));
	EXPECT_EQ(0, rring_drop(self->consumer, &got));
	EXPECT_EQ(-ESTALE, rring_find(self->consumer, event.handle, &got));
	EXPECT_EQ(0, rring_find(self->producer, event.handle, &got));
}

/* ---- reuse ---- */

static int compare_handles(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int all_differ(uint64_t *handles, size_t n)
{
	size_t i;

	qsort(handles, n, sizeof(*handles), compare_handles);
	for (i = 1; i < n; i++)
		if (handles[i - 1] == handles[i])
			return 0;
	return 1;
}

/* A sixteen-bit generation would wrap around. */
TEST_F_TIMEOUT(hold, none_of_65536_handles_of_one_slot_works_again, 200)
{
	static const uint32_t one_slot[RRING_POOLS] = { 1 };
	uint64_t *handles = calloc(REUSES, sizeof(*handles));
	struct rring_client *owner, *other;
	int arena = arena_with(one_slot, 0);
	struct rring_event event;
	int i, refused = 0;

	ASSERT_EQ(0, rring_open_arena(&owner, arena, RRING_PRODUCER,
				      variant->flags));
	ASSERT_EQ(0, rring_open_arena(&other, arena, RRING_CONSUMER,
				      variant->flags));
	for (i = 0; i < REUSES; i++) {
		ASSERT_EQ(0, rring_alloc(owner, 8, 0, &event));
		ASSERT_EQ(0, rring_handle_index(event.handle));
		handles[i] = rring_share(owner, &event);
		ASSERT_EQ(0, rring_drop(owner, &event));
	}
	ASSERT_EQ(0, rring_alloc(owner, 8, 0, &event));
	rring_share(owner, &event);
	for (i = 0; i < REUSES; i++)
		refused += rring_upgrade(other, handles[i], &event) == -ESTALE;
	EXPECT_EQ(REUSES, refused);
	EXPECT_TRUE(all_differ(handles, REUSES));
	rring_close(other);
	rring_close(owner);
	close(arena);
	free(handles);
}

TEST_HARNESS_MAIN
