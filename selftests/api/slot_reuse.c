// SPDX-License-Identifier: MPL-2.0
/* Arenas and clients that close while others stay, and reuse of their slots. */
#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"
#include "thread.h"

#define MAX	64

FIXTURE(slot_reuse)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
};

FIXTURE_SETUP(slot_reuse)
{
	self->arena = arena_small();
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(slot_reuse)
{
	rring_close(self->consumer);
	rring_close(self->producer);
	if (self->arena >= 0)
		close(self->arena);
}

static struct rring_writer *ring_of(struct rring_client *client)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 4,
	};

	return writer_of(client, &config);
}

static int create_named(const char *name, uint32_t flags)
{
	struct rring_arena_config config = {
		.name = name,
		.capacity = { 4 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.flags = flags,
	};

	return rring_arena_create(&config);
}

/* Return 1 if alloc, publish, read, keep and drop work between the two. */
static int works(struct rring_client *producer, struct rring_client *consumer)
{
	struct rring_writer *writer = ring_of(producer);
	struct rring_reader *reader =
		reader_at(consumer, rring_writer_ring_id(writer));
	struct rring_event event;
	int fine;

	fine = !stream_put(writer, MAX) && !rring_try_read(reader, &event) &&
	       !rring_keep(reader, &event) && stream_intact(&event, 0, MAX) &&
	       !rring_drop(consumer, &event) &&
	       rring_try_read(reader, &event) == -EAGAIN;
	rring_reader_close(reader, 0);
	rring_writer_close(writer);
	return fine;
}

/* ---- arenas ---- */

TEST_F(slot_reuse, an_arena_lives_on_without_its_descriptor)
{
	struct rring_client *late = NULL;
	struct rring_event event, got;
	int other;

	ASSERT_EQ(0, rring_alloc(self->producer, 64, 0, &event));
	stream_fill(event.data, 64, 5);
	close(self->arena);
	EXPECT_EQ(-EBADF, rring_open_arena(&late, self->arena, RRING_OBSERVER,
					   0));
	EXPECT_EQ(NULL, late);
	/* give a deferred cleanup of the closed descriptor time to run */
	other = arena_small();
	rring_close(client_of(other, RRING_OBSERVER));
	close(other);
	EXPECT_EQ(0, rring_upgrade(self->consumer,
				   rring_share(self->producer, &event), &got));
	EXPECT_EQ(0, memcmp(event.data, got.data, 64));
	EXPECT_TRUE(works(self->producer, self->consumer));
	self->arena = -1;
}

TEST_F(slot_reuse, an_arena_that_lost_its_name_serves_the_clients_that_it_has)
{
	int fd = create_named("to-be-dropped", RRING_CREATE_PERSIST);
	struct rring_client *owner, *other, *late = NULL;
	struct rring_event event, got;

	ASSERT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, rring_open(&owner, "to-be-dropped", RRING_PRODUCER, 0));
	ASSERT_EQ(0, rring_open(&other, "to-be-dropped", RRING_CONSUMER, 0));
	ASSERT_EQ(0, rring_alloc(owner, 64, 3, &event));
	stream_fill(event.data, 64, 9);
	ASSERT_EQ(0, rring_upgrade(other, rring_share(owner, &event), &got));
	ASSERT_EQ(0, rring_arena_remove("to-be-dropped"));
	EXPECT_EQ(-ENOENT, rring_arena_remove("to-be-dropped"));
	EXPECT_EQ(-ENOENT, rring_open(&late, "to-be-dropped", RRING_OBSERVER,
				      0));
	/* handles and clients remain valid */
	EXPECT_EQ(0, memcmp(event.data, got.data, 64));
	EXPECT_EQ(0, rring_find(other, event.handle, &got));
	EXPECT_EQ(0, rring_drop(owner, &event));
	EXPECT_TRUE(works(owner, other));
	EXPECT_EQ(0, rring_drop(other, &got));
	rring_trim(owner);
	EXPECT_TRUE(all_free(owner));
	rring_close(other);
	rring_close(owner);
}

TEST_F(slot_reuse, a_name_that_is_free_again_is_of_another_arena)
{
	int fd = create_named("again", RRING_CREATE_PERSIST);
	struct rring_client *old, *new;
	struct rring_event event, got;

	ASSERT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, rring_open(&old, "again", RRING_PRODUCER, 0));
	ASSERT_EQ(0, rring_alloc(old, 64, 3, &event));
	stream_fill(event.data, 64, 1);
	EXPECT_EQ(-EEXIST, create_named("again", RRING_CREATE_PERSIST));
	ASSERT_EQ(0, rring_arena_remove("again"));
	fd = create_named("again", 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, rring_open(&new, "again", RRING_PRODUCER, 0));
	EXPECT_TRUE(all_free(new));
	ASSERT_EQ(0, rring_alloc(new, 64, 4, &got));
	memset(got.data, 0xff, 64);
	EXPECT_TRUE(works(new, new));
	/* the two arenas do not affect each other */
	EXPECT_EQ(0, rring_find(old, event.handle, &event));
	EXPECT_EQ(3, event.event_type);
	EXPECT_NE(~0ull, *(uint64_t *)event.data);
	rring_close(new);
	rring_close(old);
	close(fd);
}

TEST_F(slot_reuse, a_name_goes_with_the_last_who_uses_the_arena)
{
	int fd = create_named("passing", 0);
	struct rring_client *client = NULL;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, rring_open(&client, "passing", RRING_PRODUCER, 0));
	close(fd);
	EXPECT_EQ(-EEXIST, create_named("passing", 0));
	rring_close(client);
	EXPECT_EQ(-ENOENT, rring_open(&client, "passing", RRING_OBSERVER, 0));
	fd = create_named("passing", 0);
	EXPECT_LE(0, fd);
	close(fd);
}

/* ---- clients ---- */

TEST_F(slot_reuse, a_client_that_closes_gives_back_all_that_it_held)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_event event;
	uint32_t pool, held = 0;

	for (pool = RRING_XS; pool <= RRING_XL; pool++)
		while (!rring_alloc_class(client, pool, 8, 0, &event)) {
			if (held % 2)
				rring_share(client, &event);
			if (held % 3)
				ASSERT_EQ(0, rring_hold(client, &event));
			held++;
		}
	EXPECT_LT(60, held);
	EXPECT_EQ(-ENOSPC, rring_alloc(self->producer, 8, 0, &event));
	rring_close(client);
	EXPECT_EQ(0, rring_alloc(self->producer, 8, 0, &event));
	EXPECT_EQ(0, rring_drop(self->producer, &event));
	rring_trim(self->producer);
	EXPECT_TRUE(all_free(self->producer));
}

TEST_F(slot_reuse, what_others_hold_survives_the_client_that_made_it)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_event event, got;

	ASSERT_EQ(0, rring_alloc(client, 64, 0, &event));
	stream_fill(event.data, 64, 2);
	ASSERT_EQ(0, rring_upgrade(self->consumer, rring_share(client, &event),
				   &got));
	rring_close(client);
	EXPECT_FALSE(all_free(self->producer));
	EXPECT_EQ(2 * 0x9e3779b97f4a7c15, *(uint64_t *)got.data);
	EXPECT_EQ(0, rring_find(self->consumer, got.handle, &event));
	EXPECT_EQ(0, rring_drop(self->consumer, &got));
	EXPECT_TRUE(all_free(self->producer));
}

TEST_F(slot_reuse, what_a_client_has_published_is_read_after_it_has_closed)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	rring_close(client);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, stream_take(reader, MAX));
	EXPECT_EQ(-EPIPE, stream_take(reader, MAX));
	rring_reader_close(reader, 0);
	EXPECT_TRUE(all_free(self->producer));
}

TEST_F(slot_reuse, a_reader_that_closes_holds_its_writer_back_no_more)
{
	struct rring_writer *writer = ring_of(self->producer);
	struct rring_client *client = client_of(self->arena, RRING_CONSUMER);
	int i;

	reader_at(client, rring_writer_ring_id(writer));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, stream_put(writer, MAX));
	EXPECT_EQ(-EAGAIN, stream_put(writer, MAX));
	rring_close(client);
	EXPECT_EQ(0, stream_put(writer, MAX));
}

TEST_F(slot_reuse, places_for_clients_are_used_again)
{
	struct rring_arena_config config = {
		.capacity = { 4 },
		.max_clients = 3,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int fd = rring_arena_create(&config);
	struct rring_client *client[3], *more = NULL;
	uint32_t i, round, n = rounds(300);

	ASSERT_LE(0, fd);
	for (round = 0; round < n; round++) {
		for (i = 0; i < 3; i++)
			client[i] = client_of(fd, RRING_PRODUCER);
		EXPECT_EQ(-ENOSPC, rring_open_arena(&more, fd, RRING_OBSERVER,
						    0));
		EXPECT_EQ(NULL, more);
		ASSERT_TRUE(works(client[round % 3], client[(round + 1) % 3]));
		for (i = 0; i < 3; i++)
			rring_close(client[(i + round) % 3]);
	}
	close(fd);
}

/* A slot of a closed client is reallocated with a new handle. */
TEST_F(slot_reuse, handles_of_a_client_that_has_gone_are_stale)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_event event, got;
	uint64_t handle;

	ASSERT_EQ(0, rring_alloc(client, 64, 0, &event));
	handle = rring_share(client, &event);
	rring_close(client);
	EXPECT_TRUE(all_free(self->producer));
	EXPECT_EQ(-ESTALE, rring_upgrade(self->consumer, handle, &got));
	EXPECT_EQ(-ESTALE, rring_find(self->consumer, handle, &got));
}

/* ---- handles of other arenas ---- */

/*
 * Allocate all slots of each class below XXL, and drop them. Return how many
 * handles are in @handles: all that the arena has given out.
 */
static uint32_t turn_over(struct rring_client *client, uint64_t *handles)
{
	struct rring_event event[MAX];
	uint32_t pool, i, n, all = 0;

	for (pool = RRING_XS; pool <= RRING_XL; pool++) {
		for (n = 0; n < MAX; n++) {
			if (rring_alloc_class(client, pool, 8, 0, &event[n]))
				break;
			handles[all++] = rring_share(client, &event[n]);
		}
		for (i = 0; i < n; i++)
			MUST(!rring_drop(client, &event[i]));
	}
	return all;
}

static uint32_t count_accepted(struct rring_client *client,
			       const uint64_t *handles, uint32_t n)
{
	struct rring_event event;
	uint32_t i, accepted = 0;

	for (i = 0; i < n; i++) {
		if (!rring_upgrade(client, handles[i], &event)) {
			MUST(!rring_drop(client, &event));
			accepted++;
		}
		accepted += !rring_find(client, handles[i], &event);
	}
	return accepted;
}

/*
 * Each arena has the same history. Without a random start each handle would be
 * valid in each arena. With it, a run of this test fails by chance less often
 * than once in a hundred million.
 */
TEST_F_TIMEOUT(slot_reuse, handles_of_an_arena_are_stale_in_any_other, 100)
{
	uint64_t handles[5 * MAX], others[5 * MAX];
	uint32_t n = turn_over(self->producer, handles);
	uint32_t round;

	ASSERT_LT(100, n);
	for (round = 0; round < rounds(20); round++) {
		int arena = arena_small();
		struct rring_client *client = client_of(arena, RRING_PRODUCER);

		ASSERT_EQ(0, count_accepted(client, handles, n));
		ASSERT_EQ(n, turn_over(client, others));
		ASSERT_EQ(0, count_accepted(client, handles, n));
		ASSERT_EQ(0, count_accepted(self->consumer, others, n));
		rring_close(client);
		close(arena);
	}
}

TEST_F(slot_reuse, handles_of_an_arena_are_stale_in_the_next_of_its_name)
{
	uint64_t handles[5 * MAX];
	struct rring_event held, got;
	struct rring_client *client;
	uint32_t round;
	uint64_t old = 0;

	for (round = 0; round < 10; round++) {
		int fd = create_named("reborn", RRING_CREATE_PERSIST);

		ASSERT_LE(0, fd);
		close(fd);
		ASSERT_EQ(0, rring_open(&client, "reborn", RRING_PRODUCER, 0));
		ASSERT_EQ(0, rring_alloc(client, 64, 0, &held));
		EXPECT_EQ(0, rring_find(client, held.handle, &got));
		if (old) {
			EXPECT_EQ(-ESTALE, rring_upgrade(client, old, &got));
			EXPECT_EQ(-ESTALE, rring_find(client, old, &got));
		}
		old = held.handle;
		EXPECT_EQ(0, rring_drop(client, &held));
		EXPECT_LT(0, turn_over(client, handles));
		rring_close(client);
		ASSERT_EQ(0, rring_arena_remove("reborn"));
	}
}

/* ---- while others work ---- */

struct guest {
	int arena;
	uint32_t ring;
	uint32_t stop;
	uint32_t visits;
};

/* Open a client, read or allocate a little, and close it with its holds. */
static void *come_and_go(void *arg)
{
	struct guest *guest = arg;

	while (!__atomic_load_n(&guest->stop, __ATOMIC_ACQUIRE)) {
		struct rring_client *client = client_of(guest->arena,
							RRING_PRODUCER);
		struct rring_reader *reader = reader_at(client, guest->ring);
		struct rring_event event;
		int i, err;

		for (i = 0; i < 3; i++) {
			err = stream_take(reader, MAX);
			MUST(!err || err == -EAGAIN);
			rring_alloc(client, 8, 0, &event);
		}
		rring_close(client);
		__atomic_add_fetch(&guest->visits, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

TEST_F_TIMEOUT(slot_reuse, clients_come_and_go_while_others_lose_nothing, 100)
{
	struct rring_writer *writer = ring_of(self->producer);
	struct rring_reader *reader =
		reader_at(self->consumer, rring_writer_ring_id(writer));
	uint32_t i, visits, enough = rounds(1000);
	uint64_t taken = 0;
	pthread_t thread[2];
	struct guest guest[2];

	for (i = 0; i < 2; i++) {
		guest[i] = (struct guest) {
			.arena = self->arena,
			.ring = rring_writer_ring_id(writer),
		};
		thread[i] = thread_start(come_and_go, &guest[i]);
	}
	do {
		int err = stream_put(writer, MAX);

		ASSERT_TRUE(!err || err == -EAGAIN);
		while (!(err = stream_take(reader, MAX)))
			taken++;
		ASSERT_EQ(-EAGAIN, err);
		visits = __atomic_load_n(&guest[0].visits, __ATOMIC_ACQUIRE);
		if (visits > __atomic_load_n(&guest[1].visits,
					     __ATOMIC_ACQUIRE))
			visits = guest[1].visits;
	} while (visits < enough);
	for (i = 0; i < 2; i++) {
		__atomic_store_n(&guest[i].stop, 1, __ATOMIC_RELEASE);
		thread_end(thread[i]);
	}
	EXPECT_EQ(rring_writer_position(writer), taken);
	EXPECT_EQ(0, rring_reader_lost(reader));
	rring_writer_close(writer);
	rring_reader_close(reader, 0);
	rring_trim(self->producer);
	EXPECT_TRUE(all_free(self->producer));
}

TEST_HARNESS_MAIN
