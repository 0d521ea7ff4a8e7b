/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Streams of Redis. An entry has the id EPOCH-POSITION, which Redis compares as two
 * numbers. It refuses an id that is not above all that the stream has had, also of
 * entries that were removed. An entry has the fields type, time and data, or, without
 * an event, the field none.
 */
#ifndef RELAY_REDIS_H
#define RELAY_REDIS_H

#include <hiredis/hiredis.h>

#include "broker.h"

struct redis {
	struct broker broker;
	redisContext *context;	/* NULL: not connected */
	char *command;		/* buffer for a command */
	size_t room;
	size_t unsent;		/* bytes */
	uint64_t most;		/* entries that the stream keeps; 0: all */
};

/* Say why in .why of the broker. Returns @error. */
int redis_fault(struct redis *redis, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- redis_reply.c: what the broker says ---- */

bool redis_is_text(const redisReply *reply, const char *text);
bool redis_parse_id(const redisReply *reply, struct broker_id *id);

/* Call @handler for the entries of the array @reply, as the read of broker_ops does. */
int redis_for_entries(struct redis *redis, const redisReply *reply,
		      broker_handler_t handler, void *context);

/* ---- redis_command.c: what it is told ---- */

/* Write the command XADD for @entry to .command. Returns its length. */
size_t redis_write_xadd(struct redis *redis, const struct broker_entry *entry);

#endif /* RELAY_REDIS_H */
