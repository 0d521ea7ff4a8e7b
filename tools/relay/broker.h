/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a relay asks of a broker: a stream of entries whose ids grow. A broker has a
 * struct broker_ops; redis.c has that of Redis.
 */
#ifndef RELAY_BROKER_H
#define RELAY_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rusted_ring.h>

#include "url.h"

/* The epoch of a ring and the position of an entry in it. */
struct broker_id {
	uint64_t epoch;
	uint64_t position;
};

/* An entry of the stream. */
struct broker_entry {
	struct broker_id id;
	bool empty;		/* the ring has no event at this position */
	uint32_t type;
	uint64_t time;		/* when the relay read it, in ns since 1970 */
	const void *data;
	size_t len;
	struct rring_type ring_type;	/* of the ring; zeros: none */
};

/* Errors. After each, .why of the broker says more, in one line. */
enum broker_error {
	BROKER_AWAY = -1,	/* no connection: a later one may work */
	BROKER_BUSY = -2,	/* the broker refuses for now; still connected */
	BROKER_FAULT = -3,	/* to try again is of no use */
	BROKER_REPEATED = -4,	/* the stream has this id, or a higher one */
};

struct broker {
	const struct broker_ops *ops;
	const struct url *url;
	char why[512];
};

/* Called for an entry whose data are valid until it returns. */
typedef int (*broker_handler_t)(void *context,
				const struct broker_entry *entry);

struct broker_ops {
	/* Connect, after disconnect(), or for the first time. */
	int (*connect)(struct broker *broker);

	/* Give up the connection, and all that was not acknowledged. */
	void (*disconnect)(struct broker *broker);

	/*
	 * Ask for the highest id that the stream has had; {0, 0} if there is no
	 * stream; and for the number of entries that it has now. BROKER_FAULT if
	 * others than a relay have written to it.
	 */
	int (*last)(struct broker *broker, struct broker_id *id,
		    uint64_t *entries);

	/* Send @entry, later or now, as a part of the batch that commit() ends. */
	int (*append)(struct broker *broker, const struct broker_entry *entry);

	/*
	 * End the batch and send it. The broker appends all its entries or none, and
	 * only after those of the batch before. So where it has an entry, it has had
	 * all entries before it. At most two batches may be without acknowledgment.
	 */
	int (*commit)(struct broker *broker);

	/*
	 * Wait until the oldest batch is acknowledged, and return the number of its
	 * entries. After an error neither this batch is appended nor a later one, and
	 * forget() has to come before anything else. After BROKER_AWAY nobody knows,
	 * and after BROKER_REPEATED some may be.
	 */
	int (*acknowledged)(struct broker *broker);

	/* Give up what is not acknowledged, but not the connection. */
	int (*forget)(struct broker *broker);

	/*
	 * Call @handler for the entries above @after, at most @n of them, in
	 * order, until it returns another number than 0. Wait for the first one,
	 * for @ms at most. Return this number, or an error.
	 */
	int (*read)(struct broker *broker, struct broker_id after, uint32_t n,
		    uint32_t ms, broker_handler_t handler, void *context);

	/*
	 * Call @handler for the entries from @first to @last, at most @n of them, as
	 * read() does, but without waiting for one.
	 */
	int (*range)(struct broker *broker, struct broker_id first,
		     struct broker_id last, uint32_t n,
		     broker_handler_t handler, void *context);

	/* Has the broker ended the connection, while nothing was asked? */
	bool (*has_hung_up)(struct broker *broker);
};

/* The id that comes before @id, which is not {0, 0}. */
static inline struct broker_id broker_id_before(struct broker_id id)
{
	if (id.position)
		id.position--;
	else
		id = (struct broker_id) { id.epoch - 1, UINT64_MAX };
	return id;
}

/*
 * The broker of @url, not yet connected. append() removes the oldest entries, so that
 * the stream has not many more than @most; 0: it removes none.
 */
struct broker *redis_new(const struct url *url, uint64_t most);

#endif /* RELAY_BROKER_H */
