// SPDX-License-Identifier: MPL-2.0
/*
 * The weak upgrade turns a handle from any channel into a hold on exactly its
 * event, or fails.
 */
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "rng.h"
#include "repetition.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define LEN	64
#define REUSES	65536
#define SENT	60000
#define RACES	rounds(200000)

/* Return 1 if the content is that of @handle, which determines it. */
static int is_of(const struct rring_event *event, uint64_t handle)
{
	const volatile uint64_t *words = event->data;
	uint64_t expected[LEN / 8];
	uint32_t i;

	stream_fill(expected, LEN, handle);
	for (i = 0; i < LEN / 8; i++)
		if (words[i] != expected[i])
			return 0;
	return event->handle == handle && event->len == LEN;
}

FIXTURE(weak_upgrade)
{
	int arena_fd;
	struct rring_client *client;
	struct rring_client *other;
};

FIXTURE_SETUP(weak_upgrade)
{
	static const uint32_t capacity[RRING_POOLS] = { 4, 1, 0, 8, 0 };

	self->arena_fd = arena_with(capacity, 0);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->other = client_of(self->arena_fd, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(weak_upgrade)
{
	struct rring_client *last = client_of(self->arena_fd, RRING_OBSERVER);

	rring_close(self->client);
	rring_close(self->other);
	EXPECT_TRUE(all_free(last));
	rring_close(last);
}

static struct rring_event make(struct rring_client *client)
{
	struct rring_event event;

	MUST(!rring_alloc_until(client, LEN, 1, SOON(), &event));
	stream_fill(event.data, LEN, event.handle);
	rring_share(client, &event);
	return event;
}

TEST_F(weak_upgrade, upgrade_holds_the_event_when_its_maker_drops_it)
{
	struct rring_event event = make(self->client), held;

	memset(&held, 0xaa, sizeof(held));
	ASSERT_EQ(0, rring_upgrade(self->other, event.handle, &held));
	ASSERT_EQ(0, rring_drop(self->client, &event));
	rring_trim(self->client);
	ASSERT_EQ(3u, free_slots(self->other, RRING_XS));
	ASSERT_TRUE(is_of(&held, event.handle));
	ASSERT_EQ(0, rring_find(self->other, event.handle, &held));
	ASSERT_EQ(-ESTALE, rring_find(self->client, event.handle, &held));
	ASSERT_EQ(0, rring_drop(self->other, &held));
	ASSERT_EQ(4u, free_slots(self->other, RRING_XS));
}

TEST_F(weak_upgrade, upgrade_fails_once_the_slot_was_freed)
{
	struct rring_event event = make(self->client), held;

	ASSERT_EQ(0, rring_drop(self->client, &event));
	rring_trim(self->client);
	ASSERT_EQ(4u, free_slots(self->other, RRING_XS));
	ASSERT_EQ(-ESTALE, rring_upgrade(self->other, event.handle, &held));
	ASSERT_EQ(-ESTALE, rring_upgrade(self->client, event.handle, &held));
	ASSERT_EQ(4u, free_slots(self->other, RRING_XS));
}

/*
 * A slot that was never shared keeps its generation when it is parked. An
 * upgrade must fail nevertheless.
 */
TEST_F(weak_upgrade, upgrade_fails_for_what_its_maker_has_put_aside)
{
	struct rring_event event, held;

	ASSERT_EQ(0, rring_alloc(self->client, LEN, 1, &event));
	ASSERT_EQ(0, rring_drop(self->client, &event));
	ASSERT_EQ(-ESTALE, rring_upgrade(self->client, event.handle, &held));
	ASSERT_EQ(-ESTALE, rring_find(self->client, event.handle, &held));
}

TEST_F(weak_upgrade, upgrade_refuses_a_handle_that_names_no_slot)
{
	struct rring_event held;
	uint32_t pool;

	for (pool = RRING_POOLS; pool < 8; pool++) {
		ASSERT_EQ(-EBADMSG, rring_upgrade(self->other,
						  rring_handle(1, pool, 0),
						  &held));
	}
	for (pool = 0; pool < RRING_POOLS; pool++) {
		uint32_t capacity = self->other->pool[pool].capacity;

		ASSERT_EQ(-EBADMSG, rring_upgrade(self->other,
						  rring_handle(1, pool,
							       capacity),
						  &held));
		ASSERT_EQ(-EBADMSG, rring_upgrade(self->other,
						  rring_handle(1, pool,
							       0x1fffffff),
						  &held));
		ASSERT_EQ(-EBADMSG, rring_find(self->other,
					       rring_handle(1, pool, capacity),
					       &held));
	}
}

TEST_F(weak_upgrade, upgrade_refuses_a_forged_generation_and_leaves_no_hold)
{
	struct rring_event event = make(self->client), held;
	uint64_t generation = rring_handle_generation(event.handle);
	uint32_t index = rring_handle_index(event.handle);
	const uint64_t forged[] = {
		0, 1ull << 32, generation - 1, generation + 1, ~generation,
		generation ^ 1u << 31, generation ^ 1ull << 36,
		generation + 65536,
	};
	rring_word_t *word = &self->other->pool[RRING_XS].ledger[index];
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE(forged); i++) {
		ASSERT_EQ((uint32_t)forged[i] ? -ESTALE : -EBADMSG,
			  rring_upgrade(self->other,
					rring_handle(forged[i], RRING_XS,
						     index), &held));
		ASSERT_EQ(0u, rring_ledger_holds(rring_word_load(word)));
	}
	ASSERT_EQ(0, rring_upgrade(self->other, event.handle, &held));
}

/* Reuse one slot so often that a 16-bit generation would wrap around. */
TEST_F(weak_upgrade, upgrade_fails_however_often_the_slot_was_reused)
{
	const rring_word_t *generation = self->client->pool[RRING_S].generation;
	const struct rring_pool_info *info =
		&self->client->arena->pool[RRING_S];
	uint64_t handle = rring_word_load(generation);
	struct rring_event event, held;
	uint64_t old = 0;
	uint32_t i;

	for (i = 0; i <= REUSES; i++) {
		ASSERT_EQ(0, rring_alloc(self->client, 200, 1, &event));
		rring_share(self->client, &event);
		if (!i)
			old = event.handle;
		else
			ASSERT_EQ(-ESTALE, rring_upgrade(self->client, old,
							 &held));
		ASSERT_EQ(0, rring_drop(self->client, &event));
	}
	ASSERT_EQ((uint64_t)REUSES, info->reclaimed);
	for (i = 0; i < info->reclaimed; i++)
		handle = rring_handle_next(handle);
	ASSERT_EQ(handle, rring_word_load(generation));
}

/* ---- against reuse at full speed on another CPU ---- */

struct race {
	int arena_fd;
	int fd[2];			/* pipe for handles */
	volatile uint64_t *handle;	/* newest one; 0: end */
};

static int send_handles(void *arg)
{
	struct race *race = arg;
	struct rring_client *client = client_of(race->arena_fd,
						RRING_PRODUCER);
	uint64_t batch[16];
	struct rring_event event;
	int i;

	close(race->fd[0]);
	for (i = 0; i < SENT; i++) {
		event = make(client);
		batch[i % 16] = event.handle;
		if (i % 16 == 15)
			MUST(write(race->fd[1], batch, sizeof(batch)) ==
			     sizeof(batch));
		MUST(!rring_drop(client, &event));
	}
	return 0;
}

/* Upgrade and check the content twice. Return 0 if the handle is stale. */
static int try_upgrade(struct rring_client *client, uint64_t handle)
{
	struct rring_event event;
	int err;

	memset(&event, 0xaa, sizeof(event));
	err = rring_upgrade(client, handle, &event);
	if (err == -ESTALE)
		return 0;
	MUST(!err);
	MUST(is_of(&event, handle));
	sched_yield();
	MUST(is_of(&event, handle));
	MUST(!rring_drop(client, &event));
	return 1;
}

TEST_F_TIMEOUT(weak_upgrade,
	       upgrades_of_handles_from_a_pipe_yield_the_event_or_fail, 120)
{
	struct race race = { .arena_fd = self->arena_fd };
	uint64_t handle;
	int tried = 0, there = 0;
	pid_t pid;

	ASSERT_EQ(0, pipe(race.fd));
	pid = spawn(send_handles, &race);
	close(race.fd[1]);
	while (read(race.fd[0], &handle, sizeof(handle)) == sizeof(handle)) {
		there += try_upgrade(self->other, handle);
		tried++;
	}
	ASSERT_EQ(0, reap(pid));
	ASSERT_EQ(SENT, tried);
	printf("# %d of %d were still there\n", there, tried);
}

static int show_handles(void *arg)
{
	struct race *race = arg;
	struct rring_client *client = client_of(race->arena_fd,
						RRING_PRODUCER);
	uint32_t i, races = RACES;
	struct rring_event event;

	for (i = 0; i < races; i++) {
		event = make(client);
		__atomic_store_n(race->handle, event.handle, __ATOMIC_RELEASE);
		MUST(!rring_drop(client, &event));
	}
	*race->handle = 0;
	return 0;
}

/* Upgrades of the newest handle race with the drop of its event. */
TEST_F_TIMEOUT(weak_upgrade, upgrades_against_the_drop_yield_the_event_or_fail,
	       120)
{
	struct race race = {
		.arena_fd = self->arena_fd,
		.handle = shared_new(sizeof(*race.handle)),
	};
	int tried = 0, there = 0;
	uint64_t handle;
	pid_t pid;

	*race.handle = ~0ull;
	pid = spawn(show_handles, &race);
	while ((handle = __atomic_load_n(race.handle, __ATOMIC_ACQUIRE))) {
		if (handle == ~0ull)
			continue;
		there += try_upgrade(self->other, handle);
		tried++;
	}
	ASSERT_EQ(0, reap(pid));
	printf("# %d of %d were still there\n", there, tried);
}

/* ---- use of upgraded events ---- */

static int forward_one(struct rring_writer *writer, struct rring_reader *reader,
		       uint64_t handle)
{
	struct rring_event event, read;
	int err = rring_upgrade(writer->client, handle, &event);

	if (err == -ESTALE)
		return 0;
	MUST(!err);
	MUST(!rring_publish(writer, &event));
	MUST(rring_peek(reader, 1) == 1);
	err = rring_entry(reader, 0, &read);
	if (err)
		return err;
	MUST(is_of(&read, handle));
	MUST(!rring_release(reader, 1));
	return 1;
}

TEST_F_TIMEOUT(weak_upgrade, an_upgraded_event_can_be_published, 120)
{
	struct race race = {
		.arena_fd = self->arena_fd,
		.handle = shared_new(sizeof(*race.handle)),
	};
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 1,
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	struct rring_reader *reader = reader_at(self->other, writer->id);
	struct rng rng = rng_new("weak");
	uint64_t handle;
	uint32_t pause;
	pid_t pid;

	*race.handle = ~0ull;
	pid = spawn(show_handles, &race);
	while ((handle = __atomic_load_n(race.handle, __ATOMIC_ACQUIRE))) {
		for (pause = rng_below(&rng, 400); pause; pause--)
			rring_fence_light();
		if (handle != ~0ull)
			ASSERT_LE(0, forward_one(writer, reader, handle)) {
				slay(pid);
			}
	}
	ASSERT_EQ(0, reap(pid));
}

TEST_HARNESS_MAIN
