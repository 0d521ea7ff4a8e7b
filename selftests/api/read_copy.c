// SPDX-License-Identifier: MPL-2.0
/*
 * rring_read_copy() and rring_read_keep(): one call gives a whole event, or says
 * that there is none. Also to a reader that its writer overtakes.
 */
#include <string.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	4
#define LEN		64
#define WORDS		(LEN / sizeof(uint64_t))
#define EVENTS		20000

FIXTURE(read_copy)
{
	int arena;
	struct rring_client *client, *peer, *last;
	struct rring_writer *writer;
	struct rring_reader *reader;
	uint64_t buffer[WORDS];
};

FIXTURE_VARIANT(read_copy)
{
	enum rring_kind kind;
	enum rring_policy policy;
};

#define VARIANT(name, kind_, policy_)					\
	FIXTURE_VARIANT_ADD(read_copy, name)				\
	{								\
		.kind = kind_,						\
		.policy = policy_,					\
	}

VARIANT(inline, RRING_INLINE, RRING_FAIL);
VARIANT(handles, RRING_HANDLES, RRING_FAIL);
VARIANT(inline_observer, RRING_INLINE, RRING_OVERWRITE);
VARIANT(handles_observer, RRING_HANDLES, RRING_OVERWRITE);

FIXTURE_SETUP(read_copy)
{
	struct rring_ring_config config = {
		.kind = variant->kind,
		.policy = variant->policy,
		.capacity = CAPACITY,
		.stride = variant->kind == RRING_INLINE ? LEN : 0,
	};
	struct rring_reader_config from = {
		.flags = variant->policy == RRING_OVERWRITE ?
			 RRING_JOIN_OBSERVER : 0,
		.start = RRING_START_OLDEST,
	};

	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->peer = client_of(self->arena, RRING_CONSUMER);
	self->last = client_of(self->arena, RRING_OBSERVER);
	self->writer = writer_of(self->client, &config);
	from.ring = rring_writer_ring_id(self->writer);
	self->reader = reader_of(self->peer, &from);
}

FIXTURE_TEARDOWN(read_copy)
{
	rring_close(self->peer);
	rring_close(self->client);
	EXPECT_TRUE(all_free(self->last));
	rring_close(self->last);
	close(self->arena);
}

/* Write an event of which each word is @number. */
static int put(struct rring_writer *writer, uint64_t number)
{
	struct rring_client *client = writer->client;
	struct rring_event event;
	uint64_t payload[WORDS];
	int err;
	size_t i;

	for (i = 0; i < WORDS; i++)
		payload[i] = number;
	if (writer->headers)
		return rring_add(writer, payload, LEN, 7);
	MUST(!rring_alloc_until(client, LEN, 7, SOON(), &event));
	memcpy(event.data, payload, LEN);
	err = rring_publish(writer, &event);
	if (err)
		rring_drop(client, &event);
	return err;
}

TEST_F(read_copy, a_copy_outlives_the_entry)
{
	struct rring_event event;
	uint64_t i;

	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, put(self->writer, i));
	ASSERT_EQ(0, rring_read_copy(self->reader, self->buffer, LEN, &event));
	EXPECT_EQ(1, rring_reader_position(self->reader));
	EXPECT_EQ((void *)self->buffer, event.data);
	/* the entry is free: the writer needs it */
	ASSERT_EQ(0, put(self->writer, CAPACITY));
	EXPECT_EQ(0, self->buffer[0]);
	for (i = 1; i <= CAPACITY; i++) {
		ASSERT_EQ(0, rring_read_copy(self->reader, self->buffer, LEN,
					     &event));
		EXPECT_EQ(i, self->buffer[0]);
	}
	EXPECT_EQ(-EAGAIN, rring_read_copy(self->reader, self->buffer, LEN,
					   &event));
	rring_writer_close(self->writer);
	EXPECT_EQ(-EPIPE, rring_read_copy(self->reader, self->buffer, LEN,
					  &event));
}

TEST_F(read_copy, a_buffer_that_is_too_small_loses_nothing)
{
	struct rring_event event = { .data = NULL };
	uint32_t len;

	ASSERT_EQ(0, put(self->writer, 5));
	ASSERT_EQ(-EMSGSIZE, rring_read_copy(self->reader, self->buffer, 1,
					     &event));
	EXPECT_EQ(0, rring_reader_position(self->reader));
	EXPECT_EQ((void *)NULL, event.data);
	len = event.len;
	ASSERT_EQ(0, rring_read_copy(self->reader, self->buffer, len, &event));
	EXPECT_EQ(len, event.len);
	EXPECT_EQ(5, self->buffer[0]);
}

TEST_F(read_copy, a_copy_is_no_event_to_hold_or_drop)
{
	struct rring_event event;

	ASSERT_EQ(0, put(self->writer, 5));
	ASSERT_EQ(0, rring_read_copy(self->reader, self->buffer, LEN, &event));
	EXPECT_EQ(-EINVAL, rring_hold(self->peer, &event));
	EXPECT_EQ(-EINVAL, rring_drop(self->peer, &event));
	EXPECT_EQ(-EINVAL, rring_keep(self->reader, &event));
}

TEST_F(read_copy, what_was_overwritten_counts_as_lost)
{
	struct rring_event event;
	uint64_t i, got = 0;
	int err;

	if (variant->policy != RRING_OVERWRITE)
		return;
	for (i = 0; i < 3 * CAPACITY; i++)
		ASSERT_EQ(0, put(self->writer, i));
	EXPECT_EQ(-ESTALE, rring_read_copy(self->reader, self->buffer, LEN,
					   &event));
	while (err = rring_read_copy(self->reader, self->buffer, LEN, &event),
	       !err)
		got++;
	EXPECT_EQ(-EAGAIN, err);
	EXPECT_LT(0, got);
	EXPECT_EQ(3 * CAPACITY, got + rring_reader_lost(self->reader));
}

TEST_F(read_copy, a_kept_event_outlives_the_ring)
{
	struct rring_event event, next;
	uint64_t i;

	ASSERT_EQ(0, put(self->writer, 5));
	if (variant->kind == RRING_INLINE) {
		EXPECT_EQ(-EINVAL, rring_read_keep(self->reader, &event));
		EXPECT_EQ(0, rring_reader_position(self->reader));
		return;
	}
	ASSERT_EQ(0, rring_read_keep(self->reader, &event));
	EXPECT_EQ(1, rring_reader_position(self->reader));
	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, put(self->writer, i));
	for (i = 0; i < CAPACITY; i++) {
		ASSERT_EQ(0, rring_read_keep(self->reader, &next));
		EXPECT_EQ(0, rring_drop(self->peer, &next));
	}
	EXPECT_EQ(-EAGAIN, rring_read_keep(self->reader, &next));
	EXPECT_EQ(5, *(const uint64_t *)event.data);
	EXPECT_EQ(0, rring_drop(self->peer, &event));
}

TEST_F(read_copy, an_event_that_cannot_be_held_again_is_not_lost)
{
	struct rring_event event;
	uint32_t i;

	if (variant->kind == RRING_INLINE || variant->policy == RRING_OVERWRITE)
		return;
	ASSERT_EQ(0, put(self->writer, 5));
	ASSERT_EQ(1, rring_peek(self->reader, 1));
	ASSERT_EQ(0, rring_entry(self->reader, 0, &event));
	for (i = 0; i < RRING_HOLDS_MAX; i++)
		ASSERT_EQ(0, rring_keep(self->reader, &event));
	EXPECT_EQ(-EOVERFLOW, rring_read_keep(self->reader, &event));
	EXPECT_EQ(0, rring_reader_position(self->reader));
	for (i = 0; i < RRING_HOLDS_MAX; i++)
		ASSERT_EQ(0, rring_drop(self->peer, &event));
	ASSERT_EQ(0, rring_read_keep(self->reader, &event));
	EXPECT_EQ(0, rring_drop(self->peer, &event));
}

/* ---- a writer that goes on while the observer reads ---- */

static void *write_without_rest(void *context)
{
	struct rring_writer *writer = context;
	uint64_t i;

	for (i = 0; i < EVENTS; i++)
		MUST(!put(writer, i));
	return NULL;
}

static int is_whole(const uint64_t *words, uint32_t len)
{
	uint32_t i;

	for (i = 1; i < len / sizeof(*words); i++)
		if (words[i] != words[0])
			return 0;
	return 1;
}

TEST_F_TIMEOUT(read_copy, no_event_is_torn, 100)
{
	struct rring_event event;
	uint64_t got = 0;
	pthread_t thread;
	int err;

	if (variant->policy != RRING_OVERWRITE)
		return;
	thread = thread_start(write_without_rest, self->writer);
	while (got + rring_reader_lost(self->reader) < EVENTS) {
		err = rring_read_copy(self->reader, self->buffer, LEN, &event);
		if (err) {
			ASSERT_TRUE(err == -EAGAIN || err == -ESTALE);
			continue;
		}
		got++;
		ASSERT_TRUE(is_whole(self->buffer, event.len));
		ASSERT_EQ(rring_reader_position(self->reader),
			  self->buffer[0] + 1);
	}
	thread_end(thread);
	EXPECT_EQ(EVENTS, got + rring_reader_lost(self->reader));
}

TEST_HARNESS_MAIN
