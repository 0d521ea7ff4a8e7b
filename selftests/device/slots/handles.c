// SPDX-License-Identifier: MPL-2.0
/* Shared events are published by handle, kept, forwarded and freed. */
#include <sys/socket.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"

FIXTURE(events)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
};

FIXTURE_SETUP(events)
{
	self->arena = arena_small();
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(events)
{
	rring_close(self->consumer);
	rring_close(self->producer);
	close(self->arena);
}

static struct rring_writer *ring_of(struct rring_client *client,
				    uint32_t capacity)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = capacity,
	};

	return writer_of(client, &config);
}

/* Number of slots that are neither free nor in @client's magazine. */
static uint32_t in_use(struct rring_client *client, enum rring_class pool)
{
	rring_trim(client);
	return client->arena->pool[pool].capacity - free_slots(client, pool);
}

TEST_F(events, alloc_finds_the_class_that_fits)
{
	static const struct {
		uint32_t len;
		enum rring_class pool;
	} cases[] = {
		{ 0, RRING_XS }, { 1, RRING_XS }, { 64, RRING_XS },
		{ 65, RRING_S }, { 256, RRING_S }, { 257, RRING_M },
		{ 1024, RRING_M }, { 1025, RRING_L }, { 4096, RRING_L },
		{ 4097, RRING_XL }, { 16384, RRING_XL },
	};
	struct rring_event event;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(&event, 0xee, sizeof(event));
		ASSERT_EQ(0, rring_alloc(self->producer, cases[i].len, 5,
					 &event));
		EXPECT_EQ(cases[i].pool, rring_handle_class(event.handle));
		EXPECT_EQ(cases[i].len, event.len);
		EXPECT_EQ(5, event.event_type);
		EXPECT_EQ(0, (uintptr_t)event.data % 64);
		memset(event.data, 0xa5, event.len);
		EXPECT_EQ(0, rring_drop(self->producer, &event));
	}
	/* the arena has no XXL places; larger lengths are never valid */
	EXPECT_EQ(-ENOSPC, rring_alloc(self->producer, 16385, 5, &event));
	EXPECT_EQ(-E2BIG, rring_alloc(self->producer, RRING_XXL_MAX + 1ull, 5,
				      &event));
	EXPECT_EQ(-E2BIG, rring_alloc(self->producer, ~(size_t)0, 5, &event));
	EXPECT_EQ(-E2BIG, rring_alloc_class(self->producer, RRING_XS, 65, 5,
					    &event));
	EXPECT_EQ(0, rring_alloc_class(self->producer, RRING_L, 1, 5, &event));
	EXPECT_EQ(RRING_L, rring_handle_class(event.handle));
}

TEST_F(events, a_published_event_arrives_in_place)
{
	struct rring_writer *writer = ring_of(self->producer, 3);
	struct rring_reader *reader = reader_at(self->consumer, writer->id);
	struct rring_event sent, got;

	ASSERT_EQ(0, rring_alloc(self->producer, 1000, 42, &sent));
	stream_fill(sent.data, 1000, 7);
	ASSERT_EQ(0, rring_publish(writer, &sent));
	EXPECT_EQ(-EINVAL, rring_drop(self->producer, &sent));
	memset(&got, 0xee, sizeof(got));
	ASSERT_EQ(0, rring_try_read(reader, &got));
	EXPECT_EQ(sent.handle, got.handle);
	EXPECT_EQ(1000, got.len);
	EXPECT_EQ(42, got.event_type);
	/* both clients map the same slot */
	((uint64_t *)sent.data)[0] = 0x1122334455667788;
	EXPECT_EQ(0x1122334455667788, ((volatile uint64_t *)got.data)[0]);
}

TEST_F(events, a_slot_is_free_only_after_the_last_drop)
{
	struct rring_writer *writer = ring_of(self->producer, 3);
	struct rring_reader *reader[3];
	struct rring_event event[3];
	int i;

	for (i = 0; i < 3; i++)
		reader[i] = reader_at(self->consumer, writer->id);
	ASSERT_EQ(0, stream_put(writer, 64));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(1, in_use(self->producer, RRING_XS));
		ASSERT_EQ(0, rring_try_read(reader[i], &event[i]));
		ASSERT_EQ(0, rring_keep(reader[i], &event[i]));
		ASSERT_EQ(-EAGAIN, rring_try_read(reader[i], &event[i]));
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(1, in_use(self->producer, RRING_XS));
		EXPECT_TRUE(stream_intact(&event[i], 0, 64));
		ASSERT_EQ(0, rring_drop(self->consumer, &event[i]));
	}
	EXPECT_EQ(-EINVAL, rring_drop(self->consumer, &event[0]));
	EXPECT_EQ(0, in_use(self->producer, RRING_XS));
}

TEST_F(events, a_window_keeps_its_events_until_every_reader_has_passed)
{
	struct rring_writer *writer = ring_of(self->producer, 8);
	struct rring_reader *fast = reader_at(self->consumer, writer->id);
	struct rring_reader *slow = reader_at(self->consumer, writer->id);
	int i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, stream_put(writer, 64));
	ASSERT_EQ(8, stream_drain(fast, 64));
	for (i = 8; i; i--) {
		EXPECT_EQ(i, in_use(self->producer, RRING_XS));
		ASSERT_EQ(0, stream_take(slow, 64));
	}
	EXPECT_EQ(0, in_use(self->producer, RRING_XS));
}

TEST_F(events, one_event_may_lie_in_several_rings)
{
	struct rring_writer *writer[3];
	struct rring_reader *reader[3];
	struct rring_event event, got;
	int i;

	ASSERT_EQ(0, rring_alloc(self->producer, 200, 1, &event));
	stream_fill(event.data, 200, 9);
	for (i = 0; i < 3; i++) {
		writer[i] = ring_of(self->producer, 1 + i);
		reader[i] = reader_at(self->consumer, writer[i]->id);
		ASSERT_EQ(0, rring_hold(self->producer, &event));
		ASSERT_EQ(0, rring_publish(writer[i], &event));
	}
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(1, in_use(self->producer, RRING_S));
		ASSERT_EQ(0, rring_try_read(reader[i], &got));
		EXPECT_EQ(event.handle, got.handle);
		EXPECT_EQ(-EAGAIN, rring_try_read(reader[i], &got));
	}
	EXPECT_EQ(0, in_use(self->producer, RRING_S));
}

/* The first producer has dropped the event, or has closed. */
TEST_F(events, a_forwarded_event_outlives_its_first_producer)
{
	struct rring_client *second = client_of(self->arena, RRING_PRODUCER);
	struct rring_writer *to_second = ring_of(self->producer, 4);
	struct rring_writer *to_third = ring_of(second, 4);
	struct rring_reader *at_second = reader_at(second, to_second->id);
	struct rring_reader *at_third = reader_at(self->consumer, to_third->id);
	struct rring_event event;

	ASSERT_EQ(0, stream_put(to_second, 1024));
	ASSERT_EQ(0, rring_try_read(at_second, &event));
	ASSERT_EQ(0, rring_keep(at_second, &event));
	ASSERT_EQ(0, rring_publish(to_third, &event));
	ASSERT_EQ(-EAGAIN, rring_try_read(at_second, &event));
	rring_reader_close(at_second, 0);
	rring_close(self->producer);
	EXPECT_EQ(1, in_use(second, rring_handle_class(event.handle)));
	ASSERT_EQ(0, stream_take(at_third, 1024));
	EXPECT_TRUE(all_free(second));
	rring_close(second);
	self->producer = client_of(self->arena, RRING_PRODUCER);
}

/* ---- a handle through a socket ---- */

struct courier {
	int arena;
	int socket[2];
};

static int receive_handle(void *arg)
{
	struct courier *courier = arg;
	struct rring_client *client = client_of(courier->arena,
						RRING_OBSERVER);
	int fd = courier->socket[1];
	struct rring_event event;
	uint64_t handle;

	MUST(read(fd, &handle, sizeof(handle)) == sizeof(handle));
	MUST(!rring_upgrade(client, handle, &event));
	MUST(write(fd, "", 1) == 1);
	/* the sender drops the event before it sends the next handle */
	MUST(read(fd, &handle, sizeof(handle)) == sizeof(handle));
	MUST(event.handle == handle);
	MUST(stream_intact(&event, 3, 256));
	MUST(!rring_drop(client, &event));
	MUST(write(fd, "", 1) == 1);
	/* the sender reclaims the slot before it sends the third one */
	MUST(read(fd, &handle, sizeof(handle)) == sizeof(handle));
	MUST(rring_upgrade(client, handle, &event) == -ESTALE);
	MUST(rring_upgrade(client, ~0ull, &event) == -EBADMSG);
	MUST(rring_drop(client, &event) == -EINVAL);
	return 0;
}

TEST_F(events, a_handle_sent_over_a_socket_can_be_upgraded)
{
	struct courier courier = { .arena = self->arena };
	struct rring_event event;
	uint32_t len = stream_len(3, 256);
	uint64_t handle;
	pid_t pid;
	char c;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, courier.socket));
	pid = spawn(receive_handle, &courier);
	ASSERT_EQ(0, rring_alloc(self->producer, len, 3, &event));
	stream_fill(event.data, len, 3);
	handle = rring_share(self->producer, &event);
	ASSERT_EQ(8, write(courier.socket[0], &handle, 8));
	ASSERT_EQ(1, read(courier.socket[0], &c, 1));
	ASSERT_EQ(0, rring_drop(self->producer, &event));
	EXPECT_EQ(1, in_use(self->producer, rring_handle_class(handle)));
	ASSERT_EQ(8, write(courier.socket[0], &handle, 8));
	ASSERT_EQ(1, read(courier.socket[0], &c, 1));
	EXPECT_EQ(0, in_use(self->producer, rring_handle_class(handle)));
	ASSERT_EQ(8, write(courier.socket[0], &handle, 8));
	EXPECT_EQ(0, reap(pid));
}

/* ---- a cycle ---- */

#define MEMBERS	3
#define TOKENS	8
#define ROUNDS	1000

struct cycle {
	int arena;
	uint32_t member;
	struct baton open[MEMBERS];
	struct baton joined[MEMBERS];
};

static struct rring_writer *cycle_writer(struct rring_client *client,
					 uint32_t member)
{
	char name[] = { (char)('0' + member), 0 };
	struct rring_ring_config config = {
		.name = name,
		.kind = RRING_HANDLES,
		.policy = RRING_BLOCK,
		.capacity = TOKENS,
	};

	return writer_of(client, &config);
}

static struct rring_reader *cycle_reader(struct rring_client *client,
					 uint32_t member)
{
	char name[] = { (char)('0' + (member + MEMBERS - 1) % MEMBERS), 0 };
	struct rring_reader_config config = {
		.ring_name = name,
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

/*
 * Receive one token and increment its count. Pass it on, or keep it in the last
 * round.
 */
static void pass_on(struct rring_client *client, struct rring_reader *reader,
		    struct rring_writer *writer, uint32_t member, int last)
{
	struct rring_event event;
	uint64_t *count;
	int err;

	while ((err = rring_try_read(reader, &event)) == -EAGAIN)
		MUST(!rring_wait_readable(reader, SOON()));
	MUST(!err);
	count = event.data;
	MUST(*count % MEMBERS == (member + MEMBERS - 1) % MEMBERS);
	++*count;
	MUST(!rring_keep(reader, &event));
	if (!last) {
		MUST(!rring_publish(writer, &event));
		return;
	}
	MUST(*count == MEMBERS * ROUNDS);
	MUST(!rring_drop(client, &event));
}

static void send_tokens(struct rring_client *client,
			struct rring_writer *writer)
{
	struct rring_event event;
	int i;

	for (i = 0; i < TOKENS; i++) {
		MUST(!rring_alloc(client, 8, 0, &event));
		*(uint64_t *)event.data = 0;
		MUST(!rring_publish(writer, &event));
	}
}

/* Member 0 sends the tokens and has them all at the end. */
static int be_member(void *arg)
{
	struct cycle *cycle = arg;
	uint32_t me = cycle->member;
	struct rring_client *client = client_of(cycle->arena, RRING_PRODUCER);
	struct rring_writer *writer = cycle_writer(client, me);
	struct rring_reader *reader;
	int i;

	baton_pass(&cycle->open[(me + 1) % MEMBERS]);
	baton_wait(&cycle->open[me]);
	reader = cycle_reader(client, me);
	baton_pass(&cycle->joined[(me + MEMBERS - 1) % MEMBERS]);
	baton_wait(&cycle->joined[me]);
	if (!me)
		send_tokens(client, writer);
	for (i = 0; i < TOKENS * ROUNDS; i++)
		pass_on(client, reader, writer, me ? me : MEMBERS,
			!me && i >= TOKENS * (ROUNDS - 1));
	rring_close(client);
	return 0;
}

TEST_F_TIMEOUT(events, nothing_is_lost_in_a_cycle_of_three_processes, 90)
{
	struct cycle cycle = { .arena = self->arena };
	pid_t pid[MEMBERS];
	uint32_t i;

	for (i = 0; i < MEMBERS; i++) {
		baton_init(&cycle.open[i]);
		baton_init(&cycle.joined[i]);
	}
	for (i = 0; i < MEMBERS; i++) {
		cycle.member = i;
		pid[i] = spawn(be_member, &cycle);
	}
	for (i = 0; i < MEMBERS; i++)
		EXPECT_EQ(0, reap(pid[i]));
	EXPECT_TRUE(all_free(self->producer));
}

TEST_HARNESS_MAIN
