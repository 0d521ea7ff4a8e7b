/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Services: one server answers the requests of many clients, each through a
 * session of its own. See rring_service(3). Only the functions with a deadline
 * wait.
 */
#ifndef _RUSTED_RING_SERVICE_H
#define _RUSTED_RING_SERVICE_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The name of the type of the ring that a service is, among the rings that a watch
 * reports: see rring_watch_type().
 */
#define RRING_SERVICE_TYPE	"rusted_ring service"

/* ---- the server ---- */

/* Listens for callers. Only one thread at a time may use a listener. */
struct rring_listener;

/* Each session has two rings of this geometry: for requests, and for replies. */
struct rring_listener_config {
	const char *name;	/* of the service: 1 to 63 characters */
	enum rring_kind kind;	/* RRING_HANDLES: messages have any size */
	uint32_t capacity;	/* entries of each ring */
	uint32_t stride;	/* RRING_INLINE: bytes of the largest message and
				 * 8 more, a multiple of 64; RRING_HANDLES: 0
				 */
	enum rring_strategy strategy;	/* how the listener waits */
};

/* A caller, as the server sees it. */
struct rring_session {
	uint32_t client;	/* id of the caller's client in the arena */
	uint32_t client_serial;	/* its serial: no other client has it */
	void *user;		/* the server's own; NULL at first */
};

/* What rring_listener_next() reports. */
enum rring_call_kind {
	RRING_CALL_BEGIN,	/* a caller has come: .session is new */
	RRING_CALL_REQUEST,	/* it has sent a request: .number and .event */
	RRING_CALL_END,		/* it has gone: the next call frees .session */
};

struct rring_call {
	enum rring_call_kind kind;
	struct rring_session *session;
	uint64_t number;	/* of the request, for rring_listener_reply() */
	struct rring_event event;	/* the request; .data is valid until the
					 * next call
					 */
};

/*
 * Offer the service config->name in the arena of @client, which is a producer,
 * and store the listener in *@listener. Return 0, -EBUSY if another listener
 * offers it, or another negative errno. The caller ends the service with
 * rring_listener_close(), before it closes @client.
 */
int rring_listener_open(struct rring_client *client,
			const struct rring_listener_config *config,
			struct rring_listener **listener);

/* End the service and all its sessions, and free @listener. */
void rring_listener_close(struct rring_listener *listener);

/*
 * Release the request of the previous call. Then store in @call what happens next
 * in any session. If there is nothing, wait until @deadline. Return 0, -ETIMEDOUT
 * if @deadline passed (-EAGAIN if it is 0), or another negative errno.
 */
int rring_listener_next(struct rring_listener *listener,
			struct rring_call *call, uint64_t deadline);

/*
 * Send a copy of the @len bytes at @data to the caller of @session, as the reply
 * to its request @number. Wait until @deadline for room and, with RRING_HANDLES,
 * for a free slot. Return 0, -EPIPE if the caller has gone, -ETIMEDOUT if
 * @deadline passed (-EAGAIN or -ENOSPC if it is 0), or another negative errno.
 * After an error nothing is sent. A request may have any number of replies.
 */
int rring_listener_reply(struct rring_listener *listener,
			 struct rring_session *session, uint64_t number,
			 const void *data, size_t len, uint32_t event_type,
			 uint64_t deadline);

/* Return how many callers have a session now. */
uint32_t rring_listener_sessions(const struct rring_listener *listener);

/* ---- a caller ---- */

/* One session with a service. Only one thread at a time may use a caller. */
struct rring_caller;

/*
 * Begin a session with the service @name in the arena of @client, which is a
 * producer, and store it in *@caller. Wait until @deadline for a server that
 * offers the service and accepts the session. Return 0, -ETIMEDOUT if none has
 * until @deadline, or another negative errno. The program ends the session with
 * rring_caller_close(), or by rring_close() of @client.
 */
int rring_caller_open(struct rring_client *client, const char *name,
		      enum rring_strategy strategy, uint64_t deadline,
		      struct rring_caller **caller);

/* End the session, and free @caller. Replies that have not come yet are lost. */
void rring_caller_close(struct rring_caller *caller);

/*
 * Send a copy of the @len bytes at @data as a request, and store the number of the
 * request in *@number: 1 for the first one of the session, then always 1 more. Wait
 * until @deadline for room and, with RRING_HANDLES, for a free slot. Return 0,
 * -EPIPE if the server has gone, -ETIMEDOUT if @deadline passed (-EAGAIN or -ENOSPC
 * if it is 0), or another negative errno. After an error nothing is sent.
 */
int rring_caller_send(struct rring_caller *caller, const void *data, size_t len,
		      uint32_t event_type, uint64_t deadline,
		      uint64_t *number);

/*
 * Release the reply of the previous call. Then describe the next reply in @event,
 * and store the number of its request in *@number; event->data points at the
 * payload until the next call. If there is none, wait for one until @deadline.
 * Return 0, -ETIMEDOUT if @deadline passed (-EAGAIN if it is 0), -EPIPE if the
 * server has gone and all its replies were received, or another negative errno.
 */
int rring_caller_receive(struct rring_caller *caller, struct rring_event *event,
			 uint64_t *number, uint64_t deadline);

/*
 * Send a request, and describe its reply in @reply: rring_caller_send(), then
 * rring_caller_receive() until the reply has the number of the request. Replies to
 * other requests, to which an earlier call has not waited, are released.
 */
int rring_caller_call(struct rring_caller *caller, const void *data, size_t len,
		      uint32_t event_type, struct rring_event *reply,
		      uint64_t deadline);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_SERVICE_H */
