// SPDX-License-Identifier: MPL-2.0
#include <stdlib.h>
#include <string.h>

#include "../rring/output/report.h"
#include "redis.h"

#define DIGITS	20	/* of a number of 64 bits */

static char *put(char *to, const void *bytes, size_t len)
{
	memcpy(to, bytes, len);
	return to + len;
}

#define PUT(to, text)	put(to, text, sizeof(text) - 1)

/* Write @number, and return what follows its digits. */
static char *put_number(char *to, uint64_t number)
{
	char digits[DIGITS], *at = digits + DIGITS;

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return put(to, at, (size_t)(digits + DIGITS - at));
}

/* Write a part of a command: its length, and itself. */
static char *put_part(char *to, const void *bytes, size_t len)
{
	*to++ = '$';
	to = put_number(to, len);
	to = PUT(to, "\r\n");
	if (len)
		to = put(to, bytes, len);
	return PUT(to, "\r\n");
}

static char *put_part_number(char *to, uint64_t number)
{
	char digits[DIGITS];

	return put_part(to, digits, (size_t)(put_number(digits, number) - digits));
}

static char *put_id(char *to, struct broker_id id)
{
	char text[2 * DIGITS + 1], *end = put_number(text, id.epoch);

	*end++ = '-';
	end = put_number(end, id.position);
	return put_part(to, text, (size_t)(end - text));
}

/* Write the field ring: SIZE NAME. */
static char *put_ring_type(char *to, const struct rring_type *type)
{
	char text[DIGITS + 1 + RRING_NAME_MAX];
	char *end = put_number(text, type->size);

	*end++ = ' ';
	end = put(end, type->name, strlen(type->name));
	to = PUT(to, "$4\r\nring\r\n");
	return put_part(to, text, (size_t)(end - text));
}

/* How many parts the command for @entry has. */
static unsigned int parts(const struct redis *redis,
			  const struct broker_entry *entry)
{
	return (entry->empty ? 5 : entry->ring_type.size ? 11 : 9) +
	       (redis->most ? 3 : 0);
}

size_t redis_write_xadd(struct redis *redis, const struct broker_entry *entry)
{
	const char *stream = redis->broker.url->stream;
	size_t room = entry->len + strlen(stream) + 20 * DIGITS +
		      RRING_NAME_MAX;
	char *to;

	if (room > redis->room) {
		redis->command = must(realloc(redis->command, room));
		redis->room = room;
	}
	to = redis->command;
	*to++ = '*';
	to = put_number(to, parts(redis, entry));
	to = PUT(to, "\r\n$4\r\nXADD\r\n");
	to = put_part(to, stream, strlen(stream));
	if (redis->most) {
		to = PUT(to, "$6\r\nMAXLEN\r\n$1\r\n~\r\n");
		to = put_part_number(to, redis->most);
	}
	to = put_id(to, entry->id);
	if (entry->empty)
		return (size_t)(PUT(to, "$4\r\nnone\r\n$0\r\n\r\n") -
				redis->command);
	to = PUT(to, "$4\r\ntype\r\n");
	to = put_part_number(to, entry->type);
	to = PUT(to, "$4\r\ntime\r\n");
	to = put_part_number(to, entry->time);
	to = PUT(to, "$4\r\ndata\r\n");
	to = put_part(to, entry->data, entry->len);
	if (entry->ring_type.size)
		to = put_ring_type(to, &entry->ring_type);
	return (size_t)(to - redis->command);
}
