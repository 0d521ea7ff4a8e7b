// SPDX-License-Identifier: MPL-2.0
/*
 * A caller of a service. It begins a session in four steps: it finds the service's
 * ring, reads the offer there, opens its ring "request", and waits for the ring
 * "reply" of the same server. If the server goes meanwhile, the caller looks for
 * the next server of the service.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../client/client.h"
#include "../wait.h"
#include "../watch.h"
#include "session.h"

#define TRIES	16	/* names that a caller tries for its session */

struct rring_caller {
	struct rring_pipe pipe;	/* first, as rring_close() frees its address */
	uint64_t number;	/* of the last request */
};

/* A service, and what a caller looks for there. */
struct search {
	struct rring_client *client;
	char name[RRING_NAME_MAX];	/* of the service */
	uint32_t ring;		/* id of the service's ring */
	struct ulib_ring_snapshot service;
	struct session_offer offer;
	char session[RRING_NAME_MAX];	/* "service-S.I/C.N" */
	uint32_t reply;		/* id of the ring "reply" */
	uint32_t reply_serial;
};

/* ---- find the service ---- */

static int service_is_there(void *context)
{
	struct search *search = context;

	search->ring = ulib_find_ring(search->client, search->name,
				      &search->service);
	return search->ring && search->service.state == RRING_RING_OPEN ?
	       0 : -EAGAIN;
}

static int refuse_ring(const struct search *search)
{
	return ulib_error(-EPROTOTYPE, "the ring '%s' is not of a service",
			  search->name);
}

/*
 * Read the next offer from @reader. Return 0, -EAGAIN if it is of an earlier server
 * or was overwritten, or if there is none, -EPIPE if it is of a later server, or
 * another negative errno.
 */
static int next_offer(struct search *search, struct rring_reader *reader)
{
	struct rring_event event;
	int err = rring_read_copy(reader, &search->offer,
				  sizeof(search->offer), &event);

	if (err == -ESTALE)
		return -EAGAIN;
	if (err == -EMSGSIZE ||
	    (!err && (event.event_type != SESSION_OFFER ||
		      event.len != sizeof(search->offer))))
		return refuse_ring(search);
	if (err || search->offer.incarnation == search->service.incarnation)
		return err;
	return (int32_t)(search->offer.incarnation -
			 search->service.incarnation) < 0 ? -EAGAIN : -EPIPE;
}

/*
 * Read the offer from @reader. Wait until @deadline for it: the server has perhaps
 * just opened the ring.
 */
static int await_offer(struct search *search, struct rring_reader *reader,
		       uint64_t deadline)
{
	int err;

	while ((err = next_offer(search, reader)) == -EAGAIN) {
		err = rring_wait_readable(reader, deadline);
		if (err)
			return err;
	}
	return err;
}

/* Read the offer of the service that was found. Return 0 or a negative errno. */
static int read_offer(struct search *search, uint64_t deadline)
{
	struct rring_reader_config config = {
		.ring = search->ring,
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_OLDEST,
		.type = SESSION_OFFER_TYPE,
	};
	struct rring_reader *reader;
	int err = ulib_session_join(search->client, &config,
				    search->service.serial, &reader);

	if (err)
		return err == -EPROTOTYPE ? refuse_ring(search) : err;
	err = await_offer(search, reader, deadline);
	rring_reader_close(reader, 0);
	return err;
}

/* ---- begin the session ---- */

static void make_session_name(struct search *search)
{
	size_t len = ulib_session_prefix(search->session,
					 search->service.serial,
					 search->service.incarnation);
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		number = (uint32_t)rring_deadline(0);
	snprintf(search->session + len, sizeof(search->session) - len, "%x.%x",
		 search->client->own->attach.serial, number);
}

static void ring_name(char *name, const struct search *search,
		      const char *suffix)
{
	snprintf(name, RRING_NAME_MAX, "%.54s%s", search->session, suffix);
}

/* Become the writer of a new ring "request". Return 0 or a negative errno. */
static int open_request(struct search *search, struct rring_pipe *pipe,
			enum rring_strategy strategy)
{
	char name[RRING_NAME_MAX];
	struct rring_ring_config config = {
		.name = name,
		.kind = (enum rring_kind)search->offer.kind,
		.policy = RRING_FAIL,
		.capacity = search->offer.capacity,
		.stride = search->offer.stride,
		.strategy = strategy,
	};
	int tries = TRIES;
	int err;

	do {
		make_session_name(search);
		ring_name(name, search, SESSION_REQUEST);
		err = rring_writer_open(search->client, &config, &pipe->source);
	} while ((err == -EBUSY || err == -EACCES || err == -EEXIST) &&
		 --tries);
	return err;
}

/* Return 1 if the server that has made the offer is still there, else 0. */
static int server_is_there(const struct search *search)
{
	struct ulib_ring_snapshot now;

	ulib_look_at_ring(search->client, search->ring, &now);
	return now.serial == search->service.serial &&
	       now.incarnation == search->service.incarnation &&
	       now.state == RRING_RING_OPEN;
}

/*
 * Look for the ring "reply" of this session. Return 0 if the server has opened it,
 * -EPIPE if the server has gone or another client has opened the ring, or -EAGAIN.
 */
static int server_has_accepted(void *context)
{
	struct search *search = context;
	struct ulib_ring_snapshot now;
	char name[RRING_NAME_MAX];

	if (!server_is_there(search))
		return -EPIPE;
	ring_name(name, search, SESSION_REPLY);
	search->reply = ulib_find_ring(search->client, name, &now);
	search->reply_serial = now.serial;
	if (!search->reply || (now.state == RRING_RING_OPEN && !now.writer))
		return -EAGAIN;
	return now.writer == search->service.writer &&
	       now.writer_serial == search->service.writer_serial ?
	       0 : -EPIPE;
}

/* Become the reader of the ring "reply". Return what ulib_session_join() does. */
static int open_reply(struct search *search, struct rring_pipe *pipe,
		      enum rring_strategy strategy)
{
	struct rring_reader_config config = {
		.ring = search->reply,
		.start = RRING_START_OLDEST,
		.strategy = strategy,
	};

	return ulib_session_join(search->client, &config, search->reply_serial,
				 &pipe->sink);
}

/*
 * Begin a session with the server that has made the offer. Return 0, -EPIPE if it
 * cannot begin under this name or with this server, or another negative errno.
 */
static int begin_session(struct search *search, struct rring_pipe *pipe,
			 enum rring_strategy strategy, uint64_t deadline)
{
	int err = open_request(search, pipe, strategy);

	if (err)
		return err;
	err = ulib_await_change(search->client, server_has_accepted, search,
				deadline);
	if (!err)
		err = open_reply(search, pipe, strategy);
	if (err)
		rring_writer_close(pipe->source);
	return err;
}

/* ---- open and close ---- */

/* Open both rings of @pipe. Return 0 or a negative errno. */
static int open_pipe(struct search *search, struct rring_pipe *pipe,
		     enum rring_strategy strategy, uint64_t deadline)
{
	int err;

	do {
		err = ulib_await_change(search->client, service_is_there,
					search, deadline);
		if (!err)
			err = read_offer(search, deadline);
		if (!err)
			err = begin_session(search, pipe, strategy, deadline);
	} while (err == -EPIPE && !ulib_has_passed(deadline));
	return err == -EPIPE ? -ETIMEDOUT : err;
}

int rring_caller_open(struct rring_client *client, const char *name,
		      enum rring_strategy strategy, uint64_t deadline,
		      struct rring_caller **out)
{
	struct search search = { .client = client };
	struct rring_caller *caller;
	int err = ulib_name_copy(search.name, name);

	if (err)
		return err;
	if (!search.name[0])
		return ulib_error(-EINVAL, "the name of the service is missing or empty");
	if (!ulib_strategy_valid(strategy))
		return ulib_refuse_strategy(strategy);
	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	if (client->role != RRING_PRODUCER)
		return ulib_error(-EPERM, "only a client with the role RRING_PRODUCER calls a service");
	caller = calloc(1, sizeof(*caller));
	if (!caller)
		return rring_refuse_slow(-ENOMEM);
	caller->pipe.client = client;
	err = open_pipe(&search, &caller->pipe,
			ulib_strategy_for(client, strategy), deadline);
	if (err) {
		free(caller);
		return err;
	}
	ulib_pipe_enlist(&caller->pipe);
	*out = caller;
	return 0;
}

void rring_caller_close(struct rring_caller *caller)
{
	rring_reader_close(caller->pipe.sink, 0);
	rring_writer_close(caller->pipe.source);
	ulib_pipe_free(&caller->pipe);
}

/* ---- requests and replies ---- */

int rring_caller_send(struct rring_caller *caller, const void *data, size_t len,
		      uint32_t event_type, uint64_t deadline, uint64_t *number)
{
	int err;

	if (ulib_is_lost(caller->pipe.client))
		return ulib_refuse_lost(caller->pipe.client);
	err = ulib_session_send(&caller->pipe, caller->number + 1, data, len,
				event_type, deadline);
	if (err)
		return err;
	*number = ++caller->number;
	return 0;
}

int rring_caller_receive(struct rring_caller *caller, struct rring_event *event,
			 uint64_t *number, uint64_t deadline)
{
	int err = rring_pipe_receive(&caller->pipe, event, deadline);

	return err ? err : ulib_session_open_message(event, number);
}

int rring_caller_call(struct rring_caller *caller, const void *data, size_t len,
		      uint32_t event_type, struct rring_event *reply,
		      uint64_t deadline)
{
	uint64_t sent = 0, number = 0;
	int err = rring_caller_send(caller, data, len, event_type, deadline,
				    &sent);

	while (!err && number != sent)
		err = rring_caller_receive(caller, reply, &number, deadline);
	return err;
}
