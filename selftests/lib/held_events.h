/* SPDX-License-Identifier: MPL-2.0 */
/* Events of a stream that are held for a while, to see that they stay. */
#ifndef SELFTESTS_HELD_EVENTS_H
#define SELFTESTS_HELD_EVENTS_H

#include <stdint.h>

#include <rusted_ring.h>

#define HELD_EVENTS	8	/* places */

struct held_events {
	struct rring_client *client;
	uint32_t max;			/* as the stream has it */
	struct rring_event event[HELD_EVENTS];
	uint64_t number[HELD_EVENTS];
	int used[HELD_EVENTS];
};

/* Hold a peeked event, whose number is @number, in the free place @i. */
int held_events_keep(struct held_events *held_events, uint32_t i,
		     struct rring_reader *reader,
		     const struct rring_event *event, uint64_t number);

/* Is what is held in place @i still what it was? */
int held_events_intact(const struct held_events *held_events, uint32_t i);

/* Drop what is in place @i, if anything; 0 if that is not what it was. */
int held_events_drop(struct held_events *held_events, uint32_t i);
int held_events_drop_all(struct held_events *held_events);

/*
 * Read the next event, and hold it instead of what is in place @i. 0, what
 * peek says, or -EBADMSG.
 */
int held_events_take(struct held_events *held_events, uint32_t i,
		     struct rring_reader *reader);

#endif /* SELFTESTS_HELD_EVENTS_H */
