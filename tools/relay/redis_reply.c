// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "redis.h"

static bool parse_number(const char *text, const char **end, uint64_t *number)
{
	char *stop;

	errno = 0;
	*number = strtoull(text, &stop, 10);
	*end = stop;
	return stop != text && *text >= '0' && *text <= '9' && !errno;
}

bool redis_parse_id(const redisReply *reply, struct broker_id *id)
{
	const char *end;

	return reply->type == REDIS_REPLY_STRING &&
	       parse_number(reply->str, &end, &id->epoch) && *end++ == '-' &&
	       parse_number(end, &end, &id->position) && !*end;
}

bool redis_is_text(const redisReply *reply, const char *text)
{
	return reply->type == REDIS_REPLY_STRING &&
	       reply->len == strlen(text) && !memcmp(reply->str, text,
						     reply->len);
}

static bool parse_field(const redisReply *reply, uint64_t *number)
{
	const char *end;

	return reply->type == REDIS_REPLY_STRING &&
	       parse_number(reply->str, &end, number) && !*end;
}

/* SIZE NAME, of the field ring. */
static bool parse_ring_type(const redisReply *reply, struct rring_type *type)
{
	uint64_t size;
	const char *end;

	if (reply->type != REDIS_REPLY_STRING ||
	    !parse_number(reply->str, &end, &size) || *end++ != ' ' || !size ||
	    size > UINT32_MAX || !*end || strlen(reply->str) != reply->len)
		return false;
	*type = (struct rring_type) { end, (uint32_t)size };
	return true;
}

/* The fields of an entry, in the order in which append() has them. */
static bool parse_fields(const redisReply *fields, struct broker_entry *entry)
{
	redisReply **field = fields->element;
	uint64_t type;

	if (fields->type != REDIS_REPLY_ARRAY)
		return false;
	entry->empty = fields->elements == 2 && redis_is_text(field[0], "none");
	if (entry->empty)
		return true;
	if ((fields->elements != 6 && fields->elements != 8) ||
	    !redis_is_text(field[0], "type") ||
	    !redis_is_text(field[2], "time") || !redis_is_text(field[4], "data") ||
	    !parse_field(field[1], &type) || type > UINT32_MAX ||
	    !parse_field(field[3], &entry->time) ||
	    field[5]->type != REDIS_REPLY_STRING)
		return false;
	if (fields->elements == 8 &&
	    (!redis_is_text(field[6], "ring") ||
	     !parse_ring_type(field[7], &entry->ring_type)))
		return false;
	entry->type = (uint32_t)type;
	entry->data = field[5]->str;
	entry->len = field[5]->len;
	return true;
}

static int parse_entry(struct redis *redis, const redisReply *reply,
		       struct broker_entry *entry)
{
	const char *id = "?";

	*entry = (struct broker_entry) { .len = 0 };
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
		if (reply->element[0]->type == REDIS_REPLY_STRING)
			id = reply->element[0]->str;
		if (redis_parse_id(reply->element[0], &entry->id) &&
		    parse_fields(reply->element[1], entry))
			return 0;
	}
	return redis_fault(redis, BROKER_FAULT, "the entry %s of '%s' is not a relay's: give another stream",
			   id, redis->broker.url->stream);
}

int redis_for_entries(struct redis *redis, const redisReply *reply,
		      broker_handler_t handler, void *context)
{
	struct broker_entry entry;
	int result = 0;
	size_t i;

	if (reply->type != REDIS_REPLY_ARRAY)
		return redis_fault(redis, BROKER_FAULT, "the broker's answer has no entries where they belong");
	for (i = 0; !result && i < reply->elements; i++) {
		result = parse_entry(redis, reply->element[i], &entry);
		if (!result)
			result = handler(context, &entry);
	}
	return result;
}
