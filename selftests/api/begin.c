// SPDX-License-Identifier: MPL-2.0
/* The short form: one call begins, one sends or receives, one ends all. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

#define PAST	1	/* a deadline that has passed */
#define ENTRIES	256	/* of the ring that rring_writer_begin() creates */
#define LARGE	100000	/* bytes: of class XXL */

FIXTURE(begin)
{
	char arena[RRING_NAME_MAX];
	struct rring_writer *writer;
	struct rring_reader *reader;
};

FIXTURE_SETUP(begin)
{
	snprintf(self->arena, sizeof(self->arena), "begin-%d", getpid());
	ASSERT_EQ(0, rring_writer_begin(self->arena, "ring", &self->writer));
	ASSERT_EQ(0, rring_reader_begin(self->arena, "ring", NULL,
					&self->reader));
}

static void end_writer(FIXTURE_DATA(begin) *self)
{
	if (self->writer)
		rring_close(rring_writer_client(self->writer));
	self->writer = NULL;
}

static void end_reader(FIXTURE_DATA(begin) *self)
{
	if (self->reader)
		rring_close(rring_reader_client(self->reader));
	self->reader = NULL;
}

FIXTURE_TEARDOWN(begin)
{
	end_writer(self);
	end_reader(self);
}

static int send_text(struct rring_writer *writer, const char *text,
		     uint64_t deadline)
{
	return rring_send(writer, text, strlen(text) + 1, 7, deadline);
}

static int receive_text(struct rring_reader *reader, const char *text)
{
	struct rring_event event;
	int err = rring_receive(reader, &event, 0);

	if (err)
		return err;
	return event.event_type == 7 && event.len == strlen(text) + 1 &&
	       !strcmp(event.data, text) ? 0 : 1;
}

TEST_F(begin, sends_and_receives)
{
	struct rring_event event;

	ASSERT_EQ(0, send_text(self->writer, "one", 0));
	ASSERT_EQ(0, send_text(self->writer, "two", RRING_FOREVER));
	EXPECT_EQ(0, receive_text(self->reader, "one"));
	EXPECT_EQ(0, receive_text(self->reader, "two"));
	EXPECT_EQ(-EAGAIN, rring_receive(self->reader, &event, 0));
	EXPECT_EQ(-ETIMEDOUT, rring_receive(self->reader, &event, PAST));
	ASSERT_EQ(0, rring_send(self->writer, NULL, 0, 7, 0));
	ASSERT_EQ(0, rring_receive(self->reader, &event, RRING_FOREVER));
	EXPECT_EQ(0, event.len);
	end_writer(self);
	EXPECT_EQ(-EPIPE, rring_receive(self->reader, &event, RRING_FOREVER));
}

TEST_F(begin, sends_what_is_as_large_as_a_frame)
{
	static char frame[LARGE];
	struct rring_event event;

	frame[LARGE - 1] = 'x';
	ASSERT_EQ(0, rring_send(self->writer, frame, LARGE, 7, 0));
	ASSERT_EQ(0, rring_receive(self->reader, &event, 0));
	EXPECT_EQ(LARGE, event.len);
	EXPECT_EQ(0, memcmp(frame, event.data, LARGE));
}

TEST_F(begin, ends_all_with_the_clients)
{
	struct rring_client *client;

	end_reader(self);
	end_writer(self);
	EXPECT_EQ(-ENOENT, rring_open(&client, self->arena, RRING_OBSERVER,
				      0));
	EXPECT_EQ(-ENOENT, rring_reader_begin(self->arena, "ring", NULL,
					      &self->reader));
}

TEST_F(begin, leaves_nothing_after_an_error)
{
	struct rring_writer *second = NULL;
	struct rring_reader *reader = NULL;

	EXPECT_EQ(-EBUSY, rring_writer_begin(self->arena, "ring", &second));
	EXPECT_EQ(NULL, second);
	EXPECT_EQ(-ENOENT, rring_reader_begin(self->arena, "none", NULL,
					      &reader));
	EXPECT_EQ(-EINVAL, rring_reader_begin(self->arena, NULL, NULL,
					      &reader));
	EXPECT_EQ(NULL, reader);
	EXPECT_EQ(-EINVAL, rring_writer_begin("a b", "ring", &second));
	EXPECT_EQ(-ENOENT, rring_writer_begin("", "ring", &second));
	/* a second ring of the arena is no error */
	ASSERT_EQ(0, rring_writer_begin(self->arena, "other", &second));
	rring_close(rring_writer_client(second));
}

TEST_F(begin, goes_on_under_a_name)
{
	end_reader(self);
	ASSERT_EQ(0, rring_reader_begin(self->arena, "ring", "name",
					&self->reader));
	ASSERT_EQ(0, send_text(self->writer, "one", 0));
	ASSERT_EQ(0, send_text(self->writer, "two", 0));
	ASSERT_EQ(0, receive_text(self->reader, "one"));
	ASSERT_EQ(0, receive_text(self->reader, "two"));
	end_reader(self);
	ASSERT_EQ(0, rring_reader_begin(self->arena, "ring", "name",
					&self->reader));
	EXPECT_EQ(1, rring_reader_resumed(self->reader));
	/* the last event was not released */
	EXPECT_EQ(0, receive_text(self->reader, "two"));
}

TEST_F(begin, gives_a_late_reader_what_the_ring_retains)
{
	end_reader(self);
	ASSERT_EQ(0, send_text(self->writer, "one", 0));
	ASSERT_EQ(0, rring_reader_begin(self->arena, "ring", NULL,
					&self->reader));
	EXPECT_EQ(0, receive_text(self->reader, "one"));
}

TEST_F(begin, a_deadline_ends_a_send_into_a_full_ring)
{
	struct rring_client *client = rring_writer_client(self->writer);
	struct rring_event event;
	int i, err = 0;

	for (i = 0; i < ENTRIES && !err; i++)
		err = send_text(self->writer, "text", 0);
	EXPECT_EQ(-ETIMEDOUT, send_text(self->writer, "text", 0));
	EXPECT_EQ(-ETIMEDOUT, send_text(self->writer, "text", PAST));
	for (i = 0; !(err = rring_receive(self->reader, &event, 0)); i++)
		;
	EXPECT_EQ(-EAGAIN, err);
	EXPECT_EQ(rring_writer_position(self->writer), (uint64_t)i);
	/* the calls that failed have kept no slot */
	end_reader(self);
	rring_writer_close(self->writer);
	self->writer = NULL;
	rring_trim(client);
	EXPECT_TRUE(all_free(client));
	rring_close(client);
}

/* ---- rings of other kinds ---- */

TEST(a_ring_of_any_kind_takes_what_is_sent)
{
	static const uint32_t capacity[RRING_POOLS] = { [RRING_XS] = 1 };
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 2,
		.stride = 64,
	};
	int arena = arena_with(capacity, 0);
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_reader *reader = reader_at(client,
						rring_writer_ring_id(writer));
	char large[65] = "";

	EXPECT_EQ(-E2BIG, rring_send(writer, large, sizeof(large), 7, 0));
	EXPECT_EQ(-E2BIG, rring_send(writer, large, 1ull << 32, 7, 0));
	ASSERT_EQ(0, send_text(writer, "one", 0));
	ASSERT_EQ(0, send_text(writer, "two", 0));
	EXPECT_EQ(-ETIMEDOUT, send_text(writer, "three", 0));
	EXPECT_EQ(0, receive_text(reader, "one"));
	EXPECT_EQ(0, receive_text(reader, "two"));

	config.kind = RRING_HANDLES;
	config.stride = 0;
	writer = writer_of(client, &config);
	reader = reader_at(client, rring_writer_ring_id(writer));
	ASSERT_EQ(0, send_text(writer, "one", 0));
	/* there is room, but no slot */
	EXPECT_EQ(-ENOSPC, send_text(writer, "two", 0));
	EXPECT_EQ(-ETIMEDOUT, send_text(writer, "two", PAST));
	EXPECT_EQ(0, receive_text(reader, "one"));
	rring_close(client);
	close(arena);
}

TEST_HARNESS_MAIN
