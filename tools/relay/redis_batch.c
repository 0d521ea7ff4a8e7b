// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <string.h>

#include "redis.h"

#define UNSENT_MAX	(256u << 10)	/* bytes that append() keeps back */

/* Add a command of @len bytes to what is to be sent. */
static int put(struct redis *redis, const char *command, size_t len)
{
	if (!redis->context)
		return redis_fault(redis, BROKER_AWAY, "not connected");
	if (redisAppendFormattedCommand(redis->context, command, len))
		return redis_away(redis);
	redis->unsent += len;
	return 0;
}

/* A command of one word. */
static int put_word(struct redis *redis, const char *word)
{
	char command[64];
	int len = snprintf(command, sizeof(command), "*1\r\n$%zu\r\n%s\r\n",
			   strlen(word), word);

	return put(redis, command, (size_t)len);
}

static int send_all(struct redis *redis)
{
	int done = 0;

	while (!done)
		if (redisBufferWrite(redis->context, &done))
			return redis_away(redis);
	redis->unsent = 0;
	return 0;
}

int redis_append(struct broker *broker, const struct broker_entry *entry)
{
	struct redis *redis = redis_of(broker);
	int error = redis->open ? 0 : put_word(redis, "MULTI");

	if (!error)
		error = put(redis, redis->command,
			    redis_write_xadd(redis, entry));
	if (error)
		return error;
	redis->open++;
	return redis->unsent > UNSENT_MAX ? send_all(redis) : 0;
}

static int execute(struct redis *redis)
{
	int error = put_word(redis, "EXEC");

	redis->executing = redis->open;
	redis->open = 0;
	redis->committed = false;
	return error;
}

int redis_commit(struct broker *broker)
{
	struct redis *redis = redis_of(broker);
	int error = 0;

	redis->committed = true;
	if (!redis->executing)
		error = execute(redis);
	return error ? error : send_all(redis);
}

/* ---- answers ---- */

static int get_reply(struct redis *redis, redisReply **reply)
{
	void *answer = NULL;

	if (!redis->context)
		return redis_fault(redis, BROKER_AWAY, "not connected");
	if (redisGetReply(redis->context, &answer))
		return redis_away(redis);
	*reply = answer;
	return 0;
}

/*
 * Take @n answers: that MULTI has begun, and that commands are queued. The first
 * refusal is the reason for that of EXEC, and is returned.
 */
static int take_queued(struct redis *redis, uint32_t n)
{
	redisReply *reply = NULL;
	int error = 0, lost = 0;

	while (n-- && !lost) {
		lost = get_reply(redis, &reply);
		if (lost)
			break;
		if (reply->type == REDIS_REPLY_ERROR && !error)
			error = redis_refused(redis, reply->str);
		freeReplyObject(reply);
		if (error == BROKER_AWAY)
			break;
	}
	return lost ? lost : error;
}

/* The answer to EXEC has that of each command. */
static int check_executed(struct redis *redis, const redisReply *reply)
{
	int error = 0;
	size_t i;

	if (reply->type == REDIS_REPLY_ERROR)
		return redis_refused(redis, reply->str);
	if (reply->type != REDIS_REPLY_ARRAY ||
	    reply->elements != redis->executing)
		return redis_fault(redis, BROKER_FAULT, "the broker answers a transaction with something else");
	for (i = 0; i < reply->elements && !error; i++)
		if (reply->element[i]->type == REDIS_REPLY_ERROR)
			error = redis_refused(redis, reply->element[i]->str);
	return error;
}

static int take_executed(struct redis *redis)
{
	redisReply *reply = NULL;
	int error = get_reply(redis, &reply);

	if (error)
		return error;
	error = check_executed(redis, reply);
	freeReplyObject(reply);
	return error;
}

/* After a refusal the answer to EXEC only repeats it. */
static int drop_executed(struct redis *redis)
{
	redisReply *reply = NULL;
	int error = get_reply(redis, &reply);

	if (!error)
		freeReplyObject(reply);
	return error;
}

int redis_acknowledged(struct broker *broker)
{
	struct redis *redis = redis_of(broker);
	uint32_t n = redis->executing;
	int error = take_queued(redis, n + 1);

	if (!error)
		error = take_executed(redis);
	else if (redis->context)
		error = drop_executed(redis) ? BROKER_AWAY : error;
	redis->executing = 0;
	if (!error && redis->committed) {
		error = execute(redis);
		if (!error)
			error = send_all(redis);
	}
	return error ? error : (int)n;
}

int redis_forget(struct broker *broker)
{
	struct redis *redis = redis_of(broker);
	uint32_t n = redis->open;
	int error = 0;

	if (!redis->context)
		return BROKER_AWAY;
	redis->open = 0;
	redis->committed = false;
	if (!n)
		return 0;
	error = put_word(redis, "DISCARD");
	if (!error)
		error = send_all(redis);
	if (!error && take_queued(redis, n + 1) == BROKER_AWAY)
		error = BROKER_AWAY;
	return error ? error : drop_executed(redis);
}
