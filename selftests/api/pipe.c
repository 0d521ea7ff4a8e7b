// SPDX-License-Identifier: MPL-2.0
/* Pipes: two rings that form a bidirectional channel. */
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	4
#define ROUNDS		2000

FIXTURE(pipe)
{
	int arena;
	struct rring_client *client;
	struct rring_client *other;
	struct rring_pipe_config config;
	struct rring_pipe *a;
};

FIXTURE_VARIANT(pipe)
{
	enum rring_kind kind;
	uint32_t stride;
	enum rring_strategy strategy;
};

FIXTURE_VARIANT_ADD(pipe, inline_blocking)
{
	.kind = RRING_INLINE,
	.stride = 64,
	.strategy = RRING_WAIT_BLOCK,
};

FIXTURE_VARIANT_ADD(pipe, inline_spinning)
{
	.kind = RRING_INLINE,
	.stride = 64,
	.strategy = RRING_WAIT_SPIN,
};

FIXTURE_VARIANT_ADD(pipe, handles_yielding)
{
	.kind = RRING_HANDLES,
	.strategy = RRING_WAIT_YIELD,
};

FIXTURE_SETUP(pipe)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->other = client_of(self->arena, RRING_PRODUCER);
	self->config = (struct rring_pipe_config) {
		.name = "pipe",
		.kind = variant->kind,
		.capacity = CAPACITY,
		.stride = variant->stride,
		.strategy = variant->strategy,
	};
	ASSERT_EQ(0, rring_pipe_create(self->client, &self->config, &self->a));
}

FIXTURE_TEARDOWN(pipe)
{
	rring_close(self->client);
	rring_close(self->other);
	close(self->arena);
}

static int send(struct rring_pipe *pipe, uint64_t value, uint64_t deadline)
{
	return rring_pipe_send(pipe, &value, sizeof(value), 1, deadline);
}

/* Receive one event, whose value must be @value. */
static int receive(struct rring_pipe *pipe, uint64_t value, uint64_t deadline)
{
	struct rring_event event;
	int err = rring_pipe_receive(pipe, &event, deadline);

	if (err)
		return err;
	return value_of(&event) == value ? 0 : -EBADMSG;
}

static struct rring_pipe *connect(struct rring_client *client,
				  enum rring_strategy strategy)
{
	struct rring_pipe_config config = {
		.name = "pipe",
		.strategy = strategy,
	};
	struct rring_pipe *pipe;

	MUST(!rring_pipe_connect(client, &config, &pipe));
	return pipe;
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

/* ---- both ends ---- */

TEST_F(pipe, carries_both_ways_with_both_ends_in_one_thread)
{
	struct rring_pipe *b = connect(self->other, variant->strategy);
	uint64_t i;

	for (i = 0; i < 10 * CAPACITY; i++) {
		ASSERT_EQ(0, send(self->a, i, 0));
		ASSERT_EQ(0, send(b, ~i, 0));
		ASSERT_EQ(0, receive(b, i, 0));
		ASSERT_EQ(0, receive(self->a, ~i, 0));
	}
	EXPECT_EQ(-EAGAIN, receive(b, 0, 0));
	EXPECT_EQ(-EAGAIN, receive(self->a, 0, 0));
	rring_pipe_close(b);
}

TEST_F(pipe, both_ends_may_be_one_clients)
{
	struct rring_pipe *b = connect(self->client, variant->strategy);

	EXPECT_EQ(0, send(self->a, 1, 0));
	EXPECT_EQ(0, receive(b, 1, 0));
	EXPECT_EQ(0, send(b, 2, 0));
	EXPECT_EQ(0, receive(self->a, 2, 0));
	rring_pipe_close(b);
}

TEST_F(pipe, keeps_what_is_sent_before_the_other_end_is_there)
{
	struct rring_pipe *b;
	uint64_t i;

	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, send(self->a, i, 0));
	EXPECT_EQ(-EAGAIN, send(self->a, i, 0));
	EXPECT_EQ(-ETIMEDOUT, send(self->a, i, rring_deadline(NS_PER_S / 100)));
	EXPECT_EQ(-EAGAIN, receive(self->a, 0, 0));
	EXPECT_EQ(-ETIMEDOUT, receive(self->a, 0,
				      rring_deadline(NS_PER_S / 100)));
	b = connect(self->other, variant->strategy);
	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, receive(b, i, 0));
	rring_pipe_close(b);
}

TEST_F(pipe, has_two_ends_and_no_more)
{
	struct rring_pipe *b = connect(self->other, variant->strategy);
	struct rring_pipe *none;

	EXPECT_EQ(-EBUSY, rring_pipe_create(self->client, &self->config,
					    &none));
	EXPECT_EQ(-EBUSY, rring_pipe_connect(self->client, &self->config,
					     &none));
	/* both ends still work */
	EXPECT_EQ(0, send(self->a, 1, 0));
	EXPECT_EQ(0, receive(b, 1, 0));
	EXPECT_EQ(0, send(b, 2, 0));
	EXPECT_EQ(0, receive(self->a, 2, 0));
	rring_pipe_close(b);
}

TEST_F(pipe, an_end_that_waits_alone_is_not_disturbed)
{
	struct rring_pipe *none, *b;

	EXPECT_EQ(-EBUSY, rring_pipe_create(self->other, &self->config,
					    &none));
	EXPECT_EQ(-EAGAIN, receive(self->a, 0, 0));
	b = connect(self->other, variant->strategy);
	EXPECT_EQ(0, send(b, 2, 0));
	EXPECT_EQ(0, receive(self->a, 2, 0));
	rring_pipe_close(b);
}

TEST_F(pipe, names_are_checked)
{
	struct rring_pipe_config config = self->config;
	struct rring_pipe *none;

	config.name = "nobody";
	EXPECT_EQ(-ENOENT, rring_pipe_connect(self->other, &config, &none));
	config.name = NULL;
	EXPECT_EQ(-EINVAL, rring_pipe_create(self->other, &config, &none));
	config.name = "";
	EXPECT_EQ(-EINVAL, rring_pipe_connect(self->other, &config, &none));
	config.capacity = 0;
	EXPECT_EQ(-EINVAL, rring_pipe_create(self->other, &config, &none));
}

TEST_F(pipe, refuses_what_is_too_long)
{
	static char data[20000];
	struct rring_event event;
	struct rring_pipe *b = connect(self->other, variant->strategy);

	if (variant->kind == RRING_INLINE) {
		EXPECT_EQ(-E2BIG, rring_pipe_send(self->a, data, 65, 1, 0));
		EXPECT_EQ(0, rring_pipe_send(self->a, data, 64, 1, 0));
	} else {
		EXPECT_EQ(0, rring_pipe_send(self->a, data, 16384, 1, 0));
	}
	EXPECT_EQ(0, rring_pipe_receive(b, &event, 0));
	EXPECT_EQ(variant->kind == RRING_INLINE ? 64 : 16384, event.len);
	rring_pipe_close(b);
}

/* An event without payload carries only its type. */
TEST_F(pipe, carries_events_without_a_byte)
{
	struct rring_event event;
	struct rring_pipe *b = connect(self->other, variant->strategy);

	ASSERT_EQ(0, rring_pipe_send(self->a, NULL, 0, 77, 0));
	ASSERT_EQ(0, rring_pipe_receive(b, &event, 0));
	EXPECT_EQ(0, event.len);
	EXPECT_EQ(77, event.event_type);
	rring_pipe_close(b);
}

/* ---- one end goes ---- */

TEST_F(pipe, an_end_that_closes_is_drained_and_then_gone)
{
	struct rring_pipe *b = connect(self->other, variant->strategy);

	ASSERT_EQ(0, send(b, 1, 0));
	ASSERT_EQ(0, send(b, 2, 0));
	rring_pipe_close(b);
	EXPECT_EQ(-EPIPE, send(self->a, 3, 0));
	EXPECT_EQ(-EPIPE, send(self->a, 3, RRING_FOREVER));
	EXPECT_EQ(0, receive(self->a, 1, 0));
	EXPECT_EQ(0, receive(self->a, 2, RRING_FOREVER));
	EXPECT_EQ(-EPIPE, receive(self->a, 0, RRING_FOREVER));
	EXPECT_EQ(-EPIPE, receive(self->a, 0, 0));
}

TEST_F(pipe, both_ends_closed_leave_nothing)
{
	struct rring_pipe *b = connect(self->other, variant->strategy);

	ASSERT_EQ(0, send(self->a, 1, 0));
	ASSERT_EQ(0, send(b, 2, 0));
	rring_pipe_close(b);
	rring_pipe_close(self->a);
	EXPECT_FALSE(ring_is_there(self->client, "pipe.a"));
	EXPECT_FALSE(ring_is_there(self->client, "pipe.b"));
	rring_trim(self->client);
	rring_trim(self->other);
	EXPECT_TRUE(all_free(self->client));
}

TEST_F(pipe, an_end_that_was_never_connected_leaves_nothing)
{
	rring_pipe_close(self->a);
	EXPECT_FALSE(ring_is_there(self->client, "pipe.a"));
	EXPECT_FALSE(ring_is_there(self->client, "pipe.b"));
}

TEST_F(pipe, what_was_sent_outlives_its_sender_until_it_is_received)
{
	struct rring_pipe *b;

	ASSERT_EQ(0, send(self->a, 1, 0));
	ASSERT_EQ(0, send(self->a, 2, 0));
	rring_pipe_close(self->a);
	b = connect(self->other, variant->strategy);
	EXPECT_EQ(-EPIPE, send(b, 9, 0));
	EXPECT_EQ(0, receive(b, 1, 0));
	EXPECT_EQ(0, receive(b, 2, 0));
	EXPECT_EQ(-EPIPE, receive(b, 0, 0));
	rring_pipe_close(b);
	EXPECT_FALSE(ring_is_there(self->client, "pipe.a"));
	EXPECT_FALSE(ring_is_there(self->client, "pipe.b"));
}

/* Closing a client has the same effect as the death of its process. */
TEST_F(pipe, the_second_end_resumes_where_it_died)
{
	struct rring_pipe *b = connect(self->other, variant->strategy);

	ASSERT_EQ(0, send(self->a, 1, 0));
	ASSERT_EQ(0, send(self->a, 2, 0));
	ASSERT_EQ(0, send(b, 3, 0));
	ASSERT_EQ(0, receive(b, 1, 0));
	/* the event is not released, so it is delivered again */
	rring_close(self->other);
	EXPECT_EQ(-EPIPE, send(self->a, 4, RRING_FOREVER));
	self->other = client_of(self->arena, RRING_PRODUCER);
	b = connect(self->other, variant->strategy);
	ASSERT_EQ(0, send(self->a, 4, 0));
	ASSERT_EQ(0, send(b, 5, 0));
	EXPECT_EQ(0, receive(b, 1, 0));
	EXPECT_EQ(0, receive(b, 2, 0));
	EXPECT_EQ(0, receive(b, 4, 0));
	EXPECT_EQ(0, receive(self->a, 3, 0));
	EXPECT_EQ(0, receive(self->a, 5, 0));
	rring_pipe_close(b);
}

TEST_F(pipe, an_end_can_wait_until_the_other_one_is_back)
{
	struct rring_pipe *b = connect(self->other, variant->strategy);
	struct rring_reader *reader = rring_pipe_reader(self->a);

	rring_close(self->other);
	EXPECT_EQ(-EPIPE, receive(self->a, 0, RRING_FOREVER));
	EXPECT_EQ(-EPIPE, receive(self->a, 0, RRING_FOREVER));
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(reader, 1));
	self->other = client_of(self->arena, RRING_PRODUCER);
	b = connect(self->other, variant->strategy);
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(reader, 1));
	ASSERT_EQ(0, send(b, 5, 0));
	EXPECT_EQ(0, rring_wait_readable(reader, RRING_FOREVER));
	EXPECT_EQ(0, receive(self->a, 5, 0));
	rring_pipe_close(b);
}

TEST_F(pipe, the_first_end_resumes_where_it_died)
{
	struct rring_pipe *b = connect(self->other, variant->strategy);

	ASSERT_EQ(0, send(self->a, 1, 0));
	ASSERT_EQ(0, send(b, 2, 0));
	ASSERT_EQ(0, send(b, 3, 0));
	ASSERT_EQ(0, receive(self->a, 2, 0));
	ASSERT_EQ(0, receive(b, 1, 0));
	rring_close(self->client);
	EXPECT_EQ(-EPIPE, send(b, 4, RRING_FOREVER));
	EXPECT_EQ(-EPIPE, receive(b, 0, 0));
	self->client = client_of(self->arena, RRING_PRODUCER);
	ASSERT_EQ(0, rring_pipe_create(self->client, &self->config, &self->a));
	ASSERT_EQ(0, send(b, 4, 0));
	ASSERT_EQ(0, send(self->a, 5, 0));
	EXPECT_EQ(0, receive(self->a, 2, 0));
	EXPECT_EQ(0, receive(self->a, 3, 0));
	EXPECT_EQ(0, receive(self->a, 4, 0));
	EXPECT_EQ(0, receive(b, 5, 0));
	rring_pipe_close(b);
}

TEST_F(pipe, both_ends_resume_where_they_died)
{
	struct rring_pipe *b = connect(self->other, variant->strategy);

	ASSERT_EQ(0, send(self->a, 1, 0));
	ASSERT_EQ(0, send(b, 2, 0));
	rring_close(self->client);
	rring_close(self->other);
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->other = client_of(self->arena, RRING_PRODUCER);
	ASSERT_EQ(0, rring_pipe_create(self->client, &self->config, &self->a));
	EXPECT_EQ(0, receive(self->a, 2, 0));
	/* the stream has not ended: the other end is expected to return */
	EXPECT_EQ(-EAGAIN, receive(self->a, 0, 0));
	ASSERT_EQ(0, send(self->a, 3, 0));
	b = connect(self->other, variant->strategy);
	EXPECT_EQ(0, receive(b, 1, 0));
	EXPECT_EQ(0, receive(b, 3, 0));
	ASSERT_EQ(0, send(b, 4, 0));
	EXPECT_EQ(0, receive(self->a, 4, 0));
	rring_pipe_close(b);
}

TEST_F(pipe, another_geometry_does_not_resume)
{
	struct rring_pipe_config config = self->config;
	struct rring_pipe *none;

	ASSERT_EQ(0, send(self->a, 1, 0));
	rring_close(self->client);
	self->client = client_of(self->arena, RRING_PRODUCER);
	config.capacity++;
	EXPECT_EQ(-EEXIST, rring_pipe_create(self->client, &config, &none));
	EXPECT_EQ(0, rring_pipe_create(self->client, &self->config, &self->a));
}

/* ---- threads ---- */

struct end {
	int arena;
	enum rring_strategy strategy;
	uint32_t ready;
	uint32_t go;
};

static void *answer(void *arg)
{
	struct end *end = arg;
	struct rring_client *client = client_of(end->arena, RRING_PRODUCER);
	struct rring_pipe *pipe = connect(client, end->strategy);
	uint64_t i;

	for (i = 0; i < ROUNDS; i++) {
		MUST(!receive(pipe, i, SOON()));
		MUST(!send(pipe, ~i, SOON()));
	}
	MUST(receive(pipe, 0, SOON()) == -EPIPE);
	rring_pipe_close(pipe);
	rring_close(client);
	return NULL;
}

TEST_F_TIMEOUT(pipe, threads_ask_and_answer, 100)
{
	struct end end = {
		.arena = self->arena,
		.strategy = variant->strategy,
	};
	pthread_t thread = thread_start(answer, &end);
	uint64_t i;

	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, send(self->a, i, SOON()));
		ASSERT_EQ(0, receive(self->a, ~i, SOON()));
	}
	rring_pipe_close(self->a);
	thread_end(thread);
}

static void *swallow(void *arg)
{
	struct end *end = arg;
	struct rring_client *client = client_of(end->arena, RRING_PRODUCER);
	struct rring_pipe *pipe = connect(client, end->strategy);
	uint64_t i;

	for (i = 0; i < ROUNDS; i++)
		MUST(!receive(pipe, i, SOON()));
	rring_pipe_close(pipe);
	rring_close(client);
	return NULL;
}

TEST_F_TIMEOUT(pipe, a_full_one_makes_its_sender_wait, 100)
{
	struct end end = {
		.arena = self->arena,
		.strategy = variant->strategy,
	};
	pthread_t thread = thread_start(swallow, &end);
	uint64_t i;

	for (i = 0; i < ROUNDS; i++)
		ASSERT_EQ(0, send(self->a, i, SOON()));
	thread_end(thread);
	EXPECT_EQ(-EPIPE, send(self->a, i, SOON()));
}

static void *go_in_the_middle(void *arg)
{
	struct end *end = arg;
	struct rring_client *client = client_of(end->arena, RRING_PRODUCER);

	connect(client, end->strategy);
	step_take(&end->ready);
	step_wait(&end->go);
	/* has the same effect as the death of the process */
	rring_close(client);
	return NULL;
}

TEST_F(pipe, whoever_waits_to_send_is_told_that_the_other_end_died)
{
	struct end end = {
		.arena = self->arena,
		.strategy = variant->strategy,
	};
	pthread_t thread = thread_start(go_in_the_middle, &end);
	uint64_t i;

	step_wait(&end.ready);
	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, send(self->a, i, 0));
	step_take(&end.go);
	EXPECT_EQ(-EPIPE, send(self->a, i, RRING_FOREVER));
	thread_end(thread);
}

TEST_HARNESS_MAIN
