// SPDX-License-Identifier: MPL-2.0
/* Inline rings: order, capacity, batches, streams between processes. */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

static const uint32_t strides[] = { 64, 128, 192, 1024, 4096, 16384 };
static const uint32_t capacities[] = { 1, 2, 3, 7, 100, 4096 };

#define ITEMS(array) (sizeof(array) / sizeof((array)[0]))

FIXTURE(ring)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(ring)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(ring)
{
	rring_close(self->client);
	close(self->arena);
}

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_policy policy, uint32_t capacity,
				    uint32_t stride)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = policy,
		.capacity = capacity,
		.stride = stride,
	};

	return writer_of(client, &config);
}

/*
 * Fill the ring and drain it; then go laps with a varying number of free
 * entries.
 */
static void try_geometry(struct __test_metadata *_metadata,
			 struct rring_client *client, uint32_t capacity,
			 uint32_t stride)
{
	struct rring_writer *writer = ring_of(client, RRING_FAIL, capacity,
					      stride);
	struct rring_reader *reader = reader_at(client, writer->id);
	uint32_t i;

	ASSERT_EQ(-EAGAIN, stream_take(reader, stride));
	for (i = 0; i < capacity; i++)
		ASSERT_EQ(0, stream_put(writer, stride));
	ASSERT_EQ(-EAGAIN, stream_put(writer, stride));
	ASSERT_EQ(capacity, stream_drain(reader, stride));
	for (i = 0; i < 2 * capacity && i < 1000; i++) {
		ASSERT_EQ(0, stream_put(writer, stride));
		if (i % 3 || writer->head - reader->pos == capacity)
			ASSERT_EQ(0, stream_take(reader, stride));
	}
	ASSERT_EQ(writer->head - reader->pos, stream_drain(reader, stride));
	ASSERT_EQ(writer->head, reader->pos);
	rring_reader_close(reader, 0);
	rring_writer_close(writer);
}

TEST_F_TIMEOUT(ring, every_geometry_keeps_order_and_takes_its_capacity, 60)
{
	size_t i, j;

	for (i = 0; i < ITEMS(strides); i++)
		for (j = 0; j < ITEMS(capacities); j++)
			try_geometry(_metadata, self->client, capacities[j],
				     strides[i]);
}

static void fill_reserved(struct rring_writer *writer, uint32_t n,
			  uint32_t max)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		uint64_t number = writer->head + i;
		uint32_t len = stream_len(number, max);

		stream_fill(rring_reserved(writer, i, len, (uint32_t)number),
			    len, number);
	}
}

TEST_F(ring, reserved_is_seen_when_committed_and_not_before)
{
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL, 4, 64);
	struct rring_reader *reader = reader_at(self->client, writer->id);

	ASSERT_EQ(0, rring_reserve(writer, 3));
	fill_reserved(writer, 3, 64);
	EXPECT_EQ(-EAGAIN, rring_peek(reader, 1));
	rring_commit(writer, 1);
	EXPECT_EQ(1, rring_peek(reader, 4));
	EXPECT_EQ(0, stream_take(reader, 64));
	EXPECT_EQ(-EAGAIN, rring_peek(reader, 4));
}

TEST_F(ring, reserves_all_of_its_capacity_but_no_more)
{
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL, 7, 64);
	struct rring_reader *reader = reader_at(self->client, writer->id);

	EXPECT_EQ(-EINVAL, rring_reserve(writer, 8));
	ASSERT_EQ(0, rring_reserve(writer, 7));
	fill_reserved(writer, 7, 64);
	rring_commit(writer, 7);
	EXPECT_EQ(-EAGAIN, rring_reserve(writer, 1));
	EXPECT_EQ(7, rring_peek(reader, 1000));
	EXPECT_EQ(0, rring_release(reader, 3));
	EXPECT_EQ(-EAGAIN, rring_reserve(writer, 4));
	EXPECT_EQ(0, rring_reserve(writer, 3));
	EXPECT_EQ(-EINVAL, rring_release(reader, 5));
	EXPECT_EQ(4, rring_peek(reader, 5));
}

static void check_peeked(struct __test_metadata *_metadata,
			 struct rring_reader *reader, uint32_t n, uint32_t max)
{
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, rring_entry(reader, i, &event));
		ASSERT_TRUE(stream_intact(&event, reader->pos + i, max));
	}
}

/* No batch size divides 7, so every kind of batch wraps at some time. */
TEST_F(ring, batches_may_be_committed_and_released_in_part)
{
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL, 7, 128);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	uint32_t round;

	for (round = 0; round < 2000; round++) {
		uint32_t used = (uint32_t)(writer->head - reader->pos);
		uint32_t n = 1 + round % 5;
		int err = rring_reserve(writer, n);

		ASSERT_EQ(used + n <= 7 ? 0 : -EAGAIN, err);
		if (!err) {
			fill_reserved(writer, n, 128);
			rring_commit(writer, n - round % 2);
			used += n - round % 2;
		}
		n = 1 + round % 4;
		ASSERT_EQ(!used ? -EAGAIN : (long)(used < n ? used : n),
			  rring_peek(reader, n));
		n = used < n ? used : n;
		check_peeked(_metadata, reader, n, 128);
		ASSERT_EQ(0, rring_release(reader, n - (n > 1)));
	}
	ASSERT_LT(2000, writer->head);
}

TEST_F(ring, add_copies_and_refuses_what_is_too_long)
{
	struct rring_writer *writer = ring_of(self->client, RRING_FAIL, 2, 64);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	struct rring_event event;
	char data[65];

	memset(data, 0x5a, sizeof(data));
	EXPECT_EQ(-E2BIG, rring_add(writer, data, 65, 9));
	EXPECT_EQ(-EAGAIN, rring_peek(reader, 1));
	EXPECT_EQ(0, rring_add(writer, data, 64, 9));
	EXPECT_EQ(0, rring_add(writer, NULL, 0, 10));
	EXPECT_EQ(-EAGAIN, rring_add(writer, data, 1, 11));
	memset(&event, 0xee, sizeof(event));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	EXPECT_EQ(0, event.handle);
	EXPECT_EQ(64, event.len);
	EXPECT_EQ(9, event.event_type);
	EXPECT_EQ(0, memcmp(event.data, data, 64));
	EXPECT_EQ(0, (uintptr_t)event.data % 64);
	memset(&event, 0xee, sizeof(event));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	EXPECT_EQ(0, event.len);
	EXPECT_EQ(10, event.event_type);
	EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
	EXPECT_EQ(2, reader->pos);
}

/* ---- between processes ---- */

struct stream {
	int arena;
	uint32_t ring;
	uint32_t events;
	struct baton joined;
};

static int read_stream(void *arg)
{
	struct stream *stream = arg;
	struct rring_client *client = client_of(stream->arena, RRING_CONSUMER);
	struct rring_reader *reader = reader_at(client, stream->ring);
	int err;

	baton_pass(&stream->joined);
	while (!(err = stream_take_soon(reader, 64)))
		;
	MUST(err == -EPIPE);
	MUST(reader->pos == stream->events);
	return 0;
}

static void write_stream(struct __test_metadata *_metadata,
			 struct rring_client *client, int arena,
			 uint32_t readers, uint32_t events)
{
	struct rring_writer *writer = ring_of(client, RRING_BLOCK, 1000, 64);
	struct stream stream = {
		.arena = arena,
		.ring = writer->id,
		.events = events,
	};
	pid_t pid[3];
	uint32_t i;

	baton_init(&stream.joined);
	for (i = 0; i < readers; i++)
		pid[i] = spawn(read_stream, &stream);
	for (i = 0; i < readers; i++)
		baton_wait(&stream.joined);
	for (i = 0; i < events; i++)
		ASSERT_EQ(0, stream_put(writer, 64));
	rring_writer_close(writer);
	for (i = 0; i < readers; i++)
		EXPECT_EQ(0, reap(pid[i]));
}

TEST_F_TIMEOUT(ring, a_million_events_reach_another_process_in_order, 120)
{
	write_stream(_metadata, self->client, self->arena, 1, 1000000);
}

TEST_F_TIMEOUT(ring, three_readers_each_get_all_of_a_stream, 120)
{
	write_stream(_metadata, self->client, self->arena, 3, 200000);
}

TEST_HARNESS_MAIN
