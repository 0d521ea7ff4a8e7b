// SPDX-License-Identifier: MPL-2.0
/* Pooled events: aligned payload of exactly the class size, length, type. */
#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"

FIXTURE(event)
{
	int arena;
	struct rring_client *client;
	enum rring_class pool;
	uint32_t size;
	uint32_t capacity;
	struct rring_event *all;	/* .capacity places */
};

FIXTURE_VARIANT(event)
{
	enum rring_class pool;
	uint32_t size;
};

FIXTURE_VARIANT_ADD(event, xs)
{
	.pool = RRING_XS,
	.size = 64,
};

FIXTURE_VARIANT_ADD(event, s)
{
	.pool = RRING_S,
	.size = 256,
};

FIXTURE_VARIANT_ADD(event, m)
{
	.pool = RRING_M,
	.size = 1024,
};

FIXTURE_VARIANT_ADD(event, l)
{
	.pool = RRING_L,
	.size = 4096,
};

FIXTURE_VARIANT_ADD(event, xl)
{
	.pool = RRING_XL,
	.size = 16384,
};

FIXTURE_SETUP(event)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->pool = variant->pool;
	self->size = variant->size;
	self->capacity = self->client->arena->pool[self->pool].capacity;
	self->all = calloc(self->capacity, sizeof(*self->all));
}

FIXTURE_TEARDOWN(event)
{
	rring_close(self->client);
	close(self->arena);
	free(self->all);
}

/* Allocate the whole pool. Return the number of slots. */
static uint32_t take_all(struct rring_client *client, enum rring_class pool,
			 uint32_t len, struct rring_event *all, uint32_t max)
{
	uint32_t n = 0;

	while (n < max && !rring_alloc_class(client, pool, len, n, &all[n]))
		n++;
	return n;
}

TEST_F(event, comes_from_the_smallest_class_that_takes_it)
{
	uint32_t smallest = self->pool ? self->size / 4 + 1 : 0;
	struct rring_event event;

	EXPECT_EQ(self->pool, rring_class_for(smallest));
	EXPECT_EQ(self->pool, rring_class_for(self->size));
	EXPECT_EQ(self->pool + 1, rring_class_for(self->size + 1));
	memset(&event, 0xee, sizeof(event));
	ASSERT_EQ(0, rring_alloc(self->client, self->size, 77, &event));
	EXPECT_EQ(self->pool, rring_handle_class(event.handle));
	EXPECT_EQ(self->size, event.len);
	EXPECT_EQ(77, event.event_type);
	EXPECT_EQ(0, rring_drop(self->client, &event));
	ASSERT_EQ(0, rring_alloc(self->client, smallest, 78, &event));
	EXPECT_EQ(self->pool, rring_handle_class(event.handle));
	EXPECT_EQ(smallest, event.len);
	EXPECT_EQ(78, event.event_type);
}

TEST_F(event, every_payload_is_aligned_to_64_bytes)
{
	uint32_t i;

	ASSERT_EQ(self->capacity, take_all(self->client, self->pool, 1,
					   self->all, self->capacity));
	for (i = 0; i < self->capacity; i++)
		EXPECT_EQ(0, (uintptr_t)self->all[i].data % 64);
}

/* All payloads are filled to the last byte; no payload overlaps another. */
TEST_F(event, has_exactly_the_bytes_of_its_class)
{
	uint32_t i, intact = 0;

	ASSERT_EQ(self->capacity, take_all(self->client, self->pool, self->size,
					   self->all, self->capacity));
	for (i = 0; i < self->capacity; i++)
		stream_fill(self->all[i].data, self->size, i);
	for (i = 0; i < self->capacity; i++) {
		struct rring_event got;
		uint64_t *copy = malloc(self->size);

		ASSERT_EQ(0, rring_find(self->client, self->all[i].handle,
					&got));
		stream_fill(copy, self->size, i);
		intact += got.len == self->size && got.event_type == i &&
			  !memcmp(copy, got.data, self->size);
		free(copy);
	}
	EXPECT_EQ(self->capacity, intact);
}

TEST_F(event, longer_than_its_class_is_refused)
{
	struct rring_event event;

	memset(&event, 0xee, sizeof(event));
	EXPECT_EQ(-E2BIG, rring_alloc_class(self->client, self->pool,
					    self->size + 1, 0, &event));
	EXPECT_EQ(-E2BIG, rring_alloc_class(self->client, self->pool, ~0u, 0,
					    &event));
	EXPECT_EQ(0xeeeeeeeeeeeeeeee, event.handle);
	/* also with a free slot in the magazine */
	ASSERT_EQ(0, rring_alloc_class(self->client, self->pool, 1, 0,
				       &event));
	ASSERT_EQ(0, rring_drop(self->client, &event));
	EXPECT_EQ(-E2BIG, rring_alloc_class(self->client, self->pool,
					    self->size + 1, 0, &event));
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

TEST_F(event, is_resized_up_to_its_class)
{
	struct rring_event event, got;

	ASSERT_EQ(0, rring_alloc_class(self->client, self->pool, 8, 9, &event));
	ASSERT_EQ(0, rring_resize(self->client, &event, self->size));
	EXPECT_EQ(self->size, event.len);
	ASSERT_EQ(0, rring_find(self->client, event.handle, &got));
	EXPECT_EQ(self->size, got.len);
	EXPECT_EQ(9, got.event_type);
	EXPECT_EQ(-E2BIG, rring_resize(self->client, &event, self->size + 1));
	EXPECT_EQ(self->size, event.len);
	ASSERT_EQ(0, rring_resize(self->client, &event, 0));
	ASSERT_EQ(0, rring_find(self->client, event.handle, &got));
	EXPECT_EQ(0, got.len);
}

TEST_F(event, a_pool_gives_as_many_as_it_has_and_then_says_it_is_full)
{
	struct rring_event event;

	ASSERT_EQ(self->capacity, take_all(self->client, self->pool, 1,
					   self->all, self->capacity));
	memset(&event, 0xee, sizeof(event));
	EXPECT_EQ(-ENOSPC, rring_alloc_class(self->client, self->pool, 1, 0,
					     &event));
	EXPECT_EQ(-ENOSPC, rring_alloc_until(self->client, self->size, 0, 0,
					     &event));
	EXPECT_EQ(0xeeeeeeeeeeeeeeee, event.handle);
	/* after one drop, one slot can be allocated */
	ASSERT_EQ(0, rring_drop(self->client, &self->all[0]));
	EXPECT_EQ(0, rring_alloc_class(self->client, self->pool, 1, 0,
				       &event));
	EXPECT_EQ(-ENOSPC, rring_alloc_class(self->client, self->pool, 1, 0,
					     &self->all[0]));
}

TEST_F(event, a_wait_for_a_slot_ends_at_its_deadline_and_not_before)
{
	uint64_t deadline = rring_deadline(NS_PER_S / 50);
	struct rring_event event;

	ASSERT_EQ(self->capacity, take_all(self->client, self->pool, 1,
					   self->all, self->capacity));
	EXPECT_EQ(-ETIMEDOUT, rring_alloc_until(self->client, self->size, 0,
						deadline, &event));
	EXPECT_LE(deadline, rring_deadline(0));
	EXPECT_EQ(-ETIMEDOUT, rring_alloc_until(self->client, self->size, 0, 1,
						&event));
	/* an available slot is returned without waiting */
	ASSERT_EQ(0, rring_drop(self->client, &self->all[0]));
	EXPECT_EQ(0, rring_alloc_until(self->client, self->size, 0,
				       RRING_FOREVER, &event));
}

/* Dropped slots are reused, and no slot is allocated twice at a time. */
TEST_F(event, slots_are_given_to_one_at_a_time)
{
	uint32_t round, i, n = rounds(200), distinct = 0;
	uint8_t *given = calloc(self->capacity, 1);

	for (round = 0; round < n; round++) {
		ASSERT_EQ(self->capacity,
			  take_all(self->client, self->pool, 1, self->all,
				   self->capacity));
		memset(given, 0, self->capacity);
		for (i = 0; i < self->capacity; i++) {
			distinct += !given[rring_handle_index(
						   self->all[i].handle)]++;
			if (round % 2)
				rring_share(self->client, &self->all[i]);
			ASSERT_EQ(0, rring_drop(self->client, &self->all[i]));
		}
	}
	EXPECT_EQ(n * self->capacity, distinct);
	free(given);
}

TEST_HARNESS_MAIN
