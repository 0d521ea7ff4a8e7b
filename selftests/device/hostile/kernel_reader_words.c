// SPDX-License-Identifier: MPL-2.0
/*
 * A hostile writer forges single words of its ring and its events for a kernel
 * reader. The kernel refuses impossible values, counts them, and sleeps when
 * there are no more.
 */
#include <sched.h>

#include <rusted_ring/internal/handle.h>

#include "arena.h"
#include "kernel_reader.h"
#include "kernel_read_ring.h"
#include "kselftest_harness.h"
#include "page.h"
#include "ring_kinds.h"
#include "stream.h"

FIXTURE(forged_ring)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	int fd;			/* gating reader that is polled */
	int thread;		/* reader with a thread */
};

FIXTURE_RING_KINDS(forged_ring);

FIXTURE_SETUP(forged_ring)
{
	static const uint32_t capacity[RRING_POOLS] = { 64, 64, 16, 8, 4, 4 };

	ASSERT_EQ(0, consumer_load());
	self->arena = arena_with(capacity, 0);
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->writer =
		kring_writer(self->client, variant->kind, "liar", RRING_FAIL);
	self->fd = kring_reader(self->arena, "liar", 0, 0);
	self->thread = kring_reader(self->arena, "liar", 1, 0);
}

FIXTURE_TEARDOWN(forged_ring)
{
	close(self->thread);
	close(self->fd);
	rring_close(self->client);
	close(self->arena);
	EXPECT_EQ(0, consumer_unload());
}

/* ---- honest operations ---- */

static rring_seq_t *head_of(FIXTURE_DATA(forged_ring) * self)
{
	return &self->writer->ring->head;
}

/* Write an intact event at the head without publishing it. Return its index. */
static uint32_t prepare(struct __test_metadata *_metadata,
			FIXTURE_DATA(forged_ring) * self,
			struct rring_event *event)
{
	uint32_t index = rring_seq_load(head_of(self)) % KRING_CAPACITY;
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

static void publish(FIXTURE_DATA(forged_ring) * self)
{
	uint64_t head = rring_seq_load(head_of(self));

	rring_seq_store_release(head_of(self), head + 1);
	rring_wake_ring(self->client, self->writer->id, RRING_READERS_WAIT);
}

static int peek(FIXTURE_DATA(forged_ring) * self)
{
	struct consumer_entry entry;

	return consumer_call(self->fd, CONSUMER_PEEK, &entry);
}

/* Expect both readers at @position, and the thread of one asleep. */
static void both_rest(struct __test_metadata *_metadata,
		      FIXTURE_DATA(forged_ring) * self, uint64_t position)
{
	EXPECT_EQ(-EAGAIN, peek(self));
	EXPECT_EQ(position, consumer_stat(self->fd).position);
	while (consumer_stat(self->thread).position < position)
		sched_yield();
	EXPECT_EQ(position, consumer_stat(self->thread).position);
	until_waiting(self->writer->info, RRING_READERS_WAIT);
}

static void both_refused(struct __test_metadata *_metadata,
			 FIXTURE_DATA(forged_ring) * self, uint32_t reason,
			 uint64_t n)
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

/* ---- the head ---- */

TEST_F(forged_ring, head_far_ahead_is_refused_once)
{
	rring_seq_store_release(head_of(self), (1ull << 62) + 5);
	rring_wake_ring(self->client, self->writer->id, RRING_READERS_WAIT);
	EXPECT_EQ(0, consumer_stat(self->fd).refused[BAD_HEAD]);
	EXPECT_EQ(-EAGAIN, peek(self));
	both_refused(_metadata, self, BAD_HEAD, 1);
	both_rest(_metadata, self, (1ull << 62) + 5);
	EXPECT_EQ(0, consumer_stat(self->fd).received);
}

TEST_F(forged_ring, head_that_goes_back_is_passed_over)
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
	both_refused(_metadata, self, BAD_HEAD, 0);
}

TEST_F(forged_ring, head_at_the_end_of_numbers_ends_nothing_else)
{
	struct consumer_stat stat;

	rring_seq_store_release(head_of(self), INT64_MAX - 1);
	rring_wake_ring(self->client, self->writer->id, RRING_READERS_WAIT);
	EXPECT_EQ(-EAGAIN, peek(self));
	both_refused(_metadata, self, BAD_HEAD, 1);
	/* exactly one more position exists */
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
	EXPECT_EQ(1, stat.refused[BAD_HEAD]);
}

/* ---- entries ---- */

TEST_F(forged_ring, length_beyond_the_place_is_refused)
{
	static const uint32_t lens[] = {
		1,     64,	   KRING_STRIDE - 1, KRING_STRIDE, 4096,
		65536, 0x7fffffff, 0x80000000,	     ~0u - 1,
	};
	uint32_t most = variant->kind == RRING_INLINE ? KRING_STRIDE : 64;
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
		both_refused(_metadata, self, BAD_LEN, bad);
		both_rest(_metadata, self, i + 1);
	}
	EXPECT_LT(0, bad);
	EXPECT_EQ(good, consumer_stat(self->fd).received);
	EXPECT_EQ(good, consumer_stat(self->thread).received);
}

TEST_F(forged_ring, entry_given_up_is_skipped)
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
	both_refused(_metadata, self, BAD_LEN, 0);
	EXPECT_EQ(1, consumer_stat(self->fd).skipped);
	EXPECT_EQ(1, consumer_stat(self->thread).skipped);
}

static void publish_handle(struct __test_metadata *_metadata,
			   FIXTURE_DATA(forged_ring) * self, uint64_t handle,
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

TEST_F(forged_ring, handle_of_no_slot_is_refused)
{
	const uint64_t handles[] = {
		0, 1, ~0ull, 1ull << 63,
		rring_handle(1, RRING_POOLS, 0),	/* no such class */
		rring_handle(1, RRING_POOLS + 1, 0),
		rring_handle(1, RRING_XS, 64),		/* index is the capacity */
		rring_handle(1, RRING_XXL, 4),
		rring_handle(1, RRING_XL, (1u << 29) - 1),
		rring_handle(0, RRING_XS, 0),		/* no generation */
	};
	uint32_t i, n = sizeof(handles) / sizeof(*handles), refused = 0;

	if (variant->kind == RRING_INLINE)
		return;
	for (i = 0; i < n; i++) {
		/* 1 << 63 names a slot in another generation */
		if (handles[i] == 1ull << 63)
			continue;
		publish_handle(_metadata, self, handles[i], 8);
		both_refused(_metadata, self, BAD_HANDLE, ++refused);
	}
	both_rest(_metadata, self, refused);
}

TEST_F(forged_ring, handle_of_another_time_is_refused)
{
	uint64_t handle = rring_word_load(
		&self->client->pool[RRING_XS].generation[7]);

	if (variant->kind == RRING_INLINE)
		return;
	publish_handle(_metadata, self, rring_handle_next(handle), 8);
	publish_handle(_metadata, self, 1ull << 63, 8);
	/* an XXL place without pages */
	publish_handle(_metadata, self,
		       rring_word_load(&self->client->pool[RRING_XXL]
				       .generation[2]), 8);
	both_refused(_metadata, self, BAD_STALE, 3);
	both_rest(_metadata, self, 3);
}

TEST_F(forged_ring, large_event_is_not_longer_than_its_pages)
{
	uint32_t most = (uint32_t)whole_pages(20000), i;
	struct rring_event event;
	uint64_t position = 0;

	if (variant->kind == RRING_INLINE)
		return;
	ASSERT_EQ(0, rring_alloc(self->client, 20000, 1, &event));
	publish_handle(_metadata, self, event.handle, most + 1);
	publish_handle(_metadata, self, event.handle, ~0u);
	both_refused(_metadata, self, BAD_LEN, 2);
	/* all bytes of the pages can be read */
	i = rring_seq_load(head_of(self)) % KRING_CAPACITY;
	RRING_STORE(&self->writer->entries[i].handle, event.handle);
	RRING_STORE(&self->writer->entries[i].header.len, most);
	publish(self);
	EXPECT_EQ(-EBADMSG,
		  consumer_take(self->fd, position + 2, KRING_STRIDE));
	until_seen(self->thread, 1);
	EXPECT_EQ(1, consumer_seen(self->thread).large);
	ASSERT_EQ(0, rring_drop(self->client, &event));
}

/*
 * The pages of a peeked event stay while the writer reuses its place; copy and
 * release then report -ESTALE.
 */
TEST_F(forged_ring, large_event_taken_back_is_not_what_it_was)
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
		taken = rring_seq_load(head_of(self)) % KRING_CAPACITY;
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
	EXPECT_EQ(4, consumer_stat(self->fd).refused[BAD_STALE]);
	EXPECT_EQ(4, consumer_seen(self->thread).large);
}

/* The reader uses the length and handle that it has checked at the peek. */
TEST_F(forged_ring, entry_rewritten_under_the_reader_changes_nothing)
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

/* An event stays lost even if the writer sets the claim back. */
TEST_F(forged_ring, event_once_lost_stays_lost)
{
	int fd = kring_reader(self->arena, "liar", 0, RRING_JOIN_OBSERVER);
	struct consumer_entry entry;
	char to[8];
	struct consumer_copy copy = { .len = 8, .to = (uintptr_t)to };
	rring_seq_t *claim = &self->writer->ring->claim;
	uint64_t truth = rring_seq_load(claim);
	struct rring_event event;

	prepare(_metadata, self, &event);
	publish(self);
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	rring_seq_store(claim, KRING_CAPACITY + 1);
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_COPY, &copy));
	rring_seq_store(claim, truth);
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_COPY, &copy));
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_RELEASE, NULL));
	EXPECT_EQ(0, consumer_stat(fd).received);
	EXPECT_EQ(1, consumer_stat(fd).lost);
	close(fd);
}

TEST_HARNESS_MAIN
