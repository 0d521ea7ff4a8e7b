// SPDX-License-Identifier: MPL-2.0
/*
 * A reader that does not read, or whose name is left without a reader, keeps a
 * ring full. A call with a deadline ends all the same. Then nothing is lost, and
 * nothing has changed.
 */
#include <errno.h>
#include <pthread.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	8
#define PAST		1	/* a deadline that has passed */

FIXTURE(deadline)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	uint32_t ring;
	uint64_t next;		/* value of the next event */
};

FIXTURE_VARIANT(deadline)
{
	enum rring_kind kind;
	enum rring_policy policy;
};

FIXTURE_VARIANT_ADD(deadline, handles_block)
{
	.kind = RRING_HANDLES,
	.policy = RRING_BLOCK,
};

FIXTURE_VARIANT_ADD(deadline, handles_fail)
{
	.kind = RRING_HANDLES,
	.policy = RRING_FAIL,
};

FIXTURE_VARIANT_ADD(deadline, inline_block)
{
	.kind = RRING_INLINE,
	.policy = RRING_BLOCK,
};

FIXTURE_VARIANT_ADD(deadline, inline_fail)
{
	.kind = RRING_INLINE,
	.policy = RRING_FAIL,
};

static struct rring_reader *join(FIXTURE_DATA(deadline) *self)
{
	const struct rring_reader_config config = {
		.ring = self->ring,
		.name = "reader",
		.start = RRING_START_OLDEST,
	};

	return reader_of(self->client, &config);
}

/* Publish the next event, by the call of this kind of ring. */
static int publish(FIXTURE_DATA(deadline) *self, uint64_t deadline)
{
	struct rring_event event;
	int err;

	if (!self->writer->entries) {
		err = rring_add_until(self->writer, &self->next,
				      sizeof(self->next), 1, deadline);
		self->next += !err;
		return err;
	}
	MUST(!rring_alloc(self->client, sizeof(self->next), 1, &event));
	*(uint64_t *)event.data = self->next;
	err = rring_publish_until(self->writer, &event, deadline);
	self->next += !err;
	if (err)	/* the client still has the hold, and no other */
		MUST(!rring_drop(self->client, &event) &&
		     rring_drop(self->client, &event) == -EINVAL);
	return err;
}

/* Fill the ring. Its only reader has a name, and is away. */
FIXTURE_SETUP(deadline)
{
	const struct rring_ring_config config = {
		.kind = variant->kind,
		.policy = variant->policy,
		.capacity = CAPACITY,
		.stride = variant->kind == RRING_INLINE ? 64 : 0,
	};
	int i;

	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->writer = writer_of(self->client, &config);
	self->ring = rring_writer_ring_id(self->writer);
	rring_reader_close(join(self), 0);
	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, publish(self, 0));
}

FIXTURE_TEARDOWN(deadline)
{
	rring_close(self->client);
	close(self->arena);
}

/* The ring has the events 0 to .next - 1, of which @released are released. */
static void expect_whole(struct __test_metadata *_metadata,
			 FIXTURE_DATA(deadline) *self, uint64_t released)
{
	struct rring_reader *reader = join(self);
	struct rring_event event;

	EXPECT_EQ(self->next, rring_writer_position(self->writer));
	EXPECT_EQ(released, rring_reader_position(reader));
	for (; released < self->next; released++) {
		ASSERT_EQ(0, rring_try_read(reader, &event));
		EXPECT_EQ(released, value_of(&event));
	}
	EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
	rring_reader_close(reader, 0);
}

TEST_F(deadline, ends_a_publication_that_a_reader_who_is_away_holds_back)
{
	EXPECT_EQ(-ETIMEDOUT, publish(self, 0));
	EXPECT_EQ(-ETIMEDOUT, publish(self, PAST));
	EXPECT_EQ(-ETIMEDOUT, publish(self, rring_deadline(NS_PER_S / 1000)));
	expect_whole(_metadata, self, 0);
	EXPECT_EQ(0, publish(self, PAST));
	EXPECT_EQ(0, publish(self, RRING_FOREVER));
	expect_whole(_metadata, self, CAPACITY);
}

TEST_F(deadline, ends_a_batch_that_does_not_fit)
{
	struct rring_reader *reader = join(self);
	struct rring_event event[3];
	uint64_t values[3];
	int i, n;

	ASSERT_EQ(CAPACITY, rring_peek(reader, CAPACITY));
	ASSERT_EQ(0, rring_release(reader, 2));
	rring_reader_close(reader, 0);
	if (variant->kind == RRING_INLINE) {
		for (i = 0; i < 3; i++)
			values[i] = self->next + (uint64_t)i;
		EXPECT_EQ(-ETIMEDOUT, rring_add_batch_until(
			self->writer, values, 8, 1, 3, PAST));
		EXPECT_EQ(0, rring_add_batch_until(self->writer, values, 8, 1,
						   2, PAST));
	} else {
		/* as much of it as fits is published */
		ASSERT_EQ(3, rring_alloc_batch(self->client, RRING_XS, 8, 1,
					       event, 3));
		for (i = 0; i < 3; i++)
			*(uint64_t *)event[i].data = self->next + (uint64_t)i;
		EXPECT_EQ(0, rring_publish_batch_until(self->writer, event, 0,
						       PAST));
		n = (int)rring_publish_batch_until(self->writer, event, 3,
						   PAST);
		EXPECT_EQ(2, n);
		EXPECT_EQ(-ETIMEDOUT, rring_publish_batch_until(
			self->writer, event + 2, 1, PAST));
		EXPECT_EQ(0, rring_drop(self->client, &event[2]));
	}
	self->next += 2;
	expect_whole(_metadata, self, 2);
}

TEST_F(deadline, ends_a_reservation)
{
	uint64_t *payload;

	if (variant->kind != RRING_INLINE)
		return;
	EXPECT_EQ(-ETIMEDOUT, rring_reserve_until(self->writer, 1, PAST));
	expect_whole(_metadata, self, 0);
	ASSERT_EQ(0, rring_reserve_until(self->writer, CAPACITY, PAST));
	payload = rring_reserved(self->writer, 0, 8, 1);
	*payload = self->next++;
	rring_commit(self->writer, 1);
	expect_whole(_metadata, self, CAPACITY);
}

TEST_F(deadline, does_not_change_what_can_never_be)
{
	struct rring_event event;
	uint64_t value = 0;

	if (variant->kind == RRING_INLINE) {
		EXPECT_EQ(-EINVAL, rring_reserve_until(
			self->writer, CAPACITY + 1, RRING_FOREVER));
		expect_whole(_metadata, self, 0);
		EXPECT_EQ(-E2BIG, rring_add_until(self->writer, &value, 65, 1,
						  RRING_FOREVER));
	} else {
		expect_whole(_metadata, self, 0);
		ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &event));
		ASSERT_EQ(0, rring_drop(self->client, &event));
		EXPECT_EQ(-EINVAL, rring_publish_until(self->writer, &event,
						       RRING_FOREVER));
	}
}

static void *release_one(void *arg)
{
	struct rring_reader *reader = arg;

	until_waiting(reader->info, RRING_WRITER_WAITS);
	MUST(rring_peek(reader, 1) == 1 && !rring_release(reader, 1));
	return NULL;
}

TEST_F(deadline, leaves_time_for_a_reader)
{
	struct rring_client *other = client_of(self->arena, RRING_CONSUMER);
	const struct rring_reader_config config = {
		.ring = self->ring,
		.name = "reader",
	};
	struct rring_reader *reader = reader_of(other, &config);
	pthread_t thread = thread_start(release_one, reader);

	EXPECT_EQ(0, publish(self, SOON()));
	thread_end(thread);
	rring_close(other);
	expect_whole(_metadata, self, 1);
}

/* ---- a ring that never waits ---- */

TEST(an_overwriting_ring_needs_no_deadline)
{
	const struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_OVERWRITE,
		.capacity = 2,
		.stride = 64,
	};
	int arena = arena_small();
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_writer *writer = writer_of(client, &config);
	uint64_t i;

	for (i = 0; i < 5; i++)
		EXPECT_EQ(0, rring_add_until(writer, &i, sizeof(i), 1, PAST));
	EXPECT_EQ(5, rring_writer_position(writer));
	rring_close(client);
	close(arena);
}

TEST_HARNESS_MAIN
