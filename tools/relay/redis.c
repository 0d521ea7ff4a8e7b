// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "../rring/output/report.h"
#include "redis.h"
#include "tls.h"

#define CONNECT_S	5
#define COMMAND_S	15	/* without an answer, the connection is lost */

/* ---- errors ---- */

int redis_fault(struct redis *redis, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(redis->broker.why, sizeof(redis->broker.why), format, args);
	va_end(args);
	return error;
}

static void redis_disconnect(struct broker *broker)
{
	struct redis *redis = redis_of(broker);

	if (redis->context)
		redisFree(redis->context);
	redis->context = NULL;
	redis->unsent = 0;
	redis->open = 0;
	redis->executing = 0;
	redis->committed = false;
}

int redis_away(struct redis *redis)
{
	const char *why = redis->context->errstr;

	if (redis->context->err == REDIS_ERR_IO && errno == EAGAIN)
		why = "no answer";
	redis_fault(redis, BROKER_AWAY, "%s", *why ? why : "the connection is lost");
	redis_disconnect(&redis->broker);
	return BROKER_AWAY;
}

static bool begins(const char *text, const char *word)
{
	return !strncmp(text, word, strlen(word));
}

/* What the broker answers while it cannot do what is asked. */
static bool is_temporary(const char *text)
{
	static const char *const words[] = {
		"OOM", "LOADING", "MISCONF", "BUSY ", "TRYAGAIN",
		"CLUSTERDOWN", "NOREPLICAS", "UNBLOCKED", "EXECABORT",
		"ERR max number of clients",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(text, words[i]))
			return true;
	return false;
}

/* It is a replica now: the address may lead to another one in the meantime. */
static bool is_demoted(const char *text)
{
	return begins(text, "READONLY") || begins(text, "MASTERDOWN");
}

/* A transaction that was given up may say why. */
static const char *reason_in(const char *text)
{
	static const char prefix[] = "because of: ";
	const char *at = begins(text, "EXECABORT") ? strstr(text, prefix) : NULL;

	return at ? at + strlen(prefix) : text;
}

int redis_refused(struct redis *redis, const char *text)
{
	const char *stream = redis->broker.url->stream;

	text = reason_in(text);
	if (is_demoted(text)) {
		redis_fault(redis, BROKER_AWAY, "%s", text);
		redis_disconnect(&redis->broker);
		return BROKER_AWAY;
	}
	if (is_temporary(text))
		return redis_fault(redis, BROKER_BUSY, "%s", text);
	if (strstr(text, "equal or smaller than the target stream"))
		return redis_fault(redis, BROKER_REPEATED, "%s", text);
	if (begins(text, "WRONGTYPE"))
		return redis_fault(redis, BROKER_FAULT, "'%s' is there, and is no stream: give another name, or remove that key",
			     stream);
	if (begins(text, "NOAUTH"))
		return redis_fault(redis, BROKER_FAULT, "the broker wants a password: set REDISCLI_AUTH, or put it into the URL");
	if (begins(text, "WRONGPASS") || strstr(text, "AUTH"))
		return redis_fault(redis, BROKER_FAULT, "the broker refuses this user or password (%s)",
			     text);
	if (begins(text, "MOVED"))
		return redis_fault(redis, BROKER_FAULT, "the stream is on another node of the cluster: give that one (%s)",
			     text);
	return redis_fault(redis, BROKER_FAULT, "%s", text);
}

/* ---- connect ---- */

/* The reply to a command, or NULL: then *@error says what went wrong. */
static redisReply *ask(struct redis *redis, int *error, const char *format, ...)
{
	redisReply *reply;
	va_list args;

	if (!redis->context) {
		*error = redis_fault(redis, BROKER_AWAY, "not connected");
		return NULL;
	}
	va_start(args, format);
	reply = redisvCommand(redis->context, format, args);
	va_end(args);
	*error = 0;
	if (!reply)
		*error = redis_away(redis);
	else if (reply->type == REDIS_REPLY_ERROR)
		*error = redis_refused(redis, reply->str);
	if (!*error)
		return reply;
	if (reply)
		freeReplyObject(reply);
	return NULL;
}

/* Ask what has no answer but OK. */
static int finish(redisReply *reply, int error)
{
	if (reply)
		freeReplyObject(reply);
	return error;
}

static int log_in(struct redis *redis)
{
	const struct url *url = redis->broker.url;
	redisReply *reply = NULL;
	int error = 0;

	if (url->user)
		reply = ask(redis, &error, "AUTH %s %s", url->user,
			    url->password ? url->password : "");
	else if (url->password)
		reply = ask(redis, &error, "AUTH %s", url->password);
	error = finish(reply, error);
	if (error || !url->database)
		return error;
	reply = ask(redis, &error, "SELECT %u", url->database);
	return finish(reply, error);
}

static int redis_connect(struct broker *broker)
{
	static const struct timeval connect = { .tv_sec = CONNECT_S };
	static const struct timeval command = { .tv_sec = COMMAND_S };
	struct redis *redis = redis_of(broker);
	const struct url *url = broker->url;
	int error;

	redis_disconnect(broker);
	redis->context = url->socket ?
		redisConnectUnixWithTimeout(url->socket, connect) :
		redisConnectWithTimeout(url->host, url->port, connect);
	must(redis->context);
	if (redis->context->err)
		return redis_away(redis);
	redisSetTimeout(redis->context, command);
	if (!url->socket)
		redisEnableKeepAlive(redis->context);
	error = url->tls ? tls_begin(redis) : 0;
	if (!error)
		error = log_in(redis);
	if (error)
		redis_disconnect(broker);
	return error;
}

/* Nothing was asked, so all that comes is the end. */
static bool redis_has_hung_up(struct broker *broker)
{
	struct redis *redis = redis_of(broker);
	struct pollfd fd = { .events = POLLIN };

	if (!redis->context)
		return true;
	fd.fd = redis->context->fd;
	return poll(&fd, 1, 0) == 1;
}

/* ---- what the stream has ---- */

static int take_id(void *context, const struct broker_entry *entry)
{
	*(struct broker_id *)context = entry->id;
	return 0;
}

/* Look at the newest entry: is it a relay's? */
static int look_at_newest(struct redis *redis)
{
	struct broker_id id;
	int error;
	redisReply *reply = ask(redis, &error, "XREVRANGE %s + - COUNT 1",
				redis->broker.url->stream);

	if (reply)
		error = redis_for_entries(redis, reply, take_id, &id);
	return finish(reply, error);
}

/* Find the values of "length" and of "last-generated-id". */
static int find_last(struct redis *redis, const redisReply *reply,
		     struct broker_id *id, uint64_t *entries)
{
	bool found = false;
	size_t i;

	for (i = 0; i + 1 < reply->elements; i += 2) {
		const redisReply *value = reply->element[i + 1];

		if (redis_is_text(reply->element[i], "last-generated-id"))
			found = redis_parse_id(value, id);
		if (redis_is_text(reply->element[i], "length") &&
		    value->type == REDIS_REPLY_INTEGER)
			*entries = (uint64_t)value->integer;
	}
	return found ? 0 : redis_fault(redis, BROKER_FAULT,
			"the broker does not say which id was the last");
}

static int redis_last(struct broker *broker, struct broker_id *id,
		      uint64_t *entries)
{
	struct redis *redis = redis_of(broker);
	redisReply *reply;
	int error = look_at_newest(redis);

	if (error)
		return error;
	*id = (struct broker_id) { 0 };
	*entries = 0;
	reply = ask(redis, &error, "XINFO STREAM %s", broker->url->stream);
	if (reply)
		error = find_last(redis, reply, id, entries);
	else if (error == BROKER_FAULT && strstr(broker->why, "no such key"))
		error = 0;
	return finish(reply, error);
}

static int redis_range(struct broker *broker, struct broker_id first,
		       struct broker_id last, uint32_t n,
		       broker_handler_t handler, void *context)
{
	struct redis *redis = redis_of(broker);
	redisReply *reply;
	int error;

	reply = ask(redis, &error, "XRANGE %s %" PRIu64 "-%" PRIu64
		    " %" PRIu64 "-%" PRIu64 " COUNT %u", broker->url->stream,
		    first.epoch, first.position, last.epoch, last.position, n);
	if (reply)
		error = redis_for_entries(redis, reply, handler, context);
	return finish(reply, error);
}

/* The reply to XREAD is nil, or an array of one stream: its name, its entries. */
static int for_stream(struct redis *redis, const redisReply *reply,
		      broker_handler_t handler, void *context)
{
	const redisReply *stream = reply;

	if (reply->type == REDIS_REPLY_NIL)
		return 0;
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1)
		stream = reply->element[0];
	if (stream != reply && stream->type == REDIS_REPLY_ARRAY &&
	    stream->elements == 2)
		return redis_for_entries(redis, stream->element[1], handler,
					 context);
	return redis_fault(redis, BROKER_FAULT, "the broker answers XREAD with something else");
}

static int redis_read(struct broker *broker, struct broker_id after, uint32_t n,
		      uint32_t ms, broker_handler_t handler, void *context)
{
	struct redis *redis = redis_of(broker);
	redisReply *reply;
	int error;

	reply = ask(redis, &error, "XREAD COUNT %u BLOCK %u STREAMS %s %" PRIu64
		    "-%" PRIu64, n, ms, broker->url->stream, after.epoch,
		    after.position);
	if (reply)
		error = for_stream(redis, reply, handler, context);
	return finish(reply, error);
}

static const struct broker_ops redis_ops = {
	.connect = redis_connect,
	.disconnect = redis_disconnect,
	.last = redis_last,
	.append = redis_append,
	.commit = redis_commit,
	.acknowledged = redis_acknowledged,
	.forget = redis_forget,
	.read = redis_read,
	.range = redis_range,
	.has_hung_up = redis_has_hung_up,
};

struct broker *redis_new(const struct url *url, uint64_t most)
{
	struct redis *redis = must(calloc(1, sizeof(*redis)));

	redis->broker.ops = &redis_ops;
	redis->broker.url = url;
	redis->most = most;
	return &redis->broker;
}
