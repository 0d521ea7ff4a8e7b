/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Streams of Redis. An entry has the id EPOCH-POSITION, which Redis compares as two
 * numbers. It refuses an id that is not above all that the stream has had, also of
 * entries that were removed. An entry has the fields type, time and data, or, without
 * an event, the field none. If the ring has a type, an event also has the field ring,
 * with the size and the name of the type: the oldest entry that is left tells it.
 *
 * A batch is a transaction: MULTI, one XADD for each entry, EXEC. Redis refuses all of
 * it if it has no memory for one command, or cannot write. The commands of the next batch
 * are sent while the EXEC of the one before is on its way, but their own EXEC waits for its
 * answer: if that is a refusal, DISCARD follows.
 */
#ifndef RELAY_REDIS_H
#define RELAY_REDIS_H

#include <hiredis/hiredis.h>

#include "broker.h"

struct redis {
	struct broker broker;
	redisContext *context;	/* NULL: not connected */
	void *tls;		/* of tls.c; NULL: not used so far */
	char *command;		/* buffer for a command */
	size_t room;
	size_t unsent;		/* bytes */
	uint32_t open;		/* entries of the batch without an EXEC */
	bool committed;		/* .open is to be executed after .executing */
	uint32_t executing;	/* entries of the batch whose EXEC is sent */
	uint64_t most;		/* entries that the stream keeps; 0: all */
};

static inline struct redis *redis_of(struct broker *broker)
{
	return (struct redis *)broker;
}

/* Say why in .why of the broker. Returns @error. */
int redis_fault(struct redis *redis, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What the answer @text, an error, means to the relay. */
int redis_refused(struct redis *redis, const char *text);

/* The connection has failed: say why, and give it up. Returns BROKER_AWAY. */
int redis_away(struct redis *redis);

/* ---- redis_reply.c: what the broker says ---- */

bool redis_is_text(const redisReply *reply, const char *text);
bool redis_parse_id(const redisReply *reply, struct broker_id *id);

/* Call @handler for the entries of the array @reply, as the read of broker_ops does. */
int redis_for_entries(struct redis *redis, const redisReply *reply,
		      broker_handler_t handler, void *context);

/* ---- redis_command.c: what it is told ---- */

/* Write the command XADD for @entry to .command. Returns its length. */
size_t redis_write_xadd(struct redis *redis, const struct broker_entry *entry);

/* ---- redis_batch.c: see struct broker_ops ---- */

int redis_append(struct broker *broker, const struct broker_entry *entry);
int redis_commit(struct broker *broker);
int redis_acknowledged(struct broker *broker);
int redis_forget(struct broker *broker);

#endif /* RELAY_REDIS_H */
