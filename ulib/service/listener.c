// SPDX-License-Identifier: MPL-2.0
/*
 * The server of a service. A watch tells the listener of callers: of the rings
 * "request" of its sessions that are opened and that end. A set reads all these
 * rings. So one call of the kernel waits for both.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../client/client.h"
#include "../reader/set.h"
#include "../wait.h"
#include "../watch.h"
#include "session.h"

struct session {
	struct rring_session seen;	/* the part that the program has */
	struct rring_pipe pipe;
	uint32_t ring_serial;	/* of the ring "request" */
	int has_ended;		/* 1: its writer, the caller, has gone */
};

struct rring_listener {
	struct rring_client *client;
	struct rring_listener_config config;	/* without .name */
	struct rring_writer *offer;
	struct rring_watch *watch;
	struct rring_set *set;
	char prefix[RRING_NAME_MAX];
	uint32_t count;		/* of sessions */
	uint32_t nr_ended;	/* of sessions that have .has_ended */
	int has_refused;	/* 1: a caller found no place, and waits for one */
	uint64_t refused_at;	/* ulib_watch_others() then; UINT64_MAX: a
				 * session has ended since
				 */
	int requests_are_next;	/* 1: the last call has looked at changes */
	struct session *leaving;	/* reported as RRING_CALL_END, or NULL */
	struct session *session[RRING_CURSORS];	/* by cursor of its reader */
};

/* ---- sessions ---- */

static int is_end(const struct rring_change *change)
{
	return change->kind == RRING_CHANGE_ENDED ||
	       change->kind == RRING_CHANGE_AWAITED ||
	       change->kind == RRING_CHANGE_GONE;
}

/*
 * Return 1 if a client has opened a ring "request", by @change, whose name has the
 * serial of this client; else 0.
 */
static int is_request(const struct rring_listener *listener,
		      const struct rring_change *change)
{
	char start[RRING_NAME_MAX];
	const char *rest;
	int len = snprintf(start, sizeof(start), "%s%x.", listener->prefix,
			   change->client_serial);

	if (change->kind != RRING_CHANGE_OPENED || !change->client_serial ||
	    len >= RRING_NAME_MAX ||
	    strncmp(change->ring_name, start, (size_t)len))
		return 0;
	for (rest = change->ring_name + len; isxdigit((unsigned char)*rest);)
		rest++;
	return !strcmp(rest, SESSION_REQUEST);
}

/* Open the reader of a session. Return 0 or a negative errno. */
static int open_sink(struct rring_listener *listener,
		     const struct rring_change *change, struct rring_pipe *pipe)
{
	struct rring_reader_config config = {
		.ring = change->ring,
		.start = RRING_START_OLDEST,
	};
	const struct rring_ring_info *info;
	int err = ulib_session_join(listener->client, &config,
				    change->ring_serial, &pipe->sink);

	if (err)
		return err;
	info = pipe->sink->info;
	if (info->kind == listener->config.kind &&
	    info->capacity == listener->config.capacity &&
	    info->stride == listener->config.stride)
		return 0;
	rring_reader_close(pipe->sink, 0);
	return -EINVAL;
}

/* Open the writer of a session. Return 0 or a negative errno. */
static int open_source(struct rring_listener *listener,
		       const struct rring_change *change,
		       struct rring_pipe *pipe)
{
	char name[RRING_NAME_MAX];
	struct rring_ring_config config = {
		.name = name,
		.kind = listener->config.kind,
		.policy = RRING_FAIL,
		.capacity = listener->config.capacity,
		.stride = listener->config.stride,
		.strategy = listener->config.strategy,
	};
	size_t len = strlen(change->ring_name) - strlen(SESSION_REQUEST);

	snprintf(name, sizeof(name), "%.*s%s", (int)len, change->ring_name,
		 SESSION_REPLY);
	return rring_writer_open(listener->client, &config, &pipe->source);
}

static int open_pipe(struct rring_listener *listener,
		     const struct rring_change *change, struct rring_pipe *pipe)
{
	int err;

	pipe->client = listener->client;
	err = open_sink(listener, change, pipe);
	if (err)
		return err;
	err = rring_set_add(listener->set, pipe->sink, 0);
	if (err)
		goto fail;
	err = open_source(listener, change, pipe);
	if (!err)
		return 0;
	rring_set_remove(listener->set, pipe->sink);
fail:
	rring_reader_close(pipe->sink, 0);
	return err;
}

/*
 * Begin the session of the caller that has opened the ring of @change, and store it
 * in *@out. Return 0 or a negative errno.
 */
static int begin_session(struct rring_listener *listener,
			 const struct rring_change *change,
			 struct session **out)
{
	struct session *session;
	int err;

	if (listener->count == RRING_CURSORS)
		return -ENOSPC;
	session = calloc(1, sizeof(*session));
	if (!session)
		return -ENOMEM;
	err = open_pipe(listener, change, &session->pipe);
	if (err) {
		free(session);
		return err;
	}
	session->seen.client = change->client;
	session->seen.client_serial = change->client_serial;
	session->ring_serial = change->ring_serial;
	listener->session[session->pipe.sink->cursor_id] = session;
	listener->count++;
	*out = session;
	return 0;
}

/*
 * Return the session of the caller that has opened the ring of @change, or NULL if
 * there is no place for it. Then try_refused_again() makes the watch report the
 * ring again.
 */
static struct session *accept_caller(struct rring_listener *listener,
				     const struct rring_change *change)
{
	struct session *session = NULL;
	int err = begin_session(listener, change, &session);

	/* the caller has gone, or is none */
	if (!err || err == -EPIPE || err == -EINVAL)
		return session;
	ulib_watch_forget(listener->watch, change->ring);
	listener->has_refused = 1;
	listener->refused_at = ulib_watch_others(listener->watch);
	return NULL;
}

/*
 * Let the watch report the callers that found no place, if there may be a place
 * now: a session has ended, or another client has changed something in the arena.
 * Return 1 if so, else 0.
 */
static int try_refused_again(struct rring_listener *listener)
{
	if (!listener->has_refused || listener->count == RRING_CURSORS ||
	    listener->refused_at == ulib_watch_others(listener->watch))
		return 0;
	listener->has_refused = 0;
	ulib_watch_scan(listener->watch);
	return 1;
}

static void close_session(struct rring_listener *listener,
			  struct session *session)
{
	struct rring_pipe *pipe = &session->pipe;

	listener->session[pipe->sink->cursor_id] = NULL;
	rring_set_remove(listener->set, pipe->sink);
	rring_reader_close(pipe->sink, 0);
	rring_writer_close(pipe->source);
	free(session);
	listener->refused_at = UINT64_MAX;
}

static void mark_ended(struct rring_listener *listener, uint32_t ring_serial)
{
	uint32_t i;

	for (i = 0; i < RRING_CURSORS; i++) {
		struct session *session = listener->session[i];

		if (session && session->ring_serial == ring_serial &&
		    !session->has_ended) {
			session->has_ended = 1;
			listener->nr_ended++;
		}
	}
}

/* Return 1 if nothing is left to read of @session, whose caller has gone. */
static int is_finished(const struct session *session)
{
	int err = ulib_reader_check(session->pipe.sink);

	/* -EAGAIN: the caller has left its ring to a next writer */
	return err == -EPIPE || err == -EAGAIN;
}

/* Return a session whose caller has gone, and has left no request; or NULL. */
static struct session *find_finished(struct rring_listener *listener)
{
	uint32_t i;

	for (i = 0; listener->nr_ended && i < RRING_CURSORS; i++) {
		struct session *session = listener->session[i];

		if (session && session->has_ended && is_finished(session))
			return session;
	}
	return NULL;
}

/* ---- what happens next ---- */

static void report(struct rring_call *call, enum rring_call_kind kind,
		   struct session *session)
{
	memset(call, 0, sizeof(*call));
	call->kind = kind;
	call->session = &session->seen;
}

/*
 * Read changes until one of them is a caller, and begin its session. Return 1 with
 * the session in @call, or 0 if there is no caller or no place for it. Try at most
 * one caller: the kernel may let the listener wait for each.
 */
static int next_change(struct rring_listener *listener, struct rring_call *call)
{
	struct rring_change change;
	struct session *session;

	do {
		while (ulib_watch_try(listener->watch, &change)) {
			if (is_end(&change))
				mark_ended(listener, change.ring_serial);
			if (!is_request(listener, &change))
				continue;
			session = accept_caller(listener, &change);
			if (session)
				report(call, RRING_CALL_BEGIN, session);
			return !!session;
		}
	} while (try_refused_again(listener));
	return 0;
}

static void report_end(struct rring_listener *listener, struct session *session,
		       struct rring_call *call)
{
	listener->leaving = session;
	listener->count--;
	listener->nr_ended -= session->has_ended;
	report(call, RRING_CALL_END, session);
}

/*
 * Store the next request in @call, or the end of a session whose caller has sent
 * what is no request, and return 0. Return -EAGAIN if there is none, or -ENOMEM if
 * a request cannot be mapped.
 */
static int next_request(struct rring_listener *listener,
			struct rring_call *call)
{
	struct rring_reader *from;
	struct session *session;
	int err = rring_set_try_read(listener->set, &call->event, &from);

	if (!from)
		return -EAGAIN;
	if (err == -ENOMEM)
		return err;
	session = listener->session[from->cursor_id];
	if (!err)
		err = ulib_session_open_message(&call->event, &call->number);
	if (err) {
		report_end(listener, session, call);
		return 0;
	}
	call->kind = RRING_CALL_REQUEST;
	call->session = &session->seen;
	return 0;
}

/* Store in @call what happens next. Return 0, -EAGAIN or -ENOMEM. */
static int next_call(struct rring_listener *listener, struct rring_call *call)
{
	struct session *finished;
	int err = -EAGAIN;

	/* callers that come and go do not keep the requests of others waiting */
	if (listener->requests_are_next)
		err = next_request(listener, call);
	listener->requests_are_next = err != 0;
	if (err != -EAGAIN)
		return err;
	if (next_change(listener, call))
		return 0;
	finished = find_finished(listener);
	if (finished) {
		report_end(listener, finished, call);
		return 0;
	}
	return next_request(listener, call);
}

static int check_listener(void *context)
{
	const struct rring_listener *listener = context;

	if (ulib_watch_is_behind(listener->watch))
		return 0;
	return listener->count ? ulib_set_check(listener->set) : -EAGAIN;
}

static int sleep_listener(void *context, uint64_t deadline)
{
	const struct rring_listener *listener = context;
	struct rring_wait args = {
		.size = sizeof(args),
		.what = RRING_WAIT_ANY,
		.deadline = deadline,
		.changes = ulib_watch_position(listener->watch) + 1,
	};

	ulib_set_wait_args(listener->set, &args);
	return ulib_sleep(listener->client, &args);
}

static int wait_for_call(struct rring_listener *listener, uint64_t deadline)
{
	struct ulib_waiter waiter = {
		.strategy = listener->config.strategy,
		.check = check_listener,
		.sleep = sleep_listener,
		.looks = listener->count,
		.context = listener,
	};

	return rring_wait(&waiter, deadline);
}

int rring_listener_next(struct rring_listener *listener,
			struct rring_call *call, uint64_t deadline)
{
	int err;

	if (ulib_is_lost(listener->client))
		return ulib_refuse_lost(listener->client);
	ulib_set_release_last(listener->set);
	if (listener->leaving) {
		close_session(listener, listener->leaving);
		listener->leaving = NULL;
	}
	for (;;) {
		err = next_call(listener, call);
		if (err != -EAGAIN)
			return err;
		if (!deadline) {
			err = ulib_watch_arm(listener->client);
			return err ? err : -EAGAIN;
		}
		/* changes of other rings can end each wait */
		if (ulib_has_passed(deadline))
			return -ETIMEDOUT;
		err = wait_for_call(listener, deadline);
		if (err)
			return err;
	}
}

int rring_listener_reply(struct rring_listener *listener,
			 struct rring_session *seen, uint64_t number,
			 const void *data, size_t len, uint32_t event_type,
			 uint64_t deadline)
{
	/* .seen is the first member */
	struct session *session = (struct session *)seen;

	if (ulib_is_lost(listener->client))
		return ulib_refuse_lost(listener->client);
	return ulib_session_send(&session->pipe, number, data, len, event_type,
				 deadline);
}

uint32_t rring_listener_sessions(const struct rring_listener *listener)
{
	return listener->count;
}

/* ---- open and close ---- */

/* Become the writer of the service's ring. Return 0 or a negative errno. */
static int open_service(struct rring_listener *listener, const char *name)
{
	struct rring_ring_config config = {
		.name = name,
		.kind = RRING_INLINE,
		.policy = RRING_OVERWRITE,
		.capacity = SESSION_OFFER_ENTRIES,
		.stride = SESSION_OFFER_STRIDE,
		.type = SESSION_OFFER_TYPE,
	};

	return rring_writer_open(listener->client, &config, &listener->offer);
}

/* Tell callers the geometry of sessions. Before this no caller comes. */
static int make_offer(struct rring_listener *listener)
{
	struct session_offer offer = {
		.incarnation =
			rring_flag_load(&listener->offer->info->incarnation),
		.kind = listener->config.kind,
		.capacity = listener->config.capacity,
		.stride = listener->config.stride,
	};

	return rring_add(listener->offer, &offer, sizeof(offer), SESSION_OFFER);
}

static int open_parts(struct rring_listener *listener, const char *name)
{
	struct rring_set_config set_config = { .order = RRING_FAIR };
	const struct rring_ring_info *info;
	int err;

	err = open_service(listener, name);
	if (err)
		return err;
	info = listener->offer->info;
	ulib_session_prefix(listener->prefix, rring_flag_load(&info->serial),
			    rring_flag_load(&info->incarnation));
	err = rring_watch_open(listener->client, listener->prefix,
			       &listener->watch);
	if (!err)
		err = rring_set_open(listener->client, &set_config,
				     &listener->set);
	return err ? err : make_offer(listener);
}

static int check_config(const struct rring_listener_config *config)
{
	const struct rring_ring_open ring = {
		.kind = config->kind,
		.policy = RRING_FAIL,
		.capacity = config->capacity,
		.stride = config->stride,
	};

	if (!config->name || !config->name[0])
		return ulib_error(-EINVAL, "the name of the service is missing or empty");
	if (ulib_refuse_geometry(&ring))
		return -EINVAL;
	if (!ulib_strategy_valid(config->strategy))
		return ulib_refuse_strategy(config->strategy);
	return 0;
}

int rring_listener_open(struct rring_client *client,
			const struct rring_listener_config *config,
			struct rring_listener **out)
{
	struct rring_listener *listener;
	int err;

	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	err = check_config(config);
	if (err)
		return err;
	listener = calloc(1, sizeof(*listener));
	if (!listener)
		return rring_refuse_slow(-ENOMEM);
	listener->client = client;
	listener->config = *config;
	listener->config.name = NULL;
	listener->config.strategy = ulib_strategy_for(client, config->strategy);
	err = open_parts(listener, config->name);
	if (err)
		rring_listener_close(listener);
	else
		*out = listener;
	return err;
}

void rring_listener_close(struct rring_listener *listener)
{
	uint32_t i;

	if (listener->offer)
		rring_writer_close(listener->offer);
	for (i = 0; i < RRING_CURSORS; i++)
		if (listener->session[i])
			close_session(listener, listener->session[i]);
	if (listener->set)
		rring_set_close(listener->set);
	if (listener->watch)
		rring_watch_close(listener->watch);
	free(listener);
}
