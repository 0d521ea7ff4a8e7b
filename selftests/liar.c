// SPDX-License-Identifier: MPL-2.0
/*
 * A writer that lies to a kernel reader, with every word of its ring, and of
 * its events, that it may write. The kernel refuses what cannot be, counts it,
 * and rests as soon as there is no more of it; readers of other rings get their
 * events. RRING_SEED repeats the random part, of RRING_LIVES (2) such writers.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rusted_ring/handle.h>

#include "arena.h"
#include "consumer.h"
#include "device.h"
#include "dice.h"
#include "kselftest_harness.h"
#include "sleeper.h"
#include "stream.h"

#define CAPACITY	16
#define STRIDE		256
#define WRITES		10000	/* in each */

FIXTURE(liar) {
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	int fd;			/* of a gating reader that polls */
	int thread;		/* of one that has a thread */
};

FIXTURE_VARIANT(liar) {
	enum rring_kind kind;
};

FIXTURE_VARIANT_ADD(liar, inline) {
	.kind = RRING_INLINE,
};

FIXTURE_VARIANT_ADD(liar, handles) {
	.kind = RRING_HANDLES,
};

static struct rring_writer *open_ring(struct rring_client *client,
				      enum rring_kind kind, const char *name,
				      enum rring_policy policy)
{
	struct rring_ring_config config = {
		.name = name,
		.kind = kind,
		.policy = policy,
		.capacity = CAPACITY,
		.stride = kind == RRING_INLINE ? STRIDE : 0,
	};

	return writer_of(client, &config);
}

static int open_reader(int arena, const char *ring, uint32_t thread,
		       uint32_t flags)
{
	struct consumer_open open = {
		.arena_fd = arena,
		.start = RRING_START_OLDEST,
		.thread = thread,
		.flags = flags,
		.max = STRIDE,
	};

	snprintf(open.ring, sizeof(open.ring), "%s", ring);
	return consumer_of(&open);
}

static int arena_of(void)
{
	static const uint32_t capacity[RRING_POOLS] = { 64, 64, 16, 8, 4, 4 };

	return arena_with(capacity, 0);
}

FIXTURE_SETUP(liar)
{
	consumer_unload();	/* of a test that was cut short */
	ASSERT_EQ(0, consumer_load());
	self->arena = arena_of();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->writer = open_ring(self->client, variant->kind, "liar",
				 RRING_FAIL);
	self->fd = open_reader(self->arena, "liar", 0, 0);
	self->thread = open_reader(self->arena, "liar", 1, 0);
}

FIXTURE_TEARDOWN(liar)
{
	close(self->thread);
	close(self->fd);
	rring_close(self->client);
	close(self->arena);
	EXPECT_EQ(0, consumer_unload());
}

/* ---- the truth, for a while ---- */

static rring_seq_t *head_of(FIXTURE_DATA(liar) *self)
{
	return &self->writer->ring->head;
}

/* An event at the head, whole, that is not published yet. */
static uint32_t prepare(struct __test_metadata *_metadata,
			FIXTURE_DATA(liar) *self, struct rring_event *event)
{
	uint32_t index = rring_seq_load(head_of(self)) % CAPACITY;
	struct rring_entry *entry;

	if (self->writer->headers) {
		self->writer->headers[index].len = 8;
		self->writer->headers[index].event_type = 1;
		return index;
	}
	ASSERT_EQ(0, rring_alloc(self->client, 8, 1, event));
	entry = &self->writer->entries[index];
	RRING_STORE(&entry->handle, event->handle);
	RRING_STORE(&entry->header.len, 8);
	RRING_STORE(&entry->header.event_type, 1);
	return index;
}

static void publish(FIXTURE_DATA(liar) *self)
{
	uint64_t head = rring_seq_load(head_of(self));

	rring_seq_store_release(head_of(self), head + 1);
	rring_wake_ring(self->client, self->writer->id, RRING_READERS_WAIT);
}

static int peek(FIXTURE_DATA(liar) *self)
{
	struct consumer_entry entry;

	return consumer_call(self->fd, CONSUMER_PEEK, &entry);
}

/* Both readers are where they should be, and one of them sleeps there. */
static void both_rest(struct __test_metadata *_metadata,
		      FIXTURE_DATA(liar) *self, uint64_t position)
{
	EXPECT_EQ(-EAGAIN, peek(self));
	EXPECT_EQ(position, consumer_stat(self->fd).position);
	while (consumer_stat(self->thread).position < position)
		sched_yield();
	EXPECT_EQ(position, consumer_stat(self->thread).position);
	until_waiting(self->writer->info, RRING_READERS_WAIT);
}

static void both_refused(struct __test_metadata *_metadata,
			 FIXTURE_DATA(liar) *self, uint32_t reason, uint64_t n)
{
	int fd[] = { self->fd, self->thread };
	struct consumer_stat stat;
	uint32_t i;

	for (i = 0; i < 2; i++) {
		while (stat = consumer_stat(fd[i]),
		       stat.refused[reason] < n)
			sched_yield();
		EXPECT_EQ(n, stat.refused[reason]);
		EXPECT_EQ(n, consumer_refused(&stat));
	}
}

/* The reasons, as enum rring_refusal has them. */
enum { HEAD, LEN, HANDLE, STALE };

/* ---- the head ---- */

TEST_F(liar, head_far_ahead_is_refused_once)
{
	rring_seq_store_release(head_of(self), (1ull << 62) + 5);
	rring_wake_ring(self->client, self->writer->id, RRING_READERS_WAIT);
	EXPECT_EQ(0, consumer_stat(self->fd).refused[HEAD]);
	EXPECT_EQ(-EAGAIN, peek(self));
	both_refused(_metadata, self, HEAD, 1);
	both_rest(_metadata, self, (1ull << 62) + 5);
	EXPECT_EQ(0, consumer_stat(self->fd).received);
}

TEST_F(liar, head_that_goes_back_is_passed_over)
{
	struct rring_event event;

	prepare(_metadata, self, &event);
	publish(self);
	EXPECT_EQ(0, peek(self));
	EXPECT_EQ(0, consumer_call(self->fd, CONSUMER_RELEASE, NULL));
	until_seen(self->thread, 1);
	rring_seq_store_release(head_of(self), 0);
	rring_wake_ring(self->client, self->writer->id, RRING_READERS_WAIT);
	both_rest(_metadata, self, 1);
	both_refused(_metadata, self, HEAD, 0);
}

TEST_F(liar, head_at_the_end_of_numbers_ends_nothing_else)
{
	struct consumer_stat stat;

	rring_seq_store_release(head_of(self), INT64_MAX - 1);
	rring_wake_ring(self->client, self->writer->id, RRING_READERS_WAIT);
	EXPECT_EQ(-EAGAIN, peek(self));
	both_refused(_metadata, self, HEAD, 1);
	/* there is one more position, and no other */
	rring_seq_store_release(head_of(self), INT64_MAX);
	rring_wake_ring(self->client, self->writer->id, RRING_READERS_WAIT);
	peek(self);
	consumer_call(self->fd, CONSUMER_RELEASE, NULL);
	both_rest(_metadata, self, INT64_MAX);
	rring_seq_store_release(head_of(self), 3);
	rring_wake_ring(self->client, self->writer->id, RRING_READERS_WAIT);
	both_rest(_metadata, self, INT64_MAX);
	rring_writer_close(self->writer);
	until_ended(self->thread, 1);
	stat = consumer_stat(self->thread);
	EXPECT_EQ(1, stat.refused[HEAD]);
}

/* ---- entries ---- */

TEST_F(liar, length_beyond_the_place_is_refused)
{
	static const uint32_t lens[] = {
		1, 64, STRIDE - 1, STRIDE, 4096, 65536, 0x7fffffff, 0x80000000,
		~0u - 1,
	};
	uint32_t most = variant->kind == RRING_INLINE ? STRIDE : 64;
	uint64_t good = 0, bad = 0;
	struct rring_event event;
	uint32_t i, index;

	for (i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		index = prepare(_metadata, self, &event);
		if (variant->kind == RRING_INLINE)
			self->writer->headers[index].len = lens[i];
		else
			self->writer->entries[index].header.len = lens[i];
		publish(self);
		if (lens[i] <= most) {
			good++;
			EXPECT_EQ(0, peek(self));
			EXPECT_EQ(0, consumer_call(self->fd, CONSUMER_RELEASE,
						   NULL));
		} else {
			bad++;
			EXPECT_EQ(-EAGAIN, peek(self));
		}
		both_refused(_metadata, self, LEN, bad);
		both_rest(_metadata, self, i + 1);
	}
	EXPECT_LT(0, bad);
	EXPECT_EQ(good, consumer_stat(self->fd).received);
	EXPECT_EQ(good, consumer_stat(self->thread).received);
}

TEST_F(liar, entry_given_up_is_skipped)
{
	struct rring_event event;
	uint32_t index = prepare(_metadata, self, &event);

	if (variant->kind == RRING_INLINE) {
		self->writer->headers[index].len = RRING_LEN_NONE;
	} else {
		self->writer->entries[index].handle = 0;
		self->writer->entries[index].header.len = RRING_LEN_NONE;
	}
	publish(self);
	both_rest(_metadata, self, 1);
	both_refused(_metadata, self, LEN, 0);
	EXPECT_EQ(1, consumer_stat(self->fd).skipped);
	EXPECT_EQ(1, consumer_stat(self->thread).skipped);
}

static void publish_handle(struct __test_metadata *_metadata,
			   FIXTURE_DATA(liar) *self, uint64_t handle,
			   uint32_t len)
{
	struct rring_event event;
	uint32_t index = prepare(_metadata, self, &event);

	ASSERT_EQ(0, rring_drop(self->client, &event));
	RRING_STORE(&self->writer->entries[index].handle, handle);
	RRING_STORE(&self->writer->entries[index].header.len, len);
	publish(self);
	EXPECT_EQ(-EAGAIN, peek(self));
}

TEST_F(liar, handle_of_no_slot_is_refused)
{
	const uint64_t handles[] = {
		0, 1, ~0ull, 1ull << 63,
		rring_handle(1, RRING_POOLS, 0),	/* no such class */
		rring_handle(1, RRING_POOLS + 1, 0),
		rring_handle(1, RRING_XS, 64),		/* as many as there are */
		rring_handle(1, RRING_XXL, 4),
		rring_handle(1, RRING_XL, (1u << 29) - 1),
		rring_handle(0, RRING_XS, 0),		/* no generation */
	};
	uint32_t i, n = sizeof(handles) / sizeof(*handles), refused = 0;

	if (variant->kind == RRING_INLINE)
		return;
	for (i = 0; i < n; i++) {
		/* 1 << 63 is a slot, of another time */
		if (handles[i] == 1ull << 63)
			continue;
		publish_handle(_metadata, self, handles[i], 8);
		both_refused(_metadata, self, HANDLE, ++refused);
	}
	both_rest(_metadata, self, refused);
}

TEST_F(liar, handle_of_another_time_is_refused)
{
	uint32_t generation = rring_flag_load(
		&self->client->pool[RRING_XS].generation[7]);

	if (variant->kind == RRING_INLINE)
		return;
	publish_handle(_metadata, self,
		       rring_handle(generation + 1, RRING_XS, 7), 8);
	publish_handle(_metadata, self, 1ull << 63, 8);
	/* one of XXL that has no pages */
	publish_handle(_metadata, self,
		       rring_handle(rring_flag_load(
			&self->client->pool[RRING_XXL].generation[2]),
			RRING_XXL, 2), 8);
	both_refused(_metadata, self, STALE, 3);
	both_rest(_metadata, self, 3);
}

TEST_F(liar, large_event_is_not_longer_than_its_pages)
{
	struct rring_event event;
	uint64_t position = 0;
	uint32_t i;

	if (variant->kind == RRING_INLINE)
		return;
	ASSERT_EQ(0, rring_alloc(self->client, 20000, 1, &event));
	publish_handle(_metadata, self, event.handle, 20481);
	publish_handle(_metadata, self, event.handle, ~0u);
	both_refused(_metadata, self, LEN, 2);
	/* all of the pages are there to be read */
	i = rring_seq_load(head_of(self)) % CAPACITY;
	RRING_STORE(&self->writer->entries[i].handle, event.handle);
	RRING_STORE(&self->writer->entries[i].header.len, 20480);
	publish(self);
	EXPECT_EQ(-EBADMSG, consumer_take(self->fd, position + 2, STRIDE));
	until_seen(self->thread, 1);
	EXPECT_EQ(1, consumer_seen(self->thread).large);
	ASSERT_EQ(0, rring_drop(self->client, &event));
}

/* The pages of an event that it looks at stay, whatever its writer does. */
TEST_F(liar, large_event_taken_back_is_not_what_it_was)
{
	struct rring_event event, other;
	char to[4096];
	struct consumer_copy copy = { .len = sizeof(to), .offset = 16384,
				      .to = (uintptr_t)to };
	struct consumer_entry entry;
	uint32_t i, taken = 0;

	if (variant->kind == RRING_INLINE)
		return;
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, rring_alloc(self->client, 65536, 1, &event));
		taken = rring_seq_load(head_of(self)) % CAPACITY;
		RRING_STORE(&self->writer->entries[taken].handle, event.handle);
		RRING_STORE(&self->writer->entries[taken].header.len, 65536);
		publish(self);
		ASSERT_EQ(0, consumer_call(self->fd, CONSUMER_PEEK, &entry));
		EXPECT_EQ(0, consumer_call(self->fd, CONSUMER_COPY, &copy));
		until_seen(self->thread, i + 1);
		RRING_STORE(&self->writer->entries[taken].handle, 0);
		ASSERT_EQ(0, rring_drop(self->client, &event));
		EXPECT_EQ(4, free_slots(self->client, RRING_XXL));
		ASSERT_EQ(0, rring_alloc(self->client, 20000, 1, &other));
		EXPECT_EQ(-ESTALE, consumer_call(self->fd, CONSUMER_COPY,
						 &copy));
		EXPECT_EQ(-ESTALE, consumer_call(self->fd, CONSUMER_RELEASE,
						 NULL));
		ASSERT_EQ(0, rring_drop(self->client, &other));
	}
	EXPECT_EQ(4, consumer_stat(self->fd).refused[STALE]);
	EXPECT_EQ(4, consumer_seen(self->thread).large);
}

/* What it copies it has found to be in bounds before. */
TEST_F(liar, entry_rewritten_under_the_reader_changes_nothing)
{
	struct consumer_entry entry;
	char to[8];
	struct consumer_copy copy = { .len = 8, .to = (uintptr_t)to };
	struct rring_event event;
	uint32_t index = prepare(_metadata, self, &event);

	publish(self);
	ASSERT_EQ(0, consumer_call(self->fd, CONSUMER_PEEK, &entry));
	EXPECT_EQ(8, entry.len);
	if (variant->kind == RRING_INLINE) {
		self->writer->headers[index].len = ~0u - 1;
	} else {
		RRING_STORE(&self->writer->entries[index].handle, ~0ull);
		RRING_STORE(&self->writer->entries[index].header.len, ~0u - 1);
	}
	EXPECT_EQ(0, consumer_call(self->fd, CONSUMER_COPY, &copy));
	copy.len = 9;
	EXPECT_EQ(-ERANGE, consumer_call(self->fd, CONSUMER_COPY, &copy));
	EXPECT_EQ(0, consumer_call(self->fd, CONSUMER_RELEASE, NULL));
}

/* Even if the liar goes back, as if nothing had been. */
TEST_F(liar, event_once_lost_stays_lost)
{
	int fd = open_reader(self->arena, "liar", 0, RRING_JOIN_OBSERVER);
	struct consumer_entry entry;
	char to[8];
	struct consumer_copy copy = { .len = 8, .to = (uintptr_t)to };
	rring_seq_t *claim = &self->writer->ring->claim;
	uint64_t truth = rring_seq_load(claim);
	struct rring_event event;

	prepare(_metadata, self, &event);
	publish(self);
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	rring_seq_store(claim, CAPACITY + 1);
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_COPY, &copy));
	rring_seq_store(claim, truth);
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_COPY, &copy));
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_RELEASE, NULL));
	EXPECT_EQ(0, consumer_stat(fd).received);
	EXPECT_EQ(1, consumer_stat(fd).lost);
	close(fd);
}

/* ---- everything at once ---- */

struct part {
	int arena;
	enum rring_kind kind;
	struct dice dice;
	struct baton opened;
	struct baton go;
};

static uint64_t lie_about(struct dice *dice, uint64_t truth)
{
	const uint64_t lies[] = {
		0, 1, truth, truth - 1, truth + 1, truth + CAPACITY,
		truth + CAPACITY + 1, truth - CAPACITY, truth + (1ull << 32),
		truth + 1000, truth + (dice_roll(dice) >> 16),
	};

	return lies[dice_below(dice, ARRAY_SIZE(lies))];
}

static void spoil_entry(struct dice *dice, struct rring_writer *writer)
{
	uint32_t index = dice_below(dice, CAPACITY);
	uint32_t len = dice_below(dice, 2) ? (uint32_t)dice_roll(dice) :
					     dice_below(dice, STRIDE);
	const struct rring_pool_view *pool;
	uint32_t class = dice_below(dice, RRING_POOLS), slot;

	if (writer->headers) {
		writer->headers[index].len = len;
		return;
	}
	pool = &writer->client->pool[class];
	slot = dice_below(dice, pool->capacity);
	RRING_STORE(&writer->entries[index].header.len, len);
	RRING_STORE(&writer->entries[index].handle, dice_below(dice, 4) ?
		    rring_handle(rring_flag_load(&pool->generation[slot]),
				 class, slot) : dice_roll(dice));
}

/*
 * Gets slots and holds none of them, so that those which its ring names are of
 * another use soon. Not by the library, which would fall over it.
 */
static void turn_over(struct dice *dice, struct rring_client *client)
{
	uint32_t class = dice_below(dice, RRING_POOLS);
	struct rring_pool_view *pool = &client->pool[class];
	struct rring_refill refill = {
		.size = sizeof(refill),
		.pool = class,
		.count = 1,
		.bytes = class == RRING_XXL ? 40000 : 0,
	};

	device_call(client->fd, RRING_IOC_REFILL, &refill);
	rring_seq_store_release(pool->tail,
				rring_seq_load(&pool->magazine->head));
	if (dice_below(dice, 20) == 0)
		free_slots(client, class);
}

/*
 * Mostly by one, so that the rest is looked at; and from the highest head on
 * that it has claimed, as none below that counts any more.
 */
static void move_head(struct dice *dice, struct rring_writer *writer)
{
	uint64_t head = writer->head + 1;

	if (dice_below(dice, 50) == 0)
		head = lie_about(dice, head);
	if (head > writer->head)
		writer->head = head;
	rring_seq_store_release(&writer->ring->head, head);
}

/* The gating reader, whose cursor is the kernel's third, has time to look. */
static void let_read(struct rring_writer *writer,
		     const struct rring_cursors *kernel)
{
	int i;

	rring_wake_ring(writer->client, writer->id, RRING_READERS_WAIT);
	for (i = 0; i < 200 && rring_seq_load(&kernel->cursor[2].pos) <
			       writer->head; i++)
		sched_yield();
}

static void lie(struct dice *dice, struct rring_writer *writer,
		const struct rring_cursors *kernel)
{
	switch (dice_below(dice, 8)) {
	case 0:
	case 1:
		move_head(dice, writer);
		break;
	case 2:
		rring_seq_store(&writer->ring->claim,
				lie_about(dice, writer->head));
		break;
	case 3:
		turn_over(dice, writer->client);
		break;
	case 4:
		let_read(writer, kernel);
		break;
	default:
		spoil_entry(dice, writer);
	}
}

static int lie_and_lie(void *arg)
{
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena, RRING_PRODUCER);
	struct rring_writer *writer = open_ring(client, part->kind, "storm",
						RRING_FAIL);
	const struct rring_cursors *kernel =
		device_map(client->fd, RRING_REGION_CURSORS, 0,
			   sizeof(*kernel), PROT_READ);
	int i;

	MUST(kernel != MAP_FAILED);
	MUST(device_map(client->fd, RRING_REGION_CURSORS, 0, sizeof(*kernel),
			PROT_READ | PROT_WRITE) == MAP_FAILED);
	baton_pass(&part->opened);
	baton_wait(&part->go);
	for (i = 0; i < WRITES; i++)
		lie(&part->dice, writer, kernel);
	baton_pass(&part->opened);
	/* until it is killed */
	while (getppid() != 1)
		lie(&part->dice, writer, kernel);
	return 1;
}

static int write_honestly(void *arg)
{
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena, RRING_PRODUCER);
	struct rring_writer *writer = open_ring(client, RRING_INLINE, "honest",
						RRING_BLOCK);
	int i;

	baton_pass(&part->opened);
	baton_wait(&part->go);
	for (i = 0; i < 1000; i++)
		MUST(!stream_put(writer, STRIDE));
	rring_close(client);
	return 0;
}

/* Every position up to where it stands has become something. */
static int adds_up(const struct consumer_stat *stat)
{
	return stat->refused[HEAD] || stat->lost ||
	       stat->position == stat->received + stat->skipped +
				 consumer_refused(stat);
}

/* Of those which it copies itself, one may end under its hands. */
static int received_what_it_saw(const struct consumer_stat *stat,
				const struct consumer_seen *seen)
{
	return stat->received <= seen->events &&
	       seen->events - stat->received <= seen->large;
}

static void storm(struct __test_metadata *_metadata, FIXTURE_DATA(liar) *self,
		  enum rring_kind kind, struct dice dice, uint64_t *refused)
{
	struct part part = { .arena = self->arena, .kind = kind, .dice = dice };
	struct part honest = { .arena = self->arena };
	struct consumer_stat stat;
	struct consumer_seen seen;
	pid_t liar, other;
	int fd[4], i, n = 0;

	baton_init(&part.opened);
	baton_init(&part.go);
	baton_init(&honest.opened);
	baton_init(&honest.go);
	liar = spawn(lie_and_lie, &part);
	baton_wait(&part.opened);
	other = spawn(write_honestly, &honest);
	baton_wait(&honest.opened);
	fd[n++] = open_reader(self->arena, "storm", 1, 0);
	fd[n++] = open_reader(self->arena, "storm", 1, RRING_JOIN_OBSERVER);
	fd[n++] = open_reader(self->arena, "honest", 1, 0);
	baton_pass(&part.go);
	baton_pass(&honest.go);
	baton_wait(&part.opened);
	slay(liar);
	EXPECT_EQ(0, reap(other));
	for (i = 0; i < n; i++) {
		until_ended(fd[i], 1);
		stat = consumer_stat(fd[i]);
		seen = consumer_seen(fd[i]);
		EXPECT_TRUE(adds_up(&stat));
		EXPECT_TRUE(received_what_it_saw(&stat, &seen));
		EXPECT_EQ(0, seen.backwards);
		if (i < 2)
			*refused += consumer_refused(&stat);
	}
	/* of the honest one, which is the last */
	EXPECT_EQ(1000, seen.events);
	EXPECT_EQ(0, seen.wrong);
	EXPECT_EQ(1000, stat.position);
	for (i = 0; i < n; i++)
		close(fd[i]);
}

TEST_F_TIMEOUT(liar, storm_of_lies_hurts_nobody, 100)
{
	const char *lives = getenv("RRING_LIVES");
	struct dice dice = dice_new("liar");
	uint64_t refused = 0;
	int i, n = lives ? atoi(lives) : 2;

	for (i = 0; i < n; i++)
		storm(_metadata, self, variant->kind, dice_of(dice, i),
		      &refused);
	EXPECT_LT(0, refused);
	printf("# %d writes, %llu refused\n", n * WRITES,
	       (unsigned long long)refused);
}

/* A thread that is being lied to ends when it is told to. */
TEST_F(liar, reader_closes_while_it_is_lied_to)
{
	struct part part = {
		.arena = self->arena,
		.kind = variant->kind,
		.dice = dice_new("liar"),
	};
	pid_t pid;
	int fd, i;

	baton_init(&part.opened);
	baton_init(&part.go);
	pid = spawn(lie_and_lie, &part);
	baton_wait(&part.opened);
	baton_pass(&part.go);
	for (i = 0; i < 50; i++) {
		fd = open_reader(self->arena, "storm", 1,
				 i % 2 ? RRING_JOIN_OBSERVER : 0);
		EXPECT_EQ(0, consumer_close(fd, 0));
		close(fd);
	}
	slay(pid);
}

TEST_HARNESS_MAIN
