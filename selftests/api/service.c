// SPDX-License-Identifier: MPL-2.0
/*
 * Services: each request gets its reply, and no other caller's; callers and servers
 * that come and go, politely or not.
 */
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define CALLERS		200
#define ROUNDS		5

FIXTURE(service)
{
	int arena;
	struct rring_client *server;
	struct rring_listener *listener;
};

FIXTURE_VARIANT(service)
{
	enum rring_kind kind;
};

FIXTURE_VARIANT_ADD(service, inline)
{
	.kind = RRING_INLINE,
};

FIXTURE_VARIANT_ADD(service, handles)
{
	.kind = RRING_HANDLES,
};

static struct rring_listener *listen_with(struct rring_client *client,
					  enum rring_kind kind,
					  uint32_t capacity)
{
	struct rring_listener_config config = {
		.name = "service/of/tests",
		.kind = kind,
		.capacity = capacity,
		.stride = kind == RRING_INLINE ? 64 : 0,
	};
	struct rring_listener *listener;

	MUST(!rring_listener_open(client, &config, &listener));
	return listener;
}

static struct rring_listener *listen_as(struct rring_client *client,
					enum rring_kind kind)
{
	return listen_with(client, kind, 4);
}

FIXTURE_SETUP(service)
{
	struct rring_arena_config config = {
		.capacity = { 4096 },
		.max_clients = RRING_CLIENTS_MAX,
		.max_rings = 2 * CALLERS + 8,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	self->arena = rring_arena_create(&config);
	ASSERT_LE(0, self->arena);
	self->server = client_of(self->arena, RRING_PRODUCER);
	self->listener = listen_as(self->server, variant->kind);
}

FIXTURE_TEARDOWN(service)
{
	rring_listener_close(self->listener);
	rring_close(self->server);
	close(self->arena);
}

/* Return what happens next, which must be of @kind. */
static struct rring_call next(struct rring_listener *listener,
			      enum rring_call_kind kind)
{
	struct rring_call call;

	MUST(!rring_listener_next(listener, &call, SOON()));
	MUST(call.kind == kind);
	return call;
}

static int is_quiet(struct rring_listener *listener)
{
	struct rring_call call;

	return rring_listener_next(listener, &call, 0) == -EAGAIN;
}

struct opening {
	struct rring_client *client;
	struct rring_caller *caller;
};

static void *open_caller(void *arg)
{
	struct opening *opening = arg;

	MUST(!rring_caller_open(opening->client, "service/of/tests",
				RRING_WAIT_BLOCK, SOON(), &opening->caller));
	return NULL;
}

/* Open a caller while @listener accepts it. */
static struct rring_caller *caller_of(struct rring_client *client,
				      struct rring_listener *listener,
				      struct rring_session **session)
{
	struct opening opening = { .client = client };
	pthread_t thread = thread_start(open_caller, &opening);

	*session = next(listener, RRING_CALL_BEGIN).session;
	thread_end(thread);
	return opening.caller;
}

static uint64_t number_in(const struct rring_event *event)
{
	uint64_t number;

	MUST(event->len == sizeof(number));
	memcpy(&number, event->data, sizeof(number));
	return number;
}

static uint64_t ask(struct rring_caller *caller, uint64_t value)
{
	uint64_t number;

	MUST(!rring_caller_send(caller, &value, sizeof(value), 1, SOON(),
				&number));
	return number;
}

static void answer(struct rring_listener *listener,
		   const struct rring_call *call)
{
	uint64_t value = number_in(&call->event) + 1;

	MUST(!rring_listener_reply(listener, call->session, call->number,
				   &value, sizeof(value), 2, SOON()));
}

TEST_F(service, a_request_gets_its_reply)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_session *session;
	struct rring_caller *caller = caller_of(client, self->listener,
						&session);
	struct rring_event event;
	struct rring_call call;
	uint64_t number;

	EXPECT_EQ(rring_client_id(client), session->client);
	EXPECT_EQ(1, rring_listener_sessions(self->listener));
	EXPECT_EQ(-EAGAIN, rring_caller_receive(caller, &event, &number, 0));
	EXPECT_EQ(1, ask(caller, 41));
	call = next(self->listener, RRING_CALL_REQUEST);
	EXPECT_TRUE(call.session == session);
	EXPECT_EQ(1, call.event.event_type);
	answer(self->listener, &call);
	ASSERT_EQ(0, rring_caller_receive(caller, &event, &number, SOON()));
	EXPECT_EQ(1, number);
	EXPECT_EQ(2, event.event_type);
	EXPECT_EQ(42, number_in(&event));
	rring_caller_close(caller);
	EXPECT_TRUE(next(self->listener, RRING_CALL_END).session == session);
	EXPECT_EQ(0, rring_listener_sessions(self->listener));
	rring_close(client);
}

TEST_F(service, replies_in_any_order_have_the_numbers_of_their_requests)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_session *session;
	struct rring_caller *caller = caller_of(client, self->listener,
						&session);
	struct rring_event event;
	uint64_t number, value;
	uint64_t i;

	for (i = 1; i <= 3; i++)
		EXPECT_EQ(i, ask(caller, 0));
	for (value = 3; value >= 1; value--)
		ASSERT_EQ(0, rring_listener_reply(self->listener, session, value,
						  &value, sizeof(value), 0, 0));
	for (value = 3; value >= 1; value--) {
		ASSERT_EQ(0, rring_caller_receive(caller, &event, &number, 0));
		EXPECT_EQ(value, number);
		EXPECT_EQ(value, number_in(&event));
	}
	rring_caller_close(caller);
	rring_close(client);
}

TEST_F(service, requests_of_a_caller_that_has_gone_come_before_its_end)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_session *session;
	struct rring_caller *caller = caller_of(client, self->listener,
						&session);
	struct rring_call call;
	uint64_t value = 0;

	ask(caller, 1);
	ask(caller, 2);
	rring_caller_close(caller);
	rring_close(client);
	next(self->listener, RRING_CALL_REQUEST);
	call = next(self->listener, RRING_CALL_REQUEST);
	EXPECT_EQ(-EPIPE, rring_listener_reply(self->listener, session,
					       call.number, &value,
					       sizeof(value), 0, SOON()));
	next(self->listener, RRING_CALL_END);
	EXPECT_TRUE(is_quiet(self->listener));
}

TEST_F(service, a_slow_caller_does_not_hold_the_server_up)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_session *session;
	struct rring_caller *caller = caller_of(client, self->listener,
						&session);
	uint64_t value = 7;
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, rring_listener_reply(self->listener, session, 1,
						  &value, sizeof(value), 0, 0));
	EXPECT_EQ(-EAGAIN, rring_listener_reply(self->listener, session, 1,
						&value, sizeof(value), 0, 0));
	EXPECT_EQ(-ETIMEDOUT, rring_listener_reply(self->listener, session, 1,
						   &value, sizeof(value), 0,
						   1));
	rring_caller_close(caller);
	rring_close(client);
}

TEST_F(service, a_caller_waits_in_one_session_for_a_server_that_is_late)
{
	const struct timespec late = { .tv_nsec = 250000000 };
	struct opening opening = {
		.client = client_of(self->arena, RRING_PRODUCER),
	};
	pthread_t thread = thread_start(open_caller, &opening);
	struct rring_change change;
	struct rring_watch *watch;
	int opened = 0;

	MUST(!rring_watch_open(self->server, "service-", &watch));
	nanosleep(&late, NULL);
	next(self->listener, RRING_CALL_BEGIN);
	thread_end(thread);
	EXPECT_TRUE(is_quiet(self->listener));
	EXPECT_EQ(1, rring_listener_sessions(self->listener));
	/* one ring for requests, one for replies */
	while (!rring_watch_next(watch, &change, 0))
		opened += change.kind == RRING_CHANGE_OPENED;
	EXPECT_EQ(2, opened);
	rring_watch_close(watch);
	rring_close(opening.client);
}

TEST_F(service, without_a_server_a_caller_waits_until_its_deadline)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_caller *caller = NULL;

	EXPECT_EQ(-ETIMEDOUT, rring_caller_open(client, "another", 0, 0,
						&caller));
	EXPECT_EQ(-ETIMEDOUT, rring_caller_open(client, "another", 0, 1,
						&caller));
	/* the listener is there, but does not listen now */
	EXPECT_EQ(-ETIMEDOUT, rring_caller_open(client, "service/of/tests", 0,
						1, &caller));
	EXPECT_TRUE(!caller);
	rring_close(client);
}

TEST_F(service, a_caller_with_wrong_arguments_is_refused)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_client *reader = client_of(self->arena, RRING_CONSUMER);
	struct rring_caller *caller = NULL;

	EXPECT_EQ(-EINVAL, rring_caller_open(client, "", 0, 0, &caller));
	EXPECT_EQ(-EINVAL, rring_caller_open(client, "a//b", 0, 0, &caller));
	EXPECT_EQ(-EINVAL, rring_caller_open(client, "a", 99, 0, &caller));
	EXPECT_EQ(-EPERM, rring_caller_open(reader, "a", 0, 0, &caller));
	EXPECT_TRUE(!caller);
	rring_close(reader);
	rring_close(client);
}

TEST_F(service, a_ring_that_is_no_service_is_refused)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_ring_config config = {
		.name = "ring",
		.kind = RRING_INLINE,
		.policy = RRING_OVERWRITE,
		.capacity = 2,
		.stride = 64,
	};
	struct rring_writer *writer = writer_of(self->server, &config);
	struct rring_caller *caller;

	ASSERT_EQ(0, put_value(writer, 1));
	EXPECT_EQ(-EPROTOTYPE, rring_caller_open(client, "ring", 0, SOON(),
						 &caller));
	rring_close(client);
}

TEST_F(service, is_told_from_other_rings_by_its_type)
{
	struct rring_client *client = client_of(self->arena, RRING_OBSERVER);
	char name[RRING_NAME_MAX];
	struct rring_change change;
	struct rring_watch *watch;
	int services = 0;

	writer_of(self->server, &(struct rring_ring_config){
			.name = "ring", .kind = RRING_INLINE, .capacity = 2,
			.stride = 64 });
	ASSERT_EQ(0, rring_watch_open(client, "", &watch));
	while (!rring_watch_next(watch, &change, 0)) {
		rring_watch_type(watch, &change, name);
		if (strcmp(name, RRING_SERVICE_TYPE))
			continue;
		EXPECT_STREQ("service/of/tests", change.ring_name);
		services++;
	}
	EXPECT_EQ(1, services);
	rring_close(client);
}

TEST_F(service, only_one_listener_offers_a_service)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_listener_config config = {
		.name = "service/of/tests",
		.kind = RRING_HANDLES,
		.capacity = 4,
	};
	struct rring_listener *listener = NULL;

	EXPECT_EQ(-EBUSY, rring_listener_open(client, &config, &listener));
	EXPECT_TRUE(!listener);
	rring_close(client);
}

TEST_F(service, the_end_of_the_server_ends_sessions_and_not_callers)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_session *session;
	struct rring_caller *caller = caller_of(client, self->listener,
						&session);
	struct rring_event event;
	uint64_t number;

	ask(caller, 1);
	rring_listener_close(self->listener);
	rring_close(self->server);
	self->server = client_of(self->arena, RRING_PRODUCER);
	self->listener = listen_as(self->server, variant->kind);
	EXPECT_EQ(-EPIPE, rring_caller_receive(caller, &event, &number,
					       SOON()));
	EXPECT_EQ(-EPIPE, rring_caller_send(caller, "", 0, 0, SOON(),
					    &number));
	/* the next server knows nothing of the earlier session */
	EXPECT_TRUE(is_quiet(self->listener));
	rring_caller_close(caller);
	caller = caller_of(client, self->listener, &session);
	EXPECT_TRUE(is_quiet(self->listener));
	EXPECT_EQ(1, ask(caller, 5));
	next(self->listener, RRING_CALL_REQUEST);
	rring_caller_close(caller);
	rring_close(client);
}

TEST_F(service, messages_that_are_too_large_are_refused)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_session *session;
	struct rring_caller *caller = caller_of(client, self->listener,
						&session);
	static const char data[64];
	uint64_t number = 9;

	EXPECT_EQ(-E2BIG, rring_caller_send(caller, data, SIZE_MAX, 0, 0,
					    &number));
	if (variant->kind == RRING_INLINE) {
		EXPECT_EQ(-E2BIG, rring_caller_send(caller, data, 57, 0, 0,
						    &number));
	}
	EXPECT_EQ(9, number);
	EXPECT_EQ(0, rring_caller_send(caller, data, 56, 0, 0, &number));
	EXPECT_EQ(1, number);
	rring_caller_close(caller);
	rring_close(client);
}

static const struct rring_ring_info *ring_info(const struct rring_client *client,
					       uint32_t id)
{
	const char *arena = (const char *)client->arena;

	return (const struct rring_ring_info *)
		(arena + client->arena->ring_info_offset) + id - 1;
}

struct family {
	struct rring_client *client, *server;
	struct rring_listener *listener;
	struct rring_caller *caller;
	struct rring_session *session;
};

static int be_a_child(void *arg)
{
	struct family *family = arg;
	struct rring_event event;
	struct rring_call call;
	uint64_t number;

	MUST(rring_listener_next(family->listener, &call, 0) == -EPERM);
	MUST(rring_listener_reply(family->listener, family->session, 1, "", 0,
				  0, 0) == -EPERM);
	MUST(rring_caller_send(family->caller, "", 0, 0, 0, &number) == -EPERM);
	MUST(rring_caller_receive(family->caller, &event, &number,
				  RRING_FOREVER) == -EPERM);
	MUST(rring_caller_open(family->client, "service/of/tests", 0, 0,
			       &family->caller) == -EPERM);
	rring_caller_close(family->caller);
	rring_listener_close(family->listener);
	rring_close(family->client);
	rring_close(family->server);
	return 0;
}

TEST_F(service, a_child_of_fork_can_only_close_its_ends)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct family family = {
		.client = client,
		.server = self->server,
		.listener = self->listener,
	};

	family.caller = caller_of(client, self->listener, &family.session);
	EXPECT_EQ(0, reap(spawn(be_a_child, &family)));
	/* nothing has changed for the parent */
	EXPECT_TRUE(is_quiet(self->listener));
	ask(family.caller, 1);
	next(self->listener, RRING_CALL_REQUEST);
	rring_close(client);
	next(self->listener, RRING_CALL_END);
}

/* Write the name of a ring "request" of a caller with the serial @serial. */
static void request_name(char *name, const struct rring_client *client,
			 uint32_t serial)
{
	const struct rring_ring_info *info = ring_info(client, 1);

	snprintf(name, RRING_NAME_MAX, "service-%x.%x/%x.0/request",
		 rring_flag_load(&info->serial),
		 rring_flag_load(&info->incarnation), serial);
}

static uint32_t serial_of(const struct rring_client *client)
{
	return rring_flag_load(
		&client->arena->client_serial[rring_client_id(client)]);
}

TEST_F(service, a_caller_that_sends_no_messages_is_sent_away)
{
	struct rring_client *hostile = client_of(self->arena, RRING_PRODUCER);
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_session *session;
	struct rring_caller *caller;
	struct rring_writer *writer;
	char name[RRING_NAME_MAX];

	/* of another client, and of its own */
	request_name(name, hostile, 0x7777);
	small_writer_of(hostile, name);
	EXPECT_TRUE(is_quiet(self->listener));
	request_name(name, hostile, serial_of(hostile));
	writer = small_writer_of(hostile, name);
	if (variant->kind == RRING_INLINE) {
		session = next(self->listener, RRING_CALL_BEGIN).session;
		ASSERT_EQ(0, rring_add(writer, "abc", 3, 0));
		EXPECT_TRUE(next(self->listener, RRING_CALL_END).session ==
			    session);
	}
	EXPECT_TRUE(is_quiet(self->listener));
	EXPECT_EQ(0, rring_listener_sessions(self->listener));
	caller = caller_of(client, self->listener, &session);
	rring_caller_close(caller);
	rring_close(client);
	rring_close(hostile);
}

/* Return the name of the ring "request" of a caller that has begun to open. */
static void await_request(struct rring_watch *watch, char *name)
{
	struct rring_change change;

	do
		MUST(!rring_watch_next(watch, &change, SOON()));
	while (change.kind != RRING_CHANGE_OPENED ||
	       !strstr(change.ring_name, "/request"));
	strcpy(name, change.ring_name);
}

TEST_F(service, a_caller_whose_ring_another_client_takes_tries_another_name)
{
	struct rring_client *hostile = client_of(self->arena, RRING_PRODUCER);
	struct opening opening = {
		.client = client_of(self->arena, RRING_PRODUCER),
	};
	char first[RRING_NAME_MAX], second[RRING_NAME_MAX];
	struct rring_watch *watch;
	pthread_t thread;

	MUST(!rring_watch_open(hostile, "service-", &watch));
	thread = thread_start(open_caller, &opening);
	await_request(watch, first);
	snprintf(strstr(first, "/request"), sizeof("/reply"), "/reply");
	small_writer_of(hostile, first);
	await_request(watch, second);
	next(self->listener, RRING_CALL_BEGIN);
	thread_end(thread);
	EXPECT_EQ(1, rring_listener_sessions(self->listener));
	rring_watch_close(watch);
	rring_close(hostile);
	rring_close(opening.client);
}

TEST_F(service, a_caller_that_leaves_its_ring_to_another_has_gone)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_session *session;
	struct rring_writer *writer;
	char name[RRING_NAME_MAX];

	if (variant->kind != RRING_INLINE) {
		rring_close(client);
		return;
	}
	request_name(name, client, serial_of(client));
	writer = small_writer_of(client, name);
	session = next(self->listener, RRING_CALL_BEGIN).session;
	ASSERT_EQ(0, rring_add(writer, "12345678", 8, 0));
	rring_writer_leave(writer);
	next(self->listener, RRING_CALL_REQUEST);
	EXPECT_EQ(-EPIPE, rring_listener_reply(self->listener, session, 1, "",
					       0, 0, SOON()));
	EXPECT_TRUE(next(self->listener, RRING_CALL_END).session == session);
	rring_close(client);
}

/* The ring of the service outlives its server if it has a reader. */
TEST_F(service, the_next_server_may_have_another_geometry)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_reader_config config = {
		.ring_name = "service/of/tests",
		.flags = RRING_JOIN_OBSERVER,
	};
	struct rring_session *session;

	reader_of(client, &config);
	rring_listener_close(self->listener);
	self->listener = listen_with(self->server, variant->kind, 8);
	caller_of(client, self->listener, &session);
	rring_close(client);
}

TEST_F(service, a_caller_for_which_there_was_no_place_gets_one_later)
{
	struct rring_arena_config config = {
		.capacity = { 64 },
		.max_rings = 4,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int arena = rring_arena_create(&config);
	struct rring_client *server = client_of(arena, RRING_PRODUCER);
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct opening second = { .client = client_of(arena, RRING_PRODUCER) };
	struct rring_listener *listener = listen_as(server, variant->kind);
	struct rring_session *session;
	struct rring_caller *first = caller_of(client, listener, &session);
	pthread_t thread = thread_start(open_caller, &second);

	/* its request takes the last ring, so that there is none for replies */
	MUST(!rring_await_ring(client, "service/of/tests", 0));
	while (rring_flag_load(&ring_info(client, 4)->state) !=
	       RRING_RING_OPEN)
		EXPECT_TRUE(is_quiet(listener));
	EXPECT_TRUE(is_quiet(listener));
	rring_caller_close(first);
	next(listener, RRING_CALL_END);
	next(listener, RRING_CALL_BEGIN);
	thread_end(thread);
	rring_listener_close(listener);
	rring_close(second.client);
	rring_close(client);
	rring_close(server);
	close(arena);
}

/* ---- many ---- */

TEST_F(service, the_descriptor_tells_of_callers_requests_and_ends)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	struct rring_session *session;
	struct rring_caller *caller;

	EXPECT_TRUE(is_quiet(self->listener));
	EXPECT_EQ(0, is_readable(self->server));
	EXPECT_TRUE(is_quiet(self->listener));
	caller = caller_of(client, self->listener, &session);
	EXPECT_TRUE(is_quiet(self->listener));
	EXPECT_EQ(0, is_readable(self->server));
	ask(caller, 1);
	EXPECT_EQ(1, is_readable(self->server));
	next(self->listener, RRING_CALL_REQUEST);
	EXPECT_TRUE(is_quiet(self->listener));
	EXPECT_EQ(0, is_readable(self->server));
	rring_caller_close(caller);
	EXPECT_EQ(1, is_readable(self->server));
	next(self->listener, RRING_CALL_END);
	EXPECT_TRUE(is_quiet(self->listener));
	EXPECT_EQ(0, is_readable(self->server));
	rring_close(client);
}

struct server {
	struct rring_listener *listener;
	uint32_t begun, ended;
};

/* Answer all requests until the last session has ended. */
static void *serve(void *arg)
{
	struct server *server = arg;
	struct rring_call call;

	do {
		MUST(!rring_listener_next(server->listener, &call, SOON()));
		if (call.kind == RRING_CALL_REQUEST)
			answer(server->listener, &call);
		server->begun += call.kind == RRING_CALL_BEGIN;
		server->ended += call.kind == RRING_CALL_END;
	} while (server->ended < CALLERS);
	return NULL;
}

static void call_once(struct rring_caller *caller, uint64_t value)
{
	struct rring_event reply;

	MUST(!rring_caller_call(caller, &value, sizeof(value), 1, &reply,
				SOON()));
	MUST(number_in(&reply) == value + 1);
}

TEST_F(service, as_many_callers_as_an_arena_takes_clients_for)
{
	struct server server = { .listener = self->listener };
	pthread_t thread = thread_start(serve, &server);
	static struct opening openings[CALLERS];
	int i, round;

	for (i = 0; i < CALLERS; i++) {
		openings[i].client = client_of(self->arena, RRING_PRODUCER);
		open_caller(&openings[i]);
	}
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < CALLERS; i++)
			call_once(openings[i].caller,
				  (uint64_t)(1000 * i + round));
	for (i = 0; i < CALLERS; i++) {
		if (i % 2)
			rring_caller_close(openings[i].caller);
		rring_close(openings[i].client);
	}
	thread_end(thread);
	EXPECT_EQ(CALLERS, server.begun);
	EXPECT_TRUE(is_quiet(self->listener));
	EXPECT_EQ(0, rring_listener_sessions(self->listener));
}

TEST_HARNESS_MAIN
