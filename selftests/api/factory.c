// SPDX-License-Identifier: MPL-2.0
/* Factories: the first user of a name creates its ring with common defaults. */
#include <sched.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	4

FIXTURE(factory)
{
	int arena;
	struct rring_client *client;
	struct rring_factory factory;
};

FIXTURE_SETUP(factory)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->factory = (struct rring_factory) {
		.client = self->client,
		.defaults = {
			.kind = RRING_INLINE,
			.policy = RRING_FAIL,
			.capacity = CAPACITY,
			.stride = 64,
		},
	};
}

FIXTURE_TEARDOWN(factory)
{
	rring_close(self->client);
	close(self->arena);
}

/* Return whether the ring @name exists. */
static int ring_is_there(struct rring_client *client, const char *name)
{
	struct rring_reader_config config = {
		.ring_name = name,
		.flags = RRING_JOIN_OBSERVER,
	};
	struct rring_reader *reader;

	if (rring_reader_open(client, &config, &reader))
		return 0;
	rring_reader_close(reader, 1);
	return 1;
}

TEST_F(factory, makes_rings_alike)
{
	struct rring_writer *writer[3], *none;
	int i;

	ASSERT_EQ(0, rring_factory_writer(&self->factory, "one", &writer[0]));
	ASSERT_EQ(0, rring_factory_writer(&self->factory, "two", &writer[1]));
	ASSERT_EQ(0, rring_factory_writer(&self->factory, NULL, &writer[2]));
	EXPECT_EQ(-EBUSY, rring_factory_writer(&self->factory, "two", &none));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(CAPACITY, rring_writer_capacity(writer[i]));
		EXPECT_EQ(64, rring_writer_stride(writer[i]));
		EXPECT_EQ(RRING_FAIL, writer[i]->info->policy);
	}
	EXPECT_STREQ("two", writer[1]->info->name);
}

TEST_F(factory, a_reader_may_come_before_its_writer)
{
	struct rring_reader *reader, *second;
	struct rring_writer *writer;
	struct rring_event event;

	ASSERT_EQ(0, rring_factory_reader(&self->factory, "ring", NULL,
					  &reader));
	ASSERT_EQ(0, rring_factory_reader(&self->factory, "ring", "second",
					  &second));
	EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(reader, 1));
	ASSERT_EQ(0, rring_factory_writer(&self->factory, "ring", &writer));
	ASSERT_EQ(0, put_value(writer, 5));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	EXPECT_EQ(5, value_of(&event));
	ASSERT_EQ(0, rring_try_read(second, &event));
	EXPECT_EQ(5, value_of(&event));
	rring_writer_close(writer);
	EXPECT_EQ(-EPIPE, rring_try_read(reader, &event));
}

TEST_F(factory, a_ring_that_nobody_awaits_any_more_is_gone)
{
	struct rring_reader *reader;

	ASSERT_EQ(0, rring_factory_reader(&self->factory, "ring", NULL,
					  &reader));
	EXPECT_TRUE(ring_is_there(self->client, "ring"));
	rring_reader_close(reader, 0);
	EXPECT_FALSE(ring_is_there(self->client, "ring"));
}

TEST_F(factory, a_name_is_one_readers)
{
	struct rring_reader *reader, *none;

	ASSERT_EQ(0, rring_factory_reader(&self->factory, "ring", "name",
					  &reader));
	EXPECT_EQ(-EBUSY, rring_factory_reader(&self->factory, "ring", "name",
					       &none));
	EXPECT_EQ(-EINVAL, rring_factory_reader(&self->factory, NULL, "name",
						&none));
	/* an empty name does not create a nameless ring */
	EXPECT_EQ(-EINVAL, rring_factory_reader(&self->factory, "", "other",
						&none));
}

TEST_F(factory, a_consumer_makes_no_ring)
{
	struct rring_client *consumer = client_of(self->arena, RRING_CONSUMER);
	struct rring_factory factory = self->factory;
	struct rring_reader *reader;
	struct rring_writer *writer;

	factory.client = consumer;
	EXPECT_EQ(-EPERM, rring_factory_reader(&factory, "ring", NULL,
					       &reader));
	ASSERT_EQ(0, rring_factory_writer(&self->factory, "ring", &writer));
	EXPECT_EQ(0, rring_factory_reader(&factory, "ring", NULL, &reader));
	rring_close(consumer);
}

TEST_F(factory, a_ring_that_overwrites_has_observers)
{
	struct rring_reader *reader, *none;
	struct rring_writer *writer;
	struct rring_event event;

	self->factory.defaults.policy = RRING_OVERWRITE;
	ASSERT_EQ(0, rring_factory_reader(&self->factory, "ring", NULL,
					  &reader));
	EXPECT_EQ(-EINVAL, rring_factory_reader(&self->factory, "ring", "name",
						&none));
	ASSERT_EQ(0, rring_factory_writer(&self->factory, "ring", &writer));
	ASSERT_EQ(0, put_value(writer, 6));
	ASSERT_EQ(0, rring_try_read(reader, &event));
	EXPECT_EQ(6, value_of(&event));
}

struct racer {
	int arena;
	uint64_t got;
};

/* The first of the threads creates the ring. */
static void *race_to_read(void *arg)
{
	struct racer *racer = arg;
	struct rring_client *client = client_of(racer->arena, RRING_PRODUCER);
	struct rring_factory factory = {
		.client = client,
		.defaults = {
			.policy = RRING_FAIL,
			.capacity = CAPACITY,
			.stride = 64,
		},
	};
	struct rring_reader *reader;
	struct rring_event event;

	MUST(!rring_factory_reader(&factory, "race", NULL, &reader));
	MUST(!rring_wait_readable(reader, SOON()));
	MUST(!rring_try_read(reader, &event));
	racer->got = value_of(&event);
	rring_close(client);
	return NULL;
}

TEST_F(factory, readers_that_race_to_make_a_ring_all_get_it)
{
	struct racer racers[4];
	struct rring_writer *writer;
	pthread_t thread[4];
	int i, err;

	for (i = 0; i < 4; i++) {
		racers[i] = (struct racer) { .arena = self->arena };
		thread[i] = thread_start(race_to_read, &racers[i]);
	}
	do {
		err = rring_factory_writer(&self->factory, "race", &writer);
	} while (err == -EBUSY);
	ASSERT_EQ(0, err);
	/* wait until all four readers have joined */
	while (rring_flag_load_acquire(&writer->info->readers_end) < 4)
		sched_yield();
	ASSERT_EQ(0, put_value(writer, 8));
	for (i = 0; i < 4; i++) {
		thread_end(thread[i]);
		EXPECT_EQ(8, racers[i].got);
	}
}

TEST_HARNESS_MAIN
