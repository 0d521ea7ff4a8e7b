// SPDX-License-Identifier: MPL-2.0
/*
 * What a call of a service takes, all of it: request, answer and reply, and what
 * the server looks at for the callers that are idle.
 */
#include <pthread.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "count.h"

#define CALLERS	200

struct service {
	struct rring_client *client;
	struct rring_listener *listener;
	uint32_t callers, active;	/* how many call, of how many */
	struct rring_client *other[CALLERS];
	struct rring_caller *caller[CALLERS];
};

/* Accept all callers. */
static void *accept_callers(void *context)
{
	struct service *service = context;
	struct rring_call call;

	while (rring_listener_sessions(service->listener) < service->callers)
		check(!rring_listener_next(service->listener, &call,
					   RRING_FOREVER), "accept");
	return NULL;
}

static void open_service(struct service *service)
{
	struct rring_arena_config config = {
		.capacity = { 64 },
		.backend = RRING_BACKEND_PROCESS,
		.max_clients = service->callers + 1,
		.max_rings = 2 * service->callers + 1,
	};
	struct rring_listener_config offer = {
		.name = "service",
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 128,
	};
	int fd = rring_arena_create(&config);
	pthread_t server;
	uint32_t i;

	check(fd >= 0, "no arena");
	check(!rring_open_arena(&service->client, fd, RRING_PRODUCER, 0),
	      "no server");
	check(!rring_listener_open(service->client, &offer,
				   &service->listener), "no listener");
	check(!pthread_create(&server, NULL, accept_callers, service),
	      "no thread");
	for (i = 0; i < service->callers; i++) {
		check(!rring_open_arena(&service->other[i], fd, RRING_PRODUCER,
					RRING_SINGLE_THREADED), "no client");
		check(!rring_caller_open(service->other[i], "service",
					 RRING_WAIT_BLOCK, RRING_FOREVER,
					 &service->caller[i]), "no caller");
	}
	pthread_join(server, NULL);
	close(fd);
}

static void close_service(struct service *service)
{
	uint32_t i;

	for (i = 0; i < service->callers; i++)
		rring_close(service->other[i]);
	rring_listener_close(service->listener);
	rring_close(service->client);
}

/* The active callers send a request each, and then take their replies. */
static __attribute__((noinline)) void call_once(struct service *service)
{
	struct rring_call call;
	struct rring_event reply;
	uint64_t number;
	uint32_t i;

	for (i = 0; i < service->active; i++)
		check(!rring_caller_send(service->caller[i], &i, sizeof(i), 1,
					 0, &number), "send");
	for (i = 0; i < service->active; i++) {
		check(!rring_listener_next(service->listener, &call, 0) &&
		      call.kind == RRING_CALL_REQUEST, "next");
		check(!rring_listener_reply(service->listener, call.session,
					    call.number, call.event.data,
					    sizeof(i), 1, 0), "reply");
	}
	for (i = 0; i < service->active; i++)
		check(!rring_caller_receive(service->caller[i], &reply, &number,
					    0) &&
		      *(uint32_t *)reply.data == i, "receive");
}

static void count_calls(const char *name, uint32_t active, uint32_t callers)
{
	struct service service = { .active = active, .callers = callers };
	uint32_t calls = EVENTS / active * active;
	uint32_t i;

	open_service(&service);
	call_once(&service);
	count_begin();
	count_toggle();
	for (i = 0; i < calls; i += active)
		call_once(&service);
	count_toggle();
	count_end(name, calls);
	close_service(&service);
}

void count_services(void)
{
	count_calls("call,8-callers", 8, 8);
	count_calls("call,64-callers", 64, 64);
	count_calls("call,200-callers", 200, 200);
	count_calls("call,1-of-8-callers", 1, 8);
	count_calls("call,1-of-64-callers", 1, 64);
	count_calls("call,1-of-200-callers", 1, 200);
}
