// SPDX-License-Identifier: MPL-2.0
/* Typed events: access to the payload as a type, in place, length checked. */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

struct tick {
	uint64_t time;
	uint32_t price;
	char symbol[20];
};

struct aligned {
	_Alignas(64) uint64_t word;
};

struct whole_slot {
	uint8_t byte[16384];
};

FIXTURE(typed)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(typed)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(typed)
{
	rring_close(self->client);
	close(self->arena);
}

TEST_F(typed, an_event_is_its_payload_in_place)
{
	struct rring_event event;
	struct tick *tick;

	ASSERT_EQ(0, rring_alloc(self->client, sizeof(*tick), 1, &event));
	tick = RRING_EVENT(struct tick, &event);
	EXPECT_EQ(event.data, (void *)tick);
	tick->time = 7;
	EXPECT_EQ(7, RRING_EVENT(struct tick, &event)->time);
	EXPECT_EQ(0, rring_drop(self->client, &event));
}

TEST_F(typed, a_shorter_event_is_none)
{
	struct rring_event event;

	ASSERT_EQ(0, rring_alloc(self->client, sizeof(struct tick), 1,
				 &event));
	EXPECT_EQ(0, rring_resize(self->client, &event,
				  sizeof(struct tick) - 1));
	EXPECT_EQ((void *)NULL, (void *)RRING_EVENT(struct tick, &event));
	EXPECT_EQ(0, rring_resize(self->client, &event,
				  sizeof(struct tick) + 1));
	EXPECT_EQ(event.data, (void *)RRING_EVENT(struct tick, &event));
	EXPECT_EQ(0, rring_resize(self->client, &event, 0));
	EXPECT_EQ((void *)NULL, (void *)RRING_EVENT(char, &event));
	EXPECT_EQ(0, rring_drop(self->client, &event));
}

TEST_F(typed, a_const_event_has_a_const_payload)
{
	struct rring_event event = {};
	const struct rring_event *seen = &event;

	EXPECT_EQ(1, _Generic(RRING_EVENT(struct tick, seen),
			      const struct tick *: 1, default: 0));
	EXPECT_EQ(1, _Generic(RRING_EVENT(struct tick, &event),
			      struct tick *: 1, default: 0));
}

TEST_F(typed, the_argument_is_evaluated_once)
{
	struct rring_event events[2] = {};
	struct rring_event *next = events;

	events[0].len = 1;
	events[0].data = &events[0];
	EXPECT_EQ((void *)&events[0], (void *)RRING_EVENT(char, next++));
	EXPECT_EQ(&events[1], next);
}

TEST_F(typed, any_alignment_up_to_a_line_and_any_slot_fits)
{
	struct rring_event event;
	int i;

	for (i = 0; i < 64; i++) {
		ASSERT_EQ(0, rring_alloc(self->client, sizeof(struct aligned),
					 1, &event));
		EXPECT_EQ(0, (uintptr_t)RRING_EVENT(struct aligned, &event) %
			     64);
		ASSERT_EQ(0, rring_drop(self->client, &event));
	}
	ASSERT_EQ(0, rring_alloc(self->client, sizeof(struct whole_slot), 1,
				 &event));
	EXPECT_EQ(event.data, (void *)RRING_EVENT(struct whole_slot, &event));
	EXPECT_EQ(0, rring_drop(self->client, &event));
}

static void *send_ticks(void *arg)
{
	struct rring_ring_config config = {
		.name = "ticks",
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = 4,
		.stride = 64,
	};
	struct rring_client *client = client_of(*(int *)arg, RRING_PRODUCER);
	struct rring_writer *writer = writer_of(client, &config);
	struct tick *tick;
	uint32_t i;

	for (i = 0; i < 1000; i++) {
		MUST(!rring_reserve(writer, 1));
		tick = rring_reserved(writer, 0, sizeof(*tick), 1);
		*tick = (struct tick) { .time = i, .price = 2 * i };
		rring_commit(writer, 1);
	}
	rring_close(client);
	return NULL;
}

TEST_F(typed, threads_exchange_them_without_a_copy)
{
	struct rring_factory factory = {
		.client = self->client,
		.defaults = {
			.kind = RRING_INLINE,
			.policy = RRING_BLOCK,
			.capacity = 4,
			.stride = 64,
		},
	};
	struct rring_reader *reader;
	const struct tick *tick;
	struct rring_event event;
	pthread_t thread;
	uint32_t i;
	int err;

	ASSERT_EQ(0, rring_factory_reader(&factory, "ticks", NULL, &reader));
	thread = thread_start(send_ticks, &self->arena);
	for (i = 0;; i++) {
		ASSERT_EQ(0, rring_wait_readable(reader, SOON()));
		err = rring_try_read(reader, &event);
		if (err)
			break;
		tick = RRING_EVENT(struct tick, &event);
		ASSERT_NE((void *)NULL, (void *)tick);
		ASSERT_EQ(i, tick->time);
		ASSERT_EQ(2 * i, tick->price);
	}
	EXPECT_EQ(-EPIPE, err);
	EXPECT_EQ(1000, i);
	thread_end(thread);
}

/* ---- statically defined rings ---- */

RRING_STATIC_RING(at_file_scope, 256, 4096);

TEST_F(typed, a_static_ring_opens_as_it_was_defined)
{
	RRING_STATIC_RING(smallest, 64, 1);
	RRING_STATIC_RING(largest, 16384, 64);
	struct rring_writer *writer;

	ASSERT_EQ(0, rring_writer_open(self->client, &at_file_scope, &writer));
	EXPECT_EQ(4096, rring_writer_capacity(writer));
	EXPECT_EQ(256, rring_writer_stride(writer));
	EXPECT_EQ(RRING_BLOCK, writer->info->policy);
	EXPECT_EQ(0, put_value(writer, 1));
	rring_writer_close(writer);
	ASSERT_EQ(0, rring_writer_open(self->client, &smallest, &writer));
	rring_writer_close(writer);
	ASSERT_EQ(0, rring_writer_open(self->client, &largest, &writer));
	rring_writer_close(writer);
}

TEST_HARNESS_MAIN
