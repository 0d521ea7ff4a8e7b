// SPDX-License-Identifier: MPL-2.0
/* What an observer surely gets of a ring of handles, and what it is told. */
#include <string.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

#define KEPT	4u
#define HEAD	40u

static const uint32_t slots[RRING_POOLS] = { 64, 32, 16, 8, 12, 12 };

FIXTURE(observer)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *other;	/* takes all slots that are left */
	struct rring_client *client;	/* of the observers */
};

FIXTURE_VARIANT(observer)
{
	enum rring_policy policy;
	uint32_t len;
};

FIXTURE_VARIANT_ADD(observer, block) { .policy = RRING_BLOCK, .len = 64 };
FIXTURE_VARIANT_ADD(observer, fail) { .policy = RRING_FAIL, .len = 64 };

FIXTURE_VARIANT_ADD(observer, overwrite)
{
	.policy = RRING_OVERWRITE,
	.len = 64,
};

FIXTURE_VARIANT_ADD(observer, block_xl)
{
	.policy = RRING_BLOCK,
	.len = 16384,
};

FIXTURE_VARIANT_ADD(observer, block_large)
{
	.policy = RRING_BLOCK,
	.len = 100000,
};

FIXTURE_VARIANT_ADD(observer, fail_large)
{
	.policy = RRING_FAIL,
	.len = 100000,
};

FIXTURE_VARIANT_ADD(observer, overwrite_large)
{
	.policy = RRING_OVERWRITE,
	.len = 100000,
};

FIXTURE_SETUP(observer)
{
	self->arena = arena_with(slots, 0);
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->other = client_of(self->arena, RRING_PRODUCER);
	self->client = client_of(self->arena, RRING_OBSERVER);
}

FIXTURE_TEARDOWN(observer)
{
	rring_close(self->producer);
	rring_close(self->other);
	rring_close(self->client);
	close(self->arena);
}

/* A ring that keeps @kept entries for observers. */
static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_policy policy, uint32_t kept)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = policy,
		.capacity = 2 * KEPT,
		.retain = kept,
	};

	if (policy == RRING_OVERWRITE) {
		config.capacity = kept ? kept : 1;
		config.retain = 0;
	}
	return writer_of(client, &config);
}

static struct rring_reader *observer_of(struct rring_client *client,
					struct rring_writer *writer)
{
	struct rring_reader_config config = {
		.ring = rring_writer_ring_id(writer),
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

/* Publish @n events of @len bytes, each with its position as last 8 bytes. */
static void put(struct rring_writer *writer, uint32_t len, uint32_t n)
{
	while (n--) {
		uint64_t position = rring_writer_position(writer);
		struct rring_event event;

		MUST(!rring_alloc_until(rring_writer_client(writer), len, 0,
					SOON(), &event));
		memcpy((char *)event.data + len - 8, &position, 8);
		MUST(!rring_publish(writer, &event));
	}
}

/* Read to the head. Returns how many events were whole; the rest was lost. */
static uint32_t read_all(struct rring_reader *reader, uint32_t len)
{
	uint32_t n = 0;
	long peeked;

	while ((peeked = rring_peek(reader, 1)) > 0 || peeked == -ESTALE) {
		uint64_t position = rring_reader_position(reader), found = 0;
		struct rring_event event;
		int err;

		if (peeked < 0)
			continue;
		err = rring_entry(reader, 0, &event);
		MUST(!err || err == -ESTALE);
		if (!err) {
			MUST(event.len == len);
			memcpy(&found, (char *)event.data + len - 8, 8);
		}
		if (rring_release(reader, 1))
			continue;
		MUST(!err && found == position);
		n++;
	}
	return n;
}

/* Allocate with @client all slots but @but of the pool for @len bytes. */
static void take_slots(struct rring_client *client, uint32_t len, uint32_t but)
{
	uint32_t n = slots[rring_class_for(len)] - but;
	struct rring_event event;

	while (n--)
		MUST(!rring_alloc_until(client, len, 0, SOON(), &event));
}

TEST_F(observer, gets_what_the_ring_retains_while_other_slots_are_left)
{
	struct rring_writer *writer = ring_of(self->producer, variant->policy,
					      KEPT);
	struct rring_reader *late;

	put(writer, variant->len, HEAD);
	rring_trim(self->producer);
	take_slots(self->other, variant->len, KEPT);
	late = observer_of(self->client, writer);
	EXPECT_EQ(HEAD - KEPT, rring_reader_position(late));
	EXPECT_EQ(KEPT, read_all(late, variant->len));
	EXPECT_EQ(0, rring_reader_lost(late));
}

TEST_F(observer, gets_what_is_retained_after_the_end_of_the_writer)
{
	struct rring_writer *writer = ring_of(self->producer, variant->policy,
					      KEPT);
	struct rring_reader *reader = observer_of(self->client, writer);

	put(writer, variant->len, KEPT);
	rring_writer_close(writer);
	rring_trim(self->producer);
	take_slots(self->other, variant->len, KEPT);
	EXPECT_EQ(KEPT, read_all(reader, variant->len));
	EXPECT_EQ(-EPIPE, rring_peek(reader, 1));
	EXPECT_EQ(0, rring_reader_lost(reader));
}

TEST_F(observer, keeps_up_without_a_loss_within_what_is_retained)
{
	struct rring_writer *writer = ring_of(self->producer, variant->policy,
					      KEPT);
	struct rring_reader *reader = observer_of(self->client, writer);
	uint32_t i, n;

	for (i = 0; i < HEAD; i++) {
		n = 1 + i % KEPT;
		put(writer, variant->len, n);
		ASSERT_EQ(n, read_all(reader, variant->len));
	}
	EXPECT_EQ(0, rring_reader_lost(reader));
}

TEST_F(observer, is_told_of_each_event_that_it_does_not_get)
{
	struct rring_writer *writer = ring_of(self->producer, variant->policy,
					      0);
	struct rring_reader *reader = observer_of(self->client, writer);
	uint32_t got = 0, i;

	for (i = 0; i < 10; i++) {
		put(writer, variant->len, i + 1);
		rring_trim(self->producer);
		take_slots(self->other, variant->len, KEPT);
		rring_close(self->other);
		self->other = client_of(self->arena, RRING_PRODUCER);
		got += read_all(reader, variant->len);
		EXPECT_EQ(rring_writer_position(writer),
			  got + rring_reader_lost(reader));
	}
}

TEST_F(observer, gets_what_a_gating_reader_has_not_released)
{
	struct rring_writer *writer;
	struct rring_client *consumer;
	struct rring_reader *reader;

	if (variant->policy == RRING_OVERWRITE)
		return;		/* has no gating readers */
	consumer = client_of(self->arena, RRING_CONSUMER);
	writer = ring_of(self->producer, variant->policy, 0);
	reader_at(consumer, rring_writer_ring_id(writer));
	put(writer, variant->len, KEPT);
	rring_trim(self->producer);
	take_slots(self->other, variant->len, KEPT);
	reader = observer_of(self->client, writer);
	EXPECT_EQ(KEPT, read_all(reader, variant->len));
	EXPECT_EQ(0, rring_reader_lost(reader));
	rring_close(consumer);
}

/* ---- what the writer knows of its observers ---- */

TEST_F(observer, is_seen_by_the_writer_where_it_stands)
{
	struct rring_writer *writer = ring_of(self->producer, variant->policy,
					      KEPT);
	struct rring_reader *fast, *slow;

	EXPECT_EQ(0, rring_writer_observed(writer, 0));
	put(writer, variant->len, 3);
	EXPECT_EQ(3, rring_writer_observed(writer, 0));
	slow = observer_of(self->client, writer);
	fast = observer_of(self->producer, writer);
	EXPECT_EQ(0, rring_writer_observed(writer, 0));
	EXPECT_EQ(3, read_all(fast, variant->len));
	EXPECT_EQ(0, rring_writer_observed(writer, 0));
	ASSERT_EQ(3, rring_peek(slow, 3));
	ASSERT_EQ(0, rring_release(slow, 1));
	EXPECT_EQ(1, rring_writer_observed(writer, 0));
	EXPECT_EQ(1, rring_writer_observed(writer, 1));
	EXPECT_EQ(3, rring_writer_observed(writer, 2));
	rring_reader_close(slow, 0);
	EXPECT_EQ(3, rring_writer_observed(writer, 0));
}

TEST_F(observer, is_not_a_gating_reader)
{
	struct rring_writer *writer;

	if (variant->policy == RRING_OVERWRITE)
		return;		/* has no gating readers */
	writer = ring_of(self->producer, variant->policy, 0);
	reader_at(self->other, rring_writer_ring_id(writer));
	put(writer, variant->len, 1);
	EXPECT_EQ(1, rring_writer_observed(writer, 0));
}

TEST_HARNESS_MAIN
