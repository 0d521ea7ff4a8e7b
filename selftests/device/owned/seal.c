// SPDX-License-Identifier: MPL-2.0
/* A sealed event: nobody can write its payload until its slot is freed. */
#include <signal.h>
#include <unistd.h>

#include <rusted_ring/internal/handle.h>

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"
#include "owned_arena.h"
#include "region.h"
#include "stream.h"

FIXTURE(seal)
{
	int arena;
	struct rring_client *producer, *reader;
	enum rring_class pool;	/* the variant's, or the next with seals */
};

FIXTURE_VARIANT(seal)
{
	enum rring_class pool;
};

FIXTURE_VARIANT_ADD(seal, l) { .pool = RRING_L };
FIXTURE_VARIANT_ADD(seal, xl) { .pool = RRING_XL };
FIXTURE_VARIANT_ADD(seal, xxl) { .pool = RRING_XXL };

FIXTURE_SETUP(seal)
{
	self->pool = variant->pool;
	while (self->pool < RRING_XXL && owned_group_slots(self->pool) > 1)
		self->pool++;
	self->arena = owned_arena(8, 2);
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->reader = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(seal)
{
	rring_close(self->producer);
	EXPECT_TRUE(all_free(self->reader));
	rring_close(self->reader);
	close(self->arena);
}

TEST_F(seal, ends_all_writes)
{
	struct rring_event made = owned_make(self->producer, self->pool, 3);
	uint64_t handle = rring_share(self->producer, &made);
	struct rring_event seen;
	char *view = made.data;

	ASSERT_EQ(0, rring_upgrade(self->reader, handle, &seen));
	EXPECT_EQ(0, rring_is_sealed(self->reader, &seen));
	EXPECT_EQ(0, rring_is_sealed(self->producer, &made));
	ASSERT_EQ(0, rring_seal(self->producer, &made));
	EXPECT_EQ(1, rring_is_sealed(self->reader, &seen));
	EXPECT_EQ(1, rring_is_sealed(self->producer, &made));
	EXPECT_EQ(SIGBUS, signal_of_store(view));
	EXPECT_EQ(SIGBUS, signal_of_load(view + made.len - 1));
	EXPECT_EQ(SIGSEGV, signal_of_store(made.data));
	EXPECT_TRUE(owned_is(&made, 3));
	EXPECT_TRUE(owned_is(&seen, 3));
	EXPECT_EQ(0, rring_seal(self->producer, &made));
	EXPECT_EQ(0, rring_drop(self->reader, &seen));
}

static void must_not(void *context, const struct rring_misuse *misuse)
{
	fprintf(stderr, "%s", misuse->report);
	++*(int *)context;
}

TEST_F(seal, is_no_misuse)
{
	struct rring_client *client;
	struct rring_event event;
	int misuses = 0;

	rring_on_misuse(must_not, &misuses);
	ASSERT_EQ(0, rring_open_arena(&client, self->arena, RRING_PRODUCER,
				      RRING_CHECKED));
	event = owned_make(client, self->pool, 3);
	ASSERT_EQ(0, rring_seal(client, &event));
	EXPECT_TRUE(owned_is(&event, 3));
	EXPECT_EQ(0, rring_drop(client, &event));
	rring_close(client);
	rring_on_misuse(NULL, NULL);
	EXPECT_EQ(0, misuses);
}

/* The handle that the next event in @slot of @pool will have. */
static uint64_t next_handle(const struct rring_client *client,
			    enum rring_class pool, uint32_t slot)
{
	return rring_handle_of_next(
		rring_word_load(&client->pool[pool].generation[slot]), pool);
}

/*
 * A hostile producer names free slots in its ring. It could get each of them
 * next, and write the payload: so none of them is sealed for a reader.
 */
TEST_F(seal, attack_by_entries_that_name_free_slots)
{
	struct rring_ring_config ring = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 1,
	};
	struct rring_event event = owned_make(self->producer, RRING_XS, 1);
	struct rring_writer *writer = writer_of(self->producer, &ring);
	struct rring_reader *reader =
		reader_at(self->reader, rring_writer_ring_id(writer));
	uint64_t honest = event.handle;
	struct rring_event seen;
	uint32_t slot;

	ASSERT_EQ(0, rring_publish(writer, &event));
	for (slot = 0; slot < self->reader->pool[self->pool].capacity;
	     slot++) {
		RRING_STORE(&writer->entries[0].handle,
			    next_handle(self->producer, self->pool, slot));
		ASSERT_EQ(1, rring_peek(reader, 1));
		if (rring_entry(reader, 0, &seen) || rring_keep(reader, &seen))
			continue;
		EXPECT_EQ(0, rring_is_sealed(self->reader, &seen));
		EXPECT_EQ(0, rring_drop(self->reader, &seen));
		EXPECT_EQ(-ESTALE, rring_upgrade(self->reader, seen.handle,
						 &seen));
	}
	RRING_STORE(&writer->entries[0].handle, honest);
	EXPECT_EQ(0, rring_release(reader, 1));
}

/* The next event in the same slot is not sealed, and its producer writes it. */
TEST_F(seal, ends_with_the_event)
{
	struct rring_event made[8], again;
	uint64_t slot;
	int n, i;

	for (n = 0; n < 8; n++) {
		if (rring_alloc_class(self->producer, self->pool, 64, 1,
				      &made[n]))
			break;
		ASSERT_EQ(0, rring_seal(self->producer, &made[n]));
	}
	ASSERT_LT(0, n);
	slot = made[0].handle & 0xffffff;
	for (i = 0; i < n; i++)
		EXPECT_EQ(0, rring_drop(self->producer, &made[i]));
	rring_trim(self->producer);
	for (i = 0; i < n; i++) {
		again = owned_make(self->producer, self->pool, 9);
		EXPECT_EQ(0, rring_is_sealed(self->producer, &again));
		EXPECT_TRUE(owned_is(&again, 9));
		slot = (again.handle & 0xffffff) == slot ? ~0ull : slot;
		rring_share(self->producer, &again);
	}
	EXPECT_EQ(~0ull, slot);
}

TEST_F(seal, is_for_the_producer_of_the_event)
{
	struct rring_client *other = client_of(self->arena, RRING_PRODUCER);
	struct rring_event made = owned_make(self->producer, self->pool, 3);
	struct rring_event seen;

	ASSERT_EQ(0, rring_upgrade(other, rring_share(self->producer, &made),
				   &seen));
	EXPECT_EQ(-EPERM, rring_seal(other, &seen));
	EXPECT_EQ(-EINVAL, rring_seal(other, &made));
	EXPECT_EQ(0, rring_is_sealed(other, &seen));
	ASSERT_EQ(0, rring_drop(other, &seen));
	*(char *)made.data = 1;
	rring_close(other);
}

TEST_F(seal, refuses_what_it_cannot_seal)
{
	struct rring_event small = owned_make(self->producer, RRING_M, 3);
	struct rring_event made = owned_make(self->producer, self->pool, 3);
	struct rring_seal args = {
		.size = sizeof(args),
		.handle = made.handle,
	};
	uint32_t capacity[RRING_POOLS] = { 8, 8, 8, 8, 8, 8 };
	int plain = arena_with(capacity, 0);
	struct rring_client *client = client_of(plain, RRING_PRODUCER);
	int fd = self->producer->fd;
	struct rring_event event;

	EXPECT_EQ(-EINVAL, rring_seal(self->producer, &small));
	ASSERT_EQ(0, rring_alloc_class(client, self->pool, 64, 1, &event));
	EXPECT_EQ(-EOPNOTSUPP, rring_seal(client, &event));
	EXPECT_EQ(0, rring_is_sealed(client, &event));
	args.reserved = 1;
	EXPECT_EQ(-EINVAL, device_call(fd, RRING_IOC_SEAL, &args));
	args.reserved = 0;
	args.handle = made.handle + (1ull << 32);
	EXPECT_EQ(-ESTALE, device_call(fd, RRING_IOC_SEAL, &args));
	args.handle = made.handle | 0xffffff;
	EXPECT_EQ(-ESTALE, device_call(fd, RRING_IOC_SEAL, &args));
	args.handle = small.handle;
	EXPECT_EQ(-EINVAL, device_call(fd, RRING_IOC_SEAL, &args));
	EXPECT_EQ(0, rring_is_sealed(self->producer, &made));
	rring_close(client);
	close(plain);
}

/* Nobody can write the events of a producer that has died. */
TEST_F(seal, comes_with_the_death_of_the_producer)
{
	struct rring_event made = owned_make(self->producer, self->pool, 3);
	struct rring_event small = owned_make(self->producer, RRING_XS, 4);
	struct rring_event seen, seen_small;

	ASSERT_EQ(0, rring_upgrade(self->reader,
				   rring_share(self->producer, &made), &seen));
	ASSERT_EQ(0, rring_upgrade(self->reader,
				   rring_share(self->producer, &small),
				   &seen_small));
	rring_close(self->producer);
	EXPECT_EQ(1, rring_is_sealed(self->reader, &seen));
	EXPECT_EQ(1, rring_is_sealed(self->reader, &seen_small));
	EXPECT_TRUE(owned_is(&seen, 3));
	EXPECT_TRUE(owned_is(&seen_small, 4));
	EXPECT_EQ(0, rring_drop(self->reader, &seen));
	EXPECT_EQ(0, rring_drop(self->reader, &seen_small));
	self->producer = client_of(self->arena, RRING_PRODUCER);
}

TEST_HARNESS_MAIN
